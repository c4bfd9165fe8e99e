//! By which indexes the rows of a list are found, without statistics, as in the store: no page and no probe of the
//! common keys reads a whole table.

use rolodeck::filter::{Arg, Filter, Limits, List, Probe, Sort, Sql, Strategy, Walk, presets};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use crate::data::{context, empty};

/// A page below a key, or the first one, as the store asks for it.
fn page(list: List, sort: Sort, sql: &Sql, first: bool) -> String {
    let (table, alias) = match list {
        List::Contacts => ("contact", 'c'),
        List::Activities => ("activity", 'a'),
    };
    let column = match sort {
        Sort::Recent => "recent_at",
        Sort::Name => "name_key",
        Sort::Created => "created_at",
        Sort::Updated => "updated_at",
        Sort::Start => "start_at",
    };
    // The order by start lists only what has one; its index says so, too.
    let listed = if sort == Sort::Start { " AND a.start_at IS NOT NULL" } else { "" };
    let below = if first { String::new() } else { format!(" AND ({alias}.{column}, {alias}.id) < (1000, 1000)") };
    format!(
        "SELECT {alias}.id FROM {table} {alias} WHERE {}{listed}{below} \
         ORDER BY {alias}.{column} DESC, {alias}.id DESC LIMIT 50",
        sql.text
    )
}

async fn plan(db: &mut SqliteConnection, sql: &str, args: &[Arg]) -> Vec<String> {
    let mut query = sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
    for arg in args {
        query = match arg {
            Arg::Text(text) => query.bind(text.clone()),
            Arg::Integer(n) => query.bind(*n),
            Arg::Real(n) => query.bind(*n),
        };
    }
    let rows: Vec<(i64, i64, i64, String)> = query.fetch_all(db).await.unwrap();
    rows.into_iter().map(|(.., detail)| detail).collect()
}

/// True for a step that reads all of a large table. `INDEX 0:=` of a search table is a look-up by number, `0:M…` one in
/// the text index; users and imports are few.
fn reads_everything(step: &str) -> bool {
    let large = ["SCAN a", "SCAN c", "SCAN h", "SCAN t", "SCAN o", "SCAN k", "SCAN i", "SCAN y", "SCAN d"];
    let whole = large.iter().any(|scan| step == *scan || step.starts_with(&format!("{scan} ")));
    let walks_order = step.contains(" USING ") && !step.contains("EXISTS");
    let all_text = step.contains("VIRTUAL TABLE") && !step.contains("INDEX 0:=") && !step.contains("INDEX 0:M");
    let range_of_not_null = step.contains("(contact_id>?)") || step.contains("(b>?)") || step.ends_with("(entity=?)");
    (whole && !walks_order) || all_text || range_of_not_null
}

struct Case {
    list: List,
    sort: Sort,
    text: &'static str,
    /// The first step of a walk's page.
    walk: &'static str,
    /// What the first probe reads: an index, a search table, or a whole table; empty: no probe is worth asking.
    probe: &'static str,
}

const fn contacts(sort: Sort, text: &'static str, walk: &'static str, probe: &'static str) -> Case {
    Case { list: List::Contacts, sort, text, walk, probe }
}

const fn activities(sort: Sort, text: &'static str, walk: &'static str, probe: &'static str) -> Case {
    Case { list: List::Activities, sort, text, walk, probe }
}

const RECENT: &str = "c USING INDEX contact_recent (recent_at<?)";
const BY_STATUS: &str = "c USING INDEX contact_status (status=? AND recent_at<?)";
const BY_EMAIL: &str = "c USING INDEX contact_email (email=?)";
const UPDATED: &str = "a USING INDEX activity_updated (updated_at<?)";

