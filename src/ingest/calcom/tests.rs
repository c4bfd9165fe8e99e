use super::*;
use crate::domain::activity::{Answer, Attendee};
use crate::domain::phone::Country;
use crate::domain::{Field, FieldKey, FieldKind, FieldValue, Kind, State, Status};
use crate::ingest::tests::field;
use serde_json::json;

const NOW: &str = "2026-06-01T00:00:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn context() -> Context {
    let custom_fields = vec![
        field("team_colour", "Team colour", FieldKind::TextShort),
        field("budget", "Budget", FieldKind::Number),
        field("team_size", "Team size", FieldKind::Number),
        field("plan", "Plan", FieldKind::TextShort),
    ];
    Context { country: Country::parse("NO"), custom_fields }
}

fn parse(body: &Json) -> Parsed {
    read(body, &body.to_string(), &context(), time(NOW)).unwrap()
}

/// The one interaction, and no warning.
fn one(body: &Json) -> Interaction {
    let mut parsed = parse(body);
    assert_eq!(parsed.warnings, []);
    assert_eq!(parsed.interactions.len(), 1);
    parsed.interactions.remove(0)
}

fn activity(body: &Json) -> ActivityUpdate {
    one(body).activity.unwrap()
}

/// A booking as the booking triggers carry it, with `extra` keys over it.
fn booking(event: &str, extra: &Json) -> Json {
    let mut body = json!({"triggerEvent": event, "createdAt": "2026-03-02T09:30:00.538Z", "payload": {
    "bookingId": 91, "uid": "u1", "type": "60min", "title": "60min between Kari Host and Bo Guest", "eventTitle": "60min",
    "eventDescription": "A first talk", "additionalNotes": "Bring the plan",
    "startTime": "2026-03-05T09:30:00Z", "endTime": "2026-03-05T10:30:00Z", "length": 60, "status": "ACCEPTED",
    "location": "integrations:daily", "metadata": {"videoCallUrl": "https://app.cal.com/video/u1"},
    "organizer": {"id": 5, "name": "Kari Host", "email": "Kari@Seller.test", "timeZone": "Europe/Oslo"},
    "attendees": [{"email": "Bo@Buyer.test", "name": "Bo Van Guest", "timeZone": "Europe/Paris", "utcOffset": 60}],
    "responses": {
        "name": {"label": "your_name", "value": "Bo Van Guest"}, "email": {"label": "email_address", "value": "Bo@Buyer.test"},
        "location": {"label": "location", "value": {"optionValue": "", "value": "integrations:daily"}},
        "notes": {"label": "additional_notes"}, "guests": {"label": "additional_guests", "value": ["ann@buyer.test", "BO@buyer.test"]},
        "company": {"label": "Your company", "value": "Buyer AS"}, "q1": {"label": "Job title", "value": "CTO"},
        "budget": {"label": "Budget", "value": 0}, "wish": {"label": "What do you wish for?", "value": ["a", "b"], "isHidden": true}
    }}});
    for (key, value) in extra.as_object().unwrap() {
        body["payload"][key] = value.clone();
    }
    body
}

