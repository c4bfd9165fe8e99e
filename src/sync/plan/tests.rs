//! What no plan ever does, whatever the org holds and whichever options are combined.

use std::collections::HashSet;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::activity::{Attendee, Detail, Kind, Utm};
use crate::domain::{Field, UserRef, Values};
use crate::store::OutboxState;
use crate::sync::account::{Account, Accounts};
use crate::sync::found::Candidate;
use crate::sync::person::Choice;
use crate::sync::profile::{OnCancel, RecordKind};
use crate::sync::rules::{When, Wins, WriteRule};

const EMAILS: [&str; 4] = ["bo@acme.test", "cy@acme.test", "di@gmail.com", "eve@other.test"];
const INTEGRATION: &str = "Integration User";

fn now() -> Timestamp {
    Timestamp::from_second(1_900_000_000).unwrap()
}

fn contact(n: usize) -> Contact {
    let mut values = Values::new();
    values.put_text(Field::Email, Some(EMAILS[n]));
    values.put_text(Field::FirstName, Some("Bo"));
    values.put_text(Field::Company, Some("Ours"));
    Contact {
        id: n as i64,
        values,
        status: None,
        owner: None,
        source: "calcom".into(),
        created_at: now(),
        updated_at: now(),
        interacted_at: None,
    }
}

fn booking(n: usize, guests: &[usize], state: State) -> Activity {
    let attendee = |n: &usize| Attendee {
        email: Some(EMAILS[*n].to_uppercase()),
        name: Some("Bo van der Guest".into()),
        ..Attendee::default()
    };
    let host = UserRef { email: Email::parse("ann@seller.test").ok(), ..UserRef::default() };
    Activity {
        id: n as i64,
        kind: Kind::Booking,
        state,
        source: "calcom".into(),
        external_id: format!("u{n}"),
        contact_id: Some(n as i64),
        person_name: None,
        person_email: None,
        person_phone: None,
        subject: Some("Meeting".into()),
        start: Some(now()),
        end: Some(now()),
        customer_time_zone: None,
        user: Some(host),
        event_type: None,
        page: None,
        bot: None,
        form: None,
        location: None,
        utm: Utm::default(),
        reason: None,
        reason_by: None,
        detail: Detail { attendees: [n].iter().chain(guests).map(attendee).collect(), ..Detail::default() },
        related_id: None,
        test: false,
        unread: false,
        trashed_at: None,
        source_at: now(),
        created_at: now(),
        updated_at: now(),
    }
}

fn row(id: i64, entity: Entity, entity_id: i64) -> OutboxRow {
    OutboxRow {
        id,
        entity,
        entity_id,
        contact_id: None,
        label: String::new(),
        cause: String::new(),
        state: OutboxState::InFlight,
        version: 1,
        attempts: 0,
        next_at: now(),
        intent: None,
        code: None,
        message: None,
        field: None,
        object: None,
        class: None,
        note: Vec::new(),
        created_at: now(),
        updated_at: now(),
        done_at: None,
    }
}

/// A Lead or Contact of the org, by small numbers.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is drawn by itself
struct Somebody {
    lead: bool,
    email: usize,
    converted: Option<usize>,
    integration: bool,
    account: bool,
    full: bool,
}

fn id_of(n: usize, lead: bool) -> String {
    format!("{}{n:012}AAA", if lead { "00Q" } else { "003" })
}

