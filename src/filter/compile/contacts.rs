//! Tests of a contact, as SQL over the alias `c`.

use super::{Arg, Lead, Sql, bounds, interval, like, once, pattern, spelled, text_tests, users, within};
use crate::domain::Field;
use crate::domain::FieldKind;
use crate::filter::condition::{
    ContactTest, ContactTime, Custom, FieldTest, IdTest, ImportTest, StatusTest, SyncTest, TimeTest,
};
use crate::filter::context::Sort;
use crate::filter::values::{Number, Pattern, Shape};

/// The orders that a bare test keeps: its index ends in that column.
pub(super) fn orders(test: &ContactTest) -> &'static [Sort] {
    match test {
        ContactTest::Status(tests) if tests.len() == 1 && tests[0] != StatusTest::Any => &[Sort::Recent],
        ContactTest::Owner(tests)
            if matches!(tests.as_slice(), [super::UserTest::Email(_) | super::UserTest::Id(_)]) =>
        {
            &[Sort::Recent]
        }
        ContactTest::Time(time, tests) if matches!(tests.as_slice(), [TimeTest::In(_)]) => match time {
            ContactTime::Created => &[Sort::Created],
            ContactTime::Updated => &[Sort::Updated],
            ContactTime::Interacted => &[Sort::Recent],
        },
        _ => &[],
    }
}

/// Orders whose values are in the index of the test, too.
pub(super) fn whole(test: &ContactTest) -> &'static [Sort] {
    match test {
        ContactTest::Time(ContactTime::Created, _) => &[Sort::Recent],
        ContactTest::Time(ContactTime::Updated, _) => &[Sort::Recent, Sort::Created],
        _ => &[],
    }
}

/// True if every such index has what the test asks.
pub(super) fn held(test: &ContactTest) -> bool {
    matches!(test, ContactTest::Time(ContactTime::Created | ContactTime::Interacted, _))
}

/// True if the index of names has what the test asks.
pub(super) fn named(test: &ContactTest) -> bool {
    matches!(test, ContactTest::Status(_) | ContactTest::Owner(_) | ContactTest::Time(..))
}

/// The test for each of its values, of which a row has one at most; the test itself if it has no such values.
pub(super) fn singles(test: &ContactTest) -> Vec<ContactTest> {
    match test {
        ContactTest::Status(tests) => once(tests).map(|test| ContactTest::Status(vec![test])).collect(),
        test => vec![test.clone()],
    }
}

/// True if an index finds the contacts that satisfy the test.
pub(super) fn indexed(test: &ContactTest) -> bool {
    match test {
        ContactTest::Status(tests) => !tests.contains(&StatusTest::Any),
        ContactTest::Owner(tests) => !tests.iter().any(|t| matches!(t, super::UserTest::None | super::UserTest::Any)),
        ContactTest::Time(_, tests) => tests.iter().all(|test| matches!(test, TimeTest::In(_))),
        ContactTest::Field(Field::Company, tests) => tests.iter().all(is_equality),
        ContactTest::Id(_) | ContactTest::Import(_) | ContactTest::Duplicate(_) => true,
        ContactTest::Sync(tests) => !tests.iter().any(|test| matches!(test, SyncTest::None | SyncTest::Done)),
        test => identifying(test),
    }
}

/// The lower, the fewer contacts an index finds for the test, as a rule.
pub(super) fn rank(test: &ContactTest) -> usize {
    match test {
        test if identifying(test) => 0,
        test if !indexed(test) => 9,
        ContactTest::Owner(_) => 2,
        ContactTest::Time(..) => 3,
        ContactTest::Status(_) => 4,
        _ => 1,
    }
}

/// True if the row itself does not tell.
pub(super) fn is_far(test: &ContactTest) -> bool {
    matches!(test, ContactTest::Duplicate(_) | ContactTest::Linked | ContactTest::Import(_) | ContactTest::Sync(_))
}

/// True if it is a column of the row, with an index, that is compared.
pub(super) fn tests_the_row(test: &ContactTest) -> bool {
    indexed(test) && matches!(test, ContactTest::Status(_) | ContactTest::Owner(_) | ContactTest::Time(..))
}

