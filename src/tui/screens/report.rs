//! What works (product A10): contacts by where they came from and what became of them, with the contacts behind every
//! number one key away.

use std::cell::Cell;
use std::time::{Duration, Instant};

use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use crate::filter::{Context, Filter, List};
use crate::store::{Dimension, Figures, Report as Figured, ReportRow};
use crate::tui::actions::{Action, Place, actions};
use crate::tui::dialogs::picker::{Item, Picker};
use crate::tui::dialogs::prompt::Prompt;
use crate::tui::effects::{Hands, words};
use crate::tui::job::{Job, Kind};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::scroll::Cursor;
use crate::tui::model::{Model, Pane};
use crate::tui::theme::Meaning;
use crate::tui::update::focus;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::columns::{Column, widths};
use crate::tui::view::common::cut::thousands;
use crate::tui::view::common::meter::bar;
use crate::tui::view::common::table::{self, GUTTER, Look};
use crate::tui::view::common::window::full;
use crate::tui::when;

/// Where its keys count.
pub const PLACE: Place = Place("Report");

actions! {
    OPEN = open: "report", "What works: the report", "", [Place::GLOBAL], ["g r"];
    NEXT: "report-next", "By the next dimension", "next", [PLACE], ["n" "right" "l"];
    PREVIOUS: "report-previous", "By the dimension before", "", [PLACE], ["N" "left" "h"];
    BY: "report-by", "Choose by what", "by", [PLACE], ["b"];
    FILTER: "report-filter", "Filter the report", "filter", [PLACE], ["/"];
    SHOW: "report-show", "The contacts behind the number", "contacts", [PLACE], ["enter"];
    AGAIN: "report-again", "Count again", "again", [PLACE], ["r"];
}

/// A report that took longer is not made anew whenever the store changes.
const CHEAP: Duration = Duration::from_millis(300);

const COLUMNS: [Column; 12] = [
    Column::new("", 14, 40, 12),
    Column::new("Contacts", 8, 9, 11).right(),
    Column::new("", 8, 24, 7),
    Column::new("None", 6, 9, 5).right(),
    Column::new("Q", 6, 9, 6).right(),
    Column::new("MQL", 6, 9, 6).right(),
    Column::new("SQL", 6, 9, 6).right(),
    Column::new("DQ", 6, 9, 5).right(),
    Column::new("Booked", 6, 7, 10).right(),
    Column::new("Canceled", 8, 8, 8).right(),
    Column::new("No-show", 7, 7, 9).right(),
    Column::new("To status", 9, 9, 8).right(),
];

/// The screen.
#[derive(Debug)]
pub struct Report {
    by: Dimension,
    filter: String,
    found: Option<Figured>,
    error: Option<String>,
    took: Duration,
    rows: Cell<Cursor>,
    asked: Option<Instant>,
}

fn open(model: &mut Model, _: &mut Vec<Effect>) {
    // It begins with what the contact list shows.
    let filter = model.contacts.filter.clone();
    let report = Report {
        by: Dimension::Status,
        filter,
        found: None,
        error: None,
        took: Duration::ZERO,
        rows: Cell::default(),
        asked: None,
    };
    model.layers.open(report);
}

impl Report {
    fn by(&mut self, by: Dimension) -> After {
        if self.by != by {
            self.by = by;
            self.again();
        }
        After::Stay
    }

    fn again(&mut self) {
        self.found = None;
        self.error = None;
        self.asked = None;
        self.rows.get_mut().at = 0;
    }

    fn step(&mut self, by: isize) -> After {
        let all = Dimension::ALL;
        let at = all.iter().position(|dimension| *dimension == self.by).unwrap_or(0) as isize;
        self.by(all[(at + by).rem_euclid(all.len() as isize) as usize])
    }

    fn len(&self) -> usize {
        self.found.as_ref().map_or(0, |found| found.rows.len())
    }

    fn is_asked(&self, job: &Read) -> bool {
        (self.by, self.filter.as_str()) == (job.by, job.filter.as_str())
    }
}

impl Layer for Report {
    fn title(&self) -> String {
        "Report".to_owned()
    }

