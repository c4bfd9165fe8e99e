//! Which Salesforce record stands for which contact or activity, and what we last wrote there.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row};

use super::convert::{instant, json_ids, json_words, ms};
use super::{Entity, Link, Store, StoreError, activities, contacts};
use crate::domain::{Activity, ActivityId, Contact, ContactId};

/// A link made, changed or ended.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkWrite {
    /// The record now stands for the entity.
    Set {
        /// Contact or activity.
        entity: Entity,
        /// Which one.
        id: i64,
        /// Lead, Contact or Event.
        object: String,
        /// 18 characters.
        record_id: String,
        /// Field -> value last written by us.
        sent: Json,
        /// What was read.
        seen: Json,
        /// All records that matched, when there were several.
        candidates: Vec<String>,
    },
    /// The record is gone.
    Clear {
        /// Contact or activity.
        entity: Entity,
        /// Which one.
        id: i64,
    },
    /// The record of a guest, who is no contact here.
    Guest {
        /// Case-folded.
        email: String,
        /// Lead or Contact.
        object: String,
        /// 18 characters.
        record_id: String,
    },
    /// The record of a guest is gone.
    ForgetGuest {
        /// Case-folded.
        email: String,
    },
}

/// What the planner needs to know of claimed rows.
#[derive(Clone, Debug, Default)]
pub struct SyncFacts {
    /// Contacts by id.
    pub contacts: HashMap<ContactId, Contact>,
    /// Activities by id.
    pub activities: HashMap<ActivityId, Activity>,
    /// The last activity of contacts that were asked for by themselves: it chooses their profile.
    pub latest: HashMap<ContactId, ActivityId>,
    /// Emails that contacts that were asked for by themselves had before, case-folded, the last one first.
    pub former_emails: HashMap<ContactId, Vec<String>>,
    /// Links of those contacts.
    pub contact_links: HashMap<ContactId, Link>,
    /// Links of those activities.
    pub activity_links: HashMap<ActivityId, Link>,
    /// Known records of attendees by email, object and id: of contacts here, else of guests.
    pub guests: HashMap<String, (String, String)>,
}

impl Store {
    /// Everything stored about some contacts and activities; the contacts of the activities come along.
    pub async fn sync_facts(
        &self,
        contact_ids: &[ContactId],
        activity_ids: &[ActivityId],
    ) -> Result<SyncFacts, StoreError> {
        // One snapshot: the reads belong together.
        let mut tx = self.readers().begin().await?;
        let latest: Vec<(ContactId, ActivityId)> = sqlx::query_as(
            "SELECT k.value, a.id FROM json_each(?) k JOIN activity a ON a.id = (SELECT x.id FROM activity x \
             WHERE x.contact_id = k.value AND x.trashed_at IS NULL ORDER BY x.updated_at DESC, x.id DESC LIMIT 1)",
        )
        .bind(json_ids(contact_ids))
        .fetch_all(&mut *tx)
        .await?;
        let mut wanted = activity_ids.to_vec();
        wanted.extend(latest.iter().map(|(_, activity)| *activity));
        let mut facts = SyncFacts { latest: latest.into_iter().collect(), ..SyncFacts::default() };
        for activity in activities::get_many(&mut tx, &wanted).await? {
            facts.activities.insert(activity.id, activity);
        }
        let mut ids = contact_ids.to_vec();
        ids.extend(facts.activities.values().filter_map(|activity| activity.contact_id));
        ids.sort_unstable();
        ids.dedup();
        for contact in contacts::get_many(&mut tx, &ids).await? {
            facts.contacts.insert(contact.id, contact);
        }
        let former: Vec<(ContactId, String)> = sqlx::query_as(
            "SELECT h.contact_id, lower(c.value ->> 'from') FROM history h, json_each(h.data, '$.changes') c \
             WHERE h.contact_id IN (SELECT value FROM json_each(?)) AND c.value ->> 'field' = 'email' \
             AND c.value ->> 'from' IS NOT NULL ORDER BY h.at DESC, h.id DESC",
        )
        .bind(json_ids(contact_ids))
        .fetch_all(&mut *tx)
        .await?;
        for (id, email) in former {
            let now = facts.contacts.get(&id).and_then(|contact| contact.values.email());
            let emails: &mut Vec<String> = facts.former_emails.entry(id).or_default();
            if !emails.contains(&email) && now.is_none_or(|now| now.as_str() != email) {
                emails.push(email);
            }
        }
        facts.contact_links = of_many(&mut tx, Entity::Contact, &ids).await?;
        facts.activity_links = of_many(&mut tx, Entity::Activity, activity_ids).await?;
        let emails: Vec<String> = facts
            .activities
            .values()
            .flat_map(|activity| &activity.detail.attendees)
            .filter_map(|attendee| attendee.email.as_deref())
            .map(|email| email.trim().to_lowercase())
            .collect();
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        let guests: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT email, object, record_id FROM guest_link WHERE email IN (SELECT value FROM json_each(?1)) \
             UNION ALL SELECT c.email, l.object, l.record_id FROM contact c \
             JOIN link l ON l.entity = 'contact' AND l.entity_id = c.id \
             WHERE c.email IN (SELECT value FROM json_each(?1))",
        )
        .bind(json_words(&emails))
        .fetch_all(&mut *tx)
        .await?;
        facts.guests = guests.into_iter().map(|(email, object, id)| (email, (object, id))).collect();
        Ok(facts)
    }

    /// The contact or activity for which a Salesforce record stands, if it does.
    pub async fn linked_to(&self, record_id: &str) -> Result<Option<(Entity, i64)>, StoreError> {
        let row: Option<(String, i64)> =
            sqlx::query_as("SELECT entity, entity_id FROM link WHERE record_id = ? LIMIT 1")
                .bind(record_id)
                .fetch_optional(self.readers())
                .await?;
        Ok(row.map(|(entity, id)| (if entity == "contact" { Entity::Contact } else { Entity::Activity }, id)))
    }

    /// Of some Salesforce records, those that already stand for a contact here.
    pub async fn linked_people(&self, record_ids: &[&str]) -> Result<HashMap<String, ContactId>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT record_id, entity_id FROM link WHERE entity = 'contact' \
             AND record_id IN (SELECT value FROM json_each(?))",
        )
        .bind(json_words(record_ids))
        .fetch_all(self.readers())
        .await?;
        Ok(rows.into_iter().collect())
    }

    /// Of some Salesforce records, those that already stand for an activity here.
    pub async fn linked_events(&self, record_ids: &[&str]) -> Result<HashMap<String, ActivityId>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT record_id, entity_id FROM link WHERE entity = 'activity' \
             AND record_id IN (SELECT value FROM json_each(?))",
        )
        .bind(json_words(record_ids))
        .fetch_all(self.readers())
        .await?;
        Ok(rows.into_iter().collect())
    }
}

