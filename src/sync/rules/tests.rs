//! Rules as a whole: a contact, a booking, an org's fields, and what is written.

use proptest::prelude::*;
use serde_json::json;

use super::token::{BookingPart, ContactOwn, UtmPart};
use super::*;
use crate::domain::activity::{Answer, Attendee, Detail, Utm};
use crate::domain::{Email, Field as ContactField, FieldKey, FieldValue, Kind, State, Status, UserRef, Values};

mod properties;
mod table;
mod tokens;

/// A person about whom everything is known.
pub(super) fn contact() -> Contact {
    let mut values = Values::new();
    for field in ContactField::ALL {
        let value = match field {
            ContactField::Email => FieldValue::Text("bo@buyer.test".into()),
            ContactField::MobilePhone => FieldValue::Text("+4790000000".into()),
            ContactField::Employees => FieldValue::Integer(50),
            ContactField::HasConsent => FieldValue::Bool(true),
            ContactField::TermsOfService => FieldValue::Bool(false),
            ContactField::TimeZone => FieldValue::Text("America/New_York".into()),
            ContactField::FirstName => FieldValue::Text("Bo".into()),
            ContactField::LastName => FieldValue::Text("Guest".into()),
            other => FieldValue::Text(format!("its {}", other.key())),
        };
        values.set(field, Some(value));
    }
    values.set(FieldKey::Custom("Team_Size".into()), Some(FieldValue::Integer(0)));
    values.set(FieldKey::Custom("interests".into()), Some(FieldValue::List(vec!["CRM".into(), "Sync".into()])));
    let at = |text: &str| text.parse().unwrap();
    Contact {
        id: 7,
        values,
        status: Some(Status::SalesQualified),
        owner: Some(user("ana@seller.test", "Ana Host")),
        source: "calcom".into(),
        created_at: at("2026-01-01T08:00:00Z"),
        updated_at: at("2026-02-01T08:00:00Z"),
        interacted_at: Some(at("2026-03-01T08:00:00Z")),
    }
}

fn user(email: &str, name: &str) -> UserRef {
    UserRef { email: Some(Email::parse(email).unwrap()), name: Some(name.into()), external_id: None }
}

/// A cancelled booking of that person about which everything is known.
pub(super) fn booking() -> Activity {
    let at = |text: &str| text.parse().unwrap();
    let owned = |text: &str| Some(text.to_owned());
    let answer = |key: &str, label: Option<&str>, value: Json, form: bool| Answer {
        key: key.into(),
        label: label.map(str::to_owned),
        value,
        form,
    };
    Activity {
        id: 9,
        kind: Kind::Booking,
        state: State::Canceled,
        source: "calcom".into(),
        external_id: "u1".into(),
        contact_id: Some(7),
        person_name: owned("Bo Guest"),
        person_email: owned("Bo@Buyer.test"),
        person_phone: owned("+47 900 00 000"),
        subject: owned("Demo"),
        start: Some(at("2026-03-05T23:30:00Z")),
        end: Some(at("2026-03-06T00:15:00Z")),
        customer_time_zone: owned("Europe/Oslo"),
        user: Some(user("ana@seller.test", "Ana Host")),
        event_type: owned("demo"),
        page: owned("Sales"),
        bot: owned("Greeter"),
        form: owned("Router"),
        location: owned("integrations:daily"),
        utm: Utm {
            source: owned("google"),
            medium: owned("cpc"),
            campaign: owned("spring"),
            term: owned("crm"),
            content: owned("banner"),
        },
        reason: owned("ill"),
        reason_by: owned("bo@buyer.test"),
        detail: Detail {
            attendees: ["bo@buyer.test", "cy@buyer.test"]
                .map(|email| Attendee { email: owned(email), ..Attendee::default() })
                .into(),
            answers: vec![
                answer("product", Some("Which product?"), json!("Rocket"), false),
                answer("seats", None, json!(0), false),
                answer("pilot", None, json!(false), false),
                answer("topics", None, json!(["CRM", "Sync"]), false),
                answer("empty", None, json!(" "), false),
                answer("both", None, json!("of the booking"), false),
                answer("both", None, json!("of the form"), true),
                answer("budget", Some("Your Budget"), json!({"label": "10k-50k", "id": "3"}), true),
            ],
            notes: owned("Bring slides"),
            description: owned("We show it"),
            join_url: owned("https://app.cal.com/video/u1"),
            cancel_url: owned("https://cal/cancel"),
            reschedule_url: owned("https://cal/move"),
            calendar: owned("google"),
            detailed_state: owned("Canceled (by guest)"),
            previous_start: Some(at("2026-03-04T09:30:00Z")),
            previous_end: Some(at("2026-03-04T10:30:00Z")),
            assignment_reason: owned("Salesforce lead owner: Ana"),
            recurrence: owned("FREQ=WEEKLY"),
            ..Detail::default()
        },
        related_id: None,
        test: false,
        unread: false,
        trashed_at: None,
        source_at: at("2026-03-04T12:00:00.250Z"),
        created_at: at("2026-03-02T09:30:00Z"),
        updated_at: at("2026-03-04T12:00:01Z"),
    }
}

