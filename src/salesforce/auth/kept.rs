//! The login that is kept between runs: one file of mode 0600, replaced whole, and a lock beside it.
//!
//! Why no keyring: rolodeck runs under cron, systemd and SSH, where the desktop's keyring is locked or not there, and a
//! login that works only while somebody sits at the desk is none.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{AuthError, Granted, Session};

/// What is kept of a login.
#[derive(Debug, Clone)]
pub struct KeptLogin {
    /// The login server that granted it.
    pub login_url: String,
    /// The app that it was granted to.
    pub client_id: String,
    /// The session that came last.
    pub session: Session,
    /// What gets the next one; `None`: nothing was granted, and the login ends with its session.
    pub refresh_token: Option<SecretString>,
    /// The scopes, separated by spaces.
    pub scope: String,
    /// Mark of the refresh token from the configuration that this login began with; empty: it began in the browser.
    pub seed: String,
    /// Why it cannot be renewed any more; `None`: it can.
    pub ended: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct OnDisk {
    login_url: String,
    client_id: String,
    instance_url: String,
    access_token: String,
    identity_url: Option<String>,
    refresh_token: Option<String>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    seed: String,
    #[serde(default)]
    ended: Option<String>,
}

impl KeptLogin {
    /// What was granted, as it is kept.
    pub fn new(login_url: &str, client_id: &str, granted: &Granted) -> Self {
        Self {
            login_url: login_url.to_owned(),
            client_id: client_id.to_owned(),
            session: granted.session.clone(),
            refresh_token: granted.refresh_token.clone(),
            scope: granted.scope.clone(),
            seed: String::new(),
            ended: None,
        }
    }

    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(&OnDisk {
            login_url: self.login_url.clone(),
            client_id: self.client_id.clone(),
            instance_url: self.session.instance_url.to_string(),
            access_token: self.session.access_token.expose_secret().to_owned(),
            identity_url: self.session.identity_url.clone(),
            refresh_token: self.refresh_token.as_ref().map(|token| token.expose_secret().to_owned()),
            scope: self.scope.clone(),
            seed: self.seed.clone(),
            ended: self.ended.clone(),
        })
    }

    fn from_json(bytes: &[u8]) -> Option<Self> {
        let kept: OnDisk = serde_json::from_slice(bytes).ok()?;
        let mut session = Session::new(&kept.instance_url, kept.access_token.into()).ok()?;
        session.identity_url = kept.identity_url;
        Some(Self {
            login_url: kept.login_url,
            client_id: kept.client_id,
            session,
            refresh_token: kept.refresh_token.filter(|token| !token.is_empty()).map(Into::into),
            scope: kept.scope,
            seed: kept.seed,
            ended: kept.ended,
        })
    }
}

/// Where the login is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginFile(PathBuf);

/// Held while a login is renewed or replaced: of all processes, one does.
#[derive(Debug)]
pub struct LoginLock {
    /// Closing it gives the lock back, also when the process dies.
    _file: File,
}

impl LoginFile {
    /// A file, which need not exist.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Waits until no other process renews the login. It is the caller's until the lock is dropped.
    pub async fn lock(&self) -> Result<LoginLock, AuthError> {
        let path = self.0.with_extension("lock");
        let locked = tokio::task::spawn_blocking(move || {
            let file = private(OpenOptions::new().create(true).append(true)).open(&path)?;
            file.lock()?;
            io::Result::Ok(LoginLock { _file: file })
        });
        match locked.await {
            Ok(Ok(lock)) => Ok(lock),
            Ok(Err(error)) => Err(AuthError::Unavailable(format!("the kept login cannot be locked ({error})"))),
            Err(_) => Err(AuthError::Unavailable("the login was interrupted".to_owned())),
        }
    }

    /// The login that is kept, if there is one. One that others can read is refused: it may be theirs by now.
    pub fn load(&self) -> Result<Option<KeptLogin>, AuthError> {
        let unusable = |why: String| AuthError::Unavailable(format!("{}: {why}", self.0.display()));
        let file = match File::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(error.to_string())),
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = file.metadata().map_err(|error| unusable(error.to_string()))?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(unusable(format!("other users can read the kept login (mode {mode:04o})")));
            }
        }
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(file, 1 << 20), &mut bytes)
            .map_err(|error| unusable(error.to_string()))?;
        KeptLogin::from_json(&bytes).map(Some).ok_or_else(|| unusable("it holds no login that can be read".to_owned()))
    }

    /// Keeps a login in place of the one before: all of it is on the disk when this returns, or nothing has changed.
    pub fn save(&self, login: &KeptLogin) -> io::Result<()> {
        let directory = self.0.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".login").tempfile_in(directory)?; // mode 0600
        file.write_all(&login.to_json()?)?;
        file.as_file().sync_all()?;
        file.persist(&self.0)?;
        // The name, too, must outlive a power cut: the token before it is dead.
        #[cfg(unix)]
        File::open(directory)?.sync_all()?;
        Ok(())
    }

    /// Forgets the login; true if there was one.
    pub fn forget(&self) -> io::Result<bool> {
        match fs::remove_file(&self.0) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
