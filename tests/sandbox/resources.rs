//! Versions, describe, limits, counting, replication, and what all answers share.

use std::io::Write;

use rolodeck::sandbox::{Faults, OrgFile, Sandbox, SandboxError};
use serde_json::{Value, json};

use crate::support::{Answer, Org, small_org};

#[tokio::test]
async fn versions_need_no_token_and_are_not_counted() {
    let org = Org::start(small_org()).await;
    let answer = Answer::read(org.client.get(org.url("/services/data/")).send().await.unwrap()).await;
    let versions = answer.body.as_array().unwrap();
    assert_eq!(
        versions.last().unwrap(),
        &json!({"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"})
    );
    assert!(versions.contains(&json!({"label": "Spring '26", "url": "/services/data/v66.0", "version": "66.0"})));
    assert!(answer.headers.get("sforce-limit-info").is_none());
    assert_eq!(org.get("/services/data/v30.0/limits").await.status, 410);
    assert_eq!(org.get("/services/data/v99.0/limits").await.status, 404);
    assert_eq!(org.get("/services/data/v45.0/sobjects").await.status, 200);
    assert_eq!(org.sandbox.stats()["api_calls"], 1);
}

#[tokio::test]
async fn wrong_tokens_get_401_and_wrong_places_404_or_405() {
    let org = Org::start(small_org()).await;
    for header in [None, Some("Bearer wrong"), Some("Basic abc")] {
        let request = org.client.get(org.url("/limits"));
        let request = header.map_or(request.try_clone().unwrap(), |header| request.header("Authorization", header));
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 401);
        assert!(matches!(answer.code(), "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER"));
    }
    let oauth =
        org.client.get(org.url("/limits")).header("authorization", format!("OAuth {}", org.sandbox.access_token()));
    assert_eq!(oauth.send().await.unwrap().status(), 200);
    assert_eq!(org.get("/nothing").await.status, 404);
    assert_eq!(org.send("PUT", "/sobjects/Lead", json!({})).await.status, 405);
    assert_eq!(org.get("/composite").await.code(), "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn describe_says_what_recorded_orgs_say() {
    let org = Org::start(small_org()).await;
    let lead = org.get("/sobjects/lead/describe/").await.body;
    let field = |object: &Value, name: &str| {
        object["fields"].as_array().unwrap().iter().find(|f| f["name"] == name).unwrap().clone()
    };
    for (name, key, value) in [
        ("LastName", "length", json!(80)),
        ("LastName", "nillable", json!(false)),
        ("Company", "length", json!(255)),
        ("Email", "idLookup", json!(true)),
        ("Email", "byteLength", json!(240)),
        ("Description", "filterable", json!(false)),
        ("Description", "sortable", json!(false)),
        ("Status", "defaultedOnCreate", json!(true)),
        ("Status", "restrictedPicklist", json!(false)),
        ("Status", "defaultValue", json!("Open - Not Contacted")),
        ("OwnerId", "referenceTo", json!(["Group", "User"])),
        ("OwnerId", "polymorphicForeignKey", json!(true)),
        ("OwnerId", "relationshipName", json!("Owner")),
        ("IsConverted", "updateable", json!(false)),
        ("IsConverted", "createable", json!(true)),
        ("ConvertedContactId", "createable", json!(false)),
        ("CreatedDate", "createable", json!(false)),
        ("Name", "nameField", json!(true)),
        ("Address", "type", json!("address")),
        ("NumberOfEmployees", "soapType", json!("xsd:int")),
    ] {
        assert_eq!(field(&lead, name)[key], value, "Lead.{name}.{key}");
    }
    assert_eq!((&lead["keyPrefix"], &lead["labelPlural"]), (&json!("00Q"), &json!("Leads")));
    assert_eq!(field(&lead, "Id").as_object().unwrap().len(), 57, "every property that describe has");
    let event = org.get("/sobjects/Event/describe").await.body;
    for (name, key, value) in [
        ("ShowAs", "restrictedPicklist", json!(true)),
        ("Subject", "type", json!("combobox")),
        ("WhoId", "referenceTo", json!(["Contact", "Lead"])),
        ("AccountId", "createable", json!(false)),
        ("No_Show__c", "custom", json!(true)),
        ("No_Show__c", "type", json!("boolean")),
    ] {
        assert_eq!(field(&event, name)[key], value, "Event.{name}.{key}");
    }
    assert!(
        event["fields"].as_array().unwrap().iter().all(|f| f["nillable"] == true || f["defaultedOnCreate"] == true),
        "nothing is formally required"
    );
    let contact = org.get("/sobjects/Contact/describe").await.body;
    let level = field(&contact, "Level__c");
    assert_eq!((&level["restrictedPicklist"], &level["picklistValues"][0]["value"]), (&json!(true), &json!("Gold")));
    assert_eq!(
        (&field(&contact, "Ext__c")["externalId"], &field(&contact, "Ext__c")["unique"]),
        (&json!(true), &json!(true))
    );
    let all = org.get("/sobjects").await.body;
    assert!(all["sobjects"].as_array().unwrap().iter().any(|o| o["name"] == "Lead" && o["queryable"] == true));
}

#[tokio::test]
async fn the_allowance_runs_out_with_403() {
    let mut file = small_org();
    file["settings"] = json!({"daily_limit": 3, "daily_used": 1});
    let org = Org::start(file).await;
    let first = org.get("/limits").await;
    assert_eq!(first.headers["sforce-limit-info"], "api-usage=2/3");
    assert_eq!(first.body["DailyApiRequests"], json!({"Max": 3, "Remaining": 1}));
    org.get("/limits").await;
    let refused = org.get("/limits").await;
    assert_eq!(
        (refused.status, refused.code(), refused.message()),
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    );
    assert_eq!(org.get("/__admin/stats").await.body["refused"], 1);
}

