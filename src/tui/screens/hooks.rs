//! Events out: what other programs are told, what they would not take; sent again or left out.

use std::cell::Cell;

use jiff::Timestamp;
use ratatui::layout::{Position, Rect};

use crate::domain::text::visible;
use crate::store::{HookDelivery, HookState};
use crate::tui::actions::{Action, Place, actions};
use crate::tui::dialogs::confirm::Confirm;
use crate::tui::dialogs::text::Text;
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::scroll::Cursor;
use crate::tui::model::toast::Tone;
use crate::tui::theme::Meaning;
use crate::tui::update::say;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::columns::{Column, widths};
use crate::tui::view::common::cut::thousands;
use crate::tui::view::common::table::{self, GUTTER, Look};
use crate::tui::view::common::window::{self, full};
use crate::tui::when;

/// Where its keys count.
pub const PLACE: Place = Place("Hooks");

actions! {
    OPEN = open: "hooks", "Hooks: events for other programs", "", [Place::GLOBAL], ["g k"];
    SHOW: "hook-show", "The event as it is sent", "event", [PLACE], ["enter" "space" "l"];
    RETRY: "hook-retry", "Send the event again, now", "retry", [PLACE], ["R"];
    SKIP: "hook-skip", "Leave the event out", "skip", [PLACE], ["X"];
    ALL: "hook-all", "Show what went out, too", "all", [PLACE], ["a"];
}

/// Deliveries that are listed.
const MOST: usize = 500;

/// The screen.
#[derive(Debug, Default)]
pub struct Hooks {
    rows: Vec<HookDelivery>,
    cursor: Cell<Cursor>,
    /// Also what is done and left out.
    all: bool,
    loaded: bool,
    asked: bool,
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    model.layers.close::<Hooks>();
    model.layers.open(Hooks::default());
}

/// Reads deliveries.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadHooks {
    /// Also what is done and left out.
    pub all: bool,
}

impl Job for ReadHooks {
    type Answer = Vec<HookDelivery>;

    fn kind(&self) -> Kind {
        Kind::Reading("hooks")
    }

    async fn run(&self, hands: &Hands) -> Result<Vec<HookDelivery>, String> {
        let open = [HookState::Held, HookState::Retry, HookState::Pending];
        let states = if self.all { &HookState::ALL[..] } else { &open[..] };
        let rows = hands.store.hook_deliveries(states, None, MOST).await;
        rows.map_err(|error| format!("The events can not be read: {}", words(&error)))
    }

    fn take(&self, rows: Vec<HookDelivery>, model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(screen) = model.layers.find_mut::<Hooks>()
            && screen.all == self.all
        {
            let same = screen.loaded && screen.rows == rows;
            screen.rows = rows;
            screen.loaded = true;
            model.dirty |= !same;
        }
    }
}

/// Sends a delivery again, or leaves it out.
#[derive(Clone, Debug, PartialEq)]
pub struct Decide {
    /// The delivery.
    pub id: i64,
    /// False: leave it out.
    pub again: bool,
    /// How the list is read anew.
    pub all: bool,
}

impl Job for Decide {
    type Answer = u64;

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<u64, String> {
        let done = if self.again {
            hands.store.hook_retry(&[self.id]).await
        } else {
            hands.store.hook_skip(&[self.id], Timestamp::now()).await
        };
        done.map_err(|error| format!("Not changed: {}", words(&error)))
    }

    fn take(&self, changed: u64, model: &mut Model, effects: &mut Vec<Effect>) {
        effects.push(Effect::job(ReadHooks { all: self.all }));
        match (changed, self.again) {
            (0, _) => say(model, Tone::Info, "It is done or left out already"),
            (_, true) => say(model, Tone::Good, "Sent again now"),
            (_, false) => say(model, Tone::Good, "Left out"),
        }
    }
}

fn state(row: &HookDelivery) -> (&'static str, Meaning) {
    match row.state {
        HookState::Pending => ("waiting", Meaning::Text),
        HookState::Retry => ("to be retried", Meaning::Warning),
        HookState::Held => ("held", Meaning::Bad),
        HookState::Done => ("delivered", Meaning::Good),
        HookState::Skipped => ("left out", Meaning::Dim),
    }
}

