//! Every reference, and what it yields.

use super::*;
use crate::sync::rules::source::Scope;
use crate::sync::rules::token::{DATE_REFERENCES, Token};

fn text(value: &str, contact: Option<&Contact>, activity: Option<&Activity>) -> Option<String> {
    let scope = Scope::new(Sources { contact, activity });
    let template = Template::parse(value).unwrap();
    template.fill(&scope).ok().map(|value| value.text(scope.zone()))
}

#[test]
fn answers_by_identifier_and_by_label() {
    let (contact, booking) = (contact(), booking());
    for (value, yields) in [
        ("{product}", Some("Rocket")),
        ("{ Product }", Some("Rocket")),
        ("{Which product?}", Some("Rocket")),
        ("{which PRODUCT?}", Some("Rocket")),
        ("{seats}", Some("0")),
        ("{pilot}", Some("false")),
        ("{topics}", Some("CRM, Sync")),
        ("{empty}", None),
        ("{both}", Some("of the booking")),
        ("{form:both}", Some("of the form")),
        ("{form:budget}", Some("10k-50k")),
        ("{Form: your budget}", Some("10k-50k")),
        ("{budget}", None),
        ("{form:product}", None),
        // Told outside the answers by some sources.
        ("{name}", Some("Bo Guest")),
        ("{email}", Some("Bo@Buyer.test")),
        ("{notes}", Some("Bring slides")),
    ] {
        assert_eq!(text(value, Some(&contact), Some(&booking)).as_deref(), yields, "{value}");
        assert_eq!(text(value, Some(&contact), None), None, "{value} without a booking");
    }
}

#[test]
fn a_form_has_only_one_kind_of_answers() {
    let form = Activity { kind: Kind::Form, ..booking() };
    for value in ["{budget}", "{form:budget}"] {
        assert_eq!(text(value, None, Some(&form)).as_deref(), Some("10k-50k"));
    }
    assert_eq!(text("{form:product}", None, Some(&form)).as_deref(), Some("Rocket"));
}

#[test]
fn an_exact_identifier_goes_before_a_label_and_before_another_case() {
    let mut booking = booking();
    let answer = |key: &str, label: Option<&str>, value: &str| Answer {
        key: key.into(),
        label: label.map(str::to_owned),
        value: json!(value),
        form: false,
    };
    booking.detail.answers =
        vec![answer("SIZE", None, "case"), answer("q1", Some("size"), "label"), answer("size", None, "key")];
    assert_eq!(text("{size}", None, Some(&booking)).as_deref(), Some("key"));
    booking.detail.answers.pop();
    assert_eq!(text("{size}", None, Some(&booking)).as_deref(), Some("label"));
    booking.detail.answers.pop();
    assert_eq!(text("{size}", None, Some(&booking)).as_deref(), Some("case"));
    booking.detail.answers.push(answer("size", None, " "));
    assert_eq!(text("{size}", None, Some(&booking)), None, "not answered is not another question's answer");
}

#[test]
fn campaign_parameters() {
    let booking = booking();
    for (part, yields) in UtmPart::ALL.iter().zip(["google", "cpc", "spring", "crm", "banner"]) {
        let value = format!("{{utm:{}}}", part.name());
        assert_eq!(text(&value, None, Some(&booking)).as_deref(), Some(yields));
        assert_eq!(text(&value, None, Some(&Activity { utm: Utm::default(), ..booking.clone() })), None);
    }
}

#[test]
fn everything_of_a_contact() {
    let contact = contact();
    for field in ContactField::ALL {
        let value = format!("{{contact.{}}}", field.key());
        let scope = Scope::new(Sources { contact: Some(&contact), activity: None });
        let yields = contact.values.get(field).and_then(value::Value::of_field).map(|value| value.text(scope.zone()));
        assert!(yields.is_some());
        assert_eq!(text(&value, Some(&contact), None), yields, "{value}");
    }
    for (name, yields) in [
        ("status", "Sales qualified"),
        ("owner", "ana@seller.test"),
        ("owner_name", "Ana Host"),
        ("name", "Bo Guest"),
        ("id", "7"),
        ("source", "calcom"),
        ("created", "2026-01-01T03:00:00-05:00"),
        ("updated", "2026-02-01T03:00:00-05:00"),
        ("interacted", "2026-03-01T03:00:00-05:00"),
        ("Team_Size", "0"),
        ("team_size", "0"),
        ("interests", "CRM, Sync"),
        ("Job_Title", "its job_title"),
        ("timezone", "America/New_York"),
    ] {
        assert_eq!(text(&format!("{{contact.{name}}}"), Some(&contact), None).as_deref(), Some(yields), "{name}");
    }
    for own in ContactOwn::ALL {
        assert!(text(&format!("{{contact.{}}}", own.name()), Some(&contact), None).is_some(), "{own:?}");
    }
    assert_eq!(text("{contact.nothing}", Some(&contact), None), None);
    assert_eq!(text("{contact.name}", None, Some(&booking())), None);
}

