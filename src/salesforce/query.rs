//! Queries: one, or several in one call; always with all their pages.

use serde_json::Value;

use super::answer::unreadable;
use super::client::{Call, Client};
use super::composite::{Composite, MAX_COLLECTIONS_OR_QUERIES, Subrequest, is_fatal};
use super::error::ApiError;
use super::http::encode;
use super::record::Record;

/// The longest statement sent in a URL, encoded. The server takes 16,384 bytes with the headers.
const MAX_IN_URL: usize = 8_000;
/// The most pages followed of one query: 2 million records. A server that never says "done" must not keep us for ever.
const MAX_PAGES: usize = 1_000;

/// One page of a query's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// How many records match in all.
    pub total_size: u64,
    /// The records of this page.
    pub records: Vec<Record>,
    /// Where the next page is; `None` on the last.
    pub next: Option<String>,
}

impl Page {
    /// Reads a query's answer; one of another shape is no data.
    pub(super) fn from_value(status: u16, body: Value) -> Result<Self, ApiError> {
        let Value::Object(mut object) = body else { return Err(unreadable(status, &body)) };
        let total_size = object.get("totalSize").and_then(Value::as_u64);
        let done = object.get("done").and_then(Value::as_bool);
        let next = object.get("nextRecordsUrl").and_then(Value::as_str).map(ToOwned::to_owned);
        let records = match object.remove("records") {
            Some(Value::Array(records)) => records.into_iter().map(Record::from_value).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        let readable = match (total_size, done, records, next) {
            (Some(total_size), Some(true), Some(records), _) => Some(Self { total_size, records, next: None }),
            // Not done and no way on: the rest would be missing silently.
            (Some(total_size), Some(false), Some(records), Some(next)) if is_page_path(&next) => {
                Some(Self { total_size, records, next: Some(next) })
            }
            _ => None,
        };
        readable.ok_or_else(|| unreadable(status, &Value::Object(object)))
    }
}

/// `/services/data/v66.0/query/01g…-2000`: a path on the same host and nothing else.
fn is_page_path(path: &str) -> bool {
    path.starts_with("/services/data/")
        && !path.contains("..")
        && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~=%".contains(&b))
}

/// Which records a query sees.
#[derive(Clone, Copy)]
enum Sees {
    /// Live ones.
    Live,
    /// Also deleted, merged and archived ones.
    All,
}

impl Sees {
    fn subrequest(self, reference_id: &str, soql: &str) -> Subrequest {
        match self {
            Self::Live => Subrequest::query(reference_id, soql),
            Self::All => Subrequest::query_all(reference_id, soql),
        }
    }
}

impl Client {
    /// Asks one query and follows its pages (each one call).
    pub async fn query(&self, soql: &str) -> Result<Vec<Record>, ApiError> {
        self.query_one(Sees::Live, soql).await
    }

    /// As [`Self::query`], with deleted, merged and archived records.
    pub async fn query_all(&self, soql: &str) -> Result<Vec<Record>, ApiError> {
        self.query_one(Sees::All, soql).await
    }

    /// Asks several queries, up to five in one call, and returns the records of each in order.
    ///
    /// Statements travel in the body and may be as long as SOQL allows. Further pages are one call each. More than five
    /// queries become several calls; when one of them fails in a way that concerns the whole org, those after it are
    /// not sent ([`ApiError::Skipped`]).
    pub async fn queries<S: AsRef<str> + Sync>(&self, statements: &[S]) -> Vec<Result<Vec<Record>, ApiError>> {
        self.query_many(Sees::Live, statements).await
    }

    /// As [`Self::queries`], with deleted, merged and archived records.
    pub async fn queries_all<S: AsRef<str> + Sync>(&self, statements: &[S]) -> Vec<Result<Vec<Record>, ApiError>> {
        self.query_many(Sees::All, statements).await
    }

