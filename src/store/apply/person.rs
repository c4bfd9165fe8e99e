//! Whose an interaction is: identified, then created or updated (OnceHub: contact identification).

use jiff::Timestamp;
use serde_json::json;
use sqlx::sqlite::SqliteConnection;

use super::IdentityRules;
use crate::domain::identity::{self, Conflict, Known, Question, Target};
use crate::domain::merge::{self, Policy};
use crate::domain::{
    Activity, ActivityId, Contact, ContactId, Email, Field, FieldKey, FieldKind, FieldValue, Interaction, Person,
    Values, typed,
};
use crate::store::convert::ms;
use crate::store::history::{self, Entry};
use crate::store::{Entity, StoreError, contacts, duplicates, fields, outbox, users};

/// The contact of an activity that is known, after one more payload about it.
pub(super) async fn follow_up(
    tx: &mut SqliteConnection,
    interaction: &Interaction,
    activity: &Activity,
    person: &Person,
    rules: IdentityRules,
    now: Timestamp,
) -> Result<(Contact, bool), StoreError> {
    let id = activity.contact_id.unwrap_or_default();
    let contact = contacts::get(tx, id).await?.ok_or(StoreError::NotFound { what: "contact", id })?;
    let email = person.values.email();
    let captured = activity.person_email.as_deref().and_then(|email| Email::parse(email).ok());
    let former = email.as_ref().is_some_and(|email| activity.was_booked_by(email));
    if email.is_some() && (email == captured || former) && contact.values.email() != email {
        // The contact's email was edited since the booking was made; the source still tells the old one.
        let mut values = person.values.clone();
        values.set(Field::Email, None);
        let person = Person { values, ..person.clone() };
        return Ok((absorb_values(tx, interaction, contact, &person, now).await?, false));
    }
    let anonymous = contact.values.email().is_none() && contact.values.mobile().is_none();
    let same = email.is_none() || contact.values.email().is_none() || contact.values.email() == email;
    let question = question(tx, &person.values, rules).await?;
    let held_by_other = [&question.by_email, &question.by_mobile].into_iter().flatten().any(|known| known.id != id);
    if same && !held_by_other {
        return Ok((absorb_values(tx, interaction, contact, person, now).await?, false));
    }
    let (target, created) = receive(tx, interaction, person, rules, now).await?;
    if anonymous && target.id != id && is_alone(tx, id, activity.id).await? {
        // A visitor without a name turned out to be someone we know.
        fold_into(tx, &contact, &target, interaction, now).await?;
    }
    Ok((target, created))
}

/// True if a contact has no other activity than this one.
async fn is_alone(tx: &mut SqliteConnection, contact: ContactId, activity: ActivityId) -> Result<bool, StoreError> {
    let other: Option<i64> = sqlx::query_scalar("SELECT id FROM activity WHERE contact_id = ? AND id <> ? LIMIT 1")
        .bind(contact)
        .bind(activity)
        .fetch_optional(tx)
        .await?;
    Ok(other.is_none())
}

/// A contact without identifiers gives what it has to the one it turned out to be.
async fn fold_into(
    tx: &mut SqliteConnection,
    gone: &Contact,
    target: &Contact,
    interaction: &Interaction,
    now: Timestamp,
) -> Result<(), StoreError> {
    let changes = merge::changes(&target.values, &gone.values, Policy::FillBlanks);
    contacts::update(tx, target.id, &target.values, &changes, now).await?;
    for sql in [
        "UPDATE activity SET contact_id = ?1 WHERE contact_id = ?2",
        "UPDATE page_view SET contact_id = ?1 WHERE contact_id = ?2",
        "UPDATE history SET contact_id = ?1 WHERE contact_id = ?2",
        "UPDATE delivery SET contact_id = ?1 WHERE contact_id = ?2",
        "UPDATE outbox SET contact_id = ?1 WHERE contact_id = ?2",
    ] {
        sqlx::query(sql).bind(target.id).bind(gone.id).execute(&mut *tx).await?;
    }
    for sql in [
        "UPDATE outbox SET state = 'skipped' WHERE entity = 'contact' AND entity_id = ? AND state NOT IN ('done', 'skipped')",
        "DELETE FROM contact WHERE id = ?",
    ] {
        sqlx::query(sql).bind(gone.id).execute(&mut *tx).await?;
    }
    let entry = Entry {
        at: now,
        actor: interaction.source.key(),
        contact: Some(target.id),
        activity: None,
        what: "merged",
        data: json!({ "from": gone.id, "name": gone.values.display_name() }),
    };
    history::write(tx, entry).await
}

/// Identifies a person and creates or updates their contact (OnceHub: contact identification).
pub(super) async fn receive(
    tx: &mut SqliteConnection,
    interaction: &Interaction,
    person: &Person,
    rules: IdentityRules,
    now: Timestamp,
) -> Result<(Contact, bool), StoreError> {
    let question = question(tx, &person.values, rules).await?;
    let decision = identity::decide(&question);
    let mut person = person.clone();
    decision.withhold_from(&mut person.values);
    let (contact, created) = match decision.target {
        Target::Existing(id) => {
            let contact = contacts::get(tx, id).await?.ok_or(StoreError::NotFound { what: "contact", id })?;
            (absorb_values(tx, interaction, contact, &person, now).await?, false)
        }
        Target::New => (create(tx, interaction, &person, now).await?, true),
    };
    match decision.conflict {
        Some(Conflict::Contact(other)) => {
            duplicates::raise(tx, contact.id, Some(other), None, "identity_conflict", now).await?;
        }
        Some(Conflict::Email(email)) => {
            duplicates::raise(tx, contact.id, None, Some(email.as_str()), "identity_conflict", now).await?;
        }
        None => {}
    }
    Ok((contact, created))
}

