//! Login: the authorize page (which always says yes), the token endpoint with its grants, and what tells about tokens.

mod jwt;
mod sessions;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::codec::{base64url, encode, parse_base64, parse_form};
use super::engine::Engine;
use super::http::{Call, Reply};
use super::ids::RecordId;
use super::org::{Org, Place};

pub use sessions::Sessions;
use sessions::{Code, Grant};

/// An OAuth error: unlike all others an object, and its codes are in lower case.
struct OauthError {
    status: u16,
    error: &'static str,
    description: String,
}

impl OauthError {
    fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { status: 400, error, description: description.into() }
    }
}

impl From<OauthError> for Reply {
    fn from(error: OauthError) -> Self {
        Self::json(error.status, json!({"error": error.error, "error_description": error.description}))
    }
}

type Form = Vec<(String, String)>;
type Outcome = Result<Reply, OauthError>;

/// Serves `/services/oauth2/…`, `/id/…` and `/.well-known/…`.
pub fn handle(engine: &mut Engine, call: &Call, path: &[&str]) -> Reply {
    let mut form = call.query.clone();
    form.extend(parse_form(call.text()));
    let outcome = match (call.method.as_str(), path) {
        ("GET", ["services", "oauth2", "authorize"]) => authorize(engine, &form),
        ("POST", ["services", "oauth2", "token"]) => token(engine, call, &form),
        ("POST" | "GET", ["services", "oauth2", "revoke"]) => revoke(engine, &form),
        ("POST", ["services", "oauth2", "introspect"]) => introspect(engine, call, &form),
        ("GET" | "POST", ["services", "oauth2", "userinfo"]) => {
            bearer(engine, call).map(|user| user_info(engine, user))
        }
        ("GET" | "POST", ["id", org, user]) => identity(engine, call, org, user),
        ("GET", [".well-known", "openid-configuration"]) => Ok(discovery(engine)),
        _ => Err(OauthError { status: 404, error: "invalid_request", description: "no such endpoint".into() }),
    };
    outcome.unwrap_or_else(Reply::from)
}

fn get<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

fn need<'a>(form: &'a Form, name: &str) -> Result<&'a str, OauthError> {
    get(form, name).ok_or_else(|| OauthError::new("invalid_request", format!("missing required parameter: {name}")))
}

/// Approves at once and sends the browser back with a code.
fn authorize(engine: &mut Engine, form: &Form) -> Outcome {
    let redirect = need(form, "redirect_uri")?;
    if !is_allowed_redirect(redirect) {
        return Err(OauthError::new("redirect_uri_mismatch", "redirect_uri must match configuration"));
    }
    let client = need(form, "client_id")?;
    if engine.org.settings.client_id.as_deref().is_some_and(|known| known != client) {
        return Err(OauthError::new("invalid_client_id", "client identifier invalid"));
    }
    let separator = if redirect.contains('?') { '&' } else { '?' };
    let state = get(form, "state").map(|state| format!("&state={}", encode(state))).unwrap_or_default();
    let back =
        |query: String| Ok(Reply::empty(302).with_header("Location", format!("{redirect}{separator}{query}{state}")));
    if get(form, "response_type") != Some("code") {
        return back("error=unsupported_response_type&error_description=response%20type%20not%20supported".into());
    }
    let challenge = get(form, "code_challenge").map(str::to_owned);
    if challenge.is_some() && get(form, "code_challenge_method").is_some_and(|method| method != "S256") {
        return back("error=invalid_request&error_description=invalid%20code%20challenge%20method".into());
    }
    let user = match get(form, "login_hint") {
        Some(hint) => active_user(&engine.org, hint).ok_or_else(|| OauthError::new("invalid_grant", "no such user"))?,
        None => engine.sessions.default_user(),
    };
    let code = engine.sessions.issue_code(Code {
        user,
        client: client.to_owned(),
        redirect: redirect.to_owned(),
        challenge,
        scope: get(form, "scope").unwrap_or("api refresh_token").to_owned(),
        issued: engine.org.now(),
    });
    back(format!("code={}", encode(&code)))
}

/// Plain http is for this machine only.
fn is_allowed_redirect(uri: &str) -> bool {
    match uri.split_once("://") {
        Some(("https", _)) => true,
        Some(("http", rest)) => {
            let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
            matches!(host, "localhost" | "127.0.0.1")
        }
        // An app's own scheme.
        Some((scheme, _)) => !scheme.is_empty(),
        None => false,
    }
}

