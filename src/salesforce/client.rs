//! The client: one org, one user.
//!
//! Every call goes through [`Client::send`], which adds the session, renews it once when Salesforce refuses it, counts,
//! and turns the answer into data or an error. Nothing else is ever repeated here.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::{interpret, unreadable};
use super::auth::{Session, TokenSource};
use super::describe::Describe;
use super::error::ApiError;
use super::http::{Answer, BaseUrl, Failure, Http, HttpOptions, encode};
use super::id::SfId;
use super::usage::{Limits, Usage, limits_from};

/// A version of the API, e.g. 66.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion(u16);

/// A text that is no API version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an API version like 66.0")]
pub struct ApiVersionError(pub String);

impl ApiVersion {
    /// Spring '26, the version this client was written against.
    pub const DEFAULT: Self = Self(66);
    /// The oldest that does all this client asks for: duplicate rule header, `created` of upserts, strict reference
    /// ids.
    pub const OLDEST: Self = Self(52);
}

impl FromStr for ApiVersion {
    type Err = ApiVersionError;

    fn from_str(text: &str) -> Result<Self, ApiVersionError> {
        let number = text.strip_prefix('v').unwrap_or(text);
        let number = number.strip_suffix(".0").unwrap_or(number);
        let plain = (1..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
        let version = if plain { number.parse().ok().map(Self) } else { None };
        version.ok_or_else(|| ApiVersionError(super::text::name(text)))
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.0", self.0)
    }
}

/// What to tell the org's duplicate rules (`Sforce-Duplicate-Rule-Header`). It overrides rules that warn, never those
/// that block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuplicateRules {
    /// Save in spite of a warning.
    pub allow_save: bool,
    /// Look for duplicates with the sync user's sharing only.
    pub run_as_current_user: bool,
}

/// How the client works.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Who we are.
    pub token_source: TokenSource,
    /// Which API.
    pub api_version: ApiVersion,
    /// How requests are made.
    pub http: HttpOptions,
    /// What to tell duplicate rules; `None` leaves the org's way.
    pub duplicate_rules: Option<DuplicateRules>,
    /// Whether assignment rules may give new leads to somebody else and send mail. Salesforce's own default is yes.
    pub auto_assign: bool,
}

impl ClientConfig {
    /// The defaults for a token source.
    pub fn new(token_source: TokenSource) -> Self {
        Self {
            token_source,
            api_version: ApiVersion::DEFAULT,
            http: HttpOptions::default(),
            duplicate_rules: None,
            auto_assign: false,
        }
    }
}

/// A client of one org. Clones share session, connections, cache and counters.
#[derive(Debug, Clone)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: ClientConfig,
    http: Http,
    calls: AtomicU64,
    /// Those that were not yet taken by whoever keeps account.
    untaken: AtomicU64,
    usage: Mutex<Option<Usage>>,
    /// What the last answer said the time is, and when it came.
    clock: Mutex<Option<(Timestamp, Timestamp)>>,
    describes: Mutex<HashMap<String, Arc<Describe>>>,
}

/// A version the org serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The release, `Spring '26`.
    pub label: String,
    /// Its root path.
    pub url: String,
    /// Its number, `66.0`.
    pub version: String,
}

/// The user we are (`/services/oauth2/userinfo`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserInfo {
    /// The user's id.
    pub user_id: SfId,
    /// The org's id.
    pub organization_id: SfId,
    /// The user name, which has the form of an email address.
    #[serde(rename = "preferred_username", default)]
    pub username: String,
    /// The name for people.
    #[serde(default)]
    pub name: String,
    /// The email address.
    #[serde(default)]
    pub email: Option<String>,
    /// The time zone, as in the tz database.
    #[serde(default)]
    pub zoneinfo: Option<String>,
}

/// One call, before it has a session.
pub(super) struct Call<'a> {
    /// For logs; the path can hold personal data.
    label: &'static str,
    method: Method,
    path: String,
    body: Option<&'a Value>,
    header: Option<(&'static str, String)>,
    /// Whether it counts against the allowance.
    counted: bool,
    /// Whether it needs the session's token.
    authorized: bool,
}

impl<'a> Call<'a> {
    fn new(label: &'static str, method: Method, path: String, body: Option<&'a Value>) -> Self {
        Self { label, method, path, body, header: None, counted: true, authorized: true }
    }

    pub(super) fn get(label: &'static str, path: String) -> Self {
        Self::new(label, Method::GET, path, None)
    }

    pub(super) fn post(label: &'static str, path: String, body: &'a Value) -> Self {
        Self::new(label, Method::POST, path, Some(body))
    }

    pub(super) fn patch(label: &'static str, path: String, body: &'a Value) -> Self {
        Self::new(label, Method::PATCH, path, Some(body))
    }

    pub(super) fn delete(label: &'static str, path: String) -> Self {
        Self::new(label, Method::DELETE, path, None)
    }

    pub(super) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.header = Some((name, value));
        self
    }
}

