//! Possible duplicates: pairs with the reason, merged or dismissed by keys.

use std::cell::Cell;
use std::collections::BTreeSet;

use jiff::Timestamp;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use crate::store::{DuplicatePair, DuplicateScan, DuplicateSide};
use crate::tui::actions::{Action, Place, actions};
use crate::tui::dialogs::contact::edit::EditForm;
use crate::tui::dialogs::contact::merge::Ask;
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::detail::Target;
use crate::tui::model::scroll::Cursor;
use crate::tui::model::toast::Tone;
use crate::tui::model::{Model, Pane};
use crate::tui::theme::Meaning;
use crate::tui::update::{focus, say};
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::columns::{Column, widths};
use crate::tui::view::common::cut::thousands;
use crate::tui::view::common::table::{self, GUTTER, Look};
use crate::tui::view::common::window::full;
use crate::tui::when;

/// Where its keys count.
pub const PLACE: Place = Place("Possible duplicates");

actions! {
    OPEN = open: "duplicates", "Possible duplicates", "", [Place::GLOBAL], ["g d"];
    MERGE: "duplicates-merge", "Merge the pair", "merge", [PLACE], ["enter" "M"];
    DISMISS: "duplicates-dismiss", "They are two people: dismiss", "dismiss", [PLACE], ["x" "d"];
    EDIT_ONE: "duplicates-edit", "Edit the first of the two", "edit", [PLACE], ["e"];
    SHOW: "duplicates-show", "The first of the two in the detail pane", "show", [PLACE], ["l" "right"];
    MARK: "duplicates-mark", "Mark the pair and go on", "mark", [PLACE], ["space"];
    SCAN: "duplicates-scan", "Look for more", "scan", [PLACE], ["s"];
}

/// Pairs of one reading.
const PAGE: usize = 200;

/// The screen.
#[allow(clippy::struct_excessive_bools)] // each says one thing, and all combinations occur
#[derive(Debug, Default)]
pub struct Duplicates {
    pairs: Vec<DuplicatePair>,
    marks: BTreeSet<i64>,
    cursor: Cell<Cursor>,
    /// There may be more than `pairs`.
    more: bool,
    loaded: bool,
    asked: bool,
    scanning: bool,
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    model.layers.close::<Duplicates>();
    model.layers.open(Duplicates::default());
}

/// Reads pairs, so many from the top.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadPairs(pub usize);

impl Job for ReadPairs {
    type Answer = Vec<DuplicatePair>;

    fn kind(&self) -> Kind {
        Kind::Reading("duplicates")
    }

    async fn run(&self, hands: &Hands) -> Result<Vec<DuplicatePair>, String> {
        let pairs = hands.store.duplicate_pairs(false, None, self.0).await;
        pairs.map_err(|error| format!("The duplicates can not be read: {}", words(&error)))
    }

    fn take(&self, pairs: Vec<DuplicatePair>, model: &mut Model, _: &mut Vec<Effect>) {
        let Some(screen) = model.layers.find_mut::<Duplicates>() else { return };
        screen.more = pairs.len() >= self.0;
        screen.marks.retain(|id| pairs.iter().any(|pair| pair.id == *id));
        let same = screen.loaded && screen.pairs == pairs;
        screen.pairs = pairs;
        screen.loaded = true;
        model.dirty |= !same;
    }
}

/// Dismisses pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct Dismiss(pub Vec<i64>);

impl Job for Dismiss {
    type Answer = usize;

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<usize, String> {
        let dismissed = hands.store.dismiss_duplicates(&self.0, Timestamp::now()).await;
        dismissed.map_err(|error| format!("Not dismissed: {}", words(&error)))
    }

    fn take(&self, n: usize, model: &mut Model, effects: &mut Vec<Effect>) {
        let dot = model.setup.theme.glyphs.dot;
        if let Some(screen) = model.layers.find_mut::<Duplicates>() {
            screen.marks.clear();
            effects.push(Effect::job(ReadPairs(screen.wanted())));
        }
        let pairs = if n == 1 { "1 pair".to_owned() } else { format!("{n} pairs") };
        say(model, Tone::Good, format!("{pairs} dismissed {dot} u undoes it"));
    }
}

