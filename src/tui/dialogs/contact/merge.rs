//! The merge prompt: both records side by side, field by field. Nothing is stored before it is confirmed.

use std::cell::Cell;

use jiff::Timestamp;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::edit::EditForm;
use crate::domain::merge::pair::{Picks, Row, Side};
use crate::domain::text::{counted, visible};
use crate::domain::{Contact, ContactId, FieldKey};
use crate::store::{Merge, MergePrompt, Merged};
use crate::tui::actions::{Action, Place, actions};
use crate::tui::dialogs::contact::cell::CellEdit;
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
use crate::tui::view::common::window::{useful_keys_line, window};

/// Where its keys count.
pub const PLACE: Place = Place("Merging");

actions! {
    MERGE_MARKED = open: "merge-marked", "Merge the two marked contacts", "", [Place::CONTACTS], ["M"];
    MERGE: "merge-confirm", "Merge", "merge", [PLACE], ["enter"];
    PICK: "merge-pick", "Take the other value", "other value", [PLACE], ["space"];
    LEFT: "merge-pick-left", "Take the value at the left", "", [PLACE], ["h" "left"];
    RIGHT: "merge-pick-right", "Take the value at the right", "", [PLACE], ["l" "right"];
    NEXT: "merge-next-difference", "Next difference", "next", [PLACE], ["n" "tab"];
    SWAP: "merge-swap", "The other one stays", "swap", [PLACE], ["s"];
    LEAVE: "merge-cancel", "Leave both as they are", "cancel", [PLACE], ["q"];
}

/// The dialog.
#[derive(Debug)]
pub struct MergeDialog {
    prompt: MergePrompt,
    picks: Picks,
    cursor: Cell<Cursor>,
    merging: bool,
    /// Either could stay: it is not an edit that met the holder of an identifier, who always stays.
    free: bool,
}

impl MergeDialog {
    /// For two records; the cursor stands on the first difference.
    pub fn new(prompt: MergePrompt) -> Self {
        let first = prompt.rows.iter().position(|row| row.differs).unwrap_or(0);
        let mut cursor = Cursor::default();
        cursor.at = first;
        Self { prompt, picks: Picks::new(), cursor: Cell::new(cursor), merging: false, free: false }
    }

    /// For two records of which either can stay.
    pub fn of_two(prompt: MergePrompt) -> Self {
        Self { free: true, ..Self::new(prompt) }
    }

    fn row(&mut self) -> Option<&Row> {
        self.prompt.rows.get(self.cursor.get_mut().at)
    }

    fn side(&self, row: &Row) -> Side {
        match (&row.existing, &row.incoming) {
            // Blank never clears.
            (_, None) => Side::Existing,
            (None, Some(_)) => Side::Incoming,
            _ => self.picks.get(&row.field).copied().unwrap_or(row.default),
        }
    }

    fn pick(&mut self, side: Option<Side>) {
        let Some(row) = self.row().filter(|row| row.differs).cloned() else { return };
        let side = side.unwrap_or(match self.side(&row) {
            Side::Existing => Side::Incoming,
            Side::Incoming => Side::Existing,
        });
        if side == row.default {
            self.picks.remove(&row.field);
        } else {
            self.picks.insert(row.field, side);
        }
    }

    fn next(&mut self) {
        let (at, rows) = (self.cursor.get_mut().at, &self.prompt.rows);
        let places = (at + 1..rows.len()).chain(0..=at.min(rows.len().saturating_sub(1)));
        if let Some(found) = places.into_iter().find(|place| rows.get(*place).is_some_and(|row| row.differs)) {
            self.cursor.get_mut().at = found;
        }
    }

    /// The merge as it stands now.
    pub fn merge(&self) -> Merge {
        self.prompt.confirm(self.picks.clone())
    }
}

fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    let marked: Vec<ContactId> = model.contacts.list.marks().keys().copied().collect();
    match marked[..] {
        [a, b] => effects.push(Effect::job(Ask { a, b, survivor: None })),
        [] | [_] => say(model, Tone::Info, "Mark two contacts with space, then M merges them"),
        _ => say(model, Tone::Info, "Two contacts are merged at a time: mark two"),
    }
}

/// Asks for both records.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// One.
    pub a: ContactId,
    /// The other.
    pub b: ContactId,
    /// Who stays; `None`: by the rule.
    pub survivor: Option<ContactId>,
}

impl Job for Ask {
    type Answer = MergePrompt;

    fn kind(&self) -> Kind {
        Kind::Reading("merge-prompt")
    }

    async fn run(&self, hands: &Hands) -> Result<MergePrompt, String> {
        let prompt = hands.store.merge_prompt(self.a, self.b, self.survivor).await;
        prompt.map_err(|error| format!("These can not be merged: {}", words(&error)))
    }

    fn take(&self, prompt: MergePrompt, model: &mut Model, _: &mut Vec<Effect>) {
        model.layers.close::<MergeDialog>();
        model.layers.open(MergeDialog::of_two(prompt));
        model.dirty = true;
    }
}

/// Merges.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmed(pub Merge);

impl Job for Confirmed {
    type Answer = Merged;

    fn kind(&self) -> Kind {
        Kind::Change
    }

    async fn run(&self, hands: &Hands) -> Result<Merged, String> {
        let merged = hands.store.merge(&self.0, Timestamp::now()).await;
        merged.map_err(|error| format!("Not merged: {}", words(&error)))
    }

    fn take(&self, merged: Merged, model: &mut Model, _: &mut Vec<Effect>) {
        model.layers.close::<MergeDialog>();
        model.layers.close::<EditForm>();
        model.layers.close::<CellEdit>();
        model.contacts.list.clear_marks();
        model.refresh.changed = true;
        let mut lines = merged.follow.lines();
        if let Some((object, id)) = &merged.left_in_salesforce {
            lines.insert(0, format!("Salesforce has two records of this person: {object} {id} stays as it is"));
        }
        if lines.iter().any(|line| !line.starts_with("Salesforce:")) {
            model.layers.open(Text::new("Merged, and what follows", &lines.join("\n")));
        }
        let dot = model.setup.theme.glyphs.dot;
        let came = match merged.activities {
            0 => String::new(),
            n => format!(" {dot} {} came over", counted(n as usize, "activity", "activities")),
        };
        let name = visible(&merged.contact.values.display_name()).into_owned();
        say(model, Tone::Good, format!("Merged into {name}{came} {dot} u undoes it"));
    }

    fn failed(&self, error: String, model: &mut Model, _: &mut Vec<Effect>) {
        model.layers.close::<MergeDialog>();
        say(model, Tone::Bad, error);
    }
}

