//! The screen as a person at a terminal has it (product P1, P2, P4, P5, P6): the real program in a pty over a store of
//! 1,000,000 contacts, beside a minimal ratatui program in the same pty in the same run.
//!
//! ```text
//! cargo bench --bench screen               # 1,000,000 contacts; the store is kept in the target directory
//! cargo bench --bench screen -- 50000      # so many
//! ```
//!
//! Times depend on the machine and on what else it does; the ratios are what counts. Nothing is asserted.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)]

mod fill;
mod minimal;
mod process;
mod pty;

use std::path::Path;
use std::time::{Duration, Instant};

use process::{Process, Running};
use pty::Pty;

const ROUNDS: usize = 9;
const KEYS: usize = 120;
const IDLE: Duration = Duration::from_secs(10);

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if args.first().is_some_and(|arg| arg == "--minimal") {
        return minimal::run().unwrap();
    }
    let contacts: u64 = args.first().and_then(|arg| arg.parse().ok()).unwrap_or(1_000_000);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("screen-{contacts}"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(fill::fill(&folder, contacts));
    let config = folder.join("config.toml");
    std::fs::write(&config, "[user]\nemail = \"rep@seller.test\"\n[sync]\nenabled = false\n").unwrap();
    let ours =
        [env!("CARGO_BIN_EXE_rolodeck"), "--config", config.to_str().unwrap(), "--data-dir", folder.to_str().unwrap()];
    let this = std::env::current_exe().unwrap();
    let theirs = [this.to_str().unwrap(), "--minimal"];

    println!("{contacts} contacts, 120x40, {} cores, load {}", cores(), load());
    println!("\n{:38} {:>10} {:>10} {:>7}   bar", "", "rolodeck", "minimal", "ratio");
    start(&ours, &theirs, &fill::first(contacts));
    keys(&ours, &theirs, contacts);
    idle(&ours, &[], "screen");
    connected(&folder);
    syncing(&ours, &folder, &runtime);
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').next().unwrap_or_default().to_owned()
}

fn line(what: &str, ours: f64, theirs: Option<f64>, unit: &str, bar: &str) {
    let theirs_text = theirs.map_or(String::new(), |n| format!("{n:.2} {unit}"));
    let ratio = theirs.map_or(String::new(), |n| format!("{:.2}", ours / n));
    println!("{what:38} {:>10} {theirs_text:>10} {ratio:>7}   {bar}", format!("{ours:.2} {unit}"));
}

fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * part).round() as usize]
}

/// P1. Both programs in turn, so that whatever else the machine does meets both.
fn start(ours: &[&str], theirs: &[&str], first_row: &str) {
    let (mut first, mut rows, mut base) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut pty = Pty::start(theirs);
        base.push(pty.first_byte());
        pty.wait_for("Person 0");
        pty.send("q");
        pty.finish();
        let mut pty = Pty::start(ours);
        first.push(pty.first_byte());
        rows.push(pty.wait_for(first_row));
        pty.wait_for("@example.test");
        pty.quiet(Duration::from_millis(300));
        pty.send("q");
        pty.finish();
    }
    let base = quantile(&mut base, 0.5);
    line("P1 start to first byte, p50", quantile(&mut first, 0.5), Some(base), "ms", "at most 3x");
    line("P1 start to first rows, p50", quantile(&mut rows, 0.5), Some(base), "ms", "25 ms warm");
}

