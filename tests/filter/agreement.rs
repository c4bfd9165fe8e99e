//! Random queries over a small random world: SQL, by every strategy, and the evaluator find the same rows.

use std::sync::{LazyLock, Mutex};

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Strategy as Generate;
use rolodeck::filter::{Arg, Filter, Limits, List, Probe, Query, Sort, Sql, Strategy};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use crate::data::{World, context};

struct Fixture {
    world: World,
    runtime: tokio::runtime::Runtime,
    db: Mutex<SqliteConnection>,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = World::new(7, 60, 150);
    let db = Mutex::new(runtime.block_on(world.store()));
    Fixture { world, runtime, db }
});

fn numbers(sql: &str, args: &[Arg]) -> Vec<i64> {
    let mut db = FIXTURE.db.lock().unwrap();
    let mut query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
    for arg in args {
        query = match arg {
            Arg::Text(text) => query.bind(text.clone()),
            Arg::Integer(n) => query.bind(*n),
            Arg::Real(n) => query.bind(*n),
        };
    }
    let mut found: Vec<i64> =
        FIXTURE.runtime.block_on(query.fetch_all(&mut *db)).unwrap_or_else(|error| panic!("{error}\n{sql}\n{args:?}"));
    found.sort_unstable();
    found
}

fn ids(list: List, sql: &Sql) -> Vec<i64> {
    let from = match list {
        List::Contacts => "SELECT c.id FROM contact c WHERE ",
        List::Activities => "SELECT a.id FROM activity a WHERE ",
    };
    numbers(&format!("{from}{}", sql.text), &sql.args)
}

/// Asserts agreement on both lists; gives how many rows each holds.
fn agree(text: &str) -> [usize; 2] {
    [List::Contacts, List::Activities].map(|list| {
        let filter = Filter::parse(text, &context(list)).unwrap_or_else(|error| panic!("{text}: {error}"));
        let expected = FIXTURE.world.select(list, |facts| filter.matches(facts));
        let spelled = filter.short_words().into_iter().map(|word| (word.to_owned(), trigrams(list, word)));
        let spelled = filter.spelled(&spelled.collect::<Vec<_>>());
        for filter in if spelled == filter { vec![filter] } else { vec![filter, spelled] } {
            agrees(text, list, &filter, &expected);
        }
        expected.len()
    })
}

/// All that begin with a word.
fn trigrams(list: List, word: &str) -> Vec<String> {
    let table = if list == List::Contacts { "contact_trigram" } else { "activity_trigram" };
    let sql = format!("SELECT DISTINCT term FROM {table} WHERE substr(term, 1, length(?1)) = ?1");
    let mut db = FIXTURE.db.lock().unwrap();
    let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(word);
    FIXTURE.runtime.block_on(query.fetch_all(&mut *db)).unwrap()
}

fn agrees(text: &str, list: List, filter: &Filter, expected: &[i64]) {
    let sorts: &[Sort] = match list {
        List::Contacts => &[Sort::Recent, Sort::Name, Sort::Created, Sort::Updated],
        List::Activities => &[Sort::Updated, Sort::Start],
    };
    let probes = filter.probes(None, Limits { rows: 1_000_000, whole: 1_000_000, words: 1_000_000 });
    let strategies = sorts.iter().map(|sort| Strategy::Walk(*sort));
    let strategies = strategies.chain((0..=probes.len()).map(Strategy::Probe)).chain([Strategy::Free]);
    for strategy in strategies {
        let sql = filter.sql(strategy);
        assert_eq!(ids(list, &sql), expected, "{text}\n{list:?} {strategy:?}\n{}\n{:?}", sql.text, sql.args);
    }
    for i in 0..probes.len() {
        let sql = filter.lead(i).at_once();
        assert_eq!(ids(list, &sql), expected, "{text}\n{list:?} lead {i}\n{}\n{:?}", sql.text, sql.args);
    }
    for words in sorts.iter().filter_map(|sort| filter.words(*sort)) {
        let hits = format!("SELECT {} FROM {1} WHERE {1} MATCH ?", words.row(), words.index);
        let sql = filter.among(&numbers(&hits, &[Arg::Text(words.query.clone())])).at_once();
        assert_eq!(ids(list, &sql), expected, "{text}\n{list:?} {words:?}\n{}", sql.text);
    }
    // With a small limit words are asked for their ids.
    let probes = probes
        .into_iter()
        .enumerate()
        .chain(filter.probes(None, Limits { rows: 2_000, whole: 2_000, words: 2_000 }).into_iter().enumerate());
    for (i, probe) in probes {
        match probe.unwrap() {
            Probe::Count(sql, _) => {
                let count = numbers(&sql.text, &sql.args)[0];
                assert!(count >= expected.len() as i64, "{text}\n{}", sql.text);
            }
            Probe::Ids(sql, most) => {
                let found = numbers(&sql.text, &sql.args);
                let rest = filter.of_ids(i, &found).at_once();
                assert!((found.len() as i64) < most, "{text} finds few here");
                assert_eq!(ids(list, &rest), expected, "{text}\n{}\n{}", sql.text, rest.text);
            }
        }
    }
}