fn is_equality(test: &FieldTest) -> bool {
    equality(test).is_some()
}

/// What the whole value must be.
fn equality(test: &FieldTest) -> Option<&Pattern> {
    match test {
        FieldTest::Text(found) if found.shape == Shape::Equals => Some(found),
        _ => None,
    }
}

/// True if the test leaves at most one contact per value.
pub(super) fn identifying(test: &ContactTest) -> bool {
    match test {
        ContactTest::Id(_) => true,
        ContactTest::Field(Field::Email | Field::MobilePhone, tests) => tests.iter().all(is_equality),
        _ => false,
    }
}

/// The contact of the activity `a` satisfies the tests.
pub(super) fn of_activity(out: &mut Sql, tests: &[ContactTest], lead: Lead) {
    if tests.iter().any(identifying) {
        out.push(&lead.column("a.contact_id", &[Sort::Updated], true));
        out.push(" IN (SELECT c.id FROM contact c WHERE ");
        out.all(tests, |out, test| self::test(out, test, Lead::Pinned));
        return out.push(")");
    }
    let exists = |table: &str, tests: &[&ContactTest]| {
        let mut exists = Sql::default();
        exists.push(&format!("EXISTS (SELECT 1 FROM {table} WHERE c.id = a.contact_id AND "));
        exists.all(tests, |out, test| self::test(out, test, Lead::Pinned));
        exists.push(")");
        exists
    };
    // What the small index knows is asked there, and first.
    let (facts, others): (Vec<_>, Vec<_>) = tests.iter().partition(|test| is_fact(test));
    let gathered = if lead == Lead::Gathered { with_facts(&facts) } else { None };
    let mut asked = Vec::new();
    if let Some(people) = gathered {
        let mut among = Sql::default();
        within(&mut among, "a.contact_id", people);
        asked.push(among);
    } else if !facts.is_empty() {
        asked.push(exists("contact c INDEXED BY contact_facts", &facts));
    }
    if !others.is_empty() {
        asked.push(exists("contact c", &others));
    }
    out.all(&asked, |out, part| out.append(part.clone()));
}

/// A `SELECT` of the contacts with such a status and owner, if an index finds no others on the way.
pub(super) fn with_facts(facts: &[&ContactTest]) -> Option<Sql> {
    let found = |test: &&ContactTest| match test {
        // Of alternatives, those without an owner are in no such index.
        ContactTest::Owner(_) => is_owner(test) && indexed(test),
        test => indexed(test),
    };
    if facts.is_empty() || !facts.iter().all(found) {
        return None;
    }
    let mut people = Sql::default();
    people.push("SELECT c.id FROM contact c WHERE ");
    led(&mut people, facts);
    Some(people)
}

/// All tests, by the index that finds the fewest contacts, as a rule.
pub(super) fn led(out: &mut Sql, tests: &[&ContactTest]) {
    let first = (0..tests.len()).min_by_key(|i| rank(tests[*i]));
    // The index of an owner's people knows their status; alternatives to having one are not in one place there.
    let of_owner = first.is_some_and(|first| is_owner(tests[first]));
    let with_status = |test: &ContactTest| matches!(test, ContactTest::Status(tests) if in_one(tests));
    let tests: Vec<_> = tests.iter().enumerate().collect();
    out.all(&tests, |out, (i, test)| {
        let leads = first == Some(*i) || (of_owner && with_status(test));
        self::test(out, test, if leads { Lead::Free } else { Lead::Pinned });
    });
}

/// True if the tests are of an owner's people with some status.
pub(super) fn of_owner(tests: &[&ContactTest]) -> bool {
    tests.iter().any(|test| is_owner(test)) && tests.iter().any(|test| matches!(test, ContactTest::Status(_)))
}

/// True if it is not one of several owners.
fn is_owner(test: &ContactTest) -> bool {
    matches!(test, ContactTest::Owner(owners) if owners.len() == 1)
}

/// True if it is one comparison in SQL.
fn in_one(tests: &[StatusTest]) -> bool {
    tests.len() == 1 || tests.iter().all(|test| matches!(test, StatusTest::Is(_)))
}

