//! Possible duplicates: pairs of contacts that may be one person.

mod scan;

pub use scan::DuplicateScan;

use jiff::Timestamp;
use serde::Serialize;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Row};

use super::connect::transact;
use super::convert::ms;
use super::undo::{self, Recorder, Table};
use super::{ChangeError, DuplicateHint, Store, StoreError, contacts};
use crate::domain::access::Action;
use crate::domain::text::thousands;
use crate::domain::{Contact, ContactId, Field};

/// Lists a pair (or a contact and an identifier that was not taken over), once; a dismissed one stays dismissed.
pub(super) async fn raise(
    connection: &mut SqliteConnection,
    contact: ContactId,
    other: Option<ContactId>,
    identifier: Option<&str>,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (a, b) = match other {
        Some(other) => (contact.min(other), Some(contact.max(other))),
        None => (contact, None),
    };
    sqlx::query("INSERT OR IGNORE INTO possible_duplicate (a, b, other, reason, at) VALUES (?, ?, ?, ?, ?)")
        .bind(a)
        .bind(b)
        .bind(identifier)
        .bind(reason)
        .bind(ms(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// The pair `d` is of contacts that the actor may see. The placeholder of this number is [`Store::reach_json`].
fn reached(placeholder: usize) -> String {
    let owned = |side| {
        format!(
            "EXISTS (SELECT 1 FROM contact c WHERE c.id = d.{side} AND c.owner_id IN (SELECT value FROM json_each(?{placeholder})))"
        )
    };
    format!("(?{placeholder} IS NULL OR ({} AND (d.b IS NULL OR {})))", owned("a"), owned("b"))
}

/// Who a contact may be as well, within a reach: [`Store::reach_json`].
pub(super) async fn of(
    connection: &mut SqliteConnection,
    contact: ContactId,
    reach: Option<&str>,
) -> Result<Vec<DuplicateHint>, StoreError> {
    // Whoever may see this contact need not be its owner: a host sees the person of a meeting. The other one is in reach.
    let rows = sqlx::query(
        "WITH pair AS (SELECT CASE WHEN a = ?1 THEN b ELSE a END AS other_id, other, reason, at FROM possible_duplicate \
           WHERE (a = ?1 OR b = ?1) AND state = 'open') \
         SELECT other_id, other, reason FROM pair WHERE ?2 IS NULL OR other_id IS NULL OR EXISTS ( \
           SELECT 1 FROM contact c WHERE c.id = other_id AND c.owner_id IN (SELECT value FROM json_each(?2))) \
         ORDER BY at DESC LIMIT 20",
    )
    .bind(contact)
    .bind(reach)
    .fetch_all(&mut *connection)
    .await?;
    let mut hints = Vec::with_capacity(rows.len());
    for row in rows {
        let contact_id: Option<i64> = row.try_get("other_id")?;
        let label = match contact_id {
            Some(id) => {
                contacts::get(connection, id).await?.map(|contact| contact.values.display_name()).unwrap_or_default()
            }
            None => row.try_get::<Option<String>, _>("other")?.unwrap_or_default(),
        };
        hints.push(DuplicateHint { contact_id, label, reason: row.try_get("reason")? });
    }
    Ok(hints)
}

/// A pair of contacts that may be one person, or a contact and an identifier that was given and not taken over.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DuplicatePair {
    /// Its number.
    pub id: i64,
    /// The one.
    pub a: DuplicateSide,
    /// The other; `None`: `other` came with the first one.
    pub b: Option<DuplicateSide>,
    /// The identifier that was given and not stored.
    pub other: Option<String>,
    /// `identity_conflict`, `same_phone`, `same_name_company`, `near_email`.
    pub reason: String,
    /// When it was found.
    pub at: Timestamp,
    /// A person said that they are two.
    pub dismissed: bool,
}

/// One contact of a pair, as people recognise it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DuplicateSide {
    /// The contact.
    pub id: ContactId,
    /// What it is called.
    pub name: String,
    /// Its email.
    pub email: Option<String>,
    /// Its mobile phone, else its phone.
    pub phone: Option<String>,
    /// Its company.
    pub company: Option<String>,
}

impl DuplicatePair {
    /// The reason as people read it.
    pub fn reason_words(&self) -> &'static str {
        reason_words(&self.reason)
    }
}

/// Why two contacts may be one person, as people read it.
pub fn reason_words(reason: &str) -> &'static str {
    match reason {
        "identity_conflict" => "came with the identifiers of both",
        "same_phone" => "same phone number",
        "same_name_company" => "same name and company",
        "near_email" => "nearly the same email",
        _ => "may be one person",
    }
}

