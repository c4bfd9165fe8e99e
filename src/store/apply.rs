//! One interaction, one transaction: who it was, what happened, what Salesforce must hear of.

mod seats;
mod status;

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::connect::transact;
use super::convert::ms;
use super::history::{self, Entry};
use super::{Entity, Store, StoreError, activities, contacts, duplicates, outbox, users};
use crate::domain::identity::{self, Conflict, Known, Question, Target};
use crate::domain::lifecycle::{self, Changed};
use crate::domain::merge::{self, Policy};
use crate::domain::{
    Activity, ActivityId, ActivityUpdate, Contact, ContactId, Email, Field, FieldKey, FieldKind, FieldValue,
    Interaction, Person, State, Values, typed,
};

/// What [`Store::apply`] did.
#[allow(clippy::struct_excessive_bools)] // four facts, each of its own
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The delivery had come before: nothing changed.
    pub duplicate: bool,
    /// The event is of a type we do not know: stored and shown, nothing else.
    pub unknown: bool,
    /// The contact it belongs to.
    pub contact_id: Option<ContactId>,
    /// That contact is new.
    pub contact_created: bool,
    /// The activity it is about.
    pub activity_id: Option<ActivityId>,
    /// That activity is new.
    pub activity_created: bool,
}

/// How contacts are told apart; from the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdentityRules {
    /// An unknown email makes a new contact even if its mobile phone is known under another email.
    pub strict_email: bool,
}

impl Store {
    /// Applies one interaction in one transaction. A repeated delivery changes nothing.
    pub async fn apply(
        &self,
        interaction: &Interaction,
        rules: IdentityRules,
        now: Timestamp,
    ) -> Result<Applied, StoreError> {
        let applied: Result<Applied, StoreError> =
            transact!(self, |tx| Box::pin(apply(&mut tx, interaction, rules, now)).await?);
        applied
    }

    /// Applies many in one transaction: for files, where a commit for each would be the most of the time.
    pub async fn apply_all(
        &self,
        interactions: &[Interaction],
        rules: IdentityRules,
        now: Timestamp,
    ) -> Result<Vec<Applied>, StoreError> {
        transact!(self, |tx| {
            let mut applied = Vec::with_capacity(interactions.len());
            for interaction in interactions {
                applied.push(Box::pin(apply(&mut tx, interaction, rules, now)).await?);
            }
            applied
        })
    }
}

