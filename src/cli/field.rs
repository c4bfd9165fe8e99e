//! `rolodeck field`: the custom fields of contacts.

use clap::Subcommand;
use jiff::Timestamp;

use super::output::{Out, Table};
use super::{Context, connect};
use crate::domain::{Field, FieldKind};
use crate::store::FieldDef;
use crate::words::{Code, Failure};

/// Arguments of `field`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck field add \"Team size\" --type number\n  \
    rolodeck field add plan --type picklist --option Free --option Pro\n  \
    rolodeck field options plan Free Pro Enterprise\n\n\
    Types: text_short, text_long, number, date, time, datetime, phone, picklist, multi_picklist, checkbox.\n\
    Archiving a field keeps its values and takes no new ones.")]
pub struct FieldArgs {
    #[command(subcommand)]
    command: FieldCommand,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum FieldCommand {
    /// Make a field
    Add {
        /// What it is called; its identifier is made of it
        name: String,
        /// The type of its values
        #[arg(long = "type", value_name = "TYPE", default_value = "text_short")]
        kind: String,
        /// What people read, if not the name
        #[arg(long)]
        label: Option<String>,
        /// A value of a picklist; once for each
        #[arg(long = "option", value_name = "VALUE")]
        options: Vec<String>,
    },
    /// List the fields
    List {
        /// Those too that are archived
        #[arg(long)]
        all: bool,
        /// System fields as well
        #[arg(long)]
        system: bool,
    },
    /// Give a field another label
    Rename {
        /// Its identifier
        name: String,
        /// What people read
        label: String,
    },
    /// Give a picklist other values
    Options {
        /// Its identifier
        name: String,
        /// All of its values
        #[arg(required = true)]
        values: Vec<String>,
    },
    /// Take a field out of use; its values stay
    Archive {
        /// Its identifier
        name: String,
    },
    /// Bring a field back into use
    Restore {
        /// Its identifier
        name: String,
    },
}

impl FieldArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let bare = connect::store(context).await?;
        let store = connect::acting(&bare, &context.config()?).await?;
        let now = Timestamp::now();
        let mut out = context.out();
        let field = match &self.command {
            FieldCommand::Add { name, kind, label, options } => {
                Some((store.add_field(name, label.as_deref(), type_of(kind)?, options, now).await?, "added"))
            }
            FieldCommand::Rename { name, label } => Some((store.rename_field(name, label, now).await?, "renamed")),
            FieldCommand::Options { name, values } => {
                Some((store.set_field_options(name, values, now).await?, "given other options"))
            }
            FieldCommand::Archive { name } => Some((store.archive_field(name, now).await?, "archived")),
            FieldCommand::Restore { name } => Some((store.restore_field(name, now).await?, "restored")),
            FieldCommand::List { all, system } => {
                list(context, &store.fields(*all).await?, *system, &mut out)?;
                None
            }
        };
        if let Some((field, word)) = field {
            if context.json {
                out.json(&field)?;
            } else {
                out.line(&format!("field {} ({}) is {word}", field.name, kind(field.kind)))?;
            }
        }
        out.finish()?;
        drop(store);
        bare.close().await;
        Ok(Code::Done)
    }
}

fn list(context: &Context, fields: &[FieldDef], system: bool, out: &mut Out) -> Result<(), Failure> {
    let own = Field::ALL.into_iter().filter(|_| system);
    if context.json {
        let mut all: Vec<serde_json::Value> = own
            .map(|field| {
                serde_json::json!({ "name": field.key(), "label": field.label(), "kind": field.kind(), "system": true })
            })
            .collect();
        all.extend(fields.iter().map(|field| serde_json::json!(field)));
        out.json(&all)?;
        return Ok(());
    }
    let mut table = Table::new(["field", "label", "type", "options", ""]);
    for field in own {
        table.row([field.key(), field.label(), &kind(field.kind()), "", "system"]);
    }
    for field in fields {
        let state = if field.archived_at.is_some() { "archived" } else { "" };
        table.row([field.name.as_str(), &field.label, &kind(field.kind), &field.options.join(", "), state]);
    }
    if table.is_empty() {
        out.line("no custom fields")?;
    } else {
        out.table(&table)?;
    }
    Ok(())
}

fn kind(kind: FieldKind) -> String {
    serde_json::to_value(kind).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A type by its word; hyphens and blanks are as good as underscores.
fn type_of(text: &str) -> Result<FieldKind, Failure> {
    let word = match text.trim().to_lowercase().replace(['-', ' '], "_").as_str() {
        "text" => "text_short".to_owned(),
        "picklist_single" => "picklist".to_owned(),
        "picklist_multi" | "multipicklist" => "multi_picklist".to_owned(),
        "email" => String::new(), // a contact has one
        word => word.to_owned(),
    };
    serde_json::from_value(word.into()).map_err(|_| {
        Failure::usage(
            "no field was made",
            format!("`{text}` is no type of a field"),
            "use text_short, text_long, number, date, time, datetime, phone, picklist, multi_picklist or checkbox",
        )
    })
}
