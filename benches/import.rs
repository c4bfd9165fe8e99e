//! A million rows into the store, against `sqlite3 .import` with the same indexes (P7).
//!
//! ```text
//! cargo bench --bench import
//! ROLODECK_BENCH_ROWS=100000 cargo bench --bench import
//! ```
//!
//! Ours is the import as `rolodeck import` runs it: reading, validating (E.164 by libphonenumber), identification of
//! every row by email and mobile phone, history, the import's list, every index and the search index, in transactions
//! short enough for other processes to write between them. Theirs is the same file by `.import` of the `sqlite3`
//! program into one table, then the same indexes, then the same trigram index: nobody is identified, nothing is checked.
//! One in a hundred rows is about a person of an earlier row.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use rolodeck::domain::phone::Country;
use rolodeck::ingest::import::{How, Job, Report, known};
use rolodeck::store::Store;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() {
    let rows: usize = std::env::var("ROLODECK_BENCH_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    generate(&file, rows);
    let size = std::fs::metadata(&file).unwrap().len() >> 20;
    println!("{rows} rows, {size} MiB");

    let theirs = sqlite3(&file, folder.path());
    let (first, report) = ours(&file, folder.path()).await;
    println!("rolodeck  import    {first:8.2} s   {:.0} rows/s, {} created", rows as f64 / first, report.created);
    let (again, report) = ours(&file, folder.path()).await;
    println!("rolodeck  again     {again:8.2} s   {} unchanged, {} updated", report.unchanged, report.updated);
    let parsed = parse(&file).await;
    println!("rolodeck  dry run   {parsed:8.2} s   into a store that is empty");
    match theirs {
        Some(theirs) => println!("ratio     {:.2}    (bar: at most 2)", first / theirs),
        None => println!("ratio     none: there is no sqlite3 program on this machine"),
    }
}

async fn ours(file: &Path, folder: &Path) -> (f64, Report) {
    let store = Store::open(&folder.join("rolodeck.db")).await.unwrap();
    let start = Instant::now();
    let options = known(&store, Country::parse("US")).await.unwrap();
    let job = Job::open(file, options).unwrap();
    let done = job.run(&store, &How::default(), &CancellationToken::new(), |_| {}).await.unwrap();
    store.close().await;
    (start.elapsed().as_secs_f64(), done.report)
}

async fn parse(file: &Path) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("rolodeck.db")).await.unwrap();
    let start = Instant::now();
    let options = known(&store, Country::parse("US")).await.unwrap();
    let how = How { dry_run: true, ..How::default() };
    Job::open(file, options).unwrap().run(&store, &how, &CancellationToken::new(), |_| {}).await.unwrap();
    start.elapsed().as_secs_f64()
}

/// The same file, indexes and search text by the program of SQLite; its seconds in all.
fn sqlite3(file: &Path, folder: &Path) -> Option<f64> {
    let database = folder.join("theirs.db");
    let table = "PRAGMA journal_mode = wal; PRAGMA synchronous = normal; PRAGMA cache_size = -131072;\n\
        CREATE TABLE contact (first_name TEXT, last_name TEXT, email TEXT, mobile_phone TEXT, company TEXT, job_title TEXT, \
          city TEXT, country TEXT, employees TEXT, status TEXT, source TEXT);\n";
    let import = format!("{table}.mode csv\n.import --skip 1 \"{}\" contact\n", file.display());
    // What a row of ours has besides the cells of the file; adding columns rewrites nothing.
    let indexes = "PRAGMA cache_size = -131072;\n\
        ALTER TABLE contact ADD COLUMN created_at INTEGER DEFAULT 1790000000000;\n\
        ALTER TABLE contact ADD COLUMN updated_at INTEGER DEFAULT 1790000000000;\n\
        ALTER TABLE contact ADD COLUMN interacted_at INTEGER;\n\
        ALTER TABLE contact ADD COLUMN owner_id INTEGER;\n\
        ALTER TABLE contact ADD COLUMN name_key TEXT AS (lower(last_name || ' ' || first_name)) VIRTUAL;\n\
        CREATE INDEX contact_email ON contact (email) WHERE email IS NOT NULL;\n\
        CREATE INDEX contact_mobile ON contact (mobile_phone) WHERE mobile_phone <> '';\n\
        CREATE INDEX contact_recent ON contact (created_at);\n\
        CREATE INDEX contact_name ON contact (name_key, interacted_at, created_at, updated_at, status, owner_id);\n\
        CREATE INDEX contact_created ON contact (created_at, interacted_at);\n\
        CREATE INDEX contact_updated ON contact (updated_at, created_at, interacted_at);\n\
        CREATE INDEX contact_status ON contact (status, created_at, owner_id);\n\
        CREATE INDEX contact_facts ON contact (status, owner_id);\n\
        CREATE INDEX contact_company ON contact (company COLLATE NOCASE) WHERE company IS NOT NULL;\n";
    let search = "PRAGMA cache_size = -131072;\n\
        CREATE TABLE contact_text (id INTEGER PRIMARY KEY, place INTEGER NOT NULL, text TEXT NOT NULL);\n\
        INSERT INTO contact_text (id, place, text) SELECT rowid, created_at >> 24 << 32 | rowid, ' ' || lower(first_name || ' ' || last_name || ' ' || email \
          || ' ' || mobile_phone || ' ' || company || ' ' || job_title || ' ' || city || ' ' || country) FROM contact;\n\
        CREATE VIRTUAL TABLE contact_search USING fts5 (text, tokenize = 'trigram', detail = none, content = '');\n\
        INSERT INTO contact_search (rowid, text) SELECT place, text || '  ' FROM contact_text;\n";
    let mut all = 0.0;
    for (step, script) in [("import", import.as_str()), ("indexes", indexes), ("search", search)] {
        let start = Instant::now();
        let mut child =
            Command::new("sqlite3").arg(&database).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().ok()?;
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{step}");
        let seconds = start.elapsed().as_secs_f64();
        println!("sqlite3   {step:<9} {seconds:8.2} s");
        all += seconds;
    }
    println!("sqlite3   in all    {all:8.2} s");
    Some(all)
}

