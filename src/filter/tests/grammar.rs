//! The grammar by example, what goes wrong by example, and what must hold of every text.

use proptest::prelude::*;

use proptest::strategy::Strategy as Generate;

use super::context;
use crate::filter::{Strategy, *};

fn parse(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|error| panic!("{}\n{error}", error.caret(text)))
}

/// The tree with every AND and OR in parentheses.
fn shape(text: &str) -> String {
    fn show(node: &Node) -> String {
        let each = |parts: &[Node], name: &str| {
            let parts: Vec<_> = parts.iter().map(show).collect();
            format!("{name}[{}]", parts.join(", "))
        };
        match node {
            Node::And(parts) => each(parts, "and"),
            Node::Or(parts) => each(parts, "or"),
            Node::Not(node) => format!("not[{}]", show(node)),
            Node::Word(word) => format!("{}{}", word.text, if word.prefix { "…" } else { "" }),
            Node::Term(term) => term.to_string(),
        }
    }
    parse(text).root.as_ref().map_or_else(String::new, show)
}

#[test]
fn operators_bind_as_documented() {
    let cases = [
        ("", ""),
        ("  ", ""),
        ("ana", "ana"),
        ("ana berg", "and[ana, berg]"),
        ("ana AND berg", "and[ana, berg]"),
        ("a b OR c d", "or[and[a, b], and[c, d]]"),
        ("a OR b AND c", "or[a, and[b, c]]"),
        ("(a OR b) c", "and[or[a, b], c]"),
        ("a OR b OR c", "or[a, b, c]"),
        ("NOT a b", "and[not[a], b]"),
        ("-a OR -b", "or[not[a], not[b]]"),
        ("-(a b)", "not[and[a, b]]"),
        ("NOT NOT a", "not[not[a]]"),
        ("--a", "not[not[a]]"),
        ("((a))", "a"),
        ("(a b) c", "and[and[a, b], c]"),
        ("or and not", "and[or, and, not]"),
        ("\"OR\"", "OR"),
        ("\"exact phrase\" pre*", "and[exact phrase, pre…]"),
        ("\"two wor\"*", "two wor…"),
        ("a-b c+d x@y.no 12:30 +47", "and[a-b, c+d, x@y.no, 12:30, +47]"),
        ("a\"b\"", "and[a, b]"),
        (r#""say \"hi\" \\ there""#, r#"say "hi" \ there"#),
    ];
    for (text, tree) in cases {
        assert_eq!(shape(text), tree, "{text}");
    }
}

#[test]
fn terms_are_printed_in_one_way() {
    let cases = [
        ("STATUS:Qualified", "status:Qualified"),
        ("status=qualified,none", "status:qualified,none"),
        ("status:\"Sales qualified\"", "status:\"Sales qualified\""),
        ("employees>50", "employees:>50"),
        ("employees:>=50", "employees:>=50"),
        ("employees<=50,>90", "employees:<=50,>90"),
        ("start:today..+7d", "start:today..+7d"),
        ("start:..today start:now..", "start:..today start:now.."),
        ("start:2026-03-01T10:00..2026-03-01T12:00", "start:2026-03-01T10:00..2026-03-01T12:00"),
        ("company:*acme*,a*", "company:*acme*,a*"),
        ("company:\"a b\"*", "company:\"a b\"*"),
        ("company:*", "company:*"),
        ("MINE Unread", "mine unread"),
        ("\"mine\"", "\"mine\""),
        ("mine:no", "mine:no"),
        ("\"Any note\":x", "\"Any note\":x"),
        ("\"Status\":x", "status:x"),
        ("(status:none)", "(status:none)"),
        ("(status:none) OR (kind:form state:closed) OR -(mine)", "(status:none) OR kind:form state:closed OR -(mine)"),
        ("NOT (a OR b) AND c", "-(a OR b) c"),
        ("\"-a\" \"a:b\" \"(\"", "\"-a\" \"a:b\" \"(\""),
        ("\"plain\"", "plain"),
    ];
    for (text, printed) in cases {
        assert_eq!(parse(text).to_string(), printed, "{text}");
        assert_eq!(parse(printed), parse(text), "{text}");
    }
}

/// The error of a text, as the place it marks and what it says.
fn error(text: &str) -> (String, String) {
    let error = Filter::parse(text, &context(List::Contacts)).expect_err(text);
    (text[error.span.clone()].to_owned(), error.to_string())
}

#[test]
fn what_is_wrong_is_marked_and_explained() {
    let cases = [
        ("stauts:x", "stauts", "unknown key `stauts`: did you mean `status`?"),
        ("tem_size:5", "tem_size", "unknown key `tem_size`: did you mean `team_size`?"),
        ("name:ana", "name", "unknown key `name`: did you mean `last_name`?"),
        ("https://x.no", "https", "unknown key `https`; text with a colon or `=`, `<`, `>` goes in quotes"),
        ("ana status:qualfied", "qualfied", "`qualfied` is no status: did you mean `qualified`?"),
        (
            "state:open",
            "open",
            "`open` is no state; one of requested, scheduled, rescheduled, completed, canceled, no_show, started, \
             closed, abandoned, submitted",
        ),
        ("kind:bookin*", "bookin*", "`bookin` is no kind: did you mean `booking`?"),
        ("(a OR b", "(", "this `(` is never closed"),
        ("a )", ")", "this `)` closes nothing"),
        ("()", "()", "there is nothing in the parentheses"),
        ("(a OR )", ")", "something is missing before this `)`"),
        ("a OR", "OR", "something is missing behind OR; in quotes it is text"),
        ("a AND", "AND", "something is missing behind AND; in quotes it is text"),
        ("NOT", "NOT", "something is missing behind NOT; in quotes it is text"),
        ("OR a", "OR", "something is missing before this OR; in quotes it is text"),
        ("a - b", "-", "`-` stands directly before what is left out; in quotes it is text"),
        ("a \"b c", "\"b c", "the closing quotation mark is missing"),
        ("company:\"b c", "\"b c", "the closing quotation mark is missing"),
        ("\"\"", "\"\"", "there is nothing between the quotation marks"),
        ("*", "*", "`*` stands behind the letters that a word begins with"),
        ("status:", "", "a value is missing behind `status:`"),
        ("status: qualified", "", "a value is missing behind `status:`"),
        ("status:a,", "", "a value is missing behind `status:`"),
        ("employees>", "", "a value is missing behind `employees>`"),
        ("employees>>5", ">", "one comparison is enough"),
        ("employees:>5..9", "..", "a range has no comparison; write either `a..b` or `>a`"),
        ("employees:..", "..", "a range needs a beginning, an end, or both"),
        ("employees:9..5", "9..5", "this range ends before it begins"),
        ("employees:many", "many", "`employees` is a number; `many` is none"),
        ("company:\"a\"b", "b", "a comma is missing between two values"),
        ("company>a", "a", "`company` has no order; write `company:value`, in quotes if need be"),
        ("has_consent:maybe", "maybe", "`has_consent` is yes, no or none"),
        ("unread:maybe", "maybe", "`unread` is yes or no; alone it means yes"),
        ("start:todya", "todya", "`todya` is not a date: did you mean `today`?"),
        ("start:to*", "to*", "a date takes no `*`"),
        ("id:4*", "4*", "an id takes no `*`"),
        ("import:none", "none", "write `-import:any` for contacts of no import"),
        (
            "\"odd\\\"name\":x",
            "\"odd\\\"name\"",
            "a field with a quotation mark or backslash in its name can't be queried",
        ),
        (
            "activity.company:x",
            "activity.company",
            "unknown key `activity.company`; text with a colon or `=`, `<`, `>` goes in quotes",
        ),
    ];
    for (text, place, message) in cases {
        assert_eq!(error(text), (place.to_owned(), message.to_owned()), "{text}");
    }
    let deep = format!("{}a{}", "(".repeat(100), ")".repeat(100));
    assert_eq!(error(&deep).1, "too many parentheses or negations inside each other");
    assert_eq!(error(&"a ".repeat(300)).1, "more than 250 words and values");
    assert_eq!(error(&"a".repeat(10_001)).1, "the query is longer than 10000 characters");
    assert_eq!(error(&format!("id:{}", "1,".repeat(300))).1, "more than 250 words and values");
}

#[test]
fn values_never_become_sql() {
    let nasty = "'; DROP TABLE contact; --";
    for list in [List::Contacts, List::Activities] {
        let quoted = Value::literal(nasty).to_string();
        let text =
            format!("{quoted} company:{quoted} owner:{quoted} import:{quoted} \"Any note\":{quoted} bot:{quoted}*");
        let filter = Filter::parse(&text, &context(list)).unwrap();
        let probes = filter.probes(None, Limits { rows: 10, whole: 10, words: 10 }).into_iter().flatten().map(
            |probe| match probe {
                Probe::Count(sql, _) | Probe::Ids(sql, _) => sql,
            },
        );
        let strategies = [Strategy::Free, Strategy::Probe(0), Strategy::Probe(1)];
        let strategies = strategies.map(|strategy| filter.sql(strategy));
        for sql in strategies.into_iter().chain(probes).chain([filter.lead(0).at_once(), filter.among(&[1]).at_once()])
        {
            assert!(!sql.text.contains("DROP") && !sql.text.contains("note"), "{}", sql.text);
            assert_eq!(sql.text.matches('?').count(), sql.args.len(), "{}", sql.text);
        }
    }
}

#[test]
fn a_filter_knows_whether_it_searches_text() {
    let has_text = |text: &str| Filter::parse(text, &context(List::Contacts)).unwrap().has_text();
    assert!(has_text("status:none -(ana OR mine)"));
    assert!(!has_text("status:none company:ana"));
}

/// Text that looks like a query, and some that does not.
fn almost_a_query() -> impl Generate<Value = String> {
    let pieces = prop::sample::select(vec![
        "status",
        "start",
        "team_size",
        "company",
        "mine",
        "trash",
        "ana",
        ":",
        ":",
        "=",
        ">",
        "<=",
        "..",
        ",",
        "*",
        "\"",
        "\\",
        "(",
        ")",
        "-",
        " ",
        " ",
        " ",
        "AND",
        "OR",
        "NOT",
        "today",
        "+7d",
        "2h",
        "none",
        "qualified",
        "5",
        "1e9",
        "é",
        "李",
        "\u{0}",
        "\u{301}",
        "\n",
        "contact.",
        "9999999999999999999",
        "2026-03",
        "-9999y",
    ]);
    prop_oneof![prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat()), any::<String>(),]
}

