//! Tests of the language: its exact texts, its errors, and that no text makes it panic.

use proptest::prelude::*;

use super::ast::{Comparison, Condition, Literal, Selected, Set};
use super::predicate::{like, wildcards};
use super::{parse, run};
use crate::sandbox::org::OrgFile;

fn matches(pattern: &str, text: &str) -> bool {
    like(&wildcards(pattern), &text.to_lowercase())
}

#[test]
fn a_query_with_every_clause() {
    let query = parse(
        "select Id, Account.Owner.Name, (SELECT Id FROM Contacts LIMIT 2) from Contact c \
         where (Email in ('a@b.test','c') or NOT c.Name like 'A%') and CreatedDate >= LAST_N_DAYS:7 \
         order by Name desc nulls last, Id limit 10 offset 5 for view",
    )
    .unwrap();
    assert_eq!(query.select.len(), 3);
    assert!(matches!(&query.select[1], Selected::Field(path, None) if path.parts == ["Account", "Owner", "Name"]));
    assert_eq!((query.alias.as_deref(), query.limit, query.offset), (Some("c"), Some(10), 5));
    assert!(query.order_by[0].descending && query.order_by[0].nulls_last && !query.order_by[1].descending);
    let Some(Condition::And(both)) = query.condition else { panic!("AND at the top") };
    let Condition::Or(either) = &both[0] else { panic!("OR inside") };
    assert!(matches!(&either[0], Condition::In(_, false, Set::List(list)) if list.len() == 2));
    assert!(
        matches!(&both[1], Condition::Compare(_, Comparison::GreaterOrEqual, Literal::Range(word, Some(7)), _) if word == "LAST_N_DAYS")
    );
}

