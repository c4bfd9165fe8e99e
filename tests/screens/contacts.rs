//! Contacts by hand: the form, a cell, the merge prompt, owners, deletion, columns, duplicates, custom fields.

use rolodeck::domain::edit::{CustomKind, Edit, FieldError, Schema};
use rolodeck::domain::merge::pair::Side;
use rolodeck::domain::{Contact, Email, Field, FieldKey, FieldKind, FieldValue, Status, UserRef, Values};
use rolodeck::store::{
    Bulk, ContactOrder, DuplicatePair, DuplicateSide, FieldDef, MergePrompt, Order, Store, Undone, UserRow,
};
use rolodeck::tui::dialogs::contact::bulk::{AskOwner, Assign, Delete, FindAll};
use rolodeck::tui::dialogs::contact::cell::PrepareCell;
use rolodeck::tui::dialogs::contact::edit::Prepare;
use rolodeck::tui::dialogs::contact::merge::{Ask, Confirmed, MergeDialog};
use rolodeck::tui::dialogs::contact::{Answer, Basis, Save};
use rolodeck::tui::dialogs::undo::Change as Turn;
use rolodeck::tui::job::{Answered, Job};
use rolodeck::tui::message::{Effect, Message, Reply};
use rolodeck::tui::screens::duplicates::{Dismiss, ReadPairs};
use rolodeck::tui::screens::fields::{Change, ReadFields};

use crate::pictures::look;
use crate::world::{Screen, World, at, now};

pub const SIZES: [(u16, u16); 4] = [(160, 50), (80, 24), (60, 20), (40, 10)];

pub fn screen(width: u16, height: u16) -> Screen {
    Screen::new(World::new(60), width, height)
}

/// The newest job of a type that was asked for.
pub fn asked<J: Job + Clone>(screen: &Screen) -> Option<J> {
    screen.world.log.iter().rev().find_map(|effect| match effect {
        Effect::Job(job) => job.get::<J>().cloned(),
        _ => None,
    })
}

pub fn told<J: Job>(screen: &mut Screen, job: J, answer: Result<J::Answer, String>) {
    screen.send(Message::Reply(Reply::Job(Answered::new(job, answer))));
}

fn text(text: &str) -> FieldValue {
    FieldValue::Text(text.to_owned())
}

fn user(id: i64, name: &str, email: &str) -> UserRow {
    UserRow {
        id,
        email: Some(email.to_owned()),
        name: Some(name.to_owned()),
        role: None,
        team: None,
        external_id: None,
        active: true,
        contacts: 1_200 * id,
    }
}

fn basis(contact: bool) -> Basis {
    let mut values = Values::new();
    for (field, value) in [
        (Field::FirstName, "Ana"),
        (Field::LastName, "Berg"),
        (Field::Email, "ana.berg@fjordtech.example"),
        (Field::Company, "Fjord Tech AS"),
        (Field::City, "Bergen \u{1b}[31m"),
    ] {
        values.set(field, Some(text(value)));
    }
    values.set(FieldKey::Custom("plan".to_owned()), Some(text("Team")));
    values.set(FieldKey::Custom("notes".to_owned()), Some(text("Met at the fair.\nCalls back in May.")));
    let custom = |name: &str, label: &str, kind, options: &[&str]| CustomKind {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        options: options.iter().map(|option| (*option).to_owned()).collect(),
    };
    let schema = Schema {
        custom: vec![
            custom("budget", "Budget", FieldKind::Number, &[]),
            custom("notes", "Notes", FieldKind::TextLong, &[]),
            custom("plan", "Plan", FieldKind::Picklist, &["Starter", "Team", "Enterprise"]),
        ],
        country: None,
        me: None,
    };
    let contact = contact.then(|| Contact {
        id: 1,
        values,
        status: Some(Status::Qualified),
        owner: Some(UserRef { email: Some(Email::parse("jo@seller.example").unwrap()), ..UserRef::default() }),
        source: "calcom".to_owned(),
        created_at: now(),
        updated_at: now(),
        interacted_at: None,
    });
    let users = vec![user(1, "Jo Host", "jo@seller.example"), user(2, "Mei Tan", "mei@seller.example")];
    Basis { contact, schema, users }
}

