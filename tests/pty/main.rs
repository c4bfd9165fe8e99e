//! The screen in a real terminal, on a real store: start, filter, status, leave, and every way to be thrown out.
#![cfg(target_os = "linux")]
#![allow(clippy::missing_panics_doc, clippy::needless_pass_by_value, clippy::unwrap_used, missing_docs)]

mod contacts;
mod craft;
mod filters;
mod hostile;
mod mapping;
mod program;
mod terminal;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rolodeck::domain::activity::{ActivityUpdate, Kind, State};
use rolodeck::domain::{Field, FieldValue, Interaction, Person, Source, Status};
use rolodeck::store::{IdentityRules, Store};
use rolodeck::sync::status::{WorkerState, WorkerStatus};
use rolodeck::tui::theme::Theme;
use rolodeck::tui::{Look, TuiOptions};
use rustix::process::Signal;
use terminal::Pty;

const PEOPLE: [(&str, &str, &str); 4] = [
    ("Ana", "Berg", "ana@berg.example"),
    ("Bo", "Lindqvist", "bo@lindqvist.example"),
    ("Chidi", "Okafor", "chidi@okafor.example"),
    ("Evil\u{1b}[2J", "Red\u{7}\u{202e}", "evil@x.example"),
];

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(fill(folder.path()));
    folder
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

async fn open(folder: &Path) -> Store {
    Store::open(&folder.join("rolodeck.db")).await.unwrap()
}

async fn fill(folder: &Path) {
    let store = open(folder).await;
    for person in PEOPLE {
        book(&store, person).await;
    }
    store.close().await;
}

async fn book(store: &Store, (first, last, email): (&str, &str, &str)) {
    let mut person = Person::default();
    for (field, text) in [(Field::FirstName, first), (Field::LastName, last), (Field::Email, email)] {
        person.values.set(field, Some(FieldValue::Text(text.to_owned())));
    }
    let now = Timestamp::now();
    let update = ActivityUpdate {
        state: Some(State::Scheduled),
        subject: Some(format!("Intro with {first}")),
        start: Some(now + jiff::SignedDuration::from_hours(30)),
        end: Some(now + jiff::SignedDuration::from_hours(31)),
        person_email: Some(email.to_owned()),
        ..ActivityUpdate::new(Kind::Booking, email)
    };
    let interaction = Interaction {
        source: Source::CalCom,
        key: email.to_owned(),
        event: "BOOKING_CREATED".into(),
        at: now,
        person: Some(person),
        activity: Some(update),
        payload: "{}".into(),
    };
    store.apply(&interaction, IdentityRules::default(), now).await.unwrap();
}

/// Runs in the terminals of the other tests.
#[test]
#[ignore = "the program that the other tests start"]
fn child() {
    let folder = std::env::var_os("ROLODECK_TEST_STORE").unwrap();
    let panics = std::env::var_os("ROLODECK_TEST_PANIC").is_some();
    let ended = runtime().block_on(async {
        let store = open(Path::new(&folder)).await;
        let status = WorkerStatus { state: WorkerState::Idle, ..WorkerStatus::default() };
        let (_sender, status) = tokio::sync::watch::channel(status);
        if panics {
            // Some part of the program fails while the screen is on.
            let mut changes = store.changes();
            tokio::spawn(async move {
                changes.changed().await.unwrap();
                panic!("the worker fell over");
            });
        }
        let theirs = store.clone();
        let watcher = tokio::spawn(async move { theirs.watch_others().await });
        let look = Look {
            me: None,
            time_zone: TimeZone::UTC,
            theme: Theme::for_terminal("default", |key| std::env::var(key).ok()).unwrap(),
            demo: false,
            config: Arc::default(),
        };
        let options = TuiOptions {
            store: store.clone(),
            status,
            wake: Arc::default(),
            planner: None,
            config_file: None,
            org: rolodeck::tui::effects::org(|| None),
        };
        let ended = match rolodeck::tui::open(look) {
            Ok(screen) => screen.run(options).await,
            Err(error) => Err(error),
        };
        watcher.abort();
        store.close().await;
        ended
    });
    if let Err(error) = ended {
        println!("ended: {error}");
        std::process::exit(1);
    }
}

