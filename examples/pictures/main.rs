//! The pictures of the README and docs/tour.md: the real program in a terminal, its frames written as SVG.
//!
//! ```text
//! cargo build && cargo run --example pictures          # all of them, into docs/pictures
//! cargo run --example pictures -- dashboard palette    # some
//! ```
//!
//! Everybody in the demo is made up; times are those of the run.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)] // a program for contributors: what goes wrong shall be seen

mod svg;

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// A picture: its name, the size of the terminal, the keys, and a text that is there when they were understood.
struct Picture(&'static str, (u16, u16), &'static [&'static str], &'static str);

const PICTURES: [Picture; 6] = [
    Picture("dashboard", (160, 44), &["j", "j"], "History"),
    Picture("small", (80, 24), &["j", "s"], "Marketing qualified"),
    Picture("palette", (100, 26), &[":", "status"], "Set contact status"),
    Picture("stream", (120, 34), &["3", "z"], "Host"),
    Picture("monitor", (140, 34), &["g", "m"], "wait for you"),
    Picture("report", (120, 22), &["g", "r"], "No-show"),
];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    std::fs::create_dir_all(&folder).unwrap();
    for picture in PICTURES.iter().filter(|picture| wanted.is_empty() || wanted.iter().any(|name| name == picture.0)) {
        let path = folder.join(picture.0).with_extension("svg");
        let svg = take(picture);
        std::fs::write(&path, &svg).unwrap();
        println!("{} ({} KiB)", path.display(), svg.len() / 1024);
    }
}

/// What the terminal shows, and when it last changed.
type Seen = Arc<(Mutex<(vt100::Parser, Instant)>, Condvar)>;

fn take(Picture(_, (columns, rows), keys, sign): &Picture) -> String {
    // Beside the folder of the examples.
    let program = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("rolodeck");
    let pair =
        native_pty_system().openpty(PtySize { rows: *rows, cols: *columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    let mut command = CommandBuilder::new(program);
    command.arg("demo");
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command.env_remove("NO_COLOR");
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let size = |n: u16| NonZeroU16::new(n).unwrap();
    let parser = vt100::Parser::new(size(*rows), size(*columns), 0);
    let seen: Seen = Arc::new((Mutex::new((parser, Instant::now())), Condvar::new()));
    let theirs = Arc::clone(&seen);
    let mut reader = pair.master.try_clone_reader().unwrap();
    std::thread::spawn(move || {
        let mut bytes = vec![0; 65_536];
        while let Ok(n @ 1..) = reader.read(&mut bytes) {
            let mut seen = theirs.0.lock().unwrap();
            seen.0.process(&bytes[..n]);
            seen.1 = Instant::now();
            theirs.1.notify_all();
        }
    });
    let mut writer = pair.master.take_writer().unwrap();
    // The demo's worker has settled what was there at the start, and something has come in since.
    wait(&seen, "idle");
    std::thread::sleep(Duration::from_secs(12));
    for key in *keys {
        writer.write_all(key.as_bytes()).unwrap();
        writer.flush().unwrap();
        std::thread::sleep(Duration::from_millis(300));
    }
    wait(&seen, sign);
    quiet(&seen, Duration::from_millis(700));
    let svg = svg::draw(seen.0.lock().unwrap().0.screen());
    let _ = child.kill();
    let _ = child.wait();
    svg
}

fn wait(seen: &Seen, sign: &str) {
    let end = Instant::now() + Duration::from_mins(1);
    let mut now = seen.0.lock().unwrap();
    while !now.0.screen().contents().contains(sign) {
        assert!(Instant::now() < end, "no {sign:?} in:\n{}", now.0.screen().contents());
        now = seen.1.wait_timeout(now, Duration::from_millis(200)).unwrap().0;
    }
}

/// Waits until nothing changed for so long, or for ten seconds: live events go on.
fn quiet(seen: &Seen, time: Duration) {
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        let rest = time.saturating_sub(seen.0.lock().unwrap().1.elapsed());
        if rest.is_zero() {
            return;
        }
        std::thread::sleep(rest);
    }
}
