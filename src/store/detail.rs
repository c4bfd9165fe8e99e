//! Everything about one contact or activity, for the detail pane and `contact show`.

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Row};

use super::convert::{instant, word};
use super::pages::{activity_row, activity_rows_sql};
use super::{
    ActivityDetail, ActivityRow, ContactDetail, Entity, HistoryEntry, PageView, StatusCounts, Store, StoreError,
    activities, contacts, duplicates, history, links, outbox, users,
};
use crate::domain::{ActivityId, ContactId, Email, Field, Phone, Status};

impl Store {
    /// A contact with its history; `None`: there is no such contact (any more).
    pub async fn contact_detail(&self, id: ContactId) -> Result<Option<ContactDetail>, StoreError> {
        let mut tx = self.readers().begin().await?;
        if !self.reaches(contacts::owners(&mut tx, &[id]).await?.into_iter().flatten().next()) {
            return Ok(None); // out of reach is as good as not there
        }
        contact_detail(&mut tx, id, self.reach_json().as_deref()).await
    }

    /// An activity with its contact beside it; `None`: there is no such activity.
    pub async fn activity_detail(&self, id: ActivityId) -> Result<Option<ActivityDetail>, StoreError> {
        let mut tx = self.readers().begin().await?;
        let Some(activity) = activities::get(&mut tx, id).await? else { return Ok(None) };
        let owner = match activity.contact_id {
            Some(contact) => contacts::owners(&mut tx, &[contact]).await?.into_iter().flatten().next(),
            None => None,
        };
        let host = match &activity.user {
            Some(host) => users::find(&mut tx, host).await?,
            None => None,
        };
        if !self.reaches(owner) && !self.reaches(host) {
            return Ok(None);
        }
        // The history of an activity's person is shown to its host, whoever the person belongs to (product A2).
        let contact = match activity.contact_id {
            Some(contact) => contact_detail(&mut tx, contact, self.reach_json().as_deref()).await?,
            None => None,
        };
        let related = match activity.related_id {
            Some(related) => activity_rows(&mut tx, "a.id = ?", related).await?,
            None => Vec::new(),
        };
        Ok(Some(ActivityDetail {
            link: links::get(&mut tx, Entity::Activity, id).await?,
            outbox: outbox::of_activity(&mut tx, id).await?,
            history: entries(&mut tx, "activity_id", id).await?,
            contact,
            related,
            activity,
        }))
    }

    /// The contact that an email identifies.
    pub async fn contact_by_email(&self, email: &Email) -> Result<Option<ContactId>, StoreError> {
        let mut reader = self.readers().acquire().await?;
        let found = contacts::find_by(&mut reader, Field::Email, email.as_str()).await?;
        self.if_reached(&mut reader, found).await
    }

    /// The contact that a mobile phone identifies.
    pub async fn contact_by_mobile(&self, phone: &Phone) -> Result<Option<ContactId>, StoreError> {
        let mut reader = self.readers().acquire().await?;
        let found = contacts::find_by(&mut reader, Field::MobilePhone, phone.as_str()).await?;
        self.if_reached(&mut reader, found).await
    }

    /// A contact out of reach is as good as none: not even that it is there is told.
    async fn if_reached(
        &self,
        reader: &mut SqliteConnection,
        found: Option<ContactId>,
    ) -> Result<Option<ContactId>, StoreError> {
        let Some(id) = found else { return Ok(None) };
        let owner = contacts::owners(reader, &[id]).await?.into_iter().flatten().next();
        Ok(found.filter(|_| self.reaches(owner)))
    }

