//! One interaction, one transaction.

use rolodeck::domain::activity::{ActivityUpdate, Kind, State};
use rolodeck::domain::{Field, Interaction, Person, Source, Status};
use rolodeck::ingest::{Context, understand_json};
use rolodeck::store::{IdentityRules, OutboxState};
use serde_json::json;

use super::{apply, at, booking, hold, person, scratch};

#[tokio::test]
async fn a_booking_makes_one_contact_with_one_history_and_one_row_for_salesforce() {
    let s = scratch().await;
    let ana = person(&[(Field::Email, "ana@x.test"), (Field::FirstName, "Ana"), (Field::LastName, "Berg")]);
    let applied = apply(&s.store, &booking("u1", State::Scheduled, 0, ana)).await;
    assert!(applied.contact_created && applied.activity_created && !applied.duplicate);

    let detail = s.store.contact_detail(applied.contact_id.unwrap()).await.unwrap().unwrap();
    assert_eq!(detail.contact.values.full_name(), "Ana Berg");
    assert_eq!(detail.contact.source, "calcom");
    assert_eq!(detail.contact.interacted_at, Some(at(0)));
    assert_eq!(detail.activity_count, 1);
    let what: Vec<_> = detail.history.iter().map(|entry| entry.what.as_str()).collect();
    assert_eq!(what, ["scheduled", "created"]);
    assert_eq!(detail.outbox.len(), 1);
    assert_eq!(detail.outbox[0].cause, "scheduled");
    assert_eq!(s.store.status_counts().await.unwrap().none, 1);
}

#[tokio::test]
async fn the_same_delivery_twice_changes_nothing() {
    let s = scratch().await;
    let first = booking("u1", State::Scheduled, 0, person(&[(Field::Email, "ana@x.test")]));
    let one = apply(&s.store, &first).await;
    let two = apply(&s.store, &first).await;
    assert!(two.duplicate);
    assert_eq!((one.contact_id, one.activity_id), (two.contact_id, two.activity_id));
    let rows = s.store.outbox(&[], 10).await.unwrap();
    assert_eq!((rows.len(), rows[0].version), (1, 1));
    let detail = s.store.contact_detail(one.contact_id.unwrap()).await.unwrap().unwrap();
    assert_eq!(detail.history.len(), 2);
}

/// OnceHub reference 1.5 through the store: who is whom, and what is written.
#[tokio::test]
async fn identification() {
    let s = scratch().await;
    let email = |mail| (Field::Email, mail);
    let mobile = |number| (Field::MobilePhone, number);
    let mut n = 0;
    let mut send = |fields: &[(Field, &str)]| {
        n += 1;
        booking(&format!("u{n}"), State::Scheduled, n, person(fields))
    };
    let a = apply(&s.store, &send(&[email("a@x.test")])).await.contact_id.unwrap();
    let b = apply(&s.store, &send(&[mobile("+4790000001")])).await.contact_id.unwrap();
    assert_ne!(a, b);

    // Email of A and a free mobile: A takes it over.
    let to = apply(&s.store, &send(&[email("a@x.test"), mobile("+4790000002")])).await;
    assert_eq!((to.contact_id, to.contact_created), (Some(a), false));
    // Email of A and the mobile of B: the email wins, B keeps its mobile, and the pair is listed.
    let to = apply(&s.store, &send(&[email("a@x.test"), mobile("+4790000001")])).await;
    assert_eq!(to.contact_id, Some(a));
    let detail = s.store.contact_detail(a).await.unwrap().unwrap();
    assert_eq!(detail.contact.values.text(Field::MobilePhone), Some("+4790000002"));
    assert_eq!(detail.duplicates[0].contact_id, Some(b));
    // A new email with the mobile of B, who has none: B gets it.
    let to = apply(&s.store, &send(&[email("b@x.test"), mobile("+4790000001")])).await;
    assert_eq!(to.contact_id, Some(b));
    // Another new email with the mobile of B: linked, the stored email stays, and it is listed.
    let to = apply(&s.store, &send(&[email("other@x.test"), mobile("+4790000001")])).await;
    assert_eq!(to.contact_id, Some(b));
    let detail = s.store.contact_detail(b).await.unwrap().unwrap();
    assert_eq!(detail.contact.values.text(Field::Email), Some("b@x.test"));
    assert!(detail.duplicates.iter().any(|hint| hint.label == "other@x.test"));
    // The same with strict emails: a new contact, without the mobile that is B's.
    let strict = IdentityRules { strict_email: true };
    let interaction = send(&[email("third@x.test"), mobile("+4790000001")]);
    let to = s.store.apply(&interaction, strict, at(0)).await.unwrap();
    assert!(to.contact_created);
    // A landline identifies nobody, and a name alone never joins.
    let one = apply(&s.store, &send(&[(Field::FirstName, "Ana"), (Field::Phone, "+4722000000")])).await;
    let two = apply(&s.store, &send(&[(Field::FirstName, "Ana"), (Field::Phone, "+4722000000")])).await;
    assert_ne!(one.contact_id, two.contact_id);
}

