//! Keys: their names, and which action a key means at a place.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::actions::{self, ActionInfo, Place};

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

impl From<Key> for KeyEvent {
    fn from(key: Key) -> Self {
        let mut modifiers = KeyModifiers::NONE;
        modifiers.set(KeyModifiers::CONTROL, key.ctrl);
        modifiers.set(KeyModifiers::ALT, key.alt);
        Self::new(key.code, modifiers)
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

/// Keys that follow each other, most often one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Keys(Vec<Key>);

impl Keys {
    /// Reads `j`, `ctrl-d`, `g m`.
    pub fn parse(text: &str) -> Option<Self> {
        let keys = text.split_whitespace().map(Key::parse).collect::<Option<Vec<_>>>()?;
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The keys.
    pub fn as_slice(&self) -> &[Key] {
        &self.0
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            key.fmt(f)?;
        }
        Ok(())
    }
}

/// What keys mean at some places.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// An action, and the place by which it was found.
    Action(&'static ActionInfo, Place),
    /// More keys must follow.
    Prefix,
    /// Nothing.
    Nothing,
}

/// The keys in force.
#[derive(Clone, Debug)]
pub struct Keymap {
    /// Every binding, in the order of the table.
    bindings: Vec<(Place, Keys, &'static ActionInfo)>,
    by_keys: HashMap<(Place, Vec<Key>), &'static ActionInfo>,
    /// Beginnings of longer sequences.
    prefixes: HashSet<(Place, Vec<Key>)>,
    /// Keys of an action by its name, in words.
    words: HashMap<&'static str, Vec<String>>,
}

impl Default for Keymap {
    /// The keys of the action table.
    fn default() -> Self {
        Self::new(|info| info.keys.iter().filter_map(|name| Keys::parse(name)).collect())
    }
}

impl Keymap {
    /// A keymap with the keys that `keys` gives each action.
    pub fn new(keys: impl Fn(&'static ActionInfo) -> Vec<Keys>) -> Self {
        let mut keymap =
            Self { bindings: Vec::new(), by_keys: HashMap::new(), prefixes: HashSet::new(), words: HashMap::new() };
        for info in actions::all() {
            let keys = keys(info);
            for place in info.places {
                for keys in &keys {
                    keymap.by_keys.insert((*place, keys.0.clone()), info);
                    for length in 1..keys.0.len() {
                        keymap.prefixes.insert((*place, keys.0[..length].to_vec()));
                    }
                    keymap.bindings.push((*place, keys.clone(), info));
                }
            }
            keymap.words.insert(info.name, keys.iter().map(Keys::to_string).collect());
        }
        keymap
    }

    /// What keys mean, looking through `places` from the nearest to the widest.
    pub fn find(&self, places: &[Place], keys: &[Key]) -> Found {
        for place in places {
            if let Some(info) = self.by_keys.get(&(*place, keys.to_vec())) {
                return Found::Action(info, *place);
            }
            if self.prefixes.contains(&(*place, keys.to_vec())) {
                return Found::Prefix;
            }
        }
        Found::Nothing
    }

    /// True if the key to show of an action means just that action at these places: no nearer place takes it away.
    pub fn is_reached(&self, places: &[Place], info: &ActionInfo) -> bool {
        let Some(keys) = Keys::parse(self.key(info)) else { return false };
        matches!(self.find(places, keys.as_slice()), Found::Action(found, _) if found.action == info.action)
    }

    /// What may follow the keys typed so far: the rest of the sequence, and what it does; the nearest place first.
    pub fn continuations(&self, places: &[Place], typed: &[Key]) -> Vec<(Keys, &'static ActionInfo)> {
        let mut found: Vec<(Keys, &'static ActionInfo)> = Vec::new();
        for place in places {
            for (_, keys, info) in self.bindings.iter().filter(|(at, ..)| at == place) {
                let Some(rest) = keys.0.strip_prefix(typed).filter(|rest| !rest.is_empty()) else { continue };
                if found.iter().all(|(have, _)| have.0 != rest) {
                    found.push((Keys(rest.to_vec()), info));
                }
            }
        }
        found
    }

    /// The keys of an action, in words; none if the user took them all away.
    pub fn keys(&self, info: &ActionInfo) -> &[String] {
        self.words.get(info.name).map_or(&[], Vec::as_slice)
    }

    /// The key of an action to show, in words; empty if it has none.
    pub fn key(&self, info: &ActionInfo) -> &str {
        self.keys(info).first().map_or("", String::as_str)
    }

    /// The key to show of the action with that name; empty if it has none.
    pub fn key_of(&self, name: &str) -> &str {
        self.words.get(name).and_then(|keys| keys.first()).map_or("", String::as_str)
    }
}

/// The keymap of a configuration; what is wrong with it was said before ([`check`]) and counts as the default.
pub fn configured(bound: &BTreeMap<String, Vec<String>>) -> Keymap {
    Keymap::new(|info| keys_of(bound, info))
}

fn keys_of(bound: &BTreeMap<String, Vec<String>>, info: &ActionInfo) -> Vec<Keys> {
    match bound.get(info.name) {
        Some(names) => names.iter().filter_map(|name| Keys::parse(name)).collect(),
        None => info.keys.iter().filter_map(|name| Keys::parse(name)).collect(),
    }
}

pub use check::check;
mod check;

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