impl Client {
    /// Makes a client. Nothing is sent yet.
    pub fn new(config: ClientConfig) -> Result<Self, ApiError> {
        if config.api_version < ApiVersion::OLDEST {
            let (wanted, oldest) = (config.api_version, ApiVersion::OLDEST);
            return Err(ApiError::Request(format!("API version {wanted} is too old; {oldest} is the oldest usable")));
        }
        let http = Http::new(config.http.clone());
        let (calls, untaken) = (AtomicU64::new(0), AtomicU64::new(0));
        let (usage, clock, describes) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Self(Arc::new(Inner { config, http, calls, untaken, usage, clock, describes })))
    }

    /// The API version used.
    pub fn api_version(&self) -> ApiVersion {
        self.0.config.api_version
    }

    /// The org's own address, e.g. for links to records. Gets a session if there is none yet.
    pub async fn instance_url(&self) -> Result<BaseUrl, ApiError> {
        Ok(self.0.config.token_source.token().await?.instance_url)
    }

    /// The calls of the org's allowance, as the last counted answer told; `None` before the first.
    pub fn usage(&self) -> Option<Usage> {
        lock(&self.0.usage).clone()
    }

    /// How far this machine's clock is ahead of the org's (negative: behind), as the last answer told; good to a second
    /// or two. `None` before the first, and from a server that tells no time.
    pub fn clock_ahead(&self) -> Option<SignedDuration> {
        (*lock(&self.0.clock)).map(|(theirs, ours)| ours.duration_since(theirs))
    }

    /// How many counted calls this client has sent.
    pub fn calls_made(&self) -> u64 {
        self.0.calls.load(Ordering::Relaxed)
    }

    /// Counted calls since they were last taken; whoever takes them keeps account of them.
    pub fn take_calls(&self) -> u64 {
        self.0.untaken.swap(0, Ordering::Relaxed)
    }

    /// Calls that were taken and of which no account could be kept.
    pub fn put_calls_back(&self, calls: u64) {
        self.0.untaken.fetch_add(calls, Ordering::Relaxed);
    }

    /// Counted calls that nobody has taken yet.
    pub fn untaken_calls(&self) -> u64 {
        self.0.untaken.load(Ordering::Relaxed)
    }

    /// The API versions the org serves. Costs nothing and needs no valid token.
    pub async fn versions(&self) -> Result<Vec<Version>, ApiError> {
        let call = Call { counted: false, authorized: false, ..Call::get("versions", "/services/data".to_owned()) };
        let (status, body) = self.send(call).await?;
        serde_json::from_value(body).map_err(|_| unreadable(status, &Value::Null))
    }

    /// The org's limits.
    pub async fn limits(&self) -> Result<Limits, ApiError> {
        let (status, body) = self.send(Call::get("limits", format!("{}/limits", self.root()))).await?;
        limits_from(body).ok_or_else(|| unreadable(status, &Value::Null))
    }

    /// Who we are logged in as. Costs nothing.
    pub async fn user_info(&self) -> Result<UserInfo, ApiError> {
        let path = "/services/oauth2/userinfo".to_owned();
        let (status, body) = self.send(Call { counted: false, ..Call::get("user info", path) }).await?;
        serde_json::from_value(body).map_err(|_| unreadable(status, &Value::Null))
    }

    /// What the org says about an object; asked once per client.
    pub async fn describe(&self, object: &str) -> Result<Arc<Describe>, ApiError> {
        let key = object.to_ascii_lowercase();
        if let Some(known) = lock(&self.0.describes).get(&key) {
            return Ok(Arc::clone(known));
        }
        let path = format!("{}/sobjects/{}/describe", self.root(), encode(object));
        let (status, body) = self.send(Call::get("describe", path)).await?;
        let describe = Describe::from_value(body).ok_or_else(|| unreadable(status, &Value::Null))?;
        let describe = Arc::new(describe);
        lock(&self.0.describes).insert(key, Arc::clone(&describe));
        Ok(describe)
    }

    /// Forgets all describes, so that the next ask sees changes of the org.
    pub fn forget_describes(&self) {
        lock(&self.0.describes).clear();
    }

    /// `/services/data/v66.0`
    pub(super) fn root(&self) -> String {
        format!("/services/data/v{}", self.0.config.api_version)
    }

    /// Headers that belong to writes.
    pub(super) fn write_headers(&self) -> Vec<(&'static str, String)> {
        let auto_assign = if self.0.config.auto_assign { "TRUE" } else { "FALSE" };
        let mut headers = vec![("Sforce-Auto-Assign", auto_assign.to_owned())];
        if let Some(rules) = self.0.config.duplicate_rules {
            let value = format!(
                "allowSave={}; includeRecordDetails=false; runAsCurrentUser={}",
                rules.allow_save, rules.run_as_current_user
            );
            headers.push(("Sforce-Duplicate-Rule-Header", value));
        }
        headers
    }

    /// Makes one call: status and data (`Null` when there is none by design), or what went wrong.
    pub(super) async fn send(&self, call: Call<'_>) -> Result<(u16, Value), ApiError> {
        // Once, for both attempts.
        let body = call.body.map(|body| body.to_string().into_bytes());
        let session = self.0.config.token_source.token().await?;
        let mut answer = self.exchange(&call, body.clone(), &session).await?;
        if call.authorized && refuses_session(&answer) {
            // A refused request was not carried out, so sending it again is safe whatever it does.
            tracing::debug!(call = call.label, "session refused, renewing");
            let session = self.0.config.token_source.renew(&session).await?;
            answer = self.exchange(&call, body, &session).await?;
        }
        let outcome = interpret(answer.status, &answer.body);
        tracing::debug!(call = call.label, status = answer.status, ok = outcome.is_ok(), "salesforce");
        outcome.map(|data| (answer.status, data))
    }

    async fn exchange(&self, call: &Call<'_>, body: Option<Vec<u8>>, session: &Session) -> Result<Answer, ApiError> {
        let url = session.instance_url.join(&call.path);
        let mut request = self.0.http.request(call.method.clone(), url)?;
        request = request.header("Accept", "application/json").header("Sforce-Call-Options", "client=rolodeck");
        if call.authorized {
            request = request.bearer_auth(session.access_token.expose_secret());
        }
        if call.method != Method::GET {
            for (name, value) in self.write_headers() {
                request = request.header(name, value);
            }
        }
        if let Some((name, value)) = &call.header {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json; charset=UTF-8").body(body);
        }
        let answer = self.0.http.send(request, Some(&session.access_token)).await;
        let reached = !matches!(&answer, Err(Failure { sent: super::Delivery::NotSent, .. }));
        if call.counted && reached {
            self.0.calls.fetch_add(1, Ordering::Relaxed);
            self.0.untaken.fetch_add(1, Ordering::Relaxed);
        }
        let answer = answer?;
        let date = answer.headers.get("Date").and_then(|value| value.to_str().ok());
        if let Some(theirs) = date.and_then(|text| jiff::fmt::rfc2822::parse(text).ok()) {
            *lock(&self.0.clock) = Some((theirs.timestamp(), Timestamp::now()));
        }
        let usage = answer.headers.get("Sforce-Limit-Info").and_then(|value| Usage::parse(value.to_str().ok()?));
        if let Some(usage) = usage {
            *lock(&self.0.usage) = Some(usage);
        }
        Ok(answer)
    }
}

