//! Small charts: a sparkline and a bar.

use ratatui::text::Span;

use super::canvas::Canvas;
use crate::tui::theme::Meaning;

/// The newest values that fit, one column each, scaled to the largest of them.
pub fn sparkline<'t>(canvas: &Canvas<'_>, values: &[u16], columns: usize) -> Span<'t> {
    let shown = &values[values.len().saturating_sub(columns)..];
    let most = shown.iter().copied().max().unwrap_or(0).max(1);
    let steps = &canvas.glyphs().spark;
    let text: String = shown
        .iter()
        .map(|value| steps[(usize::from(*value) * (steps.len() - 1)).div_ceil(usize::from(most))])
        .collect();
    canvas.span(text, Meaning::Chart)
}

/// A bar filled in the ratio `part` to `whole`: nothing only for nothing, all only for all.
pub fn bar<'t>(canvas: &Canvas<'_>, part: u64, whole: u64, columns: usize, meaning: Meaning) -> [Span<'t>; 2] {
    let filled = if whole == 0 || part == 0 {
        0
    } else if part >= whole {
        columns
    } else {
        let exact = (part as f64 / whole as f64 * columns as f64) as usize;
        exact.clamp(1, columns.saturating_sub(1).max(1))
    };
    let glyphs = canvas.glyphs();
    [
        canvas.span(glyphs.bar.repeat(filled), meaning),
        canvas.span(glyphs.bar_rest.repeat(columns.saturating_sub(filled)), Meaning::ChartRest),
    ]
}
