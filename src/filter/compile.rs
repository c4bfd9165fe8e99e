//! A condition as SQL: a boolean expression over `c` (contact) or `a` (activity), values only as parameters.
//!
//! SQLite has no statistics here, so the plan is steered by how the expression is written. [`Strategy::Walk`] leaves bare
//! only columns whose index also gives the list's order; a `+` before any other column keeps the planner from leaving
//! that order for an index and sorting half the table. [`Strategy::Probe`] starts from the ids that one selective part
//! of the condition yields ([`super::Filter::probes`]) and checks the rest on them.

mod activities;
mod contacts;
mod drivers;
mod probes;
mod staged;
mod walks;
mod words;

pub(super) use contacts::short_record_id;
pub(super) use probes::probes;
pub use probes::{Limits, Probe};
pub use staged::Staged;
use staged::among;
pub(super) use staged::{lead, of_ids};
pub use walks::{People, Step, Walk};
pub(super) use walks::{people, walks};
pub use words::Words;
pub(super) use words::{nothing_else, short, words};

use super::condition::{Bool, ContactTest, Leaf};
use super::context::{List, Sort};
use super::text::Needle;
use super::values::{Bounds, Pattern, Shape, TextTest, UserTest};

/// A piece of SQL with `?` placeholders, and their values in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sql {
    /// The text; nothing that a user wrote is in it.
    pub text: String,
    /// One value per `?`.
    pub args: Vec<Arg>,
}

/// The value of a placeholder.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// Text.
    Text(String),
    /// A whole number, or milliseconds.
    Integer(i64),
    /// Any other number.
    Real(f64),
}

/// How the rows are to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Walk the index of the list's order and check each row: for conditions that many rows satisfy.
    Walk(Sort),
    /// Collect the ids that the probe with this number yields, and check the rest of the condition on them: for a probe
    /// that yields few.
    Probe(usize),
    /// Leave it to SQLite: for counts and exports, where no order is asked for.
    Free,
}

impl Sql {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn arg(&mut self, arg: Arg) {
        self.args.push(arg);
    }

    fn text(&mut self, text: impl Into<String>) {
        self.arg(Arg::Text(text.into()));
    }

    /// Pieces between parentheses, joined; `empty` if there are none.
    fn joined<T>(&mut self, items: &[T], between: &str, empty: &str, mut each: impl FnMut(&mut Self, &T)) {
        match items {
            [] => self.push(empty),
            [item] => each(self, item),
            _ => {
                self.push("(");
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        self.push(between);
                    }
                    each(self, item);
                }
                self.push(")");
            }
        }
    }

    fn any<T>(&mut self, items: &[T], each: impl FnMut(&mut Self, &T)) {
        self.joined(items, " OR ", "0", each);
    }

    fn all<T>(&mut self, items: &[T], each: impl FnMut(&mut Self, &T)) {
        self.joined(items, " AND ", "1", each);
    }

    /// `column = ?` or `column IN (?, …)`.
    fn equals(&mut self, column: &str, values: impl ExactSizeIterator<Item = Arg>) {
        let several = values.len() != 1;
        self.push(column);
        self.push(if several { " IN (" } else { " = " });
        for (i, value) in values.enumerate() {
            self.push(if i > 0 { ", ?" } else { "?" });
            self.arg(value);
        }
        self.push(if several { ")" } else { "" });
    }

    fn append(&mut self, other: Self) {
        self.text.push_str(&other.text);
        self.args.extend(other.args);
    }
}

/// Which columns the planner may use an index for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lead {
    /// All of them.
    Free,
    /// Those whose index also gives this order.
    Sort(Sort),
    /// None but those that find one row.
    Pinned,
    /// The same, but [`People`] are collected first, and rows compared with these.
    Gathered,
    /// As `Pinned`, where the texts of the row are at hand as `own` (an activity's) and `person` (the contact's).
    Texts,
}

impl Lead {
    /// Below an OR or a NOT no index gives the order.
    fn inside(self) -> Self {
        match self {
            Self::Free | Self::Texts => self,
            Self::Sort(_) | Self::Pinned | Self::Gathered => Self::Pinned,
        }
    }

    /// `column`, with the `+` that hides it from the planner unless an index of it serves.
    fn column(self, column: &str, orders: &[Sort], single: bool) -> String {
        let bare = match self {
            Self::Free => true,
            Self::Sort(sort) => single && orders.contains(&sort),
            Self::Pinned | Self::Gathered | Self::Texts => false,
        };
        if bare { column.to_owned() } else { format!("+{column}") }
    }
}