/// OnceHub reference 1.5, row by row: A has an email and a mobile, B a mobile only, C both. Who gets it, what is then
/// stored there, and whether a possible duplicate is raised; by an activity and by a row of a file.
#[tokio::test]
async fn the_identification_table_holds_for_activities_and_files() {
    use rolodeck::store::{ImportMode, ImportRow};
    const A: (&str, &str) = ("a@x.test", "+4790000001");
    const B: (&str, &str) = ("", "+4790000002");
    const C: (&str, &str) = ("c@x.test", "+4790000003");
    const NEW: (&str, &str) = ("new@x.test", "+4790000009");
    // Incoming email and mobile; whose it is (4: a new contact), its email and mobile afterwards, a duplicate.
    let table = [
        ("email of A", A.0, "", 1, A, false),
        ("email of A in other letters", " A@X.Test ", "", 1, A, false),
        ("email and mobile of A", A.0, A.1, 1, A, false),
        ("email of A, a mobile that nobody has", A.0, NEW.1, 1, (A.0, NEW.1), false),
        ("email of A, mobile of B: the email wins", A.0, B.1, 1, A, true),
        ("email of A, mobile of C: the email wins", A.0, C.1, 1, A, true),
        ("new email, mobile of B, who has none: filled", NEW.0, B.1, 2, (NEW.0, B.1), false),
        ("new email, mobile of C, who has another (D1)", NEW.0, C.1, 3, C, true),
        ("new email, new mobile", NEW.0, NEW.1, 4, NEW, false),
        ("new email", NEW.0, "", 4, (NEW.0, ""), false),
        ("mobile of B", "", B.1, 2, B, false),
        ("mobile of C", "", C.1, 3, C, false),
        ("new mobile", "", NEW.1, 4, ("", NEW.1), false),
        ("a name only", "", "", 4, ("", ""), false),
    ];
    for door in ["activity", "file"] {
        for (row, email, mobile, who, stored, duplicate) in table {
            let s = scratch().await;
            for (n, (email, mobile)) in [A, B, C].into_iter().enumerate() {
                let fields = [(Field::Email, email), (Field::MobilePhone, mobile)];
                let fields: Vec<_> = fields.into_iter().filter(|(_, text)| !text.is_empty()).collect();
                let made = apply(&s.store, &booking(&format!("u{n}"), State::Scheduled, 0, person(&fields))).await;
                assert_eq!(made.contact_id, Some(n as i64 + 1));
            }
            let folded = email.trim().to_lowercase();
            let fields = [(Field::Email, folded.as_str()), (Field::MobilePhone, mobile), (Field::FirstName, "Ana")];
            let fields: Vec<_> = fields.into_iter().filter(|(_, text)| !text.is_empty()).collect();
            let coming = person(&fields);
            // A list has a person a row: there, whoever has an email of their own is not the one who shares their phone.
            let strict = door == "file" && row.contains("D1");
            let (who, stored) = if strict { (4, (NEW.0, "")) } else { (who, stored) };
            let found = if door == "activity" {
                apply(&s.store, &booking("u9", State::Scheduled, 10, coming)).await.contact_id.unwrap()
            } else {
                let import = s.store.import_begin("people", "people.csv", "ana@seller.test", at(9)).await.unwrap();
                let mode = ImportMode { import, sync: false, actor: "ana@seller.test" };
                let rows = [ImportRow { values: &coming.values, status: None, owner: None, source: None }];
                s.store.import_rows(&rows, mode, at(10)).await.unwrap().outcomes[0].contact()
            };
            assert_eq!(found, who, "{door}: {row}");
            let detail = s.store.contact_detail(found).await.unwrap().unwrap();
            let text = |field| detail.contact.values.text(field).unwrap_or_default();
            assert_eq!((text(Field::Email), text(Field::MobilePhone)), stored, "{door}: {row}");
            assert_eq!(text(Field::FirstName), "Ana", "{door}: {row}: it is updated, too");
            assert_eq!(!detail.duplicates.is_empty(), duplicate, "{door}: {row}: {:?}", detail.duplicates);
            // Nobody else was touched.
            for (n, (email, mobile)) in [A, B, C].into_iter().enumerate().filter(|(n, _)| *n as i64 + 1 != found) {
                let other = s.store.contact_detail(n as i64 + 1).await.unwrap().unwrap().contact.values;
                let text = |field| other.text(field).unwrap_or_default().to_owned();
                assert_eq!(
                    (text(Field::Email), text(Field::MobilePhone)),
                    (email.to_owned(), mobile.to_owned()),
                    "{row}"
                );
            }
        }
    }
}

