//! Writes on their way: rows of collections, and collections of calls.

use serde_json::{Map, Value as Json};

use super::super::plan::{Action, Operation};
use crate::salesforce::{CollectionRequest, MAX_COLLECTIONS_OR_QUERIES, Row, SfId};

/// One write on its way.
#[derive(Clone, Debug)]
pub(super) struct Write {
    /// Index of the person or item that it is for.
    pub key: usize,
    pub object: String,
    pub action: Action,
    pub body: Map<String, Json>,
    /// What was left out of it, in words.
    pub notes: Vec<String>,
    /// The most records to send it among.
    pub crowd: usize,
}

impl Write {
    pub fn new(key: usize, operation: &Operation, crowd: usize) -> Self {
        Self {
            key,
            object: operation.object.clone(),
            action: operation.action.clone(),
            body: operation.body(),
            notes: Vec::new(),
            crowd,
        }
    }

    pub fn creates(&self) -> bool {
        self.action == Action::Create
    }

    /// A create that carries our own key is an upsert: sent twice, it is there once.
    pub fn upserts(&self, external_id: Option<&str>) -> bool {
        self.creates() && external_id.is_some_and(|field| self.body.contains_key(field))
    }

    /// Leaves a field out, and says why.
    pub fn drop_field(&mut self, field: &str, why: &str) {
        self.body.remove(field);
        self.notes.push(format!("{field} is left out: {why}"));
    }

    /// True if a field was left out.
    pub fn dropped(&self, field: &str) -> bool {
        let said = format!("{field} is left out: ");
        self.notes.iter().any(|note| note.starts_with(&said))
    }

    /// The record that it is written under: what has the same parent goes together, so that no two calls fight for it.
    fn parent(&self) -> &str {
        self.body.get("WhoId").and_then(Json::as_str).unwrap_or_default()
    }
}

/// Writes as collections of one kind, and collections as calls.
pub(super) fn calls(mut writes: Vec<Write>, external_id: Option<&str>) -> Vec<Vec<Vec<Write>>> {
    let kind = |write: &Write| match write.action {
        Action::Create => u8::from(write.upserts(external_id)),
        Action::Update(_) => 2,
        Action::Delete(_) => 3,
    };
    // Sorted by object as well: a collection may change between objects only a few times, and an upsert never.
    writes.sort_by(|a, b| (kind(a), a.crowd, &a.object, a.parent()).cmp(&(kind(b), b.crowd, &b.object, b.parent())));
    let fits = |last: &[Write], write: &Write| {
        let first = &last[0];
        last.len() < first.crowd
            && (kind(first), first.crowd) == (kind(write), write.crowd)
            && (kind(write) != 1 || first.object == write.object)
    };
    let mut collections: Vec<Vec<Write>> = Vec::new();
    for write in writes {
        match collections.last_mut() {
            Some(last) if fits(last, &write) => last.push(write),
            _ => collections.push(vec![write]),
        }
    }
    let mut collections = collections.into_iter().peekable();
    std::iter::from_fn(|| {
        collections.peek().is_some().then(|| collections.by_ref().take(MAX_COLLECTIONS_OR_QUERIES).collect())
    })
    .collect()
}

/// A collection of one kind.
pub(super) fn request(writes: &[Write], external_id: Option<&str>) -> CollectionRequest {
    let id = |text: &str| text.parse::<SfId>().ok();
    let rows = || {
        writes
            .iter()
            .map(|write| Row {
                object: write.object.clone(),
                id: match &write.action {
                    Action::Update(text) | Action::Delete(text) => id(text),
                    Action::Create => None,
                },
                fields: write.body.clone(),
            })
            .collect()
    };
    match (writes.first(), external_id) {
        (Some(Write { action: Action::Update(_), .. }), _) => CollectionRequest::Update(rows()),
        (Some(Write { action: Action::Delete(_), .. }), _) => CollectionRequest::Delete(
            writes
                .iter()
                .filter_map(|write| match &write.action {
                    Action::Delete(text) => id(text),
                    _ => None,
                })
                .collect(),
        ),
        (Some(first), Some(field)) if first.upserts(external_id) => CollectionRequest::Upsert {
            object: first.object.clone(),
            external_id_field: field.to_owned(),
            rows: rows(),
        },
        _ => CollectionRequest::Create(rows()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(object: &str, action: Action, crowd: usize, key: bool) -> Write {
        let body = if key { Map::from_iter([("Key__c".to_owned(), Json::from("k"))]) } else { Map::new() };
        Write { key: 0, object: object.to_owned(), action, body, notes: Vec::new(), crowd }
    }

    #[test]
    fn a_thousand_records_a_call_and_nothing_mixed_that_must_not_be() {
        let update = || Action::Update("003000000000001AAA".to_owned());
        let many = |n: usize, object: &str, action: fn() -> Action| {
            (0..n).map(move |_| write(object, action(), 200, false)).collect::<Vec<_>>()
        };
        for (writes, external_id, expected) in [
            (many(10_000, "Event", || Action::Create), None, vec![vec![200; 5]; 10]),
            (many(201, "Lead", || Action::Create), None, vec![vec![200, 1]]),
            // Creates of two objects share a collection, upserts do not.
            (
                vec![write("Lead", Action::Create, 200, true), write("Contact", Action::Create, 200, true)],
                None,
                vec![vec![2]],
            ),
            (
                vec![write("Lead", Action::Create, 200, true), write("Contact", Action::Create, 200, true)],
                Some("Key__c"),
                vec![vec![1, 1]],
            ),
            (
                vec![write("Lead", Action::Create, 200, false), write("Lead", update(), 200, false)],
                None,
                vec![vec![1, 1]],
            ),
            // What met a lock goes in small collections.
            ((0..25).map(|_| write("Lead", update(), 10, false)).collect(), None, vec![vec![10, 10, 5]]),
        ] {
            let sizes: Vec<Vec<usize>> =
                calls(writes, external_id).iter().map(|call| call.iter().map(Vec::len).collect()).collect();
            assert_eq!(sizes, expected);
        }
    }
}
