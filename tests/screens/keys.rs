//! What keys do, and what happens by itself.

use rolodeck::domain::{ContactId, Status};
use rolodeck::store::{ContactRow, StatusCounts};
use rolodeck::tui::actions::{self, Action, Place};
use rolodeck::tui::dialogs::confirm::Confirm;
use rolodeck::tui::dialogs::status::StatusMenu;
use rolodeck::tui::message::{Effect, Failed, Message, Reply};
use rolodeck::tui::model::session::{ListSession, Session};
use rolodeck::tui::model::{Model, Pane};
use rolodeck::tui::update::update;

use crate::world::{Screen, World, event};

fn screen() -> Screen {
    Screen::new(World::new(60), 160, 50)
}

fn name(model: &Model) -> &str {
    &model.contacts.list.current().unwrap().name
}

fn set(screen: &Screen) -> Vec<(Vec<ContactId>, Option<Status>)> {
    let sets = screen.world.log.iter().filter_map(|effect| match effect {
        Effect::SetStatus(ids, status) => Some((ids.clone(), *status)),
        _ => None,
    });
    sets.collect()
}

#[test]
fn two_keys_set_the_status_and_one_repeats_it() {
    let mut screen = screen();
    screen.press("s q j . 3 s n 4 s d");
    assert_eq!(
        set(&screen),
        [
            (vec![1], Some(Status::Qualified)),
            // The second is qualified already: the dot passes him by.
            (vec![3], Some(Status::Qualified)),
            (vec![1], None),
            (vec![1], Some(Status::Disqualified)),
        ]
    );
    assert_eq!(screen.model.contacts.list.visible().next().unwrap().status, Some(Status::Disqualified));
}

#[test]
fn a_status_is_for_all_marked_contacts_once_each() {
    let mut screen = screen();
    screen.press("space j space v j s m");
    assert_eq!(set(&screen), [(vec![1, 3, 4, 5], Some(Status::MarketingQualified))]);
    assert!(screen.model.contacts.list.marks().is_empty());
}

#[test]
fn the_popup_keeps_whom_it_was_opened_for() {
    let mut screen = screen();
    screen.press("s");
    let mut newcomer = screen.world.contacts[5].clone();
    newcomer.id = 999;
    screen.world.contacts[0] = ContactRow { name: "Someone else".into(), ..newcomer };
    screen.send(Message::Changed);
    screen.wait(1_000);
    screen.press("s");
    assert_eq!(set(&screen), [(vec![1], Some(Status::SalesQualified))]);
}

#[test]
fn a_key_that_means_nothing_closes_the_popup() {
    let mut screen = screen();
    screen.press("s x");
    assert!(screen.model.layers.find::<StatusMenu>().is_none());
    assert!(set(&screen).is_empty());
}

#[test]
fn the_filter_shows_results_while_typing_and_escape_restores() {
    let mut screen = screen();
    screen.press("j j /").type_text("lefèvre");
    assert_eq!(name(&screen.model), "Chidi Okafor", "nothing is asked between two keys");
    screen.wait(100);
    assert_eq!(name(&screen.model), "Éloïse Lefèvre");
    screen.press("enter");
    assert_eq!(screen.model.contacts.filter, "lefèvre");
    screen.press("/").type_text(" xx");
    screen.wait(100);
    assert!(screen.model.contacts.list.is_known_empty());
    screen.press("esc");
    assert_eq!(screen.model.contacts.filter, "lefèvre");
    assert_eq!(name(&screen.model), "Éloïse Lefèvre");
    screen.press("esc");
    assert_eq!(screen.model.contacts.filter, "");
    assert_eq!(name(&screen.model), "Ana Berg");
}

#[test]
fn a_wrong_filter_says_so_and_keeps_the_last_good_result() {
    let mut screen = screen();
    screen.press("/").type_text("berg");
    screen.wait(100);
    screen.type_text(" (status:");
    screen.wait(100);
    assert!(screen.model.input.as_ref().unwrap().problem.is_some());
    assert_eq!((name(&screen.model), screen.model.contacts.filter.as_str()), ("Ana Berg", "berg "));
    screen.press("enter");
    assert!(screen.model.input.is_some(), "a wrong filter is not kept");
}

