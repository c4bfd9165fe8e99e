//! Two records made one: what stands side by side in the merge prompt, and what comes of it (OnceHub reference 1.7).
//!
//! *Existing* is the record that already held the identifier: it survives. *Incoming* is the one that is being edited, or
//! the newer of a pair of possible duplicates: its values replace, blank never clears, and a pick decides otherwise field
//! by field. 0, false and an empty list are values.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::FieldChange;
use crate::domain::{Contact, Field, FieldKey, FieldValue, Status, UserRef};

/// One of the two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The one that held the identifier, and survives.
    Existing,
    /// The other one.
    Incoming,
}

/// Which side counts, by the field's identifier (`status` and `owner` among them). What is not named goes by the rule;
/// the pick of a blank side goes by the rule, too: blank never clears.
pub type Picks = BTreeMap<String, Side>;

/// One line of the prompt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The field's identifier, `status` or `owner`.
    pub field: String,
    /// As people read it; `None`: blank.
    pub existing: Option<String>,
    /// As people read it; `None`: blank.
    pub incoming: Option<String>,
    /// What the rule takes.
    pub default: Side,
    /// Both have a value, and not the same: a pick matters.
    pub differs: bool,
}

/// What the merged record is.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What becomes of the existing record's fields.
    pub changes: Vec<FieldChange>,
    /// Its status.
    pub status: Option<Status>,
    /// Its owner: the survivor's, if it has one.
    pub owner: Option<UserRef>,
    /// The earlier of the two.
    pub created_at: Timestamp,
    /// The later of the two.
    pub interacted_at: Option<Timestamp>,
    /// Values of either record that are not the merged record's: kept in its history.
    pub replaced: Vec<Replaced>,
}

/// A value that gave way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replaced {
    /// The field.
    pub field: FieldKey,
    /// What it was.
    pub value: FieldValue,
    /// Whose it was.
    pub of: Side,
}

/// Every field that either record has, in the order of forms, then status and owner.
pub fn rows(existing: &Contact, incoming: &Contact) -> Vec<Row> {
    let mut rows: Vec<Row> = keys(existing, incoming)
        .into_iter()
        .map(|key| {
            let (a, b) = (existing.values.get(key.clone()), incoming.values.get(key.clone()));
            row(key.as_str(), a.map(ToString::to_string), b.map(ToString::to_string), a == b, Side::Incoming)
        })
        .collect();
    if existing.status.is_some() || incoming.status.is_some() {
        let label = |status: Option<Status>| status.map(|status| status.label().to_owned());
        let same = existing.status == incoming.status;
        rows.push(row("status", label(existing.status), label(incoming.status), same, Side::Incoming));
    }
    if existing.owner.is_some() || incoming.owner.is_some() {
        let label = |owner: &Option<UserRef>| owner.as_ref().map(|owner| owner.label().to_owned());
        let same = existing.owner == incoming.owner;
        rows.push(row("owner", label(&existing.owner), label(&incoming.owner), same, Side::Existing));
    }
    rows
}

/// The merged record.
pub fn outcome(existing: &Contact, incoming: &Contact, picks: &Picks) -> Outcome {
    let side = |field: &str, default: Side| picks.get(field).copied().unwrap_or(default);
    let mut changes = Vec::new();
    let mut replaced = Vec::new();
    for key in keys(existing, incoming) {
        let (a, b) = (existing.values.get(key.clone()), incoming.values.get(key.clone()));
        match (a, b) {
            (Some(a), Some(b)) if a != b => {
                let (value, of) = match side(key.as_str(), Side::Incoming) {
                    Side::Existing => (b, Side::Incoming),
                    Side::Incoming => {
                        changes.push(FieldChange { field: key.clone(), from: Some(a.clone()), to: Some(b.clone()) });
                        (a, Side::Existing)
                    }
                };
                replaced.push(Replaced { field: key, value: value.clone(), of });
            }
            (None, Some(b)) => changes.push(FieldChange { field: key, from: None, to: Some(b.clone()) }),
            _ => {}
        }
    }
    let status = match side("status", Side::Incoming) {
        Side::Incoming => incoming.status.or(existing.status),
        Side::Existing => existing.status.or(incoming.status),
    };
    let owner = match side("owner", Side::Existing) {
        Side::Existing => existing.owner.as_ref().or(incoming.owner.as_ref()),
        Side::Incoming => incoming.owner.as_ref().or(existing.owner.as_ref()),
    };
    Outcome {
        changes,
        status,
        owner: owner.cloned(),
        created_at: existing.created_at.min(incoming.created_at),
        interacted_at: existing.interacted_at.max(incoming.interacted_at),
        replaced,
    }
}

/// Which of two records survives when neither was edited: the one with an email, then the one that is older.
pub fn survivor<'a>(a: &'a Contact, b: &'a Contact) -> &'a Contact {
    let rank = |contact: &Contact| (contact.values.email().is_none(), contact.created_at, contact.id);
    if rank(a) <= rank(b) { a } else { b }
}

