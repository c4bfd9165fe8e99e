//! Where secrets come from: an environment variable or a file that only its owner can read. Never the configuration.

use std::env;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::{CalcomSource, Hook, OncehubSource, Salesforce};

/// The environment variable that holds the access token of `auth = "access_token"`.
const ACCESS_TOKEN_ENV: &str = "ROLODECK_SF_ACCESS_TOKEN";

/// No secret is longer, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Where one secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In a file of mode 0600.
    File(PathBuf),
    /// In an environment variable.
    Env(String),
}

/// Why a secret cannot be had. Nothing of its text is in here.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be opened or read.
    #[error("the secret file {} cannot be read: {cause}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Others than its owner can read the file.
    #[error("the secret file {} can be read by others (mode {mode:04o})", .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file has nothing but blanks in it.
    #[error("the secret file {} is empty", .0.display())]
    Empty(PathBuf),
    /// Not a text of at most 64 KiB.
    #[error("{0} does not hold a text of at most 64 KiB")]
    NotText(SecretSource),
}

impl std::fmt::Display for SecretSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Env(name) => write!(f, "the environment variable {name}"),
        }
    }
}

impl SecretSource {
    /// The file if one is named, else the variable; `None` if neither is.
    fn of(file: &str, env: &str) -> Option<Self> {
        match (file, env) {
            ("", "") => None,
            ("", env) => Some(Self::Env(env.to_owned())),
            (file, _) => Some(Self::File(expand_home(file))),
        }
    }

    /// Reads the secret, without blanks and line ends around it; `None` if the variable is not set or empty.
    pub fn read(&self) -> Result<Option<SecretString>, SecretError> {
        match self {
            Self::File(path) => read_file(path).map(Some),
            Self::Env(name) => match env::var(name) {
                Ok(text) => Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(SecretString::from)),
                Err(env::VarError::NotPresent) => Ok(None),
                Err(env::VarError::NotUnicode(_)) => Err(SecretError::NotText(self.clone())),
            },
        }
    }
}

impl CalcomSource {
    /// Where the webhook's secret is kept.
    pub fn secret_source(&self) -> Option<SecretSource> {
        SecretSource::of(&self.secret_file, &self.secret_env)
    }

    /// The webhook's secret; `None`: there is none, and no delivery can be believed.
    pub fn secret(&self) -> Result<Option<SecretString>, SecretError> {
        self.secret_source().map_or(Ok(None), |source| source.read())
    }

    /// The key of the API; `None`: there is none.
    pub fn api_key(&self) -> Result<Option<SecretString>, SecretError> {
        SecretSource::of(&self.api_key_file, &self.api_key_env).map_or(Ok(None), |source| source.read())
    }
}

impl OncehubSource {
    /// The key of the API; `None`: there is none.
    pub fn api_key(&self) -> Result<Option<SecretString>, SecretError> {
        SecretSource::of(&self.api_key_file, &self.api_key_env).map_or(Ok(None), |source| source.read())
    }

    /// Where the webhook's secret is kept.
    pub fn secret_source(&self) -> Option<SecretSource> {
        SecretSource::of(&self.secret_file, &self.secret_env)
    }

    /// The webhook's secret; `None`: there is none, and no delivery can be believed.
    pub fn secret(&self) -> Result<Option<SecretString>, SecretError> {
        self.secret_source().map_or(Ok(None), |source| source.read())
    }
}

impl Hook {
    /// The secret of the signature; `None`: the variable is not set, and nothing can be signed.
    pub fn secret(&self) -> Result<Option<SecretString>, SecretError> {
        SecretSource::of(&self.secret_file, &self.secret_env).map_or(Ok(None), |source| source.read())
    }
}

impl Salesforce {
    /// Where the access token of `auth = "access_token"` is kept.
    pub fn access_token_source(&self) -> SecretSource {
        SecretSource::Env(ACCESS_TOKEN_ENV.into())
    }

    /// Where the app's secret is kept.
    pub fn client_secret_source(&self) -> Option<SecretSource> {
        SecretSource::of(&self.client_secret_file, &self.client_secret_env)
    }

    /// The app's secret; `None`: a public app, which has none.
    pub fn client_secret(&self) -> Result<Option<SecretString>, SecretError> {
        self.client_secret_source().map_or(Ok(None), |source| source.read())
    }

