//! Rows for exports: all that a filter finds, in the order of the list, a chunk at a time.
//!
//! One statement runs from beginning to end, so that the export is of one moment; memory holds two chunks of it.

use std::collections::HashMap;

use futures_util::StreamExt as _;
use sqlx::{AssertSqlSafe, Row as _};
use tokio::sync::mpsc;

use super::{Store, StoreError, activities, contacts, pages};
use crate::domain::{Activity, Contact, ContactId};
use crate::filter::{Filter, List, Sort};

/// Rows of one chunk.
const CHUNK: usize = 500;

/// The numbers of the rows, in chunks. Dropped, the reading ends.
pub struct RowIds(mpsc::Receiver<Result<Vec<i64>, StoreError>>);

impl RowIds {
    /// The next chunk; `None`: that was all.
    pub async fn next(&mut self) -> Option<Result<Vec<i64>, StoreError>> {
        self.0.recv().await
    }
}

impl Store {
    /// The numbers of all that a filter finds, newest first.
    pub async fn export_ids(&self, filter: &Filter) -> Result<RowIds, StoreError> {
        let (table, id, column, sort) = match filter.list() {
            List::Contacts => ("contact c", "c.id", "c.recent_at", Sort::Recent),
            List::Activities => ("activity a", "a.id", "a.updated_at", Sort::Updated),
        };
        let condition = self.condition(filter, Some(sort)).await?;
        let sql = format!("SELECT {id} FROM {table} WHERE {} ORDER BY {column} DESC, {id} DESC", condition.text);
        let (sender, receiver) = mpsc::channel(1);
        let readers = self.readers().clone();
        tokio::spawn(async move {
            let query = pages::bind(sqlx::query(AssertSqlSafe(sql)), &condition.args);
            let mut rows = query.fetch(&readers);
            let mut chunk = Vec::with_capacity(CHUNK);
            loop {
                let row = tokio::select! {
                    biased;
                    row = rows.next() => row,
                    () = sender.closed() => return, // nobody waits for the rest
                };
                let Some(row) = row else { break };
                match row.and_then(|row| row.try_get(0)) {
                    Ok(id) => chunk.push(id),
                    Err(error) => {
                        let _ = sender.send(Err(error.into())).await;
                        return;
                    }
                }
                if chunk.len() == CHUNK && sender.send(Ok(std::mem::take(&mut chunk))).await.is_err() {
                    return;
                }
            }
            if !chunk.is_empty() {
                let _ = sender.send(Ok(chunk)).await;
            }
        });
        Ok(RowIds(receiver))
    }

    /// Activities by number, in that order, each with its contact; those that are gone are left out.
    pub async fn activities_by_id(&self, ids: &[i64]) -> Result<Vec<(Activity, Option<Contact>)>, StoreError> {
        let mut reader = self.readers().acquire().await?;
        let mut found: HashMap<i64, Activity> =
            activities::get_many(&mut reader, ids).await?.into_iter().map(|it| (it.id, it)).collect();
        let mut people: Vec<ContactId> = found.values().filter_map(|activity| activity.contact_id).collect();
        people.sort_unstable();
        people.dedup();
        let people: HashMap<i64, Contact> =
            contacts::get_many(&mut reader, &people).await?.into_iter().map(|it| (it.id, it)).collect();
        let with_contact = |activity: Activity| {
            let contact = activity.contact_id.and_then(|id| people.get(&id).cloned());
            (activity, contact)
        };
        Ok(ids.iter().filter_map(|id| found.remove(id)).map(with_contact).collect())
    }
}