/// The whole condition, given as its conjuncts.
pub(super) fn compile(list: List, conjuncts: &[Bool<Leaf>], strategy: Strategy) -> Sql {
    let (lead, driver) = match strategy {
        Strategy::Free => (Lead::Free, None),
        Strategy::Walk(sort) => (Lead::Sort(sort), None),
        Strategy::Probe(index) => (Lead::Pinned, drivers::drivers(list, conjuncts).into_iter().nth(index)),
    };
    let mut out = Sql::default();
    let Some(driver) = driver else {
        // A probe that does not exist: the same rows, found by walking.
        conjunction(&mut out, list, conjuncts, lead);
        return out;
    };
    among(list, conjuncts, driver.ids, &driver.covers).at_once()
}

fn without(conjuncts: &[Bool<Leaf>], some: &[usize]) -> Vec<Bool<Leaf>> {
    conjuncts.iter().enumerate().filter(|(i, _)| !some.contains(i)).map(|(_, part)| part.clone()).collect()
}

/// The values, each once.
fn once<T: Copy + PartialEq>(values: &[T]) -> impl Iterator<Item = T> {
    values.iter().enumerate().filter(|(i, value)| !values[..*i].contains(value)).map(|(_, value)| *value)
}

/// All conjuncts. On the activity list those about the contact are asked in one go.
fn conjunction(out: &mut Sql, list: List, conjuncts: &[Bool<Leaf>], lead: Lead) {
    if list == List::Contacts {
        let gathered = |part: &&Bool<Leaf>| lead == Lead::Gathered && matches!(part, Bool::Leaf(Leaf::Some(_)));
        let (mut parts, others): (Vec<_>, Vec<_>) = conjuncts.iter().partition(gathered);
        parts.extend(others);
        return out.all(&parts, |out, part| condition(out, list, part, lead));
    }
    let contact = |part: &Bool<Leaf>| match part {
        Bool::Leaf(Leaf::Contact(test)) => Some(test.clone()),
        _ => None,
    };
    let about_contact: Vec<ContactTest> = conjuncts.iter().filter_map(contact).collect();
    let others: Vec<&Bool<Leaf>> = conjuncts.iter().filter(|part| contact(part).is_none()).collect();
    match (about_contact.is_empty(), others.is_empty()) {
        (true, _) => out.all(&others, |out, part| condition(out, list, part, lead)),
        (false, true) => contacts::of_activity(out, &about_contact, lead),
        (false, false) => {
            out.push("(");
            contacts::of_activity(out, &about_contact, lead);
            for part in others {
                out.push(" AND ");
                condition(out, list, part, lead);
            }
            out.push(")");
        }
    }
}

fn condition(out: &mut Sql, list: List, part: &Bool<Leaf>, lead: Lead) {
    match part {
        Bool::All(parts) => conjunction(out, list, parts, lead),
        Bool::Any(parts) => out.any(parts, |out, part| condition(out, list, part, lead.inside())),
        // Unknown values make SQL's NOT unknown; a filter's NOT is true of everything that is not.
        Bool::Not(part) => {
            out.push("((");
            condition(out, list, part, lead.inside());
            out.push(") IS NOT TRUE)");
        }
        Bool::Leaf(question) => match (question, list) {
            (Leaf::Text(needle), _) if lead == Lead::Texts => staged::word(out, list, needle),
            (Leaf::Text(needle), _) => word(out, list, needle),
            (Leaf::Contact(test), List::Contacts) => contacts::test(out, test, lead),
            (Leaf::Contact(test), List::Activities) => contacts::of_activity(out, std::slice::from_ref(test), lead),
            (Leaf::Activity(test), _) => activities::test(out, "a", test, lead),
            (Leaf::Some(group), List::Contacts) if lead == Lead::Gathered => match activities::contacts_of(group) {
                Some(people) => within(out, "c.id", people),
                None => activities::some(out, list, group),
            },
            (Leaf::Some(group), _) => activities::some(out, list, group),
        },
    }
}

/// `column` is one of these.
fn within(out: &mut Sql, column: &str, ids: Sql) {
    out.push(column);
    out.push(" IN (");
    out.append(ids);
    out.push(")");
}

/// One look-up by number in the search text of the row.
fn word(out: &mut Sql, list: List, needle: &Needle) {
    let contact = |out: &mut Sql, id: &str| {
        out.push("EXISTS (SELECT 1 FROM contact_text WHERE id = ");
        out.push(id);
        out.push(" AND instr(text, ?) > 0)");
        out.text(needle.as_str());
    };
    match list {
        List::Contacts => contact(out, "c.id"),
        List::Activities => {
            out.push("(EXISTS (SELECT 1 FROM activity_text WHERE id = a.id AND instr(text, ?) > 0) OR ");
            out.text(needle.as_str());
            contact(out, "a.contact_id");
            out.push(")");
        }
    }
}

