//! The loop: whatever happens becomes a message, a frame is drawn when something changed, and nothing ticks.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Size;
use tokio::sync::{mpsc, watch};

use super::app::{Tui, TuiError};
use super::editor;
use super::effects::Runner;
use super::message::{Effect, Message, Reply};
use super::signals::{Signal, Signals};
use super::terminal::{self, Guard, Output, Screen};
use super::update::start;
use crate::sync::status::WorkerStatus;

/// At most 60 frames a second for whoever presses keys.
const FRAME: Duration = Duration::from_micros(16_667);
/// So long after a key or a click, what comes is taken for its answer.
const ANSWER: Duration = Duration::from_secs(1);
/// At most four frames a second for what others do (product P4).
const CALM: Duration = Duration::from_millis(250);
/// The same where little shall move.
const STILL: Duration = Duration::from_secs(1);

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
    /// What was typed and not taken yet, the first first: it comes before the events.
    pub typed: VecDeque<Message>,
    /// Answers.
    pub messages: mpsc::UnboundedReceiver<Message>,
    /// What the worker says.
    pub status: watch::Receiver<WorkerStatus>,
    /// Grows with every commit.
    pub changes: watch::Receiver<u64>,
    /// When frames may be drawn.
    pub pace: Pace,
}

/// When frames may be drawn: at once what a person does and the rows that answer it, soon what else answers it, a few
/// times a second what others do.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    last: Instant,
    answering: Instant,
    calm: Duration,
    /// Rows have come that somebody waits for.
    rows: bool,
    /// Somebody did something that no frame shows yet.
    acted: bool,
    /// When the last frame was drawn that did.
    shown: Option<Instant>,
}

impl Pace {
    /// From the start, which is answered like a key.
    pub fn new(now: Instant, reduced_motion: bool) -> Self {
        Self {
            last: now,
            answering: now + ANSWER,
            calm: if reduced_motion { STILL } else { CALM },
            rows: false,
            acted: false,
            shown: None,
        }
    }

    /// Something happened.
    fn happened(&mut self, message: &Message, now: Instant) {
        let by_a_person = matches!(
            message,
            Message::Key(_) | Message::Paste(_) | Message::Mouse(_) | Message::Resize(_) | Message::Resumed
        );
        if by_a_person {
            self.answering = now + ANSWER;
            self.acted = true;
        }
        self.rows |= matches!(message, Message::Reply(Reply::Contacts(..) | Reply::Activities(..)));
    }

    /// A frame was drawn.
    fn drawn(&mut self, now: Instant) {
        self.last = now;
        self.rows = false;
        if std::mem::take(&mut self.acted) {
            self.shown = Some(now);
        }
    }

