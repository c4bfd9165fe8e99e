//! What goes over the line (product P4): these are sizes, not times, and so they hold on any machine.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rolodeck::tui::message::Message;
use rolodeck::tui::view::view;

use crate::world::{Screen, World};

#[derive(Clone, Default)]
struct Line(Rc<RefCell<Vec<u8>>>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Meter {
    screen: Screen,
    line: Line,
    terminal: Terminal<CrosstermBackend<Line>>,
}

impl Meter {
    fn new(width: u16, height: u16) -> Self {
        Self::of(World::new(400), width, height)
    }

    fn of(world: World, width: u16, height: u16) -> Self {
        crossterm::style::force_color_output(true);
        let screen = Screen::new(world, width, height);
        let line = Line::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, width, height));
        let backend = CrosstermBackend::new(line.clone());
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        let mut meter = Self { screen, line, terminal };
        meter.frame();
        meter
    }

    /// Bytes of the frame that is due now.
    fn frame(&mut self) -> usize {
        self.line.0.borrow_mut().clear();
        let model = &self.screen.model;
        self.terminal.draw(|frame| view(model, frame)).unwrap();
        self.line.0.borrow().len()
    }

    fn press(&mut self, keys: &str) -> usize {
        self.screen.press(keys);
        self.frame()
    }
}

#[test]
fn moving_and_paging_send_little() {
    let mut meter = Meter::new(120, 40);
    let moves: Vec<usize> = (0..7).map(|_| meter.press("j")).collect();
    // Beginning and end of the synchronized update come on top: 16 bytes.
    assert!(moves.iter().all(|bytes| bytes + 16 <= 400), "cursor moves: {moves:?}");
    let mut worst = 0;
    for key in ["pgdn", "pgdn", "pgup", "G", "g"] {
        worst = worst.max(meter.press(key));
    }
    assert!(worst <= 6 * 1024, "page: {worst}");
    meter.press("j");
    meter.screen.wait(500);
    let rest = meter.frame();
    assert!((200..=3 * 1024).contains(&rest), "detail: {rest}");
}

#[test]
fn rows_that_did_not_change_are_not_sent() {
    let mut meter = Meter::new(160, 50);
    meter.screen.send(Message::Changed);
    meter.screen.wait(400);
    meter.screen.model.dirty = true;
    let bytes = meter.frame();
    assert!(bytes <= 120, "{bytes}");
}

/// Frame after frame, nothing of an older one stays behind, whatever was written there.
#[test]
fn frames_leave_nothing_behind() {
    let size = |n: u16| std::num::NonZeroU16::new(n).unwrap();
    let parser = || vt100::Parser::new(size(40), size(120), 0);
    let mut world = World::new(60);
    // How wide a joined emoji is, terminals and this parser do not agree.
    world.contacts.retain(|row| !row.name.contains('\u{200d}'));
    world.activities.retain(|row| !row.name.contains('\u{200d}'));
    let mut meter = Meter::of(world, 120, 40);
    let mut seen = parser();
    seen.process(&meter.line.0.borrow());
    for keys in
        ["j", "pgdn", "3 G", "5", "4 enter", "1", "2 z", "?", "esc s", "esc z", "3 z", "5", "z 2 g space j s q", "3 g"]
    {
        meter.press(keys);
        seen.process(&meter.line.0.borrow());
        meter.screen.wait(400);
        meter.frame();
        seen.process(&meter.line.0.borrow());
        let mut fresh = parser();
        let viewport = Viewport::Fixed(Rect::new(0, 0, 120, 40));
        let line = Line::default();
        let options = TerminalOptions { viewport };
        let mut terminal = Terminal::with_options(CrosstermBackend::new(line.clone()), options).unwrap();
        let model = &meter.screen.model;
        terminal.draw(|frame| view(model, frame)).unwrap();
        fresh.process(&line.0.borrow());
        let text = |parser: &vt100::Parser| {
            parser.screen().contents().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(text(&seen), text(&fresh), "after {keys}");
    }
}
