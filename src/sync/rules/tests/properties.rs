//! What holds for any template, any answer, any field.

use super::*;
use crate::salesforce::FieldType;

const TYPES: [&str; 18] = [
    "string",
    "textarea",
    "email",
    "phone",
    "url",
    "encryptedstring",
    "boolean",
    "int",
    "long",
    "double",
    "currency",
    "percent",
    "date",
    "datetime",
    "time",
    "picklist",
    "multipicklist",
    "reference",
];

const KINDS: [Option<RuleType>; 11] = [
    None,
    Some(RuleType::Text),
    Some(RuleType::Phone),
    Some(RuleType::Date),
    Some(RuleType::Datetime),
    Some(RuleType::Checkbox),
    Some(RuleType::Picklist),
    Some(RuleType::MultiPicklist),
    Some(RuleType::Number),
    Some(RuleType::Time),
    Some(RuleType::Custom),
];

/// Text that looks like what is read, and text that does not.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[-0-9:TZ.+ ,;/%$ap]{0,30}",
        "(small|Large|HUGE|big|Small;Huge|Huge, Large|yes|No){1,2}",
        "[a-z]{1,8}@[a-z]{1,20}\\.no",
        "(e\u{301}|👩‍👩‍👧‍👦|ø|x|\u{10000}){0,30}",
    ]
}

fn answers() -> impl Strategy<Value = Json> {
    prop_oneof![
        texts().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<bool>().prop_map(Json::from),
        prop::collection::vec(texts(), 0..4).prop_map(Json::from),
    ]
}

fn templates() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "([{}]|\\{\\{|\\}\\}|\\{booking.start\\}|\\{x\\}|\\{utm:|form:|contact\\.|ø| ){0,12}",
        Just("{product}".to_owned()),
        Just("Hi {product}!".to_owned()),
    ]
}

/// Units of UTF-16: what Salesforce counts at most.
fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

proptest! {
    #[test]
    fn any_text_is_a_template_or_has_a_fault_at_a_place(text in templates()) {
        match Template::parse(&text) {
            Ok(template) => {
                let (contact, booking) = (contact(), booking());
                let scope = Scope::new(Sources { contact: Some(&contact), activity: Some(&booking) });
                let _ = template.fill(&scope);
                prop_assert!(template.literal().is_none() || template.tokens().count() == 0);
            }
            Err(error) => {
                prop_assert!(text.get(error.span.clone()).is_some_and(|part| !part.is_empty()));
                prop_assert_eq!(error.column, 1 + text[..error.span.start].chars().count());
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn doubled_braces_keep_any_text_as_it_is(text in templates()) {
        let template = Template::parse(&text.replace('{', "{{").replace('}', "}}")).unwrap();
        let reference = token::DATE_REFERENCES.iter().any(|(name, _)| *name == text.trim());
        prop_assert_eq!(template.literal(), (!reference).then_some(text.as_str()));
    }

    #[test]
    fn nothing_is_written_that_the_field_cannot_hold(
        answer in answers(),
        value in templates(),
        fallback in prop::option::of(texts()),
        type_at in 0..TYPES.len(),
        kind_at in 0..KINDS.len(),
        length in 0_u32..30,
        precision in 0_u32..10,
        scale in 0_u32..4,
        restricted in any::<bool>(),
    ) {
        let (contact, mut booking) = (contact(), booking());
        booking.detail.answers[0].value = answer;
        let org: Describe = serde_json::from_value(json!({"name": "Lead", "fields": [
            field("X__c", TYPES[type_at], json!({
                "length": length, "precision": precision.max(scale), "scale": scale,
                "picklistValues": picks(&["Small", "Large", "!Huge", "big", "BIG"]), "restrictedPicklist": restricted,
            })),
            field("Other__c", "string", json!({})),
        ]})).unwrap();
        let rules = [
            WriteRule { kind: KINDS[kind_at], fallback, ..lead("x__C", &value) },
            lead("Unknown__c", &value),
            lead("Other__c", "kept"),
        ];
        let sources = Sources { contact: Some(&contact), activity: Some(&booking) };
        let rendered = render(&rules, RuleObject::Lead, Moment::Create, sources, Some(&org));
        prop_assert_eq!(rendered.get("Other__c"), Some(&json!("kept")), "one bad field never drops the others");
        prop_assert!(rendered.get("Unknown__c").is_none());
        prop_assert_eq!(rendered.get("X__c").is_none(), rendered.dropped.iter().any(|dropped| dropped.field == "X__c"));
        if let Some(written) = rendered.get("X__c") {
            let field = org.field("X__c").unwrap();
            prop_assert!(!written.is_null() && written.as_str() != Some(""), "nothing is ever blanked");
            if let (Some(text), true) = (written.as_str(), length > 0) {
                let of_text = matches!(field.kind, FieldType::String | FieldType::TextArea | FieldType::Email
                    | FieldType::Phone | FieldType::Url | FieldType::EncryptedString | FieldType::Picklist
                    | FieldType::MultiPicklist);
                prop_assert!(!of_text || units(text) <= length as usize, "{} > {}", units(text), length);
            }
            let active = |text: &str| field.active_values().any(|pick| pick.value == text);
            match (&field.kind, restricted) {
                (FieldType::Picklist, true) => prop_assert!(written.as_str().is_some_and(active)),
                (FieldType::MultiPicklist, true) => prop_assert!(written.as_str().unwrap().split(';').all(active)),
                _ => {}
            }
            if KINDS[kind_at] != Some(RuleType::Custom) {
                let typed = match &field.kind {
                    FieldType::Boolean => written.is_boolean(),
                    FieldType::Int | FieldType::Long => written.is_i64(),
                    FieldType::Double | FieldType::Currency | FieldType::Percent => written.is_f64(),
                    _ => written.is_string(),
                };
                prop_assert!(typed, "{:?} {}", field.kind, written);
            }
            // What was written is not written again.
            prop_assert!(same(Some(&field.kind), written, written));
        }
        let checked = check(&rules, &[&org], None);
        prop_assert!(checked.iter().any(|problem| problem.field == "Unknown__c"));
    }

    #[test]
    fn no_describe_is_no_reason_to_panic(answer in answers(), value in templates(), kind_at in 0..KINDS.len()) {
        let mut booking = booking();
        booking.detail.answers[0].value = answer;
        let rules = [WriteRule { kind: KINDS[kind_at], ..lead("X__c", &value) }];
        let sources = Sources { contact: None, activity: Some(&booking) };
        let rendered = render(&rules, RuleObject::Lead, Moment::Create, sources, None);
        prop_assert_eq!(rendered.fields.len() + rendered.dropped.len(), 1);
        prop_assert!(rendered.get("X__c") != Some(&json!("")));
    }
}

#[test]
fn fuzz_template() {
    const EXAMPLES: [&str; 6] = [
        "{answer}",
        "Hi {contact.first_name}, {booking.start_date}!",
        "{form:size}{utm:source}",
        "{{x}}",
        "{booking_start_date}",
        "a } b { c",
    ];
    let (contact, booking) = (contact(), booking());
    crate::fuzz::run("template", &EXAMPLES.map(str::as_bytes), |bytes| {
        let text = String::from_utf8_lossy(bytes);
        match Template::parse(&text) {
            Ok(template) => {
                let scope = Scope::new(Sources { contact: Some(&contact), activity: Some(&booking) });
                let _ = template.fill(&scope);
            }
            Err(error) => assert!(text.get(error.span.clone()).is_some_and(|part| !part.is_empty())),
        }
    });
}