fn status_of(folder: &Path, email: &str) -> Option<Status> {
    runtime().block_on(async {
        let store = open(folder).await;
        let id = store.contact_by_email(&rolodeck::domain::Email::parse(email).unwrap()).await.unwrap().unwrap();
        let status = store.contact_detail(id).await.unwrap().unwrap().contact.status;
        store.close().await;
        status
    })
}

#[test]
fn a_contact_is_found_qualified_and_left() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (100, 30), &[]);
    pty.wait_for("Chidi Okafor");
    assert!(pty.screen(vt100::Screen::alternate_screen));
    pty.press("/lindq");
    pty.wait_gone("Chidi Okafor");
    pty.wait_for("Bo Lindqvist");
    pty.press("\r");
    pty.press("sq");
    pty.wait_for("undoes it");
    assert_eq!(status_of(folder.path(), "bo@lindqvist.example"), Some(Status::Qualified));
    pty.press("u");
    pty.wait_for("Undone");
    assert_eq!(status_of(folder.path(), "bo@lindqvist.example"), None);
    pty.press("q");
    assert!(pty.finish());
    pty.assert_restored();

    // The next start takes up the filter.
    let mut pty = Pty::start(folder.path(), (100, 30), &[]);
    pty.wait_for("/ lindq");
    pty.wait_for("Bo Lindqvist");
    pty.press("\u{3}");
    assert!(pty.finish());
    pty.assert_restored();
}

/// Each key is answered by itself, not by the next thing that happens to wake the loop.
/// Whoever types fast is ahead of the store: what follows a filter is for whom it finds.
#[test]
fn keys_after_a_filter_are_for_what_it_finds() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (140, 40), &[]);
    pty.wait_for("Ana Berg");
    pty.press("2/chidi\rsm");
    pty.wait_for("Chidi Okafor  ● Marketing qualified");
    pty.press("q");
    assert!(pty.finish());
    for (_, _, email) in PEOPLE {
        let wanted = (email == "chidi@okafor.example").then_some(Status::MarketingQualified);
        assert_eq!(status_of(folder.path(), email), wanted, "{email}");
    }
}

#[test]
fn keys_are_seen_when_nothing_else_happens() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (100, 30), &[]);
    pty.wait_for("Evil␛[2J Red␇  ●");
    for name in ["Chidi Okafor  ●", "Bo Lindqvist  ●", "Ana Berg  ●"] {
        pty.press("j");
        pty.wait_for(name);
    }
    pty.press("?");
    pty.wait_for("esc close");
    pty.press("?");
    pty.wait_gone("esc close");
    pty.press("q");
    assert!(pty.finish());
}

#[test]
fn what_another_process_writes_is_seen() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (100, 30), &[]);
    pty.wait_for("Ana Berg");
    runtime().block_on(async {
        let store = open(folder.path()).await;
        book(&store, ("Dagny", "Nyberg", "dagny@ny.example")).await;
        store.close().await;
    });
    pty.wait_for("Dagny Nyberg");
    pty.press("q");
    assert!(pty.finish());
}

#[test]
fn nothing_in_the_data_reaches_the_terminal() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (120, 40), &[]);
    pty.wait_for("Evil␛[2J Red␇");
    pty.press("q");
    assert!(pty.finish());
    let raw = String::from_utf8(pty.raw()).unwrap();
    assert!(!raw.contains('\u{7}') && !raw.contains('\u{202e}'));
    // Erasing the screen is our own doing when entering it; the name in the data must not repeat it.
    assert!(!raw.contains("Evil\u{1b}"));
}

#[test]
fn no_question_is_asked_of_the_terminal_and_frames_are_whole() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (100, 30), &[]);
    pty.wait_for("Ana Berg");
    pty.press("jjkG2345?");
    pty.wait_for("esc close");
    pty.press("?");
    pty.press("q");
    assert!(pty.finish());
    let raw = String::from_utf8(pty.raw()).unwrap();
    for question in ["\u{1b}[6n", "\u{1b}[c", "\u{1b}]10;?", "\u{1b}]11;?", "\u{1b}[?u", "\u{1b}[>", "\u{1b}[?1000h"] {
        assert!(!raw.contains(question), "{question:?}");
    }
    let (begun, ended) = (raw.matches("\u{1b}[?2026h").count(), raw.matches("\u{1b}[?2026l").count());
    // One more end, for certain, when the terminal is given back.
    assert_eq!(begun + 1, ended);
}