#[test]
fn an_older_answer_does_not_overtake_a_newer_one() {
    let mut screen = screen();
    screen.press("/").type_text("lena");
    screen.model.setup.now.instant += std::time::Duration::from_millis(100);
    let first = update(&mut screen.model, Message::Wake);
    let (generation, load) = first
        .iter()
        .find_map(|effect| match effect {
            Effect::Contacts { request, .. } => Some((request.generation, request.load)),
            _ => None,
        })
        .unwrap();
    screen.type_text("x");
    screen.wait(100);
    assert!(screen.model.contacts.list.is_known_empty());
    let late = rolodeck::store::Window { rows: Vec::new(), before: true, after: true };
    assert!(update(&mut screen.model, Message::Reply(Reply::Contacts(generation, load, late))).is_empty());
    assert!(screen.model.contacts.list.is_known_empty());
}

#[test]
fn pasted_lines_are_one_filter_and_pasting_elsewhere_does_nothing() {
    let mut screen = screen();
    screen.send(Message::Paste("q\nq\n".into()));
    assert!(screen.world.log.iter().all(|effect| *effect != Effect::Quit));
    screen.press("/");
    screen.send(Message::Paste("lena\n".into()));
    screen.wait(100);
    assert_eq!(screen.model.contacts.filter, "lena");
}

#[test]
fn opening_an_activity_reads_it() {
    let mut screen = screen();
    screen.press("3 enter");
    assert_eq!(screen.model.focus, Pane::Detail);
    assert!(screen.world.log.contains(&Effect::Opened(1)), "what opening does is no change by hand");
    screen.send(Message::Changed);
    screen.wait(600);
    screen.press("m");
    assert_eq!(screen.world.log.last(), Some(&Effect::MarkRead(vec![1], false)), "m takes it back");
}

#[test]
fn filters_open_in_their_list() {
    let mut screen = screen();
    screen.press("1 end k enter");
    assert_eq!((screen.model.focus, screen.model.contacts.filter.as_str()), (Pane::Contacts, "fjord"));
    assert_eq!(screen.model.contacts.name.as_deref(), Some("Norway"));
    screen.press("1 home enter");
    assert_eq!(screen.model.focus, Pane::Activities);
    assert_eq!(screen.model.activities.name.as_deref(), Some("My upcoming meetings"));
    assert!(!screen.model.activities.order.descending);
    screen.press("esc");
    assert_eq!(screen.model.activities.filter, "");
    assert!(screen.model.activities.order.descending, "the usual order comes back with everything");
}

#[test]
fn a_filter_is_saved_and_deleted() {
    let mut screen = screen();
    screen.press("/").type_text("berg");
    screen.press("enter w").type_text("Bergs");
    screen.press("enter");
    assert_eq!(screen.model.contacts.name.as_deref(), Some("Bergs"));
    assert_eq!(screen.model.filters.saved.last().unwrap().name, "Bergs");
    screen.press("1 end D");
    assert!(screen.model.layers.find::<Confirm>().is_some());
    screen.press("n");
    assert_eq!(screen.model.filters.saved.len(), 3);
    screen.press("D y");
    assert_eq!(screen.model.filters.saved.len(), 2);
}

#[test]
fn items_are_sent_again_or_left_out() {
    let mut screen = screen();
    screen.press("5 R j X");
    assert!(!screen.world.log.contains(&Effect::Skip(vec![7])), "asked first");
    assert!(screen.text().contains("rolodeck queue retry 7"), "{}", screen.text());
    screen.press("y");
    assert!(screen.world.log.contains(&Effect::Retry(vec![4])));
    assert!(screen.world.log.contains(&Effect::Skip(vec![7])));
    screen.press("enter");
    screen.wait(200);
    assert_eq!(screen.model.focus, Pane::Detail);
    assert!(matches!(screen.model.detail.target, Some(rolodeck::tui::model::detail::Target::Activity(7))));
}

#[test]
fn the_email_is_copied_without_what_a_stranger_hid_in_it() {
    let mut screen = screen();
    screen.press("j j j j j j y");
    assert_eq!(screen.world.log.last(), Some(&Effect::Copy("evil@x.example".into())));
}

#[test]
fn live_changes_are_read_four_times_a_second_at_most() {
    let mut screen = screen();
    screen.wait(1_000);
    let mut readings = 0;
    for _ in 0..100 {
        screen.model.setup.now.instant += std::time::Duration::from_millis(10);
        let mut effects = update(&mut screen.model, Message::Changed);
        effects.extend(update(&mut screen.model, Message::Wake));
        readings += effects.iter().filter(|effect| **effect == Effect::Overview).count();
    }
    assert!((3..=5).contains(&readings), "{readings}");
}