#[tokio::test]
async fn updated_and_deleted_cover_whole_minutes() {
    let mut file = small_org();
    file["settings"] = json!({"now": "2026-05-01T10:00:30Z"});
    let org = Org::start(file).await;
    let id = org.create("Lead", json!({"LastName": "New", "Company": "X"})).await;
    org.post("/__admin/now", json!({"now": "2026-05-01T10:05:59Z"})).await;
    let span = "?start=2026-05-01T09:59:00Z&end=2026-05-01T10:05:59%2B00:00";
    let updated = org.get(&format!("/sobjects/Lead/updated/{span}")).await.body;
    assert!(updated["ids"].as_array().unwrap().contains(&json!(id)));
    assert_eq!(updated["latestDateCovered"], "2026-05-01T10:05:00.000+0000");
    org.send("DELETE", &format!("/sobjects/Lead/{id}"), json!(null)).await;
    assert_eq!(
        org.get(&format!("/sobjects/Lead/deleted/{span}")).await.body["deletedRecords"],
        json!([]),
        "not covered yet"
    );
    let later = org.get("/sobjects/Lead/deleted/?start=2026-05-01T09:59:00Z&end=2026-05-01T10:06:00Z").await.body;
    assert_eq!(later["deletedRecords"], json!([{"id": id, "deletedDate": "2026-05-01T10:05:59.000+0000"}]));
    let old = org.get("/sobjects/Lead/updated/?start=2026-01-01T00:00:00Z&end=2026-05-01T10:00:00Z").await;
    assert_eq!(old.code(), "INVALID_REPLICATION_DATE");
}

#[tokio::test]
async fn bodies_may_be_zipped_or_chunked_and_headers_unknown() {
    let org = Org::start(small_org()).await;
    let body = json!({"LastName": "Zip", "Company": "X"}).to_string();
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    zip.write_all(body.as_bytes()).unwrap();
    let request = org
        .request("POST", "/sobjects/Lead/")
        .header("Content-Encoding", "gzip")
        .header("X-PrettyPrint", "1")
        .header("SFORCE-CALL-OPTIONS", "client=x");
    assert_eq!(request.body(zip.finish().unwrap()).send().await.unwrap().status(), 201);
    let broken = org.request("POST", "/sobjects/Lead/").header("Content-Encoding", "gzip").body("no zip");
    assert_eq!(broken.send().await.unwrap().status(), 400);

    let (head, tail) = body.split_at(10);
    let raw = format!(
        "POST /services/data/v66.0/sobjects/Lead HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n{:x}\r\n{head}\r\n{:x}\r\n{tail}\r\n0\r\n\r\n",
        org.sandbox.access_token(),
        head.len(),
        tail.len()
    );
    let address = org.sandbox.url().trim_start_matches("http://").to_owned();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(raw.as_bytes()).unwrap();
        std::io::read_to_string(stream).unwrap()
    });
    assert!(answer.await.unwrap().starts_with("HTTP/1.1 201"));
    assert_eq!(org.query("SELECT COUNT() FROM Lead WHERE LastName = 'Zip'").await.body["totalSize"], 2);
}

#[tokio::test]
async fn dump_and_stats_tell_what_happened() {
    let org = Org::start(small_org()).await;
    let id = org.create("Lead", json!({"LastName": "D", "Company": "X"})).await;
    org.patch(&format!("/sobjects/Lead/{id}"), json!({"Title": "T"})).await;
    org.send("DELETE", &format!("/sobjects/Lead/{id}"), json!(null)).await;
    let dump = org.get("/__admin/dump").await.body;
    let row = dump["Lead"].as_array().unwrap().iter().find(|row| row["Id"] == json!(id)).unwrap().clone();
    assert_eq!((&row["IsDeleted"], &row["Title"]), (&json!(true), &json!("T")));
    let stats = org.get("/__admin/stats").await.body;
    assert_eq!(stats["records"]["Lead"], json!({"created": 1, "updated": 1, "deleted": 1}));
    assert_eq!((&stats["api_calls"], &stats["requests"]["POST sobjects"]), (&json!(3), &json!(1)));
    assert_eq!((dump, stats), (org.sandbox.dump(), org.sandbox.stats()));
    org.post("/__admin/reset-stats", json!({})).await;
    assert_eq!(org.sandbox.stats()["api_calls"], 0);
    assert_eq!(org.sandbox.stats()["limit"]["used"], 3);
}

#[tokio::test]
async fn it_listens_on_the_loopback_only_and_stops() {
    let refused = Sandbox::start("0.0.0.0:0".parse().unwrap(), OrgFile::empty(), Faults::none()).await;
    assert!(matches!(refused, Err(SandboxError::NotLoopback(_))));
    let org = Org::start(json!({})).await;
    assert_eq!(org.query("SELECT COUNT() FROM User").await.body["totalSize"], 1);
    let url = org.url("/services/data");
    org.sandbox.shutdown().await;
    assert!(org.client.get(url).send().await.is_err());
}

#[tokio::test]
async fn a_merged_record_points_to_its_master() {
    let mut file = small_org();
    file["Contact"]
        .as_array_mut()
        .unwrap()
        .push(json!({"LastName": "Loser", "IsDeleted": true, "MasterRecordId": "@chloe"}));
    let org = Org::start(file).await;
    let all = org.get("/queryAll?q=SELECT+MasterRecord.LastName+FROM+Contact+WHERE+IsDeleted=true").await.body;
    assert_eq!(all["records"][0]["MasterRecord"]["LastName"], "Myers");
}
