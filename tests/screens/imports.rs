//! The import dialog, from the file to the report; and the list of imports.

use std::path::{Path, PathBuf};

use rolodeck::domain::FieldKind;
use rolodeck::ingest::csv::{CustomField, MapRule, Options};
use rolodeck::ingest::import::{Done, Listed, ListedKind, Preview, Report};
use rolodeck::store::{Import, ImportFigures};
use rolodeck::tui::dialogs::import::ImportDialog;
use rolodeck::tui::dialogs::import::files::Entry;
use rolodeck::tui::dialogs::import::jobs::{Given, NewField, Peek, ReadFolder, Run};
use rolodeck::tui::message::{Message, Progress};
use rolodeck::tui::screens::imports::{ReadImports, TakeBack};

use crate::contacts::{SIZES, asked, screen, told};
use crate::pictures::look;
use crate::world::{Screen, now};

const PEOPLE: &str = "Correo;Vorname;Plan;Seats;Status;Shoe\n\
    zoe@new.test;Zoë \u{1b}[31m;Gold;12;qualified;red\n\
    ZOE@new.test;Zoe;Silver;13;Qualified;\n\
    bad;Bo;Gold;1;;\n\
    max@new.test;李小龙;Bronze;x;Hot;blue\n";

fn options(given: &Given) -> Options {
    let plan = CustomField {
        name: "plan".to_owned(),
        label: "Plan".to_owned(),
        kind: FieldKind::Picklist,
        options: vec!["Gold".to_owned(), "Silver".to_owned()],
    };
    Options { map: given.map.clone(), delimiter: given.delimiter, custom_fields: vec![plan], ..Options::default() }
}

/// Looks into a file with that text as the job does.
fn peek(screen: &mut Screen, text: &[u8]) {
    let Peek(given) = asked::<Peek>(screen).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let preview = Preview::read(file.path(), options(&given), 50).map_err(|error| error.to_string());
    told(screen, Peek(given), preview);
}

fn entries() -> Vec<Entry> {
    let entry = |name: &str, folder, csv, size| Entry { name: name.to_owned(), folder, csv, size };
    vec![
        entry("archive", true, false, 0),
        entry("people.csv", false, true, 21_000),
        entry("people \u{1b}[2J 顧客.csv", false, true, 3_400_000),
        entry("photo.png", false, false, 812),
    ]
}

/// The dialog with the folder `/data/` listed.
fn choosing(width: u16, height: u16) -> Screen {
    let mut screen = screen(width, height);
    screen.press("g I ctrl-u").type_text("/data/");
    assert_eq!(asked::<ReadFolder>(&screen), Some(ReadFolder(PathBuf::from("/data/"))));
    told(&mut screen, ReadFolder(PathBuf::from("/data/")), Ok(entries()));
    screen
}

/// The dialog with that file looked into.
fn mapping(width: u16, height: u16, text: &[u8]) -> Screen {
    let mut screen = choosing(width, height);
    screen.type_text("people.").press("enter");
    assert_eq!(asked::<Peek>(&screen).unwrap().0.file, Path::new("/data/people.csv"));
    peek(&mut screen, text);
    screen
}

fn rule(column: &str, field: &str) -> MapRule {
    MapRule { column: column.to_owned(), field: field.to_owned() }
}

fn done(dry: bool) -> Done {
    let problem = rolodeck::ingest::csv::Problem {
        column: "Correo".to_owned(),
        value: "bad".to_owned(),
        reason: "`bad` is no email address".to_owned(),
    };
    Done {
        import: (!dry).then_some(7),
        name: "people".to_owned(),
        report: Report {
            created: 1_250,
            updated: 40,
            repeated: 1,
            rejected: 1,
            listed: vec![Listed { line: 4, kind: ListedKind::Rejected, problem }],
            ..Report::default()
        },
        rejects: (!dry).then(|| PathBuf::from("/data/people.rejected.csv")),
    }
}