/// What the questions would have brought.
fn found(people: &[Somebody], linked_gone: &[usize], accounts: bool) -> Found {
    let mut found = Found::default();
    for (n, somebody) in people.iter().enumerate() {
        let object = if somebody.lead { "Lead" } else { "Contact" };
        let mut values = Map::new();
        if somebody.full {
            for field in ["FirstName", "LastName", "Phone", "Title", "Company"] {
                values.insert(field.to_owned(), json!("theirs"));
            }
        }
        values.insert("OwnerId".into(), json!("005000000000009AAA"));
        if somebody.account && !somebody.lead {
            values.insert("AccountId".into(), json!("001000000000007AAA"));
        }
        let converted = somebody.converted.filter(|_| somebody.lead);
        let candidate = Candidate {
            object: object.to_owned(),
            id: id_of(n, somebody.lead),
            email: Some(EMAILS[somebody.email].to_owned()),
            modified: Some(now()),
            converted_to: converted.map(|to| id_of(to, false)),
            converted: converted.is_some(),
            owner_name: Some(if somebody.integration { INTEGRATION } else { "Eve Else" }.to_owned()),
            values,
        };
        found.by_email.entry(EMAILS[somebody.email].to_owned()).or_default().push(candidate.clone());
        found.by_id.insert(candidate.id.clone(), candidate);
    }
    // What a Lead became and is not there, and what was linked and is gone.
    let became: Vec<String> = found.by_id.values().filter_map(|lead| lead.converted_to.clone()).collect();
    let missing = became.into_iter().filter(|id| !found.by_id.contains_key(id)).collect::<Vec<_>>();
    found.gone.extend(missing);
    found.gone.extend(linked_gone.iter().map(|n| id_of(90 + n, false)));
    found.users.insert("ann@seller.test".into(), "005000000000001AAA".into());
    if accounts {
        let acme = Account { id: "001000000000001AAA".into(), website: Some("acme.test".into()), ..Account::default() };
        found.accounts = Accounts { by_id: [(acme.id.clone(), acme)].into(), ..Accounts::default() };
    }
    found
}

prop_compose! {
    fn somebody()(
        lead in any::<bool>(), email in 0..EMAILS.len(), converted in proptest::option::of(0..6_usize),
        integration in any::<bool>(), account in any::<bool>(), full in any::<bool>(),
    ) -> Somebody {
        Somebody { lead, email, converted, integration, account, full }
    }
}

prop_compose! {
    fn profiles()(
        calcom in any::<bool>(), record in 0..3_usize, flags in prop::array::uniform8(any::<bool>()),
        on_cancel in any::<bool>(), when in any::<bool>(),
    ) -> Profile {
        let [ignore_guests, skip_creation, lead_checks_contact, under, lead, fuzzy, change, organizer_owns] = flags;
        let rule = |object, on, field: &str, value: &str| WriteRule {
            object, on, field: field.into(), value: value.into(), kind: None, fallback: None, wins: Wins::Ours,
            when: if when { When::Empty } else { When::Always },
        };
        Profile {
            record: [RecordKind::Contact, RecordKind::Lead, RecordKind::Account][record],
            ignore_guests,
            skip_creation,
            lead_checks_contact,
            contact_under_account: under,
            lead_when_no_account: lead,
            fuzzy_domain: fuzzy,
            change_owner_from: change.then(|| INTEGRATION.to_owned()),
            organizer_owns,
            on_cancel: if on_cancel { OnCancel::Delete } else { OnCancel::Update },
            rules: vec![
                rule(RuleObject::Person, Moment::Create, "Title", "booked {nothing}"),
                rule(RuleObject::Person, Moment::Create, "Title", "booked"),
                rule(RuleObject::Person, Moment::Cancel, "Phone", "{contact.phone}"),
                rule(RuleObject::Contact, Moment::Update, "Phone", "{contact.company}"),
                rule(RuleObject::Lead, Moment::Create, "Company", "{contact.nickname}"),
                rule(RuleObject::Contact, Moment::Update, "Unknown__c", "x"),
                rule(RuleObject::Lead, Moment::Update, "Unknown__c", "x"),
                rule(RuleObject::Person, Moment::Create, "Unknown__c", "x"),
                rule(RuleObject::Event, Moment::Create, "Unknown__c", "x"),
                rule(RuleObject::Event, Moment::Update, "Unknown__c", "x"),
            ],
            ..Profile::of_base(if calcom { Base::CalCom } else { Base::OnceHub })
        }
    }
}

/// A row of the batch: whose, of a booking (its state, its guests) or of the contact, linked to what.
#[derive(Clone, Debug)]
struct Work {
    who: usize,
    booking: Option<(State, Vec<usize>)>,
    has_event: bool,
    link: Option<usize>,
}

