//! Where interactions go: the store, or in tests something that fails on purpose.

use std::future::Future;

use jiff::Timestamp;

use crate::domain::Interaction;
use crate::store::{Applied, IdentityRules, Store, StoreError};

/// Takes interactions. Those given together belong into one transaction.
pub trait Sink: Send + Sync + 'static {
    /// Why they were not taken; nothing of them was.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Takes interactions in order; one answer each.
    fn take(
        &self,
        interactions: &[Interaction],
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Applied>, Self::Error>> + Send;
}

/// The store as a sink.
#[derive(Clone, Debug)]
pub struct StoreSink {
    /// Where to.
    pub store: Store,
    /// How contacts are told apart.
    pub rules: IdentityRules,
}

impl Sink for StoreSink {
    type Error = StoreError;

    async fn take(&self, interactions: &[Interaction], now: Timestamp) -> Result<Vec<Applied>, StoreError> {
        self.store.apply_all(interactions, self.rules, now).await
    }
}
