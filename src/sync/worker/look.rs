//! Looking, with nothing to send, at what changed in Salesforce.

use jiff::Timestamp;

use super::{BatchError, SyncError, Worker};

/// When the worker last looked.
const LOOKED: &str = "sync.looked";

impl Worker {
    /// With nothing to send: what changed in Salesforce since the last look, if it is time. Returns when the next is due.
    /// A look that fails is no reason to stop; the next comes as if it had not.
    pub(super) async fn look_around(&self, now: Timestamp) -> Result<Option<Timestamp>, SyncError> {
        let Some(every) = self.batcher.setup().reread else { return Ok(None) };
        let last = self.store.setting(LOOKED).await?.and_then(|text| text.parse::<Timestamp>().ok());
        // A clock that was put back does not keep it from looking.
        if let Some(next) = last.filter(|last| *last <= now).map(|last| last + every).filter(|next| *next > now) {
            return Ok(Some(next));
        }
        if self.spent().is_some() {
            return Ok(Some(now + every));
        }
        let next = match self.batcher.reread(now).await {
            Ok(found) => {
                tracing::debug!(?found, "looked at what changed in Salesforce");
                if found.more { now } else { now + every }
            }
            Err(BatchError::Store(error)) => return Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "what changed in Salesforce could not be read");
                now + every
            }
        };
        if next > now {
            self.store.note_setting(LOOKED, &now.to_string()).await?;
        }
        Ok(Some(next))
    }
}
