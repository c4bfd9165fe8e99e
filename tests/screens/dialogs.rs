//! What dialogs owe to whoever works in them: nothing typed is lost, nothing is hidden without a word.

use rolodeck::domain::edit::Edit;
use rolodeck::domain::{Field, FieldValue};
use rolodeck::store::Undone;
use rolodeck::tui::dialogs::confirm::Confirm;
use rolodeck::tui::dialogs::contact::Save;
use rolodeck::tui::dialogs::contact::cell::PrepareCell;
use rolodeck::tui::dialogs::contact::edit::Prepare;
use rolodeck::tui::dialogs::contact::merge::MergeDialog;
use rolodeck::tui::dialogs::export::{Export, Exported};
use rolodeck::tui::dialogs::undo::Change as Turn;
use rolodeck::tui::message::{Effect, Message};
use rolodeck::tui::model::toast::Tone;
use rolodeck::tui::update::say;

use crate::contacts::{asked, basis, editing, prompt, screen, told};
use crate::world::Screen;

fn saves(screen: &Screen) -> usize {
    screen.world.log.iter().filter(|it| matches!(it, Effect::Job(job) if job.get::<Save>().is_some())).count()
}

#[test]
fn a_path_that_can_not_be_written_is_there_to_be_corrected() {
    let mut screen = screen(80, 24);
    screen.press("x ctrl-u").type_text("/nowhere/a/rather/long/path/to/a/folder/for/people.csv").press("enter");
    assert!(screen.model.layers.is_empty());
    let export = asked::<Export>(&screen).unwrap();
    told(&mut screen, export, Err("there is no such file or directory".to_owned()));
    let text = screen.text();
    assert!(text.contains("/nowhere/a/rather/long/path/to/a/folder/for/people.csv"), "the path has the room: {text}");
    assert!(text.contains("Nothing was exported: there is no such file or directory"), "{text}");
    // Corrected by a key, and asked for again.
    screen.press("backspace backspace backspace backspace").type_text(".json").press("enter");
    let export = asked::<Export>(&screen).unwrap();
    assert!(format!("{export:?}").contains("people.json"), "{export:?}");
    // There is such a file: no keeps the path, too.
    told(&mut screen, export.clone(), Ok(Exported::Exists));
    screen.press("n");
    assert!(screen.text().contains("There is such a file already") && screen.text().contains("people.json"));
    screen.press("enter");
    told(&mut screen, export, Ok(Exported::Exists));
    screen.press("y");
    assert!(screen.model.layers.is_empty());
    assert!(format!("{:?}", asked::<Export>(&screen)).contains("overwrite: true"));
    // Whoever does something else by now is told in a word.
    let export = asked::<Export>(&screen).unwrap();
    screen.press("?");
    told(&mut screen, export, Err("the disk is full".to_owned()));
    assert!(screen.text().contains("the disk is full"));
    screen.press("esc");
    assert!(screen.model.layers.is_empty());
}

#[test]
fn what_is_wrong_with_a_field_is_read_to_its_end_with_the_advice_first() {
    for (width, height) in [(80, 24), (60, 20), (40, 10)] {
        let mut screen = editing(width, height);
        screen.press("tab tab tab").type_text("call the front desk and ask for Ana").press("enter");
        let words = screen.text().replace(['\n', '│'], " ");
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let advice = words.find("+47 900 00 000").unwrap_or_else(|| panic!("{width}x{height}: {words}"));
        assert!(words[advice..].contains("`call the"), "{width}x{height}: {words}");
    }
}

#[test]
fn what_is_typed_before_a_form_is_read_is_typed_into_it() {
    let mut screen = screen(120, 40);
    screen.press("e").type_text("lisa").press("tab ctrl-u").type_text("Ek").press("enter");
    assert_eq!(saves(&screen), 0);
    told(&mut screen, Prepare(Some(1)), Ok(basis(true)));
    let text = |text: &str| Some(FieldValue::Text(text.to_owned()));
    let edit = Edit::default().with(Field::FirstName, text("Analisa")).with(Field::LastName, text("Ek"));
    assert_eq!(asked::<Save>(&screen).map(|save| save.edit), Some(edit));
    // Nothing is kept of a form that was left meanwhile.
    let mut screen = self::screen(120, 40);
    screen.press("e").type_text("x").press("esc");
    told(&mut screen, Prepare(Some(1)), Ok(basis(true)));
    assert!(screen.model.layers.is_empty());
}

