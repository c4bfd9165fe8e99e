//! The tables of the file, but for `[sync]`.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize};

use super::zone;
pub use crate::domain::Role;
use crate::domain::{Email, phone::Country};

/// `[user]`: who sits at the keyboard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct User {
    /// The user's address; empty: nobody, so "mine" is empty too. See [`User::email`].
    pub email: String,
    /// What the user may do.
    pub role: Role,
    /// IANA name of the zone in which times are shown; empty: the system's. See [`User::time_zone`].
    pub time_zone: String,
}

impl User {
    /// The user's address, if one is set.
    pub fn email(&self) -> Option<Email> {
        Email::parse(&self.email).ok()
    }

    /// The zone in which times are shown.
    pub fn time_zone(&self) -> TimeZone {
        match self.time_zone.as_str() {
            "" => zone::system(),
            name => zone::get(name).unwrap_or_else(zone::system),
        }
    }
}

/// `[identity]`: how people are told apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// An unknown email with the mobile of a contact that has another email: true makes a new contact,
    /// false links to that contact and lists a possible duplicate.
    pub strict_email: bool,
    /// ISO 3166 country of phone numbers written without one; empty: such numbers are no phone numbers.
    /// See [`Identity::country`].
    pub default_country: String,
}

impl Default for Identity {
    fn default() -> Self {
        Self { strict_email: false, default_country: "US".into() }
    }
}

impl Identity {
    /// The country of phone numbers written without one.
    pub fn country(&self) -> Option<Country> {
        Country::parse(&self.default_country)
    }
}

/// `[salesforce]`: the org and the way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Salesforce {
    /// How rolodeck logs in.
    pub auth: Auth,
    /// Login host: production, `https://test.salesforce.com`, or the org's My Domain.
    pub login_url: String,
    /// Consumer key of the External Client App (or of an older connected app).
    pub client_id: String,
    /// Environment variable that holds the app's consumer secret, if the app asks for one.
    pub client_secret_env: String,
    /// File (mode 0600) that holds it; counts before the variable. Empty: none.
    pub client_secret_file: String,
    /// Port of the callback address `http://localhost:PORT/OauthRedirect`, for `auth = "pkce"`.
    pub callback_port: u16,
    /// Username of the Salesforce user, for `auth = "jwt"`.
    pub username: String,
    /// File (mode 0600, PEM) with the private key of the app's certificate, for `auth = "jwt"`.
    pub private_key_file: String,
    /// Environment variable that holds the refresh token to begin with, for `auth = "refresh_token"`.
    pub refresh_token_env: String,
    /// File (mode 0600) that holds it; counts before the variable. Empty: none.
    pub refresh_token_file: String,
    /// Alias or username of an org that `sf` is logged in to, for `auth = "sf_cli"`; empty: its default org.
    pub sf_org: String,
    /// REST API version, as in `66.0`.
    pub api_version: String,
    /// Where the org answers, for `auth = "access_token"`; the other ways learn it at login.
    pub instance_url: String,
}

impl Default for Salesforce {
    fn default() -> Self {
        Self {
            auth: Auth::default(),
            login_url: "https://login.salesforce.com".into(),
            client_id: String::new(),
            client_secret_env: "ROLODECK_SF_CLIENT_SECRET".into(),
            client_secret_file: String::new(),
            callback_port: 1717,
            username: String::new(),
            private_key_file: String::new(),
            refresh_token_env: "ROLODECK_SF_REFRESH_TOKEN".into(),
            refresh_token_file: String::new(),
            sf_org: String::new(),
            api_version: "66.0".into(),
            instance_url: String::new(),
        }
    }
}

/// How rolodeck logs in to Salesforce.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// In the browser, web server flow with PKCE.
    #[default]
    Pkce,
    /// JWT bearer, for programs that nobody watches.
    Jwt,
    /// With a refresh token got elsewhere.
    RefreshToken,
    /// Client credentials on the My Domain host.
    ClientCredentials,
    /// Borrow the login of the `sf` command line.
    SfCli,
    /// A plain access token, for tests and trials.
    AccessToken,
}

impl Auth {
    /// The word of the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pkce => "pkce",
            Self::Jwt => "jwt",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::SfCli => "sf_cli",
            Self::AccessToken => "access_token",
        }
    }
}

/// `[store]`: how long things are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keeping {
    /// Days that payloads are kept as they came; 0: for ever.
    pub keep_payloads_days: u32,
    /// Days that finished rows of the outbox are kept; 0: for ever.
    pub keep_done_days: u32,
    /// Log files that are kept, one a day.
    pub log_files: u16,
}

impl Default for Keeping {
    fn default() -> Self {
        Self { keep_payloads_days: 180, keep_done_days: 90, log_files: 14 }
    }
}

/// `[owner_lookup]`: whose lead is it, for round robin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OwnerLookup {
    /// The record whose owner counts.
    pub record: super::Record,
    /// No contact: ask for a lead.
    pub fallback_to_lead: bool,
    /// People with an address of a free mail service have no owner.
    pub skip_free_email: bool,
    /// API name of a User lookup on Account that counts instead of the account's owner; empty: the owner.
    pub account_field: String,
    /// Accounts match by base domain too.
    pub fuzzy_domain: bool,
    /// Names of Account record types that never match.
    pub exclude_account_record_types: Vec<String>,
    /// What decides between several Accounts, in this order.
    pub tie_rules: Vec<super::TieRule>,
    /// API name of the field of Account that names its sub-region; empty: none.
    pub sub_region_field: String,
    /// Which records may decide.
    #[serde(rename = "rule")]
    pub rules: Vec<OwnerRule>,
}

