//! Columns of a table: which ones fit, and how wide they are.

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column<'t> {
    /// Its head.
    pub title: &'t str,
    /// It is left out rather than made narrower.
    pub least: u16,
    /// It takes no more.
    pub most: u16,
    /// The highest ones stay when not all fit.
    pub rank: u8,
    /// Numbers and times stand at the right.
    pub right: bool,
}

impl<'t> Column<'t> {
    /// A column between two widths.
    pub const fn new(title: &'t str, least: u16, most: u16, rank: u8) -> Self {
        Self { title, least, most, rank, right: false }
    }

    /// With its text at the right.
    #[must_use]
    pub const fn right(self) -> Self {
        Self { right: true, ..self }
    }
}

/// Blank columns between two columns.
pub const GAP: u16 = 2;

/// The width of each column; 0: it does not fit. What is left over is shared as the widest columns need it.
pub fn widths(columns: &[Column<'_>], room: u16) -> Vec<u16> {
    let mut widths: Vec<u16> = columns.iter().map(|column| column.least).collect();
    let total = |widths: &[u16]| {
        let shown = widths.iter().filter(|width| **width > 0).count() as u16;
        widths.iter().sum::<u16>() + shown.saturating_sub(1) * GAP
    };
    while total(&widths) > room {
        let shown = (0..columns.len()).filter(|index| widths[*index] > 0);
        let Some(last) = shown.min_by_key(|index| columns[*index].rank) else { break };
        widths[last] = 0;
    }
    let mut left = room - total(&widths).min(room);
    // Shares in proportion to what each column could still take; a second round deals out what rounding left.
    for _ in 0..3 {
        let wants: Vec<u16> =
            columns.iter().zip(&widths).map(|(c, w)| if *w == 0 { 0 } else { c.most.saturating_sub(*w) }).collect();
        let wanted: u32 = wants.iter().map(|want| u32::from(*want)).sum();
        if wanted == 0 || left == 0 {
            break;
        }
        let share = left;
        for (width, want) in widths.iter_mut().zip(wants) {
            let part = (u32::from(share) * u32::from(want)).div_ceil(wanted) as u16;
            let part = part.min(want).min(left);
            *width += part;
            left -= part;
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COLUMNS: [Column<'static>; 4] = [
        Column::new("Name", 10, 30, 9),
        Column::new("Email", 12, 40, 5),
        Column::new("Status", 6, 6, 8),
        Column::new("Seen", 5, 5, 7),
    ];

    #[test]
    fn what_matters_least_goes_first() {
        assert_eq!(widths(&COLUMNS, 200), [30, 40, 6, 5]);
        assert_eq!(widths(&COLUMNS, 39), [10, 12, 6, 5]);
        assert_eq!(widths(&COLUMNS, 30), [15, 0, 6, 5]);
        assert_eq!(widths(&COLUMNS, 10), [10, 0, 0, 0]);
        assert_eq!(widths(&COLUMNS, 3), [0, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn columns_fit(room in 0_u16..300) {
            let widths = widths(&COLUMNS, room);
            let shown = widths.iter().filter(|width| **width > 0).count() as u16;
            prop_assert!(widths.iter().sum::<u16>() + shown.saturating_sub(1) * GAP <= room);
            for (width, column) in widths.iter().zip(COLUMNS) {
                prop_assert!(*width == 0 || (column.least..=column.most).contains(width));
            }
        }
    }
}
