//! The way in to Salesforce that the configuration names.

use std::path::Path;

use crate::config::{Auth, Config, DataDir, Salesforce};
use crate::salesforce::{
    AssertionKey, BaseUrl, ClientCredentialsGrant, Http, JwtGrant, KeptGrant, LoginFile, OAuth, SfCliGrant, TokenSource,
};
use crate::words::Failure;

/// What a failure says that only means: there is no connection yet.
const NOT_CONNECTED: &str = "Salesforce is not connected";

/// Where the manual stands.
const MANUAL: &str = "docs/connect-salesforce.md";

/// What a failure says that only means: it is switched off.
const OFF: &str = "Sync is switched off";

/// The sync is not wanted, which is no mistake.
pub(super) fn off(why: impl Into<String>, hint: impl Into<String>) -> Failure {
    Failure::usage(OFF, why, hint)
}

/// True if a failure only says that there is nobody to talk to, on purpose or not yet.
pub(super) fn is_off(failure: &Failure) -> bool {
    failure.what == OFF || failure.what == NOT_CONNECTED
}

/// Something that a connection needs is not there yet.
pub(super) fn missing(why: impl Into<String>, hint: impl Into<String>) -> Failure {
    Failure::usage(NOT_CONNECTED, why, hint)
}

/// Where the login of a data directory is kept.
pub(super) fn file(data_dir: &Path) -> LoginFile {
    LoginFile::new(DataDir::login_in(data_dir))
}

/// The app at its login server.
pub(super) fn app(salesforce: &Salesforce) -> Result<OAuth, Failure> {
    if salesforce.client_id.trim().is_empty() {
        return Err(missing(
            "salesforce.client_id is not set",
            format!("make an External Client App in Salesforce and put its consumer key there; see {MANUAL}"),
        ));
    }
    let login_url = BaseUrl::parse(&salesforce.login_url).map_err(|error| {
        missing(format!("salesforce.login_url: {error}"), "set it as in https://login.salesforce.com")
    })?;
    let client_id = salesforce.client_id.trim().to_owned();
    Ok(OAuth::new(Http::default(), login_url, client_id, salesforce.client_secret()?))
}

/// Sessions of the configured kind. Nothing is asked yet; the error says what is missing.
pub(super) fn tokens(config: &Config, data_dir: &Path) -> Result<TokenSource, Failure> {
    let salesforce = &config.salesforce;
    Ok(match salesforce.auth {
        Auth::AccessToken => access_token(salesforce)?,
        Auth::Pkce => {
            let app = app(salesforce)?;
            let file = file(data_dir);
            if file.load()?.is_none() {
                return Err(missing("nobody has logged in", "run `rolodeck auth login`"));
            }
            TokenSource::new(KeptGrant::new(app, file, None))
        }
        Auth::RefreshToken => {
            let (app, file) = (app(salesforce)?, file(data_dir));
            let seed = salesforce.refresh_token()?;
            if seed.is_none() && file.load()?.is_none() {
                let place = salesforce.refresh_token_source().map(|source| source.to_string());
                return Err(missing(
                    "there is no refresh token",
                    format!("give it in {}", place.as_deref().unwrap_or("salesforce.refresh_token_env")),
                ));
            }
            // Tokens that come later are kept here, so there must be a place.
            DataDir::open(data_dir)?;
            TokenSource::new(KeptGrant::new(app, file, seed))
        }
        Auth::Jwt => {
            let app = app(salesforce)?;
            let key = salesforce.private_key()?.ok_or_else(|| {
                missing("salesforce.private_key_file is not set", "name the PEM file of the private key")
            })?;
            if salesforce.username.trim().is_empty() {
                return Err(missing(
                    "salesforce.username is not set",
                    "set it to the username of the integration user",
                ));
            }
            TokenSource::new(JwtGrant::new(app, AssertionKey::from_pem(&key)?, salesforce.username.trim().to_owned()))
        }
        Auth::ClientCredentials => {
            let app = app(salesforce)?;
            if salesforce.client_secret()?.is_none() {
                let place = salesforce.client_secret_source().map(|source| source.to_string());
                return Err(missing(
                    "there is no client secret",
                    format!("give it in {}", place.as_deref().unwrap_or("salesforce.client_secret_env")),
                ));
            }
            TokenSource::new(ClientCredentialsGrant::new(app))
        }
        Auth::SfCli => TokenSource::new(SfCliGrant::new(salesforce.sf_org.trim())),
    })
}

fn access_token(salesforce: &Salesforce) -> Result<TokenSource, Failure> {
    if salesforce.instance_url.is_empty() {
        return Err(missing(
            "salesforce.instance_url is not set",
            "set it to the address of the org, as in https://example.my.salesforce.com",
        ));
    }
    let token = salesforce.access_token()?.ok_or_else(|| {
        missing("there is no access token", "give it in the environment variable ROLODECK_SF_ACCESS_TOKEN")
    })?;
    Ok(TokenSource::access_token(&salesforce.instance_url, token)?)
}
