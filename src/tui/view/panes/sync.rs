//! How the sync stands: in words, in figures, and (with the focus) what waits for a person.

use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::{listing, sync_items};
use crate::store::OutboxCounts;
use crate::sync::status::{WorkerState, WorkerStatus};
use crate::tui::model::sync::{SUMMARY_LINES, summary_lines, words_lines};
use crate::tui::model::{Model, Pane};
use crate::tui::theme::Meaning;
use crate::tui::view::common::canvas::{Canvas, Frame};
use crate::tui::view::common::cut::{short, thousands};
use crate::tui::view::common::meter::{bar, sparkline};
use crate::tui::when;

/// Symbol, meaning and one word of what the worker does.
pub fn lamp(model: &Model) -> (&'static str, Meaning, &'static str) {
    let glyphs = &model.setup.theme.glyphs;
    if model.overview.as_ref().is_some_and(|overview| overview.paused) {
        return (glyphs.lamp_off, Meaning::Warning, "paused");
    }
    match &model.sync.status().state {
        WorkerState::Off { .. } => (glyphs.lamp_off, Meaning::Dim, "sync off"),
        WorkerState::Starting => (glyphs.lamp_off, Meaning::Dim, "starting"),
        WorkerState::Idle => (glyphs.lamp, Meaning::Good, "idle"),
        WorkerState::Working => (glyphs.working, Meaning::Info, "syncing"),
        WorkerState::BackingOff { .. } => (glyphs.lamp, Meaning::Warning, "waiting"),
        WorkerState::Paused => (glyphs.lamp_off, Meaning::Warning, "paused"),
        WorkerState::Elsewhere { .. } => (glyphs.lamp, Meaning::Info, "elsewhere"),
    }
}

/// Draws the pane.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let focused = model.focus == Pane::Sync;
    let title = listing::title(canvas, Pane::Sync, focused);
    let (symbol, meaning, word) = lamp(model);
    let right = Line::from(vec![canvas.span(symbol, meaning), Span::raw(format!(" {word}"))]);
    let inner = canvas.frame(area, &Frame { title, right, below: Line::default(), focused });
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    if focused {
        large(model, canvas, inner);
    } else {
        small(model, canvas, inner);
    }
    None
}

fn put(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line<'_>]) {
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        canvas.line(area.x, y, area.width, line);
    }
}

fn small(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let status = model.sync.status();
    let mut lines = vec![state(model, canvas), connection(canvas, status, area.width)];
    lines.extend(counts(canvas, &shown_counts(model), area.width));
    lines.push(throughput(model, canvas, area.width));
    lines.extend(api(canvas, status, area.width));
    lines.extend(batch(canvas, status, area.width));
    let room = usize::from(area.height).saturating_sub(lines.len());
    lines.extend(results(model, canvas, status, room));
    put(canvas, area, &lines);
}

/// The state over the whole width; figures at the left, errors and last results at the right; items below.
fn large(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let status = model.sync.status();
    let calm = model.sync.items.current().is_none();
    let top = if calm { SUMMARY_LINES.min(area.height) } else { summary_lines(area.height) };
    let line = state(model, canvas);
    put(canvas, Rect { height: top.min(1), ..area }, &[line]);
    let lower = Rect { y: area.y + 1, height: top.saturating_sub(1), ..area };
    let mut news = errors(canvas, status);
    news.truncate(3);
    let room = usize::from(lower.height).saturating_sub(news.len());
    news.extend(results(model, canvas, status, room));
    let left = if area.width >= 76 && !news.is_empty() { (area.width / 2).min(60) } else { area.width };
    let figures = Rect { width: left.saturating_sub(if left < area.width { 3 } else { 0 }), ..lower };
    let mut lines = vec![connection(canvas, status, figures.width)];
    lines.extend(counts(canvas, &shown_counts(model), figures.width));
    lines.push(throughput(model, canvas, figures.width));
    lines.extend(api(canvas, status, figures.width));
    lines.extend(batch(canvas, status, figures.width));
    put(canvas, figures, &lines);
    if left < area.width {
        put(canvas, Rect { x: area.x + left, width: area.width - left, ..lower }, &news);
    }
    let below = Rect { y: area.y + top, height: area.height - top, ..area };
    sync_items::draw(model, canvas, below, words_lines(area.height));
}

