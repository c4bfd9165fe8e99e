use std::collections::BTreeMap;

use super::*;
use crate::domain::{Field, Values};
use crate::ingest::csv::{self, Options};

/// Contacts by email, in memory.
#[derive(Default)]
struct Memory {
    contacts: BTreeMap<String, Values>,
    batches: Vec<usize>,
    fails: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("full")]
struct Full;

impl RowSink for Memory {
    type Error = Full;

    async fn take(&mut self, rows: &[Row]) -> Result<Taken, Full> {
        if self.fails {
            return Err(Full);
        }
        self.batches.push(rows.len());
        let take = |row: &Row| {
            let email = row.values.text(Field::Email).unwrap_or_default().to_owned();
            if email == "held@x.no" {
                let reason = "held by another contact".to_owned();
                return Stored::Rejected(Problem { column: "email".into(), value: email, reason });
            }
            match self.contacts.insert(email, row.values.clone()) {
                None => Stored::Created,
                Some(before) if before == row.values => Stored::Unchanged,
                Some(_) => Stored::Updated,
            }
        };
        Ok(Taken { rows: rows.iter().map(take).collect(), ..Taken::default() })
    }
}

async fn import(
    text: &'static str,
    sink: &mut Memory,
    stop: &CancellationToken,
) -> (Result<Report, ImportError<Full>>, String) {
    let csv = csv::open(text.as_bytes(), Options::default()).unwrap();
    let mut file = Vec::new();
    let mut rejects = Rejects::new(&mut file, csv.plan()).unwrap();
    let report = run(csv, sink, Some(&mut rejects), stop, |_, _| {}).await;
    drop(rejects);
    (report, String::from_utf8(file).unwrap())
}

const FILE: &str = "email,city,phone\na@x.no,Oslo,\nb@x.no,Bergen,ask\nbad,Oslo,\nA@x.no,Moss,\n,Oslo,\nheld@x.no,,\nb@x.no,Bergen,ask\n";

#[tokio::test]
async fn every_row_is_accounted_for() {
    let mut memory = Memory::default();
    let (report, rejects) = import(FILE, &mut memory, &CancellationToken::new()).await;
    let report = report.unwrap();
    let counts = (report.created, report.updated, report.unchanged, report.skipped, report.rejected);
    assert_eq!(counts, (2, 1, 1, 1, 2));
    assert_eq!(report.rows(), 7);
    assert_eq!(report.warnings, 2);
    let listed: Vec<String> = report.listed.iter().map(ToString::to_string).collect();
    assert!(
        listed.contains(&"line 4: rejected: email: `bad` is not an email address (name@domain)".to_owned()),
        "{listed:?}"
    );
    assert!(listed.iter().any(|line| line.starts_with("line 6: skipped: ")), "{listed:?}");
    assert!(listed.iter().any(|line| line.starts_with("line 3: warning: phone: ")), "{listed:?}");
    let lines: Vec<_> = rejects.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(lines, ["bad", "", "held@x.no"]);
}

#[tokio::test]
async fn importing_again_changes_nothing() {
    let mut memory = Memory::default();
    let file = "email,city\na@x.no,Oslo\nb@x.no,Bergen\n";
    import(file, &mut memory, &CancellationToken::new()).await.0.unwrap();
    let report = import(file, &mut memory, &CancellationToken::new()).await.0.unwrap();
    assert_eq!((report.created, report.updated, report.unchanged), (0, 0, 2));
}

#[tokio::test]
async fn rows_come_in_batches_and_progress_reaches_the_end() {
    let rows = 2 * BATCH + 1;
    let text = (0..rows).fold("email\n".to_owned(), |text, n| format!("{text}p{n}@x.no\n"));
    let size = text.len() as u64;
    let csv = csv::open(std::io::Cursor::new(text), Options::default()).unwrap();
    let mut memory = Memory::default();
    let mut seen = Vec::new();
    let none: Option<&mut Rejects<Vec<u8>>> = None;
    let stop = CancellationToken::new();
    let report = run(csv, &mut memory, none, &stop, |report, bytes| seen.push((report.rows(), bytes)));
    assert_eq!(report.await.unwrap().created, rows as u64);
    assert_eq!(memory.batches, [BATCH, BATCH, 1]);
    assert_eq!(seen.last(), Some(&(rows as u64, size)));
}

#[tokio::test]
async fn a_store_that_fails_names_the_line() {
    let mut memory = Memory { fails: true, ..Memory::default() };
    let (report, _) = import(FILE, &mut memory, &CancellationToken::new()).await;
    assert!(matches!(report.unwrap_err(), ImportError::Store { line: 2, .. }));
}

#[tokio::test]
async fn a_stopped_import_says_so_and_stores_nothing_more() {
    let stop = CancellationToken::new();
    stop.cancel();
    let mut memory = Memory::default();
    let (report, _) = import(FILE, &mut memory, &stop).await;
    assert!(report.unwrap().canceled);
    assert!(memory.contacts.is_empty());
}
