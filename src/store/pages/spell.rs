//! Words that are too short for the index of words: it lists the trigrams that begin with them (migration 110).

use std::borrow::Cow;

use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use crate::filter::{Filter, List};
use crate::store::{Store, StoreError};

/// A word that begins more trigrams is left to the texts: many have it, or it is a single letter.
const MOST: i64 = 64;

impl Store {
    /// The filter, as it is or with what the index knows of its short words.
    pub(super) async fn well_spelled<'f>(&self, filter: &'f Filter) -> Result<Cow<'f, Filter>, StoreError> {
        let mut reader = self.readers().acquire().await?;
        Ok(spelled(&mut reader, filter).await?.map_or(Cow::Borrowed(filter), Cow::Owned))
    }
}

/// The filter with what the index knows of its short words; `None`: it has none, or none that it helps.
pub(super) async fn spelled(reader: &mut SqliteConnection, filter: &Filter) -> Result<Option<Filter>, StoreError> {
    let mut words: Vec<(String, Vec<String>)> = Vec::new();
    for word in filter.short_words() {
        if let Some(trigrams) = trigrams(reader, filter.list(), word).await? {
            words.push((word.to_owned(), trigrams));
        }
    }
    Ok((!words.is_empty()).then(|| filter.spelled(&words)))
}

/// The trigrams that begin with a word, from one to the next; `None`: more than are worth it.
async fn trigrams(reader: &mut SqliteConnection, list: List, word: &str) -> Result<Option<Vec<String>>, StoreError> {
    let known = match list {
        List::Contacts => "contact_trigram",
        List::Activities => "activity_trigram",
    };
    // From each to the next, or all texts that have it would be passed over one by one. Trigrams are of three letters each:
    // the next is the first behind this one with anything after it.
    let sql = format!(
        "WITH RECURSIVE trigram (term) AS ( \
           SELECT (SELECT term FROM {known} WHERE term >= ?1 LIMIT 1) \
           UNION ALL \
           SELECT (SELECT term FROM {known} WHERE term >= trigram.term || char(1) LIMIT 1) FROM trigram \
           WHERE trigram.term < ?2) \
         SELECT term FROM trigram WHERE term <= ?2 LIMIT +?3"
    );
    let highest = format!("{word}{0}{0}", char::MAX);
    let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(word).bind(highest).bind(MOST + 1);
    let trigrams: Vec<String> = query.fetch_all(reader).await?;
    Ok((trigrams.len() as i64 <= MOST).then_some(trigrams))
}
