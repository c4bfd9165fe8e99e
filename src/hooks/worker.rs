//! From what happened to deliveries, and from those to the receivers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::body::{About, Head, body};
use super::event::{self, Event};
use super::send::Sender;
use super::{Hook, ROLE, Receiver};
use crate::domain::{Activity, ActivityId, Contact, ContactId, Email};
use crate::filter::{Context, Facts, Filter, List};
use crate::store::{Holder, HookNews, HookOutcome, NewDelivery, OutboxRow, Store, StoreError};
use crate::sync::retry::RECEIVER;

/// How long a hold of the lease lasts unless renewed.
const TERM: SignedDuration = SignedDuration::from_secs(15);
/// How often it is renewed, or asked for.
const RENEW: Duration = Duration::from_secs(5);
/// Entries of the log that are read at once.
const PAGE: usize = 500;
/// Pages of the log that are looked through to say how much is new.
const LOOKED_THROUGH: usize = 20;
/// Deliveries that a lane reads at once.
const BATCH: usize = 50;
/// After so many tries, over about two days, a person must look.
pub const TRIES: i64 = 20;
/// The longest that a receiver which fails is left alone, whatever waits for it.
const LONGEST_REST: SignedDuration = SignedDuration::from_mins(5);
/// How long a lane sleeps that has nothing to do; it is woken before.
const IDLE: Duration = Duration::from_hours(1);

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What one go brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// Events that their receivers have now.
    pub delivered: u64,
    /// Tries that failed.
    pub failed: u64,
}

/// What filters of hooks are understood with.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Where days begin.
    pub zone: TimeZone,
    /// Whose `mine` is.
    pub me: Option<Email>,
}

/// Tells receivers what happens in a store.
#[derive(Clone)]
pub struct Worker {
    store: Store,
    senders: Vec<Arc<Sender>>,
    surroundings: Surroundings,
    holder: Holder,
    clock: Clock,
}

impl Worker {
    /// For these receivers.
    pub fn new(
        store: Store,
        receivers: Vec<Receiver>,
        surroundings: Surroundings,
        holder: Holder,
        clock: Clock,
    ) -> Self {
        let senders = receivers.into_iter().map(|receiver| Arc::new(Sender::new(receiver))).collect();
        Self { store, senders, surroundings, holder, clock }
    }

