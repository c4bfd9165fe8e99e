use proptest::prelude::*;

use super::*;

#[test]
fn literals_are_escaped() {
    for (value, literal) in [
        ("", "''"),
        ("plain", "'plain'"),
        ("O'Hara", r"'O\'Hara'"),
        (r"back\slash", r"'back\\slash'"),
        (r"\'", r"'\\\''"),
        ("a\nb\r\tc", r"'a\nb\r\tc'"),
        ("\u{8}\u{c}\u{0}\u{1b}\u{7f}\u{9b}", r"'\b\f\u0000\u001B\u007F\u009B'"),
        ("é 中 🙂 \"%_", "'é 中 🙂 \"%_'"),
    ] {
        assert_eq!(quote(value), literal);
    }
    assert_eq!(escape_like(r"50%_o'\"), r"50\%\_o\'\\");
}

#[test]
fn time_literals_are_utc_and_unquoted() {
    assert_eq!(datetime("2026-11-20T21:00:00+01:00".parse().unwrap()), "2026-11-20T20:00:00Z");
    assert_eq!(datetime("2026-11-20T20:00:00.25Z".parse().unwrap()), "2026-11-20T20:00:00.250Z");
    assert_eq!(date(civil::date(2026, 2, 3)), "2026-02-03");
}

#[test]
fn a_statement_is_written() {
    let query = Query::select(["Id", "Email", "Owner.Email", "email"], "Contact")
        .unwrap()
        .and_equals("LastName", "O'Hara")
        .unwrap()
        .and("IsDeleted = false")
        .order_by("LastModifiedDate DESC")
        .limit(5);
    assert_eq!(
        query.to_string(),
        "SELECT Id, Email, Owner.Email FROM Contact WHERE LastName = 'O\\'Hara' AND IsDeleted = false \
         ORDER BY LastModifiedDate DESC LIMIT 5"
    );
    assert_eq!(Query::select([""; 0], "User").unwrap().to_string(), "SELECT Id FROM User");
}

#[test]
fn names_are_checked() {
    for name in ["Id", "Custom__c", "Owner.Email", "ns__Rel__r.Field__c"] {
        assert_eq!(check_name(name), Ok(()), "{name}");
    }
    for name in ["", ".", "Owner.", "1st", "Na me", "Id FROM User", "Id,Name", "a'b", "Näme", "_x"] {
        assert!(check_name(name).is_err(), "{name}");
        assert!(Query::select([name], "User").is_err());
        assert!(Query::select(["Id"], name).is_err());
        assert!(Query::select(["Id"], "User").unwrap().where_in(name, &["x"]).is_err());
    }
}

#[test]
fn a_short_list_is_one_statement() {
    let query = Query::select(["Id"], "Lead").unwrap().and("IsConverted = false");
    assert_eq!(
        query.where_in("Email", &["a@x.io", "b@x.io"]).unwrap(),
        vec![InStatement {
            soql: "SELECT Id FROM Lead WHERE IsConverted = false AND Email IN ('a@x.io','b@x.io')".to_owned(),
            values: 0..2
        }]
    );
    assert_eq!(query.where_in("Email", &[""; 0]).unwrap(), vec![]);
}

#[test]
fn the_number_of_values_splits() {
    let values: Vec<String> = (0..4_001).map(|n| format!("{n}@x.io")).collect();
    let statements = Query::select(["Id"], "Lead").unwrap().where_in("Email", &values).unwrap();
    assert_eq!(statements.iter().map(|s| s.values.clone()).collect::<Vec<_>>(), [0..2_000, 2_000..4_000, 4_000..4_001]);
}

#[test]
fn the_length_splits_exactly_at_the_limit() {
    // Each value costs 100 characters with its quotes and comma; the frame is counted too.
    let values = vec!["x".repeat(97); 1_200];
    let query = Query::select(["Id"], "Lead").unwrap();
    let statements = query.where_in("Email", &values).unwrap();
    assert_eq!(statements.len(), 2);
    let first = statements[0].soql.chars().count();
    assert!(first <= MAX_STATEMENT && first + 100 > MAX_STATEMENT, "{first}");
}

#[test]
fn an_impossible_value_is_left_out() {
    let query = Query::select(["Id"], "Lead").unwrap();
    let statements = query.where_in("Email", &["a".to_owned(), "b".repeat(4_001), "c".repeat(4_000)]).unwrap();
    assert_eq!(statements.len(), 1);
    assert!(statements[0].soql.contains("IN ('a','ccc"));
    assert_eq!(query.where_in("Email", &["b".repeat(4_001)]).unwrap(), vec![]);
}

/// Reads a literal back by the documented rules, so that the escape is checked against them and not against itself.
fn read_literal(literal: &str) -> Option<String> {
    let mut chars = literal.strip_prefix('\'')?.strip_suffix('\'')?.chars();
    let mut text = String::new();
    while let Some(c) = chars.next() {
        text.push(match c {
            '\'' => return None,
            '\\' => match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'u' => char::from_u32(u32::from_str_radix(&chars.by_ref().take(4).collect::<String>(), 16).ok()?)?,
                c @ ('\\' | '\'' | '"') => c,
                _ => return None,
            },
            c => c,
        });
    }
    Some(text)
}

proptest! {
    #[test]
    fn nothing_gets_out_of_a_literal(value in any::<String>()) {
        prop_assert_eq!(read_literal(&quote(&value)), Some(value));
    }

    #[test]
    fn chunks_cover_everything_in_order_within_the_limits(values in prop::collection::vec("[a-z'\\\\]{0,300}", 0..900)) {
        let statements = Query::select(["Id", "Email"], "Contact").unwrap().where_in("Email", &values).unwrap();
        let mut next = 0;
        for statement in &statements {
            prop_assert_eq!(statement.values.start, next);
            next = statement.values.end;
            prop_assert!(statement.soql.chars().count() <= MAX_STATEMENT);
            let list: Vec<String> = values[statement.values.clone()].iter().map(|v| quote(v)).collect();
            let expected = format!("IN ({})", list.join(","));
            prop_assert!(statement.soql.ends_with(&expected));
        }
        prop_assert_eq!(next, values.len());
    }
}

#[test]
fn values_in_either_field_are_bounded_by_the_length_alone() {
    let query = Query::select(["Id"], "Lead").unwrap().and("IsConverted = false");
    let short = query.where_either_in(["MobilePhone", "Phone"], &["+1", "1"]).unwrap();
    assert_eq!(
        short[0].soql,
        "SELECT Id FROM Lead WHERE IsConverted = false AND (MobilePhone IN ('+1','1') OR Phone IN ('+1','1'))"
    );
    // Each value costs ten characters with its quotes and comma, twice.
    let values: Vec<String> = (0..9_000).map(|n| format!("{n:07}")).collect();
    let statements = query.where_either_in(["MobilePhone", "Phone"], &values).unwrap();
    let ends: Vec<usize> = statements.iter().map(|statement| statement.values.end).collect();
    assert_eq!((ends.len(), ends.last()), (2, Some(&9_000)));
    assert!(statements.iter().all(|statement| statement.soql.chars().count() <= MAX_STATEMENT));
    assert!(ends[0] > 4_900, "{ends:?}");
    assert!(query.where_either_in(["MobilePhone", "Pho ne"], &values).is_err());
}
