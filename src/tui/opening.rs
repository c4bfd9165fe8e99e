//! The screen from its first frame on: it stands before what it shows is at hand, and waits for it like a program that can
//! be left.

use std::collections::VecDeque;
use std::future::{Future, pending};
use std::pin::pin;
use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Size;
use tokio::sync::mpsc;

use super::app::{Look, Tui, TuiError, TuiOptions, now};
use super::effects::{Hands, Runner};
use super::keymap::Key;
use super::message::Message;
use super::model::toast::Tone;
use super::model::{Model, Setup};
use super::signals::{Signal, Signals, watch_terminal};
use super::terminal::{self, Guard, Output};
use super::turn::{Loop, Pace, hear_again, of_event};
use crate::config::Role;

/// Longer than a start takes: whoever sits there is told that it is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The screen with its first frame. The terminal is given back when this is dropped.
pub struct Opened {
    // The model is large, and every future that holds it would be.
    tui: Box<Tui<CrosstermBackend<Output>>>,
    guard: Guard,
    signals: Signals,
    /// Keys and sizes, once somebody listens.
    events: Option<EventStream>,
    /// What was typed while the screen had nothing to show.
    typed: VecDeque<Message>,
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
    Ok(Opened { tui: Box::new(tui), guard, signals, events: None, typed: VecDeque::new() })
}

impl Opened {
    /// Waits for what the screen needs; `None`: somebody left before it was there. If it takes long, the words say what is
    /// waited for. What is typed meanwhile is done when the screen runs. The work may give the terminal back
    /// ([`terminal::leave`]) to say something that shall stay; it is taken again afterwards.
    pub async fn wait_for<T>(&mut self, work: impl Future<Output = T>, words: &str) -> Result<Option<T>, TuiError> {
        let words = format!("{words}. ctrl-c leaves");
        let mut work = pin!(work);
        let mut patience = pin!(tokio::time::sleep(PATIENCE));
        let mut patient = true;
        let done = loop {
            // Not for later, whichever way it came.
            if self.typed.iter().any(is_ctrl_c) {
                return Ok(None);
            }
            tokio::select! {
                biased;
                done = &mut work => break done,
                signal = self.signals.next() => match signal {
                    Signal::Stop => return Ok(None),
                    Signal::Suspend => self.suspend().await?,
                    Signal::Continue if terminal::is_entered() => self.retake()?,
                    // The next frame has the size of its time.
                    Signal::Continue | Signal::Resize => {}
                },
                () = &mut patience, if patient => {
                    patient = false;
                    // Who gave the terminal back has said what it waits for.
                    if terminal::is_entered() {
                        self.tui.model.toasts.push(Tone::Info, &*words, now());
                        self.redraw()?;
                        self.events = Some(EventStream::new());
                    }
                }
                event = next(&mut self.events) => match event {
                    Some(Ok(Event::Resize(..))) => self.typed.extend(hear_again()?),
                    Some(event) => self.typed.extend(of_event(event?)),
                    None => return Ok(None),
                },
            }
        };
        self.tui.model.toasts.retract(&words);
        if !terminal::is_entered() {
            self.retake()?;
        }
        Ok(Some(done))
    }

    /// Shows what there is until someone leaves.
    pub async fn run(self, options: TuiOptions) -> Result<(), TuiError> {
        let Self { mut tui, guard, signals, events, typed } = self;
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
            events: Some(events.unwrap_or_default()),
            signals,
            typed,
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

    /// Leaves the terminal to the shell until the job is continued. If somebody else had it, it stays theirs.
    async fn suspend(&mut self) -> Result<(), TuiError> {
        let (ours, heard) = (terminal::is_entered(), self.events.take().is_some());
        terminal::leave();
        self.signals.stop_job().await?;
        if ours {
            self.retake()?;
        }
        if heard {
            self.events = Some(EventStream::new());
            self.typed.extend(hear_again()?);
        }
        Ok(())
    }

    /// Takes the terminal, in whatever state it is.
    fn retake(&mut self) -> Result<(), TuiError> {
        self.guard.resume()?;
        self.redraw()
    }

    /// Draws every cell.
    fn redraw(&mut self) -> Result<(), TuiError> {
        self.tui.forget()?;
        self.tui.draw()?;
        Ok(())
    }
}

fn is_ctrl_c(typed: &Message) -> bool {
    matches!(typed, Message::Key(event) if Key::from(*event).to_string() == "ctrl-c")
}

/// The next event; none ever comes if nobody listens.
async fn next(events: &mut Option<EventStream>) -> Option<std::io::Result<Event>> {
    match events {
        Some(events) => events.next().await,
        None => pending().await,
    }
}