prop_compose! {
    fn work()(
        who in 0..EMAILS.len(), state in 0..4_usize, booked in any::<bool>(), guests in prop::collection::vec(0..EMAILS.len(), 0..3),
        has_event in any::<bool>(), link in proptest::option::of(0..8_usize),
    ) -> Work {
        let state = [State::Scheduled, State::Rescheduled, State::Canceled, State::NoShow][state];
        Work { who, booking: booked.then_some((state, guests)), has_event, link }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn what_no_plan_does(
        people in prop::collection::vec(somebody(), 0..6), profile in profiles(),
        work in prop::collection::vec(work(), 1..5), accounts in any::<bool>(),
    ) {
        let gone: Vec<usize> = (people.len()..8).collect();
        let found = found(&people, &gone, accounts);
        let link = |n: usize| {
            let record_id = match people.get(n) {
                Some(somebody) => id_of(n, somebody.lead),
                None => id_of(90 + n, false),
            };
            Link {
                object: if record_id.starts_with("00Q") { "Lead" } else { "Contact" }.into(),
                record_id, sent: json!({}), seen: json!({}), candidates: Vec::new(), linked_at: now(), updated_at: now(),
            }
        };
        // One contact has one link.
        let links: HashMap<usize, Link> = work.iter().filter_map(|work| Some((work.who, link(work.link?)))).collect();
        let event = Link { object: "Event".into(), record_id: "00U000000000001AAA".into(), ..link(0) };
        let contacts: Vec<Contact> = work.iter().map(|work| contact(work.who)).collect();
        let activities: Vec<Option<Activity>> = work.iter()
            .map(|work| work.booking.as_ref().map(|(state, guests)| booking(work.who, guests, *state))).collect();
        let rows: Vec<OutboxRow> = work.iter().enumerate().map(|(n, work)| {
            let entity = if work.booking.is_some() { Entity::Activity } else { Entity::Contact };
            row(n as i64, entity, work.who as i64)
        }).collect();
        let items: Vec<Item<'_>> = work.iter().enumerate().map(|(n, work)| Item {
            row: &rows[n],
            profile: &profile,
            contact: Some(&contacts[n]),
            former: &[],
            activity: activities[n].as_ref(),
            contact_link: links.get(&work.who),
            activity_link: (work.has_event && work.booking.is_some()).then_some(&event),
            admitted: true,
            restored: false,
        }).collect();
        let (event, lead, contact) = (described("Event"), described("Lead"), described("Contact"));
        let org = Org { event: Some(&event), lead: Some(&lead), contact: Some(&contact), default_owner: None };
        let plan = plan(&items, &HashMap::new(), &found, org);

        let mut created = HashSet::new();
        for person in &plan.persons {
            if let Target::Record { id, .. } = &person.target {
                prop_assert!(found.by_id.get(id).is_none_or(|lead| !lead.converted), "an Event under a converted lead");
                prop_assert!(!found.gone.contains(id), "a record that is gone");
            }
            let Some(operation) = &person.operation else { continue };
            prop_assert!(operation.fields.iter().all(|write| write.field != "Unknown__c"), "an unknown field");
            prop_assert!(operation.fields.iter().all(|write| !crate::sync::found::is_blank(&write.after)), "{operation:?}");
            match &operation.action {
                Action::Create => {
                    prop_assert!(!profile.skip_creation);
                    let body = operation.body();
                    let email = body["Email"].as_str().unwrap();
                    prop_assert!(created.insert((operation.object.clone(), email.to_owned())), "{email} twice");
                    let contacts = found.people("Contact", email);
                    let leads = found.people("Lead", email);
                    if operation.object == "Contact" {
                        prop_assert!(contacts.is_empty(), "{email} is a Contact");
                        let under = body.contains_key("AccountId");
                        let lead_may_be = profile.account_before_lead() && under || !profile.looks_for_lead();
                        prop_assert!(lead_may_be || leads.iter().all(|lead| lead.converted), "{email} is a Lead");
                        prop_assert!(!under || !email.ends_with("gmail.com"));
                    } else {
                        prop_assert!(leads.iter().all(|lead| lead.converted), "{email} is a Lead");
                        prop_assert!(!profile.looks_for_contact() || contacts.is_empty(), "{email} is a Contact");
                    }
                }
                Action::Update(id) => {
                    let current = &found.by_id[id];
                    prop_assert!(!current.converted, "a converted lead is written");
                    for write in &operation.fields {
                        if write.field == "OwnerId" {
                            prop_assert!(profile.change_owner_from.is_some());
                            prop_assert_eq!(current.owner_name.as_deref(), Some(INTEGRATION));
                        }
                        if write.field == "AccountId" {
                            prop_assert!(profile.contact_under_account && current.value("AccountId").is_none());
                        }
                        if matches!(write.field.as_str(), "FirstName" | "LastName" | "Company") {
                            prop_assert!(current.value(&write.field).is_none(), "theirs is overwritten");
                        }
                    }
                }
                Action::Delete(_) => prop_assert!(false, "a person is deleted"),
            }
        }
        for item in &plan.items {
            if let Some(operation) = item.event.as_ref().and_then(|event| event.operation.as_ref()) {
                prop_assert!(operation.fields.iter().all(|write| write.field != "Unknown__c"), "an unknown field");
                let blank = |write: &FieldWrite| crate::sync::found::is_blank(&write.after);
                prop_assert!(!operation.fields.iter().any(blank), "{operation:?}");
            }
            let people: HashSet<_> = item.persons.iter().collect();
            prop_assert_eq!(people.len(), item.persons.len(), "nobody is related twice");
            let ended = item.nothing.is_some() || item.fault.is_some();
            prop_assert!(ended || item.event.is_some() || !item.persons.is_empty(), "a row without an end");
        }
    }
}

