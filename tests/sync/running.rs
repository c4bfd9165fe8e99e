//! The worker that goes on and on: what wakes it, and what it does not leave behind.

use std::time::Duration;

use jiff::Timestamp;
use rolodeck::sync::status::{WorkerState, WorkerStatus};
use rolodeck::sync::worker::{PAUSED, SyncError, wish};
use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Rig, cal, rig, watched_worker, worker, worker_at};

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

/// A worker that waits after a failure which says that it takes minutes.
async fn backing_off(effect: serde_json::Value) -> (Rig, Running) {
    let faults = json!({"rules": [{"match": {"path": "/composite", "times": 1}, "effect": effect}]});
    let rig = rig(json!({}), faults, "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    let mut running = run(&rig, "test");
    running.until(|status| matches!(status.state, WorkerState::BackingOff { .. }) && status.counts.retry == 1).await;
    (rig, running)
}

#[tokio::test]
async fn sync_now_ends_a_backoff_and_makes_what_failed_due() {
    let code = "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE";
    let body = json!([{"message": "maintenance", "errorCode": code}]);
    let (rig, mut running) = backing_off(json!({"answer": {"status": 503, "body": body}})).await;
    wish(&rig.store, Timestamp::now()).await.unwrap();
    running.until(|status| status.counts.done == 1).await;
    running.stop().await;
    assert_eq!(rig.records("Event").len(), 1);
}

#[tokio::test]
async fn sync_now_makes_no_room_where_a_limit_is_used_up_and_a_pause_is_heard_at_once() {
    let (rig, mut running) = backing_off(json!("request_limit")).await;
    wish(&rig.store, Timestamp::now()).await.unwrap();
    // The pause comes after the wish and is seen: so the wish was, too.
    rig.store.set_setting(PAUSED, "1").await.unwrap();
    running.until(|status| status.state == WorkerState::Paused).await;
    running.stop().await;
    assert!(rig.records("Event").is_empty());
    let counts = rig.store.outbox_counts().await.unwrap();
    assert_eq!((counts.retry, counts.done), (1, 0));
}

#[tokio::test]
async fn who_is_asked_to_end_sends_nothing_more_and_nothing_is_wrong_with_what_waits() {
    let rig = rig(json!({}), json!({}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let report = worker(&rig.store, &rig.client, "", "cron").once_until(&cancel).await.unwrap();
    assert_eq!(report.stopped.as_deref(), Some("the program was asked to end; the rest waits"));
    // Asked while a batch is under way: between two calls.
    let cancel = CancellationToken::new();
    let clock = {
        let cancel = cancel.clone();
        let asked = std::sync::atomic::AtomicUsize::new(0);
        std::sync::Arc::new(move || {
            // The clock is looked at a few times before the first write.
            if asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 6 {
                cancel.cancel();
            }
            Timestamp::now()
        })
    };
    let report = worker_at(&rig.store, &rig.client, "", "cron", clock).once_until(&cancel).await.unwrap();
    assert!(report.stopped.is_some(), "{report:?}");
    let counts = rig.store.outbox_counts().await.unwrap();
    assert_eq!((counts.pending, counts.open()), (1, 1), "{report:?}");
    let row = rig.store.outbox(&[], 9).await.unwrap().remove(0);
    assert_eq!((row.code, row.attempts), (None, 0));
    assert_eq!(rig.sync().await.done, 1);
}

#[tokio::test]
async fn what_was_put_off_under_a_clock_that_was_ahead_is_sent() {
    let faults = json!({"rules": [{"match": {"path": "/composite", "times": 1}, "effect": "html_503"}]});
    let rig = rig(json!({}), faults, "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    rig.later(jiff::SignedDuration::from_hours(24 * 300));
    assert_eq!(rig.sync().await.retry, 1);
    rig.later(-jiff::SignedDuration::from_hours(24 * 300));
    let ahead = rig.store.outbox(&[], 9).await.unwrap().remove(0).next_at;
    assert!(ahead > Timestamp::now() + jiff::SignedDuration::from_hours(24));
    // The first look puts it right; it then waits for as long as it was meant to.
    rig.sync().await;
    rig.later(jiff::SignedDuration::from_mins(1));
    rig.sync().await;
    assert_eq!(rig.records("Event").len(), 1);
}
