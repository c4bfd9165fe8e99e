//! Short words about what was done; they go by themselves.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

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
pub struct Toasts(VecDeque<Toast>);

impl Toasts {
    /// At most so many at a time.
    const MOST: usize = 3;

    /// Shows words for two seconds and more, the longer the text.
    pub fn push(&mut self, tone: Tone, text: impl Into<String>, now: Instant) {
        let text = text.into();
        let reading = Duration::from_millis(2_000 + 25 * text.chars().count().min(80) as u64);
        self.0.retain(|toast| toast.text != text);
        self.0.push_back(Toast { tone, text, until: now + reading });
        if self.0.len() > Self::MOST {
            self.0.pop_front();
        }
    }

    /// Takes away what was shown long enough; `true`: something went.
    pub fn expire(&mut self, now: Instant) -> bool {
        let before = self.0.len();
        self.0.retain(|toast| toast.until > now);
        before != self.0.len()
    }

    /// When the next one goes.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.iter().map(|toast| toast.until).min()
    }

    /// Those on the screen, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Toast> {
        self.0.iter()
    }
}
