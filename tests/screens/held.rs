//! Keys that are typed before their rows are there: they are for the rows that were asked for, never for those that
//! happen to be on the screen.

use rolodeck::domain::{ContactId, Status};
use rolodeck::tui::message::{Effect, Failed, Message, Reply};
use rolodeck::tui::model::Pane;
use rolodeck::tui::model::session::Session;
use rolodeck::tui::update::update;

use crate::world::{Screen, World, event};

/// The list with Ana selected, and a filter that finds Lena typed and accepted: the store has not answered yet.
fn asked() -> (Screen, Vec<Effect>) {
    let mut screen = Screen::new(World::new(60), 160, 50);
    screen.press("2 j j /").type_text("lena");
    let effects = update(&mut screen.model, Message::Key(event("enter")));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Contacts { .. })), "{effects:?}");
    (screen, effects)
}

/// Keys of which none leads to anything yet.
fn press_in_vain(screen: &mut Screen, keys: &str) {
    for key in keys.split_whitespace() {
        assert_eq!(update(&mut screen.model, Message::Key(event(key))), [], "{key}");
    }
}

fn set(screen: &Screen) -> Vec<(Vec<ContactId>, Option<Status>)> {
    let sets = screen.world.log.iter().filter_map(|effect| match effect {
        Effect::SetStatus(ids, status) => Some((ids.clone(), *status)),
        _ => None,
    });
    sets.collect()
}

fn name(screen: &Screen) -> String {
    screen.model.contacts.list.current().unwrap().name.clone()
}

#[test]
fn they_are_done_in_their_order_once_the_rows_are_there() {
    let (mut screen, effects) = asked();
    press_in_vain(&mut screen, "s m enter h 3");
    let waits = "Contacts / lena ─";
    assert!(screen.text().lines().any(|line| line.contains(waits) && line.contains(" … ─╮")), "{}", screen.text());
    screen.answer(effects);
    screen.wait(500);
    assert!(screen.text().lines().any(|line| line.contains(waits) && !line.contains(" … ─╮")), "{}", screen.text());
    assert!(name(&screen).contains("Lena"));
    let lena = screen.model.contacts.list.current().unwrap().id;
    assert_eq!(set(&screen), [(vec![lena], Some(Status::MarketingQualified))]);
    assert!(screen.text().contains("▸3 Stream"), "the last of them, too");
}

#[test]
fn moves_and_marks_are_among_them() {
    let mut screen = Screen::new(World::new(60), 160, 50);
    screen.press("2");
    // Another order: from the top, and from there three down.
    let effects = update(&mut screen.model, Message::Key(event("o")));
    press_in_vain(&mut screen, "j j space j");
    screen.answer(effects);
    let (marks, place) = (screen.model.contacts.list.marks().len(), screen.model.contacts.list.cursor_line());
    assert_eq!((marks, place), (1, 4));
}

#[test]
fn a_jump_to_the_end_of_a_long_list_is_waited_for() {
    let mut screen = Screen::new(World::new(500), 160, 50);
    screen.press("2");
    let effects = update(&mut screen.model, Message::Key(event("G")));
    press_in_vain(&mut screen, "k s d");
    screen.answer(effects);
    let last = screen.model.contacts.list.current().unwrap().id;
    assert_eq!(set(&screen), [(vec![last], Some(Status::Disqualified))]);
    screen.press("j");
    assert_ne!(screen.model.contacts.list.current().unwrap().id, last);
    assert!(screen.model.contacts.list.at_bottom());
    // Both keys of a sequence wait.
    let effects = update(&mut screen.model, Message::Key(event("home")));
    press_in_vain(&mut screen, "G g g s q");
    screen.answer(effects);
    assert_eq!(set(&screen).last(), Some(&(vec![1], Some(Status::Qualified))));
}

#[test]
fn a_step_beyond_the_rows_at_hand_is_waited_for() {
    let mut screen = Screen::new(World::new(500), 160, 30);
    screen.press("2");
    let mut steps = 0;
    let mut pages = Vec::new();
    // The store is slow: nothing is answered until the cursor is at the last row that is there, and one step further.
    while screen.model.contacts.list.coming() == rolodeck::tui::model::list::Coming::Nothing {
        pages.extend(update(&mut screen.model, Message::Key(event("j"))));
        steps += 1;
    }
    press_in_vain(&mut screen, "s q");
    assert_eq!(set(&screen), []);
    screen.answer(pages);
    let wanted = screen.world.contacts[steps].id;
    assert_eq!(set(&screen), [(vec![wanted], Some(Status::Qualified))]);
}