/// Looks for more.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan;

impl Job for Scan {
    type Answer = DuplicateScan;

    fn kind(&self) -> Kind {
        Kind::Long("scan for duplicates")
    }

    async fn run(&self, hands: &Hands) -> Result<DuplicateScan, String> {
        let found = hands.store.scan_duplicates(Timestamp::now()).await;
        found.map_err(|error| format!("The scan failed: {}", words(&error)))
    }

    fn take(&self, found: DuplicateScan, model: &mut Model, effects: &mut Vec<Effect>) {
        if let Some(screen) = model.layers.find_mut::<Duplicates>() {
            screen.scanning = false;
            effects.push(Effect::job(ReadPairs(screen.wanted())));
        }
        let n = |n: u64| thousands(i64::try_from(n).unwrap_or(i64::MAX));
        let more = if found.more { "; there are more, scan again when these are done" } else { "" };
        let told = format!(
            "{} new: same phone {}, same name and company {}, near-equal email {}{more}",
            n(found.new),
            n(found.same_phone),
            n(found.same_name_company),
            n(found.near_email)
        );
        say(model, Tone::Good, told);
    }

    fn failed(&self, error: String, model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(screen) = model.layers.find_mut::<Duplicates>() {
            screen.scanning = false;
        }
        say(model, Tone::Bad, error);
    }
}

impl Duplicates {
    /// Rows to read: what is at hand and a page more.
    fn wanted(&self) -> usize {
        (self.pairs.len() / PAGE + 1) * PAGE
    }

    fn current(&mut self) -> Option<&DuplicatePair> {
        self.pairs.get(self.cursor.get_mut().at)
    }
}

impl Layer for Duplicates {
    fn title(&self) -> String {
        "Possible duplicates".to_owned()
    }