/// A field as describe has it; `more` overrides.
pub(super) fn field(name: &str, kind: &str, more: Json) -> Json {
    let mut field = json!({
        "name": name, "label": name.trim_end_matches("__c").replace('_', " "), "type": kind,
        "nillable": true, "createable": true, "updateable": true,
    });
    if let (Some(field), Json::Object(more)) = (field.as_object_mut(), more) {
        field.extend(more);
    }
    field
}

/// The values of a picklist: those with a `!` are no longer active.
pub(super) fn picks(values: &[&str]) -> Json {
    let pick = |value: &&str| json!({"value": value.trim_start_matches('!'), "active": !value.starts_with('!')});
    Json::from(values.iter().map(pick).collect::<Vec<_>>())
}

/// An object with a field of every type.
pub(super) fn describe(object: &str) -> Describe {
    let sizes = picks(&["Small", "Large", "!Huge", "big", "BIG", "Yes", "No", "Smith, Inc"]);
    let pick = |restricted: bool| json!({"length": 40, "picklistValues": sizes, "restrictedPicklist": restricted});
    serde_json::from_value(json!({"name": object, "label": object, "fields": [
        field("Id", "id", json!({"createable": false, "updateable": false})),
        field("LastName", "string", json!({"length": 80, "nillable": false})),
        field("Product__c", "string", json!({"length": 20})),
        field("Area__c", "textarea", json!({"length": 255})),
        field("Code__c", "encryptedstring", json!({"length": 20})),
        field("Subject", "combobox", json!({"length": 20})),
        field("Phone", "phone", json!({"length": 15})),
        field("Email", "email", json!({"length": 20})),
        field("Website", "url", json!({"length": 40})),
        field("Flag__c", "boolean", json!({"nillable": false})),
        field("Count__c", "int", json!({"digits": 8})),
        field("Amount__c", "double", json!({"precision": 6, "scale": 2})),
        field("Price__c", "currency", json!({"precision": 18, "scale": 2})),
        field("Share__c", "percent", json!({"precision": 5, "scale": 1})),
        field("Day__c", "date", json!({})),
        field("At__c", "datetime", json!({})),
        field("Clock__c", "time", json!({})),
        field("Size__c", "picklist", pick(true)),
        field("Loose__c", "picklist", pick(false)),
        field("Sizes__c", "multipicklist", pick(true)),
        field("Account__c", "reference", json!({"length": 18, "referenceTo": ["Account"]})),
        field("OwnerId", "reference", json!({"length": 18, "referenceTo": ["User"]})),
        field("Any__c", "anyType", json!({})),
        field("Odd__c", "holographic", json!({"length": 20})),
        field("Address", "address", json!({})),
        field("Formula__c", "string", json!({"calculated": true})),
        field("Locked__c", "string", json!({"createable": false, "updateable": false})),
        field("Once__c", "string", json!({"updateable": false})),
        field("Later__c", "string", json!({"createable": false})),
        field("StartDateTime", "datetime", json!({})),
    ]}))
    .unwrap()
}

