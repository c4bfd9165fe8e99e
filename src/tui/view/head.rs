//! The line at the top: where one is, who the contacts are, how the sync stands.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::common::canvas::Canvas;
use super::common::cut::{cut, short, thousands, width};
use super::panes::sync::lamp;
use crate::domain::Status;
use crate::domain::text::visible;
use crate::store::StatusCounts;
use crate::tui::layout::Mode;
use crate::tui::model::{Model, Pane};
use crate::tui::theme::{Meaning, short_status};
use crate::tui::when;

/// Draws the line.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let right = sync_words(model, canvas);
    let right_width = right.iter().map(|span| width(&span.content)).sum::<usize>() as u16;
    let right_width = right_width.min(area.width);
    canvas.line(area.right() - right_width, area.y, right_width, &Line::from(right));
    let room = area.width.saturating_sub(right_width + 2);
    let left = match model.layout.mode {
        Mode::Wide | Mode::Medium if !model.zoomed => wide(model, canvas, room),
        Mode::Narrow => crumbs(model, canvas),
        _ => tabs(model, canvas, room),
    };
    canvas.line(area.x, area.y, room, &left);
}

fn sync_words<'t>(model: &Model, canvas: &Canvas<'_>) -> Vec<Span<'t>> {
    let mut spans = Vec::new();
    if model.setup.demo {
        spans.extend([canvas.span(" DEMO ", Meaning::Badge), Span::raw("  ")]);
    }
    if let Some((start, name)) = model.glance.next.as_ref().filter(|(start, _)| *start > model.setup.now.at)
        && model.setup.size.width >= 110
    {
        let now = model.setup.now.at;
        let soon = start.duration_since(now).as_secs() <= 3_600;
        let (time, meaning) = if soon {
            (format!("in {}", when::countdown(*start, now)), Meaning::Warning)
        } else {
            (when::moment(*start, now, &model.setup.time_zone), Meaning::Upcoming)
        };
        let name = cut(&visible(name), 24, canvas.glyphs().ellipsis);
        spans.extend([
            canvas.span("next ", Meaning::Dim),
            canvas.span(time, meaning),
            Span::raw(format!(" {name}   ")),
        ]);
    }
    let (symbol, meaning, word) = lamp(model);
    spans.push(canvas.span(symbol, meaning));
    if model.setup.size.width >= 56 {
        spans.push(Span::raw(format!(" {word}")));
    }
    if let Some(overview) = &model.overview {
        let counts = overview.outbox;
        let open = counts.pending + counts.in_flight + counts.retry + counts.in_doubt;
        if open > 0 {
            spans.push(canvas.span(format!("  {} {}", canvas.glyphs().waiting, short(open)), Meaning::Warning));
        }
        if counts.held > 0 {
            spans.push(canvas.span(format!("  {} {}", canvas.glyphs().held, short(counts.held)), Meaning::Bad));
        }
    }
    spans.push(Span::raw(" "));
    spans
}

/// The name, and the contacts by status.
fn wide<'t>(model: &Model, canvas: &Canvas<'_>, room: u16) -> Line<'t> {
    let mut line = Line::from(vec![Span::raw(" "), canvas.span("rolodeck", Meaning::TitleFocused), Span::raw("  ")]);
    let Some(overview) = &model.overview else { return line };
    let counts = overview.statuses;
    line.push_span(canvas.span(thousands(counts.total()), Meaning::Strong));
    line.push_span(canvas.span(" contacts", Meaning::Dim));
    for (n, status) in funnel(&counts) {
        let label = status.map_or("No status", Status::label);
        let label = if room >= 120 { label } else { status.map_or("none", |status| short_status(Some(status))) };
        line.push_span(canvas.span(format!("  {} ", canvas.glyphs().dot), Meaning::Dim));
        line.push_span(canvas.span(format!("{label} "), Meaning::of_status(status)));
        line.push_span(Span::raw(thousands(n)));
    }
    line
}

pub fn funnel(counts: &StatusCounts) -> [(i64, Option<Status>); 5] {
    [
        (counts.none, None),
        (counts.qualified, Some(Status::Qualified)),
        (counts.marketing_qualified, Some(Status::MarketingQualified)),
        (counts.sales_qualified, Some(Status::SalesQualified)),
        (counts.disqualified, Some(Status::Disqualified)),
    ]
}

/// The panes by number; their names as far as there is room.
fn tabs<'t>(model: &Model, canvas: &Canvas<'_>, room: u16) -> Line<'t> {
    let mut line = Line::default();
    let need: usize = Pane::ALL.iter().map(|pane| 3 + pane.label().len()).sum();
    let long = usize::from(room) >= need;
    for pane in Pane::ALL {
        let focused = pane == model.focus;
        let (mark, meaning) =
            if focused { (canvas.glyphs().focus, Meaning::TitleFocused) } else { (" ", Meaning::Dim) };
        let name = if long || focused { format!(" {}", pane.label()) } else { String::new() };
        line.push_span(canvas.span(format!("{mark}{}{name}", pane.number()), meaning));
    }
    if model.zoomed && usize::from(room) >= need + 8 {
        line.push_span(canvas.span("  zoomed", Meaning::Dim));
    }
    line
}

/// Where one is, when only one pane fits.
fn crumbs<'t>(model: &Model, canvas: &Canvas<'_>) -> Line<'t> {
    let arrow = format!(" {} ", canvas.glyphs().info);
    let mut line = Line::from(Span::raw(" "));
    if !matches!(model.focus, Pane::Filters) && model.focus != model.list {
        line.push_span(canvas.span(model.list.label(), Meaning::Dim));
        line.push_span(canvas.span(arrow, Meaning::Dim));
    }
    line.push_span(canvas.span(model.focus.label(), Meaning::TitleFocused));
    line.push_span(canvas.span("  1-5 panes", Meaning::Dim));
    line
}