#[test]
fn the_detail_is_read_when_the_cursor_rests() {
    let mut screen = screen();
    let mut asked = 0;
    for _ in 0..20 {
        let effects = update(&mut screen.model, Message::Key(event("j")));
        asked += effects.iter().filter(|effect| matches!(effect, Effect::Contact(..))).count();
    }
    assert_eq!(asked, 0);
    screen.wait(200);
    assert_eq!(screen.model.detail.contact().unwrap().contact.id, 21);
}

#[test]
fn nothing_is_drawn_or_awaited_while_nothing_happens() {
    let mut screen = Screen::new(World::new(60), 160, 50);
    screen.send(Message::Worker(Box::default()));
    screen.wait(10_000);
    screen.model.dirty = false;
    // Only the next relative time is awaited, and it is not before the next minute.
    let deadline = screen.model.deadline().unwrap();
    assert!(deadline >= screen.model.setup.now.instant + std::time::Duration::from_secs(1));
    screen.send(Message::Changed);
    screen.wait(900);
    assert!(!screen.model.dirty, "rows that did not change are not drawn again");
}

#[test]
fn relative_times_are_drawn_when_their_words_change() {
    let mut screen = screen();
    screen.send(Message::Worker(Box::default()));
    assert!(screen.text().contains("now  ✓"));
    screen.model.dirty = false;
    screen.wait(61_000);
    assert!(screen.model.dirty);
    assert!(!screen.text().contains("now  ✓"));
}

#[test]
fn the_session_is_kept_and_taken_up() {
    let mut screen = screen();
    screen.press("3 /").type_text("demo");
    screen.press("enter j j q");
    let session = screen.world.log.iter().find_map(|effect| match effect {
        Effect::SaveSession(session) => Some((**session).clone()),
        _ => None,
    });
    let session = session.unwrap();
    assert_eq!((session.focus, session.activities.filter.as_str()), (Some(Pane::Activities), "demo"));
    assert_eq!(screen.world.log.last(), Some(&Effect::Quit));
    let json = serde_json::to_string(&session).unwrap();
    assert_eq!(serde_json::from_str::<Session>(&json).unwrap(), session);
    assert_eq!(serde_json::from_str::<ListSession>("{}").unwrap(), ListSession::default());
}

#[test]
fn failures_are_told_and_the_rows_stay() {
    let mut screen = screen();
    screen.send(Message::Failed { request: Failed::Change, error: "The status is not set: the disk is full".into() });
    assert!(screen.text().contains("the disk is full"));
    assert_eq!(name(&screen.model), "Ana Berg");
    assert!(screen.model.refresh.changed || screen.model.refresh.next > screen.model.setup.now.instant);
}

#[test]
fn counts_of_the_head_line_follow() {
    let mut screen = screen();
    let overview = rolodeck::tui::message::Overview {
        statuses: StatusCounts { qualified: 7, ..StatusCounts::default() },
        ..rolodeck::tui::message::Overview::default()
    };
    screen.send(Message::Reply(Reply::Overview(Box::new(overview))));
    assert!(screen.text().lines().next().unwrap().contains("Q 7"));
}

#[test]
fn panes_are_reached_by_number_and_in_turn() {
    let mut screen = screen();
    for pane in Pane::ALL {
        screen.press(&pane.number().to_string());
        assert_eq!(screen.model.focus, pane);
    }
    screen.press("tab");
    assert_eq!(screen.model.focus, Pane::Filters);
    screen.press("shift-tab shift-tab");
    assert_eq!(screen.model.focus, Pane::Detail);
    screen.press("h");
    assert_eq!(screen.model.focus, Pane::Activities);
}

/// Every key of the table does something at its place, and nothing that a key does is missing in help or hints.
#[test]
fn help_and_hints_tell_every_key() {
    for (width, height) in [(200, 60)] {
        for pane in Pane::ALL {
            let mut screen = Screen::new(World::new(60), width, height);
            screen.press(&pane.number().to_string()).press("?");
            let help = screen.text();
            for info in actions::all().filter(|info| info.places.iter().any(|place| pane.places().contains(place))) {
                assert!(help.contains(info.label), "{} of {pane:?}", info.name);
                assert!(help.contains(&info.keys.join("  ")), "{} of {pane:?}", info.name);
            }
            screen.press("esc");
            let hints = screen.text().lines().last().unwrap().to_owned();
            for info in actions::all().filter(|info| matches!(info.action, Action::Help | Action::Quit)) {
                if info.places.contains(&Place::GLOBAL) {
                    assert!(hints.contains(&format!("{} {}", info.keys[0], info.hint)), "{hints}");
                }
            }
        }
    }
}

