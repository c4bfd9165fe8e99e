//! The state of the screen. Only `update` changes it, only `view` draws it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::layout::Size;
use serde::{Deserialize, Serialize};

mod ahead;
pub mod columns;
pub mod detail;
pub mod filters;
pub mod input;
pub mod line;
pub mod list;
mod list_pane;
mod row;
pub mod scroll;
pub mod session;
pub mod sync;
pub mod toast;

use ahead::Ahead;
use detail::{DetailPane, Target};
use filters::FiltersPane;
use input::Input;
pub use list_pane::ListPane;
use sync::SyncPane;
use toast::Toasts;

use super::actions::Place;
use super::early::Early;
use super::glance::Glance;
use super::keymap::{self, Key, Keymap};
use super::layer::Layers;
use super::layout::{Focus, Layout};
use super::message::{Overview, Progress};
use super::theme::Theme;
use super::when;
use crate::config::Config;
use crate::domain::{ContactId, Email, Status};
use crate::filter;
use crate::store::{ActivityOrder, ActivityRow, ContactOrder, ContactRow, Order};

/// A pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pane {
    /// Presets and saved filters.
    Filters,
    /// The contact list.
    Contacts,
    /// The activity stream.
    Activities,
    /// What is selected, in full.
    Detail,
    /// How the sync stands.
    Sync,
}

impl Pane {
    /// Every pane, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Filters, Self::Contacts, Self::Activities, Self::Detail, Self::Sync];

    /// The key that focuses it.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Filters => "Filters",
            Self::Contacts => "Contacts",
            Self::Activities => "Stream",
            Self::Detail => "Detail",
            Self::Sync => "Sync",
        }
    }

    /// Where its keys are looked up.
    pub fn places(self) -> &'static [Place] {
        match self {
            Self::Filters => &[Place::FILTERS, Place::ROWS, Place::GLOBAL],
            Self::Contacts => &[Place::CONTACTS, Place::ROWS, Place::GLOBAL],
            Self::Activities => &[Place::ACTIVITIES, Place::ROWS, Place::GLOBAL],
            Self::Detail => &[Place::DETAIL, Place::ROWS, Place::GLOBAL],
            Self::Sync => &[Place::SYNC, Place::ROWS, Place::GLOBAL],
        }
    }

    /// The pane of a list.
    pub fn of(list: filter::List) -> Self {
        match list {
            filter::List::Contacts => Self::Contacts,
            filter::List::Activities => Self::Activities,
        }
    }

    /// The list that the pane shows, if it is one.
    pub fn list(self) -> Option<filter::List> {
        match self {
            Self::Contacts => Some(filter::List::Contacts),
            Self::Activities => Some(filter::List::Activities),
            _ => None,
        }
    }
}

/// The time, twice: for people, and for measuring.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// What the clock says.
    pub at: Timestamp,
    /// What never goes back.
    pub instant: Instant,
}

/// Keys of a sequence that were typed so far.
#[derive(Clone, Debug, Default)]
pub struct Prefix {
    /// The keys.
    pub keys: Vec<Key>,
    /// When the popup shows what may follow; `None`: it does, or there is no key.
    pub due: Option<Instant>,
}

impl Prefix {
    /// The popup shows what may follow.
    pub fn is_shown(&self) -> bool {
        !self.keys.is_empty() && self.due.is_none()
    }
}

/// So long after the first key of a sequence, a popup shows what may follow.
pub const WHICH_KEY: Duration = Duration::from_millis(400);

/// When the store is read again after a change.
#[derive(Clone, Debug)]
pub struct Refresh {
    /// Something changed since the last reading.
    pub changed: bool,
    /// Not before, for what is visible.
    pub next: Instant,
    /// Filter counts are out of date.
    pub totals_changed: bool,
    /// Not before, for filter counts.
    pub next_totals: Instant,
}

/// What the program tells the screen at the start.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The configuration.
    pub config: Arc<Config>,
    /// Who sits at the keyboard.
    pub me: Option<Email>,
    /// Who sits there may do everything.
    pub administrator: bool,
    /// The zone of all times.
    pub time_zone: TimeZone,
    /// Custom fields, for queries.
    pub custom: Vec<filter::CustomField>,
    /// Colours and symbols.
    pub theme: Theme,
    /// Nothing here is real.
    pub demo: bool,
    /// Size of the terminal.
    pub size: Size,
    /// The time.
    pub now: Now,
}

