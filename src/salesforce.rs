//! How Salesforce speaks: REST calls, composites, collections, SOQL text, describes, limits, logins, errors.
//!
//! This room speaks only in Salesforce's terms. It knows nothing of contacts, bookings or the outbox, decides nothing
//! about them, and never repeats a call that could have done something. Everybody above may enter; it enters nobody.
//!
//! - `Client` makes the calls: `Client::queries` and `Client::collections` are the two that work is done with.
//! - `ApiError` says what went wrong and whether the request may have been carried out; `classify` says what that
//!   asks of a worker, and `words` tells it to people.
//! - `TokenSource` holds the session; `Grant` is where ways of logging in plug in.

mod answer;
mod auth;
mod classify;
mod client;
mod codes;
mod collections;
mod composite;
mod datetime;
mod describe;
mod error;
mod http;
mod id;
mod query;
mod record;
mod records;
pub mod soql;
mod text;
mod usage;

pub use auth::{
    AssertionKey, AuthError, BoxFuture, ClientCredentialsGrant, Grant, Granted, JwtGrant, KeptGrant, KeptLogin,
    LoginFile, LoginLock, OAuth, Pkce, Session, SfCliGrant, TokenSource,
};
pub use classify::{ErrorClass, Scope, classify, classify_entries, classify_entry, scope, scope_of_entry};
pub use client::{ApiVersion, ApiVersionError, Client, ClientConfig, DuplicateRules, UserInfo, Version};
pub use codes::{CODES, Code, Words, lookup as lookup_code, words};
pub use collections::{CollectionRequest, MAX_ROWS, MAX_TYPE_CHUNKS, Row, RowResult};
pub use composite::{
    Composite, MAX_COLLECTIONS_OR_QUERIES, MAX_SUBREQUESTS, Method, RecordRef, SubResponse, Subrequest,
};
pub use datetime::{format_datetime, parse_datetime};
pub use describe::{Describe, Field, FieldType, PicklistValue, RecordType};
pub use error::{ApiError, Delivery, DuplicateMatch, ErrorEntry};
pub use http::{BaseUrl, BaseUrlError, Http, HttpOptions};
pub use id::{SfId, SfIdError, prefix};
pub use query::Page;
pub use record::Record;
pub use records::Saved;
pub use usage::{AppUsage, Limit, Limits, Usage};
