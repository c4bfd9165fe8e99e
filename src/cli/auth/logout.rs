//! `rolodeck auth logout`: ends the kept login, here and in Salesforce.

use serde_json::json;

use crate::cli::{Context, login};
use crate::config::Auth;
use crate::salesforce::{BaseUrl, Http, OAuth};
use crate::words::{Code, Failure, io_words};

/// Arguments of `auth logout`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Revokes the tokens in Salesforce and forgets them here. A worker that runs stops sending; nothing of the outbox is\n\
    lost. Exit status 3: forgotten here, but Salesforce could not be told."
)]
pub struct LogoutArgs {
    /// Forget it here without asking Salesforce to revoke it
    #[arg(long)]
    local: bool,
}

impl LogoutArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let file = login::file(&context.paths.data_dir);
        if !file.path().exists() {
            let why = match config.salesforce.auth {
                Auth::Pkce | Auth::RefreshToken => "nobody is logged in".to_owned(),
                auth => format!("by salesforce.auth = \"{}\" nothing is kept here that could be ended", auth.name()),
            };
            return Err(Failure::usage(
                "there is nothing to log out from",
                why,
                "`rolodeck auth status` says who is in",
            ));
        }
        let locked = file.lock().await?;
        let kept = file.load();
        let revoked = match (&kept, self.local) {
            (Ok(Some(kept)), false) => {
                let token = kept.refresh_token.as_ref().unwrap_or(&kept.session.access_token);
                let server = BaseUrl::parse(&kept.login_url).map_err(crate::salesforce::AuthError::from)?;
                let app = OAuth::new(Http::default(), server, kept.client_id.clone(), None);
                match app.revoke(token).await {
                    Ok(()) => Ok(true),
                    // Dead already is as good.
                    Err(error) if matches!(error.code().as_ref(), "invalid_token" | "unsupported_token_type") => {
                        Ok(true)
                    }
                    Err(error) => Err(error.to_string()),
                }
            }
            _ => Ok(false),
        };
        file.forget().map_err(|error| {
            Failure::new("the login is still kept", io_words(&error), format!("remove {}", file.path().display()))
        })?;
        drop(locked);
        let mut out = context.out();
        if context.json {
            out.json(&json!({ "forgotten": true, "revoked": revoked == Ok(true), "error": revoked.as_ref().err() }))?;
        } else {
            out.line("logged out: the login is forgotten here")?;
            match &revoked {
                Ok(true) => out.line("  Salesforce has revoked it")?,
                Ok(false) => out.line("  Salesforce was not told")?,
                Err(why) => {
                    out.line(&format!("  Salesforce could not be told: {why}"))?;
                    out.line("  end it there: Setup, OAuth usage of the app, Revoke")?;
                }
            }
        }
        out.finish()?;
        Ok(if revoked.is_err() { Code::Partial } else { Code::Done })
    }
}