#[test]
fn a_new_booking_tells_who_what_when() {
    let interaction = one(&booking("BOOKING_CREATED", &json!({})));
    assert_eq!(interaction.source, Source::CalCom);
    assert_eq!(interaction.event, "BOOKING_CREATED");
    assert_eq!(interaction.at, time("2026-03-02T09:30:00.538Z"));

    let activity = interaction.activity.unwrap();
    assert_eq!((activity.kind, activity.external_id.as_str()), (Kind::Booking, "u1"));
    assert_eq!(activity.state, Some(State::Scheduled));
    assert_eq!(activity.start, Some(time("2026-03-05T09:30:00Z")));
    assert_eq!(activity.end, Some(time("2026-03-05T10:30:00Z")));
    assert_eq!(activity.subject.as_deref(), Some("60min between Kari Host and Bo Guest"));
    assert_eq!(activity.event_type.as_deref(), Some("60min"));
    assert_eq!(activity.location.as_deref(), Some("https://app.cal.com/video/u1"));
    assert_eq!(activity.customer_time_zone.as_deref(), Some("Europe/Paris"));
    assert_eq!(activity.person_email.as_deref(), Some("Bo@Buyer.test"));
    assert_eq!(activity.person_name.as_deref(), Some("Bo Van Guest"));
    assert_eq!(activity.detail.notes.as_deref(), Some("Bring the plan"));
    assert_eq!(activity.detail.description.as_deref(), Some("A first talk"));
    let user = activity.user.unwrap();
    assert_eq!((user.email.unwrap().as_str(), user.name.as_deref()), ("kari@seller.test", Some("Kari Host")));
    let emails: Vec<_> = activity.detail.attendees.iter().map(|attendee| attendee.email.as_deref().unwrap()).collect();
    assert_eq!(emails, ["Bo@Buyer.test", "ann@buyer.test"]);
    let wish = activity.detail.answers.iter().find(|answer| answer.key == "wish").unwrap();
    let label = Some("What do you wish for?".to_owned());
    assert_eq!(*wish, Answer { key: "wish".into(), label, value: json!(["a", "b"]), form: false });
    assert!(!activity.detail.answers.iter().any(|answer| answer.key == "notes"), "a blank answer is none");

    let person = interaction.person.unwrap();
    for (field, value) in [
        (Field::Email, "bo@buyer.test"),
        (Field::FirstName, "Bo"),
        (Field::LastName, "Van Guest"),
        (Field::TimeZone, "Europe/Paris"),
        (Field::Company, "Buyer AS"),
        (Field::JobTitle, "CTO"),
    ] {
        assert_eq!(person.values.text(field), Some(value), "{field:?}");
    }
    assert_eq!(person.values.get(FieldKey::Custom("budget".into())), Some(&FieldValue::Integer(0)));
    assert_eq!(person.status, None);
}

#[test]
fn each_booking_trigger_has_its_state() {
    for (event, extra, state) in [
        ("BOOKING_CREATED", json!({}), Some(State::Scheduled)),
        ("BOOKING_CREATED", json!({"status": "PENDING", "requiresConfirmation": true}), Some(State::Requested)),
        ("BOOKING_CREATED", json!({"status": null}), Some(State::Scheduled)),
        ("BOOKING_REQUESTED", json!({"status": "PENDING"}), Some(State::Requested)),
        ("BOOKING_RESCHEDULED", json!({}), Some(State::Rescheduled)),
        ("BOOKING_CANCELLED", json!({"status": "CANCELLED"}), Some(State::Canceled)),
        ("BOOKING_REJECTED", json!({"status": "REJECTED"}), Some(State::Canceled)),
        ("BOOKING_PAID", json!({}), Some(State::Scheduled)),
        ("BOOKING_PAID", json!({"status": "SOMETHING"}), None),
        ("BOOKING_PAYMENT_INITIATED", json!({"status": "PENDING"}), Some(State::Requested)),
        ("BOOKING_PAYMENT_INITIATED", json!({"status": null}), Some(State::Requested)),
        ("INSTANT_MEETING_ACCEPTED", json!({"uid": null, "bookingUid": "u1"}), Some(State::Scheduled)),
    ] {
        let update = activity(&booking(event, &extra));
        assert_eq!((update.state, update.external_id.as_str()), (state, "u1"), "{event} {extra}");
    }
}

#[test]
fn a_reschedule_names_the_booking_it_was() {
    let update = activity(&booking(
        "BOOKING_RESCHEDULED",
        &json!({"uid": "u2", "rescheduleUid": "u1", "rescheduledBy": "bo@buyer.test",
               "rescheduleStartTime": "2026-03-05T09:30:00Z", "startTime": "2026-03-06T09:30:00Z", "endTime": "2026-03-06T10:30:00Z"}),
    ));
    assert_eq!((update.external_id.as_str(), update.previous_id.as_deref()), ("u2", Some("u1")));
    assert_eq!(update.start, Some(time("2026-03-06T09:30:00Z")));
    assert_eq!(update.detail.previous_start, Some(time("2026-03-05T09:30:00Z")));
    assert_eq!(update.reason_by.as_deref(), Some("bo@buyer.test"));
}

