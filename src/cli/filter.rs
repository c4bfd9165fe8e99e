//! `rolodeck filter`: the user's saved filters, and what a query means.

mod text;

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::json;

use super::output::{Out, Table};
use super::{Context, completions, connect};
use crate::config::Config;
use crate::filter::{self, Filter, List, Query};
use crate::store::{SavedFilter, Store};
use crate::words::{Code, Failure, io_words};

/// Arguments of `filter`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck filter save \"Hot leads\" \"status:qualified updated:<7d\" --list contacts\n  \
    rolodeck filter pin \"Hot leads\" 1          ' and 1 opens it on the screen\n  \
    rolodeck filter explain \"mine kind:booking start:today..+7d\"\n  \
    rolodeck filter export > mine.toml         for a colleague: rolodeck filter import mine.toml\n\n\
    The language is described in docs/filter.md.")]
pub struct FilterArgs {
    #[command(subcommand)]
    command: FilterCommand,
}

/// A list on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListName {
    /// People
    Contacts,
    /// Bookings, conversations and forms
    Activities,
}

impl From<ListName> for List {
    fn from(name: ListName) -> Self {
        match name {
            ListName::Contacts => Self::Contacts,
            ListName::Activities => Self::Activities,
        }
    }
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum FilterCommand {
    /// List the fixed filters and your own
    List {
        /// Also count what each finds
        #[arg(long)]
        counts: bool,
    },
    /// Show one filter with its meaning in words
    Show {
        /// Its name
        #[arg(add = completions::filters())]
        name: String,
    },
    /// Save a query under a name
    Save {
        /// The name
        name: String,
        /// The query
        #[arg(allow_hyphen_values = true)]
        query: String,
        /// The list that it is for
        #[arg(long, value_enum, default_value = "activities")]
        list: ListName,
        /// Overwrite the filter that has this name
        #[arg(long)]
        force: bool,
    },
    /// Give a filter another name
    Rename {
        /// Its name
        #[arg(add = completions::saved_filters())]
        name: String,
        /// The new name
        new_name: String,
    },
    /// Put a filter at a place among your own
    Move {
        /// Its name
        #[arg(add = completions::saved_filters())]
        name: String,
        /// The place, from 1
        place: usize,
    },
    /// Put a filter on a number key, 1 to 9, or take it off
    Pin {
        /// Its name
        #[arg(add = completions::saved_filters())]
        name: String,
        /// The key; without one the filter is taken off its key
        key: Option<u8>,
    },
    /// Delete filters; this can be undone
    Delete {
        /// Their names
        #[arg(required = true, add = completions::saved_filters())]
        names: Vec<String>,
    },
    /// Write your filters as text
    Export {
        /// Only these; all if none is named
        #[arg(add = completions::saved_filters())]
        names: Vec<String>,
    },
    /// Take filters over from such a text
    Import {
        /// The file; `-` reads standard input
        file: PathBuf,
        /// Also take over those whose name you have already
        #[arg(long)]
        replace: bool,
    },
    /// Say in words what a query means
    Explain {
        /// The query
        #[arg(allow_hyphen_values = true)]
        query: String,
        /// The list that it is for
        #[arg(long, value_enum, default_value = "activities")]
        list: ListName,
    },
    /// Say whether a query is right, and if not, where it is wrong
    Check {
        /// The query
        #[arg(allow_hyphen_values = true)]
        query: String,
        /// The list that it is for
        #[arg(long, value_enum, default_value = "activities")]
        list: ListName,
    },
}

impl FilterArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let bare = match &self.command {
            FilterCommand::List { counts: true } => connect::store_of_now(context).await?,
            _ => connect::store(context).await?,
        };
        let store = connect::acting(&bare, &config).await?;
        drop(bare);
        let mut run =
            Run { context, user: connect::actor(&config), config, out: context.out(), now: Timestamp::now(), store };
        let done = run.command(&self.command).await;
        run.out.finish()?;
        run.store.close().await;
        done
    }
}

struct Run<'c> {
    context: &'c Context,
    config: Config,
    user: String,
    store: Store,
    out: Out,
    now: Timestamp,
}

