//! The loop: whatever happens becomes a message, a frame is drawn when something changed, and nothing ticks.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream};
use futures_util::{FutureExt, StreamExt};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Rect, Size};
use tokio::sync::{Notify, mpsc, watch};

use super::effects::Runner;
use super::message::{Effect, Message};
use super::model::{Model, Now, Setup};
use super::signals::{Signal, Signals, watch_terminal};
use super::terminal::{self, Guard, Output, Screen};
use super::theme::Theme;
use super::update::{start, update};
use super::view::view;
use crate::domain::Email;
use crate::store::Store;
use crate::sync::status::WorkerStatus;

/// At most 60 frames a second.
const FRAME: Duration = Duration::from_micros(16_667);

/// What the screen needs from the program.
pub struct TuiOptions {
    /// Where everything is kept.
    pub store: Store,
    /// What the worker of this process says; one that is off says so, too.
    pub status: watch::Receiver<WorkerStatus>,
    /// Makes the worker look for work at once.
    pub wake: Arc<Notify>,
    /// Who sits at the keyboard.
    pub me: Option<Email>,
    /// Who sits there may do everything.
    pub administrator: bool,
    /// The zone of all times.
    pub time_zone: TimeZone,
    /// Colours and symbols ([`Theme::for_terminal`]).
    pub theme: Theme,
    /// Nothing here is real.
    pub demo: bool,
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

/// Shows the screen until someone leaves it.
pub async fn run(options: TuiOptions) -> Result<(), TuiError> {
    if !terminal::is_terminal() {
        return Err(TuiError::NotATerminal);
    }
    // Colours are the theme's business: crossterm's own reading of NO_COLOR would take the attributes away, too.
    crossterm::style::force_color_output(true);
    let guard = Guard::enter()?;
    let (width, height) = crossterm::terminal::size()?;
    let setup = Setup {
        me: options.me.clone(),
        administrator: options.administrator,
        time_zone: options.time_zone.clone(),
        custom: Vec::new(),
        theme: options.theme,
        demo: options.demo,
        size: Size::new(width, height),
        now: now(),
    };
    let mut tui = Tui::new(CrosstermBackend::new(Output::stdout()?), Model::new(setup))?;
    // The frame stands before the first question is asked.
    tui.draw()?;
    let (sender, messages) = mpsc::unbounded_channel();
    let gone = sender.clone();
    watch_terminal(move || {
        let _ = gone.send(Message::Stop);
    })?;
    let actor = tui.model.actor().to_owned();
    let store = options.store.clone();
    let runner = Runner::new(options.store, sender, (options.me, actor), options.time_zone, options.wake);
    let mut turn = Loop {
        tui,
        runner,
        guard,
        events: Some(EventStream::new()),
        signals: Signals::new()?,
        messages,
        status: options.status,
        changes: store.changes(),
        next_frame: Instant::now(),
    };
    let ended = tokio::select! {
        ended = turn.run() => ended,
        // Ends by itself only when the store can not be read, which the lists then say.
        Err(error) = store.watch_others() => {
            tracing::warn!(%error, "changes of other processes are not noticed");
            turn.run().await
        }
        () = terminal::panicked() => Err(TuiError::Panicked),
    };
    turn.events = None;
    turn.runner.finish().await;
    drop(turn.guard);
    ended
}

/// What the loop listens to.
struct Loop {
    tui: Tui<CrosstermBackend<Output>>,
    runner: Runner,
    guard: Guard,
    events: Option<EventStream>,
    signals: Signals,
    messages: mpsc::UnboundedReceiver<Message>,
    status: watch::Receiver<WorkerStatus>,
    changes: watch::Receiver<u64>,
    next_frame: Instant,
}

/// The loop goes on, or not.
#[derive(PartialEq, Eq)]
enum Next {
    On,
    End,
}

impl Loop {
    async fn run(&mut self) -> Result<(), TuiError> {
        let first = Message::Worker(Box::new(self.status.borrow_and_update().clone()));
        for effect in start() {
            self.runner.run(effect);
        }
        if self.take(first).await? == Next::End {
            return Ok(());
        }
        loop {
            let message = self.listen().await?;
            if self.take(message).await? == Next::End {
                return Ok(());
            }
            // What else is here already goes into the same frame.
            while let Some(message) = self.at_hand() {
                if self.take(message).await? == Next::End {
                    return Ok(());
                }
            }
            if Instant::now() >= self.next_frame {
                let (drawn, effects) = self.tui.draw()?;
                if drawn {
                    self.next_frame = Instant::now() + FRAME;
                }
                if self.carry_out(effects).await? == Next::End {
                    return Ok(());
                }
            }
        }
    }

    /// Waits for the next thing to happen.
    async fn listen(&mut self) -> Result<Message, TuiError> {
        let deadline = self.tui.model.deadline();
        let frame = self.tui.model.dirty.then_some(self.next_frame);
        let deadline = deadline.into_iter().chain(frame).min();
        let events = self.events.get_or_insert_with(EventStream::new);
        loop {
            let message = tokio::select! {
                biased;
                event = events.next() => match event {
                    Some(event) => of_event(event?),
                    None => Some(Message::Stop),
                },
                Some(message) = self.messages.recv() => Some(message),
                signal = self.signals.next() => match signal {
                    Signal::Stop => Some(Message::Stop),
                    Signal::Suspend => {
                        self.suspend().await?;
                        return Ok(Message::Resumed);
                    }
                    Signal::Continue => {
                        self.guard.resume()?;
                        return Ok(Message::Resumed);
                    }
                },
                Ok(()) = self.status.changed() => Some(Message::Worker(Box::new(self.status.borrow().clone()))),
                Ok(()) = self.changes.changed() => Some(Message::Changed),
                () = until(deadline) => Some(Message::Wake),
            };
            if let Some(message) = message {
                return Ok(message);
            }
        }
    }

    /// Something that has happened already, if anything.
    fn at_hand(&mut self) -> Option<Message> {
        if let Ok(message) = self.messages.try_recv() {
            return Some(message);
        }
        let event = self.events.as_mut()?.next().now_or_never()??;
        match event {
            Ok(event) => of_event(event),
            Err(_) => Some(Message::Stop),
        }
    }

    async fn take(&mut self, message: Message) -> Result<Next, TuiError> {
        let effects = self.tui.handle(message);
        self.carry_out(effects).await
    }

    async fn carry_out(&mut self, effects: Vec<Effect>) -> Result<Next, TuiError> {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Quit => return Ok(Next::End),
                Effect::Redraw => self.tui.forget()?,
                Effect::Copy(text) => self.tui.backend().copy(&text)?,
                Effect::Suspend => {
                    self.suspend().await?;
                    effects.extend(self.tui.handle(Message::Resumed));
                }
                effect => self.runner.run(effect),
            }
        }
        Ok(Next::On)
    }

    /// Leaves the terminal to the shell until the job is continued. The event stream holds stdin and goes with it.
    async fn suspend(&mut self) -> Result<(), TuiError> {
        self.events = None;
        terminal::leave();
        self.signals.stop_job().await?;
        self.guard.resume()?;
        Ok(())
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

fn of_event(event: Event) -> Option<Message> {
    Some(match event {
        Event::Key(key) => Message::Key(key),
        Event::Paste(text) => Message::Paste(text),
        Event::Resize(width, height) => Message::Resize(Size::new(width, height)),
        Event::FocusGained | Event::FocusLost | Event::Mouse(_) => return None,
    })
}
