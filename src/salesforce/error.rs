//! What can go wrong on the wire, with its facts.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::auth::AuthError;
use super::id::SfId;

/// Whether a request that brought no usable answer may have done its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The request never left: repeating it is safe.
    NotSent,
    /// It left and its fate is unknown: look before repeating a create.
    MaybeCommitted,
}

/// A call that failed. Everything in it is safe to show and to log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// Salesforce refused, in its own words.
    #[error("{}", sentence(*.status, .errors))]
    Api {
        /// HTTP status; inside a composite, the subrequest's.
        status: u16,
        /// At least one.
        errors: Vec<ErrorEntry>,
    },
    /// An answer that is not the API's: a page of an edge or proxy, nothing, JSON cut short or of another shape. Never
    /// data, whatever its status says.
    #[error("HTTP {status} without a readable answer: {}", if .body_excerpt.is_empty() { "nothing" } else { .body_excerpt })]
    Http {
        /// HTTP status.
        status: u16,
        /// The first few words of the body, without control characters and anything that looks like a token.
        body_excerpt: String,
    },
    /// No complete answer came.
    #[error("{detail}")]
    Transport {
        /// Whether the request may have done its work.
        sent: Delivery,
        /// What happened.
        detail: String,
    },
    /// There is no valid session. The request was not carried out.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The request breaks a rule of the API that is checked here; it was not sent.
    #[error("not sent: {0}")]
    Request(String),
    /// Not sent, because an earlier call of the same work failed in a way that this one would too.
    #[error("not sent after an earlier failure: {0}")]
    Skipped(Box<ApiError>),
}

/// One complaint of Salesforce.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ErrorEntry {
    /// `errorCode` or `statusCode`, e.g. `REQUIRED_FIELD_MISSING`.
    pub code: String,
    /// Salesforce's text: written by admins in their language, so for people only. Control characters are removed.
    pub message: String,
    /// API names of the fields concerned; often empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// The records that were found to be the same (`DUPLICATES_DETECTED`, or several hits of an upsert).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duplicates: Vec<DuplicateMatch>,
    /// Whether the duplicate rule only warns: sent again with allowSave, the record would be kept.
    #[serde(default)]
    pub allow_save: bool,
}

/// Records of one object that a duplicate rule or an external id matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateMatch {
    /// Object name. It may differ from the object written: a Contact can be stopped by a Lead.
    pub entity: String,
    /// The records, each once.
    pub ids: Vec<SfId>,
}

impl ErrorEntry {
    /// An entry of code and message alone.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), ..Self::default() }
    }

    /// The only record of `entity` that matched; `None` when there is none or several.
    pub fn only_duplicate(&self, entity: &str) -> Option<SfId> {
        let mut ids = self.duplicates.iter().filter(|m| m.entity.eq_ignore_ascii_case(entity)).flat_map(|m| &m.ids);
        match (ids.next(), ids.next()) {
            (Some(id), None) => Some(*id),
            _ => None,
        }
    }
}

impl ApiError {
    /// Whether a write that failed like this may nevertheless have been carried out. Then it must be looked for before
    /// it is sent again.
    pub fn may_have_committed(&self) -> bool {
        match self {
            Self::Transport { sent, .. } => *sent == Delivery::MaybeCommitted,
            // A refusal by an error list is an outcome; a 5xx list is not ("UNKNOWN_EXCEPTION" can follow the commit).
            Self::Api { status, .. } => *status >= 500,
            // 408 and 420 come from in between, like 5xx; other 4xx and 3xx pages mean the request was turned away.
            Self::Http { status, .. } => !(300..500).contains(status) || matches!(status, 408 | 420),
            Self::Auth(_) | Self::Request(_) | Self::Skipped(_) => false,
        }
    }

