//! What is wrong with the keys of a configuration.

use std::collections::BTreeMap;

use super::{Keys, keys_of};
use crate::config::Problem;
use crate::config::nearest;
use crate::tui::actions::{self, ActionInfo, Place};

/// Panes, in which what counts everywhere counts, too.
const PANES: [Place; 5] = [Place::FILTERS, Place::CONTACTS, Place::ACTIVITIES, Place::DETAIL, Place::SYNC];
/// Keys that a terminal, screen or tmux may keep for itself.
const KEPT: [&str; 5] = ["ctrl-s", "ctrl-q", "ctrl-a", "ctrl-b", "ctrl-\\"];

/// Unknown actions, unknown keys, and keys that would mean two things at one place.
pub fn check(bound: &BTreeMap<String, Vec<String>>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, keys) in bound {
        let at = format!("keys.{name}");
        let Some(info) = actions::all().find(|info| info.name == name) else {
            let hint = nearest(name, actions::all().map(|info| info.name));
            let hint = hint.map_or("`rolodeck config keys` names the actions".to_owned(), |meant| {
                format!("did you mean `{meant}`?")
            });
            problems.push(Problem::error(at, format!("unknown action `{name}`")).hint(hint));
            continue;
        };
        for key in keys {
            if Keys::parse(key).is_none() {
                let hint =
                    "write keys as in \"j\", \"G\", \"ctrl-d\", \"alt-x\", \"enter\", \"pgdn\", \"f5\" or \"g m\"";
                problems.push(Problem::error(&at, format!("`{key}` is no key")).hint(hint));
            } else if KEPT.contains(&key.as_str()) {
                let message = format!("many terminals keep `{key}` for themselves");
                problems.push(Problem::warning(&at, message).hint("take another key if it does nothing"));
            }
        }
        for (key, other) in conflicts(bound, info) {
            // Of two that the user bound alike, the later in the alphabet is told.
            if bound.contains_key(other.name) && other.name > info.name {
                continue;
            }
            let message = format!("`{key}` is also `{}` ({})", other.name, other.label);
            let hint = format!("take another key, or give `{}` another one (`{} = []`: none)", other.name, other.name);
            problems.push(Problem::error(&at, message).hint(hint));
        }
    }
    problems
}

/// Keys of an action that mean something else where it counts, or hide it or are hidden by it.
fn conflicts(bound: &BTreeMap<String, Vec<String>>, info: &'static ActionInfo) -> Vec<(Keys, &'static ActionInfo)> {
    let mut found = Vec::new();
    for key in keys_of(bound, info) {
        for other in actions::all().filter(|other| other.name != info.name && meet(info, other)) {
            let theirs = keys_of(bound, other);
            let clash = |theirs: &Keys| theirs.0.starts_with(&key.0) || key.0.starts_with(&theirs.0);
            if theirs.iter().any(clash) {
                found.push((key.clone(), other));
                break;
            }
        }
    }
    found
}

/// True if both count at one place, or one in a pane and the other around it.
fn meet(one: &ActionInfo, other: &ActionInfo) -> bool {
    let wide = |place: &Place| [Place::GLOBAL, Place::ROWS].contains(place);
    let around = |one: &ActionInfo, other: &ActionInfo| {
        one.places.iter().any(wide) && other.places.iter().any(|place| PANES.contains(place) || wide(place))
    };
    one.places.iter().any(|place| other.places.contains(place)) || around(one, other) || around(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pairs: &[(&str, &[&str])]) -> Vec<String> {
        let bound =
            pairs.iter().map(|(name, keys)| ((*name).to_owned(), keys.iter().map(|key| (*key).to_owned()).collect()));
        check(&bound.collect()).into_iter().map(|problem| format!("{}: {}", problem.key, problem.message)).collect()
    }

    #[test]
    fn the_defaults_do_not_conflict() {
        let all: Vec<_> = actions::all().map(|info| (info.name, info.keys)).collect();
        assert_eq!(told(&all), Vec::<String>::new());
        assert_eq!(told(&[]), Vec::<String>::new());
    }

    #[test]
    fn unknown_names_and_keys_are_told() {
        assert_eq!(told(&[("qiut", &["x"])]), ["keys.qiut: unknown action `qiut`"]);
        assert_eq!(told(&[("quit", &["hyper-x", "alt-q"])]), ["keys.quit: `hyper-x` is no key"]);
    }

    #[test]
    fn two_meanings_are_told_once_and_moving_both_is_fine() {
        assert_eq!(told(&[("quit", &["u"])]), ["keys.quit: `u` is also `undo` (Undo the last change)"]);
        assert_eq!(told(&[("quit", &["u"]), ("undo", &["q"])]), Vec::<String>::new());
        assert_eq!(told(&[("quit", &["W"]), ("undo", &["W"])]), ["keys.undo: `W` is also `quit` (Quit)"]);
        assert_eq!(told(&[("quit", &["g"])]).len(), 1, "it would hide every sequence with g");
        assert_eq!(told(&[("confirm", &["j"])]), Vec::<String>::new(), "a question has no rows");
    }
}
