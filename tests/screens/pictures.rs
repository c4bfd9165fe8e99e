//! What people see, at every size and in every state.

use rolodeck::sync::status::WorkerStatus;
use rolodeck::tui::message::{Failed, Message};
use rolodeck::tui::theme::{Glyphs, Theme};

use crate::world::{Screen, World, worker};

pub fn look(name: &str, screen: &mut Screen) {
    keep(name, &screen.text());
}

/// The same of a text made of several screens.
pub fn keep(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

const SIZES: [(u16, u16); 8] = [(200, 50), (160, 50), (120, 40), (80, 24), (60, 20), (40, 10), (30, 8), (1, 1)];

#[test]
fn the_whole_screen() {
    for (width, height) in SIZES {
        look(&format!("screen_{width}x{height}"), &mut Screen::new(World::new(60), width, height));
    }
}

#[test]
fn every_pane_with_the_focus() {
    for (width, height) in [(200, 50), (160, 50), (120, 40), (80, 24), (60, 20), (40, 10)] {
        let mut screen = Screen::new(World::new(60), width, height);
        for (key, pane) in [("1", "filters"), ("3", "stream"), ("4", "detail"), ("5", "sync")] {
            screen.press(key);
            screen.wait(500);
            look(&format!("focus_{pane}_{width}x{height}"), &mut screen);
        }
    }
}

#[test]
fn every_pane_zoomed() {
    for (key, pane) in [("1", "filters"), ("2", "contacts"), ("3", "stream"), ("4", "detail"), ("5", "sync")] {
        let mut screen = Screen::new(World::new(60), 120, 40);
        screen.press(key).press("z");
        screen.wait(500);
        look(&format!("zoom_{pane}"), &mut screen);
    }
}

#[test]
fn an_activity_in_full() {
    let mut screen = Screen::new(World::new(60), 100, 60);
    screen.press("3 enter z");
    screen.wait(500);
    look("activity", &mut screen);
}

#[test]
fn typing_a_filter() {
    let mut screen = Screen::new(World::new(60), 80, 24);
    screen.press("/").type_text("berg");
    screen.wait(100);
    look("filter_typing", &mut screen);
    screen.type_text(" sttae:x");
    screen.wait(100);
    look("filter_wrong", &mut screen);
    screen.press("esc 3 /").type_text("nobody at all");
    screen.press("enter");
    look("filter_empty", &mut screen);
}

#[test]
fn popups() {
    for (width, height) in [(160, 50), (80, 24), (60, 20), (40, 10)] {
        let mut screen = Screen::new(World::new(60), width, height);
        screen.press("s");
        look(&format!("status_{width}x{height}"), &mut screen);
        screen.press("esc ?");
        look(&format!("help_{width}x{height}"), &mut screen);
    }
    let mut screen = Screen::new(World::new(60), 80, 24);
    screen.press("1 end D");
    look("delete_filter", &mut screen);
}

/// Every dialog and screen that is opened by keys from the panes, at each size.
#[test]
fn dialogs_and_screens() {
    for (width, height) in [(200, 50), (120, 40), (80, 24), (60, 20), (40, 10)] {
        for (keys, typed, name) in [
            (":", "", "palette"),
            (":", "quali", "palette_typed"),
            ("g u", "", "changes"),
            ("g", "", "which_key"),
            ("/ x enter w", "nor", "save_filter"),
        ] {
            let mut screen = Screen::new(World::new(60), width, height);
            screen.press(keys).type_text(typed);
            screen.wait(500);
            look(&format!("{name}_{width}x{height}"), &mut screen);
        }
        let mut screen = Screen::new(World::new(60), width, height);
        screen.press("s q s d");
        screen
            .send(Message::Failed { request: Failed::Change, error: "The status is not set: the disk is full".into() });
        screen.wait(20_000);
        screen.press("g h");
        look(&format!("messages_{width}x{height}"), &mut screen);
    }
}

/// Every theme keeps the same text in the same places, `NO_COLOR`'s among them, so that one set of pictures is enough.
#[test]
fn themes_change_styles_alone() {
    for (width, height) in SIZES {
        for keys in ["2", "1", "3", "4", "5", "s", "?", "g u", ":"] {
            let plain = Screen::new(World::new(60), width, height).press(keys).text();
            for name in ["light", "high-contrast", "monochrome"] {
                let mut screen = Screen::with_theme(World::new(60), width, height, Theme::by_name(name).unwrap());
                assert!(screen.press(keys).text() == plain, "{name} at {width}x{height} after {keys}");
            }
        }
    }
}

#[test]
fn marks_and_toasts() {
    let mut screen = Screen::new(World::new(60), 80, 24);
    screen.press("j space space v j j");
    look("marks", &mut screen);
    screen.press("s d u");
    look("toasts", &mut screen);
}

#[test]
fn the_first_run() {
    for (width, height) in [(120, 40), (80, 24), (60, 20), (40, 10)] {
        look(&format!("first_run_{width}x{height}"), &mut Screen::new(World::empty(), width, height));
    }
}

#[test]
fn the_sync_pane_is_paused_and_lists_its_items() {
    let mut screen = Screen::new(World::new(60), 80, 24);
    screen.press("5 p");
    screen.wait(5_000);
    look("sync_paused", &mut screen);
    screen.send(Message::Worker(Box::new(worker())));
    screen.press("p j");
    look("sync_items", &mut screen);
}

#[test]
fn without_colour_nothing_is_coloured_and_the_selection_is_seen() {
    let mut screen = Screen::with_theme(World::new(60), 80, 24, Theme::monochrome());
    let buffer = screen.buffer();
    let plain = ratatui::style::Color::Reset;
    assert!(buffer.content.iter().all(|cell| cell.fg == plain && cell.bg == plain));
    let reversed =
        buffer.content.iter().filter(|cell| cell.modifier.contains(ratatui::style::Modifier::REVERSED)).count();
    assert!(reversed >= 78, "{reversed}");
    look("no_color", &mut screen);
}

#[test]
fn without_utf8_our_own_symbols_are_ascii() {
    let mut theme = Theme::colours();
    theme.glyphs = Glyphs::ASCII;
    for (width, height) in SIZES {
        for keys in ["2", "1", "3", "4", "5", "5 z", "?", "g h", "g m", "g r", "s", ":", "/"] {
            let mut screen = Screen::with_theme(World::empty(), width, height, theme.clone());
            // What people are called is data, and stays as it is.
            screen.send(Message::Worker(Box::new(WorkerStatus { results: Vec::new(), ..worker() })));
            let text = screen.press(keys).text();
            let other: String = text.chars().filter(|c| !c.is_ascii()).collect();
            assert!(other.is_empty(), "{other} at {width}x{height} after {keys}");
        }
    }
    let mut screen = Screen::with_theme(World::new(60), 80, 24, theme);
    look("ascii", &mut screen);
    screen.press("5");
    look("ascii_sync", &mut screen);
}
