//! The configuration's, the data directory's and the log's errors in words.

use super::{Failure, Report, io_words};
use crate::config::{ConfigError, DataDirError, Problem, SecretError};
use crate::logging::LogError;

const NOT_READ: &str = "the configuration cannot be read";

impl Report for ConfigError {
    fn report(&self) -> Failure {
        match self {
            Self::Missing(path) => Failure::usage(
                NOT_READ,
                format!("there is no file {}", path.display()),
                "check --config and ROLODECK_CONFIG; `rolodeck config example > FILE` writes one to begin with",
            ),
            Self::Unreadable { path, cause } => Failure::usage(
                NOT_READ,
                format!("{}: {}", path.display(), io_words(cause)),
                "make it a file that you can read, or name another with --config",
            ),
            Self::NotText { path, line } => Failure::usage(
                NOT_READ,
                format!("{}:{line}: this line is not UTF-8 text", path.display()),
                "save the file as UTF-8",
            ),
            Self::Invalid { path, problems } => invalid(path, problems),
            Self::NoHome => Failure::usage(
                "there is no place for rolodeck's files",
                "this user has no home directory",
                "name the places with --config and --data-dir",
            ),
        }
    }
}

fn invalid(path: &std::path::Path, problems: &[Problem]) -> Failure {
    let what = "the configuration is not right";
    let errors: Vec<&Problem> = problems.iter().filter(|problem| problem.is_error()).collect();
    let Some(first) = errors.first() else {
        return Failure::usage(what, path.display().to_string(), "see `rolodeck config check`");
    };
    let place = first.place.as_ref().map_or(String::new(), |place| format!(":{}:{}", place.line, place.column));
    let key = if first.key.is_empty() { String::new() } else { format!("{}: ", first.key) };
    let text = first.place.as_ref().map_or(String::new(), |place| format!(", in: {}", place.text));
    let why = format!("{}{place}: {key}{}{text}", path.display(), first.message);
    let hint = first.hint.as_deref().unwrap_or("see `rolodeck config example` for every key");
    let hint = match errors.len() {
        1 => hint.to_owned(),
        all => format!("{hint}; `rolodeck config check` lists all {all} errors"),
    };
    Failure::usage(what, why, hint)
}

impl Report for SecretError {
    fn report(&self) -> Failure {
        let what = "a secret cannot be read";
        match self {
            Self::Unreadable { path, cause } => Failure::usage(
                what,
                format!("{}: {}", path.display(), io_words(cause)),
                "put the secret there, or name another file in the configuration",
            ),
            Self::Exposed { path, mode } => Failure::usage(
                what,
                format!("other users can read {} (mode {mode:04o})", path.display()),
                format!("run `chmod 600 {}`", path.display()),
            ),
            Self::Empty(path) => {
                Failure::usage(what, format!("{} is empty", path.display()), "put the secret into the file")
            }
            Self::NotText(source) => Failure::usage(
                what,
                format!("{source} does not hold a text of at most 64 KiB"),
                "a secret is one line of text",
            ),
        }
    }
}

impl Report for DataDirError {
    fn report(&self) -> Failure {
        let what = "the data directory cannot be used";
        let hint = "make it yours to write to, or name another directory with --data-dir or ROLODECK_DATA_DIR";
        match self {
            Self::NotCreated { path, cause } => {
                Failure::new(what, format!("{} cannot be created: {}", path.display(), io_words(cause)), hint)
            }
            Self::NotADirectory(path) => {
                Failure::new(what, format!("{} is a file and not a directory", path.display()), hint)
            }
            Self::NotWritable { path, cause } => {
                Failure::new(what, format!("{} cannot be written to: {}", path.display(), io_words(cause)), hint)
            }
        }
    }
}

impl Report for LogError {
    fn report(&self) -> Failure {
        let what = "the log cannot be started";
        match self {
            Self::Filter(cause) => Failure::usage(
                what,
                format!("ROLODECK_LOG is not a log filter: {cause}"),
                "write it as in ROLODECK_LOG=rolodeck=debug,warn, or unset it",
            ),
            Self::Directory { path, cause } => Failure::new(
                what,
                format!("no file can be written in {}: {cause}", path.display()),
                "make the directory writable, or name another with --data-dir",
            ),
            Self::Started => Failure::new(what, "it was started before in this process", "report this as a bug"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read;

    #[test]
    fn a_wrong_file_is_told_with_place_text_and_advice() {
        let (_, problems) = read("[sync]\nintervall_seconds = 5\n[user]\nemail = \"x\"\n");
        let failure = Failure::from(ConfigError::Invalid { path: "/c.toml".into(), problems });
        assert_eq!(
            failure.to_string(),
            "error: the configuration is not right\n  \
             why: /c.toml:2:1: sync.intervall_seconds: unknown key `intervall_seconds`, in: intervall_seconds = 5\n  \
             fix: did you mean `interval_seconds`?; `rolodeck config check` lists all 2 errors"
        );
        assert_eq!(failure.code.number(), 2);
    }
}