fn text() -> impl Generate<Value = String> {
    prop_oneof!["[a-zæ0-9 :.,*\"\\\\()<>=-]{1,8}", any::<String>().prop_filter("not empty", |text| !text.is_empty())]
}

fn value() -> impl Generate<Value = Value> {
    (text(), any::<bool>(), any::<bool>()).prop_map(|(text, before, after)| Value {
        before,
        after,
        ..Value::literal(&text)
    })
}

fn test() -> impl Generate<Value = Test> {
    let comparison =
        prop::sample::select(vec![Comparison::Less, Comparison::AtMost, Comparison::Greater, Comparison::AtLeast]);
    prop_oneof![
        4 => value().prop_map(Test::Is),
        1 => (comparison, value()).prop_map(|(comparison, value)| Test::Compare(comparison, value)),
        1 => (value(), prop::option::of(value())).prop_map(|(from, to)| Test::Range(Some(from), to)),
        1 => value().prop_map(|to| Test::Range(None, Some(to))),
    ]
}

/// Trees as the parser makes them.
fn tree() -> impl Generate<Value = Node> {
    let key = prop_oneof!["[a-z][a-z_.]{0,8}", text()];
    let canonical = |key: String| keys::canonical(&key).map_or(key, str::to_owned);
    let term = (key, prop::collection::vec(test(), 1..3))
        .prop_map(move |(key, tests)| Term { tests, ..Term::is(&canonical(key), []) });
    let flag = prop::sample::select(vec!["mine", "unread", "test", "trash"]).prop_map(|flag| Term::is(flag, []));
    let leaf = prop_oneof![
        (text(), any::<bool>()).prop_map(|(text, prefix)| Node::Word(Word { text, prefix, span: Span::default() })),
        term.prop_map(Node::Term),
        flag.prop_map(Node::Term),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let group = inner.clone().prop_filter("a key", |node| matches!(node, Node::Term(_)));
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Node::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Node::Or),
            inner.prop_map(|node| Node::Not(Box::new(node))),
            group.prop_map(|node| Node::And(vec![node])),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_query_or_has_a_fault_at_a_place(text in almost_a_query()) {
        for list in [List::Contacts, List::Activities] {
            match Filter::parse(&text, &context(list)) {
                Ok(filter) => {
                    let sql = filter.sql(Strategy::Probe(0));
                    prop_assert_eq!(sql.text.matches('?').count(), sql.args.len());
                    let query = parse(&text);
                    prop_assert_eq!(parse(&query.to_string()), query);
                }
                Err(error) => {
                    prop_assert!(text.get(error.span.clone()).is_some(), "{:?}", error);
                    prop_assert_eq!(error.caret(&text).lines().count(), 2);
                }
            }
        }
        if let Ok(query) = Query::parse(&text) {
            query.explain();
        }
        let mut end = 0;
        for (range, _) in highlight(&text) {
            prop_assert!(range.start >= end && text.get(range.clone()).is_some());
            end = range.end;
        }
        for cursor in 0..=text.len() {
            for found in complete(&text, cursor, &Vocabulary::new(List::Contacts)) {
                prop_assert!(text.get(found.range).is_some());
            }
        }
    }

    #[test]
    fn what_is_printed_is_read_back_as_the_same_tree(root in tree()) {
        let query = Query { root: Some(root) };
        let printed = query.to_string();
        match Query::parse(&printed) {
            Ok(read) => prop_assert_eq!(read, query, "{}", printed),
            Err(error) => prop_assert!(false, "{}\n{}", error.caret(&printed), error),
        }
    }
}