    fn is_screen(&self) -> bool {
        true
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::SCREEN, Place::ROWS, Place::GLOBAL]
    }

    fn act(&mut self, action: Action, model: &mut Model, _: &mut Vec<Effect>) -> After {
        let rows = self.len();
        match action {
            NEXT => self.step(1),
            PREVIOUS => self.step(-1),
            AGAIN => {
                self.again();
                After::Stay
            }
            BY => {
                let item =
                    |by: Dimension| Item { value: by, label: by.title().to_owned(), note: by.key_word().to_owned() };
                let items = Dimension::ALL.into_iter().map(item).collect();
                let now = self.by;
                let picker = Picker::new("Report by", items, |by, model, _| {
                    if let Some(report) = model.layers.find_mut::<Self>() {
                        report.by(by);
                    }
                });
                model.layers.open(picker.at(|by| *by == now));
                After::Stay
            }
            FILTER => {
                let prompt =
                    Prompt::new("Report", "Only contacts that this filter finds", &self.filter, |text, model, _| {
                        if let Some(report) = model.layers.find_mut::<Self>() {
                            text.trim().clone_into(&mut report.filter);
                            report.again();
                        }
                        Ok(())
                    });
                model.layers.open(prompt);
                After::Stay
            }
            SHOW | Action::Open | Action::Accept => {
                let Some(row) = self.found.as_ref().and_then(|found| found.rows.get(self.rows.get().at)) else {
                    return After::Stay;
                };
                let query = narrowed(&self.filter, &row.query);
                focus(model, Pane::Contacts);
                model.contacts.set_filter(query);
                model.contacts.name = None;
                After::Close
            }
            _ if self.rows.get_mut().act(action, rows) => After::Stay,
            _ => After::Pass,
        }
    }

    fn settle(&mut self, stale: bool, model: &mut Model, effects: &mut Vec<Effect>) {
        let again = stale && self.found.is_some() && self.took < CHEAP;
        if self.asked.is_none() || again {
            self.asked = Some(model.setup.now.instant);
            effects.push(Effect::job(Read { by: self.by, filter: self.filter.clone() }));
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let filter = if self.filter.is_empty() { "all contacts" } else { &self.filter };
        let inner = full(canvas, body, &format!("Report by {}", self.by.title().to_lowercase()), filter);
        let Some(found) = &self.found else {
            let (words, meaning) = match &self.error {
                Some(error) => (error.as_str(), Meaning::Bad),
                None => ("Counting", Meaning::Dim),
            };
            let style = canvas.style(meaning);
            canvas.text(inner.x, inner.y, inner.width, words, style);
            return None;
        };
        if inner.height < 3 {
            return None;
        }
        let area = Rect { x: inner.x - 1, width: inner.width + 2, ..inner };
        let widths = widths(&COLUMNS, area.width.saturating_sub(GUTTER + 1));
        table::head(canvas, Rect { height: 1, ..area }, &COLUMNS, &widths, None);
        let rows = Rect { y: area.y + 1, height: area.height - 3, ..area };
        let mut cursor = self.rows.get();
        let top = cursor.fit(found.rows.len(), usize::from(rows.height));
        self.rows.set(cursor);
        let most = found.rows.iter().map(|row| row.figures.contacts()).max().unwrap_or(0);
        for (y, (index, row)) in (rows.y..rows.bottom()).zip(found.rows.iter().enumerate().skip(top)) {
            let look = Look { cursor: index == cursor.at, focused: true, ..Look::default() };
            let line = Rect { y, height: 1, ..rows };
            draw_row(canvas, line, &widths, row, most, look);
        }
        let bottom = Rect { y: area.bottom() - 1, height: 1, ..area };
        let total = ReportRow {
            key: String::new(),
            label: format!("All, of {}", found.rows.len()),
            query: String::new(),
            figures: found.total.clone(),
        };
        canvas.rule(inner.x, bottom.y - 1, inner.width, &Line::default());
        draw_row(canvas, bottom, &widths, &total, 0, Look::default());
        let _ = model;
        None
    }
}

/// The filter of the report and that of one of its rows.
fn narrowed(filter: &str, query: &str) -> String {
    match filter.trim() {
        "" => query.to_owned(),
        filter if filter.contains(" OR ") => format!("({filter}) {query}"),
        filter => format!("{filter} {query}"),
    }
}

fn draw_row(canvas: &mut Canvas<'_>, area: Rect, widths: &[u16], row: &ReportRow, most: i64, look: Look) {
    let cells = cells(row);
    table::row(canvas, area, &COLUMNS, widths, &cells, look);
    if most > 0 && widths[2] > 0 {
        let x = area.x + GUTTER + widths[..2].iter().map(|width| width + 2).sum::<u16>();
        let filled = bar(canvas, row.figures.contacts() as u64, most as u64, usize::from(widths[2]), Meaning::Chart);
        canvas.line(x, area.y, widths[2], &Line::from(filled[0].clone()));
    }
}

