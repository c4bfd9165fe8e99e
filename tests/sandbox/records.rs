//! Single records: create, read, change, delete, and why not.

use serde_json::json;

use crate::support::{Org, small_org};

#[tokio::test]
async fn a_record_is_created_read_changed_and_deleted() {
    let org = Org::start(small_org()).await;
    let made = org
        .post("/sobjects/Lead/", json!({"LastName": "Myers", "Company": "Acme", "Email": "Chloe.Myers@X.Test"}))
        .await;
    assert_eq!(made.status, 201);
    assert_eq!((&made.body["success"], &made.body["errors"]), (&json!(true), &json!([])));
    let id = made.body["id"].as_str().unwrap();
    assert!(id.len() == 18 && id.starts_with("00Q"), "{id}");
    assert_eq!(made.headers["location"], format!("/services/data/v66.0/sobjects/Lead/{id}"));

    let read = org.get(&format!("/sobjects/lead/{}?fields=email,name,Status,OwnerId", &id[..15])).await;
    assert_eq!(read.status, 200);
    assert_eq!(read.body["Email"], "chloe.myers@x.test", "stored in lower case, answered in canonical case");
    assert_eq!(read.body["Name"], "Myers");
    assert_eq!(read.body["Status"], "Open - Not Contacted", "defaulted on create");
    assert_eq!(read.body["attributes"]["type"], "Lead");

    let changed = org.patch(&format!("/sobjects/Lead/{id}"), json!({"FirstName": "Chloe", "Email": null})).await;
    assert_eq!((changed.status, &changed.body), (204, &json!("")));
    let read = org.get(&format!("/sobjects/Lead/{id}")).await;
    assert_eq!((&read.body["Name"], &read.body["Email"]), (&json!("Chloe Myers"), &json!(null)));

    assert_eq!(org.send("DELETE", &format!("/sobjects/Lead/{id}"), json!(null)).await.status, 204);
    let gone = org.get(&format!("/sobjects/Lead/{id}")).await;
    assert_eq!((gone.status, gone.code()), (404, "ENTITY_IS_DELETED"));
    let missing = org.get("/sobjects/Lead/00Q000000000001AAA").await;
    assert_eq!((missing.status, missing.code()), (404, "NOT_FOUND"));
}
