//! The rows that the lists hold.

use super::list::Row;
use crate::domain::ContactId;
use crate::store::{ActivityRow, ContactRow, Entity, OutboxRow};

impl Row for ContactRow {
    fn id(&self) -> i64 {
        self.id
    }

    fn contact_id(&self) -> Option<ContactId> {
        Some(self.id)
    }
}

impl Row for ActivityRow {
    fn id(&self) -> i64 {
        self.id
    }

    fn contact_id(&self) -> Option<ContactId> {
        self.contact_id
    }
}

impl Row for OutboxRow {
    fn id(&self) -> i64 {
        self.id
    }

    fn contact_id(&self) -> Option<ContactId> {
        self.contact_id.or((self.entity == Entity::Contact).then_some(self.entity_id))
    }
}