    /// One code for queues, grouping and [`super::words`]: Salesforce's own where there is one (the first of several),
    /// else one of ours (`HTTP_503`, `NOT_SENT`, `OUTCOME_UNKNOWN`, …).
    pub fn code(&self) -> Cow<'_, str> {
        match self {
            Self::Api { status, errors } => match errors.first() {
                Some(entry) if !entry.code.is_empty() => Cow::Borrowed(&entry.code),
                _ => Cow::Owned(format!("HTTP_{status}")),
            },
            Self::Http { status, .. } if (200..300).contains(status) => Cow::Borrowed("UNREADABLE_ANSWER"),
            Self::Http { status, .. } => Cow::Owned(format!("HTTP_{status}")),
            Self::Transport { sent: Delivery::NotSent, .. } => Cow::Borrowed("NOT_SENT"),
            Self::Transport { sent: Delivery::MaybeCommitted, .. } => Cow::Borrowed("OUTCOME_UNKNOWN"),
            Self::Auth(error) => error.code(),
            Self::Request(_) => Cow::Borrowed("BAD_REQUEST_BUILT"),
            Self::Skipped(cause) => cause.code(),
        }
    }

    /// Salesforce's complaints, if it made any.
    pub fn entries(&self) -> &[ErrorEntry] {
        match self {
            Self::Api { errors, .. } => errors,
            Self::Skipped(cause) => cause.entries(),
            _ => &[],
        }
    }
}

fn sentence(status: u16, errors: &[ErrorEntry]) -> String {
    let one = |e: &ErrorEntry| {
        let fields = if e.fields.is_empty() { String::new() } else { format!(" [{}]", e.fields.join(", ")) };
        format!("{}: {}{fields}", e.code, e.message)
    };
    match errors {
        [] => format!("HTTP {status}"),
        all => all.iter().map(one).collect::<Vec<_>>().join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_have_committed() {
        let api = |status| ApiError::Api { status, errors: vec![ErrorEntry::new("X", "")] };
        let http = |status| ApiError::Http { status, body_excerpt: String::new() };
        let transport = |sent| ApiError::Transport { sent, detail: String::new() };
        for (error, maybe) in [
            (api(400), false),
            (api(403), false),
            (api(500), true),
            (api(503), true),
            (http(200), true),
            (http(201), true),
            (http(302), false),
            (http(404), false),
            (http(408), true),
            (http(413), false),
            (http(420), true),
            (http(502), true),
            (transport(Delivery::NotSent), false),
            (transport(Delivery::MaybeCommitted), true),
            (ApiError::Auth(AuthError::Expired), false),
            (ApiError::Request("26 subrequests".to_owned()), false),
            (ApiError::Skipped(Box::new(http(503))), false),
        ] {
            assert_eq!(error.may_have_committed(), maybe, "{error:?}");
        }
    }

    #[test]
    fn every_failure_has_a_code() {
        for (error, code) in [
            (ApiError::Api { status: 400, errors: vec![ErrorEntry::new("A", ""), ErrorEntry::new("B", "")] }, "A"),
            (ApiError::Api { status: 400, errors: vec![ErrorEntry::default()] }, "HTTP_400"),
            (ApiError::Http { status: 503, body_excerpt: String::new() }, "HTTP_503"),
            (ApiError::Http { status: 200, body_excerpt: String::new() }, "UNREADABLE_ANSWER"),
            (ApiError::Transport { sent: Delivery::NotSent, detail: String::new() }, "NOT_SENT"),
            (ApiError::Transport { sent: Delivery::MaybeCommitted, detail: String::new() }, "OUTCOME_UNKNOWN"),
            (ApiError::Skipped(Box::new(ApiError::Request(String::new()))), "BAD_REQUEST_BUILT"),
        ] {
            assert_eq!(error.code(), code);
        }
    }

    #[test]
    fn a_duplicate_is_adopted_only_when_it_is_the_only_one() {
        let id = |n: u8| format!("00300000000000{n}").parse::<SfId>().unwrap();
        let entry = |matches: &[(&str, &[u8])]| ErrorEntry {
            duplicates: matches
                .iter()
                .map(|(entity, ids)| DuplicateMatch {
                    entity: (*entity).to_owned(),
                    ids: ids.iter().map(|n| id(*n)).collect(),
                })
                .collect(),
            ..ErrorEntry::default()
        };
        assert_eq!(entry(&[("Contact", &[1]), ("Lead", &[2, 3])]).only_duplicate("contact"), Some(id(1)));
        assert_eq!(entry(&[("Contact", &[1, 2])]).only_duplicate("Contact"), None);
        assert_eq!(entry(&[("Contact", &[1]), ("Contact", &[2])]).only_duplicate("Contact"), None);
        assert_eq!(entry(&[("Lead", &[1])]).only_duplicate("Contact"), None);
    }
}