const TERMS: &[&str] = &[
    "kind:booking",
    "kind:conversation,form",
    "state:scheduled",
    "state:canceled,no_show,completed",
    "status:qualified",
    "status:none",
    "status:any",
    "status:mql,none,\"Sales qualified\"",
    "owner:ana@x.no",
    "owner:me",
    "owner:ana",
    "owner:none",
    "owner:any",
    "owner:USR-4,bo",
    "owner:*lee*",
    "owner:ræv",
    "host:me",
    "host:none,bo@x.no",
    "host:lee",
    "host:nobody@x.no",
    "mine",
    "mine:no",
    "has:booking",
    "has:conversation,form",
    "has:email",
    "has:phone",
    "has:duplicate",
    "has:salesforce",
    "contact.has:salesforce",
    "has:email,booking",
    "source:calcom",
    "source:Cal.com",
    "source:import,oncehub",
    "contact.source:import",
    "activity.source:oncehub",
    "event_type:demo",
    "event_type:demo*",
    "event_type:*DEMO*,intro",
    "event_type:none",
    "event_type:\"Demo call\"",
    "bot:hello",
    "contact.bot:hello",
    "form:\"contact us\"",
    "page:*demo",
    "page:any",
    "contact.state:oregon",
    "start:today",
    "start:>now",
    "start:today..+7d",
    "start:none",
    "start:<2h",
    "start:yesterday,tomorrow",
    "start:-5d..",
    "created:this_month",
    "created:>2026-03-20",
    "created:2026-02,2026-01",
    "contact.created:last_week",
    "activity.created:3w",
    "updated:<2h",
    "updated:>3d",
    "activity.updated:<2w",
    "interacted:<1mo",
    "interacted:none",
    "interacted:any",
    "utm_source:google",
    "utm_medium:none",
    "utm_campaign:\"spring 2026\"",
    "utm_term:crm",
    "utm_content:a,b",
    "unread",
    "unread:no",
    "test",
    "test:no",
    "trash",
    "trash:any",
    "trash:no",
    "sync:none",
    "sync:pending",
    "sync:done",
    "sync:held",
    "sync:failed",
    "sync:held,failed",
    "sync:pending,none",
    "contact.sync:failed",
    "activity.sync:held",
    "id:7",
    "id:1,2,3",
    "id:BKNG-10",
    "id:\"00Q000000000005AAA\"",
    "id:00Q000000000006",
    "id:1005",
    "activity.id:10,11,12",
    "contact.id:3,4",
    "import:3",
    "import:\"3\"",
    "import:\"fair 2\"*",
    "import:fair*",
    "import:any",
    "email:p5@mail.acme.no",
    "email:P7@X.NO,p3@ACME.no",
    "email:@acme.no",
    "email:acme",
    "email:p1*",
    "email:none",
    "mobile_phone:+4790000008",
    "mobile_phone:\"+47 900 00 006\"",
    "mobile_phone:000",
    "phone:n/a",
    "phone:any",
    "first_name:ana",
    "first_name:åsa",
    "last_name:ÅSA",
    "last_name:李",
    "first_name:o'*",
    "company:\"acme as\"",
    "company:\"ÆRLIG as\"",
    "company:acme*",
    "company:*as",
    "company:\"acme%\"",
    "company:*%*",
    "company:*_*",
    "company:*\"\\\"\"*",
    "company:*\"\\\\\"*",
    "company:none",
    "company:ostland",
    "company:\"ÖSTLAND\"",
    "company:ost*",
    "company:*LAND",
    "company:*stl*",
    "company:3m",
    "company:ao,3M",
    "company:straße*",
    "company:*\" [1]\"",
    "company:æ*",
    "company:ostland,\"acme as\"",
    "city:zurich",
    "city:Zü*",
    "first_name:asa",
    "tags:gronn",
    "owner:*RÆ*",
    "company:\"Ærlig AS\",\"acme as\"",
    "city:oslo",
    "city:*paulo",
    "job_title:ceo,none",
    "employees>50",
    "employees:10..20",
    "employees:<=5,>=95",
    "employees:none",
    "employees:>12.5",
    "employees:0",
    "has_consent:yes",
    "has_consent:no",
    "has_consent:none",
    "team_size>10",
    "team_size:..3",
    "team_size:2.5",
    "team_size:any",
    "plan:pro",
    "plan:free*",
    "plan:*100%",
    "tags:red",
    "tags:grønn,BLUE",
    "tags:none",
    "tags:any",
    "renewal:2026-03",
    "renewal:>today",
    "renewal:none",
    "renewal:<2026-04-15",
    "renewal:2026-04-15",
    "last_call:today",
    "last_call:<2h",
    "last_call:2026-03-01T10:00",
    "call_at:9:30",
    "call_at:>=10:00",
    "call_at:..12:00",
    "vip:yes",
    "vip:no,none",
    "\"Any note\":*hi*",
    "custom.start:slow",
    "contact.start:slow",
    "ana",
    "Åsa",
    "as",
    "a*",
    "berg*",
    "\"demo with\"",
    "bkng-1",
    "himmel",
    "\"100% sure\"",
    "\"said \\\"hi\\\"\"",
    "李",
    "p5@mail",
    "+4790000",
    "nowhere",
    "\"\u{301}\"",
    "oslo",
    "n",
    "guest@x.no",
    "grønn",
    "gronn",
    "ostland",
    "strasse",
    "aerlig",
    "en",
    "no",
    "zq",
    "\"% \"",
];

