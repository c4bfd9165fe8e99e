//! How incoming values change the values that a contact has (OnceHub: merge rules).

pub mod pair;

use serde::{Deserialize, Serialize};

use super::{FieldKey, FieldValue, Values};

/// One field's change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field.
    pub field: FieldKey,
    /// What it was; `None`: blank.
    pub from: Option<FieldValue>,
    /// What it becomes; `None`: blank, which only an edit by hand can do.
    pub to: Option<FieldValue>,
}

/// Which incoming values count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// New replaces old.
    Replace,
    /// Only blanks are filled: what came late must not undo what is newer.
    FillBlanks,
}

/// The changes that `incoming` makes to `existing`, in the order of the fields.
/// Blank never clears; equal is no change; 0, false and an empty list are values; a list is replaced, not united.
pub fn changes(existing: &Values, incoming: &Values, policy: Policy) -> Vec<FieldChange> {
    incoming
        .iter()
        .filter_map(|(field, to)| {
            let from = existing.get(field.clone());
            let counts = match from {
                None => true,
                Some(from) => policy == Policy::Replace && from != to,
            };
            counts.then(|| FieldChange { field: field.clone(), from: from.cloned(), to: Some(to.clone()) })
        })
        .collect()
}

/// Writes changes into values.
pub fn apply(values: &mut Values, changes: &[FieldChange]) {
    for change in changes {
        values.set(change.field.clone(), change.to.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Field;

    fn values(pairs: &[(Field, FieldValue)]) -> Values {
        pairs.iter().map(|(field, value)| (FieldKey::from(*field), value.clone())).collect()
    }

    fn text(text: &str) -> FieldValue {
        FieldValue::Text(text.to_owned())
    }

    /// OnceHub reference 1.7, row by row.
    #[test]
    fn the_field_table_holds() {
        let cases = [
            (None, Some(text("a")), Some(text("a"))),
            (Some(text("a")), Some(text("a")), Some(text("a"))),
            (Some(text("a")), Some(text("b")), Some(text("b"))),
            (Some(text("a")), None, Some(text("a"))),
            (None, None, None),
            (Some(FieldValue::Integer(5)), Some(FieldValue::Integer(0)), Some(FieldValue::Integer(0))),
            (Some(FieldValue::Bool(true)), Some(FieldValue::Bool(false)), Some(FieldValue::Bool(false))),
        ];
        for (existing, incoming, expected) in cases {
            let mut before = Values::new();
            before.set(Field::Company, existing);
            let mut given = Values::new();
            given.set(Field::Company, incoming);
            apply(&mut before.clone(), &[]);
            let found = changes(&before, &given, Policy::Replace);
            apply(&mut before, &found);
            assert_eq!(before.get(Field::Company), expected.as_ref());
        }
    }

    #[test]
    fn a_late_payload_fills_blanks_only() {
        let existing = values(&[(Field::Company, text("New"))]);
        let incoming = values(&[(Field::Company, text("Old")), (Field::City, text("Oslo"))]);
        let found = changes(&existing, &incoming, Policy::FillBlanks);
        assert_eq!(found, [FieldChange { field: Field::City.into(), from: None, to: Some(text("Oslo")) }]);
    }
}
