//! Contacts as rows: reading, writing, and the text that searches look at.

use std::fmt::Write as _;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row};

use super::convert::{instant, json_ids, ms};
use super::{StoreError, search};
use crate::domain::merge::{self, FieldChange};
use crate::domain::text::fold;
use crate::domain::{Contact, ContactId, Email, Field, FieldKey, FieldValue, Status, UserRef, Values};

/// `c.first_name, c.last_name, …`: every system field's column, and the rest of a contact, with its owner `o`.
pub(super) static COLUMNS: LazyLock<String> = LazyLock::new(|| {
    let mut columns = String::new();
    for field in Field::ALL {
        let _ = write!(columns, "c.{}, ", field.key());
    }
    columns
        + "c.custom, c.status, c.source, c.created_at, c.updated_at, c.interacted_at, c.id, \
           o.email AS owner_email, o.name AS owner_name, o.external_id AS owner_external_id"
});

pub(super) type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, SqliteArguments>;

pub(super) async fn get(connection: &mut SqliteConnection, id: ContactId) -> Result<Option<Contact>, StoreError> {
    let sql = format!("SELECT {} FROM contact c LEFT JOIN user o ON o.id = c.owner_id WHERE c.id = ?", *COLUMNS);
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(connection).await?;
    row.as_ref().map(decode).transpose()
}

/// Several contacts, in no particular order; those that do not exist are left out.
pub(super) async fn get_many(connection: &mut SqliteConnection, ids: &[ContactId]) -> Result<Vec<Contact>, StoreError> {
    let sql = format!(
        "SELECT {} FROM json_each(?) k JOIN contact c ON c.id = k.value LEFT JOIN user o ON o.id = c.owner_id",
        *COLUMNS
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(super::convert::json_ids(ids)).fetch_all(connection).await?;
    rows.iter().map(decode).collect()
}

pub(super) fn decode(row: &SqliteRow) -> Result<Contact, StoreError> {
    let custom: Option<String> = row.try_get("custom")?;
    let mut values: Values = match custom {
        Some(json) => serde_json::from_str(&json)
            .map_err(|_| StoreError::Value { what: "custom fields of a contact", value: json })?,
        None => Values::new(),
    };
    for field in Field::ALL {
        let value = match field {
            Field::Employees => row.try_get::<Option<i64>, _>(field.key())?.map(FieldValue::Integer),
            Field::HasConsent | Field::TermsOfService => {
                row.try_get::<Option<bool>, _>(field.key())?.map(FieldValue::Bool)
            }
            _ => row.try_get::<Option<String>, _>(field.key())?.map(FieldValue::Text),
        };
        if value.is_some() {
            values.set(field, value);
        }
    }
    Ok(Contact {
        id: row.try_get("id")?,
        values,
        status: status(row.try_get("status")?)?,
        owner: owner(row)?,
        source: row.try_get("source")?,
        created_at: instant(row.try_get("created_at")?)?,
        updated_at: instant(row.try_get("updated_at")?)?,
        interacted_at: row.try_get::<Option<i64>, _>("interacted_at")?.map(instant).transpose()?,
    })
}

pub(super) fn status(text: Option<String>) -> Result<Option<Status>, StoreError> {
    text.map(|text| Status::parse(&text).map_err(|_| StoreError::Value { what: "status of a contact", value: text }))
        .transpose()
}

fn owner(row: &SqliteRow) -> Result<Option<UserRef>, StoreError> {
    let user = UserRef {
        email: row.try_get::<Option<String>, _>("owner_email")?.and_then(|email| Email::parse(&email).ok()),
        name: row.try_get("owner_name")?,
        external_id: row.try_get("owner_external_id")?,
    };
    Ok((user != UserRef::default()).then_some(user))
}

/// What a new contact needs besides its values.
pub(super) struct New<'a> {
    pub values: &'a Values,
    pub status: Option<Status>,
    pub owner_id: Option<i64>,
    pub source: &'a str,
    pub created_at: Timestamp,
    pub interacted_at: Option<Timestamp>,
}

pub(super) async fn insert(connection: &mut SqliteConnection, new: &New<'_>) -> Result<ContactId, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let fields: Vec<_> = Field::ALL.iter().map(|field| field.key()).collect();
        format!(
            "INSERT INTO contact ({}, custom, status, owner_id, source, name_key, created_at, updated_at, interacted_at) \
             VALUES ({}?, ?, ?, ?, ?, ?, ?, ?)",
            fields.join(", "),
            "?, ".repeat(fields.len())
        )
    });
    let mut query = sqlx::query(AssertSqlSafe(SQL.as_str()));
    for field in Field::ALL {
        query = bind_field(query, field, new.values.get(field));
    }
    let result = query
        .bind(custom_json(new.values))
        .bind(new.status.map(Status::key))
        .bind(new.owner_id)
        .bind(new.source)
        .bind(name_key(new.values))
        .bind(ms(new.created_at))
        .bind(ms(new.created_at))
        .bind(new.interacted_at.map(ms))
        .execute(&mut *connection)
        .await?;
    let id = result.last_insert_rowid();
    search::index_contact(connection, id, new.values, false).await?;
    Ok(id)
}

