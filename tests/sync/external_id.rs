//! Records that carry our own key: sent twice, they are there once.

use rolodeck::store::OutboxState;
use serde_json::{Value, json};

use super::doubt::{empty_search, settle};
use super::{Rig, cal, rig};

const CONFIG: &str = "[sync]\nexternal_id_field = \"Rolodeck_Id__c\"\n";

async fn keyed(faults: Value) -> Rig {
    let key = json!([{"name": "Rolodeck_Id__c", "type": "string", "length": 80, "external_id": true}]);
    rig(json!({"custom_fields": {"Lead": key, "Contact": key, "Event": key}}), faults, CONFIG).await
}

#[tokio::test]
async fn what_is_created_carries_the_key_of_store_and_entity() {
    let rig = keyed(json!({})).await;
    let guests = json!({"attendees": [
        {"email": "bo@buyer.test", "name": "Bo Guest", "timeZone": "Europe/Oslo"},
        {"email": "cy@buyer.test", "name": "Cy Guest", "timeZone": "Europe/Oslo"}
    ]});
    let applied = rig.calcom(cal("BOOKING_CREATED", "u1", 0, guests)).await;
    let report = rig.sync().await;
    // With guests the org's fields are asked for once.
    assert_eq!((report.done, report.calls), (1, 4), "{report:?}");
    let store = rig.store.id().await.unwrap();
    let keys: Vec<String> =
        rig.records("Contact").iter().map(|record| record["Rolodeck_Id__c"].as_str().unwrap().to_owned()).collect();
    assert!(keys.contains(&format!("rolodeck-{store}-c{}", applied.contact_id.unwrap())), "{keys:?}");
    assert!(keys.iter().any(|key| key.starts_with(&format!("rolodeck-{store}-g"))), "{keys:?}");
    assert_eq!(rig.only("Event")["Rolodeck_Id__c"], format!("rolodeck-{store}-a{}", applied.activity_id.unwrap()));
}

/// The answer is lost, and the search that follows sees nothing: without a key it would be there twice.
#[tokio::test]
async fn sent_again_it_is_there_once_even_if_it_is_not_found() {
    for (lost, blind) in [(2, 3), (3, 4)] {
        let faults = json!({"rules": [
            {"match": {"path": "/composite", "nth": lost}, "effect": "close_after_commit"},
            {"match": {"path": "/composite", "nth": blind}, "effect": {"answer": {"status": 200, "body": empty_search()}}}
        ]});
        let rig = keyed(faults).await;
        rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
        settle(&rig).await;
        assert_eq!((rig.records("Contact").len(), rig.records("Event").len()), (1, 1), "call {lost}");
        assert_eq!(rig.only("Event")["WhoId"], rig.only("Contact")["Id"]);
        // What is linked is the one that is there.
        rig.calcom(cal("BOOKING_CANCELLED", "u1", 9, json!({"status": "CANCELLED"}))).await;
        settle(&rig).await;
        assert!(rig.records("Event").is_empty());
    }
}

#[tokio::test]
async fn a_field_that_is_no_key_is_said_and_no_row_is_to_blame() {
    let rig = rig(json!({}), json!({}), CONFIG).await;
    rig.calcom(cal("BOOKING_CREATED", "u1", 0, json!({}))).await;
    let report = rig.sync().await;
    assert_eq!((report.retry, report.held), (1, 0), "{report:?}");
    assert!(report.stopped.is_some());
    let row = rig.store.outbox(&[OutboxState::Retry], 9).await.unwrap().remove(0);
    assert!(row.message.unwrap().contains("Rolodeck_Id__c"));
}
