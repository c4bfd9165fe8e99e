//! Pages of lists by keyset: any depth costs the same.
//!
//! Limits are written `LIMIT +?`: with a bare `?`, SQLite plans the statement anew for each value of it, which takes as long
//! as many a page (its source: `computeLimitRegisters`, `sqlite3ExprIsInteger`).

mod search;
mod spell;

use std::sync::LazyLock;

use jiff::Timestamp;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row, Sqlite, TypeInfo, ValueRef};

use super::convert::{instant, word};
use super::list::{ActivityOrder, Anchor, ContactOrder, Order, SortValue, Window};
use super::order::contact_order;
use super::{ActivityRow, ContactRow, Store, StoreError, SyncMark, contacts};
use crate::domain::Field;
use crate::domain::activity::{Kind, State};
use crate::filter::{Arg, Filter, Limits, Probe, Sort, Sql, Strategy};
use search::{Decode, List, Search};

/// Where rows are counted, or all of them are wanted: a condition that finds no more rows than this is looked up, any other
/// is checked row by row along the list's index.
const PROBE: Limits = Limits { rows: 20_000, whole: 20_000, words: 20_000 };

/// A count that may have stopped early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many, at most the cap.
    pub n: i64,
    /// There are more.
    pub capped: bool,
}

impl Store {
    /// A page of the contacts that a filter finds.
    pub async fn contact_page(
        &self,
        filter: &Filter,
        order: Order<ContactOrder>,
        anchor: &Anchor,
        limit: usize,
    ) -> Result<Window<ContactRow>, StoreError> {
        let (column, sort) = contact_order(&order);
        let descending = order.descending;
        // An index of what `recent_at` is made of serves as if it held it.
        let hidden = match sort {
            Some(Sort::Recent) => "coalesce(c.interacted_at, c.created_at)".to_owned(),
            _ => format!("+{column}"),
        };
        let (columns, joins) = (&CONTACT_COLUMNS, CONTACT_JOINS);
        let list = List {
            table: "contact c",
            row: "c",
            only: "1",
            id: "c.id",
            person: "c.id",
            sort: column,
            hidden,
            descending,
            columns,
            joins,
        };
        self.page(filter, sort, &list, anchor, limit, contact_row).await
    }

    /// A page of the activities that a filter finds.
    pub async fn activity_page(
        &self,
        filter: &Filter,
        order: Order<ActivityOrder>,
        anchor: &Anchor,
        limit: usize,
    ) -> Result<Window<ActivityRow>, StoreError> {
        let (column, sort, only) = match order.by {
            ActivityOrder::Updated => ("a.updated_at", Sort::Updated, "1"),
            ActivityOrder::Start => ("a.start_at", Sort::Start, "a.start_at IS NOT NULL"),
        };
        let (sort_by, hidden, descending) = (column.to_owned(), format!("+{column}"), order.descending);
        let (columns, joins) = (ACTIVITY_COLUMNS, ACTIVITY_JOINS);
        let list = List {
            table: "activity a",
            row: "a",
            only,
            id: "a.id",
            person: "a.contact_id",
            sort: sort_by,
            hidden,
            descending,
            columns,
            joins,
        };
        self.page(filter, Some(sort), &list, anchor, limit, activity_row).await
    }

    async fn page<T>(
        &self,
        filter: &Filter,
        sort: Option<Sort>,
        list: &List,
        anchor: &Anchor,
        limit: usize,
        decode: Decode<T>,
    ) -> Result<Window<T>, StoreError> {
        let mut reader = self.list_reader().await?;
        Search::new(self, &mut reader, filter, sort, list).page(anchor, limit, decode).await
    }

    /// How many contacts a filter finds, counting no further than `cap`.
    pub async fn contact_total(&self, filter: &Filter, cap: i64) -> Result<Count, StoreError> {
        self.total("contact c", "c.id", filter, Sort::Recent, cap).await
    }

    /// How many activities a filter finds, counting no further than `cap`.
    pub async fn activity_total(&self, filter: &Filter, cap: i64) -> Result<Count, StoreError> {
        self.total("activity a", "a.id", filter, Sort::Updated, cap).await
    }