pub(super) fn rule(object: RuleObject, on: Moment, field: &str, value: &str) -> WriteRule {
    let (when, wins) = (When::Always, Wins::Ours);
    WriteRule { object, on, field: field.into(), value: value.into(), when, kind: None, fallback: None, wins }
}

/// A rule for a new Lead.
pub(super) fn lead(field: &str, value: &str) -> WriteRule {
    rule(RuleObject::Lead, Moment::Create, field, value)
}

/// What rules write to a new Lead.
pub(super) fn on_lead(rules: &[WriteRule], contact: &Contact, activity: &Activity) -> Rendered {
    let sources = Sources { contact: Some(contact), activity: Some(activity) };
    render(rules, RuleObject::Lead, Moment::Create, sources, Some(&describe("Lead")))
}

fn full(rules: &[WriteRule]) -> Rendered {
    on_lead(rules, &contact(), &booking())
}

#[test]
fn only_the_rules_of_the_record_and_moment_are_applied() {
    let rules = [
        lead("Product__c", "a"),
        rule(RuleObject::Lead, Moment::Update, "Product__c", "b"),
        rule(RuleObject::Contact, Moment::Create, "Product__c", "c"),
        rule(RuleObject::Person, Moment::Cancel, "Product__c", "d"),
    ];
    for (object, on, value) in [
        (RuleObject::Lead, Moment::Create, Some("a")),
        (RuleObject::Lead, Moment::Update, Some("b")),
        (RuleObject::Contact, Moment::Create, Some("c")),
        (RuleObject::Person, Moment::Cancel, Some("d")),
        (RuleObject::Event, Moment::Create, None),
    ] {
        let rendered = render(&rules, object, on, Sources { contact: None, activity: None }, Some(&describe("Lead")));
        assert_eq!(rendered.get("Product__c").and_then(Json::as_str), value);
        assert!(rendered.notes.is_empty() && rendered.dropped.is_empty());
    }
}

#[test]
fn mixed_text_is_whole_or_missing() {
    for (value, written) in [
        ("Hi {name}!", Some("Hi Bo Guest!")),
        ("{product}/{seats}/{pilot}", Some("Rocket/0/false")),
        ("{product} and {nothing}", None),
        ("Hi {empty}", None),
        ("{{product}}", Some("{product}")),
        ("{{{product}}}", Some("{Rocket}")),
        ("  plain  ", Some("plain")),
        ("  ", None),
        ("", None),
        ("{product", None),
    ] {
        let rendered = full(&[lead("Product__c", value)]);
        assert_eq!(rendered.get("Product__c").and_then(Json::as_str), written, "{value}");
        assert_eq!(rendered.dropped.len(), usize::from(written.is_none()), "{value}");
    }
    // What nobody answered is left out silently; what cannot be read is told.
    let rendered = full(&[lead("Product__c", "{product} and {nothing}")]);
    assert_eq!(rendered.dropped[0].reason, "there is no answer to `nothing`");
    assert!(rendered.notes.is_empty(), "{:?}", rendered.notes);
    let rendered = full(&[lead("Product__c", "{product")]);
    let note = "Product__c is left out: its template is wrong at character 1: this `{` is never closed; a brace that \
                stands for itself is written `{{`";
    assert_eq!(rendered.notes, [note]);
}

