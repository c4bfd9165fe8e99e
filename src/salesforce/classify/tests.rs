use std::collections::BTreeSet;

use super::ErrorClass::*;
use super::*;
use crate::salesforce::auth::AuthError;
use crate::salesforce::codes::{CODES, words};
use crate::salesforce::error::Delivery;

/// Every code the facts name, with its class there.
const EXPECTED: &[(&str, ErrorClass)] = &[
    ("INVALID_SESSION_ID", Reauth),
    ("INVALID_AUTH_HEADER", Reauth),
    ("INVALID_LOGIN", TellUser),
    ("invalid_grant", TellUser),
    ("inactive_user", TellUser),
    ("API_DISABLED_FOR_ORG", TellUser),
    ("API_CURRENTLY_DISABLED", Transient),
    ("FUNCTIONALITY_NOT_ENABLED", TellUser),
    ("REQUEST_LIMIT_EXCEEDED", Limit),
    ("SERVER_UNAVAILABLE", Transient),
    ("UNKNOWN_EXCEPTION", Transient),
    ("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", Transient),
    ("UNABLE_TO_LOCK_ROW", Lock),
    ("QUERY_TIMEOUT", Split),
    ("REQUEST_RUNNING_TOO_LONG", Split),
    ("OPERATION_TOO_LARGE", Split),
    ("QUERY_TOO_COMPLICATED", Split),
    ("TOO_MANY_APEX_REQUESTS", Transient),
    ("STORAGE_LIMIT_EXCEEDED", TellUser),
    ("EXCEEDED_QUOTA", TellUser),
    ("LICENSE_LIMIT_EXCEEDED", TellUser),
    ("DUPLICATES_DETECTED", Rematch),
    ("DUPLICATE_VALUE", Rematch),
    ("DUPLICATE_EXTERNAL_ID", TellUser),
    ("REQUIRED_FIELD_MISSING", Park),
    ("STRING_TOO_LONG", Park),
    ("INVALID_EMAIL_ADDRESS", Park),
    ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", Park),
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", Park),
    ("FIELD_FILTER_VALIDATION_EXCEPTION", Park),
    ("FIELD_INTEGRITY_EXCEPTION", Park),
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Park),
    ("CANNOT_EXECUTE_FLOW_TRIGGER", Park),
    ("INVALID_FIELD", TellUser),
    ("INVALID_TYPE", TellUser),
    ("INVALID_FIELD_FOR_INSERT_UPDATE", TellUser),
    ("INVALID_TYPE_ON_FIELD_IN_RECORD", Park),
    ("NUMBER_OUTSIDE_VALID_RANGE", Park),
    ("JSON_PARSER_ERROR", Split),
    ("INSUFFICIENT_ACCESS_OR_READONLY", TellUser),
    ("INSUFFICIENT_ACCESS", TellUser),
    ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", TellUser),
    ("TRANSFER_REQUIRES_READ", TellUser),
    ("CANNOT_UPDATE_CONVERTED_LEAD", Rematch),
    ("ENTITY_IS_DELETED", Rematch),
    ("ENTITY_IS_LOCKED", Transient),
    ("INVALID_OPERATION", Transient),
    ("NOT_FOUND", Rematch),
    ("INVALID_CROSS_REFERENCE_KEY", Rematch),
    ("MALFORMED_ID", Rematch),
    ("INVALID_ID_FIELD", Bug),
    ("INACTIVE_OWNER_OR_USER", Park),
    ("ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE", Rematch),
    ("LIMIT_EXCEEDED", Split),
    ("EXCEEDED_ID_LIMIT", Split),
    ("EXCEEDED_MAX_SIZE_REQUEST", Split),
    ("MALFORMED_QUERY", Bug),
    ("MALFORMED_SEARCH", Bug),
    ("INVALID_QUERY_LOCATOR", Transient),
    ("PROCESSING_HALTED", Neutral),
    ("ALL_OR_NONE_OPERATION_ROLLED_BACK", Neutral),
    ("UNSUPPORTED_API_VERSION", TellUser),
    ("GONE", TellUser),
    ("METHOD_NOT_ALLOWED", Bug),
    ("TXN_SECURITY_NO_ACCESS", TellUser),
    ("LOGIN_DURING_RESTRICTED_DOMAIN", TellUser),
    ("LOGIN_DURING_RESTRICTED_TIME", TellUser),
];

#[test]
fn every_known_code_has_its_class() {
    for (code, class) in EXPECTED {
        let entry = ErrorEntry::new(*code, "any text");
        assert_eq!(classify_entry(&entry), *class, "{code} of a row");
        // A known code outweighs its HTTP status.
        for status in [200, 400, 403, 500] {
            let error = ApiError::Api { status, errors: vec![entry.clone()] };
            assert_eq!(classify(&error), *class, "{code} with {status}");
        }
    }
}

