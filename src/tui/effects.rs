//! Does what the screen asks for, on the runtime. Readings run side by side, a newer one of a kind ends the older;
//! changes run one after the other, in the order in which they were asked for.

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinHandle};

use super::job::{AnyJob, Kind};
use super::message::{Effect, Failed, FilterId, Message, Overview, Progress, Reply};
use super::model::session::Session;
use super::work::{Work, Works};
use crate::config::Config;
use crate::domain::Email;
use crate::filter::{Context, CustomField, Filter, List};
use crate::salesforce::Client;
use crate::store::{Activities, Mark, OutboxState, Selection, Store};
use crate::sync::batch::{Batcher, Planner};
use crate::sync::worker;

/// The org, connected to when it is first asked; `None`: there is no connection. Making a client takes longer than showing
/// the first frame.
pub type Org = Arc<LazyLock<Option<Client>, Box<dyn FnOnce() -> Option<Client> + Send>>>;

/// An org that is connected to by this.
pub fn org(connect: impl FnOnce() -> Option<Client> + Send + 'static) -> Org {
    Arc::new(LazyLock::new(Box::new(connect)))
}

/// The setting that keeps how the screen was left.
const SESSION: &str = "tui.session";
/// Counting stops here.
const CAP: i64 = 10_000;
/// Counting stops here in the filter pane, where many filters are counted.
const FILTER_CAP: i64 = 1_000;
/// No more items than this are listed.
const ITEMS: usize = 200;

/// A kind of reading of which only the newest matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Slot {
    Contacts,
    Activities,
    Total(List),
    FilterTotals,
    Detail,
    Outbox,
    Overview,
    Job(&'static str),
}

/// What every effect works with.
#[derive(Clone)]
pub struct Hands {
    /// Where everything is kept.
    pub store: Store,
    /// Who sits at the keyboard.
    pub me: Option<Email>,
    /// In whose name changes are made.
    pub actor: String,
    /// The zone of all times.
    pub zone: TimeZone,
    /// The configuration.
    pub config: Arc<Config>,
    /// The file that it came from.
    pub config_file: Option<PathBuf>,
    /// The org, for what only it knows.
    pub org: Org,
    /// Wakes the worker of this process.
    pub wake: Arc<Notify>,
    /// Plans as the worker does; `None`: Salesforce is not connected.
    pub planner: Option<Planner>,
    messages: mpsc::UnboundedSender<Message>,
    custom: Arc<RwLock<Vec<CustomField>>>,
    /// Long work that is under way.
    pub works: Works,
}

/// Runs effects.
pub struct Runner {
    hands: Hands,
    slots: HashMap<Slot, AbortHandle>,
    changes: Option<mpsc::UnboundedSender<Effect>>,
    changing: JoinHandle<()>,
}

type Outcome = Result<Reply, (Failed, String)>;

impl Runner {
    /// Works with `hands`.
    pub fn new(hands: Hands) -> Self {
        let (changes, mut queue) = mpsc::unbounded_channel();
        let hand = hands.clone();
        let changing = tokio::spawn(async move {
            while let Some(effect) = queue.recv().await {
                hand.change(effect).await;
            }
        });
        Self { hands, slots: HashMap::new(), changes: Some(changes), changing }
    }

    /// Starts an effect. Those of the terminal itself are not for here and do nothing.
    pub fn run(&mut self, effect: Effect) {
        match slot(&effect) {
            Some(slot) => {
                let hands = self.hands.clone();
                let task = tokio::spawn(async move { hands.read(effect).await });
                if let Some(older) = self.slots.insert(slot, task.abort_handle()) {
                    older.abort();
                }
            }
            None if matches!(effect, Effect::Stop(_)) => {
                if let Effect::Stop(name) = effect {
                    self.hands.works.stop(name);
                }
            }
            None if effect == Effect::SyncNow => self.hands.wake.notify_one(),
            None if matches!(&effect, Effect::Job(job) if matches!(job.kind(), Kind::Long(_))) => {
                if let Effect::Job(job) = effect {
                    self.long(job);
                }
            }
            None => {
                if let Some(changes) = &self.changes {
                    let _ = changes.send(effect);
                }
            }
        }
    }

