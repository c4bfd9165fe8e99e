//! A profile: how one kind of contact or activity is brought to Salesforce (Cal.com: event type options; OnceHub:
//! Salesforce settings). The first profile whose filter matches counts.

use super::account::Tie;
use super::rules::{Wins, WriteRule};

/// Where the defaults come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Cal.com's Salesforce integration.
    CalCom,
    /// OnceHub's contact sync.
    OnceHub,
}

/// The record under which Events are written, and which is created for unknown people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A Contact.
    Contact,
    /// A Lead.
    Lead,
    /// A Contact under an Account.
    Account,
}

impl RecordKind {
    /// The sObject that is created for a person.
    pub fn object(self) -> &'static str {
        match self {
            Self::Lead => "Lead",
            Self::Contact | Self::Account => "Contact",
        }
    }
}

/// What a cancellation does to the Event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCancel {
    /// It is deleted.
    Delete,
    /// It stays and says so.
    Update,
}

/// One profile, ready to plan with.
#[allow(clippy::struct_excessive_bools)] // each is an option of its own in the configuration
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Its name in the configuration.
    pub name: String,
    /// Where its defaults come from.
    pub base: Base,
    /// The record of a person.
    pub record: RecordKind,
    /// Only the first attendee counts (Cal.com: ignoreGuests).
    pub ignore_guests: bool,
    /// Nobody is created; unknown people are left out (Cal.com: skipContactCreation).
    pub skip_creation: bool,
    /// In lead mode, a Contact with the email comes first (Cal.com: createEventOnLeadCheckForContact).
    pub lead_checks_contact: bool,
    /// Whom no email finds is looked for by mobile phone (OnceHub: second identifier).
    pub match_phone: bool,
    /// A phone finds nobody who has another email (`identity.strict_email`).
    pub strict_email: bool,
    /// Who is new becomes a Contact under the Account of their email's domain (Cal.com: createNewContactUnderAccount).
    pub contact_under_account: bool,
    /// In account mode, who belongs to no Account is a Lead (Cal.com: createLeadIfAccountNull).
    pub lead_when_no_account: bool,
    /// Accounts match by the company's name in their website too (Cal.com: enableFuzzyDomainMatching).
    pub fuzzy_domain: bool,
    /// Names of Account record types that never match (Cal.com: excludeAccountRecordTypes).
    pub exclude_account_record_types: Vec<String>,
    /// What decides between several Accounts, in this order; `None`: all rules in Cal.com's order.
    pub tie_rules: Option<Vec<Tie>>,
    /// The field of Account that names its sub-region.
    pub sub_region_field: Option<String>,
    /// What a cancellation does.
    pub on_cancel: OnCancel,
    /// Checkbox on Event that tells a no-show.
    pub no_show_field: Option<String>,
    /// Name of the integration user whose records the organizer takes over on booking.
    pub change_owner_from: Option<String>,
    /// New records and Events belong to the organizer.
    pub organizer_owns: bool,
    /// Whose value stays in standard fields of a person's record that others hold too.
    pub wins: Wins,
    /// Mapped fields.
    pub rules: Vec<WriteRule>,
}

impl Profile {
    /// The profile that counts where none matches: the base's own defaults.
    pub fn of_base(base: Base) -> Self {
        let (record, on_cancel) = match base {
            Base::CalCom => (RecordKind::Contact, OnCancel::Delete),
            Base::OnceHub => (RecordKind::Lead, OnCancel::Update),
        };
        Self {
            name: match base {
                Base::CalCom => "calcom".to_owned(),
                Base::OnceHub => "oncehub".to_owned(),
            },
            base,
            record,
            ignore_guests: false,
            skip_creation: false,
            lead_checks_contact: base == Base::OnceHub,
            match_phone: base == Base::OnceHub,
            strict_email: false,
            contact_under_account: false,
            lead_when_no_account: false,
            fuzzy_domain: false,
            exclude_account_record_types: Vec::new(),
            tie_rules: None,
            sub_region_field: None,
            on_cancel,
            no_show_field: None,
            change_owner_from: None,
            organizer_owns: true,
            wins: Wins::Theirs,
            rules: Vec::new(),
        }
    }

    /// True if Contacts are looked for. Where one may be made, one that is there must be found.
    pub fn looks_for_contact(&self) -> bool {
        self.record != RecordKind::Lead || self.lead_checks_contact || self.contact_under_account
    }

    /// True if Leads are looked for.
    pub fn looks_for_lead(&self) -> bool {
        self.record == RecordKind::Lead
            || self.base == Base::OnceHub
            || (self.record == RecordKind::Account && self.lead_when_no_account)
    }

    /// True if a Contact with the email counts before a Lead (OnceHub reference 4.2).
    pub fn contact_before_lead(&self) -> bool {
        self.record != RecordKind::Lead || self.lead_checks_contact
    }

    /// True if a Contact under the person's Account is wanted even though they are a Lead already (Cal.com: a Lead is
    /// for those without an Account).
    pub fn account_before_lead(&self) -> bool {
        self.record == RecordKind::Account && self.contact_under_account
    }
}