#[test]
fn a_fallback_stands_in() {
    let with =
        |field: &str, value: &str, fallback: &str| WriteRule { fallback: Some(fallback.into()), ..lead(field, value) };
    // Missing: what a fallback is for.
    let rendered = full(&[with("Product__c", "{nothing}", "n/a")]);
    assert_eq!((rendered.get("Product__c"), rendered.notes.len()), (Some(&json!("n/a")), 0));
    // Not writable: it stands in, and people are told.
    let rendered = full(&[with("Count__c", "{product}", "1")]);
    assert_eq!(rendered.get("Count__c"), Some(&json!(1)));
    assert_eq!(rendered.notes, ["Count__c takes its fallback: `Rocket` is no whole number"]);
    // It is a template too.
    let rendered = full(&[with("Product__c", "{nothing}", "{contact.first_name}")]);
    assert_eq!(rendered.get("Product__c"), Some(&json!("Bo")));
    // What can be written is no reason for it; 0 and false are values.
    assert_eq!(full(&[with("Count__c", "{seats}", "1")]).get("Count__c"), Some(&json!(0)));
    assert_eq!(full(&[with("Flag__c", "{pilot}", "yes")]).get("Flag__c"), Some(&json!(false)));
    // Neither will do: the first reason is told.
    let rendered = full(&[with("Count__c", "{nothing}", "many")]);
    assert_eq!(rendered.notes, ["Count__c is left out: there is no answer to `nothing`"]);
}

#[test]
fn a_later_rule_wins_where_it_has_a_value() {
    let empty = |rule: WriteRule| WriteRule { when: When::Empty, ..rule };
    let rendered = full(&[empty(lead("product__c", "a")), lead("Area__c", "x"), lead("Product__c", "b")]);
    assert_eq!(rendered.fields, [("Area__c".to_owned(), json!("x")), ("Product__c".to_owned(), json!("b"))]);
    assert!(rendered.only_if_empty.is_empty() && rendered.notes.is_empty(), "{rendered:?}");

    let rendered = full(&[lead("Product__c", "a"), empty(lead("Product__c", "{nothing}"))]);
    assert_eq!(rendered.fields, [("Product__c".to_owned(), json!("a"))]);
    assert_eq!(rendered.notes, ["Product__c takes the value of an earlier rule: there is no answer to `nothing`"]);
    assert!(rendered.dropped.is_empty());

    let rendered = full(&[lead("Product__c", "{nothing}"), empty(lead("Product__c", "b"))]);
    assert_eq!(rendered.only_if_empty, ["Product__c"]);
    assert!(rendered.dropped.is_empty() && rendered.notes.is_empty());
}

#[test]
fn one_bad_field_never_drops_the_others() {
    let bad = [
        ("Nope__c", "Lead has no field `Nope__c` that the sync user can see"),
        ("Produkt__c", "Lead has no field `Produkt__c` that the sync user can see; did you mean `Product__c`?"),
        ("Product", "Lead has no field `Product` that the sync user can see; did you mean `Product__c`?"),
        ("Formula__c", "Salesforce makes it itself from other fields"),
        ("Address", "Salesforce makes it itself from other fields"),
        ("Id", "Salesforce makes it itself from other fields"),
        ("Locked__c", "it is read-only for the sync user"),
        ("Later__c", "it cannot be set when the record is created"),
        ("Count__c", "`many` is no whole number"),
    ];
    let mut rules: Vec<WriteRule> = bad.iter().map(|(field, _)| lead(field, "many")).collect();
    rules.insert(4, lead("Product__c", "{product}"));
    rules.push(lead("Area__c", "x"));
    let rendered = full(&rules);
    assert_eq!(rendered.fields, [("Product__c".to_owned(), json!("Rocket")), ("Area__c".to_owned(), json!("x"))]);
    let said: Vec<(&str, &str)> =
        rendered.dropped.iter().map(|dropped| (dropped.field.as_str(), dropped.reason.as_str())).collect();
    assert_eq!(said, bad);
    assert_eq!(rendered.notes.len(), bad.len());
    let rendered = full(&[lead(" ", "x"), lead("Area__c", "x")]);
    assert_eq!(rendered.notes, ["a rule is passed over: the rule names no field"]);
    assert_eq!(rendered.fields.len(), 1);
}

