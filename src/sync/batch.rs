//! One batch: from outbox rows to a plan. The preview and the worker both come through here.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::account::{Accounts, want};
use super::ask::Questions;
use super::external_id;
use super::follow::follow;
use super::found::Found;
use super::intent;
use super::plan::{self, BatchPlan, Item, Org, Target, creates_event, people};
use super::rules::RuleObject;
use super::setup::{Setup, Subject};
use crate::salesforce::{ApiError, Client, Describe};
use crate::store::{Entity, OutboxRow, Store, StoreError, SyncFacts};

/// How long users and field lists of the org are believed.
const BELIEVED: SignedDuration = SignedDuration::from_hours(1);

/// The setting that says when the store was last restored from a copy. What was sent after the copy was made, the store
/// has forgotten: Events of bookings from before then are looked for before they are made.
pub const RESTORED: &str = "sync.restored_at";

/// Why a batch could not be planned.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Salesforce did not answer a question; nothing was written.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// The planner of the worker at hand, for whoever wants to know what it would do; `None`: there is no connection.
pub type Planner = tokio::sync::watch::Receiver<Option<Arc<Batcher>>>;

/// Plans batches for one org.
#[derive(Debug)]
pub struct Batcher {
    store: Store,
    client: Client,
    setup: Setup,
    /// Users by email; `None`: no active user has it.
    users: Mutex<HashMap<String, (Option<String>, Timestamp)>>,
}

/// A describe as the store keeps it, so that a short-lived process need not ask again.
#[derive(Serialize, Deserialize)]
struct Kept {
    at: Timestamp,
    describe: Describe,
}

impl Batcher {
    /// Plans for an org.
    pub fn new(store: Store, client: Client, setup: Setup) -> Self {
        Self { store, client, setup, users: Mutex::new(HashMap::new()) }
    }

    /// The setup.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The org.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Reads what is stored about some rows, asks Salesforce what must be known, and plans.
    pub async fn plan(&self, rows: &[OutboxRow], now: Timestamp) -> Result<BatchPlan, BatchError> {
        let of = |entity| rows.iter().filter(move |row| row.entity == entity).map(|row| row.entity_id);
        let contacts: Vec<i64> = of(Entity::Contact).collect();
        let activities: Vec<i64> = of(Entity::Activity).collect();
        let facts = self.store.sync_facts(&contacts, &activities).await?;
        let restored = self.store.setting(RESTORED).await?.and_then(|at| at.parse::<Timestamp>().ok());
        let items: Vec<Item<'_>> = rows.iter().map(|row| self.item(row, &facts, restored, now)).collect();

        let event = if wants_event(&items) { Some(self.describe("Event", now).await?) } else { None };
        let lead = if wants(&items, "Lead") { Some(self.describe("Lead", now).await?) } else { None };
        let contact = if wants(&items, "Contact") { Some(self.describe("Contact", now).await?) } else { None };

        let org =
            Org { event: event.as_deref(), lead: lead.as_deref(), contact: contact.as_deref(), default_owner: None };
        let mut questions = Questions::of(&items, &facts.guests, org.relates_all());
        questions.add_rule_fields(&items, org);
        if !questions.user_emails.is_empty() {
            questions.user_emails.extend(self.setup.default_owner.clone());
        }
        let known = self.known_users(&mut questions.user_emails, now);
        let mut found = questions.ask(&self.client).await?;
        self.learn_users(&questions.user_emails, &found.users, now);
        found.users.extend(known);
        follow(&self.client, &questions, &mut found).await?;
        if questions.asks_otherwise() || items.iter().any(|item| !item.former.is_empty()) {
            let ids: Vec<&str> = found.by_id.keys().map(String::as_str).collect();
            found.taken = self.store.linked_people(&ids).await?;
        }
        found.accounts = self.accounts(&items, &facts, &found, org.relates_all(), now).await?;
        if !found.events.is_empty() {
            let ids: Vec<&str> = found.events.iter().map(|event| event.id.as_str()).collect();
            let linked = self.store.linked_events(&ids).await?;
            found.events.retain(|event| !linked.contains_key(&event.id));
        }
        let default_owner =
            self.setup.default_owner.as_ref().and_then(|email| found.users.get(email)).map(String::as_str);
        let org = Org { default_owner, ..org };
        let mut plan = plan::plan(&items, &facts.guests, &found, org);
        if plan.persons.iter().any(|person| matches!(person.target, Target::Created { .. })) {
            let ours: Vec<i64> = rows.iter().map(|row| row.id).collect();
            intent::put_off(&mut plan, &self.store.outbox_doubts(&ours, now).await?);
        }
        if let Some(field) = &self.setup.external_id_field {
            external_id::stamp(&mut plan, field, &self.store.id().await?);
        }
        Ok(plan)
    }