impl Run<'_> {
    async fn command(&mut self, command: &FilterCommand) -> Result<Code, Failure> {
        match command {
            FilterCommand::List { counts } => self.list(*counts).await?,
            FilterCommand::Show { name } => self.show(name).await?,
            FilterCommand::Save { name, query, list, force } => self.save(name, query, (*list).into(), *force).await?,
            FilterCommand::Rename { name, new_name } => {
                let known = self.saved(name).await?;
                self.store.rename_filter(&self.user, known.id, new_name, self.now).await?;
                self.tell("renamed", new_name.trim(), &format!("{} is {} now", known.name, new_name.trim()))?;
            }
            FilterCommand::Move { name, place } => {
                let known = self.saved(name).await?;
                let place = self.store.move_filter(&self.user, known.id, *place, self.now).await?;
                self.tell("moved", &known.name, &format!("{} is at place {place} now", known.name))?;
            }
            FilterCommand::Pin { name, key } => {
                let known = self.saved(name).await?;
                self.store.pin_filter(&self.user, known.id, *key, self.now).await?;
                let words = match key {
                    Some(key) => format!("{} is on key {key} now", known.name),
                    None => format!("{} is on no key now", known.name),
                };
                self.tell("pinned", &known.name, &words)?;
            }
            FilterCommand::Delete { names } => {
                let mut known = Vec::new();
                for name in names {
                    known.push(self.saved(name).await?);
                }
                for filter in known {
                    self.store.delete_filter(&self.user, filter.id, self.now).await?;
                    self.tell("deleted", &filter.name, &format!("{} is deleted; undo brings it back", filter.name))?;
                }
            }
            FilterCommand::Export { names } => {
                let mut filters = self.store.saved_filters(&self.user).await?;
                if !names.is_empty() {
                    for name in names {
                        self.saved(name).await?;
                    }
                    filters.retain(|filter| names.iter().any(|name| same(name, &filter.name)));
                }
                self.out.raw(text::write(&filters).as_bytes())?;
            }
            FilterCommand::Import { file, replace } => self.import(file, *replace).await?,
            FilterCommand::Explain { query, list } => {
                let filter = understand(query, (*list).into(), &self.config, &self.store, self.context.json).await?;
                let words = filter::explain(&filter.0);
                if self.context.json {
                    self.out.json(&json!({ "query": filter.0.to_string(), "explain": words }))?;
                } else {
                    self.out.line(&words)?;
                }
            }
            FilterCommand::Check { query, list } => {
                let filter = understand(query, (*list).into(), &self.config, &self.store, self.context.json).await?;
                if self.context.json {
                    self.out.json(&json!({ "ok": true, "query": filter.0.to_string() }))?;
                } else {
                    self.out.line(&format!("ok: {}", filter.0))?;
                }
            }
        }
        Ok(Code::Done)
    }

    async fn list(&mut self, counts: bool) -> Result<(), Failure> {
        let mut rows = Vec::new();
        let admin = self.store.actor().role == crate::domain::access::Role::Administrator;
        for preset in filter::presets().iter().filter(|preset| admin || !preset.administrators) {
            rows.push((None, preset.label.to_owned(), preset.list, preset.query.to_owned(), true));
        }
        for saved in self.store.saved_filters(&self.user).await? {
            let list = List::parse(&saved.list).unwrap_or(List::Activities);
            rows.push((saved.pin, saved.name, list, saved.query, false));
        }
        let mut found = Vec::new();
        for (.., list, query, _) in &rows {
            found.push(if counts { self.count(query, *list).await? } else { None });
        }
        if self.context.json {
            let rows: Vec<_> = rows
                .iter()
                .zip(&found)
                .map(|((pin, name, list, query, fixed), found)| {
                    let mut row =
                        json!({ "name": name, "list": list.key(), "query": query, "pin": pin, "fixed": fixed });
                    if counts {
                        row["count"] = json!(found);
                    }
                    row
                })
                .collect();
            self.out.json(&rows)?;
            return Ok(());
        }
        let mut headers = vec!["KEY", "NAME", "LIST", "QUERY"];
        if counts {
            headers.push("FINDS");
        }
        let mut table = Table::new(headers);
        for ((pin, name, list, query, fixed), found) in rows.iter().zip(&found) {
            let key = pin.map_or_else(|| if *fixed { "-" } else { "" }.to_owned(), |pin| pin.to_string());
            let mut cells = vec![key, name.clone(), list.key().to_owned(), query.clone()];
            if counts {
                cells.push(found.map_or_else(|| "wrong query".to_owned(), |n| n.to_string()));
            }
            table.row(cells);
        }
        self.out.table(&table)?;
        Ok(())
    }

    /// How many rows a query finds; `None`: it is wrong by now.
    async fn count(&self, query: &str, list: List) -> Result<Option<i64>, Failure> {
        let Ok((_, filter)) = understand(query, list, &self.config, &self.store, true).await else { return Ok(None) };
        let count = match list {
            List::Contacts => self.store.contact_total(&filter, i64::MAX - 1).await?,
            List::Activities => self.store.activity_total(&filter, i64::MAX - 1).await?,
        };
        Ok(Some(count.n))
    }

    async fn show(&mut self, name: &str) -> Result<(), Failure> {
        let (list, query, pin) = named(&self.store, &self.user, name).await?;
        let words = Query::parse(&query).map_or_else(|error| error.to_string(), |query| filter::explain(&query));
        if self.context.json {
            self.out
                .json(&json!({ "name": name, "list": list.key(), "query": query, "pin": pin, "explain": words }))?;
        } else {
            for (label, value) in [("list", list.key()), ("query", &query), ("means", &words)] {
                self.out.line(&format!("{label:<6} {value}"))?;
            }
            if let Some(pin) = pin {
                self.out.line(&format!("key    {pin}"))?;
            }
        }
        Ok(())
    }

    async fn save(&mut self, name: &str, query: &str, list: List, force: bool) -> Result<(), Failure> {
        let (query, _) = understand(query, list, &self.config, &self.store, self.context.json).await?;
        if !force && self.store.saved_filter(&self.user, name).await.is_ok() {
            return Err(Failure::usage(
                "the filter is not saved",
                format!("there is a saved filter `{name}` already"),
                "take another name, or overwrite it with --force",
            ));
        }
        self.store.save_filter(&self.user, name, list.key(), &query.to_string(), self.now).await?;
        self.tell("saved", name.trim(), &format!("{} is saved", name.trim()))
    }

    async fn import(&mut self, file: &Path, replace: bool) -> Result<(), Failure> {
        let what = "no filter was taken over";
        let read = if file.as_os_str() == "-" {
            let mut text = String::new();
            io::stdin().take(1 << 20).read_to_string(&mut text).map(|_| text)
        } else {
            fs::read_to_string(file)
        };
        let text = read.map_err(|error| {
            Failure::usage(what, format!("{}: {}", file.display(), io_words(&error)), "name a file of `filter export`")
        })?;
        let filters = text::read(&text)
            .map_err(|why| Failure::usage(what, why, "correct it; `rolodeck filter export` shows the form"))?;
        for new in &filters {
            understand(&new.query, new.list, &self.config, &self.store, self.context.json)
                .await
                .map_err(|failure| Failure { why: format!("{}: {}", new.name, failure.why), ..failure })?;
        }
        let taken = self.store.take_filters(&self.user, &filters, replace, self.now).await?;
        if self.context.json {
            self.out.json(&taken)?;
        } else {
            self.out.line(&format!(
                "{} added, {} replaced, {} left as they are",
                taken.added, taken.replaced, taken.left
            ))?;
        }
        Ok(())
    }

    async fn saved(&self, name: &str) -> Result<SavedFilter, Failure> {
        Ok(self.store.saved_filter(&self.user, name).await?)
    }

    fn tell(&mut self, done: &str, name: &str, words: &str) -> Result<(), Failure> {
        if self.context.json {
            self.out.json(&json!({ "done": done, "name": name }))?;
        } else {
            self.out.line(words)?;
        }
        Ok(())
    }
}

fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// A filter by its name: the user's own, else a fixed one by its label or id.
pub(super) async fn named(store: &Store, user: &str, name: &str) -> Result<(List, String, Option<u8>), Failure> {
    match store.saved_filter(user, name).await {
        Ok(saved) => Ok((List::parse(&saved.list).unwrap_or(List::Activities), saved.query, saved.pin)),
        Err(error) => filter::named_preset(name)
            .map(|preset| (preset.list, preset.query.to_owned(), None))
            .ok_or_else(|| error.into()),
    }
}

/// The query and what it means for the configured user; the failure shows where it is wrong.
pub(super) async fn understand(
    text: &str,
    list: List,
    config: &Config,
    store: &Store,
    json: bool,
) -> Result<(Query, Filter), Failure> {
    let context = filter::Context {
        list,
        now: Timestamp::now(),
        zone: config.user.time_zone(),
        me: config.user.email(),
        custom: store.custom_fields().await?,
    };
    let read = Query::parse(text).and_then(|query| Filter::new(&query, &context).map(|filter| (query, filter)));
    read.map_err(|error| {
        if !json {
            // Where it is wrong, under the query itself; a closed stderr has nobody to be told.
            let _ = writeln!(io::stderr(), "{}", error.caret(text));
        }
        Failure::usage(
            "the query is wrong",
            error.message,
            error.suggestion.map_or_else(
                || "the language is described in docs/filter.md".to_owned(),
                |word| format!("did you mean `{word}`?"),
            ),
        )
    })
}
