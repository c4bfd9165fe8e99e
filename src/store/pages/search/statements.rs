//! The statements of a search: rows of a part of a list, all or those of some steps, in its order.

use std::fmt::Write as _;

use super::{List, Part, Search};
use crate::filter::{Arg, Sql, Staged, Walk};
use crate::store::list::{Anchor, SortValue};

impl Search<'_> {
    /// Ids and sort keys of the rows of a part: all that satisfy the condition. By a hidden order the planner is left with
    /// the indexes of the condition.
    pub(super) fn all(&self, condition: &Staged, part: &Part, sort: &str) -> Sql {
        let List { table, row, only, id, person, .. } = self.list;
        let only = if *sort == self.list.sort { only.to_string() } else { format!("+{only}") };
        let beyond = self.beyond(part, sort);
        let direction = self.direction(part);
        // Any that the planner comes upon will do, as long as no index of the order misleads it.
        let order = if part.any && *sort != self.list.sort {
            String::new()
        } else {
            format!(" ORDER BY {sort} {direction}, {id} {direction}")
        };
        let args = condition.find.args.iter().chain(&beyond.args).cloned();
        let found = format!("FROM {table} WHERE {only} AND ({}){}{order}", condition.find.text, beyond.text);
        let Some(check) = &condition.check else {
            return Sql { text: format!("SELECT {id} AS id, {sort} AS sort {found}"), args: args.collect() };
        };
        // The limit keeps the order, in which the rows are then looked at until there are enough. What is asked of them may
        // find all that it needs in what was found, under the name of the row.
        let found = format!("(SELECT {id} AS id, {sort} AS sort, {person} AS contact_id {found} LIMIT -1)");
        let text = if condition.apart {
            format!("SELECT {row}.id AS id, {row}.sort AS sort FROM {found} {row} WHERE ({})", check.text)
        } else {
            format!(
                "SELECT f.id AS id, f.sort AS sort FROM {found} f CROSS JOIN {table} ON {id} = f.id WHERE ({})",
                check.text
            )
        };
        Sql { text, args: args.chain(check.args.iter().cloned()).collect() }
    }

    /// The same of those that are met on so many steps. The inner rows come one by one in the order of their indexes, as
    /// they are asked for: the walk ends with the page.
    pub(super) fn steps(&self, walk: &Walk, part: &Part, steps: u32) -> Sql {
        let Sql { text, mut args } = self.ahead(part, walk, Some(&walk.check));
        args.push(Arg::Integer(i64::from(steps)));
        Sql { text: format!("SELECT id, sort FROM ({text} LIMIT +?) WHERE met"), args }
    }

    /// The rows that a walk has before it, in order, and whether they satisfy what is to be checked.
    pub(super) fn ahead(&self, part: &Part, walk: &Walk, check: Option<&Sql>) -> Sql {
        let List { table, only, sort, id, .. } = self.list;
        let beyond = self.beyond(part, sort);
        let direction = self.direction(part);
        // What comes first in the condition decides, so that the rest is not asked of every row; of a value, it would be.
        let (met, checked) = check.map_or(("1".to_owned(), [].as_slice()), |check| {
            (format!("CASE WHEN {} THEN 1 END", check.text), check.args.as_slice())
        });
        let (mut text, mut args) = (String::new(), Vec::new());
        for along in &walk.along {
            let union = if text.is_empty() { "" } else { " UNION ALL " };
            let _ = write!(
                text,
                "{union}SELECT {id} AS id, {sort} AS sort, {met} AS met FROM {table} WHERE {only} AND ({}){}",
                along.text, beyond.text
            );
            args.extend(checked.iter().chain(&along.args).chain(&beyond.args).cloned());
        }
        // Of several, the merged rows are ordered by what they are called; of one, by its index.
        match walk.along.len() {
            1 => drop(write!(text, " ORDER BY {sort} {direction}, {id} {direction}")),
            _ => drop(write!(text, " ORDER BY sort {direction}, id {direction}")),
        }
        Sql { text, args }
    }

    pub(super) fn direction(&self, part: &Part) -> &'static str {
        if self.ascending(part) { "ASC" } else { "DESC" }
    }

    pub(super) fn ascending(&self, part: &Part) -> bool {
        self.list.descending == part.upwards
    }

    /// What lies beyond the key of a part, as a condition that begins with `AND`.
    pub(super) fn beyond(&self, part: &Part, sort: &str) -> Sql {
        let id = self.list.id;
        let side = if self.list.descending == part.upwards { ">" } else { "<" };
        let (key, or_at) = match &part.anchor {
            Anchor::First | Anchor::Last => return Sql::default(),
            Anchor::After(key) | Anchor::Before(key) => (key, ""),
            Anchor::From(key) => (key, "="),
        };
        let (value, arg) = match &key.sort {
            SortValue::Integer(n) => ("?", Some(Arg::Integer(*n))),
            SortValue::Real(n) => ("?", Some(Arg::Real(*n))),
            SortValue::Text(text) => ("?", Some(Arg::Text(text.clone()))),
            // As `contact_order` has it.
            SortValue::Blank if self.list.descending => ("-9e999", None),
            SortValue::Blank => ("x''", None),
        };
        let text = format!(" AND ({sort}, {id}) {side}{or_at} ({value}, ?)");
        Sql { text, args: arg.into_iter().chain([Arg::Integer(key.id)]).collect() }
    }
}