#[tokio::test]
async fn values_are_updated_and_blank_never_clears() {
    let s = scratch().await;
    let full = [(Field::Email, "ana@x.test"), (Field::Company, "Berg AS"), (Field::City, "Oslo")];
    let id = apply(&s.store, &booking("u1", State::Scheduled, 10, person(&full))).await.contact_id.unwrap();
    let news = [(Field::Email, "ana@x.test"), (Field::Company, "Berg ASA")];
    apply(&s.store, &booking("u2", State::Scheduled, 20, person(&news))).await;
    // What is older than the last interaction fills blanks only.
    let old = [(Field::Email, "ana@x.test"), (Field::Company, "Older AS"), (Field::JobTitle, "CTO")];
    apply(&s.store, &booking("u3", State::Scheduled, 5, person(&old))).await;

    let contact = s.store.contact_detail(id).await.unwrap().unwrap().contact;
    assert_eq!(contact.values.text(Field::Company), Some("Berg ASA"));
    assert_eq!(contact.values.text(Field::City), Some("Oslo"));
    assert_eq!(contact.values.text(Field::JobTitle), Some("CTO"));
    assert_eq!(contact.interacted_at, Some(at(20)));
}

fn moved(from: &str, to: &str, seconds: i64) -> Interaction {
    let mut interaction = booking(to, State::Rescheduled, seconds, person(&[(Field::Email, "ana@x.test")]));
    let update = interaction.activity.as_mut().unwrap();
    update.previous_id = Some(from.into());
    update.start = Some(at(50_000));
    update.end = Some(at(51_800));
    interaction
}

#[tokio::test]
async fn a_reschedule_with_a_new_id_moves_the_same_booking() {
    let s = scratch().await;
    let ana = || person(&[(Field::Email, "ana@x.test")]);
    let first = apply(&s.store, &booking("u1", State::Scheduled, 0, ana())).await;
    let second = apply(&s.store, &moved("u1", "u2", 10)).await;
    assert_eq!(first.activity_id, second.activity_id);
    // What still speaks of the old id is about the same booking.
    let third = apply(&s.store, &booking("u1", State::Scheduled, 1, ana())).await;
    assert_eq!(first.activity_id, third.activity_id);
    let activity = s.store.activity_detail(first.activity_id.unwrap()).await.unwrap().unwrap().activity;
    assert_eq!(
        (activity.state, activity.start, activity.external_id.as_str()),
        (State::Rescheduled, Some(at(50_000)), "u2")
    );
    assert_eq!(s.store.outbox(&[], 10).await.unwrap().len(), 1);
}

/// Whatever the order in which a created, a rescheduled and a cancelled delivery come, there is one booking, it is
/// cancelled, and it is where it was moved to.
#[tokio::test]
async fn every_order_of_deliveries_ends_alike() {
    let ana = || person(&[(Field::Email, "ana@x.test")]);
    let mut canceled = booking("u2", State::Canceled, 20, ana());
    canceled.activity.as_mut().unwrap().start = Some(at(50_000));
    canceled.activity.as_mut().unwrap().reason = Some("ill".into());
    let all = [booking("u1", State::Scheduled, 0, ana()), moved("u1", "u2", 10), canceled];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let s = scratch().await;
        let mut ids = Vec::new();
        for i in order {
            ids.push(apply(&s.store, &all[i]).await.activity_id.unwrap());
        }
        let id = *ids.last().unwrap();
        let detail = s.store.activity_detail(id).await.unwrap().unwrap();
        assert_eq!(detail.activity.state, State::Canceled, "{order:?}");
        assert_eq!(detail.activity.start, Some(at(50_000)), "{order:?}");
        assert_eq!(detail.activity.reason.as_deref(), Some("ill"), "{order:?}");
        assert_eq!(detail.contact.unwrap().activity_count, 1, "{order:?}");
        let open = s.store.outbox(&[OutboxState::Pending], 10).await.unwrap();
        assert_eq!(open.len(), 1, "{order:?}");
    }
}

