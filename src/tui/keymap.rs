//! Keys: their names, and which action a key means at a place.

use std::collections::HashMap;
use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::actions::{ACTIONS, Action, Place};

/// A key with its modifiers. Shift is part of a character and not told apart from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
}

/// Keys with names.
const NAMES: [(&str, KeyCode); 17] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("f1", KeyCode::F(1)),
];

impl Key {
    /// Reads `j`, `G`, `ctrl-d`, `alt-x`, `shift-tab`, `pgdn`, `space`.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut rest, mut ctrl, mut alt) = (text, false, false);
        loop {
            if let Some(next) = rest.strip_prefix("ctrl-").filter(|next| !next.is_empty()) {
                (rest, ctrl) = (next, true);
            } else if let Some(next) = rest.strip_prefix("alt-").filter(|next| !next.is_empty()) {
                (rest, alt) = (next, true);
            } else {
                break;
            }
        }
        let named = NAMES.iter().find(|(name, _)| *name == rest).map(|(_, code)| *code);
        let mut chars = rest.chars();
        let code = match (named, chars.next(), chars.next()) {
            (Some(code), ..) => code,
            (None, Some(c), None) if !c.is_control() => KeyCode::Char(c),
            _ => return None,
        };
        Some(Self { code, ctrl, alt })
    }

    /// The character, if the key types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let has = |modifier| event.modifiers.contains(modifier);
        let code = match event.code {
            KeyCode::Tab if has(KeyModifiers::SHIFT) => KeyCode::BackTab,
            KeyCode::Char(c) if has(KeyModifiers::CONTROL) => KeyCode::Char(c.to_ascii_lowercase()),
            code => code,
        };
        Self { code, ctrl: has(KeyModifiers::CONTROL), alt: has(KeyModifiers::ALT) }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        match (NAMES.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, code) => write!(f, "{code}"),
        }
    }
}

/// The keys in force.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: HashMap<(Place, Key), Action>,
}

impl Default for Keymap {
    /// The keys of the action table.
    fn default() -> Self {
        let mut bindings = HashMap::new();
        for info in ACTIONS {
            for place in info.places {
                for key in info.keys.iter().filter_map(|name| Key::parse(name)) {
                    bindings.insert((*place, key), info.action);
                }
            }
        }
        Self { bindings }
    }
}

impl Keymap {
    /// What a key means, looking through `places` from the nearest to the widest.
    pub fn action(&self, places: &[Place], key: Key) -> Option<Action> {
        places.iter().find_map(|place| self.bindings.get(&(*place, key)).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_alike() {
        for name in ["j", "G", "ctrl-d", "alt-x", "shift-tab", "pgdn", "space", "?", "/", "-", "ctrl-c", "esc", "."] {
            assert_eq!(Key::parse(name).unwrap().to_string(), name);
        }
        for name in ["", "ctrl-", "jj", "hyper-x"] {
            assert_eq!(Key::parse(name), None, "{name}");
        }
    }

    #[test]
    fn events_and_names_meet() {
        let event = |code, modifiers| Key::from(KeyEvent::new(code, modifiers));
        assert_eq!(event(KeyCode::Char('G'), KeyModifiers::SHIFT), Key::parse("G").unwrap());
        assert_eq!(event(KeyCode::Char('d'), KeyModifiers::CONTROL), Key::parse("ctrl-d").unwrap());
        assert_eq!(event(KeyCode::BackTab, KeyModifiers::SHIFT), Key::parse("shift-tab").unwrap());
    }
}