fn event(row: &HookDelivery) -> String {
    let body = serde_json::from_str::<serde_json::Value>(&row.body).ok();
    let body = body.and_then(|body| serde_json::to_string_pretty(&body).ok()).unwrap_or_else(|| row.body.clone());
    let answer = row.message.as_deref().map(|message| format!("Last answer: {message}\n\n")).unwrap_or_default();
    format!("{answer}{body}")
}

impl Layer for Hooks {
    fn title(&self) -> String {
        "Hooks".to_owned()
    }

    fn is_screen(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::SCREEN, Place::ROWS, Place::GLOBAL]
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        let rows = self.rows.len();
        if self.cursor.get_mut().act(action, rows) {
            return After::Stay;
        }
        let all = self.all;
        let current = self.rows.get(self.cursor.get_mut().at);
        match (action, current) {
            (SHOW, Some(row)) => model.layers.open(Text::new(format!("{} for {}", row.event, row.hook), &event(row))),
            (RETRY, Some(row)) if row.state == HookState::Done => {
                let id = row.id;
                let question = format!("{} has it already. Send it again?", visible(&row.hook));
                model.layers.open(Confirm::new("Send again", question, move |_, effects| {
                    effects.push(Effect::job(Decide { id, again: true, all }));
                }));
            }
            (RETRY, Some(row)) => effects.push(Effect::job(Decide { id: row.id, again: true, all })),
            (SKIP, Some(row)) => effects.push(Effect::job(Decide { id: row.id, again: false, all })),
            (ALL, _) => {
                self.all = !all;
                self.loaded = false;
                self.rows.clear();
                self.cursor = Cell::default();
                effects.push(Effect::job(ReadHooks { all: self.all }));
            }
            _ => return After::Pass,
        }
        After::Stay
    }

    fn settle(&mut self, stale: bool, _: &mut Model, effects: &mut Vec<Effect>) {
        if stale || !std::mem::replace(&mut self.asked, true) {
            effects.push(Effect::job(ReadHooks { all: self.all }));
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let title = if self.all { "Hooks: all events" } else { "Hooks: events that wait" };
        let inner = full(canvas, body, title, &thousands(self.rows.len() as i64));
        if self.rows.is_empty() {
            let words = match (self.loaded, self.all) {
                (false, _) => "Reading",
                (true, false) => "Nothing waits. a shows what went out; docs/hooks.md says how to add a hook.",
                (true, true) => "No event went out yet. docs/hooks.md says how to add a hook.",
            };
            window::words(canvas, inner, words);
            return None;
        }
        let columns = [
            Column::new("Event", 22, 26, 10),
            Column::new("Hook", 6, 20, 9),
            Column::new("When", 6, 6, 6).right(),
            Column::new("", 13, 13, 9),
            Column::new("Tries", 5, 5, 3).right(),
            Column::new("Next", 6, 6, 4).right(),
            Column::new("Last answer", 10, 60, 5),
        ];
        let widths = widths(&columns, inner.width.saturating_sub(GUTTER));
        table::head(canvas, Rect { height: 1, ..inner }, &columns, &widths, None);
        let rows = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let mut cursor = self.cursor.get();
        let top = cursor.fit(self.rows.len(), usize::from(rows.height));
        self.cursor.set(cursor);
        let time = |at| when::relative(at, model.setup.now.at, &model.setup.time_zone);
        for (y, (index, row)) in (rows.y..rows.bottom()).zip(self.rows.iter().enumerate().skip(top)) {
            let (state, meaning) = state(row);
            let next = match row.state {
                HookState::Pending | HookState::Retry if row.next_at <= model.setup.now.at => "now".to_owned(),
                HookState::Retry | HookState::Pending => time(row.next_at),
                _ => String::new(),
            };
            let cells = [
                table::Cell::new(row.event.as_str(), Meaning::Text),
                table::Cell::new(row.hook.as_str(), Meaning::Text),
                table::Cell::new(time(row.created_at), Meaning::Dim),
                table::Cell::new(state, meaning),
                table::Cell::new(row.attempts.to_string(), Meaning::Dim),
                table::Cell::new(next, Meaning::Dim),
                table::Cell::new(row.message.as_deref().unwrap_or_default(), Meaning::Dim),
            ];
            let look = Look { cursor: index == cursor.at, focused: true, ..Look::default() };
            table::row(canvas, Rect { y, height: 1, ..rows }, &columns, &widths, &cells, look);
        }
        None
    }
}