#[test]
fn a_field_in_the_wrong_case_is_written_under_its_own_name() {
    let rendered = full(&[WriteRule { when: When::Empty, ..lead("PRODUCT__C", "x") }]);
    assert_eq!(rendered.fields, [("Product__c".to_owned(), json!("x"))]);
    assert_eq!(rendered.only_if_empty, ["Product__c"]);
    assert_eq!(rendered.notes, ["PRODUCT__C is spelled Product__c in Salesforce"]);
}

#[test]
fn what_may_be_set_depends_on_the_moment() {
    for (object, on, field, written) in [
        (RuleObject::Lead, Moment::Create, "Once__c", true),
        (RuleObject::Lead, Moment::Update, "Once__c", false),
        (RuleObject::Lead, Moment::Update, "Later__c", true),
        // A person who books may be new or known.
        (RuleObject::Person, Moment::Create, "Once__c", false),
        (RuleObject::Person, Moment::Create, "Later__c", false),
        (RuleObject::Person, Moment::Cancel, "Later__c", true),
        (RuleObject::Event, Moment::Cancel, "Later__c", true),
        (RuleObject::Event, Moment::Create, "Once__c", true),
    ] {
        let rules = [rule(object, on, field, "x")];
        let sources = Sources { contact: None, activity: None };
        let rendered = render(&rules, object, on, sources, Some(&describe("Lead")));
        assert_eq!(rendered.get(field).is_some(), written, "{object:?} {on:?} {field}: {:?}", rendered.notes);
    }
}

#[test]
fn owners_of_records_that_exist_and_the_times_of_events_are_not_for_rules() {
    let id = "005000000000001AAA";
    for (object, on, field, value, written) in [
        (RuleObject::Lead, Moment::Create, "OwnerId", id, true),
        (RuleObject::Event, Moment::Create, "OwnerId", id, true),
        (RuleObject::Event, Moment::Update, "OwnerId", id, true),
        (RuleObject::Lead, Moment::Update, "ownerid", id, false),
        (RuleObject::Contact, Moment::Update, "OwnerId", id, false),
        (RuleObject::Person, Moment::Create, "OwnerId", id, false),
        (RuleObject::Person, Moment::Cancel, "OwnerId", id, false),
        (RuleObject::Event, Moment::Create, "StartDateTime", "{booking.created}", false),
        (RuleObject::Event, Moment::Update, "startdatetime", "{booking.created}", false),
        (RuleObject::Event, Moment::Update, "WhoId", "003000000000001AAA", false),
        (RuleObject::Event, Moment::Update, "Recurrence2PatternText", "x", false),
        (RuleObject::Lead, Moment::Create, "StartDateTime", "{booking.created}", true),
    ] {
        let (contact, booking, org) = (contact(), booking(), describe("Lead"));
        let sources = Sources { contact: Some(&contact), activity: Some(&booking) };
        for describe in [Some(&org), None] {
            let rendered = render(&[rule(object, on, field, value)], object, on, sources, describe);
            assert_eq!(rendered.get(field).is_some(), written, "{object:?} {on:?} {field}: {:?}", rendered.notes);
        }
    }
}

