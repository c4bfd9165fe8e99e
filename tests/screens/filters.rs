//! Filters by keys: completion, the panel, saved filters, the trash, export.

use rolodeck::tui::dialogs::saved;
use rolodeck::tui::dialogs::trash::Move;
use rolodeck::tui::job::AnyJob;
use rolodeck::tui::message::Effect;

use crate::pictures::look;
use crate::world::{Screen, World};

const SIZES: [(u16, u16); 4] = [(160, 50), (80, 24), (60, 20), (40, 10)];

fn jobs(screen: &Screen) -> Vec<&AnyJob> {
    let jobs = screen.world.log.iter().filter_map(|effect| match effect {
        Effect::Job(job) => Some(job),
        _ => None,
    });
    jobs.collect()
}

#[test]
fn completion_pictures() {
    for (width, height) in SIZES {
        let mut screen = Screen::new(World::new(60), width, height);
        screen.press("/").type_text("berg sta");
        screen.wait(100);
        look(&format!("complete_keys_{width}x{height}"), &mut screen);
        screen.press("tab down down");
        screen.wait(100);
        look(&format!("complete_values_{width}x{height}"), &mut screen);
        screen.press("esc").type_text("qualified sttae:x");
        screen.wait(100);
        look(&format!("filter_wrong_{width}x{height}"), &mut screen);
    }
}

#[test]
fn completion_is_taken_and_enter_keeps_what_was_typed() {
    let mut screen = Screen::new(World::new(60), 100, 30);
    screen.press("/").type_text("comp");
    assert!(screen.text().contains("company_size"));
    screen.press("enter");
    assert!(screen.model.input.is_none(), "nothing was selected, so enter keeps the line");
    assert_eq!(screen.model.contacts.filter, "comp");
    screen.press("esc /").type_text("comp");
    screen.press("tab");
    assert_eq!(screen.model.input.as_ref().unwrap().text(), "company:");
    assert!(screen.text().contains("Fjord Tech AS"), "values that occur are offered");
    screen.press("down down enter");
    assert_eq!(screen.model.contacts.filter, "company:Azulejo");
    screen.press("enter");
    assert!(screen.model.input.is_none());
}

#[test]
fn completion_goes_around_and_escape_leaves_it_first() {
    let mut screen = Screen::new(World::new(60), 100, 30);
    screen.press("/ up");
    let input = screen.model.input.as_ref().unwrap();
    assert_eq!(input.chosen, Some(input.offers.len() - 1));
    screen.press("down");
    assert_eq!(screen.model.input.as_ref().unwrap().chosen, Some(0));
    screen.press("esc");
    assert!(screen.model.input.as_ref().unwrap().offers.is_empty());
    screen.press("esc");
    assert!(screen.model.input.is_none());
}

#[test]
fn the_cursor_stays_where_the_completion_ended() {
    let mut screen = Screen::new(World::new(60), 100, 30);
    screen.press("/").type_text("é sta berg");
    screen.press("left left left left left tab").type_text("none");
    assert_eq!(screen.model.contacts.filter, "é status:none berg");
}

#[test]
fn panel_pictures() {
    for (width, height) in SIZES {
        let mut screen = Screen::new(World::new(60), width, height);
        screen.press("F j space");
        screen.wait(500);
        look(&format!("panel_contacts_{width}x{height}"), &mut screen);
        screen.press("esc 3 F tab tab");
        screen.wait(500);
        look(&format!("panel_stream_{width}x{height}"), &mut screen);
    }
}

#[test]
fn the_panel_and_the_text_stay_in_step() {
    let mut screen = Screen::new(World::new(60), 120, 40);
    screen.press("F space");
    assert_eq!(screen.model.contacts.filter, "status:qualified");
    screen.press("j x");
    assert_eq!(screen.model.contacts.filter, "status:qualified,marketing_qualified");
    assert!(screen.text().contains("[x] Marketing qualified"));
    screen.press("k space");
    assert_eq!(screen.model.contacts.filter, "status:marketing_qualified");
    screen.press("/").type_text(" company:Borg");
    screen.press("enter F");
    assert_eq!(screen.model.contacts.filter, "status:marketing_qualified company:Borg");
    assert!(screen.text().contains("[x] Marketing qualified"));
    screen.press("c");
    assert_eq!(screen.model.contacts.filter, "");
    assert!(!screen.text().contains("[x]"));
    screen.press("F");
    assert!(screen.model.layers.is_empty());
}

#[test]
fn counts_of_a_dimension_leave_its_own_values_out() {
    let mut screen = Screen::new(World::new(60), 120, 40);
    screen.press("/").type_text("ana status:none");
    screen.press("enter F");
    screen.wait(500);
    let text = screen.text();
    // The world counts 43 for each letter of the query: `ana status:qualified`, not `ana status:none,qualified`.
    assert!("ana status:qualified".len() * 43 < 1_000 && text.contains("860"), "{text}");
}

#[test]
fn saved_filters_are_moved_renamed_and_put_on_keys() {
    let mut screen = Screen::new(World::new(60), 120, 40);
    screen.press("1 end K");
    assert_eq!(screen.model.filters.saved[0].name, "Demos of mine", "at once");
    let asked: Vec<String> =
        jobs(&screen).iter().filter_map(|job| job.get::<saved::Change>()).map(|job| format!("{job:?}")).collect();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].contains("Place(1)"), "{asked:?}");
    screen.press("end r").type_text("!");
    screen.press("enter");
    screen.press("=").type_text("0");
    screen.press("enter");
    assert!(screen.text().contains("A digit from 1 to 9"));
    screen.press("backspace").type_text("3");
    screen.press("enter");
    let asked: Vec<String> =
        jobs(&screen).iter().filter_map(|job| job.get::<saved::Change>()).map(|job| format!("{job:?}")).collect();
    assert!(asked[1].contains("Name(\"Norway!\")") && asked[2].contains("Key(Some(3))"), "{asked:?}");
    screen.press("1 g g r");
    assert!(screen.text().contains("Presets stay"));
}

