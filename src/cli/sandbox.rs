//! `rolodeck sandbox`: the Salesforce stand-in alone.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Context, connect};
use crate::sandbox::{Faults, OrgFile, Sandbox};
use crate::words::{Code, Failure, io_words};

/// Arguments of `sandbox`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck sandbox --port 8799 --org org.json\n  \
    curl -s http://127.0.0.1:8799/__admin/dump\n  \
    curl -s http://127.0.0.1:8799/__admin/stats\n  \
    rolodeck sandbox --port 8799 --faults faults.json\n  \
    curl -s -X POST --data @faults.json http://127.0.0.1:8799/__admin/faults\n  \
    curl -s -X POST --data '{\"now\": \"2026-05-01T00:00:00Z\"}' http://127.0.0.1:8799/__admin/now\n\n\
    It prints its address and an access token that works. Without --org it is the org of the demo.\n\
    A fault file makes rows or requests fail, always in the same way:\n  \
    {\"rules\": [{\"match\": {\"object\": \"Lead\", \"times\": 3}, \"effect\": \"lock_row\"}]}\n\
    Every match and effect is described in docs/sandbox.md.")]
pub struct SandboxArgs {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Org file: records by type, custom fields, settings
    #[arg(long, value_name = "FILE")]
    org: Option<PathBuf>,
    /// Fault file: what is to go wrong, and when
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
}

impl SandboxArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let wrong = |path: &Path, error: String| {
            Failure::usage(
                "the sandbox cannot start",
                format!("{}: {error}", path.display()),
                "correct it at that place",
            )
        };
        let org = match &self.org {
            None => OrgFile::demo(),
            Some(path) => OrgFile::parse(&read(path)?).map_err(|error| wrong(path, error.to_string()))?,
        };
        let faults = match &self.faults {
            None => Faults::default(),
            Some(path) => Faults::parse(&read(path)?).map_err(|error| wrong(path, error.to_string()))?,
        };
        let sandbox = Sandbox::start(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)), org, faults).await?;
        let mut out = context.out();
        if context.json {
            out.json_line(&json!({ "instance_url": sandbox.url(), "access_token": sandbox.access_token() }))?;
        } else {
            out.line(&format!("instance_url  {}", sandbox.url()))?;
            out.line(&format!("access token  {}", sandbox.access_token()))?;
        }
        out.finish()?;
        connect::asked_to_end().await;
        sandbox.shutdown().await;
        Ok(Code::Done)
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(
            "the sandbox cannot start",
            format!("{}: {}", path.display(), io_words(&error)),
            "name a file that you can read",
        )
    })
}