const CASES: &[Case] = &[
    contacts(Sort::Recent, "", RECENT, ""),
    contacts(Sort::Name, "", "c USING INDEX contact_name (name_key<?)", ""),
    contacts(Sort::Recent, "status:qualified", BY_STATUS, ""),
    contacts(Sort::Recent, "status:none", BY_STATUS, ""),
    contacts(Sort::Name, "status:qualified", "c USING INDEX contact_name (name_key<?)", "contact_status"),
    contacts(Sort::Recent, "status:qualified,none", RECENT, "contact_status"),
    contacts(Sort::Recent, "owner:me", "c USING INDEX contact_owner (owner_id=? AND recent_at<?)", ""),
    contacts(Sort::Recent, "mine", "c USING INDEX contact_owner (owner_id=? AND recent_at<?)", ""),
    contacts(Sort::Recent, "owner:ana", RECENT, "contact_people"),
    contacts(Sort::Recent, "email:a@x.no", BY_EMAIL, ""),
    contacts(Sort::Recent, "email:a@x.no status:qualified ana", BY_EMAIL, ""),
    contacts(Sort::Recent, "mobile_phone:+4790000000", "c USING INDEX contact_mobile (mobile_phone=?)", ""),
    contacts(Sort::Recent, "id:7", "c USING INTEGER PRIMARY KEY (rowid=?)", ""),
    contacts(Sort::Recent, "company:acme", RECENT, "contact_company"),
    contacts(Sort::Recent, "company:3m", RECENT, "contact_company"),
    contacts(Sort::Recent, "company:østland", RECENT, "contact_company_letters"),
    contacts(Sort::Recent, "company:ærlig", RECENT, "contact_company_letters"),
    contacts(Sort::Recent, "city:oslo", RECENT, "contact_search"),
    contacts(Sort::Recent, "email:@acme.no", RECENT, "contact_search"),
    contacts(Sort::Created, "created:today", "c USING INDEX contact_created (created_at>? AND created_at<?)", ""),
    contacts(Sort::Recent, "created:today", RECENT, "contact_created"),
    contacts(Sort::Updated, "updated:<2h", "c USING INDEX contact_updated (updated_at>? AND updated_at<?)", ""),
    contacts(Sort::Recent, "interacted:today", "c USING INDEX contact_recent (recent_at>? AND recent_at<?)", ""),
    contacts(Sort::Recent, "ana", RECENT, "contact_search"),
    contacts(Sort::Recent, "ana berg status:qualified", BY_STATUS, "contact_search"),
    contacts(Sort::Recent, "ana OR berg", RECENT, "contact_search"),
    contacts(Sort::Recent, "kind:booking state:no_show", RECENT, "activity_state"),
    contacts(Sort::Recent, "unread", RECENT, "activity_unread"),
    contacts(Sort::Recent, "host:me", RECENT, "activity_user"),
    contacts(Sort::Recent, "start:today", RECENT, "activity_start"),
    contacts(Sort::Recent, "start:today kind:booking state:scheduled", RECENT, "activity_start"),
    contacts(Sort::Recent, "kind:conversation state:abandoned unread", RECENT, "activity_unread"),
    contacts(Sort::Recent, "trash", RECENT, "COVERING INDEX activity_trashed"),
    contacts(Sort::Recent, "has:booking", RECENT, "activity_kind"),
    contacts(Sort::Recent, "-state:canceled", RECENT, "SCAN c"),
    contacts(Sort::Recent, "has:duplicate", RECENT, "possible_duplicate_open"),
    contacts(Sort::Recent, "has:salesforce", RECENT, "SCAN c"),
    contacts(Sort::Recent, "sync:failed", RECENT, "outbox_state"),
    contacts(Sort::Recent, "employees>50", RECENT, "SCAN c"),
    contacts(Sort::Recent, "an", RECENT, "SCAN contact_text"),
    contacts(Sort::Recent, "an ana", RECENT, "contact_search VIRTUAL TABLE INDEX 0:M"),
    contacts(Sort::Recent, "sync:done,none", RECENT, "SCAN c"),
    contacts(Sort::Recent, "import:fair", RECENT, "i USING PRIMARY KEY"),
    activities(Sort::Updated, "", UPDATED, ""),
    activities(Sort::Updated, "kind:booking", "a USING INDEX activity_kind (kind=? AND updated_at<?)", ""),
    activities(
        Sort::Updated,
        "kind:booking event_type:*x",
        "a USING INDEX activity_kind (kind=? AND updated_at<?)",
        "SCAN a",
    ),
    activities(Sort::Updated, "state:canceled", "a USING INDEX activity_state (state=? AND updated_at<?)", ""),
    activities(Sort::Updated, "state:canceled,no_show", UPDATED, "activity_state"),
    activities(Sort::Updated, "state:scheduled,rescheduled kind:booking,form", UPDATED, "activity_state"),
    activities(Sort::Updated, "mine", "a USING INDEX activity_user (user_id=? AND updated_at<?)", ""),
    activities(Sort::Updated, "unread", "a USING INDEX activity_unread (updated_at<?)", ""),
    activities(Sort::Start, "unread", "a USING INDEX activity_unread_start (start_at>? AND start_at<?)", ""),
    activities(Sort::Start, "trash", "a USING INDEX activity_trashed_start (start_at>? AND start_at<?)", ""),
    activities(Sort::Updated, "updated:<2h", "a USING INDEX activity_updated (updated_at>? AND updated_at<?)", ""),
    activities(Sort::Start, "start:>now", "a USING INDEX activity_start (start_at>? AND start_at<?)", ""),
    activities(
        Sort::Start,
        "state:scheduled",
        "a USING INDEX activity_start (start_at>? AND start_at<?)",
        "activity_state",
    ),
    activities(Sort::Updated, "start:today..+7d", UPDATED, "activity_start"),
    activities(Sort::Updated, "ana", UPDATED, "activity_search"),
    activities(Sort::Updated, "status:qualified", UPDATED, "contact_status"),
    activities(Sort::Updated, "owner:me", UPDATED, "contact_people"),
    activities(Sort::Updated, "company:acme city:oslo", UPDATED, "contact_search"),
    activities(Sort::Updated, "email:a@x.no", "a USING INDEX activity_contact (contact_id=? AND updated_at<?)", ""),
    activities(Sort::Updated, "trash", "a USING INDEX activity_trashed_updated (updated_at<?)", ""),
    activities(Sort::Updated, "sync:failed", UPDATED, "outbox_state"),
    activities(Sort::Updated, "id:BKNG-1", "a USING INTEGER PRIMARY KEY (rowid=?)", ""),
    activities(Sort::Updated, "event_type:demo", UPDATED, "activity_search"),
    activities(Sort::Updated, "bot:hello utm_campaign:spring*", UPDATED, "activity_search"),
];

