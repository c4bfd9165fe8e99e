//! The pane of filters: the fixed presets, then the user's own.

use std::collections::{BTreeMap, HashMap};

use crate::filter::{self, List};
use crate::store::{Count, SavedFilter};
use crate::tui::message::FilterId;

/// The pane.
#[derive(Clone, Debug, Default)]
pub struct FiltersPane {
    /// The user's own.
    pub saved: Vec<SavedFilter>,
    /// Rows that each filter shows, as last counted.
    pub totals: HashMap<FilterId, Count>,
    /// Values that occur, by key, for completion and the filter panel.
    pub words: BTreeMap<String, Vec<String>>,
    /// The selected filter.
    pub cursor: usize,
    /// Presets for administrators are shown.
    pub administrator: bool,
}

/// One filter of the pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which one.
    pub id: FilterId,
    /// What people read.
    pub name: String,
    /// The list that it filters.
    pub list: List,
    /// The query.
    pub query: String,
    /// The order that goes with it, and whether the largest is first.
    pub order: Option<(filter::Sort, bool)>,
    /// The number key that opens it.
    pub pin: Option<u8>,
}

impl FiltersPane {
    /// Every filter, in the order of the pane.
    pub fn entries(&self) -> Vec<Entry> {
        let presets = filter::presets().iter().enumerate();
        let presets = presets.filter(|(_, preset)| self.administrator || !preset.administrators);
        let presets = presets.map(|(index, preset)| Entry {
            id: FilterId::Preset(index),
            name: preset.label.to_owned(),
            list: preset.list,
            query: preset.query.to_owned(),
            order: Some((preset.sort, preset.descending)),
            pin: None,
        });
        let saved = self.saved.iter().map(|filter| Entry {
            id: FilterId::Saved(filter.id),
            name: filter.name.clone(),
            list: List::parse(&filter.list).unwrap_or(List::Activities),
            query: filter.query.clone(),
            order: None,
            pin: filter.pin,
        });
        presets.chain(saved).collect()
    }

    /// The selected filter.
    pub fn current(&self) -> Option<Entry> {
        self.entries().into_iter().nth(self.cursor)
    }

    /// The user's own filter of that name.
    pub fn named(&self, name: &str) -> Option<&SavedFilter> {
        self.saved.iter().find(|saved| saved.name == name)
    }

    /// Moves within the pane.
    pub fn move_by(&mut self, delta: isize) {
        let last = self.entries().len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(delta).min(last);
    }
}
