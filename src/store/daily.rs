//! How busy the days were.

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::convert::ms;
use super::{Store, StoreError};

impl Store {
    /// Activities in the actor's reach that were last heard of between each two neighbours of `bounds`, which go upwards:
    /// for an administrator from the index alone. For a glance at the last days; reports count exactly.
    pub async fn activities_between(&self, bounds: &[Timestamp]) -> Result<Vec<i64>, StoreError> {
        let within = "SELECT count(*) FROM activity WHERE updated_at >= ?1 AND updated_at < ?2";
        let reach = self.reach_json();
        let mut counts = Vec::new();
        for pair in bounds.windows(2) {
            let sql = match &reach {
                None => within.to_owned(),
                Some(_) => format!("{within} AND {}", Self::activity_reached(3)),
            };
            let count = sqlx::query_scalar(AssertSqlSafe(sql)).bind(ms(pair[0])).bind(ms(pair[1]));
            let count = if reach.is_some() { count.bind(&reach) } else { count };
            counts.push(count.fetch_one(self.readers()).await?);
        }
        Ok(counts)
    }
}
