//! A form on the screen: label and value in two columns, messages and open lists below their field, scrolled so that the
//! focused field is in sight.

use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use tui_textarea::TextArea;

use super::control::{Control, OpenList, Pick};
use super::{Entry, Form};
use crate::domain::text::visible;
use crate::tui::theme::Meaning;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::cut::{cut, width, wrap};

/// The widest label.
const LABEL: usize = 18;
/// Lines of a long text while it is typed.
const LONG: usize = 5;
/// Lines of an open list.
const LIST: usize = 7;
/// Lines of what is wrong with a field.
const PROBLEM: usize = 3;
/// In fewer columns, what is wrong would be cut: it begins below the label, that far from the left.
const FEW: u16 = 30;
const INDENT: u16 = 2;

/// Lines that a form needs to show everything at once in so many columns.
pub fn height(form: &Form, columns: u16) -> u16 {
    let room = room(form, columns);
    let lines: usize = form.entries.iter().enumerate().map(|(at, entry)| lines(entry, at == form.at, room)).sum();
    (lines + usize::from(form.asking)) as u16
}

/// Lines that the focused field takes, without its heading.
pub fn focused_height(form: &Form, columns: u16) -> u16 {
    let room = room(form, columns);
    form.focused().map_or(1, |entry| lines(entry, true, room) - usize::from(entry.heading.is_some())) as u16
}

/// Columns of the labels, without the sign that follows.
fn label(form: &Form, columns: u16) -> u16 {
    let longest = form.entries.iter().map(|entry| width(&visible(&entry.label))).max().unwrap_or(0);
    // The sign needs a blank before it.
    (longest + 1).min(LABEL).min(usize::from(columns) * 2 / 5) as u16
}

/// Columns of what is wrong with a field: those of the values, or nearly all where they are few.
fn room(form: &Form, columns: u16) -> u16 {
    match columns.saturating_sub(label(form, columns) + 2) {
        0..FEW => columns.saturating_sub(INDENT),
        room => room,
    }
}

/// What is wrong with a field. The value stands in the field already: what to write instead comes before it.
fn problem(entry: &Entry, room: u16, ellipsis: &str) -> Vec<String> {
    let Some(problem) = entry.problem() else { return Vec::new() };
    let problem = visible(problem);
    let advice = problem.strip_prefix('`').and_then(|rest| rest.rsplit_once("` is "));
    let words = advice.map_or_else(|| problem.to_string(), |(value, advice)| format!("{advice}: `{value}`"));
    wrap(&words, usize::from(room), PROBLEM, ellipsis)
}

fn lines(entry: &Entry, focused: bool, room: u16) -> usize {
    let value = match &entry.control {
        Control::Long(area) if focused => area.lines().len().clamp(2, LONG),
        Control::One(pick) | Control::Many(pick) => 1 + pick.list().map_or(0, |list| list.found.len().clamp(1, LIST)),
        _ => 1,
    };
    value + problem(entry, room, "~").len() + usize::from(entry.heading.is_some())
}

/// Draws it; returns where the cursor stands.
pub fn draw(form: &Form, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    if area.height == 0 || area.width == 0 {
        return None;
    }
    let mut area = area;
    if form.asking {
        area.height -= 1;
        let words = Line::from(vec![
            canvas.span("Leave without saving?  ", Meaning::Warning),
            canvas.span("y", Meaning::Key),
            canvas.span(" yes  ", Meaning::Dim),
            canvas.span("n", Meaning::Key),
            canvas.span(" no", Meaning::Dim),
        ]);
        canvas.line(area.x, area.bottom(), area.width, &words);
    }
    let (label, room) = (label(form, area.width), room(form, area.width));
    let tops: Vec<usize> = form
        .entries
        .iter()
        .enumerate()
        .scan(0, |sum, (at, entry)| {
            let top = *sum;
            *sum += lines(entry, at == form.at, room);
            Some(top)
        })
        .collect();
    let (height, total) =
        (usize::from(area.height), usize::from(self::height(form, area.width)) - usize::from(form.asking));
    let (top, need) = match form.entries.get(form.at) {
        Some(entry) => (tops[form.at], lines(entry, true, room)),
        None => (0, 0),
    };
    // The focused field stands in the middle third, as far as the form reaches.
    let scroll = (top + need).saturating_sub((height * 2 / 3).max(need)).min(total.saturating_sub(height)).min(top);
    let mut cursor = None;
    for (at, (entry, top)) in form.entries.iter().zip(tops).enumerate() {
        let place = Place { canvas, area, label, scroll };
        let found = entry_at(entry, place, top, at == form.at);
        cursor = cursor.or(found.filter(|_| !form.asking));
    }
    cursor
}

