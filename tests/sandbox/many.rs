//! Ten thousand people: the fewest calls carry them, and an index finds them.

use serde_json::{Value, json};

use crate::support::{Org, small_org};

fn composite(requests: &[Value]) -> Value {
    json!({"allOrNone": false, "compositeRequest": requests})
}

#[tokio::test]
async fn ten_thousand_leads_and_events_in_twenty_two_calls() {
    let org = Org::start(small_org()).await;
    let mails: Vec<String> = (0..10_000).map(|n| format!("person{n:05}@company{:03}.test", n % 500)).collect();
    for half in mails.chunks(5_000) {
        let queries = half.chunks(2_000).enumerate().map(|(n, part)| {
            let list: Vec<String> = part.iter().map(|mail| format!("'{mail}'")).collect();
            let q = format!("SELECT+Id,Email+FROM+Lead+WHERE+Email+IN+({})", list.join(","));
            json!({"method": "GET", "url": format!("/services/data/v66.0/query?q={q}"), "referenceId": format!("q{n}")})
        });
        let answer = org.post("/composite", composite(&queries.collect::<Vec<_>>())).await.body;
        assert!(answer["compositeResponse"].as_array().unwrap().iter().all(|r| r["body"]["totalSize"] == 0));
    }
    let mut leads: Vec<String> = Vec::new();
    for thousand in mails.chunks(1_000) {
        let requests = thousand.chunks(200).enumerate().map(|(n, part)| {
            let rows: Vec<Value> = part.iter().map(|mail| json!({"attributes": {"type": "Lead"}, "LastName": "P", "Company": "C", "Email": mail})).collect();
            json!({"method": "POST", "url": "/services/data/v66.0/composite/sobjects", "referenceId": format!("c{n}"), "body": {"allOrNone": false, "records": rows}})
        });
        let answer = org.post("/composite", composite(&requests.collect::<Vec<_>>())).await.body;
        for response in answer["compositeResponse"].as_array().unwrap() {
            leads.extend(response["body"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        }
    }
    for thousand in leads.chunks(1_000) {
        let requests = thousand.chunks(200).enumerate().map(|(n, part)| {
            let rows: Vec<Value> = part
                .iter()
                .map(|id| json!({"attributes": {"type": "Event"}, "WhoId": id, "Subject": "Demo", "StartDateTime": "2026-11-20T20:00:00Z", "DurationInMinutes": 30}))
                .collect();
            json!({"method": "POST", "url": "/services/data/v66.0/composite/sobjects", "referenceId": format!("c{n}"), "body": {"allOrNone": false, "records": rows}})
        });
        org.post("/composite", composite(&requests.collect::<Vec<_>>())).await;
    }
    let stats = org.sandbox.stats();
    assert_eq!(stats["api_calls"], 22);
    assert_eq!(
        (&stats["records"]["Lead"]["created"], &stats["records"]["Event"]["created"]),
        (&json!(10_000), &json!(10_000))
    );
    let list: Vec<String> = mails[3_000..5_000].iter().map(|mail| format!("'{}'", mail.to_uppercase())).collect();
    let q = format!("SELECT+Id+FROM+Lead+WHERE+Email+IN+({})", list.join(","));
    let query = json!({"method": "GET", "url": format!("/services/data/v66.0/query?q={q}"), "referenceId": "q"});
    let answer = org.post("/composite", composite(&[query])).await.body;
    assert_eq!(answer["compositeResponse"][0]["body"]["totalSize"], 2_000);
    assert_eq!(answer["compositeResponse"][0]["body"]["done"], true);
}