async fn question(tx: &mut SqliteConnection, values: &Values, rules: IdentityRules) -> Result<Question, StoreError> {
    let mut question = Question {
        email: values.email(),
        mobile: values.mobile(),
        strict_email: rules.strict_email,
        ..Question::default()
    };
    if let Some(email) = &question.email
        && let Some(id) = contacts::find_by(tx, Field::Email, email.as_str()).await?
    {
        question.by_email = Some(Known { id, email: Some(email.clone()) });
    }
    if let Some(mobile) = &question.mobile
        && let Some(id) = contacts::find_by(tx, Field::MobilePhone, mobile.as_str()).await?
    {
        let email: Option<String> =
            sqlx::query_scalar("SELECT email FROM contact WHERE id = ?").bind(id).fetch_one(tx).await?;
        question.by_mobile = Some(Known { id, email: email.and_then(|email| Email::parse(&email).ok()) });
    }
    Ok(question)
}

async fn create(
    tx: &mut SqliteConnection,
    interaction: &Interaction,
    person: &Person,
    now: Timestamp,
) -> Result<Contact, StoreError> {
    let source = interaction.source.key();
    let values = known_fields(tx, &person.values).await?;
    // A new contact belongs to the owner that the source names, else to the host (OnceHub: contact owner).
    let host = interaction.activity.as_ref().and_then(|activity| activity.user.as_ref());
    let owner_id = match person.owner.as_ref().or(host) {
        Some(user) => users::resolve(tx, user).await?,
        None => None,
    };
    let new = contacts::New {
        values: &values,
        status: None,
        owner_id,
        source,
        created_at: now,
        interacted_at: interaction.activity.is_some().then_some(interaction.at),
    };
    let id = contacts::insert(tx, &new).await?;
    let entry = Entry { at: now, actor: source, contact: Some(id), activity: None, what: "created", data: json!({}) };
    history::write(tx, entry).await?;
    contacts::get(tx, id).await?.ok_or(StoreError::NotFound { what: "contact", id })
}

/// Updates a contact with the incoming values; blank never clears, and what is older than the last interaction only
/// fills blanks.
async fn absorb_values(
    tx: &mut SqliteConnection,
    interaction: &Interaction,
    contact: Contact,
    person: &Person,
    now: Timestamp,
) -> Result<Contact, StoreError> {
    let (id, source) = (contact.id, interaction.source.key());
    let late = contact.interacted_at.is_some_and(|last| interaction.at < last);
    let policy = if late { Policy::FillBlanks } else { Policy::Replace };
    let incoming = known_fields(tx, &person.values).await?;
    let changes = merge::changes(&contact.values, &incoming, policy);
    let news = !changes.is_empty();
    if news {
        contacts::update(tx, id, &contact.values, &changes, now).await?;
        let data = history::changes_data(&changes);
        let entry = Entry { at: now, actor: source, contact: Some(id), activity: None, what: "updated", data };
        history::write(tx, entry).await?;
    }
    // A contact that another program merely holds (its API) did nothing just now.
    if !late && interaction.activity.is_some() {
        sqlx::query("UPDATE contact SET interacted_at = ? WHERE id = ?")
            .bind(ms(interaction.at))
            .bind(id)
            .execute(&mut *tx)
            .await?;
    }
    if let (None, Some(owner)) = (&contact.owner, &person.owner) {
        let owner_id = users::resolve(tx, owner).await?;
        sqlx::query("UPDATE contact SET owner_id = ? WHERE id = ?").bind(owner_id).bind(id).execute(&mut *tx).await?;
    }
    let test = interaction.activity.as_ref().is_some_and(|activity| activity.test == Some(true));
    if news && !test {
        outbox::enqueue(tx, Entity::Contact, id, Some(id), "updated", now).await?;
    }
    contacts::get(tx, id).await?.ok_or(StoreError::NotFound { what: "contact", id })
}

/// Values of fields that exist: system fields, and custom fields that are not archived and whose type they fit.
async fn known_fields(tx: &mut SqliteConnection, values: &Values) -> Result<Values, StoreError> {
    if !values.iter().any(|(key, _)| matches!(key, FieldKey::Custom(_))) {
        return Ok(values.clone());
    }
    let fields = fields::in_use(tx).await?;
    let fits = |(key, value): (&FieldKey, &FieldValue)| match key {
        FieldKey::System(_) => Some((key.clone(), value.clone())),
        // What is no value of the field stays an answer of the activity, and no more (OnceHub reference 1.3).
        FieldKey::Custom(name) => {
            let field = fields.iter().find(|field| field.name == *name)?;
            let read = typed::parse_json(field.kind, &value.to_json(), &field.options, None);
            // A number that nobody can dial from abroad is still one that was given.
            let kept = || (field.kind == FieldKind::Phone).then(|| value.clone());
            Some((key.clone(), read.ok().flatten().or_else(kept)?))
        }
    };
    Ok(values.iter().filter_map(fits).collect())
}
