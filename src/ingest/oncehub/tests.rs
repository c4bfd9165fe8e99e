use super::*;
use crate::domain::phone::Country;
use crate::domain::{Field, FieldKey, FieldKind, FieldValue, Kind, State, Status};
use crate::ingest::tests::field;
use serde_json::json;

const NOW: &str = "2026-06-01T00:00:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn parse(body: &Json) -> Parsed {
    let custom_fields = vec![
        field("team_size", "Team size", FieldKind::Number),
        field("budget_range", "Budget Range", FieldKind::TextShort),
    ];
    let context = Context { country: Country::parse("NO"), custom_fields };
    read(body, &body.to_string(), &context, time(NOW)).unwrap()
}

fn one(body: &Json) -> Interaction {
    let mut parsed = parse(body);
    assert_eq!(parsed.warnings, []);
    assert_eq!(parsed.interactions.len(), 1);
    parsed.interactions.remove(0)
}

fn over(mut base: Json, extra: &Json) -> Json {
    for (key, value) in extra.as_object().unwrap() {
        base[key] = value.clone();
    }
    base
}

fn booking(extra: &Json) -> Json {
    let base = json!({"object": "booking", "id": "BKNG-AAAA1111", "tracking_id": "BKNG-AAAA1111", "subject": "Intro call",
        "status": "scheduled", "in_trash": false, "creation_time": "2026-03-01T08:00:00.000Z",
        "starting_time": "2026-03-05T15:30:00.000Z", "last_updated_time": "2026-03-02T09:10:00.000Z",
        "customer_timezone": "Europe/Oslo", "duration_minutes": 30, "owner": "USR-U1",
        "virtual_conferencing": {"join_url": "https://meet.test/abc"}, "location_description": "",
        "rescheduled_booking_id": null, "cancel_reschedule_information": {"reason": "", "actioned_by": "", "user_id": ""},
        "attendees": ["host@co.test", "ana@x.test"],
        "form_submission": {"name": "Ana Maria Berg", "email": "Ana@x.test", "phone": null, "mobile_phone": "+47 900 00 000",
            "note": "Hello", "company": "Berg AS", "guests": ["bo@x.test"],
            "custom_fields": [{"name": "team_size", "value": "10"}, {"name": "Title", "value": "CEO"}, {"name": "empty", "value": ""}]},
        "booking_calendar": "BKC-C1", "booking_page": null, "master_page": null, "event_type": {"id": "ET-1", "name": "Demo"},
        "conversation": {"object": "conversation", "id": "CVR-9", "bot": {"id": "BOT-1", "name": "Helper"},
            "answers": [{"id": "INT-1", "internal_label": "interest", "question": "Interested in?", "value": "CRM"}]},
        "contact": "CTC-A", "external_calendar": {"type": "google", "name": "host@co.test", "id": "host@co.test", "event_id": "ev1"},
        "cancel_url": "https://once.test/c", "reschedule_url": "https://once.test/r",
        "utm_params": {"source": "news", "medium": null, "campaign": "", "term": null, "content": null},
        "custom_fields": [{"name": "topic", "value": "pricing"}]});
    over(base, extra)
}

fn event(kind: &str, data: &Json) -> Json {
    json!({"id": "EVNT-1", "object": "event", "creation_time": "2026-03-02T09:10:01Z", "type": kind, "api_version": "v2", "data": data})
}

fn contact(extra: &Json) -> Json {
    let base = json!({"object": "contact", "id": "CTC-A", "owner": {"id": "USR-U2", "email": "kari@co.test", "first_name": "Kari", "last_name": "Nord"},
        "status": "Sales qualified", "email": "ana@x.test", "mobile_phone": null, "phone": "22 00 00 00", "first_name": "Ana",
        "last_name": "Berg", "salutation": "", "company": "Berg", "employees": 0, "company_size": null, "city": "Oslo",
        "timezone": "Europe/Oslo", "has_consent": false, "terms_of_sevice": true, "bot": "BOT-1",
        "custom_fields": [{"name": "team_size", "value": 10}, {"name": "unheard_of", "value": 1}]});
    over(base, extra)
}