async fn apply(
    tx: &mut SqliteConnection,
    interaction: &Interaction,
    rules: IdentityRules,
    now: Timestamp,
) -> Result<Applied, StoreError> {
    let source = interaction.source.key();
    let known = sqlx::query("SELECT activity_id, contact_id FROM delivery WHERE source = ? AND key = ?")
        .bind(source)
        .bind(&interaction.key)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(row) = known {
        let (activity_id, contact_id) = (row.try_get("activity_id")?, row.try_get("contact_id")?);
        return Ok(Applied { duplicate: true, contact_id, activity_id, ..Applied::default() });
    }
    let mut applied = Applied { unknown: interaction.activity.is_none(), ..Applied::default() };
    match &interaction.activity {
        Some(update) => match seats::spread(tx, interaction, update).await? {
            Some(seats) => {
                for seat in &seats {
                    if let Some(update) = &seat.activity {
                        Box::pin(record(tx, seat, update, rules, now, &mut applied)).await?;
                    }
                }
            }
            None => Box::pin(record(tx, interaction, update, rules, now, &mut applied)).await?,
        },
        None => {
            if let Some(person) = &interaction.person {
                let (contact, created) = receive(tx, interaction, person, rules, now).await?;
                status::set(tx, interaction, contact.id, created, None, now).await?;
                applied.contact_id = Some(contact.id);
                applied.contact_created = created;
                applied.unknown = false;
            }
        }
    }
    sqlx::query(
        "INSERT INTO delivery (source, key, type, received_at, outcome, activity_id, contact_id, payload) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(source)
    .bind(&interaction.key)
    .bind(&interaction.event)
    .bind(ms(now))
    .bind(if applied.unknown { "unknown" } else { "applied" })
    .bind(applied.activity_id)
    .bind(applied.contact_id)
    .bind(&interaction.payload)
    .execute(tx)
    .await?;
    Ok(applied)
}

/// Creates or updates the activity, and its contact before it.
async fn record(
    tx: &mut SqliteConnection,
    interaction: &Interaction,
    update: &ActivityUpdate,
    rules: IdentityRules,
    now: Timestamp,
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let source = interaction.source.key();
    let (known, joined) = find(tx, source, update, now).await?;
    let nobody = Person::default();
    let person = interaction.person.as_ref().unwrap_or(&nobody);

    // A mark that comes before its booking (a no-show, a report) names nobody: it makes no contact. Whose it is tells the
    // booking when it comes.
    let open = known.as_ref().is_none_or(|activity| activity.contact_id.is_none() && activity.detail.nobody_yet);
    let contact = match &known {
        Some(activity) if activity.contact_id.is_some() => {
            Some(follow_up(tx, interaction, activity, person, rules, now).await?)
        }
        // The contact was deleted: its activities go on without it (OnceHub: delete a contact).
        Some(_) if !open => None,
        _ if interaction.person.is_none() => None,
        _ => Some(receive(tx, interaction, person, rules, now).await?),
    };
    let contact_id = contact.as_ref().map(|(contact, _)| contact.id);
    applied.contact_id = contact_id;
    applied.contact_created = contact.is_some_and(|(_, created)| created);

    let (mut activity, changed) = if let Some(mut activity) = known {
        let moved = activity.contact_id != contact_id;
        let before = activity.source_at;
        activity.contact_id = contact_id;
        activity.detail.nobody_yet = open && contact_id.is_none();
        let changed = {
            let update = lifecycle::readdressed(&activity, update);
            joined.and(lifecycle::update(&mut activity, &update, interaction.at, now))
        };
        if changed.any || moved || activity.source_at != before {
            activities::save(tx, &activity).await?;
        }
        (activity, changed)
    } else {
        let mut activity = lifecycle::create(update, source, interaction.at, now);
        activity.contact_id = contact_id;
        activity.detail.nobody_yet = contact_id.is_none();
        activity.id = activities::save(tx, &activity).await?;
        applied.activity_created = true;
        (activity, Changed { any: true, ..Changed::default() })
    };
    applied.activity_id = Some(activity.id);
    activities::add_key(tx, source, &update.external_id, activity.id).await?;
    for other in update.previous_id.iter().chain(&update.aliases) {
        activities::add_key(tx, source, other, activity.id).await?;
    }
    if let Some(contact) = contact_id {
        status::set(tx, interaction, contact, applied.contact_created, Some(&mut activity), now).await?;
    }
    relate(tx, source, update, activity.id).await?;
    if changed.any {
        tell(tx, interaction, &activity, changed, applied.activity_created, now).await?;
    }
    Ok(())
}

/// The activity under its present or its earlier id. If both were heard of apart, they become one, which is a change.
async fn find(
    tx: &mut SqliteConnection,
    source: &str,
    update: &ActivityUpdate,
    now: Timestamp,
) -> Result<(Option<Activity>, Changed), StoreError> {
    let present = activities::find(tx, source, &update.external_id).await?;
    let mut earlier = None;
    for id in update.previous_id.iter().chain(&update.aliases) {
        if earlier.is_none() {
            earlier = activities::find(tx, source, id).await?;
        }
    }
    if let (None, None, Some(booking)) = (&present, &earlier, &update.seat_of) {
        // Heard of by the booking's id alone, before it was known to have seats: it is the seat of whom it names.
        earlier = activities::find(tx, source, booking).await?.filter(|known| {
            known.person_email.is_some()
                && known.person_email.as_deref().map(str::to_lowercase)
                    == update.person_email.as_deref().map(str::to_lowercase)
        });
    }
    match (present, earlier) {
        (Some(present), Some(mut earlier)) if present.id != earlier.id => {
            // The earlier one is kept: Salesforce may hold its Event.
            let changed = lifecycle::join(&mut earlier, &present);
            if activities::absorb(tx, earlier.id, present.id).await? {
                activities::forget(tx, present.id).await?;
            } else {
                take_back(tx, present, earlier.id, now).await?;
            }
            activities::save(tx, &earlier).await?;
            Ok((Some(earlier), changed))
        }
        (Some(activity), _) | (None, Some(activity)) => Ok((Some(activity), Changed::default())),
        (None, None) => Ok((None, Changed::default())),
    }
}

/// Of one booking two Events are in Salesforce, or on their way there. The one that is too many goes as that of any
/// cancelled booking goes; its activity stays for that, in the trash.
async fn take_back(
    tx: &mut SqliteConnection,
    activity: Activity,
    kept: ActivityId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (id, contact) = (activity.id, activity.contact_id);
    let activity = Activity {
        state: State::Canceled,
        related_id: Some(kept),
        unread: false,
        trashed_at: Some(now),
        updated_at: now,
        ..activity
    };
    activities::save(tx, &activity).await?;
    outbox::enqueue(tx, Entity::Activity, id, contact, State::Canceled.key(), now).await
}

/// The contact of an activity that is known, after one more payload about it.
async fn follow_up(
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
        "DELETE FROM contact_search WHERE rowid = ?",
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
async fn receive(
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
    let fields = super::fields::in_use(tx).await?;
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

/// Cancelled here and booked again there: each remembers the other.
async fn relate(
    tx: &mut SqliteConnection,
    source: &str,
    update: &ActivityUpdate,
    id: ActivityId,
) -> Result<(), StoreError> {
    let Some(other) = &update.related_id else { return Ok(()) };
    if let Some(other) = activities::find(tx, source, other).await?
        && other.id != id
    {
        for (a, b) in [(id, other.id), (other.id, id)] {
            sqlx::query("UPDATE activity SET related_id = ? WHERE id = ?").bind(b).bind(a).execute(&mut *tx).await?;
        }
    }
    Ok(())
}

/// Writes the history, and the outbox where Salesforce must hear of it.
async fn tell(
    tx: &mut SqliteConnection,
    interaction: &Interaction,
    activity: &Activity,
    changed: Changed,
    created: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let times = |activity: &Activity| json!({ "start": activity.start, "end": activity.end });
    let (what, data) = if created {
        (activity.state.key(), times(activity))
    } else if changed.times {
        ("moved", times(activity))
    } else if let Some(from) = changed.state_from {
        ("state", json!({ "from": from.key(), "to": activity.state.key(), "reason": activity.reason }))
    } else if changed.user {
        ("reassigned", json!({ "to": activity.user.as_ref().map(crate::domain::UserRef::label) }))
    } else {
        ("details", json!({}))
    };
    let entry = Entry {
        at: now,
        actor: interaction.source.key(),
        contact: activity.contact_id,
        activity: Some(activity.id),
        what,
        data,
    };
    history::write(tx, entry).await?;
    if activity.test {
        return Ok(()); // a test is seen here, and never in Salesforce
    }
    let cause = match what {
        "moved" => "rescheduled",
        "state" => activity.state.key(),
        "details" => "updated",
        what => what,
    };
    match activity.kind {
        crate::domain::Kind::Booking => {
            outbox::enqueue(tx, Entity::Activity, activity.id, activity.contact_id, cause, now).await
        }
        _ => match activity.contact_id {
            Some(contact) => outbox::enqueue(tx, Entity::Contact, contact, Some(contact), cause, now).await,
            None => Ok(()),
        },
    }
}
