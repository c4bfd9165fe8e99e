//! The terminal: raw mode and back whatever happens, one write a frame, nothing asked of it.
//!
//! [`ratatui::Terminal::clear`] is never called: it asks for the cursor, which blocks while events are read.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tokio::sync::Notify;

/// What begins a synchronized update, and what ends it.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Standard output without the line buffer of the standard library: what is written during a synchronized update goes
/// out in one piece when the update ends.
pub struct Output {
    file: File,
    buffer: Vec<u8>,
}

impl Output {
    /// The process's standard output.
    pub fn stdout() -> io::Result<Self> {
        let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        Ok(Self { file, buffer: Vec::with_capacity(64 * 1024) })
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.starts_with(BEGIN) && !self.buffer.ends_with(END) {
            return Ok(());
        }
        let written = self.file.write_all(&self.buffer);
        self.buffer.clear();
        written
    }
}

/// A backend that knows where a frame begins and ends, and the clipboard.
pub trait Screen: Backend {
    /// What comes now belongs together.
    fn begin_frame(&mut self) -> Result<(), Self::Error>;
    /// What belonged together is complete.
    fn end_frame(&mut self) -> Result<(), Self::Error>;
    /// Puts text into the clipboard of whoever looks at the terminal.
    fn copy(&mut self, text: &str) -> Result<(), Self::Error>;
}

impl<W: Write> Screen for CrosstermBackend<W> {
    fn begin_frame(&mut self) -> io::Result<()> {
        queue!(self, BeginSynchronizedUpdate)
    }

    fn end_frame(&mut self) -> io::Result<()> {
        execute!(self, EndSynchronizedUpdate)
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(self, CopyToClipboard::to_clipboard_from(text))
    }
}

impl Screen for ratatui::backend::TestBackend {
    fn begin_frame(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    fn end_frame(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    fn copy(&mut self, _text: &str) -> Result<(), Self::Error> {
        Ok(())
    }
}

static ENTERED: AtomicBool = AtomicBool::new(false);
static MOUSE: AtomicBool = AtomicBool::new(false);
static PANICKED: AtomicBool = AtomicBool::new(false);
static PANIC: Notify = Notify::const_new();

/// True if someone sits at both ends.
pub fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Takes the terminal; it is given back when this is dropped, and before a panic is printed.
pub struct Guard(());

impl Guard {
    /// Raw mode, the other screen, bracketed paste, no cursor. No mouse, no keyboard protocol, no question.
    pub fn enter() -> io::Result<Self> {
        restore_on_panic();
        let guard = Self(());
        guard.resume()?;
        Ok(guard)
    }

    /// Takes the terminal again after [`leave`].
    pub fn resume(&self) -> io::Result<()> {
        enable_raw_mode()?;
        ENTERED.store(true, Ordering::SeqCst);
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)?;
        if MOUSE.load(Ordering::SeqCst) { execute!(io::stdout(), EnableMouseCapture) } else { Ok(()) }
    }

    /// The mouse is for rolodeck, or for the terminal's own selection.
    pub fn set_mouse(&self, on: bool) -> io::Result<()> {
        MOUSE.store(on, Ordering::SeqCst);
        if on { execute!(io::stdout(), EnableMouseCapture) } else { execute!(io::stdout(), DisableMouseCapture) }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
    }
}

/// Gives the terminal back, once. Errors cannot be told to anyone: the terminal is what failed.
pub fn leave() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        if MOUSE.load(Ordering::SeqCst) {
            let _ = execute!(io::stdout(), DisableMouseCapture);
        }
        let _ = execute!(io::stdout(), EndSynchronizedUpdate, DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// Has the terminal say again that keys are waiting, if they are; returns those that were read before, which come first.
/// crossterm is told of keys once; what comes together with the end of an `EventStream` or a new size it forgets, and the
/// key would lie there until the next one. Setting the attributes of a terminal, also to what they are, wakes those who
/// wait for it.
pub fn hear_again() -> io::Result<Vec<Event>> {
    // As long as crossterm has something left of what it read, it does not hear of the end of a stream either.
    let mut before = Vec::new();
    while event::poll(Duration::ZERO)? {
        before.push(event::read()?);
    }
    let stdin = rustix::stdio::stdin();
    tcsetattr(stdin, OptionalActions::Now, &tcgetattr(stdin)?)?;
    Ok(before)
}

/// True while the terminal is ours.
pub fn is_entered() -> bool {
    ENTERED.load(Ordering::SeqCst)
}

/// Resolves once any thread of the process panicked: the terminal is restored by then, and the screen is over.
pub async fn panicked() {
    if !PANICKED.load(Ordering::SeqCst) {
        PANIC.notified().await;
    }
}

/// A panic anywhere, in this thread or another, first gives the terminal back and then prints as before.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if is_entered() {
                leave();
                PANICKED.store(true, Ordering::SeqCst);
                PANIC.notify_one();
            }
            before(info);
        }));
    });
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};

    use super::*;

    #[test]
    fn a_frame_is_held_back_until_it_is_complete() {
        let mut file = tempfile::tempfile().unwrap();
        let output = Output { file: file.try_clone().unwrap(), buffer: Vec::new() };
        let mut backend = CrosstermBackend::new(output);
        let mut written = || {
            let mut text = String::new();
            file.rewind().unwrap();
            file.read_to_string(&mut text).unwrap();
            text
        };
        backend.begin_frame().unwrap();
        backend.hide_cursor().unwrap();
        Backend::flush(&mut backend).unwrap();
        assert_eq!(written(), "");
        backend.end_frame().unwrap();
        assert_eq!(written(), "\x1b[?2026h\x1b[?25l\x1b[?2026l");
        backend.copy("a").unwrap();
        assert!(written().ends_with("\x1b]52;c;YQ==\x1b\\"));
    }
}