#[test]
fn a_booking_tells_who_what_when() {
    for body in [event("booking.scheduled", &booking(&json!({}))), booking(&json!({}))] {
        let interaction = one(&body);
        assert_eq!(interaction.at, time("2026-03-02T09:10:00Z"));
        let update = interaction.activity.unwrap();
        assert_eq!((update.kind, update.external_id.as_str()), (Kind::Booking, "BKNG-AAAA1111"));
        assert_eq!(update.state, Some(State::Scheduled));
        assert_eq!(update.start, Some(time("2026-03-05T15:30:00Z")));
        assert_eq!(update.end, Some(time("2026-03-05T16:00:00Z")));
        assert_eq!(update.created_at, Some(time("2026-03-01T08:00:00Z")));
        assert_eq!(update.user.unwrap().external_id.as_deref(), Some("USR-U1"));
        assert_eq!(update.page.as_deref(), Some("BKC-C1"));
        assert_eq!(update.event_type.as_deref(), Some("Demo"));
        assert_eq!(update.bot.as_deref(), Some("Helper"));
        assert_eq!(update.location.as_deref(), Some("https://meet.test/abc"));
        assert_eq!(update.utm.source.as_deref(), Some("news"));
        assert_eq!(update.utm.campaign, None);
        assert_eq!((update.reason, update.reason_by, update.related_id), (None, None, None));
        assert_eq!(update.trashed, Some(false));
        assert_eq!(update.detail.calendar.as_deref(), Some("google"));
        assert_eq!(update.detail.notes.as_deref(), Some("Hello"));
        let emails: Vec<_> = update.detail.attendees.iter().filter_map(|attendee| attendee.email.as_deref()).collect();
        assert_eq!(emails, ["Ana@x.test", "bo@x.test"], "hosts are not attendees");
        let answers: Vec<_> = update.detail.answers.iter().map(|answer| (answer.key.as_str(), answer.form)).collect();
        assert_eq!(answers, [("team_size", false), ("Title", false), ("topic", false), ("interest", true)]);

        let values = interaction.person.unwrap().values;
        for (field, value) in [
            (Field::Email, "ana@x.test"),
            (Field::MobilePhone, "+4790000000"),
            (Field::FirstName, "Ana"),
            (Field::LastName, "Maria Berg"),
            (Field::Company, "Berg AS"),
            (Field::JobTitle, "CEO"),
            (Field::TimeZone, "Europe/Oslo"),
        ] {
            assert_eq!(values.text(field), Some(value), "{field:?}");
        }
        assert_eq!(values.get(FieldKey::Custom("team_size".into())), Some(&FieldValue::Integer(10)));
    }
}

#[test]
fn each_event_has_its_state() {
    let by_customer = json!({"reason": "clash", "actioned_by": "customer", "user_id": null});
    for (kind, extra, state, detailed) in [
        ("booking.scheduled", json!({}), State::Scheduled, None),
        (
            "booking.rescheduled",
            json!({"status": "rescheduled", "cancel_reschedule_information": by_customer}),
            State::Rescheduled,
            Some("Rescheduled (By customer)"),
        ),
        (
            "booking.reassigned",
            json!({"status": "rescheduled"}),
            State::Rescheduled,
            Some("Rescheduled (Reassigned by user)"),
        ),
        (
            "booking.canceled",
            json!({"status": "canceled", "cancel_reschedule_information": by_customer}),
            State::Canceled,
            Some("Canceled (By customer)"),
        ),
        ("booking.canceled", json!({"cancel_reschedule_information": null}), State::Canceled, None),
        (
            "booking.canceled_reschedule_requested",
            json!({}),
            State::Canceled,
            Some("Canceled (Reschedule requested by user)"),
        ),
        ("booking.completed", json!({"status": "completed"}), State::Completed, Some("Completed (Set by System)")),
        ("booking.no_show", json!({"status": "no_show"}), State::NoShow, Some("No-show (Set by user)")),
    ] {
        let update = one(&event(kind, &booking(&extra))).activity.unwrap();
        assert_eq!((update.state, update.detail.detailed_state.as_deref()), (Some(state), detailed), "{kind} {extra}");
    }
    for (status, state) in [("requested", State::Requested), ("No-Show", State::NoShow), ("Canceled", State::Canceled)]
    {
        let update = one(&booking(&json!({"status": status}))).activity.unwrap();
        assert_eq!(update.state, Some(state), "{status}");
    }
}

#[test]
fn who_cancelled_and_why_is_kept() {
    let information = json!({"reason": "clash", "actioned_by": "user", "user_id": "USR-U7"});
    let update = one(&event("booking.canceled", &booking(&json!({"cancel_reschedule_information": information}))));
    let update = update.activity.unwrap();
    assert_eq!((update.reason.as_deref(), update.reason_by.as_deref()), (Some("clash"), Some("USR-U7")));
}

