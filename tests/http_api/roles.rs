//! A key may do what its user may (OnceHub reference 1.10), over every route.

use reqwest::{Method, StatusCode};
use rolodeck::domain::{Email, Role};
use rolodeck::ingest::api::key::NewKey;
use serde_json::{Value as Json, json};

use super::{Answer, Server, now};

fn email(name: &str) -> Email {
    Email::parse(&format!("{name}@sell.test")).unwrap()
}

/// A key, by its user.
async fn key(server: &Server, user: &str) -> String {
    let key = NewKey::generate().unwrap();
    server.store.api_key_create(&format!("key-{user}"), &key.hash, Some(&email(user)), now()).await.unwrap().unwrap();
    key.text().to_owned()
}

async fn call(server: &Server, key: &str, method: Method, path: &str, body: Option<&Json>) -> Answer {
    server.ask(method, path, &[("API-Key", key)], body).await
}

/// Contacts 1 to 4: of the user, of a team mate, of somebody else, of nobody. Contact 5 is made by whoever asks.
async fn crowd() -> Server {
    let server = Server::start().await;
    for (name, team) in [("me", Some("North")), ("mate", Some("North")), ("other", Some("South")), ("boss", None)] {
        server.store.add_user(&email(name), None).await.unwrap();
        server.store.set_team(&email(name), team).await.unwrap();
    }
    server.store.set_role(&email("boss"), Role::Administrator).await.unwrap();
    for (n, owner) in [Some("me"), Some("mate"), Some("other"), None].into_iter().enumerate() {
        let owner = owner.map(|owner| email(owner).to_string());
        let body = json!({"email": format!("p{n}@x.test"), "phone": format!("+472200000{n}"), "has_consent": true,
            "owner": owner});
        assert_eq!(server.call(Method::POST, "/v2/contacts", Some(&body)).await.status, StatusCode::CREATED);
    }
    server
}

