//! Events out (product C16): other programs are told what happens here, and move on it.
//!
//! 1. [`event`] reads the history and says which events it holds: a pure function.
//! 2. [`worker`] goes through what is new, writes a delivery for every hook that chose the event and whose filter the
//!    contact passes, and moves the place in the log in the same transaction. One process does it, under a lease.
//! 3. Each hook has a lane of its own that sends what is due, one after the other, and waits longer after each failure:
//!    a receiver that is slow or dead keeps nobody else waiting, and nothing here waits for it.
//! 4. [`send`] makes the signed request, or runs the program.
//!
//! Delivery is at least once: what a receiver got while the program died is sent again under the same event id. Nothing
//! answers itself: what the sync did is marked and, unless asked for, not told; what a key of the HTTP API did carries
//! that key's name, which a hook can ignore.

pub mod body;
pub mod event;
pub mod send;
pub mod worker;

use secrecy::SecretString;

pub use crate::config::Hook;

/// The role of the lease.
pub const ROLE: &str = "hooks";

/// A hook with what is needed to send to it.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// As configured.
    pub hook: Hook,
    /// What its events are signed with; or why there is nothing.
    pub secret: Result<SecretString, String>,
}

impl Receiver {
    /// With the secret that its entry names.
    pub fn new(hook: &Hook) -> Self {
        let secret = match hook.secret() {
            Ok(Some(secret)) => Ok(secret),
            Ok(None) => Err(format!("there is no secret to sign with: {} is not set", hook.secret_env)),
            Err(error) => Err(error.to_string()),
        };
        Self { hook: hook.clone(), secret }
    }
}