#[test]
fn a_cancellation_says_why_and_by_whom() {
    let extra = json!({"cancellationReason": "ill", "cancelledBy": "bo@buyer.test", "requestReschedule": true});
    let update = activity(&booking("BOOKING_CANCELLED", &extra));
    assert_eq!((update.reason.as_deref(), update.reason_by.as_deref()), (Some("ill"), Some("bo@buyer.test")));
    assert!(update.detail.detailed_state.unwrap().contains("Reschedule requested"));
    let update = activity(&booking("BOOKING_REJECTED", &json!({"rejectionReason": "no time"})));
    assert_eq!(update.reason.as_deref(), Some("no time"));
}

#[test]
fn meetings_are_flat_and_have_the_time_of_the_meeting() {
    let meeting = |event: &str, no_show: bool, status: &str| {
        json!({"triggerEvent": event, "id": 91, "uid": "u2", "title": "60min", "startTime": "2026-03-05T09:30:00Z",
            "endTime": "2026-03-05T10:30:00Z", "createdAt": "2026-03-02T09:30:00Z", "status": status, "fromReschedule": "u1",
            "user": {"email": "kari@seller.test", "name": "Kari Host"},
            "attendees": [{"id": 1, "email": "bo@buyer.test", "name": "Bo Guest", "timeZone": "Europe/Oslo",
                           "phoneNumber": "+4790000000", "noShow": no_show}]})
    };
    for (event, no_show, status, state, at) in [
        ("MEETING_STARTED", false, "ACCEPTED", None, "2026-03-05T09:30:00Z"),
        ("MEETING_ENDED", false, "ACCEPTED", Some(State::Completed), "2026-03-05T10:30:00Z"),
        ("MEETING_ENDED", true, "ACCEPTED", Some(State::NoShow), "2026-03-05T10:30:00Z"),
        ("MEETING_ENDED", false, "cancelled", Some(State::Canceled), "2026-03-05T10:30:00Z"),
    ] {
        let interaction = one(&meeting(event, no_show, status));
        assert_eq!(interaction.at, time(at), "{event}");
        let update = interaction.activity.unwrap();
        assert_eq!(update.state, state, "{event} {status}");
        assert_eq!((update.external_id.as_str(), update.previous_id.as_deref()), ("u2", Some("u1")));
        assert_eq!(update.created_at, Some(time("2026-03-02T09:30:00Z")));
        assert_eq!(update.user.unwrap().name.as_deref(), Some("Kari Host"));
        assert_eq!(interaction.person.unwrap().values.text(Field::MobilePhone), Some("+4790000000"));
    }
}

#[test]
fn no_shows_are_set_and_taken_back() {
    let body = |marks: Json| {
        json!({"triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": "2026-03-06T11:00:00.000Z",
            "payload": {"message": "x", "bookingUid": "u2", "bookingId": 92, "attendees": marks}})
    };
    let yes = json!({"email": "bo@buyer.test", "noShow": true});
    let no = json!({"email": "ann@buyer.test", "noShow": false});
    for (marks, state, undone) in [
        (json!([yes]), Some(State::NoShow), false),
        (json!([no, yes]), Some(State::NoShow), false),
        (json!([no]), None, true),
        (json!([]), None, false),
    ] {
        let interaction = one(&body(marks.clone()));
        assert_eq!(interaction.person, None);
        let update = interaction.activity.unwrap();
        assert_eq!((update.state, update.no_show_undone), (state, undone), "{marks}");
        assert_eq!(update.detail.attendees.len(), marks.as_array().unwrap().len());
    }
    let update = activity(&body(json!([yes])));
    let mark = Attendee { email: Some("bo@buyer.test".into()), no_show: Some(true), ..Attendee::default() };
    assert_eq!(update.detail.attendees, [mark]);
}