    async fn query_one(&self, sees: Sees, soql: &str) -> Result<Vec<Record>, ApiError> {
        let resource = match sees {
            Sees::Live => "query",
            Sees::All => "queryAll",
        };
        let path = format!("{}/{resource}?q={}", self.root(), encode(soql));
        if path.len() > MAX_IN_URL {
            return self.query_many(sees, &[soql]).await.pop().unwrap_or_else(|| Ok(Vec::new()));
        }
        let (status, body) = self.send(Call::get("query", path)).await?;
        self.all_pages(Page::from_value(status, body)?).await
    }

    async fn query_many<S: AsRef<str> + Sync>(
        &self,
        sees: Sees,
        statements: &[S],
    ) -> Vec<Result<Vec<Record>, ApiError>> {
        let mut results = Vec::with_capacity(statements.len());
        let mut fatal: Option<ApiError> = None;
        for batch in statements.chunks(MAX_COLLECTIONS_OR_QUERIES) {
            let subrequests = batch
                .iter()
                .enumerate()
                .map(|(n, soql)| sees.subrequest(&format!("query{n}"), soql.as_ref()))
                .collect();
            let answer = match &fatal {
                Some(error) => Err(ApiError::Skipped(Box::new(error.clone()))),
                None => self.composite(&Composite::of(subrequests)).await,
            };
            match answer {
                Ok(answers) => {
                    for answer in answers {
                        results.push(match answer.into_page() {
                            Ok(page) => self.all_pages(page).await,
                            Err(error) => Err(error),
                        });
                    }
                }
                Err(error) => {
                    results.extend(batch.iter().map(|_| Err(error.clone())));
                    if fatal.is_none() && is_fatal(&error) {
                        fatal = Some(error);
                    }
                }
            }
        }
        results
    }

    async fn all_pages(&self, first: Page) -> Result<Vec<Record>, ApiError> {
        let Page { mut records, mut next, .. } = first;
        for _ in 0..MAX_PAGES {
            let Some(path) = next else { return Ok(records) };
            let (status, body) = self.send(Call::get("query page", path.clone())).await?;
            let page = Page::from_value(status, body)?;
            if page.next.as_deref() == Some(&path) {
                return Err(unreadable(status, &Value::from("a page that is followed by itself")));
            }
            records.extend(page.records);
            next = page.next;
        }
        Err(ApiError::Request(format!("a query with more than {MAX_PAGES} pages")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn pages() {
        let page =
            Page::from_value(200, json!({"totalSize": 1, "done": true, "records": [{"Id": "003000000000001AAA"}]}));
        let page = page.unwrap();
        assert_eq!((page.total_size, page.records.len(), page.next), (1, 1, None));
        let next = "/services/data/v66.0/query/01g000000000001AAA-2000";
        let more = Page::from_value(200, json!({"totalSize": 9, "done": false, "records": [], "nextRecordsUrl": next}));
        assert_eq!(more.unwrap().next.as_deref(), Some(next));
    }

    #[test]
    fn other_shapes_are_no_data() {
        for body in [
            json!(null),
            json!([]),
            json!({}),
            json!({"totalSize": 1, "done": true}),
            json!({"totalSize": 1, "done": true, "records": ["x"]}),
            json!({"totalSize": 1, "records": []}),
            json!({"done": true, "records": []}),
            json!({"totalSize": 1, "done": false, "records": []}),
            json!({"totalSize": 1, "done": false, "records": [], "nextRecordsUrl": "https://evil.example/services/data/x"}),
            json!({"totalSize": 1, "done": false, "records": [], "nextRecordsUrl": "/services/data/../../secret"}),
            json!({"totalSize": 1, "done": false, "records": [], "nextRecordsUrl": "/services/data/v66.0/query/x?y=@h"}),
        ] {
            assert!(matches!(Page::from_value(200, body.clone()), Err(ApiError::Http { .. })), "{body}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_next_urls_stay_on_the_host(next in any::<String>()) {
            let body = json!({"totalSize": 1, "done": false, "records": [], "nextRecordsUrl": next});
            if let Ok(page) = Page::from_value(200, body) {
                prop_assert!(page.next.unwrap().starts_with("/services/data/"));
            }
        }
    }
}