/// What the org says of an object, as far as rules here write it.
fn described(object: &str) -> Describe {
    let field = |name: &str| {
        json!({"name": name, "label": name, "type": "string", "length": 80, "nillable": true,
        "createable": true, "updateable": true, "defaultedOnCreate": false, "calculated": false, "custom": false})
    };
    let fields: Vec<_> = ["Title", "Phone", "Company", "EventWhoIds", "Subject"].into_iter().map(field).collect();
    serde_json::from_value(json!({"name": object, "label": object, "fields": fields})).unwrap()
}

/// A record of the org: number, email, has the phone, stands for another contact.
type Record = (usize, Option<&'static str>, bool, bool);

/// Which identifier finds whom (product S4, C8): email, former emails, mobile phone; what stands for another contact is
/// not taken from it.
#[test]
fn the_identifier_that_finds() {
    let candidate = |n: usize, email: Option<&str>| Candidate {
        object: "Lead".into(),
        id: id_of(n, true),
        email: email.map(str::to_owned),
        modified: Timestamp::from_second(n as i64).ok(),
        converted_to: None,
        converted: false,
        owner_name: None,
        values: Map::new(),
    };
    let phone = "+4790000000";
    let former = ["old@acme.test".to_owned(), "older@acme.test".to_owned()];
    let ours = contact(0);
    // The records; then: strict, the one that is found.
    let cases: Vec<(Vec<Record>, bool, Option<usize>)> = vec![
        (vec![(1, Some("bo@acme.test"), false, false), (2, Some("old@acme.test"), false, false)], false, Some(1)),
        (vec![(2, Some("old@acme.test"), false, false), (3, Some("older@acme.test"), false, false)], false, Some(2)),
        (vec![(3, Some("older@acme.test"), false, false), (4, None, true, false)], false, Some(3)),
        (vec![(2, Some("old@acme.test"), false, true), (4, None, true, false)], false, Some(4)),
        (vec![(4, None, true, false), (5, None, true, false)], false, Some(5)),
        (vec![(4, None, true, false), (5, Some("x@y.test"), true, false)], false, Some(5)),
        (vec![(4, None, true, false), (5, Some("x@y.test"), true, false)], true, Some(4)),
        (vec![(5, Some("x@y.test"), true, false)], true, None),
        (vec![(4, None, true, true)], false, None),
        (vec![], false, None),
    ];
    for (row, (records, strict_email, expected)) in cases.into_iter().enumerate() {
        let mut found = Found::default();
        for (n, email, has_phone, taken) in records {
            let one = candidate(n, email);
            if let Some(email) = email {
                found.by_email.entry(email.to_owned()).or_default().push(one.clone());
            }
            if has_phone {
                found.by_phone.entry(phone.to_owned()).or_default().push(one.id.clone());
            }
            if taken {
                found.taken.insert(one.id.clone(), 99);
            }
            found.by_id.insert(one.id.clone(), one);
        }
        let profile = Profile { strict_email, ..Profile::of_base(Base::OnceHub) };
        let who = Who { former: &former, mobile: Some(phone.to_owned()), contact: Some(&ours), ..by_email(EMAILS[0]) };
        let id = match person::decide(&who, &profile, &found) {
            person::Decision::Known(choice) => Some(choice.id),
            _ => None,
        };
        assert_eq!(id, expected.map(|n| id_of(n, true)), "row {row}");
    }
}

/// Whom an Event is put under: who was, who is now, whether the org relates all; what is written.
#[test]
fn what_is_written_of_the_people_of_an_event() {
    let ids = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    for (before, now, all, fields) in [
        (vec![], vec!["a"], false, json!({"WhoId": "a"})),
        (vec![], vec!["a"], true, json!({"WhoId": "a"})),
        (vec![], vec!["a", "b"], false, json!({"WhoId": "a"})),
        (vec![], vec!["a", "b"], true, json!({"WhoId": "a", "EventWhoIds": ["a", "b"]})),
        (vec!["a"], vec!["a"], true, json!({})),
        (vec!["a", "b", "c"], vec!["a", "c", "b"], true, json!({})),
        (vec!["a"], vec!["b"], false, json!({"WhoId": "b"})),
        (vec!["a", "b"], vec!["a"], true, json!({"EventWhoIds": ["a"]})),
        (vec!["a", "b"], vec!["b"], true, json!({"WhoId": "b", "EventWhoIds": ["b"]})),
        (vec!["a", "b"], vec!["b", "a"], true, json!({"WhoId": "b", "EventWhoIds": ["b", "a"]})),
        (vec!["a"], vec!["a", "b"], true, json!({"EventWhoIds": ["a", "b"]})),
        (vec!["a"], vec![], true, json!({})),
    ] {
        let related = Related { all, before: ids(&before) };
        let written: Map<String, Json> =
            relation_of(&related, &ids(&now)).into_iter().map(|(field, value)| (field.to_owned(), value)).collect();
        assert_eq!(Json::Object(written), fields, "{before:?} -> {now:?}, all: {all}");
    }
}

fn by_email(email: &str) -> Who<'_> {
    let key = PersonKey::Guest(email.to_owned());
    let place = crate::sync::account::Place::default();
    Who { key, email: Some(email.to_owned()), former: &[], mobile: None, contact: None, attendee: None, place }
}

