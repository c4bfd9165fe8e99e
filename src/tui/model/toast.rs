//! Short words about what was done; they go by themselves.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::Now;

/// The end of words about what can be taken back.
const UNDOES: &str = "u undoes it";

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Well.
    Good,
    /// Something to know.
    Info,
    /// Badly.
    Bad,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// How it went.
    pub tone: Tone,
    /// In words.
    pub text: String,
    until: Instant,
}

/// Those on the screen, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Toasts {
    shown: VecDeque<Toast>,
    said: VecDeque<(Timestamp, Tone, String)>,
}

impl Toasts {
    /// At most so many at a time.
    const MOST: usize = 3;
    /// So many are remembered.
    const REMEMBERED: usize = 500;

    /// Shows words for two seconds and more, the longer the text.
    pub fn push(&mut self, tone: Tone, text: impl Into<String>, now: Now) {
        let text = text.into();
        if self.said.len() == Self::REMEMBERED {
            self.said.pop_front();
        }
        self.said.push_back((now.at, tone, text.clone()));
        let reading = Duration::from_millis(2_000 + 25 * text.chars().count().min(80) as u64);
        self.shown.retain(|toast| toast.text != text);
        self.shown.push_back(Toast { tone, text, until: now.instant + reading });
        if self.shown.len() > Self::MOST {
            self.shown.pop_front();
        }
    }

    /// Takes away what was shown long enough; `true`: something went.
    pub fn expire(&mut self, now: Instant) -> bool {
        let before = self.shown.len();
        self.shown.retain(|toast| toast.until > now);
        before != self.shown.len()
    }

    /// Takes words away that are no longer true.
    pub fn retract(&mut self, text: &str) {
        self.shown.retain(|toast| toast.text != text);
    }

    /// Takes the newest word away that offers to undo what is undone now.
    pub fn retract_undo(&mut self) {
        if let Some(at) = self.shown.iter().rposition(|toast| toast.text.ends_with(UNDOES)) {
            self.shown.remove(at);
        }
    }

    /// When the next one goes.
    pub fn deadline(&self) -> Option<Instant> {
        self.shown.iter().map(|toast| toast.until).min()
    }

    /// What was said so far, the oldest first.
    pub fn history(&self) -> impl DoubleEndedIterator<Item = &(Timestamp, Tone, String)> {
        self.said.iter()
    }

    /// Those on the screen, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Toast> {
        self.shown.iter()
    }
}