impl Default for OwnerLookup {
    fn default() -> Self {
        Self {
            record: super::Record::default(),
            fallback_to_lead: false,
            skip_free_email: false,
            account_field: String::new(),
            fuzzy_domain: false,
            exclude_account_record_types: Vec::new(),
            tie_rules: super::TieRule::ALL.to_vec(),
            sub_region_field: String::new(),
            rules: Vec::new(),
        }
    }
}

/// `[[owner_lookup.rule]]`: which records may decide by a field of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnerRule {
    /// API name of a field of the Contact, Lead or Account.
    pub field: String,
    /// The value, in any case.
    pub value: String,
    /// What becomes of records that hold it.
    pub action: RuleAction,
}

/// What becomes of records that hold a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleAction {
    /// They are passed over.
    Ignore,
    /// Only they count.
    MustInclude,
}

/// `[serve]`: the listener for webhooks and the HTTP API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Serve {
    /// Address and port; loopback unless said otherwise.
    #[serde(deserialize_with = "socket_address")]
    pub listen: SocketAddr,
    /// How many requests a second one API key may make; twice as many at once after a pause. 1 to 10,000.
    pub requests_per_second: u32,
}

impl Default for Serve {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8787)), requests_per_second: 20 }
    }
}

fn socket_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    let numeric = text.strip_prefix("localhost:").map_or(text.clone(), |port| format!("127.0.0.1:{port}"));
    numeric
        .parse()
        .map_err(|_| serde::de::Error::custom(format!("`{text}` is not an address and port, as in `127.0.0.1:8787`")))
}

/// `[source.*]`: the programs that send webhooks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sources {
    /// Cal.com.
    pub calcom: CalcomSource,
    /// OnceHub.
    pub oncehub: OncehubSource,
}

/// `[source.calcom]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CalcomSource {
    /// Environment variable that holds the webhook's secret.
    pub secret_env: String,
    /// File (mode 0600) that holds it; counts before the variable. Empty: none.
    pub secret_file: String,
    /// Ask the source's API for what changed, too: for places that no webhook can reach.
    pub poll: bool,
    /// How many seconds from one poll to the next; at least 30.
    pub poll_seconds: u64,
    /// How many days back the first poll reads.
    pub poll_days: u32,
    /// The API's address.
    pub api_url: String,
    /// Environment variable that holds the API key.
    pub api_key_env: String,
    /// File (mode 0600) that holds it; counts before the variable. Empty: none.
    pub api_key_file: String,
}

impl Default for CalcomSource {
    fn default() -> Self {
        Self {
            secret_env: "ROLODECK_CALCOM_SECRET".into(),
            secret_file: String::new(),
            poll: false,
            poll_seconds: 300,
            poll_days: 30,
            api_url: "https://api.cal.com".into(),
            api_key_env: "ROLODECK_CALCOM_API_KEY".into(),
            api_key_file: String::new(),
        }
    }
}

/// `[source.oncehub]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OncehubSource {
    /// Environment variable that holds the webhook's secret.
    pub secret_env: String,
    /// File (mode 0600) that holds it; counts before the variable. Empty: none.
    pub secret_file: String,
    /// How many seconds a signature's time may be away from ours, either way.
    pub tolerance_seconds: u64,
    /// Ask the source's API for what changed, too: for places that no webhook can reach.
    pub poll: bool,
    /// How many seconds from one poll to the next; at least 30.
    pub poll_seconds: u64,
    /// How many days back the first poll reads.
    pub poll_days: u32,
    /// The API's address.
    pub api_url: String,
    /// Environment variable that holds the API key.
    pub api_key_env: String,
    /// File (mode 0600) that holds it; counts before the variable. Empty: none.
    pub api_key_file: String,
}

impl Default for OncehubSource {
    fn default() -> Self {
        Self {
            secret_env: "ROLODECK_ONCEHUB_SECRET".into(),
            secret_file: String::new(),
            tolerance_seconds: 300,
            poll: false,
            poll_seconds: 300,
            poll_days: 30,
            api_url: "https://api.oncehub.com".into(),
            api_key_env: "ROLODECK_ONCEHUB_API_KEY".into(),
            api_key_file: String::new(),
        }
    }
}

/// `[ui]`: the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ui {
    /// Colours.
    pub theme: Theme,
    /// Nothing moves by itself: no sparkline that runs, and no more than one frame a second while others work.
    pub reduced_motion: bool,
    /// Mouse clicks and the wheel are for rolodeck from the start; else for the terminal's own selection.
    pub mouse: bool,
}

/// The themes that there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// The terminal's own sixteen colours, used by meaning.
    #[default]
    Default,
    /// For a light background.
    Light,
    /// Strong colours, nothing dimmed.
    HighContrast,
    /// Attributes alone, no colours.
    Monochrome,
}

/// `[keys]`: key bindings by the name of the action. Which names and keys there are is known to the screen, which checks
/// them ([`crate::tui::keymap::check`]).
pub type Keys = BTreeMap<String, Vec<String>>;

/// `[theme]`: styles by meaning, over those of the theme: `accent = "light-magenta bold"`. The screen checks them, too.
pub type Styles = BTreeMap<String, String>;
