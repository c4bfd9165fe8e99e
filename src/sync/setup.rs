//! How the worker is set up: profiles with the filters that choose them, the gate, limits.

use std::fmt;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::account::Tie;
use super::profile::{Base, OnCancel, Profile, RecordKind};
use super::rules::{Moment, RuleObject, RuleType, When, Wins, WriteRule};
use crate::config;
use crate::domain::{Activity, Contact, Email};
use crate::filter::{self, CustomField, Facts, Filter, List, Query, QueryError};

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
    /// Time between two looks at what changed in Salesforce; `None`: never.
    pub reread: Option<SignedDuration>,
    /// Our own key on Lead, Contact and Event; `None`: the org has no field for it.
    pub external_id_field: Option<String>,
    calcom: Profile,
    oncehub: Profile,
    /// A profile takes every activity.
    catches_all: bool,
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
            reread: None,
            external_id_field: None,
            calcom: Profile::of_base(Base::CalCom),
            oncehub: Profile::of_base(Base::OnceHub),
            catches_all: false,
        }
    }

    /// The setup that the configuration describes. Filters are checked here, so that none fails later.
    pub fn from_config(config: &config::Config, surroundings: &Surroundings) -> Result<Self, SetupError> {
        let sync = &config.sync;
        let mut choices = Vec::new();
        for said in &sync.profiles {
            let when = surroundings.matcher(&said.when, List::Activities).map_err(|error| SetupError::Filter {
                place: format!("[[sync.profile]] `{}`: when", said.name),
                text: said.when.clone(),
                error,
            })?;
            choices.push(Choice {
                when,
                profile: Profile { strict_email: config.identity.strict_email, ..profile(said) },
            });
        }
        let gate = if sync.gate.trim().is_empty() {
            None
        } else {
            let place = "[sync] gate".to_owned();
            let text = sync.gate.clone();
            Some(surroundings.matcher(&sync.gate, List::Contacts).map_err(|error| SetupError::Filter {
                place,
                text,
                error,
            })?)
        };
        let mut setup = Self {
            default_owner: Email::parse(&sync.default_owner).ok().map(String::from),
            share_percent: u8::try_from(sync.api_share_percent).unwrap_or(100),
            interval: SignedDuration::from_secs(i64::try_from(sync.interval_seconds).unwrap_or(5)),
            reread: (sync.reread_minutes > 0)
                .then(|| SignedDuration::from_mins(i64::try_from(sync.reread_minutes).unwrap_or(i64::MAX / 60))),
            external_id_field: Some(sync.external_id_field.clone()).filter(|field| !field.is_empty()),
            ..Self::new(choices, gate)
        };
        setup.catches_all = sync.profiles.iter().any(|profile| profile.when.trim().is_empty());
        for profile in [&mut setup.calcom, &mut setup.oncehub] {
            profile.strict_email = config.identity.strict_email;
        }
        Ok(setup)
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

    /// Every profile of the configuration, in its order.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.choices.iter().map(|choice| &choice.profile)
    }

    /// The bases, as far as something may be left that no profile matches.
    pub fn bases(&self) -> impl Iterator<Item = &Profile> {
        [&self.calcom, &self.oncehub].into_iter().filter(|_| !self.catches_all)
    }

    /// The same, and the bases for what no profile matches.
    pub fn all_profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles().chain([&self.calcom, &self.oncehub])
    }

    /// True if the gate lets a contact through; without one, whoever has an email.
    pub fn admits(&self, subject: Subject<'_>) -> bool {
        match &self.gate {
            Some(gate) => gate(subject),
            None => subject.contact.is_none_or(|contact| contact.values.email().is_some()),
        }
    }
}

/// What filters of the configuration refer to.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The user's zone: where days begin.
    pub zone: TimeZone,
    /// The user: `mine`, `me`.
    pub me: Option<Email>,
    /// Custom fields that are not archived.
    pub custom: Vec<CustomField>,
}

impl Surroundings {
    /// A filter's text as a matcher; what is relative in it counts from the time of each question.
    fn matcher(&self, text: &str, list: List) -> Result<Matcher, QueryError> {
        let query = Query::parse(text)?;
        let context = |now| filter::Context {
            list,
            now,
            zone: self.zone.clone(),
            me: self.me.clone(),
            custom: self.custom.clone(),
        };
        Filter::new(&query, &context(Timestamp::UNIX_EPOCH))?;
        let this = self.clone();
        Ok(Arc::new(move |subject: Subject<'_>| {
            let context = filter::Context {
                list,
                now: subject.now,
                zone: this.zone.clone(),
                me: this.me.clone(),
                custom: this.custom.clone(),
            };
            Filter::new(&query, &context)
                .is_ok_and(|filter| filter.matches(&Facts::new(subject.contact, subject.activity)))
        }))
    }
}