    /// The Accounts of people whose Account decides what becomes of them: at most two calls, mostly none.
    async fn accounts(
        &self,
        items: &[Item<'_>],
        facts: &SyncFacts,
        found: &Found,
        all: bool,
        now: Timestamp,
    ) -> Result<Accounts, BatchError> {
        let mut need = want::need(items, &facts.guests, found, all);
        if need.people.iter().any(|(_, rules)| !rules.exclude.is_empty()) {
            // An org without record types of Account does not know the field.
            need.wants.record_types = self.describe("Account", now).await?.field("RecordTypeId").is_some();
        }
        if !need.wants.fields.is_empty() {
            let account = self.describe("Account", now).await?;
            need.wants.fields.retain(|field| account.field(field).is_some());
        }
        let mut accounts = Accounts::ask(&self.client, &need.wants).await?;
        accounts.count(&self.client, &need.people).await?;
        Ok(accounts)
    }

    fn item<'a>(
        &'a self,
        row: &'a OutboxRow,
        facts: &'a SyncFacts,
        restored: Option<Timestamp>,
        now: Timestamp,
    ) -> Item<'a> {
        let (activity, contact) = match row.entity {
            Entity::Activity => {
                let activity = facts.activities.get(&row.entity_id);
                (activity, activity.and_then(|activity| facts.contacts.get(&activity.contact_id?)))
            }
            Entity::Contact => {
                let latest = facts.latest.get(&row.entity_id).and_then(|id| facts.activities.get(id));
                (latest, facts.contacts.get(&row.entity_id))
            }
        };
        let subject = Subject { contact, activity, now };
        Item {
            row,
            profile: self.setup.profile(subject),
            contact,
            activity,
            former: contact.and_then(|contact| facts.former_emails.get(&contact.id)).map_or(&[], Vec::as_slice),
            contact_link: contact.and_then(|contact| facts.contact_links.get(&contact.id)),
            activity_link: match row.entity {
                Entity::Activity => facts.activity_links.get(&row.entity_id),
                Entity::Contact => None,
            },
            admitted: self.setup.admits(subject),
            restored: activity.zip(restored).is_some_and(|(activity, restored)| activity.source_at <= restored),
        }
    }

    /// Takes emails that are believed out of the question.
    fn known_users(&self, emails: &mut BTreeSet<String>, now: Timestamp) -> HashMap<String, String> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.retain(|_, (_, at)| now.duration_since(*at) < BELIEVED);
        let known = emails.iter().filter_map(|email| Some((email.clone(), users.get(email)?.0.clone()?))).collect();
        emails.retain(|email| !users.contains_key(email));
        known
    }

    fn learn_users(&self, asked: &BTreeSet<String>, found: &HashMap<String, String>, now: Timestamp) {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        for email in asked {
            users.insert(email.clone(), (found.get(email).cloned(), now));
        }
    }

    /// An object's fields: as the store keeps them for this org, else from Salesforce.
    pub(super) async fn describe(&self, object: &str, now: Timestamp) -> Result<Arc<Describe>, BatchError> {
        let key = format!("salesforce.describe.{object}@{}", self.client.instance_url().await?);
        if let Some(kept) = self.store.setting(&key).await?
            && let Ok(kept) = serde_json::from_str::<Kept>(&kept)
            && now.duration_since(kept.at) < BELIEVED
        {
            return Ok(Arc::new(kept.describe));
        }
        self.client.forget_describes();
        let describe = self.client.describe(object).await?;
        let kept = Kept { at: now, describe: (*describe).clone() };
        self.store.set_setting(&key, &serde_json::to_string(&kept).unwrap_or_default()).await?;
        Ok(describe)
    }
}

/// True if the fields of Event matter: a rule writes one, or several people are or may be related.
fn wants_event(items: &[Item<'_>]) -> bool {
    items.iter().any(|item| {
        item.row.entity == Entity::Activity
            && (item.admitted || item.activity_link.is_some())
            && (item.profile.rules.iter().any(|rule| rule.object == RuleObject::Event) || relates_many(item))
    })
}

fn relates_many(item: &Item<'_>) -> bool {
    let before = item.activity_link.map_or(0, |link| plan::written_people(&link.sent).len());
    let may_be = creates_event(item) || item.activity_link.is_some();
    may_be && before.max(people(item).len()) > 1
}

/// True if a rule writes a person's record and it may be of this object.
fn wants(items: &[Item<'_>], object: &str) -> bool {
    items.iter().any(|item| {
        item.admitted
            && item.profile.rules.iter().any(|rule| match rule.object {
                RuleObject::Event => false,
                RuleObject::Person => match object {
                    "Lead" => item.profile.looks_for_lead(),
                    _ => item.profile.looks_for_contact(),
                },
                RuleObject::Lead => object == "Lead" && item.profile.looks_for_lead(),
                RuleObject::Contact => object == "Contact" && item.profile.looks_for_contact(),
            })
    })
}
