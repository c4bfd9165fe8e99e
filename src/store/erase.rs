//! One person is forgotten on request (GDPR article 17): everywhere in this store, for good, with a report of what was
//! found and of what is left elsewhere. It cannot be undone.
//!
//! Activities stay as figures: when, where and what came of them, without who. Payloads are emptied, and their keys stay,
//! so that a source that sends them again does not bring the person back.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use sqlx::sqlite::SqliteConnection;

use super::connect::begin;
use super::convert::{json_ids, json_words};
use super::history::{self, Entry};
use super::{ChangeError, Entity, Store, StoreError, activities, contacts, links};
use crate::domain::access::Action;
use crate::domain::{ActivityId, ContactId, Email, Field};

/// What is forgotten, and what is left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// The person.
    pub email: String,
    /// Contacts.
    pub contacts: u64,
    /// Activities that no longer say who it was.
    pub activities: u64,
    /// Other people's activities from which the person is gone as a guest.
    pub as_guest: u64,
    /// Payloads that were emptied.
    pub payloads: u64,
    /// Entries of the history.
    pub history: u64,
    /// Entries of the undo log.
    pub undo: u64,
    /// Page views.
    pub page_views: u64,
    /// Items that waited for Salesforce, or had been sent.
    pub queue_items: u64,
    /// Events out that were delivered or waited to be.
    pub hook_deliveries: u64,
    /// Pairs of possible duplicates, memberships of imports, links of guests.
    pub mentions: u64,
    /// Records in Salesforce, object and id: they are not touched; erase them there.
    pub in_salesforce: Vec<(String, String)>,
    /// Saved filters and settings that name the person: change them by hand.
    pub named_in: Vec<String>,
    /// Why the file could not be written anew: older versions of what was forgotten may still be read in it by those who
    /// look at its bytes. `None`: it was, or nothing was changed.
    pub remnants: Option<String>,
}

impl Erased {
    /// True if nothing of the person is here.
    pub fn is_empty(&self) -> bool {
        let Self { email, in_salesforce, named_in, remnants, .. } = self;
        let blank = Self {
            email: email.clone(),
            in_salesforce: in_salesforce.clone(),
            named_in: named_in.clone(),
            remnants: remnants.clone(),
            ..Self::default()
        };
        *self == blank && in_salesforce.is_empty()
    }
}

impl Store {
    /// Forgets a person by email. With `dry`, only says what would be forgotten.
    pub async fn erase(&self, email: &Email, dry: bool, now: Timestamp) -> Result<Erased, ChangeError> {
        self.allow(Action::Erase, &[])?;
        let actor = self.actor().name;
        let mut writer = self.writer().await;
        // What is deleted is overwritten in the file, the search index included.
        sqlx::query("PRAGMA secure_delete = on").execute(&mut *writer).await?;
        let mut result = async {
            let mut tx = begin(&mut writer).await?;
            let erased = erase(&mut tx, email, &actor, now).await?;
            if dry {
                tx.rollback().await?;
            } else {
                tx.commit().await?;
            }
            Ok::<_, ChangeError>(erased)
        }
        .await;
        sqlx::query("PRAGMA secure_delete = off").execute(&mut *writer).await?;
        if let (false, Ok(erased)) = (dry, &mut result) {
            erased.remnants = write_anew(&mut writer).await.err().map(|error| StoreError::from(error).to_string());
            // What stood in the write-ahead log goes, too; another process that reads just now only delays it.
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *writer).await?;
        }
        drop(writer);
        self.notify();
        result
    }
}

/// Writes the whole file anew. Earlier versions of the rows stand in the unused bytes of their pages, from changes that
/// nobody thought of overwriting; only this leaves none. Takes a while and the size of the store on the disk.
async fn write_anew(writer: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    // The copy would otherwise be made in memory, however large the store is.
    sqlx::query("PRAGMA temp_store = file").execute(&mut *writer).await?;
    let done = sqlx::query("VACUUM").execute(&mut *writer).await;
    sqlx::query("PRAGMA temp_store = memory").execute(&mut *writer).await?;
    done.map(|_| ())
}

