//! Brings what happens to the store, the way every webhook goes: read by `ingest`, applied in one transaction.

use std::iter::Peekable;

use jiff::{SignedDuration, Timestamp};

use super::browse;
use super::delivery::Delivery;
use super::story::{Judgement, Step, Story};
use crate::cli::connect;
use crate::domain::{ActivityId, ContactId, Email, Interaction, Source};
use crate::ingest;
use crate::store::{IdentityRules, Store, StoreError};

/// What happened longer ago than this has been read.
const READ_AFTER: SignedDuration = SignedDuration::from_hours(30);
/// What came within this time is applied at once.
const TOGETHER: SignedDuration = SignedDuration::from_mins(60);

/// The door to the store.
#[derive(Clone, Debug)]
pub struct Feeder {
    store: Store,
    context: ingest::Context,
    rules: IdentityRules,
}

impl Feeder {
    /// A door that identifies people as the configuration says.
    pub fn new(store: Store, config: &crate::config::Config) -> Self {
        let context = ingest::Context { country: config.identity.country(), ..ingest::Context::default() };
        Self { store, context, rules: connect::identity(config) }
    }

    /// Brings one event, now.
    pub async fn hear(&self, delivery: &Delivery, now: Timestamp) -> Result<(), StoreError> {
        self.apply(&[delivery], now).await?;
        Ok(())
    }

    /// Brings a whole story as if the store had been there: everything has its own time.
    pub async fn hear_all(&self, story: &Story, now: Timestamp) -> Result<(), StoreError> {
        let mut read = Vec::new();
        let mut steps = story.steps.iter().peekable();
        while let Some(step) = steps.next() {
            match step {
                Step::Judged(judgement) => self.judge(judgement).await?,
                Step::Heard(first) => {
                    let together = together(first, &mut steps);
                    let at = together.last().map_or(first.at, |last| last.at);
                    let activities = self.apply(&together, at).await?;
                    if at < now - READ_AFTER {
                        read.extend(activities);
                    }
                }
            }
        }
        self.store.mark_read(&read, true).await?;
        Ok(())
    }

    async fn judge(&self, judgement: &Judgement) -> Result<(), StoreError> {
        let Ok(email) = Email::parse(&judgement.email) else { return Ok(()) };
        if let Some(contact) = self.store.contact_by_email(&email).await? {
            self.store.set_status(&[contact], Some(judgement.status), &judgement.by, judgement.at).await?;
        }
        Ok(())
    }

    /// Tells which pages somebody looked at before they talked or booked on the website, the way of `/hooks/page-views`:
    /// only of those who consented anything is kept.
    async fn looked(&self, interaction: &Interaction, contact: Option<ContactId>) -> Result<(), StoreError> {
        let website = interaction.source == Source::OnceHub;
        if let (Some(contact), Some(activity)) = (contact.filter(|_| website), &interaction.activity) {
            let began = activity.created_at.unwrap_or(interaction.at);
            self.store.add_page_views(contact, &browse::before(&activity.external_id, began)).await?;
        }
        Ok(())
    }

    async fn apply(&self, deliveries: &[&Delivery], now: Timestamp) -> Result<Vec<ActivityId>, StoreError> {
        let interactions: Vec<Interaction> =
            deliveries.iter().flat_map(|delivery| understand(delivery, &self.context)).collect();
        let applied = self.store.apply_all(&interactions, self.rules, now).await?;
        for (interaction, applied) in interactions.iter().zip(&applied) {
            self.looked(interaction, applied.contact_id).await?;
        }
        Ok(applied.into_iter().filter_map(|applied| applied.activity_id).collect())
    }
}

/// An event and those that follow it closely.
fn together<'a>(first: &'a Delivery, steps: &mut Peekable<std::slice::Iter<'a, Step>>) -> Vec<&'a Delivery> {
    let mut together = vec![first];
    while let Some(Step::Heard(next)) = steps.peek()
        && next.at.duration_since(first.at) < TOGETHER
    {
        together.push(next);
        steps.next();
    }
    together
}

fn understand(delivery: &Delivery, context: &ingest::Context) -> Vec<Interaction> {
    let text = delivery.body.to_string();
    match ingest::understand_json(Some(delivery.source), &delivery.body, &text, context, delivery.at) {
        Ok(parsed) => parsed.interactions,
        Err(error) => {
            tracing::error!(%error, "an event of the demo is not understood");
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::dice::Dice;
    use crate::cli::demo::people::Person;
    use crate::cli::demo::talk::Talk;
    use crate::cli::demo::testing::cast;
    use crate::cli::demo::{calcom, talk};
    use crate::config::Config;

    #[tokio::test]
    async fn whoever_talks_consents_to_page_views_and_a_form_of_calcom_tells_of_none() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("rolodeck.db")).await.unwrap();
        let feeder = Feeder::new(store.clone(), &Config::default());
        let now: Timestamp = "2026-05-06T10:20:30Z".parse().unwrap();
        let mut dice = Dice::with_seed(1);
        let talk = Talk::new(Person::numbered(50), cast().hosts[0].clone(), now, &mut dice);
        let (started, closed) = (talk.started(&mut dice), talk.closed(now + SignedDuration::from_mins(3), &mut dice));
        let form = calcom::form(&Person::numbered(51), talk::INTERESTS[0], "", now);
        for delivery in [&started, &closed, &form] {
            feeder.hear(delivery, delivery.at).await.unwrap();
        }
        let views = async |person: u64| {
            let email = Email::parse(&Person::numbered(person).email).unwrap();
            let contact = store.contact_by_email(&email).await.unwrap().unwrap();
            store.contact_detail(contact).await.unwrap().unwrap().page_views
        };
        let seen = views(50).await;
        assert_eq!(seen.len(), browse::before(&talk.id, now).len(), "once, though two payloads tell of the talk");
        assert!(seen.iter().all(|view| view.seconds.is_some() && view.at < now));
        assert_eq!(views(51).await, []);
    }
}
