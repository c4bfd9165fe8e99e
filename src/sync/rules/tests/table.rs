//! The table of types, row by row.

use super::*;
use crate::domain::FieldKind;
use crate::sync::rules::value::Value;
use jiff::tz::TimeZone;

fn coerced(field: &str, kind: Option<RuleType>, value: &Value) -> Result<Json, String> {
    let org = describe("Lead");
    let oslo = TimeZone::get("Europe/Oslo").unwrap();
    let field = org.field_exact(field).unwrap();
    coerce(value, Some(field), kind, &oslo).map(|done| done.value).map_err(|refusal| refusal.to_string())
}

#[allow(clippy::needless_pass_by_value)] // reads better at its many uses
fn of(json: Json) -> Value {
    Value::of_json(&json).unwrap()
}

fn start() -> Value {
    Value::Moment("2026-03-05T23:30:00.5Z".parse().unwrap())
}

#[test]
fn every_row_of_the_table() {
    let rows = [
        // text -> text, text area
        ("Product__c", of(json!("Rocket")), json!("Rocket")),
        ("Area__c", of(json!("two\nlines")), json!("two\nlines")),
        ("Code__c", of(json!("x")), json!("x")),
        ("Subject", of(json!("x")), json!("x")),
        ("Odd__c", of(json!("x")), json!("x")),
        ("Any__c", of(json!(2)), json!(2)),
        // number -> number, text
        ("Count__c", of(json!(50)), json!(50)),
        ("Count__c", of(json!("1,200")), json!(1200)),
        ("Count__c", of(json!(7.0)), json!(7)),
        ("Amount__c", of(json!(0)), json!(0.0)),
        ("Amount__c", of(json!("-3.5")), json!(-3.5)),
        ("Amount__c", of(json!(1.239)), json!(1.24)),
        ("Price__c", of(json!("$1,200.50")), json!(1200.5)),
        ("Price__c", of(json!(12)), json!(12.0)),
        ("Share__c", of(json!("45 %")), json!(45.0)),
        ("Product__c", of(json!(50)), json!("50")),
        ("Product__c", of(json!(2.5)), json!("2.5")),
        // date -> date, text
        ("Day__c", of(json!("2026-03-05")), json!("2026-03-05")),
        ("Day__c", of(json!("2026-03-05T23:30:00Z")), json!("2026-03-05")),
        ("Product__c", of(json!("2026-03-05")), json!("2026-03-05")),
        // time -> time, text
        ("Clock__c", of(json!("9:30")), json!("09:30:00.000Z")),
        ("Clock__c", of(json!("09:30:15.25")), json!("09:30:15.250Z")),
        ("Clock__c", of(json!("9:30 pm")), json!("21:30:00.000Z")),
        ("Product__c", of(json!("9:30")), json!("9:30")),
        // datetime -> date and time, date, time, text
        ("At__c", start(), json!("2026-03-05T23:30:00.500Z")),
        ("At__c", of(json!("2026-03-05T10:30:00+01:00")), json!("2026-03-05T09:30:00.000Z")),
        ("At__c", of(json!("2026-03-05T10:30")), json!("2026-03-05T09:30:00.000Z")),
        ("Day__c", start(), json!("2026-03-06")),
        ("Clock__c", start(), json!("00:30:00.500Z")),
        ("Area__c", start(), json!("2026-03-06T00:30:00+01:00")),
        // phone -> phone, text
        ("Phone", of(json!("+47 900 00 000")), json!("+47 900 00 000")),
        ("Product__c", of(json!("+4790000000")), json!("+4790000000")),
        // email, web address
        ("Email", of(json!(" Bo@Buyer.TEST ")), json!("bo@buyer.test")),
        ("Website", of(json!("https://buyer.test/a?b")), json!("https://buyer.test/a?b")),
        ("Website", of(json!("buyer.test")), json!("buyer.test")),
        // picklist single -> picklist, text
        ("Size__c", of(json!("Large")), json!("Large")),
        ("Size__c", of(json!("LARGE")), json!("Large")),
        ("Size__c", of(json!(["small"])), json!("Small")),
        ("Size__c", of(json!(true)), json!("Yes")),
        ("Size__c", of(json!("BIG")), json!("BIG")),
        ("Loose__c", of(json!("large")), json!("Large")),
        ("Product__c", of(json!("Large")), json!("Large")),
        // picklist multi -> multi-select picklist, text
        ("Sizes__c", of(json!(["Large", "small"])), json!("Small;Large")),
        ("Sizes__c", of(json!("large; Small;small")), json!("Small;Large")),
        ("Sizes__c", of(json!("Small, Large")), json!("Small;Large")),
        ("Sizes__c", of(json!("Smith, Inc")), json!("Smith, Inc")),
        ("Sizes__c", of(json!(["Smith, Inc"])), json!("Smith, Inc")),
        ("Sizes__c", of(json!(["Small", "Medium"])), json!("Small")),
        ("Product__c", of(json!(["Small", "Large"])), json!("Small, Large")),
        // checkbox -> checkbox, text, picklist
        ("Flag__c", of(json!(true)), json!(true)),
        ("Flag__c", of(json!(0)), json!(false)),
        ("Flag__c", of(json!("false")), json!(false)),
        ("Flag__c", of(json!("Yes")), json!(true)),
        ("Flag__c", of(json!(["checked"])), json!(true)),
        ("Product__c", of(json!(false)), json!("false")),
        // reference
        ("Account__c", of(json!("001000000000000")), json!("001000000000000AAA")),
    ];
    for (field, value, written) in rows {
        assert_eq!(coerced(field, None, &value), Ok(written), "{field} {value:?}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    for (field, value, reason) in [
        ("Count__c", of(json!("many")), "`many` is no whole number"),
        ("Count__c", of(json!(2.5)), "`2.5` is no whole number"),
        ("Count__c", of(json!(3_000_000_000_i64)), "3000000000 is outside of what the field holds"),
        ("Count__c", of(json!(true)), "`true` is no whole number"),
        ("Count__c", start(), "`2026-03-06T00:30:00+01:00` is no whole number"),
        ("Count__c", of(json!([1, 2])), "it takes one value and there are 2"),
        ("Amount__c", of(json!("1,5")), "`1,5` is no number"),
        ("Amount__c", of(json!(10_000)), "10000 is outside of what the field holds"),
        ("Amount__c", of(json!("45%")), "`45%` is no number"),
        ("Day__c", of(json!("03/05/2026")), "`03/05/2026` is no date"),
        ("Day__c", of(json!("0900-01-01")), "0900-01-01 is outside of what the field holds"),
        ("Day__c", of(json!(20_260_305)), "`20260305` is no date"),
        ("At__c", of(json!("2026-03-05")), "`2026-03-05` is no date with a time of day (2026-03-05T09:30)"),
        ("Clock__c", of(json!("25:00")), "`25:00` is no time of day"),
        ("Flag__c", of(json!("maybe")), "`maybe` is no yes or no"),
        ("Flag__c", of(json!(2)), "`2` is no yes or no"),
        ("Email", of(json!("bo at x")), "`bo at x` is no email address"),
        ("Website", of(json!("javascript:alert(1)")), "`javascript:alert(1)` is no web address"),
        ("Website", of(json!("see my site")), "`see my site` is no web address"),
        ("Size__c", of(json!("Huge")), "`Huge` can no longer be chosen"),
        ("Size__c", of(json!("Big")), "`Big` could be any of big, BIG"),
        (
            "Size__c",
            of(json!("Medium")),
            "`Medium` is none of its active values (Small, Large, big, BIG, Yes, and 2 more)",
        ),
        ("Loose__c", of(json!("Huge")), "`Huge` can no longer be chosen"),
        ("Size__c", of(json!(["Small", "Large"])), "it takes one value and there are 2"),
        ("Sizes__c", of(json!(["Huge", "Medium"])), "`Huge` can no longer be chosen"),
        ("Sizes__c", of(json!(";")), "`;` is no multi-select picklist"),
        ("Account__c", of(json!("Acme")), "`Acme` is no record id"),
        (
            "Account__c",
            of(json!("003000000000000")),
            "`003000000000000AAA` is the id of Contact, and it takes the id of Account",
        ),
        ("Address", of(json!("Main St 1")), "Salesforce makes it itself from other fields"),
    ] {
        assert_eq!(coerced(field, None, &value), Err(reason.to_owned()), "{field} {value:?}");
    }
}

#[test]
fn a_rules_own_type_makes_the_value() {
    use RuleType as T;
    for (field, kind, value, written) in [
        ("Product__c", T::Date, start(), Some(json!("2026-03-06"))),
        ("Product__c", T::Time, start(), Some(json!("00:30:00.500Z"))),
        ("Area__c", T::Datetime, of(json!("2026-03-05T10:30")), Some(json!("2026-03-05T10:30:00+01:00"))),
        ("Day__c", T::Datetime, of(json!("2026-03-05T23:30:00Z")), Some(json!("2026-03-06"))),
        ("Product__c", T::Number, of(json!("1,200")), Some(json!("1200"))),
        ("Product__c", T::Number, of(json!("many")), None),
        ("Count__c", T::Number, of(json!("12")), Some(json!(12))),
        ("Product__c", T::Checkbox, of(json!("yes")), Some(json!("true"))),
        ("Size__c", T::Checkbox, of(json!("off")), Some(json!("No"))),
        ("Area__c", T::MultiPicklist, of(json!("a, b")), Some(json!("a, b"))),
        ("Sizes__c", T::Picklist, of(json!("Small")), Some(json!("Small"))),
        ("Product__c", T::Phone, of(json!("+47 900")), Some(json!("+47 900"))),
        ("Flag__c", T::Date, of(json!("2026-03-05")), None),
        ("At__c", T::Text, start(), Some(json!("2026-03-05T23:30:00.500Z"))),
        // text: also what an unrestricted picklist does not list
        ("Loose__c", T::Text, of(json!("Medium")), Some(json!("Medium"))),
        ("Size__c", T::Text, of(json!("Medium")), None),
        // custom: as it is, within what Salesforce could not take anyway
        ("Flag__c", T::Custom, of(json!("maybe")), Some(json!("maybe"))),
        ("Count__c", T::Custom, of(json!(5)), Some(json!(5))),
        ("Product__c", T::Custom, of(json!(5)), Some(json!("5"))),
        ("Loose__c", T::Custom, of(json!("Huge")), Some(json!("Huge"))),
        ("Size__c", T::Custom, of(json!("Huge")), None),
        ("Sizes__c", T::Custom, of(json!(["Small", "Huge"])), Some(json!("Small"))),
        ("Day__c", T::Custom, start(), Some(json!("2026-03-05T23:30:00.500Z"))),
    ] {
        assert_eq!(coerced(field, Some(kind), &value).ok(), written, "{field} {kind:?} {value:?}");
    }
}

#[test]
fn values_that_are_left_out_are_said() {
    let booking = {
        let mut booking = booking();
        booking.detail.answers[3].value = json!(["Small", "Medium", "Huge"]);
        booking
    };
    let rendered = on_lead(&[lead("Sizes__c", "{topics}"), lead("Amount__c", "1.239")], &contact(), &booking);
    assert_eq!(rendered.get("Sizes__c"), Some(&json!("Small")));
    assert_eq!(
        rendered.notes,
        [
            "Sizes__c is written without a value: `Medium` is none of its active values (Small, Large, big, BIG, Yes, \
             and 2 more)",
            "Sizes__c is written without a value: `Huge` can no longer be chosen",
            "Amount__c is rounded from 1.239 to 1.24",
        ]
    );
}

#[test]
fn labels_of_picklist_values_count() {
    let mut org = describe("Lead");
    let size = org.fields.iter_mut().find(|field| field.name == "Size__c").unwrap();
    size.picklist_values[0].label = Some("Klein".into());
    let done = coerce(&of(json!("klein")), Some(size), None, &TimeZone::UTC).unwrap();
    assert_eq!(done.value, "Small");
}

#[test]
fn equal_values_need_no_write() {
    use crate::salesforce::FieldType as F;
    for (kind, there, wanted, equal) in [
        (F::DateTime, json!("2026-03-05T09:30:00.000+0000"), json!("2026-03-05T09:30:00.000Z"), true),
        (F::DateTime, json!("2026-03-05T09:30:01.000+0000"), json!("2026-03-05T09:30:00.000Z"), false),
        (F::DateTime, json!("soon"), json!("later"), false),
        (F::String, json!("2026-03-05T09:30:00.000+0000"), json!("2026-03-05T09:30:00.000Z"), false),
        (F::MultiPicklist, json!("a;b"), json!("b;a"), true),
        (F::MultiPicklist, json!("a;b"), json!("a"), false),
        (F::TextArea, json!("a;b"), json!("b;a"), false),
        (F::Double, json!(50.0), json!(50), true),
        (F::Double, json!(50.5), json!(50), false),
        (F::Boolean, json!(false), json!(null), false),
        (F::String, json!("a"), json!("a"), true),
        (F::String, json!("A"), json!("a"), false),
    ] {
        assert_eq!(same(Some(&kind), &there, &wanted), equal, "{kind:?} {there} {wanted}");
    }
}

#[test]
fn what_fits_always_is_written_and_what_never_fits_is_not() {
    let examples = [
        (FieldKind::Email, of(json!("bo@x.no"))),
        (FieldKind::TextShort, of(json!("word"))),
        (FieldKind::TextLong, of(json!("word\nword"))),
        (FieldKind::Number, of(json!(12))),
        (FieldKind::Date, of(json!("2026-03-05"))),
        (FieldKind::Time, of(json!("09:30"))),
        (FieldKind::Datetime, of(json!("2026-03-05T09:30:00Z"))),
        (FieldKind::Datetime, start()),
        (FieldKind::Phone, of(json!("+4790000000"))),
        (FieldKind::Picklist, of(json!("Small"))),
        (FieldKind::MultiPicklist, of(json!(["Small", "Large"]))),
        (FieldKind::Checkbox, of(json!(false))),
    ];
    let org = describe("Lead");
    for field in &org.fields {
        for (kind, value) in &examples {
            let done = coerced(&field.name, None, value);
            match Form::of_field(&field.kind).map(|form| form.fit(*kind)) {
                Some(Fit::Always) => assert!(
                    done.is_ok() || field.length == 20 && value.text(&TimeZone::UTC).len() > 20,
                    "{} {kind:?}: {done:?}",
                    field.name
                ),
                Some(Fit::Never) | None => assert!(done.is_err(), "{} {kind:?}: {done:?}", field.name),
                Some(Fit::Sometimes) => {}
            }
            let offered =
                field.is_writable() && Form::of_field(&field.kind).is_some_and(|form| form.fit(*kind) == Fit::Always);
            assert_eq!(compatible(*kind, field), offered);
        }
    }
    assert!(!compatible(FieldKind::TextShort, org.field("Locked__c").unwrap()));
    assert!(!compatible(FieldKind::TextShort, org.field("Day__c").unwrap()));
}
