//! The search index: folded text of contacts and activities, by trigram.

use sqlx::sqlite::SqliteConnection;

use super::StoreError;
use crate::domain::text::fold;
use crate::domain::{Activity, ActivityId, ContactId, Field, FieldKey, FieldValue, Values};

/// The text by which a contact is found. A blank leads, so that ` ana` finds words that begin so.
pub(super) fn contact_text(values: &Values) -> String {
    const SEARCHED: [Field; 9] = [
        Field::FirstName,
        Field::LastName,
        Field::Email,
        Field::MobilePhone,
        Field::Phone,
        Field::Company,
        Field::JobTitle,
        Field::City,
        Field::Country,
    ];
    let mut words: Vec<String> = SEARCHED.iter().filter_map(|&f| values.text(f)).map(str::to_owned).collect();
    for (key, value) in values.iter() {
        if let (FieldKey::Custom(_), FieldValue::Text(_) | FieldValue::List(_)) = (key, value) {
            words.push(value.to_string());
        }
    }
    format!(" {}", fold(&words.join(" ")))
}

/// The text by which an activity is found: who, what, its ids and its answers.
pub(super) fn activity_text(activity: &Activity) -> String {
    let mut words: Vec<&str> = vec![&activity.external_id];
    let captured = [
        &activity.person_name,
        &activity.person_email,
        &activity.person_phone,
        &activity.subject,
        &activity.event_type,
        &activity.location,
        &activity.reason,
        &activity.detail.notes,
    ];
    words.extend(captured.into_iter().flatten().map(String::as_str));
    for attendee in &activity.detail.attendees {
        words.extend([&attendee.name, &attendee.email].into_iter().flatten().map(String::as_str));
    }
    let answers: Vec<String> = activity
        .detail
        .answers
        .iter()
        .filter_map(|answer| FieldValue::from_json(&answer.value))
        .map(|value| value.to_string())
        .collect();
    words.extend(answers.iter().map(String::as_str));
    format!(" {}", fold(&words.join(" ")))
}

pub(super) async fn index_contact(
    connection: &mut SqliteConnection,
    id: ContactId,
    values: &Values,
    known: bool,
) -> Result<(), StoreError> {
    let text = contact_text(values);
    let sql = if known {
        "UPDATE contact_search SET text = ?2 WHERE rowid = ?1 AND text <> ?2"
    } else {
        "INSERT INTO contact_search (rowid, text) VALUES (?1, ?2)"
    };
    sqlx::query(sql).bind(id).bind(text).execute(connection).await?;
    Ok(())
}

pub(super) async fn index_activity(
    connection: &mut SqliteConnection,
    id: ActivityId,
    activity: &Activity,
    known: bool,
) -> Result<(), StoreError> {
    let text = activity_text(activity);
    let sql = if known {
        "UPDATE activity_search SET text = ?2 WHERE rowid = ?1 AND text <> ?2"
    } else {
        "INSERT INTO activity_search (rowid, text) VALUES (?1, ?2)"
    };
    sqlx::query(sql).bind(id).bind(text).execute(connection).await?;
    Ok(())
}
