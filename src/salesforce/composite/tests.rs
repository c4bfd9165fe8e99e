use proptest::prelude::*;

use super::*;

fn id() -> SfId {
    "003000000000001".parse().unwrap()
}

fn none() -> Map<String, Value> {
    Map::new()
}

#[test]
fn paths_are_encoded_and_references_kept() {
    let person = RecordRef::Result("persons[0].id".to_owned());
    for (sub, method, path) in [
        (
            Subrequest::query("q", "SELECT Id FROM Lead WHERE Email = 'a+b@x.io'"),
            "GET",
            "/query?q=SELECT%20Id%20FROM%20Lead%20WHERE%20Email%20%3D%20%27a%2Bb%40x.io%27",
        ),
        (Subrequest::query_all("q", "SELECT Id FROM Event"), "GET", "/queryAll?q=SELECT%20Id%20FROM%20Event"),
        (Subrequest::create("c", "Lead", none()), "POST", "/sobjects/Lead"),
        (Subrequest::update("u", "Contact", id(), none()), "PATCH", "/sobjects/Contact/003000000000001AAA"),
        (Subrequest::update("u", "Contact", person, none()), "PATCH", "/sobjects/Contact/@{persons[0].id}"),
        (Subrequest::upsert("u", "Lead", "Ext__c", "a/b?c", none()), "PATCH", "/sobjects/Lead/Ext__c/a%2Fb%3Fc"),
        (Subrequest::delete_record("d", "Event", id()), "DELETE", "/sobjects/Event/003000000000001AAA"),
        (
            Subrequest::record("r", "Lead", id(), &["Id", "Owner.Email"]),
            "GET",
            "/sobjects/Lead/003000000000001AAA?fields=Id%2COwner.Email",
        ),
    ] {
        assert_eq!((sub.method.as_str(), sub.path.as_str()), (method, path));
    }
}

#[test]
fn writes_carry_their_headers_and_reads_do_not() {
    let headers = [("Sforce-Auto-Assign", "FALSE".to_owned())];
    let create =
        Subrequest::create("c", "Lead", none()).with_header("If-Unmodified-Since", "x").json("/root", &headers);
    assert_eq!(
        create,
        json!({"method": "POST", "url": "/root/sobjects/Lead", "referenceId": "c", "body": {},
               "httpHeaders": {"Sforce-Auto-Assign": "FALSE", "If-Unmodified-Since": "x"}})
    );
    let read = Subrequest::query("q", "x").json("/root", &headers);
    assert_eq!(read, json!({"method": "GET", "url": "/root/query?q=x", "referenceId": "q"}));
}

#[test]
fn what_the_server_would_refuse_is_not_sent() {
    let creates = |count| (0..count).map(|n| Subrequest::create(&format!("c{n}"), "Lead", none())).collect();
    let queries = |count| (0..count).map(|n| Subrequest::query(&format!("q{n}"), "x")).collect::<Vec<_>>();
    let named = |name: &str| vec![Subrequest::query(name, "x")];
    for (requests, allowed) in [
        (creates(25), true),
        (creates(26), false),
        (queries(5), true),
        (queries(6), false),
        ([queries(5), vec![Subrequest::post("x", "/composite/sobjects", json!({}))]].concat(), false),
        ([queries(5), creates(20)].concat(), true),
        (named("Ref_1"), true),
        (named(""), false),
        (named("a-b"), false),
        (named("ä"), false),
        ([named("same"), named("same")].concat(), false),
        (vec![], true),
    ] {
        assert_eq!(Composite::of(requests.clone()).check().is_ok(), allowed, "{requests:?}");
    }
}

fn response(reference: &str, status: u16, body: &Value) -> Value {
    json!({"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": reference})
}

#[test]
fn answers_are_matched_by_reference() {
    let requests = ["a", "b"].map(|name| Subrequest::query(name, "x"));
    let body = json!({"compositeResponse": [response("b", 200, &json!(2)), response("a", 204, &Value::Null)]});
    let answers = match_responses(200, body, &requests).unwrap();
    assert_eq!(answers.iter().map(|a| a.status).collect::<Vec<_>>(), [204, 200]);

    for body in [
        json!(null),
        json!([]),
        json!({}),
        json!({"compositeResponse": {}}),
        json!({"compositeResponse": ["x"]}),
        json!({"compositeResponse": [response("a", 200, &json!(1))]}),
        json!({"compositeResponse": [response("a", 200, &json!(1)), response("a", 200, &json!(1)), response("b", 200, &json!(1))]}),
        json!({"compositeResponse": [response("a", 200, &json!(1)), {"referenceId": "b", "body": null}]}),
        json!({"compositeResponse": [response("a", 200, &json!(1)), {"referenceId": "b", "httpStatusCode": 70_000}]}),
    ] {
        assert!(matches!(match_responses(200, body.clone(), &requests), Err(ApiError::Http { .. })), "{body}");
    }
}

#[test]
fn answers_are_read_as_what_was_asked() {
    let answer = |status, body: Value| SubResponse { reference_id: "x".to_owned(), status, headers: none(), body };
    let saved = json!({"id": "003000000000001AAA", "success": true, "errors": []});
    assert_eq!(answer(201, saved.clone()).into_saved(), Ok(Saved { id: id(), created: true }));
    assert_eq!(answer(200, json!([saved])).into_rows(1).unwrap()[0].id, Some(id()));
    assert_eq!(answer(204, Value::Null).into_result(), Ok(Value::Null));
    assert_eq!(answer(200, json!({"Id": "003000000000001AAA"})).into_record().unwrap().id(), Some(id()));
    let halted = json!([{"errorCode": "PROCESSING_HALTED", "message": "m"}]);
    assert_eq!(answer(400, halted).into_rows(1).unwrap_err().code(), "PROCESSING_HALTED");
    for body in [json!(null), json!("x"), json!(7)] {
        assert!(answer(200, body.clone()).into_page().is_err());
        assert!(answer(200, body.clone()).into_rows(1).is_err());
        assert!(answer(200, body.clone()).into_saved().is_err());
        assert!(answer(200, body).into_record().is_err());
    }
}

proptest! {
    #[test]
    fn hostile_envelopes_never_panic(text in any::<String>(), status in any::<i64>()) {
        let requests = [Subrequest::query("a", "x")];
        for body in [
            json!({"compositeResponse": [{"referenceId": text, "httpStatusCode": status, "body": text}]}),
            json!({"compositeResponse": [{"referenceId": "a", "httpStatusCode": status, "body": [text]}]}),
            json!({"compositeResponse": text}),
        ] {
            if let Ok(answers) = match_responses(200, body, &requests) {
                for answer in answers {
                    prop_assert!(answer.into_page().is_err());
                }
            }
        }
    }
}