#[test]
fn reports_about_a_booking_change_what_they_report() {
    let at = "2026-03-05T09:40:00Z";
    let update = activity(&json!({"triggerEvent": "AFTER_GUESTS_CAL_VIDEO_NO_SHOW", "createdAt": at,
        "payload": {"bookingUid": "u1", "title": "60min", "startTime": at, "guests": []}}));
    assert_eq!(update.state, Some(State::NoShow));
    let update = activity(&json!({"triggerEvent": "AFTER_HOSTS_CAL_VIDEO_NO_SHOW", "createdAt": at,
        "payload": {"bookingUid": "u1"}}));
    assert_eq!(update.state, None);
    let update = activity(&json!({"triggerEvent": "WRONG_ASSIGNMENT_REPORT", "createdAt": at,
        "payload": {"booking": {"uid": "u1", "title": "60min"}, "report": {"routingReason": "Salesforce lead owner: x"}}}));
    assert_eq!(update.detail.assignment_reason.as_deref(), Some("Salesforce lead owner: x"));
    let update = activity(&json!({"triggerEvent": "CALENDAR_ENTRY_REJECTED", "createdAt": at,
        "booking": {"uid": "u1"}, "declinedAttendee": {"email": "bo@buyer.test"}}));
    assert_eq!((update.external_id.as_str(), update.state), ("u1", None));
    assert!(update.detail.detailed_state.unwrap().contains("bo@buyer.test"));
}

#[test]
fn forms_are_read_at_the_root_and_in_the_payload() {
    let responses = json!({
        "Your mail": {"value": "x", "response": "Bo@Buyer.test"},
        "name": {"value": "Bo Guest", "response": "Bo Guest"},
        "Company size": {"response": [{"label": "11-50", "id": "o1"}]},
        "interests": {"response": [{"label": "CRM", "id": "o2"}, {"label": "Mail", "id": "o3"}]},
        "Phone": "90 00 00 00",
        "Team colour": {"value": "red"},
    });
    let form = json!({"formId": "f1", "formName": "Contact us", "teamId": null, "responses": responses});
    let mut older = form.clone();
    older["triggerEvent"] = json!("FORM_SUBMITTED");
    older["createdAt"] = json!("2026-03-02T09:30:00Z");
    let newer = json!({"triggerEvent": "FORM_SUBMITTED", "createdAt": "2026-03-02T09:30:00Z", "payload": form});
    let mut no_event = newer.clone();
    no_event["triggerEvent"] = json!("FORM_SUBMITTED_NO_EVENT");
    no_event["payload"]["responseId"] = json!(17);
    let mut ids = std::collections::BTreeSet::new();
    for body in [older, newer, no_event] {
        let interaction = one(&body);
        let update = interaction.activity.unwrap();
        assert_eq!((update.kind, update.state), (Kind::Form, Some(State::Submitted)));
        assert_eq!(update.form.as_deref(), Some("Contact us"));
        let answer = |key: &str| update.detail.answers.iter().find(|answer| answer.key == key).unwrap().clone();
        assert!(answer("name").form);
        assert_eq!(answer("Company size").value, json!("11-50"));
        assert_eq!(answer("interests").value, json!(["CRM", "Mail"]));
        let values = interaction.person.unwrap().values;
        for (field, value) in [
            (Field::Email, "bo@buyer.test"),
            (Field::FirstName, "Bo"),
            (Field::MobilePhone, "+4790000000"),
            (Field::CompanySize, "11-50"),
        ] {
            assert_eq!(values.text(field), Some(value), "{field:?}");
        }
        assert_eq!(values.get(FieldKey::Custom("team_colour".into())), Some(&FieldValue::Text("red".into())));
        ids.insert(update.external_id);
    }
    assert_eq!(ids.len(), 1, "both events of one submission are one activity");
}