    async fn total(&self, table: &str, id: &str, filter: &Filter, sort: Sort, cap: i64) -> Result<Count, StoreError> {
        let filter = self.within_reach(filter);
        let filter = &*self.well_spelled(&filter).await?;
        let mut reader = self.readers().acquire().await?;
        let few = probe(&mut reader, filter, Some(sort), PROBE).await?;
        // Many have the words: they are counted as the index names them.
        let words = if few.is_none() { filter.words(sort) } else { None };
        let from = match &words {
            Some(words) => format!("{} CROSS JOIN {table} ON {id} = {}", words.index, words.row()),
            None => table.to_owned(),
        };
        let named = words.as_ref().map_or(String::new(), |words| format!("{} MATCH ? AND ", words.index));
        let condition = few.map_or_else(|| filter.sql(Strategy::Walk(sort)), |few| few.condition(filter));
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {from} WHERE {named}({}) LIMIT +?)", condition.text);
        let args: Vec<Arg> = words.map(|words| Arg::Text(words.query)).into_iter().chain(condition.args).collect();
        let query = bind(sqlx::query(AssertSqlSafe(sql)), &args);
        let n: i64 = query.bind(cap + 1).fetch_one(&mut *reader).await?.try_get(0)?;
        Ok(Count { n: n.min(cap), capped: n > cap })
    }

    /// The filter as SQL, by whichever way finds its rows sooner in this order.
    /// `None`: no index gives the order.
    pub(super) async fn condition(&self, filter: &Filter, sort: Option<Sort>) -> Result<Sql, StoreError> {
        let filter = self.within_reach(filter);
        let filter = &*self.well_spelled(&filter).await?;
        let mut reader = self.readers().acquire().await?;
        Ok(match probe(&mut reader, filter, sort, PROBE).await? {
            Some(few) => few.condition(filter),
            None => filter.sql(sort.map_or(Strategy::Free, Strategy::Walk)),
        })
    }
}

/// The part of the filter that yields the fewest rows, as far as each is worth, if those are few.
async fn probe(
    reader: &mut SqliteConnection,
    filter: &Filter,
    sort: Option<Sort>,
    limits: Limits,
) -> Result<Option<Few>, StoreError> {
    let mut best: Option<(i64, i64, Few)> = None;
    for (i, probe) in filter.probes(sort, limits).into_iter().enumerate() {
        let (n, limit, few) = match probe {
            None => continue,
            // To find ids takes longer than to count, and a whole table may be read for it.
            Some(Probe::Ids(..)) if best.is_some() => continue,
            Some(Probe::Count(sql, limit)) => {
                let query = bind(sqlx::query(AssertSqlSafe(sql.text)), &sql.args);
                (query.fetch_one(&mut *reader).await?.try_get(0)?, limit, Few::By(i))
            }
            Some(Probe::Ids(sql, limit)) => {
                let query = bind(sqlx::query(AssertSqlSafe(sql.text)), &sql.args);
                let rows = query.fetch_all(&mut *reader).await?;
                let ids = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
                (ids.len() as i64, limit, Few::These(i, ids))
            }
        };
        if n < limit && best.as_ref().is_none_or(|(least, of, _)| n * of < least * limit) {
            best = Some((n, limit, few));
        }
    }
    Ok(best.map(|(_, _, few)| few))
}

/// Few rows, found by the probe with this number.
enum Few {
    /// Its index finds them.
    By(usize),
    /// They are these, and whatever else the condition asks is still to be checked.
    These(usize, Vec<i64>),
}

impl Few {
    fn condition(&self, filter: &Filter) -> Sql {
        match self {
            Self::By(probe) => filter.sql(Strategy::Probe(*probe)),
            Self::These(probe, ids) => filter.of_ids(*probe, ids).at_once(),
        }
    }
}

fn sort_value(row: &SqliteRow) -> Result<SortValue, StoreError> {
    let raw = row.try_get_raw("sort")?;
    let kind = raw.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "INTEGER" => SortValue::Integer(row.try_get("sort")?),
        "REAL" => {
            Some(row.try_get::<f64, _>("sort")?).filter(|n| n.is_finite()).map_or(SortValue::Blank, SortValue::Real)
        }
        "TEXT" => SortValue::Text(row.try_get("sort")?),
        _ => SortValue::Blank,
    })
}

type SqlQuery<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

pub(super) fn bind<'q>(mut query: SqlQuery<'q>, args: &[Arg]) -> SqlQuery<'q> {
    for arg in args {
        query = match arg {
            Arg::Text(text) => query.bind(text.clone()),
            Arg::Integer(n) => query.bind(*n),
            Arg::Real(n) => query.bind(*n),
        };
    }
    query
}

/// The worst of what is open decides the mark: a person is needed, on its way, waiting; else done if linked.
static CONTACT_COLUMNS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{}, c.recent_at, \
         EXISTS (SELECT 1 FROM activity x WHERE x.contact_id = c.id AND x.unread = 1 AND x.trashed_at IS NULL) AS unread, \
         (EXISTS (SELECT 1 FROM possible_duplicate d WHERE d.a = c.id AND d.state = 'open') \
          OR EXISTS (SELECT 1 FROM possible_duplicate d WHERE d.b = c.id AND d.state = 'open')) AS duplicate, \
         (SELECT max(CASE q.state WHEN 'held' THEN 3 WHEN 'pending' THEN 1 ELSE 2 END) FROM outbox q \
            WHERE q.contact_id = c.id AND q.state NOT IN ('done', 'skipped')) AS open, \
         EXISTS (SELECT 1 FROM link l WHERE l.entity = 'contact' AND l.entity_id = c.id) AS linked",
        *contacts::COLUMNS
    )
});
const CONTACT_JOINS: &str = "LEFT JOIN user o ON o.id = c.owner_id";