fn editing(width: u16, height: u16) -> Screen {
    let mut screen = screen(width, height);
    screen.press("e");
    told(&mut screen, Prepare(Some(1)), Ok(basis(true)));
    screen
}

#[test]
fn a_contact_is_edited_and_only_what_changed_is_saved() {
    let mut screen = editing(120, 40);
    screen.press("tab ctrl-u").type_text("Bergström").press("enter");
    let save = asked::<Save>(&screen).unwrap();
    assert_eq!(save.edit, Edit::default().with(Field::LastName, Some(text("Bergström"))));
    // Refused at a field: the form stays, with the message there.
    let refused = Answer::Fields(vec![FieldError::new("last_name", "too Nordic")]);
    told(&mut screen, save, Ok(refused));
    assert!(screen.text().contains("too Nordic"));
    // Esc asks, since something would be lost.
    screen.press("esc");
    assert!(screen.text().contains("Leave without saving?"));
    screen.press("n");
    assert!(screen.text().contains("Bergström"));
    screen.press("esc y");
    assert!(!screen.text().contains("Bergström"));
}

#[test]
fn status_and_owner_are_fields_of_the_form() {
    let mut screen = editing(120, 40);
    for _ in 0..7 {
        screen.press("tab");
    }
    screen.type_text("disq").press("enter tab").type_text("mei").press("enter enter");
    let save = asked::<Save>(&screen).unwrap();
    assert_eq!(save.edit.status, Some(Some(Status::Disqualified)));
    assert_eq!(save.edit.owner, Some(Some(Email::parse("mei@seller.example").unwrap())));
    assert!(save.edit.values.is_empty());
}

#[test]
fn nothing_changed_is_nothing_saved() {
    let mut screen = editing(80, 24);
    screen.press("enter");
    assert!(asked::<Save>(&screen).is_none());
    assert!(!screen.text().contains("Edit Ana"));
}

#[test]
fn a_contact_without_access_says_cannot_save() {
    let mut screen = editing(80, 24);
    screen.type_text("x").press("enter");
    let save = asked::<Save>(&screen).unwrap();
    let refused = Answer::Refused("Cannot save contact", "This email belongs to somebody else's.".to_owned());
    told(&mut screen, save, Ok(refused));
    assert!(screen.text().contains("Cannot save contact"));
    screen.press("esc");
    assert!(screen.text().contains("Anax"), "the form is still there");
}

#[test]
fn the_form_at_every_size() {
    for (width, height) in SIZES {
        let mut screen = editing(width, height);
        look(&format!("contact_form_{width}x{height}"), &mut screen);
        screen.press("tab tab ctrl-u").type_text("nobody").press("tab");
        look(&format!("contact_form_problem_{width}x{height}"), &mut screen);
    }
    let mut screen = screen(80, 24);
    screen.press("N");
    told(&mut screen, Prepare(None), Ok(basis(false)));
    look("contact_form_new_80x24", &mut screen);
}

#[test]
fn a_cell_is_edited_where_it_stands() {
    for (width, height) in SIZES {
        let mut screen = screen(width, height);
        screen.press("j i");
        told(&mut screen, PrepareCell(2), Ok(basis(true)));
        look(&format!("contact_cell_{width}x{height}"), &mut screen);
        screen.press("ctrl-u").type_text("Acme").press("enter");
        let save = asked::<Save>(&screen).unwrap();
        assert_eq!(save.edit, Edit::default().with(Field::Company, Some(text("Acme"))));
        assert_eq!(save.contact, Some(2));
    }
}

