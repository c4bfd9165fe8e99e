//! The configuration through the library's door: files on disk, their places and their faults.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use rolodeck::config::{Config, ConfigError, Paths};
use rolodeck::words::{Code, Failure};

fn load(text: impl AsRef<[u8]>) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    fs::write(&path, text).unwrap();
    Config::load(Some(&path))
}

#[test]
fn the_example_as_it_is_changes_nothing() {
    assert_eq!(load(include_str!("../config.example.toml")).unwrap(), Config::default());
}

#[test]
fn a_file_says_what_it_says_and_the_rest_is_default() {
    let config = load("[sync]\ninterval_seconds = 60\n").unwrap();
    assert_eq!(config.sync.interval_seconds, 60);
    let mut rest = config;
    rest.sync.interval_seconds = Config::default().sync.interval_seconds;
    assert_eq!(rest, Config::default());
}

#[test]
fn a_warning_does_not_keep_a_file_from_being_used() {
    assert_eq!(load("[serve]\nlisten = \"0.0.0.0:80\"\n").unwrap().serve.listen.port(), 80);
}

#[test]
fn every_fault_of_a_file_ends_with_exit_status_2_and_says_why() {
    let missing = Config::load(Some(Path::new("/nowhere/rolodeck.toml"))).unwrap_err();
    let directory = Config::load(Some(&std::env::temp_dir())).unwrap_err();
    let cases = [
        (missing, "there is no file /nowhere/rolodeck.toml"),
        (directory, "directory"),
        (load(b"[user]\n\nemail = \"\xff\"\n").unwrap_err(), ":3: this line is not UTF-8 text"),
        (load("[user\n").unwrap_err(), ":1:6: unclosed table"),
        (load("[user]\nrole = \"boss\"\n").unwrap_err(), ":2:8: user.role: unknown value `boss`"),
        (load("[user]\nemial = \"\"\n").unwrap_err(), ":2:1: user.emial: unknown key `emial`"),
        (load("[user]\ntime_zone = \"Mars\"\n").unwrap_err(), ":2:13: user.time_zone: unknown time zone `Mars`"),
    ];
    for (error, why) in cases {
        let failure = Failure::from(error);
        assert!(failure.why.contains(why), "{failure}");
        assert_eq!(failure.code, Code::Usage);
        assert!(!failure.what.is_empty() && !failure.hint.is_empty(), "{failure}");
        assert_eq!(failure.to_string().lines().count(), 3, "{failure}");
    }
}

#[test]
fn named_places_are_taken_as_they_are() {
    let paths = Paths::find(Some(Path::new("a.toml")), Some(Path::new("data"))).unwrap();
    assert_eq!((paths.config_file.as_path(), paths.data_dir.as_path()), (Path::new("a.toml"), Path::new("data")));
    assert!(paths.config_is_named);
}
