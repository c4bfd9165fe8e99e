//! `[sync]`, its profiles and their write rules.

use serde::{Deserialize, Serialize};

/// `[sync]`: the worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sync {
    /// Whether anything is sent at all.
    pub enabled: bool,
    /// Seconds between two looks at the outbox when nobody wakes the worker.
    pub interval_seconds: u64,
    /// Stop when this share (percent) of the org's daily API allowance is used, by whomever.
    pub api_share_percent: u32,
    /// Filter over contacts: who is synced. Empty: every contact with an email.
    pub gate: String,
    /// API name of an external id on Lead, Contact and Activity; empty: the org has none.
    pub external_id_field: String,
    /// Email of the Salesforce user who owns what has no other owner; empty: the user who is logged in.
    pub default_owner: String,
    /// Minutes between two looks at what changed in Salesforce, one call each; 0: never.
    pub reread_minutes: u64,
    /// Sets of options; the first whose `when` matches an activity counts.
    #[serde(rename = "profile")]
    pub profiles: Vec<Profile>,
}

impl Default for Sync {
    fn default() -> Self {
        Self {
            enabled: true,
            interval_seconds: 5,
            api_share_percent: 80,
            gate: String::new(),
            external_id_field: String::new(),
            default_owner: String::new(),
            reread_minutes: 15,
            profiles: Vec::new(),
        }
    }
}

/// Whose behaviour the defaults of a profile follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Base {
    /// Cal.com: people become Contacts; a cancelled meeting is deleted.
    #[default]
    Calcom,
    /// OnceHub: people become Leads; a cancelled meeting stays and is updated.
    Oncehub,
}

/// The record under which a meeting is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Record {
    /// A Contact.
    #[default]
    Contact,
    /// A Lead.
    Lead,
    /// A Contact under an Account.
    Account,
}

/// What decides between several Accounts that match alike (Cal.com: tie rules).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TieRule {
    /// The sub-region that the person told.
    SubRegion,
    /// The country, state and postal code.
    CountryStateZip,
    /// The country and state.
    CountryState,
    /// The country.
    Country,
    /// Most child accounts.
    ChildAccounts,
    /// Most opportunities.
    Opportunities,
    /// Most contacts.
    Contacts,
    /// The latest activity.
    LastActivity,
    /// The oldest.
    Oldest,
}

impl TieRule {
    /// All of them, in Cal.com's order.
    pub const ALL: [Self; 9] = [
        Self::SubRegion,
        Self::CountryStateZip,
        Self::CountryState,
        Self::Country,
        Self::ChildAccounts,
        Self::Opportunities,
        Self::Contacts,
        Self::LastActivity,
        Self::Oldest,
    ];
}

/// What becomes of the Event of a cancelled meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnCancel {
    /// It is deleted.
    Delete,
    /// It stays, and the rules `on = "cancel"` write to it.
    Update,
}

/// `[[sync.profile]]`: a set of options for the activities that a filter chooses.
///
/// What the file does not say follows the profile's base; here every option has its final value.
#[allow(clippy::struct_excessive_bools)] // each is an option of its own in the file
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "ProfileInFile")]
pub struct Profile {
    /// What people call it; no two are the same.
    pub name: String,
    /// Filter over activities; empty: all of them.
    pub when: String,
    /// Whose defaults.
    pub base: Base,
    /// The record under which a meeting is written.
    pub record: Record,
    /// Only the first attendee is looked up, created and related.
    pub ignore_guests: bool,
    /// Nobody is created; guests who are not in Salesforce do not block the Event.
    pub skip_creation: bool,
    /// `record = "lead"`: a Contact with that email counts before a Lead.
    pub lead_checks_contact: bool,
    /// Whom no email finds is looked for by mobile phone, the most recently modified record first. A contact's own
    /// changes, conversations and forms are always looked for by both.
    pub match_phone: bool,
    /// A new person whose email domain belongs to an Account becomes a Contact under it.
    pub contact_under_account: bool,
    /// `record = "account"`: who belongs to no Account becomes a Lead.
    pub lead_when_no_account: bool,
    /// Accounts match by base domain too (`mail.acme.com` and `acme.co.uk`).
    pub fuzzy_domain: bool,
    /// Names of Account record types that never match.
    pub exclude_account_record_types: Vec<String>,
    /// What decides between several Accounts of one kind, in this order.
    pub tie_rules: Vec<TieRule>,
    /// API name of the field of Account that names its sub-region; empty: none.
    pub sub_region_field: String,
    /// What becomes of the Event of a cancelled meeting.
    pub on_cancel: OnCancel,
    /// API name of the Event's checkbox for a no-show; empty: not written.
    pub no_show_field: String,
    /// A booking hands the person to the organizer if the owner now is the user of this name; empty: never.
    pub change_owner_from: String,
    /// New records belong to the Salesforce user with the organizer's (or contact owner's) email.
    pub organizer_owns: bool,
    /// Whose value stays in standard fields of a person's record (name, phone, title, …) that hold another value.
    pub wins: Wins,
    /// Fields to write.
    pub write: Vec<WriteRule>,
}

