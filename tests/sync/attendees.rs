//! Whom an Event is under when its booking's attendees change after it was written.

use serde_json::{Value, json};

use super::{Rig, cal, rig};

const SHARED: &str = "{\"settings\":{\"shared_activities\":true}}";

fn people(emails: &[&str]) -> Value {
    let attendee =
        |email: &&str| json!({"email": email, "name": format!("{} Guest", &email[..2]), "timeZone": "Europe/Oslo"});
    json!({
        "attendees": emails.iter().map(attendee).collect::<Vec<_>>(),
        "responses": {"email": {"label": "email_address", "value": emails[0]}}
    })
}

fn moved(emails: &[&str], uid: &str) -> Value {
    let mut change = people(emails);
    change["rescheduleUid"] = json!(uid);
    change["startTime"] = json!("2031-03-06T12:00:00Z");
    change["endTime"] = json!("2031-03-06T13:00:00Z");
    change
}

fn person(rig: &Rig, email: &str) -> Value {
    let people = rig.records("Contact");
    people.into_iter().find(|contact| contact["Email"] == email).unwrap_or_else(|| panic!("no {email}"))["Id"].clone()
}

/// Emails of those whom the only Event is related to, sorted.
async fn related(rig: &Rig) -> Vec<String> {
    let rows = rig.client.query("SELECT RelationId FROM EventRelation WHERE IsParent = true").await.unwrap();
    let mut emails: Vec<String> = rows
        .iter()
        .filter_map(|row| row.sf_id("RelationId"))
        .map(|id| {
            let contacts = rig.records("Contact");
            let contact = contacts.iter().find(|contact| contact["Id"] == id.to_string()).unwrap();
            contact["Email"].as_str().unwrap().to_owned()
        })
        .collect();
    emails.sort();
    emails
}

#[tokio::test]
async fn somebody_else_takes_the_meeting_over() {
    let rig = rig(json!({}), json!({}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, people(&["bo@buyer.test"]))).await;
    rig.sync().await;
    let id = rig.only("Event")["Id"].clone();
    rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 5, moved(&["cy@buyer.test"], "u1"))).await;
    let report = rig.sync().await;
    assert_eq!((report.held, report.retry), (0, 0), "{report:?}");
    let event = rig.only("Event");
    assert_eq!((&event["Id"], &event["WhoId"]), (&id, &person(&rig, "cy@buyer.test")), "{report:?}");
    assert_eq!(event["StartDateTime"], "2031-03-06T12:00:00.000+0000");
    // Moved once more with the same person, it costs one call again.
    let mut again = moved(&["cy@buyer.test"], "u2");
    again["startTime"] = json!("2031-03-07T12:00:00Z");
    again["endTime"] = json!("2031-03-07T13:00:00Z");
    rig.calcom(cal("BOOKING_RESCHEDULED", "u3", 6, again)).await;
    assert_eq!(rig.sync().await.calls, 1);
}

#[tokio::test]
async fn guests_come_along_and_stay_away() {
    let rig = rig(serde_json::from_str(SHARED).unwrap(), json!({}), "").await;
    let (bo, cy, di) = ("bo@buyer.test", "cy@buyer.test", "di@buyer.test");
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, people(&[bo]))).await;
    rig.sync().await;
    for (minute, emails) in [(1, vec![bo, cy, di]), (2, vec![bo, di]), (3, vec![di, bo]), (4, vec![bo])] {
        rig.calcom(cal("BOOKING_CREATED", "u1", minute, people(&emails))).await;
        let report = rig.sync().await;
        assert_eq!((report.held, report.retry), (0, 0), "{emails:?}: {report:?}");
        let event = rig.only("Event");
        assert_eq!(event["WhoId"], person(&rig, emails[0]), "{emails:?}");
        let mut expected = emails.clone();
        expected.sort_unstable();
        assert_eq!(related(&rig).await, expected);
    }
    assert_eq!(rig.records("Contact").len(), 3);
}

