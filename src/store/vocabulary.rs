//! Values that occur: what completion and the filter panel offer.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Row as _};

use super::{Store, StoreError, pages};
use crate::filter::{Context, Filter, List, Sort};

/// So many of the newest rows are looked at: what was in use lately is what people filter for.
const SAMPLE: i64 = 5_000;
/// So many values of a key at most.
const MOST: usize = 50;
/// People and imports at most.
const NAMES: i64 = 500;

/// Columns of an activity whose values are offered, by the keys of the language.
const OF_ACTIVITIES: [&str; 9] =
    ["event_type", "page", "bot", "form", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];
/// Columns of a contact.
const OF_CONTACTS: [&str; 7] = ["company", "company_size", "job_title", "city", "country", "salutation", "time_zone"];

impl Store {
    /// Values that occur among the newest rows in the actor's reach, by key of the filter language, the most frequent
    /// first; of `owner` and `host` the addresses of all users, of `import` the names of the latest imports.
    pub async fn vocabulary(&self) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
        let mut found = BTreeMap::new();
        self.tally("activity a", List::Activities, &OF_ACTIVITIES, &mut found).await?;
        self.tally("contact c", List::Contacts, &OF_CONTACTS, &mut found).await?;
        let people: Vec<String> = sqlx::query_scalar(
            "SELECT email FROM user WHERE email IS NOT NULL AND active = 1 ORDER BY coalesce(name, email), id LIMIT ?",
        )
        .bind(NAMES)
        .fetch_all(self.readers())
        .await?;
        let mut imports: Vec<String> = sqlx::query_scalar("SELECT name FROM import ORDER BY id DESC LIMIT ?")
            .bind(NAMES)
            .fetch_all(self.readers())
            .await?;
        let mut seen = std::collections::HashSet::new();
        imports.retain(|name| seen.insert(name.clone()));
        found.insert("owner".to_owned(), people.clone());
        found.insert("host".to_owned(), people);
        found.insert("import".to_owned(), imports);
        found.retain(|_, values| !values.is_empty());
        Ok(found)
    }

    async fn tally(
        &self,
        table: &str,
        list: List,
        columns: &[&str],
        found: &mut BTreeMap<String, Vec<String>>,
    ) -> Result<(), StoreError> {
        // The empty query is always understood.
        let Ok(filter) = Filter::parse("", &Context::new(list, Timestamp::UNIX_EPOCH)) else { return Ok(()) };
        let (alias, by, sort) = match list {
            List::Contacts => ('c', "recent_at", Sort::Recent),
            List::Activities => ('a', "updated_at", Sort::Updated),
        };
        let condition = self.condition(&filter, Some(sort)).await?;
        let names: Vec<String> = columns.iter().map(|column| format!("{alias}.{column}")).collect();
        let sql = format!(
            "SELECT {} FROM {table} WHERE {} ORDER BY {alias}.{by} DESC, {alias}.id DESC LIMIT ?",
            names.join(", "),
            condition.text
        );
        let query = pages::bind(sqlx::query(AssertSqlSafe(sql)), &condition.args).bind(SAMPLE);
        let rows = query.fetch_all(self.readers()).await?;
        for (at, column) in columns.iter().enumerate() {
            let mut tally: HashMap<String, usize> = HashMap::new();
            for row in &rows {
                if let Some(value) = row.try_get::<Option<String>, _>(at)?.filter(|value| !value.trim().is_empty()) {
                    *tally.entry(value).or_default() += 1;
                }
            }
            let mut values: Vec<(String, usize)> = tally.into_iter().collect();
            values.sort_by(|(one, n), (other, m)| m.cmp(n).then_with(|| one.cmp(other)));
            found.insert((*column).to_owned(), values.into_iter().take(MOST).map(|(value, _)| value).collect());
        }
        Ok(())
    }
}