/// No key at any place at any size makes the screen panic.
#[test]
fn every_key_everywhere_at_every_size() {
    let keys: std::collections::BTreeSet<&str> = actions::all().flat_map(|info| info.keys.iter().copied()).collect();
    for (width, height) in [(200, 50), (120, 40), (80, 24), (60, 20), (40, 10), (39, 9), (2, 1), (1, 1), (0, 0)] {
        for world in [World::new(30), World::empty()] {
            let mut screen = Screen::new(world, width, height);
            for start in ["1", "2", "3", "4", "5"] {
                for key in &keys {
                    screen.press(start);
                    screen.press(key);
                    screen.draw();
                    screen.press("esc esc");
                }
            }
            screen.resize(90, 30);
            screen.draw();
        }
    }
}

/// `g` waits for the next key; after a pause it says which there are, and a key that is none does nothing.
#[test]
fn a_sequence_of_keys_is_one_action() {
    let mut screen = screen();
    screen.press("G");
    assert_ne!(name(&screen.model), "Ana Berg");
    screen.press("g");
    assert!(!screen.text().contains("To the top"), "nothing flashes up for those who know");
    screen.wait(500);
    assert!(screen.text().contains("To the top"));
    screen.model.dirty = false;
    screen.wait(5_000);
    assert!(screen.model.prefix.is_shown(), "it waits as long as one likes");
    screen.press("g");
    assert_eq!(name(&screen.model), "Ana Berg");
    assert!(!screen.text().contains("To the top"));
    screen.press("j g j");
    assert_eq!(name(&screen.model), "Bo Lindqvist", "the second key is not taken for something else");
    screen.press("g esc j");
    assert_eq!(name(&screen.model), "Chidi Okafor");
}

#[test]
fn one_of_many_is_found_by_typing() {
    use rolodeck::tui::dialogs::picker::{Item, Picker};
    let mut screen = screen();
    let item = |value, label: &str| Item { value, label: label.into(), note: String::new() };
    let items = vec![item(1, "Lead Source"), item(2, "Company"), item(3, "Lead Status"), item(4, "Country")];
    let take = |value: i32, model: &mut Model, _: &mut Vec<Effect>| {
        rolodeck::tui::update::say(model, rolodeck::tui::model::toast::Tone::Good, format!("chosen {value}"));
    };
    screen.model.layers.open(Picker::new("Field", items.clone(), take));
    screen.type_text("lst");
    screen.press("enter");
    assert!(screen.model.layers.is_empty());
    assert!(screen.text().contains("chosen 3"));
    screen.model.layers.open(Picker::new("Field", items.clone(), take).at(|value| *value == 2));
    screen.press("down enter");
    assert!(screen.text().contains("chosen 3"));
    screen.model.layers.open(Picker::new("Field", items, take));
    screen.type_text("nothing like it");
    screen.press("enter");
    assert!(!screen.model.layers.is_empty(), "there is nothing to choose");
    screen.press("esc");
    assert!(screen.model.layers.is_empty());
}

#[test]
fn a_name_that_is_missing_is_asked_for_again() {
    let mut screen = screen();
    screen.press("/").type_text("berg");
    screen.press("enter w enter");
    assert!(screen.text().contains("A saved filter needs a name"));
    screen.send(Message::Paste("B\nC".into()));
    screen.press("enter");
    assert_eq!(screen.model.contacts.name.as_deref(), Some("B C"));
}

#[test]
fn long_work_shows_how_far_it_is() {
    use rolodeck::tui::message::Progress;
    let mut screen = screen();
    screen.send(Message::Progress(Progress { name: "import", done: 250, of: Some(1_000) }));
    let last = screen.text().lines().last().unwrap().to_owned();
    assert!(last.contains("import") && last.contains("25%"), "{last}");
}