/// Writes field changes; the values before are needed for the derived columns. Returns the values after.
pub(super) async fn update(
    connection: &mut SqliteConnection,
    id: ContactId,
    before: &Values,
    changes: &[FieldChange],
    now: Timestamp,
) -> Result<Values, StoreError> {
    let mut values = before.clone();
    merge::apply(&mut values, changes);
    if changes.is_empty() {
        return Ok(values);
    }
    let mut sql = String::from("UPDATE contact SET name_key = ?, updated_at = ?");
    let mut custom = false;
    let mut fields = Vec::new();
    for change in changes {
        match &change.field {
            FieldKey::System(field) => {
                let _ = write!(sql, ", {} = ?", field.key());
                fields.push(*field);
            }
            FieldKey::Custom(_) => custom = true,
        }
    }
    if custom {
        sql.push_str(", custom = ?");
    }
    sql.push_str(" WHERE id = ?");
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(name_key(&values)).bind(ms(now));
    for field in fields {
        query = bind_field(query, field, values.get(field));
    }
    if custom {
        query = query.bind(custom_json(&values));
    }
    query.bind(id).execute(&mut *connection).await?;
    search::index_contact(connection, id, &values, true).await?;
    Ok(values)
}

/// The owners of contacts, in the order of the ids; of one that does not exist, nobody.
pub(super) async fn owners(
    connection: &mut SqliteConnection,
    ids: &[ContactId],
) -> Result<Vec<Option<i64>>, StoreError> {
    let sql = "SELECT c.owner_id FROM json_each(?) k LEFT JOIN contact c ON c.id = k.value ORDER BY k.key";
    Ok(sqlx::query_scalar(sql).bind(json_ids(ids)).fetch_all(connection).await?)
}

/// Writes one status to many contacts, with their history.
pub(super) async fn write_statuses(
    connection: &mut SqliteConnection,
    ids: &[ContactId],
    status: Option<&str>,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO history (at, actor, contact_id, what, data) \
         SELECT ?2, ?3, c.id, 'status', json_object('from', c.status, 'to', ?4) \
         FROM contact c WHERE c.id IN (SELECT value FROM json_each(?1)) AND c.status IS NOT ?4",
    )
    .bind(json_ids(ids))
    .bind(ms(now))
    .bind(actor)
    .bind(status)
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE contact SET status = ?, updated_at = ? WHERE id IN (SELECT value FROM json_each(?))")
        .bind(status)
        .bind(ms(now))
        .bind(json_ids(ids))
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes one owner to many contacts, with their history.
pub(super) async fn write_owners(
    connection: &mut SqliteConnection,
    ids: &[ContactId],
    owner: Option<i64>,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO history (at, actor, contact_id, what, data) \
         SELECT ?2, ?3, c.id, 'owner', json_object( \
           'from', (SELECT coalesce(email, name, external_id) FROM user WHERE id = c.owner_id), \
           'to', (SELECT coalesce(email, name, external_id) FROM user WHERE id = ?4)) \
         FROM contact c WHERE c.id IN (SELECT value FROM json_each(?1)) AND c.owner_id IS NOT ?4",
    )
    .bind(json_ids(ids))
    .bind(ms(now))
    .bind(actor)
    .bind(owner)
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE contact SET owner_id = ?, updated_at = ? WHERE id IN (SELECT value FROM json_each(?))")
        .bind(owner)
        .bind(ms(now))
        .bind(json_ids(ids))
        .execute(connection)
        .await?;
    Ok(())
}

/// The contacts that hold an email or a mobile phone.
pub(super) async fn find_by(
    connection: &mut SqliteConnection,
    field: Field,
    value: &str,
) -> Result<Option<ContactId>, StoreError> {
    let sql = match field {
        Field::Email => "SELECT id FROM contact WHERE email = ?",
        _ => "SELECT id FROM contact WHERE mobile_phone = ?",
    };
    Ok(sqlx::query_scalar(sql).bind(value).fetch_optional(connection).await?)
}

/// A field as its column keeps it: a number, yes or no, a text, or null.
pub(super) fn stored(field: Field, value: Option<&FieldValue>) -> Value {
    match (field, value) {
        (Field::Employees, Some(FieldValue::Integer(n))) => Value::from(*n),
        (Field::Employees, Some(FieldValue::Number(n))) => Value::from(*n as i64),
        (Field::HasConsent | Field::TermsOfService, Some(FieldValue::Bool(b))) => Value::from(*b),
        (Field::Employees | Field::HasConsent | Field::TermsOfService, _) | (_, None) => Value::Null,
        (_, Some(FieldValue::Text(text))) => Value::from(text.as_str()),
        (_, Some(other)) => Value::from(other.to_string()),
    }
}

pub(super) fn bind_field<'q>(query: Query<'q>, field: Field, value: Option<&FieldValue>) -> Query<'q> {
    match stored(field, value) {
        Value::Bool(b) => query.bind(b),
        Value::Number(n) => query.bind(n.as_i64()),
        Value::String(text) => query.bind(text),
        _ => query.bind(None::<String>),
    }
}

pub(super) fn custom_json(values: &Values) -> Option<String> {
    let custom: Values = values
        .iter()
        .filter(|(key, _)| matches!(key, FieldKey::Custom(_)))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    (!custom.is_empty()).then(|| serde_json::to_string(&custom).unwrap_or_default())
}

/// The sort by name: family name first, then whatever else the person is called.
pub(super) fn name_key(values: &Values) -> String {
    let text = |field| values.text(field);
    match (text(Field::LastName), text(Field::FirstName)) {
        (Some(last), Some(first)) => fold(&format!("{last} {first}")),
        _ => fold(&values.display_name()),
    }
}
