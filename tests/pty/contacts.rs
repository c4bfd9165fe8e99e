//! Contacts changed by hand in the real program: form, merge prompt, deletion, import, a new field.

use std::path::{Path, PathBuf};

use super::terminal::Pty;

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), "[user]\nemail = \"rep@seller.test\"\n").unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, args: &[&str]) -> Pty {
        let (config, data) = (self.path("config.toml"), self.path("data"));
        let mut all = vec!["--config", config.to_str().unwrap(), "--data-dir", data.to_str().unwrap()];
        all.extend(args);
        Pty::program(&all, (110, 32), &[])
    }

    fn csv(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn with_people() -> Self {
        let desk = Self::new();
        let people = desk.csv(
            "people.csv",
            "email,first name,last name,company\nana@x.test,Ana,Berg,Fjord\nbo@x.test,Bo,Lindqvist,Azul\n",
        );
        let mut import = desk.run(&["import", people.to_str().unwrap()]);
        import.wait_for("2 created");
        assert!(import.finish());
        desk
    }
}

fn emails(data: &Path) -> Vec<String> {
    let runtime = super::runtime();
    runtime.block_on(async {
        let store = super::open(data).await;
        let mut found = Vec::new();
        for email in ["ana@x.test", "bo@x.test", "cy@x.test"] {
            let parsed = rolodeck::domain::Email::parse(email).unwrap();
            if store.contact_by_email(&parsed).await.unwrap().is_some() {
                found.push(email.to_owned());
            }
        }
        store.close().await;
        found
    })
}

/// Escape, then whatever follows once the screen shows that it was understood: else the two would be one alt key.
fn escape(screen: &mut Pty) {
    screen.press("\u{1b}");
}

#[test]
fn a_contact_is_edited_merged_deleted_and_brought_back() {
    let desk = Desk::with_people();
    let mut screen = desk.run(&[]);
    screen.wait_for("Ana Berg");
    screen.press("/ana");
    screen.wait_gone("Bo Lindqvist");
    screen.press("\r");
    screen.press("e");
    screen.wait_for("Edit Ana Berg");
    screen.press("lisa\r");
    screen.wait_for("Analisa Berg");
    screen.wait_gone("Edit Ana Berg");

    // The email of another contact: both side by side, and nothing is stored before a yes.
    for confirmed in [false, true] {
        screen.press("e");
        screen.wait_for("Edit Analisa Berg");
        screen.press("\t\t\u{15}bo@x.test\r");
        screen.wait_for("This one stays");
        if confirmed {
            screen.press("\r");
            screen.wait_for("Merged into");
        } else {
            escape(&mut screen);
            screen.wait_gone("This one stays");
            assert_eq!(emails(&desk.path("data")), ["ana@x.test", "bo@x.test"]);
            escape(&mut screen);
            screen.wait_for("Leave without saving");
            screen.press("y");
            screen.wait_gone("Edit Analisa Berg");
        }
    }
    assert_eq!(emails(&desk.path("data")), ["bo@x.test"]);
    screen.press("u");
    screen.wait_for("Undone");
    assert_eq!(emails(&desk.path("data")), ["ana@x.test", "bo@x.test"]);

    screen.press("c");
    screen.wait_for("Bo Lindqvist");
    screen.press("/lindqvist");
    screen.wait_gone("Analisa");
    screen.press("\r");
    screen.press("D");
    screen.wait_for("activities stay");
    screen.press("y");
    screen.wait_for("1 contact deleted");
    assert_eq!(emails(&desk.path("data")), ["ana@x.test"]);
    screen.press("u");
    screen.wait_for("Undone: deletion");
    assert_eq!(emails(&desk.path("data")), ["ana@x.test", "bo@x.test"]);
    screen.press("q");
    assert!(screen.finish());
    screen.assert_restored();
}

#[test]
fn a_file_is_imported_and_a_field_is_made() {
    let desk = Desk::with_people();
    let file = desk.csv("more.csv", "E-mail;Vorname;Seats\ncy@x.test;Cy;12\nnobody;Di;3\n");
    let mut screen = desk.run(&[]);
    screen.wait_for("Ana Berg");
    screen.press("gf");
    screen.wait_for("No custom fields yet");
    screen.press("n");
    screen.wait_for("New field");
    screen.press("Seats\r");
    screen.wait_for("Field seats added");
    screen.press("q");
    screen.wait_gone("Custom fields");

    screen.press("gi");
    screen.wait_for("people");
    screen.press("n");
    screen.wait_for("File ");
    screen.press(&format!("\u{15}{}\r", file.display()));
    screen.wait_for("becomes");
    screen.wait_for("seats");
    screen.press("t");
    screen.wait_for("What would happen");
    assert_eq!(emails(&desk.path("data")), ["ana@x.test", "bo@x.test"]);
    escape(&mut screen);
    screen.wait_gone("What would happen");
    screen.press("i");
    screen.wait_for("Imported more");
    assert_eq!(emails(&desk.path("data")), ["ana@x.test", "bo@x.test", "cy@x.test"]);
    assert!(desk.path("more.rejected.csv").exists(), "the wrong row can be corrected");
    escape(&mut screen);
    screen.wait_gone("Imported more");
    // Its contacts are a list; the import can be taken back.
    screen.wait_for("Import more");
    screen.press("gi");
    screen.wait_for("Rejected");
    screen.press("x");
    screen.wait_for("Take the import");
    screen.press("y");
    screen.wait_for("taken back");
    assert_eq!(emails(&desk.path("data")), ["ana@x.test", "bo@x.test"]);
    screen.press("q");
    screen.press("q");
    assert!(screen.finish());
    screen.assert_restored();
}

#[test]
fn the_demo_undoes_what_its_user_did() {
    let mut screen = Pty::program(&["demo"], (120, 40), &[]);
    screen.wait_for("Sync problems");
    screen.press("2");
    screen.wait_for("▸2 Contacts");
    screen.wait_for("▌");
    screen.press("D");
    screen.wait_for("activities stay");
    screen.press("y");
    screen.wait_for("1 contact deleted");
    screen.press("u");
    screen.wait_for("Undone: deletion");
    screen.press("g");
    screen.press("u");
    screen.wait_for("  undone");
    screen.press("\r");
    screen.wait_for("Redone");
    screen.press("q");
    screen.wait_gone("Changes ─");
    screen.press("q");
    assert!(screen.finish());
    screen.assert_restored();
}
