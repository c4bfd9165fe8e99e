//! `rolodeck backup` and `rolodeck restore`: copies of the store that are known to be good.

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::json;

use super::{Context, connect};
use crate::config::DataDir;
use crate::domain::text::counted;
use crate::store;
use crate::sync::batch::RESTORED;
use crate::sync::worker::PAUSED;
use crate::words::{Code, Failure, io_words};

/// Arguments of `backup`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "The copy is of one moment; everything may go on working meanwhile. It is looked through before it takes its name, so\n\
    a file that is there is good. The login to Salesforce and the configuration are not in it.\n\n\
    Examples:\n  \
    rolodeck backup\n  \
    rolodeck backup /mnt/safe/rolodeck.db && echo kept"
)]
pub struct BackupArgs {
    /// Where to; without it, into `backups` of the data directory, named after the time
    file: Option<PathBuf>,
}

impl BackupArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let path = DataDir::database_in(&context.paths.data_dir);
        if !path.exists() {
            let why = format!("there is no store at {}", path.display());
            return Err(Failure::usage("there is nothing to copy", why, "name its directory with --data-dir"));
        }
        let store = connect::store(context).await?;
        let to = if let Some(file) = &self.file {
            file.clone()
        } else {
            let folder = context.data_dir()?.backups()?;
            folder.join(format!("rolodeck-{}.db", Timestamp::now().strftime("%Y%m%d-%H%M%S")))
        };
        let backup = store.backup(&to).await;
        store.close().await;
        let backup = backup?;
        let mut out = context.out();
        if context.json {
            out.json(&backup)?;
        } else {
            let store::Backup { contacts, activities, bytes, .. } = backup;
            out.line(&format!("{}", to.display()))?;
            out.line(&format!(
                "  {}, {}, {} KiB; looked through",
                counted(contacts as usize, "contact", "contacts"),
                counted(activities as usize, "activity", "activities"),
                bytes.div_ceil(1024)
            ))?;
        }
        out.finish()?;
        Ok(Code::Done)
    }
}

/// Arguments of `restore`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "The copy is looked through first; the store that was there is kept beside it, under a name that is printed. Stop every\n\
    rolodeck on the store before.\n\n\
    What went to Salesforce after the copy was made is not known to it: people and meetings from before now are looked for\n\
    there before any is made. The sync is paused: look at `rolodeck plan`, then let it go on with `rolodeck sync --resume`."
)]
pub struct RestoreArgs {
    /// A file that `rolodeck backup` wrote
    file: PathBuf,
}

impl RestoreArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let directory = context.data_dir()?;
        let path = DataDir::database_in(directory.path());
        if let (Ok(from), Ok(to)) = (self.file.canonicalize(), path.canonicalize())
            && from == to
        {
            let why = "this is the store itself";
            return Err(Failure::usage("nothing was restored", why, "name a file that `rolodeck backup` wrote"));
        }
        if let Err(cause) = std::fs::metadata(&self.file) {
            let why = format!("{}: {}", self.file.display(), io_words(&cause));
            return Err(Failure::usage("nothing was restored", why, "name a file that `rolodeck backup` wrote"));
        }
        let now = Timestamp::now();
        let settings = [(PAUSED, "1".to_owned()), (RESTORED, now.to_string())];
        let (backup, before) = store::restore(&self.file, &path, &settings, now).await?;
        // A copy of an older schema is brought up to date here, where somebody looks.
        connect::open(&path).await?.close().await;
        let mut out = context.out();
        if context.json {
            out.json(&json!({ "restored": backup, "store": path.display().to_string(),
                              "before": before.as_ref().map(|path| path.display().to_string()), "sync_paused": true }))?;
        } else {
            let contacts = counted(backup.contacts as usize, "contact", "contacts");
            let activities = counted(backup.activities as usize, "activity", "activities");
            out.line(&format!("back again: {contacts} and {activities}"))?;
            if let Some(before) = before {
                out.line(&format!("  the store before is kept as {}", before.display()))?;
            }
            out.line("  the sync is paused: look at `rolodeck plan`, then `rolodeck sync --resume`")?;
        }
        out.finish()?;
        Ok(Code::Done)
    }
}
