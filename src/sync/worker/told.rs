//! What became of rows, in lines that people read. Pure.

use std::collections::HashMap;

use crate::store::{OutboxRow, Outcome};
use crate::sync::carry_out::RowEnd;

/// What became of rows: each that was done by itself, and those that ended alike in one line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    lines: Vec<Line>,
    /// Where the lines are that others may join, by their words.
    places: HashMap<String, usize>,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// The first row that ended so.
    pub row: i64,
    /// What that row is about.
    pub label: String,
    /// How many ended so.
    pub times: usize,
    /// Salesforce holds it.
    pub done: bool,
    /// The code of the failure.
    pub code: Option<String>,
    /// What was done or what is wrong.
    pub words: String,
}

impl Told {
    /// Takes in how rows ended; those that ended as they should without a word are left out.
    pub fn take<'a>(&mut self, ends: impl IntoIterator<Item = &'a RowEnd>, rows: &[OutboxRow]) {
        let labels: HashMap<i64, &str> = rows.iter().map(|row| (row.id, row.label.as_str())).collect();
        for end in ends.into_iter().filter(|end| !end.words.is_empty()) {
            let done = end.outcome == Outcome::Done;
            // What was done names its record; what failed or needed nothing is often the same for a whole batch.
            if let (false, Some(&place)) = (done, self.places.get(&end.words)) {
                self.lines[place].times += 1;
                continue;
            }
            if !done {
                self.places.insert(end.words.clone(), self.lines.len());
            }
            let code = match &end.outcome {
                Outcome::Retry(_, fault) | Outcome::Held(fault) | Outcome::InDoubt(_, fault) => {
                    Some(fault.code.clone())
                }
                Outcome::Done | Outcome::Skipped | Outcome::LeftOut | Outcome::Release(_) => None,
            };
            let label = labels.get(&end.row_id).copied().unwrap_or_default().to_owned();
            self.lines.push(Line { row: end.row_id, label, times: 1, done, code, words: end.words.clone() });
        }
    }

    /// The lines, in the order in which each came first.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }
}

impl Line {
    /// For the screen, where the item can be opened: `Ana Berg, Demo: created Event`, `300 x NOT_SENT: no connection`.
    pub fn short(&self) -> String {
        match (self.times, self.label.as_str()) {
            (1, "") => self.words.clone(),
            (1, label) => format!("{label}: {}", self.words),
            (times, _) => format!("{times} x {}", self.words),
        }
    }

    /// For reports and logs: with the number by which commands know the item.
    pub fn long(&self) -> String {
        match (self.times, self.label.as_str()) {
            (1, "") => format!("item {}: {}", self.row, self.words),
            (1, label) => format!("item {} ({label}): {}", self.row, self.words),
            (times, _) => format!("{times} x {}", self.words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Fault;
    use jiff::Timestamp;

    fn row(id: i64, label: &str) -> OutboxRow {
        OutboxRow { id, ..OutboxRow::of_contact(id, label.to_owned()) }
    }

    fn end(row_id: i64, outcome: Outcome, words: &str) -> RowEnd {
        RowEnd { row_id, outcome, words: words.to_owned() }
    }

    #[test]
    fn what_ended_alike_is_one_line_and_the_rest_is_told_with_its_item() {
        let fault = |code: &str| Fault { code: code.to_owned(), ..Fault::default() };
        let retry = |code: &str| Outcome::Retry(Timestamp::UNIX_EPOCH, fault(code));
        let mut told = Told::default();
        let first = [
            end(1, Outcome::Done, "created Event"),
            end(2, Outcome::Done, "created Event"),
            end(3, retry("DOWN"), "DOWN: no answer"),
            end(4, Outcome::Held(fault("LONG")), "LONG: Company"),
            end(5, Outcome::Skipped, ""),
            end(6, retry("DOWN"), "DOWN: no answer"),
        ];
        told.take(&first, &[row(1, "Ana"), row(2, "Bo"), row(3, "Cy"), row(4, "Di"), row(6, "Ed")]);
        // The next batch meets the same.
        told.take(&[end(7, retry("DOWN"), "DOWN: no answer"), end(8, Outcome::Skipped, "nothing to change")], &[]);
        let lines: Vec<_> = told.lines().iter().map(Line::long).collect();
        let expected = [
            "item 1 (Ana): created Event",
            "item 2 (Bo): created Event",
            "3 x DOWN: no answer",
            "item 4 (Di): LONG: Company",
            "item 8: nothing to change",
        ];
        assert_eq!(lines, expected);
        assert_eq!(told.lines()[3].short(), "Di: LONG: Company");
        assert_eq!(told.lines()[2].code.as_deref(), Some("DOWN"));
    }
}