async fn erase(tx: &mut SqliteConnection, email: &Email, actor: &str, now: Timestamp) -> Result<Erased, StoreError> {
    let mut erased = Erased { email: email.to_string(), ..Erased::default() };
    let contact = contacts::find_by(tx, Field::Email, email.as_str()).await?;
    let mut words = vec![email.to_string()];
    let mut name = None;
    if let Some(id) = contact {
        let contact = contacts::get(tx, id).await?;
        let values = contact.map(|contact| contact.values).unwrap_or_default();
        words.extend(values.text(Field::MobilePhone).map(str::to_owned));
        name = Some(values.full_name()).filter(|name| name.contains(' '));
    }
    let own: Vec<ActivityId> = sqlx::query_scalar(
        "SELECT id FROM activity WHERE contact_id = ?1 \
         UNION SELECT id FROM activity WHERE contact_id IS NULL AND lower(trim(person_email)) = ?2",
    )
    .bind(contact)
    .bind(email.as_str())
    .fetch_all(&mut *tx)
    .await?;
    // Where the address stands in the text of other activities.
    let others: Vec<ActivityId> = sqlx::query_scalar("SELECT id FROM activity_text WHERE instr(text, ?1) > 0")
        .bind(crate::domain::text::fold(email.as_str()))
        .fetch_all(&mut *tx)
        .await?;
    for id in &own {
        forget_person(tx, *id).await?;
        erased.activities += 1;
        if let Some(link) = links::get(tx, Entity::Activity, *id).await? {
            erased.in_salesforce.push((link.object, link.record_id));
        }
    }
    for id in others.iter().filter(|id| !own.contains(id)) {
        erased.as_guest += u64::from(forget_guest(tx, *id, email).await?);
    }
    erased.payloads = payloads(tx, contact, &own, &words).await?;
    erased.history = histories(tx, contact, &own, &words).await?;
    erased.undo = undo_entries(tx, contact, &words, name.as_deref()).await?;
    erased.queue_items = queue(tx, contact, &own).await?;
    let mut forget = async |sql: &'static str, word: &str| -> Result<u64, StoreError> {
        Ok(sqlx::query(sql).bind(word).execute(&mut *tx).await?.rows_affected())
    };
    for word in &words {
        erased.hook_deliveries += forget("DELETE FROM hook_delivery WHERE instr(lower(body), ?) > 0", word).await?;
        erased.mentions += forget("DELETE FROM possible_duplicate WHERE other = ?", word).await?;
    }
    let guest: Option<(String, String)> = sqlx::query_as("SELECT object, record_id FROM guest_link WHERE email = ?")
        .bind(email.as_str())
        .fetch_optional(&mut *tx)
        .await?;
    erased.in_salesforce.extend(guest);
    let done = sqlx::query("DELETE FROM guest_link WHERE email = ?").bind(email.as_str()).execute(&mut *tx).await?;
    erased.mentions += done.rows_affected();
    if let Some(id) = contact {
        if let Some(link) = links::get(tx, Entity::Contact, id).await? {
            erased.in_salesforce.push((link.object, link.record_id));
            erased.in_salesforce.extend(link.candidates.into_iter().map(|id| ("candidate".to_owned(), id)));
        }
        let views = sqlx::query("DELETE FROM page_view WHERE contact_id = ?").bind(id).execute(&mut *tx).await?;
        erased.page_views = views.rows_affected();
        for sql in [
            "DELETE FROM possible_duplicate WHERE a = ?1 OR b = ?1",
            "DELETE FROM import_contact WHERE contact_id = ?1",
        ] {
            erased.mentions += sqlx::query(sql).bind(id).execute(&mut *tx).await?.rows_affected();
        }
        for sql in ["DELETE FROM link WHERE entity = 'contact' AND entity_id = ?", "DELETE FROM contact WHERE id = ?"] {
            sqlx::query(sql).bind(id).execute(&mut *tx).await?;
        }
        erased.contacts = 1;
    }
    erased.in_salesforce.sort();
    erased.in_salesforce.dedup();
    erased.named_in = sqlx::query_scalar(
        "SELECT 'saved filter ' || name FROM saved_filter WHERE instr(lower(query), ?1) > 0 \
         UNION ALL SELECT 'setting ' || key FROM setting WHERE instr(lower(value), ?1) > 0",
    )
    .bind(email.as_str())
    .fetch_all(&mut *tx)
    .await?;
    if !erased.is_empty() {
        for table in ["contact_search", "activity_search"] {
            // Deleted text stays in the index until its segments are merged.
            let sql = format!("INSERT INTO {table} ({table}) VALUES ('optimize')");
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await?;
        }
        let data = json!({ "contacts": erased.contacts, "activities": erased.activities });
        let entry = Entry { at: now, actor, contact: None, activity: None, what: "erased", data };
        history::write(tx, entry).await?;
    }
    Ok(erased)
}

