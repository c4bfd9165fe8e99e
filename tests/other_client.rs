//! The client crate `cirrus`, which knows nothing of rolodeck, against `rolodeck sandbox`: what was written for Salesforce
//! works here unchanged. jsforce and simple-salesforce are tried by hand: docs/sandbox.md.
#![cfg(unix)]
#![allow(clippy::missing_panics_doc, clippy::needless_pass_by_value, clippy::unwrap_used, missing_docs)]

#[path = "support/place.rs"]
mod place;

use std::sync::{Arc, Mutex, Once};

use cirrus::auth::refresh::RotationHandler;
use cirrus::auth::{ClientCredentialsAuth, JwtAuth, StaticTokenAuth, WebServerFlow};
use cirrus::{AuthSession, BulkIngestSpec, BulkOperation, Cirrus};
use serde_json::{Value, json};

use place::{Place, Running, place, sandbox};

const KEY: &str = include_str!("support/jwt_key.pem");
const PUBLIC_KEY: &str = include_str!("support/jwt_key.pub.pem");

/// A running stand-in.
struct Org {
    _place: Place,
    _sandbox: Running,
    url: String,
    token: String,
}

fn org(settings: Value) -> Org {
    // The client is built without a provider of its own: it must find one, also for plain HTTP.
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
    let place = place();
    let file = json!({
        "User": [{"Username": "ann@seller.test", "LastName": "Host", "Email": "ann@seller.test", "Alias": "ann"}],
        "custom_fields": {"Lead": [{"name": "Ext__c", "type": "string", "length": 40, "external_id": true}]},
        "settings": settings
    });
    let (sandbox, url, token) = sandbox(&place, &file.to_string());
    Org { _place: place, _sandbox: sandbox, url, token }
}

fn client(auth: Arc<dyn AuthSession>) -> Cirrus {
    Cirrus::builder().auth(auth).allow_insecure_transport(true).build().unwrap()
}

impl Org {
    fn client(&self) -> Cirrus {
        client(Arc::new(StaticTokenAuth::new(self.token.clone(), self.url.clone())))
    }
}

