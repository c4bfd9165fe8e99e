//! Looks through all contacts for pairs that may be one person. Each rule sorts or groups by a key, so that a million
//! contacts take seconds, and reads along an index; no contact is compared with every other.

use std::collections::HashMap;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use sqlx::Row as _;

use super::super::connect::transact;
use super::super::convert::ms;
use super::super::{Store, StoreError};
use crate::domain::access::Action;
use crate::domain::near::{email_key, is_one_slip};
use crate::domain::text::fold;

/// A number or name that more contacts share than this is a switchboard or a common name, and says nothing.
const CROWD: i64 = 8;
/// Pairs that one transaction writes.
const AT_ONCE: usize = 2_000;
/// Pairs that one scan raises of each kind: more than anybody looks through.
const MOST: usize = 50_000;

/// What a scan found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DuplicateScan {
    /// Contacts with the same phone number.
    pub same_phone: u64,
    /// Contacts with the same name at the same company.
    pub same_name_company: u64,
    /// Contacts with near-equal emails.
    pub near_email: u64,
    /// Of these, the pairs that were not listed (or dismissed) before.
    pub new: u64,
    /// There are more than a scan lists at once.
    pub more: bool,
}

type Pair = (i64, i64);

impl Store {
    /// Looks for possible duplicates and lists them. Pairs that were dismissed stay dismissed.
    pub async fn scan_duplicates(&self, now: Timestamp) -> Result<DuplicateScan, StoreError> {
        self.allow(Action::Import, &[])?; // a look at everybody's contacts
        let mut scan = DuplicateScan::default();
        let phones = self.same_phone().await?;
        let (names, mut emails) = self.same_name().await?;
        emails.extend(self.near_email().await?);
        emails.sort_unstable();
        emails.dedup();
        scan.more = [&phones, &names, &emails].iter().any(|pairs| pairs.len() >= MOST);
        scan.same_phone = phones.len() as u64;
        scan.same_name_company = names.len() as u64;
        scan.near_email = emails.len() as u64;
        for (reason, pairs) in [("near_email", emails), ("same_phone", phones), ("same_name_company", names)] {
            for chunk in pairs.chunks(AT_ONCE) {
                scan.new += self.raise_all(chunk, reason, now).await?;
            }
        }
        Ok(scan)
    }

    async fn raise_all(&self, pairs: &[Pair], reason: &str, now: Timestamp) -> Result<u64, StoreError> {
        transact!(self, |tx| {
            sqlx::query(
                "INSERT OR IGNORE INTO possible_duplicate (a, b, reason, at) \
                 SELECT min(k.value ->> 0, k.value ->> 1), max(k.value ->> 0, k.value ->> 1), ?2, ?3 FROM json_each(?1) k \
                 WHERE EXISTS (SELECT 1 FROM contact c WHERE c.id = k.value ->> 0) \
                 AND EXISTS (SELECT 1 FROM contact c WHERE c.id = k.value ->> 1)",
            )
            .bind(json!(pairs).to_string())
            .bind(reason)
            .bind(ms(now))
            .execute(&mut *tx)
            .await?
            .rows_affected()
        })
    }

    /// The same number, as mobile phone or as phone. Each with the first of its group: a list of pairs, not all of them.
    async fn same_phone(&self) -> Result<Vec<Pair>, StoreError> {
        // The landlines that occur twice, and those that are somebody's mobile phone; both from indexes alone.
        Ok(sqlx::query_as(
            "WITH shared (n) AS ( \
               SELECT phone FROM contact WHERE phone IS NOT NULL GROUP BY phone HAVING count(*) BETWEEN 2 AND ?1 \
               UNION SELECT p.phone FROM contact p JOIN contact m ON m.mobile_phone = p.phone AND m.id <> p.id \
                 WHERE p.phone IS NOT NULL AND m.mobile_phone IS NOT NULL), \
             holder (n, id) AS ( \
               SELECT s.n, c.id FROM shared s JOIN contact c ON c.phone = s.n WHERE c.phone IS NOT NULL \
               UNION SELECT s.n, c.id FROM shared s JOIN contact c ON c.mobile_phone = s.n WHERE c.mobile_phone IS NOT NULL), \
             first (n, id) AS (SELECT n, min(id) FROM holder GROUP BY n HAVING count(*) BETWEEN 2 AND ?1) \
             SELECT DISTINCT f.id, h.id FROM first f JOIN holder h ON h.n = f.n AND h.id > f.id LIMIT ?2",
        )
        .bind(CROWD)
        .bind(MOST as i64)
        .fetch_all(self.readers())
        .await?)
    }