const FIRST: [&str; 24] = [
    "Ana", "Bo", "Cy", "Dina", "Eva", "Finn", "Greta", "Hugo", "Ida", "Jon", "Kari", "Liv", "Mona", "Nils", "Olga",
    "Per", "Rosa", "Siv", "Tor", "Ulla", "Vera", "Zoë", "Åsa", "José",
];
const LAST: [&str; 20] = [
    "Berg",
    "Lee",
    "Dahl",
    "Ødegård",
    "Smith",
    "Jones",
    "Garcia",
    "Müller",
    "Rossi",
    "Silva",
    "Novak",
    "Kowalski",
    "Haugen",
    "Larsen",
    "Nguyen",
    "Patel",
    "Tanaka",
    "Okafor",
    "Brown",
    "Walker",
];
const PLACES: [(&str, &str, &str); 8] = [
    ("Oslo", "Norway", "+47 9"),
    ("Bergen", "Norway", "+47 4"),
    ("Berlin", "Germany", "+49 151 "),
    ("London", "United Kingdom", "+44 7911 "),
    ("Austin", "USA", "(512) 5"),
    ("Madrid", "Spain", "+34 61"),
    ("São Paulo", "Brazil", "+55 11 9"),
    ("Kraków", "Poland", "+48 60"),
];
const TITLES: [&str; 8] =
    ["CEO", "CTO", "Head of Sales", "Account Executive", "Engineer", "Buyer", "Office Manager", "Founder"];
const STATUSES: [&str; 6] = ["", "", "", "Qualified", "Marketing qualified", "Disqualified"];

/// The same rows each time.
fn generate(path: &Path, rows: usize) {
    let mut random = fastrand::Rng::with_seed(7);
    let mut file = BufWriter::new(File::create(path).unwrap());
    let header = "First Name,Last Name,Email,Mobile,Company,Job Title,City,Country,Employees,Status,Source";
    writeln!(file, "{header}").unwrap();
    let mut line = String::new();
    for n in 0..rows {
        // One in a hundred is somebody who was there before.
        let person = if n > 0 && n % 100 == 99 { random.usize(0..n) } else { n };
        let mut of_person = fastrand::Rng::with_seed(person as u64 * 31 + 1);
        let first = FIRST[of_person.usize(0..FIRST.len())];
        let last = LAST[of_person.usize(0..LAST.len())];
        let (city, country, dial) = PLACES[of_person.usize(0..PLACES.len())];
        let company = of_person.usize(0..rows.div_ceil(8).max(1));
        line.clear();
        let _ = write!(line, "{first},{last},{}.{}{person}@company{company}.test,", ascii(first), ascii(last));
        if of_person.u8(0..10) < 6 {
            let digits = match dial {
                "(512) 5" => format!("{:02}-{:04}", person / 10_000 % 100, person % 10_000),
                "+49 151 " => format!("{:08}", person % 100_000_000),
                "+44 7911 " => format!("{:06}", person % 1_000_000),
                _ => format!("{:07}", person % 10_000_000),
            };
            line.push_str(dial);
            line.push_str(&digits);
        }
        let _ = write!(
            line,
            ",Company {company} AS,{},{city},{country},{},{},{}",
            TITLES[of_person.usize(0..TITLES.len())],
            of_person.u32(1..5_000),
            STATUSES[of_person.usize(0..STATUSES.len())],
            if person % 3 == 0 { "Web" } else { "Fair" },
        );
        writeln!(file, "{line}").unwrap();
    }
    file.flush().unwrap();
}

fn ascii(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect()
}
