//! A running sandbox and short words for calls.

use reqwest::{Client, Method, Response};
use rolodeck::sandbox::{Faults, OrgFile, Sandbox};
use serde_json::{Value, json};

/// The version that most tests speak.
pub const BASE: &str = "/services/data/v66.0";

/// A sandbox with a client that is logged in.
pub struct Org {
    pub sandbox: Sandbox,
    pub client: Client,
}

/// Status and body of an answer.
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Org {
    pub async fn start(org: Value) -> Self {
        Self::start_with(org, Faults::none()).await
    }

    pub async fn start_with(org: Value, faults: Faults) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let org = OrgFile::parse(&org.to_string()).expect("org file");
        let listen = "127.0.0.1:0".parse().expect("address");
        let sandbox = Sandbox::start(listen, org, faults).await.expect("sandbox");
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("client");
        Self { sandbox, client }
    }

    pub fn url(&self, path: &str) -> String {
        let base = if path.starts_with("/services") || path.starts_with("/__admin") || path.starts_with("/id/") {
            ""
        } else {
            BASE
        };
        format!("{}{base}{path}", self.sandbox.url())
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method: Method = method.parse().expect("method");
        self.client.request(method, self.url(path)).bearer_auth(self.sandbox.access_token())
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        let request = self.request(method, path);
        let request = if body.is_null() { request } else { request.json(&body) };
        Answer::read(request.send().await.expect("an answer")).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, body).await
    }

    pub async fn query(&self, soql: &str) -> Answer {
        let request = self.request("GET", "/query").query(&[("q", soql)]);
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// The first column of a query that must work.
    pub async fn column(&self, soql: &str, name: &str) -> Vec<Value> {
        let answer = self.query(soql).await;
        assert_eq!(answer.status, 200, "{soql}: {}", answer.body);
        answer.body["records"].as_array().expect("records").iter().map(|row| row[name].clone()).collect()
    }

    /// Creates a record that must be accepted.
    pub async fn create(&self, object: &str, fields: Value) -> String {
        let answer = self.post(&format!("/sobjects/{object}"), fields).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["id"].as_str().expect("id").to_owned()
    }
}

impl Answer {
    pub async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }

    /// The code of the first error of a single-record answer.
    pub fn code(&self) -> &str {
        self.body[0]["errorCode"].as_str().unwrap_or_default()
    }

    pub fn message(&self) -> &str {
        self.body[0]["message"].as_str().unwrap_or_default()
    }
}

/// A small org: two users (one inactive), an account, a contact, two leads of which one is converted.
pub fn small_org() -> Value {
    json!({
        "User": [
            {"_key": "ana", "Username": "ana@seller.test", "Email": "ana@seller.test", "LastName": "Lind", "FirstName": "Ana", "IsActive": true},
            {"_key": "eva", "Username": "eva@seller.test", "Email": "eva@seller.test", "LastName": "Brandt", "IsActive": false}
        ],
        "Account": [{"_key": "acme", "Name": "Acme", "Website": "https://acme.test", "OwnerId": "@ana"}],
        "Contact": [{"_key": "chloe", "FirstName": "Chloe", "LastName": "Myers", "Email": "Chloe.Myers@Acme.test", "AccountId": "@acme"}],
        "Lead": [
            {"_key": "leo", "FirstName": "Leo", "LastName": "Open", "Company": "Open Ltd", "Email": "leo@open.test"},
            {"_key": "cora", "LastName": "Converted", "Company": "Acme", "Email": "cora@acme.test", "IsConverted": true, "ConvertedContactId": "@chloe"}
        ],
        "custom_fields": {
            "Contact": [
                {"name": "Ext__c", "type": "string", "length": 40, "external_id": true, "unique": true},
                {"name": "Level__c", "type": "picklist", "restricted": true, "values": ["Gold", "Silver"]}
            ],
            "Event": [{"name": "No_Show__c", "type": "boolean"}]
        }
    })
}