fn token(engine: &mut Engine, call: &Call, form: &Form) -> Outcome {
    let now = engine.org.now();
    match need(form, "grant_type")? {
        "authorization_code" => {
            let client = check_client(engine, call, form, false)?;
            let code = engine.sessions.take_code(need(form, "code")?, now);
            let code = code.ok_or_else(|| OauthError::new("invalid_grant", "expired authorization code"))?;
            if code.client != client {
                return Err(OauthError::new("invalid_client_id", "client identifier invalid"));
            }
            if get(form, "redirect_uri") != Some(code.redirect.as_str()) {
                return Err(OauthError::new("redirect_uri_mismatch", "redirect_uri must match configuration"));
            }
            if let Some(challenge) = &code.challenge {
                let verifier = get(form, "code_verifier").unwrap_or_default();
                if base64url(&Sha256::digest(verifier.as_bytes())) != challenge.trim_end_matches('=') {
                    return Err(OauthError::new("invalid_grant", "invalid code verifier"));
                }
            }
            Ok(grant(engine, &Grant { user: code.user, client, scope: code.scope, refreshable: true }))
        }
        "refresh_token" => {
            let client = check_client(engine, call, form, false)?;
            let rotate = engine.org.settings.rotate_refresh_tokens;
            let renewed = engine.sessions.use_refresh_token(need(form, "refresh_token")?, &client, rotate);
            let renewed = renewed.ok_or_else(|| OauthError::new("invalid_grant", "expired access/refresh token"))?;
            if !engine.org.find(renewed.user).is_some_and(|place| engine.org.is_set(place, "IsActive")) {
                return Err(OauthError::new("inactive_user", "user is inactive"));
            }
            let access = engine.sessions.issue_access(renewed.user, &client, Some(renewed.family), now);
            Ok(token_reply(engine, renewed.user, &access, renewed.successor.as_deref(), &renewed.scope))
        }
        "client_credentials" => {
            let client = check_client(engine, call, form, true)?;
            let user = engine.sessions.default_user();
            Ok(grant(engine, &Grant { user, client, scope: "api".into(), refreshable: false }))
        }
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
            let claims = jwt::check(engine, need(form, "assertion")?)?;
            let unapproved = || OauthError::new("invalid_grant", "user hasn't approved this consumer");
            let user = active_user(&engine.org, &claims.subject).ok_or_else(unapproved)?;
            Ok(grant(engine, &Grant { user, client: claims.issuer, scope: "api".into(), refreshable: false }))
        }
        _ => Err(OauthError::new("unsupported_grant_type", "grant type not supported")),
    }
}

/// The client and its secret, from the form or from Basic authentication.
fn check_client(engine: &Engine, call: &Call, form: &Form, confidential: bool) -> Result<String, OauthError> {
    let basic = call.header("authorization").and_then(|header| header.strip_prefix("Basic ")).and_then(parse_base64);
    let basic = basic.and_then(|bytes| String::from_utf8(bytes).ok());
    let basic = basic.as_deref().and_then(|text| text.split_once(':'));
    let client = get(form, "client_id").or(basic.map(|(client, _)| client));
    let client = client.ok_or_else(|| OauthError::new("invalid_request", "missing required parameter: client_id"))?;
    let secret = get(form, "client_secret").or(basic.map(|(_, secret)| secret));
    let settings = &engine.org.settings;
    if settings.client_id.as_deref().is_some_and(|known| known != client) {
        return Err(OauthError::new("invalid_client_id", "client identifier invalid"));
    }
    let wrong = settings.client_secret.as_deref().is_some_and(|known| secret != Some(known));
    if wrong || (confidential && secret.is_none()) {
        return Err(OauthError::new("invalid_client", "invalid client credentials"));
    }
    Ok(client.to_owned())
}

fn grant(engine: &mut Engine, grant: &Grant) -> Reply {
    let wants_refresh = grant.refreshable
        && grant.scope.split_whitespace().any(|s| matches!(s, "refresh_token" | "offline_access" | "full"));
    let (access, refresh) = engine.sessions.grant(grant, wants_refresh, engine.org.now());
    token_reply(engine, grant.user, &access, refresh.as_deref(), &grant.scope)
}

fn token_reply(engine: &Engine, user: RecordId, access: &str, refresh: Option<&str>, scope: &str) -> Reply {
    let address = engine.sessions.address();
    let issued = engine.org.now().as_millisecond().to_string();
    let id = format!("{address}/id/{}/{user}", engine.org.id);
    let signature = base64url(&Sha256::digest(format!("{id}{issued}").as_bytes()));
    let mut body = json!({
        "access_token": access, "instance_url": address, "id": id, "token_type": "Bearer", "issued_at": issued,
        "signature": signature, "scope": scope,
    });
    if let Some(refresh) = refresh {
        body["refresh_token"] = json!(refresh);
    }
    Reply::ok(body)
}

fn revoke(engine: &mut Engine, form: &Form) -> Outcome {
    if engine.sessions.revoke(need(form, "token")?) {
        Ok(Reply::empty(200))
    } else {
        Err(OauthError::new("invalid_token", "invalid token"))
    }
}

fn introspect(engine: &mut Engine, call: &Call, form: &Form) -> Outcome {
    check_client(engine, call, form, false)?;
    let token = need(form, "token")?;
    let now = engine.org.now();
    let Some((user, kind, client)) = engine.sessions.describe(token, now) else {
        return Ok(Reply::ok(json!({"active": false})));
    };
    let username = text_of(&engine.org, user, "Username");
    let sub = format!("{}/id/{}/{user}", engine.sessions.address(), engine.org.id);
    Ok(Reply::ok(json!({
        "active": true, "scope": "api", "client_id": client, "username": username, "sub": sub, "token_type": kind,
        "iat": now.as_second(), "nbf": now.as_second(), "exp": now.as_second() + 7200,
    })))
}

