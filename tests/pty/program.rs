//! The binary as people start it.

use rolodeck::domain::Status;

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