/// What the planner says of a case: the walk's first step, and all steps of everything that may be run for it.
async fn steps(db: &mut SqliteConnection, list: List, sort: Sort, text: &str) -> (String, Vec<Vec<String>>) {
    let filter = Filter::parse(text, &context(list)).unwrap();
    let walk = filter.sql(Strategy::Walk(sort));
    let below = plan(db, &page(list, sort, &walk, false), &walk.args).await;
    let first = below[0].clone();
    let mut all = vec![below];
    let top = plan(db, &page(list, sort, &walk, true), &walk.args).await;
    all.push(top);
    for (i, probe) in
        filter.probes(Some(sort), Limits { rows: 20_000, whole: 20_000, words: 20_000 }).into_iter().enumerate()
    {
        let (probe, from_ids) = match probe {
            None => continue,
            Some(Probe::Count(sql, _)) => (sql, filter.sql(Strategy::Probe(i))),
            Some(Probe::Ids(sql, _)) => (sql, filter.of_ids(i, &[1, 2]).at_once()),
        };
        all.push(plan(db, &probe.text, &probe.args).await);
        all.push(plan(db, &page(list, sort, &from_ids, false), &from_ids.args).await);
    }
    (first, all)
}

/// A walk of so many steps, as the store asks for it.
fn stroll(list: List, sort: Sort, walk: &Walk) -> (String, Vec<Arg>) {
    let (mut parts, mut args, mut order) = (Vec::new(), Vec::new(), Vec::new());
    for along in &walk.along {
        let page = page(list, sort, along, false);
        let (found, sorted) = page.split_once(" ORDER BY ").unwrap();
        let (select, from) = found.split_once(" FROM ").unwrap();
        let column = sorted.split(' ').next().unwrap();
        parts.push(format!("{select} AS id, {column} AS sort, ({}) AS met FROM {from}", walk.check.text));
        args.extend(walk.check.args.iter().chain(&along.args).cloned());
        order.push(sorted.to_owned());
    }
    let order = match order.as_slice() {
        [order] => order,
        _ => "sort DESC, id DESC LIMIT 50",
    };
    (format!("SELECT id FROM ({} ORDER BY {order}) WHERE met LIMIT 50", parts.join(" UNION ALL ")), args)
}