#[test]
fn no_color_keeps_the_selection_visible() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (80, 24), &[("NO_COLOR", "1")]);
    pty.wait("a reversed row", |screen| (0..24).any(|row| screen.cell(row, 5).is_some_and(vt100::Cell::inverse)));
    pty.press("q");
    assert!(pty.finish());
    let raw = String::from_utf8(pty.raw()).unwrap();
    for colour in ["38;5;", "48;5;", "\u{1b}[3", "\u{1b}[4"].into_iter().filter(|colour| colour.len() > 3) {
        assert!(!raw.contains(colour), "{colour:?}");
    }
}

#[test]
fn a_locale_without_utf8_gets_plain_borders() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (80, 24), &[("LANG", "C")]);
    pty.wait_for("+ >2 Contacts");
    pty.press("q");
    assert!(pty.finish());
}

#[test]
fn every_size_is_survived() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (100, 30), &[]);
    pty.wait_for("Ana Berg");
    for (cols, rows) in [(1, 1), (200, 60), (10, 3), (40, 10), (39, 10), (60, 20), (500, 5), (3, 200), (80, 24)] {
        pty.resize(cols, rows);
    }
    pty.wait("both panes at 80x24", |screen| {
        let text = screen.contents();
        text.contains("Ana Berg") && text.contains("4 Detail") && text.lines().count() == 24
    });
    pty.press("q");
    assert!(pty.finish());
    pty.assert_restored();
}

#[test]
fn signals_restore_the_terminal() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let folder = folder();
        let mut pty = Pty::start(folder.path(), (80, 24), &[]);
        pty.wait_for("Ana Berg");
        pty.signal(signal);
        assert!(pty.finish(), "{signal:?}");
        pty.assert_restored();
    }
}

#[test]
fn a_panic_elsewhere_restores_the_terminal_and_is_read() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (80, 24), &[("ROLODECK_TEST_PANIC", "1")]);
    pty.wait_for("Ana Berg");
    pty.press("sq");
    assert!(!pty.finish());
    pty.assert_restored();
    let text = pty.screen(vt100::Screen::contents);
    assert!(text.contains("the worker fell over"), "{text}");
    assert!(text.contains("ended: a part of rolodeck panicked"), "{text}");
}

#[test]
fn control_z_stops_the_job_and_comes_back() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (80, 24), &[]);
    pty.wait_for("Ana Berg");
    pty.press("\u{1a}");
    pty.wait_state('T');
    pty.wait("the shell's screen", |screen| !screen.alternate_screen() && !screen.hide_cursor());
    pty.signal(Signal::CONT);
    pty.wait("the screen again", |screen| screen.alternate_screen() && screen.contents().contains("Ana Berg"));
    pty.press("2");
    pty.press("q");
    assert!(pty.finish());
    pty.assert_restored();
}

/// Keys that are there before the program listens again are not left lying until another one comes.
#[test]
fn what_is_typed_while_the_job_comes_back_is_heard() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (80, 24), &[]);
    pty.wait_for("Ana Berg");
    pty.press("\u{1a}");
    pty.wait_state('T');
    pty.press("q");
    pty.signal(Signal::CONT);
    assert!(pty.finish());
    pty.assert_restored();
}

/// Also not if others were read together with the one that stopped the job.
#[test]
fn what_is_typed_after_keys_that_came_with_the_stop_is_heard() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (80, 24), &[]);
    pty.wait_for("Ana Berg");
    pty.press("\u{1a}jj");
    pty.wait_state('T');
    pty.wait("the shell's screen", |screen| !screen.alternate_screen());
    pty.signal(Signal::CONT);
    pty.wait("the screen", vt100::Screen::alternate_screen);
    pty.press("q");
    assert!(pty.finish());
    pty.assert_restored();
}

#[test]
fn a_dropped_line_ends_the_program() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (80, 24), &[]);
    pty.wait_for("Ana Berg");
    pty.drop_line();
    pty.finish();
}
