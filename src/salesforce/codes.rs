//! The table of error codes: what each means to a person, what to do about it, and how the worker takes it.
//!
//! Salesforce: "Status codes and error responses" and the core data types' `StatusCode` list; the classes are ours.

use super::classify::ErrorClass::{self, Bug, Limit, Lock, Neutral, Park, Reauth, Rematch, Split, TellUser, Transient};
use super::classify::Scope::{self, Creates, Org, Record, Request};

/// What is known of one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Salesforce's code, or one of ours (`HTTP_503`, `NOT_SENT`, …). A trailing `*` stands for any ending.
    pub code: &'static str,
    /// What the worker does.
    pub class: ErrorClass,
    /// What else the same failure stops.
    pub scope: Scope,
    /// The least time to wait before the same thing is tried again, in seconds; 0 leaves it to the usual backoff.
    pub wait: u32,
    /// What it means, for people.
    pub meaning: &'static str,
    /// What to do about it, for people.
    pub remedy: &'static str,
}

const MINUTES: u32 = 5 * 60;
const HOUR: u32 = 60 * 60;

const fn row(
    code: &'static str,
    class: ErrorClass,
    scope: Scope,
    wait: u32,
    meaning: &'static str,
    remedy: &'static str,
) -> Code {
    Code { code, class, scope, wait, meaning, remedy }
}

const BY_ITSELF: &str = "Nothing to do: it is tried again by itself.";
const REPORT: &str = "This is a fault of rolodeck: please report it with the code and the message.";
const RIGHTS: &str = "Ask the Salesforce admin to give the sync user the rights.";
const LOG_IN: &str = "Log in to Salesforce again: `rolodeck auth login`.";
const FIX_VALUE: &str = "Correct the value on the contact or in the mapping, then retry.";
const FIX_MAPPING: &str = "Correct the mapping, or ask the admin to make the field visible to the sync user.";