/// A payload that names the meeting by the id that it had before it was moved says nothing of the one after: neither a
/// cancellation, nor what a calendar says of the entry at the old time. Whatever the order.
#[tokio::test]
async fn what_is_said_of_a_meeting_before_it_was_moved_moves_nothing_back() {
    let ana = || person(&[(Field::Email, "ana@x.test")]);
    let mut canceled = booking("u1", State::Canceled, 11, ana());
    canceled.activity.as_mut().unwrap().reason = Some("moved".into());
    let declined = json!({"triggerEvent": "CALENDAR_ENTRY_REJECTED", "createdAt": at(12).to_string(),
        "booking": {"uid": "u1", "title": "Intro call", "startTime": at(10_000).to_string(), "endTime": at(11_800).to_string()},
        "declinedAttendee": {"email": "ana@x.test"}});
    let missing = json!({"triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": at(13).to_string(), "payload": {
        "bookingUid": "u1", "attendees": [{"email": "ana@x.test", "noShow": true}]}});
    let read = |body: &serde_json::Value| {
        understand_json(None, body, "{}", &Context::default(), at(90_000)).unwrap().interactions.remove(0)
    };
    for stale in [canceled, read(&declined), read(&missing)] {
        let all = [booking("u1", State::Scheduled, 0, ana()), moved("u1", "u2", 10), stale];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let s = scratch().await;
            for i in order {
                apply(&s.store, &all[i]).await;
            }
            let id = apply(&s.store, &moved("u1", "u2", 10)).await.activity_id.unwrap();
            let detail = s.store.activity_detail(id).await.unwrap().unwrap();
            let activity = detail.activity;
            let what = format!("{} {order:?}", all[2].event);
            assert_eq!(activity.external_id, "u2", "{what}");
            assert_eq!((activity.start, activity.end), (Some(at(50_000)), Some(at(51_800))), "{what}");
            assert_eq!(activity.state, State::Rescheduled, "{what}");
            assert_eq!(detail.contact.unwrap().activity_count, 1, "{what}");
            // The next word of the present one is heard as ever.
            let ended = apply(&s.store, &booking("u2", State::Canceled, 20, ana())).await;
            assert_eq!(ended.activity_id, Some(id), "{what}");
            let state = s.store.activity_detail(id).await.unwrap().unwrap().activity.state;
            assert_eq!(state, State::Canceled, "{what}");
        }
    }
}

/// Moved twice, and heard of in an odd order: it is where the last move put it.
#[tokio::test]
async fn a_booking_that_was_moved_twice_is_where_it_was_moved_last() {
    let ana = || person(&[(Field::Email, "ana@x.test")]);
    let mut last = moved("u2", "u3", 30);
    last.activity.as_mut().unwrap().start = Some(at(70_000));
    let canceled = booking("u1", State::Canceled, 40, ana());
    let all = [booking("u1", State::Scheduled, 0, ana()), moved("u1", "u2", 10), last, canceled];
    for order in [[0, 1, 2, 3], [0, 3, 2, 1], [2, 0, 3, 1], [1, 3, 2, 0], [3, 2, 1, 0]] {
        let s = scratch().await;
        let mut id = None;
        for i in order {
            id = apply(&s.store, &all[i]).await.activity_id;
        }
        let detail = s.store.activity_detail(id.unwrap()).await.unwrap().unwrap();
        let found = (detail.activity.external_id.as_str(), detail.activity.start, detail.activity.state);
        assert_eq!(found, ("u3", Some(at(70_000)), State::Rescheduled), "{order:?}");
        assert_eq!(detail.contact.unwrap().activity_count, 1, "{order:?}");
    }
}