    /// Works until it is stopped. A try that is under way then is given up, and made again by whoever comes next.
    pub async fn run(self, stop: CancellationToken) {
        let (leads, leading) = watch::channel(false);
        let mut lanes = JoinSet::new();
        for lane in self.lanes() {
            lanes.spawn(lane.run(leading.clone(), stop.clone()));
        }
        let mut changes = self.store.changes();
        loop {
            let now = (self.clock)();
            changes.borrow_and_update();
            let held = self.store.lease_take(ROLE, &self.holder, TERM, now).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the lease for events cannot be had");
                false
            });
            leads.send_if_modified(|leads| std::mem::replace(leads, held) != held);
            let mut told = Ok(());
            if held {
                told = self.tell_all(&stop).await;
                if let Err(error) = &told {
                    tracing::warn!(%error, "events cannot be read; they are read later");
                }
            }
            let renew = tokio::time::sleep(RENEW);
            tokio::pin!(renew);
            tokio::select! {
                () = stop.cancelled() => break,
                () = &mut renew => {}
                // Of others nothing is read; and after a failure not at once.
                _ = changes.changed(), if held && told.is_ok() => {}
            }
        }
        while lanes.join_next().await.is_some() {}
        if let Err(error) = self.store.lease_release(ROLE, &self.holder.owner).await {
            tracing::warn!(%error, "the lease for events ends by itself");
        }
    }

    /// Tells what is new and makes what is due, once; a receiver that fails is not tried again. `None`: another process
    /// does it.
    pub async fn once(&self, stop: &CancellationToken) -> Result<Option<Sent>, StoreError> {
        if !self.store.lease_take(ROLE, &self.holder, TERM, (self.clock)()).await? {
            return Ok(None);
        }
        let (leads, leading) = watch::channel(true);
        let work = async {
            self.tell_all(stop).await?;
            let mut lanes = JoinSet::new();
            for lane in self.lanes() {
                let (leading, stop) = (leading.clone(), stop.clone());
                lanes.spawn(async move { lane.go(&leading, &stop, &mut Rest::default()).await.map(|gone| gone.sent) });
            }
            let mut sent = Sent::default();
            while let Some(lane) = lanes.join_next().await {
                // A lane that panicked told nobody anything.
                if let Ok(lane) = lane {
                    let lane = lane?;
                    sent = Sent { delivered: sent.delivered + lane.delivered, failed: sent.failed + lane.failed };
                }
            }
            Ok::<_, StoreError>(sent)
        };
        tokio::pin!(work);
        let sent = loop {
            tokio::select! {
                sent = &mut work => break sent,
                () = tokio::time::sleep(RENEW) => {
                    if !self.store.lease_renew(ROLE, &self.holder.owner, TERM, (self.clock)()).await? {
                        leads.send_replace(false);
                    }
                }
            }
        };
        self.store.lease_release(ROLE, &self.holder.owner).await?;
        sent.map(Some)
    }

    fn lanes(&self) -> impl Iterator<Item = Lane> {
        self.senders.iter().map(|sender| Lane {
            store: self.store.clone(),
            sender: Arc::clone(sender),
            clock: Arc::clone(&self.clock),
        })
    }

    /// Writes deliveries for everything that is new, once.
    pub async fn tell_all(&self, stop: &CancellationToken) -> Result<(), StoreError> {
        let now = (self.clock)();
        let mut from = self.store.hook_begin(now).await?;
        while !stop.is_cancelled() {
            let news = self.store.hook_news(from, PAGE).await?;
            if news.is_empty() && news.next == from {
                break;
            }
            let deliveries = self.deliveries(&news, now).await?;
            if !self.store.hook_enqueue(&deliveries, (from, news.next), now).await? {
                break; // another process was first: the lease tells who goes on
            }
            from = news.next;
        }
        Ok(())
    }

    /// How many deliveries come of what is new and not handed out yet, to one hook or to all; nothing is written. The
    /// second is false if there is more than was looked through.
    pub async fn untold(&self, hook: Option<&str>) -> Result<(usize, bool), StoreError> {
        let Some(mut from) = self.store.hook_cursor().await? else { return Ok((0, true)) };
        let mut untold = 0;
        for _ in 0..LOOKED_THROUGH {
            let news = self.store.hook_news(from, PAGE).await?;
            if news.is_empty() && news.next == from {
                return Ok((untold, true));
            }
            let deliveries = self.deliveries(&news, (self.clock)()).await?;
            untold += deliveries.iter().filter(|delivery| hook.is_none_or(|hook| delivery.hook == hook)).count();
            from = news.next;
        }
        Ok((untold, false))
    }

    async fn deliveries(&self, news: &HookNews, now: Timestamp) -> Result<Vec<NewDelivery>, StoreError> {
        let store = self.store.id().await?;
        let context = Context {
            list: List::Contacts,
            now,
            zone: self.surroundings.zone.clone(),
            me: self.surroundings.me.clone(),
            custom: self.store.custom_fields().await?,
        };
        let filters: Vec<Option<Result<Filter, String>>> =
            self.senders.iter().map(|sender| filter(sender.hook(), &context)).collect();
        let known = Known::read(&self.store, news).await?;
        let mut deliveries = Vec::new();
        let mut tell = |head: Head<'_>, about: About<'_>, event: &Event| {
            let mut text = None;
            for (sender, filter) in self.senders.iter().zip(&filters) {
                let hook = sender.hook();
                let ignored = hook.ignore_actors.iter().any(|actor| actor == head.actor);
                if !hook.wants(head.event) || ignored || (head.own_sync && !hook.own_sync) {
                    continue;
                }
                let held = match filter {
                    // Of a contact that is gone nothing can be judged; its number tells nothing about anybody.
                    Some(Ok(filter)) if about.gone.is_none() => {
                        if !filter.matches(&Facts::new(about.contact, about.activity)) {
                            continue;
                        }
                        None
                    }
                    Some(Err(why)) => Some(format!("the hook's filter cannot be understood: {why}")),
                    _ => None,
                };
                let body = text.get_or_insert_with(|| body(head, about, &event.change)).clone();
                deliveries.push(NewDelivery {
                    hook: hook.name.clone(),
                    event: head.event.to_owned(),
                    event_id: head.id.to_owned(),
                    body,
                    held,
                });
            }
        };
        for contact in &news.created {
            let id = format!("evt_{store}_c{}", contact.id);
            let event = Event { name: "contact.created".to_owned(), part: "", change: serde_json::json!({}) };
            let about = About { contact: known.contacts.get(&contact.id), ..About::default() };
            // Gone again already: its deletion is told.
            if about.contact.is_some() {
                tell(head(&id, &event, contact.at, &contact.actor), about, &event);
            }
        }
        for happening in &news.happened {
            let activity = happening.activity.and_then(|id| known.activities.get(&id));
            let contact = happening.contact.or_else(|| activity?.contact_id);
            for event in event::events(happening, activity.map(|activity| activity.kind)) {
                let id = format!("evt_{store}_h{}{}", happening.id, event.part);
                let about = About {
                    contact: contact.and_then(|id| known.contacts.get(&id)),
                    gone: if event.name == "contact.deleted" { happening.data["contact"].as_i64() } else { None },
                    activity,
                    failure: None,
                };
                // An edit of a contact that is gone since is part of its deletion.
                if event.name.starts_with("contact.") && about.contact.is_none() && about.gone.is_none() {
                    continue;
                }
                tell(head(&id, &event, happening.at, &happening.actor), about, &event);
            }
        }
        for row in &news.failed {
            let id = format!("evt_{store}_f{}_{}", row.id, row.updated_at.as_millisecond());
            let event = Event { name: "sync.failed".to_owned(), part: "", change: serde_json::json!({}) };
            let about = About {
                contact: row.contact_id.and_then(|id| known.contacts.get(&id)),
                activity: known.activities.get(&row.entity_id).filter(|_| is_activity(row)),
                failure: Some(row),
                gone: None,
            };
            // It tells of the sync, and changes nothing here that could be answered with a change.
            tell(Head { own_sync: false, ..head(&id, &event, row.updated_at, "salesforce") }, about, &event);
        }
        Ok(deliveries)
    }
}