const ACTIVITY_COLUMNS: &str = "a.id, a.kind, a.state, a.source, a.contact_id, a.subject, a.start_at, a.end_at, a.unread, a.test, \
    a.trashed_at, a.created_at, a.updated_at, coalesce(u.name, u.email, u.external_id) AS user, c.status, \
    c.first_name, c.last_name, c.salutation, c.company, a.person_name, coalesce(c.email, a.person_email) AS email, \
    coalesce(c.mobile_phone, a.person_phone) AS phone, \
    (SELECT max(CASE q.state WHEN 'held' THEN 3 WHEN 'pending' THEN 1 ELSE 2 END) FROM outbox q \
       WHERE q.entity = 'activity' AND q.entity_id = a.id AND q.state NOT IN ('done', 'skipped')) AS open, \
    EXISTS (SELECT 1 FROM link l WHERE l.entity = 'activity' AND l.entity_id = a.id) AS linked";
const ACTIVITY_JOINS: &str = "LEFT JOIN contact c ON c.id = a.contact_id LEFT JOIN user u ON u.id = a.user_id";

/// Rows of a contact's activities, for the detail pane.
pub(super) fn activity_rows_sql(condition: &str) -> String {
    format!("SELECT {ACTIVITY_COLUMNS} FROM activity a {ACTIVITY_JOINS} WHERE {condition}")
}

fn sync_mark(row: &SqliteRow) -> Result<SyncMark, StoreError> {
    Ok(match row.try_get::<Option<i64>, _>("open")? {
        Some(3) => SyncMark::Held,
        Some(2) => SyncMark::Working,
        Some(_) => SyncMark::Pending,
        None if row.try_get("linked")? => SyncMark::Done,
        None => SyncMark::None,
    })
}

/// What to call the person of a row: the same order as `Values::display_name`.
fn person(row: &SqliteRow, others: &[&str]) -> Result<String, StoreError> {
    let text = |column: &str| row.try_get::<Option<String>, _>(column);
    let name = [text("first_name")?, text("last_name")?].into_iter().flatten().collect::<Vec<_>>().join(" ");
    if !name.is_empty() {
        return Ok(name);
    }
    for column in others {
        if let Some(other) = text(column)? {
            return Ok(other);
        }
    }
    Ok(String::new())
}

fn contact_row(row: &SqliteRow) -> Result<ContactRow, StoreError> {
    let contact = contacts::decode(row)?;
    let text = |field: Field| contact.values.text(field).map(str::to_owned);
    Ok(ContactRow {
        id: contact.id,
        name: person(row, &["company", "email", "mobile_phone", "phone", "salutation"])?,
        email: text(Field::Email),
        phone: text(Field::MobilePhone).or_else(|| text(Field::Phone)),
        company: text(Field::Company),
        job_title: text(Field::JobTitle),
        status: contact.status,
        owner: contact.owner.as_ref().map(|owner| owner.label().to_owned()),
        source: contact.source,
        recent_at: instant(row.try_get("recent_at")?)?,
        created_at: contact.created_at,
        updated_at: contact.updated_at,
        unread: row.try_get("unread")?,
        duplicate: row.try_get("duplicate")?,
        sync: sync_mark(row)?,
        values: contact.values,
    })
}

pub(super) fn activity_row(row: &SqliteRow) -> Result<ActivityRow, StoreError> {
    let time = |column: &str| -> Result<Option<Timestamp>, StoreError> {
        row.try_get::<Option<i64>, _>(column)?.map(instant).transpose()
    };
    Ok(ActivityRow {
        id: row.try_get("id")?,
        kind: word("kind of an activity", row.try_get("kind")?, Kind::parse)?,
        state: word("state of an activity", row.try_get("state")?, State::parse)?,
        source: row.try_get("source")?,
        contact_id: row.try_get("contact_id")?,
        name: person(row, &["person_name", "company", "email", "phone", "salutation"])?,
        email: row.try_get("email")?,
        status: contacts::status(row.try_get("status")?)?,
        subject: row.try_get("subject")?,
        start: time("start_at")?,
        end: time("end_at")?,
        user: row.try_get("user")?,
        unread: row.try_get("unread")?,
        test: row.try_get("test")?,
        trashed: time("trashed_at")?.is_some(),
        sync: sync_mark(row)?,
        created_at: instant(row.try_get("created_at")?)?,
        updated_at: instant(row.try_get("updated_at")?)?,
    })
}
