//! Which process works: one holder a role, over all processes and sessions on one store.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use sqlx::Row;

use super::connect::transact_quietly;
use super::convert::{instant, ms};
use super::{Lease, Store, StoreError};

/// So far apart may the clocks of two machines be that share a store.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(2);

/// Who asks for a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Random id of the process.
    pub owner: String,
    /// Its machine.
    pub host: String,
    /// Its process id there.
    pub pid: u32,
}

impl Store {
    /// Takes or renews a role for `term`; false while another holder's term runs. A term that ends later than any taken
    /// by now could end is of a clock that was put back since: whoever lives renews it, and else it would bar the role
    /// for as long as the clock was wrong.
    pub async fn lease_take(
        &self,
        role: &str,
        holder: &Holder,
        term: SignedDuration,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        transact_quietly!(self, |tx| {
            sqlx::query(
                "INSERT INTO lease (role, owner, host, pid, until, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                 ON CONFLICT (role) DO UPDATE SET owner = ?2, host = ?3, pid = ?4, until = ?5, \
                   since = CASE owner WHEN ?2 THEN since ELSE ?6 END \
                 WHERE owner = ?2 OR until <= ?6 OR until > ?7",
            )
            .bind(role)
            .bind(&holder.owner)
            .bind(&holder.host)
            .bind(holder.pid)
            .bind(ms(now + term))
            .bind(ms(now))
            .bind(ms(now + term + CLOCKS_DIFFER))
            .execute(&mut *tx)
            .await?
            .rows_affected()
                == 1
        })
    }

    /// Renews a hold that nobody has taken over; false if somebody has.
    pub async fn lease_renew(
        &self,
        role: &str,
        owner: &str,
        term: SignedDuration,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // One statement is a transaction of its own: the heartbeat of an idle program costs one call to SQLite, not three.
        let mut writer = self.writer().await;
        let renewed = sqlx::query("UPDATE lease SET until = ? WHERE role = ? AND owner = ?")
            .bind(ms(now + term))
            .bind(role)
            .bind(owner)
            .execute(&mut *writer)
            .await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// Gives a role up, so that another process need not wait for the term to end.
    pub async fn lease_release(&self, role: &str, owner: &str) -> Result<(), StoreError> {
        transact_quietly!(self, |tx| {
            sqlx::query("DELETE FROM lease WHERE role = ? AND owner = ?")
                .bind(role)
                .bind(owner)
                .execute(&mut *tx)
                .await?;
        })
    }

    /// Tells the other processes how the holder fares.
    pub async fn lease_report(&self, role: &str, owner: &str, status: &Json) -> Result<(), StoreError> {
        transact_quietly!(self, |tx| {
            sqlx::query("UPDATE lease SET status = ? WHERE role = ? AND owner = ?")
                .bind(status.to_string())
                .bind(role)
                .bind(owner)
                .execute(&mut *tx)
                .await?;
        })
    }

    /// Who holds a role now or held it last.
    pub async fn lease(&self, role: &str) -> Result<Option<Lease>, StoreError> {
        let row = sqlx::query("SELECT * FROM lease WHERE role = ?").bind(role).fetch_optional(self.readers()).await?;
        row.map(|row| {
            Ok(Lease {
                owner: row.try_get("owner")?,
                host: row.try_get("host")?,
                pid: row.try_get("pid")?,
                until: instant(row.try_get("until")?)?,
                since: instant(row.try_get("since")?)?,
                status: serde_json::from_str(row.try_get::<&str, _>("status")?).unwrap_or(Json::Null),
            })
        })
        .transpose()
    }
}
