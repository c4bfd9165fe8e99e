//! What is typed before what it is meant for is there, a form or other rows: it waits, and is then typed in its order.

use crossterm::event::KeyEvent;

/// Something typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// A key.
    Key(KeyEvent),
    /// A paste.
    Paste(String),
}

/// What was typed so far, the first first.
#[derive(Clone, Debug, Default)]
pub struct Early(Vec<Typed>);

impl Early {
    /// More than a person types ahead is a mistake.
    const MOST: usize = 500;

    /// A key.
    pub fn key(&mut self, event: KeyEvent) {
        self.add(Typed::Key(event));
    }

    /// A paste.
    pub fn paste(&mut self, text: &str) {
        self.add(Typed::Paste(text.to_owned()));
    }

    fn add(&mut self, typed: Typed) {
        if self.0.len() < Self::MOST {
            self.0.push(typed);
        }
    }

    /// True if nothing waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of it; nothing waits any more.
    pub fn take(&mut self) -> Vec<Typed> {
        std::mem::take(&mut self.0)
    }
}
