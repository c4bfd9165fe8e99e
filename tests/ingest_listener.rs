//! The webhook listener through its sockets: what is kept, what is refused, and what the answers tell.
#![allow(
    clippy::missing_panics_doc,
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use std::net::SocketAddr;
use std::sync::Once;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::StatusCode;
use rolodeck::domain::Interaction;
use rolodeck::ingest::listener::{self, BindError, Settings};
use rolodeck::ingest::sink::{Sink, StoreSink};
use rolodeck::store::{Applied, IdentityRules, Store};
use serde_json::{Value as Json, json};
use sha2::Sha256;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// Long enough for whatever a test has under way.
const GRACE: Duration = Duration::from_millis(500);

const SECRET: &str = "a secret of many words";

fn now() -> Timestamp {
    "2026-03-05T09:30:00Z".parse().unwrap()
}

/// A listener on a free loopback port with a fresh store behind it.
struct Server {
    address: SocketAddr,
    store: Store,
    client: reqwest::Client,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
    _folder: tempfile::TempDir,
}

fn signed_settings() -> Settings {
    Settings { calcom_secret: Some(SECRET.into()), oncehub_secret: Some(SECRET.into()), ..Settings::default() }
}

fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn serve(
    sink: impl Sink,
    settings: Settings,
) -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<std::io::Result<()>>) {
    let listener = listener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let router = listener::router(sink, settings, now);
    let task = tokio::spawn(listener::serve(listener, router, stop.clone(), GRACE));
    (address, stop, task)
}

impl Server {
    async fn start(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("rolodeck.db")).await.unwrap();
        let sink = StoreSink { store: store.clone(), rules: IdentityRules::default() };
        let (address, stop, task) = serve(sink, settings).await;
        Self { address, store, client: client(), stop, task, _folder: folder }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn post(
        &self,
        path: &str,
        signature: Option<(&str, String)>,
        body: impl Into<reqwest::Body>,
    ) -> (StatusCode, Json) {
        let mut request = self.client.post(self.url(path)).body(body);
        if let Some((header, value)) = signature {
            request = request.header(header, value);
        }
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap_or(Json::Null))
    }

    async fn calcom(&self, body: &str) -> (StatusCode, Json) {
        self.post("/hooks/calcom", Some(("X-Cal-Signature-256", hmac(&[body]))), body.to_owned()).await
    }

    async fn oncehub(&self, seconds: i64, body: &str) -> (StatusCode, Json) {
        let time = seconds.to_string();
        let signature = format!("t={time},s={}", hmac(&[&time, ".", body]));
        self.post("/hooks/oncehub", Some(("Oncehub-Signature", signature)), body.to_owned()).await
    }

    /// How many rows a table of the store has, asked past the program.
    async fn rows(&self, table: &str) -> i64 {
        let options = SqliteConnectOptions::new().filename(self.store.path()).read_only(true);
        let mut connection = options.connect().await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
            .fetch_one(&mut connection)
            .await
            .unwrap()
    }

    async fn contacts(&self) -> i64 {
        self.rows("contact").await
    }

    async fn assert_empty(&self) {
        for table in ["delivery", "contact", "activity", "outbox", "history"] {
            assert_eq!(self.rows(table).await, 0, "{table}");
        }
    }
}