/// The part of the screen, and how far it is scrolled.
struct Place<'a, 'b> {
    canvas: &'a mut Canvas<'b>,
    area: Rect,
    label: u16,
    scroll: usize,
}

impl Place<'_, '_> {
    /// The line on the screen, if it is in sight.
    fn y(&self, line: usize) -> Option<u16> {
        let y = line.checked_sub(self.scroll)?;
        (y < usize::from(self.area.height)).then(|| self.area.y + y as u16)
    }

    fn x(&self) -> u16 {
        self.area.x + self.label + 2
    }

    fn room(&self) -> u16 {
        self.area.right().saturating_sub(self.x())
    }
}

fn entry_at(entry: &Entry, mut place: Place<'_, '_>, top: usize, focused: bool) -> Option<Position> {
    let mut line = top;
    if let Some(heading) = &entry.heading {
        if let Some(y) = place.y(line) {
            let heading = Line::from(place.canvas.span(heading.clone(), Meaning::Heading));
            place.canvas.rule(place.area.x, y, place.area.width, &heading);
        }
        line += 1;
    }
    if let Some(y) = place.y(line) {
        let meaning = if focused { Meaning::Accent } else { Meaning::Label };
        let style = place.canvas.style(meaning);
        let (x, columns) = (place.area.x, place.label);
        place.canvas.text(x, y, columns, &entry.label, style);
        let mark = if entry.problem.is_some() { Meaning::Bad } else { meaning };
        let sign = match (entry.problem.is_some(), focused, entry.required) {
            (true, ..) => place.canvas.glyphs().bad,
            (_, true, _) => place.canvas.glyphs().focus,
            (_, _, true) => "*",
            _ => "",
        };
        let style = place.canvas.style(mark);
        place.canvas.text(x + columns, y, 1, sign, style);
    }
    let cursor = match &entry.control {
        Control::Line(input) => {
            text(&mut place, line, (input.text(), input.cursor()), &entry.hint, (focused, entry.is_changed()))
        }
        Control::Long(area) => long(&mut place, &mut line, area, (focused, entry.is_changed())),
        Control::One(pick) | Control::Many(pick) => {
            let many = matches!(entry.control, Control::Many(_));
            choice(&mut place, &mut line, pick, many, (focused, entry.is_changed()))
        }
        Control::Tick(ticked) => {
            let words = match ticked {
                Some(true) => "[x] yes",
                Some(false) => "[ ] no",
                None => "[ ]",
            };
            value(&mut place, line, words, focused, entry.is_changed());
            place.y(line).filter(|_| focused).map(|y| Position::new(place.x() + 1, y))
        }
    };
    let style = place.canvas.style(Meaning::Bad);
    let (x, room) = match place.room() {
        0..FEW => (place.area.x + INDENT, place.area.width.saturating_sub(INDENT)),
        room => (place.x(), room),
    };
    for (index, words) in problem(entry, room, place.canvas.glyphs().ellipsis).iter().enumerate() {
        if let Some(y) = place.y(line + 1 + index) {
            place.canvas.text(x, y, room, words, style);
        }
    }
    cursor
}

fn value(place: &mut Place<'_, '_>, line: usize, text: &str, focused: bool, changed: bool) {
    let Some(y) = place.y(line) else { return };
    let meaning = match (focused, changed) {
        (true, _) => Meaning::Input,
        (false, true) => Meaning::Strong,
        (false, false) => Meaning::Text,
    };
    let style = place.canvas.style(meaning);
    let (x, room) = (place.x(), place.room());
    place.canvas.text(x, y, room, text, style);
}