pub(super) async fn get(
    connection: &mut SqliteConnection,
    entity: Entity,
    id: i64,
) -> Result<Option<Link>, StoreError> {
    Ok(of_many(connection, entity, &[id]).await?.remove(&id))
}

async fn of_many(
    connection: &mut SqliteConnection,
    entity: Entity,
    ids: &[i64],
) -> Result<HashMap<i64, Link>, StoreError> {
    let sql = "SELECT * FROM link WHERE entity = ? AND entity_id IN (SELECT value FROM json_each(?))";
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(entity.key()).bind(json_ids(ids)).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.try_get("entity_id")?, decode(row)?))).collect()
}

/// Writes links in their order, as many at once as are of one kind.
pub(super) async fn write_all(
    connection: &mut SqliteConnection,
    links: impl Iterator<Item = &LinkWrite>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let links: Vec<&LinkWrite> = links.collect();
    for run in links.chunk_by(|a, b| a.kind() == b.kind()) {
        let table = Json::from(run.iter().map(|link| link.columns()).collect::<Vec<_>>()).to_string();
        // A contact or activity that was deleted meanwhile has no link any more.
        let sql = match run[0].kind() {
            Kind::Set => {
                "INSERT INTO link (entity, entity_id, object, record_id, sent, seen, candidates, linked_at, updated_at) \
                 SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, ?2, ?2 \
                 FROM json_each(?1) WHERE CASE value ->> 0 \
                   WHEN 'contact' THEN EXISTS (SELECT 1 FROM contact c WHERE c.id = value ->> 1) \
                   ELSE EXISTS (SELECT 1 FROM activity a WHERE a.id = value ->> 1) END \
                 ON CONFLICT (entity, entity_id) DO UPDATE SET object = excluded.object, record_id = excluded.record_id, \
                   sent = excluded.sent, seen = CASE link.record_id WHEN excluded.record_id \
                     THEN json_patch(link.seen, excluded.seen) ELSE json_patch('{}', excluded.seen) END, candidates = excluded.candidates, updated_at = ?2, \
                   linked_at = CASE link.record_id WHEN excluded.record_id THEN link.linked_at ELSE ?2 END"
            }
            Kind::Clear => {
                "DELETE FROM link WHERE (entity, entity_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))"
            }
            Kind::Guest => {
                "INSERT INTO guest_link (email, object, record_id, linked_at) \
                 SELECT value ->> 0, value ->> 1, value ->> 2, ?2 FROM json_each(?1) WHERE true \
                 ON CONFLICT (email) DO UPDATE SET object = excluded.object, record_id = excluded.record_id, linked_at = ?2"
            }
            Kind::ForgetGuest => "DELETE FROM guest_link WHERE email IN (SELECT value ->> 0 FROM json_each(?1))",
        };
        let query = sqlx::query(sql).bind(table);
        let query = if matches!(run[0].kind(), Kind::Set | Kind::Guest) { query.bind(ms(now)) } else { query };
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Set,
    Clear,
    Guest,
    ForgetGuest,
}

impl LinkWrite {
    fn kind(&self) -> Kind {
        match self {
            Self::Set { .. } => Kind::Set,
            Self::Clear { .. } => Kind::Clear,
            Self::Guest { .. } => Kind::Guest,
            Self::ForgetGuest { .. } => Kind::ForgetGuest,
        }
    }

    /// The link as the statements above read it.
    fn columns(&self) -> Json {
        match self {
            Self::Set { entity, id, object, record_id, sent, seen, candidates } => {
                let candidates = (!candidates.is_empty()).then(|| Json::from(candidates.clone()).to_string());
                json!([entity.key(), id, object, record_id, sent.to_string(), seen.to_string(), candidates])
            }
            Self::Clear { entity, id } => json!([entity.key(), id]),
            Self::Guest { email, object, record_id } => json!([email, object, record_id]),
            Self::ForgetGuest { email } => json!([email]),
        }
    }
}

pub(super) fn decode(row: &SqliteRow) -> Result<Link, StoreError> {
    let json = |column: &str| -> Result<Json, StoreError> {
        Ok(serde_json::from_str(row.try_get::<&str, _>(column)?).unwrap_or(Json::Null))
    };
    let candidates: Option<String> = row.try_get("candidates")?;
    Ok(Link {
        object: row.try_get("object")?,
        record_id: row.try_get("record_id")?,
        sent: json("sent")?,
        seen: json("seen")?,
        candidates: candidates.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        linked_at: instant(row.try_get("linked_at")?)?,
        updated_at: instant(row.try_get("updated_at")?)?,
    })
}
