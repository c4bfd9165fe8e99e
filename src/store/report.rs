//! What works (product A10): contacts by status and by where they came from, what became of their bookings, and how long
//! it took to qualify them.
//!
//! Any filter applies, through the one compiler of the filter language. A report walks over all contacts that the filter
//! finds; nobody waits for it but the one who asked.

mod dimension;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Value as Json, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};

pub use dimension::Dimension;
use dimension::Key;

use super::pages::bind;
use super::{Store, StoreError};
use crate::domain::Status;
use crate::filter::{Filter, Sort, Sql};

/// Activities that count: no tests, nothing from the trash.
const COUNTS: &str = "v.test = 0 AND v.trashed_at IS NULL";

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// By what.
    pub by: Dimension,
    /// One for each value: most contacts first; of time, the newest first.
    pub rows: Vec<ReportRow>,
    /// All contacts of the filter, each once.
    pub total: Figures,
}

/// One value of the dimension.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReportRow {
    /// The value; empty: contacts (or activities) without one.
    pub key: String,
    /// As people read it.
    pub label: String,
    /// What to add to the filter of the contact list to see these contacts.
    pub query: String,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Counts of a group of contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Contacts by status: none, then as in [`Status::ALL`].
    pub statuses: [i64; 5],
    /// Contacts with a booking.
    pub booked: i64,
    /// Bookings, however they ended.
    pub bookings: i64,
    /// Bookings that were cancelled.
    pub canceled: i64,
    /// Meetings that took place.
    pub completed: i64,
    /// Meetings to which nobody came.
    pub no_show: i64,
    /// Milliseconds from the first touch to the first status, half of the contacts took less; `None`: nobody has one.
    pub median_to_status: Option<i64>,
}

impl Figures {
    /// Contacts in all.
    pub fn contacts(&self) -> i64 {
        self.statuses.iter().sum()
    }

    /// Share of contacts with a booking, in percent; `None`: there are no contacts.
    pub fn booking_rate(&self) -> Option<f64> {
        percent(self.booked, self.contacts())
    }

    /// Share of bookings that were cancelled.
    pub fn cancel_rate(&self) -> Option<f64> {
        percent(self.canceled, self.bookings)
    }

    /// Share of meetings that came to their time and to which nobody came.
    pub fn no_show_rate(&self) -> Option<f64> {
        percent(self.no_show, self.no_show + self.completed)
    }

    fn add(&mut self, other: &Self) {
        for (sum, n) in self.statuses.iter_mut().zip(other.statuses) {
            *sum += n;
        }
        self.booked += other.booked;
        self.bookings += other.bookings;
        self.canceled += other.canceled;
        self.completed += other.completed;
        self.no_show += other.no_show;
    }
}

impl Serialize for Figures {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut statuses = serde_json::Map::from_iter([("none".to_owned(), Json::from(self.statuses[0]))]);
        for (status, n) in Status::ALL.iter().zip(&self.statuses[1..]) {
            statuses.insert(status.key().to_owned(), Json::from(*n));
        }
        json!({
            "contacts": self.contacts(), "statuses": statuses, "booked": self.booked, "bookings": self.bookings,
            "canceled": self.canceled, "completed": self.completed, "no_show": self.no_show,
            "booking_rate": self.booking_rate(), "cancel_rate": self.cancel_rate(), "no_show_rate": self.no_show_rate(),
            "median_seconds_to_status": self.median_to_status.map(|ms| ms / 1_000),
        })
        .serialize(serializer)
    }
}

fn percent(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 * 1_000.0 / whole as f64).round() / 10.0)
}

/// What is gathered of one value.
#[derive(Default)]
struct Group {
    figures: Figures,
    /// Milliseconds to the first status, of each contact that has one.
    waits: Vec<i64>,
}

type Groups = BTreeMap<Key, Group>;

impl Store {
    /// Contacts that the filter finds, by a dimension; days are those of `zone`.
    pub async fn report(&self, filter: &Filter, by: Dimension, zone: &TimeZone) -> Result<Report, StoreError> {
        let condition = self.condition(filter, Some(Sort::Recent)).await?;
        let mut groups = self.groups(&condition, by, zone).await?;
        // A contact may be under several values of what activities tell, but is one contact all the same.
        let mut total = if by.is_of_activity() {
            let mut all = self.groups(&condition, Dimension::Nothing, zone).await?;
            all.remove(&Key::None).unwrap_or_default()
        } else {
            groups.values_mut().fold(Group::default(), |mut total, group| {
                total.figures.add(&group.figures);
                total.waits.extend(&group.waits);
                total
            })
        };
        total.figures.median_to_status = median(&mut total.waits);
        let mut rows: Vec<ReportRow> = groups
            .into_iter()
            .map(|(key, mut group)| {
                group.figures.median_to_status = median(&mut group.waits);
                let (label, query) = (by.label(&key), by.query(&key));
                ReportRow { key: key.text(), label, query, figures: group.figures }
            })
            .collect();
        if by.is_of_time() {
            rows.reverse();
        } else {
            rows.sort_by_key(|row| std::cmp::Reverse(row.figures.contacts()));
        }
        Ok(Report { by, rows, total: total.figures })
    }

