//! `rolodeck auth status`: as whom rolodeck is logged in, and what it may use.

use serde::Serialize;

use crate::cli::{Context, connect, login};
use crate::config::{Auth, Config};
use crate::salesforce::{Client, SfId};
use crate::words::{Code, Failure};

/// Arguments of `auth status`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Asks Salesforce: one call of the day's allowance. Exit status 0 if the login works, 1 if not."
)]
pub struct StatusArgs {}

/// What a login is.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    method: &'static str,
    instance_url: String,
    username: Option<String>,
    name: Option<String>,
    user_id: Option<SfId>,
    organization_id: Option<SfId>,
    scopes: Vec<String>,
    api_calls: Option<Calls>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login_file: Option<String>,
}

#[derive(Debug, Serialize)]
struct Calls {
    max: i64,
    remaining: i64,
}

impl StatusArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let client = connect::client(&config, &context.paths.data_dir)?;
        let found = ask(context, &config, &client).await;
        connect::count_calls(context, &client).await;
        let found = found?;
        let mut out = context.out();
        if context.json {
            out.json(&found)?;
        } else {
            for line in found.lines() {
                out.line(&line)?;
            }
        }
        out.finish()?;
        Ok(Code::Done)
    }
}

/// Asks Salesforce who we are. A session that works but may not tell its user is no failure.
pub(super) async fn ask(context: &Context, config: &Config, client: &Client) -> Result<Found, Failure> {
    let limits = client.limits().await?;
    let user = client.user_info().await.ok();
    let auth = config.salesforce.auth;
    let keeps = matches!(auth, Auth::Pkce | Auth::RefreshToken);
    let file = login::file(&context.paths.data_dir);
    let kept = if keeps { file.load()? } else { None };
    Ok(Found {
        method: auth.name(),
        instance_url: client.instance_url().await?.to_string(),
        username: user.as_ref().map(|user| user.username.clone()),
        name: user.as_ref().map(|user| user.name.clone()),
        user_id: user.as_ref().map(|user| user.user_id),
        organization_id: user.as_ref().map(|user| user.organization_id),
        scopes: kept.iter().flat_map(|kept| kept.scope.split_whitespace()).map(str::to_owned).collect(),
        api_calls: limits.get("DailyApiRequests").map(|calls| Calls { max: calls.max, remaining: calls.remaining }),
        login_file: kept.map(|_| file.path().display().to_string()),
    })
}

impl Found {
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![match (&self.username, &self.name) {
            (Some(username), Some(name)) if !name.is_empty() => format!("logged in as {username} ({name})"),
            (Some(username), _) => format!("logged in as {username}"),
            _ => "logged in; the app may not tell as whom (scope `id`)".to_owned(),
        }];
        let org = self.organization_id.map(|id| format!(" (org {id})")).unwrap_or_default();
        lines.push(format!("  at         {}{org}", self.instance_url));
        lines.push(format!("  by         {}", self.method));
        if !self.scopes.is_empty() {
            lines.push(format!("  scopes     {}", self.scopes.join(" ")));
        }
        if let Some(calls) = &self.api_calls {
            lines.push(format!("  API calls  {} of {} are left today", calls.remaining, calls.max));
        }
        if let Some(file) = &self.login_file {
            lines.push(format!("  kept in    {file}"));
        }
        lines
    }
}
