//! `rolodeck duplicates`: contacts that may be one person.

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use super::contact::{PickArgs, merge_contacts};
use super::output::Table;
use super::{Context, connect};
use crate::store::DuplicateSide;
use crate::words::{Code, Failure};

/// Arguments of `duplicates`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Pairs come from activities that named the identifiers of two contacts, and from a scan: the same phone\n\
    number, the same name at the same company, nearly the same email."
)]
pub struct DuplicatesArgs {
    #[command(subcommand)]
    command: DuplicatesCommand,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum DuplicatesCommand {
    /// List the pairs, newest first
    List {
        /// Those that were dismissed instead
        #[arg(long)]
        dismissed: bool,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Only pairs below this number: the next page
        #[arg(long, value_name = "PAIR")]
        after: Option<i64>,
    },
    /// Look through all contacts for more pairs
    Scan,
    /// Say that pairs are two people each
    Dismiss {
        /// Their numbers
        #[arg(required = true)]
        pairs: Vec<i64>,
    },
    /// Make one contact of a pair
    Merge {
        /// Its number
        pair: i64,
        /// The contact that stays
        #[arg(long, value_name = "CONTACT")]
        survivor: Option<i64>,
        /// Only show what would come of it
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        picks: PickArgs,
    },
}

impl DuplicatesArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let bare = connect::store(context).await?;
        let store = connect::acting(&bare, &context.config()?).await?;
        let now = Timestamp::now();
        let mut out = context.out();
        match &self.command {
            DuplicatesCommand::List { dismissed, limit, after } => {
                let pairs = store.duplicate_pairs(*dismissed, *after, (*limit).clamp(1, 1_000)).await?;
                if context.json {
                    out.json(&pairs)?;
                } else if pairs.is_empty() {
                    out.line("no possible duplicates; `rolodeck duplicates scan` looks for some")?;
                } else {
                    let mut table = Table::new(["pair", "contact", "and", "why"]).right(0);
                    for pair in &pairs {
                        let other = pair.b.as_ref().map(side).or_else(|| pair.other.clone()).unwrap_or_default();
                        table.row([pair.id.to_string(), side(&pair.a), other, pair.reason_words().to_owned()]);
                    }
                    out.table(&table)?;
                }
            }
            DuplicatesCommand::Scan => {
                let scan = store.scan_duplicates(now).await?;
                if context.json {
                    out.json(&scan)?;
                } else {
                    out.line(&format!(
                        "{} with the same phone number, {} with the same name and company, {} with nearly the same email; {} are new",
                        scan.same_phone, scan.same_name_company, scan.near_email, scan.new
                    ))?;
                    if scan.more {
                        out.line("there are more than are listed at once: merge or dismiss some, then scan again")?;
                    }
                }
            }
            DuplicatesCommand::Dismiss { pairs } => {
                let n = store.dismiss_duplicates(pairs, now).await?;
                if context.json {
                    out.json(&json!({ "dismissed": n }))?;
                } else {
                    out.line(&format!("{n} dismissed"))?;
                }
            }
            DuplicatesCommand::Merge { pair, survivor, dry_run, picks } => {
                let pair = store.duplicate_pair(*pair).await?;
                let Some(b) = pair.b else {
                    return Err(Failure::usage(
                        "nothing was merged",
                        format!(
                            "{} came with contact {} and no contact has it",
                            pair.other.unwrap_or_default(),
                            pair.a.id
                        ),
                        "edit the contact if it is theirs, or dismiss the pair",
                    ));
                };
                let picks = picks.picks()?;
                merge_contacts(context, &store, (pair.a.id, b.id, *survivor), picks, *dry_run, now).await?;
            }
        }
        out.finish()?;
        drop(store);
        bare.close().await;
        Ok(Code::Done)
    }
}

fn side(side: &DuplicateSide) -> String {
    let mut words = vec![format!("{}:", side.id), side.name.clone()];
    words.extend(side.email.iter().filter(|email| **email != side.name).cloned());
    words.extend(side.phone.clone());
    words.join(" ")
}
