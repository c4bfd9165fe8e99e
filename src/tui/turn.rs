//! The loop: whatever happens becomes a message, a frame is drawn when something changed, and nothing ticks.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::process::Command;
use std::task::Poll;
use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Size;
use tokio::sync::{mpsc, watch};

use super::app::{Tui, TuiError};
use super::effects::Runner;
use super::message::{Effect, Failed, Message};
use super::signals::{Signal, Signals};
use super::terminal::{self, Guard, Output, Screen};
use super::update::start;
use crate::sync::status::WorkerStatus;

/// At most 60 frames a second.
const FRAME: Duration = Duration::from_micros(16_667);

/// What the loop listens to.
pub struct Loop {
    /// The screen.
    pub tui: Tui<CrosstermBackend<Output>>,
    /// Does what it asks for.
    pub runner: Runner,
    /// Holds the terminal.
    pub guard: Guard,
    /// Keys and sizes; dropped while the terminal is lent to the shell, since it holds standard input.
    pub events: Option<EventStream>,
    /// Signals.
    pub signals: Signals,
    /// Answers.
    pub messages: mpsc::UnboundedReceiver<Message>,
    /// What the worker says.
    pub status: watch::Receiver<WorkerStatus>,
    /// Grows with every commit.
    pub changes: watch::Receiver<u64>,
    /// No frame before.
    pub next_frame: Instant,
}

/// The loop goes on, or not.
#[derive(PartialEq, Eq)]
enum Next {
    On,
    End,
}

impl Loop {
    /// Until someone leaves.
    pub async fn run(&mut self) -> Result<(), TuiError> {
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
            while let Some(message) = self.at_hand().await {
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

    /// Something that has happened already, if anything. The stream of events must be asked with the waker of the loop
    /// itself: it keeps the first one that it sees, and would wake another one (`now_or_never`) for nothing.
    async fn at_hand(&mut self) -> Option<Message> {
        if let Ok(message) = self.messages.try_recv() {
            return Some(message);
        }
        let events = self.events.as_mut()?;
        let event = poll_fn(|context| match events.poll_next_unpin(context) {
            Poll::Ready(event) => Poll::Ready(event),
            Poll::Pending => Poll::Ready(None),
        })
        .await?;
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
                Effect::Editor(text) => {
                    let message = match self.editor(text).await? {
                        Ok(text) => Message::Edited(text),
                        Err(error) => Message::Failed { request: Failed::Reading, error },
                    };
                    effects.extend(self.tui.handle(message));
                    effects.extend(self.tui.handle(Message::Resumed));
                }
                effect => self.runner.run(effect),
            }
        }
        Ok(Next::On)
    }

    /// Leaves the terminal to `$VISUAL`, `$EDITOR` or vi with a text; what was saved comes back.
    async fn editor(&mut self, text: String) -> Result<Result<String, String>, TuiError> {
        self.events = None;
        terminal::leave();
        let edited = tokio::task::spawn_blocking(move || edit(&text)).await;
        self.guard.resume()?;
        Ok(edited.unwrap_or_else(|error| Err(error.to_string())))
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

/// Runs the editor on a private file. The variable may hold arguments, as the shell reads them.
fn edit(text: &str) -> Result<String, String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    let failed = |error: io::Error| format!("The editor `{editor}` failed: {error}");
    let file = tempfile::Builder::new().prefix("rolodeck-").suffix(".txt").tempfile().map_err(failed)?;
    std::fs::write(file.path(), text).map_err(failed)?;
    let status = Command::new("sh")
        .args(["-c", &format!("{editor} \"$1\""), "rolodeck"])
        .arg(file.path())
        .status()
        .map_err(failed)?;
    if !status.success() {
        return Err(format!("The editor `{editor}` ended with {status}; the text is as it was"));
    }
    std::fs::read_to_string(file.path()).map_err(failed)
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
