//! The filters that everyone has: fixed, never renamed or deleted (OnceHub: default filters).

use super::context::{List, Sort};

/// A fixed filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Stable name, for configuration, sessions and `rolodeck filter`.
    pub id: &'static str,
    /// What people read.
    pub label: &'static str,
    /// The list that it is for.
    pub list: List,
    /// The query.
    pub query: &'static str,
    /// The order.
    pub sort: Sort,
    /// Largest first.
    pub descending: bool,
    /// Only administrators see it.
    pub administrators: bool,
    /// An example of what users can save themselves.
    pub example: bool,
}

const fn activities(id: &'static str, label: &'static str, query: &'static str) -> Preset {
    Preset {
        id,
        label,
        list: List::Activities,
        query,
        sort: Sort::Updated,
        descending: true,
        administrators: false,
        example: false,
    }
}

const fn contacts(id: &'static str, label: &'static str, query: &'static str) -> Preset {
    Preset { list: List::Contacts, sort: Sort::Recent, ..activities(id, label, query) }
}

const PRESETS: [Preset; 10] = [
    // What was cancelled stays in sight while its time has not passed.
    Preset {
        sort: Sort::Start,
        descending: false,
        ..activities(
            "my-upcoming-meetings",
            "My upcoming meetings",
            "mine kind:booking state:scheduled,rescheduled,canceled start:>now",
        )
    },
    activities("my-booking-requests", "My booking requests", "mine kind:booking state:requested"),
    activities("my-activity", "My activity", "mine"),
    activities("all-activity", "All activity", ""),
    activities("unread", "Unread", "unread"),
    Preset {
        example: true,
        ..activities("conversations-with-bookings", "Conversations with bookings", "kind:conversation has:booking")
    },
    contacts("all-contacts", "All contacts", ""),
    contacts("possible-duplicates", "Possible duplicates", "has:duplicate"),
    contacts("sync-problems", "Sync problems", "sync:failed"),
    Preset { administrators: true, ..activities("trash", "Trash", "trash") },
];

/// Every preset, in the order of the pane.
pub fn presets() -> &'static [Preset] {
    &PRESETS
}

/// Finds a preset by its id.
pub fn preset(id: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.id == id)
}

/// Finds a preset by what people call it, its label or its id, whatever the case.
pub fn named_preset(name: &str) -> Option<&'static Preset> {
    let name = name.trim().to_lowercase();
    PRESETS.iter().find(|preset| preset.id == name || preset.label.to_lowercase() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{Context, Filter, Query};

    #[test]
    fn every_preset_is_a_query_in_its_canonical_form() {
        for preset in presets() {
            let query = Query::parse(preset.query).unwrap();
            assert_eq!(query.to_string(), preset.query);
            let context = Context::new(preset.list, "2026-03-01T00:00:00Z".parse().unwrap());
            assert!(Filter::new(&query, &context).is_ok(), "{}", preset.id);
            assert_eq!(super::preset(preset.id), Some(preset));
            assert_eq!(named_preset(&format!(" {} ", preset.label.to_uppercase())), Some(preset));
        }
    }
}
