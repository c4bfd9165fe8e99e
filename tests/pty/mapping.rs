//! The write rules changed in the real program: what is chosen there stands in the file, and the rest of it as before.

use super::terminal::Pty;

const FILE: &str = "# ours\n[user]\nemail = \"rep@seller.test\" # me\n\n[[sync.profile]]\n# the demos\nname = \"demos\"\n\
    when = \"event_type:demo\"\nbase = \"calcom\"\n\n  [[sync.profile.write]]\n  object = \"lead\"\n  on = \"update\"\n  \
    field = \"Title\" # theirs\n  value = \"{contact.job_title}\"\n";

#[test]
fn a_rule_is_changed_added_and_removed_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (config, data) = (folder.path().join("config.toml"), folder.path().join("data"));
    let people = folder.path().join("people.csv");
    std::fs::write(&config, FILE).unwrap();
    std::fs::write(&people, "email,first name,job title\nana@x.test,Ana,Head of Sales\n").unwrap();
    let with = ["--config", config.to_str().unwrap(), "--data-dir", data.to_str().unwrap()];
    let run = |args: &[&str]| Pty::program(&[&with[..], args].concat(), (120, 30), &[]);
    let said = || std::fs::read_to_string(&config).unwrap();

    let mut import = run(&["import", people.to_str().unwrap()]);
    import.wait_for("1 created");
    assert!(import.finish());

    let mut screen = run(&[]);
    screen.wait_for("Head of Sales"); // the contact's detail
    screen.press("2gw");
    screen.wait_for("1 rule ");
    // Tried on the contact that was selected; without an org the fields cannot be checked, and it says so.
    screen.wait_for("Head of Sales");
    screen.wait_for("Salesforce is not connected");
    screen.press("w");
    screen.wait_for("only if empty");
    assert_eq!(said(), format!("{FILE}  when = \"empty\"\n"));

    screen.press("a");
    screen.wait_for("Write to");
    screen.press("lead, when it changes\r");
    screen.wait_for("API name");
    screen.press("Rating\r");
    screen.wait_for("What goes into Rating");
    screen.press("\r");
    screen.wait_for("Text or template");
    screen.press("Hot\r");
    screen.wait_for("2 rules");
    let text = said();
    assert!(text.contains("field = \"Rating\"\nvalue = \"Hot\"") && text.contains("\"Title\" # theirs"), "{text}");

    // Somebody breaks the file meanwhile: what is wrong is said, and nothing is written over it.
    std::fs::write(&config, text.replace("\"calcom\"", "\"calcon\"")).unwrap();
    screen.press("w");
    screen.wait_for("Nothing was changed");
    assert_eq!(said(), text.replace("\"calcom\"", "\"calcon\""));
    std::fs::write(&config, &text).unwrap();

    screen.press("jD");
    screen.wait_for("Remove the rule for Rating?");
    screen.press("y");
    screen.wait_for("1 rule ");
    assert!(!said().contains("Rating"), "{}", said());
    screen.press("q");
    screen.press("q");
    assert!(screen.finish());
    screen.assert_restored();
}