#[tokio::test]
async fn a_walk_of_some_steps_goes_along_an_index_and_sorts_nothing() {
    let mut db = empty().await;
    for Case { list, sort, text, .. } in CASES {
        let filter = Filter::parse(text, &context(*list)).unwrap();
        for walk in filter.walks(*sort) {
            let (sql, args) = stroll(*list, *sort, &walk);
            let plan = plan(&mut db, &sql, &args).await;
            let table = if *list == List::Contacts { " c " } else { " a " };
            let along: Vec<_> = plan.iter().filter(|step| step.contains(table)).take(walk.along.len()).collect();
            assert!(along.iter().all(|step| step.contains(" USING ")), "{text} by {sort:?}: {plan:#?}");
            assert!(!plan.iter().any(|step| step.contains("ORDER BY")), "{text} by {sort:?}: {plan:#?}");
            assert!(!plan.iter().any(|step| step.starts_with("MATERIALIZE (")), "{text} by {sort:?}: {plan:#?}");
        }
    }
}

/// What is asked of each row's contact, and of each contact's activities, is in an index that is small.
#[tokio::test]
async fn rows_are_checked_in_small_indexes() {
    let mut db = empty().await;
    for (list, sort, text, steps) in [
        (
            List::Activities,
            Sort::Updated,
            "status:qualified owner:me city:oslo",
            ["c USING COVERING INDEX contact_facts (id=?)", "c USING INTEGER PRIMARY KEY (rowid=?)"].as_slice(),
        ),
        (List::Activities, Sort::Start, "owner:none", &["c USING COVERING INDEX contact_facts (id=?)"]),
        (
            List::Contacts,
            Sort::Recent,
            "source:calcom unread",
            &["h USING COVERING INDEX activity_unread_contact (contact_id=? AND unread=? AND trashed_at=?)"],
        ),
        (
            List::Contacts,
            Sort::Name,
            "unread kind:form",
            &["h USING INDEX activity_unread_contact (contact_id=? AND unread=? AND trashed_at=?)"],
        ),
        (List::Contacts, Sort::Name, "unread trash:any", &["h USING COVERING INDEX activity_contact (contact_id=?)"]),
    ] {
        let filter = Filter::parse(text, &context(list)).unwrap();
        for walk in filter.walks(sort) {
            let (sql, args) = stroll(list, sort, &walk);
            let plan = plan(&mut db, &sql, &args).await;
            for step in steps {
                assert!(plan.iter().any(|line| line == &format!("SEARCH {step}")), "{text}: {step}\n{plan:#?}");
            }
        }
    }
}