    fn is_screen(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::SCREEN, Place::ROWS, Place::GLOBAL]
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        let rows = self.pairs.len();
        match action {
            MERGE => match self.current() {
                Some(DuplicatePair { a, b: Some(b), .. }) => {
                    effects.push(Effect::job(Ask { a: a.id, b: b.id, survivor: None }));
                }
                // The other address was given and not taken over: whether it is theirs is said in their form.
                Some(pair) => model.layers.open(EditForm::of(pair.a.id)),
                None => {}
            },
            EDIT_ONE => {
                if let Some(pair) = self.current() {
                    model.layers.open(EditForm::of(pair.a.id));
                }
            }
            SHOW => {
                if let Some(id) = self.current().map(|pair| pair.a.id) {
                    focus(model, Pane::Detail);
                    model.detail.pinned = Some(Target::Contact(id));
                    return After::Close;
                }
            }
            DISMISS => {
                let ids: Vec<i64> = if self.marks.is_empty() {
                    self.current().map(|pair| pair.id).into_iter().collect()
                } else {
                    self.marks.iter().copied().collect()
                };
                if !ids.is_empty() {
                    effects.push(Effect::job(Dismiss(ids)));
                }
            }
            MARK => {
                if let Some(id) = self.current().map(|pair| pair.id) {
                    if !self.marks.remove(&id) {
                        self.marks.insert(id);
                    }
                    self.cursor.get_mut().act(Action::MoveDown, rows);
                }
            }
            SCAN if !self.scanning => {
                self.scanning = true;
                effects.push(Effect::job(Scan));
            }
            SCAN => {}
            action => return if self.cursor.get_mut().act(action, rows) { After::Stay } else { After::Pass },
        }
        After::Stay
    }

    fn settle(&mut self, stale: bool, _: &mut Model, effects: &mut Vec<Effect>) {
        let at_end = self.more && self.cursor.get_mut().at + 20 > self.pairs.len();
        if at_end {
            self.more = false; // until the answer says so again
        }
        if stale || at_end || !std::mem::replace(&mut self.asked, true) {
            effects.push(Effect::job(ReadPairs(self.wanted())));
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let dot = canvas.glyphs().dot;
        let before = match (self.scanning, self.marks.len()) {
            (true, _) => format!("scanning {dot} "),
            (false, 0) => String::new(),
            (false, n) => format!("{n} marked {dot} "),
        };
        let right = format!("{before}{}{}", thousands(self.pairs.len() as i64), if self.more { "+" } else { "" });
        let inner = full(canvas, body, "Possible duplicates", &right);
        if self.pairs.is_empty() {
            let words = if self.loaded { "No possible duplicates. s looks for some." } else { "Reading" };
            let style = canvas.style(Meaning::Dim);
            canvas.text(inner.x + 1, inner.y, inner.width, words, style);
            return None;
        }
        let columns = [
            Column::new("Why", 14, 26, 8),
            Column::new("One", 12, 26, 10),
            Column::new("Email, phone, company", 12, 40, 4),
            Column::new("Other", 12, 26, 9),
            Column::new("Email, phone, company", 12, 40, 3),
            Column::new("Found", 6, 6, 2).right(),
        ];
        let widths = widths(&columns, inner.width.saturating_sub(GUTTER));
        table::head(canvas, Rect { height: 1, ..inner }, &columns, &widths, None);
        // Below the rows there is the selected pair in full, if there is room.
        let below = if inner.height >= 14 { 4 } else { 0 };
        let rows = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1 + below), ..inner };
        let mut cursor = self.cursor.get();
        let top = cursor.fit(self.pairs.len(), usize::from(rows.height));
        self.cursor.set(cursor);
        for (y, (index, pair)) in (rows.y..rows.bottom()).zip(self.pairs.iter().enumerate().skip(top)) {
            let cell = |text: String, meaning| table::Cell::new(text, meaning);
            let other = other(pair);
            let cells = [
                cell(pair.reason_words().to_owned(), Meaning::Warning),
                cell(pair.a.name.clone(), Meaning::Text),
                cell(about(&pair.a), Meaning::Dim),
                cell(other.0, Meaning::Text),
                cell(other.1, Meaning::Dim),
                cell(when::relative(pair.at, model.setup.now.at, &model.setup.time_zone), Meaning::Dim),
            ];
            let marked = self.marks.contains(&pair.id);
            let look = Look { cursor: index == cursor.at, focused: true, marked, unread: false };
            table::row(canvas, Rect { y, height: 1, ..rows }, &columns, &widths, &cells, look);
        }
        if below > 0
            && let Some(pair) = self.pairs.get(cursor.at)
        {
            in_full(canvas, Rect { y: rows.bottom(), height: below, ..inner }, pair);
        }
        None
    }
}

/// The pair in three lines: why, and who the two are.
fn in_full(canvas: &mut Canvas<'_>, area: Rect, pair: &DuplicatePair) {
    let title = Line::from(canvas.span(pair.reason_words(), Meaning::Heading));
    canvas.rule(area.x, area.y, area.width, &title);
    let sides = [(pair.a.name.clone(), about(&pair.a)), other(pair)];
    for (y, (name, about)) in (area.y + 1..area.bottom()).zip(sides) {
        let line = Line::from(vec![canvas.span(format!("{name}  "), Meaning::Text), canvas.span(about, Meaning::Dim)]);
        canvas.line(area.x, y, area.width, &line);
    }
    let keys = if pair.b.is_some() { "" } else { "They gave it once; it is not stored. Enter edits the contact." };
    let style = canvas.style(Meaning::Dim);
    canvas.text(area.x, area.bottom().saturating_sub(1), area.width, keys, style);
}

/// The other one: a contact, or an address or number that was given.
fn other(pair: &DuplicatePair) -> (String, String) {
    match (&pair.b, &pair.other) {
        (Some(side), _) => (side.name.clone(), about(side)),
        (None, given) => ("given, not stored".to_owned(), given.clone().unwrap_or_default()),
    }
}

/// What tells people apart, the email first.
fn about(side: &DuplicateSide) -> String {
    let parts = [&side.email, &side.phone, &side.company];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
}