    fn long(&mut self, job: AnyJob) {
        let Kind::Long(name) = job.kind() else { return };
        if self.slots.get(&Slot::Job(name)).is_some_and(|task| !task.is_finished()) {
            let refused = job.refused(format!("The {name} is still under way"));
            let _ = self.hands.messages.send(Message::Reply(Reply::Job(refused)));
            return;
        }
        let hands = self.hands.clone();
        let task = tokio::spawn(async move { hands.read(Effect::Job(job)).await });
        self.slots.insert(Slot::Job(name), task.abort_handle());
    }

    /// Lets the changes that were asked for come to their end; readings end now.
    pub async fn finish(mut self) {
        self.slots.values().for_each(AbortHandle::abort);
        self.changes = None;
        let _ = tokio::time::timeout(Duration::from_secs(5), self.changing).await;
    }
}

fn slot(effect: &Effect) -> Option<Slot> {
    Some(match effect {
        Effect::Contacts { .. } => Slot::Contacts,
        Effect::Activities { .. } => Slot::Activities,
        Effect::Total { list, .. } => Slot::Total(*list),
        Effect::FilterTotals(_) => Slot::FilterTotals,
        Effect::Contact(..) | Effect::Activity(..) => Slot::Detail,
        Effect::Outbox => Slot::Outbox,
        Effect::Overview => Slot::Overview,
        Effect::Job(job) => match job.kind() {
            Kind::Reading(name) => Slot::Job(name),
            Kind::Change | Kind::Long(_) => return None,
        },
        _ => return None,
    })
}

/// An error with its causes, in one line. A cause that its error tells already is not told twice.
pub fn words(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let why = error.to_string();
        if !text.contains(&why) {
            text.push_str(": ");
            text.push_str(&why);
        }
        cause = error.source();
    }
    text
}

/// Names what was asked for, for when it fails.
fn failed<E: Error>(request: Failed, what: &'static str) -> impl FnOnce(E) -> (Failed, String) {
    move |error| (request, format!("{what}: {}", words(&error)))
}

impl Hands {
    /// For a store; answers go to `messages`.
    pub fn new(
        store: Store,
        (me, actor): (Option<Email>, String),
        zone: TimeZone,
        (config, config_file): (Arc<Config>, Option<PathBuf>),
        wake: Arc<Notify>,
        messages: mpsc::UnboundedSender<Message>,
    ) -> Self {
        let (planner, org, custom, works) = (None, org(|| None), Arc::default(), Works::default());
        Self { store, me, actor, zone, config, config_file, org, wake, planner, messages, custom, works }
    }

    /// Plans as the worker does; `None`: Salesforce is not connected.
    pub fn planner(&self) -> Option<Arc<Batcher>> {
        self.planner.as_ref()?.borrow().clone()
    }

    /// Begins long work: it tells how far it is, and a key ends it.
    pub fn work(&self, name: &'static str) -> Work {
        self.works.begin(name, self.messages.clone())
    }

    /// Long work says how far it is, that is stopped otherwise. The screen shows it a few times a second at most, however often it is said.
    pub fn progress(&self, name: &'static str, done: u64, of: Option<u64>) {
        let _ = self.messages.send(Message::Progress(Progress { name, done, of }));
    }

    /// A filter, as this user means it.
    pub fn filter(&self, list: List, text: &str) -> Result<Filter, crate::filter::QueryError> {
        let context = Context {
            zone: self.zone.clone(),
            me: self.me.clone(),
            custom: self.custom.read().unwrap_or_else(PoisonError::into_inner).clone(),
            ..Context::new(list, Timestamp::now())
        };
        Filter::parse(text, &context)
    }

    /// The custom fields were changed; queries know them from now on.
    pub fn set_custom(&self, custom: &[CustomField]) {
        self.custom.write().unwrap_or_else(PoisonError::into_inner).clone_from(&custom.to_vec());
    }

