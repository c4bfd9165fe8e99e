//! Servers on 127.0.0.1 that play answers back and remember what they were asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use rolodeck::salesforce::{Client, ClientConfig, TokenSource};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// An answer to be played back.
#[derive(Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, body.to_string()).with("Content-Type", "application/json;charset=UTF-8")
    }

    pub fn html(status: u16, body: &str) -> Self {
        Self::new(status, body).with("Content-Type", "text/html")
    }

    /// A composite that answers with these subresponses: reference id, status, body.
    pub fn composite(answers: &[(&str, u16, Value)]) -> Self {
        let answers: Vec<_> = answers
            .iter()
            .map(|(reference, status, body)| {
                json!({"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": reference})
            })
            .collect();
        Self::json(200, &json!({"compositeResponse": answers}))
    }

    /// Salesforce's refusal of a dead session.
    pub fn session_expired() -> Self {
        Self::json(401, &json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]))
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: Method,
    pub uri: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Script {
    replies: VecDeque<Reply>,
    asked: Vec<Asked>,
}

/// A server that answers request after request from its script; past its end it answers 599.
#[derive(Clone)]
pub struct StandIn {
    script: Arc<Mutex<Script>>,
    pub url: String,
}

impl StandIn {
    pub async fn playing(replies: impl IntoIterator<Item = Reply>) -> Self {
        let script = Script { replies: replies.into_iter().collect(), asked: Vec::new() };
        let script = Arc::new(Mutex::new(script));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(play).with_state(Arc::clone(&script));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { script, url }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.script.lock().unwrap().asked.clone()
    }

    pub fn client(&self) -> Client {
        client_at(&self.url)
    }
}

async fn play(
    State(script): State<Arc<Mutex<Script>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let body = String::from_utf8_lossy(&body).into_owned();
    let mut script = script.lock().unwrap();
    script.asked.push(Asked { method, uri: uri.to_string(), headers, body });
    let reply = script.replies.pop_front().unwrap_or_else(|| Reply::new(599, "the script is over"));
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}

/// The token every test client uses.
pub const TOKEN: &str = "00Dxx0000000001!AQ.token";

pub fn config_at(url: &str) -> ClientConfig {
    ClientConfig::new(TokenSource::access_token(url, SecretString::from(TOKEN)).unwrap())
}

pub fn client_at(url: &str) -> Client {
    Client::new(config_at(url)).unwrap()
}

/// A server below HTTP: for each connection, the requests it reads and what it sends back before it hangs up.
pub struct RawServer {
    pub url: String,
    requests: Arc<Mutex<usize>>,
}

/// What a raw connection does with each request it has read, one after the other; then it is closed.
#[derive(Clone)]
pub enum Line {
    /// Close at once, before anything is read.
    CloseUnread,
    /// Read each request and send the text (an empty one: nothing).
    Play(Vec<&'static str>),
    /// Read a request and never answer.
    Silence,
}

impl RawServer {
    /// Every connection does the same.
    pub async fn start(line: Line) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(0));
        let counter = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (line, counter) = (line.clone(), Arc::clone(&counter));
                tokio::spawn(async move {
                    match line {
                        Line::CloseUnread => {}
                        Line::Play(texts) => {
                            for text in texts {
                                read_request(&mut stream).await;
                                *counter.lock().unwrap() += 1;
                                stream.write_all(text.as_bytes()).await.unwrap();
                            }
                        }
                        Line::Silence => {
                            read_request(&mut stream).await;
                            *counter.lock().unwrap() += 1;
                            std::future::pending::<()>().await;
                        }
                    }
                });
            }
        });
        Self { url, requests }
    }

    /// Requests read so far.
    pub fn requests(&self) -> usize {
        *self.requests.lock().unwrap()
    }
}

/// Reads one request with its body.
async fn read_request(stream: &mut tokio::net::TcpStream) {
    let mut read = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        read.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&read).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            assert!(count > 0, "the client hung up");
            continue;
        };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if body.len() >= length {
            return;
        }
    }
}