#[test]
fn a_number_key_opens_its_filter_from_anywhere() {
    let mut world = World::new(60);
    world.saved[0].pin = Some(4);
    let mut screen = Screen::new(world, 120, 40);
    screen.press("5 ' 4");
    assert_eq!(screen.model.contacts.filter, "fjord");
    screen.press("' 7");
    assert!(screen.text().contains("No filter on key 7"));
}

#[test]
fn a_changed_saved_filter_is_saved_again_under_its_name() {
    let mut screen = Screen::new(World::new(60), 160, 40);
    screen.press("1 end k enter /").type_text(" tech");
    screen.press("enter");
    assert!(screen.text().contains("Norway changed"), "{}", screen.text());
    screen.press("w");
    assert!(screen.model.layers.is_empty(), "no name is asked for");
    assert_eq!(
        screen.world.saved.first().map(|it| (it.name.as_str(), it.query.as_str())),
        Some(("Norway", "fjord tech"))
    );
    screen.press("W");
    assert!(!screen.model.layers.is_empty());
}

#[test]
fn activities_go_to_the_trash_and_come_back() {
    let mut world = World::new(60);
    world.activities[1].trashed = true;
    let mut screen = Screen::new(world, 120, 40);
    screen.press("3 t j t");
    let moves: Vec<_> = jobs(&screen).into_iter().filter_map(|job| job.get::<Move>().cloned()).collect();
    assert_eq!(moves, [Move { ids: vec![1], trash: true }, Move { ids: vec![2], trash: false }]);
    screen.press("2 g t y");
    assert!(jobs(&screen).iter().any(|job| job.get::<rolodeck::tui::dialogs::trash::Empty>().is_some()));
}

#[test]
fn an_export_says_what_it_takes_and_wants_a_known_ending() {
    let mut screen = Screen::new(World::new(60), 120, 40);
    screen.press("x");
    assert!(screen.text().contains("Export 60 contacts") && screen.text().contains("contacts-2026-11-20.csv"));
    screen.press("ctrl-u").type_text("a.xlsx");
    screen.press("enter");
    assert!(screen.text().contains("must end in .csv"));
    screen.press("ctrl-u").type_text("a.jsonl");
    screen.press("enter");
    assert!(screen.model.layers.is_empty());
    screen.press("space space x");
    assert!(screen.text().contains("Export 2 marked contacts"));
}

#[test]
fn why_a_filter_is_wrong_is_read_to_its_end_wherever_it_is_wrong() {
    for (width, height) in [(160, 50), (80, 24), (60, 20), (40, 10)] {
        for text in ["sttae:x", "company:acme sttae:x", "company:acme employees>50 sttae:x", "status:qualifeid berg"] {
            let mut screen = Screen::new(World::new(60), width, height);
            screen.press("/").type_text(text);
            let input = screen.model.input.as_ref().unwrap();
            let instead = input.problem.as_ref().and_then(|problem| problem.suggestion.clone()).expect(text);
            let shown = screen.text();
            assert!(shown.contains(&format!("`{instead}`")), "{width}x{height} {text}\n{shown}");
        }
        let mut screen = Screen::new(World::new(60), width, height);
        screen.press("/").type_text("company:acme employees>50 status:qualifeid berg");
        look(&format!("filter_wrong_long_{width}x{height}"), &mut screen);
    }
}

#[test]
fn the_mouse_switches_values_of_the_panel() {
    use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    use rolodeck::tui::message::Message;
    for (width, height) in [(120, 40), (80, 24), (40, 10)] {
        let mut screen = Screen::new(World::new(60), width, height);
        screen.press("g c F");
        let find = |screen: &mut Screen, words: &str| {
            let text = screen.text();
            let (row, line) = text.lines().enumerate().find(|(_, line)| line.contains(words)).expect(words);
            let column = line.find(words).map(|at| line[..at].chars().count()).unwrap();
            (column as u16, row as u16)
        };
        let click = |screen: &mut Screen, (column, row)| {
            let kind = MouseEventKind::Down(MouseButton::Left);
            screen.send(Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        };
        let at = find(&mut screen, "[ ] Marketing qualified");
        click(&mut screen, at);
        assert_eq!(screen.model.contacts.filter, "status:marketing_qualified");
        let at = find(&mut screen, "[x] Marketing qualified");
        click(&mut screen, at);
        assert_eq!(screen.model.contacts.filter, "");
        // The frame, the keys and what is beyond the end do nothing; the heading goes to its first value.
        let (before, right) = (screen.text(), width - 2);
        for row in [1, height - 2, height - 3] {
            click(&mut screen, (right, row));
        }
        assert_eq!(screen.text(), before);
        for step in [MouseEventKind::ScrollDown, MouseEventKind::ScrollDown, MouseEventKind::ScrollUp] {
            screen.send(Message::Mouse(MouseEvent {
                kind: step,
                column: right,
                row: 5,
                modifiers: KeyModifiers::NONE,
            }));
        }
        screen.press("space");
        assert_ne!(screen.model.contacts.filter, "", "the wheel selects");
        if width > 40 {
            click(&mut screen, (2, 5));
            assert!(screen.model.layers.is_empty(), "a click beside it leaves the panel");
            assert_ne!(screen.model.contacts.filter, "");
        }
        // Wherever one clicks, it goes on.
        screen.press("F");
        for row in 0..height {
            for column in [0, width / 2, width - 20, width - 1] {
                click(&mut screen, (column, row));
                screen.draw();
            }
        }
    }
}
