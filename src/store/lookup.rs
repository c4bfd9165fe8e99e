//! Whole contacts for programs: by number, by identifier; and the pages that people looked at.

use std::collections::HashMap;

use jiff::Timestamp;

use super::connect::transact;
use super::convert::ms;
use super::{PageView, Store, StoreError, contacts};
use crate::domain::access::Action;
use crate::domain::{Contact, ContactId, Email, Field, FieldValue, Phone};

impl Store {
    /// Contacts by their numbers, in that order; those out of reach or gone are left out.
    pub async fn contacts_by_id(&self, ids: &[ContactId]) -> Result<Vec<Contact>, StoreError> {
        let mut tx = self.readers().begin().await?;
        let owners = contacts::owners(&mut tx, ids).await?;
        let reached: Vec<ContactId> =
            ids.iter().zip(owners).filter(|(_, owner)| self.reaches(*owner)).map(|(id, _)| *id).collect();
        let mut found: HashMap<ContactId, Contact> =
            contacts::get_many(&mut tx, &reached).await?.into_iter().map(|contact| (contact.id, contact)).collect();
        Ok(reached.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// The contact of an email, else of a number: first as its mobile phone, then as the phone of whoever was changed
    /// last (OnceHub: CRM lookup by phone).
    pub async fn contact_of(
        &self,
        email: Option<&Email>,
        phone: Option<&Phone>,
    ) -> Result<Option<ContactId>, StoreError> {
        let mut tx = self.readers().begin().await?;
        if let Some(email) = email
            && let Some(id) = contacts::find_by(&mut tx, Field::Email, email.as_str()).await?
        {
            return Ok(Some(id));
        }
        let Some(phone) = phone else { return Ok(None) };
        if let Some(id) = contacts::find_by(&mut tx, Field::MobilePhone, phone.as_str()).await? {
            return Ok(Some(id));
        }
        Ok(sqlx::query_scalar("SELECT id FROM contact WHERE phone = ? ORDER BY updated_at DESC, id LIMIT 1")
            .bind(phone.as_str())
            .fetch_optional(&mut *tx)
            .await?)
    }

    /// Keeps pages that a person looked at, if they consented to it: how many are new. Of a person without consent
    /// nothing is kept (product C12), nor of one out of the actor's reach; the same page at the same time is kept once.
    pub async fn add_page_views(&self, contact: ContactId, views: &[PageView]) -> Result<u64, StoreError> {
        transact!(self, |tx| {
            let reached = self.allow(Action::Edit, &contacts::owners(&mut tx, &[contact]).await?).is_ok();
            let consent = contacts::get(&mut tx, contact)
                .await?
                .is_some_and(|contact| contact.values.get(Field::HasConsent) == Some(&FieldValue::Bool(true)));
            let mut new = 0;
            for view in views.iter().filter(|_| consent && reached) {
                new += sqlx::query(
                    "INSERT INTO page_view (contact_id, url, title, seconds, at) SELECT ?1, ?2, ?3, ?4, ?5 \
                     WHERE NOT EXISTS (SELECT 1 FROM page_view WHERE contact_id = ?1 AND at = ?5 AND url = ?2)",
                )
                .bind(contact)
                .bind(&view.url)
                .bind(&view.title)
                .bind(view.seconds)
                .bind(ms(view.at))
                .execute(&mut *tx)
                .await?
                .rows_affected();
            }
            new
        })
    }

    /// When a contact came into being: its place in a list by age.
    pub async fn contact_created_at(&self, id: ContactId) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.contacts_by_id(&[id]).await?.first().map(|contact| contact.created_at))
    }
}