#[test]
fn cancelled_here_and_booked_there_are_two_activities_that_know_each_other() {
    let kind = "booking.canceled_then_rescheduled";
    // Told by the new booking.
    let new = booking(&json!({"id": "BKNG-NEW", "status": "rescheduled", "rescheduled_booking_id": "BKNG-OLD"}));
    let parsed = parse(&event(kind, &new));
    let [new, old] = &parsed.interactions[..] else { panic!("{parsed:?}") };
    assert_ne!(new.key, old.key);
    assert_eq!(new.person, old.person);
    let (new, old) = (new.activity.as_ref().unwrap(), old.activity.as_ref().unwrap());
    assert_eq!((new.external_id.as_str(), new.state), ("BKNG-NEW", Some(State::Rescheduled)));
    assert_eq!(new.related_id.as_deref(), Some("BKNG-OLD"));
    assert_eq!((old.external_id.as_str(), old.state), ("BKNG-OLD", Some(State::Canceled)));
    assert_eq!(old.related_id.as_deref(), Some("BKNG-NEW"));
    // Told by the old booking.
    let old = booking(&json!({"id": "BKNG-OLD", "status": "canceled", "rescheduled_booking_id": "BKNG-NEW"}));
    let update = one(&event(kind, &old)).activity.unwrap();
    assert_eq!((update.state, update.related_id.as_deref()), (Some(State::Canceled), Some("BKNG-NEW")));
}

#[test]
fn an_expanded_contact_brings_its_fields_status_and_owner() {
    let interaction =
        one(&event("booking.scheduled", &booking(&json!({"contact": contact(&json!({})), "form_submission": null}))));
    let person = interaction.person.unwrap();
    assert_eq!(person.status, Some(Status::SalesQualified));
    assert_eq!(person.owner.unwrap().name.as_deref(), Some("Kari Nord"));
    let values = person.values;
    assert_eq!(values.text(Field::Phone), Some("+4722000000"));
    assert_eq!(values.text(Field::City), Some("Oslo"));
    assert_eq!(values.text(Field::Bot), Some("BOT-1"));
    assert_eq!(values.get(Field::Employees), Some(&FieldValue::Integer(0)), "0 is a value");
    assert_eq!(values.bool(Field::HasConsent), Some(false), "so is false");
    assert_eq!(values.bool(Field::TermsOfService), Some(true), "the misspelt key counts");
    assert_eq!(values.get(FieldKey::Custom("team_size".into())), Some(&FieldValue::Integer(10)));
    assert_eq!(values.get(FieldKey::Custom("unheard_of".into())), None);
    assert_eq!(interaction.activity.unwrap().person_email.as_deref(), Some("ana@x.test"));
}

#[test]
fn an_unknown_status_is_reported_and_the_rest_is_kept() {
    let parsed =
        parse(&event("booking.scheduled", &booking(&json!({"contact": contact(&json!({"status": "Kwalified"}))}))));
    assert_eq!(parsed.warnings.len(), 1);
    assert_eq!(parsed.warnings[0].key, "contact.status");
    assert!(parsed.warnings[0].reason.contains("Kwalified"));
    let person = parsed.interactions[0].person.as_ref().unwrap();
    assert_eq!(person.status, None);
    assert_eq!(person.values.text(Field::City), Some("Oslo"));
}

#[test]
fn without_form_and_contact_the_guest_beside_a_known_host_booked() {
    let person = |extra: Json| one(&booking(&over(json!({"form_submission": null}), &extra))).person;
    assert_eq!(person(json!({})).unwrap().values.text(Field::Email), Some("ana@x.test"));
    // With two guests, or no host known by address, nobody is taken for the booker.
    let two = person(json!({"attendees": ["host@co.test", "a@x.test", "b@x.test"]})).unwrap();
    assert_eq!(two.values.text(Field::Email), None);
    let calendar = json!({"external_calendar": {"type": "none", "name": "", "id": ""}});
    assert_eq!(person(calendar).unwrap().values.text(Field::Email), None);
}

