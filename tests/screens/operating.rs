//! The sync monitor and the report: what people see, and what their keys do.

use rolodeck::store::{Dimension, Figures, HookDelivery, HookState, Report, ReportRow, SourceState};
use rolodeck::sync::budget::Forecast;
use rolodeck::sync::status::{WorkerState, WorkerStatus};
use rolodeck::tui::dialogs::contact::edit::Prepare;
use rolodeck::tui::job::Answered;
use rolodeck::tui::message::{Effect, Message, Reply};
use rolodeck::tui::screens::{hooks, monitor, report};

use crate::pictures::look;
use crate::world::{Screen, World, now, worker};

fn monitor(width: u16, height: u16) -> Screen {
    let mut screen = Screen::new(World::new(60), width, height);
    screen.press("g m");
    let source = |source: &str, error: Option<&str>| SourceState {
        source: source.into(),
        cursor: None,
        last_success_at: Some(now() - jiff::SignedDuration::from_mins(3)),
        last_error_at: error.map(|_| now()),
        last_error: error.map(Into::into),
    };
    let found = monitor::Found {
        items: screen.world.outbox.clone(),
        sources: vec![source("calcom", None), source("oncehub", Some("the key is refused"))],
    };
    let status = WorkerStatus { forecast: Some(Forecast { per_hour: 900, until: None }), ..worker() };
    screen.send(Message::Worker(Box::new(status)));
    screen.send(Message::Reply(Reply::Job(Answered::new(monitor::ReadMonitor, Ok(found)))));
    screen
}

#[test]
fn the_monitor_at_every_size() {
    for (width, height) in [(160, 50), (120, 40), (80, 24), (60, 20), (40, 10), (30, 8)] {
        look(&format!("monitor_{width}x{height}"), &mut monitor(width, height));
    }
}

/// What was done is told of everybody's contacts.
#[test]
fn the_last_results_are_for_administrators() {
    let mut screen = monitor(200, 50);
    assert!(screen.text().contains("Created Event for Ana Berg"));
    screen.model.setup.administrator = false;
    assert!(!screen.text().contains("Created Event for Ana Berg"));
    assert!(screen.text().contains("The value is longer than the field"), "how many failed and why names nobody");
}

#[test]
fn the_monitor_shows_the_worker_of_another_process() {
    let mut screen = monitor(100, 30);
    let own = WorkerState::Elsewhere { host: "daemon".into(), pid: 77 };
    screen.send(Message::Worker(Box::new(WorkerStatus { state: own, ..WorkerStatus::default() })));
    let status = WorkerStatus { state: WorkerState::Working, ..worker() };
    screen.model.sync.other = Some(status);
    let text = screen.text();
    assert!(text.contains("process 77 on daemon") && text.contains("sync@seller.example"), "{text}");
    assert!(text.contains("18 of 25"), "{text}");
}

#[test]
fn items_of_the_monitor_are_sent_again_left_out_and_opened() {
    let mut screen = monitor(120, 30);
    let foot = screen.text().lines().last().unwrap().to_owned();
    for hint in ["R retry", "X skip", "E edit", "L relink", "P plan"] {
        assert!(foot.contains(hint), "{hint}: {foot}");
    }
    let ids: Vec<i64> = screen.world.outbox.iter().map(|item| item.id).collect();
    screen.world.log.clear();
    screen.press("R j X n");
    assert!(!screen.world.log.contains(&Effect::Skip(vec![ids[1]])), "asked first: {:?}", screen.world.log);
    screen.press("X y");
    assert!(screen.world.log.contains(&Effect::Retry(vec![ids[0]])), "{:?}", screen.world.log);
    assert!(screen.world.log.contains(&Effect::Skip(vec![ids[1]])), "{:?}", screen.world.log);
    assert!(screen.text().contains("Sync monitor"), "{}", screen.text());
    for (key, job) in [("P", format!("Item({})", ids[1])), ("L", format!("Candidates {{ item: {} }}", ids[1]))] {
        screen.world.log.clear();
        screen.press(key);
        let kinds: Vec<String> = screen.world.log.iter().map(|effect| format!("{effect:?}")).collect();
        assert!(kinds.iter().any(|debug| debug.contains(&job)), "{key}: {kinds:?}");
    }
    screen.press("enter");
    assert!(!screen.text().contains("Sync monitor"));
    assert!(screen.model.detail.pinned.is_some());
}

