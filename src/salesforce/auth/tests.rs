use std::sync::atomic::AtomicUsize;

use tokio::sync::Semaphore;

use super::*;

fn session(token: &str) -> Session {
    Session::new("https://example.my.salesforce.com", SecretString::from(token)).unwrap()
}

fn token_of(session: &Session) -> String {
    session.access_token.expose_secret().to_owned()
}

/// Answers `t1`, `t2`, … once it is let through; fails when told to.
#[derive(Debug)]
struct Gate {
    open: Semaphore,
    asked: AtomicUsize,
    finished: Semaphore,
    fails: bool,
}

impl Gate {
    fn new(permits: usize, fails: bool) -> Arc<Self> {
        Arc::new(Self { open: Semaphore::new(permits), asked: AtomicUsize::new(0), finished: Semaphore::new(0), fails })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[derive(Debug)]
struct Gated(Arc<Gate>);

impl Grant for Gated {
    fn obtain<'a>(&'a self, _refused: Option<&'a Session>) -> BoxFuture<'a, Result<Session, AuthError>> {
        Box::pin(async {
            let asked = self.0.asked.fetch_add(1, Ordering::SeqCst) + 1;
            self.0.open.acquire().await.unwrap().forget();
            self.0.finished.add_permits(1);
            if self.0.fails { Err(AuthError::Unavailable("no".to_owned())) } else { Ok(session(&format!("t{asked}"))) }
        })
    }
}

#[tokio::test]
async fn an_access_token_is_good_until_it_is_refused() {
    let source = TokenSource::access_token("https://example.my.salesforce.com/", SecretString::from("t")).unwrap();
    let first = source.token().await.unwrap();
    assert_eq!(source.renew(&first).await.unwrap_err(), AuthError::Expired);
    assert_eq!(source.token().await.unwrap_err(), AuthError::Expired, "the dead token is not handed out again");
}

#[test]
fn nothing_is_not_a_token() {
    for (url, token) in [("https://a.my.salesforce.com", " "), ("http://a.my.salesforce.com", "t"), ("", "t")] {
        assert!(TokenSource::access_token(url, SecretString::from(token)).is_err(), "{url} {token}");
    }
}

#[tokio::test]
async fn however_many_notice_the_grant_is_asked_once() {
    let gate = Gate::new(1, false);
    let source = TokenSource::new(Gated(Arc::clone(&gate)));
    let first = source.token().await.unwrap();
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let (source, first) = (source.clone(), first.clone());
            tokio::spawn(async move { source.renew(&first).await })
        })
        .collect();
    gate.open.add_permits(1);
    for caller in callers {
        assert_eq!(token_of(&caller.await.unwrap().unwrap()), "t2");
    }
    assert_eq!(gate.asked(), 2);
    assert_eq!(token_of(&source.renew(&first).await.unwrap()), "t2", "already replaced");
    assert_eq!(gate.asked(), 2);
}

#[tokio::test]
async fn a_failed_flight_fails_all_who_waited_and_the_next_asks_again() {
    let gate = Gate::new(0, true);
    let source = TokenSource::new(Gated(Arc::clone(&gate)));
    // Polled in order on one thread: the first takes off, the others wait for it.
    let (a, b, c, ()) = tokio::join!(source.token(), source.token(), source.token(), async {
        gate.open.add_permits(1);
    });
    assert!(a.is_err() && b.is_err() && c.is_err());
    assert_eq!(gate.asked(), 1);
    gate.open.add_permits(1);
    assert!(source.token().await.is_err());
    assert_eq!(gate.asked(), 2);
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_cut_the_flight_off() {
    let gate = Gate::new(0, false);
    let source = TokenSource::new(Gated(Arc::clone(&gate)));
    tokio::select! {
        biased;
        _ = source.token() => panic!("the gate is closed"),
        () = async { while gate.asked() == 0 { tokio::task::yield_now().await; } } => {}
    }
    gate.open.add_permits(1);
    gate.finished.acquire().await.unwrap().forget();
    assert_eq!(token_of(&source.token().await.unwrap()), "t1", "the answer nobody waited for was kept");
    assert_eq!(gate.asked(), 1);
}

#[test]
fn what_may_pass_by_itself() {
    let oauth = |status, error: &str| AuthError::OAuth { status, error: error.to_owned(), description: String::new() };
    for (error, transient) in [
        (oauth(400, "invalid_grant"), false),
        (oauth(400, "rate_limit_exceeded"), true),
        (oauth(500, "server_error"), true),
        (AuthError::Http { status: 503 }, true),
        (AuthError::Http { status: 200 }, true),
        (AuthError::Http { status: 302 }, false),
        (AuthError::Http { status: 404 }, false),
        (AuthError::Transport { detail: String::new() }, true),
        (AuthError::Expired, false),
        (AuthError::Persist(String::new()), false),
    ] {
        assert_eq!(error.is_transient(), transient, "{error:?}");
    }
}

#[test]
fn printing_a_session_hides_its_token() {
    let shown = format!("{:?}", session("00Dxx!secret"));
    assert!(!shown.contains("secret") && shown.contains("example.my.salesforce.com"), "{shown}");
}