/// The decision of Cal.com reference 2.2 and OnceHub reference 4.2 for one person, purely.
#[test]
fn the_record_of_a_person() {
    let somebody =
        |lead, converted| Somebody { lead, email: 0, converted, integration: false, account: false, full: false };
    let (contact, lead) = (somebody(false, None), somebody(true, None));
    let mode = |record, lead_checks_contact, base| Profile { record, lead_checks_contact, ..Profile::of_base(base) };
    let contacts = mode(RecordKind::Contact, false, Base::CalCom);
    let leads = mode(RecordKind::Lead, false, Base::CalCom);
    let checks = mode(RecordKind::Lead, true, Base::CalCom);
    let oncehub = Profile::of_base(Base::OnceHub);
    let converted = somebody(true, Some(1));
    let lost = somebody(true, Some(5));
    let cases: Vec<(&Profile, Vec<&Somebody>, &str, usize)> = vec![
        (&contacts, vec![], "new Contact", 0),
        (&contacts, vec![&contact], "Contact 0", 0),
        (&contacts, vec![&lead], "new Contact", 0),
        (&leads, vec![], "new Lead", 0),
        (&leads, vec![&lead], "Lead 0", 0),
        (&leads, vec![&contact], "new Lead", 0),
        (&leads, vec![&contact, &lead], "Lead 1", 0),
        (&checks, vec![&contact, &lead], "Contact 0", 2),
        (&checks, vec![&lead], "Lead 0", 0),
        (&oncehub, vec![&contact, &lead], "Contact 0", 2),
        (&oncehub, vec![&lead, &lead], "Lead 0", 2),
        (&oncehub, vec![&contact, &contact], "Contact 0", 2),
        (&leads, vec![&converted, &contact], "Contact 1", 0),
        (&leads, vec![&converted, &contact, &lead], "Lead 2", 0),
        (&leads, vec![&lost], "new Lead", 0),
    ];
    for (n, (profile, people, expected, candidates)) in cases.into_iter().enumerate() {
        let people: Vec<Somebody> = people.into_iter().cloned().collect();
        let decision = person::decide(&by_email(EMAILS[0]), profile, &found(&people, &[], false));
        let (is, several) = match decision {
            person::Decision::Known(Choice { object, id, candidates, .. }) => {
                let number: usize = id[3..15].parse().unwrap();
                (format!("{object} {number}"), candidates.len())
            }
            person::Decision::New { object, .. } => (format!("new {object}"), 0),
            person::Decision::Nobody(reason) => (reason, 0),
        };
        assert_eq!((is.as_str(), several), (expected, candidates), "row {n}");
    }
}
