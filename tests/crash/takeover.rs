//! Two workers on one store: one works, the other sees it, and takes over when it dies (R3).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::world::World;
use super::{Crash, MODES, audit};

/// Far more than the 15 seconds that a takeover may take: a bound on the test, not a measure.
const BOUND: Duration = Duration::from_mins(2);

/// Waits until something is so.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    while start.elapsed() < BOUND {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("not in time: {what}");
}

fn holder(crash: &Crash) -> Option<u64> {
    crash.place.json(&["sync", "--status"]).1["holder"]["pid"].as_u64()
}

#[test]
fn one_works_and_another_takes_over_when_it_dies() {
    let crash = Crash::new(&MODES[0], 7);
    let mut world = World::new(7);
    let mut workers = vec![crash.sync(), crash.sync()];
    let pid = until("a worker holds the lease", || holder(&crash));

    // Somebody who would send by hand is told who does it.
    let (code, _, stderr) = crash.place.run(&["sync", "--once", "--json"]);
    assert_eq!(code, 1, "{stderr}");
    let error: Value = serde_json::from_str(&stderr).unwrap();
    assert!(error["error"]["why"].as_str().unwrap().starts_with(&format!("process {pid} on ")), "{error:#}");

    for round in 0..3 {
        for _ in 0..5 {
            world.feed(&crash.place);
        }
        let pid = until("a worker holds the lease", || holder(&crash));
        until("the worker is one of ours", || {
            workers.iter().any(|worker| u64::from(worker.child.id()) == pid).then_some(())
        });
        workers.retain(|worker| u64::from(worker.child.id()) != pid); // dropped: killed
        let heir = until("another takes over", || holder(&crash).filter(|heir| *heir != pid));
        assert_eq!(heir, u64::from(workers[0].child.id()), "round {round}");
        workers.push(crash.sync());
    }
    until("the queue is drained by the worker itself", || {
        let (_, status) = crash.place.json(&["sync", "--status"]);
        let queue = &status["queue"];
        assert_eq!(queue["held"], json!(0), "{status:#}");
        ["pending", "in_flight", "retry", "in_doubt"].iter().all(|state| queue[state] == json!(0)).then_some(())
    });
    drop(workers);
    audit::audit(&crash.place, &crash.url, &world, MODES[0].person);
}