/// True if the index `contact_facts` knows.
pub(super) fn is_fact(test: &ContactTest) -> bool {
    matches!(test, ContactTest::Status(_) | ContactTest::Owner(_))
}

pub(super) fn test(out: &mut Sql, test: &ContactTest, lead: Lead) {
    match test {
        ContactTest::Id(tests) => id(out, tests),
        ContactTest::Status(tests) => status(out, tests, lead),
        ContactTest::Owner(tests) => users(out, "c.owner_id", tests, lead, &[Sort::Recent]),
        ContactTest::Source(tests) => text_tests(out, "c.source", tests),
        ContactTest::Time(time, tests) => self::time(out, *time, tests, lead),
        ContactTest::Field(field, tests) => system(out, *field, tests, lead),
        ContactTest::Custom(custom, tests) => self::custom(out, custom, tests),
        ContactTest::Duplicate(owners) => {
            let pair = |this: &str, other: &str| {
                let reach = other_side(owners.as_deref(), other);
                format!("EXISTS (SELECT 1 FROM possible_duplicate d WHERE d.{this} = c.id AND d.state = 'open'{reach})")
            };
            out.push(&format!("({} OR {})", pair("a", "d.b"), pair("b", "d.a")));
        }
        ContactTest::Linked => out.push(LINKED),
        ContactTest::Import(tests) => {
            out.push("EXISTS (SELECT 1 FROM import_contact i WHERE i.contact_id = c.id AND i.import_id IN (");
            imports(out, tests);
            out.push("))");
        }
        ContactTest::Sync(tests) => out.any(tests, |out, test| sync(out, *test)),
    }
}

const LINKED: &str = "EXISTS (SELECT 1 FROM link k WHERE k.entity = 'contact' AND k.entity_id = c.id)";

fn id(out: &mut Sql, tests: &[IdTest]) {
    out.push("c.id IN (");
    ids(out, "contact", tests);
    out.push(")");
}

/// The ids that the tests name: our own numbers, and records of Salesforce that are linked to an `entity`.
pub(super) fn ids(out: &mut Sql, entity: &str, tests: &[IdTest]) {
    for (i, test) in tests.iter().enumerate() {
        out.push(if i > 0 { " UNION ALL " } else { "" });
        match test {
            IdTest::Number(number, _) => {
                out.push("SELECT ?");
                out.arg(Arg::Integer(*number));
            }
            IdTest::Text(text) => {
                let open = short_record_id(text);
                out.push(&format!("SELECT k.entity_id FROM link k WHERE k.entity = '{entity}' AND k.record_id "));
                out.push(if open { ">= ? AND k.record_id < ? || '~'" } else { "= ?" });
                out.text(text);
                if open {
                    out.text(text);
                }
            }
        }
    }
}

