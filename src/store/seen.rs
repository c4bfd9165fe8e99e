//! What was read of linked records in Salesforce, and where it differs from what we wrote.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sqlx::{AssertSqlSafe, Row};

use super::connect::transact_quietly;
use super::convert::{instant, json_words, word};
use super::{Entity, Link, Store, StoreError, links};

/// A linked record with fields that somebody changed there since we wrote them.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflicted {
    /// Contact or activity.
    pub entity: Entity,
    /// Which one.
    pub entity_id: i64,
    /// Name of the contact, or subject of the activity.
    pub label: String,
    /// The link.
    pub link: Link,
}

impl Store {
    /// When the oldest link was made; `None`: nothing is linked.
    pub async fn oldest_link(&self) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> = sqlx::query_scalar("SELECT min(linked_at) FROM link").fetch_one(self.readers()).await?;
        at.map(instant).transpose()
    }

    /// True if anything is linked.
    pub async fn has_links(&self) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM link)").fetch_one(self.readers()).await?)
    }

    /// The links of some records, by record: what each stands for.
    pub async fn links_of_records(
        &self,
        record_ids: &[String],
    ) -> Result<HashMap<String, Vec<(Entity, i64, Link)>>, StoreError> {
        let ids: Vec<&str> = record_ids.iter().map(String::as_str).collect();
        let rows = sqlx::query("SELECT * FROM link WHERE record_id IN (SELECT value FROM json_each(?))")
            .bind(json_words(&ids))
            .fetch_all(self.readers())
            .await?;
        let mut found: HashMap<String, Vec<(Entity, i64, Link)>> = HashMap::new();
        for row in &rows {
            let link = links::decode(row)?;
            let entity = entity(row.try_get("entity")?)?;
            found.entry(link.record_id.clone()).or_default().push((entity, row.try_get("entity_id")?, link));
        }
        Ok(found)
    }

    /// Keeps what was read of linked records: entity, its number, the record that was read, and what to keep. A link
    /// that is another record's by now is left alone. `news`: there is something in it that screens show.
    pub async fn keep_seen(&self, seen: &[(Entity, i64, String, Json)], news: bool) -> Result<(), StoreError> {
        if seen.is_empty() {
            return Ok(());
        }
        let table: Vec<Json> =
            seen.iter().map(|(entity, id, record, seen)| json!([entity.key(), id, record, seen.to_string()])).collect();
        let kept = transact_quietly!(self, |tx| {
            // json_patch leaves out what is null: so nothing stays of what was and is no more.
            sqlx::query(
                "UPDATE link SET seen = json_patch('{}', k.value ->> 3) FROM json_each(?) k WHERE link.entity = k.value ->> 0 \
                 AND link.entity_id = k.value ->> 1 AND link.record_id = k.value ->> 2",
            )
            .bind(Json::from(table).to_string())
            .execute(&mut *tx)
            .await?;
        });
        if news {
            self.notify();
        }
        kept
    }

    /// Linked records of contacts in the actor's reach with fields that somebody changed since we wrote them, the last
    /// read first.
    pub async fn conflicts(&self, limit: usize) -> Result<Vec<Conflicted>, StoreError> {
        let sql = "SELECT l.*, coalesce( \
               (SELECT coalesce(nullif(trim(coalesce(c.first_name, '') || ' ' || coalesce(c.last_name, '')), ''), c.email, '') \
                FROM contact c WHERE l.entity = 'contact' AND c.id = l.entity_id), \
               (SELECT coalesce(a.subject, a.person_name, a.person_email) FROM activity a \
                WHERE l.entity = 'activity' AND a.id = l.entity_id), '') AS label \
             FROM link l WHERE l.seen ->> '$.conflicts' IS NOT NULL AND (?2 IS NULL OR EXISTS ( \
               SELECT 1 FROM contact c WHERE c.owner_id IN (SELECT value FROM json_each(?2)) AND c.id = CASE l.entity \
                 WHEN 'contact' THEN l.entity_id ELSE (SELECT a.contact_id FROM activity a WHERE a.id = l.entity_id) END)) \
             ORDER BY l.seen ->> '$.modified' DESC, l.entity, l.entity_id LIMIT ?1";
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .bind(self.reach_json())
            .fetch_all(self.readers())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Conflicted {
                    entity: entity(row.try_get("entity")?)?,
                    entity_id: row.try_get("entity_id")?,
                    label: row.try_get("label")?,
                    link: links::decode(row)?,
                })
            })
            .collect()
    }
}

fn entity(text: String) -> Result<Entity, StoreError> {
    word("entity of a link", text, |text| match text {
        "contact" => Some(Entity::Contact),
        "activity" => Some(Entity::Activity),
        _ => None,
    })
}
