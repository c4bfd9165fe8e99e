//! A terminal's screen as SVG. Frames and bars are drawn as shapes, since fonts leave gaps between them; text keeps its
//! columns whatever the font.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// Width and height of a cell, and where its text stands, in pixels.
const CELL: (f32, f32) = (8.4, 18.0);
const BASELINE: f32 = 13.5;
const MARGIN: f32 = 12.0;

const GROUND: &str = "#0d1117";
const TEXT: &str = "#d0d7de";
/// The sixteen colours, as a terminal might have them.
const COLOURS: [&str; 16] = [
    "#484f58", "#ff7b72", "#56d364", "#e3b341", "#6cb6ff", "#d2a8ff", "#4cc9d6", "#b1bac4", //
    "#6e7681", "#ffa198", "#7ee787", "#f2cc60", "#a5d6ff", "#e2c5ff", "#7ce0ea", "#f0f6fc",
];

/// How a cell looks.
#[derive(Clone, PartialEq)]
struct Look {
    text: String,
    ground: Option<String>,
    bold: bool,
    dim: bool,
    underlined: bool,
}

fn colour(colour: Color, usual: &str) -> String {
    match colour {
        Color::Default => usual.to_owned(),
        Color::Idx(n @ 0..16) => COLOURS[usize::from(n)].to_owned(),
        Color::Idx(n @ 16..232) => {
            let part = |n: u8| if n == 0 { 0 } else { 55 + n * 40 };
            let n = n - 16;
            format!("#{:02x}{:02x}{:02x}", part(n / 36), part(n / 6 % 6), part(n % 6))
        }
        Color::Idx(n) => format!("#{0:02x}{0:02x}{0:02x}", 8 + (n - 232) * 10),
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
    }
}

fn look(cell: &Cell) -> Look {
    let (text, ground) = (colour(cell.fgcolor(), TEXT), colour(cell.bgcolor(), GROUND));
    let (text, ground) = if cell.inverse() { (ground, text) } else { (text, ground) };
    let ground = (ground != GROUND).then_some(ground);
    Look { text, ground, bold: cell.bold(), dim: cell.dim(), underlined: cell.underline() }
}

/// The whole screen.
pub fn draw(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let (width, height) = (f32::from(columns) * CELL.0 + 2.0 * MARGIN, f32::from(rows) * CELL.1 + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\" \
         font-size=\"14\" xml:space=\"preserve\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>\n"
    );
    for row in 0..rows {
        line(&mut svg, screen, row, columns);
    }
    svg.push_str("</svg>\n");
    svg
}

fn line(svg: &mut String, screen: &Screen, row: u16, columns: u16) {
    let mut column = 0;
    while column < columns {
        let Some(first) = screen.cell(row, column) else { break };
        let (start, looks) = (column, look(first));
        // As far as it looks the same and is drawn the same way: text of one width a character, or one shape.
        let mut text = String::new();
        let kind = kind_of(first);
        while let Some(cell) = screen.cell(row, column).filter(|_| column < columns) {
            let follows = look(cell) == looks && kind_of(cell) == kind;
            if !follows || (kind == Kind::Wide && column > start) {
                break;
            }
            text.push_str(if cell.has_contents() { cell.contents() } else { " " });
            column += if cell.is_wide() { 2 } else { 1 };
        }
        run(svg, &text, kind, &looks, (start, row, column - start));
    }
}

/// How a cell is drawn.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// A character of one column.
    Text,
    /// One of two columns, or one whose width fonts do not agree about.
    Wide,
    /// A line, a bar, a block.
    Shape(char),
}

fn kind_of(cell: &Cell) -> Kind {
    let text = cell.contents();
    match text.chars().next() {
        Some(c) if "─━│╭╮╰╯▁▂▃▄▅▆▇█▌".contains(c) => Kind::Shape(c),
        Some(c) if cell.is_wide() || !(c.is_ascii() || ('\u{a0}'..'\u{250}').contains(&c)) => Kind::Wide,
        _ => Kind::Text,
    }
}

fn run(svg: &mut String, text: &str, kind: Kind, look: &Look, (column, row, columns): (u16, u16, u16)) {
    let (x, y) = (MARGIN + f32::from(column) * CELL.0, MARGIN + f32::from(row) * CELL.1);
    let width = f32::from(columns) * CELL.0;
    if let Some(ground) = &look.ground {
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{:.1}\" height=\"{}\" fill=\"{ground}\"/>",
            width + 0.3, // no seam to the next one
            CELL.1
        );
    }
    let faint = if look.dim { " opacity=\"0.6\"" } else { "" };
    if let Kind::Shape(shape) = kind {
        return shapes(svg, shape, columns, (x, y), &look.text, faint);
    }
    let trimmed = text.trim_end();
    if trimmed.trim().is_empty() {
        return;
    }
    // What stands at the beginning is left out, too: blanks at both ends are the first thing that viewers drop.
    let blanks = trimmed.len() - trimmed.trim_start().len();
    let (x, count) = (x + blanks as f32 * CELL.0, trimmed.trim_start().chars().count());
    let bold = if look.bold { " font-weight=\"bold\"" } else { "" };
    let under = if look.underlined { " text-decoration=\"underline\"" } else { "" };
    // Text is stretched to its columns, whatever the font; what is wide anyway is left as it is.
    let length = match kind {
        Kind::Text => format!(" textLength=\"{:.1}\" lengthAdjust=\"spacingAndGlyphs\"", count as f32 * CELL.0),
        _ => String::new(),
    };
    let text = trimmed.trim_start().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{}\" fill=\"{}\"{length}{bold}{under}{faint}>{text}</text>",
        y + BASELINE,
        look.text
    );
}

fn shapes(svg: &mut String, shape: char, columns: u16, (x, y): (f32, f32), colour: &str, faint: &str) {
    let (w, h) = (f32::from(columns) * CELL.0, CELL.1);
    let (middle, half) = (y + h / 2.0, CELL.0 / 2.0);
    let blocks = "▁▂▃▄▅▆▇█";
    if let Some(eighths) = blocks.chars().position(|block| block == shape) {
        let tall = h * (eighths as f32 + 1.0) / 8.0;
        let top = y + h - tall;
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{w:.1}\" height=\"{tall:.1}\" fill=\"{colour}\"{faint}/>"
        );
        return;
    }
    if shape == '▌' {
        let _ =
            writeln!(svg, "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{half:.1}\" height=\"{h}\" fill=\"{colour}\"{faint}/>");
        return;
    }
    let (right, bottom, centre) = (x + CELL.0, y + h, x + half);
    let path = match shape {
        '│' => (0..columns).fold(String::new(), |mut path, n| {
            let at = centre + f32::from(n) * CELL.0;
            let _ = write!(path, "M{at:.1} {y}V{bottom}");
            path
        }),
        '╭' => format!("M{right:.1} {middle}Q{centre:.1} {middle} {centre:.1} {bottom}"),
        '╮' => format!("M{x:.1} {middle}Q{centre:.1} {middle} {centre:.1} {bottom}"),
        '╰' => format!("M{right:.1} {middle}Q{centre:.1} {middle} {centre:.1} {y}"),
        '╯' => format!("M{x:.1} {middle}Q{centre:.1} {middle} {centre:.1} {y}"),
        _ => format!("M{x:.1} {middle}H{:.1}", x + w),
    };
    let thick = if shape == '━' { 3 } else { 1 };
    let _ = writeln!(svg, "<path d=\"{path}\" stroke=\"{colour}\" stroke-width=\"{thick}\" fill=\"none\"{faint}/>");
}