impl Layer for MergeDialog {
    fn title(&self) -> String {
        "Merge contacts".to_owned()
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::DIALOG, Place::ROWS]
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        match action {
            MERGE if !self.merging => {
                self.merging = true;
                effects.push(Effect::job(Confirmed(self.merge())));
            }
            MERGE => {}
            PICK => self.pick(None),
            LEFT => self.pick(Some(Side::Existing)),
            RIGHT => self.pick(Some(Side::Incoming)),
            NEXT => self.next(),
            SWAP if self.free && !self.merging => {
                let (a, b) = (self.prompt.existing.id, self.prompt.incoming.id);
                effects.push(Effect::job(Ask { a, b, survivor: Some(b) }));
            }
            SWAP => say(model, Tone::Info, "Whoever has the email or phone already stays"),
            LEAVE => return After::Close,
            action => {
                let rows = self.prompt.rows.len();
                return if self.cursor.get_mut().act(action, rows) { After::Stay } else { After::Pass };
            }
        }
        After::Stay
    }

    fn is_useful(&self, action: Action, _: &Model) -> bool {
        action != SWAP || self.free
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let lines = self.prompt.rows.len() as u16 + 5;
        let inner = window(canvas, body, (100, lines), &self.title(), "");
        let columns = Columns::new(inner);
        let (existing, incoming) = (&self.prompt.existing, &self.prompt.incoming);
        head(canvas, inner, &columns, existing, incoming);
        let roomy = inner.height > 8;
        let rows = Rect { y: inner.y + 2, height: inner.height.saturating_sub(if roomy { 4 } else { 3 }), ..inner };
        let mut cursor = self.cursor.get();
        let top = cursor.fit(self.prompt.rows.len(), usize::from(rows.height));
        self.cursor.set(cursor);
        for (y, (index, row)) in (rows.y..rows.bottom()).zip(self.prompt.rows.iter().enumerate().skip(top)) {
            let label = label(&row.field);
            line(canvas, &columns, y, row, &label, self.side(row));
            if index == cursor.at {
                let style = canvas.style(Meaning::Cursor);
                canvas.tint(Rect { y, height: 1, ..inner }, style);
            }
        }
        let keys = if self.merging {
            Line::from(canvas.span("Merging", Meaning::Dim))
        } else {
            useful_keys_line(model, canvas, &[PLACE], |action| self.is_useful(action, model))
        };
        canvas.line(inner.x, inner.bottom().saturating_sub(1), inner.width, &keys);
        None
    }
}

/// What people call a field.
fn label(field: &str) -> String {
    match FieldKey::parse(field) {
        FieldKey::System(field) => field.label().to_owned(),
        FieldKey::Custom(name) if name == "status" => "Status".to_owned(),
        FieldKey::Custom(name) if name == "owner" => "Owner".to_owned(),
        FieldKey::Custom(name) => name,
    }
}

/// Where the three columns stand.
struct Columns {
    x: [u16; 3],
    width: [u16; 3],
}

impl Columns {
    fn new(inner: Rect) -> Self {
        let label = (inner.width / 4).clamp(8, 18).min(inner.width);
        let half = (inner.width - label) / 2;
        let x = [inner.x, inner.x + label, inner.x + label + half];
        Self { x, width: [label.saturating_sub(1), half.saturating_sub(1), half.saturating_sub(1)] }
    }
}

fn head(canvas: &mut Canvas<'_>, inner: Rect, columns: &Columns, existing: &Contact, incoming: &Contact) {
    let style = canvas.style(Meaning::Heading);
    canvas.text(columns.x[1] + 2, inner.y, columns.width[1].saturating_sub(2), "This one stays", style);
    canvas.text(columns.x[2] + 2, inner.y, columns.width[2].saturating_sub(2), "This one joins it", style);
    for (place, contact) in [(1, existing), (2, incoming)] {
        let style = canvas.style(Meaning::Strong);
        let name = contact.values.display_name();
        canvas.text(columns.x[place] + 2, inner.y + 1, columns.width[place].saturating_sub(2), &name, style);
    }
}

fn line(canvas: &mut Canvas<'_>, columns: &Columns, y: u16, row: &Row, label: &str, side: Side) {
    let style = canvas.style(if row.differs { Meaning::Warning } else { Meaning::Label });
    canvas.text(columns.x[0], y, columns.width[0], label, style);
    let mark = canvas.glyphs().good;
    for (place, value, of) in [(1, &row.existing, Side::Existing), (2, &row.incoming, Side::Incoming)] {
        let taken = side == of && value.is_some();
        if taken && (row.differs || row.existing.is_none() || row.incoming.is_none()) {
            let style = canvas.style(Meaning::Good);
            canvas.text(columns.x[place], y, 1, mark, style);
        }
        let style = canvas.style(if taken { Meaning::Text } else { Meaning::Dim });
        let words = value.as_deref().unwrap_or_default();
        canvas.text(columns.x[place] + 2, y, columns.width[place].saturating_sub(2), words, style);
    }
}