/// Two real records side by side.
fn prompt() -> MergePrompt {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("rolodeck.db")).await.unwrap();
        let mut ids = Vec::new();
        for (email, mobile, company, title, status) in [
            (Some("ana@fjord.example"), None, "Fjord Tech", "CEO", None),
            (None, Some("+4790000001"), "Fjord Tech AS \u{1b}[2J 株式会社", "CEO", Some(Status::Qualified)),
        ] {
            let mut edit = Edit { status: Some(status), ..Edit::default() };
            edit = edit.with(Field::Email, email.map(text)).with(Field::MobilePhone, mobile.map(text));
            edit = edit.with(Field::FirstName, Some(text("Ana"))).with(Field::Company, Some(text(company)));
            edit = edit.with(Field::JobTitle, Some(text(title)));
            ids.push(store.add_contact(&edit, "manual", false, at("2026-11-01T00:00:00Z")).await.unwrap().contact.id);
        }
        let prompt = store.merge_prompt(ids[0], ids[1], None).await.unwrap();
        store.close().await;
        prompt
    })
}

#[test]
fn two_records_are_merged_only_when_confirmed() {
    let prompt = prompt();
    let mut screen = screen(120, 40);
    screen.press("space space M");
    let ask = asked::<Ask>(&screen).unwrap();
    told(&mut screen, ask.clone(), Ok(prompt.clone()));
    // The cursor stands on the first difference: the company, which the newer one would replace.
    screen.press("space");
    let merge = screen.model.layers.find::<MergeDialog>().unwrap().merge();
    assert_eq!(merge.picks.get("company"), Some(&Side::Existing));
    screen.press("l");
    let merge = screen.model.layers.find::<MergeDialog>().unwrap().merge();
    assert!(merge.picks.is_empty(), "back to the rule");
    screen.press("s");
    let (a, b) = (prompt.existing.id, prompt.incoming.id);
    assert_eq!(asked::<Ask>(&screen), Some(Ask { a, b, survivor: Some(b) }), "the other one may stay");
    screen.press("esc");
    assert!(asked::<Confirmed>(&screen).is_none(), "cancelled: nothing is stored");
    told(&mut screen, ask, Ok(prompt.clone()));
    screen.press("h enter enter");
    let confirmed = asked::<Confirmed>(&screen).unwrap();
    assert_eq!(confirmed.0, prompt.confirm([("company".to_owned(), Side::Existing)].into()));
    let times = screen.world.log.iter().filter(|e| matches!(e, Effect::Job(job) if job.get::<Confirmed>().is_some()));
    assert_eq!(times.count(), 1, "a second enter does not merge twice");
}

#[test]
fn the_merge_prompt_at_every_size() {
    let prompt = prompt();
    for (width, height) in SIZES {
        let mut screen = screen(width, height);
        told(&mut screen, Ask { a: 1, b: 2, survivor: None }, Ok(prompt.clone()));
        look(&format!("merge_{width}x{height}"), &mut screen);
    }
}

#[test]
fn deletion_is_asked_for_and_says_what_stays() {
    let mut screen = screen(80, 24);
    screen.press("D");
    look("delete_contact_80x24", &mut screen);
    screen.press("n");
    assert!(asked::<Delete>(&screen).is_none());
    screen.press("space space D y");
    let delete = asked::<Delete>(&screen).unwrap();
    assert_eq!(delete.0, [1, 2]);
    told(&mut screen, delete, Ok(Bulk { changed: 2, unchanged: 0, left: 0, undo: Some(1) }));
    assert!(screen.text().contains("2 contacts deleted"));
    assert!(screen.model.contacts.list.marks().is_empty());
}

#[test]
fn all_of_a_filter_is_marked_and_too_many_are_not_deleted() {
    let mut screen = screen(120, 40);
    screen.press("A");
    let find = asked::<FindAll>(&screen).unwrap();
    told(&mut screen, find.clone(), Ok((1..=501).collect()));
    assert_eq!(screen.model.contacts.list.marks().len(), 501);
    screen.press("D");
    assert!(screen.text().contains("at most 500"));
    // Marks stay while the list is gone through and ordered otherwise, and go with another filter.
    screen.press("G O");
    assert_eq!(screen.model.contacts.list.marks().len(), 501);
    screen.press("/").type_text("fjord").press("enter");
    told(&mut screen, find, Ok(vec![1, 2, 3]));
    assert!(screen.model.contacts.list.marks().is_empty(), "an answer to another filter is dropped");
}

