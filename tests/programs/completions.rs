//! What shells are told while somebody types: the scripts of `rolodeck completions`, and the answers they ask for.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{Place, name, place};

/// What a shell is told about the last of these words, line by line.
fn told(place: &Place, shell: &str, words: &[&str]) -> Vec<String> {
    let mut all = vec!["--", "rolodeck"];
    all.extend(words);
    let program = place.command(&[]);
    let mut command = Command::new(program.get_program());
    command.env_clear().env("HOME", place.folder.path()).env("USER", "tester");
    command.env("ROLODECK_CONFIG", place.path("config.toml")).env("ROLODECK_DATA_DIR", place.path("data"));
    command.env("ROLODECK_COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", words.len().to_string()).args(all);
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn with_filters() -> Place {
    let place = place();
    place.write("config.toml", "[user]\nemail = \"ana@seller.test\"\n"); // fish sets USER itself
    for (name, query) in [("Hot leads", "status:qualified"), ("*star* hot", "unread"), ("Plain", "mine")] {
        assert_eq!(place.run(&["filter", "save", name, query]).0, 0);
    }
    place
}

#[test]
fn saved_filters_are_told_where_one_is_wanted() {
    let place = with_filters();
    assert_eq!(told(&place, "bash", &["export", "contacts", "--saved", "h"]), ["Hot leads"]);
    // As typed, with quotes and backslashes of the shell.
    assert_eq!(told(&place, "bash", &["filter", "show", "Hot\\ l"]), ["Hot leads"]);
    assert_eq!(told(&place, "bash", &["filter", "delete", "Plain", "\"*"]), ["*star* hot"]);
    assert_eq!(told(&place, "fish", &["filter", "rename", "P"]), ["Plain\tmine"]);
    assert_eq!(told(&place, "zsh", &["filter", "pin", "Ho"]), ["Hot leads:status:qualified"]);
    // The fixed ones where they can be used, and nowhere else.
    assert_eq!(told(&place, "bash", &["export", "contacts", "--saved", "Sync"]), ["Sync problems"]);
    assert!(told(&place, "bash", &["filter", "delete", "Sync"]).is_empty());
    // The store that stands on the line counts before that of the environment.
    let other = place.path("other");
    let there = format!("--data-dir={}", other.display());
    assert_eq!(place.run(&["filter", "list", "--data-dir", name(&other)]).0, 0);
    assert!(told(&place, "bash", &[&there, "filter", "pin", "P"]).is_empty());
    assert!(told(&place, "bash", &["--data-dir", name(&other), "filter", "pin", "P"]).is_empty());
    // Everything else comes from the command line's own definition.
    assert_eq!(told(&place, "bash", &["expo"]), ["export"]);
    assert_eq!(told(&place, "bash", &["export", "contacts", "--format", "j"]), ["json", "jsonl"]);
}

#[test]
fn without_a_store_nothing_is_made_and_nothing_else_is_said() {
    let place = place();
    let ask = |place: &Place| told(place, "bash", &["filter", "pin", "P"]);
    assert!(ask(&place).is_empty());
    assert!(!place.path("data").exists(), "asking makes no store");
    std::fs::create_dir(place.path("data")).unwrap();
    for spoiled in [
        &b"no store at all, and long enough to look like something: no store at all, and so on, to a hundred bytes"[..],
        b"",
    ] {
        std::fs::write(place.path("data/rolodeck.db"), spoiled).unwrap();
        assert!(ask(&place).is_empty());
        assert_eq!(std::fs::read(place.path("data/rolodeck.db")).unwrap(), spoiled);
    }
    let place = with_filters();
    assert_eq!(ask(&place), ["Plain"]);
    place.write("config.toml", "[nonsense");
    assert!(ask(&place).is_empty(), "a wrong configuration is told by the program, not by its completion");
    assert!(told(&place, "nonsense", &["filter"]).is_empty(), "of a shell that nobody knows");
}

fn shell(place: &Place, program: &str, args: &[&str]) -> Option<String> {
    let rolodeck = place.command(&[]);
    let folder = Path::new(rolodeck.get_program()).parent().unwrap();
    let mut command = Command::new(program);
    command.env_clear().env("HOME", place.folder.path()).env("USER", "tester");
    command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display()));
    command.env("ROLODECK_CONFIG", place.path("config.toml")).env("ROLODECK_DATA_DIR", place.path("data"));
    match command.args(args).current_dir(place.folder.path()).stdin(Stdio::null()).output() {
        Ok(output) => {
            let text = |bytes| String::from_utf8(bytes).unwrap();
            assert!(output.status.success(), "{}", text(output.stderr));
            Some(text(output.stdout))
        }
        Err(error) => {
            eprintln!("not tried: {program}: {error}");
            None
        }
    }
}

#[test]
fn the_scripts_work_in_their_shells() {
    let place = with_filters();
    place.write("star", ""); // a file that a pattern could mean
    let bash = "source <(rolodeck completions bash); complete -p rolodeck; \
        COMP_WORDS=(rolodeck filter show \"$0\"); COMP_CWORD=3; COMP_TYPE=9; \
        _rolodeck_complete rolodeck \"$0\" show; printf '[%s]' \"${COMPREPLY[@]}\"";
    for (word, reply) in [("H", "[Hot leads]"), ("*", "[*star* hot]"), ("nothing", "[]")] {
        if let Some(told) = shell(&place, "bash", &["-c", bash, word]) {
            let (registered, replies) = told.split_once('\n').unwrap();
            assert!(registered.ends_with("-F _rolodeck_complete rolodeck"), "{registered}");
            assert_eq!(replies, reply, "{word}");
        }
    }
    let fish = "rolodeck completions fish | source; complete -C 'rolodeck filter pin P'";
    if let Some(told) = shell(&place, "fish", &["-c", fish]) {
        assert_eq!(told, "Plain\tmine\n");
    }
    // Its completion cannot be asked without a terminal; what can be is whether the script is loaded.
    let zsh = "autoload -Uz compinit && compinit -D && source <(rolodeck completions zsh) && print $_comps[rolodeck]";
    if let Some(told) = shell(&place, "zsh", &["-f", "-c", zsh]) {
        assert_eq!(told, "_clap_dynamic_completer_rolodeck\n");
    }
}