#[test]
fn everything_of_a_booking() {
    let booking = booking();
    let table = [
        (BookingPart::Id, "u1"),
        (BookingPart::Kind, "Booking"),
        (BookingPart::State, "canceled"),
        (BookingPart::Status, "Canceled"),
        (BookingPart::DetailedStatus, "Canceled (by guest)"),
        (BookingPart::Subject, "Demo"),
        (BookingPart::Start, "2026-03-06T00:30:00+01:00"),
        (BookingPart::StartDate, "2026-03-06"),
        (BookingPart::StartTimeOfDay, "00:30"),
        (BookingPart::End, "2026-03-06T01:15:00+01:00"),
        (BookingPart::Duration, "45"),
        (BookingPart::Created, "2026-03-02T10:30:00+01:00"),
        (BookingPart::Canceled, "2026-03-04T13:00:00+01:00"),
        (BookingPart::PreviousStart, "2026-03-04T10:30:00+01:00"),
        (BookingPart::PreviousEnd, "2026-03-04T11:30:00+01:00"),
        (BookingPart::Location, "integrations:daily"),
        (BookingPart::JoinUrl, "https://app.cal.com/video/u1"),
        (BookingPart::Reason, "ill"),
        (BookingPart::ReasonBy, "bo@buyer.test"),
        (BookingPart::Host, "ana@seller.test"),
        (BookingPart::HostName, "Ana Host"),
        (BookingPart::AssignmentReason, "Salesforce lead owner: Ana"),
        (BookingPart::EventType, "demo"),
        (BookingPart::Page, "Sales"),
        (BookingPart::Bot, "Greeter"),
        (BookingPart::Form, "Router"),
        (BookingPart::Source, "calcom"),
        (BookingPart::TimeZone, "Europe/Oslo"),
        (BookingPart::Notes, "Bring slides"),
        (BookingPart::Description, "We show it"),
        (BookingPart::CancelUrl, "https://cal/cancel"),
        (BookingPart::RescheduleUrl, "https://cal/move"),
        (BookingPart::Recurrence, "FREQ=WEEKLY"),
        (BookingPart::GuestName, "Bo Guest"),
        (BookingPart::GuestEmail, "Bo@Buyer.test"),
        (BookingPart::GuestPhone, "+47 900 00 000"),
        (BookingPart::Attendees, "bo@buyer.test, cy@buyer.test"),
        (BookingPart::NoShow, "false"),
        (BookingPart::Test, "false"),
    ];
    assert_eq!(table.map(|(part, _)| part).as_slice(), BookingPart::ALL, "every part has its row");
    for (part, yields) in table {
        for name in part.names() {
            let value = format!("{{Booking.{name}}}");
            assert_eq!(text(&value, None, Some(&booking)).as_deref(), Some(yields), "{value}");
        }
    }
    assert_eq!(text("{assignmentReason}", None, Some(&booking)).as_deref(), Some("Salesforce lead owner: Ana"));
    for (reference, part) in DATE_REFERENCES {
        let same = Some(Token::Booking(part));
        assert_eq!(Template::parse(reference).unwrap().single().cloned(), same, "Cal.com writes it without braces");
        assert_eq!(Template::parse(&format!(" {{{reference}}} ")).unwrap().tokens().next().cloned(), same);
    }
    let kept = Activity { state: State::NoShow, ..booking };
    assert_eq!(text("{booking_cancel_date}", None, Some(&kept)), None, "it was not cancelled");
    assert_eq!(text("{booking.no_show}", None, Some(&kept)).as_deref(), Some("true"));
}

#[test]
fn faults_have_a_place() {
    for (text, span, column, says) in [
        ("Hi {name", 3..4, 4, "never closed"),
        ("Hi }", 3..4, 4, "closes nothing"),
        ("ø{}", 2..4, 2, "nothing is named"),
        ("{form: }", 0..8, 1, "nothing is named"),
        ("{utm:sourze}", 0..12, 1, "no campaign parameter"),
        ("{booking.strat}", 0..15, 1, "did you mean `start`?"),
        ("{a{b}}", 2..3, 3, "cannot stand inside another"),
        ("a {b} {", 6..7, 7, "never closed"),
    ] {
        let error = Template::parse(text).unwrap_err();
        assert_eq!((error.span.clone(), error.column), (span, column), "{text}");
        assert!(error.to_string().contains(says), "{text}: {error}");
        assert!(error.to_string().starts_with(&format!("character {column}: ")), "{error}");
    }
}

#[test]
fn a_reference_is_shown_as_it_is_written() {
    for text in ["{product}", "{form:budget}", "{utm:source}", "{contact.email}", "{contact.team}", "{booking.start}"] {
        assert_eq!(Template::parse(text).unwrap().single().unwrap().to_string(), text);
    }
}