#[test]
fn the_palette_does_anything_by_its_name_and_finds_anybody() {
    let mut screen = screen();
    screen.press(":").type_text("zoom");
    screen.press("enter");
    assert!(screen.model.zoomed && screen.model.layers.is_empty());
    screen.press("z ctrl-p").type_text("filternorway");
    screen.press("enter");
    assert_eq!(screen.model.contacts.name.as_deref(), Some("Norway"));
    screen.press("esc :").type_text("moreira");
    screen.wait(200);
    screen.press("enter");
    screen.wait(200);
    assert_eq!(screen.model.detail.contact().unwrap().contact.id, 4);
    screen.press("2 :").type_text("zzzz");
    screen.press("enter");
    assert!(!screen.model.layers.is_empty(), "there is nothing to do");
    screen.press("esc :").type_text("contact status");
    screen.press("enter d");
    assert_eq!(set(&screen), [(vec![1], Some(Status::Disqualified))], "a dialog opens from the palette");
}

#[test]
fn the_same_status_goes_on_to_the_next() {
    let mut screen = screen();
    screen.press("s q . .");
    let one = |id| (vec![id], Some(Status::Qualified));
    // Bo is qualified already: the dot passes him by.
    assert_eq!(set(&screen), [one(1), one(3), one(4)]);
}

#[test]
fn changes_are_listed_undone_and_made_again() {
    let mut screen = screen();
    screen.press("g u");
    assert!(screen.text().contains("edit of Evil ␛[31mRed"));
    screen.press("enter j j enter");
    let jobs: Vec<_> = screen.world.log.iter().filter(|effect| matches!(effect, Effect::Job(_))).collect();
    assert_eq!(format!("{jobs:?}").matches("Undo(1)").count(), 1, "{jobs:?}");
    assert_eq!(format!("{jobs:?}").matches("Redo(3)").count(), 1, "{jobs:?}");
    screen.press("esc ctrl-r");
    assert!(format!("{:?}", screen.world.log.last()).contains("RedoLatest"));
}

#[test]
fn what_was_said_can_be_read_again() {
    let mut screen = screen();
    screen.send(Message::Failed { request: Failed::Change, error: "the disk is full".into() });
    screen.press("s q");
    screen.wait(10_000);
    assert!(!screen.text().contains("the disk is full"));
    screen.press("g h");
    let text = screen.text();
    assert!(text.contains("the disk is full") && text.contains("Qualified"), "{text}");
}

#[test]
fn the_log_is_a_screen_that_closes_with_q() {
    let mut screen = screen();
    screen.press("g l");
    assert!(screen.model.layers.hides_panes());
    assert!(!screen.text().contains("Bo Lindqvist"));
    screen.press("q");
    assert!(screen.model.layers.is_empty() && screen.text().contains("Bo Lindqvist"));
    screen.press("g l 3");
    assert!(screen.model.layers.is_empty(), "a pane's number leads back to the panes");
    assert_eq!(screen.model.focus, Pane::Activities);
    screen.press("g l ?");
    assert!(screen.text().contains("Follow the newest line"), "help is about the screen");
}

#[test]
fn the_mouse_selects_opens_and_scrolls_only_where_it_points() {
    use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mut screen = screen();
    screen.press("g c");
    assert!(screen.world.log.contains(&Effect::Mouse(true)));
    let list = screen.model.layout.pane(Pane::Contacts).unwrap();
    let at = |kind, column, row| Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    let left = MouseEventKind::Down(MouseButton::Left);
    screen.send(at(left, list.x + 5, list.y + 2 + 3));
    assert_eq!(name(&screen.model), "Daniela Moreira");
    screen.send(at(left, list.x + 5, list.y + 2 + 3));
    assert_eq!(screen.model.focus, Pane::Detail, "a second click opens");
    screen.send(at(MouseEventKind::ScrollDown, list.x + 5, list.y + 5));
    assert_eq!((screen.model.focus, name(&screen.model)), (Pane::Contacts, "Evil \u{1b}[31mRed\u{7}\u{202e}lave"));
    for row in 0..50 {
        for column in [0, 31, 60, 159, 500] {
            screen.send(at(left, column, row));
            screen.send(at(MouseEventKind::ScrollUp, column, row));
            screen.draw();
        }
    }
}

#[test]
fn rows_and_links_are_copied() {
    let mut screen = screen();
    screen.press("Y");
    assert!(matches!(screen.world.log.last(), Some(Effect::Copy(text)) if text.starts_with("Ana Berg\tana.berg@")));
    screen.press("3 Y");
    assert!(matches!(screen.world.log.last(), Some(Effect::Copy(text)) if text.contains('\t')));
    screen.press("2");
    screen.wait(300);
    screen.press("ctrl-y");
    let link = "https://seller.my.salesforce.com/00QAa00000fGh1YMAS";
    assert_eq!(screen.world.log.last(), Some(&Effect::Copy(link.into())));
}

