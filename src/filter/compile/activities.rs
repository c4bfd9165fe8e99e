//! Tests of an activity, as SQL over an alias.

use super::contacts::{OPEN, ids, open_rows};
use super::{Arg, Lead, Sql, UserTest, interval, once, text_tests, users};
use crate::filter::condition::{ActivityTest, ActivityTime, Bool, Column, IdTest, SyncTest, TimeTest, Trash};
use crate::filter::context::{List, Sort};

/// The orders that a bare test keeps: its index ends in that column.
pub(super) fn orders(test: &ActivityTest) -> &'static [Sort] {
    match test {
        ActivityTest::Kind(kinds) if kinds.len() == 1 => &[Sort::Updated],
        ActivityTest::State(states) if states.len() == 1 => &[Sort::Updated],
        ActivityTest::Host(tests) if matches!(tests.as_slice(), [UserTest::Email(_) | UserTest::Id(_)]) => {
            &[Sort::Updated]
        }
        ActivityTest::Unread(true) | ActivityTest::Trash(Trash::In) => &[Sort::Updated, Sort::Start],
        ActivityTest::Time(ActivityTime::Start, tests) if matches!(tests.as_slice(), [TimeTest::In(_)]) => {
            &[Sort::Start]
        }
        ActivityTest::Time(ActivityTime::Updated, tests) if matches!(tests.as_slice(), [TimeTest::In(_)]) => {
            &[Sort::Updated]
        }
        _ => &[],
    }
}

/// Orders whose values are in the index of the test, too.
pub(super) fn whole(test: &ActivityTest) -> &'static [Sort] {
    match test {
        ActivityTest::State(_) | ActivityTest::Host(_) | ActivityTest::Unread(true) | ActivityTest::Time(..) => {
            &[Sort::Updated, Sort::Start]
        }
        _ => &[],
    }
}

/// Orders whose values are in the index of contacts.
pub(super) const BY_CONTACT: &[Sort] = &[Sort::Updated, Sort::Start];

/// True if every such index has what the test asks.
pub(super) fn held(test: &ActivityTest) -> bool {
    matches!(
        test,
        ActivityTest::Kind(_)
            | ActivityTest::State(_)
            | ActivityTest::Host(_)
            | ActivityTest::Unread(_)
            | ActivityTest::Trash(_)
            | ActivityTest::Time(ActivityTime::Start | ActivityTime::Updated, _)
    )
}

/// The test for each of its values, of which a row has one at most; the test itself if it has no such values.
pub(super) fn singles(test: &ActivityTest) -> Vec<ActivityTest> {
    match test {
        ActivityTest::Kind(kinds) => once(kinds).map(|kind| ActivityTest::Kind(vec![kind])).collect(),
        ActivityTest::State(states) => once(states).map(|state| ActivityTest::State(vec![state])).collect(),
        test => vec![test.clone()],
    }
}

/// True if an index finds the activities that satisfy the test.
pub(super) fn indexed(test: &ActivityTest) -> bool {
    match test {
        ActivityTest::Id(_) | ActivityTest::Kind(_) | ActivityTest::State(_) => true,
        ActivityTest::Host(tests) => !tests.iter().any(|test| matches!(test, UserTest::None | UserTest::Any)),
        ActivityTest::Time(_, tests) => tests.iter().all(|test| matches!(test, TimeTest::In(_))),
        ActivityTest::Unread(yes) => *yes,
        ActivityTest::Trash(trash) => *trash == Trash::In,
        ActivityTest::Sync(tests) => !tests.iter().any(|test| matches!(test, SyncTest::None | SyncTest::Done)),
        ActivityTest::Text(..) | ActivityTest::Test(_) | ActivityTest::Linked => false,
    }
}

/// The lower, the fewer activities an index finds for the test, as a rule.
fn rank(test: &ActivityTest) -> usize {
    match test {
        ActivityTest::Id(_) => 0,
        ActivityTest::Sync(_) | ActivityTest::Trash(_) => 1,
        ActivityTest::Unread(_) => 2,
        ActivityTest::Time(..) => 3,
        ActivityTest::Host(_) => 4,
        ActivityTest::State(_) => 5,
        _ => 6,
    }
}

