//! The client crate `cirrus`, which knows nothing of us, against `rolodeck sandbox`: each line says what worked.
//! Ends with status 1 if something did not.

use std::fmt::Debug;
use std::sync::Arc;

use cirrus::auth::StaticTokenAuth;
use cirrus::{BulkIngestSpec, BulkOperation, Cirrus};
use serde_json::{Value, json};

struct Steps(usize);

impl Steps {
    fn took<T, E: Debug>(&mut self, name: &str, result: Result<T, E>, right: impl Fn(&T) -> bool) -> Option<T> {
        let good = match &result {
            Ok(value) if right(value) => true,
            Ok(_) => {
                println!("FAIL  {name}: another answer than expected");
                false
            }
            Err(error) => {
                println!("FAIL  {name}: {error:?}");
                false
            }
        };
        if good {
            println!("ok    {name}");
        } else {
            self.0 += 1;
        }
        result.ok().filter(|_| good)
    }
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(token)) = (args.next(), args.next()) else {
        eprintln!("usage: cirrus-against-the-sandbox URL TOKEN");
        std::process::exit(2);
    };
    // The client is built without a provider of its own: it must find one, also for plain HTTP.
    rustls::crypto::ring::default_provider().install_default().expect("the first provider");
    let auth = Arc::new(StaticTokenAuth::new(token, url));
    let sf = Cirrus::builder().auth(auth).allow_insecure_transport(true).build().expect("a client");
    let mut steps = Steps(0);

    steps.took("versions", sf.versions().await, |versions| !versions.is_empty());
    steps.took("describe_global", sf.describe_global_names().await, |names| names.contains(&"Lead".to_owned()));
    let leads = sf.sobject("Lead");
    steps.took("describe", leads.describe().await, |d: &Value| d["fields"].as_array().is_some_and(|f| !f.is_empty()));
    let body = json!({"LastName": "Lee", "Company": "Lee Ltd", "Email": "Bo.Lee@x.test"});
    if let Some(made) = steps.took("create", leads.create(&body).await, |made| made.success) {
        let id = made.id.as_str();
        steps.took("retrieve", leads.retrieve(id).await, |record: &Value| record["Email"] == "bo.lee@x.test");
        steps.took("update", leads.update(id, &json!({"FirstName": "Bo"})).await, |()| true);
        let fields = leads.retrieve_with_fields(id, &["Id", "FirstName"]).await;
        steps.took("retrieve_with_fields", fields, |record: &Value| record["FirstName"] == "Bo");
        let found = sf.query(&format!("SELECT Id, Name FROM Lead WHERE Id = '{id}'")).await;
        steps.took("query", found, |found| found.records.len() == 1);
        steps.took("delete", leads.delete(id).await, |()| true);
        let gone = leads.retrieve(id).await;
        steps.took("a deleted record is an error", if gone.is_err() { Ok(()) } else { Err("found") }, |()| true);
    }
    let upserted = leads.upsert("Ext__c", "c1", &json!({"LastName": "Key", "Company": "K"})).await;
    steps.took("upsert creates", upserted, |_| true);
    let upserted = leads.upsert("Ext__c", "c1", &json!({"LastName": "Key 2", "Company": "K"})).await;
    steps.took("upsert updates", upserted, |_| true);
    let by_key = leads.retrieve_by_external_id("Ext__c", "c1").await;
    steps.took("retrieve_by_external_id", by_key, |record: &Value| record["LastName"] == "Key 2");
    steps.took("query_all", sf.query_all("SELECT Id FROM Lead").await, |_| true);
    let wrong = sf.query("SELECT Nope FROM Lead").await;
    let named = wrong.err().is_some_and(|error| format!("{error:?}").contains("INVALID_FIELD"));
    steps.took("an unknown field is INVALID_FIELD", if named { Ok(()) } else { Err("not named") }, |()| true);
    steps.took("limits", sf.get::<Value>("limits").await, |limits| limits["DailyApiRequests"]["Max"].is_u64());
    steps.took("last_limit_info", sf.last_limit_info().ok_or("none"), |_| true);
    let composite = json!({"compositeRequest": [
        {"method": "POST", "url": "/services/data/v66.0/sobjects/Lead", "referenceId": "a", "body": {"LastName": "Q", "Company": "C"}},
        {"method": "GET", "url": "/services/data/v66.0/sobjects/Lead/@{a.id}", "referenceId": "b"}
    ]});
    steps.took("composite with a reference", sf.post::<Value, _>("composite", &composite).await, |answer| {
        answer["compositeResponse"][1]["httpStatusCode"] == 200
    });
    bulk(&sf, &mut steps).await;
    std::process::exit(i32::from(steps.0 > 0));
}

async fn bulk(sf: &Cirrus, steps: &mut Steps) {
    let ingest = sf.bulk().ingest();
    let spec = BulkIngestSpec::new("Lead", BulkOperation::Insert);
    let Some(job) = steps.took("bulk: create a job", ingest.create(&spec).await, |_| true) else { return };
    let csv = "LastName,Company\nBulk 1,C\nBulk 2,C\n";
    steps.took("bulk: upload", ingest.upload(&job.id, bytes::Bytes::from(csv)).await, |()| true);
    steps.took("bulk: close", ingest.close(&job.id).await, |_| true);
    steps.took("bulk: results", ingest.successful_results(&job.id).await, |csv| {
        String::from_utf8_lossy(csv).lines().count() == 3
    });
}

/// Names of the types, whatever shape the client gives them.
trait Names {
    async fn describe_global_names(&self) -> Result<Vec<String>, cirrus::CirrusError>;
}

impl Names for Cirrus {
    async fn describe_global_names(&self) -> Result<Vec<String>, cirrus::CirrusError> {
        let all = self.get::<Value>("sobjects").await?;
        let names = all["sobjects"].as_array().into_iter().flatten().filter_map(|kind| kind["name"].as_str());
        Ok(names.map(str::to_owned).collect())
    }
}
