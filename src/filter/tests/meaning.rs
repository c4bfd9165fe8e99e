//! Queries about one person and her activities: which of them are true, said by hand.

use jiff::Timestamp;

use super::context;
use crate::domain::activity::{Attendee, Kind, State};
use crate::domain::{
    Activity, ActivityUpdate, Contact, Email, Field, FieldKey, FieldValue, Status, UserRef, Values, lifecycle,
};
use crate::filter::{ActivityFacts, ContactFacts, Facts, Filter, List, OpenRow, OpenState, SyncFacts};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn user(email: &str, name: &str) -> UserRef {
    UserRef { email: Email::parse(email).ok(), name: Some(name.into()), external_id: None }
}

fn contact() -> Contact {
    let mut values = Values::new();
    for (field, text) in [
        (Field::FirstName, "Åsa"),
        (Field::LastName, "Berg"),
        (Field::Email, "asa@mail.acme.no"),
        (Field::MobilePhone, "+4790000000"),
        (Field::Company, "Acme AS"),
        (Field::State, "Viken"),
    ] {
        values.put_text(field, Some(text));
    }
    values.set(Field::Employees, Some(FieldValue::Integer(50)));
    values.set(FieldKey::Custom("team_size".into()), Some(FieldValue::Integer(0)));
    values.set(FieldKey::Custom("tags".into()), Some(FieldValue::List(vec!["Red".into(), "Big deal".into()])));
    values.set(FieldKey::Custom("renewal".into()), Some(FieldValue::Text("2026-04-15".into())));
    Contact {
        id: 7,
        values,
        status: Some(Status::SalesQualified),
        owner: Some(user("ana@x.no", "Ana Lund")),
        source: "import".into(),
        created_at: at("2026-03-01T08:00:00Z"),
        updated_at: at("2026-03-28T11:00:00Z"),
        interacted_at: None,
    }
}

fn activity(kind: Kind, state: State, id: &str) -> Activity {
    let mut update = ActivityUpdate::new(kind, id);
    update.state = Some(state);
    let mut activity = lifecycle::create(&update, "calcom", at("2026-03-27T08:00:00Z"), at("2026-03-28T09:00:00Z"));
    activity.contact_id = Some(7);
    activity
}

/// A cancelled meeting tomorrow with Bo, a form that was sent, a completed meeting in the trash.
fn activities() -> [Activity; 3] {
    let mut booking = activity(Kind::Booking, State::Canceled, "uid-1");
    booking.id = 1;
    booking.start = Some(at("2026-03-29T09:00:00Z"));
    booking.subject = Some("Demo of the thing".into());
    booking.event_type = Some("demo".into());
    booking.user = Some(user("bo@x.no", "Bo Lee"));
    booking.utm.campaign = Some("Spring".into());
    booking.detail.attendees = vec![Attendee { email: Some("guest@y.no".into()), ..Attendee::default() }];
    let mut form = activity(Kind::Form, State::Submitted, "uid-2");
    form.id = 2;
    form.unread = false;
    form.form = Some("Contact us".into());
    let mut trashed = activity(Kind::Booking, State::Completed, "uid-3");
    trashed.id = 3;
    trashed.trashed_at = Some(at("2026-03-28T10:00:00Z"));
    [booking, form, trashed]
}

fn check(list: List, facts: &Facts<'_>, cases: &[(&str, bool)]) {
    for (text, expected) in cases {
        let filter = Filter::parse(text, &context(list)).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(filter.matches(facts), *expected, "{text}");
    }
}

fn facts_of(activity: &Activity) -> ActivityFacts<'_> {
    ActivityFacts { activity, former_ids: &[], sync: SyncFacts::default() }
}