/// A `SELECT` of the contacts of a group's activities, by the index that finds the fewest, as a rule: whoever counts them up
/// to a limit passes over few others. `None`: no index finds them.
pub(super) fn contacts_of(group: &Bool<ActivityTest>) -> Option<Sql> {
    let parts = conjuncts(group);
    let known = |part: &Bool<ActivityTest>| match part {
        Bool::Leaf(test) if indexed(test) => Some(rank(test)),
        _ => None,
    };
    let first = (0..parts.len()).filter_map(|i| Some((known(parts[i])?, i))).min().map(|(_, i)| i)?;
    let mut out = Sql::default();
    out.push("SELECT a.contact_id FROM activity a WHERE +a.contact_id IS NOT NULL AND ");
    let parts: Vec<_> = parts.into_iter().enumerate().collect();
    out.all(&parts, |out, (i, part)| {
        conditions(out, "a", part, if first == *i { Lead::Free } else { Lead::Pinned });
    });
    Some(out)
}

fn conjuncts(group: &Bool<ActivityTest>) -> Vec<&Bool<ActivityTest>> {
    match group {
        Bool::All(parts) => parts.iter().flat_map(conjuncts).collect(),
        part => vec![part],
    }
}

/// True if it is a column of the row, with an index, that is compared.
pub(super) fn tests_the_row(test: &ActivityTest) -> bool {
    indexed(test) && !matches!(test, ActivityTest::Id(_) | ActivityTest::Sync(_))
}

/// The contact (of the row) has such an activity.
pub(super) fn some(out: &mut Sql, list: List, group: &Bool<ActivityTest>) {
    let contact = match list {
        List::Contacts => "c.id",
        List::Activities => "a.contact_id",
    };
    let by_id = |part: &Bool<ActivityTest>| matches!(part, Bool::Leaf(ActivityTest::Id(_)));
    let identified = matches!(group, Bool::All(parts) if parts.iter().any(by_id));
    if identified {
        out.push(&format!("{contact} IN (SELECT h.contact_id FROM activity h WHERE "));
    } else {
        // SQLite may turn an EXISTS into a join and begin with the activities; a scalar subquery stays where it is.
        out.push("0 < (SELECT 1 FROM activity h");
        if let Some(others) = beside_unread(group) {
            // In the words of its index, which has nothing else.
            out.push(&format!(" INDEXED BY activity_unread_contact WHERE h.contact_id = {contact} AND "));
            out.push("h.unread = 1 AND h.trashed_at IS NULL");
            for part in others {
                out.push(" AND ");
                conditions(out, "h", part, Lead::Pinned);
            }
            return out.push(" LIMIT 1)");
        }
        out.push(&format!(" WHERE h.contact_id = {contact} AND "));
    }
    conditions(out, "h", group, Lead::Pinned);
    out.push(if identified { ")" } else { " LIMIT 1)" });
}

/// What is asked besides, if an activity is to be unread and not in the trash.
fn beside_unread(group: &Bool<ActivityTest>) -> Option<Vec<&Bool<ActivityTest>>> {
    let Bool::All(parts) = group else { return None };
    let is = |part: &Bool<ActivityTest>, wanted: &ActivityTest| matches!(part, Bool::Leaf(test) if test == wanted);
    let [unread, kept] = [ActivityTest::Unread(true), ActivityTest::Trash(Trash::Out)];
    let asked = [&unread, &kept].into_iter().all(|wanted| parts.iter().any(|part| is(part, wanted)));
    asked.then(|| parts.iter().filter(|part| !is(part, &unread) && !is(part, &kept)).collect())
}

pub(super) fn conditions(out: &mut Sql, alias: &str, group: &Bool<ActivityTest>, lead: Lead) {
    match group {
        Bool::All(parts) => out.all(parts, |out, part| conditions(out, alias, part, lead)),
        Bool::Any(parts) => out.any(parts, |out, part| conditions(out, alias, part, lead.inside())),
        Bool::Not(part) => {
            out.push("((");
            conditions(out, alias, part, lead.inside());
            out.push(") IS NOT TRUE)");
        }
        Bool::Leaf(test) => self::test(out, alias, test, lead),
    }
}