#[test]
fn a_trigger_we_do_not_know_is_kept() {
    for (body, at) in [
        (
            json!({"triggerEvent": "OOO_CREATED", "createdAt": "2026-03-02T09:30:00Z", "payload": {"oooEntry": {"id": 1}}}),
            "2026-03-02T09:30:00Z",
        ),
        (json!({"triggerEvent": "PING", "payload": "text"}), NOW),
        (json!({"triggerEvent": "RECORDING_READY", "createdAt": "yesterday"}), NOW),
    ] {
        let interaction = parse(&body).interactions.remove(0);
        assert_eq!((interaction.person, interaction.activity), (None, None));
        assert_eq!(interaction.at, time(at));
        assert_eq!(interaction.payload, body.to_string());
    }
}

#[test]
fn a_repeat_has_the_same_key_and_nothing_else_has() {
    let body = booking("BOOKING_CREATED", &json!({}));
    let pretty: Json = serde_json::from_str(&serde_json::to_string_pretty(&body).unwrap()).unwrap();
    assert_eq!(one(&body).key, one(&pretty).key);
    let mut later = body.clone();
    later["createdAt"] = json!("2026-03-02T09:30:00.539Z");
    for other in [later, booking("BOOKING_CREATED", &json!({"uid": "u2"})), booking("BOOKING_PAID", &json!({}))] {
        assert_ne!(one(&body).key, one(&other).key);
    }
}

#[test]
fn what_is_no_address_or_number_is_captured_and_identifies_nobody() {
    let attendee = json!([{"email": "bo at buyer", "name": "Bo", "phoneNumber": "call me", "timeZone": "Europe/Oslo"}]);
    let body = booking("BOOKING_CREATED", &json!({"attendees": attendee, "responses": {}}));
    let parsed = parse(&body);
    assert_eq!(parsed.warnings.len(), 2, "{:?}", parsed.warnings);
    let interaction = &parsed.interactions[0];
    let update = interaction.activity.as_ref().unwrap();
    assert_eq!(update.person_email.as_deref(), Some("bo at buyer"));
    assert_eq!(update.person_phone.as_deref(), Some("call me"));
    let values = &interaction.person.as_ref().unwrap().values;
    assert_eq!((values.email(), values.mobile()), (None, None));
    assert_eq!(values.text(Field::FirstName), Some("Bo"));
}

#[test]
fn a_guest_without_email_is_known_by_phone() {
    let attendee = json!([{"email": "4790000000@sms.cal.com", "name": "Bo", "timeZone": "Europe/Oslo"}]);
    let body = booking(
        "BOOKING_CREATED",
        &json!({"attendees": attendee, "responses": {"email": {"value": "4790000000@sms.cal.com"}}}),
    );
    let values = one(&body).person.unwrap().values;
    assert_eq!((values.email(), values.text(Field::MobilePhone)), (None, Some("+4790000000")));
}

#[test]
fn names_come_apart_where_the_source_has_them_apart() {
    for (attendee, responses, first, last) in [
        (json!({"name": "Bo van Guest", "firstName": "Bo van", "lastName": "Guest"}), json!({}), "Bo van", "Guest"),
        (json!({"name": "Bo Guest", "firstName": "Bo"}), json!({}), "Bo", "Guest"),
        (
            json!({"email": "b@x.no"}),
            json!({"name": {"value": {"firstName": "Bo", "lastName": "Guest"}}}),
            "Bo",
            "Guest",
        ),
        (json!({"email": "b@x.no"}), json!({"name": "Bo Guest"}), "Bo", "Guest"),
    ] {
        let body = booking("BOOKING_CREATED", &json!({"attendees": [attendee], "responses": responses}));
        let values = one(&body).person.unwrap().values;
        assert_eq!((values.text(Field::FirstName), values.text(Field::LastName)), (Some(first), Some(last)), "{body}");
    }
}

#[test]
fn campaign_parameters_are_found_where_people_put_them() {
    for extra in [
        json!({"metadata": {"utm_source": "news"}}),
        json!({"responses": {"utm_source": {"label": "x", "value": "news"}}}),
        json!({"tracking": {"utm_source": "news"}}),
        json!({"tracking": {"source": "news"}}),
    ] {
        assert_eq!(activity(&booking("BOOKING_CREATED", &extra)).utm.source.as_deref(), Some("news"), "{extra}");
    }
}