/// A line that is typed, moved so that the cursor is in sight.
fn text(
    place: &mut Place<'_, '_>,
    line: usize,
    (text, cursor): (&str, usize),
    hint: &str,
    (focused, changed): (bool, bool),
) -> Option<Position> {
    let y = place.y(line)?;
    let (x, room) = (place.x(), place.room());
    if text.is_empty() {
        let style = place.canvas.style(Meaning::Dim);
        place.canvas.text(x, y, room, hint, style);
        return focused.then(|| Position::new(x, y));
    }
    if !focused {
        value(place, line, text, false, changed);
        return None;
    }
    let before: String = text.chars().take(cursor).collect();
    let (shown, column) = around(text, &before, usize::from(room));
    value(place, line, &shown, true, changed);
    Some(Position::new(x + column as u16, y))
}

/// The part of a text around the cursor, and the cursor's column in it.
fn around(text: &str, before: &str, room: usize) -> (String, usize) {
    let column = width(&visible(before));
    if column < room {
        return (text.to_owned(), column);
    }
    let mut skipped = 0;
    let mut taken = 0;
    for c in before.chars() {
        if column - skipped < room {
            break;
        }
        skipped += width(&visible(&c.to_string()));
        taken += c.len_utf8();
    }
    (text[taken..].to_owned(), column - skipped)
}

fn long(place: &mut Place<'_, '_>, line: &mut usize, area: &TextArea<'_>, flags: (bool, bool)) -> Option<Position> {
    let (focused, changed) = flags;
    if !focused {
        let first = area.lines().first().map_or("", String::as_str);
        let words = match area.lines().len() {
            0 | 1 => first.to_owned(),
            n => format!("{first} {} {} more lines", place.canvas.glyphs().ellipsis, n - 1),
        };
        value(place, *line, &words, false, changed);
        return None;
    }
    let rows = area.lines().len().clamp(2, LONG);
    let (row, column) = (area.cursor().0, area.cursor().1);
    let first = (row + 1).saturating_sub(rows);
    let mut cursor = None;
    for (index, text) in area.lines().iter().enumerate().skip(first).take(rows) {
        let at = *line + index - first;
        let before: String = text.chars().take(column).collect();
        let (shown, x) =
            if index == row { around(text, &before, usize::from(place.room())) } else { (text.clone(), 0) };
        value(place, at, &shown, true, changed);
        if index == row {
            cursor = place.y(at).map(|y| Position::new(place.x() + x as u16, y));
        }
    }
    *line += rows - 1;
    cursor
}

fn choice(
    place: &mut Place<'_, '_>,
    line: &mut usize,
    pick: &Pick,
    many: bool,
    (focused, changed): (bool, bool),
) -> Option<Position> {
    let top = *line;
    let Some(OpenList { found, at, typed }) = pick.list() else {
        let label = pick.label();
        if label.is_empty() && focused {
            let style = place.canvas.style(Meaning::Dim);
            if let Some(y) = place.y(top) {
                let (x, room) = (place.x(), place.room());
                place.canvas.text(x, y, room, "space chooses", style);
            }
        } else {
            value(place, top, &label, focused, changed);
        }
        return place.y(top).filter(|_| focused).map(|y| Position::new(place.x(), y));
    };
    let label = if typed.is_empty() { pick.label() } else { typed.to_owned() };
    value(place, top, &label, true, changed);
    let rows = found.len().clamp(1, LIST);
    let first = (at + 1).saturating_sub(rows);
    for (row, (choice, chosen)) in found.iter().enumerate().skip(first).take(rows) {
        let Some(y) = place.y(top + 1 + row - first) else { continue };
        let sign = match (many, chosen) {
            (true, true) => "[x] ",
            (true, false) => "[ ] ",
            (false, true) => "* ",
            (false, false) => "  ",
        };
        let style = place.canvas.style(if row == at { Meaning::Cursor } else { Meaning::Text });
        let room = place.room();
        let ellipsis = place.canvas.glyphs().ellipsis;
        let words = cut(&visible(&format!("{sign}{}", choice.label)), usize::from(room), ellipsis);
        let x = place.x();
        place.canvas.text(x, y, room, &words, style);
    }
    if found.is_empty()
        && let Some(y) = place.y(top + 1)
    {
        let style = place.canvas.style(Meaning::Dim);
        let (x, room) = (place.x(), place.room());
        place.canvas.text(x, y, room, "there is nothing to choose", style);
    }
    *line += rows;
    place.y(top).map(|y| Position::new(place.x() + width(&visible(typed)) as u16, y))
}
