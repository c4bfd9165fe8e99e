//! What a terminal program owes its terminal: whole work by keys alone, sizes that change all the time, silence.

use std::path::Path;
use std::time::Duration;

use rolodeck::domain::Status;
use rustix::process::Signal;

use super::terminal::Pty;
use super::{folder, status_of};

/// A store with so many people of a CSV file, and the program on it.
fn desk(people: usize) -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let rows: String =
        (0..people).fold(String::new(), |rows, n| rows + &format!("p{n}@x.test,Person,Number{n:02},Company {n}\n"));
    let file = folder.path().join("people.csv");
    std::fs::write(&file, format!("email,first name,last name,company\n{rows}")).unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "[user]\nemail = \"rep@seller.test\"\n").unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let options = ["--config".to_owned(), text(&config), "--data-dir".to_owned(), text(&folder.path().join("data"))];
    let mut import = run(&options, &["import", &text(&file)]);
    import.wait_for(&format!("{people} created"));
    assert!(import.finish());
    (folder, options.into())
}

fn run(options: &[String], args: &[&str]) -> Pty {
    let all: Vec<&str> = options.iter().map(String::as_str).chain(args.iter().copied()).collect();
    Pty::program(&all, (100, 30), &[])
}

/// Ten new people from the list, one after the other, each by what it says of them; a slip taken back; the rest in one go.
#[test]
fn ten_contacts_are_triaged_by_keys_alone() {
    let (folder, options) = desk(10);
    let mut screen = run(&options, &[]);
    screen.wait_for("Number09");
    // By name, so that the order is known.
    screen.press("o");
    screen.wait("the first by name", |screen| {
        let text = screen.contents();
        text.find("Number00").zip(text.find("Number09")).is_some_and(|(first, last)| first < last)
    });
    let selected = |screen: &Pty, n: usize| screen.wait_for(&format!("Person Number{n:02}  ●"));
    screen.press("gg");
    selected(&screen, 0);
    screen.press("sq");
    screen.wait_for("Qualified");
    screen.press("jsm");
    selected(&screen, 1);
    screen.wait_for("Marketing qualified ·");
    screen.press("jss");
    selected(&screen, 2);
    screen.wait_for("Sales qualified ·");
    screen.press("jsd");
    selected(&screen, 3);
    screen.wait_for("Disqualified ·");
    // The same for the next one, and a slip taken back.
    screen.press(".");
    selected(&screen, 4);
    screen.press("u");
    screen.wait_for("Undone");
    screen.press("sn");
    screen.wait_for("No status");
    // From its page, then three at once, and what is left by a range.
    screen.press("j\rsq");
    selected(&screen, 5);
    screen.wait_for("Qualified ·");
    screen.press("2j   sm");
    screen.wait_for("3 contacts");
    screen.press("gg");
    selected(&screen, 0);
    screen.press("Gsd");
    selected(&screen, 9);
    screen.wait_for("Disqualified ·");
    screen.press("q");
    assert!(screen.finish());
    screen.assert_restored();
    let data = folder.path().join("data");
    let got: Vec<Option<Status>> = (0..10).map(|n| status_of(&data, &format!("p{n}@x.test"))).collect();
    let (q, m, s, d) = (Status::Qualified, Status::MarketingQualified, Status::SalesQualified, Status::Disqualified);
    let wanted = [Some(q), Some(m), Some(s), Some(d), None, Some(q), Some(m), Some(m), Some(m), Some(d)];
    assert_eq!(got, wanted);
}

/// Opening an item reads it, so that it leaves the list of what is unread: it stays open all the same, and a status that
/// is set there is that of its contact.
#[test]
fn what_was_opened_stays_open_when_it_leaves_the_list() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (140, 40), &[]);
    pty.wait_for("Ana Berg");
    pty.press("3/unread\rG");
    pty.wait_for("▣ Intro with Ana");
    pty.press("\r");
    // In the list of contacts and in the detail; no more in the stream.
    pty.wait("a list of three", |screen| screen.contents().matches("Ana Berg").count() == 2);
    assert!(pty.screen(|screen| screen.contents().contains("▣ Intro with Ana")));
    pty.press("sm");
    pty.wait_for("Ana Berg  ● Marketing qualified");
    pty.press("q");
    assert!(pty.finish());
    for (_, _, email) in super::PEOPLE {
        let wanted = (email == "ana@berg.example").then_some(Status::MarketingQualified);
        assert_eq!(status_of(folder.path(), email), wanted, "{email}");
    }
}