pub(super) fn test(out: &mut Sql, alias: &str, test: &ActivityTest, lead: Lead) {
    let plain = |column: &str| format!("{alias}.{column}");
    let keyed = |column: &str, single: bool, orders: &[Sort]| lead.column(&plain(column), orders, single);
    match test {
        ActivityTest::Id(tests) => id(out, alias, tests),
        ActivityTest::Kind(kinds) => {
            let values = kinds.iter().map(|kind| Arg::Text(kind.key().to_owned()));
            out.equals(&keyed("kind", kinds.len() == 1, &[Sort::Updated]), values);
        }
        ActivityTest::State(states) => {
            let values = states.iter().map(|state| Arg::Text(state.key().to_owned()));
            out.equals(&keyed("state", states.len() == 1, &[Sort::Updated]), values);
        }
        ActivityTest::Host(tests) => users(out, &plain("user_id"), tests, lead, &[Sort::Updated]),
        ActivityTest::Text(column, tests) => text_tests(out, &plain(name(*column)), tests),
        ActivityTest::Time(time, tests) => {
            let (column, orders): (_, &[Sort]) = match time {
                ActivityTime::Start => ("start_at", &[Sort::Start]),
                ActivityTime::Created => ("created_at", &[]),
                ActivityTime::Updated => ("updated_at", &[Sort::Updated]),
            };
            let column = keyed(column, tests.len() == 1, orders);
            out.any(tests, |out, test| match test {
                TimeTest::None => out.push(&format!("{column} IS NULL")),
                TimeTest::Any => out.push(&format!("{column} IS NOT NULL")),
                TimeTest::In(within) => interval(out, &column, *within),
            });
        }
        // The literal lets SQLite see that an index of unread activities serves.
        ActivityTest::Unread(true) => {
            out.push(&format!("{} = 1", keyed("unread", true, &[Sort::Updated, Sort::Start])));
        }
        ActivityTest::Unread(false) => out.push(&format!("{alias}.unread = 0")),
        ActivityTest::Test(yes) => out.push(&format!("{alias}.test = {}", i32::from(*yes))),
        ActivityTest::Trash(Trash::In) => out.push(&format!("{} IS NOT NULL", keyed("trashed_at", true, &[Sort::Updated, Sort::Start]))),
        ActivityTest::Trash(Trash::Out) => out.push(&format!("{alias}.trashed_at IS NULL")),
        ActivityTest::Trash(Trash::Both) => out.push("1"),
        ActivityTest::Linked => out.push(&linked(alias)),
        ActivityTest::Sync(tests) => out.any(tests, |out, test| {
            let open = |which: &str| {
                format!(
                    "EXISTS (SELECT 1 FROM outbox o WHERE o.entity = 'activity' AND o.entity_id = {alias}.id AND {which})"
                )
            };
            match test {
                SyncTest::None => out.push(&format!("(NOT {} AND NOT {})", linked(alias), open(OPEN))),
                SyncTest::Done => out.push(&format!("({} AND NOT {})", linked(alias), open(OPEN))),
                test => out.push(&open(open_rows(*test))),
            }
        }),
    }
}

fn linked(alias: &str) -> String {
    format!("EXISTS (SELECT 1 FROM link k WHERE k.entity = 'activity' AND k.entity_id = {alias}.id)")
}

fn id(out: &mut Sql, alias: &str, tests: &[IdTest]) {
    out.push(&format!("{alias}.id IN ("));
    ids(out, "activity", tests);
    for test in tests {
        // The sources are named because the index begins with them.
        out.push(
            " UNION ALL SELECT y.activity_id FROM activity_key y \
             WHERE y.source IN ('calcom', 'oncehub') AND y.external_id = ?",
        );
        out.text(test.text());
    }
    out.push(")");
}

fn name(column: Column) -> &'static str {
    match column {
        Column::Source => "source",
        Column::EventType => "event_type",
        Column::Bot => "bot",
        Column::Form => "form",
        Column::Page => "page",
        Column::UtmSource => "utm_source",
        Column::UtmMedium => "utm_medium",
        Column::UtmCampaign => "utm_campaign",
        Column::UtmTerm => "utm_term",
        Column::UtmContent => "utm_content",
    }
}
