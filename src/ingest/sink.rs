//! Where interactions go: the store, or in tests something that fails on purpose.

use std::future::Future;

use jiff::Timestamp;

use crate::domain::Interaction;
use crate::domain::edit::CustomKind;
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

    /// Says whether interactions can be taken.
    fn healthy(&self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        async { Ok(()) }
    }

    /// The custom fields as they are now; `None`: those of the reader's context.
    fn custom_fields(&self) -> impl Future<Output = Result<Option<Vec<CustomKind>>, Self::Error>> + Send {
        async { Ok(None) }
    }

    /// Figures of what was taken and what became of it, in Prometheus' text format.
    fn figures(&self, _now: Timestamp) -> impl Future<Output = Result<String, Self::Error>> + Send {
        async { Ok(String::new()) }
    }
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

    async fn healthy(&self) -> Result<(), StoreError> {
        self.store.outbox_counts().await.map(|_| ())
    }

    async fn custom_fields(&self) -> Result<Option<Vec<CustomKind>>, StoreError> {
        self.store.custom_fields().await.map(Some)
    }

    async fn figures(&self, now: Timestamp) -> Result<String, StoreError> {
        super::figures::figures(&self.store, now).await
    }
}