/// A session is good for something.
async fn works(sf: &Cirrus) {
    let found = sf.query("SELECT Id, Username FROM User WHERE Username = 'ann@seller.test'").await.unwrap();
    assert_eq!(found.records.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_from_its_creation_to_its_end() {
    let org = org(json!({}));
    let sf = org.client();
    let leads = sf.sobject("Lead");
    let made = leads.create(&json!({"LastName": "Lee", "Company": "Lee Ltd", "Email": "Bo.Lee@x.test"})).await.unwrap();
    assert!(made.success);
    let id = made.id.as_str();
    let read: Value = leads.retrieve(id).await.unwrap();
    assert_eq!(read["Email"], "bo.lee@x.test");
    leads.update(id, &json!({"FirstName": "Bo"})).await.unwrap();
    let read: Value = leads.retrieve_with_fields(id, &["Id", "FirstName"]).await.unwrap();
    assert_eq!(read["FirstName"], "Bo");
    let found = sf.query(&format!("SELECT Id, Name FROM Lead WHERE Id = '{id}'")).await.unwrap();
    assert_eq!((found.records.len(), &found.records[0]["Name"]), (1, &json!("Bo Lee")));
    leads.delete(id).await.unwrap();
    assert!(leads.retrieve(id).await.is_err());

    leads.upsert("Ext__c", "c1", &json!({"LastName": "Key", "Company": "K"})).await.unwrap();
    leads.upsert("Ext__c", "c1", &json!({"LastName": "Key 2", "Company": "K"})).await.unwrap();
    let by_key: Value = leads.retrieve_by_external_id("Ext__c", "c1").await.unwrap();
    assert_eq!(by_key["LastName"], "Key 2");
    assert_eq!(sf.query("SELECT Id FROM Lead").await.unwrap().records.len(), 1);
    assert_eq!(sf.query_all("SELECT Id FROM Lead").await.unwrap().records.len(), 2, "with the deleted one");
    let wrong = sf.query("SELECT Nope FROM Lead").await.unwrap_err();
    assert!(format!("{wrong:?}").contains("INVALID_FIELD"), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_org_tells_about_itself() {
    let org = org(json!({}));
    let sf = org.client();
    assert!(!sf.versions().await.unwrap().is_empty());
    let all: Value = sf.get("sobjects").await.unwrap();
    assert!(all["sobjects"].as_array().unwrap().iter().any(|object| object["name"] == "Lead"));
    let describe: Value = sf.sobject("Lead").describe().await.unwrap();
    assert!(describe["fields"].as_array().unwrap().iter().any(|field| field["name"] == "Company"));
    let limits: Value = sf.get("limits").await.unwrap();
    assert!(limits["DailyApiRequests"]["Max"].is_u64());
    assert!(sf.last_limit_info().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn composites_and_jobs() {
    let org = org(json!({}));
    let sf = org.client();
    let composite = json!({"compositeRequest": [
        {"method": "POST", "url": "/services/data/v66.0/sobjects/Lead", "referenceId": "a", "body": {"LastName": "Q", "Company": "C"}},
        {"method": "GET", "url": "/services/data/v66.0/sobjects/Lead/@{a.id}", "referenceId": "b"}
    ]});
    let answer: Value = sf.post("composite", &composite).await.unwrap();
    assert_eq!(answer["compositeResponse"][1]["body"]["LastName"], "Q", "{answer:#}");

    let ingest = sf.bulk().ingest();
    let job = ingest.create(&BulkIngestSpec::new("Lead", BulkOperation::Insert)).await.unwrap();
    ingest.upload(&job.id, "LastName,Company\nBulk 1,C\nBulk 2,C\n".into()).await.unwrap();
    ingest.close(&job.id).await.unwrap();
    let results = ingest.successful_results(&job.id).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&results).lines().count(), 3, "a header and two rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_logs_in_with_its_key_or_its_secret() {
    let org = org(json!({"client_id": "app", "client_secret": "hush", "jwt_public_key": PUBLIC_KEY}));
    let jwt = JwtAuth::builder().consumer_key("app").username("ann@seller.test").login_url(org.url.clone());
    let jwt = jwt.instance_url(org.url.clone()).private_key_pem_bytes(KEY.as_bytes()).unwrap().build().unwrap();
    works(&client(Arc::new(jwt))).await;
    let credentials = ClientCredentialsAuth::builder().consumer_key("app").login_url(org.url.clone());
    let wrong = credentials.consumer_secret("wrong").instance_url(org.url.clone()).build().unwrap();
    assert!(client(Arc::new(wrong)).query("SELECT Id FROM User").await.is_err());
    let credentials = ClientCredentialsAuth::builder().consumer_key("app").login_url(org.url.clone());
    let right = credentials.consumer_secret("hush").instance_url(org.url.clone()).build().unwrap();
    works(&client(Arc::new(right))).await;
}

/// Keeps the token that counts next.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

#[cirrus::auth::async_trait]
impl RotationHandler for Kept {
    async fn on_rotation(&self, token: &str) {
        self.0.lock().unwrap().push(token.to_owned());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_logs_in_with_a_browser_and_the_login_is_renewed() {
    let org = org(json!({"rotate_refresh_tokens": true}));
    let flow = WebServerFlow::builder().consumer_key("app").login_url(org.url.clone());
    let flow = flow.redirect_uri("http://localhost:1717/OauthRedirect").scope("api refresh_token").build().unwrap();
    let (address, pending) = flow.start().unwrap();
    // What a browser does with the address: it is sent on to the callback, with a code.
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let sent_on = browser.get(&address).send().await.unwrap();
    let back = reqwest::Url::parse(sent_on.headers()["location"].to_str().unwrap()).unwrap();
    let part = |name: &str| back.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let session = flow.complete(pending, &part("code"), &part("state")).await.unwrap();
    works(&client(Arc::new(StaticTokenAuth::new(session.access_token.clone(), org.url.clone())))).await;

    let kept = Arc::new(Kept::default());
    let first = session.refresh_token.clone().unwrap();
    let renewed = flow.refresh_auth(&session).unwrap().initial_access_token("expired").on_rotation(kept.clone());
    works(&client(Arc::new(renewed.build().unwrap()))).await;
    let tokens = kept.0.lock().unwrap().clone();
    assert!(!tokens.is_empty() && !tokens.contains(&first), "each renewal gives the next token");
}
