//! Parts of a condition from which its rows can be found: subqueries that yield ids, through an index.

use super::{Lead, Sql, activities, contacts, words};
use crate::filter::condition::{ActivityTest, Bool, ContactTest, Leaf, SyncTest, Trash};
use crate::filter::context::{List, Sort};

/// A place to start from.
pub(super) struct Driver {
    /// A `SELECT` of ids of the list: at least those of every row that satisfies the conjuncts behind it.
    pub ids: Sql,
    /// The conjuncts that it answers completely.
    pub covers: Vec<usize>,
    /// The conjunct that is a test of the row itself, if the driver is nothing else.
    pub own: Option<usize>,
    /// A `SELECT` of the contacts whose activities they are, if the driver is nothing else.
    pub people: Option<Sql>,
    /// Orders in which the index behind it yields rows anyway, so that starting from it gains nothing.
    pub orders: &'static [Sort],
    /// Orders that the index answers without a look at the rows, and everything else that is asked with it.
    pub whole: &'static [Sort],
    /// How it is found.
    pub by: By,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// It names its rows: the planner starts from it by itself, whatever else is asked.
    Name,
    /// Through an index.
    Index,
    /// Through the index of words: it names a few more than there are, and their texts are still to be read.
    Words,
    /// By reading a whole table in its own order, which is far quicker than reading it in another order. Only worth it
    /// when nothing else is selective, and few rows are found.
    Scan,
}

fn by_name(direct: bool) -> By {
    if direct { By::Name } else { By::Index }
}

/// Text first: it is the most selective more often than not. The scan, if there is something to scan for, last.
pub(super) fn drivers(list: List, conjuncts: &[Bool<Leaf>]) -> Vec<Driver> {
    let mut drivers = match list {
        List::Contacts => contact_drivers(conjuncts),
        List::Activities => activity_drivers(conjuncts),
    };
    drivers.extend(scan(list, conjuncts, &drivers));
    drivers
}

/// Rows found by reading everything: for what no index answers.
fn scan(list: List, conjuncts: &[Bool<Leaf>], others: &[Driver]) -> Option<Driver> {
    let answered = |i: usize| others.iter().any(|driver| driver.covers.contains(&i));
    let open = |(i, part): &(usize, &Bool<Leaf>)| {
        !answered(*i) && !words::answered(part) && !matches!(part, Bool::Leaf(Leaf::Activity(ActivityTest::Trash(_))))
    };
    let open: Vec<_> = conjuncts.iter().enumerate().filter(open).collect();
    // A word too short for the index: the texts themselves are read, which are stored apart from the rows.
    let short = open.iter().find_map(|(i, part)| match part {
        Bool::Leaf(Leaf::Text(needle)) => Some((*i, needle)),
        _ => None,
    });
    let mut ids = Sql::default();
    let covers = match (short, open.is_empty()) {
        (None, true) => return None,
        (Some((i, needle)), _) => {
            ids.push(match list {
                List::Contacts => "SELECT id FROM contact_text WHERE instr(text, ?) > 0",
                List::Activities => {
                    "SELECT id FROM activity_text WHERE instr(text, ?) > 0 \
                     UNION ALL SELECT t.id FROM contact_text s CROSS JOIN activity t ON t.contact_id = s.id \
                     WHERE instr(s.text, ?) > 0"
                }
            });
            let times = if list == List::Contacts { 1 } else { 2 };
            (0..times).for_each(|_| ids.text(needle.as_str()));
            vec![i]
        }
        (None, false) => {
            let about_contact = open.into_iter().filter_map(|(i, part)| match part {
                Bool::Leaf(Leaf::Contact(test)) => Some((i, test)),
                _ => None,
            });
            let (places, tests): (Vec<usize>, Vec<&ContactTest>) = about_contact.unzip();
            match list {
                // There are fewer contacts than activities: those are read whose contact is one of them.
                List::Activities if !tests.is_empty() => {
                    ids.push(
                        "SELECT a.id FROM contact c NOT INDEXED CROSS JOIN activity a ON a.contact_id = c.id WHERE ",
                    );
                    ids.all(&tests, |ids, test| contacts::test(ids, test, Lead::Pinned));
                    ids.push(" AND ");
                    super::conjunction(&mut ids, list, &super::without(conjuncts, &places), Lead::Pinned);
                }
                _ => {
                    ids.push(match list {
                        List::Contacts => "SELECT c.id FROM contact c NOT INDEXED WHERE ",
                        List::Activities => "SELECT a.id FROM activity a NOT INDEXED WHERE ",
                    });
                    super::conjunction(&mut ids, list, conjuncts, Lead::Pinned);
                }
            }
            (0..conjuncts.len()).collect()
        }
    };
    Some(Driver { ids, covers, own: None, people: None, orders: &[], whole: &[], by: By::Scan })
}