    async fn groups(&self, condition: &Sql, by: Dimension, zone: &TimeZone) -> Result<Groups, StoreError> {
        let (of_contact, of_activity) = by.columns();
        let condition_text = &condition.text;
        let mut groups = Groups::new();
        let mut tx = self.readers().begin().await?; // one snapshot

        let sql = match of_activity {
            None => format!(
                "SELECT {of_contact} AS k, coalesce(c.status, '') AS s, count(*) AS n \
                 FROM contact c LEFT JOIN user o ON o.id = c.owner_id WHERE ({condition_text}) GROUP BY 1, 2"
            ),
            Some(column) => format!(
                "SELECT k, s, count(*) AS n FROM (SELECT DISTINCT v.{column} AS k, c.id, coalesce(c.status, '') AS s \
                 FROM contact c JOIN activity v ON v.contact_id = c.id WHERE ({condition_text}) AND {COUNTS}) GROUP BY 1, 2"
            ),
        };
        let mut rows = bind(sqlx::query(AssertSqlSafe(sql)), &condition.args).fetch(&mut *tx);
        while let Some(row) = rows.try_next().await? {
            let place = Status::parse(row.try_get("s")?).map_or(0, |status| status as usize + 1);
            groups.entry(by.key(&row, zone)?).or_default().figures.statuses[place] += row.try_get::<i64, _>("n")?;
        }
        drop(rows);

        let key = of_activity.map_or_else(|| of_contact.to_owned(), |column| format!("v.{column}"));
        let from = "FROM contact c JOIN activity v ON v.contact_id = c.id LEFT JOIN user o ON o.id = c.owner_id";
        let sql = format!(
            "SELECT {key} AS k, count(*) AS bookings, count(DISTINCT v.contact_id) AS booked, \
             sum(v.state = 'canceled') AS canceled, sum(v.state = 'completed') AS completed, sum(v.state = 'no_show') AS no_show \
             {from} WHERE ({condition_text}) AND v.kind = 'booking' AND {COUNTS} GROUP BY 1"
        );
        let mut rows = bind(sqlx::query(AssertSqlSafe(sql)), &condition.args).fetch(&mut *tx);
        while let Some(row) = rows.try_next().await? {
            let n = |column: &str| row.try_get::<i64, _>(column);
            let figures = Figures {
                booked: n("booked")?,
                bookings: n("bookings")?,
                canceled: n("canceled")?,
                completed: n("completed")?,
                no_show: n("no_show")?,
                ..Figures::default()
            };
            groups.entry(by.key(&row, zone)?).or_default().figures.add(&figures);
        }
        drop(rows);

        // By status: how long it took to get to this one; else to any.
        let reached =
            if by == Dimension::Status { "h.data ->> 'to' = c.status" } else { "h.data ->> 'to' IS NOT NULL" };
        let activities = if of_activity.is_some() {
            format!("JOIN activity v ON v.contact_id = c.id AND {COUNTS}")
        } else {
            String::new()
        };
        let sql = format!(
            "SELECT {key} AS k, max(min(h.at) - c.created_at, 0) AS wait FROM contact c {activities} \
             JOIN history h ON h.contact_id = c.id AND h.what = 'status' AND {reached} \
             LEFT JOIN user o ON o.id = c.owner_id WHERE ({condition_text}) GROUP BY c.id, 1"
        );
        let mut rows = bind(sqlx::query(AssertSqlSafe(sql)), &condition.args).fetch(&mut *tx);
        while let Some(row) = rows.try_next().await? {
            groups.entry(by.key(&row, zone)?).or_default().waits.push(row.try_get("wait")?);
        }
        drop(rows);
        Ok(groups)
    }
}

/// The value that half of them do not exceed.
fn median(values: &mut [i64]) -> Option<i64> {
    let middle = values.len().checked_sub(1)? / 2;
    Some(*values.select_nth_unstable(middle).1)
}

/// The value of a row under a dimension.
fn text_of(row: &SqliteRow) -> Result<Option<String>, StoreError> {
    Ok(row.try_get::<Option<String>, _>("k")?.filter(|text| !text.is_empty()))
}