#[test]
fn a_cell_is_saved_once_and_takes_what_was_typed_early() {
    let mut screen = screen(120, 40);
    screen.press("i ctrl-u").type_text("Acme");
    screen.send(Message::Paste("AS".to_owned()));
    told(&mut screen, PrepareCell(1), Ok(basis(true)));
    screen.press("enter enter");
    assert_eq!(saves(&screen), 1);
    let save = asked::<Save>(&screen).unwrap();
    assert_eq!(save.edit, Edit::default().with(Field::Company, Some(FieldValue::Text("AcmeAS".to_owned()))));
}

#[test]
fn a_merge_that_an_edit_led_to_offers_no_swap() {
    for (free, hint) in [(true, true), (false, false)] {
        let mut screen = screen(120, 40);
        screen.model.layers.open(if free { MergeDialog::of_two(prompt()) } else { MergeDialog::new(prompt()) });
        assert_eq!(screen.text().contains("s swap"), hint);
    }
}

#[test]
fn a_long_question_says_that_it_goes_on_and_is_read_to_its_end() {
    let mut screen = screen(40, 10);
    let question = (1..=12).map(|n| format!("Reason {n}.")).collect::<Vec<_>>().join("\n");
    screen.model.layers.open(Confirm::new("Delete", question, |_, _| {}));
    let text = screen.text();
    assert!(text.contains("7 more ↓") && text.contains("Reason 5.") && text.contains("y yes"), "{text}");
    screen.press("G");
    let text = screen.text();
    assert!(text.contains("Reason 12.") && !text.contains("more ↓") && text.contains("y yes"), "{text}");
}

#[test]
fn keys_that_may_follow_are_told_on_a_low_screen() {
    let mut screen = screen(40, 10);
    screen.press("g");
    screen.wait(500);
    let text = screen.text();
    let all = screen.model.keymap.continuations(screen.model.places(), &screen.model.prefix.keys).len();
    let told = text.lines().filter(|line| line.starts_with('│')).count() * 2;
    assert!(told > 6 && text.contains(&format!("{} more in help", all - told)), "{all}, {told}: {text}");
}

#[test]
fn words_do_not_hide_the_keys_of_a_dialog() {
    let long = "Undone: merge of Ana (Salesforce keeps what was written; what differs after the undo is written again)";
    for words in ["Nothing was changed", long] {
        let mut screen = editing(80, 24);
        let before = screen.text();
        let keys = before.lines().find(|line| line.contains("enter save")).unwrap().to_owned();
        for n in 0..3 {
            say(&mut screen.model, Tone::Info, format!("{n} {words}"));
        }
        let text = screen.text();
        assert!(text.contains(&keys), "{text}");
        let read = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(read.contains(&format!("2 {words}")), "{text}");
    }
}

#[test]
fn a_success_that_was_undone_is_said_no_longer() {
    let mut screen = screen(120, 40);
    assert!(!screen.text().contains("u undo"), "there is nothing to undo");
    screen.press("s q");
    screen.send(Message::Changed);
    screen.wait(300);
    assert!(screen.text().contains("Qualified · u undoes it"));
    assert!(screen.text().lines().last().unwrap().contains("u undo"), "{}", screen.text());
    screen.press("u");
    let undone = Undone { id: 1, label: "Qualified of Ana".to_owned(), changed: 1, left: 0, note: None };
    told(&mut screen, Turn::undo(), Ok(Some(undone)));
    let text = screen.text();
    assert!(text.contains("Undone: Qualified of Ana") && !text.contains("undoes it"), "{text}");
}