    fn tell(&self, outcome: Outcome) {
        let message = match outcome {
            Ok(reply) => Message::Reply(reply),
            Err((request, error)) => {
                tracing::warn!(?request, error, "screen");
                Message::Failed { request, error }
            }
        };
        let _ = self.messages.send(message); // nobody listens any more: the screen has gone
    }

    async fn read(&self, effect: Effect) {
        match effect {
            Effect::FilterTotals(filters) => {
                for (id, list, text) in filters {
                    self.filter_total(id, list, &text).await;
                }
            }
            Effect::Job(job) => self.job(job).await,
            effect => self.tell(self.reading(effect).await),
        }
    }

    /// A count that fails is left out: the filter says why when it is opened.
    async fn filter_total(&self, id: FilterId, list: List, text: &str) {
        let Ok(filter) = self.filter(list, text) else { return };
        let total = match list {
            List::Contacts => self.store.contact_total(&filter, FILTER_CAP).await,
            List::Activities => self.store.activity_total(&filter, FILTER_CAP).await,
        };
        if let Ok(total) = total {
            self.tell(Ok(Reply::FilterTotal(id, total)));
        }
    }

    async fn job(&self, job: AnyJob) {
        self.tell(Ok(Reply::Job(job.run(self).await)));
    }

    async fn reading(&self, effect: Effect) -> Outcome {
        let store = &self.store;
        match effect {
            Effect::Contacts { filter, order, request } => {
                let request_failed = Failed::Contacts(request.generation);
                let filter =
                    self.filter(List::Contacts, &filter).map_err(failed(request_failed, "The filter is wrong"))?;
                let rows = store.contact_page(&filter, order, &request.anchor, request.limit).await;
                let rows = rows.map_err(failed(request_failed, "Contacts can not be read"))?;
                Ok(Reply::Contacts(request.generation, request.load, rows))
            }
            Effect::Activities { filter, order, request } => {
                let request_failed = Failed::Activities(request.generation);
                let filter =
                    self.filter(List::Activities, &filter).map_err(failed(request_failed, "The filter is wrong"))?;
                let rows = store.activity_page(&filter, order, &request.anchor, request.limit).await;
                let rows = rows.map_err(failed(request_failed, "Activities can not be read"))?;
                Ok(Reply::Activities(request.generation, request.load, rows))
            }
            Effect::Total { list, filter, generation } => {
                let wrong = failed(Failed::Reading, "The filter is wrong");
                let filter = self.filter(list, &filter).map_err(wrong)?;
                let uncounted = failed(Failed::Reading, "Rows can not be counted");
                match list {
                    List::Contacts => {
                        store.contact_total(&filter, CAP).await.map(|n| Reply::ContactTotal(generation, n))
                    }
                    List::Activities => {
                        store.activity_total(&filter, CAP).await.map(|n| Reply::ActivityTotal(generation, n))
                    }
                }
                .map_err(uncounted)
            }
            Effect::Contact(generation, id) => {
                let contact = store.contact_detail(id).await;
                let contact = contact.map_err(failed(Failed::Detail(generation), "The contact can not be read"))?;
                Ok(Reply::Contact(generation, contact.map(Box::new)))
            }
            Effect::Activity(generation, id) => {
                let activity = store.activity_detail(id).await;
                let activity = activity.map_err(failed(Failed::Detail(generation), "The activity can not be read"))?;
                Ok(Reply::Activity(generation, activity.map(Box::new)))
            }
            Effect::Outbox => {
                let states = [OutboxState::Held, OutboxState::Retry, OutboxState::InDoubt];
                let items = store.outbox(&states, ITEMS).await;
                Ok(Reply::Outbox(items.map_err(failed(Failed::Reading, "The queue can not be read"))?))
            }
            _ => self.overview().await,
        }
    }

