//! One interaction, one transaction: who it was, what happened, what Salesforce must hear of.

mod person;
mod seats;
mod status;

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::connect::transact;
use super::convert::ms;
use super::history::{self, Entry};
use super::{Entity, Store, StoreError, activities, outbox};
use crate::domain::lifecycle::{self, Changed};
use crate::domain::{Activity, ActivityId, ActivityUpdate, ContactId, Interaction, Person, State};

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
                let (contact, created) = person::receive(tx, interaction, person, rules, now).await?;
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
            Some(person::follow_up(tx, interaction, activity, person, rules, now).await?)
        }
        // The contact was deleted: its activities go on without it (OnceHub: delete a contact).
        Some(_) if !open => None,
        _ if interaction.person.is_none() => None,
        _ => Some(person::receive(tx, interaction, person, rules, now).await?),
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
            let ids = activities::ids(tx, activity.id).await?;
            joined.and(lifecycle::hear(&mut activity, &update, &ids, interaction.at, now))
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
    if let Some(id) = &update.previous_id {
        earlier = activities::find(tx, source, id).await?;
    }
    let moved = earlier.is_some();
    for id in &update.aliases {
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
            let changed = lifecycle::join(&mut earlier, &present, moved);
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
