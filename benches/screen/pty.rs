//! A program in a pty, with a clock at the other end.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

struct Seen {
    bytes: Vec<u8>,
    last: Instant,
    first: Option<Instant>,
    /// When the first byte after the last key came.
    answer: Option<Instant>,
    closed: bool,
}

const SIZE: PtySize = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };

/// What these bytes leave on the screen.
fn screen(bytes: &[u8]) -> String {
    let cells = |n: u16| NonZeroU16::new(n).unwrap();
    let mut parser = vt100::Parser::new(cells(SIZE.rows), cells(SIZE.cols), 0);
    parser.process(bytes);
    parser.screen().contents()
}

pub struct Pty {
    seen: Arc<(Mutex<Seen>, Condvar)>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    started: Instant,
    at_key: usize,
    _master: Box<dyn MasterPty + Send>,
}

impl Pty {
    pub fn start(command: &[&str]) -> Self {
        Self::with(command, &[])
    }

    /// The same with more in the environment.
    pub fn with(command: &[&str], env: &[(&str, &str)]) -> Self {
        let pair = native_pty_system().openpty(SIZE).unwrap();
        let mut builder = CommandBuilder::new(command[0]);
        builder.args(&command[1..]);
        builder.env("TERM", "xterm-256color");
        builder.env("LANG", "C.UTF-8");
        for (key, value) in env {
            builder.env(key, value);
        }
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let now = Instant::now();
        let seen = Seen { bytes: Vec::new(), last: now, first: None, answer: None, closed: false };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let theirs = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            loop {
                let n = reader.read(&mut buffer).unwrap_or(0);
                let now = Instant::now();
                let mut seen = theirs.0.lock().unwrap();
                seen.closed = n == 0;
                if n > 0 {
                    seen.bytes.extend_from_slice(&buffer[..n]);
                    seen.last = now;
                    seen.first.get_or_insert(now);
                    seen.answer.get_or_insert(now);
                }
                theirs.1.notify_all();
                if n == 0 {
                    return;
                }
            }
        });
        let started = Instant::now();
        let child = pair.slave.spawn_command(builder).unwrap();
        Self { seen, writer, child, started, at_key: 0, _master: pair.master }
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    fn wait<T>(&self, what: &str, ready: impl Fn(&Seen) -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_mins(1);
        let mut seen = self.seen.0.lock().unwrap();
        loop {
            if let Some(found) = ready(&seen) {
                return found;
            }
            let text = String::from_utf8_lossy(&seen.bytes).into_owned();
            assert!(!seen.closed && Instant::now() < end, "no {what} in: {text}");
            seen = self.seen.1.wait_timeout(seen, Duration::from_secs(1)).unwrap().0;
        }
    }

    /// Milliseconds from the start to the first byte.
    pub fn first_byte(&mut self) -> f64 {
        let at = self.wait("byte", |seen| seen.first);
        (at - self.started).as_secs_f64() * 1_000.0
    }

    /// Milliseconds from the start until a text stood on the screen. The bytes alone do not tell: what stood in its place
    /// before is not sent again.
    pub fn wait_for(&mut self, text: &str) -> f64 {
        let at = self.wait(text, |seen| screen(&seen.bytes).contains(text).then_some(seen.last));
        (at - self.started).as_secs_f64() * 1_000.0
    }

    /// Waits until nothing came for so long.
    pub fn quiet(&mut self, time: Duration) {
        loop {
            let last = self.seen.0.lock().unwrap().last;
            let rest = time.saturating_sub(last.elapsed());
            if rest.is_zero() {
                return;
            }
            std::thread::sleep(rest);
        }
    }

    pub fn send(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
        self.seen.0.lock().unwrap().last = Instant::now();
    }

    /// Milliseconds from a key to the first byte of the answer, and the bytes received by then.
    pub fn key(&mut self, key: &str) -> (f64, usize) {
        {
            let mut seen = self.seen.0.lock().unwrap();
            seen.answer = None;
            self.at_key = seen.bytes.len();
        }
        let began = Instant::now();
        self.writer.write_all(key.as_bytes()).unwrap();
        self.writer.flush().unwrap();
        let (at, bytes) = self.wait("answer to a key", |seen| seen.answer.map(|at| (at, seen.bytes.len())));
        ((at - began).as_secs_f64() * 1_000.0, bytes)
    }

    /// Bytes of the frame that answered the last key.
    pub fn last_key_bytes(&self, _: usize) -> usize {
        let seen = self.seen.0.lock().unwrap();
        let bytes = &seen.bytes[self.at_key..];
        let end = b"\x1b[?2026l";
        bytes.windows(end.len()).position(|window| window == end).map_or(bytes.len(), |at| at + end.len())
    }

    pub fn received(&self) -> usize {
        self.seen.0.lock().unwrap().bytes.len()
    }

    /// Frames so far.
    pub fn frames(&self) -> usize {
        let seen = self.seen.0.lock().unwrap();
        seen.bytes.windows(8).filter(|window| *window == b"\x1b[?2026h").count()
    }

    pub fn finish(mut self) {
        self.wait("end", |seen| seen.closed.then_some(()));
        self.child.wait().unwrap();
    }
}
