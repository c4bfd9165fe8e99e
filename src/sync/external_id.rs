//! Our own key on the records that we create, where the org has a field for it: sent twice, they are there once.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::person::PersonKey;
use super::plan::{Action, BatchPlan, FieldWrite, Operation};
use crate::store::Entity;

/// Puts the key into everything that a plan creates: `rolodeck-STORE-c12` for contact 12 of that store.
pub fn stamp(plan: &mut BatchPlan, field: &str, store_id: &str) {
    for person in &mut plan.persons {
        let own = match &person.key {
            PersonKey::Contact(id) => format!("c{id}"),
            PersonKey::Guest(email) => format!("g{}", digest(email)),
        };
        write(person.operation.as_mut(), field, store_id, &own);
    }
    for item in &mut plan.items {
        let own = match item.entity {
            Entity::Contact => format!("c{}", item.entity_id),
            Entity::Activity => format!("a{}", item.entity_id),
        };
        write(item.event.as_mut().and_then(|event| event.operation.as_mut()), field, store_id, &own);
    }
}

fn write(operation: Option<&mut Operation>, field: &str, store_id: &str, own: &str) {
    let Some(operation) = operation.filter(|operation| operation.action == Action::Create) else { return };
    operation.fields.retain(|write| write.field != field);
    let after = format!("rolodeck-{store_id}-{own}").into();
    operation.fields.push(FieldWrite { field: field.to_owned(), before: None, after });
}

/// A guest is known by an email, which has no place in a key.
fn digest(email: &str) -> String {
    let mut key = String::with_capacity(20);
    for byte in Sha256::digest(email.as_bytes()).iter().take(10) {
        let _ = write!(key, "{byte:02x}"); // a String takes everything
    }
    key
}