    /// Contacts by status: all of them, or those in the actor's reach.
    pub async fn status_counts(&self) -> Result<StatusCounts, StoreError> {
        let rows: Vec<(String, i64)> = match self.actor().reach() {
            None => sqlx::query_as("SELECT status, n FROM contact_count").fetch_all(self.readers()).await?,
            Some(owners) => {
                sqlx::query_as(
                    "SELECT coalesce(status, ''), count(*) FROM contact \
                     WHERE owner_id IN (SELECT value FROM json_each(?)) GROUP BY 1",
                )
                .bind(super::convert::json_ids(&owners))
                .fetch_all(self.readers())
                .await?
            }
        };
        let mut counts = StatusCounts::default();
        for (status, n) in rows {
            if status.is_empty() {
                counts.none = n;
                continue;
            }
            match word("status of a contact", status, |text| Status::parse(text).ok())? {
                Status::Qualified => counts.qualified = n,
                Status::MarketingQualified => counts.marketing_qualified = n,
                Status::SalesQualified => counts.sales_qualified = n,
                Status::Disqualified => counts.disqualified = n,
            }
        }
        Ok(counts)
    }
}

/// `reach`: of the other side of possible duplicates, see [`Store::reach_json`].
async fn contact_detail(
    tx: &mut SqliteConnection,
    id: ContactId,
    reach: Option<&str>,
) -> Result<Option<ContactDetail>, StoreError> {
    let Some(contact) = contacts::get(tx, id).await? else { return Ok(None) };
    let views =
        sqlx::query("SELECT url, title, seconds, at FROM page_view WHERE contact_id = ? ORDER BY at DESC LIMIT 50")
            .bind(id)
            .fetch_all(&mut *tx)
            .await?;
    let page_views = if contact.values.bool(Field::HasConsent) == Some(true) {
        views
            .iter()
            .map(|row| {
                Ok(PageView {
                    url: row.try_get("url")?,
                    title: row.try_get("title")?,
                    seconds: row.try_get("seconds")?,
                    at: instant(row.try_get("at")?)?,
                })
            })
            .collect::<Result<_, StoreError>>()?
    } else {
        Vec::new()
    };
    let activity_count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM activity WHERE contact_id = ?").bind(id).fetch_one(&mut *tx).await?;
    Ok(Some(ContactDetail {
        activities: activity_rows(tx, "a.contact_id = ? ORDER BY a.updated_at DESC, a.id DESC LIMIT 100", id).await?,
        activity_count,
        history: contact_history(tx, id).await?,
        page_views,
        link: links::get(tx, Entity::Contact, id).await?,
        outbox: outbox::of_contact(tx, id).await?,
        duplicates: duplicates::of(tx, id, reach).await?,
        contact,
    }))
}

async fn activity_rows(
    tx: &mut SqliteConnection,
    condition: &'static str,
    id: i64,
) -> Result<Vec<ActivityRow>, StoreError> {
    let sql = activity_rows_sql(condition);
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_all(tx).await?;
    rows.iter().map(activity_row).collect()
}

/// The history with the imports that made the contact or met it: they note in it only what they changed.
async fn contact_history(tx: &mut SqliteConnection, id: ContactId) -> Result<Vec<HistoryEntry>, StoreError> {
    let mut entries = entries(tx, "contact_id", id).await?;
    let rows: Vec<(i64, String, String, i64, bool)> = sqlx::query_as(
        "SELECT i.id, i.name, i.actor, i.at, c.created FROM import_contact c JOIN import i ON i.id = c.import_id \
         WHERE c.contact_id = ? AND (c.created = 1 OR c.before IS NULL) ORDER BY i.id DESC LIMIT 20",
    )
    .bind(id)
    .fetch_all(tx)
    .await?;
    for (import, name, actor, at, created) in rows {
        let what = if created { "created" } else { "met" }.to_owned();
        let data = serde_json::json!({ "import": import, "import_name": name });
        let entry = HistoryEntry { at: instant(at)?, actor, activity_id: None, what, data };
        let place = entries.partition_point(|other| other.at >= entry.at);
        entries.insert(place, entry);
    }
    Ok(entries)
}

async fn entries(tx: &mut SqliteConnection, column: &'static str, id: i64) -> Result<Vec<HistoryEntry>, StoreError> {
    let sql = format!(
        "SELECT at, actor, activity_id, what, data FROM history WHERE {column} = ? ORDER BY at DESC, id DESC LIMIT 100"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_all(tx).await?;
    rows.iter().map(history::decode).collect()
}
