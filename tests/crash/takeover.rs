//! Several processes on one store: one works, the others see it, and take over when it dies (R3).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::place::{Running, name};
use super::terminal::Pty;
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

fn id(running: &Running) -> u64 {
    running.child.id().into()
}

/// Waits until the worker itself has nothing left to send.
fn drained(crash: &Crash) {
    until("the queue is drained by the worker itself", || {
        let (_, status) = crash.place.json(&["sync", "--status"]);
        let queue = &status["queue"];
        assert_eq!(queue["held"], json!(0), "{status:#}");
        ["pending", "in_flight", "retry", "in_doubt"].iter().all(|state| queue[state] == json!(0)).then_some(())
    });
}

/// The dashboard on the store, its sync monitor open.
fn monitor(crash: &Crash) -> Pty {
    let place = &crash.place;
    let (config, data) = (place.path("config.toml"), place.path("data"));
    let token = ("ROLODECK_SF_ACCESS_TOKEN", place.value("ROLODECK_SF_ACCESS_TOKEN"));
    let mut screen = Pty::program(&["--config", name(&config), "--data-dir", name(&data)], (140, 40), &[token]);
    screen.wait_for("5 Sync");
    screen.press("gm");
    screen.wait_for("Sync monitor");
    screen
}

/// A daemon that listens, a second one, and a dashboard with a worker inside: whoever holds the lease is killed while
/// there is work, and one of the others goes on. Each of the three kinds inherits at least once.
#[test]
fn daemons_and_a_dashboard_take_over_from_each_other() {
    let crash = Crash::new(&MODES[1], 8);
    let mut world = World::new(8);
    let mut feed = || (0..5).for_each(|_| world.feed(&crash.place));

    let daemon = crash.place.spawn(&["serve", "--unsigned"]);
    let first = id(&daemon);
    until("the daemon works", || holder(&crash).filter(|pid| *pid == first));
    let second = crash.sync();
    let screen = monitor(&crash);
    screen.wait_for(&format!("process {first} on "));
    feed();
    crash.at_call(1);
    drop(daemon); // killed
    let heir = until("another takes over from the daemon", || holder(&crash).filter(|pid| *pid != first));
    assert!(heir == id(&second) || heir == u64::from(screen.pid()), "{heir} is none of ours");

    feed();
    drop(second);
    until("the dashboard works itself", || holder(&crash).filter(|pid| *pid == u64::from(screen.pid())));
    screen.wait("its own state", |screen| !screen.contents().contains("process "));

    let third = crash.sync();
    feed();
    crash.at_call(1);
    screen.signal(rustix::process::Signal::KILL);
    until("a daemon takes over from the dashboard", || holder(&crash).filter(|pid| *pid == id(&third)));
    drop(screen);
    let mut screen = monitor(&crash);
    screen.wait_for(&format!("process {} on ", id(&third)));

    crash.calm();
    drained(&crash);
    screen.press("\u{1b}");
    screen.wait_gone("Sync monitor");
    screen.press("q");
    assert!(screen.finish());
    assert_eq!(third.stop(), 0);
    assert_eq!(holder(&crash), None, "nobody is left");
    audit::audit(&crash.place, &crash.url, &world, MODES[1].person);
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
    crash.calm();
    drained(&crash);
    drop(workers);
    audit::audit(&crash.place, &crash.url, &world, MODES[0].person);
}