#[tokio::test]
async fn a_visitor_who_tells_an_email_later_is_the_person_we_know() {
    let s = scratch().await;
    let ana = apply(&s.store, &booking("u1", State::Scheduled, 0, person(&[(Field::Email, "ana@x.test")]))).await;
    let talk = |seconds, person| Interaction {
        source: Source::OnceHub,
        key: format!("EVNT-{seconds}"),
        event: "conversation.started".into(),
        at: at(seconds),
        person: Some(person),
        activity: Some(ActivityUpdate::new(Kind::Conversation, "CVR-1")),
        payload: "{}".into(),
    };
    let visitor = apply(&s.store, &talk(10, person(&[(Field::Salutation, "website visitor")]))).await;
    assert_ne!(visitor.contact_id, ana.contact_id);
    let known = apply(&s.store, &talk(20, person(&[(Field::Email, "ana@x.test")]))).await;
    assert_eq!(known.contact_id, ana.contact_id);
    assert_eq!(known.activity_id, visitor.activity_id);
    assert!(s.store.contact_detail(visitor.contact_id.unwrap()).await.unwrap().is_none());
    assert_eq!(s.store.contact_detail(ana.contact_id.unwrap()).await.unwrap().unwrap().activity_count, 2);
    assert_eq!(s.store.status_counts().await.unwrap().total(), 1);
}

#[tokio::test]
async fn an_event_of_an_unknown_type_is_kept_and_a_status_comes_with_a_bot() {
    let s = scratch().await;
    let unknown = Interaction {
        source: Source::CalCom,
        key: "k".into(),
        event: "OOO_CREATED".into(),
        at: at(0),
        person: None,
        activity: None,
        payload: r#"{"triggerEvent":"OOO_CREATED"}"#.into(),
    };
    let applied = apply(&s.store, &unknown).await;
    assert!(applied.unknown && applied.contact_id.is_none());
    assert!(apply(&s.store, &unknown).await.duplicate);

    let mut bo = person(&[(Field::Email, "bo@x.test")]);
    bo.status = Some(Status::Qualified);
    let id = apply(&s.store, &booking("u1", State::Scheduled, 10, bo.clone())).await.contact_id.unwrap();
    assert_eq!(s.store.contact_detail(id).await.unwrap().unwrap().contact.status, Some(Status::Qualified));
    // A rep decides otherwise; the bot that repeats itself does not take it back, a new word of it does.
    s.store.set_status(&[id], Some(Status::Disqualified), "rep@x.test", at(11)).await.unwrap();
    apply(&s.store, &booking("u1", State::Rescheduled, 12, bo.clone())).await;
    let status = || async { s.store.contact_detail(id).await.unwrap().unwrap().contact.status };
    assert_eq!(status().await, Some(Status::Disqualified));
    bo.status = Some(Status::SalesQualified);
    apply(&s.store, &booking("u1", State::Rescheduled, 13, bo)).await;
    assert_eq!(status().await, Some(Status::SalesQualified));
}