/// By name, what the common keys ask is in the index of names; of people whom an index finds by status and owner, their
/// ids alone are collected.
#[tokio::test]
async fn what_is_asked_of_every_step_takes_no_look_at_the_row() {
    let mut db = empty().await;
    for text in ["interacted:<1d", "created:<30d -updated:<7d", "status:qualified,none owner:me", "interacted:none"] {
        let filter = Filter::parse(text, &context(List::Contacts)).unwrap();
        for walk in filter.walks(Sort::Name) {
            let (sql, args) = stroll(List::Contacts, Sort::Name, &walk);
            let plan = plan(&mut db, &sql, &args).await;
            let step = plan.iter().find(|step| step.starts_with("SEARCH c ")).unwrap();
            assert!(step.contains("USING COVERING INDEX contact_name"), "{text}: {plan:#?}");
        }
    }
    let lists = [(List::Contacts, [Sort::Recent, Sort::Name]), (List::Activities, [Sort::Updated, Sort::Start])];
    for (list, text, people) in [
        (
            List::Contacts,
            "start:today kind:booking",
            "a USING COVERING INDEX activity_start (start_at>? AND start_at<?)",
        ),
        (List::Contacts, "ana unread", "a USING COVERING INDEX activity_unread_contact"),
        (
            List::Activities,
            "status:qualified owner:me",
            "c USING COVERING INDEX contact_people (owner_id=? AND status=?)",
        ),
        (List::Activities, "status:qualified,none owner:ana", "c USING COVERING INDEX contact_people (owner_id=?)"),
        (List::Activities, "status:qualified kind:form ana", "c USING COVERING INDEX contact_status (status=?)"),
    ] {
        let filter = Filter::parse(text, &context(list)).unwrap();
        assert!(filter.people().is_some(), "{text}");
        let sorts = lists.iter().find(|(of, _)| *of == list).unwrap().1;
        for (sort, walk) in
            sorts.into_iter().flat_map(|sort| filter.walks_with_people(sort).into_iter().map(move |walk| (sort, walk)))
        {
            let (sql, args) = stroll(list, sort, &walk);
            let plan = plan(&mut db, &sql, &args).await;
            assert!(plan.iter().any(|step| step.ends_with(people)), "{text} by {sort:?}: {plan:#?}");
            assert!(plan.iter().any(|step| step.starts_with("LIST SUBQUERY")), "{text} by {sort:?}: {plan:#?}");
            assert!(!plan.iter().any(|step| step.contains("ORDER BY")), "{text} by {sort:?}: {plan:#?}");
        }
    }
    for (list, text) in [
        (List::Contacts, "status:qualified owner:me"),
        (List::Contacts, "-has:booking"),
        (List::Contacts, "(kind:booking) (kind:form)"),
        (List::Activities, "owner:none"),
        (List::Activities, "status:qualified owner:me,none"),
        (List::Activities, "status:qualified OR ana"),
        (List::Activities, "company:acme"),
    ] {
        assert_eq!(Filter::parse(text, &context(list)).unwrap().people(), None, "{text}");
    }
}

/// The index of words gives the order of the list by itself, from any place on, in both directions.
#[tokio::test]
async fn words_are_met_in_order_and_only_what_is_shown_is_looked_at() {
    let mut db = empty().await;
    for (list, sort, text, far) in [
        (List::Contacts, Sort::Recent, "ana berg", true),
        (List::Contacts, Sort::Recent, "city:oslo status:qualified", false),
        (List::Activities, Sort::Updated, "ana OR berg", true),
        (List::Activities, Sort::Updated, "ana city:oslo event_type:demo host:me", true),
    ] {
        let filter = Filter::parse(text, &context(list)).unwrap();
        let words = filter.words(sort).unwrap();
        for direction in ["ASC", "DESC"] {
            let sql = format!(
                "SELECT rowid FROM {0} WHERE {0} MATCH ? AND rowid BETWEEN 7 AND 9 ORDER BY rowid {direction} LIMIT 9",
                words.index
            );
            let plan = plan(&mut db, &sql, &[Arg::Text(words.query.clone())]).await;
            assert_eq!(plan.len(), 1, "{text}: {plan:#?}");
            assert!(plan[0].contains("VIRTUAL TABLE INDEX") && plan[0].contains(":M"), "{text}: {plan:#?}");
        }
        let found = filter.among(&[1, 2]);
        let page = page(list, sort, &found.find, false);
        let plan = plan(&mut db, &page, &found.find.args).await;
        assert!(plan[0].ends_with("USING INTEGER PRIMARY KEY (rowid=?)"), "{text}: {plan:#?}");
        // Neither the texts nor, on the stream, the contacts are asked before the rows are in order.
        let elsewhere = ["_text", "CORRELATED"];
        assert!(!plan.iter().any(|step| elsewhere.iter().any(|far| step.contains(far))), "{text}: {plan:#?}");
        assert_eq!(found.check.is_some(), far, "{text}");
    }
    for (list, sort, text) in [
        (List::Contacts, Sort::Name, "ana"),
        (List::Contacts, Sort::Recent, "status:qualified an"),
        (List::Activities, Sort::Start, "ana"),
        (List::Activities, Sort::Updated, "-ana"),
    ] {
        let filter = Filter::parse(text, &context(list)).unwrap();
        assert_eq!(filter.words(sort), None, "{text} by {sort:?}");
    }
}