#[test]
fn a_file_is_chosen_mapped_tried_and_imported_at_every_size() {
    for (width, height) in SIZES {
        let size = format!("{width}x{height}");
        let mut screen = choosing(width, height);
        look(&format!("import_file_{size}"), &mut screen);
        let mut screen = mapping(width, height, PEOPLE.as_bytes());
        look(&format!("import_mapping_{size}"), &mut screen);
        screen.press("t");
        let run = asked::<Run>(&screen).unwrap();
        assert!(run.dry);
        screen.send(Message::Progress(Progress { name: "import", done: 250, of: Some(1_000) }));
        look(&format!("import_running_{size}"), &mut screen);
        told(&mut screen, run, Ok(done(true)));
        look(&format!("import_tried_{size}"), &mut screen);
        screen.press("esc i");
        let run = asked::<Run>(&screen).unwrap();
        assert!(!run.dry && !run.sync);
        told(&mut screen, run, Ok(done(false)));
        assert!(screen.model.layers.find::<ImportDialog>().is_none());
        assert_eq!(screen.model.contacts.filter, "import:7", "what came is what is shown");
        assert!(screen.text().contains("Imported people"), "{}", screen.text());
    }
}

#[test]
fn what_is_doubtful_is_said_before_anything_happens() {
    let mut screen = mapping(160, 50, PEOPLE.as_bytes());
    let text = screen.text();
    for words in [
        "6 columns parted by semicolons",
        "UTF-8",
        "`Shoe`; the column is left out",
        "2 of the first 4 rows would be refused",
        "1 of the first 4 rows is about somebody of an earlier row",
        "Bronze",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    screen = mapping(160, 50, b"email,name\nz@new.test,Zo\xeb\n");
    assert!(screen.text().contains("Windows-1252"), "{}", screen.text());
}

#[test]
fn columns_are_mapped_by_hand_and_a_field_is_used_once() {
    let mut screen = mapping(160, 50, PEOPLE.as_bytes());
    screen.press("G enter").type_text("job title").press("enter");
    assert_eq!(asked::<Peek>(&screen).unwrap().0.map, [rule("#6", "job_title")]);
    peek(&mut screen, PEOPLE.as_bytes());
    // The same field on another column frees the first.
    screen.press("k k enter").type_text("job title").press("enter");
    assert_eq!(asked::<Peek>(&screen).unwrap().0.map, [rule("#4", "job_title")]);
    peek(&mut screen, PEOPLE.as_bytes());
    screen.press("x");
    assert_eq!(asked::<Peek>(&screen).unwrap().0.map, [rule("#4", "ignore")]);
    peek(&mut screen, PEOPLE.as_bytes());
    assert!(screen.text().contains("left out"));
    // A mapping that is refused changes nothing.
    screen.press("g g enter").type_text("city").press("enter");
    let refused = asked::<Peek>(&screen).unwrap();
    told(&mut screen, refused, Err("no column holds an email".to_owned()));
    assert!(screen.text().contains("no column holds an email"));
    screen.press("t");
    assert_eq!(asked::<Run>(&screen).unwrap().given.map, [rule("#4", "ignore")]);
}

#[test]
fn a_column_becomes_a_new_field_of_any_type() {
    let mut screen = mapping(160, 50, PEOPLE.as_bytes());
    screen.press("G enter").type_text("new field choice of one").press("enter");
    let new = asked::<NewField>(&screen).unwrap();
    let options = ["red", "blue"].map(str::to_owned).to_vec();
    assert_eq!(new, NewField { column: 5, label: "Shoe".to_owned(), kind: FieldKind::Picklist, options });
    told(&mut screen, new, Ok("shoe".to_owned()));
    assert_eq!(asked::<Peek>(&screen).unwrap().0.map, [rule("#6", "shoe")]);
}

#[test]
fn a_file_without_a_known_identifier_can_be_mapped() {
    let mut screen = mapping(80, 24, b"who,plan\nana@q.test,Gold\n");
    assert!(screen.text().contains("no column holds an email or a mobile phone"), "{}", screen.text());
    screen.press("i");
    assert!(asked::<Run>(&screen).is_none());
    assert!(screen.text().contains("Say first which column holds"), "{}", screen.text());
    screen.press("enter").type_text("email").press("enter");
    assert_eq!(asked::<Peek>(&screen).unwrap().0.map, [rule("#1", "email")]);
    peek(&mut screen, b"who,plan\nana@q.test,Gold\n");
    assert!(!screen.text().contains("no column holds"));
    screen.press("i");
    assert!(!asked::<Run>(&screen).unwrap().dry);
}

#[test]
fn cells_can_be_parted_otherwise_and_the_import_named() {
    let mut screen = mapping(160, 50, b"email,note;more\na@q.test,1;2\n");
    assert!(screen.text().contains("parted by commas"), "{}", screen.text());
    screen.press("d");
    assert_eq!(asked::<Peek>(&screen).unwrap().0.delimiter, Some(b';'));
    peek(&mut screen, b"email,note;more\na@q.test,1;2\n");
    assert!(screen.text().contains("parted by semicolons"), "{}", screen.text());
    for delimiter in [b'\t', b'|', b','] {
        screen.press("d");
        assert_eq!(asked::<Peek>(&screen).unwrap().0.delimiter, Some(delimiter));
        peek(&mut screen, b"email,note;more\na@q.test,1;2\n");
    }
    screen.press("r ctrl-u").type_text("Fair in May").press("enter s i");
    let run = asked::<Run>(&screen).unwrap();
    assert_eq!((run.name.as_deref(), run.sync), (Some("Fair in May"), true));
}

#[test]
fn a_running_import_is_stopped_and_a_failed_one_goes_back_to_the_mapping() {
    let mut screen = mapping(80, 24, PEOPLE.as_bytes());
    screen.press("i");
    let run = asked::<Run>(&screen).unwrap();
    screen.press("esc");
    assert!(run.stop.is_cancelled());
    let mut stopped = done(false);
    stopped.report.canceled = true;
    told(&mut screen, run.clone(), Ok(stopped));
    assert!(screen.text().contains("Stopped before the end"), "{}", screen.text());

    let mut screen = mapping(80, 24, PEOPLE.as_bytes());
    screen.press("i");
    let run = asked::<Run>(&screen).unwrap();
    told(&mut screen, run, Err("the disk is full".to_owned()));
    let text = screen.text();
    assert!(text.contains("the disk is full") && text.contains("becomes"), "{text}");
}

#[test]
fn the_imports_are_listed_shown_and_taken_back() {
    let import = |id, name: &str, undone| Import {
        id,
        name: name.to_owned(),
        file: format!("/data/{name}.csv"),
        actor: "ana@seller.test".to_owned(),
        at: now(),
        figures: ImportFigures { created: 1_250, updated: 40, unchanged: 2, repeated: 1, skipped: 0, rejected: 3 },
        finished_at: Some(now()),
        canceled: id == 8,
        undone_at: if undone { Some(now()) } else { None },
        rejects: Some(format!("/data/{name}.rejected.csv")),
        contacts: 1_290,
        undo: Some(id * 10),
    };
    for (width, height) in SIZES {
        let mut screen = screen(width, height);
        screen.press("g i");
        let rows = vec![import(9, "fair", false), import(8, "old \u{1b}[2J 顧客", false), import(7, "people", true)];
        told(&mut screen, ReadImports, Ok(rows));
        look(&format!("imports_{width}x{height}"), &mut screen);
        screen.press("space");
        assert!(screen.text().contains("Created"), "{}", screen.text());
        screen.press("esc x y");
        assert_eq!(asked::<TakeBack>(&screen), Some(TakeBack { undo: 90 }));
        screen.press("G x");
        assert_eq!(asked::<TakeBack>(&screen), Some(TakeBack { undo: 90 }), "once is enough");
        screen.press("g g enter");
        assert_eq!(screen.model.contacts.filter, "import:9");
    }
}
