//! The org's switches, from `settings` of the org file.

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::sandbox::clock::parse_datetime;

/// How a duplicate rule's key is spelled in an answer: real orgs of many versions leave a letter out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
pub enum DuplicateKey {
    /// As documented.
    #[default]
    #[serde(rename = "duplicateResult")]
    Documented,
    /// As seen.
    #[serde(rename = "duplicateResut")]
    Seen,
}

impl DuplicateKey {
    /// The key.
    pub fn name(self) -> &'static str {
        match self {
            Self::Documented => "duplicateResult",
            Self::Seen => "duplicateResut",
        }
    }
}

/// Every switch has a default that makes a plain developer org.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// An access token that always works. By default one is made at the start.
    pub access_token: Option<String>,
    /// The user that the access token speaks for: an `@key`, an id or a username. By default the first active user.
    pub api_user: Option<String>,
    /// Calls a day.
    pub daily_limit: u64,
    /// Calls already used at the start.
    pub daily_used: u64,
    /// Invitees as `EventWhoIds`; without it the column does not exist.
    pub shared_activities: bool,
    /// A rule that finds persons with the same email: blocking, or a warning that `allowSave` overrides.
    pub duplicate_rule: Option<DuplicateRule>,
    /// The spelling of the rule's key in answers.
    pub duplicate_key: DuplicateKey,
    /// The client id that OAuth accepts. None: any.
    pub client_id: Option<String>,
    /// The client secret. None: not asked for, except by client credentials, which then take any.
    pub client_secret: Option<String>,
    /// Hand out a new refresh token on each use; the old one dies, and using it again kills the family.
    pub rotate_refresh_tokens: bool,
    /// How long an access token lives without use. None: for ever.
    pub session_seconds: Option<i64>,
    /// The public key (PEM) of the app's certificate. None: a JWT's claims are checked, its signature is not.
    pub jwt_public_key: Option<String>,
    /// The lowest REST version that is still served; a lower one answers 410.
    pub lowest_version: u32,
    /// The highest REST version.
    pub highest_version: u32,
    /// A fixed moment that the org takes for now.
    #[serde(deserialize_with = "moment")]
    pub now: Option<Timestamp>,
    /// The name of the organization.
    pub organization_name: String,
}

/// What the duplicate rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateRule {
    /// Refuses, whatever the header says.
    Block,
    /// Refuses unless `Sforce-Duplicate-Rule-Header: allowSave=true`.
    Alert,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_token: None,
            api_user: None,
            daily_limit: 15_000,
            daily_used: 0,
            shared_activities: false,
            duplicate_rule: None,
            duplicate_key: DuplicateKey::default(),
            client_id: None,
            client_secret: None,
            rotate_refresh_tokens: false,
            session_seconds: None,
            jwt_public_key: None,
            lowest_version: 31,
            highest_version: 68,
            now: None,
            organization_name: "Sandbox".into(),
        }
    }
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_datetime(&text)
        .map(Some)
        .ok_or_else(|| D::Error::custom(format!("\"{text}\" is no date and time with an offset")))
}