/// Everything in figures, in lines: state, connection, queue, throughput, API calls and how long they last, batch.
pub fn figures<'t>(model: &Model, canvas: &Canvas<'_>, columns: u16) -> Vec<Line<'t>> {
    let status = model.sync.status();
    let mut lines = vec![state(model, canvas), connection(canvas, status, columns)];
    lines.extend(counts(canvas, &shown_counts(model), columns));
    lines.push(throughput(model, canvas, columns));
    lines.extend(api(canvas, status, columns));
    if let Some(forecast) = &status.forecast {
        let words = forecast.words(model.setup.now.at, &model.setup.time_zone);
        let rate = format!("    {} an hour: {words}", thousands(forecast.per_hour as i64));
        lines.push(Line::from(canvas.span(rate, Meaning::Dim)));
    }
    lines.extend(batch(canvas, status, columns));
    lines
}

/// Errors by kind, then the last results.
pub fn news<'t>(model: &Model, canvas: &Canvas<'_>, most: usize) -> Vec<Line<'t>> {
    let status = model.sync.status();
    let mut news = errors(canvas, status);
    news.truncate((most / 2).max(1));
    let room = most.saturating_sub(news.len());
    news.extend(results(model, canvas, status, room));
    news
}

fn shown_counts(model: &Model) -> OutboxCounts {
    model.overview.as_ref().map_or(model.sync.status().counts, |overview| overview.outbox)
}

fn state<'t>(model: &Model, canvas: &Canvas<'_>) -> Line<'t> {
    let now = model.setup.now.at;
    let (symbol, meaning, _) = lamp(model);
    let paused = model.overview.as_ref().is_some_and(|overview| overview.paused);
    let words = match &model.sync.status().state {
        _ if paused => "Paused; p resumes".to_owned(),
        WorkerState::Paused => "Paused; p resumes".to_owned(),
        WorkerState::Off { reason } => format!("Off: {reason}"),
        WorkerState::Starting => "Starting".to_owned(),
        WorkerState::Idle => "Idle: nothing is due".to_owned(),
        WorkerState::Working => "Working".to_owned(),
        WorkerState::BackingOff { until, reason } => {
            format!("Waits {}: {reason}", when::countdown(*until, now))
        }
        WorkerState::Elsewhere { host, pid } => format!("Process {pid} on {host} syncs"),
    };
    let mut line = Line::from(vec![canvas.span(symbol, meaning), Span::raw(" "), canvas.span(words, Meaning::Text)]);
    if let Some((host, pid)) = model.sync.elsewhere().filter(|_| model.sync.other.is_some()) {
        let words = format!(" {} process {pid} on {host}", canvas.glyphs().dot);
        line.push_span(canvas.span(words, Meaning::Dim));
    }
    line
}

fn connection<'t>(canvas: &Canvas<'_>, status: &WorkerStatus, columns: u16) -> Line<'t> {
    match &status.connection {
        None => Line::from(canvas.span("Not connected yet", Meaning::Dim)),
        Some(connection) => {
            let mut line = Line::default();
            if let Some(user) = &connection.user {
                line.push_span(canvas.span(user.clone(), Meaning::Text));
                if columns < 40 {
                    return line;
                }
                line.push_span(canvas.span(" at ", Meaning::Dim));
            }
            line.push_span(canvas.span(connection.instance.clone(), Meaning::Dim));
            line
        }
    }
}

fn counts<'t>(canvas: &Canvas<'_>, counts: &OutboxCounts, columns: u16) -> Vec<Line<'t>> {
    let (a_line, digits) = match columns {
        54.. => (3, 6),
        36.. => (2, 6),
        28.. => (2, 4),
        _ => (1, 5),
    };
    let figure = |n: i64, label: &'static str, meaning| {
        let meaning = if n == 0 { Meaning::Dim } else { meaning };
        let n = if digits < 6 { short(n) } else { thousands(n) };
        let label = if digits < 6 { format!(" {label:<9}") } else { format!(" {label:<11}") };
        (format!("{n:>digits$}"), meaning, label)
    };
    let figures = [
        figure(counts.pending, "waiting", Meaning::Warning),
        figure(counts.in_flight, "sending", Meaning::Info),
        figure(counts.retry, "retrying", Meaning::Warning),
        figure(counts.held, "needs you", Meaning::Bad),
        figure(counts.in_doubt, "checking", Meaning::Warning),
        figure(counts.done, "done", Meaning::Good),
    ];
    // One below the other there is room for what matters only.
    let figures =
        if a_line == 1 { vec![figures[0].clone(), figures[3].clone(), figures[5].clone()] } else { figures.to_vec() };
    figures
        .chunks(a_line)
        .map(|figures| {
            let spans = figures.iter().flat_map(|(n, meaning, label)| {
                [canvas.span(n.clone(), *meaning), canvas.span(label.clone(), Meaning::Dim)]
            });
            Line::from(spans.collect::<Vec<_>>())
        })
        .collect()
}