fn head<'a>(id: &'a str, event: &'a Event, at: Timestamp, actor: &'a str) -> Head<'a> {
    Head { id, event: &event.name, at, actor, own_sync: event::is_own_sync(actor) }
}

fn is_activity(row: &OutboxRow) -> bool {
    row.entity == crate::store::Entity::Activity
}

/// The filter of a hook; `None`: everybody.
pub fn filter(hook: &Hook, context: &Context) -> Option<Result<Filter, String>> {
    let text = hook.filter.trim();
    (!text.is_empty()).then(|| Filter::parse(text, context).map_err(|error| error.to_string()))
}

/// Everybody and everything that news are about, as they are now.
struct Known {
    contacts: HashMap<ContactId, Contact>,
    activities: HashMap<ActivityId, Activity>,
}

impl Known {
    async fn read(store: &Store, news: &HookNews) -> Result<Self, StoreError> {
        let failed = news.failed.iter().filter(|row| is_activity(row)).map(|row| row.entity_id);
        let mut ids: Vec<ActivityId> = news.happened.iter().filter_map(|entry| entry.activity).chain(failed).collect();
        ids.sort_unstable();
        ids.dedup();
        let activities: HashMap<ActivityId, Activity> =
            store.activities_by_id(&ids).await?.into_iter().map(|(activity, _)| (activity.id, activity)).collect();
        let mut ids: Vec<ContactId> = news.created.iter().map(|contact| contact.id).collect();
        ids.extend(news.happened.iter().filter_map(|entry| entry.contact));
        ids.extend(news.failed.iter().filter_map(|row| row.contact_id));
        ids.extend(activities.values().filter_map(|activity| activity.contact_id));
        ids.sort_unstable();
        ids.dedup();
        let contacts = store.contacts_by_id(&ids).await?.into_iter().map(|contact| (contact.id, contact)).collect();
        Ok(Self { contacts, activities })
    }
}

