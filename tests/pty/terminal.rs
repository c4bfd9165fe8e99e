//! A terminal for a program: what it writes is understood by a parser, what is asserted is what a person would see.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Longer than anything here takes; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_mins(2);

fn nonzero(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

struct State {
    parser: vt100::Parser,
    raw: Vec<u8>,
    closed: bool,
    /// The reader shall let go of the terminal as soon as it wakes.
    dropped: bool,
}

/// The terminal with its program.
pub struct Pty {
    shared: Arc<(Mutex<State>, Condvar)>,
    writer: Box<dyn Write + Send>,
    master: Option<Box<dyn MasterPty + Send>>,
    child: Box<dyn Child + Send + Sync>,
}

impl Pty {
    /// Starts the screen on the store of a folder; `env` is added to the environment.
    pub fn start(folder: &Path, size: (u16, u16), env: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--ignored", "--nocapture", "--test-threads=1"]);
        command.env("ROLODECK_TEST_STORE", folder);
        Self::of(command, size, env)
    }

    /// Starts the program itself with some arguments.
    pub fn program(args: &[&str], size: (u16, u16), env: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(assert_cmd::cargo::cargo_bin!("rolodeck"));
        command.args(args);
        Self::of(command, size, env)
    }

    fn of(mut command: CommandBuilder, size: (u16, u16), env: &[(&str, &str)]) -> Self {
        let (cols, rows) = size;
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("RUST_BACKTRACE", "0");
        command.env_remove("NO_COLOR");
        command.env_remove("LC_ALL");
        command.env_remove("LC_CTYPE");
        for (key, value) in env {
            command.env(key, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let state = State {
            parser: vt100::Parser::new(nonzero(rows), nonzero(cols), 0),
            raw: Vec::new(),
            closed: false,
            dropped: false,
        };
        let shared = Arc::new((Mutex::new(state), Condvar::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut bytes = vec![0; 65_536];
            loop {
                let n = reader.read(&mut bytes).unwrap_or(0);
                let mut state = theirs.0.lock().unwrap();
                let end = n == 0 || state.dropped;
                if end {
                    state.closed = true;
                } else {
                    state.parser.process(&bytes[..n]);
                    state.raw.extend_from_slice(&bytes[..n]);
                }
                theirs.1.notify_all();
                if end {
                    return;
                }
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Self { shared, writer, master: Some(pair.master), child }
    }

    /// Presses keys, as bytes.
    pub fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Waits until the screen is as described.
    pub fn wait(&self, what: &str, done: impl Fn(&vt100::Screen) -> bool) {
        let (lock, condition) = &*self.shared;
        let started = Instant::now();
        let mut state = lock.lock().unwrap();
        while !done(state.parser.screen()) {
            assert!(
                !state.closed && started.elapsed() < PATIENCE,
                "waited for {what}; closed {}; the screen:\n{}",
                state.closed,
                state.parser.screen().contents()
            );
            (state, _) = condition.wait_timeout(state, Duration::from_millis(200)).unwrap();
        }
    }

    /// Waits until the screen shows a text.
    pub fn wait_for(&self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    /// Waits until the screen no longer shows a text.
    pub fn wait_gone(&self, text: &str) {
        self.wait(&format!("{text} to go"), |screen| !screen.contents().contains(text));
    }

    /// Looks at the screen.
    pub fn screen<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.shared.0.lock().unwrap().parser.screen())
    }

    /// Every byte that was written so far.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.0.lock().unwrap().raw.clone()
    }

    /// Waits until what was written so far is as described.
    pub fn wait_raw(&self, what: &str, done: impl Fn(&[u8]) -> bool) {
        let (lock, condition) = &*self.shared;
        let started = Instant::now();
        let mut state = lock.lock().unwrap();
        while !done(&state.raw) {
            assert!(
                !state.closed && started.elapsed() < PATIENCE,
                "waited for {what}; closed {}; the screen:\n{}",
                state.closed,
                state.parser.screen().contents()
            );
            (state, _) = condition.wait_timeout(state, Duration::from_millis(200)).unwrap();
        }
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Another size.
    pub fn resize(&self, cols: u16, rows: u16) {
        self.shared.0.lock().unwrap().parser.screen_mut().set_size(nonzero(rows), nonzero(cols));
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().unwrap().resize(size).unwrap();
    }

    /// Sends a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = self.child.process_id().unwrap() as i32;
        rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// The state letter of the process: R, S, T (stopped), Z.
    pub fn process_state(&self) -> char {
        let pid = self.child.process_id().unwrap();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit(')').next().unwrap().trim_start().chars().next().unwrap()
    }

    /// Waits until the process has this state.
    pub fn wait_state(&self, wanted: char) {
        let started = Instant::now();
        while self.process_state() != wanted {
            assert!(started.elapsed() < PATIENCE, "the process is {}, not {wanted}", self.process_state());
            std::thread::sleep(Duration::from_millis(5)); // the kernel tells nobody
        }
    }

    /// Waits for the end; `true`: it ended well.
    pub fn finish(&mut self) -> bool {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let (lock, condition) = &*self.shared;
                let mut state = lock.lock().unwrap();
                while !state.closed && self.master.is_some() && started.elapsed() < PATIENCE {
                    (state, _) = condition.wait_timeout(state, Duration::from_millis(100)).unwrap();
                }
                return status.success();
            }
            assert!(started.elapsed() < PATIENCE, "it does not end:\n{}", self.screen(vt100::Screen::contents));
            std::thread::sleep(Duration::from_millis(5)); // the kernel tells nobody
        }
    }

    /// Nothing of the screen is left behind.
    pub fn assert_restored(&self) {
        self.screen(|screen| {
            assert!(!screen.alternate_screen(), "the other screen is left on");
            assert!(!screen.hide_cursor(), "the cursor is left hidden");
            assert!(!screen.bracketed_paste(), "bracketed paste is left on");
            assert!(screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None, "the mouse is left on");
        });
    }

    /// The terminal goes away, as when a line drops.
    pub fn drop_line(&mut self) {
        self.shared.0.lock().unwrap().dropped = true;
        self.press("j"); // wakes the reader, which holds the terminal open
        self.writer = Box::new(std::io::sink());
        self.master = None;
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
