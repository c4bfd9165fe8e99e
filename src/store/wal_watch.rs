//! Hearing that somebody wrote to the store, without asking all the time.
//!
//! Every commit of every process appends to the write-ahead log. Where the system tells of that (Linux), nobody wakes up
//! until it happens; elsewhere the log is looked at each second.

use std::path::Path;
use std::time::Duration;

/// Commits come in flocks: they are looked at together.
const GATHER: Duration = Duration::from_millis(200);
/// How often somebody looks where the system tells nothing.
const EVERY: Duration = Duration::from_secs(1);
/// How often somebody looks all the same, should the system fail to tell.
#[cfg(target_os = "linux")]
const AT_LEAST: Duration = Duration::from_secs(30);

/// Watches the log of a store.
#[derive(Debug)]
pub(super) struct WalWatch {
    #[cfg(target_os = "linux")]
    told: Option<tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>>,
}

impl WalWatch {
    /// For the store in this file, which must be open: its log exists as long as it is.
    pub fn new(path: &Path) -> Self {
        #[cfg(target_os = "linux")]
        {
            let told = watch(path);
            if let Err(error) = &told {
                tracing::info!(%error, "the system does not tell of commits; they are looked for each second");
            }
            Self { told: told.ok() }
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = path;
            Self {}
        }
    }

    /// Completes some time after a commit, or when it is time to look anyway.
    pub async fn written(&mut self) {
        #[cfg(target_os = "linux")]
        if let Some(told) = &self.told {
            match tokio::time::timeout(AT_LEAST, told.readable()).await {
                Ok(Ok(mut ready)) => {
                    tokio::time::sleep(GATHER).await;
                    // What was written while we gathered is looked at now, too.
                    let mut events = [0_u8; 4096];
                    while rustix::io::read(told.get_ref(), &mut events).is_ok_and(|n| n > 0) {}
                    ready.clear_ready();
                    return;
                }
                Ok(Err(error)) => tracing::warn!(%error, "the system tells no more of commits"),
                Err(_) => return,
            }
            self.told = None;
        }
        tokio::time::sleep(EVERY.max(GATHER)).await;
    }
}

#[cfg(target_os = "linux")]
fn watch(path: &Path) -> std::io::Result<tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>> {
    use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
    let told = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    add_watch(&told, log, WatchFlags::MODIFY)?;
    // Deprecated for types that may change their descriptor; an `OwnedFd` never does, and its successor is unsafe to call.
    #[allow(deprecated)]
    tokio::io::unix::AsyncFd::with_interest(told, tokio::io::Interest::READABLE)
}
