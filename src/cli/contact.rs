//! `rolodeck contact`: contacts from the command line, JSON in and out.

use clap::Subcommand;
use jiff::Timestamp;

use super::{Context, connect};
use crate::config::Config;
use crate::domain::merge::pair::{Picks, Side};
use crate::domain::phone::Country;
use crate::store::Store;
use crate::words::{Code, Failure};

mod bulk;
mod change;
mod input;
mod json;
mod list;
mod log;
mod merge;

pub(super) use merge::run as merge_contacts;

/// Arguments of `contact`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck contact add email=ana@buyer.test first_name=Ana company=Acme\n  \
    rolodeck contact show ana@buyer.test\n  \
    rolodeck contact edit ana@buyer.test job_title=CTO city=\n  \
    echo '{\"employees\": 40}' | rolodeck contact edit 42 - --json\n  \
    rolodeck contact list --filter 'status:none has:booking' --json\n  \
    rolodeck contact status --filter 'company:acme' sales_qualified\n\n\
    A contact is named by its number, its email or its mobile phone. `FIELD=` clears a field.\n\
    Every change but `erase` can be undone: rolodeck contact undo.")]
pub struct ContactArgs {
    #[command(subcommand)]
    command: ContactCommand,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum ContactCommand {
    /// Make a contact
    Add {
        /// FIELD=VALUE, or `-` for a JSON object on standard input
        #[arg(required = true)]
        fields: Vec<String>,
        /// If a contact has this email or mobile phone, update it; blank clears nothing then
        #[arg(long)]
        update: bool,
    },
    /// Show everything about a contact
    Show {
        /// Number, email or mobile phone
        who: String,
    },
    /// List contacts, a page at a time
    List(list::ListArgs),
    /// Change fields of a contact
    Edit {
        /// Number, email or mobile phone
        who: String,
        /// FIELD=VALUE, `FIELD=` to clear, or `-` for a JSON object on standard input
        #[arg(required = true)]
        fields: Vec<String>,
        /// If another contact has the new email or mobile phone, make one of the two
        #[arg(long)]
        merge: bool,
        #[command(flatten)]
        picks: PickArgs,
    },
    /// Set the status of contacts: qualified, `marketing_qualified`, `sales_qualified`, disqualified or none
    Status(bulk::StatusArgs),
    /// Give contacts an owner
    Assign(bulk::AssignArgs),
    /// Make one contact of two
    ///
    /// The one with an email stays, then the older one. Values of the other replace its own; blank never clears.
    Merge {
        /// Number, email or mobile phone
        a: String,
        /// Number, email or mobile phone
        b: String,
        /// The one that stays
        #[arg(long, value_name = "WHO")]
        survivor: Option<String>,
        /// Only show what would come of it
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        picks: PickArgs,
    },
    /// Delete contacts, at most 500 at once; activities stay, Salesforce is left alone
    Delete(bulk::DeleteArgs),
    /// Take a change back: the last one, or one of the list
    Undo {
        /// The number of the change
        id: Option<i64>,
        /// List what can be undone and redone
        #[arg(long)]
        list: bool,
        /// At most so many of the list
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Make a change again that was undone
    Redo {
        /// The number of the change
        id: Option<i64>,
    },
    /// Forget a person everywhere, for good
    ///
    /// The contact, payloads, history, the undo log, page views, guest links and the search index. Activities stay as
    /// figures that name nobody. Salesforce, calendars, exported files and copies of the store are not touched: the
    /// report says what to do there.
    Erase {
        /// Their email
        email: String,
        /// Do it; without this, only say what would be forgotten
        #[arg(long)]
        yes: bool,
    },
}

/// Which side counts.
#[derive(Debug, clap::Args)]
pub(super) struct PickArgs {
    /// Which of the two a field is taken from, `existing` (the one that stays) or `incoming`
    #[arg(long, value_name = "FIELD=SIDE")]
    pick: Vec<String>,
}

impl PickArgs {
    pub(super) fn picks(&self) -> Result<Picks, Failure> {
        let pick = |text: &String| {
            let (field, side) = text.split_once('=')?;
            let side = match side.trim() {
                "existing" => Side::Existing,
                "incoming" => Side::Incoming,
                _ => return None,
            };
            Some((field.trim().to_owned(), side))
        };
        let picks = self.pick.iter().map(|text| pick(text).ok_or(text));
        picks.collect::<Result<_, _>>().map_err(|text| {
            Failure::usage(
                "nothing was merged",
                format!("`{text}` is no pick"),
                "write it as --pick company=existing or --pick company=incoming",
            )
        })
    }
}

/// What every subcommand begins with.
struct Desk<'c> {
    context: &'c Context,
    config: Config,
    store: Store,
    now: Timestamp,
}

impl Desk<'_> {
    fn country(&self) -> Option<Country> {
        self.config.identity.country()
    }
}

impl ContactArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let tells = matches!(self.command, ContactCommand::Show { .. } | ContactCommand::List(_));
        let bare = if tells { connect::store_of_now(context).await? } else { connect::store(context).await? };
        let store = connect::acting(&bare, &config).await?;
        let desk = Desk { context, config, store, now: Timestamp::now() };
        let code = match &self.command {
            ContactCommand::Add { fields, update } => change::add(&desk, fields, *update).await,
            ContactCommand::Show { who } => list::show(&desk, who).await,
            ContactCommand::List(args) => args.run(&desk).await,
            ContactCommand::Edit { who, fields, merge, picks } => {
                let picks = if *merge { Some(picks.picks()?) } else { None };
                change::edit(&desk, who, fields, picks).await
            }
            ContactCommand::Status(args) => args.run(&desk).await,
            ContactCommand::Assign(args) => args.run(&desk).await,
            ContactCommand::Merge { a, b, survivor, dry_run, picks } => {
                let (a, b) = (input::find(&desk, a).await?, input::find(&desk, b).await?);
                let survivor = match survivor {
                    Some(who) => Some(input::find(&desk, who).await?),
                    None => None,
                };
                let picks = picks.picks()?;
                merge::run(context, &desk.store, (a, b, survivor), picks, *dry_run, desk.now).await
            }
            ContactCommand::Delete(args) => args.run(&desk).await,
            ContactCommand::Undo { list: true, limit, .. } => log::list(&desk, *limit).await,
            ContactCommand::Undo { id, .. } => log::undo(&desk, *id).await,
            ContactCommand::Redo { id } => log::redo(&desk, *id).await,
            ContactCommand::Erase { email, yes } => log::erase(&desk, email, *yes).await,
        }?;
        drop(desk);
        bare.close().await;
        Ok(code)
    }
}
