//! Activities as rows.

use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::convert::{instant, ms, word};
use super::{Entity, StoreError, search, users};
use crate::domain::activity::{Activity, ActivityId, Kind, State, Utm};
use crate::domain::{Email, UserRef};

const SELECT: &str = "SELECT a.*, u.email AS user_email, u.name AS user_name, u.external_id AS user_external_id \
                      FROM activity a LEFT JOIN user u ON u.id = a.user_id";

pub(super) async fn get(connection: &mut SqliteConnection, id: ActivityId) -> Result<Option<Activity>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE a.id = ?"));
    let row = sqlx::query(sql).bind(id).fetch_optional(connection).await?;
    row.as_ref().map(decode).transpose()
}

/// Several activities, in no particular order; those that do not exist are left out.
pub(super) async fn get_many(
    connection: &mut SqliteConnection,
    ids: &[ActivityId],
) -> Result<Vec<Activity>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE a.id IN (SELECT value FROM json_each(?))"));
    let rows = sqlx::query(sql).bind(super::convert::json_ids(ids)).fetch_all(connection).await?;
    rows.iter().map(decode).collect()
}

/// The activity that a source knows, or once knew, by an id.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    source: &str,
    external_id: &str,
) -> Result<Option<Activity>, StoreError> {
    let id: Option<i64> =
        sqlx::query_scalar("SELECT activity_id FROM activity_key WHERE source = ? AND external_id = ?")
            .bind(source)
            .bind(external_id)
            .fetch_optional(&mut *connection)
            .await?;
    match id {
        Some(id) => get(connection, id).await,
        None => Ok(None),
    }
}

/// Every id under which its source has spoken of an activity, the present one among them.
pub(super) async fn ids(connection: &mut SqliteConnection, id: ActivityId) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT external_id FROM activity_key WHERE activity_id = ?";
    Ok(sqlx::query_scalar(sql).bind(id).fetch_all(connection).await?)
}

/// The seats of a booking: activities whose present id begins with the booking's and a slash.
pub(super) async fn seats(
    connection: &mut SqliteConnection,
    source: &str,
    booking: &str,
) -> Result<Vec<Activity>, StoreError> {
    // A range of the key, not a pattern: `0` is the character behind the slash.
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT DISTINCT activity_id FROM activity_key WHERE source = ?1 AND external_id > ?2 || '/' \
         AND external_id < ?2 || '0' ORDER BY activity_id",
    )
    .bind(source)
    .bind(booking)
    .fetch_all(&mut *connection)
    .await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut seats = get_many(connection, &ids).await?;
    // Who moved to another slot sits there, though the old key still finds them.
    seats.retain(|seat| seat.external_id.strip_prefix(booking).is_some_and(|rest| rest.starts_with('/')));
    seats.sort_by_key(|seat| seat.id);
    Ok(seats)
}

/// Remembers an id under which the source speaks of an activity.
pub(super) async fn add_key(
    connection: &mut SqliteConnection,
    source: &str,
    external_id: &str,
    id: ActivityId,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO activity_key (source, external_id, activity_id) VALUES (?, ?, ?) \
         ON CONFLICT DO UPDATE SET activity_id = excluded.activity_id",
    )
    .bind(source)
    .bind(external_id)
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Columns that are written, in the order in which [`save`] binds them.
const COLUMNS: [&str; 33] = [
    "kind",
    "state",
    "source",
    "external_id",
    "contact_id",
    "person_name",
    "person_email",
    "person_phone",
    "subject",
    "start_at",
    "end_at",
    "customer_time_zone",
    "user_id",
    "event_type",
    "page",
    "bot",
    "form",
    "location",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "reason",
    "reason_by",
    "detail",
    "related_id",
    "test",
    "unread",
    "trashed_at",
    "source_at",
    "created_at",
    "updated_at",
];

/// Inserts an activity whose id is 0, or writes one back. Returns its id.
pub(super) async fn save(connection: &mut SqliteConnection, activity: &Activity) -> Result<ActivityId, StoreError> {
    let user_id = match &activity.user {
        Some(user) => users::resolve(connection, user).await?,
        None => None,
    };
    let columns = COLUMNS;
    let known = activity.id != 0;
    let sql = if known {
        let sets: Vec<_> = columns.iter().map(|column| format!("{column} = ?")).collect();
        format!("UPDATE activity SET {} WHERE id = ?", sets.join(", "))
    } else {
        format!("INSERT INTO activity ({}) VALUES ({}?)", columns.join(", "), "?, ".repeat(columns.len() - 1))
    };
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(activity.kind.key())
        .bind(activity.state.key())
        .bind(&activity.source)
        .bind(&activity.external_id)
        .bind(activity.contact_id)
        .bind(&activity.person_name)
        .bind(&activity.person_email)
        .bind(&activity.person_phone)
        .bind(&activity.subject)
        .bind(activity.start.map(ms))
        .bind(activity.end.map(ms))
        .bind(&activity.customer_time_zone)
        .bind(user_id)
        .bind(&activity.event_type)
        .bind(&activity.page)
        .bind(&activity.bot)
        .bind(&activity.form)
        .bind(&activity.location)
        .bind(&activity.utm.source)
        .bind(&activity.utm.medium)
        .bind(&activity.utm.campaign)
        .bind(&activity.utm.term)
        .bind(&activity.utm.content)
        .bind(&activity.reason)
        .bind(&activity.reason_by)
        .bind(serde_json::to_string(&activity.detail).unwrap_or_default())
        .bind(activity.related_id)
        .bind(activity.test)
        .bind(activity.unread)
        .bind(activity.trashed_at.map(ms))
        .bind(ms(activity.source_at))
        .bind(ms(activity.created_at))
        .bind(ms(activity.updated_at));
    if known {
        query = query.bind(activity.id);
    }
    let result = query.execute(&mut *connection).await?;
    let id = if known { activity.id } else { result.last_insert_rowid() };
    search::index_activity(connection, id, activity, known).await?;
    Ok(id)
}