/// Every code with a rule of its own.
#[rustfmt::skip] // a table: one row, one code
pub const CODES: &[Code] = &[
    // The session.
    row("INVALID_SESSION_ID", Reauth, Org, 0,
        "Salesforce no longer accepts the session.", LOG_IN),
    row("INVALID_AUTH_HEADER", Reauth, Org, 0,
        "Salesforce does not accept the access token.", LOG_IN),
    row("SESSION_EXPIRED", TellUser, Org, 0,
        "The access token has expired and cannot be renewed.", LOG_IN),
    row("INVALID_LOGIN", TellUser, Org, 0,
        "User name, password or security token are wrong.", LOG_IN),
    row("invalid_grant", TellUser, Org, 0,
        "The login was revoked, has expired, or was never approved.", LOG_IN),
    row("inactive_user", TellUser, Org, 0,
        "The Salesforce user is inactive.", "Activate the user, or log in as another."),
    row("inactive_org", TellUser, Org, 0,
        "The Salesforce org is locked, closed or suspended.", "Ask the Salesforce admin."),
    row("invalid_client*", TellUser, Org, 0,
        "Salesforce does not know the app, or its secret is wrong.",
        "Check client id and secret in the configuration."),
    row("invalid_app_access", TellUser, Org, 0,
        "The user may not use this app.", "Ask the admin to approve the user for the app."),
    row("invalid_scope", TellUser, Org, 0,
        "The app may not ask for these rights.", "Allow the scopes api and refresh_token in the app's settings."),
    row("invalid_request", TellUser, Org, 0,
        "Salesforce refused the login request.", "Check the login settings in the configuration."),
    row("invalid_token", TellUser, Org, 0,
        "The token is not valid any more.", LOG_IN),
    row("redirect_uri_mismatch", TellUser, Org, 0,
        "The callback address is not one of the app's.", "Add the callback address to the app's settings."),
    row("unsupported_grant_type", TellUser, Org, 0,
        "This way of logging in is not enabled.", "Enable the flow in the app's settings."),
    row("access_denied", TellUser, Org, 0,
        "The login was declined.", LOG_IN),
    row("OAUTH_APPROVAL_ERROR_GENERIC", TellUser, Org, 0,
        "The org blocks apps that are not installed.", "Ask the admin to install the app in the org."),
    row("rate_limit_exceeded", Transient, Org, MINUTES,
        "Too many logins in a short time.", BY_ITSELF),
    row("TOKEN_NOT_KEPT", TellUser, Org, 0,
        "The new refresh token could not be stored.",
        "Make the place of the stored login writable, then log in again."),
    row("LOGIN_ENDED", TellUser, Org, 0,
        "The kept login is over: Salesforce refused its refresh token, which was revoked, has expired, or was used twice.",
        LOG_IN),
    row("LOGIN_UNAVAILABLE", TellUser, Org, 0,
        "There is no usable login.", LOG_IN),
    row("BAD_URL", TellUser, Org, 0,
        "The Salesforce address is not usable.", "Use https and the org's own host name (http only for this machine)."),
    row("LOGIN_DURING_RESTRICTED_*", TellUser, Org, 0,
        "The user may not log in from here or at this time.", "Ask the admin about login hours and IP ranges."),
    row("TXN_SECURITY_*", TellUser, Org, 0,
        "A transaction security policy of the org stopped the call.", "Ask the admin about the policy."),
    // Allowances.
    row("REQUEST_LIMIT_EXCEEDED", Limit, Org, MINUTES,
        "The org's daily API calls, or its long-running calls at a time, are used up.",
        "Nothing to do: work resumes by itself when calls are free. Lower the share in the configuration if others starve."),
    row("HTTP_429", Limit, Org, MINUTES,
        "Too many calls in a short time.", BY_ITSELF),
    row("STORAGE_LIMIT_EXCEEDED", TellUser, Creates, 0,
        "The org's data storage is full; updates still work.", "Ask the admin to free or buy storage, then retry."),
    row("EXCEEDED_QUOTA", TellUser, Creates, 0,
        "A quota of the org is used up.", "Ask the admin which quota, then retry."),
    row("LICENSE_LIMIT_EXCEEDED", TellUser, Creates, 0,
        "The org has no licence left for this.", "Ask the admin for a licence, then retry."),
    row("API_DISABLED_FOR_ORG", TellUser, Org, 0,
        "The API is not enabled for this org or user.", "Ask the admin to enable the API permission."),
    row("API_CURRENTLY_DISABLED", Transient, Org, MINUTES,
        "The API is switched off for the moment.", BY_ITSELF),
    row("FUNCTIONALITY_NOT_ENABLED", TellUser, Org, 0,
        "The org does not have this function.", "Ask the admin to enable it, or turn the option off."),
    // It will pass.
    row("SERVER_UNAVAILABLE", Transient, Org, 0,
        "Salesforce is overloaded or under maintenance.", BY_ITSELF),
    row("UNKNOWN_EXCEPTION", Transient, Request, 0,
        "Salesforce had an internal error.",
        "It is looked for, then tried again by itself. If it stays, give the error id of the message to Salesforce support."),
    row("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", Transient, Org, MINUTES,
        "The org is read-only during maintenance.", BY_ITSELF),
    row("TOO_MANY_APEX_REQUESTS", Transient, Request, 0,
        "The org's own code is too busy.", BY_ITSELF),
    row("INVALID_QUERY_LOCATOR", Transient, Request, 0,
        "The rest of a long answer is gone.", "Nothing to do: the query is asked again from its start."),
    row("ENTITY_IS_LOCKED", Transient, Record, HOUR,
        "The record is locked by an approval.", "It is tried again by itself; finish the approval to have it sooner."),
    row("INVALID_OPERATION", Transient, Record, HOUR,
        "The record does not allow this at the moment.",
        "It is tried again by itself; look at the record in Salesforce if it stays."),
    row("UNABLE_TO_LOCK_ROW", Lock, Record, 0,
        "Somebody else was writing the same record.", BY_ITSELF),
    // Ask for less at once.
    row("QUERY_TIMEOUT", Split, Request, 0,
        "The query took too long.", "It is asked again in smaller pieces."),
    row("REQUEST_RUNNING_TOO_LONG", Split, Request, 0,
        "The call took too long.", "It is sent again in smaller pieces."),
    row("OPERATION_TOO_LARGE", Split, Request, 0,
        "The query touches too many records.", "It is asked again in smaller pieces."),
    row("QUERY_TOO_COMPLICATED", Split, Request, 0,
        "The query is too complicated.", "It is asked again in smaller pieces."),
    row("LIMIT_EXCEEDED", Split, Request, 0,
        "The call was too large.", "It is sent again in smaller pieces."),
    row("EXCEEDED_ID_LIMIT", Split, Request, 0,
        "The call named too many records.", "It is sent again in smaller pieces."),
    row("EXCEEDED_MAX_SIZE_REQUEST", Split, Request, 0,
        "The call was too large.", "It is sent again in smaller pieces."),
    row("HTTP_413", Split, Request, 0,
        "The call was too large.", "It is sent again in smaller pieces."),
    row("JSON_PARSER_ERROR", Split, Request, 0,
        "Salesforce could not read a value.", FIX_VALUE),
    // Look again whom this is about.
    row("DUPLICATES_DETECTED", Rematch, Record, 0,
        "A duplicate rule of the org found the same person.",
        "If exactly one record fits it is used; else choose the record, or allow saving."),
    row("DUPLICATE_VALUE", Rematch, Record, 0,
        "Another record already has this unique value.",
        "It is looked up again; relink it to that record if it stays."),
    row("CANNOT_UPDATE_CONVERTED_LEAD", Rematch, Record, 0,
        "The lead has been converted.", "Its contact is used instead."),
    row("ENTITY_IS_DELETED", Rematch, Record, 0,
        "The record was deleted or merged.", "It is looked up again; relink or skip it if it stays."),
    row("NOT_FOUND", Rematch, Record, 0,
        "There is no such record, or the sync user may not see it.",
        "It is looked up again; check the external id field and the rights if it stays."),
    row("HTTP_404", Rematch, Record, 0,
        "There is no such record or address.", "It is looked up again; check the configured host if it stays."),
    row("INVALID_CROSS_REFERENCE_KEY", Rematch, Record, 0,
        "The record refers to another that does not exist, or that the sync user may not see.",
        "It is looked up again; relink it if it stays."),
    row("MALFORMED_ID", Rematch, Record, 0,
        "An id is not one of this object.", "It is looked up again; check ids written by the mapping if it stays."),
    row("ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE", Rematch, Record, 0,
        "The record was changed in Salesforce in the meantime.", "It is read again and compared."),
    row("HTTP_412", Rematch, Record, 0,
        "The record was changed in Salesforce in the meantime.", "It is read again and compared."),
    row("DUPLICATE_EXTERNAL_ID", TellUser, Record, 0,
        "Several records have this external id.", "Merge them in Salesforce, or relink to one."),
    // This record's data.
    row("REQUIRED_FIELD_MISSING", Park, Record, 0,
        "A required field has no value.", "Fill the field, or give it a fallback in the mapping, then retry."),
    row("STRING_TOO_LONG", Park, Record, 0,
        "A text is longer than its field.", "Shorten it on the contact or in the mapping, then retry."),
    row("INVALID_EMAIL_ADDRESS", Park, Record, 0,
        "The email address is not valid.", FIX_VALUE),
    row("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", Park, Record, 0,
        "The picklist does not have this value.", "Choose an active value, or ask the admin to add it, then retry."),
    row("FIELD_CUSTOM_VALIDATION_EXCEPTION", Park, Record, 0,
        "A validation rule of the org refused the record.", "Do what the rule's message asks, then retry."),
    row("FIELD_FILTER_VALIDATION_EXCEPTION", Park, Record, 0,
        "A lookup filter of the org refused the value.", FIX_VALUE),
    row("FIELD_INTEGRITY_EXCEPTION", Park, Record, 0,
        "A value contradicts another one.", FIX_VALUE),
    row("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Park, Record, 0,
        "A trigger of the org failed on this record.", "Show the message to the admin, then retry."),
    row("CANNOT_EXECUTE_FLOW_TRIGGER", Park, Record, 0,
        "A flow of the org failed on this record.", "Show the message to the admin, then retry."),
    row("INVALID_TYPE_ON_FIELD_IN_RECORD", Park, Record, 0,
        "The value is of another type than its field.", FIX_VALUE),
    row("NUMBER_OUTSIDE_VALID_RANGE", Park, Record, 0,
        "The number is too large or too small for its field.", FIX_VALUE),
    row("INACTIVE_OWNER_OR_USER", Park, Record, 0,
        "The owner is not an active user.", "Choose an active owner, or set a default owner, then retry."),
    // The mapping and the rights.
    row("INVALID_FIELD", TellUser, Request, 0,
        "The org has no such field, or hides it from the sync user.", FIX_MAPPING),
    row("INVALID_TYPE", TellUser, Request, 0,
        "The org has no such object, or hides it from the sync user.", FIX_MAPPING),
    row("INVALID_FIELD_FOR_INSERT_UPDATE", TellUser, Request, 0,
        "The field cannot be written.", "Take the field out of the mapping, or ask the admin for write access."),
    row("INSUFFICIENT_ACCESS_OR_READONLY", TellUser, Record, 0,
        "The sync user may not write this record.", RIGHTS),
    row("INSUFFICIENT_ACCESS", TellUser, Record, 0,
        "The sync user may not do this.", RIGHTS),
    row("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", TellUser, Record, 0,
        "The sync user may not use a record this one refers to.", RIGHTS),
    row("TRANSFER_REQUIRES_READ", TellUser, Record, 0,
        "The new owner may not read the record.", "Give the owner read access, or choose another."),
    row("UNSUPPORTED_API_VERSION", TellUser, Org, 0,
        "The org does not serve this API version.", "Set another API version in the configuration."),
    row("GONE", TellUser, Org, 0,
        "Salesforce has retired this API version.", "Set a newer API version in the configuration."),
    row("HTTP_410", TellUser, Org, 0,
        "Salesforce has retired this API version.", "Set a newer API version in the configuration."),
    row("HTTP_401", Reauth, Org, 0,
        "Salesforce does not accept the session.", LOG_IN),
    row("HTTP_403", TellUser, Org, 0,
        "The call was forbidden.", RIGHTS),
    // Not this record's fault.
    row("PROCESSING_HALTED", Neutral, Record, 0,
        "Not carried out, because another part of the same call failed.", BY_ITSELF),
    row("ALL_OR_NONE_OPERATION_ROLLED_BACK", Neutral, Record, 0,
        "Undone, because another record of the same call failed.", BY_ITSELF),
    // Ours.
    row("MALFORMED_QUERY", Bug, Request, 0,
        "Salesforce could not read our query.", REPORT),
    row("MALFORMED_SEARCH", Bug, Request, 0,
        "Salesforce could not read our search.", REPORT),
    row("INVALID_ID_FIELD", Bug, Request, 0,
        "A write named its record wrongly.", REPORT),
    row("METHOD_NOT_ALLOWED", Bug, Request, 0,
        "Salesforce does not allow this call here.", REPORT),
    row("HTTP_405", Bug, Request, 0,
        "Salesforce does not allow this call here.", REPORT),
    row("HTTP_414", Bug, Request, 0,
        "The address of the call was too long.", REPORT),
    row("HTTP_431", Bug, Request, 0,
        "The headers of the call were too long.", REPORT),
    row("BAD_REQUEST_BUILT", Bug, Request, 0,
        "The call would break a rule of the API and was not sent.", REPORT),
    // No answer, or none of Salesforce's.
    row("NOT_SENT", Transient, Org, 0,
        "Salesforce could not be reached; nothing was sent.", BY_ITSELF),
    row("OUTCOME_UNKNOWN", Transient, Org, 0,
        "No answer came, so it is unknown whether it was done.",
        "It is looked for in Salesforce before it is sent again."),
    row("UNREADABLE_ANSWER", Transient, Org, 0,
        "The answer could not be read, so it is unknown whether it was done.",
        "It is looked for in Salesforce before it is sent again."),
    row("HTTP_408", Transient, Org, 0,
        "The connection was too slow.", BY_ITSELF),
    row("HTTP_420", Transient, Org, 0,
        "The org is not reachable at the moment.", BY_ITSELF),
    row("HTTP_5*", Transient, Org, 0,
        "Salesforce is overloaded or under maintenance.", BY_ITSELF),
    row("HTTP_3*", TellUser, Org, 0,
        "The address answers with a redirection.", "Set the org's own host name (My Domain) in the configuration."),
];

/// The rule for a code; `None` for one without a rule of its own. Case counts, as it does for Salesforce.
pub fn lookup(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|row| match row.code.strip_suffix('*') {
        Some(prefix) => code.starts_with(prefix),
        None => row.code == code,
    })
}

/// Plain words for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// What a code means and what to do about it, for people. Every code gets an answer.
pub fn words(code: &str) -> Words {
    lookup(code).map_or(
        Words {
            meaning: "Salesforce refused the record.",
            remedy: "Read Salesforce's message, correct the record or the mapping, then retry.",
        },
        |row| Words { meaning: row.meaning, remedy: row.remedy },
    )
}