fn bearer(engine: &mut Engine, call: &Call) -> Result<RecordId, OauthError> {
    let token = call.header("authorization").and_then(|header| header.split_once(' ')).map(|(_, token)| token.trim());
    let token = token.or_else(|| call.param("access_token")).unwrap_or_default();
    let user = engine.sessions.user_of(token, engine.org.now());
    user.ok_or_else(|| OauthError { status: 403, error: "invalid_token", description: "Bad_OAuth_Token".into() })
}

fn text_of(org: &Org, user: RecordId, field: &str) -> Value {
    org.find(user).map_or(Value::Null, |place| org.value(place, field).clone())
}

/// An active user by username, email or id.
fn active_user(org: &Org, name: &str) -> Option<RecordId> {
    let users = org.schema.find("User")?;
    let rows = (0..org.table(users).len()).map(|row| Place { object: users, row });
    let named = |place: &Place| {
        ["Username", "Email", "Id"]
            .iter()
            .any(|f| org.text(*place, f).is_some_and(|text| text.eq_ignore_ascii_case(name)))
    };
    let mut active = rows.filter(|place| org.is_set(*place, "IsActive"));
    active.find(named).map(|place| org.record(place).id)
}

fn urls(address: &str) -> Value {
    let rest = format!("{address}/services/data/v{{version}}/");
    json!({
        "enterprise": format!("{address}/services/Soap/c/{{version}}/"), "metadata": format!("{address}/services/Soap/m/{{version}}/"),
        "partner": format!("{address}/services/Soap/u/{{version}}/"), "rest": rest, "sobjects": format!("{rest}sobjects/"),
        "search": format!("{rest}search/"), "query": format!("{rest}query/"), "recent": format!("{rest}recent/"),
        "custom_domain": address,
    })
}

fn user_info(engine: &Engine, user: RecordId) -> Reply {
    let org = &engine.org;
    let address = engine.sessions.address();
    let text = |field: &str| text_of(org, user, field);
    let photo = format!("{address}/profilephoto/005/F");
    Reply::ok(json!({
        "sub": format!("{address}/id/{}/{user}", org.id), "user_id": user.to_string(), "organization_id": org.id.to_string(),
        "preferred_username": text("Username"), "nickname": text("CommunityNickname"), "name": text("Name"),
        "email": text("Email"), "email_verified": true, "given_name": text("FirstName"), "family_name": text("LastName"),
        "zoneinfo": text("TimeZoneSidKey"), "photos": {"picture": photo, "thumbnail": photo}, "profile": format!("{address}/{user}"),
        "picture": photo, "address": {}, "is_salesforce_integration_user": false, "urls": urls(address),
        "active": true, "user_type": "STANDARD", "language": text("LanguageLocaleKey"), "locale": text("LocaleSidKey"), "utcOffset": 0,
    }))
}

fn identity(engine: &mut Engine, call: &Call, org: &str, user: &str) -> Outcome {
    bearer(engine, call)?;
    let missing = || OauthError { status: 404, error: "invalid_request", description: "no such identity".into() };
    let known = RecordId::parse(org).is_some_and(|id| id == engine.org.id);
    let user = RecordId::parse(user).filter(|id| known && engine.org.find(*id).is_some()).ok_or_else(missing)?;
    let address = engine.sessions.address();
    let text = |field: &str| text_of(&engine.org, user, field);
    Ok(Reply::ok(json!({
        "id": format!("{address}/id/{}/{user}", engine.org.id), "asserted_user": true, "user_id": user.to_string(),
        "organization_id": engine.org.id.to_string(), "username": text("Username"), "nick_name": text("CommunityNickname"),
        "display_name": text("Name"), "email": text("Email"), "email_verified": true, "first_name": text("FirstName"),
        "last_name": text("LastName"), "timezone": text("TimeZoneSidKey"), "active": text("IsActive"), "user_type": "STANDARD",
        "language": text("LanguageLocaleKey"), "locale": text("LocaleSidKey"), "utcOffset": 0, "urls": urls(address),
    })))
}

fn discovery(engine: &Engine) -> Reply {
    let address = engine.sessions.address();
    let endpoint = |name: &str| format!("{address}/services/oauth2/{name}");
    Reply::ok(json!({
        "issuer": address, "authorization_endpoint": endpoint("authorize"), "token_endpoint": endpoint("token"),
        "revocation_endpoint": endpoint("revoke"), "userinfo_endpoint": endpoint("userinfo"),
        "introspection_endpoint": endpoint("introspect"), "response_types_supported": ["code"],
        "scopes_supported": ["api", "refresh_token", "offline_access", "openid", "full", "id"],
        "subject_types_supported": ["public"], "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    }))
}
