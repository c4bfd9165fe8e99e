//! What is read for the screen, and how a rule gets into the file.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Found, Mapping};
use crate::config::edit::{self, EditError, RuleChange};
use crate::config::{Base, Config, ConfigError, Profile};
use crate::domain::{Activity, ActivityId, Contact, ContactId, activity};
use crate::store::{Store, StoreError};
use crate::sync::calls;
use crate::tui::effects::Hands;
use crate::tui::job::{Job, Kind};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::detail::Shown;
use crate::tui::model::toast::Tone;
use crate::tui::update::say;

/// Reads the file and asks the org.
#[derive(Debug, Default, PartialEq)]
pub struct ReadMapping {
    subject: Subject,
    again: bool,
}

/// Whom the rules are tried on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    contact: Option<ContactId>,
    activity: Option<ActivityId>,
}

impl Subject {
    /// What is selected; of a contact its latest booking, so that rules about bookings have something to say.
    pub(super) fn of(shown: &Shown) -> Self {
        match shown {
            Shown::Contact(detail) => {
                let booking = detail.activities.iter().find(|row| row.kind == activity::Kind::Booking);
                let activity = booking.or(detail.activities.first()).map(|activity| activity.id);
                Self { contact: Some(detail.contact.id), activity }
            }
            Shown::Activity(detail) => Self { contact: detail.activity.contact_id, activity: Some(detail.activity.id) },
            Shown::Nothing | Shown::Gone => Self::default(),
        }
    }

    async fn read(self, store: &Store) -> Result<(Option<Contact>, Option<Activity>), StoreError> {
        let activity = match self.activity {
            Some(id) => store.activity_detail(id).await?.map(|detail| detail.activity),
            None => None,
        };
        let contact = match self.contact {
            Some(id) => store.contact_detail(id).await?.map(|detail| detail.contact),
            None => None,
        };
        Ok((contact, activity))
    }
}

/// The rules of the file as it is now; without a file, those that the program started with.
fn config_now(hands: &Hands) -> Result<Config, String> {
    let Some(path) = &hands.config_file else { return Ok(hands.config.as_ref().clone()) };
    match Config::load(Some(path)) {
        Ok(config) => Ok(config),
        Err(ConfigError::Missing(_)) => Ok(Config::default()),
        Err(error) => {
            let failure = crate::words::Failure::from(error);
            Err(format!("{}: {}; {}", failure.what, failure.why, failure.hint))
        }
    }
}

impl ReadMapping {
    pub(super) fn new(subject: Subject, again: bool) -> Self {
        Self { subject, again }
    }
}

impl Job for ReadMapping {
    type Answer = Arc<Found>;

    fn kind(&self) -> Kind {
        Kind::Reading("mapping")
    }

    async fn run(&self, hands: &Hands) -> Result<Arc<Found>, String> {
        let config = config_now(hands)?;
        let custom = hands.store.custom_fields().await.map_err(|error| error.to_string())?;
        let (mut describes, mut alone) = (Vec::new(), None);
        match hands.org.as_ref().as_ref() {
            None => alone = Some("Salesforce is not connected".to_owned()),
            Some(org) => {
                if self.again {
                    org.forget_describes();
                }
                for object in ["Lead", "Contact", "Event"] {
                    match org.describe(object).await {
                        Ok(describe) => describes.push(describe),
                        Err(error) => alone = Some(error.to_string()),
                    }
                }
                calls::count(&hands.store, org, Timestamp::now()).await;
            }
        }
        let (contact, activity) = self.subject.read(&hands.store).await.map_err(|error| error.to_string())?;
        Ok(Arc::new(Found::new(&config, describes, custom, alone, (contact.as_ref(), activity.as_ref()))))
    }

    fn take(&self, found: Arc<Found>, model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(screen) = model.layers.find_mut::<Mapping>() {
            screen.found = Some(found);
        }
    }

    fn failed(&self, error: String, model: &mut Model, _: &mut Vec<Effect>) {
        model.layers.close::<Mapping>();
        say(model, Tone::Bad, error);
    }
}

/// Changes the file.
#[derive(Debug, PartialEq)]
pub struct SaveRule {
    profile: String,
    change: RuleChange,
}

impl SaveRule {
    pub(super) fn new(profile: String, change: RuleChange) -> Self {
        Self { profile, change }
    }
}

impl Job for SaveRule {
    type Answer = ();

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<(), String> {
        let Some(path) = &hands.config_file else {
            return Err("Nothing was changed: the demo has no configuration file".to_owned());
        };
        let base = if self.profile == "oncehub" { Base::Oncehub } else { Base::Calcom };
        let when = if base == Base::Oncehub { "source:oncehub" } else { "source:calcom" };
        let new = Profile { when: when.to_owned(), ..Profile::defaults(base) };
        edit::change_rule_in(path, &self.profile, &self.change, &new).map_err(|error| match error {
            EditError::Config(error) => {
                let failure = crate::words::Failure::from(error);
                format!("Nothing was changed: {}", failure.why)
            }
            other => format!("Nothing was changed: {other}"),
        })
    }

    fn take(&self, (): (), model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(screen) = model.layers.find_mut::<Mapping>() {
            screen.asked = None;
        }
        let what = match &self.change {
            RuleChange::Add(rule) => format!("{} is written from now on", rule.field),
            RuleChange::Replace(_, rule) => format!("The rule for {} is changed", rule.field),
            RuleChange::Remove(_) => "The rule is removed".to_owned(),
        };
        say(model, Tone::Good, what);
    }
}
