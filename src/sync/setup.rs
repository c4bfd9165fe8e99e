//! How the worker is set up: profiles with the filters that choose them, the gate, limits.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::profile::{Base, Profile};
use crate::domain::{Activity, Contact};

/// Whom a filter is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The contact; `None`: deleted.
    pub contact: Option<&'a Contact>,
    /// The activity at hand, or the contact's last one.
    pub activity: Option<&'a Activity>,
    /// The present.
    pub now: Timestamp,
}

/// A filter over a contact with one activity.
pub type Matcher = Arc<dyn Fn(Subject<'_>) -> bool + Send + Sync>;

/// A profile and what it is for.
#[derive(Clone)]
pub struct Choice {
    /// Whom and what it is for.
    pub when: Matcher,
    /// The options.
    pub profile: Profile,
}

/// Everything the worker takes from the configuration.
#[derive(Clone)]
pub struct Setup {
    /// Profiles; the first that matches counts.
    pub choices: Vec<Choice>,
    /// Who is synced at all; `None`: every contact with an email.
    pub gate: Option<Matcher>,
    /// Email of the user for records whose owner is no user of Salesforce.
    pub default_owner: Option<String>,
    /// Stop when this share of the daily allowance is used, in percent.
    pub share_percent: u8,
    /// Least time between two batches.
    pub interval: SignedDuration,
    calcom: Profile,
    oncehub: Profile,
}

impl Setup {
    /// A setup from its parts; what no profile matches follows the base of its source.
    pub fn new(choices: Vec<Choice>, gate: Option<Matcher>) -> Self {
        Self {
            choices,
            gate,
            default_owner: None,
            share_percent: 80,
            interval: SignedDuration::from_secs(5),
            calcom: Profile::of_base(Base::CalCom),
            oncehub: Profile::of_base(Base::OnceHub),
        }
    }

    /// The profile that counts.
    pub fn profile(&self, subject: Subject<'_>) -> &Profile {
        if let Some(choice) = self.choices.iter().find(|choice| (choice.when)(subject)) {
            return &choice.profile;
        }
        let source = subject.activity.map(|activity| activity.source.as_str());
        match source.or(subject.contact.map(|contact| contact.source.as_str())) {
            Some("calcom") => &self.calcom,
            _ => &self.oncehub,
        }
    }

    /// True if the gate lets a contact through.
    pub fn admits(&self, subject: Subject<'_>) -> bool {
        self.gate.as_ref().is_none_or(|gate| gate(subject))
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.choices.iter().map(|choice| &choice.profile.name).collect();
        f.debug_struct("Setup").field("profiles", &names).field("interval", &self.interval).finish_non_exhaustive()
    }
}