/// What spoke of an activity that turned out to be another one speaks of the other. True: the activity itself may go
/// too. False: Salesforce holds, or is just being sent, an Event for it which the other cannot take over.
pub(super) async fn absorb(
    connection: &mut SqliteConnection,
    kept: ActivityId,
    gone: ActivityId,
) -> Result<bool, StoreError> {
    for sql in [
        "UPDATE activity_key SET activity_id = ?1 WHERE activity_id = ?2",
        "UPDATE delivery SET activity_id = ?1 WHERE activity_id = ?2",
        "UPDATE history SET activity_id = ?1 WHERE activity_id = ?2",
        "UPDATE activity SET related_id = ?1 WHERE related_id = ?2",
    ] {
        sqlx::query(sql).bind(kept).bind(gone).execute(&mut *connection).await?;
    }
    if is_being_sent(connection, gone).await? {
        return Ok(false);
    }
    if !is_being_sent(connection, kept).await? {
        sqlx::query("UPDATE OR IGNORE link SET entity_id = ?1 WHERE entity = 'activity' AND entity_id = ?2")
            .bind(kept)
            .bind(gone)
            .execute(&mut *connection)
            .await?;
    }
    Ok(super::links::get(connection, Entity::Activity, gone).await?.is_none())
}

/// True if an Event of the activity is on its way, or was sent and not answered.
async fn is_being_sent(connection: &mut SqliteConnection, id: ActivityId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE entity = 'activity' AND entity_id = ? \
               AND (state IN ('in_flight', 'in_doubt') OR (intent IS NOT NULL AND state NOT IN ('done', 'skipped'))))";
    Ok(sqlx::query_scalar(sql).bind(id).fetch_one(connection).await?)
}

/// Forgets an activity of which nothing speaks any more.
pub(super) async fn forget(connection: &mut SqliteConnection, id: ActivityId) -> Result<(), StoreError> {
    for sql in [
        "UPDATE outbox SET state = 'skipped' WHERE entity = 'activity' AND entity_id = ? AND state NOT IN ('done', 'skipped')",
        "DELETE FROM activity WHERE id = ?",
    ] {
        sqlx::query(sql).bind(id).execute(&mut *connection).await?;
    }
    Ok(())
}

fn decode(row: &SqliteRow) -> Result<Activity, StoreError> {
    let time = |column: &str| -> Result<Option<jiff::Timestamp>, StoreError> {
        row.try_get::<Option<i64>, _>(column)?.map(instant).transpose()
    };
    let detail: &str = row.try_get("detail")?;
    let user = UserRef {
        email: row.try_get::<Option<String>, _>("user_email")?.and_then(|email| Email::parse(&email).ok()),
        name: row.try_get("user_name")?,
        external_id: row.try_get("user_external_id")?,
    };
    Ok(Activity {
        id: row.try_get("id")?,
        kind: word("kind of an activity", row.try_get("kind")?, Kind::parse)?,
        state: word("state of an activity", row.try_get("state")?, State::parse)?,
        source: row.try_get("source")?,
        external_id: row.try_get("external_id")?,
        contact_id: row.try_get("contact_id")?,
        person_name: row.try_get("person_name")?,
        person_email: row.try_get("person_email")?,
        person_phone: row.try_get("person_phone")?,
        subject: row.try_get("subject")?,
        start: time("start_at")?,
        end: time("end_at")?,
        customer_time_zone: row.try_get("customer_time_zone")?,
        user: (user != UserRef::default()).then_some(user),
        event_type: row.try_get("event_type")?,
        page: row.try_get("page")?,
        bot: row.try_get("bot")?,
        form: row.try_get("form")?,
        location: row.try_get("location")?,
        utm: Utm {
            source: row.try_get("utm_source")?,
            medium: row.try_get("utm_medium")?,
            campaign: row.try_get("utm_campaign")?,
            term: row.try_get("utm_term")?,
            content: row.try_get("utm_content")?,
        },
        reason: row.try_get("reason")?,
        reason_by: row.try_get("reason_by")?,
        detail: serde_json::from_str(detail)
            .map_err(|_| StoreError::Value { what: "detail of an activity", value: detail.to_owned() })?,
        related_id: row.try_get("related_id")?,
        test: row.try_get("test")?,
        unread: row.try_get("unread")?,
        trashed_at: time("trashed_at")?,
        source_at: instant(row.try_get("source_at")?)?,
        created_at: instant(row.try_get("created_at")?)?,
        updated_at: instant(row.try_get("updated_at")?)?,
    })
}
