//! Going through a filtered list, where what is done takes its row out of the list: nobody else is hit, nobody is
//! skipped, however fast the keys and the answers come.

use rolodeck::domain::{ContactId, Status};
use rolodeck::tui::dialogs::confirm::Confirm;
use rolodeck::tui::dialogs::prompt::Prompt;
use rolodeck::tui::message::{Effect, Failed, Message};
use rolodeck::tui::model::Pane;
use rolodeck::tui::model::detail::Target;
use rolodeck::tui::update::update;

use crate::world::{Screen, World, event};

fn screen(keys: &str, filter: &str) -> Screen {
    let mut screen = Screen::new(World::new(60), 160, 40);
    screen.press(keys).press("/").type_text(filter).press("enter");
    screen.wait(1_000);
    screen
}

/// The store changed, and there was time to read it.
fn settle(screen: &mut Screen) {
    screen.send(Message::Changed);
    screen.wait(1_000);
}

fn set(screen: &Screen) -> Vec<ContactId> {
    let sets = screen.world.log.iter().filter_map(|effect| match effect {
        Effect::SetStatus(ids, _) => Some(ids.clone()),
        _ => None,
    });
    sets.flatten().collect()
}

fn without_status(screen: &Screen) -> Vec<ContactId> {
    screen.world.contacts.iter().filter(|row| row.status.is_none()).map(|row| row.id).collect()
}

#[test]
fn what_was_opened_stays_open_when_it_leaves_the_list() {
    let mut screen = screen("3", "unread:yes");
    let (id, contact) = screen.model.activities.list.current().map(|row| (row.id, row.contact_id.unwrap())).unwrap();
    screen.press("enter");
    assert!(screen.world.log.contains(&Effect::Opened(id)));
    settle(&mut screen);
    assert_ne!(screen.model.activities.list.current().unwrap().id, id, "it is read now");
    assert_eq!(screen.model.detail.target, Some(Target::Activity(id)));
    screen.press("s m");
    assert_eq!(set(&screen), [contact]);
    settle(&mut screen);
    screen.press("s d");
    assert_eq!(set(&screen), [contact, contact]);
    // Back in the list, the detail follows it again.
    screen.press("esc");
    screen.wait(500);
    let next = screen.model.activities.list.current().unwrap().id;
    assert_eq!(screen.model.detail.target, Some(Target::Activity(next)));
}

#[test]
fn a_status_is_corrected_on_the_contact_that_was_opened_by_any_key() {
    for key in ["enter", "4", "tab tab"] {
        let mut screen = screen("2", "status:none");
        let id = screen.model.contacts.list.current().unwrap().id;
        screen.press(key);
        assert_eq!(screen.model.focus, Pane::Detail);
        screen.press("s q");
        settle(&mut screen);
        screen.press("s d");
        settle(&mut screen);
        screen.press(".");
        assert_eq!(set(&screen), [id, id, id], "{key}");
    }
}

#[test]
fn the_dot_skips_nobody_however_fast_it_is_pressed() {
    for pauses in [[false, false, false], [true, true, true], [true, false, true], [false, true, false]] {
        let mut screen = screen("2", "status:none");
        let expected = without_status(&screen)[..4].to_vec();
        screen.press("s d");
        for pause in pauses {
            if pause {
                settle(&mut screen);
            }
            screen.press(".");
        }
        assert_eq!(set(&screen), expected, "{pauses:?}");
        settle(&mut screen);
        let next = without_status(&screen)[0];
        assert_eq!(screen.model.contacts.list.current().unwrap().id, next);
    }
}

/// Rows that were read before the store took the status come before its answer, or after it.
#[test]
fn the_dot_skips_nobody_when_rows_come_from_before_the_change() {
    for rows_first in [true, false] {
        let mut screen = screen("2", "status:none");
        let expected = without_status(&screen)[..3].to_vec();
        screen.press("s");
        let change = update(&mut screen.model, Message::Key(event("d")));
        screen.model.setup.now.instant += std::time::Duration::from_secs(1);
        let reading = update(&mut screen.model, Message::Changed);
        let rows: Vec<_> = reading.into_iter().filter(|effect| matches!(effect, Effect::Contacts { .. })).collect();
        assert_eq!(rows.len(), 1);
        // Read now, told then.
        let read = screen.world.answer(rows[0].clone()).unwrap();
        if rows_first {
            screen.send(read);
            screen.answer(change);
        } else {
            screen.answer(change);
            screen.send(read);
        }
        let current = screen.model.contacts.list.current().unwrap();
        assert_eq!((current.id, current.status), (expected[0], Some(Status::Disqualified)));
        screen.press(".");
        settle(&mut screen);
        screen.press(".");
        assert_eq!(set(&screen), expected, "rows first: {rows_first}");
    }
}

