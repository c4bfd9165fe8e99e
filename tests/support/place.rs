//! A data directory, a configuration and the binary: what tests of processes begin with.
#![allow(dead_code)] // each test program uses its part

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A data directory, a configuration file, and the binary.
pub struct Place {
    pub folder: tempfile::TempDir,
    env: Vec<(String, String)>,
}

pub fn place() -> Place {
    Place { folder: tempfile::tempdir().unwrap(), env: Vec::new() }
}

impl Place {
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn env(&mut self, name: &str, value: &str) {
        self.env.push((name.to_owned(), value.to_owned()));
    }

    /// A variable of the environment that was set.
    pub fn value(&self, name: &str) -> &str {
        self.env.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("rolodeck"));
        let config = self.path("config.toml");
        if !config.exists() {
            std::fs::write(&config, "").unwrap();
        }
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("USER", "tester")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .arg("--config")
            .arg(config)
            .arg("--data-dir")
            .arg(self.path("data"))
            .args(args);
        command
    }

    /// Runs a program to its end: exit status, standard output, standard error.
    pub fn run(&self, args: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.command(args).stdin(Stdio::null()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    /// Runs a program that prints JSON.
    pub fn json(&self, args: &[&str]) -> (i32, Value) {
        let mut all = args.to_vec();
        all.push("--json");
        let (code, stdout, stderr) = self.run(&all);
        (code, serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}")))
    }

    /// Starts a program that stays, and waits for its first line.
    pub fn start(&self, args: &[&str]) -> Running {
        let mut child = self.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Running { child, line }
    }
}

impl Place {
    /// Starts a program that stays and prints nothing.
    pub fn spawn(&self, args: &[&str]) -> Running {
        let child = self.command(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Running { child: child.unwrap(), line: String::new() }
    }

    /// Asks the store itself.
    pub fn query<T>(&self, sql: &str) -> Vec<T>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> + Send + Unpin,
    {
        let path = self.path("data").join("rolodeck.db");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
            let rows = sqlx::query_as(sqlx::AssertSqlSafe(sql.to_owned())).fetch_all(&pool).await.unwrap();
            pool.close().await;
            rows
        })
    }
}

/// A program that is stopped at the end of the test.
pub struct Running {
    pub child: Child,
    /// The first line that it printed.
    pub line: String,
}

impl Running {
    /// Asks it to end, as a service manager does; its exit status.
    pub fn stop(mut self) -> i32 {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A sandbox of its own process; its address and token.
pub fn sandbox(place: &Place, org: &str) -> (Running, String, String) {
    sandbox_with(place, org, "{}")
}

/// The same, with faults.
pub fn sandbox_with(place: &Place, org: &str, faults: &str) -> (Running, String, String) {
    let (org, faults) = (place.write("org.json", org), place.write("faults.json", faults));
    let running = place.start(&["sandbox", "--json", "--org", name(&org), "--faults", name(&faults)]);
    let told: Value = serde_json::from_str(&running.line).unwrap();
    let text = |key: &str| told[key].as_str().unwrap().to_owned();
    let (url, token) = (text("instance_url"), text("access_token"));
    (running, url, token)
}

/// GET or POST on the loopback, without a runtime of our own: status and body.
pub fn http(method: &str, url: &str, headers: &[(&str, String)], body: &[u8]) -> (u16, String) {
    use std::io::{Read, Write};
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let mut head =
        format!("{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (header, value) in headers {
        for part in [*header, ": ", value, "\r\n"] {
            head.push_str(part);
        }
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    // A listener that refuses an oversized body may close before it has all of it.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
    (status, body)
}