/// The state of the screen.
#[allow(clippy::struct_excessive_bools)] // each says one thing, and all combinations occur
#[derive(Debug)]
pub struct Model {
    /// What was told at the start; size and time are kept up to date.
    pub setup: Setup,
    /// The keys in force.
    pub keymap: Keymap,
    /// Where the panes stand.
    pub layout: Layout,
    /// The focused pane.
    pub focus: Pane,
    /// The list that was focused last.
    pub list: Pane,
    /// The focused pane fills the screen.
    pub zoomed: bool,
    /// The contact list.
    pub contacts: ListPane<ContactRow, ContactOrder>,
    /// The columns of the contact list.
    pub columns: columns::Columns,
    /// The activity stream.
    pub activities: ListPane<ActivityRow, ActivityOrder>,
    /// The filters.
    pub filters: FiltersPane,
    /// What is selected.
    pub detail: DetailPane,
    /// How the sync stands.
    pub sync: SyncPane,
    /// What one sees in passing.
    pub glance: Glance,
    /// Figures of the whole store; `None` until read.
    pub overview: Option<Overview>,
    /// Dialogs and screens over the panes.
    pub layers: Layers,
    /// The beginning of a sequence of keys.
    pub prefix: Prefix,
    /// Keys about rows that are on their way.
    pub held: Early,
    /// Long work that is under way.
    pub progress: Vec<Progress>,
    /// What is being typed.
    pub input: Option<Input>,
    /// What was just done.
    pub toasts: Toasts,
    /// Room that the lists have more of than usual, in percent of what they share with the detail; may be negative.
    pub share: i16,
    /// The mouse is for rolodeck.
    pub mouse: bool,
    /// What `.` repeats.
    pub last_status: Option<Option<Status>>,
    /// Statuses that the store may not show yet.
    pub ahead: Ahead,
    /// When the store is read again.
    pub refresh: Refresh,
    /// The session was read, or will not be.
    pub started: bool,
    /// When a relative time or a countdown on the screen changes its words.
    pub words_due: Option<Timestamp>,
    /// Something on the screen is not as the model has it.
    pub dirty: bool,
}

/// Who was heard of last comes first.
pub const DEFAULT_CONTACT_ORDER: Order<ContactOrder> = Order { by: ContactOrder::Recent, descending: true };
/// What changed last comes first.
pub const DEFAULT_ACTIVITY_ORDER: Order<ActivityOrder> = Order { by: ActivityOrder::Updated, descending: true };
/// Between two readings of what is visible while the store keeps changing: four a second.
pub const REFRESH_EVERY: Duration = Duration::from_millis(250);
/// Between two counts of the filter pane.
pub const TOTALS_EVERY: Duration = Duration::from_secs(2);

impl Model {
    /// An empty screen.
    pub fn new(setup: Setup) -> Self {
        let focus = Focus { pane: Pane::Contacts, list: Pane::Contacts, zoomed: false, share: 0 };
        let (layout, instant) = (Layout::new(setup.size, focus), setup.now.instant);
        let administrator = setup.administrator;
        let mut model = Self {
            keymap: keymap::configured(&setup.config.keys),
            setup,
            layout,
            focus: focus.pane,
            list: focus.list,
            zoomed: false,
            contacts: ListPane::new(DEFAULT_CONTACT_ORDER),
            columns: columns::Columns::default(),
            activities: ListPane::new(DEFAULT_ACTIVITY_ORDER),
            filters: FiltersPane { administrator, ..FiltersPane::default() },
            detail: DetailPane::default(),
            sync: SyncPane::default(),
            glance: Glance::default(),
            overview: None,
            layers: Layers::default(),
            prefix: Prefix::default(),
            held: Early::default(),
            progress: Vec::new(),
            input: None,
            toasts: Toasts::default(),
            share: 0,
            mouse: false,
            last_status: None,
            ahead: Ahead::default(),
            refresh: Refresh { changed: false, next: instant, totals_changed: true, next_totals: instant },
            started: false,
            words_due: None,
            dirty: true,
        };
        model.arrange();
        model
    }

    /// What a query on a list means.
    pub fn context(&self, list: filter::List) -> filter::Context {
        filter::Context {
            zone: self.setup.time_zone.clone(),
            me: self.setup.me.clone(),
            custom: self.setup.custom.clone(),
            ..filter::Context::new(list, self.setup.now.at)
        }
    }

    /// The contact that the detail pane is about, and its name; told by the row of the list until the pane has read it, so
    /// that keys pressed in one go mean whom they were meant for.
    pub fn detail_contact(&self) -> Option<(ContactId, String)> {
        if let Some(detail) = self.detail.contact() {
            return Some((detail.contact.id, detail.contact.values.display_name()));
        }
        match self.detail.target? {
            Target::Contact(id) => {
                let row = self.contacts.list.get(id);
                Some((id, row.map_or_else(|| "this contact".to_owned(), |row| row.name.clone())))
            }
            Target::Activity(id) => {
                let row = self.activities.list.get(id)?;
                Some((row.contact_id?, row.name.clone()))
            }
        }
    }