#[test]
fn an_owner_is_chosen_by_typing() {
    let mut screen = screen(80, 24);
    screen.press("a");
    let ask = asked::<AskOwner>(&screen).unwrap();
    told(&mut screen, ask, Ok(basis(true).users));
    look("owner_80x24", &mut screen);
    screen.type_text("mei").press("enter");
    let assign = asked::<Assign>(&screen).unwrap();
    assert_eq!(assign, Assign { contacts: vec![1], owner: Some(Email::parse("mei@seller.example").unwrap()) });
}

#[test]
fn columns_are_chosen_moved_sorted_and_kept() {
    let mut screen = screen(160, 50);
    screen.press("C");
    look("columns_160x50", &mut screen);
    screen.press("j J o enter");
    assert_eq!(screen.model.contacts.order, Order { by: ContactOrder::Status, descending: false });
    look("columns_chosen_160x50", &mut screen);
    screen.press("> >");
    look("columns_scrolled_160x50", &mut screen);
    for (width, height) in [(80, 24), (60, 20), (40, 10)] {
        screen.resize(width, height);
        screen.press("2 C");
        look(&format!("columns_{width}x{height}"), &mut screen);
        screen.press("esc");
    }
    screen.press("q");
    let session = screen.world.log.iter().find_map(|effect| match effect {
        Effect::SaveSession(session) => Some(session.clone()),
        _ => None,
    });
    let session = session.unwrap();
    assert_eq!(session.columns, screen.model.columns.shown);
    assert_eq!(session.contact_order, Some(screen.model.contacts.order.clone()));
}

fn pairs() -> Vec<DuplicatePair> {
    let side = |id, name: &str, email: Option<&str>| DuplicateSide {
        id,
        name: name.to_owned(),
        email: email.map(str::to_owned),
        phone: Some("+4790000001".to_owned()),
        company: Some("Fjord \u{1b}[2J Tech".to_owned()),
    };
    let pair = |id, reason: &str, b, other: Option<&str>| DuplicatePair {
        id,
        a: side(1, "Ana Berg", Some("ana@fjord.example")),
        b,
        other: other.map(str::to_owned),
        reason: reason.to_owned(),
        at: now(),
        dismissed: false,
    };
    vec![
        pair(3, "same_phone", Some(side(2, "Ana Bergh", None)), None),
        pair(2, "near_email", Some(side(3, "李小龙", Some("ana@fjord.exampel"))), None),
        pair(1, "identity_conflict", None, Some("ana@private.example")),
    ]
}

#[test]
fn duplicates_are_merged_or_dismissed() {
    for (width, height) in SIZES {
        let mut screen = screen(width, height);
        screen.press("g d");
        let read = asked::<ReadPairs>(&screen).unwrap();
        told(&mut screen, read, Ok(pairs()));
        look(&format!("duplicates_{width}x{height}"), &mut screen);
        screen.press("enter");
        assert_eq!(asked::<Ask>(&screen), Some(Ask { a: 1, b: 2, survivor: None }));
        screen.press("j space x");
        assert_eq!(asked::<Dismiss>(&screen), Some(Dismiss(vec![2])));
        screen.press("q");
        assert!(!screen.text().contains("Possible duplicates ─"));
    }
}

