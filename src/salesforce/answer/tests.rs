use proptest::prelude::*;
use serde_json::json;

use super::*;

fn errors_of(status: u16, body: &Value) -> Vec<ErrorEntry> {
    match interpret(status, body.to_string().as_bytes()) {
        Err(ApiError::Api { status: told, errors }) => {
            assert_eq!(told, status);
            errors
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_error_shape_gives_code_message_and_fields() {
    let with_fields = ErrorEntry {
        fields: vec!["LastName".to_owned()],
        ..ErrorEntry::new("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]")
    };
    for (status, body, expected) in [
        (
            400,
            json!([{"errorCode": "REQUIRED_FIELD_MISSING", "fields": ["LastName"],
                "message": "Required fields are missing: [LastName]"}]),
            vec![with_fields.clone()],
        ),
        (
            401,
            json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]),
            vec![ErrorEntry::new("INVALID_SESSION_ID", "Session expired or invalid")],
        ),
        (
            404,
            json!({"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}),
            vec![ErrorEntry::new("NOT_FOUND", "The requested resource does not exist")],
        ),
        (
            400,
            json!({"hasErrors": true, "results": [{"referenceId": "a", "errors": [
                {"statusCode": "REQUIRED_FIELD_MISSING", "fields": ["LastName"],
                 "message": "Required fields are missing: [LastName]"}]}]}),
            vec![with_fields.clone()],
        ),
        (
            400,
            json!({"success": false, "errors": [
                {"statusCode": "REQUIRED_FIELD_MISSING", "fields": ["LastName"],
                 "message": "Required fields are missing: [LastName]"}]}),
            vec![with_fields],
        ),
        (
            400,
            json!({"error": "invalid_grant", "error_description": "expired"}),
            vec![ErrorEntry::new("invalid_grant", "expired")],
        ),
        (
            400,
            json!([{"errorCode": "A", "message": "1"}, {"errorCode": "B", "message": "2", "fields": null}]),
            vec![ErrorEntry::new("A", "1"), ErrorEntry::new("B", "2")],
        ),
        (400, json!([{"errorCode": "A"}, "noise", 7, {}]), vec![ErrorEntry::new("A", "")]),
        (
            400,
            json!([{"errorCode": "A", "message": "two\nlines \u{1b}[31m"}]),
            vec![ErrorEntry::new("A", "two lines [31m")],
        ),
    ] {
        assert_eq!(errors_of(status, &body), expected, "{body}");
    }
}

#[test]
fn both_spellings_of_the_duplicate_result() {
    for key in ["duplicateResult", "duplicateResut"] {
        let record = |entity: &str, id: &str| {
            json!({"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0,
                   "record": {"attributes": {"type": entity, "url": "/x"}, "Id": id}})
        };
        let body = json!([{
            key: {
                "allowSave": true, "duplicateRule": "Standard_Contact_Duplicate_Rule", "duplicateRuleEntityType": "Contact",
                "errorMessage": "Use one of these records?",
                "matchResults": [
                    {"entityType": "Contact", "errors": [], "matchEngine": "FuzzyMatchEngine", "size": 2, "success": true,
                     "matchRecords": [record("Contact", "003000000000001AAA"), record("Contact", "003000000000001")]},
                    {"entityType": "Lead", "matchRecords": [
                        record("Lead", "00Q000000000001EAA"), {"record": {"Id": "00Q000000000002"}},
                        {"record": {"Id": "bad"}}, 3]},
                ]
            },
            "errorCode": "DUPLICATES_DETECTED", "message": "Use one of these records?"
        }]);
        let errors = errors_of(400, &body);
        assert_eq!(errors[0].code, "DUPLICATES_DETECTED");
        assert!(errors[0].allow_save);
        let id = |text: &str| text.parse::<SfId>().unwrap();
        assert_eq!(
            errors[0].duplicates,
            [
                DuplicateMatch { entity: "Contact".to_owned(), ids: vec![id("003000000000001")] },
                DuplicateMatch { entity: "Lead".to_owned(), ids: vec![id("00Q000000000001"), id("00Q000000000002")] },
            ]
        );
        assert_eq!(errors[0].only_duplicate("Contact"), Some(id("003000000000001")));
    }
}

#[test]
fn several_hits_of_an_upsert() {
    let body = json!([
        "/services/data/v66.0/sobjects/Contact/003000000000001AAA",
        "/services/data/v66.0/sobjects/Contact/003000000000002AAA"
    ]);
    let errors = errors_of(300, &body);
    assert_eq!(errors[0].code, "DUPLICATE_EXTERNAL_ID");
    assert_eq!(errors[0].duplicates[0].entity, "Contact");
    assert_eq!(errors[0].duplicates[0].ids.len(), 2);
}

#[test]
fn what_is_not_the_api_is_never_data() {
    for (status, body, excerpt) in [
        (503, "<html><body><h1>Service Unavailable</h1></body></html>", "Service Unavailable"),
        (500, "", ""),
        (200, "", ""),
        (200, "<html>Maintenance</html>", "Maintenance"),
        (200, r#"{"totalSize":1,"done":true,"records":[{"Id":"#, r#"{"totalSize":1,"done":true,"records":[{"Id":"#),
        (201, "OK", "OK"),
        (400, "[]", "[]"),
        (400, "null", ""),
        (400, "{}", "{}"),
        (400, r#"[{"message":"no code"}]"#, r#"[{"message":"no code"}]"#),
        (300, "[]", "[]"),
        (300, r#"["nonsense"]"#, r#"["nonsense"]"#),
        (302, "", ""),
    ] {
        let expected = ApiError::Http { status, body_excerpt: excerpt.to_owned() };
        assert_eq!(interpret(status, body.as_bytes()), Err(expected), "{status} {body}");
    }
    assert_eq!(interpret(204, b""), Ok(Value::Null));
}

/// JSON with the API's own keys in wrong places: nearer to the parsers than random bytes.
fn hostile_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from("003000000000001AAA")),
    ];
    let key = prop::sample::select(vec![
        "errorCode",
        "statusCode",
        "message",
        "fields",
        "errors",
        "results",
        "duplicateResut",
        "matchResults",
        "matchRecords",
        "record",
        "attributes",
        "type",
        "Id",
        "error",
        "allowSave",
    ]);
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|pairs| pairs
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = interpret(status, &body);
    }

    #[test]
    fn hostile_bodies_never_panic_and_never_turn_a_failure_into_data(status in 300_u16..600, body in hostile_json()) {
        match interpret_value(status, body) {
            Ok(data) => prop_assert!(false, "{}", data),
            Err(ApiError::Api { errors, .. }) => {
                prop_assert!(!errors.is_empty());
                prop_assert!(errors.iter().all(|e| !e.message.chars().chain(e.code.chars()).any(char::is_control)));
            }
            Err(ApiError::Http { body_excerpt, .. }) => prop_assert!(!body_excerpt.chars().any(char::is_control)),
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }
}

#[test]
fn fuzz_answers() {
    const EXAMPLES: [&str; 6] = [
        r#"[{"errorCode":"REQUIRED_FIELD_MISSING","fields":["LastName"],"message":"Required fields are missing: [LastName]"}]"#,
        r#"[{"id":"003000000000001AAA","success":true,"errors":[],"created":true},{"success":false,"errors":[{"statusCode":"X","message":"m","fields":[]}]}]"#,
        r#"{"totalSize":1,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/01g-2","records":[{"attributes":{"type":"Lead","url":"u"},"Id":"00Q000000000001AAA","Email":null}]}"#,
        r#"[{"duplicateResut":{"allowSave":true,"matchResults":[{"matchRecords":[{"record":{"attributes":{"type":"Contact"},"Id":"003000000000001AAA"}}]}]},"errorCode":"DUPLICATES_DETECTED","message":"Use one?"}]"#,
        r#"{"name":"Lead","fields":[{"name":"Email","type":"email","length":80,"picklistValues":[{"value":"a","active":true}]}]}"#,
        r#"{"DailyApiRequests":{"Max":15000,"Remaining":14999}}"#,
    ];
    crate::fuzz::run("answers of Salesforce", &EXAMPLES.map(str::as_bytes), |bytes| {
        for status in [200, 201, 204, 300, 400, 401, 403, 404, 500, 503] {
            match interpret(status, bytes) {
                Ok(body) => {
                    assert!((200..300).contains(&status), "an error is no success");
                    let _ = crate::salesforce::query::Page::from_value(status, body.clone());
                    let _ = crate::salesforce::collections::rows_from(status, &body, 2)
                        .map(|rows| assert_eq!(rows.len(), 2));
                    let _ = crate::salesforce::usage::limits_from(body.clone());
                    let _ = crate::salesforce::describe::Describe::from_value(body);
                }
                Err(error) => {
                    let told = error.to_string();
                    assert!(!told.contains('\u{1b}') && !told.contains('\n'), "{told:?}");
                }
            }
        }
        let _ = crate::salesforce::usage::Usage::parse(&String::from_utf8_lossy(bytes));
    });
}
