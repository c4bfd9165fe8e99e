//! Bulk API 2.0 ingest.

use serde_json::{Value, json};

use crate::support::{Org, small_org};

async fn run(org: &Org, job: Value, csv: &str) -> (String, Value) {
    let made = org.post("/jobs/ingest/", job).await;
    assert_eq!((made.status, &made.body["state"]), (200, &json!("Open")), "{}", made.body);
    let url = format!("/{}", made.body["contentUrl"].as_str().unwrap());
    let upload = org.request("PUT", &url).header("Content-Type", "text/csv").body(csv.to_owned());
    assert_eq!(upload.send().await.unwrap().status(), 201);
    let path = url.rsplit_once('/').unwrap().0.to_owned();
    assert_eq!(org.patch(&path, json!({"state": "UploadComplete"})).await.body["state"], "UploadComplete");
    let done = org.get(&path).await.body;
    (path, done)
}

async fn text(org: &Org, path: &str) -> String {
    org.request("GET", path).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_job_saves_what_it_can_and_lists_the_rest() {
    let org = Org::start(small_org()).await;
    let csv = "LastName,Company,NumberOfEmployees,Title\r\nOne,C,5,\r\n\r\n\"Two, Jr\",C,x,\r\nThree,,7,Boss\r\n";
    let (path, done) =
        run(&org, json!({"object": "Lead", "operation": "insert", "contentType": "CSV", "lineEnding": "CRLF"}), csv)
            .await;
    assert_eq!(
        (&done["state"], &done["numberRecordsProcessed"], &done["numberRecordsFailed"]),
        (&json!("JobComplete"), &json!(3), &json!(2))
    );
    let good = text(&org, &format!("{path}/successfulResults")).await;
    assert!(good.starts_with("sf__Id,sf__Created,LastName,Company,NumberOfEmployees,Title\n00Q"), "{good}");
    assert!(good.contains(",true,One,C,5,"));
    let bad = text(&org, &format!("{path}/failedResults/")).await;
    assert!(bad.contains("REQUIRED_FIELD_MISSING:Required fields are missing: [Company]:Company --"), "{bad}");
    assert!(bad.contains("JSON_PARSER_ERROR:"), "{bad}");
    assert_eq!(text(&org, &format!("{path}/unprocessedrecords")).await, "LastName,Company,NumberOfEmployees,Title\n");
}

#[tokio::test]
async fn updates_clear_with_na_and_upserts_find_parents() {
    let mut file = small_org();
    file["custom_fields"]["Account"] = json!([{"name": "Code__c", "type": "string", "external_id": true}]);
    file["Account"][0]["Code__c"] = json!("AC-1");
    file["Lead"][0]["Title"] = json!("Old");
    let org = Org::start(file).await;
    let lead = org.column("SELECT Id FROM Lead WHERE LastName = 'Open'", "Id").await[0].as_str().unwrap().to_owned();
    let (_, done) =
        run(&org, json!({"object": "Lead", "operation": "update"}), &format!("Id,Title,City\n{lead},#N/A,\n")).await;
    assert_eq!(done["numberRecordsFailed"], 0);
    assert_eq!(org.column("SELECT Title FROM Lead WHERE LastName = 'Open'", "Title").await, [json!(null)]);

    let job = json!({"object": "Contact", "operation": "upsert", "externalIdFieldName": "Ext__c", "columnDelimiter": "SEMICOLON"});
    let (path, done) = run(&org, job, "Ext__c;LastName;Account.Code__c\nE1;New;AC-1\nE1;Newer;\nE2;Lost;AC-9\n").await;
    assert_eq!(done["numberRecordsFailed"], 1);
    assert!(text(&org, &format!("{path}/successfulResults")).await.contains(";false;E1;Newer;"));
    let account = org.column("SELECT Account.Name FROM Contact WHERE LastName = 'Newer'", "Account").await;
    assert_eq!(account[0]["Name"], "Acme");

    let (_, done) = run(&org, json!({"object": "Lead", "operation": "delete"}), &format!("Id\n{lead}\n{lead}\n")).await;
    assert_eq!((&done["numberRecordsProcessed"], &done["numberRecordsFailed"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn jobs_that_make_no_sense_are_refused() {
    let org = Org::start(small_org()).await;
    for job in [
        json!({"object": "Nothing", "operation": "insert"}),
        json!({"object": "Lead", "operation": "explode"}),
        json!({"object": "Lead", "operation": "upsert"}),
        json!({"object": "Lead", "operation": "insert", "columnDelimiter": "DOT"}),
    ] {
        let answer = org.post("/jobs/ingest", job).await;
        assert_eq!((answer.status, answer.code()), (400, "INVALIDJOB"));
    }
    let made = org.post("/jobs/ingest", json!({"object": "Lead", "operation": "insert"})).await.body;
    let path = format!("/jobs/ingest/{}", made["id"].as_str().unwrap());
    assert_eq!(org.patch(&path, json!({"state": "Aborted"})).await.body["state"], "Aborted");
    assert_eq!(org.patch(&path, json!({"state": "UploadComplete"})).await.code(), "INVALIDJOBSTATE");
    assert_eq!(org.send("DELETE", &path, json!(null)).await.status, 204);
    assert_eq!(org.get(&path).await.status, 404);
}