#[test]
fn escape_drops_them_and_what_is_not_about_rows_does_not_wait() {
    let (mut screen, effects) = asked();
    press_in_vain(&mut screen, "s q esc");
    screen.answer(effects);
    screen.wait(500);
    assert_eq!(set(&screen), []);
    assert_eq!(screen.model.contacts.filter, "lena", "the filter stays");
    // A slow filter is left at once, for another one or for none.
    let (mut screen, _) = asked();
    screen.press("c");
    assert_eq!((screen.model.contacts.filter.as_str(), name(&screen).as_str()), ("", "Ana Berg"));
    let (mut screen, _) = asked();
    screen.press("/");
    assert!(screen.model.input.is_some());
    let (mut screen, _) = asked();
    press_in_vain(&mut screen, "s q");
    assert!(update(&mut screen.model, Message::Key(event("ctrl-c"))).contains(&Effect::Quit));
}

#[test]
fn rows_that_can_not_be_read_let_them_go() {
    let (mut screen, effects) = asked();
    press_in_vain(&mut screen, "s q");
    let generation = effects.iter().find_map(|effect| match effect {
        Effect::Contacts { request, .. } => Some(request.generation),
        _ => None,
    });
    let failed = |generation| {
        let error = "Contacts can not be read: the file is damaged".to_owned();
        Message::Failed { request: Failed::Contacts(generation), error }
    };
    // Of rows that nobody waits for any more: they still wait for theirs.
    screen.send(failed(generation.unwrap() - 1));
    assert!(!screen.model.held.is_empty());
    screen.send(failed(generation.unwrap()));
    screen.wait(10_000);
    assert_eq!(set(&screen), []);
    // And as long as nothing can be read, keys are for what is shown.
    let (mut screen, _) = asked();
    screen.send(failed(screen.model.contacts.list.generation()));
    screen.press("s q");
    assert_eq!(set(&screen), [(vec![3], Some(Status::Qualified))]);
}

#[test]
fn a_dialog_that_opened_meanwhile_is_not_typed_into() {
    let (mut screen, effects) = asked();
    press_in_vain(&mut screen, "s q");
    let dialog = rolodeck::tui::dialogs::confirm::Confirm::new("Quit", "Really?", |_, effects| {
        effects.push(Effect::Quit);
    });
    screen.model.layers.open(dialog);
    screen.answer(effects);
    assert_eq!(set(&screen), []);
    assert!(screen.model.held.is_empty() && !screen.model.layers.is_empty());
}

/// What is typed before the last session is taken up comes after it, and is not undone by it.
#[test]
fn what_is_typed_while_the_screen_opens_comes_after_the_last_session() {
    let opening = |text: &str| {
        let mut screen = Screen::new(World::new(60), 160, 50);
        screen.model.started = false;
        press_in_vain(&mut screen, "2 /");
        screen.send(Message::Paste(text.to_owned()));
        press_in_vain(&mut screen, "enter s m");
        screen
    };
    let session = || {
        let mut session = Session { focus: Some(Pane::Activities), ..Session::default() };
        session.activities.filter = "ana".into();
        Message::Reply(Reply::Session(Some(Box::new(session)), Vec::new()))
    };
    let mut screen = opening("lena");
    assert_eq!(set(&screen), []);
    screen.send(session());
    screen.wait(500);
    assert!(name(&screen).contains("Lena"), "{}", screen.text());
    let lena = screen.model.contacts.list.current().unwrap().id;
    assert_eq!(set(&screen), [(vec![lena], Some(Status::MarketingQualified))]);

    let mut screen = opening("lena");
    press_in_vain(&mut screen, "esc");
    screen.send(session());
    screen.wait(500);
    assert_eq!((screen.model.contacts.filter.as_str(), screen.model.focus), ("", Pane::Activities));
    assert_eq!((screen.model.activities.filter.as_str(), set(&screen)), ("ana", Vec::new()));

    let mut screen = opening("lena");
    assert_eq!(update(&mut screen.model, Message::Key(event("ctrl-c"))), [Effect::Quit]);
}
