//! The screen as a whole: what it is made from, and what draws it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::layout::{Rect, Size};
use tokio::sync::{Notify, watch};

use super::effects::Org;
use super::message::{Effect, Message};
use super::model::{Model, Now};
use super::terminal::Screen;
use super::theme::Theme;
use super::update::update;
use super::view::view;
use crate::config::Config;
use crate::domain::Email;
use crate::store::Store;
use crate::sync::batch::Planner;
use crate::sync::status::WorkerStatus;

/// How the screen looks before anything is known of what it shows.
pub struct Look {
    /// Who sits at the keyboard.
    pub me: Option<Email>,
    /// The zone of all times.
    pub time_zone: TimeZone,
    /// Colours and symbols ([`Theme::for_terminal`]).
    pub theme: Theme,
    /// Nothing here is real.
    pub demo: bool,
    /// The configuration.
    pub config: Arc<Config>,
}

/// What the screen needs from the program.
pub struct TuiOptions {
    /// Where everything is kept, in the hands of who sits at the keyboard. Whoever opened it watches it for other
    /// processes ([`Store::watch_others`]).
    pub store: Store,
    /// What the worker of this process says; one that is off says so, too.
    pub status: watch::Receiver<WorkerStatus>,
    /// Makes the worker look for work at once.
    pub wake: Arc<Notify>,
    /// Plans as the worker does; `None`: Salesforce is not connected.
    pub planner: Option<Planner>,
    /// The file that the configuration came from; `None`: there is none.
    pub config_file: Option<PathBuf>,
    /// The org, for what only it knows.
    pub org: Org,
}

/// Why the screen ended, if nobody left it.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// Standard input or output is no terminal.
    #[error("standard input and output are not a terminal")]
    NotATerminal,
    /// The terminal failed.
    #[error("the terminal failed")]
    Terminal(#[from] io::Error),
    /// Some part of the program panicked; what it said was printed.
    #[error("a part of rolodeck panicked")]
    Panicked,
}

/// The screen on a backend: a real terminal, or one in a test.
pub struct Tui<B: Screen> {
    terminal: Terminal<B>,
    /// What is on it.
    pub model: Model,
}

impl<B: Screen> Tui<B> {
    /// On a backend; the model must have its size.
    pub fn new(backend: B, model: Model) -> Result<Self, B::Error> {
        Ok(Self { terminal: Terminal::new(backend)?, model })
    }

    /// Something happened, now.
    pub fn handle(&mut self, message: Message) -> Vec<Effect> {
        self.model.setup.now = now();
        update(&mut self.model, message)
    }

    /// Draws a frame if something changed; returns whether. The size is the terminal's present one, which may be ahead
    /// of what the events told.
    pub fn draw(&mut self) -> Result<(bool, Vec<Effect>), B::Error> {
        if !self.model.dirty {
            return Ok((false, Vec::new()));
        }
        let mut effects = Vec::new();
        let size = self.terminal.size()?;
        if size != self.model.setup.size {
            effects = self.handle(Message::Resize(size));
            // This very frame draws every cell.
            effects.retain(|effect| !matches!(effect, Effect::Redraw));
        }
        self.model.setup.now = now();
        self.terminal.backend_mut().begin_frame()?;
        let model = &self.model;
        self.terminal.draw(|frame| view(model, frame))?;
        self.terminal.backend_mut().end_frame()?;
        self.model.dirty = false;
        Ok((true, effects))
    }

    /// The next frame draws every cell.
    pub fn forget(&mut self) -> Result<(), B::Error> {
        let Size { width, height } = self.terminal.size()?;
        self.terminal.backend_mut().begin_frame()?;
        self.terminal.resize(Rect::new(0, 0, width, height))?;
        self.model.dirty = true;
        Ok(())
    }

    /// The backend.
    pub fn backend(&mut self) -> &mut B {
        self.terminal.backend_mut()
    }
}

pub(super) fn now() -> Now {
    Now { at: Timestamp::now(), instant: Instant::now() }
}
