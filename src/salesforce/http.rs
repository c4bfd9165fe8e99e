//! One HTTP exchange: what may be called, how long it may take, how much is read.
//!
//! Nothing is repeated here and no redirection is followed: whether a request may be sent twice is decided by those who
//! know what it does.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::error::Delivery;

/// The address of an org or a login server: scheme, host and port, without a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl(Url);

/// Why an address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url:?}: {reason}")]
pub struct BaseUrlError {
    /// The address, as it was given (without anything that looks like a token).
    pub url: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl BaseUrl {
    /// Checks an address: https, or http to this very machine. A path is cut off; a user name or password is refused.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let refuse = |reason| Err(BaseUrlError { url: super::text::excerpt(text.as_bytes()), reason });
        let Ok(mut url) = Url::parse(text.trim()) else {
            return refuse("not an address like https://example.my.salesforce.com");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("an address must not hold a user name or password");
        }
        match url.scheme() {
            "https" if url.has_host() => {}
            "http" if is_loopback(&url) => {}
            "http" => return refuse("http is allowed to this machine only; use https"),
            _ => return refuse("only https is allowed"),
        }
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// The address without a trailing slash.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The host, for people.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// A URL on this host. `path` begins with `/` and is already encoded; it cannot lead to another host.
    pub(super) fn join(&self, path_and_query: &str) -> Url {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let mut url = self.0.clone();
        url.set_path(path);
        url.set_query(query);
        url
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Percent-encodes a text for a path segment or a query value: everything but RFC 3986's unreserved characters.
pub(super) fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len() + text.len() / 4);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(HEX[usize::from(byte >> 4)]));
            encoded.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    encoded
}

/// How requests are made.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// `User-Agent`.
    pub user_agent: String,
    /// Longest time to reach the server (name, TCP, TLS).
    pub connect_timeout: Duration,
    /// Longest time for a whole exchange. Salesforce itself gives up after 10 minutes. A write cut off here is in
    /// doubt.
    pub request_timeout: Duration,
    /// The most bytes read of one answer, after decompression.
    pub max_body: usize,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            user_agent: concat!("rolodeck/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_mins(3),
            max_body: 64 * 1024 * 1024,
        }
    }
}

/// Makes requests; clones share their connections. Nothing is set up before the first request.
#[derive(Debug, Clone, Default)]
pub struct Http(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    options: HttpOptions,
    /// To this machine: no certificates needed, no proxy in between.
    plain: OnceLock<Result<reqwest::Client, String>>,
    /// To anywhere else.
    tls: OnceLock<Result<reqwest::Client, String>>,
}

/// A complete answer.
pub(super) struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

/// No complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub sent: Delivery,
    pub detail: String,
}

impl Http {
    /// Sets how requests are made.
    pub fn new(options: HttpOptions) -> Self {
        Self(Arc::new(Inner { options, ..Inner::default() }))
    }

    /// Starts a request.
    pub(super) fn request(&self, method: reqwest::Method, url: Url) -> Result<reqwest::RequestBuilder, Failure> {
        let (slot, plain) = if url.scheme() == "http" { (&self.0.plain, true) } else { (&self.0.tls, false) };
        match slot.get_or_init(|| build(&self.0.options, plain)) {
            Ok(client) => Ok(client.request(method, url)),
            Err(detail) => Err(Failure { sent: Delivery::NotSent, detail: detail.clone() }),
        }
    }

    /// Sends it and reads the whole answer. `secret` is the token it carries, kept out of every text of the outcome.
    pub(super) async fn send(
        &self,
        request: reqwest::RequestBuilder,
        secret: Option<&SecretString>,
    ) -> Result<Answer, Failure> {
        let mut response = request.send().await.map_err(|error| failure(&error))?;
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
            if body.len() + chunk.len() > self.0.options.max_body {
                let detail = format!("the answer is larger than {} bytes", self.0.options.max_body);
                return Err(Failure { sent: Delivery::MaybeCommitted, detail });
            }
            body.extend_from_slice(&chunk);
        }
        if let Some(secret) = secret
            && contains(&body, secret.expose_secret().as_bytes())
        {
            body = super::text::redact(&String::from_utf8_lossy(&body), secret).into_bytes();
        }
        Ok(Answer { status, headers, body })
    }
}

fn contains(body: &[u8], secret: &[u8]) -> bool {
    // Only small answers echo requests; a large one is data.
    !secret.is_empty() && body.len() < 256 * 1024 && body.windows(secret.len()).any(|window| window == secret)
}

fn build(options: &HttpOptions, plain: bool) -> Result<reqwest::Client, String> {
    // An error means that another part of the program was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(&options.user_agent)
        .connect_timeout(options.connect_timeout)
        .timeout(options.request_timeout)
        // Shorter than servers and firewalls keep idle connections: a request on a dead one would be in doubt.
        .pool_idle_timeout(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false);
    if plain {
        builder = builder.no_proxy().tls_certs_only([]);
    } else {
        builder = builder.https_only(true);
    }
    builder.build().map_err(|error| format!("the connection could not be set up: {}", chain(&error)))
}

fn failure(error: &reqwest::Error) -> Failure {
    // A connection error means that no byte of the request left; anything later is unknown.
    let never_left = error.is_connect() || error.is_builder();
    let sent = if never_left { Delivery::NotSent } else { Delivery::MaybeCommitted };
    let what = match (never_left, error.is_timeout()) {
        (true, true) => "the server could not be reached in time",
        (true, false) => "the server could not be reached",
        (false, true) => "no answer in time",
        (false, false) => "the connection broke before the whole answer came",
    };
    Failure { sent, detail: format!("{what} ({})", chain(error)) }
}

/// The innermost cause, which says most. Outer texts repeat the URL, and with it what was asked for.
fn chain(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    super::text::excerpt(cause.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_may_be_called() {
        for (text, expected) in [
            ("https://example.my.salesforce.com", "https://example.my.salesforce.com"),
            ("https://example.my.salesforce.com/", "https://example.my.salesforce.com"),
            (" https://EXAMPLE.my.salesforce.com/services/data?x=1#y ", "https://example.my.salesforce.com"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("http://localhost:1", "http://localhost:1"),
            ("http://[::1]:9", "http://[::1]:9"),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn addresses_that_may_not() {
        for text in [
            "",
            "example.my.salesforce.com",
            "http://example.my.salesforce.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "https://user:pw@example.com",
            "https://user@example.com",
            "javascript:alert(1)",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_cannot_leave_the_host() {
        let base = BaseUrl::parse("https://example.my.salesforce.com").unwrap();
        for (path, expected) in [
            ("/services/data?q=a%20b", "https://example.my.salesforce.com/services/data?q=a%20b"),
            ("//evil.example/x", "https://example.my.salesforce.com//evil.example/x"),
            ("@evil.example/x", "https://example.my.salesforce.com/@evil.example/x"),
            ("https://evil.example/x", "https://example.my.salesforce.com/https://evil.example/x"),
        ] {
            let url = base.join(path);
            assert_eq!(url.as_str(), expected);
            assert_eq!(url.host_str(), Some("example.my.salesforce.com"));
        }
    }

    #[test]
    fn encoding() {
        assert_eq!(encode("a+b@x.io/ü?&=%'_-.~"), "a%2Bb%40x.io%2F%C3%BC%3F%26%3D%25%27_-.~");
    }
}