impl Store {
    /// Possible duplicates within the actor's reach, newest first, below the pair `after`.
    pub async fn duplicate_pairs(
        &self,
        dismissed: bool,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<DuplicatePair>, StoreError> {
        let mut tx = self.readers().begin().await?;
        let sql = format!(
            "SELECT d.* FROM possible_duplicate d WHERE d.state = ?1 AND (?2 IS NULL OR d.id < ?2) AND {} \
             ORDER BY d.id DESC LIMIT ?4",
            reached(3)
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(if dismissed { "dismissed" } else { "open" })
            .bind(after)
            .bind(self.reach_json())
            .bind(limit as i64)
            .fetch_all(&mut *tx)
            .await?;
        let mut ids: Vec<i64> = Vec::new();
        for row in &rows {
            ids.push(row.try_get("a")?);
            ids.extend(row.try_get::<Option<i64>, _>("b")?);
        }
        let people: std::collections::HashMap<i64, DuplicateSide> =
            contacts::get_many(&mut tx, &ids).await?.into_iter().map(|contact| (contact.id, side(&contact))).collect();
        let mut pairs = Vec::with_capacity(rows.len());
        for row in rows {
            let b: Option<i64> = row.try_get("b")?;
            let Some(a) = people.get(&row.try_get("a")?).cloned() else { continue };
            pairs.push(DuplicatePair {
                id: row.try_get("id")?,
                a,
                b: b.and_then(|b| people.get(&b).cloned()),
                other: row.try_get("other")?,
                reason: row.try_get("reason")?,
                at: super::convert::instant(row.try_get("at")?)?,
                dismissed,
            });
        }
        Ok(pairs)
    }

    /// One pair, open or dismissed.
    pub async fn duplicate_pair(&self, id: i64) -> Result<DuplicatePair, StoreError> {
        for dismissed in [false, true] {
            let found = self.duplicate_pairs(dismissed, Some(id + 1), 1).await?;
            if let Some(pair) = found.into_iter().find(|pair| pair.id == id) {
                return Ok(pair);
            }
        }
        Err(StoreError::NotFound { what: "possible duplicate", id })
    }

    /// How many pairs are open within the actor's reach.
    pub async fn duplicate_count(&self) -> Result<i64, StoreError> {
        let sql = format!("SELECT count(*) FROM possible_duplicate d WHERE d.state = 'open' AND {}", reached(1));
        Ok(sqlx::query_scalar(AssertSqlSafe(sql)).bind(self.reach_json()).fetch_one(self.readers()).await?)
    }

    /// Says that pairs are two people each. They are not listed again. Returns how many were open.
    pub async fn dismiss_duplicates(&self, ids: &[i64], now: Timestamp) -> Result<usize, ChangeError> {
        let actor = self.actor().name;
        transact!(self, |tx| {
            let mut recorder = Recorder::default();
            let mut n = 0;
            for id in ids {
                let pair: Option<(i64, Option<i64>)> =
                    sqlx::query_as("SELECT a, b FROM possible_duplicate WHERE id = ? AND state = 'open'")
                        .bind(id)
                        .fetch_optional(&mut *tx)
                        .await?;
                let Some((a, b)) = pair else { continue };
                let both: Vec<i64> = [Some(a), b].into_iter().flatten().collect();
                self.allow(Action::Edit, &contacts::owners(&mut tx, &both).await?)?;
                recorder.watch(&mut tx, Table::PossibleDuplicate, *id).await?;
                sqlx::query("UPDATE possible_duplicate SET state = 'dismissed' WHERE id = ?")
                    .bind(id)
                    .execute(&mut *tx)
                    .await?;
                n += 1;
            }
            let steps = recorder.steps(&mut tx).await?;
            let label =
                if n == 1 { "1 pair dismissed".to_owned() } else { format!("{} pairs dismissed", thousands(n as i64)) };
            undo::log(&mut tx, &actor, &label, None, &steps, now).await?;
            n
        })
    }
}

fn side(contact: &Contact) -> DuplicateSide {
    let text = |field| contact.values.text(field).map(str::to_owned);
    DuplicateSide {
        id: contact.id,
        name: contact.values.display_name(),
        email: text(Field::Email),
        phone: text(Field::MobilePhone).or_else(|| text(Field::Phone)),
        company: text(Field::Company),
    }
}
