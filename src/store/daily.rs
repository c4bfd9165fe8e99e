//! How busy the days were.

use jiff::Timestamp;

use super::convert::ms;
use super::{Store, StoreError};

impl Store {
    /// Activities that were last heard of between each two neighbours of `bounds`, which go upwards: from the index
    /// alone. For a glance at the last days; reports count exactly.
    pub async fn activities_between(&self, bounds: &[Timestamp]) -> Result<Vec<i64>, StoreError> {
        let mut counts = Vec::new();
        for pair in bounds.windows(2) {
            let count = sqlx::query_scalar("SELECT count(*) FROM activity WHERE updated_at >= ?1 AND updated_at < ?2");
            counts.push(count.bind(ms(pair[0])).bind(ms(pair[1])).fetch_one(self.readers()).await?);
        }
        Ok(counts)
    }
}
