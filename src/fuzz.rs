//! Fuzzing for every reader of foreign input. A test gives examples and a check; each run changes the examples in a few
//! hundred ways, and the check must neither panic nor find what must never be. The same seed makes the same inputs.
//!
//! `ROLODECK_FUZZ_SECONDS=600 cargo test --lib fuzz_` goes on for ten minutes a test; `ROLODECK_FUZZ_SEED` begins
//! elsewhere. What it finds is printed and becomes an example or a test of its own; docs/fuzzing.md keeps the record.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use fastrand::Rng;

/// Inputs of a run without a budget.
const ROUNDS: usize = 400;
/// Inputs grow no longer.
const LONGEST: usize = 64 * 1024;
/// An input that takes longer is printed at the end of a run with a budget.
const SLOW: Duration = Duration::from_secs(1);
/// Pieces that readers of many languages stumble over.
const PIECES: [&[u8]; 40] = [
    b"\0",
    b"\n",
    b"\r\n",
    b"\"",
    b"\"\"",
    b"'",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b",",
    b":",
    b";",
    b"\t",
    b"null",
    b"true",
    b"-0",
    b"1e999",
    b"-9223372036854775808",
    b"18446744073709551616",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc3",
    b"\xf0\x9f\x91\xa9\xe2\x80\x8d",
    b"\xe2\x80\xae",
    b"\x1b[2J",
    b"%s",
    b"%00",
    b"..",
    b"--",
    b"<!--",
    b"=1+1",
    b"NaN",
    b"9999-12-31T23:59:59Z",
    b"-0001-01-01",
];

/// Checks the examples, and then what becomes of them.
pub fn run(name: &str, examples: &[&[u8]], check: impl Fn(&[u8])) {
    let number = |variable: &str| std::env::var(variable).ok().and_then(|text| text.parse::<u64>().ok());
    let until = number("ROLODECK_FUZZ_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut random = Rng::with_seed(number("ROLODECK_FUZZ_SEED").unwrap_or(1));
    let mut pool: Vec<Vec<u8>> = examples.iter().map(|example| example.to_vec()).collect();
    for example in &pool {
        try_one(name, example, &check);
    }
    let mut rounds = 0;
    let mut slowest = (Duration::ZERO, Vec::new());
    while until.map_or(rounds < ROUNDS, |until| Instant::now() < until) {
        let input = change(&pool, &mut random);
        let start = Instant::now();
        try_one(name, &input, &check);
        let took = start.elapsed();
        if took > slowest.0 {
            slowest = (took, input.clone());
        }
        rounds += 1;
        // What comes from a changed input is further away from what anybody thought of.
        if pool.len() < 200 && rounds % 7 == 0 {
            pool.push(input);
        } else if rounds % 7 == 0 {
            let at = random.usize(examples.len()..pool.len());
            pool[at] = input;
        }
    }
    if until.is_some() {
        let (took, input) = slowest;
        println!("{name}: {rounds} inputs; the slowest, of {} bytes, took {took:?}", input.len());
        if took > SLOW {
            println!("  {}", input.escape_ascii());
        }
    }
}

fn try_one(name: &str, input: &[u8], check: &impl Fn(&[u8])) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(input))) {
        eprintln!("{name} fails with: {}", input.escape_ascii());
        resume_unwind(panic);
    }
}

/// One of the pool with one to eight changes.
fn change(pool: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    let mut input = pool[random.usize(..pool.len())].clone();
    for _ in 0..random.usize(1..=8) {
        let at = random.usize(..=input.len());
        match random.u8(0..9) {
            0 if !input.is_empty() => input[at.min(at.saturating_sub(1))] = random.u8(..),
            1 if !input.is_empty() => input[at.saturating_sub(1)] ^= 1 << random.u8(..8),
            2 => drop(input.drain(at..(at + random.usize(..16)).min(input.len()))),
            3 => input.truncate(at),
            4 => {
                let piece = PIECES[random.usize(..PIECES.len())];
                drop(input.splice(at..at, piece.iter().copied()));
            }
            5 => {
                // A piece of another, so that parts that never met do.
                let other = &pool[random.usize(..pool.len())];
                let from = random.usize(..=other.len());
                let to = (from + random.usize(..64)).min(other.len());
                drop(input.splice(at..at, other[from..to].iter().copied()));
            }
            6 => {
                // The same again and again: depth and length.
                let from = random.usize(..=at);
                let piece = input[from..at.min(from + 32)].to_vec();
                let times = 1 << random.u8(..9);
                drop(input.splice(at..at, piece.repeat(times)));
            }
            7 => input.insert(at, random.u8(..)),
            _ => {
                let c = random.char('\0'..='\u{10ffff}');
                drop(input.splice(at..at, c.encode_utf8(&mut [0; 4]).bytes()));
            }
        }
        input.truncate(LONGEST);
    }
    input
}
