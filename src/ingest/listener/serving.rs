//! The loop that serves connections, with bounds of time on every part of a request.

use std::io;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::Guarded;
use crate::ingest::api::ApiError;

/// How long [`serve`] should wait for deliveries under way: as long as a body may take, and a moment for the store.
pub const GRACE: Duration = Duration::from_secs(12);
/// How long the head of a request may take. A sender that trickles it would hold a connection for as long as it likes.
pub const HEADERS: Duration = Duration::from_secs(10);

/// Serves until `stop`. Deliveries under way are finished first; whoever still sends after `grace` gets no answer, so
/// that no client can keep the process from ending. Where nothing is served, that is said as the API says it.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, grace: Duration) -> io::Result<()> {
    let nowhere = || async { ApiError::not_found("there is nothing at this address") };
    let router = router.fallback(nowhere).method_not_allowed_fallback(|| async { ApiError::method_not_allowed() });
    serve_within(listener, router, stop, grace, HEADERS).await
}

/// The same, with another bound for the head of a request.
pub(super) async fn serve_within(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
    grace: Duration,
    headers: Duration,
) -> io::Result<()> {
    let mut listener = Guarded::new(listener);
    let connections = TaskTracker::new();
    loop {
        let (stream, _) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (service, stop) = (TowerToHyperService::new(router.clone()), stop.clone());
        connections.spawn(async move {
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(headers);
            let connection = http.serve_connection(TokioIo::new(stream), service);
            let mut connection = std::pin::pin!(connection);
            let served = tokio::select! {
                served = connection.as_mut() => served,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = served {
                tracing::debug!(%error, "a connection ended badly");
            }
        });
    }
    connections.close();
    if tokio::time::timeout(grace, connections.wait()).await.is_err() {
        tracing::warn!("a delivery that did not come to its end was not waited for");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn whoever_trickles_the_head_of_a_request_is_cut_off_and_others_are_served() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let router = Router::new().route("/", get(|| async { "hello" }));
        let (grace, headers) = (Duration::from_secs(1), Duration::from_millis(300));
        let serving = tokio::spawn(serve_within(listener, router, stop.clone(), grace, headers));

        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n").await.unwrap();
        let (mut reading, mut writing) = slow.into_split();
        // A byte now and then: it is never silent, and never done.
        let trickle = tokio::spawn(async move {
            while writing.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let mut quick = TcpStream::connect(address).await.unwrap();
        quick.write_all(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        quick.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("hello"), "{answer}");

        // It ends although the sender goes on; that it hangs is what the test would fail by.
        let mut rest = Vec::new();
        let _ = reading.read_to_end(&mut rest).await;
        assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
        trickle.await.unwrap();
        stop.cancel();
        serving.await.unwrap().unwrap();
    }
}
