//! The binary as people start it.

use std::path::Path;

use rolodeck::domain::Status;
use rustix::process::Signal;
use sqlx::migrate::Migrator;
use sqlx::{Connection, SqliteConnection};

use super::status_of;
use super::terminal::Pty;

#[test]
fn the_dashboard_finds_qualifies_and_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let people = folder.path().join("people.csv");
    std::fs::write(&people, "email,first name,last name\nana@x.test,Ana,Berg\nbo@x.test,Bo,Lindqvist\n").unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "[user]\nemail = \"rep@seller.test\"\n").unwrap();
    let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let (config, data) = (text(&config), text(&data));
    let with = |args: &[&str]| [&["--config", &config, "--data-dir", &data], args].concat().join("\u{0}");
    let run = |args: &[&str]| {
        let args = with(args);
        Pty::program(&args.split('\u{0}').collect::<Vec<_>>(), (100, 30), &[])
    };

    let mut import = run(&["import", &text(&people)]);
    import.wait_for("2 rows: 2 created");
    assert!(import.finish());

    let mut screen = run(&[]);
    screen.wait_for("Ana Berg");
    screen.press("/lindq");
    screen.wait_gone("Ana Berg");
    screen.press("\r");
    screen.press("ss");
    screen.wait_for("undoes it");
    assert_eq!(status_of(std::path::Path::new(&data), "bo@x.test"), Some(Status::SalesQualified));
    screen.press("q");
    assert!(screen.finish());
    screen.assert_restored();
}

#[test]
fn the_demo_fills_the_screen_and_syncs() {
    let mut demo = Pty::program(&["demo"], (160, 50), &[]);
    demo.wait_for("DEMO");
    // Contacts, a stream, and a worker that has reached the stand-in.
    demo.wait_for("integration@seller.test");
    demo.wait("rows settled", |screen| {
        let text = screen.contents();
        let done = text.split_whitespace().zip(text.split_whitespace().skip(1)).find(|(_, word)| *word == "done");
        done.and_then(|(n, _)| n.parse::<u32>().ok()).is_some_and(|n| n > 100)
    });
    demo.press("2sq");
    demo.wait_for("undoes it");
    demo.press("q");
    assert!(demo.finish());
    demo.assert_restored();
}

/// A store that cannot be used is told in three lines (R4), on the terminal as it was.
#[test]
fn a_store_that_cannot_be_used_is_told_where_it_stays() {
    let folder = super::folder();
    let data = folder.path().to_str().unwrap().to_owned();
    let store = folder.path().join("rolodeck.db");
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "").unwrap();
    let told = |data: &str, words: &[&str]| {
        let mut screen = Pty::program(&["--config", config.to_str().unwrap(), "--data-dir", data], (150, 30), &[]);
        screen.wait_for("fix: ");
        assert!(!screen.finish(), "the exit status tells it, too");
        screen.assert_restored();
        let text = screen.screen(vt100::Screen::contents);
        for word in ["error: ", "why: "].iter().chain(words) {
            assert!(text.contains(word), "{word}: {text}");
        }
        screen.raw().windows(8).any(|bytes| bytes == b"\x1b[?1049h")
    };
    assert!(
        !told("/proc/no/such", &["the data directory cannot be used"]),
        "no screen is begun for what is known at once"
    );

    let runtime = super::runtime();
    let holder = runtime.block_on(hold(&store));
    told(&data, &["another process keeps the store locked"]);
    runtime.block_on(holder.close()).unwrap();

    let whole = std::fs::read(&store).unwrap();
    std::fs::write(&store, vec![7; whole.len()]).unwrap();
    told(&data, &["the store is damaged", "rolodeck restore"]);
    assert_eq!(std::fs::read(&store).unwrap(), vec![7; whole.len()]);

    std::fs::write(&store, &whole).unwrap();
    runtime.block_on(async {
        let mut newer = connect(&store).await;
        let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                     VALUES (9999, 'later', 1, x'00', 0)";
        sqlx::query(later).execute(&mut newer).await.unwrap();
        newer.close().await.unwrap();
    });
    told(&data, &["written by a newer rolodeck"]);
}