    /// Where the refresh token of `auth = "refresh_token"` is kept.
    pub fn refresh_token_source(&self) -> Option<SecretSource> {
        SecretSource::of(&self.refresh_token_file, &self.refresh_token_env)
    }

    /// The refresh token of `auth = "refresh_token"`.
    pub fn refresh_token(&self) -> Result<Option<SecretString>, SecretError> {
        self.refresh_token_source().map_or(Ok(None), |source| source.read())
    }

    /// The private key (PEM) of `auth = "jwt"`; `None`: no file is named.
    pub fn private_key(&self) -> Result<Option<SecretString>, SecretError> {
        SecretSource::of(&self.private_key_file, "").map_or(Ok(None), |source| source.read())
    }

    /// The access token of `auth = "access_token"`.
    pub fn access_token(&self) -> Result<Option<SecretString>, SecretError> {
        self.access_token_source().read()
    }
}

fn read_file(path: &Path) -> Result<SecretString, SecretError> {
    let unreadable = |cause| SecretError::Unreadable { path: path.to_owned(), cause };
    let file = fs::File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?; // of the open file: nobody can put another in its place
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = about.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(SecretError::Exposed { path: path.to_owned(), mode });
        }
    }
    if about.len() > LONGEST {
        return Err(SecretError::NotText(SecretSource::File(path.to_owned())));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| SecretError::NotText(SecretSource::File(path.to_owned())))?;
    match text.trim() {
        "" => Err(SecretError::Empty(path.to_owned())),
        secret => Ok(SecretString::from(secret)),
    }
}

/// `~/x` is in the home directory.
fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), directories::BaseDirs::new()) {
        (Some(rest), Some(dirs)) => dirs.home_dir().join(rest),
        _ => PathBuf::from(path),
    }
}

/// True if a field, key or header of this name may hold something that must never be shown.
pub fn is_secret_name(name: &str) -> bool {
    const SIGNS: [&str; 10] = [
        "secret",
        "token",
        "authorization",
        "password",
        "passwd",
        "api_key",
        "apikey",
        "private_key",
        "credential",
        "cookie",
    ];
    let name = name.to_ascii_lowercase().replace('-', "_");
    SIGNS.iter().any(|sign| name.contains(sign))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_secret_file_is_read_only_if_nobody_else_can() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        fs::write(&path, " hunter2\n").unwrap();
        let source = CalcomSource { secret_file: path.to_str().unwrap().into(), ..CalcomSource::default() };
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();

        set(0o640);
        let error = source.secret().unwrap_err();
        assert!(matches!(error, SecretError::Exposed { mode: 0o640, .. }), "{error:?}");
        set(0o600);
        assert_eq!(source.secret().unwrap().unwrap().expose_secret(), "hunter2");
        fs::write(&path, "\n").unwrap();
        assert!(matches!(source.secret(), Err(SecretError::Empty(_))));
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(source.secret(), Err(SecretError::NotText(_))));
        fs::remove_file(&path).unwrap();
        assert!(matches!(source.secret(), Err(SecretError::Unreadable { .. })));
    }

    #[test]
    fn a_file_counts_before_a_variable_and_neither_is_no_secret() {
        assert_eq!(SecretSource::of("/x", "Y"), Some(SecretSource::File("/x".into())));
        assert_eq!(SecretSource::of("", "Y"), Some(SecretSource::Env("Y".into())));
        assert_eq!(SecretSource::of("", ""), None);
        let unset = CalcomSource { secret_env: "ROLODECK_TEST_NEVER_SET".into(), ..CalcomSource::default() };
        assert!(unset.secret().unwrap().is_none());
        // PATH stands for a variable that is set: tests cannot set one without touching their neighbours.
        let set = OncehubSource { secret_env: "PATH".into(), ..OncehubSource::default() };
        assert!(set.secret().unwrap().is_some());
        assert!(!format!("{:?}", set.secret()).contains('/'));
    }

    #[test]
    fn names_of_secrets_are_known() {
        for name in ["token", "client_secret", "Authorization", "X-Api-Key", "refresh_token", "Set-Cookie"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["email", "client_id", "key", "status"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