    /// The same name at the same company; and under the same name, emails of one domain that are one slip apart.
    async fn same_name(&self) -> Result<(Vec<Pair>, Vec<Pair>), StoreError> {
        let mut rows = sqlx::query(
            "SELECT c.id, c.name_key, c.company, c.email FROM \
               (SELECT name_key FROM contact GROUP BY name_key HAVING count(*) BETWEEN 2 AND 1000) k \
             CROSS JOIN contact c ON c.name_key = k.name_key \
             WHERE c.first_name IS NOT NULL AND c.last_name IS NOT NULL ORDER BY c.name_key, c.id",
        )
        .fetch(self.readers());
        let (mut same, mut near) = (Vec::new(), Vec::new());
        let mut name = String::new();
        let mut companies: HashMap<String, Vec<i64>> = HashMap::new();
        let mut domains: HashMap<String, Vec<(i64, String)>> = HashMap::new();
        while let Some(row) = rows.try_next().await? {
            let (id, key): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
            if key != name {
                collect(&mut companies, &mut same);
                domains.clear();
                name = key;
            }
            if let Some(company) = row.try_get::<Option<String>, _>(2)? {
                companies.entry(company_key(&company)).or_default().push(id);
            }
            if let Some(email) = row.try_get::<Option<String>, _>(3)?
                && let Some((local, domain)) = email.rsplit_once('@')
            {
                let known = domains.entry(domain.to_owned()).or_default();
                // Numbered addresses are different people more often than not.
                let plain = |text: &str| !text.bytes().any(|b| b.is_ascii_digit());
                let other = known.iter().find(|(_, other)| is_one_slip(other, local) && plain(other) && plain(local));
                near.extend(other.filter(|_| near.len() < MOST).map(|(other, _)| (*other, id)));
                if known.len() < CROWD as usize {
                    known.push((id, local.to_owned()));
                }
            }
            if same.len() >= MOST {
                break;
            }
        }
        collect(&mut companies, &mut same);
        same.truncate(MOST);
        Ok((same, near))
    }

    /// Emails with the same key. Sixteen bytes a contact are held, not the addresses.
    async fn near_email(&self) -> Result<Vec<Pair>, StoreError> {
        let mut rows = sqlx::query("SELECT id, email FROM contact WHERE email IS NOT NULL").fetch(self.readers());
        let mut keys: Vec<(u64, i64)> = Vec::new();
        while let Some(row) = rows.try_next().await? {
            keys.push((hash(&email_key(row.try_get(1)?)), row.try_get(0)?));
        }
        drop(rows);
        keys.sort_unstable();
        let mut pairs = Vec::new();
        for group in keys.chunk_by(|a, b| a.0 == b.0) {
            if group.len() > 1 && group.len() <= CROWD as usize {
                pairs.extend(group[1..].iter().map(|(_, id)| (group[0].1, *id)));
            }
            if pairs.len() >= MOST {
                break;
            }
        }
        Ok(pairs)
    }
}

/// FNV-1a of 64 bits: among a million addresses two different ones share a value about never.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A company without case, accents, punctuation and the words that only say what kind of company it is.
fn company_key(company: &str) -> String {
    const FORMS: [&str; 16] = [
        "inc",
        "incorporated",
        "ltd",
        "limited",
        "llc",
        "llp",
        "gmbh",
        "ag",
        "as",
        "asa",
        "ab",
        "oy",
        "bv",
        "sa",
        "co",
        "corp",
    ];
    let folded = fold(company);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.filter(|word| !FORMS.contains(word)).collect::<Vec<_>>().join(" ")
}

fn collect(companies: &mut HashMap<String, Vec<i64>>, pairs: &mut Vec<Pair>) {
    for (company, ids) in companies.drain() {
        if !company.is_empty() && ids.len() > 1 && ids.len() <= CROWD as usize {
            pairs.extend(ids[1..].iter().map(|id| (ids[0], *id)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::company_key;

    #[test]
    fn companies_are_told_apart_by_their_names() {
        for (a, b) in [("Acme, Inc.", "ACME"), ("Ærlig A.S.", "ærlig a.s"), ("Blå-Bær AS", "blå bær")] {
            assert_eq!(company_key(a), company_key(b), "{a} {b}");
        }
        assert_ne!(company_key("Acme North"), company_key("Acme South"));
    }
}