    async fn overview(&self) -> Outcome {
        let store = &self.store;
        let read = async {
            Ok::<_, crate::store::StoreError>(Overview {
                statuses: store.status_counts().await?,
                outbox: store.outbox_counts().await?,
                lease: store.lease(worker::ROLE).await?,
                paused: store.setting(worker::PAUSED).await?.as_deref() == Some("1"),
            })
        };
        let overview = read.await.map_err(failed(Failed::Reading, "The figures can not be read"))?;
        Ok(Reply::Overview(Box::new(overview)))
    }

    async fn change(&self, effect: Effect) {
        match effect {
            Effect::SaveSession(session) => {
                if let Ok(json) = serde_json::to_string(&session)
                    && let Err(error) = self.store.set_setting(SESSION, &json).await
                {
                    tracing::warn!(%error, "the session of the screen is not kept");
                }
            }
            Effect::LoadSession => self.tell(Ok(self.session().await)),
            Effect::Job(job) => self.job(job).await,
            effect => self.tell(self.changed(effect).await),
        }
    }

    /// How the screen was left, if that can be read; else it starts afresh.
    async fn session(&self) -> Reply {
        let custom = match self.store.custom_fields().await {
            Ok(custom) => custom,
            Err(error) => {
                self.tell(Err(failed(Failed::Reading, "Custom fields can not be read")(error)));
                Vec::new()
            }
        };
        self.set_custom(&custom);
        let json = self.store.setting(SESSION).await.ok().flatten();
        let session = json.and_then(|json| serde_json::from_str::<Session>(&json).ok());
        Reply::Session(session.map(Box::new), custom)
    }

    async fn changed(&self, effect: Effect) -> Outcome {
        let (store, actor, now) = (&self.store, self.actor.as_str(), Timestamp::now());
        match effect {
            Effect::SetStatus(ids, status) => {
                let work = self.work("status");
                let mut told = |progress| work.told_bulk(progress);
                let changed = store.set_status_of(Selection::Ids(&ids), status, &mut told, now).await;
                let changed = changed.map(|bulk| bulk.changed);
                Ok(Reply::StatusSet(status, changed.map_err(failed(Failed::Status, "The status is not set"))?))
            }
            Effect::MarkRead(ids, read) => {
                let work = self.work("marking");
                let mut told = |progress| work.told_bulk(progress);
                let marked = store.mark(Activities::Ids(&ids), Mark::Read(read), actor, &mut told, now).await;
                let marked = marked.map_err(failed(Failed::Change, "Nothing was marked"))?;
                Ok(Reply::ReadSet(read, marked.changed as u64))
            }
            Effect::Opened(id) => {
                let changed = store.mark_read(&[id], true).await;
                changed.map_err(failed(Failed::Change, "It is not marked as read"))?;
                Ok(Reply::ReadSet(true, 0))
            }
            Effect::SavedFilters => {
                let saved = store.saved_filters(actor).await;
                Ok(Reply::SavedFilters(saved.map_err(failed(Failed::Reading, "Saved filters can not be read"))?))
            }
            Effect::SaveFilter(name, list, query) => {
                let saved = store.save_filter(actor, &name, list.key(), &query, now).await;
                saved.map_err(failed(Failed::Change, "The filter is not saved"))?;
                Ok(Reply::FilterSaved(name))
            }
            Effect::DeleteFilter(id) => {
                store
                    .delete_filter(actor, id, now)
                    .await
                    .map_err(failed(Failed::Change, "The filter is not deleted"))?;
                Ok(Reply::FilterDeleted)
            }
            Effect::Retry(ids) => {
                let items = store.outbox_retry(&ids, now).await;
                Ok(Reply::Retried(items.map_err(failed(Failed::Change, "Nothing is sent again"))?.len() as u64))
            }
            Effect::Skip(ids) => {
                let items = store.outbox_skip(&ids, now).await;
                Ok(Reply::Skipped(items.map_err(failed(Failed::Change, "Nothing is left out"))?.len() as u64))
            }
            Effect::Pause(paused) => {
                let kept = store.set_setting(worker::PAUSED, if paused { "1" } else { "0" }).await;
                kept.map_err(failed(Failed::Change, "The pause is not kept"))?;
                self.overview().await
            }
            _ => self.overview().await,
        }
    }
}