fn contact_drivers(conjuncts: &[Bool<Leaf>]) -> Vec<Driver> {
    let mut drivers: Vec<Driver> = text_driver(List::Contacts, conjuncts).into_iter().collect();
    for (i, part) in conjuncts.iter().enumerate() {
        let (ids, orders) = match part {
            Bool::Leaf(Leaf::Contact(test)) if contacts::indexed(test) => (contact_ids(test), contacts::orders(test)),
            Bool::Leaf(Leaf::Some(group)) => match activities::contacts_of(group) {
                Some(ids) => (ids, [].as_slice()),
                None => continue,
            },
            _ => continue,
        };
        let exact = !matches!(part, Bool::Leaf(Leaf::Contact(ContactTest::Sync(tests))) if !sync_exact(tests));
        let direct = matches!(part, Bool::Leaf(Leaf::Contact(test)) if contacts::identifying(test));
        let own = matches!(part, Bool::Leaf(Leaf::Contact(test)) if contacts::tests_the_row(test)).then_some(i);
        let covers = if exact { vec![i] } else { Vec::new() };
        let whole = own.map_or([].as_slice(), |_| whole(List::Contacts, conjuncts, i));
        drivers.push(Driver { ids, covers, own, people: None, orders, whole, by: by_name(direct) });
    }
    drivers
}

/// Orders for which the index of a test of the row has everything in it that the conjuncts ask of the rows.
fn whole(list: List, conjuncts: &[Bool<Leaf>], own: usize) -> &'static [Sort] {
    let orders = match &conjuncts[own] {
        Bool::Leaf(Leaf::Contact(test)) => contacts::whole(test),
        Bool::Leaf(Leaf::Activity(test)) => activities::whole(test),
        _ => return &[],
    };
    if all_held(list, conjuncts, &[own]) { orders } else { &[] }
}

/// True if such an index has what the other conjuncts ask, but for what no row tells.
fn all_held(list: List, conjuncts: &[Bool<Leaf>], covers: &[usize]) -> bool {
    let held = |leaf: &Leaf| match leaf {
        Leaf::Contact(test) => contacts::held(test),
        Leaf::Activity(test) => activities::held(test),
        Leaf::Text(_) | Leaf::Some(_) => false,
    };
    let all = |part: &Bool<Leaf>| !part.mentions(&|leaf| !held(leaf));
    let far = |part: &Bool<Leaf>| part.mentions(&|leaf| super::staged::is_far(list, leaf));
    conjuncts.iter().enumerate().all(|(i, part)| covers.contains(&i) || far(part) || all(part))
}

/// All words, and all values of fields that are in the texts, in one question to the index of words.
fn text_driver(list: List, conjuncts: &[Bool<Leaf>]) -> Option<Driver> {
    let words = words::all(list, conjuncts)?;
    let mut ids = Sql::default();
    ids.push(&format!("SELECT {} FROM {1} WHERE {1} MATCH ?", words.row(), words.index));
    ids.text(words.query);
    Some(Driver { ids, covers: Vec::new(), own: None, people: None, orders: &[], whole: &[], by: By::Words })
}

/// The contacts that satisfy an indexed test.
fn contact_ids(test: &ContactTest) -> Sql {
    let mut ids = Sql::default();
    match test {
        ContactTest::Duplicate(owners) => ids.push(&format!(
            "SELECT a FROM possible_duplicate d WHERE state = 'open'{} \
             UNION ALL SELECT b FROM possible_duplicate d WHERE state = 'open' AND +b IS NOT NULL{}",
            contacts::other_side(owners.as_deref(), "d.b"),
            contacts::other_side(owners.as_deref(), "d.a"),
        )),
        ContactTest::Import(tests) => {
            ids.push("SELECT i.contact_id FROM import_contact i WHERE i.import_id IN (");
            contacts::imports(&mut ids, tests);
            ids.push(")");
        }
        ContactTest::Sync(tests) => {
            let states = sync_states(tests);
            ids.push(&format!(
                "SELECT o.contact_id FROM outbox o WHERE o.state IN ({states}) AND +o.contact_id IS NOT NULL \
                 UNION ALL SELECT o.entity_id FROM outbox o WHERE o.state IN ({states}) AND +o.entity = 'contact'"
            ));
        }
        test => {
            ids.push("SELECT c.id FROM contact c WHERE ");
            contacts::test(&mut ids, test, Lead::Free);
        }
    }
    ids
}