#[test]
fn pane_sizes_and_orders_are_taken_up_again() {
    let mut screen = screen();
    let before = screen.model.layout.pane(Pane::Contacts).unwrap();
    screen.press("+ + o");
    let after = screen.model.layout.pane(Pane::Contacts).unwrap();
    assert!(after.width > before.width);
    screen.press("q");
    let session = screen.world.log.iter().find_map(|effect| match effect {
        Effect::SaveSession(session) => Some((**session).clone()),
        _ => None,
    });
    let mut other = Screen::new(World::new(60), 160, 50);
    other.model.started = false;
    other.send(Message::Reply(Reply::Session(Some(Box::new(session.unwrap())), Vec::new())));
    assert_eq!(other.model.layout.pane(Pane::Contacts).unwrap(), after);
    assert_eq!(other.model.contacts.order, screen.model.contacts.order);
}

/// The editor's text comes back to whoever asked for it, and to nobody else.
#[test]
fn text_of_the_editor_without_a_taker_does_nothing() {
    let mut screen = screen();
    screen.send(Message::Edited(Ok("text".into())));
    screen.send(Message::Edited(Err("The editor `vi` can not be used".into())));
    assert!(screen.text().contains("can not be used"));
}

#[test]
fn the_next_meeting_counts_down() {
    let mut screen = screen();
    let head = |screen: &mut Screen| screen.text().lines().next().unwrap().to_owned();
    assert!(head(&mut screen).contains("next in 41 min Ana Berg"), "{}", head(&mut screen));
    screen.model.dirty = false;
    screen.wait(61_000);
    assert!(screen.model.dirty && head(&mut screen).contains("next in 40 min"), "{}", head(&mut screen));
}

/// The detail is read a moment after the cursor rests; keys that are pressed before that are for the new row all the same.
#[test]
fn keys_in_one_go_mean_the_contact_that_was_opened() {
    let mut screen = Screen::new(World::new(5), 120, 40);
    screen.wait(500);
    let second = screen.world.contacts[1].id;
    screen.press("j enter s d");
    assert_eq!(set(&screen), [(vec![second], Some(Status::Disqualified))]);
    screen.press("3 j enter");
    let third = screen.model.activities.list.current().unwrap().contact_id.unwrap();
    screen.press("s q");
    assert_eq!(set(&screen).last(), Some(&(vec![third], Some(Status::Qualified))));
}

#[test]
fn marks_are_read_together_and_taken_back_by_the_same_key() {
    let mut screen = screen();
    screen.press("3 v j j v m");
    let ids = match screen.world.log.last() {
        Some(Effect::MarkRead(ids, true)) => ids.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(ids.len(), 3);
    assert!(screen.text().contains("3 marked as read · u undoes it"));
    screen.press("k k v j j v m");
    assert_eq!(screen.world.log.last(), Some(&Effect::MarkRead(ids, false)), "all of them were read");
}

#[test]
fn long_work_says_how_far_it_is_and_a_key_stops_it() {
    use rolodeck::tui::message::Progress;
    let mut screen = screen();
    screen.press("ctrl-x");
    assert!(screen.text().contains("No long work is under way"));
    assert!(!screen.world.log.iter().any(|effect| matches!(effect, Effect::Stop(_))));
    screen.send(Message::Progress(Progress { name: "owner", done: 2_000, of: Some(8_000) }));
    screen.send(Message::Progress(Progress { name: "export", done: 12_000, of: None }));
    screen.send(Message::Progress(Progress { name: "owner", done: 4_000, of: Some(8_000) }));
    let foot = screen.text().lines().last().unwrap().to_owned();
    assert!(foot.contains("50%") && foot.contains("export 12,000  ctrl-x stop"), "{foot}");
    // What was begun last ends first.
    screen.press("ctrl-x");
    assert_eq!(screen.world.log.last(), Some(&Effect::Stop("export")));
    screen.send(Message::Worked("export"));
    screen.press("ctrl-x");
    assert_eq!(screen.world.log.last(), Some(&Effect::Stop("owner")));
    screen.send(Message::Worked("owner"));
    assert!(!screen.text().contains("ctrl-x stop"));
}