#[test]
fn the_latest_assignment_reason_counts() {
    let reasons = json!([{"reasonEnum": "A", "reasonString": "first"}, {"reasonEnum": "B", "reasonString": "second"}]);
    let update = activity(&booking("BOOKING_CREATED", &json!({"assignmentReason": reasons})));
    assert_eq!(update.detail.assignment_reason.as_deref(), Some("second"));
}

#[test]
fn what_is_malformed_is_refused_in_words() {
    let refused = |body: &Json| read(body, "", &context(), time(NOW)).unwrap_err();
    let shape = PayloadError::Shape { key: "payload", expected: "an object", found: "a text" };
    for (body, error) in [
        (json!([]), PayloadError::NotAnObject("a list")),
        (json!({"payload": {}}), PayloadError::Missing("triggerEvent")),
        (json!({"triggerEvent": "BOOKING_CREATED", "payload": "x"}), shape),
        (json!({"triggerEvent": "BOOKING_CREATED", "payload": {}}), PayloadError::Missing("uid")),
        (json!({"triggerEvent": "FORM_SUBMITTED", "payload": {}}), PayloadError::Missing("formId")),
        (booking("BOOKING_CREATED", &json!({"startTime": ""})), PayloadError::Missing("startTime")),
        (
            booking("BOOKING_CREATED", &json!({"startTime": "tomorrow"})),
            PayloadError::Time { key: "startTime".into(), value: "tomorrow".into() },
        ),
    ] {
        assert_eq!(refused(&body), error);
    }
}

#[test]
fn a_missing_end_comes_from_the_length() {
    let update = activity(&booking("BOOKING_CREATED", &json!({"endTime": null, "length": 45})));
    assert_eq!(update.end, Some(time("2026-03-05T10:15:00Z")));
    let update = activity(&booking("BOOKING_CREATED", &json!({"endTime": null, "length": i64::MAX})));
    assert_eq!(update.end, None);
}

#[test]
fn each_seat_of_a_slot_is_a_booking_of_its_own() {
    let seat = |email: &str, name: &str, id: &str| {
        booking(
            "BOOKING_CREATED",
            &json!({"seatsPerTimeSlot": 5, "attendeeSeatId": id, "attendees": [{"email": email, "name": name}],
            "responses": {"name": {"value": name}, "email": {"value": email}, "wish": {"label": "Wish", "value": name}}}),
        )
    };
    let ana = activity(&seat("Ana@x.test", "Ana", "seat-a"));
    assert_eq!((ana.external_id.as_str(), ana.seat_of.as_deref()), ("u1/ana@x.test", Some("u1")));
    assert_eq!((ana.person_email.as_deref(), ana.aliases), (Some("Ana@x.test"), vec!["seat-a".to_owned()]));
    assert_eq!(activity(&seat("bo@x.test", "Bo", "seat-b")).external_id, "u1/bo@x.test");

    // The host cancels the slot: everyone is named.
    let all = booking(
        "BOOKING_CANCELLED",
        &json!({"seatsPerTimeSlot": 5, "attendees": [{"email": "ana@x.test", "name": "Ana"}, {"email": "bo@x.test", "name": "Bo"}],
        "responses": {"email": {"value": "bo@x.test"}, "wish": {"value": "tea"}}}),
    );
    let told: Vec<_> = parse(&all).interactions;
    let keys: Vec<_> = told.iter().map(|it| it.activity.as_ref().unwrap().external_id.as_str()).collect();
    assert_eq!(keys, ["u1/ana@x.test", "u1/bo@x.test"]);
    assert_ne!(told[0].key, told[1].key);
    for (interaction, name, answers) in [(&told[0], "Ana", 0), (&told[1], "Bo", 2)] {
        let update = interaction.activity.as_ref().unwrap();
        assert_eq!((update.state, update.detail.attendees.len()), (Some(State::Canceled), 1));
        assert_eq!(update.detail.answers.len(), answers, "{name}");
        assert_eq!(interaction.person.as_ref().unwrap().values.text(Field::FirstName), Some(name));
    }

    // A seat that moves to another slot.
    let moved = booking(
        "BOOKING_RESCHEDULED",
        &json!({"uid": "u2", "rescheduleUid": "u1", "seatsPerTimeSlot": "5", "attendeeSeatId": "seat-a",
        "attendees": [{"email": "ana@x.test", "name": "Ana"}], "responses": {}}),
    );
    let moved = activity(&moved);
    assert_eq!((moved.external_id.as_str(), moved.previous_id.as_deref()), ("u2/ana@x.test", Some("u1/ana@x.test")));

    // Only the seat's id is said, and several sit there.
    let by_id = booking(
        "BOOKING_CANCELLED",
        &json!({"seatsPerTimeSlot": 5, "seatReferenceUid": "seat-a", "responses": {},
        "attendees": [{"email": "ana@x.test", "name": "Ana"}, {"email": "bo@x.test", "name": "Bo"}]}),
    );
    let by_id = activity(&by_id);
    assert_eq!((by_id.external_id.as_str(), by_id.aliases), ("u1/seat-a", vec!["seat-a".to_owned()]));
    // No seats.
    assert_eq!(activity(&booking("BOOKING_CREATED", &json!({"seatsPerTimeSlot": null}))).seat_of, None);
}

