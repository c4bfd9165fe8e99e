//! What is read for the screen, and how a rule gets into the file.

use std::sync::Arc;

use super::{Found, Mapping};
use crate::config::edit::{self, EditError, RuleChange};
use crate::config::{Base, Config, ConfigError, Profile};
use crate::domain::{Activity, Contact};
use crate::tui::effects::Hands;
use crate::tui::job::{Job, Kind};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::toast::Tone;
use crate::tui::update::say;

/// Reads the file and asks the org.
#[derive(Debug, Default, PartialEq)]
pub struct ReadMapping {
    contact: Option<Contact>,
    activity: Option<Activity>,
    again: bool,
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
    pub(super) fn new(contact: Option<Contact>, activity: Option<Activity>, again: bool) -> Self {
        Self { contact, activity, again }
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
            }
        }
        Ok(Arc::new(Found::new(&config, describes, custom, alone, (self.contact.as_ref(), self.activity.as_ref()))))
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
            screen.asked = false;
        }
        let what = match &self.change {
            RuleChange::Add(rule) => format!("{} is written from now on", rule.field),
            RuleChange::Replace(_, rule) => format!("The rule for {} is changed", rule.field),
            RuleChange::Remove(_) => "The rule is removed".to_owned(),
        };
        say(model, Tone::Good, what);
    }
}