/// A Salesforce id without its last three characters, which only repeat the case of the others.
pub(in crate::filter) fn short_record_id(text: &str) -> bool {
    text.len() == 15 && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn status(out: &mut Sql, tests: &[StatusTest], lead: Lead) {
    let column = lead.column("c.status", &[Sort::Recent], tests.len() == 1);
    let known: Vec<Arg> = tests
        .iter()
        .filter_map(|test| match test {
            StatusTest::Is(status) => Some(Arg::Text(status.key().to_owned())),
            StatusTest::None | StatusTest::Any => None,
        })
        .collect();
    let mut tests: Vec<Option<&str>> = tests
        .iter()
        .filter_map(|test| match test {
            StatusTest::None => Some(Some(" IS NULL")),
            StatusTest::Any => Some(Some(" IS NOT NULL")),
            StatusTest::Is(_) => None,
        })
        .collect();
    if !known.is_empty() {
        tests.push(None);
    }
    out.any(&tests, |out, test| match test {
        Some(blank) => {
            out.push(&column);
            out.push(blank);
        }
        None => out.equals(&column, known.clone().into_iter()),
    });
}

fn time(out: &mut Sql, time: ContactTime, tests: &[TimeTest], lead: Lead) {
    let (name, order) = match time {
        ContactTime::Created => ("c.created_at", Sort::Created),
        ContactTime::Updated => ("c.updated_at", Sort::Updated),
        ContactTime::Interacted => ("c.interacted_at", Sort::Recent),
    };
    let single = tests.len() == 1;
    let column = lead.column(name, &[order], single);
    out.any(tests, |out, test| match test {
        TimeTest::None => out.push(&format!("{column} IS NULL")),
        TimeTest::Any => out.push(&format!("{column} IS NOT NULL")),
        TimeTest::In(within) if time == ContactTime::Interacted => {
            // The index is on `recent_at`, which equals `interacted_at` unless that is null.
            let recent = lead.column("c.recent_at", &[order], single);
            let bare: &[&str] = if recent.starts_with('+') { &[] } else { &[&recent] };
            out.all(&[&["c.interacted_at"], bare].concat(), |out, column| interval(out, column, *within));
        }
        TimeTest::In(within) => interval(out, &column, *within),
    });
}

/// A system field has a column of its own.
fn system(out: &mut Sql, field: Field, tests: &[FieldTest], lead: Lead) {
    let column = format!("c.{}", field.key());
    match field {
        // Stored in lower case or as digits, so that the plain comparison serves, and its unique index.
        Field::Email | Field::MobilePhone | Field::Phone if tests.iter().all(is_equality) => {
            let values: Vec<Arg> =
                tests.iter().filter_map(equality).map(|found| Arg::Text(found.text.clone())).collect();
            out.equals(&column, values.into_iter());
        }
        Field::Company if tests.iter().all(is_equality) => {
            let found: Vec<&Pattern> = tests.iter().filter_map(equality).collect();
            let column = lead.column(&column, &[], false);
            out.any(&found, |out, found| match lead {
                Lead::Free => company(out, found),
                Lead::Sort(_) | Lead::Pinned | Lead::Gathered | Lead::Texts => pattern(out, &column, &[], found),
            });
        }
        _ => out.any(tests, |out, test| match test {
            FieldTest::None => out.push(&format!("{column} IS NULL")),
            FieldTest::Any => out.push(&format!("{column} IS NOT NULL")),
            test => value(out, &column, &[], test),
        }),
    }
}

/// Companies of that name by two indexes: one of their names in plain letters, one of those that have others. SQLite reads
/// the table instead of the second one unless that stands by itself.
fn company(out: &mut Sql, found: &Pattern) {
    let Some(glob) = found.glob() else { return pattern(out, "c.company", &[], found) };
    out.push("(");
    if let Some(text) = found.plain() {
        like(out, "c.company", &[], found.shape, &text);
        out.push(" OR ");
    }
    out.push("c.id IN (SELECT k.id FROM contact k WHERE ");
    spelled(out, "k.company", &[], glob);
    out.push("))");
}

/// A custom field is in the JSON object `custom`; a value of another type than the field's satisfies nothing.
fn custom(out: &mut Sql, custom: &Custom, tests: &[FieldTest]) {
    let path = Arg::Text(format!("$.\"{}\"", custom.name));
    let column = "json_extract(c.custom, ?)";
    let typed = |out: &mut Sql, types: &str| {
        out.push(&format!("(json_type(c.custom, ?) IN ({types}) AND "));
        out.arg(path.clone());
    };
    out.any(tests, |out, test| {
        match test {
            FieldTest::None | FieldTest::Any => {
                out.push(column);
                out.push(if matches!(test, FieldTest::None) { " IS NULL" } else { " IS NOT NULL" });
                return out.arg(path.clone());
            }
            FieldTest::Text(found) if custom.kind == FieldKind::MultiPicklist => {
                out.push("EXISTS (SELECT 1 FROM json_each(c.custom, ?) j WHERE j.type = 'text' AND ");
                out.arg(path.clone());
                pattern(out, "j.value", &[], found);
            }
            FieldTest::Number(_) => {
                typed(out, "'integer', 'real'");
                value(out, column, std::slice::from_ref(&path), test);
            }
            FieldTest::Bool(_) => {
                typed(out, "'true', 'false'");
                value(out, column, std::slice::from_ref(&path), test);
            }
            test => {
                typed(out, "'text'");
                value(out, column, std::slice::from_ref(&path), test);
            }
        }
        out.push(")");
    });
}

/// A known value; `args` are those of the column's placeholders.
fn value(out: &mut Sql, column: &str, args: &[Arg], test: &FieldTest) {
    let as_text = |text: &String| Arg::Text(text.clone());
    match test {
        FieldTest::None | FieldTest::Any => {}
        FieldTest::Text(found) => pattern(out, column, args, found),
        FieldTest::Number(within) => bounds(out, column, args, within, |number| match number {
            Number::Whole(n) => Arg::Integer(*n),
            Number::Real(n) => Arg::Real(*n),
        }),
        FieldTest::Bool(yes) => {
            out.push(column);
            out.push(" = ?");
            out.args.extend(args.iter().cloned());
            out.arg(Arg::Integer(i64::from(*yes)));
        }
        FieldTest::Moment(within) => {
            let ends = [(" >= ?", within.from), (" < ?", within.to)];
            let ends: Vec<_> = ends.into_iter().filter_map(|(operator, end)| Some((operator, end?))).collect();
            out.all(&ends, |out, (operator, end)| {
                out.push(&format!("CAST(round(unixepoch({column}, 'subsec') * 1000) AS INTEGER){operator}"));
                out.args.extend(args.iter().cloned());
                out.arg(Arg::Integer(*end));
            });
        }
        FieldTest::Day { from, to } => {
            let ends = [(" >= ?", from), (" < ?", to)];
            let ends: Vec<_> = ends.into_iter().filter_map(|(operator, end)| Some((operator, end.as_ref()?))).collect();
            out.all(&ends, |out, (operator, end)| {
                out.push(column);
                out.push(operator);
                out.args.extend(args.iter().cloned());
                out.arg(as_text(end));
            });
        }
        // `09:30` is `09:30:00`.
        FieldTest::Clock(within) => bounds(out, &format!("substr({column} || ':00', 1, 8)"), args, within, as_text),
    }
}

pub(super) fn imports(out: &mut Sql, tests: &[ImportTest]) {
    out.push("SELECT m.id FROM import m WHERE ");
    out.any(tests, |out, test| {
        out.push("(");
        if let Some(id) = test.id {
            out.push("m.id = ? OR ");
            out.arg(Arg::Integer(id));
        }
        pattern(out, "m.name", &[], &test.name);
        out.push(")");
    });
}

/// A contact stands as its own row of the outbox and those of its activities do.
fn sync(out: &mut Sql, test: SyncTest) {
    let open = |out: &mut Sql, which: &str| {
        out.push(&format!(
            "(EXISTS (SELECT 1 FROM outbox o WHERE o.contact_id = c.id AND {which}) OR EXISTS \
             (SELECT 1 FROM outbox o WHERE o.entity = 'contact' AND o.entity_id = c.id AND {which}))"
        ));
    };
    match test {
        SyncTest::None | SyncTest::Done => {
            out.push(if test == SyncTest::Done { "(" } else { "(NOT " });
            out.push(LINKED);
            out.push(" AND NOT ");
            open(out, OPEN);
            out.push(")");
        }
        test => open(out, open_rows(test)),
    }
}

/// Not settled.
pub(super) const OPEN: &str = "+o.state NOT IN ('done', 'skipped')";

/// The rows of the outbox that make something so.
pub(super) fn open_rows(test: SyncTest) -> &'static str {
    match test {
        SyncTest::None | SyncTest::Done => OPEN,
        SyncTest::Pending => "+o.state IN ('pending', 'in_flight', 'retry', 'in_doubt')",
        SyncTest::Held => "+o.state = 'held'",
        SyncTest::Failed => "(+o.state = 'held' OR (+o.state = 'retry' AND o.attempts > 0))",
    }
}

/// That the other side of a pair, if it is a contact, belongs to one of these owners; nothing if anybody's is meant.
pub(super) fn other_side(owners: Option<&[i64]>, other: &str) -> String {
    let Some(owners) = owners else { return String::new() };
    let owners = owners.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    format!(
        " AND ({other} IS NULL OR EXISTS (SELECT 1 FROM contact o WHERE o.id = {other} AND o.owner_id IN ({owners})))"
    )
}