/// The states of outbox rows among which all rows are that make the tests true.
fn sync_states(tests: &[SyncTest]) -> &'static str {
    let all = |wanted: &[SyncTest]| tests.iter().all(|test| wanted.contains(test));
    if all(&[SyncTest::Held]) {
        "'held'"
    } else if all(&[SyncTest::Held, SyncTest::Failed]) {
        "'held', 'retry'"
    } else {
        "'held', 'retry', 'pending', 'in_flight', 'in_doubt'"
    }
}

fn sync_exact(tests: &[SyncTest]) -> bool {
    tests.iter().all(|test| *test == SyncTest::Held)
}

fn activity_drivers(conjuncts: &[Bool<Leaf>]) -> Vec<Driver> {
    // Of words about the contact alone, the shorter index of contacts tells sooner.
    let about_more = |part: &Bool<Leaf>| !matches!(part, Bool::Leaf(Leaf::Contact(_)));
    let by_text = conjuncts.iter().any(|part| about_more(part) && words::needles(List::Activities, part).is_some());
    let worded = by_text.then(|| text_driver(List::Activities, conjuncts)).flatten();
    let mut drivers: Vec<Driver> = worded.into_iter().collect();
    let mut about_contact: Vec<(usize, &ContactTest)> = Vec::new();
    for (i, part) in conjuncts.iter().enumerate() {
        match part {
            Bool::Leaf(Leaf::Activity(test)) => {
                if let Some(ids) = activity_ids(test) {
                    let exact = match test {
                        ActivityTest::Sync(tests) => sync_exact(tests),
                        _ => true,
                    };
                    let covers = if exact { vec![i] } else { Vec::new() };
                    let direct = matches!(test, ActivityTest::Id(_));
                    let own = activities::tests_the_row(test).then_some(i);
                    let (orders, by) = (activities::orders(test), by_name(direct));
                    let whole = own.map_or([].as_slice(), |_| whole(List::Activities, conjuncts, i));
                    drivers.push(Driver { ids, covers, own, people: None, orders, whole, by });
                }
            }
            Bool::Leaf(Leaf::Contact(test)) => about_contact.push((i, test)),
            _ => {}
        }
    }
    drivers.extend(of_contacts(conjuncts, &about_contact));
    drivers
}

/// Activities of the contacts that satisfy the tests, if an index finds those.
fn of_contacts(conjuncts: &[Bool<Leaf>], tests: &[(usize, &ContactTest)]) -> Option<Driver> {
    let about: Vec<Bool<Leaf>> = tests.iter().map(|(_, test)| Bool::Leaf(Leaf::Contact((*test).clone()))).collect();
    let text = text_driver(List::Contacts, &about);
    if text.is_none() && !tests.iter().any(|(_, test)| contacts::indexed(test)) {
        return None;
    }
    let mut found = Sql::default();
    let only: Vec<&ContactTest> = tests.iter().map(|(_, test)| *test).collect();
    // Within the texts' hits, the other tests only check.
    if let Some(text) = text {
        found.push("c.id IN (");
        found.append(text.ids);
        found.push(") AND ");
        found.all(&only, |found, test| contacts::test(found, test, Lead::Pinned));
    } else {
        contacts::led(&mut found, &only);
    }
    let (mut ids, mut people) = (Sql::default(), Sql::default());
    people.push("SELECT c.id FROM contact c WHERE ");
    people.append(found.clone());
    ids.push("SELECT t.id FROM contact c CROSS JOIN activity t ON t.contact_id = c.id WHERE ");
    ids.append(found);
    let direct = tests.iter().any(|(_, test)| contacts::identifying(test));
    let covers: Vec<usize> = tests.iter().map(|(i, _)| *i).collect();
    let whole = if all_held(List::Activities, conjuncts, &covers) { activities::BY_CONTACT } else { &[] };
    Some(Driver { ids, covers, own: None, people: Some(people), orders: &[], whole, by: by_name(direct) })
}

fn activity_ids(test: &ActivityTest) -> Option<Sql> {
    let mut ids = Sql::default();
    match test {
        ActivityTest::Sync(tests) if activities::indexed(test) => {
            let states = sync_states(tests);
            ids.push(&format!(
                "SELECT o.entity_id FROM outbox o WHERE o.state IN ({states}) AND +o.entity = 'activity'"
            ));
        }
        ActivityTest::Trash(Trash::In) => ids.push("SELECT t.id FROM activity t WHERE t.trashed_at IS NOT NULL"),
        test if activities::indexed(test) => {
            ids.push("SELECT t.id FROM activity t WHERE ");
            activities::test(&mut ids, "t", test, Lead::Free);
        }
        _ => return None,
    }
    Some(ids)
}
