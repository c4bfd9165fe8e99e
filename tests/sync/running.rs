//! The worker that goes on and on: what wakes it, and what it does not leave behind.

use std::time::Duration;

use jiff::Timestamp;
use rolodeck::sync::status::{WorkerState, WorkerStatus};
use rolodeck::sync::worker::{PAUSED, SyncError};
use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Rig, cal, rig, watched_worker, worker};

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
        let seen = tokio::time::timeout(Duration::from_mins(1), self.status.wait_for(|status| fits(status))).await;
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

#[tokio::test]
async fn what_is_in_flight_and_sent_by_nobody_is_sent() {
    let rig = rig(json!({}), json!({}), "").await;
    let mut running = run(&rig, "test");
    running.until(|status| status.state == WorkerState::Idle).await;
    // As if a batch of its own had broken off: claimed, and on nobody's way.
    for uid in ["u1", "u2"] {
        rig.calcom(cal("BOOKING_CREATED", uid, 0, json!({}))).await;
        rig.store.outbox_claim("test", 10, Timestamp::now()).await.unwrap();
    }
    running.until(|status| status.counts.done == 2).await;
    running.stop().await;
    assert_eq!((rig.records("Contact").len(), rig.records("Event").len()), (1, 2));
}

#[tokio::test]
async fn what_a_person_paused_no_script_sends() {
    let rig = rig(json!({}), json!({}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    rig.store.set_setting(PAUSED, "1").await.unwrap();
    let paused = worker(&rig.store, &rig.client, "", "cron").once().await;
    assert!(matches!(paused, Err(SyncError::Paused)), "{paused:?}");
    assert!(rig.records("Event").is_empty());
    rig.store.set_setting(PAUSED, "0").await.unwrap();
    assert_eq!(rig.sync().await.done, 1);
}