/// The way to one receiver: one delivery after the other.
struct Lane {
    store: Store,
    sender: Arc<Sender>,
    clock: Clock,
}

/// How a receiver that fails is spared.
#[derive(Clone, Copy, Debug, Default)]
struct Rest {
    /// Tries that failed, one after the other.
    failures: i64,
    /// Nothing is sent before, but for what a person asked for.
    until: Option<Timestamp>,
}

/// Where a lane stopped.
struct Gone {
    sent: Sent,
    /// When to go on; `None`: nothing waits.
    next: Option<Timestamp>,
}

impl Lane {
    async fn run(self, mut leading: watch::Receiver<bool>, stop: CancellationToken) {
        let mut changes = self.store.changes();
        let mut rest = Rest::default();
        loop {
            changes.borrow_and_update();
            let leads = *leading.borrow_and_update();
            let mut next = None;
            if leads {
                match self.go(&leading, &stop, &mut rest).await {
                    Ok(gone) => next = gone.next,
                    Err(error) => {
                        tracing::warn!(%error, "deliveries cannot be read; they are made later");
                        next = Some((self.clock)() + RENEW);
                    }
                }
            }
            let wait = |at: Timestamp| Duration::try_from(at.duration_since((self.clock)())).unwrap_or_default();
            let wait = next.map_or(IDLE, wait).min(IDLE);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait), if leads => {}
                news = changes.changed(), if leads => if news.is_err() { return },
                news = leading.changed() => if news.is_err() { return },
            }
        }
    }

    /// Makes what is due, until a try fails.
    async fn go(
        &self,
        leading: &watch::Receiver<bool>,
        stop: &CancellationToken,
        rest: &mut Rest,
    ) -> Result<Gone, StoreError> {
        let name = &self.sender.hook().name;
        let mut sent = Sent::default();
        loop {
            let now = (self.clock)();
            let rests = rest.until.is_some_and(|until| now < until);
            let due = self.store.hook_due(name, rests, now, BATCH).await?;
            if due.is_empty() {
                let next = self.store.hook_next_due(name).await?;
                let next = next.map(|next| rest.until.map_or(next, |until| next.max(until)));
                return Ok(Gone { sent, next });
            }
            for delivery in &due {
                let answer = tokio::select! {
                    () = stop.cancelled() => return Ok(Gone { sent, next: None }),
                    answer = self.sender.send(delivery, (self.clock)()) => answer,
                };
                let now = (self.clock)();
                let tries = delivery.attempts + 1;
                let outcome = match answer {
                    Ok(()) => HookOutcome::Done,
                    Err(error) if error.is_final() || tries >= TRIES => HookOutcome::Held(error.to_string()),
                    Err(error) => {
                        let by_us = RECEIVER.after(tries, now, fastrand::f64());
                        let by_them = error.wait().map_or(now, |wait| now + wait);
                        HookOutcome::Retry(by_us.max(by_them), error.to_string())
                    }
                };
                self.store.hook_settle(delivery.id, &outcome, now).await?;
                if outcome == HookOutcome::Done {
                    sent.delivered += 1;
                    *rest = Rest::default();
                } else {
                    sent.failed += 1;
                    rest.failures += 1;
                    rest.until = Some(RECEIVER.after(rest.failures, now, fastrand::f64()).min(now + LONGEST_REST));
                    tracing::info!(hook = name, event = delivery.event, ?outcome, "an event was not delivered");
                    break;
                }
                if !*leading.borrow() {
                    return Ok(Gone { sent, next: None });
                }
            }
        }
    }
}
