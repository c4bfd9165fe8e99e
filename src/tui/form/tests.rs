use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;

use super::*;
use crate::tui::theme::Theme;
use crate::tui::view::common::canvas::Canvas;

fn options() -> Vec<String> {
    ["Starter", "Team", "Enterprise"].map(str::to_owned).to_vec()
}

fn form() -> Form {
    let zone = TimeZone::get("Europe/Oslo").unwrap();
    let value = |text: &str| FieldValue::Text(text.to_owned());
    Form::new(zone, Country::parse("US"))
        .line("first_name", "First name", "Ana")
        .field("email", "Email", FieldKind::Email, &[], Some(&value("ana@acme.test")))
        .required()
        .field("mobile_phone", "Mobile phone", FieldKind::Phone, &[], None)
        .field("employees", "Employees", FieldKind::Number, &[], Some(&FieldValue::Integer(0)))
        .heading("Custom fields")
        .field("plan", "Plan", FieldKind::Picklist, &options(), Some(&value("Team")))
        .field("wants", "Wants", FieldKind::MultiPicklist, &options(), None)
        .field("vip", "VIP", FieldKind::Checkbox, &[], None)
        .field("called", "Called", FieldKind::Datetime, &[], Some(&value("2026-07-01T12:30:00Z")))
        .field("notes", "Notes", FieldKind::TextLong, &[], Some(&value("one\ntwo\nthree")))
        .choice("owner", "Owner", vec![Choice::new("kim@seller.test", "Kim Berg")], None)
}

fn press(form: &mut Form, keys: &str) {
    for c in keys.chars() {
        form.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
    }
}

fn picture(form: &Form, columns: u16, lines: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, lines)).unwrap();
    let theme = Theme::by_name("default").unwrap();
    let mut cursor = None;
    terminal
        .draw(|frame| {
            let area = frame.area();
            let mut canvas = Canvas { buffer: frame.buffer_mut(), theme: &theme };
            cursor = view::draw(form, &mut canvas, Rect { x: 1, width: area.width - 2, ..area });
        })
        .unwrap();
    let cursor = cursor.map(|at| format!("cursor {},{}", at.x, at.y)).unwrap_or_default();
    format!("{}{cursor}", terminal.backend())
}

#[test]
fn nothing_typed_is_nothing_lost() {
    let mut form = form();
    assert!(!form.is_changed());
    assert_eq!(form.step(Step::Leave), Did::Leave);
    press(&mut form, "x");
    assert!(form.is_changed());
    assert_eq!(form.step(Step::Leave), Did::Stay);
    assert_eq!(form.mode(), Mode::Asking);
    assert_eq!(form.step(Step::No), Did::Stay);
    assert_eq!(form.mode(), Mode::Line);
    assert_eq!(form.step(Step::Leave), Did::Stay);
    assert_eq!(form.step(Step::Yes), Did::Leave);
    // Typed and taken back is nothing.
    form.key(KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE));
    assert!(!form.is_changed());
}

#[test]
fn what_is_wrong_is_said_at_the_field_and_nothing_is_saved() {
    let mut form = form();
    form.step(Step::Next);
    form.step(Step::Clear);
    press(&mut form, "ana");
    form.step(Step::Next);
    assert!(form.entry("email").unwrap().problem().is_some(), "said when the field is left");
    form.focus("employees");
    form.step(Step::Clear);
    press(&mut form, "many");
    assert_eq!(form.step(Step::Save), Did::Stay);
    assert_eq!(form.focused().unwrap().id(), "email", "the first wrong field has the focus");
    assert!(form.entry("employees").unwrap().problem().is_some());
    form.step(Step::Clear);
    assert_eq!(form.step(Step::Save), Did::Stay);
    assert_eq!(form.entry("email").unwrap().problem(), Some("must not be empty"));
    press(&mut form, "ana@acme.test");
    form.focus("employees");
    form.step(Step::Clear);
    press(&mut form, "1,200");
    assert_eq!(form.step(Step::Save), Did::Save);
    let changed: Vec<_> = form.changed().map(Entry::id).collect();
    assert_eq!(changed, ["employees"]);
    assert_eq!(form.value("employees"), Some(FieldValue::Integer(1_200)));
}