#[test]
fn after_a_range_the_next_is_the_first_that_is_left() {
    let mut screen = screen("2", "status:none");
    let all = without_status(&screen);
    screen.press("j v j j s d");
    assert_eq!(set(&screen), all[1..4]);
    settle(&mut screen);
    assert_eq!(screen.model.contacts.list.current().unwrap().id, all[4]);
    screen.press(".");
    settle(&mut screen);
    screen.press("k .");
    assert_eq!(set(&screen)[3..], [all[4], all[0]]);
}

/// A refused status is not shown for longer than it takes to read the rows again.
#[test]
fn a_refused_status_goes_from_the_screen() {
    let mut screen = screen("2", "status:none");
    let id = screen.model.contacts.list.current().unwrap().id;
    screen.press("s");
    let change = update(&mut screen.model, Message::Key(event("d")));
    assert!(change.contains(&Effect::SetStatus(vec![id], Some(Status::Disqualified))));
    screen.send(Message::Failed { request: Failed::Status, error: "The status is not set: the disk is full".into() });
    screen.wait(1_000);
    assert_eq!(screen.model.contacts.list.get(id).unwrap().status, None);
}

#[test]
fn rows_that_can_not_be_read_are_asked_for_after_a_pause() {
    let mut screen = Screen::new(World::new(200), 160, 40);
    let asked = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Contacts { request, .. } => Some(request.generation),
            _ => None,
        })
    };
    screen.model.focus = Pane::Contacts;
    // Down until the next page is asked for.
    let mut generation = None;
    while generation.is_none() {
        generation = asked(&update(&mut screen.model, Message::Key(event("j"))));
    }
    let start = screen.model.setup.now.instant;
    let mut times = Vec::new();
    while let Some(failed) = generation {
        let error = "Contacts can not be read: the file is damaged".to_owned();
        let mut effects = update(&mut screen.model, Message::Failed { request: Failed::Contacts(failed), error });
        // A key does not hurry it.
        effects.extend(update(&mut screen.model, Message::Key(event("j"))));
        assert_eq!(asked(&effects), None);
        generation = None;
        while generation.is_none() && times.len() < 5 {
            let deadline = screen.model.deadline().expect("it is tried again by itself");
            screen.model.setup.now.instant = deadline.max(screen.model.setup.now.instant);
            generation = asked(&update(&mut screen.model, Message::Wake));
        }
        if generation.is_some() {
            times.push(screen.model.setup.now.instant.duration_since(start).as_secs());
        }
    }
    assert_eq!(times, [1, 3, 7, 12, 17]);
}

#[test]
fn leaving_the_filter_line_leaves_everything_as_it_was() {
    let mut screen = Screen::new(World::new(200), 160, 40);
    screen.press("2 pgdn pgdn space j space");
    screen.wait(500);
    let look = |screen: &Screen| {
        let list = &screen.model.contacts.list;
        (list.place(), list.marks().clone(), screen.model.contacts.total, screen.model.contacts.name.clone())
    };
    let before = look(&screen);
    assert_eq!(before.1.len(), 2);
    screen.press("/").type_text("berg");
    screen.wait(500);
    assert!(screen.model.contacts.list.marks().is_empty());
    screen.press("esc");
    assert_eq!(look(&screen), before, "at once");
    settle(&mut screen);
    assert_eq!(look(&screen), before, "and when it was read again");
    // Of the stream, too, and with a filter of a name in force.
    screen.press("1 home enter j j space /").type_text("x");
    screen.wait(500);
    screen.press("esc");
    assert_eq!(screen.model.activities.name.as_deref(), Some("My upcoming meetings"));
    assert_eq!(screen.model.activities.list.marks().len(), 1);
    assert_eq!(screen.model.activities.list.cursor_line(), 3);
}

#[test]
fn another_filter_of_that_name_is_replaced_only_when_confirmed() {
    let mut screen = screen("2", "azul");
    screen.press("W").type_text("norway").press("enter");
    assert!(screen.model.layers.find::<Confirm>().is_some());
    assert_eq!(screen.world.saved[0].query, "fjord");
    screen.press("n");
    assert!(screen.model.layers.find::<Prompt>().is_some(), "another name can be given");
    assert!(screen.text().contains("Another filter has that name"));
    screen.press("enter y");
    assert!(screen.model.layers.is_empty());
    assert_eq!((screen.world.saved[0].query.as_str(), screen.world.saved.len()), ("azul", 2));
    assert_eq!(screen.model.contacts.name.as_deref(), Some("Norway"), "the name as it was written");
    // Its own name needs no question.
    screen.press("/").type_text(" x").press("enter W").type_text("Norway").press("enter");
    assert!(screen.model.layers.is_empty());
    assert_eq!(screen.world.saved[0].query, "azul x");
    assert_eq!(screen.model.contacts.name.as_deref(), Some("Norway"));
    // Taken back: the list shows another query than the filter has.
    screen.world.saved[0].query = "fjord".into();
    let saved = screen.world.saved.clone();
    screen.send(Message::Reply(rolodeck::tui::message::Reply::SavedFilters(saved)));
    assert_eq!((screen.model.contacts.name.as_deref(), screen.model.contacts.filter.as_str()), (None, "azul x"));
}