/// P2 and P4: one key at a time, each answered before the next.
fn keys(ours: &[&str], theirs: &[&str], contacts: u64) {
    let mut base = Pty::start(theirs);
    base.wait_for("Person 0");
    base.quiet(Duration::from_millis(300));
    let mut pty = Pty::start(ours);
    pty.wait_for("@example.test");
    pty.quiet(Duration::from_secs(1));
    let deep = if contacts > 100_000 { "deep, " } else { "" };
    for (name, key, bytes_bar) in
        [("move", "j", 400.0), ("page", "\u{6}", 6_144.0), ("page from the end", "\u{1b}[5~", 6_144.0)]
    {
        if name == "page from the end" {
            pty.send("G");
            pty.quiet(Duration::from_millis(600));
        }
        let (mut mine, mut other, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..KEYS {
            other.push(base.key("j").0);
            let (time, _) = pty.key(key);
            mine.push(time);
            // The detail of the row comes once the cursor rests, and is not part of the key.
            let before = pty.received();
            pty.quiet(Duration::from_millis(60));
            bytes.push(pty.last_key_bytes(before) as f64);
            pty.quiet(Duration::from_millis(120));
        }
        let theirs = quantile(&mut other, 0.5);
        line(
            &format!("P2 {deep}{name}: key to first byte, p50"),
            quantile(&mut mine, 0.5),
            Some(theirs),
            "ms",
            "at most 1.5x",
        );
        let theirs = quantile(&mut other, 0.99);
        line(
            &format!("P2 {deep}{name}: key to first byte, p99"),
            quantile(&mut mine, 0.99),
            Some(theirs),
            "ms",
            "5 ms",
        );
        line(&format!("P4 {name}: bytes, p50"), quantile(&mut bytes, 0.5), None, "B", &format!("{bytes_bar} B"));
    }
    let process = Process::of(pty.pid());
    line("P6 memory (resident)", process.resident() / 1024.0, None, "MiB", "60 MiB");
    base.send("q");
    base.finish();
    pty.send("q");
    pty.finish();
}

/// P5, and the bytes of P4 while nothing happens.
fn idle(ours: &[&str], env: &[(&str, &str)], what: &str) {
    let mut pty = Pty::with(ours, env);
    pty.wait_for("@example.test");
    pty.quiet(Duration::from_secs(5));
    let before = pty.received();
    rest(&Process::of(pty.pid()), what);
    line(&format!("P4 {what}, idle: bytes"), (pty.received() - before) as f64, None, "B", "0 B");
    pty.send("q");
    pty.finish();
}

/// What a process does that has nothing to do.
fn rest(process: &Process, what: &str) {
    let before = process.figures();
    std::thread::sleep(IDLE);
    let after = process.figures();
    let seconds = IDLE.as_secs_f64();
    let woken = (after.switches - before.switches) as f64 / seconds;
    line(&format!("P5 {what}, idle: wake-ups a second"), woken, None, "/s", "2 /s");
    line(&format!("P5 {what}, idle: processor"), (after.ticks - before.ticks) as f64 / seconds, None, "%", "0.0 %");
}

/// P5 with everything on: a screen whose worker is connected to the sandbox, and the listener as a process of its own.
fn connected(folder: &Path) {
    let program = env!("CARGO_BIN_EXE_rolodeck");
    let mut sandbox = Running::start(&[program, "sandbox", "--json"], &[]);
    let told: serde_json::Value = serde_json::from_str(&sandbox.line()).unwrap();
    let text = |key: &str| told[key].as_str().unwrap().to_owned();
    let config = folder.join("connected.toml");
    let words = format!(
        "[user]\nemail = \"rep@seller.test\"\n[salesforce]\nauth = \"access_token\"\ninstance_url = \"{}\"\n\
         [serve]\nlisten = \"127.0.0.1:0\"\n",
        text("instance_url")
    );
    std::fs::write(&config, words).unwrap();
    let options = [program, "--config", config.to_str().unwrap(), "--data-dir", folder.to_str().unwrap()];
    let token = text("access_token");
    let env = [("ROLODECK_SF_ACCESS_TOKEN", token.as_str())];
    idle(&options, &env, "screen and worker");
    let mut listener = Running::start(&[options.as_slice(), &["serve", "--unsigned"]].concat(), &env);
    listener.line();
    std::thread::sleep(Duration::from_secs(5));
    rest(&Process::of(listener.pid()), "listener and worker");
}

/// P4 while the store changes all the time: 20 commits a second by another process, on rows that are seen.
fn syncing(ours: &[&str], folder: &Path, runtime: &tokio::runtime::Runtime) {
    let mut pty = Pty::start(ours);
    pty.wait_for("@example.test");
    pty.quiet(Duration::from_secs(2));
    let (bytes, frames, began) = (pty.received(), pty.frames(), Instant::now());
    runtime.block_on(fill::stir(folder, Duration::from_secs(8)));
    let seconds = began.elapsed().as_secs_f64();
    line("P4 while others write: frames", (pty.frames() - frames) as f64 / seconds, None, "/s", "4 /s");
    line("P4 while others write: bytes", (pty.received() - bytes) as f64 / seconds, None, "B/s", "1024 B/s");
    pty.send("q");
    pty.finish();
}
