//! `rolodeck auth login`: the way in that the configuration names, tried at once.

use std::io::Write;

use crate::cli::{Context, connect, login};
use crate::config::{Auth, Config};
use crate::salesforce::KeptLogin;
use crate::words::{Code, Failure, io_words};

use super::{browser, status};

/// Arguments of `auth login`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "salesforce.auth of the configuration says how:\n  \
    pkce                in the browser; what comes back is kept in the data directory (mode 0600)\n  \
    jwt                 with a private key and an integration user, for servers\n  \
    refresh_token       with a token that was got elsewhere\n  \
    client_credentials  as the app's own user\n  \
    sf_cli              with the login of Salesforce's command line\n  \
    access_token        with ROLODECK_SF_ACCESS_TOKEN\n\n\
    All but the first need no login beforehand: for them this tries whether it works, and says as whom.\n\n\
    Over SSH: open the printed address in the browser on your desk. After the login it shows an error, because it cannot\n\
    reach this machine; copy its address line and paste it here. Or forward the port: ssh -L 1717:localhost:1717 HOST.")]
pub struct LoginArgs {
    /// Only print the address
    #[arg(long)]
    no_browser: bool,
    /// Port of the callback address, instead of the configured one; the app must have the same
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

impl LoginArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        if config.salesforce.auth == Auth::Pkce {
            self.in_browser(context, &config).await?;
        }
        let client = connect::client(&config, &context.paths.data_dir)?;
        let found = status::ask(context, &config, &client).await;
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

    async fn in_browser(&self, context: &Context, config: &Config) -> Result<(), Failure> {
        let app = login::app(&config.salesforce)?;
        // Before anybody logs in, it must be known that the login can be kept.
        let directory = context.data_dir()?;
        let file = login::file(directory.path());
        let port = self.port.unwrap_or(config.salesforce.callback_port);
        let granted = browser::log_in(&app, port, !self.no_browser).await?;
        if granted.refresh_token.is_none() {
            let _ = writeln!(
                std::io::stderr(),
                "Salesforce gave no refresh token: this login ends with its session. Allow the scope refresh_token in the\n\
                 app's settings and log in again."
            );
        }
        let login = KeptLogin::new(app.login_url().as_str(), app.client_id(), &granted);
        let locked = file.lock().await?;
        let before = file.load().ok().flatten();
        file.save(&login).map_err(|error| {
            Failure::new(
                "the login could not be kept",
                io_words(&error),
                "make the data directory writable, then log in again",
            )
        })?;
        drop(locked);
        // The login before is not needed any more; left alive it would be one more door.
        if let Some(token) = before.and_then(|before| before.refresh_token)
            && let Err(error) = app.revoke(&token).await
        {
            tracing::debug!(%error, "the login before was not revoked");
        }
        Ok(())
    }
}