/// A query as text: terms and words under AND, OR, NOT and parentheses.
fn query() -> impl Generate<Value = String> {
    let leaf = select(TERMS).prop_map(str::to_owned);
    leaf.prop_recursive(4, 12, 4, |inner| {
        prop_oneof![
            4 => prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| parts.join(" ")),
            2 => prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| parts.join(" OR ")),
            2 => inner.clone().prop_map(|part| format!("-({part})")),
            2 => inner.prop_map(|part| format!("({part})")),
        ]
    })
}

#[test]
fn every_term_agrees_alone_and_negated() {
    for term in TERMS {
        agree(term);
        agree(&format!("-{term}"));
        agree(&format!("({term})"));
    }
}

#[test]
fn the_empty_query_is_everything_but_the_trash() {
    let [contacts, activities] = agree("");
    assert_eq!(contacts, 60);
    let kept = FIXTURE.world.acts.iter().filter(|act| act.activity.trashed_at.is_none()).count();
    assert_eq!(activities, kept);
    assert_eq!(agree("trash:any")[1], 150);
}

/// Terms that select nothing in the world would agree whatever they mean.
#[test]
fn the_world_is_rich_enough() {
    let idle = ["host:nobody@x.no", "nowhere", "zq"];
    let nothing = |term: &&str| agree(term) == [0, 0];
    let found: Vec<_> = TERMS.iter().copied().filter(nothing).collect();
    assert_eq!(found, idle);
}

#[test]
fn activity_keys_side_by_side_speak_of_one_activity() {
    let count = |text: &str| agree(text)[0];
    let together = count("kind:booking state:closed host:bo@x.no");
    let apart = count("(kind:booking) (state:closed) (host:bo@x.no)");
    assert!(together < apart, "{together} {apart}");
    assert_eq!(count("kind:booking (state:closed OR state:no_show)"), count("kind:booking state:closed,no_show"));
    assert!(count("kind:booking -state:closed") < count("kind:booking"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_query_agrees(text in query()) {
        let parsed = Query::parse(&text).unwrap();
        prop_assert_eq!(Query::parse(&parsed.to_string()).unwrap(), parsed);
        agree(&text);
    }
}
