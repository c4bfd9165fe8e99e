//! The binary, as a shell sees it.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assert_cmd::assert::OutputAssertExt;
use tempfile::TempDir;

/// The binary with a home of its own and nothing of ours in its environment.
fn rolodeck(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolodeck"));
    command.env_clear().env("HOME", home).current_dir(home);
    command
}

struct Run {
    status: i32,
    stdout: String,
    stderr: String,
}

fn run(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn write_config(home: &Path, text: &str) -> std::path::PathBuf {
    let path = home.join("config.toml");
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn help_is_short_and_long() {
    let home = home();
    for (name, args) in [
        ("help_short", vec!["-h"]),
        ("help_long", vec!["--help"]),
        ("help_demo_long", vec!["demo", "--help"]),
        ("help_config_short", vec!["config", "-h"]),
        ("help_config_long", vec!["config", "--help"]),
        ("help_config_check_long", vec!["config", "check", "--help"]),
        ("help_completions_long", vec!["completions", "--help"]),
        ("help_man_long", vec!["man", "--help"]),
        ("help_auth_key_long", vec!["auth", "key", "--help"]),
        ("help_contact_long", vec!["contact", "--help"]),
        ("help_contact_edit_long", vec!["contact", "edit", "--help"]),
        ("help_contact_erase_long", vec!["contact", "erase", "--help"]),
        ("help_field_long", vec!["field", "--help"]),
        ("help_duplicates_long", vec!["duplicates", "--help"]),
        ("help_user_long", vec!["user", "--help"]),
    ] {
        let run = run(rolodeck(home.path()).args(args));
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{name}");
        // Trailing blanks are the help writer's, not ours, and editors drop them.
        let text = run.stdout.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn wrong_usage_is_exit_status_2() {
    let home = home();
    for args in [vec!["--no-such-option"], vec!["no-such-command"], vec!["config"], vec!["completions", "tcl"]] {
        rolodeck(home.path()).args(args).assert().code(2);
    }
    rolodeck(home.path()).arg("--version").assert().code(0).stdout(format!("rolodeck {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn an_unknown_key_is_told_with_file_line_column_text_and_suggestion() {
    let home = home();
    let path = write_config(home.path(), "# mine\n[sync]\n  intervall_seconds = 9\n");
    let run = run(rolodeck(home.path()).args(["config", "show", "--config"]).arg(&path));
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert_eq!(
        run.stderr,
        format!(
            "error: the configuration is not right\n  why: {}:3:3: sync.intervall_seconds: unknown key \
             `intervall_seconds`, in: intervall_seconds = 9\n  fix: did you mean `interval_seconds`?\n",
            path.display()
        )
    );
}

#[test]
fn scripts_get_errors_as_json() {
    let home = home();
    let run = run(rolodeck(home.path()).args(["config", "show", "--json", "--config", "nowhere.toml"]));
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    let error: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!(error["error"]["code"], 2);
    assert_eq!(error["error"]["why"], "there is no file nowhere.toml");
}

#[test]
fn check_lists_every_problem_at_once() {
    let home = home();
    let text = "[user]\nemail = \"ana\"\nrole = \"member\"\nshoe_size = 38\n[serve]\nlisten = \"0.0.0.0:8787\"\n";
    let path = write_config(home.path(), text);
    let check =
        |more: &[&str]| run(rolodeck(home.path()).arg("--config").arg(&path).args(["config", "check"]).args(more));

    let people = check(&[]);
    assert_eq!((people.status, people.stderr.as_str()), (2, ""));
    insta::assert_snapshot!("config_check", people.stdout.replace(path.to_str().unwrap(), "config.toml"));

    let scripts = check(&["--json"]);
    assert_eq!(scripts.status, 2);
    let report: serde_json::Value = serde_json::from_str(&scripts.stdout).unwrap();
    assert_eq!(report["ok"], false);
    let problems = report["problems"].as_array().unwrap();
    let short: Vec<_> = problems.iter().map(|p| (p["key"].as_str().unwrap(), p["line"].as_i64().unwrap())).collect();
    assert_eq!(short, [("user.email", 2), ("user.shoe_size", 4), ("serve.listen", 6)]);
    assert_eq!(problems[2]["severity"], "warning");

    write_config(home.path(), "[serve]\nlisten = \"0.0.0.0:8787\"\n");
    assert_eq!(check(&[]).status, 0, "a warning is no error");
}

/// Programs do not start with a filter that is wrong: the check says so, too, and knows the fields of this store.
#[test]
fn check_reads_the_filters() {
    let home = home();
    let data = home.path().join("data");
    let text = "[sync]\ngate = \"statsu:qualified\"\n[[sync.profile]]\nname = \"big\"\nwhen = \"Seats:>5 source:calcom\"\n\
        [[hook]]\nname = \"h\"\nurl = \"http://127.0.0.1:1\"\nsecret_file = \"/s\"\nfilter = \"(ana\"\n";
    let path = write_config(home.path(), text);
    let command = |args: &[&str]| {
        run(rolodeck(home.path()).arg("--config").arg(&path).arg("--data-dir").arg(&data).arg("--json").args(args))
    };
    let wrong = || {
        let report: serde_json::Value = serde_json::from_str(&command(&["config", "check"]).stdout).unwrap();
        let problems = report["problems"].as_array().unwrap().clone();
        let of_filter = |key: &str| ["gate", "when", "filter"].iter().any(|name| key.ends_with(name));
        let filters = problems.into_iter().filter(|problem| of_filter(problem["key"].as_str().unwrap()));
        filters.map(|p| (p["key"].as_str().unwrap().to_owned(), p["line"].as_i64().unwrap())).collect::<Vec<_>>()
    };
    let key = |name: &str, line| (name.to_owned(), line);
    assert_eq!(wrong(), [key("sync.gate", 2), key("sync.profile[0].when", 5), key("hook[0].filter", 10)]);
    let check = run(rolodeck(home.path()).arg("--config").arg(&path).args(["config", "check"]));
    assert!(check.status == 2 && check.stdout.contains("did you mean `status`?"), "{}", check.stdout);
    assert!(!data.exists(), "who looks makes no store");
    // With the field in the store, the profile is right.
    let free = write_config(home.path(), "");
    assert_eq!(command(&["field", "add", "Seats", "--type", "number"]).status, 0);
    fs::write(&free, text).unwrap();
    assert_eq!(wrong(), [key("sync.gate", 2), key("hook[0].filter", 10)]);
    let doctor = command(&["doctor", "--offline"]).stdout;
    assert!(doctor.contains("sync.gate: unknown key `statsu`"), "{doctor}");
}

#[test]
#[cfg(unix)]
fn check_looks_at_the_files_of_secrets_and_shows_none() {
    use std::os::unix::fs::PermissionsExt;
    let home = home();
    fs::write(home.path().join("hook"), "hunter2").unwrap();
    fs::set_permissions(home.path().join("hook"), fs::Permissions::from_mode(0o644)).unwrap();
    let path = write_config(home.path(), "[source.calcom]\nsecret_file = \"~/hook\"\n");
    let command = |args: &[&str]| run(rolodeck(home.path()).env("ROLODECK_CONFIG", &path).args(args));
    let exposed = command(&["config", "check"]);
    assert_eq!(exposed.status, 2);
    assert!(exposed.stdout.contains("can be read by others (mode 0644)"), "{}", exposed.stdout);
    fs::set_permissions(home.path().join("hook"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(command(&["config", "check"]).status, 0);
    for args in [["config", "show"].as_slice(), &["config", "check"], &["config", "show", "--json"]] {
        let run = command(args);
        assert!(!run.stdout.contains("hunter2") && !run.stderr.contains("hunter2"));
    }
}

#[test]
fn everything_works_with_no_configuration_at_all() {
    let home = home();
    for args in [["config", "show"], ["config", "check"], ["config", "path"]] {
        let run = run(rolodeck(home.path()).args(args));
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{args:?}");
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "looking leaves nothing behind");
}

#[test]
fn the_example_is_the_file_and_is_right() {
    let home = home();
    let run = run(rolodeck(home.path()).args(["config", "example"]));
    assert_eq!((run.status, run.stdout.as_str()), (0, include_str!("../config.example.toml")));
    let path = write_config(home.path(), &run.stdout);
    rolodeck(home.path()).args(["config", "check", "--config"]).arg(path).assert().code(0);
}

#[test]
fn what_show_prints_is_a_configuration_that_says_the_same() {
    let home = home();
    let path = write_config(home.path(), "[user]\nemail = \"ana@seller.test\"\n[[sync.profile]]\nname = \"all\"\n");
    let show = |path: &Path| run(rolodeck(home.path()).args(["config", "show", "--config"]).arg(path));
    let shown = show(&path).stdout;
    assert!(shown.contains("email = \"ana@seller.test\"") && shown.contains("on_cancel = \"delete\""), "{shown}");
    let again = home.path().join("again.toml");
    fs::write(&again, &shown).unwrap();
    let values = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(values(&show(&again).stdout), values(&shown));
}

#[test]
fn places_follow_options_then_environment_then_xdg() {
    let home = home();
    let path = |command: &mut Command| -> serde_json::Value {
        serde_json::from_str(&run(command.args(["config", "path", "--json"])).stdout).unwrap()
    };
    let both = path(rolodeck(home.path()).env("ROLODECK_DATA_DIR", "/env").args(["--data-dir", "/option"]));
    assert_eq!(both["data_dir"], "/option");
    assert_eq!(both["database"], "/option/rolodeck.db");
    let named = path(rolodeck(home.path()).env("ROLODECK_DATA_DIR", "/env").env("ROLODECK_CONFIG", "/env/c.toml"));
    assert_eq!((&named["data_dir"], &named["config_file"]), (&"/env".into(), &"/env/c.toml".into()));
    let file = run(rolodeck(home.path()).args(["config", "path", "--file", "--config", "x y.toml"]));
    assert_eq!(file.stdout, "x y.toml\n");
}

#[test]
#[cfg(target_os = "linux")]
fn the_usual_places_are_xdg() {
    let home = home();
    let mut command = rolodeck(home.path());
    command.env("XDG_CONFIG_HOME", "/xdg/config").env("XDG_DATA_HOME", "/xdg/data");
    let run = run(command.args(["config", "path"]));
    assert_eq!(
        run.stdout,
        "config file  /xdg/config/rolodeck/config.toml\n\
         data dir     /xdg/data/rolodeck\n\
         database     /xdg/data/rolodeck/rolodeck.db\n\
         logs         /xdg/data/rolodeck/logs\n"
    );
}

#[test]
fn shells_get_their_completions() {
    let home = home();
    // What they do is tried in `tests/programs/completions.rs`.
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = run(rolodeck(home.path()).args(["completions", shell]));
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{shell}");
        for word in ["rolodeck", "ROLODECK_COMPLETE"] {
            assert!(run.stdout.contains(word), "{shell} does not know {word}");
        }
        assert!(!run.stdout.contains("PROGRAM") && !run.stdout.contains("VARIABLE"), "{}", run.stdout);
    }
}

#[test]
fn the_manual_is_printed_or_written() {
    let home = home();
    let page = run(rolodeck(home.path()).arg("man"));
    assert_eq!(page.status, 0);
    assert!(page.stdout.contains(".TH rolodeck 1") && page.stdout.contains("ROLODECK_CONFIG"), "{}", page.stdout);
    rolodeck(home.path()).args(["man", "--dir", "a/man1"]).assert().code(0).stdout("");
    for page in ["rolodeck.1", "rolodeck-config.1", "rolodeck-config-check.1", "rolodeck-completions.1"] {
        assert!(home.path().join("a/man1").join(page).exists(), "{page}");
    }
    fs::write(home.path().join("file"), "").unwrap();
    let refused = run(rolodeck(home.path()).args(["man", "--dir", "file"]));
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.starts_with("error: the manual pages cannot be written\n  why: file: "));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let home = home();
    for args in [["config", "example"].as_slice(), &["completions", "bash"], &["man"], &["config", "show", "--json"]] {
        let mut child = rolodeck(home.path()).args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take()); // before anything could be written, or just after
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_under_the_output_is_told() {
    let home = home();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let run = run(rolodeck(home.path()).args(["config", "example"]).stdout(full));
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("why: the disk is full"), "{}", run.stderr);
}

#[test]
fn pipes_get_no_colour() {
    let home = home();
    let run = run(rolodeck(home.path()).args(["config", "show", "--config", "nowhere.toml"]));
    assert!(!run.stderr.contains('\u{1b}'));
}

#[test]
fn verbose_runs_say_so_on_stderr_and_nowhere_else() {
    let home = home();
    let quiet = run(rolodeck(home.path()).args(["config", "path"]));
    let loud = run(rolodeck(home.path()).args(["config", "path", "-vvv"]));
    assert_eq!((loud.status, loud.stdout), (0, quiet.stdout));
    assert!(loud.stderr.contains("DEBUG") && loud.stderr.contains("places"), "{}", loud.stderr);
    assert_eq!(quiet.stderr, "");
}

/// What stands in backquotes, or in a block for the shell, and begins with the program's name.
fn commands_named(text: &str, markdown: bool) -> Vec<String> {
    let quoted = text.split('`').filter(|part| part.starts_with("rolodeck ") && !part.contains('\n'));
    let mut found: Vec<String> = quoted.map(str::to_owned).collect();
    if markdown {
        let mut shell = false;
        for line in text.lines() {
            let line = line.trim();
            if line.starts_with("```") {
                shell = !shell && line == "```sh";
            } else if shell {
                let parts = line.split(['|', ';', '&', '(', ')']).map(str::trim);
                found.extend(parts.filter(|part| part.starts_with("rolodeck ")).map(str::to_owned));
            }
        }
    }
    found
}

/// The examples below `--help`, without what is said about them.
fn examples_of(command: &clap::Command, found: &mut Vec<String>) {
    let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    for line in help.lines() {
        let line = line.split(['|', '&']).next().unwrap_or_default();
        if let Some(example) = line.strip_prefix("  rolodeck ") {
            let example = example.split("  ").next().unwrap_or_default();
            found.push(format!("rolodeck {}", example.trim()));
        }
    }
    command.get_subcommands().for_each(|command| examples_of(command, found));
}

/// The words of a command as a shell would see them, up to a comment or a redirection.
fn words_of(command: &str) -> Vec<String> {
    let (mut words, mut quote) = (vec![String::new()], None);
    for c in command.chars() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty() && word != "…" && word != "...");
    let end = words.iter().position(|word| word.starts_with(['#', '>', '<', '\\'])).unwrap_or(words.len());
    words.truncate(end);
    words
}

fn files_below(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, ending, found);
        } else if path.to_str().unwrap().ends_with(ending) {
            found.push(path);
        }
    }
}

/// A message that names a command which is none sends people astray, and so does a page.
#[test]
fn every_command_that_is_named_somewhere_exists() {
    use clap::Parser;
    use clap::error::ErrorKind::{ArgumentConflict, InvalidSubcommand, TooManyValues, UnknownArgument};
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("README.md"), root.join("CONTRIBUTING.md"), root.join("config.example.toml")];
    files_below(&root.join("docs"), ".md", &mut files);
    files_below(&root.join("src"), ".rs", &mut files);
    let (mut seen, mut wrong) = (0, Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for command in commands_named(&text, file.extension().is_some_and(|ending| ending == "md")) {
            seen += 1;
            let error = match rolodeck::cli::Args::try_parse_from(words_of(&command)) {
                Err(error) => error.kind(),
                Ok(_) => continue,
            };
            if matches!(error, UnknownArgument | InvalidSubcommand | TooManyValues | ArgumentConflict) {
                wrong.push(format!("{}: {command} ({error:?})", file.strip_prefix(root).unwrap().display()));
            }
        }
    }
    let mut examples = Vec::new();
    examples_of(&<rolodeck::cli::Args as clap::CommandFactory>::command(), &mut examples);
    for command in examples {
        seen += 1;
        if let Err(error) = rolodeck::cli::Args::try_parse_from(words_of(&command)) {
            wrong.push(format!("--help: {command} ({:?})", error.kind()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 200, "{seen}");
}