/// Whatever the detail pane has read: nobody waits for it before the next key.
#[test]
fn the_form_is_of_the_contact_of_the_item_and_not_of_the_one_before() {
    let in_pane = || {
        let mut screen = Screen::new(World::new(60), 120, 40);
        screen.press("5");
        screen
    };
    for mut screen in [monitor(120, 40), in_pane()] {
        let contacts: Vec<_> = screen.world.outbox.iter().map(|item| item.contact_id).collect();
        assert!(contacts[0] != contacts[1] && contacts[1].is_some(), "{contacts:?}");
        for (keys, contact) in [("E", contacts[0]), ("esc j E", contacts[1]), ("esc k E", contacts[0])] {
            screen.press(keys);
            assert_eq!(crate::contacts::asked::<Prepare>(&screen), Some(Prepare(contact)), "{keys}");
        }
        // Left again, one is where one was.
        screen.press("esc");
        assert!(screen.model.detail.pinned.is_none(), "{:?}", screen.model.detail.pinned);
    }
}

fn figures(statuses: [i64; 5]) -> Figures {
    let contacts: i64 = statuses.iter().sum();
    Figures {
        statuses,
        booked: contacts / 2,
        bookings: contacts,
        canceled: contacts / 5,
        completed: contacts / 3,
        no_show: contacts / 30,
        median_to_status: Some(contacts * 60_000),
    }
}

fn answer(screen: &mut Screen, by: Dimension, filter: &str, rows: &[(&str, &str, [i64; 5])]) {
    let rows: Vec<ReportRow> = rows
        .iter()
        .map(|(label, query, statuses)| ReportRow {
            key: (*label).into(),
            label: (*label).into(),
            query: (*query).into(),
            figures: figures(*statuses),
        })
        .collect();
    let report = Report { by, rows, total: figures([900, 120, 80, 40, 60]) };
    let job = report::Read { by, filter: filter.into() };
    let took = std::time::Duration::from_millis(5);
    screen.send(Message::Reply(Reply::Job(Answered::new(job, Ok((report, took))))));
}

const CAMPAIGNS: [(&str, &str, [i64; 5]); 3] = [
    ("google ads 広告", "activity.utm_source:\"google ads 広告\"", [600, 90, 50, 30, 40]),
    ("newsletter", "activity.utm_source:newsletter", [250, 25, 30, 10, 15]),
    ("none", "activity.utm_source:none", [50, 5, 0, 0, 5]),
];

#[test]
fn the_report_at_every_size() {
    for (width, height) in [(160, 50), (120, 40), (80, 24), (60, 20), (40, 10), (30, 8)] {
        let mut screen = Screen::new(World::new(60), width, height);
        screen.press("g r");
        answer(&mut screen, Dimension::Status, "", &CAMPAIGNS);
        look(&format!("report_{width}x{height}"), &mut screen);
    }
}

#[test]
fn the_contacts_behind_a_number_are_one_key_away() {
    let mut screen = Screen::new(World::new(60), 120, 40);
    screen.press("g r N");
    // Month comes before status; then on to the UTM sources by their name.
    screen.press("b").type_text("utm source");
    screen.press("enter");
    assert!(screen.text().contains("Counting"), "{}", screen.text());
    answer(&mut screen, Dimension::Month, "", &CAMPAIGNS);
    assert!(screen.text().contains("Counting"), "an answer to another question is not shown");
    answer(&mut screen, Dimension::UtmSource, "", &CAMPAIGNS);
    screen.press("j enter");
    assert_eq!(screen.model.contacts.filter, "activity.utm_source:newsletter");
    assert!(!screen.text().contains("Report by"));
}

