//! The screen as a whole: from the options of the program to its end.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crossterm::event::EventStream;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Rect, Size};
use tokio::sync::{Notify, mpsc, watch};

use super::effects::{Hands, Org, Runner};
use super::message::{Effect, Message};
use super::model::{Model, Now, Setup};
use super::signals::{Signals, watch_terminal};
use super::terminal::{self, Guard, Output, Screen};
use super::theme::Theme;
use super::turn::{Loop, Pace};
use super::update::update;
use super::view::view;
use crate::config::{Config, Role};
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

fn now() -> Now {
    Now { at: Timestamp::now(), instant: Instant::now() }
}

/// The screen with its first frame: it stands before anything is asked or begun. The terminal is given back when this is
/// dropped.
pub struct Opened {
    // The model is large, and every future that holds it would be.
    tui: Box<Tui<CrosstermBackend<Output>>>,
    guard: Guard,
    signals: Signals,
}

/// Takes the terminal and draws the first frame.
pub fn open(look: Look) -> Result<Opened, TuiError> {
    if !terminal::is_terminal() {
        return Err(TuiError::NotATerminal);
    }
    // Colours are the theme's business: crossterm's own reading of NO_COLOR would take the attributes away, too.
    crossterm::style::force_color_output(true);
    let signals = Signals::new()?;
    let guard = Guard::enter()?;
    let (width, height) = crossterm::terminal::size()?;
    let setup = Setup {
        me: look.me,
        administrator: look.config.user.role == Role::Administrator,
        config: look.config,
        time_zone: look.time_zone,
        custom: Vec::new(),
        theme: look.theme,
        demo: look.demo,
        size: Size::new(width, height),
        now: now(),
    };
    let mut tui = Tui::new(CrosstermBackend::new(Output::stdout()?), Model::new(setup))?;
    tui.draw()?;
    if tui.model.setup.config.ui.mouse {
        tui.model.mouse = true;
        guard.set_mouse(true)?;
    }
    Ok(Opened { tui: Box::new(tui), guard, signals })
}

impl Opened {
    /// Shows what there is until someone leaves.
    pub async fn run(self, options: TuiOptions) -> Result<(), TuiError> {
        let Self { mut tui, guard, signals } = self;
        let setup = &tui.model.setup;
        let (config, me, time_zone) = (setup.config.clone(), setup.me.clone(), setup.time_zone.clone());
        let pace = Pace::new(Instant::now(), config.ui.reduced_motion);
        let (sender, messages) = mpsc::unbounded_channel();
        let gone = sender.clone();
        watch_terminal(move || {
            let _ = gone.send(Message::Stop);
        })?;
        // Whoever acts on the store: the undo log knows changes by this name.
        let actor = options.store.actor();
        tui.model.set_administrator(actor.role == Role::Administrator);
        let changes = options.store.changes();
        let files = (config, options.config_file);
        let mut hands = Hands::new(options.store, (me, actor.name), time_zone, files, options.wake, sender);
        hands.planner = options.planner;
        hands.org = options.org;
        let mut turn = Box::new(Loop {
            tui: *tui,
            runner: Runner::new(hands),
            guard,
            events: Some(EventStream::new()),
            signals,
            messages,
            status: options.status,
            changes,
            pace,
        });
        let ended = tokio::select! {
            ended = turn.run() => ended,
            () = terminal::panicked() => Err(TuiError::Panicked),
        };
        turn.events = None;
        turn.runner.finish().await;
        drop(turn.guard);
        ended
    }
}