fn row(field: &str, existing: Option<String>, incoming: Option<String>, same: bool, rule: Side) -> Row {
    let default = match (&existing, &incoming) {
        (_, None) => Side::Existing,
        (None, Some(_)) => Side::Incoming,
        _ => rule,
    };
    let differs = existing.is_some() && incoming.is_some() && !same;
    Row { field: field.to_owned(), existing, incoming, default, differs }
}

fn keys(a: &Contact, b: &Contact) -> Vec<FieldKey> {
    let has = |key: &FieldKey| a.values.get(key.clone()).is_some() || b.values.get(key.clone()).is_some();
    let system = Field::ALL.into_iter().map(FieldKey::from).filter(has);
    let mut keys: Vec<FieldKey> = system.collect();
    let custom = a.values.iter().chain(b.values.iter()).map(|(key, _)| key);
    let mut custom: Vec<FieldKey> = custom.filter(|key| matches!(key, FieldKey::Custom(_))).cloned().collect();
    custom.sort();
    custom.dedup();
    keys.extend(custom);
    keys
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Values;

    fn contact(id: i64, values: Values) -> Contact {
        let at = Timestamp::from_second(1_790_000_000 + id).unwrap();
        Contact {
            id,
            values,
            status: None,
            owner: None,
            source: "manual".into(),
            created_at: at,
            updated_at: at,
            interacted_at: None,
        }
    }

    fn value() -> impl Strategy<Value = FieldValue> {
        prop_oneof![
            "[a-c]{1,2}".prop_map(FieldValue::Text),
            (0..3_i64).prop_map(FieldValue::Integer),
            any::<bool>().prop_map(FieldValue::Bool),
            Just(FieldValue::List(Vec::new())),
        ]
    }

    fn values() -> impl Strategy<Value = Values> {
        let keys = [Field::Company, Field::City, Field::Employees].map(FieldKey::from).to_vec();
        let keys = [keys, vec![FieldKey::Custom("a".into()), FieldKey::Custom("b".into())]].concat();
        proptest::collection::vec((proptest::sample::select(keys), value()), 0..6)
            .prop_map(|pairs| pairs.into_iter().collect())
    }

    fn sides() -> impl Strategy<Value = Picks> {
        let side = prop_oneof![Just(Side::Existing), Just(Side::Incoming)];
        let field = proptest::sample::select(vec!["company", "city", "employees", "a", "b"]);
        proptest::collection::btree_map(field.prop_map(str::to_owned), side, 0..5)
    }

    proptest! {
        #[test]
        fn no_value_is_lost_and_blank_never_clears(a in values(), b in values(), picks in sides()) {
            let (existing, incoming) = (contact(1, a), contact(2, b));
            let outcome = outcome(&existing, &incoming, &picks);
            let mut merged = existing.values.clone();
            super::super::apply(&mut merged, &outcome.changes);
            for (key, value) in existing.values.iter().chain(incoming.values.iter()) {
                let kept = merged.get(key.clone());
                prop_assert!(kept.is_some(), "{key} was cleared");
                let told = outcome.replaced.iter().any(|gone| gone.field == *key && gone.value == *value);
                prop_assert!(kept == Some(value) || told, "{key} {value} is lost");
            }
        }

        #[test]
        fn the_prompt_shows_what_comes_of_it(a in values(), b in values()) {
            let (existing, incoming) = (contact(1, a), contact(2, b));
            let outcome = outcome(&existing, &incoming, &Picks::new());
            let mut merged = existing.values.clone();
            super::super::apply(&mut merged, &outcome.changes);
            for row in rows(&existing, &incoming) {
                let shown = match row.default { Side::Existing => row.existing, Side::Incoming => row.incoming };
                prop_assert_eq!(merged.get(FieldKey::parse(&row.field)).map(ToString::to_string), shown);
            }
        }
    }

    #[test]
    fn what_is_no_field_goes_by_its_own_rule() {
        let (mut a, mut b) = (contact(1, Values::new()), contact(2, Values::new()));
        let user = |name: &str| Some(UserRef { name: Some(name.to_owned()), ..UserRef::default() });
        a.status = Some(Status::Qualified);
        b.interacted_at = Some(b.created_at);
        a.owner = user("Ann");
        b.owner = user("Bob");
        let plain = outcome(&b, &a, &Picks::new());
        assert_eq!((plain.status, plain.owner.clone()), (Some(Status::Qualified), user("Bob")));
        assert_eq!((plain.created_at, plain.interacted_at), (a.created_at, b.interacted_at));
        let picks = Picks::from([("owner".to_owned(), Side::Incoming), ("status".to_owned(), Side::Existing)]);
        let picked = outcome(&b, &a, &picks);
        assert_eq!((picked.status, picked.owner), (Some(Status::Qualified), user("Ann")));
        assert_eq!(survivor(&a, &b).id, 1);
        b.values.put_text(Field::Email, Some("b@x.no"));
        assert_eq!(survivor(&a, &b).id, 2);
    }
}