/// Text tests of a column that no index serves.
fn text_tests(out: &mut Sql, column: &str, tests: &[TextTest]) {
    out.any(tests, |out, test| match test {
        TextTest::None => out.push(&format!("{column} IS NULL")),
        TextTest::Any => out.push(&format!("{column} IS NOT NULL")),
        TextTest::Like(found) => pattern(out, column, &[], found),
    });
}

/// `column` matches the pattern; `args` are those of the column's own placeholders.
fn pattern(out: &mut Sql, column: &str, args: &[Arg], pattern: &Pattern) {
    let (plain, glob) = (pattern.plain(), pattern.glob());
    let both = plain.is_some() && glob.is_some();
    out.push(if both { "(" } else { "" });
    if let Some(text) = plain {
        like(out, column, args, pattern.shape, &text);
        out.push(if both { " OR " } else { "" });
    }
    if let Some(glob) = glob {
        spelled(out, column, args, glob);
    }
    out.push(if both { ")" } else { "" });
}

/// `column` in other letters than a to z. Texts of ASCII alone, which are most, need not be looked at.
fn spelled(out: &mut Sql, column: &str, args: &[Arg], glob: String) {
    out.push(&format!("(octet_length({column}) > length({column}) AND {column} GLOB ?)"));
    (0..3).for_each(|_| out.args.extend(args.iter().cloned()));
    out.text(glob);
}

/// `column` without regard to the case of the letters from a to z.
fn like(out: &mut Sql, column: &str, args: &[Arg], shape: Shape, text: &str) {
    let (head, tail) = match shape {
        Shape::Equals => {
            out.args.extend(args.iter().cloned());
            return out.equals(&format!("{column} COLLATE NOCASE"), std::iter::once(Arg::Text(text.to_owned())));
        }
        Shape::StartsWith => ("", "%"),
        Shape::EndsWith => ("%", ""),
        Shape::Contains => ("%", "%"),
    };
    out.push(column);
    out.push(" LIKE ? ESCAPE '\\'");
    out.args.extend(args.iter().cloned());
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    out.text(format!("{head}{escaped}{tail}"));
}

/// Bounds of a column; `arg` makes parameters of their values, `args` are those of the column's own placeholders.
fn bounds<T>(out: &mut Sql, column: &str, args: &[Arg], bounds: &Bounds<T>, arg: impl Fn(&T) -> Arg) {
    let ends = [
        bounds.min.as_ref().map(|(value, inside)| (if *inside { " >= ?" } else { " > ?" }, value)),
        bounds.max.as_ref().map(|(value, inside)| (if *inside { " <= ?" } else { " < ?" }, value)),
    ];
    let ends: Vec<_> = ends.into_iter().flatten().collect();
    out.all(&ends, |out, (operator, value)| {
        out.push(column);
        out.push(operator);
        out.args.extend(args.iter().cloned());
        out.arg(arg(value));
    });
}

/// A time column within an interval, in milliseconds.
fn interval(out: &mut Sql, column: &str, within: super::dates::Interval) {
    let ends = [(" >= ?", within.from), (" < ?", within.to)];
    let ends: Vec<_> = ends.into_iter().filter_map(|(operator, end)| Some((operator, end?))).collect();
    out.all(&ends, |out, (operator, end)| {
        out.push(column);
        out.push(operator);
        out.arg(Arg::Integer(*end));
    });
}

/// A user column; `orders` are those of its index.
fn users(out: &mut Sql, column: &str, tests: &[UserTest], lead: Lead, orders: &[Sort]) {
    let single = tests.len() == 1;
    out.any(tests, |out, test| {
        let unknown = lead.column(column, &[], single);
        match test {
            UserTest::None => out.push(&format!("{unknown} IS NULL")),
            UserTest::Any => out.push(&format!("{unknown} IS NOT NULL")),
            UserTest::Nobody => out.push("0"),
            UserTest::Id(id) => {
                out.push(&lead.column(column, orders, single));
                out.push(" = ?");
                out.arg(Arg::Integer(*id));
            }
            UserTest::Email(email) => {
                out.push(&lead.column(column, orders, single));
                out.push(" = (SELECT id FROM user WHERE email = ?)");
                out.text(email);
            }
            UserTest::Word(word) => {
                let (within, head) = UserTest::word_patterns(word);
                out.push(&lead.column(column, &[], single));
                out.push(" IN (SELECT u.id FROM user u WHERE u.external_id = ? OR ");
                out.text(word);
                pattern(out, "(' ' || u.name || ' ')", &[], &within);
                out.push(" OR ");
                pattern(out, "u.email", &[], &head);
                out.push(")");
            }
            UserTest::Like(found) => {
                out.push(&lead.column(column, &[], single));
                out.push(" IN (SELECT u.id FROM user u WHERE ");
                pattern(out, "u.name", &[], found);
                out.push(" OR ");
                pattern(out, "u.email", &[], found);
                out.push(")");
            }
        }
    });
}