/// A window that is dragged about while keys are pressed: in the end the screen is as if it had always had its size.
#[test]
fn a_storm_of_sizes_leaves_the_screen_as_a_fresh_start_draws_it() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (100, 30), &[]);
    pty.wait_for("Ana Berg");
    for n in 0_u16..120 {
        pty.resize(1 + n * 37 % 211, 1 + n * 13 % 71);
        pty.press(["j", "k", "3", "5", "2", "z", "z", "?", "?", "1", "4", "2"][usize::from(n) % 12]);
    }
    pty.resize(100, 30);
    // Which keys met which size is not said: sizes and keys come by different ways, and a key that has no meaning on a
    // screen of one cell is dropped. So the last ones are pressed as a person does, who looks whether they were heard.
    for _ in 0..60 {
        pty.press("\u{1b}");
        std::thread::sleep(Duration::from_millis(150));
        pty.press("2gg");
        std::thread::sleep(Duration::from_millis(150));
        if pty.screen(|screen| screen.contents().contains("▸2 Contacts")) {
            break;
        }
    }
    let settled = |pty: &Pty| {
        pty.wait("the first contact", |screen| {
            let text = screen.contents();
            text.contains("Evil␛[2J Red␇  ●") && text.contains("▸2 Contacts")
        });
        // Nothing is left of what was said, and nothing is counted any more.
        pty.wait_gone("✓ ");
        pty.screen(vt100::Screen::contents)
    };
    let left = settled(&pty);
    pty.press("q");
    assert!(pty.finish());
    pty.assert_restored();
    let mut fresh = Pty::start(folder.path(), (100, 30), &[]);
    settled(&fresh);
    fresh.wait("the same screen", |screen| screen.contents() == left);
    fresh.press("q");
    assert!(fresh.finish());
}

/// Whatever ends it, with the mouse taken and in the midst of a dialog, the terminal is as before.
#[test]
fn the_terminal_is_given_back_whatever_was_on() {
    for signal in [Signal::TERM, Signal::HUP, Signal::QUIT] {
        let folder = folder();
        let mut pty = Pty::start(folder.path(), (80, 24), &[]);
        pty.wait_for("Ana Berg");
        pty.press("gc");
        pty.wait("the mouse", |screen| screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None);
        pty.press("s");
        pty.wait_for("Sales qualified");
        pty.signal(signal);
        assert!(pty.finish(), "{signal:?}");
        pty.assert_restored();
    }
}

/// The one test that waits: what an idle program does not do takes time not to happen. A busy machine makes it no worse.
#[test]
fn an_idle_screen_sends_nothing_and_sleeps() {
    let (_folder, options) = desk(3);
    let mut screen = run(&options, &[]);
    screen.wait_for("Number02");
    let pid = screen.pid();
    let mut calm = false;
    for _ in 0..10 {
        let before = (screen.raw().len(), wake_ups(pid));
        std::thread::sleep(Duration::from_secs(2));
        let (bytes, woken) = (screen.raw().len() - before.0, wake_ups(pid) - before.1);
        // Product P5: two a second. A toast may still go in the first of the windows, or a minute begin.
        calm = bytes == 0 && woken <= 4;
        if calm {
            break;
        }
    }
    assert!(calm, "it never rests");
    screen.press("q");
    assert!(screen.finish());
}

/// How often a thread of the process gave up the processor by itself, which is how often one woke up.
fn wake_ups(pid: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let count = |task: std::io::Result<std::fs::DirEntry>| -> Option<u64> {
        let status = std::fs::read_to_string(task.ok()?.path().join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        line.trim().parse().ok()
    };
    tasks.filter_map(count).sum()
}