fn conversation(extra: &Json) -> Json {
    let base = json!({"object": "conversation", "id": "CVR-9", "creation_time": "2026-03-01T08:00:00Z", "initiated_by": "contact",
        "last_updated_time": "2026-03-01T08:05:00Z", "last_interacted_time ": "2026-03-01T08:06:00Z", "contact": contact(&json!({})),
        "owner": {"id": "USR-U1", "email": "host@co.test", "first_name": "Per", "last_name": "Host"}, "status": "closed",
        "bot": {"id": "BOT-1", "name": "Helper"}, "website": {"id": "WEB-1", "name": "Shop", "url": "https://shop.test"}, "audience": null,
        "answers": [{"id": "INT-1", "internal_label": "company", "question": "Where do you work?", "value": "Elsewhere"},
                    {"id": "INT-2", "internal_label": "", "question": "Anything else?", "value": ["a", "b"]},
                    {"id": "INT-3", "internal_label": "skipped", "question": "?", "value": null}],
        "bookings": ["BKNG-1"]});
    over(base, extra)
}

#[test]
fn a_conversation_tells_who_what_when() {
    for (body, state) in [
        (event("conversation.started", &conversation(&json!({"status": "started"}))), State::Started),
        (event("conversation.closed", &conversation(&json!({}))), State::Closed),
        (event("conversation.abandoned", &conversation(&json!({}))), State::Abandoned),
        (conversation(&json!({})), State::Closed),
    ] {
        let interaction = one(&body);
        assert_eq!(interaction.at, time("2026-03-01T08:06:00Z"), "the last word, under a key with a trailing blank");
        let update = interaction.activity.unwrap();
        assert_eq!(
            (update.kind, update.external_id.as_str(), update.state),
            (Kind::Conversation, "CVR-9", Some(state))
        );
        assert_eq!((update.bot.as_deref(), update.page.as_deref()), (Some("Helper"), Some("Shop")));
        assert_eq!(update.user.unwrap().name.as_deref(), Some("Per Host"));
        let keys: Vec<_> = update.detail.answers.iter().map(|answer| answer.key.as_str()).collect();
        assert_eq!(keys, ["company", "INT-2"]);
        let person = interaction.person.unwrap();
        assert_eq!(person.status, Some(Status::SalesQualified));
        assert_eq!(person.values.text(Field::Company), Some("Berg"), "the contact comes before an answer");
    }
}

#[test]
fn a_visitor_nobody_knows_yet_may_answer_who_they_are() {
    let answers = json!([{"id": "INT-1", "internal_label": "Email", "question": "Your email?", "value": "New@x.test"}]);
    let interaction = one(&conversation(&json!({"contact": "CTC-B", "answers": answers, "owner": null})));
    assert_eq!(interaction.person.unwrap().values.text(Field::Email), Some("new@x.test"));
    let interaction = one(&conversation(&json!({"contact": null, "answers": []})));
    assert_eq!(interaction.person, None);
}

#[test]
fn trash_and_tests_are_marked() {
    let update = one(&conversation(&json!({"test": true, "in_trash": true}))).activity.unwrap();
    assert_eq!((update.test, update.trashed), (Some(true), Some(true)));
}

#[test]
fn keys_are_the_event_id_or_the_content() {
    let first = event("booking.scheduled", &booking(&json!({})));
    assert_eq!(one(&first).key, "EVNT-1");
    let changed = booking(&json!({"last_updated_time": "2026-03-02T09:11:00.000Z"}));
    assert_eq!(one(&booking(&json!({}))).key, one(&booking(&json!({}))).key);
    assert_ne!(one(&booking(&json!({}))).key, one(&changed).key);
}

#[test]
fn an_event_we_do_not_know_is_kept() {
    for (body, at) in [
        (event("contact.updated", &json!({"id": "CTC-1"})), "2026-03-02T09:10:01Z"),
        (json!({"object": "event", "id": "EVNT-2", "type": "invoice.paid"}), NOW),
    ] {
        let interaction = parse(&body).interactions.remove(0);
        assert_eq!((interaction.person, interaction.activity), (None, None));
        assert_eq!(interaction.at, time(at));
    }
}

#[test]
fn what_is_malformed_is_refused_in_words() {
    let refused = |body: &Json| read(body, "", &Context::default(), time(NOW)).unwrap_err();
    for (body, error) in [
        (json!("x"), PayloadError::NotAnObject("a text")),
        (json!({"object": "event", "data": {}}), PayloadError::Missing("type")),
        (json!({"object": "event", "type": "booking.scheduled"}), PayloadError::Missing("data")),
        (event("booking.scheduled", &json!({})), PayloadError::Missing("id")),
        (event("booking.scheduled", &booking(&json!({"starting_time": null}))), PayloadError::Missing("starting_time")),
        (
            event("booking.scheduled", &booking(&json!({"last_updated_time": "soon"}))),
            PayloadError::Time { key: "last_updated_time".into(), value: "soon".into() },
        ),
    ] {
        assert_eq!(refused(&body), error);
    }
}