/// Cal.com reference 5.4.
#[test]
fn bookings_of_the_api_are_those_of_the_webhooks() {
    let api = |extra: &Json| {
        let mut body = json!({"id": 91, "uid": "u2", "title": "Demo", "description": "", "status": "accepted",
            "hosts": [{"id": 5, "name": "Kari Host", "email": "kari@seller.test", "timeZone": "Europe/Oslo"}],
            "start": "2026-03-05T09:30:00.000Z", "end": "2026-03-05T10:30:00.000Z", "duration": 60,
            "eventTypeId": 7, "eventType": {"id": 7, "slug": "demo"}, "location": "https://meet.test/x", "absentHost": false,
            "createdAt": "2026-03-01T09:00:00.000Z", "updatedAt": "2026-03-02T09:00:00.000Z",
            "metadata": {"utm_source": "news"}, "guests": ["cy@buyer.test"],
            "attendees": [{"name": "Bo Guest", "email": "bo@buyer.test", "timeZone": "Europe/Paris", "absent": false}],
            "bookingFieldsResponses": {"name": "Bo Guest", "email": "bo@buyer.test", "company": "Buyer AS"}});
        for (key, value) in extra.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    let body = api(&json!({}));
    assert_eq!(crate::ingest::detect(&body), Some(Source::CalCom));
    let interaction = one(&body);
    assert_eq!((interaction.event.as_str(), interaction.at), (api::EVENT, time("2026-03-02T09:00:00Z")));
    assert_eq!(interaction.person.unwrap().values.text(Field::Company), Some("Buyer AS"));
    let update = interaction.activity.unwrap();
    assert_eq!((update.external_id.as_str(), update.state), ("u2", Some(State::Scheduled)));
    assert_eq!((update.start, update.end), (Some(time("2026-03-05T09:30:00Z")), Some(time("2026-03-05T10:30:00Z"))));
    assert_eq!((update.event_type.as_deref(), update.utm.source.as_deref()), (Some("demo"), Some("news")));
    assert_eq!(update.user.unwrap().label(), "Kari Host");
    assert_eq!(update.created_at, Some(time("2026-03-01T09:00:00Z")));
    let attendees: Vec<_> = update.detail.attendees.iter().filter_map(|it| it.email.as_deref()).collect();
    assert_eq!(attendees, ["bo@buyer.test", "cy@buyer.test"]);

    let state = |extra: &Json| activity(&api(extra)).state;
    assert_eq!(state(&json!({"status": "pending"})), Some(State::Requested));
    assert_eq!(state(&json!({"status": "rejected"})), Some(State::Canceled));
    assert_eq!(state(&json!({"rescheduledFromUid": "u1"})), Some(State::Rescheduled));
    let absent = json!({"attendees": [{"name": "Bo", "email": "bo@buyer.test", "absent": true}]});
    assert_eq!(state(&absent), Some(State::NoShow));
    // What Cal.com cancelled because it was moved is not cancelled.
    let moved = activity(&api(&json!({"uid": "u1", "status": "cancelled", "rescheduledToUid": "u2"})));
    assert_eq!((moved.external_id.as_str(), moved.previous_id.as_deref(), moved.state), ("u2", Some("u1"), None));
    assert_eq!(moved.start, None);
    let canceled = activity(&api(
        &json!({"status": "cancelled", "cancellationReason": "ill", "cancelledByEmail": "bo@buyer.test"}),
    ));
    assert_eq!((canceled.state, canceled.reason.as_deref()), (Some(State::Canceled), Some("ill")));
    assert_eq!(canceled.reason_by.as_deref(), Some("bo@buyer.test"));
    // Seats.
    let seats = parse(&api(&json!({"attendees": [
        {"name": "Ana", "email": "ana@x.test", "seatUid": "s1", "bookingFieldsResponses": {"wish": "tea"}},
        {"name": "Bo", "email": "bo@x.test", "seatUid": "s2", "absent": true}]})));
    let keys: Vec<_> = seats.interactions.iter().map(|it| it.activity.as_ref().unwrap().external_id.as_str()).collect();
    assert_eq!(keys, ["u2/ana@x.test", "u2/bo@x.test"]);
    assert_eq!(seats.interactions[1].activity.as_ref().unwrap().state, Some(State::NoShow));
}

#[test]
fn a_form_or_hidden_question_sets_the_contacts_status() {
    let status = |body: &Json| parse(body).interactions[0].person.as_ref().unwrap().status;
    let hidden = json!({"responses": {"email": {"value": "bo@x.test"}, "contact_status": {"label": "", "value": "Sales qualified", "isHidden": true}}});
    assert_eq!(status(&booking("BOOKING_CREATED", &hidden)), Some(Status::SalesQualified));
    let metadata = json!({"metadata": {"contact_status": "qualified"}});
    assert_eq!(status(&booking("BOOKING_CREATED", &metadata)), Some(Status::Qualified));
    let form = json!({"triggerEvent": "FORM_SUBMITTED", "createdAt": "2026-03-02T09:30:00Z", "payload": {"formId": "f", "formName": "F",
        "responses": {"Email": {"response": "bo@x.test"}, "Contact status": {"response": [{"label": "Disqualified", "id": "x"}]}}}});
    assert_eq!(status(&form), Some(Status::Disqualified));
    let wrong = parse(&booking("BOOKING_CREATED", &json!({"metadata": {"contact_status": "hot"}})));
    assert_eq!(wrong.warnings.len(), 1);
    assert_eq!(wrong.interactions[0].person.as_ref().unwrap().status, None);
}

#[test]
fn a_custom_field_is_asked_for_by_key_or_label() {
    let asked = json!({"q1": {"label": "Team Size", "value": "12"}, "PLAN": {"label": "?", "value": "Pro"},
        "q2": {"label": "Company size", "value": "11-50"}});
    let form = json!({"triggerEvent": "FORM_SUBMITTED", "createdAt": "2026-03-02T09:30:00Z", "payload": {"formId": "f1",
        "formName": "Contact us", "teamId": null, "responses": asked}});
    for body in [booking("BOOKING_CREATED", &json!({"responses": asked})), form] {
        let values = one(&body).person.unwrap().values;
        let custom = |name: &str| values.get(FieldKey::Custom(name.into())).cloned();
        assert_eq!(custom("team_size"), Some(FieldValue::Integer(12)), "{body}");
        assert_eq!(custom("plan"), Some(FieldValue::Text("Pro".into())), "{body}");
        // A system field's own name means that field.
        assert_eq!(values.text(Field::CompanySize), Some("11-50"), "{body}");
    }
}