/// Somebody has the file for themselves.
async fn hold(store: &Path) -> SqliteConnection {
    let mut holder = connect(store).await;
    for sql in ["PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "UPDATE setting SET value = value"] {
        sqlx::query(sql).execute(&mut holder).await.unwrap();
    }
    holder
}

async fn connect(store: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", store.display())).await.unwrap()
}

/// The screen stands before the store is open. Whoever waits for it is told so and can leave; what they type is done later.
#[test]
fn a_store_that_is_late_is_waited_for_on_the_screen() {
    let folder = super::folder();
    let data = folder.path().to_str().unwrap().to_owned();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "").unwrap();
    let start = || {
        let screen = Pty::program(&["--config", config.to_str().unwrap(), "--data-dir", &data], (120, 30), &[]);
        screen.wait_for("still being opened");
        screen
    };
    let runtime = super::runtime();
    let holder = runtime.block_on(hold(&folder.path().join("rolodeck.db")));
    let mut screen = start();
    screen.press("j\u{3}");
    assert!(screen.finish());
    screen.assert_restored();
    let mut screen = start();
    screen.signal(Signal::TERM);
    assert!(screen.finish());
    screen.assert_restored();

    let mut screen = start();
    screen.press("/lindq\r");
    screen.signal(Signal::TSTP);
    screen.wait_state('T');
    screen.wait("the shell's screen", |screen| !screen.alternate_screen() && !screen.hide_cursor());
    screen.signal(Signal::CONT);
    screen.wait("the screen", vt100::Screen::alternate_screen);
    screen.press("sq");
    runtime.block_on(holder.close()).unwrap();
    screen.wait_for("undoes it");
    screen.wait_gone("still being opened");
    screen.wait_gone("Ana Berg");
    assert_eq!(status_of(folder.path(), "bo@lindqvist.example"), Some(Status::Qualified));
    screen.press("q");
    assert!(screen.finish());
}

/// What is done with a store of an older version is told where it stays; then the screen comes.
#[test]
fn an_older_store_is_told_of_and_then_shown() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap().to_owned();
    let store = folder.path().join("rolodeck.db");
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "").unwrap();
    super::runtime().block_on(async {
        std::fs::write(&store, "").unwrap();
        let mut older = connect(&store).await;
        let migrations: Vec<_> = sqlx::migrate!("assets/migrations").iter().cloned().collect();
        let but_one = migrations[..migrations.len() - 1].to_vec();
        Migrator::with_migrations(but_one).run(&mut older).await.unwrap();
        older.close().await.unwrap();
    });
    let mut screen = Pty::program(&["--config", config.to_str().unwrap(), "--data-dir", &data], (120, 30), &[]);
    screen.wait_for("Nobody is here yet");
    screen.press("q");
    assert!(screen.finish());
    screen.assert_restored();
    let left = screen.screen(vt100::Screen::contents);
    assert!(left.contains("An older version of rolodeck has made this store"), "{left}");
    assert!(left.contains("rolodeck-before-schema-"), "{left}");
}

/// While somebody else writes for very long, what is shown stays, and a change that fails says so.
#[test]
fn a_lock_that_lasts_is_told_on_the_screen() {
    let folder = super::folder();
    let data = folder.path().to_str().unwrap().to_owned();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "").unwrap();
    let mut screen = Pty::program(&["--config", config.to_str().unwrap(), "--data-dir", &data], (120, 30), &[]);
    screen.wait_for("Bo Lindqvist");
    screen.press("/lindq");
    screen.wait_gone("Ana Berg");
    screen.press("\r");
    let runtime = super::runtime();
    let holder = runtime.block_on(async {
        let mut holder = connect(&folder.path().join("rolodeck.db")).await;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();
        holder
    });
    screen.press("sq");
    screen.wait_for("keeps the store locked");
    assert_eq!(status_of(folder.path(), "bo@lindqvist.example"), None);
    runtime.block_on(holder.close()).unwrap();
    screen.press("sq");
    screen.wait_for("undoes it");
    assert_eq!(status_of(folder.path(), "bo@lindqvist.example"), Some(Status::Qualified));
    screen.press("q");
    assert!(screen.finish());
}