/// 401, or what the identity endpoints say instead.
fn refuses_session(answer: &Answer) -> bool {
    answer.status == 401 || (answer.status == 403 && answer.body.starts_with(b"Bad_OAuth_Token"))
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        Self::Transport { sent: failure.sent, detail: failure.detail }
    }
}

/// The data behind these locks is whole after every statement, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    #[test]
    fn versions_are_read_and_ordered() {
        for (text, expected) in [
            ("66.0", Some("66.0")),
            ("v66.0", Some("66.0")),
            ("66", Some("66.0")),
            ("100.0", Some("100.0")),
            ("", None),
            ("v", None),
            ("66.1", None),
            ("-1.0", None),
            ("+6", None),
            ("66.0/../x", None),
            ("6666", None),
        ] {
            assert_eq!(text.parse::<ApiVersion>().ok().map(|v| v.to_string()).as_deref(), expected, "{text:?}");
        }
        assert!("100.0".parse::<ApiVersion>().unwrap() > ApiVersion::DEFAULT);
    }

    fn config() -> ClientConfig {
        let token = SecretString::from("00Dxx!very-secret");
        ClientConfig::new(TokenSource::access_token("https://example.my.salesforce.com", token).unwrap())
    }

    #[test]
    fn a_version_that_cannot_do_it_is_refused() {
        let old = ClientConfig { api_version: "45.0".parse().unwrap(), ..config() };
        assert!(matches!(Client::new(old), Err(ApiError::Request(_))));
    }

    #[test]
    fn printing_never_shows_the_token() {
        let client = Client::new(config()).unwrap();
        let shown = format!("{client:?} {:#?}", client.0.config.token_source);
        assert!(!shown.contains("very-secret"), "{shown}");
        assert!(shown.contains("REDACTED"));
    }

    #[test]
    fn write_headers_say_what_the_org_must_not_do_by_itself() {
        let plain = Client::new(config()).unwrap().write_headers();
        assert_eq!(plain, [("Sforce-Auto-Assign", "FALSE".to_owned())]);
        let rules = Some(DuplicateRules { allow_save: true, run_as_current_user: false });
        let set = Client::new(ClientConfig { auto_assign: true, duplicate_rules: rules, ..config() }).unwrap();
        assert_eq!(
            set.write_headers(),
            [
                ("Sforce-Auto-Assign", "TRUE".to_owned()),
                (
                    "Sforce-Duplicate-Rule-Header",
                    "allowSave=true; includeRecordDetails=false; runAsCurrentUser=false".to_owned()
                )
            ]
        );
    }
}
