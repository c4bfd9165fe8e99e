//! Long work: it tells how far it is on the hint line, and a key ends it.
//!
//! Work that is asked to end decides itself how: an export leaves nothing behind, a change of many contacts ends after the
//! rows that are under way and says how many it changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::actions::{Place, actions};
use super::message::{Effect, Message, Progress};
use super::model::Model;
use super::model::toast::Tone;
use super::update::say;
use crate::store::BulkProgress;

actions! {
    STOP = stop: "stop-work", "Stop the long work that is under way", "", [Place::GLOBAL], ["ctrl-x"];
}

/// Ends what was begun last.
fn stop(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(work) = model.progress.pop() else { return say(model, Tone::Info, "No long work is under way") };
    effects.push(Effect::Stop(work.name));
    say(model, Tone::Info, format!("Stopping: {}", work.name));
}

/// What is under way, by name.
#[derive(Clone, Debug, Default)]
pub struct Works(Arc<Mutex<HashMap<&'static str, CancellationToken>>>);

impl Works {
    /// Asks work of that name to end; nothing if there is none.
    pub fn stop(&self, name: &'static str) {
        if let Some(stop) = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name) {
            stop.cancel();
        }
    }

    /// Begins work of that name.
    pub fn begin(&self, name: &'static str, messages: mpsc::UnboundedSender<Message>) -> Work {
        let stop = CancellationToken::new();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, stop.clone());
        Work { name, stop, messages }
    }
}

/// Work that is under way. Dropped, it is at its end, and the hint line forgets it.
#[derive(Debug)]
pub struct Work {
    name: &'static str,
    stop: CancellationToken,
    messages: mpsc::UnboundedSender<Message>,
}

impl Work {
    /// Says how far it is; `false`: it shall end. The screen shows it a few times a second at most, however often it is
    /// said.
    pub fn told(&self, done: u64, of: Option<u64>) -> bool {
        if self.stop.is_cancelled() {
            return false;
        }
        let _ = self.messages.send(Message::Progress(Progress { name: self.name, done, of }));
        true
    }

    /// The same for a change of many rows. What is done in one go is not worth a word.
    pub fn told_bulk(&self, progress: BulkProgress) -> bool {
        progress.done >= progress.of || self.told(progress.done as u64, Some(progress.of as u64))
    }

    /// Comes to its end when the work shall end.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Worked(self.name)); // nobody listens any more: the screen has gone
    }
}
