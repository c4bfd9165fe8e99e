//! The log of a process. One test: a process has one log.

use std::fs;

use rolodeck::logging::{self, LogError};
use rolodeck::words::Failure;

#[test]
fn the_log_is_a_file_of_the_day_without_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let blocked = dir.path().join("blocked");
    fs::write(&blocked, "").unwrap();
    let refused = logging::start(Some(&blocked), 14, 0).unwrap_err();
    assert!(matches!(&refused, LogError::Directory { path, .. } if *path == blocked), "{refused:?}");
    assert_eq!(Failure::from(refused).to_string().lines().count(), 3);

    let logs = dir.path().join("logs");
    let guard = logging::start(Some(&logs), 14, 0).unwrap();
    assert!(matches!(logging::start(Some(&logs), 14, 0), Err(LogError::Started)));
    tracing::info!(target: "rolodeck::test", token = "hunter2", batch = 7, "sent");
    tracing::debug!(target: "rolodeck::test", "too fine for a log that nobody asked more of");
    tracing::info!(target: "some::library", "chatter");
    drop(guard); // writes out what is on its way

    let files: Vec<_> = fs::read_dir(&logs).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("one file: {files:?}") };
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("rolodeck."), "{name}");
    assert_eq!(std::path::Path::new(name).extension().and_then(|end| end.to_str()), Some("log"));
    let text = fs::read_to_string(file).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("INFO rolodeck::test: sent token=[redacted] batch=7"), "{text}");
}
