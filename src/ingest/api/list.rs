//! The parameters of `GET /v2/contacts`: each is known, or told to be unknown.

use super::{ApiError, shape};
use crate::domain::{ContactId, Email, Status};
use crate::filter::{Context, Filter, Node, Query, QueryError};

/// Contacts of a page, if nothing is said.
const LIMIT: usize = 10;
/// Contacts of a page at most.
const MOST: usize = 100;

/// Which contacts, and which page of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListParams {
    /// A query of the filter language.
    pub query: Query,
    /// Contacts of a page.
    pub limit: usize,
    /// The page below this contact, or above it.
    pub place: Option<Place>,
    /// The parameters of the filter, as they came, for the addresses of other pages.
    pub kept: Vec<(String, String)>,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Below this contact: older ones.
    After(ContactId),
    /// Above it.
    Before(ContactId),
}

impl ListParams {
    /// Reads them. What is misspelled, empty or contradicts itself is an error, never passed over in silence.
    pub fn parse(pairs: &[(String, String)]) -> Result<Self, ApiError> {
        let mut params = Self { query: Query::default(), limit: LIMIT, place: None, kept: Vec::new() };
        let mut parts: Vec<Node> = Vec::new();
        for (n, (key, value)) in pairs.iter().enumerate() {
            let invalid = |message: String| ApiError::invalid(message).of(key);
            if pairs[..n].iter().any(|(other, _)| other == key) {
                return Err(invalid(format!("`{key}` is given twice")));
            }
            if value.trim().is_empty() {
                return Err(invalid(format!("`{key}` is empty")));
            }
            let quoted = || format!("\"{}\"", value.trim().replace(['"', '\\'], " "));
            let place = |make: fn(ContactId) -> Place| {
                shape::parse_id(value).map(make).ok_or_else(|| invalid(format!("`{value}` is no id of a contact")))
            };
            let term = match key.as_str() {
                "limit" => {
                    params.limit = value
                        .parse()
                        .ok()
                        .filter(|limit| (1..=MOST).contains(limit))
                        .ok_or_else(|| invalid(format!("limit is a number from 1 to {MOST}")))?;
                    continue;
                }
                "after" | "before" if params.place.is_some() => {
                    return Err(invalid("give after or before, not both".to_owned()));
                }
                "after" => {
                    params.place = Some(place(Place::After)?);
                    continue;
                }
                "before" => {
                    params.place = Some(place(Place::Before)?);
                    continue;
                }
                "email" => {
                    let email = Email::parse(value).map_err(|error| invalid(error.to_string()))?;
                    format!("email:\"{}\"", email.as_str().replace('"', " "))
                }
                "mobile_phone" | "phone" | "owner" | "source" => format!("{key}:{}", quoted()),
                "status" if value.eq_ignore_ascii_case("none") => "status:none".to_owned(),
                "status" => {
                    let status = Status::parse(value).map_err(|error| invalid(error.to_string()))?;
                    format!("status:{}", status.key())
                }
                "filter" => value.clone(),
                "creation_time.gt" | "creation_time.lt" | "last_updated_time.gt" | "last_updated_time.lt" => {
                    let at: jiff::Timestamp = value
                        .parse()
                        .map_err(|_| invalid(format!("`{value}` is not a time, as in 2026-03-01T08:00:00.000Z")))?;
                    let (name, side) = key.split_once('.').unwrap_or((key, "gt"));
                    let name = if name == "creation_time" { "created" } else { "updated" };
                    let sign = if side == "gt" { '>' } else { '<' };
                    format!("{name}{sign}{}", at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
                }
                _ => {
                    let known = "limit, after, before, email, mobile_phone, phone, status, owner, source, \
                        creation_time.gt, creation_time.lt, last_updated_time.gt, last_updated_time.lt, filter";
                    return Err(invalid(format!("there is no parameter `{key}`; there are: {known}")));
                }
            };
            params.kept.push((key.clone(), value.clone()));
            // Each is read alone, so none can reach beyond its own parameter.
            let root = Query::parse(&term).map_err(|error| wrong(&error, value).of(key))?.root;
            parts.extend(root.map(|root| match root {
                Node::Term(_) if key == "filter" => Node::And(vec![root]), // as in parentheses
                root => root,
            }));
        }
        params.query.root = if parts.len() > 1 { Some(Node::And(parts)) } else { parts.pop() };
        Ok(params)
    }

    /// The filter.
    pub fn filter(&self, context: &Context) -> Result<Filter, ApiError> {
        let value = self.kept.iter().find(|(key, _)| key == "filter").map_or("", |(_, value)| value.as_str());
        // What the other parameters say is checked by now; what is left is of the filter, and its places are there.
        Filter::new(&self.query, context).map_err(|error| wrong(&error, value).of("filter"))
    }
}

/// The error with its place in the parameter's value, in characters from 1.
fn wrong(error: &QueryError, value: &str) -> ApiError {
    let before = value.get(..error.span.start).unwrap_or(value).chars().count();
    ApiError::invalid(format!("at character {}: {error}", before + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<ListParams, ApiError> {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        ListParams::parse(&pairs)
    }

    #[test]
    fn parameters_become_a_query() {
        for (pairs, query) in [
            (&[][..], ""),
            (&[("email", " Ana@X.test")], "email:\"ana@x.test\""),
            (&[("status", "Sales qualified"), ("owner", "bo@s.test")], "status:sales_qualified owner:\"bo@s.test\""),
            (&[("status", "none")], "status:none"),
            (
                &[("status", "none"), ("filter", "kind:booking"), ("source", "calcom")],
                "status:none (kind:booking) source:\"calcom\"",
            ),
            (&[("creation_time.gt", "2026-03-01T08:00:00Z")], "created:>2026-03-01T08:00:00.000Z"),
            (&[("last_updated_time.lt", "2026-03-01T08:00:00.5+01:00")], "updated:<2026-03-01T07:00:00.500Z"),
            (&[("filter", "a OR b"), ("source", "calcom")], "(a OR b) source:\"calcom\""),
        ] {
            assert_eq!(parse(pairs).unwrap().query.to_string(), query);
        }
        let page = parse(&[("limit", "100"), ("after", "CTC-7")]).unwrap();
        assert_eq!((page.limit, page.place), (100, Some(Place::After(7))));
    }

    #[test]
    fn nothing_wrong_is_passed_over() {
        for pairs in [
            &[("limit", "0")][..],
            &[("limit", "101")],
            &[("limit", "ten")],
            &[("after", "BKNG-1")],
            &[("after", "1"), ("before", "2")],
            &[("status", "Hot")],
            &[("email", "ana")],
            &[("creation_time_from", "2026-03-01")],
            &[("creation_time.gt", "yesterday")],
            &[("email", "")],
            &[("limit", "5"), ("limit", "6")],
            &[("status", "Disqualified"), ("filter", "xyz) OR (has:email")],
            &[("filter", "(ana")],
            &[("status", "!qualified")],
        ] {
            let error = parse(pairs).unwrap_err();
            assert_eq!(error.status().as_u16(), 400, "{pairs:?}");
            assert!(!error.to_string().is_empty());
        }
    }
}
