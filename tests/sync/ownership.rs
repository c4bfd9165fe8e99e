//! Who owns what, and records that became others (product S7, S9).

use serde_json::{Value, json};

use super::doubt::hold;
use super::{Rig, cal, rig};

const HANDOVER: &str = "[[sync.profile]]\nname = \"x\"\nchange_owner_from = \"Integration User\"\n";

fn integration() -> Value {
    json!([
        {"_key": "ann", "Username": "ann@seller.test", "LastName": "Host", "FirstName": "Ann", "Email": "ann@seller.test", "Alias": "ann"},
        {"_key": "bob", "Username": "bob@seller.test", "LastName": "Lee", "FirstName": "Bob", "Email": "bob@seller.test", "Alias": "bob"},
        {"_key": "int", "Username": "int@seller.test", "LastName": "User", "FirstName": "Integration", "Email": "int@seller.test", "Alias": "int"}
    ])
}

fn user(rig: &Rig, email: &str) -> Value {
    rig.records("User").into_iter().find(|user| user["Email"] == email).unwrap()["Id"].clone()
}

/// Cal.com reference 3.6 and 3.7, 7: the owner is stolen whoever it is. We follow the document.
#[tokio::test]
async fn only_the_integration_user_hands_a_record_to_the_organizer() {
    let host = |email: &str| json!({"organizer": {"id": 5, "name": "H", "email": email, "timeZone": "Europe/Oslo"}});
    for (config, owner, organizer, expected) in [
        (HANDOVER, "@int", "ann@seller.test", "ann@seller.test"),
        (HANDOVER, "@bob", "ann@seller.test", "bob@seller.test"),
        (HANDOVER, "@int", "stranger@else.test", "int@seller.test"),
        ("", "@int", "ann@seller.test", "int@seller.test"),
    ] {
        for object in ["Contact", "Lead"] {
            let mut person = json!({"LastName": "Guest", "Email": "bo@buyer.test", "OwnerId": owner});
            if object == "Lead" {
                person["Company"] = json!("Buyer");
            }
            let org = json!({"User": integration(), object: [person]});
            let record = object.to_lowercase();
            let config = if config.is_empty() { "[[sync.profile]]\nname = \"x\"\n" } else { config };
            let rig = rig(org, json!({}), &format!("{config}record = \"{record}\"\n")).await;
            rig.calcom(cal("BOOKING_CREATED", "u1", 0, host(organizer))).await;
            let report = rig.sync().await;
            assert_eq!((report.done, report.held), (1, 0), "{report:?}");
            assert_eq!(
                rig.only(object)["OwnerId"],
                user(&rig, expected),
                "{object} of {owner} booked with {organizer}"
            );
            assert_eq!(rig.only("Event")["WhoId"], rig.only(object)["Id"]);
        }
    }
}

#[tokio::test]
async fn a_stranger_as_host_leaves_the_default_owner_and_says_so() {
    let stranger = json!({"organizer": {"id": 5, "name": "H", "email": "x@else.test", "timeZone": "Europe/Oslo"}});
    for (config, expected) in
        [("[sync]\ndefault_owner = \"bob@seller.test\"\n", "bob@seller.test"), ("", "ann@seller.test")]
    {
        let rig = rig(json!({}), json!({}), config).await;
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, stranger.clone())).await;
        let report = rig.sync().await;
        assert_eq!(report.done, 1, "{report:?}");
        assert_eq!(rig.only("Event")["OwnerId"], user(&rig, expected));
        assert_eq!(rig.only("Contact")["OwnerId"], user(&rig, expected));
        let said = report.lines[0].matches("x@else.test is no active user of Salesforce").count();
        assert_eq!(said, 1, "the person's record and the Event have the same to say: {report:?}");
    }
}

/// The linked record was merged or converted: what comes next goes to what it became, and nobody is made twice.
#[tokio::test]
async fn a_linked_record_that_became_another_is_followed() {
    let survivor = |master: &str| {
        json!({"Contact": [
            {"_key": "s", "LastName": "Guest", "Email": "new@address.test"},
            {"_key": "m", "LastName": "Guest", "Email": "bo@middle.test", "IsDeleted": true, "MasterRecordId": "@s"},
            {"_key": "l", "LastName": "Guest", "Email": "bo@buyer.test", "IsDeleted": true, "MasterRecordId": master}
        ]})
    };
    let converted = json!({
        "Contact": [{"_key": "s", "LastName": "Guest", "Email": "new@address.test"}],
        "Lead": [{"_key": "l", "LastName": "Guest", "Company": "B", "Email": "bo@buyer.test", "IsConverted": true, "ConvertedContactId": "@s"}]
    });
    let converted_and_merged = json!({
        "Contact": [
            {"_key": "s", "LastName": "Guest", "Email": "new@address.test"},
            {"_key": "m", "LastName": "Guest", "Email": "bo@middle.test", "IsDeleted": true, "MasterRecordId": "@s"}
        ],
        "Lead": [{"_key": "l", "LastName": "Guest", "Company": "B", "Email": "bo@buyer.test", "IsConverted": true, "ConvertedContactId": "@m"}]
    });
    for (name, object, org) in [
        ("merged", "Contact", survivor("@s")),
        ("merged twice", "Contact", survivor("@m")),
        ("converted", "Lead", converted),
        ("converted, then merged", "Lead", converted_and_merged),
    ] {
        let rig =
            rig(org, json!({}), &format!("[[sync.profile]]\nname = \"x\"\nrecord = \"{}\"\n", object.to_lowercase()))
                .await;
        let applied = rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
        let dump = rig.sandbox.dump();
        let old =
            dump[object].as_array().unwrap().iter().find(|record| record["Email"] == "bo@buyer.test").unwrap()["Id"]
                .clone();
        let link = rolodeck::store::LinkWrite::Set {
            entity: rolodeck::store::Entity::Contact,
            id: applied.contact_id.unwrap(),
            object: object.to_owned(),
            record_id: old.as_str().unwrap().to_owned(),
            sent: json!({}),
            seen: json!({}),
            candidates: Vec::new(),
        };
        hold(&rig, "janitor").await;
        assert!(rig.store.outbox_intend("janitor", &[], &[link], jiff::Timestamp::now()).await.unwrap());
        rig.store.lease_release("sync", "janitor").await.unwrap();
        let report = rig.sync().await;
        assert_eq!((report.done, report.held, report.retry), (1, 0, 0), "{name}: {report:?}");
        let survivor = rig.only("Contact");
        assert_eq!(rig.only("Event")["WhoId"], survivor["Id"], "{name}");
        let detail = rig.store.contact_detail(applied.contact_id.unwrap()).await.unwrap().unwrap();
        assert_eq!(detail.link.unwrap().record_id, survivor["Id"].as_str().unwrap(), "{name}");
    }
}