/// An activity keeps when, where and what came of it.
async fn forget_person(tx: &mut SqliteConnection, id: ActivityId) -> Result<(), StoreError> {
    let Some(mut activity) = activities::get(tx, id).await? else { return Ok(()) };
    activity.contact_id = None;
    activity.person_name = None;
    activity.person_email = None;
    activity.person_phone = None;
    activity.subject = activity.event_type.clone();
    activity.location = None;
    activity.reason = None;
    activity.reason_by = None;
    let detail = std::mem::take(&mut activity.detail);
    activity.detail.calendar = detail.calendar;
    activity.detail.previous_start = detail.previous_start;
    activity.detail.previous_end = detail.previous_end;
    activity.detail.recurrence = detail.recurrence;
    activities::save(tx, &activity).await?;
    sqlx::query("UPDATE link SET sent = '{}', seen = '{}' WHERE entity = 'activity' AND entity_id = ?")
        .bind(id)
        .execute(tx)
        .await?;
    Ok(())
}

/// Somebody else's activity loses a guest, and answers that name them.
async fn forget_guest(tx: &mut SqliteConnection, id: ActivityId, email: &Email) -> Result<bool, StoreError> {
    let Some(mut activity) = activities::get(tx, id).await? else { return Ok(false) };
    let before = activity.clone();
    let names = |text: &str| text.to_lowercase().contains(email.as_str());
    activity.detail.attendees.retain(|attendee| !attendee.email.as_deref().is_some_and(names));
    activity.detail.answers.retain(|answer| !names(&answer.value.to_string()));
    activity.detail.former_emails.retain(|former| !names(former));
    for text in [&mut activity.detail.notes, &mut activity.reason, &mut activity.subject, &mut activity.location] {
        text.take_if(|text| names(text));
    }
    if activity.person_email.as_deref().is_some_and(names) {
        activity.person_email = None;
        activity.person_name = None;
    }
    let changed = activity != before;
    if changed {
        activities::save(tx, &activity).await?;
    }
    Ok(changed)
}

/// Payloads of the person's activities, and any other that names them.
async fn payloads(
    tx: &mut SqliteConnection,
    contact: Option<ContactId>,
    activities: &[ActivityId],
    words: &[String],
) -> Result<u64, StoreError> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = sqlx::query(
        "UPDATE delivery SET payload = '{}', contact_id = NULL WHERE payload <> '{}' AND (contact_id = ?1 \
         OR activity_id IN (SELECT value FROM json_each(?2)) \
         OR EXISTS (SELECT 1 FROM json_each(?3) w WHERE instr(lower(payload), w.value) > 0))",
    )
    .bind(contact)
    .bind(json_ids(activities))
    .bind(json_words(&words))
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// The person's history, and the entries of others (a merge, a guest) that name them.
async fn histories(
    tx: &mut SqliteConnection,
    contact: Option<ContactId>,
    activities: &[ActivityId],
    words: &[String],
) -> Result<u64, StoreError> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = sqlx::query(
        "DELETE FROM history WHERE contact_id = ?1 OR activity_id IN (SELECT value FROM json_each(?2)) \
         OR EXISTS (SELECT 1 FROM json_each(?3) w WHERE instr(lower(data), w.value) > 0)",
    )
    .bind(contact)
    .bind(json_ids(activities))
    .bind(json_words(&words))
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Entries of the undo log that hold something of the person go whole: what they changed stays as it is now.
async fn undo_entries(
    tx: &mut SqliteConnection,
    contact: Option<ContactId>,
    words: &[String],
    name: Option<&str>,
) -> Result<u64, StoreError> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let row = contact.map(|id| format!("\"id\":{id},"));
    let done = sqlx::query(
        "DELETE FROM undo WHERE (?3 IS NOT NULL AND instr(label, ?3) > 0) \
         OR EXISTS (SELECT 1 FROM json_each(?1) w WHERE instr(lower(undo.label || undo.change), w.value) > 0) \
         OR id IN (SELECT p.undo_id FROM undo_part p WHERE (?2 IS NOT NULL AND instr(p.change, ?2) > 0) \
           OR (?4 IS NOT NULL AND instr(p.change, ?4) > 0) \
           OR EXISTS (SELECT 1 FROM json_each(?1) w WHERE instr(lower(p.change), w.value) > 0))",
    )
    .bind(json_words(&words))
    .bind(row)
    .bind(name)
    .bind(contact.map(|id| format!("\"key\":{{\"id\":{id}}}")))
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

async fn queue(
    tx: &mut SqliteConnection,
    contact: Option<ContactId>,
    activities: &[ActivityId],
) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM outbox WHERE contact_id = ?1 OR (entity = 'contact' AND entity_id = ?1) \
         OR (entity = 'activity' AND entity_id IN (SELECT value FROM json_each(?2)))",
    )
    .bind(contact)
    .bind(json_ids(activities))
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}
