use super::*;
use crate::domain::FieldKind;
use proptest::prelude::*;
use serde_json::json;

/// A custom field as somebody defined it.
pub fn field(name: &str, label: &str, kind: FieldKind) -> CustomKind {
    CustomKind { name: name.into(), label: label.into(), kind, options: Vec::new() }
}

#[test]
fn the_program_is_known_by_the_payload() {
    for (body, source) in [
        (json!({"triggerEvent": "BOOKING_CREATED"}), Some(Source::CalCom)),
        (json!({"object": "event", "type": "booking.scheduled"}), Some(Source::OnceHub)),
        (json!({"object": "booking", "id": "x"}), Some(Source::OnceHub)),
        (json!({"id": "CVR-1"}), Some(Source::OnceHub)),
        (json!({"id": "EVNT-1", "type": "x"}), Some(Source::OnceHub)),
        (json!({"hello": "world"}), None),
        (json!([1]), None),
    ] {
        assert_eq!(detect(&body), source, "{body}");
    }
}

#[test]
fn what_is_of_no_program_is_refused_in_words() {
    let refused = |text: &str| understand(None, text, &Context::default(), Timestamp::UNIX_EPOCH).unwrap_err();
    assert_eq!(refused("{\"a\":1}"), PayloadError::Unrecognized);
    assert_eq!(refused("[1]"), PayloadError::NotAnObject("a list"));
    let PayloadError::NotJson { reason, line: 2, column: 3 } = refused("{\n  nonsense") else { panic!() };
    assert!(!reason.contains(" at line"), "{reason}");
}

/// JSON with the keys and words that the readers look for, in places where nobody expects them.
fn odd_json() -> impl Strategy<Value = Json> {
    let word = prop::sample::select(vec![
        "triggerEvent",
        "payload",
        "createdAt",
        "uid",
        "startTime",
        "endTime",
        "attendees",
        "email",
        "name",
        "responses",
        "value",
        "label",
        "object",
        "data",
        "type",
        "id",
        "contact",
        "form_submission",
        "custom_fields",
        "status",
        "owner",
        "guests",
        "location",
        "answers",
        "starting_time",
        "duration_minutes",
        "length",
        "formId",
        "response",
        "booking",
        "BOOKING_CREATED",
        "BOOKING_NO_SHOW_UPDATED",
        "MEETING_ENDED",
        "FORM_SUBMITTED",
        "event",
        "booking.scheduled",
        "conversation.closed",
        "2026-03-05T09:30:00Z",
        "-009999-01-01T00:00:00Z",
        "a@b.no",
        "+4790000000",
        "\u{1b}[2J",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        word.clone().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((word.clone(), inner), 0..8)
                .prop_map(|entries| entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_understood_or_refused(text in any::<String>()) {
        let _ = understand(None, &text, &Context::default(), Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn any_json_is_understood_or_refused(body in odd_json(), trigger in prop::sample::select(vec![
        "BOOKING_CREATED", "BOOKING_CANCELLED", "MEETING_ENDED", "BOOKING_NO_SHOW_UPDATED", "FORM_SUBMITTED",
        "WRONG_ASSIGNMENT_REPORT", "CALENDAR_ENTRY_REJECTED", "booking.scheduled", "booking.canceled_then_rescheduled", "conversation.closed",
    ])) {
        let context = Context { country: None, custom_fields: vec![field("title", "Name", FieldKind::Date), field("value", "Value", FieldKind::TextShort)] };
        let calcom = json!({"triggerEvent": trigger, "createdAt": "2026-03-05T09:30:00Z", "uid": "u1", "formId": "f1", "payload": body});
        let flat = match &body { Json::Object(map) => { let mut map = map.clone(); map.insert("triggerEvent".into(), trigger.into()); map.insert("uid".into(), "u1".into()); Json::Object(map) } other => other.clone() };
        let oncehub = json!({"object": "event", "id": "EVNT-1", "type": trigger, "data": body});
        for body in [body, calcom, flat, oncehub] {
            for source in [None, Some(Source::CalCom), Some(Source::OnceHub)] {
                if let Ok(parsed) = understand_json(source, &body, "", &context, Timestamp::UNIX_EPOCH) {
                    prop_assert!(!parsed.interactions.is_empty());
                }
            }
        }
    }
}

#[test]
fn what_calls_itself_later_than_now_happened_now() {
    let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let body = |at: &str| {
        format!(
            r#"{{"triggerEvent":"BOOKING_CREATED","createdAt":"{at}","payload":{{"uid":"u","startTime":"2026-07-01T00:00:00Z"}}}}"#
        )
    };
    for (said, at, warnings) in [
        ("2026-05-31T00:00:00Z", "2026-05-31T00:00:00Z", 0),
        ("2026-06-01T00:04:59Z", "2026-06-01T00:04:59Z", 0),
        ("2026-06-01T00:05:01Z", "2026-06-01T00:00:00Z", 1),
        ("9999-01-01T00:00:00Z", "2026-06-01T00:00:00Z", 1),
    ] {
        let parsed = understand(None, &body(said), &Context::default(), now).unwrap();
        assert_eq!(parsed.interactions[0].at, at.parse::<Timestamp>().unwrap(), "{said}");
        assert_eq!(parsed.warnings.len(), warnings, "{said}");
    }
}