#[tokio::test]
async fn a_test_is_stored_and_never_sent() {
    let s = scratch().await;
    let mut test = booking("u1", State::Scheduled, 0, person(&[(Field::Email, "ana@x.test")]));
    test.activity.as_mut().unwrap().test = Some(true);
    apply(&s.store, &test).await;
    assert!(s.store.outbox(&[], 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_interaction_without_a_person_still_has_its_activity() {
    let s = scratch().await;
    let mut interaction = booking("u1", State::Scheduled, 0, Person::default());
    interaction.person = None;
    let applied = apply(&s.store, &interaction).await;
    assert!(applied.activity_created && !applied.contact_created, "it names nobody");
    // Whose it is, is heard later.
    let told = apply(&s.store, &booking("u1", State::Scheduled, 1, person(&[(Field::Email, "ana@x.test")]))).await;
    assert_eq!((told.activity_id, told.contact_created), (applied.activity_id, true));
    let detail = s.store.activity_detail(told.activity_id.unwrap()).await.unwrap().unwrap();
    assert_eq!(detail.activity.contact_id, told.contact_id);
}

#[tokio::test]
async fn an_event_on_its_way_for_a_booking_that_was_known_already_is_taken_back() {
    let s = scratch().await;
    let ana = || person(&[(Field::Email, "ana@x.test")]);
    let first = apply(&s.store, &booking("u1", State::Scheduled, 0, ana())).await.activity_id.unwrap();
    let moved = apply(&s.store, &booking("u3", State::Rescheduled, 20, ana())).await.activity_id.unwrap();
    // The worker is sending both when it is heard that they are one.
    hold(&s.store, "worker", at(30)).await;
    let claimed = s.store.outbox_claim("worker", 10, at(30)).await.unwrap();
    assert_eq!(claimed.len(), 2);
    let mut between = booking("u3", State::Rescheduled, 10, ana());
    between.activity.as_mut().unwrap().previous_id = Some("u1".into());
    assert_eq!(apply(&s.store, &between).await.activity_id, Some(first));

    let kept = s.store.activity_detail(first).await.unwrap().unwrap();
    assert_eq!((kept.activity.state, kept.activity.trashed_at), (State::Rescheduled, None));
    let gone = s.store.activity_detail(moved).await.unwrap().unwrap();
    assert_eq!((gone.activity.state, gone.activity.related_id), (State::Canceled, Some(first)));
    assert!(gone.activity.trashed_at.is_some());
    for row in s.store.outbox(&[OutboxState::InFlight], 10).await.unwrap() {
        assert_eq!(row.version, 2, "both are looked at again: {row:?}");
    }
    // What the worker made of the second one is not lost, whichever id it is spoken of by.
    assert_eq!(apply(&s.store, &booking("u3", State::Canceled, 40, ana())).await.activity_id, Some(first));
}

#[tokio::test]
async fn what_a_test_tells_of_a_contact_waits_for_no_one() {
    let s = scratch().await;
    let ana = |company| person(&[(Field::Email, "ana@x.test"), (Field::Company, company)]);
    let id = apply(&s.store, &booking("u1", State::Scheduled, 0, ana("Old"))).await.contact_id.unwrap();
    let mut test = booking("u2", State::Scheduled, 5, ana("New"));
    test.activity.as_mut().unwrap().test = Some(true);
    assert_eq!(apply(&s.store, &test).await.contact_id, Some(id));
    let detail = s.store.contact_detail(id).await.unwrap().unwrap();
    assert_eq!(detail.contact.values.text(Field::Company), Some("New"));
    let rows = s.store.outbox(&[], 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.cause.as_str()).collect::<Vec<_>>(), ["scheduled"]);
}

#[tokio::test]
async fn a_bot_that_qualifies_again_months_later_is_heard_and_its_repeats_are_not() {
    let s = scratch().await;
    let mut n = 0;
    let mut talk = |id: &str, word: &str, seconds: i64, status: Option<Status>| {
        n += 1;
        let mut who = person(&[(Field::Email, "ana@x.test")]);
        who.status = status;
        let state = if word == "started" { State::Started } else { State::Closed };
        Interaction {
            source: Source::OnceHub,
            key: format!("EVNT-{n}"),
            event: format!("conversation.{word}"),
            at: at(seconds),
            person: Some(who),
            activity: Some(ActivityUpdate { state: Some(state), ..ActivityUpdate::new(Kind::Conversation, id) }),
            payload: "{}".into(),
        }
    };
    let qualified = Some(Status::Qualified);
    let id = apply(&s.store, &talk("CVR-1", "started", 0, None)).await.contact_id.unwrap();
    let first = apply(&s.store, &talk("CVR-1", "closed", 10, qualified)).await.activity_id;
    let status = || async { s.store.contact_detail(id).await.unwrap().unwrap().contact.status };
    assert_eq!(status().await, qualified);
    let history = s.store.contact_detail(id).await.unwrap().unwrap().history;
    let entry = history.iter().find(|entry| entry.what == "status").unwrap();
    assert_eq!((entry.actor.as_str(), entry.activity_id), ("oncehub", first));
    assert_eq!(entry.data, serde_json::json!({"from": null, "to": "qualified"}));

    s.store.set_status(&[id], Some(Status::Disqualified), "rep@x.test", at(20)).await.unwrap();
    apply(&s.store, &talk("CVR-1", "closed", 30, qualified)).await;
    assert_eq!(status().await, Some(Status::Disqualified), "the same conversation says nothing new");
    // Months later: it begins, which only says how OnceHub's contact stands; it ends, and the bot has qualified again.
    apply(&s.store, &talk("CVR-2", "started", 9_000_000, qualified)).await;
    assert_eq!(status().await, Some(Status::Disqualified));
    apply(&s.store, &talk("CVR-2", "closed", 9_000_100, qualified)).await;
    assert_eq!(status().await, qualified);
}

#[tokio::test]
async fn a_contact_of_an_api_is_no_interaction() {
    let s = scratch().await;
    let mut known = booking("", State::Scheduled, 50, person(&[(Field::Email, "ana@x.test"), (Field::City, "Oslo")]));
    known.activity = None;
    let applied = apply(&s.store, &known).await;
    assert!(applied.contact_created && !applied.unknown);
    let contact = s.store.contact_detail(applied.contact_id.unwrap()).await.unwrap().unwrap().contact;
    assert_eq!((contact.interacted_at, contact.values.text(Field::City)), (None, Some("Oslo")));
}
