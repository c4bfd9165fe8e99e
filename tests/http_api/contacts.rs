//! Contacts over HTTP: each verb, each refusal, lookups, page views.

use reqwest::{Method, StatusCode};
use rolodeck::domain::FieldKind;
use serde_json::{Value as Json, json};

use super::{Server, now};

async fn create(server: &Server, body: &Json) -> String {
    let made = server.call(Method::POST, "/v2/contacts", Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.json);
    assert_eq!(made.headers["location"], format!("/v2/contacts/{}", made.json["id"].as_str().unwrap()));
    made.json["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_contact_is_made_read_changed_and_deleted() {
    let server = Server::start().await;
    server.store.add_field("Team size", None, FieldKind::Number, &[], now()).await.unwrap();
    let id = create(
        &server,
        &json!({"first_name": "Ana", "last_name": "Berg", "email": " Ana@X.test", "mobile_phone": "900 00 001",
            "timezone": "Europe/Oslo", "status": "Qualified", "custom_fields": [{"name": "team_size", "value": 0}]}),
    )
    .await;
    let path = format!("/v2/contacts/{id}");
    let got = server.get(&path).await;
    let part = |json: &Json, keys: &[&str]| keys.iter().map(|key| json[key].clone()).collect::<Vec<_>>();
    assert_eq!(
        part(&got.json, &["object", "email", "mobile_phone", "timezone", "status", "phone", "source", "owner"]),
        [
            json!("contact"),
            json!("ana@x.test"),
            json!("+4790000001"),
            json!("Europe/Oslo"),
            json!("Qualified"),
            json!(null),
            json!("api"),
            json!(null)
        ]
    );
    assert_eq!(got.json["custom_fields"], json!([{"name": "team_size", "value": 0}]));

    // PATCH changes what it names and nothing else; null clears; what is printed can be sent back.
    let changed = server.call(Method::PATCH, &path, Some(&json!({"company": "Berg AS", "status": null}))).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(
        part(&changed.json, &["company", "status", "first_name"]),
        [json!("Berg AS"), json!(null), json!("Ana")]
    );
    let again = server.call(Method::PATCH, &path, Some(&changed.json)).await;
    assert_eq!(again.status, StatusCode::OK, "{:?}", again.json);
    let detail = server.store.contact_detail(1).await.unwrap().unwrap();
    assert!(detail.history.iter().all(|entry| entry.actor == "api:tests"), "{:?}", detail.history);

    let gone = server.call(Method::DELETE, &path, None).await;
    assert_eq!(gone.json, json!({"object": "contact", "id": id, "deleted": true}));
    for method in [Method::GET, Method::DELETE] {
        let answer = server.call(method, &path, None).await;
        assert_eq!((answer.status, &answer.json["type"]), (StatusCode::NOT_FOUND, &json!("invalid_request_error")));
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_parameter_and_nothing_is_stored() {
    let server = Server::start().await;
    create(&server, &json!({"email": "a@x.test"})).await;
    create(&server, &json!({"email": "b@x.test", "mobile_phone": "+4790000002"})).await;
    for (method, path, body, status, param) in [
        // OnceHub stores null for an unknown status; we refuse it.
        (Method::POST, "/v2/contacts", json!({"email": "c@x.test", "status": "Hot"}), 400, "status"),
        (Method::PATCH, "/v2/contacts/CTC-1", json!({"status": "qualifyed"}), 400, "status"),
        (Method::POST, "/v2/contacts", json!({"email": "c"}), 400, "email"),
        (Method::POST, "/v2/contacts", json!({"first_name": "Cy"}), 400, "email"),
        (Method::POST, "/v2/contacts", json!({"email": "c@x.test", "shoe_size": 38}), 400, "shoe_size"),
        (Method::POST, "/v2/contacts", json!({"email": "c@x.test", "custom_fields": 7}), 400, "custom_fields"),
        (Method::POST, "/v2/contacts", json!({"email": "A@x.test"}), 409, "email"),
        (
            Method::POST,
            "/v2/contacts",
            json!({"email": "c@x.test", "mobile_phone": "+4790000002"}),
            409,
            "mobile_phone",
        ),
        (Method::PATCH, "/v2/contacts/CTC-1", json!({"email": "b@x.test"}), 409, "email"),
        (Method::PATCH, "/v2/contacts/CTC-1", json!({"mobile_phone": "+4790000002"}), 409, "mobile_phone"),
        (Method::PATCH, "/v2/contacts/CTC-1", json!({"email": null}), 400, "email"),
        (Method::PATCH, "/v2/contacts/CTC-1", json!({}), 400, ""),
        (Method::PATCH, "/v2/contacts/CTC-1", json!([1]), 400, ""),
        (Method::PATCH, "/v2/contacts/CTC-9", json!({"city": "Oslo"}), 404, ""),
        (Method::PATCH, "/v2/contacts/x", json!({"city": "Oslo"}), 404, ""),
    ] {
        let answer = server.call(method.clone(), path, Some(&body)).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path} {body}: {:?}", answer.json);
        assert_eq!(answer.json["param"].as_str().unwrap_or_default(), param, "{body}: {:?}", answer.json);
        assert!(answer.json["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
    assert_eq!(server.get("/v2/contacts").await.json["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn lists_are_paged_both_ways_and_filtered() {
    let server = Server::start().await;
    for n in 1..=7 {
        let status = if n % 2 == 0 { json!("Qualified") } else { json!(null) };
        create(&server, &json!({"email": format!("p{n}@x.test"), "first_name": "Åsa", "status": status})).await;
    }
    let ids = |json: &Json| {
        json["data"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // Newest first, to the end, each once.
    let (mut all, mut path) = (Vec::new(), "/v2/contacts?limit=3".to_owned());
    loop {
        let page = server.get(&path).await;
        all.extend(ids(&page.json));
        if page.json["has_more"] == json!(false) {
            break;
        }
        path = format!("/v2/contacts?limit=3&after={}", all.last().unwrap());
    }
    assert_eq!(all, (1..=7).rev().map(|n| format!("CTC-{n}")).collect::<Vec<_>>());
    let page = server.get("/v2/contacts?limit=2&before=CTC-3").await;
    assert_eq!((ids(&page.json), &page.json["has_more"]), (vec!["CTC-5".to_owned(), "CTC-4".to_owned()], &json!(true)));
    let links = page.headers["link"].to_str().unwrap();
    assert!(links.contains("</v2/contacts?limit=2&after=CTC-4>; rel=\"next\""), "{links}");
    assert!(links.contains("before=CTC-5>; rel=\"previous\""), "{links}");

    for (query, found) in [
        ("email=P3@x.test", 1),
        ("status=Qualified", 3),
        ("status=none", 4),
        ("filter=asa", 7),
        ("filter=status:qualified%20OR%20p1", 4),
        ("filter=status:qualified&email=p1@x.test", 0),
        ("filter=p1%20OR%20p2%20OR%20status:qualified&status=none", 1),
        ("creation_time.gt=2026-01-01T00:00:00.000Z", 7),
        ("creation_time.lt=2026-01-01T00:00:00.000Z", 0),
        ("source=api&limit=100", 7),
    ] {
        let answer = server.get(&format!("/v2/contacts?{query}")).await;
        assert_eq!(ids(&answer.json).len(), found, "{query}: {:?}", answer.json);
    }
    for (query, param) in [
        ("limit=101", "limit"),
        ("created_from=2026-01-01", "created_from"),
        ("status=Hot", "status"),
        ("filter=shoe:38", "filter"),
        ("filter=(", "filter"),
        // One parameter does not reach beyond itself.
        ("status=Disqualified&filter=xyz)%20OR%20(has:email", "filter"),
        ("status=!qualified", "status"),
        ("after=CTC-99", "after"),
        ("after=CTC-1&before=CTC-3", "before"),
    ] {
        let answer = server.get(&format!("/v2/contacts?{query}")).await;
        assert_eq!((answer.status.as_u16(), &answer.json["param"]), (400, &json!(param)), "{query}: {:?}", answer.json);
    }
    // The place of what is wrong is one in the value, whatever stands beside it.
    for (query, words) in [
        ("status=none&filter=%C3%A5sa%20shoe:38", "at character 5: "),
        ("owner=me@x.test&filter=xyz)%20OR%20(has:email", "at character 4: this `)` closes nothing"),
    ] {
        let message = server.get(&format!("/v2/contacts?{query}")).await.json["message"].to_string();
        assert!(message.contains(words), "{query}: {message}");
    }
}

#[tokio::test]
async fn a_lookup_tells_what_need_not_be_asked_again() {
    let server = Server::start().await;
    create(
        &server,
        &json!({"email": "ana@x.test", "mobile_phone": "+4790000001", "first_name": "Ana", "status": "Sales qualified"}),
    )
    .await;
    create(&server, &json!({"email": "bo@x.test", "phone": "+4722000002"})).await;
    for (query, known) in [
        ("email=ANA@x.test", "CTC-1"),
        ("phone=%2B4790000001", "CTC-1"),
        ("phone=90000001", "CTC-1"),
        ("phone=+4722000002", "CTC-2"),
        ("email=new@x.test&phone=90000001", "CTC-1"),
        ("email=new@x.test", ""),
    ] {
        let answer = server.get(&format!("/v2/lookup?{query}")).await;
        assert_eq!(answer.json["contact"].as_str().unwrap_or_default(), known, "{query}: {:?}", answer.json);
        assert_eq!(answer.json["known"], json!(!known.is_empty()));
    }
    let ana = server.get("/v2/lookup?email=ana@x.test").await.json;
    assert_eq!((&ana["status"], &ana["fields"]["first_name"]), (&json!("Sales qualified"), &json!("Ana")));
    assert!(ana["fields"].get("company").is_none());
    for query in ["", "?email=ana", "?phone=ask", "?name=ana"] {
        assert_eq!(server.get(&format!("/v2/lookup{query}")).await.status, StatusCode::BAD_REQUEST, "{query}");
    }
    // Without a key, whoever is asked for, the answer is the same.
    let mut told = Vec::new();
    for email in ["ana@x.test", "nobody@x.test"] {
        let answer = server.ask(Method::GET, &format!("/v2/lookup?email={email}"), &[], None).await;
        told.push((answer.status, answer.json));
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0].0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn page_views_are_kept_with_consent_only_and_the_answer_does_not_tell() {
    let server = Server::start().await;
    create(&server, &json!({"email": "yes@x.test", "has_consent": true})).await;
    create(&server, &json!({"email": "no@x.test", "has_consent": false})).await;
    create(&server, &json!({"email": "asked@x.test"})).await;
    let views = json!([
        {"url": "https://x.test/", "title": "Home", "seconds": 14, "at": "2026-03-01T08:00:00Z"},
        {"url": "https://x.test/pricing", "seconds": 25.4, "at": "2026-03-01T08:01:00Z"},
    ]);
    for email in ["yes@x.test", "no@x.test", "asked@x.test", "nobody@x.test", "yes@x.test"] {
        let body = json!({"email": email, "views": views});
        let answer = server.call(Method::POST, "/hooks/page-views", Some(&body)).await;
        assert_eq!((answer.status, &answer.json), (StatusCode::ACCEPTED, &json!({"result": "accepted"})), "{email}");
    }
    for (id, kept) in [(1, 2), (2, 0), (3, 0)] {
        assert_eq!(server.store.contact_detail(id).await.unwrap().unwrap().page_views.len(), kept, "{id}");
    }
    for (body, param) in [
        (json!({"views": views}), "email"),
        (json!({"email": "yes@x.test", "url": "javascript:alert(1)"}), "url"),
        (json!({"email": "yes@x.test", "url": "https://x.test/", "seconds": -1}), "seconds"),
        (json!({"email": "yes@x.test", "url": "https://x.test/", "at": "2999-01-01T00:00:00Z"}), "at"),
        (json!({"email": "yes@x.test", "views": {}}), "views"),
    ] {
        let answer = server.call(Method::POST, "/hooks/page-views", Some(&body)).await;
        assert_eq!((answer.status.as_u16(), &answer.json["param"]), (400, &json!(param)), "{body}");
    }
    // Withdrawn consent takes them away.
    server.call(Method::PATCH, "/v2/contacts/CTC-1", Some(&json!({"has_consent": false}))).await;
    assert_eq!(server.store.contact_detail(1).await.unwrap().unwrap().page_views.len(), 0);
}