#[test]
fn choices_are_found_by_typing_and_ticked_with_space() {
    let mut form = form();
    form.focus("plan");
    press(&mut form, "ent");
    assert_eq!(form.mode(), Mode::List);
    form.step(Step::Toggle);
    assert_eq!((form.mode(), form.text("plan")), (Mode::Choice, "Enterprise".to_owned()));
    form.focus("wants");
    for step in [Step::Toggle, Step::Down, Step::Down, Step::Toggle, Step::Up, Step::Up, Step::Toggle] {
        form.step(step);
    }
    let both = FieldValue::List(vec!["Starter".to_owned(), "Enterprise".to_owned()]);
    assert_eq!(form.value("wants"), Some(both), "in the order of the options");
    assert_eq!(form.step(Step::Leave), Did::Stay);
    assert_eq!(form.mode(), Mode::Choice, "esc closes the list first");
    form.step(Step::Clear);
    assert_eq!(form.value("wants"), None);
    press(&mut form, "st");
    form.step(Step::Blank);
    assert_eq!(form.text("wants"), "Starter", "no name goes on with a blank there: it ticks");
    form.step(Step::Leave);
    form.focus("owner");
    press(&mut form, "zzz"); // nobody: not typed
    press(&mut form, "im");
    form.step(Step::Blank);
    assert_eq!(form.mode(), Mode::List, "a blank of a name is typed");
    press(&mut form, "ber");
    form.step(Step::Toggle);
    assert_eq!(form.text("owner"), "kim@seller.test");
}

#[test]
fn a_box_knows_yes_no_and_nothing() {
    let mut form = form();
    form.focus("vip");
    assert_eq!(form.value("vip"), None);
    form.step(Step::Toggle);
    assert_eq!(form.value("vip"), Some(FieldValue::Bool(true)));
    form.step(Step::Toggle);
    assert_eq!(form.value("vip"), Some(FieldValue::Bool(false)));
    form.step(Step::Clear);
    assert_eq!(form.value("vip"), None);
}

#[test]
fn times_are_the_users_own() {
    let mut form = form();
    assert_eq!(form.text("called"), "2026-07-01 14:30");
    form.set("called", "2026-01-01 08:00");
    assert_eq!(form.value("called"), Some(FieldValue::Text("2026-01-01T07:00:00Z".to_owned())));
    form.set("called", "2026-01-01T08:00:00Z");
    assert_eq!(form.value("called"), Some(FieldValue::Text("2026-01-01T08:00:00Z".to_owned())));
    form.focus("called");
    form.set("called", "soon");
    assert_eq!(form.step(Step::Save), Did::Stay);
    assert_eq!(form.entry("called").unwrap().problem(), Some("not a date and time, as in 2026-03-05 09:30"));
}

#[test]
fn a_paste_fits_its_field() {
    let mut form = form();
    form.paste(" B.\r\nBerg\n");
    assert_eq!(form.text("first_name"), "Ana B. Berg".replace("Ana B", "AnaB"));
    form.focus("notes");
    form.paste("\r\nfour\rfive");
    assert_eq!(form.text("notes"), "one\ntwo\nthree\nfour\nfive");
    form.focus("plan");
    form.paste("starter");
    assert_eq!(form.text("plan"), "Starter");
}

#[test]
fn the_focus_goes_round() {
    let mut form = form();
    form.step(Step::Previous);
    assert_eq!(form.focused().unwrap().id(), "owner");
    form.step(Step::Next);
    assert_eq!(form.focused().unwrap().id(), "first_name");
    assert!(form.entries().iter().all(|entry| entry.problem().is_none()), "what nobody touched is not wrong");
}

#[test]
fn pictures() {
    let mut form = form();
    insta::assert_snapshot!("form_60x14", picture(&form, 60, 14));
    form.focus("email");
    form.set("email", "nobody");
    form.step(Step::Next);
    insta::assert_snapshot!("form_problem_38x6", picture(&form, 38, 6));
    form.focus("wants");
    form.step(Step::Toggle);
    insta::assert_snapshot!("form_list_38x8", picture(&form, 38, 8));
    form.step(Step::Leave);
    form.focus("notes");
    press(&mut form, " and a tail that is longer than the line");
    insta::assert_snapshot!("form_long_38x8", picture(&form, 38, 8));
    form.step(Step::Leave);
    insta::assert_snapshot!("form_asking_38x8", picture(&form, 38, 8));
}

mod hostile {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn anything_typed_anywhere_is_drawn_at_any_size(
            text in "\\PC{0,40}|[\\x00-\\x1f\u{200b}\u{202e}一🙂é]{0,20}",
            at in 0_usize..10,
            columns in 3_u16..60,
            lines in 1_u16..12,
        ) {
            let mut form = form();
            for _ in 0..at {
                form.step(Step::Next);
            }
            form.paste(&text);
            press(&mut form, "ab");
            form.step(Step::Toggle);
            picture(&form, columns, lines);
            form.step(Step::Save);
            form.step(Step::Leave);
            picture(&form, columns, lines);
        }
    }
}
