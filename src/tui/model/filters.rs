//! The pane of filters: the fixed presets, then the user's own.

use std::collections::HashMap;

use crate::store::SavedFilter;
use crate::tui::message::{Count, FilterId, ListKind};

/// The pane.
#[derive(Clone, Debug, Default)]
pub struct FiltersPane {
    /// The user's own.
    pub saved: Vec<SavedFilter>,
    /// Rows that each filter shows, as last counted.
    pub totals: HashMap<FilterId, Count>,
    /// The selected filter.
    pub cursor: usize,
}

/// One filter of the pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which one.
    pub id: FilterId,
    /// What people read.
    pub name: String,
    /// The list that it filters.
    pub list: ListKind,
    /// The query.
    pub query: String,
}

/// Product A4.
const PRESETS: [(&str, ListKind, &str); 9] = [
    ("My upcoming meetings", ListKind::Activities, "mine:yes kind:booking start:>=now"),
    ("My booking requests", ListKind::Activities, "mine:yes state:requested"),
    ("My activity", ListKind::Activities, "mine:yes"),
    ("All activity", ListKind::Activities, ""),
    ("Unread", ListKind::Activities, "unread:yes"),
    ("All contacts", ListKind::Contacts, ""),
    ("Possible duplicates", ListKind::Contacts, "has:duplicate"),
    ("Sync problems", ListKind::Activities, "sync:held,failed"),
    ("Trash", ListKind::Activities, "trash:yes"),
];

impl FiltersPane {
    /// Every filter, in the order of the pane.
    pub fn entries(&self) -> Vec<Entry> {
        let presets = PRESETS.iter().enumerate().map(|(index, (name, list, query))| Entry {
            id: FilterId::Preset(index),
            name: (*name).to_owned(),
            list: *list,
            query: (*query).to_owned(),
        });
        let saved = self.saved.iter().map(|filter| Entry {
            id: FilterId::Saved(filter.id),
            name: filter.name.clone(),
            list: if filter.list == "contacts" { ListKind::Contacts } else { ListKind::Activities },
            query: filter.query.clone(),
        });
        presets.chain(saved).collect()
    }

    /// The selected filter.
    pub fn current(&self) -> Option<Entry> {
        self.entries().into_iter().nth(self.cursor)
    }

    /// Moves within the pane.
    pub fn move_by(&mut self, delta: isize) {
        let last = self.entries().len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(delta).min(last);
    }
}
