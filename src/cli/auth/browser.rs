//! A login in the browser, wherever the browser is: it comes back to a listener on this machine, or its last address is
//! pasted here. Over SSH the second always works.

use std::io::{BufRead, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::redirect::{self, RedirectError};
use crate::cli::connect;
use crate::salesforce::{Granted, OAuth, Pkce};
use crate::words::{Failure, io_words};

/// What is asked for: the API, a refresh token, and who logged in.
const SCOPES: &str = "api refresh_token id";
/// A code dies after fifteen minutes (Salesforce); nobody need wait longer.
const PATIENCE: Duration = Duration::from_mins(15);
/// A request line with a code is far shorter.
const LONGEST_REQUEST: usize = 16 * 1024;
const WHAT: &str = "the login did not take place";

/// Something came back.
enum Came {
    /// An address, or what was typed in its place.
    Address(String, By),
    /// Nothing can be typed any more.
    NoMoreInput,
}

enum By {
    Browser,
    Hand,
}

/// Sends the user to the browser and waits until the code is back. Everything is said on stderr.
pub(super) async fn log_in(app: &OAuth, port: u16, open: bool) -> Result<Granted, Failure> {
    let (pkce, state) = (Pkce::generate()?, Pkce::random_state()?);
    let callback = redirect::callback(port);
    let address = app.authorize_url(&callback, SCOPES, &state, &pkce);
    let (came, mut coming) = mpsc::channel(8);
    let listening = listen(port, &state, &came).await;
    say(&format!("Open this address in a browser and log in:\n\n  {address}\n"));
    match &listening {
        Ok(()) => say(&format!(
            "The browser comes back to {callback} by itself. If it is on another machine it will say that it cannot\n\
             connect: copy the address it then shows, paste it here and press Enter.\n"
        )),
        Err(error) => say(&format!(
            "Port {port} cannot be listened on ({}). When the browser says that it cannot connect, copy the address it\n\
             then shows, paste it here and press Enter.\n",
            io_words(error)
        )),
    }
    if open {
        open_browser(&address);
    }
    read_lines(came);
    let code = tokio::select! {
        code = wait(&mut coming, &state, listening.is_ok()) => code?,
        () = tokio::time::sleep(PATIENCE) => {
            return Err(Failure::new(WHAT, "nothing came back within 15 minutes", "run `rolodeck auth login` again"));
        }
        () = connect::asked_to_end() => {
            return Err(Failure::new(WHAT, "it was interrupted", "run `rolodeck auth login` again"));
        }
    };
    Ok(app.exchange_code(&code, &callback, &pkce).await?)
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}"); // a closed stderr has nobody to be told
}

/// The first code of this login; what is pasted wrongly is told and waited for again.
async fn wait(coming: &mut mpsc::Receiver<Came>, state: &str, listening: bool) -> Result<SecretString, Failure> {
    loop {
        match coming.recv().await {
            Some(Came::Address(text, by)) => match redirect::code(&text, state) {
                Ok(code) => return Ok(code),
                Err(error @ RedirectError::Refused { .. }) => {
                    return Err(Failure::new(WHAT, error.to_string(), refused_hint(&error)));
                }
                Err(error) if matches!(by, By::Hand) => {
                    if !text.trim().is_empty() {
                        say(&format!("{error}. Paste the whole address from the browser's address line."));
                    }
                }
                Err(_) => {}
            },
            Some(Came::NoMoreInput) if listening => {}
            Some(Came::NoMoreInput) | None => {
                return Err(Failure::new(
                    WHAT,
                    "the port of the callback address is taken, and nothing can be typed here",
                    "free the port, or run it in a terminal and paste the address",
                ));
            }
        }
    }
}

fn refused_hint(error: &RedirectError) -> &'static str {
    match error {
        RedirectError::Refused { error, .. } => crate::salesforce::words(error).remedy,
        _ => "run `rolodeck auth login` again",
    }
}

/// Lines of standard input, on a thread that nobody waits for at the end.
fn read_lines(came: mpsc::Sender<Came>) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if came.blocking_send(Came::Address(line, By::Hand)).is_err() {
                return;
            }
        }
        let _ = came.blocking_send(Came::NoMoreInput); // the login may be over
    });
}

/// Listens on this machine alone. `localhost` means one address family to one browser and the other to the next.
async fn listen(port: u16, state: &str, came: &mpsc::Sender<Came>) -> std::io::Result<()> {
    let four = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let six = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await.ok();
    for listener in std::iter::once(four).chain(six) {
        let (came, state) = (came.clone(), state.to_owned());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Browsers open connections on the chance that they are needed: none may keep others waiting.
                let (came, state) = (came.clone(), state.clone());
                tokio::spawn(async move {
                    let _ = tokio::time::timeout(Duration::from_secs(20), answer(stream, &state, &came)).await;
                });
            }
        });
    }
    Ok(())
}

/// Reads one request and answers it with a page.
async fn answer(mut stream: TcpStream, state: &str, came: &mpsc::Sender<Came>) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut piece = [0; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut piece).await?;
        if read == 0 || head.len() + read > LONGEST_REQUEST {
            return Ok(());
        }
        head.extend_from_slice(&piece[..read]);
    }
    let line = String::from_utf8_lossy(&head);
    let line = line.lines().next().unwrap_or_default();
    let mut words = line.split(' ');
    let target = match (words.next(), words.next()) {
        (Some("GET"), Some(target)) if target.split('?').next() == Some(redirect::PATH) => target.to_owned(),
        _ => return page(&mut stream, "404 Not Found", "Nothing is here.").await,
    };
    let (status, text) = match redirect::code(&target, state) {
        Ok(_) => ("200 OK", "rolodeck has what it needs. You can close this page and go back to the terminal."),
        Err(RedirectError::Refused { .. }) => ("200 OK", "Salesforce refused the login. The terminal says more."),
        Err(_) => ("400 Bad Request", "This is not the login that rolodeck waits for."),
    };
    page(&mut stream, status, text).await?;
    let _ = came.send(Came::Address(target, By::Browser)).await; // the login may be over
    Ok(())
}

async fn page(stream: &mut TcpStream, status: &str, text: &str) -> std::io::Result<()> {
    let body = format!("<!doctype html><meta charset=utf-8><title>rolodeck</title><p>{text}</p>\n");
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// Opens the browser of this desktop, if there is one. Over SSH it would be nobody's.
fn open_browser(address: &str) {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let desktop = cfg!(target_os = "macos") || set("DISPLAY") || set("WAYLAND_DISPLAY");
    if !desktop || set("SSH_CONNECTION") || set("SSH_TTY") {
        return;
    }
    // The address holds no secret: the verifier stays here, and the code is worth nothing without it.
    let opened = std::process::Command::new(program)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = opened {
        tracing::debug!(%error, "no browser was opened");
    }
}
