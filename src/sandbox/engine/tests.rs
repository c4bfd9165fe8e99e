//! Whatever is sent, the engine answers.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::Engine;
use crate::sandbox::http::{Body, Call, Reply};
use crate::sandbox::{Faults, OrgFile};

fn names() -> impl Strategy<Value = String> {
    let known = [
        "records",
        "attributes",
        "type",
        "Lead",
        "Event",
        "allOrNone",
        "compositeRequest",
        "method",
        "url",
        "referenceId",
        "body",
        "graphs",
        "graphId",
        "batchRequests",
        "richInput",
        "LastName",
        "Company",
        "Email",
        "StartDateTime",
        "EndDateTime",
        "DurationInMinutes",
        "IsAllDayEvent",
        "ActivityDate",
        "WhoId",
        "Id",
        "Account",
        "Owner",
        "fields",
        "ids",
        "object",
        "operation",
        "state",
        "MailingAddress",
        "EventWhoIds",
        "httpHeaders",
    ];
    prop_oneof![4 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

fn values() -> impl Strategy<Value = Value> {
    let texts = [
        "Lead",
        "POST",
        "GET",
        "PATCH",
        "/services/data/v66.0/sobjects/Event",
        "/services/data/v66.0/query?q=SELECT+Id+FROM+Lead",
        "v66.0/limits",
        "9999-12-31T23:59:59Z",
        "-009999-01-01T00:00:00Z",
        "9999-12-31",
        "0035g0000000001",
        "@{a[0].id}",
        "a@b.test",
        "insert",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(texts.to_vec()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names(), inner), 0..5).prop_map(|pairs| Value::Object(Map::from_iter(pairs))),
        ]
    })
}

fn send(engine: &mut Engine, method: &str, target: &str, body: Body) -> Reply {
    let token = format!("Bearer {}", engine.sessions.permanent_token());
    engine.handle(&Call::new(method, target, vec![("authorization".into(), token)], body))
}

fn engine() -> Engine {
    let org = OrgFile::parse(
        r#"{"Lead":[{"LastName":"A","Company":"B","Email":"a@b.test"}],"settings":{"shared_activities":true}}"#,
    );
    Engine::new(org.unwrap().build().unwrap(), Faults::none())
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in values()) {
        let mut engine = engine();
        for (method, path) in [
            ("POST", "sobjects/Lead"),
            ("POST", "sobjects/Event"),
            ("PATCH", "sobjects/Lead/Email/a@b.test"),
            ("POST", "composite"),
            ("POST", "composite/sobjects"),
            ("PATCH", "composite/sobjects"),
            ("PATCH", "composite/sobjects/Lead/Email"),
            ("POST", "composite/sobjects/Lead"),
            ("POST", "composite/batch"),
            ("POST", "composite/graph"),
            ("POST", "composite/tree/Account"),
            ("POST", "jobs/ingest"),
        ] {
            let reply = send(&mut engine, method, &format!("/services/data/v66.0/{path}"), Body::Json(body.clone()));
            prop_assert!((200..500).contains(&reply.status), "{method} {path} {body}");
        }
    }

    #[test]
    fn no_event_makes_it_panic(fields in prop::collection::vec((names(), values()), 0..6)) {
        let mut engine = engine();
        let body = Value::Object(Map::from_iter(fields));
        send(&mut engine, "POST", "/services/data/v66.0/sobjects/Event", Body::Json(body));
        engine.org.dump();
    }

    #[test]
    fn no_path_or_bytes_make_it_panic(path in "[a-zA-Z0-9/%?=&+@{}.-]{0,40}", bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut engine = engine();
        for base in ["", "services/oauth2/", "services/data/v66.0/", "services/data/v66.0/sobjects/Lead/", "__admin/"] {
            for method in ["GET", "POST", "PATCH", "DELETE"] {
                send(&mut engine, method, &format!("/{base}{path}"), Body::Bytes(bytes.clone()));
            }
        }
    }
}

#[test]
fn a_failed_request_leaves_the_org_as_it_was() {
    let mut engine = engine();
    let before = engine.org.dump();
    let body = json!({"allOrNone": true, "records": [
        {"attributes": {"type": "Lead"}, "LastName": "New", "Company": "B"},
        {"attributes": {"type": "Lead"}, "LastName": "Bad", "Company": "B", "Email": "no address"},
    ]});
    send(&mut engine, "POST", "/services/data/v66.0/composite/sobjects", Body::Json(body));
    assert_eq!(engine.org.dump(), before);
}
