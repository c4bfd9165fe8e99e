//! Work that a dialog or screen asks for, declared in its own file: what is asked, how it is done on the runtime, and what
//! the answer changes. [`Effect::job`](super::message::Effect::job) sends it on its way.

use std::any::Any;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::effects::Hands;
use super::message::Effect;
use super::model::Model;
use super::model::toast::Tone;
use super::update::say;

/// In which company it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A reading. A newer one of this name ends an older.
    Reading(&'static str),
    /// A change. Changes run one after the other, in the order in which they were asked for.
    Change,
    /// Long work of this name, beside everything else; a second one is refused while it runs. It tells how far it is by
    /// [`Hands::work`], and [`Effect::Stop`](super::message::Effect::Stop) ends it.
    Long(&'static str),
}

/// Something asked for. `run` works on the runtime; `take` is part of `update` and pure.
pub trait Job: Debug + PartialEq + Send + Sync + 'static {
    /// What comes back.
    type Answer: Clone + Debug + Send + Sync + 'static;

    /// In which company it runs.
    fn kind(&self) -> Kind;

    /// Does it. An error is one line for people: what did not work, and why ([`super::effects::words`]).
    fn run(&self, hands: &Hands) -> impl Future<Output = Result<Self::Answer, String>> + Send;

    /// What the answer changes. The layer that asked is found with [`super::layer::Layers::find_mut`]; it may be gone.
    fn take(&self, answer: Self::Answer, model: &mut Model, effects: &mut Vec<Effect>);

    /// What it means that it did not work: a toast with the reason, unless said otherwise.
    fn failed(&self, error: String, model: &mut Model, effects: &mut Vec<Effect>) {
        let _ = effects;
        say(model, Tone::Bad, error);
    }
}

type Answer = Result<Arc<dyn Any + Send + Sync>, String>;
type Running<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// [`Job`] without its types.
trait Erased: Debug + Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn is(&self, other: &dyn Erased) -> bool;
    fn kind(&self) -> Kind;
    fn run<'a>(&'a self, hands: &'a Hands) -> Running<'a>;
    fn take(&self, answer: Answer, model: &mut Model, effects: &mut Vec<Effect>);
}

impl<J: Job> Erased for J {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is(&self, other: &dyn Erased) -> bool {
        other.as_any().downcast_ref::<J>() == Some(self)
    }

    fn kind(&self) -> Kind {
        Job::kind(self)
    }

    fn run<'a>(&'a self, hands: &'a Hands) -> Running<'a> {
        Box::pin(async move { Ok(Arc::new(Job::run(self, hands).await?) as _) })
    }

    fn take(&self, answer: Answer, model: &mut Model, effects: &mut Vec<Effect>) {
        match answer.map(Arc::downcast::<J::Answer>) {
            Ok(Ok(answer)) => Job::take(self, Arc::unwrap_or_clone(answer), model, effects),
            Ok(Err(_)) => {} // an answer of another type is not to this question
            Err(error) => Job::failed(self, error, model, effects),
        }
    }
}

/// A job of any type.
#[derive(Clone, Debug)]
pub struct AnyJob(Arc<dyn Erased>);

impl PartialEq for AnyJob {
    fn eq(&self, other: &Self) -> bool {
        self.0.is(other.0.as_ref())
    }
}

/// The answer to a job of any type.
#[derive(Clone, Debug)]
pub struct Answered {
    job: AnyJob,
    answer: Answer,
}

impl AnyJob {
    /// Of that job.
    pub fn new(job: impl Job) -> Self {
        Self(Arc::new(job))
    }

    /// In which company it runs.
    pub fn kind(&self) -> Kind {
        self.0.kind()
    }

    /// The job, if it is of that type; for tests that play the store.
    pub fn get<J: Job>(&self) -> Option<&J> {
        self.0.as_any().downcast_ref()
    }

    pub(super) async fn run(self, hands: &Hands) -> Answered {
        let answer = self.0.run(hands).await;
        if let Err(error) = &answer {
            tracing::warn!(kind = ?self.kind(), error, "screen");
        }
        Answered { job: self, answer }
    }

    pub(super) fn refused(self, error: String) -> Answered {
        Answered { job: self, answer: Err(error) }
    }
}

impl Answered {
    /// The answer to a job; for tests that play the store.
    pub fn new<J: Job>(job: J, answer: Result<J::Answer, String>) -> Self {
        Self { job: AnyJob::new(job), answer: answer.map(|answer| Arc::new(answer) as _) }
    }

    /// The kind of the job that it answers.
    pub fn kind(&self) -> Kind {
        self.job.kind()
    }

    pub(super) fn take(self, model: &mut Model, effects: &mut Vec<Effect>) {
        self.job.0.take(self.answer, model, effects);
    }
}