    /// Places where the next key is looked up.
    pub fn places(&self) -> &'static [Place] {
        match (self.layers.top(), &self.input) {
            (Some(layer), _) => layer.places(),
            (None, Some(_)) => &[Place::INPUT],
            (None, None) => self.focus.places(),
        }
    }

    /// Fits layout and list heights to size, focus and input.
    pub fn arrange(&mut self) {
        let focus = Focus { pane: self.focus, list: self.list, zoomed: self.zoomed, share: self.share };
        self.layout = Layout::new(self.setup.size, focus);
        let height = |pane| self.layout.pane(pane).map(|area| area.height.saturating_sub(2));
        if let Some(height) = height(Pane::Contacts) {
            let taken = 1 + self.input_lines(Pane::Contacts);
            self.contacts.list.set_height(usize::from(height.saturating_sub(taken)));
        }
        if let Some(height) = height(Pane::Activities) {
            let taken = 1 + self.input_lines(Pane::Activities);
            self.activities.list.set_height(usize::from(height.saturating_sub(taken)));
        }
        if let Some(height) = height(Pane::Sync) {
            self.sync.items.set_height(usize::from(sync::item_lines(height)));
        }
    }

    /// Lines that an input takes from a list's pane.
    pub fn input_lines(&self, pane: Pane) -> u16 {
        match &self.input {
            Some(input) if input.pane() == pane => {
                let columns = self.layout.pane(pane).map_or(0, |area| area.width.saturating_sub(2));
                let explained = input.explained(columns, self.setup.theme.glyphs.ellipsis);
                1 + explained.map_or(0, |explained| explained.height())
            }
            _ => 0,
        }
    }

    /// Who sits here may do everything, or not.
    pub fn set_administrator(&mut self, administrator: bool) {
        self.setup.administrator = administrator;
        self.filters.administrator = administrator;
    }

    /// True if nothing was ever stored here.
    pub fn is_first_run(&self) -> bool {
        let untouched = self.contacts.filter.is_empty() && self.activities.filter.is_empty() && self.input.is_none();
        let nobody = self.overview.as_ref().is_some_and(|overview| overview.statuses.total() == 0);
        untouched && nobody && self.contacts.list.is_known_empty() && self.activities.list.is_known_empty()
    }

    /// The next moment at which something happens by itself, if any.
    pub fn deadline(&self) -> Option<Instant> {
        let refresh = self.refresh.changed.then_some(self.refresh.next);
        let totals = (self.refresh.totals_changed && self.layout.pane(Pane::Filters).is_some())
            .then_some(self.refresh.next_totals);
        if !self.started {
            return self.toasts.deadline().into_iter().chain(self.prefix.due).min();
        }
        let detail = self.detail.due.filter(|_| self.layout.pane(Pane::Detail).is_some());
        let moments = [
            self.toasts.deadline(),
            self.contacts.due,
            self.activities.due,
            self.contacts.pause,
            self.activities.pause,
            self.layers.deadline(),
            self.prefix.due,
            self.glance.deadline(),
            detail,
            refresh,
            totals,
            self.words_due.map(|at| self.instant_of(at)),
        ];
        moments.into_iter().flatten().min()
    }

    /// What every reading of rows under way has seen of the statuses that were asked for.
    pub fn seen_by_all(&self) -> u64 {
        let contacts = self.contacts.list.is_waiting().then_some(self.contacts.seen());
        let activities = self.activities.list.is_waiting().then_some(self.activities.seen());
        let detail = self.detail.in_flight.then_some(self.detail.seen);
        contacts.into_iter().chain(activities).chain(detail).min().unwrap_or(self.ahead.seen())
    }

    /// When the first of the visible relative times changes its words.
    pub fn words_change(&self) -> Option<Timestamp> {
        let now = self.setup.now.at;
        let contacts = self.layout.pane(Pane::Contacts).is_some().then(|| self.contacts.list.visible());
        let activities = self.layout.pane(Pane::Activities).is_some().then(|| self.activities.list.visible());
        let times = contacts.into_iter().flatten().map(|row| row.recent_at);
        let times = times.chain(activities.into_iter().flatten().map(|row| row.updated_at));
        let times = times.filter_map(|at| when::changes_at(at, now));
        let still = self.setup.config.ui.reduced_motion;
        let sync = self.layout.pane(Pane::Sync).and_then(|_| self.sync.next_change(now, still));
        let glance = self.glance.next_change(now);
        times.chain(sync).chain(glance).min()
    }

    fn instant_of(&self, at: Timestamp) -> Instant {
        let wait = Duration::try_from(at.duration_since(self.setup.now.at)).unwrap_or_default();
        self.setup.now.instant + wait
    }
}