impl Profile {
    /// The options of a base as they are when no profile says otherwise: no name, every activity, no write rules.
    pub fn defaults(base: Base) -> Self {
        Self {
            name: String::new(),
            when: String::new(),
            base,
            record: match base {
                Base::Calcom => Record::Contact,
                Base::Oncehub => Record::Lead,
            },
            ignore_guests: false,
            skip_creation: false,
            // OnceHub updates a Contact that has the email, and makes a Lead only of who is unknown.
            lead_checks_contact: base == Base::Oncehub,
            match_phone: base == Base::Oncehub,
            contact_under_account: false,
            lead_when_no_account: false,
            fuzzy_domain: false,
            exclude_account_record_types: Vec::new(),
            tie_rules: TieRule::ALL.to_vec(),
            sub_region_field: String::new(),
            on_cancel: match base {
                Base::Calcom => OnCancel::Delete,
                Base::Oncehub => OnCancel::Update,
            },
            no_show_field: String::new(),
            change_owner_from: String::new(),
            organizer_owns: true,
            wins: Wins::Salesforce,
            write: Vec::new(),
        }
    }
}

/// A profile as it is written: what is not said is left to the base.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileInFile {
    name: String,
    when: Option<String>,
    #[serde(default)]
    base: Base,
    record: Option<Record>,
    ignore_guests: Option<bool>,
    skip_creation: Option<bool>,
    lead_checks_contact: Option<bool>,
    match_phone: Option<bool>,
    contact_under_account: Option<bool>,
    lead_when_no_account: Option<bool>,
    fuzzy_domain: Option<bool>,
    exclude_account_record_types: Option<Vec<String>>,
    tie_rules: Option<Vec<TieRule>>,
    sub_region_field: Option<String>,
    on_cancel: Option<OnCancel>,
    no_show_field: Option<String>,
    change_owner_from: Option<String>,
    organizer_owns: Option<bool>,
    wins: Option<Wins>,
    write: Option<Vec<WriteRule>>,
}

impl From<ProfileInFile> for Profile {
    fn from(said: ProfileInFile) -> Self {
        let base = Self::defaults(said.base);
        Self {
            name: said.name,
            when: said.when.unwrap_or(base.when),
            base: said.base,
            record: said.record.unwrap_or(base.record),
            ignore_guests: said.ignore_guests.unwrap_or(base.ignore_guests),
            skip_creation: said.skip_creation.unwrap_or(base.skip_creation),
            lead_checks_contact: said.lead_checks_contact.unwrap_or(base.lead_checks_contact),
            match_phone: said.match_phone.unwrap_or(base.match_phone),
            contact_under_account: said.contact_under_account.unwrap_or(base.contact_under_account),
            lead_when_no_account: said.lead_when_no_account.unwrap_or(base.lead_when_no_account),
            fuzzy_domain: said.fuzzy_domain.unwrap_or(base.fuzzy_domain),
            exclude_account_record_types: said
                .exclude_account_record_types
                .unwrap_or(base.exclude_account_record_types),
            tie_rules: said.tie_rules.unwrap_or(base.tie_rules),
            sub_region_field: said.sub_region_field.unwrap_or(base.sub_region_field),
            on_cancel: said.on_cancel.unwrap_or(base.on_cancel),
            no_show_field: said.no_show_field.unwrap_or(base.no_show_field),
            change_owner_from: said.change_owner_from.unwrap_or(base.change_owner_from),
            organizer_owns: said.organizer_owns.unwrap_or(base.organizer_owns),
            wins: said.wins.unwrap_or(base.wins),
            write: said.write.unwrap_or(base.write),
        }
    }
}

/// `[[sync.profile.write]]`: one mapped field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteRule {
    /// The kind of record.
    pub object: Target,
    /// The occasion.
    pub on: Operation,
    /// API name of the field, in Salesforce's own spelling.
    pub field: String,
    /// A literal or a template: `{answer}`, `{form:x}`, `{utm:x}`, `{contact.x}`, `{booking.x}`.
    pub value: String,
    /// Whether a value in Salesforce may be replaced.
    #[serde(default)]
    pub when: When,
    /// How the value is turned into the field's type.
    #[serde(default, rename = "type")]
    pub field_type: FieldType,
    /// What is written when the template gives nothing; empty: then nothing is written.
    #[serde(default)]
    pub fallback: String,
    /// Whose value stays when somebody in Salesforce changed what this rule had written.
    #[serde(default)]
    pub wins: Wins,
}

/// Whose value stays where both sides have one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wins {
    /// Ours is written.
    #[default]
    Rolodeck,
    /// Theirs stays.
    Salesforce,
}

/// The kind of record that a write rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// The meeting.
    Event,
    /// The Lead or Contact of a booking, whichever it is.
    Person,
    /// A Lead.
    Lead,
    /// A Contact.
    Contact,
}

/// The occasion of a write rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// The record is created; for a person: the meeting is booked.
    Create,
    /// The record is updated.
    Update,
    /// The meeting is cancelled.
    Cancel,
}

/// Whether a value in Salesforce may be replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Always.
    #[default]
    Always,
    /// Only when the field is empty.
    Empty,
}

/// How a value is turned into a field's type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// As the org's describe says.
    #[default]
    Auto,
    /// Text, cut to the field's length.
    Text,
    /// Phone number.
    Phone,
    /// Calendar date.
    Date,
    /// Instant.
    Datetime,
    /// True or false.
    Checkbox,
    /// One of the active values, exactly.
    Picklist,
    /// Several of the active values.
    Multipicklist,
    /// Number.
    Number,
    /// Time of day.
    Time,
    /// Text, whatever the field's type.
    Custom,
}