#[tokio::test]
async fn each_role_reaches_over_http_what_the_table_says() {
    for (user, role, reach, deletes) in [
        ("boss", Role::Administrator, vec![1, 2, 3, 4], true),
        ("me", Role::TeamManager, vec![1, 2], false),
        ("me", Role::Member, vec![1], false),
        ("mate", Role::Member, vec![2], false),
    ] {
        let server = crowd().await;
        server.store.set_role(&email(user), role).await.unwrap();
        let key = key(&server, user).await;
        let told = call(&server, &key, Method::GET, "/v2/test", None).await.json;
        assert_eq!((&told["user"], &told["role"]), (&json!(email(user)), &json!(role)));
        let ids = |answer: &Answer| {
            let data = answer.json["data"].as_array().unwrap();
            data.iter().map(|contact| contact["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let mut seen: Vec<String> = reach.iter().rev().map(|n| format!("CTC-{n}")).collect();
        assert_eq!(ids(&call(&server, &key, Method::GET, "/v2/contacts", None).await), seen, "{user} {role}");
        // Neither a filter, nor another page, nor another owner's name shows more.
        let all = call(&server, &key, Method::GET, "/v2/contacts?filter=p0%20OR%20p1%20OR%20p2%20OR%20p3", None).await;
        assert_eq!(ids(&all), seen);
        let others = call(&server, &key, Method::GET, "/v2/contacts?owner=other@sell.test", None).await;
        assert_eq!(ids(&others).len(), usize::from(role == Role::Administrator));
        let mine = call(&server, &key, Method::GET, "/v2/contacts?filter=mine:yes", None).await;
        assert_eq!(ids(&mine).len(), usize::from(user != "boss"), "{:?}", mine.json);

        for n in 1..=4 {
            let reached = reach.contains(&n);
            let path = format!("/v2/contacts/CTC-{n}");
            let found = if reached { StatusCode::OK } else { StatusCode::NOT_FOUND };
            assert_eq!(call(&server, &key, Method::GET, &path, None).await.status, found, "{user} {role} {n}");
            let after = format!("/v2/contacts?after=CTC-{n}");
            let page = call(&server, &key, Method::GET, &after, None).await;
            assert_eq!(page.status, if reached { StatusCode::OK } else { StatusCode::BAD_REQUEST });
            let city = json!({"city": format!("{user} {role}")});
            assert_eq!(call(&server, &key, Method::PATCH, &path, Some(&city)).await.status, found);
            let kept = server.get(&path).await.json["city"].clone();
            assert_eq!(kept == city["city"], reached, "{user} {role} {n}: {kept}");
            // A lookup knows whom its user knows; what is told of the others is what is told of nobody.
            for query in [format!("email=p{}@x.test", n - 1), format!("phone=%2B472200000{}", n - 1)] {
                let lookup = call(&server, &key, Method::GET, &format!("/v2/lookup?{query}"), None).await;
                assert_eq!(lookup.json["known"], json!(reached), "{query}");
            }
            let view = json!({"email": format!("p{}@x.test", n - 1), "url": "https://x.test/"});
            let answer = call(&server, &key, Method::POST, "/hooks/page-views", Some(&view)).await;
            assert_eq!(answer.status, StatusCode::ACCEPTED);
            let views = server.store.contact_detail(n).await.unwrap().unwrap().page_views.len();
            assert_eq!(views, usize::from(reached), "{user} {role} {n}");
        }

        // Whom a key makes belongs to its user. Who is there already is told to those who may see them only.
        let made = call(&server, &key, Method::POST, "/v2/contacts", Some(&json!({"email": "new@x.test"}))).await;
        assert_eq!((made.status, &made.json["owner"]), (StatusCode::CREATED, &json!(email(user))));
        seen.insert(0, "CTC-5".to_owned());
        assert_eq!(ids(&call(&server, &key, Method::GET, "/v2/contacts", None).await), seen);
        let taken = call(&server, &key, Method::POST, "/v2/contacts", Some(&json!({"email": "p2@x.test"}))).await;
        assert_eq!(taken.status, StatusCode::CONFLICT);
        let told = taken.json["message"].as_str().unwrap().contains("CTC-3");
        assert_eq!(told, role == Role::Administrator, "{:?}", taken.json);
        // For others, or to others: not by a member.
        let given = json!({"email": "given@x.test", "owner": "other@sell.test"});
        let given = call(&server, &key, Method::POST, "/v2/contacts", Some(&given)).await;
        let allowed = role == Role::Administrator;
        assert_eq!(given.status == StatusCode::CREATED, allowed, "{:?}", given.json);
        assert!(
            allowed || (given.status, &given.json["type"]) == (StatusCode::FORBIDDEN, &json!("invalid_request_error"))
        );

        let gone = call(&server, &key, Method::DELETE, "/v2/contacts/CTC-5", None).await;
        assert_eq!(gone.status, if deletes { StatusCode::OK } else { StatusCode::FORBIDDEN }, "{:?}", gone.json);
        assert_eq!(server.store.contact_detail(5).await.unwrap().is_none(), deletes);
        let history = server.store.contact_detail(reach[0]).await.unwrap().unwrap().history;
        assert_eq!(history[0].actor, format!("api:key-{user}"));
    }
}

#[tokio::test]
async fn a_key_follows_its_user() {
    let server = crowd().await;
    let key = key(&server, "me").await;
    let test = || call(&server, &key, Method::GET, "/v2/test", None);
    // A user without a role is a member; a role that is given counts from the next request on.
    assert_eq!(test().await.json["role"], "member");
    server.store.set_role(&email("me"), Role::TeamManager).await.unwrap();
    assert_eq!(test().await.json["role"], "team_manager");
    // Who no longer works here has no key.
    server.store.set_active(&email("me"), false).await.unwrap();
    assert_eq!(test().await.status, StatusCode::UNAUTHORIZED);
    server.store.set_active(&email("me"), true).await.unwrap();
    assert_eq!(test().await.status, StatusCode::OK);
    // A key of nobody acts as an administrator.
    assert_eq!(
        server.get("/v2/test").await.json,
        json!({"object": "test", "key": "tests", "user": null,
        "role": "administrator"})
    );
    // Only administrators make and revoke keys.
    let member = server.store.acting(server.store.actor_named("me@sell.test", Role::Member).await.unwrap());
    assert!(member.api_key_create("more", "00", None, now()).await.is_err());
    assert!(member.api_key_revoke("tests", now()).await.is_err());
    assert!(server.store.api_key_create("more", "00", Some(&email("nobody")), now()).await.is_err());
}
