//! The least that a ratatui program can do: a list of rows in memory, drawn on demand when a key came.

use std::io::{self, BufWriter, Write};

use crossterm::cursor::Hide;
use crossterm::event::{Event, KeyCode, read};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, Row, Table};

pub fn run() -> io::Result<()> {
    enable_raw_mode()?;
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout());
    execute!(out, EnterAlternateScreen, Hide)?;
    let mut terminal = Terminal::new(CrosstermBackend::new(out))?;
    let mut selected = 0;
    loop {
        terminal.draw(|frame| {
            let height = usize::from(frame.area().height).saturating_sub(2).max(1);
            let top = selected - selected % height;
            let rows = (top..top + height).map(|n| {
                let row = Row::new([format!("Person {n}"), format!("p{n}@example.test"), "Company".to_owned()]);
                if n == selected { row.style(Style::new().add_modifier(Modifier::REVERSED)) } else { row }
            });
            let table = Table::new(rows, [30, 40, 30]).block(Block::bordered().title("People"));
            frame.render_widget(table, frame.area());
        })?;
        match read()? {
            Event::Key(key) if key.code == KeyCode::Char('q') => break,
            Event::Key(key) if key.code == KeyCode::Char('j') => selected += 1,
            _ => {}
        }
    }
    execute!(terminal.backend_mut(), LeaveAlternateScreen)?;
    terminal.backend_mut().flush()?;
    disable_raw_mode()
}
