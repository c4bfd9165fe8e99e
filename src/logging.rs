//! The log: to a file that a day's turn closes, and to stderr for commands that ask for it. Never a secret.
//!
//! While the dashboard runs nothing may write to the terminal, so its caller gives no verbosity and the file is all.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tracing::field::Field;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::{self, LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use crate::config::is_secret_name;
use crate::domain::text::visible;

/// The environment variable that says what goes into the log file: targets and levels, as [`Targets`] reads them.
const FILTER_ENV: &str = "ROLODECK_LOG";

/// Lines on their way to the file; more that come at once are lost rather than waited for.
const BUFFERED: usize = 8_192;

/// Writes out what is still on its way to the file when it is dropped: keep it to the end of `main`.
#[derive(Debug)]
#[must_use]
pub struct Guard(#[allow(dead_code)] Option<WorkerGuard>); // held for its Drop

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// `ROLODECK_LOG` cannot be understood.
    #[error("the log filter cannot be read: {0}")]
    Filter(String),
    /// The directory takes no file.
    #[error("no log file in {}: {cause}", .path.display())]
    Directory {
        /// The directory of the logs.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// This process has a log.
    #[error("the log was started before")]
    Started,
}

/// Starts the log of this process: into `rolodeck.DATE.log` in a directory, if one is given, of which `files_kept` stay
/// (one a day), and to stderr if `verbose` (the number of `-v`) is not 0.
pub fn start(directory: Option<&Path>, files_kept: usize, verbose: u8) -> Result<Guard, LogError> {
    let (file, guard) = match directory {
        None => (None, None),
        Some(path) => {
            let appender = RollingFileAppender::builder()
                .rotation(Rotation::DAILY)
                .filename_prefix("rolodeck")
                .filename_suffix("log")
                .max_log_files(files_kept.max(1))
                .build(path)
                .map_err(|error| LogError::Directory { path: path.to_owned(), cause: error.to_string() })?;
            let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(BUFFERED).finish(appender);
            (Some(layer(writer).with_filter(file_filter(verbose)?)), Some(guard))
        }
    };
    let stderr = match verbose {
        0 => None,
        _ => Some(layer(std::io::stderr).with_filter(levels(verbose))),
    };
    let recent = layer(|| Recent).with_filter(file_filter(verbose)?);
    Registry::default().with(file).with(recent).with(stderr).try_init().map_err(|_| LogError::Started)?;
    Ok(Guard(guard))
}

/// Lines that are kept for the log screen.
const KEPT: usize = 1_000;

/// The last lines, and how many there ever were.
static RECENT: Mutex<(u64, VecDeque<String>)> = Mutex::new((0, VecDeque::new()));

/// Takes what goes to the log file for the log screen, too.
struct Recent;

impl io::Write for Recent {
    /// The formatter writes a record in one piece.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes).trim_end().to_owned();
        let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
        recent.0 += 1;
        if recent.1.len() == KEPT {
            recent.1.pop_front();
        }
        recent.1.push_back(line);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How many lines were logged so far, and the last of them.
pub fn recent() -> (u64, Vec<String>) {
    let recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    (recent.0, recent.1.iter().cloned().collect())
}

/// How many lines were logged so far.
pub fn recent_count() -> u64 {
    RECENT.lock().unwrap_or_else(PoisonError::into_inner).0
}

fn file_filter(verbose: u8) -> Result<Targets, LogError> {
    match std::env::var(FILTER_ENV) {
        Ok(text) if !text.trim().is_empty() => {
            text.trim().parse().map_err(|error: filter::ParseError| LogError::Filter(error.to_string()))
        }
        _ => Ok(levels(verbose.max(1))),
    }
}

/// What `-v`, `-vv` and `-vvv` show: ours one step finer than what the libraries say.
fn levels(verbose: u8) -> Targets {
    let (others, ours) = match verbose {
        0 | 1 => (LevelFilter::WARN, LevelFilter::INFO),
        2 => (LevelFilter::INFO, LevelFilter::DEBUG),
        _ => (LevelFilter::DEBUG, LevelFilter::TRACE),
    };
    Targets::new().with_default(others).with_target(env!("CARGO_PKG_NAME"), ours)
}

fn layer<S, W>(writer: W) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(writer)
        .fmt_fields(debug_fn(write_field).delimited(" "))
}

/// A field as it stands in the log: no secrets, and nothing that moves a cursor or begins a new line.
fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    if is_secret_name(field.name()) {
        return write!(writer, "{}=[redacted]", field.name());
    }
    let mut text = String::new();
    write!(text, "{value:?}")?;
    let text = without_credentials(&text);
    let text = visible(&text);
    match field.name() {
        "message" => write!(writer, "{text}"),
        name => write!(writer, "{name}={text}"),
    }
}

/// Cuts out what follows `Bearer`, `Basic` and the like, should a header or an error of a library carry it.
fn without_credentials(text: &str) -> String {
    const BEFORE: [&str; 6] = ["bearer ", "basic ", "access_token=", "refresh_token=", "client_secret=", "assertion="];
    let lower = text.to_ascii_lowercase(); // the same length in bytes
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let next = BEFORE.iter().filter_map(|sign| lower[at..].find(sign).map(|found| at + found + sign.len())).min();
        let Some(start) = next else { break };
        let end = text[start..]
            .find(|c: char| c.is_whitespace() || "\"'&,;)}".contains(c))
            .map_or(text.len(), |length| start + length);
        shown.push_str(&text[at..start]);
        shown.push_str("[redacted]");
        at = end;
    }
    shown.push_str(&text[at..]);
    shown
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(say: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = Registry::default().with(layer(move || writer.clone()));
        tracing::subscriber::with_default(subscriber, say);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn secrets_never_reach_the_log() {
        let text = logged(|| {
            let span = tracing::info_span!("call", refresh_token = "hunter2", user = "ana");
            let _entered = span.enter();
            tracing::info!(token = "hunter2", Authorization = %"hunter2", client_secret = 5, status = 200, "sent");
            tracing::warn!(header = "Bearer hunter2", "failed: POST /token?refresh_token=hunter2&x=1");
        });
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("token=[redacted]") && text.contains("status=200"), "{text}");
        assert!(text.contains("user=\"ana\"") && text.contains("&x=1"), "{text}");
        assert!(text.contains("header=\"Bearer [redacted]\""), "{text}");
    }

    #[test]
    fn a_record_is_one_line_and_moves_no_cursor() {
        let name = "a\nWARN forged \u{1b}[2J";
        let text = logged(|| tracing::info!(name, "hello {name}"));
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains('\u{1b}'));
    }

    proptest::proptest! {
        #[test]
        fn nothing_after_bearer_is_left(before in "\\PC{0,20}", secret in "[A-Za-z0-9.!_-]{12,40}", after in "\\PC{0,20}") {
            let shown = without_credentials(&format!("{before} bearer {secret} {after}"));
            proptest::prop_assert!(!shown.contains(&secret) || before.contains(&secret) || after.contains(&secret));
        }
    }
}