#[tokio::test]
async fn the_common_keys_are_found_by_their_indexes() {
    let mut db = empty().await;
    for Case { list, sort, text, walk, probe } in CASES {
        let (first, all) = steps(&mut db, *list, *sort, text).await;
        assert_eq!(first.replace("COVERING ", "").trim_start_matches("SEARCH "), *walk, "walk of {text} by {sort:?}");
        // What no index answers is looked for once by reading everything, and only then.
        let may_scan = probe.starts_with("SCAN");
        for step in all.concat() {
            assert!(may_scan || !reads_everything(&step), "{text} by {sort:?}: {step}\n{all:#?}");
        }
        match all.get(2) {
            None => assert_eq!(*probe, "", "{text} by {sort:?} has no probe"),
            Some(count) => {
                assert!(!probe.is_empty(), "{text} by {sort:?} has a probe: {count:#?}");
                assert!(count.iter().any(|step| step.contains(probe)), "probe of {text} by {sort:?}: {count:#?}");
                let from_ids = &all[3][0];
                assert!(from_ids.ends_with("USING INTEGER PRIMARY KEY (rowid=?)"), "{text} by {sort:?}: {from_ids}");
            }
        }
    }
}

/// Many rows of a common key, in the other order: their index holds what is asked, so that no row is looked at.
#[tokio::test]
async fn an_index_that_finds_rows_tells_the_other_order_too() {
    let mut db = empty().await;
    for (list, sort, text, index) in [
        (List::Activities, Sort::Start, "state:scheduled", "activity_state (state=?)"),
        (List::Activities, Sort::Updated, "state:scheduled,rescheduled", "activity_state (state=?)"),
        (List::Activities, Sort::Start, "updated:<7d", "activity_updated (updated_at>?)"),
        (List::Activities, Sort::Updated, "created:<30d", "activity_created (created_at>?)"),
        (List::Activities, Sort::Updated, "start:today", "activity_start (start_at>? AND start_at<?)"),
        (List::Activities, Sort::Start, "host:me", "activity_user (user_id=?)"),
        (List::Activities, Sort::Updated, "owner:me status:qualified", "activity_contact (contact_id=?)"),
        (List::Activities, Sort::Start, "company:acme -unread", "activity_contact (contact_id=?)"),
        (List::Contacts, Sort::Recent, "created:<30d", "contact_created (created_at>?)"),
        (List::Contacts, Sort::Recent, "updated:<7d", "contact_updated (updated_at>?)"),
    ] {
        let filter = Filter::parse(text, &context(list)).unwrap();
        let at = filter
            .probes(Some(sort), Limits { rows: 20_000, whole: 20_000, words: 20_000 })
            .iter()
            .position(Option::is_some)
            .unwrap();
        let sql = filter.lead(at).at_once();
        for first in [true, false] {
            let page = page(list, sort, &sql, first);
            let column = page.split(" ORDER BY ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
            // As the store hides its order.
            let other = match sort {
                Sort::Recent => "coalesce(c.interacted_at, c.created_at)".to_owned(),
                _ => format!("+{column}"),
            };
            let hidden = page.replace(&format!("ORDER BY {column}"), &format!("ORDER BY {other}"));
            let hidden = hidden.replace(&format!("({column}, "), &format!("({other}, "));
            let hidden = hidden.replace("AND a.start_at IS", "AND +a.start_at IS");
            let plan = plan(&mut db, &hidden, &sql.args).await;
            let step = &plan[0];
            assert!(step.contains("USING COVERING INDEX"), "{text} by {sort:?}: {plan:#?}");
            assert!(step.contains(index), "{text} by {sort:?}: {plan:#?}");
        }
    }
}

#[tokio::test]
async fn no_preset_sorts_what_it_walks() {
    let mut db = empty().await;
    for preset in presets() {
        let filter = Filter::parse(preset.query, &context(preset.list)).unwrap();
        let walk = filter.sql(Strategy::Walk(preset.sort));
        for first in [true, false] {
            let plan = plan(&mut db, &page(preset.list, preset.sort, &walk, first), &walk.args).await;
            let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE"));
            assert!(!sorts, "{}: {plan:#?}", preset.id);
        }
    }
}