/// Where an org relates one person only, a guest who comes along is said, and made as the first time; the Event stays.
#[tokio::test]
async fn without_shared_activities_only_the_first_counts() {
    let rig = rig(json!({}), json!({}), "").await;
    let (bo, cy) = ("bo@buyer.test", "cy@buyer.test");
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, people(&[bo]))).await;
    rig.sync().await;
    rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 1, moved(&[bo, cy], "u1"))).await;
    rig.sync().await;
    assert_eq!(rig.only("Event")["WhoId"], person(&rig, bo));
    rig.calcom(cal("BOOKING_RESCHEDULED", "u3", 2, moved(&[cy, bo], "u2"))).await;
    let report = rig.sync().await;
    assert_eq!(rig.only("Event")["WhoId"], person(&rig, cy), "{report:?}");
}

/// Who was related by hand in Salesforce stays until the booking's own people change.
#[tokio::test]
async fn people_who_were_related_by_hand_stay() {
    let rig = rig(json!({"Contact": [{"LastName": "Else", "Email": "else@buyer.test"}]}), json!({}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, people(&["bo@buyer.test"]))).await;
    rig.sync().await;
    let event = rig.only("Event")["Id"].as_str().unwrap().parse().unwrap();
    let by_hand = json!({"WhoId": person(&rig, "else@buyer.test")});
    rig.client.update("Event", event, by_hand.as_object().unwrap()).await.unwrap();
    rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 1, moved(&["bo@buyer.test"], "u1"))).await;
    assert_eq!(rig.sync().await.calls, 1);
    assert_eq!(rig.only("Event")["WhoId"], person(&rig, "else@buyer.test"));
}

/// With nobody to put it under, the Event is moved and stays where it is.
#[tokio::test]
async fn nobody_known_leaves_the_event_under_whom_it_has() {
    let config = "[[sync.profile]]\nname = \"x\"\nskip_creation = true\n";
    let rig = rig(json!({"Contact": [{"LastName": "Guest", "Email": "bo@buyer.test"}]}), json!({}), config).await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, people(&["bo@buyer.test"]))).await;
    rig.sync().await;
    rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 1, moved(&["cy@buyer.test"], "u1"))).await;
    let report = rig.sync().await;
    assert_eq!((report.done, report.held), (1, 0), "{report:?}");
    let event = rig.only("Event");
    assert_eq!(event["WhoId"], person(&rig, "bo@buyer.test"));
    assert_eq!(event["StartDateTime"], "2031-03-06T12:00:00.000+0000");
    assert!(report.lines.iter().any(|line| line.contains("cy") && line.contains("left out")), "{report:?}");
}

/// A person whose record is refused does not keep the meeting from being moved; the row then says what is wrong.
#[tokio::test]
async fn a_refused_person_does_not_keep_the_meeting_from_moving() {
    let refused = json!({"row_error": {"code": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "no such people"}});
    let faults = json!({"rules": [
        {"match": {"object": "Contact", "row": {"field": "Email", "contains": "cy@"}}, "effect": refused}
    ]});
    let rig = rig(json!({}), faults, "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, people(&["bo@buyer.test"]))).await;
    rig.sync().await;
    rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 1, moved(&["cy@buyer.test"], "u1"))).await;
    let report = rig.sync().await;
    assert_eq!(report.held, 1, "{report:?}");
    let event = rig.only("Event");
    assert_eq!(event["StartDateTime"], "2031-03-06T12:00:00.000+0000");
    assert_eq!(event["WhoId"], person(&rig, "bo@buyer.test"));
}

/// "On booking" rules are written about who books now.
#[tokio::test]
async fn rules_about_who_booked_follow_the_booker() {
    let config = "[[sync.profile]]\nname = \"x\"\n[[sync.profile.write]]\nobject = \"person\"\non = \"create\"\n\
                  field = \"Title\"\nvalue = \"booked\"\n";
    let rig = rig(json!({}), json!({}), config).await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, people(&["bo@buyer.test"]))).await;
    rig.sync().await;
    rig.calcom(cal("BOOKING_RESCHEDULED", "u2", 1, moved(&["cy@buyer.test"], "u1"))).await;
    rig.sync().await;
    assert!(rig.records("Contact").iter().all(|contact| contact["Title"] == "booked"));
}
