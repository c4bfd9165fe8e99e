//! Every pane in every state, at every size: a picture a state, the sizes below each other.

use std::fmt::Write as _;

use rolodeck::store::OutboxCounts;
use rolodeck::sync::status::{WorkerState, WorkerStatus};
use rolodeck::tui::message::{Failed, Message, Progress};

use crate::pictures::keep;
use crate::world::{Screen, World, at};

const SIZES: [(u16, u16); 6] = [(200, 50), (120, 40), (80, 24), (60, 20), (40, 10), (1, 1)];

fn at_every_size(name: &str, world: impl Fn() -> World, state: impl Fn(&mut Screen)) {
    let mut pictures = String::new();
    for (width, height) in SIZES {
        let mut screen = Screen::new(world(), width, height);
        state(&mut screen);
        let _ = writeln!(pictures, "{width}x{height}\n{}", screen.text());
    }
    keep(&format!("state_{name}"), &pictures);
}

fn full() -> World {
    World::new(60)
}

#[test]
fn nothing_is_found() {
    at_every_size("no_contacts_match", full, |screen| {
        screen.press("2 /").type_text("nobody at all").press("enter");
    });
    at_every_size("no_activities_match", full, |screen| {
        screen.press("3 /").type_text("nobody at all").press("enter");
    });
}

#[test]
fn rows_are_marked_and_words_are_said() {
    at_every_size("contacts_marked", full, |screen| {
        screen.press("j space space v j j");
    });
    at_every_size("activities_marked", full, |screen| {
        screen.press("3 j space space v j j");
    });
    at_every_size("toasts", full, |screen| {
        screen.press("s d j s q 3 m");
    });
}

#[test]
fn a_pane_fills_the_screen() {
    for (key, pane) in [("1", "filters"), ("2", "contacts"), ("3", "stream"), ("4", "detail"), ("5", "sync")] {
        at_every_size(&format!("zoomed_{pane}"), full, |screen| {
            screen.press(key).press("z");
            screen.wait(500);
        });
    }
}

#[test]
fn an_activity_is_open() {
    at_every_size("activity", full, |screen| {
        screen.press("3 enter z");
        screen.wait(500);
    });
    at_every_size("activity_scrolled", full, |screen| {
        screen.press("3 enter z");
        screen.wait(500);
        screen.press("G");
    });
}

#[test]
fn the_store_does_not_answer_or_refuses() {
    at_every_size("reading_failed", full, |screen| {
        let (contacts, activities) = (&screen.model.contacts.list, &screen.model.activities.list);
        for request in [Failed::Contacts(contacts.generation()), Failed::Activities(activities.generation())] {
            let error = "Contacts can not be read: the store is locked by another program".to_owned();
            screen.send(Message::Failed { request, error });
        }
    });
}

#[test]
fn the_worker_is_off_waits_is_elsewhere_or_paused() {
    let states = [
        ("off", WorkerState::Off { reason: "no connection is configured".into() }),
        ("idle", WorkerState::Idle),
        (
            "backing_off",
            WorkerState::BackingOff {
                until: at("2026-11-20T12:00:40Z"),
                reason: "the org's daily API calls are used up".into(),
            },
        ),
        ("elsewhere", WorkerState::Elsewhere { host: "mail-1".into(), pid: 4_711 }),
    ];
    for (name, state) in states {
        at_every_size(&format!("worker_{name}"), full, |screen| {
            let plain =
                WorkerStatus { state: state.clone(), counts: OutboxCounts::default(), ..WorkerStatus::default() };
            screen.send(Message::Worker(Box::new(plain)));
            screen.press("5");
        });
    }
    at_every_size("worker_paused", full, |screen| {
        screen.press("5 p");
        screen.wait(5_000);
    });
    at_every_size("nothing_waits", World::empty, |screen| {
        screen.press("5");
        screen.wait(500);
    });
}

#[test]
fn long_work_is_under_way() {
    at_every_size("work", full, |screen| {
        screen.send(Message::Progress(Progress { name: "owner", done: 2_000, of: Some(8_000) }));
        screen.send(Message::Progress(Progress { name: "export", done: 12_000, of: None }));
    });
}
