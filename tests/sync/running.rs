//! The worker that goes on and on: what wakes it, and what it does not leave behind.

use std::time::Duration;

use rolodeck::sync::status::{WorkerState, WorkerStatus};
use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Rig, rig, watched_worker};

/// A worker at work, until it is cancelled.
struct Running {
    status: watch::Receiver<WorkerStatus>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

fn run(rig: &Rig, owner: &str) -> Running {
    let (sender, status) = watch::channel(WorkerStatus::default());
    let worker = watched_worker(&rig.store, &rig.client, "", owner, sender);
    let stop = CancellationToken::new();
    let cancelled = stop.clone();
    let task = tokio::spawn(async move { worker.run(cancelled).await });
    Running { status, stop, task }
}

impl Running {
    /// Waits until its status fits; the limit is only there for a test that fails.
    async fn until(&mut self, fits: impl Fn(&WorkerStatus) -> bool) {
        let seen = tokio::time::timeout(Duration::from_secs(60), self.status.wait_for(|status| fits(status))).await;
        assert!(seen.is_ok(), "it never came to that");
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

#[tokio::test]
async fn a_worker_with_nothing_to_do_changes_nothing_that_would_wake_it() {
    let rig = rig(json!({}), json!({}), "").await;
    let changes = rig.store.changes();
    let mut running = run(&rig, "test");
    running.until(|status| status.state == WorkerState::Idle).await;
    assert!(!changes.has_changed().unwrap());
    running.stop().await;
}
