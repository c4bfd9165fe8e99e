//! What an undone import leaves behind, so that it can be made again: its new contacts as they were when they went, with
//! what stood beside them. A file of a million people costs nothing here before it is undone.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use super::write::insert_rows;
use crate::domain::ContactId;
use crate::filter::contact_text;
use crate::store::convert::{json_ids, json_words, ms};
use crate::store::search::{index_new_contacts, place};
use crate::store::undo::{Row, Table, columns, images};
use crate::store::{StoreError, contacts, outbox};

/// Contacts that went with their import.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct Kept {
    /// Their rows, without what is blank.
    contacts: Vec<Row>,
    /// Their places in imports, their links to Salesforce and the pairs that they were in.
    beside: Vec<(Table, Row)>,
    /// Entries of the history, each with its contact.
    history: Vec<(ContactId, i64)>,
    /// Those that waited for Salesforce.
    queued: Vec<ContactId>,
}

impl Kept {
    /// Notes everything about contacts that are about to go.
    pub async fn of(tx: &mut SqliteConnection, gone: &[ContactId]) -> Result<Self, StoreError> {
        let ids = json_ids(gone);
        let among = |column: &str| format!("{column} IN (SELECT value FROM json_each(?1))");
        let mut beside = Vec::new();
        for (table, condition) in [
            (Table::ImportContact, among("contact_id")),
            (Table::Link, format!("entity = 'contact' AND {}", among("entity_id"))),
            (Table::PossibleDuplicate, format!("{} OR {}", among("a"), among("b"))),
        ] {
            beside.extend(images(tx, table, &condition, &ids).await?.into_iter().map(|row| (table, row)));
        }
        let history = "SELECT contact_id, id FROM history WHERE contact_id IN (SELECT value FROM json_each(?))";
        let queued = "SELECT entity_id FROM outbox WHERE entity = 'contact' \
            AND entity_id IN (SELECT value FROM json_each(?)) AND state IN ('pending', 'held', 'retry') AND intent IS NULL";
        Ok(Self {
            contacts: images(tx, Table::Contact, &among("id"), &ids).await?,
            beside,
            history: sqlx::query_as(history).bind(&ids).fetch_all(&mut *tx).await?,
            queued: sqlx::query_scalar(queued).bind(&ids).fetch_all(&mut *tx).await?,
        })
    }

    /// Makes the contacts again under their numbers: how many are there again, and how many stay away because somebody
    /// else has their email or mobile phone by now.
    pub async fn bring_back(
        self,
        tx: &mut SqliteConnection,
        cause: &str,
        now: Timestamp,
    ) -> Result<(u64, u64), StoreError> {
        let all = self.contacts.len();
        let mut taken = HashSet::new();
        for (column, sql) in [
            ("id", "SELECT CAST(id AS TEXT) FROM contact WHERE id IN (SELECT value FROM json_each(?))"),
            ("email", "SELECT email FROM contact WHERE email IN (SELECT value FROM json_each(?))"),
            ("mobile_phone", "SELECT mobile_phone FROM contact WHERE mobile_phone IN (SELECT value FROM json_each(?))"),
        ] {
            let wanted = match column {
                "id" => json_ids(&self.contacts.iter().filter_map(id).collect::<Vec<_>>()),
                column => json_words(&self.contacts.iter().filter_map(|row| text(row, column)).collect::<Vec<_>>()),
            };
            let found: Vec<String> = sqlx::query_scalar(sql).bind(wanted).fetch_all(&mut *tx).await?;
            taken.extend(found.into_iter().map(|value| (column, value)));
        }
        let is_taken = |row: &Row| {
            taken.contains(&("id", id(row).unwrap_or_default().to_string()))
                || ["email", "mobile_phone"]
                    .into_iter()
                    .any(|column| text(row, column).is_some_and(|value| taken.contains(&(column, value.to_owned()))))
        };
        let rows: Vec<&Row> = self.contacts.iter().filter(|row| !is_taken(row)).collect();
        let ids: Vec<ContactId> = rows.iter().copied().filter_map(id).collect();
        put(tx, Table::Contact, "true", &rows).await?;
        let texts = contacts::get_many(tx, &ids).await?;
        let texts = texts.iter().map(|contact| {
            let recent = ms(contact.interacted_at.unwrap_or(contact.created_at));
            json!([contact.id, place(recent, contact.id), contact_text(&contact.values)])
        });
        insert_rows(tx, "contact_text", &["id", "place", "text"], texts.collect::<Json>().to_string()).await?;
        index_new_contacts(tx, &ids).await?;
        // What stood beside a contact that stays away, or beside another that is gone by now, stays away too.
        let there = |column: &str| format!("EXISTS (SELECT 1 FROM contact c WHERE c.id = value ->> '$.{column}')");
        for (table, condition) in [
            (Table::ImportContact, there("contact_id")),
            (Table::Link, there("entity_id")),
            (Table::PossibleDuplicate, format!("{} AND (value ->> '$.b' IS NULL OR {})", there("a"), there("b"))),
        ] {
            let rows: Vec<&Row> = self.beside.iter().filter(|(of, _)| *of == table).map(|(_, row)| row).collect();
            put(tx, table, &condition, &rows).await?;
        }
        sqlx::query(
            "UPDATE history SET contact_id = k.value ->> 0 FROM json_each(?1) k \
             WHERE history.id = k.value ->> 1 AND history.contact_id IS NULL \
             AND k.value ->> 0 IN (SELECT value FROM json_each(?2))",
        )
        .bind(json!(self.history).to_string())
        .bind(json_ids(&ids))
        .execute(&mut *tx)
        .await?;
        let back: HashSet<ContactId> = ids.iter().copied().collect();
        let queued: Vec<ContactId> = self.queued.into_iter().filter(|id| back.contains(id)).collect();
        outbox::enqueue_many(tx, &queued, cause, now).await?;
        Ok((ids.len() as u64, (all - ids.len()) as u64))
    }
}

fn id(row: &Row) -> Option<ContactId> {
    row.get("id").and_then(Json::as_i64)
}

fn text<'r>(row: &'r Row, column: &str) -> Option<&'r str> {
    row.get(column).and_then(Json::as_str)
}

/// Inserts rows of a table that meet a condition on their JSON, `value`; what is there already stays.
async fn put(tx: &mut SqliteConnection, table: Table, condition: &str, rows: &[&Row]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    // A pair has no number of its own that anybody knows; another may have it by now.
    let numbered = table != Table::PossibleDuplicate;
    let known: Vec<String> =
        columns(tx, table).await?.into_iter().filter(|column| numbered || column.as_str() != "id").collect();
    let values: Vec<String> = known.iter().map(|column| format!("value ->> '$.{column}'")).collect();
    let verb = if table == Table::Contact { "INSERT" } else { "INSERT OR IGNORE" };
    let sql = format!(
        "{verb} INTO {} ({}) SELECT {} FROM json_each(?) WHERE {condition}",
        table.name(),
        known.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", "),
        values.join(", ")
    );
    sqlx::query(AssertSqlSafe(sql)).bind(json!(rows).to_string()).execute(tx).await?;
    Ok(())
}