#[test]
fn string_escapes() {
    for (literal, meant) in [
        (r"'O\'Neil'", "O'Neil"),
        (r"'a\\b'", r"a\b"),
        (r"'a\nb\tc\r\b\f'", "a\nb\tc\r\u{8}\u{c}"),
        (r#"'\"x\"'"#, "\"x\""),
        (r"'\u00e9\u0041'", "éA"),
        (r"'100\%\_'", "100%_"),
        ("'é日'", "é日"),
    ] {
        let query = parse(&format!("SELECT Id FROM Lead WHERE Name = {literal}")).unwrap();
        let Some(Condition::Compare(_, _, Literal::Text(text), _)) = query.condition else { panic!("{literal}") };
        assert_eq!(super::lexer::plain(&text), meant, "{literal}");
    }
}

#[test]
fn what_is_refused_and_where() {
    let long = format!("SELECT Id FROM Lead WHERE Name = '{}'", "x".repeat(4_001));
    let deep = format!("SELECT Id FROM Lead WHERE {}Name = 'a'{}", "(".repeat(100), ")".repeat(100));
    let huge = format!("SELECT Id FROM Lead WHERE Name = 'a'{}", " ".repeat(100_000));
    for (text, code, words, column) in [
        ("SELECT Id FORM Lead", "MALFORMED_QUERY", "unexpected token: 'Lead'", Some(16)),
        ("SELECT Id, FROM Lead", "MALFORMED_QUERY", "unexpected token: 'FROM'", Some(12)),
        ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY", "unexpected end of query", Some(26)),
        ("SELECT Id FROM Lead WHERE Name == 'a'", "MALFORMED_QUERY", "unexpected token: '='", Some(33)),
        ("SELECT Id FROM Lead WHERE Name = a", "MALFORMED_QUERY", "unexpected token: 'a'", Some(34)),
        ("SELECT Id FROM Lead WHERE Name IS NULL", "MALFORMED_QUERY", "unexpected token: 'IS'", Some(32)),
        ("SELECT Id FROM Lead WHERE Name = \"a\"", "MALFORMED_QUERY", "unexpected char: '\"'", Some(34)),
        (r"SELECT Id FROM Lead WHERE Name = '\x'", "MALFORMED_QUERY", "escape", Some(35)),
        ("SELECT Id FROM Lead WHERE Name = 'a", "MALFORMED_QUERY", "string literal", Some(34)),
        (
            "SELECT Id FROM Lead WHERE Name = 'a' AND City = 'b' OR State = 'c'",
            "MALFORMED_QUERY",
            "unexpected token: 'OR'",
            Some(53),
        ),
        ("SELECT Id FROM Lead WHERE Id IN ()", "MALFORMED_QUERY", "unexpected token: ')'", Some(34)),
        ("SELECT * FROM Lead", "MALFORMED_QUERY", "unexpected char: '*'", Some(8)),
        ("DELETE FROM Lead", "MALFORMED_QUERY", "unexpected token: 'DELETE'", Some(1)),
        ("SELECT Id FROM Lead LIMIT -1", "MALFORMED_QUERY", "unexpected token: '-1'", Some(27)),
        ("SELECT Id FROM Lead OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000", Some(28)),
        ("SELECT Id FROM Lead LIMIT 5 ORDER BY Name", "MALFORMED_QUERY", "unexpected token: 'ORDER'", Some(29)),
        ("SELECT Id FROM Lead WHERE (Name = 'a'", "MALFORMED_QUERY", "unexpected end of query", Some(38)),
        ("", "MALFORMED_QUERY", "unexpected end of query", Some(1)),
        (&long, "MALFORMED_QUERY", "4000", Some(34)),
        (&deep, "QUERY_TOO_COMPLICATED", "too complicated", None),
        (&huge, "MALFORMED_QUERY", "100000 characters", None),
    ] {
        let error = parse(text).expect_err(text).into_api(text);
        assert_eq!(error.code, code, "{text}");
        assert!(error.message.contains(words), "{text}: {}", error.message);
        if let Some(column) = column {
            assert!(error.message.contains(&format!("ERROR at Row:1:Column:{column}\n")), "{text}: {}", error.message);
        }
    }
}

#[test]
fn the_row_of_an_error_is_counted() {
    let text = "SELECT Id\nFROM Lead\nWHERE Name ~ 'a'";
    let message = parse(text).unwrap_err().into_api(text).message;
    assert_eq!(message, "\nWHERE Name ~ 'a'\n           ^\nERROR at Row:3:Column:12\nunexpected char: '~'");
}

#[test]
fn like_patterns() {
    for (pattern, text, expected) in [
        ("a%", "Abc", true),
        ("%b%", "aBc", true),
        ("a_c", "abc", true),
        ("a_c", "abbc", false),
        ("%", "", true),
        ("", "a", false),
        (r"100\%", "100%", true),
        (r"100\%", "1000", false),
        (r"a\_b", "axb", false),
        ("%a%a%a%", "banana", true),
        ("%a%a%a%a%", "banana", false),
        ("e%", "École", false),
        ("É%", "école", true),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
    }
}

fn word() -> impl Strategy<Value = String> {
    let words = [
        "SELECT",
        "Id",
        "FROM",
        "Lead",
        "WHERE",
        "AND",
        "OR",
        "NOT",
        "(",
        ")",
        ",",
        "=",
        "!=",
        "<",
        "LIKE",
        "IN",
        "'a%'",
        "null",
        "TODAY",
        "LAST_N_DAYS:3",
        "Owner.Name",
        "COUNT()",
        "COUNT(Id)",
        "GROUP BY",
        "Status",
        "HAVING",
        "ORDER BY",
        "DESC",
        "NULLS LAST",
        "LIMIT",
        "OFFSET",
        "5",
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        "FIELDS(STANDARD)",
        "true",
        "'",
        "\\",
        "é",
        "(SELECT Id FROM Events)",
        "Name",
        "CreatedDate",
    ];
    prop::sample::select(words.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        if let Err(error) = parse(&text) {
            error.into_api(&text);
        }
    }

    #[test]
    fn no_row_of_words_makes_the_parser_or_the_runner_panic(words in prop::collection::vec(word(), 0..24)) {
        let text = format!("SELECT {}", words.join(" "));
        match parse(&text) {
            Ok(query) => {
                let org = OrgFile::empty().build().unwrap();
                let _ = run(&org, &query, true, "/services/data/v66.0");
            }
            Err(error) => {
                error.into_api(&text);
            }
        }
    }

    #[test]
    fn like_agrees_with_a_plain_definition(pattern in "[ab_%]{0,6}", text in "[ab]{0,6}") {
        fn plainly(pattern: &[u8], text: &[u8]) -> bool {
            match pattern.split_first() {
                None => text.is_empty(),
                Some((b'%', rest)) => (0..=text.len()).any(|skip| plainly(rest, &text[skip..])),
                Some((b'_', rest)) => !text.is_empty() && plainly(rest, &text[1..]),
                Some((c, rest)) => text.first() == Some(c) && plainly(rest, &text[1..]),
            }
        }
        prop_assert_eq!(matches(&pattern, &text), plainly(pattern.as_bytes(), text.as_bytes()));
    }
}

#[test]
fn fuzz_soql() {
    const EXAMPLES: [&str; 5] = [
        "SELECT Id, Account.Owner.Name, (SELECT Id FROM Contacts LIMIT 2) FROM Contact c WHERE (Email IN ('a@b.test','c') OR \
         NOT c.Name LIKE 'A%') AND CreatedDate >= LAST_N_DAYS:7 ORDER BY Name DESC NULLS LAST, Id LIMIT 10 OFFSET 5 FOR VIEW",
        "SELECT COUNT(Id) n, MAX(CreatedDate) FROM Lead WHERE IsConverted = false GROUP BY Status HAVING COUNT(Id) > 1",
        "SELECT FIELDS(STANDARD) FROM Event WHERE StartDateTime = 2026-11-20T20:00:00Z AND WhoId != null",
        "SELECT Id FROM Lead WHERE Email IN (SELECT Email FROM Contact) AND LastName = 'O\\'Neil\\u00e9\\n'",
        "SELECT count() FROM User",
    ];
    let org = OrgFile::demo().build().unwrap();
    crate::fuzz::run("SOQL", &EXAMPLES.map(str::as_bytes), |bytes| {
        let text = String::from_utf8_lossy(bytes);
        match parse(&text) {
            Ok(query) => {
                if let Err(error) = run(&org, &query, false, "/services/data/v66.0") {
                    let _ = error.into_api(&text);
                }
            }
            Err(error) => {
                let _ = error.into_api(&text);
            }
        }
    });
}