/// Why a configuration cannot be worked with.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SetupError {
    /// A filter that does not parse.
    #[error("{place} = {text:?}: {error}")]
    Filter {
        /// Where it stands in the file.
        place: String,
        /// The filter.
        text: String,
        /// What is wrong with it, and where.
        error: QueryError,
    },
}

fn profile(said: &config::Profile) -> Profile {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Profile {
        name: said.name.clone(),
        base: match said.base {
            config::Base::Calcom => Base::CalCom,
            config::Base::Oncehub => Base::OnceHub,
        },
        record: match said.record {
            config::Record::Contact => RecordKind::Contact,
            config::Record::Lead => RecordKind::Lead,
            config::Record::Account => RecordKind::Account,
        },
        ignore_guests: said.ignore_guests,
        skip_creation: said.skip_creation,
        lead_checks_contact: said.lead_checks_contact,
        match_phone: said.match_phone,
        strict_email: false,
        contact_under_account: said.contact_under_account,
        lead_when_no_account: said.lead_when_no_account,
        fuzzy_domain: said.fuzzy_domain,
        exclude_account_record_types: said.exclude_account_record_types.clone(),
        tie_rules: Some(said.tie_rules.iter().map(|rule| tie(*rule)).collect()),
        sub_region_field: text(&said.sub_region_field),
        on_cancel: match said.on_cancel {
            config::OnCancel::Delete => OnCancel::Delete,
            config::OnCancel::Update => OnCancel::Update,
        },
        no_show_field: text(&said.no_show_field),
        change_owner_from: text(&said.change_owner_from),
        organizer_owns: said.organizer_owns,
        wins: wins(said.wins),
        rules: said.write.iter().map(rule).collect(),
    }
}

/// A tie rule of the file.
pub fn tie(said: config::TieRule) -> Tie {
    match said {
        config::TieRule::SubRegion => Tie::SubRegion,
        config::TieRule::CountryStateZip => Tie::CountryStateZip,
        config::TieRule::CountryState => Tie::CountryState,
        config::TieRule::Country => Tie::Country,
        config::TieRule::ChildAccounts => Tie::ChildAccounts,
        config::TieRule::Opportunities => Tie::Opportunities,
        config::TieRule::Contacts => Tie::Contacts,
        config::TieRule::LastActivity => Tie::LastActivity,
        config::TieRule::Oldest => Tie::Oldest,
    }
}

fn wins(said: config::Wins) -> Wins {
    match said {
        config::Wins::Rolodeck => Wins::Ours,
        config::Wins::Salesforce => Wins::Theirs,
    }
}

pub(super) fn rule(said: &config::WriteRule) -> WriteRule {
    WriteRule {
        object: match said.object {
            config::Target::Event => RuleObject::Event,
            config::Target::Person => RuleObject::Person,
            config::Target::Lead => RuleObject::Lead,
            config::Target::Contact => RuleObject::Contact,
        },
        on: match said.on {
            config::Operation::Create => Moment::Create,
            config::Operation::Update => Moment::Update,
            config::Operation::Cancel => Moment::Cancel,
        },
        field: said.field.clone(),
        value: said.value.clone(),
        when: match said.when {
            config::When::Always => When::Always,
            config::When::Empty => When::Empty,
        },
        kind: match said.field_type {
            config::FieldType::Auto => None,
            config::FieldType::Text => Some(RuleType::Text),
            config::FieldType::Phone => Some(RuleType::Phone),
            config::FieldType::Date => Some(RuleType::Date),
            config::FieldType::Datetime => Some(RuleType::Datetime),
            config::FieldType::Checkbox => Some(RuleType::Checkbox),
            config::FieldType::Picklist => Some(RuleType::Picklist),
            config::FieldType::Multipicklist => Some(RuleType::MultiPicklist),
            config::FieldType::Number => Some(RuleType::Number),
            config::FieldType::Time => Some(RuleType::Time),
            config::FieldType::Custom => Some(RuleType::Custom),
        },
        wins: wins(said.wins),
        fallback: (!said.fallback.is_empty()).then(|| said.fallback.clone()),
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.choices.iter().map(|choice| &choice.profile.name).collect();
        f.debug_struct("Setup").field("profiles", &names).field("interval", &self.interval).finish_non_exhaustive()
    }
}
