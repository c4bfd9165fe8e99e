//! Makes a large store of made-up people, for looking around and for benchmarks. The same seed makes the same store.
//!
//! ```text
//! cargo run --release --example generate -- --out /tmp/large --contacts 1000000 --activities 5000000 --seed 1
//! rolodeck --data-dir /tmp/large
//! ```
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../benches/support/generate.rs"]
mod generate;

use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use generate::{Size, generate};

/// Make a large store of made-up people
#[derive(Debug, Parser)]
struct Args {
    /// Folder for the store; it is made if need be
    #[arg(long)]
    out: PathBuf,
    /// How many contacts
    #[arg(long, default_value_t = 1_000_000)]
    contacts: i64,
    /// How many activities
    #[arg(long, default_value_t = 5_000_000)]
    activities: i64,
    /// The same seed makes the same store
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    std::fs::create_dir_all(&args.out).unwrap();
    let begin = Instant::now();
    let size = Size { contacts: args.contacts, activities: args.activities, seed: args.seed };
    generate(&args.out, size, |what| println!("{:>7.1} s  {what}", begin.elapsed().as_secs_f64())).await;
}