#[test]
fn without_describe_values_take_the_form_of_the_rule_else_text() {
    let (contact, booking) = (contact(), booking());
    let sources = Sources { contact: Some(&contact), activity: Some(&booking) };
    for (kind, value, written) in [
        (None, "{contact.employees}", json!("50")),
        (None, "{contact.has_consent}", json!("true")),
        (None, "{topics}", json!("CRM, Sync")),
        (None, "{booking.start}", json!("2026-03-06T00:30:00+01:00")),
        (Some(RuleType::Text), "{seats}", json!("0")),
        (Some(RuleType::Phone), "{booking.guest_phone}", json!("+47 900 00 000")),
        (Some(RuleType::Number), "{contact.employees}", json!(50.0)),
        (Some(RuleType::Checkbox), "{pilot}", json!(false)),
        (Some(RuleType::Checkbox), "false", json!(false)),
        (Some(RuleType::Date), "booking_start_date", json!("2026-03-06")),
        (Some(RuleType::Time), "{booking.start}", json!("00:30:00.000Z")),
        (Some(RuleType::Datetime), "{booking.start}", json!("2026-03-05T23:30:00.000Z")),
        (Some(RuleType::Picklist), "{product}", json!("Rocket")),
        (Some(RuleType::MultiPicklist), "{topics}", json!("CRM;Sync")),
        (Some(RuleType::Custom), "{seats}", json!(0)),
        (Some(RuleType::Custom), "{topics}", json!("CRM;Sync")),
        (Some(RuleType::Custom), "{booking.start}", json!("2026-03-05T23:30:00.000Z")),
    ] {
        let rules = [WriteRule { kind, ..lead("Product__c", value) }];
        let rendered = render(&rules, RuleObject::Lead, Moment::Create, sources, None);
        assert_eq!(rendered.get("product__c"), Some(&written), "{kind:?} {value} {:?}", rendered.notes);
    }
}

#[test]
fn the_day_of_a_meeting_is_the_guests() {
    let day = |contact: Option<&Contact>, activity: &Activity| {
        let sources = Sources { contact, activity: Some(activity) };
        let rules = [lead("Day__c", "{booking.start}"), lead("At__c", "{booking.start}")];
        let rendered = render(&rules, RuleObject::Lead, Moment::Create, sources, Some(&describe("Lead")));
        assert_eq!(rendered.get("At__c"), Some(&json!("2026-03-05T23:30:00.000Z")), "always UTC");
        rendered.get("Day__c").cloned().unwrap()
    };
    let (contact, mut booking) = (contact(), booking());
    assert_eq!(day(Some(&contact), &booking), "2026-03-06", "on the booking's clock in Oslo");
    for unknown in [None, Some("Nowhere/Atoll".to_owned())] {
        booking.customer_time_zone = unknown;
        assert_eq!(day(Some(&contact), &booking), "2026-03-05", "on the contact's clock in New York");
        assert_eq!(day(None, &booking), "2026-03-05", "in UTC");
    }
}

#[test]
fn too_long_text_is_cut_between_characters_and_said() {
    let family = "👩‍👩‍👧‍👦"; // 11 UTF-16 units, one character for people
    for (field, value, written, note) in [
        ("Product__c", "12345678901234567890", Some("12345678901234567890"), None),
        (
            "Product__c",
            "1234567890123456789012345",
            Some("12345678901234567890"),
            Some("Product__c is cut to 20 of 25 characters"),
        ),
        (
            "Product__c",
            "{booking.subject} 12345678901234567",
            Some("Demo 123456789012345"),
            Some("Product__c is cut to 20 of 22 characters"),
        ),
        (
            "Subject",
            "1234567890123456789 and more",
            Some("1234567890123456789"),
            Some("Subject is cut to 19 of 28 characters"),
        ),
        (
            "Code__c",
            "123456789012345e\u{301}e\u{301}e\u{301}",
            Some("123456789012345e\u{301}e\u{301}"),
            Some("Code__c is cut to 19 of 21 characters"),
        ),
        (
            "Phone",
            "+47 900 00 000 ext 12",
            None,
            Some("Phone is left out: it has 21 characters, the field takes 15, and half of it would be wrong"),
        ),
        (
            "Email",
            "somebody.with.a.long.name@x.no",
            None,
            Some("Email is left out: it has 30 characters, the field takes 20, and half of it would be wrong"),
        ),
    ] {
        let rendered = full(&[lead(field, value)]);
        assert_eq!(rendered.get(field).and_then(Json::as_str), written, "{value}");
        assert_eq!(rendered.notes.first().map(String::as_str), note, "{value}");
    }
    let rendered = full(&[lead("Product__c", &format!("1234567890{family}"))]);
    assert_eq!(rendered.get("Product__c"), Some(&json!("1234567890")), "never half a family");
}
