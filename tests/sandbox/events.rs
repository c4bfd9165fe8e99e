//! The rules of events.

use serde_json::{Value, json};

use crate::support::{Org, small_org};

async fn ids(org: &Org) -> (Value, Value, Value, Value) {
    let one = async |soql: &str| org.column(soql, "Id").await[0].clone();
    (
        one("SELECT Id FROM Contact").await,
        one("SELECT Id FROM Lead WHERE IsConverted = false").await,
        one("SELECT Id FROM Lead WHERE IsConverted = true").await,
        one("SELECT Id FROM Account").await,
    )
}

#[tokio::test]
async fn times_are_worked_out_and_must_agree() {
    let org = Org::start(small_org()).await;
    let (contact, ..) = ids(&org).await;
    let id = org
        .create("Event", json!({"Subject": "Demo", "WhoId": contact, "StartDateTime": "2026-11-20T21:00:00+01:00", "EndDateTime": "2026-11-20T20:30:00.000+0000"}))
        .await;
    let path = format!("/sobjects/Event/{id}");
    let read = org.get(&path).await.body;
    for (field, value) in [
        ("StartDateTime", json!("2026-11-20T20:00:00.000+0000")),
        ("ActivityDateTime", json!("2026-11-20T20:00:00.000+0000")),
        ("ActivityDate", json!("2026-11-20")),
        ("EndDateTime", json!("2026-11-20T20:30:00.000+0000")),
        ("DurationInMinutes", json!(30)),
        ("ShowAs", json!("Busy")),
        ("No_Show__c", json!(false)),
    ] {
        assert_eq!(read[field], value, "{field}");
    }
    assert!(read["AccountId"].as_str().unwrap().starts_with("001"), "derived from the contact");

    assert_eq!(org.patch(&path, json!({"StartDateTime": "2026-11-21T09:00:00Z"})).await.status, 204);
    let moved = org.get(&path).await.body;
    assert_eq!(
        (&moved["EndDateTime"], &moved["DurationInMinutes"]),
        (&json!("2026-11-21T09:30:00.000+0000"), &json!(30))
    );

    for (fields, code) in [
        (json!({"Subject": "x"}), "REQUIRED_FIELD_MISSING"),
        (json!({"StartDateTime": "2026-11-20T20:00:00Z"}), "REQUIRED_FIELD_MISSING"),
        (json!({"DurationInMinutes": 30}), "REQUIRED_FIELD_MISSING"),
        (
            json!({"StartDateTime": "2026-11-20T20:00:00Z", "DurationInMinutes": 30, "EndDateTime": "2026-11-20T21:00:00Z"}),
            "FIELD_INTEGRITY_EXCEPTION",
        ),
        (
            json!({"StartDateTime": "2026-11-20T20:00:00Z", "EndDateTime": "2026-11-20T19:00:00Z"}),
            "FIELD_INTEGRITY_EXCEPTION",
        ),
        (
            json!({"StartDateTime": "2026-11-20T20:00:00Z", "ActivityDateTime": "2026-11-20T19:00:00Z", "DurationInMinutes": 5}),
            "FIELD_INTEGRITY_EXCEPTION",
        ),
        (json!({"StartDateTime": "2026-11-20T20:00:00", "DurationInMinutes": 5}), "JSON_PARSER_ERROR"),
        (json!({"StartDateTime": "9999-12-30T00:00:00Z", "DurationInMinutes": 99_999_999}), ""),
    ] {
        let answer = org.post("/sobjects/Event", fields.clone()).await;
        assert_eq!(answer.code(), code, "{fields} {}", answer.body);
    }
    let day =
        org.create("Event", json!({"Subject": "Fair", "IsAllDayEvent": true, "ActivityDate": "2026-11-20"})).await;
    let day = org.get(&format!("/sobjects/Event/{day}")).await.body;
    assert_eq!((&day["DurationInMinutes"], &day["EndDate"]), (&json!(1440), &json!("2026-11-20")));
}

#[tokio::test]
async fn who_may_be_met_about_what() {
    let org = Org::start(small_org()).await;
    let (contact, lead, converted, account) = ids(&org).await;
    let at = |mut more: Value| {
        more["StartDateTime"] = json!("2026-11-20T20:00:00Z");
        more["DurationInMinutes"] = json!(15);
        more
    };
    for (fields, code) in [
        (at(json!({"WhoId": contact, "WhatId": account})), ""),
        (at(json!({"WhoId": lead})), ""),
        (at(json!({"WhoId": lead, "WhatId": account})), "FIELD_INTEGRITY_EXCEPTION"),
        (at(json!({"WhoId": converted})), "CANNOT_UPDATE_CONVERTED_LEAD"),
        (at(json!({"WhoId": account})), "MALFORMED_ID"),
        (at(json!({"WhoId": contact, "EventWhoIds": [contact, lead]})), "INVALID_FIELD"),
    ] {
        let answer = org.post("/sobjects/Event", fields.clone()).await;
        assert_eq!(answer.code(), code, "{fields} {}", answer.body);
    }
}

#[tokio::test]
async fn shared_activities_show_every_invitee() {
    let mut file = small_org();
    file["settings"] = json!({"shared_activities": true});
    let org = Org::start(file).await;
    let (contact, lead, ..) = ids(&org).await;
    let event = json!({"WhoId": contact, "EventWhoIds": [contact, lead], "StartDateTime": "2026-11-20T20:00:00Z", "DurationInMinutes": 15});
    let id = org.create("Event", event).await;
    let people =
        org.column(&format!("SELECT RelationId FROM EventRelation WHERE EventId = '{id}'"), "RelationId").await;
    assert_eq!(people, [contact.clone(), lead]);
    let nobody = json!({"WhoId": contact, "EventWhoIds": ["003000000000009"], "StartDateTime": "2026-11-20T20:00:00Z", "DurationInMinutes": 15});
    assert_eq!(org.post("/sobjects/Event", nobody).await.code(), "INVALID_CROSS_REFERENCE_KEY");
}

#[tokio::test]
async fn old_events_are_archived_by_the_daily_run() {
    let mut file = small_org();
    file["settings"] = json!({"now": "2026-05-01T00:00:00Z"});
    let org = Org::start(file).await;
    let id = org
        .create("Event", json!({"Subject": "Old", "StartDateTime": "2024-01-01T00:00:00Z", "DurationInMinutes": 5}))
        .await;
    let find = format!("SELECT Id, IsArchived FROM Event WHERE Id = '{id}'");
    assert_eq!(org.query(&find).await.body["totalSize"], 1, "visible until the next run");
    org.post("/__admin/now", json!({"now": "2026-05-02T00:00:00Z"})).await;
    assert_eq!(org.query(&find).await.body["totalSize"], 0);
    let request = org.request("GET", "/queryAll").query(&[("q", &find)]);
    let all: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(all["records"][0]["IsArchived"], true);
    assert_eq!(org.patch(&format!("/sobjects/Event/{id}"), json!({"Subject": "Still"})).await.status, 204);
}