#[test]
fn a_report_begins_with_the_filter_of_the_list_and_says_what_is_wrong_with_another() {
    let mut screen = Screen::new(World::new(60), 120, 40);
    screen.model.contacts.set_filter("status:qualified OR mine".into());
    screen.press("g r");
    answer(&mut screen, Dimension::Status, "status:qualified OR mine", &CAMPAIGNS);
    screen.press("enter");
    assert_eq!(screen.model.contacts.filter, format!("(status:qualified OR mine) {}", CAMPAIGNS[0].1));
    screen.press("g r");
    let job = report::Read { by: Dimension::Status, filter: screen.model.contacts.filter.clone() };
    let failed = Answered::new(job, Err("There is no report: the filter is wrong".into()));
    screen.send(Message::Reply(Reply::Job(failed)));
    assert!(screen.text().contains("the filter is wrong"));
}

fn delivery(id: i64, event: &str, state: HookState, attempts: i64, message: Option<&str>) -> HookDelivery {
    let ago = |minutes: i64| now() - jiff::SignedDuration::from_mins(minutes);
    HookDelivery {
        id,
        hook: if id % 3 == 0 { "notify".into() } else { "crm".into() },
        event: event.into(),
        event_id: format!("evt_4f1c2a90b7d3_h{id}"),
        body: format!(r#"{{"type":"{event}","contact":{{"id":"CTC-{id}","last_name":"Berg \u001b[31m"}}}}"#),
        state,
        attempts,
        next_at: if state == HookState::Retry { now() + jiff::SignedDuration::from_mins(12) } else { ago(1) },
        message: message.map(Into::into),
        created_at: ago(3 * id),
        done_at: (state == HookState::Done).then(|| ago(id)),
    }
}

#[test]
fn the_hooks_at_every_size() {
    let open = || {
        vec![
            delivery(9, "contact.status_changed", HookState::Pending, 0, None),
            delivery(
                8,
                "booking.canceled",
                HookState::Retry,
                3,
                Some("the receiver answered 500 Internal Server Error"),
            ),
            delivery(
                6,
                "sync.failed",
                HookState::Held,
                20,
                Some("the program ended with exit status 1: \u{1b}[31mno such host"),
            ),
        ]
    };
    for (width, height) in [(120, 40), (80, 24), (60, 20)] {
        let mut screen = Screen::new(World::new(60), width, height);
        screen.press("g k");
        let read = |all| hooks::ReadHooks { all };
        screen.send(Message::Reply(Reply::Job(Answered::new(read(false), Ok(Vec::new())))));
        assert!(screen.text().contains("Nothing waits"));
        screen.send(Message::Reply(Reply::Job(Answered::new(read(false), Ok(open())))));
        look(&format!("hooks_{width}x{height}"), &mut screen);
        // The event as it is sent, and what can be done here.
        screen.press("enter");
        assert!(screen.text().contains("CTC-9") && !screen.text().contains('\u{1b}'));
        screen.press("q ?");
        look(&format!("hooks_help_{width}x{height}"), &mut screen);
        screen.press("q a");
        let mut all = open();
        all.push(delivery(4, "contact.created", HookState::Done, 1, None));
        all.push(delivery(2, "contact.updated", HookState::Skipped, 2, Some("no connection: refused")));
        screen.send(Message::Reply(Reply::Job(Answered::new(read(true), Ok(all)))));
        look(&format!("hooks_all_{width}x{height}"), &mut screen);
    }
}

#[test]
fn a_delivery_is_sent_again_or_left_out_and_twice_only_when_confirmed() {
    let mut screen = Screen::new(World::new(60), 100, 30);
    screen.press("g k a");
    let rows = vec![
        delivery(9, "contact.created", HookState::Held, 20, Some("no connection")),
        delivery(8, "contact.created", HookState::Done, 1, None),
    ];
    let read = hooks::ReadHooks { all: true };
    screen.send(Message::Reply(Reply::Job(Answered::new(read, Ok(rows)))));
    let decided = |screen: &Screen| crate::contacts::asked::<hooks::Decide>(screen);
    screen.press("R");
    assert_eq!(decided(&screen), Some(hooks::Decide { id: 9, again: true, all: true }));
    screen.press("X");
    assert_eq!(decided(&screen), Some(hooks::Decide { id: 9, again: false, all: true }));
    screen.world.log.clear();
    screen.press("j R");
    assert_eq!(decided(&screen), None);
    assert!(screen.text().contains("Send it again?"));
    screen.press("y");
    assert_eq!(decided(&screen), Some(hooks::Decide { id: 8, again: true, all: true }));
}
