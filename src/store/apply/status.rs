//! The status that an activity sets on its contact (OnceHub: the bot's Contact status action).

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;

use crate::domain::lifecycle;
use crate::domain::{Activity, ContactId, Interaction};
use crate::store::convert::ms;
use crate::store::history::{self, Entry};
use crate::store::{Entity, StoreError, activities, contacts, outbox};

/// Sets it if it is news, with its history and, unless the contact is `created` with it, the word to Salesforce.
pub(super) async fn set(
    tx: &mut SqliteConnection,
    interaction: &Interaction,
    contact: ContactId,
    created: bool,
    activity: Option<&mut Activity>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(told) = interaction.person.as_ref().and_then(|person| person.status) else { return Ok(()) };
    let Some(known) = contacts::get(tx, contact).await? else { return Ok(()) };
    // Older than what the person did last: it says how things stood before.
    if known.interacted_at.is_some_and(|last| interaction.at < last) {
        return Ok(());
    }
    let source = interaction.source;
    let by_source = history::last_status_by(tx, contact, source.key()).await?;
    let news = lifecycle::status_is_news(told, activity.as_deref(), source, by_source);
    let (id, test) = (activity.as_ref().map(|activity| activity.id), activity.as_ref().is_some_and(|it| it.test));
    if let Some(activity) = activity
        && news
        && activity.detail.told_status != Some(told)
    {
        activity.detail.told_status = Some(told);
        activities::save(tx, activity).await?;
    }
    if !news || known.status == Some(told) {
        return Ok(());
    }
    sqlx::query("UPDATE contact SET status = ?, updated_at = ? WHERE id = ?")
        .bind(told.key())
        .bind(ms(now))
        .bind(contact)
        .execute(&mut *tx)
        .await?;
    let data = history::status_data(known.status, Some(told));
    let actor = source.key();
    history::write(tx, Entry { at: now, actor, contact: Some(contact), activity: id, what: "status", data }).await?;
    if created || test {
        return Ok(());
    }
    outbox::enqueue(tx, Entity::Contact, contact, Some(contact), "status", now).await
}
