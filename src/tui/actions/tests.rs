use std::collections::HashSet;

use super::super::keymap::{Found, Keymap, Keys};
use super::*;

#[test]
fn names_are_kebab_case_and_given_once() {
    let mut seen = HashSet::new();
    for info in all() {
        assert!(info.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", info.name);
        assert!(seen.insert(info.name), "{} twice", info.name);
        assert!(!info.label.is_empty() && !info.keys.is_empty() && !info.places.is_empty(), "{}", info.name);
    }
}

#[test]
fn every_key_is_readable_means_one_thing_and_is_dispatched() {
    let keymap = Keymap::default();
    let mut seen = HashSet::new();
    for info in all() {
        for name in info.keys {
            let keys = Keys::parse(name).unwrap_or_else(|| panic!("{name} of {}", info.name));
            assert_eq!(keys.to_string(), *name);
            for place in info.places {
                assert!(seen.insert((*place, keys.clone())), "{name} means two things at {place:?}");
                let Found::Action(found, at) = keymap.find(&[*place], keys.as_slice()) else { panic!("{name}") };
                assert_eq!((found.name, at), (info.name, *place), "{name} at {place:?}");
            }
        }
    }
}

/// A key that starts a sequence must not mean something by itself where the sequence counts.
#[test]
fn no_key_is_also_the_beginning_of_a_sequence() {
    let spots: Vec<_> = all()
        .flat_map(|info| info.places.iter().map(move |place| (info, *place)))
        .flat_map(|(info, place)| info.keys.iter().map(move |key| (info, place, *key)))
        .collect();
    let wide = [Place::GLOBAL, Place::ROWS];
    for (info, place, key) in &spots {
        for (other, there, longer) in &spots {
            let meet = place == there || wide.contains(place) || wide.contains(there);
            let meet = meet && !info.places.contains(&Place::INPUT) && !info.places.contains(&Place::DIALOG);
            let shadowed = longer.starts_with(&format!("{key} "));
            assert!(!(meet && shadowed), "{key} of {} hides {longer} of {}", info.name, other.name);
        }
    }
}

#[test]
fn no_pane_hides_a_key_that_counts_everywhere() {
    let panes = [Place::FILTERS, Place::CONTACTS, Place::ACTIVITIES, Place::DETAIL, Place::SYNC, Place::ROWS];
    for info in all().filter(|info| info.places.contains(&Place::GLOBAL)) {
        for other in all().filter(|other| other.name != info.name) {
            if other.places.iter().any(|place| panes.contains(place)) {
                let shared: Vec<_> = info.keys.iter().filter(|key| other.keys.contains(key)).collect();
                assert!(shared.is_empty(), "{} and {} share {shared:?}", info.name, other.name);
            }
        }
    }
}

/// Flow control, and the prefixes of screen and tmux, never arrive (product: keys).
#[test]
fn keys_that_terminals_keep_are_not_used() {
    for info in all() {
        for key in ["ctrl-s", "ctrl-q", "ctrl-a", "ctrl-b"] {
            assert!(!info.keys.contains(&key), "{} uses {key}", info.name);
        }
    }
}

/// An action that no part of the core carries out needs a place that takes it, or its own function.
#[test]
fn actions_that_count_everywhere_do_something() {
    for info in all().filter(|info| matches!(info.action, Action::Own(_))) {
        let panes = [Place::GLOBAL, Place::CONTACTS, Place::ACTIVITIES, Place::DETAIL, Place::SYNC, Place::FILTERS];
        if info.places.iter().any(|place| panes.contains(place)) {
            assert!(info.run.is_some(), "{} counts in panes, but does nothing there", info.name);
        }
    }
}
