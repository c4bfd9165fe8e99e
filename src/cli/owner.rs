//! `rolodeck owner`: whose lead somebody is, for round robin.

use super::{Context, connect};
use crate::domain::Email;
use crate::domain::text::visible;
use crate::sync::account::Place;
use crate::sync::owner::{Lookup, Question};
use crate::words::{Code, Failure};

/// Arguments of `owner`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Salesforce is asked who owns the record of this person; [owner_lookup] of the configuration says which\n\
    record counts. Only an active owner who is among the hosts is given; nobody means normal distribution.\n\n\
    Example:\n  \
    rolodeck owner bo@buyer.example --host ann@seller.example --host bob@seller.example"
)]
pub struct OwnerArgs {
    /// Email address of the person who wants to book
    email: String,
    /// A user whom the meeting may be with (repeatable); without any, every owner is given
    #[arg(long = "host", value_name = "EMAIL")]
    hosts: Vec<String>,
    /// The country they say they are in, for the choice between several Accounts
    #[arg(long)]
    country: Option<String>,
    /// The state, province or region
    #[arg(long)]
    state: Option<String>,
    /// The postal code
    #[arg(long)]
    zip: Option<String>,
    /// The sub-region, as Salesforce writes it
    #[arg(long)]
    sub_region: Option<String>,
}

impl OwnerArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let wrong = |error: &dyn std::fmt::Display| {
            Failure::usage("The owner is not looked up", error.to_string(), "give addresses as in ana@example.com")
        };
        let email = Email::parse(&self.email).map_err(|error| wrong(&error))?;
        for host in &self.hosts {
            Email::parse(host).map_err(|error| wrong(&error))?;
        }
        let lookup = Lookup::from_config(&config.owner_lookup);
        let place = Place {
            country: self.country.as_deref(),
            state: self.state.as_deref(),
            zip: self.zip.as_deref(),
            sub_region: self.sub_region.as_deref(),
        };
        let question = Question { email: email.as_str(), hosts: &self.hosts, place };
        let client = connect::client(&config, &context.paths.data_dir)?;
        let finding = lookup.find(&client, question).await;
        connect::count_calls(context, &client).await;
        let finding = finding?;
        let mut out = context.out();
        if context.json {
            out.json(&finding)?;
        } else {
            let owner = finding.owner.as_ref().map_or("nobody", |owner| owner.email.as_str());
            out.line(&visible(owner))?;
            out.line(&visible(&format!("  {}", finding.reason)))?;
        }
        out.finish()?;
        Ok(Code::Done)
    }
}
