//! Our own share of the org's API calls: what a client has called is counted in the store, for every process alike.

use jiff::Timestamp;

use crate::salesforce::Client;
use crate::store::Store;

/// Counts in the store what a client has called since this was last done. Nothing depends on the figure, so a store
/// that cannot be written is told to the log, and the calls are counted the next time.
pub async fn count(store: &Store, client: &Client, now: Timestamp) {
    let calls = client.take_calls();
    if calls == 0 {
        return;
    }
    if let Err(error) = store.note_calls(calls, now).await {
        client.put_calls_back(calls);
        tracing::warn!(%error, calls, "calls to Salesforce are not counted");
    }
}

/// Does some work with a client, and counts its calls whatever comes of it.
pub async fn counting<T>(store: &Store, client: &Client, work: impl Future<Output = T>) -> T {
    let done = work.await;
    count(store, client, Timestamp::now()).await;
    done
}