#[test]
fn answers_without_a_known_code_go_by_status() {
    for (status, class) in [
        (200, Transient),
        (201, Transient),
        (302, TellUser),
        (400, Park),
        (401, Reauth),
        (403, TellUser),
        (404, Rematch),
        (405, Bug),
        (408, Transient),
        (410, TellUser),
        (412, Rematch),
        (413, Split),
        (414, Bug),
        (420, Transient),
        (429, Limit),
        (431, Bug),
        (500, Transient),
        (502, Transient),
        (503, Transient),
        (504, Transient),
    ] {
        assert_eq!(classify(&ApiError::Http { status, body_excerpt: String::new() }), class, "page with {status}");
        let unknown = ApiError::Api { status, errors: vec![ErrorEntry::new("BRAND_NEW_CODE", "")] };
        let class = if status < 300 { Park } else { class };
        assert_eq!(classify(&unknown), class, "unknown code with {status}");
    }
    assert_eq!(classify_entry(&ErrorEntry::new("BRAND_NEW_CODE", "")), Park);
    assert_eq!(classify_entries(&[]), Park);
}

#[test]
fn failures_of_the_connection_and_the_login() {
    let transport = |sent| ApiError::Transport { sent, detail: String::new() };
    let oauth = |status, error: &str| {
        ApiError::Auth(AuthError::OAuth { status, error: error.to_owned(), description: String::new() })
    };
    for (error, class) in [
        (transport(Delivery::NotSent), Transient),
        (transport(Delivery::MaybeCommitted), Transient),
        (ApiError::Request(String::new()), Bug),
        (ApiError::Auth(AuthError::Expired), TellUser),
        (oauth(400, "invalid_grant"), TellUser),
        (oauth(401, "invalid_client"), TellUser),
        (oauth(400, "invalid_client_id"), TellUser),
        (oauth(400, "something_new"), TellUser),
        (oauth(503, "temporarily_unavailable"), Transient),
        (oauth(400, "rate_limit_exceeded"), Transient),
        (ApiError::Auth(AuthError::Transport { detail: String::new() }), Transient),
        (ApiError::Auth(AuthError::Http { status: 502 }), Transient),
        (ApiError::Auth(AuthError::Persist(String::new())), TellUser),
        (ApiError::Skipped(Box::new(oauth(400, "invalid_grant"))), TellUser),
    ] {
        assert_eq!(classify(&error), class, "{error:?}");
    }
}

#[test]
fn a_lock_lost_inside_a_trigger_is_a_lock() {
    for code in ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER"] {
        let text = "T: execution of AfterUpdate caused by: UNABLE_TO_LOCK_ROW, unable to obtain exclusive access";
        assert_eq!(classify_entry(&ErrorEntry::new(code, text)), Lock);
    }
    let elsewhere = ErrorEntry::new("FIELD_CUSTOM_VALIDATION_EXCEPTION", "UNABLE_TO_LOCK_ROW");
    assert_eq!(classify_entry(&elsewhere), Park);
}

#[test]
fn of_several_complaints_the_one_that_makes_the_others_pointless_counts() {
    let entries = |codes: &[&str]| codes.iter().map(|c| ErrorEntry::new(*c, "")).collect::<Vec<_>>();
    for (codes, class) in [
        (&["UNABLE_TO_LOCK_ROW", "REQUIRED_FIELD_MISSING"][..], Park),
        (&["REQUIRED_FIELD_MISSING", "INVALID_FIELD"], TellUser),
        (&["PROCESSING_HALTED", "UNABLE_TO_LOCK_ROW"], Lock),
        (&["INVALID_FIELD", "REQUEST_LIMIT_EXCEEDED"], Limit),
        (&["DUPLICATES_DETECTED", "STRING_TOO_LONG"], Park),
    ] {
        assert_eq!(classify_entries(&entries(codes)), class, "{codes:?}");
    }
}

#[test]
fn scopes() {
    for (code, expected) in [
        ("INVALID_FIELD", Scope::Request),
        ("STORAGE_LIMIT_EXCEEDED", Scope::Creates),
        ("REQUEST_LIMIT_EXCEEDED", Scope::Org),
        ("STRING_TOO_LONG", Scope::Record),
        ("BRAND_NEW_CODE", Scope::Record),
    ] {
        assert_eq!(scope_of_entry(&ErrorEntry::new(code, "")), expected, "{code}");
    }
    assert_eq!(scope(&ApiError::Http { status: 503, body_excerpt: String::new() }), Scope::Org);
    assert_eq!(scope(&ApiError::Auth(AuthError::Expired)), Scope::Org);
}

#[test]
fn the_table_names_each_code_once_and_reaches_each() {
    let mut seen = BTreeSet::new();
    for row in CODES {
        assert!(seen.insert(row.code), "{} twice", row.code);
        let example = row.code.replace('*', "X");
        assert_eq!(lookup(&example), Some(row), "{} is hidden by an earlier row", row.code);
        assert!(row.meaning.ends_with('.') && row.remedy.ends_with('.'), "{}", row.code);
        assert_eq!(words(&example).meaning, row.meaning);
    }
    assert!(lookup("BRAND_NEW_CODE").is_none());
    assert!(words("BRAND_NEW_CODE").meaning.starts_with("Salesforce refused"));
}

#[test]
fn class_names_are_those_of_serde() {
    for class in [Reauth, Limit, TellUser, Bug, Park, Rematch, Split, Transient, Lock, Neutral] {
        assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
    }
}