#[test]
fn contacts_are_asked_for_themselves_and_their_activities() {
    let contact = contact();
    let activities = activities();
    let others: Vec<_> = activities.iter().map(facts_of).collect();
    let imports = [(3, "Fair 2026".to_owned())];
    let open = Some(OpenRow { state: OpenState::Retry, attempts: 2 });
    let sync = SyncFacts { record: Some("00Q000000000001AAA"), open };
    let contact = ContactFacts { contact: &contact, duplicate: true, imports: &imports, sync };
    let facts = Facts { contact: Some(contact), activity: None, others: &others };
    let cases = [
        ("", true),
        ("asa", true),
        ("ÅSA berg", true),
        ("\"asa berg\"", true),
        ("\"acme berg\"", false),
        ("erg", true),
        ("erg*", false),
        ("be*", true),
        ("viken", false), // not among the texts that are searched
        ("demo", false),  // that is an activity's
        ("asa -berg", false),
        ("nobody OR acme", true),
        ("nobody OR acme lund", false),
        ("(nobody OR acme) berg", true),
        ("status:\"Sales qualified\"", true),
        ("status:sql,none", true),
        ("status:none", false),
        ("status:any", true),
        ("owner:me", true),
        ("mine", true),
        ("mine:no", false),
        ("owner:ana", true),
        ("owner:lund", true),
        ("owner:lun", false),
        ("owner:lun*", false),
        ("owner:*lun*", true),
        ("owner:bo@x.no", false),
        ("source:import", true),
        ("created:2026-03-01", true),
        ("created:<2026-03-01", false),
        ("created:<=2026-03-01", true),
        ("created:<4w", true),
        ("updated:<2h", true),
        ("updated:>2h", false),
        ("interacted:none", true),
        ("-interacted:<1y", true),
        ("company:acme", false),
        ("company:\"ACME as\"", true),
        ("company:acme*", true),
        ("email:asa@mail.acme.no", true),
        ("email:@acme.no", false),
        ("email:acme.no", true),
        ("mobile_phone:\"0047 900 00 000\"", true),
        ("mobile_phone:90000000", true),
        ("phone:none", true),
        ("has:phone", true),
        ("has:booking", true),
        ("has:conversation", false),
        ("has:duplicate,conversation", true),
        ("has:salesforce", true),
        ("employees>50", false),
        ("employees>=50", true),
        ("employees:40..50", true),
        ("team_size:0", true),
        ("team_size:none", false),
        ("tags:\"big deal\"", true),
        ("tags:big", false),
        ("renewal:next_month", true),
        ("renewal:>2026-04-15", false),
        ("\"Next renewal\":next_month", true), // as people call it
        ("\"NEXT Renewal\":>2026-04-15", false),
        ("\"Team Size\":0", true),
        ("contact.next_renewal:next_month", true),
        ("contact.state:viken", true),
        ("state:canceled", true),
        ("kind:booking state:canceled", true),
        ("kind:form state:canceled", false),
        ("(kind:form) (state:canceled)", true),
        ("kind:form (state:canceled OR state:closed)", false),
        ("kind:booking -state:completed", true), // that one is in the trash
        ("state:completed", false),
        ("state:completed trash", true),
        ("state:completed trash:any", true),
        ("kind:booking -state:canceled", false),
        ("start:tomorrow", true),
        ("start:>now host:bo", true),
        ("start:>now host:me", false),
        ("form:\"contact us\" unread:no", true),
        ("utm_campaign:spring", true),
        ("import:\"fair 2026\"", true),
        ("import:3", true),
        ("import:4", false),
        ("sync:pending", true),
        ("sync:failed", true),
        ("sync:held", false),
        ("sync:done", false),
        ("id:7", true),
        ("id:00Q000000000001", true),
        ("activity.id:uid-1", true),
    ];
    check(List::Contacts, &facts, &cases);
}

#[test]
fn activities_are_asked_for_themselves_and_their_contact() {
    let contact = contact();
    let activities = activities();
    let others = [facts_of(&activities[1]), facts_of(&activities[2])];
    let facts = Facts { others: &others, ..Facts::new(Some(&contact), Some(&activities[0])) };
    let cases = [
        ("", true),
        ("demo", true),
        ("demo berg", true), // one word in the activity, one in its contact
        ("guest@y.no spring uid-1", true),
        ("kind:booking", true),
        ("kind:form", false),
        ("state:cancelled", true),
        ("kind:booking -state:canceled", false),
        ("mine", false),
        ("host:bo", true),
        ("owner:me", true),
        ("source:calcom event_type:demo", true),
        ("contact.source:import", true),
        ("created:yesterday", true),
        ("contact.created:yesterday", false),
        ("status:sales_qualified", true),
        ("company:\"acme as\"", true),
        ("has:form", true),
        ("has:salesforce", false),
        ("unread", true),
        ("test", false),
        ("trash", false),
        ("trash:any", true),
        ("start:+1d", true),
        ("start:now..+1d", true),
        ("sync:none", true),
        ("id:1", true),
        ("id:uid-1", true),
        ("contact.id:7", true),
    ];
    check(List::Activities, &facts, &cases);

    let trashed = Facts::new(Some(&contact), Some(&activities[2]));
    check(List::Activities, &trashed, &[("", false), ("trash", true), ("kind:booking", false), ("-trash", false)]);
    let orphan = Facts::new(None, Some(&activities[0]));
    check(
        List::Activities,
        &orphan,
        &[("demo", true), ("berg", false), ("status:none", false), ("-status:none", true)],
    );
}

#[test]
fn nobody_has_nothing() {
    let contact = contact();
    let facts = Facts::new(Some(&contact), None);
    for text in ["mine", "owner:me"] {
        let filter = Filter::parse(text, &super::Context { me: None, ..context(List::Contacts) }).unwrap();
        assert!(!filter.matches(&facts), "{text}");
    }
}