#[tokio::test]
async fn a_linked_record_that_was_deleted_is_looked_for_anew() {
    let rig = rig(json!({}), json!({}), "").await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    rig.sync().await;
    let id = rig.only("Contact")["Id"].as_str().unwrap().parse().unwrap();
    rig.client.delete("Contact", id).await.unwrap();
    rig.calcom(cal(
        "BOOKING_CREATED",
        "u2",
        1,
        json!({"startTime": "2031-03-07T09:30:00Z", "endTime": "2031-03-07T10:30:00Z"}),
    ))
    .await;
    let report = rig.sync().await;
    assert_eq!((report.done, report.held), (1, 0), "{report:?}");
    assert_ne!(rig.only("Contact")["Id"], id.to_string());
}

/// Cal.com reference 3.5 and 3.7, 4: every word of a name is kept.
#[tokio::test]
async fn names_keep_every_word_and_a_dash_stands_only_where_a_last_name_must() {
    for (name, first, last) in [
        ("John Michael  Doe", json!("John"), "Michael Doe"),
        ("Cher", json!("Cher"), "-"),
        ("  ", Value::Null, "-"),
        ("Ana María de la Cruz", json!("Ana"), "María de la Cruz"),
    ] {
        let rig = rig(json!({}), json!({}), "").await;
        let change = json!({
            "attendees": [{"email": "bo@buyer.test", "name": name, "timeZone": "Europe/Oslo"}],
            "responses": {"email": {"label": "email_address", "value": "bo@buyer.test"}}
        });
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, change)).await;
        let report = rig.sync().await;
        assert_eq!(report.done, 1, "{report:?}");
        let contact = rig.only("Contact");
        assert_eq!((&contact["FirstName"], &contact["LastName"]), (&first, &json!(last)), "{name:?}");
    }
}

#[tokio::test]
async fn a_lead_without_a_company_takes_the_companys_own_domain_never_a_mail_services() {
    for (email, company) in [("bo@mail.eu.acme.co.uk", "acme.co.uk"), ("bo@gmail.com", "Bo Guest")] {
        let rig = rig(json!({}), json!({}), "[[sync.profile]]\nname = \"x\"\nrecord = \"lead\"\n").await;
        let change = json!({
            "attendees": [{"email": email, "name": "Bo Guest", "timeZone": "Europe/Oslo"}],
            "responses": {"email": {"label": "email_address", "value": email}}
        });
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, change)).await;
        assert_eq!(rig.sync().await.done, 1);
        assert_eq!(rig.only("Lead")["Company"], company);
    }
}

#[tokio::test]
async fn several_attendees_are_all_related_where_the_org_can_and_the_first_where_not() {
    let guests = json!({"attendees": [
        {"email": "bo@buyer.test", "name": "Bo Guest", "timeZone": "Europe/Oslo"},
        {"email": "cy@buyer.test", "name": "Cy Guest", "timeZone": "Europe/Oslo"}
    ]});
    for shared in [true, false] {
        let rig = rig(json!({"settings": {"shared_activities": shared}}), json!({}), "").await;
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, guests.clone())).await;
        let report = rig.sync().await;
        assert_eq!((report.done, report.held), (1, 0), "{report:?}");
        let contacts = rig.records("Contact");
        assert_eq!(contacts.len(), 2);
        let event = rig.only("Event");
        let bo = contacts.iter().find(|contact| contact["Email"] == "bo@buyer.test").unwrap();
        assert_eq!(event["WhoId"], bo["Id"]);
        if shared {
            let related = rig.client.query("SELECT RelationId FROM EventRelation WHERE IsParent = true").await.unwrap();
            assert_eq!(related.len(), 2, "{related:?}");
        } else {
            assert!(report.lines[0].contains("left out: Cy Guest"), "{report:?}");
        }
    }
}
