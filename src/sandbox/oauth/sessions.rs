//! Tokens and codes, and when they die.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::sandbox::codec::base64url;
use crate::sandbox::ids::RecordId;
use crate::sandbox::org::Org;

/// How long an authorization code lives, in seconds.
const CODE_SECONDS: i64 = 900;

/// A code that waits to be exchanged.
#[derive(Debug, Clone)]
pub struct Code {
    /// Who logged in.
    pub user: RecordId,
    /// For which client.
    pub client: String,
    /// Where the code was sent; the exchange must name the same.
    pub redirect: String,
    /// PKCE, S256.
    pub challenge: Option<String>,
    /// The scopes asked for.
    pub scope: String,
    /// When.
    pub issued: Timestamp,
}

/// What a token is made for.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Whose.
    pub user: RecordId,
    /// For which client.
    pub client: String,
    /// The scopes.
    pub scope: String,
    /// Whether the flow may hand out refresh tokens.
    pub refreshable: bool,
}

#[derive(Debug)]
struct Access {
    user: RecordId,
    client: String,
    family: Option<u64>,
    last_used: Timestamp,
}

/// What using a refresh token gives.
#[derive(Debug)]
pub struct Renewal {
    /// Whose token it was.
    pub user: RecordId,
    /// Its scopes.
    pub scope: String,
    /// All tokens that come from one login.
    pub family: u64,
    /// With rotation: the token to use next time.
    pub successor: Option<String>,
}

#[derive(Debug)]
struct Refresh {
    grant: Grant,
    family: u64,
    spent: bool,
}

/// All tokens of the org.
#[derive(Debug)]
pub struct Sessions {
    address: String,
    seed: String,
    permanent: String,
    user: RecordId,
    idle_seconds: Option<i64>,
    made: u64,
    codes: HashMap<String, Code>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    dead_families: HashSet<u64>,
}

impl Sessions {
    /// No sessions but the permanent one of the API user.
    pub fn new(org: &Org) -> Self {
        let mut sessions = Self {
            address: String::new(),
            seed: org.id.to_string()[..15].to_owned(),
            permanent: String::new(),
            user: org.user,
            idle_seconds: org.settings.session_seconds,
            made: 0,
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            dead_families: HashSet::new(),
        };
        let fresh = sessions.fresh("");
        sessions.permanent = org.settings.access_token.clone().unwrap_or(fresh);
        sessions
    }

    /// The address that tokens are good for.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sets it, once the port is known.
    pub fn set_address(&mut self, address: &str) {
        address.clone_into(&mut self.address);
    }

    /// The token that always works.
    pub fn permanent_token(&self) -> &str {
        &self.permanent
    }

    /// The user it speaks for.
    pub fn default_user(&self) -> RecordId {
        self.user
    }

    /// `00D…!…`, never the same twice.
    fn fresh(&mut self, kind: &str) -> String {
        self.made += 1;
        let digest = Sha256::digest(format!("{kind}{}{}", self.seed, self.made).as_bytes());
        format!("{}!{kind}{}", self.seed, base64url(&digest))
    }

    /// Keeps a code.
    pub fn issue_code(&mut self, code: Code) -> String {
        let text = self.fresh("aPrx");
        self.codes.insert(text.clone(), code);
        text
    }

    /// Takes a code out: it works once, and not for long.
    pub fn take_code(&mut self, code: &str, now: Timestamp) -> Option<Code> {
        self.codes.remove(code).filter(|code| now.as_second() - code.issued.as_second() <= CODE_SECONDS)
    }

    /// A new access token, and with it a refresh token if asked for.
    pub fn grant(&mut self, grant: &Grant, with_refresh: bool, now: Timestamp) -> (String, Option<String>) {
        let family = with_refresh.then_some(self.made);
        let refresh = family.map(|family| self.issue_refresh(grant.clone(), family));
        (self.issue_access(grant.user, &grant.client, family, now), refresh)
    }

    fn issue_refresh(&mut self, grant: Grant, family: u64) -> String {
        let text = self.fresh("5Aep");
        self.refresh.insert(text.clone(), Refresh { grant, family, spent: false });
        text
    }

    /// A new access token.
    pub fn issue_access(&mut self, user: RecordId, client: &str, family: Option<u64>, now: Timestamp) -> String {
        let text = self.fresh("AQ");
        self.access.insert(text.clone(), Access { user, client: client.to_owned(), family, last_used: now });
        text
    }

    /// Uses a refresh token. One that was rotated away kills its whole family when it is used again.
    pub fn use_refresh_token(&mut self, token: &str, client: &str, rotate: bool) -> Option<Renewal> {
        let known = self.refresh.get_mut(token).filter(|known| known.grant.client == client)?;
        let family = known.family;
        if known.spent {
            self.kill_family(family);
            return None;
        }
        if self.dead_families.contains(&family) {
            return None;
        }
        known.spent = rotate;
        let grant = known.grant.clone();
        let successor = rotate.then(|| self.issue_refresh(grant.clone(), family));
        Some(Renewal { user: grant.user, scope: grant.scope, family, successor })
    }

    fn kill_family(&mut self, family: u64) {
        self.dead_families.insert(family);
        self.access.retain(|_, access| access.family != Some(family));
    }

    /// The user of an access token that is alive; using it keeps it alive.
    pub fn user_of(&mut self, token: &str, now: Timestamp) -> Option<RecordId> {
        if token == self.permanent {
            return Some(self.user);
        }
        let idle = self.idle_seconds;
        let access = self.access.get_mut(token)?;
        if idle.is_some_and(|limit| now.as_second() - access.last_used.as_second() > limit) {
            self.access.remove(token);
            return None;
        }
        access.last_used = now;
        Some(access.user)
    }

    /// Whose token it is, of which kind, and for which client; `None` for a dead one.
    pub fn describe(&mut self, token: &str, now: Timestamp) -> Option<(RecordId, &'static str, String)> {
        if let Some(refresh) = self.refresh.get(token) {
            let alive = !refresh.spent && !self.dead_families.contains(&refresh.family);
            return alive.then(|| (refresh.grant.user, "refresh_token", refresh.grant.client.clone()));
        }
        let user = self.user_of(token, now)?;
        let client = self.access.get(token).map(|access| access.client.clone()).unwrap_or_default();
        Some((user, "access_token", client))
    }

    /// Ends a token. A refresh token takes its access tokens with it.
    pub fn revoke(&mut self, token: &str) -> bool {
        if let Some(refresh) = self.refresh.get(token) {
            let family = refresh.family;
            let was_alive = !self.dead_families.contains(&family);
            self.kill_family(family);
            return was_alive;
        }
        self.access.remove(token).is_some()
    }
}