fn throughput<'t>(model: &Model, canvas: &Canvas<'_>, columns: u16) -> Line<'t> {
    let values = model.sync.throughput(model.setup.now.at);
    let minute: u64 = values.iter().map(|n| u64::from(*n)).sum();
    let words = format!(" {minute}/min");
    if model.setup.config.ui.reduced_motion {
        return Line::from(canvas.span(words, Meaning::Dim));
    }
    let room = usize::from(columns).saturating_sub(words.len()).min(60);
    Line::from(vec![sparkline(canvas, &values, room), canvas.span(words, Meaning::Dim)])
}

fn api<'t>(canvas: &Canvas<'_>, status: &WorkerStatus, columns: u16) -> Option<Line<'t>> {
    let api = status.api?;
    let max = if columns < 45 { short(api.max as i64) } else { thousands(api.max as i64) };
    let words = format!(" {} of {max}", thousands(api.used as i64));
    let ours = if columns < 45 { String::new() } else { format!(" ({} ours)", thousands(api.ours as i64)) };
    let room = usize::from(columns).saturating_sub(4 + words.len() + ours.len());
    let meaning = match api.used * 100 / api.max.max(1) {
        0..70 => Meaning::Good,
        70..90 => Meaning::Warning,
        _ => Meaning::Bad,
    };
    let mut line = Line::from(canvas.span("API ", Meaning::Label));
    if room >= 4 {
        line.extend(bar(canvas, api.used, api.max, room.min(30), meaning));
    }
    line.push_span(Span::raw(words));
    line.push_span(canvas.span(ours, Meaning::Dim));
    Some(line)
}

fn batch<'t>(canvas: &Canvas<'_>, status: &WorkerStatus, columns: u16) -> Option<Line<'t>> {
    let batch = status.batch?;
    let words = format!(" {} of {}", batch.done, batch.total);
    let room = usize::from(columns).saturating_sub(6 + words.len()).min(30);
    let mut line = Line::from(canvas.span("Batch ", Meaning::Label));
    line.extend(bar(canvas, batch.done as u64, batch.total as u64, room, Meaning::Info));
    line.push_span(Span::raw(words));
    Some(line)
}

fn errors<'t>(canvas: &Canvas<'_>, status: &WorkerStatus) -> Vec<Line<'t>> {
    let line = |group: &crate::sync::status::ErrorGroup| {
        Line::from(vec![
            canvas.span(format!("{:>3} ", thousands(group.count)), Meaning::Bad),
            canvas.span(group.words.clone(), Meaning::Text),
            canvas.span(format!(" {}", group.code), Meaning::Dim),
        ])
    };
    status.errors.iter().map(line).collect()
}

fn results<'t>(model: &Model, canvas: &Canvas<'_>, status: &WorkerStatus, most: usize) -> Vec<Line<'t>> {
    let glyphs = canvas.glyphs();
    let line = |result: &crate::sync::status::ResultLine| {
        let (symbol, meaning) = if result.ok { (glyphs.good, Meaning::Good) } else { (glyphs.bad, Meaning::Bad) };
        let at = result.at.to_zoned(model.setup.time_zone.clone()).strftime("%H:%M ").to_string();
        Line::from(vec![
            canvas.span(symbol, meaning),
            Span::raw(" "),
            canvas.span(at, Meaning::Dim),
            canvas.span(result.text.clone(), Meaning::Text),
        ])
    };
    let seen = status.results.iter().filter(|result| model.setup.administrator || !result.names);
    seen.take(most).map(line).collect()
}