#[test]
fn fields_are_added_changed_and_archived() {
    let field = |name: &str, kind, options: &[&str], archived: bool| FieldDef {
        name: name.to_lowercase(),
        label: name.to_owned(),
        kind,
        options: options.iter().map(|option| (*option).to_owned()).collect(),
        archived_at: archived.then(now),
    };
    let fields = || {
        vec![
            (field("Budget", FieldKind::Number, &[], false), 1_200),
            (field("Plan", FieldKind::Picklist, &["Starter", "Team"], false), 42),
            (field("Shoe", FieldKind::TextShort, &[], true), 0),
        ]
    };
    for (width, height) in SIZES {
        let mut screen = screen(width, height);
        screen.press("g f");
        told(&mut screen, ReadFields, Ok(fields()));
        look(&format!("fields_{width}x{height}"), &mut screen);
        screen.press("n").type_text("Seats");
        look(&format!("field_form_{width}x{height}"), &mut screen);
        screen.press("enter");
        let add = asked::<Change>(&screen).unwrap();
        assert_eq!(add, Change::Add { label: "Seats".to_owned(), kind: FieldKind::TextShort, options: Vec::new() });
        told(&mut screen, add, Err("there is a field seats already".to_owned()));
        assert!(screen.text().contains("there is a field"), "{}", screen.text());
        screen.press("esc y j enter tab end enter").type_text("Enterprise").press("alt-enter");
        let options = ["Starter", "Team", "Enterprise"].map(str::to_owned).to_vec();
        let edit = Change::Edit { name: "plan".to_owned(), label: "Plan".to_owned(), options: Some(options) };
        assert_eq!(asked::<Change>(&screen), Some(edit));
        screen.press("esc y j x");
        assert_eq!(asked::<Change>(&screen), Some(Change::Restore("shoe".to_owned())));
        let known: Vec<_> = screen.model.setup.custom.iter().map(|field| field.name.clone()).collect();
        assert_eq!(known, ["budget", "plan"], "queries and columns know them at once");
    }
}

#[test]
fn an_undo_says_what_it_could_not_take_back() {
    let mut screen = screen(160, 50);
    screen.press("u");
    let undone = Undone {
        id: 3,
        label: "Qualified of 3 contacts".to_owned(),
        changed: 2,
        left: 1,
        note: Some("Salesforce keeps what was sent".to_owned()),
    };
    assert_eq!(asked::<Turn>(&screen), Some(Turn::undo()));
    told(&mut screen, Turn::undo(), Ok(Some(undone)));
    let words = "Undone: Qualified of 3 contacts; 1 changed since and stay (Salesforce keeps what was sent)";
    assert!(screen.text().contains(words), "{}", screen.text());
    screen.press("u");
    told(&mut screen, Turn::undo(), Ok(None));
    assert!(screen.text().contains("Nothing to undo"));
    // On a narrow screen it is read to its end, too: in the words, and below the list of changes.
    let mut screen = self::screen(60, 20);
    let note = "Salesforce keeps what was written; what differs after the undo is written again".to_owned();
    let undone = Undone { id: 3, label: "merge of Ana".to_owned(), changed: 1, left: 0, note: Some(note) };
    told(&mut screen, Turn::undo(), Ok(Some(undone)));
    assert!(screen.text().contains("written again)"), "{}", screen.text());
}

#[test]
fn options_are_for_choices_and_choices_have_options() {
    let mut screen = screen(80, 24);
    screen.press("g f");
    told(&mut screen, ReadFields, Ok(Vec::new()));
    screen.press("n").type_text("Plan").press("tab").type_text("choice of one").press("enter enter");
    assert!(asked::<Change>(&screen).is_none());
    assert!(screen.text().contains("what is there to choose from"), "{}", screen.text());
    screen.type_text("Gold").press("shift-tab").type_text("number").press("enter enter");
    assert!(asked::<Change>(&screen).is_none());
    assert!(screen.text().contains("only choices have options"), "{}", screen.text());
    screen.type_text("choice of one").press("enter enter");
    let options = vec!["Gold".to_owned()];
    assert_eq!(
        asked::<Change>(&screen),
        Some(Change::Add { label: "Plan".to_owned(), kind: FieldKind::Picklist, options })
    );
}

#[test]
fn whoever_is_added_is_shown() {
    let mut screen = screen(160, 50);
    screen.press("N");
    told(&mut screen, Prepare(None), Ok(basis(false)));
    screen.type_text("Ana").press("tab tab").type_text("ana@new.test").press("enter");
    let save = asked::<Save>(&screen).unwrap();
    assert_eq!(save.contact, None);
    let mut contact = basis(true).contact.unwrap();
    contact.id = 7;
    told(&mut screen, save, Ok(Answer::Added(Box::new(contact))));
    screen.wait(500);
    assert_eq!(screen.model.focus, rolodeck::tui::model::Pane::Detail);
    assert_eq!(screen.model.detail.contact().unwrap().contact.id, 7);
}