    /// No frame before.
    fn next(&self, now: Instant) -> Instant {
        match (now <= self.answering, self.rows, self.acted) {
            (true, true, _) => now,
            // A key waits for the frame of the key before, and for no other.
            (true, false, true) => self.shown.map_or(now, |shown| shown + FRAME),
            (true, false, false) => self.last + FRAME,
            (false, ..) => self.last + self.calm,
        }
    }
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
            let now = Instant::now();
            if now >= self.pace.next(now) {
                let (drawn, effects) = self.tui.draw()?;
                if drawn {
                    self.pace.drawn(Instant::now());
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
        let frame = self.tui.model.dirty.then(|| self.pace.next(Instant::now()));
        let deadline = deadline.into_iter().chain(frame).min();
        loop {
            if let Some(message) = self.typed.pop_front() {
                return Ok(message);
            }
            let events = self.events.get_or_insert_with(EventStream::new);
            let message = tokio::select! {
                biased;
                event = events.next() => self.heard(event)?,
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
                    // A terminal that has no size any more is about to go: another signal says so.
                    Signal::Resize => crossterm::terminal::size()
                        .ok()
                        .map(|(width, height)| Message::Resize(Size::new(width, height))),
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
        if let Some(message) = self.typed.pop_front() {
            return Some(message);
        }
        let events = self.events.as_mut()?;
        let event = poll_fn(|context| match events.poll_next_unpin(context) {
            Poll::Ready(event) => Poll::Ready(event),
            Poll::Pending => Poll::Ready(None),
        })
        .await?;
        self.heard(Some(event)).unwrap_or(Some(Message::Stop))
    }

    /// What the terminal told; nothing more comes once it is gone.
    fn heard(&mut self, event: Option<io::Result<Event>>) -> io::Result<Option<Message>> {
        match event {
            // crossterm may have forgotten keys that came with it.
            Some(Ok(Event::Resize(..))) => {
                self.typed.extend(hear_again()?);
                Ok(None)
            }
            Some(event) => Ok(of_event(event?)),
            None => Ok(Some(Message::Stop)),
        }
    }

    async fn take(&mut self, message: Message) -> Result<Next, TuiError> {
        self.pace.happened(&message, Instant::now());
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
                Effect::Mouse(on) => self.guard.set_mouse(on)?,
                Effect::Editor { text, suffix } => {
                    let edited = self.edit(&text, suffix).await?;
                    effects.extend(self.tui.handle(Message::Resumed));
                    effects.extend(self.tui.handle(Message::Edited(edited)));
                }
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
        self.retake()
    }

    /// Takes the terminal again, and listens to it.
    fn retake(&mut self) -> Result<(), TuiError> {
        self.guard.resume()?;
        // The new stream waits for the thread of the one before to be done.
        self.events = Some(EventStream::new());
        self.typed.extend(hear_again()?);
        Ok(())
    }
}

impl Loop {
    /// Lends the terminal to the user's editor. The event stream holds stdin and goes meanwhile.
    async fn edit(&mut self, text: &str, suffix: &str) -> Result<Result<String, String>, TuiError> {
        self.events = None;
        terminal::leave();
        let edited = editor::edit(text, suffix).await;
        // A ctrl-c in the editor was for the editor.
        self.signals.forget_interrupts();
        self.retake()?;
        Ok(edited)
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

/// What an event says, if it says anything.
pub(super) fn of_event(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => Some(Message::Key(key)),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Mouse(event) => Some(Message::Mouse(event)),
        // A signal tells of the size: it always does.
        Event::Resize(..) | Event::FocusGained | Event::FocusLost => None,
    }
}

/// What was read and not told yet; what comes after it wakes the loop.
pub(super) fn hear_again() -> io::Result<impl Iterator<Item = Message>> {
    Ok(terminal::hear_again()?.into_iter().filter_map(of_event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Window;
    use crate::tui::model::list::Load;

    #[test]
    fn keys_are_answered_at_once_and_others_four_times_a_second() {
        let start = Instant::now();
        let mut pace = Pace::new(start, false);
        let later = start + Duration::from_mins(1);
        pace.drawn(later);
        pace.happened(&Message::Changed, later);
        assert_eq!(pace.next(later), later + CALM);
        pace.happened(&Message::Paste("a".into()), later);
        assert_eq!(pace.next(later), later, "a key does not wait for what others had drawn");
        pace.drawn(later);
        pace.happened(&Message::Paste("b".into()), later);
        assert_eq!(pace.next(later), later + FRAME);
        let rows =
            Message::Reply(Reply::Contacts(0, Load::Replace, Window { rows: Vec::new(), before: false, after: false }));
        pace.happened(&rows, later);
        assert_eq!(pace.next(later), later, "nobody waits for rows longer than they take");
        assert_eq!(pace.next(later + ANSWER * 2), later + CALM);
        pace.drawn(later);
        assert_eq!(pace.next(later), later + FRAME);
        let mut pace = Pace::new(start, true);
        pace.drawn(later);
        assert_eq!(pace.next(later), later + STILL);
    }
}