fn hmac(parts: &[&str]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    for part in parts {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn calcom_booking() -> String {
    json!({"triggerEvent": "BOOKING_CREATED", "createdAt": "2026-03-02T09:30:00Z", "payload": {
        "uid": "u1", "title": "Intro", "startTime": "2026-03-06T09:30:00Z", "endTime": "2026-03-06T10:00:00Z",
        "attendees": [{"email": "bo@buyer.test", "name": "Bo Guest", "timeZone": "Europe/Oslo"}]}})
    .to_string()
}

fn oncehub_booking() -> String {
    json!({"object": "event", "id": "EVNT-1", "type": "booking.scheduled", "creation_time": "2026-03-02T09:30:00Z", "data": {
        "object": "booking", "id": "BKNG-1", "starting_time": "2026-03-06T09:30:00Z", "duration_minutes": 30,
        "form_submission": {"name": "Ana Berg", "email": "ana@x.test"}}})
    .to_string()
}

#[tokio::test]
async fn signed_deliveries_are_kept_once() {
    let server = Server::start(signed_settings()).await;
    assert_eq!(server.calcom(&calcom_booking()).await, (StatusCode::OK, json!({"result": "stored"})));
    assert_eq!(server.calcom(&calcom_booking()).await, (StatusCode::OK, json!({"result": "duplicate"})));
    let seconds = now().as_second();
    assert_eq!(server.oncehub(seconds, &oncehub_booking()).await, (StatusCode::OK, json!({"result": "stored"})));
    assert_eq!(server.oncehub(seconds + 9, &oncehub_booking()).await, (StatusCode::OK, json!({"result": "duplicate"})));
    assert_eq!(server.contacts().await, 2);
}

#[tokio::test]
async fn a_type_we_do_not_know_is_kept_too() {
    let server = Server::start(signed_settings()).await;
    let body = json!({"triggerEvent": "OOO_CREATED", "createdAt": "2026-03-02T09:30:00Z", "payload": {}}).to_string();
    assert_eq!(server.calcom(&body).await, (StatusCode::OK, json!({"result": "unknown"})));
    assert_eq!(server.calcom(&body).await, (StatusCode::OK, json!({"result": "duplicate"})));
    assert_eq!(server.contacts().await, 0);
}

#[tokio::test]
async fn what_is_not_signed_right_is_refused_and_not_kept() {
    let server = Server::start(signed_settings()).await;
    let body = calcom_booking();
    let calcom = |value: &str| Some(("X-Cal-Signature-256", value.to_owned()));
    let seconds = now().as_second();
    let wrong = hmac(&["another body"]);
    for (path, signature, body) in [
        ("/hooks/calcom", None, body.clone()),
        ("/hooks/calcom", calcom("no-secret-provided"), body.clone()),
        ("/hooks/calcom", calcom(&wrong), body.clone()),
        ("/hooks/calcom", calcom(&hmac(&[&body])), format!("{body} ")),
        ("/hooks/oncehub", None, oncehub_booking()),
        ("/hooks/oncehub", Some(("Oncehub-Signature", format!("t={seconds},s={wrong}"))), oncehub_booking()),
        ("/hooks/calcom", calcom(&wrong), "garbage".to_owned()),
    ] {
        let (status, answer) = server.post(path, signature, body).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{answer}");
        assert!(!answer.to_string().contains(&hmac(&[&calcom_booking()])), "the right signature is never told");
    }
    let (status, _) = server.oncehub(seconds - 301, &oncehub_booking()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "an old delivery sent again");
    server.assert_empty().await;
}

#[tokio::test]
async fn garbage_is_refused_with_a_reason_and_not_kept() {
    let server = Server::start(signed_settings()).await;
    for (body, reason) in [
        ("garbage", "not JSON"),
        ("", "not JSON"),
        ("[]", "JSON object"),
        ("{\"triggerEvent\":\"BOOKING_CREATED\"}", "`uid` is missing"),
        ("{\"payload\":{}}", "`triggerEvent` is missing"),
        (
            "{\"triggerEvent\":\"BOOKING_CREATED\",\"payload\":{\"uid\":\"u1\",\"startTime\":\"soon\"}}",
            "`startTime` is `soon`",
        ),
    ] {
        let (status, answer) = server.calcom(body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(answer["error"].as_str().unwrap().contains(reason), "{answer}");
    }
    let bytes = vec![0xff, 0xfe];
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(&bytes);
    let signature = mac.finalize().into_bytes().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let (status, _) = server.post("/hooks/calcom", Some(("X-Cal-Signature-256", signature)), bytes).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    server.assert_empty().await;
}

#[tokio::test]
async fn an_oversized_body_is_refused_with_and_without_its_length() {
    let server = Server::start(signed_settings()).await;
    let body = vec![b' '; (1 << 20) + 1];
    let (status, _) = server.post("/hooks/calcom", None, body.clone()).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let chunks = body.chunks(1000).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>();
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"POST /hooks/oncehub HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
    for chunk in chunks {
        let chunk = chunk.unwrap();
        stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await.unwrap();
        stream.write_all(&chunk).await.unwrap();
        stream.write_all(b"\r\n").await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    server.assert_empty().await;
    // The listener lives on.
    assert_eq!(server.calcom(&calcom_booking()).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for() {
    let server = Server::start(Settings { body_timeout: Duration::from_millis(20), ..signed_settings() }).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"POST /hooks/calcom HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn without_a_secret_nothing_is_believed_unless_told_so() {
    let server = Server::start(Settings::default()).await;
    assert_eq!(server.post("/hooks/calcom", None, calcom_booking()).await.0, StatusCode::UNAUTHORIZED);
    let server = Server::start(Settings { accept_unsigned: true, ..Settings::default() }).await;
    assert_eq!(server.post("/hooks/calcom", None, calcom_booking()).await.0, StatusCode::OK);
    assert_eq!(server.post("/hooks/oncehub", None, oncehub_booking()).await.0, StatusCode::OK);
}

#[tokio::test]
async fn no_answer_tells_whether_a_person_is_known() {
    let server = Server::start(signed_settings()).await;
    let first = server.calcom(&calcom_booking()).await;
    let second = server.calcom(&calcom_booking().replace("u1", "u2")).await;
    assert_eq!(first, second);
    assert_eq!(server.contacts().await, 1);
}

#[tokio::test]
async fn any_content_type_is_taken_and_any_other_method_or_path_is_not() {
    let server = Server::start(signed_settings()).await;
    let body = calcom_booking();
    let request = server.client.post(server.url("/hooks/calcom")).header("content-type", "text/plain");
    let response = request.header("X-Cal-Signature-256", hmac(&[&body])).body(body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let get = server.client.get(server.url("/hooks/calcom")).send().await.unwrap();
    assert_eq!(get.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(server.post("/hooks/other", None, "{}").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn health_and_counters_are_told() {
    let server = Server::start(signed_settings()).await;
    server.calcom(&calcom_booking()).await;
    server.calcom("garbage").await;
    let health = server.client.get(server.url("/healthz")).send().await.unwrap();
    assert_eq!((health.status(), health.text().await.unwrap().as_str()), (StatusCode::OK, "ok\n"));
    let metrics = server.client.get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for line in [
        "{source=\"calcom\",result=\"stored\"} 1",
        "{source=\"calcom\",result=\"malformed\"} 1",
        "{source=\"oncehub\",result=\"stored\"} 0",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
}

/// A store that cannot take anything.
struct Full;

impl Sink for Full {
    type Error = rolodeck::store::StoreError;

    async fn take(&self, _: &[Interaction], _: Timestamp) -> Result<Vec<Applied>, Self::Error> {
        Err(rolodeck::store::StoreError::Full)
    }
}

#[tokio::test]
async fn what_cannot_be_stored_is_to_be_sent_again() {
    let (address, _stop, _task) = serve(Full, Settings { accept_unsigned: true, ..Settings::default() }).await;
    let request = client().post(format!("http://{address}/hooks/calcom")).body(calcom_booking());
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after"));
    assert!(!response.text().await.unwrap().contains("disk"), "what ails the store is nobody's business");
}

#[tokio::test]
async fn stopping_ends_the_listener() {
    let server = Server::start(signed_settings()).await;
    server.calcom(&calcom_booking()).await;
    drop(server.client);
    server.stop.cancel();
    server.task.await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn nobody_keeps_the_listener_from_ending() {
    let server = Server::start(signed_settings()).await;
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(b"POST /hooks/calcom HTTP/1.1\r\nHost: here\r\n").await.unwrap();
    // A delivery after it is answered: by then the slow one has been taken up.
    server.calcom(&calcom_booking()).await;
    server.stop.cancel();
    server.task.await.unwrap().unwrap();
    drop(slow);
}

#[tokio::test]
async fn a_port_in_use_is_told_in_words() {
    let first = listener::bind("127.0.0.1:0").await.unwrap();
    let address = first.local_addr().unwrap().to_string();
    let error = listener::bind(&address).await.unwrap_err();
    assert!(matches!(error, BindError::InUse(_)), "{error}");
    assert!(error.to_string().contains("serve.listen"));
    assert!(matches!(listener::bind("nonsense").await, Err(BindError::Other { .. })));
}