#[test]
fn spellings_and_the_older_payload_are_read() {
    let state = |kind: &str, extra: &Json| one(&event(kind, &booking(extra))).activity.unwrap().state;
    assert_eq!(state("booking.cancelled", &json!({})), Some(State::Canceled));
    assert_eq!(state("booking.no-show", &json!({})), Some(State::NoShow));
    let v1 = json!({"id": null, "tracking_id": "BKNG-OLD1", "subject": "Intro", "status": "No-Show", "object": "booking",
        "last_updated_time": "2026-03-02T09:10:00Z", "starting_time": "2026-03-05T15:30:00Z", "duration_minutes": "30",
        "virtual_or_physical_location": "Storgata 1", "cancel_reschedule_link": "https://once.test/c",
        "form_submission": {"name": "Ana", "email": "ana@x.test"}});
    let update = one(&v1).activity.unwrap();
    assert_eq!((update.external_id.as_str(), update.state), ("BKNG-OLD1", Some(State::NoShow)));
    assert_eq!(update.location.as_deref(), Some("Storgata 1"));
    assert_eq!(update.detail.cancel_url.as_deref(), Some("https://once.test/c"));
}

#[test]
fn a_contact_of_the_api_is_a_person_without_an_activity() {
    let body = contact(&json!({"last_updated_time": "2026-03-02T09:10:00Z"}));
    let interaction = one(&body);
    assert_eq!((interaction.event.as_str(), interaction.activity), ("contact", None));
    let person = interaction.person.unwrap();
    assert_eq!(person.status, Some(Status::SalesQualified));
    assert_eq!(person.owner.unwrap().label(), "Kari Nord");
}

#[test]
fn the_api_tells_of_a_conversation_within_its_booking() {
    let talk = json!({"conversation": {"object": "conversation", "id": "CVR-9", "status": "closed", "creation_time": "2026-03-01T07:00:00Z"}});
    let told = parse(&booking(&talk)).interactions;
    let kinds: Vec<_> = told.iter().map(|it| it.activity.as_ref().unwrap().kind).collect();
    assert_eq!(kinds, [Kind::Booking, Kind::Conversation]);
    assert_eq!(parse(&event("booking.scheduled", &booking(&talk))).interactions.len(), 1);
}

#[test]
fn a_custom_field_is_found_by_what_people_call_it() {
    let asked = json!([{"name": "Budget Range", "value": "10k"}, {"name": "TEAM SIZE", "value": "12"}]);
    let mut form = booking(&json!({}))["form_submission"].clone();
    form["custom_fields"] = asked.clone();
    let expanded = contact(&json!({"custom_fields": asked}));
    let talk = json!([{"id": "INT-1", "internal_label": "budget range", "question": "?", "value": "10k"},
        {"id": "INT-2", "internal_label": "", "question": "Team size", "value": "12"}]);
    for body in [
        booking(&json!({"form_submission": form})),
        booking(&json!({"contact": expanded, "form_submission": null})),
        conversation(&json!({"contact": null, "answers": talk})),
    ] {
        let values = one(&body).person.unwrap().values;
        let custom = |name: &str| values.get(FieldKey::Custom(name.into())).cloned();
        assert_eq!(custom("budget_range"), Some(FieldValue::Text("10k".into())), "{body}");
        assert_eq!(custom("team_size"), Some(FieldValue::Integer(12)), "{body}");
        assert_eq!(values.get(Field::CompanySize), None, "{body}");
    }
}

#[test]
fn what_does_not_fit_a_custom_field_is_told_and_stays_an_answer() {
    let mut form = booking(&json!({}))["form_submission"].clone();
    form["custom_fields"] = json!([{"name": "Team size", "value": "a few"}]);
    let parsed = parse(&booking(&json!({"form_submission": form})));
    assert_eq!(parsed.warnings.len(), 1);
    assert_eq!(parsed.warnings[0].key, "Team size");
    let values = &parsed.interactions[0].person.as_ref().unwrap().values;
    assert_eq!((values.get(FieldKey::Custom("team_size".into())), values.get(Field::CompanySize)), (None, None));
    let answers = &parsed.interactions[0].activity.as_ref().unwrap().detail.answers;
    assert!(answers.iter().any(|answer| answer.value == json!("a few")));
}