/// From so many percent on, cancelled bookings are worth a look.
const MANY_CANCELED: f64 = 20.0;
/// From so many percent on, no-shows are worth a look, and from twice as many on a worry.
const MANY_MISSED: f64 = 10.0;

fn canceled(percent: f64) -> Meaning {
    if percent >= MANY_CANCELED { Meaning::Warning } else { Meaning::Text }
}

fn missed(percent: f64) -> Meaning {
    match percent {
        percent if percent >= 2.0 * MANY_MISSED => Meaning::Bad,
        percent if percent >= MANY_MISSED => Meaning::Warning,
        _ => Meaning::Text,
    }
}

fn cells(row: &ReportRow) -> [table::Cell<'_>; 12] {
    let Figures { statuses, .. } = &row.figures;
    let n = |n: i64| table::Cell::new(thousands(n), if n == 0 { Meaning::Dim } else { Meaning::Text });
    let rate = |rate: Option<f64>, meaning: fn(f64) -> Meaning| {
        let colour = rate.map_or(Meaning::Dim, |rate| if rate < 0.5 { Meaning::Dim } else { meaning(rate) });
        table::Cell::new(rate.map_or_else(String::new, |rate| format!("{rate:.0} %")), colour)
    };
    [
        table::Cell::new(row.label.as_str(), Meaning::Text),
        table::Cell::new(thousands(row.figures.contacts()), Meaning::Strong),
        table::Cell::new("", Meaning::Text),
        n(statuses[0]),
        n(statuses[1]),
        n(statuses[2]),
        n(statuses[3]),
        n(statuses[4]),
        rate(row.figures.booking_rate(), |_| Meaning::Good),
        rate(row.figures.cancel_rate(), canceled),
        rate(row.figures.no_show_rate(), missed),
        table::Cell::new(row.figures.median_to_status.map_or_else(String::new, when::lasting), Meaning::Dim),
    ]
}

/// Asks for the figures.
#[derive(Debug, PartialEq)]
pub struct Read {
    /// By what.
    pub by: Dimension,
    /// Of which contacts.
    pub filter: String,
}

impl Job for Read {
    type Answer = (Figured, Duration);

    fn kind(&self) -> Kind {
        Kind::Reading("report")
    }

    async fn run(&self, hands: &Hands) -> Result<(Figured, Duration), String> {
        let failed = |error: &dyn std::error::Error| format!("There is no report: {}", words(error));
        let start = Instant::now();
        let context = Context {
            zone: hands.zone.clone(),
            me: hands.me.clone(),
            custom: hands.store.custom_fields().await.map_err(|error| failed(&error))?,
            ..Context::new(List::Contacts, jiff::Timestamp::now())
        };
        let filter = Filter::parse(&self.filter, &context).map_err(|error| failed(&error))?;
        let report = hands.store.report(&filter, self.by, &hands.zone).await.map_err(|error| failed(&error))?;
        Ok((report, start.elapsed()))
    }

    fn take(&self, (found, took): (Figured, Duration), model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(report) = model.layers.find_mut::<Report>().filter(|report| report.is_asked(self)) {
            report.found = Some(found);
            report.took = took;
            model.dirty = true;
        }
    }

    fn failed(&self, error: String, model: &mut Model, _: &mut Vec<Effect>) {
        if let Some(report) = model.layers.find_mut::<Report>().filter(|report| report.is_asked(self)) {
            report.error = Some(error);
            model.dirty = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_many_lost_meetings_warn() {
        for (percent, cancel, missing) in [
            (0.6, Meaning::Text, Meaning::Text),
            (9.9, Meaning::Text, Meaning::Text),
            (10.0, Meaning::Text, Meaning::Warning),
            (20.0, Meaning::Warning, Meaning::Bad),
            (100.0, Meaning::Warning, Meaning::Bad),
        ] {
            assert_eq!((canceled(percent), missed(percent)), (cancel, missing), "{percent}");
        }
        let figures = Figures { no_show: 0, completed: 12, ..Figures::default() };
        let row = ReportRow { key: String::new(), label: "x".into(), query: String::new(), figures };
        assert_eq!(cells(&row)[10].meaning, Meaning::Dim, "0 % is no news");
    }
}
