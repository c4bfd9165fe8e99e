//! The terminal dashboard: what happens becomes a [`message::Message`], [`update::update`] changes the
//! [`model::Model`] and asks for [`message::Effect`]s, [`view::view`] draws. Neither of the two awaits, and there is no SQL
//! and no HTTP in this room but in the jobs that run on the runtime.
//!
//! # How a key finds its action
//!
//! The uppermost [`layer::Layer`] (dialog or screen), else the filter line, else the focused pane says at which
//! [`actions::Place`]s a key counts, from the nearest to the widest. The [`keymap::Keymap`] finds the action there; keys may
//! follow each other (`g m`), and a popup shows what may follow after a pause. The layer is asked first
//! ([`layer::Layer::act`]); if it passes, the action's own function runs, if it has one; else what counts everywhere does
//! what it does in the panes. Help, hint line, palette and the documentation of the keys come from the same table.
//!
//! # How to add a dialog or a screen
//!
//! One file under `dialogs/` or `screens/`, and one line in three lists: the module in [`dialogs`] or [`screens`], its
//! `ACTIONS` in [`actions::PARTS`], each under the heading of its room so that people who add others do not meet. In the file:
//!
//! ```text
//! /// Where its keys count.
//! pub const PLACE: Place = Place("Report");
//!
//! actions! {
//!     // constant (= function): name in the configuration, help, hint, places, keys;
//!     OPEN = open: "report", "What works: the report", "report", [Place::GLOBAL], ["g r"];
//!     NEXT: "report-next", "Next table", "table", [PLACE], ["n" "right"];
//! }
//!
//! /// The screen.
//! #[derive(Debug)]
//! pub struct Report { tables: Option<Tables>, rows: Cell<Cursor>, asked: bool, ... }
//!
//! fn open(model: &mut Model, _: &mut Vec<Effect>) {
//!     model.layers.open(Report::default());
//! }
//!
//! impl Layer for Report {
//!     fn title(&self) -> String { "Report".into() }
//!     fn is_screen(&self) -> bool { true }                       // a dialog leaves this out
//!     fn places(&self) -> &'static [Place] { &[PLACE, Place::SCREEN, Place::ROWS, Place::GLOBAL] }  // dialog: [PLACE, Place::DIALOG]
//!     fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
//!         match action {
//!             NEXT => { self.next(); After::Stay }
//!             Action::Accept => After::Close,
//!             _ if self.rows.get_mut().act(action, self.len()) => After::Stay,   // j k g G, page keys
//!             _ => After::Pass,                                    // esc and q close by themselves
//!         }
//!     }
//!     fn settle(&mut self, stale: bool, _: &mut Model, effects: &mut Vec<Effect>) {
//!         if stale || !std::mem::replace(&mut self.asked, true) { effects.push(Effect::job(ReadReport { ... })); }
//!     }
//!     fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
//!         let inner = window::full(canvas, body, "Report", "");    // window::window for a dialog
//!         ...
//!         None                                                      // or where the cursor stands
//!     }
//! }
//! ```
//!
//! An action that opens something from the panes names its function after the `=`; one that only the layer itself does
//! needs none. An action that already exists (`Action::Retry`) may be taken by a layer, too: it is told as it is.
//!
//! Then write the documents of the keys anew: `ROLODECK_WRITE_DOCS=1 cargo test --lib tui::reference`.
//!
//! # How to ask the store for something
//!
//! A [`job::Job`] in the same file (or in one beside it): what is asked, `run` on the runtime, `take` to change the model:
//!
//! ```text
//! #[derive(Debug, PartialEq)]
//! struct ReadReport { filter: String }
//!
//! impl Job for ReadReport {
//!     type Answer = Tables;
//!     fn kind(&self) -> Kind { Kind::Reading("report") }            // or Kind::Change, Kind::Long("import")
//!     async fn run(&self, hands: &Hands) -> Result<Tables, String> {
//!         hands.store.report(...).await.map_err(|error| format!("The report can not be read: {}", words(&error)))
//!     }
//!     fn take(&self, tables: Tables, model: &mut Model, _: &mut Vec<Effect>) {
//!         if let Some(report) = model.layers.find_mut::<Report>().filter(|report| report.filter == self.filter) {
//!             report.tables = Some(tables);
//!         }
//!     }
//! }
//! ```
//!
//! Long work ([`effects::Hands::work`]) tells how far it is on the hint line, and `ctrl-x` ends it. After a change, the store's change notice refreshes what is visible.
//!
//! # What there is to build with
//!
//! - dialogs: [`dialogs::confirm::Confirm`] (yes or no), [`dialogs::prompt::Prompt`] (one line of text),
//!   [`dialogs::picker::Picker`] (one of many, fuzzy), [`dialogs::text::Text`] (something to read)
//! - places: [`model::scroll::Cursor`] and [`model::scroll::Scroll`] for rows and texts in memory,
//!   [`model::list::List`] for windows over the store
//! - painting: [`view::common`] (canvas, window, columns, table, typed line, meter); all text goes through the canvas,
//!   which makes it safe and cuts it
//! - words: [`update::say`] for a toast; [`update::focus`] for a pane (closes every layer)
//! - the selected or marked contacts: [`update::status::targets`]
//!
//! # Tests
//!
//! `tests/screens`: `Screen` presses keys and shows the screen as text; the `World` behind it answers what the panes ask.
//! For a job, look for it in `world.log` (`Effect::Job(job)`, `job.get::<ReadReport>()`) and send
//! `Message::Reply(Reply::Job(Answered::new(ReadReport { ... }, Ok(tables))))`, or give the `World` an arm that does.
//! Screens that are part of the program get a snapshot at the sizes of `tests/screens/pictures.rs`.

pub mod actions;
mod app;
pub mod dialogs;
pub mod early;
mod editor;
pub mod effects;
pub mod form;
pub mod fuzzy;
pub mod glance;
pub mod job;
pub mod keymap;
pub mod layer;
pub mod layout;
pub mod message;
pub mod model;
mod opening;
pub mod reference;
pub mod screens;
mod signals;
pub mod terminal;
pub mod theme;
mod turn;
pub mod update;
pub mod view;
pub mod when;
pub mod work;

pub use app::{Look, Tui, TuiError, TuiOptions};
pub use opening::{Opened, open};
