//! The one query language: stream, contact list, saved filters, export, reports and the sync gate all speak it.
//!
//! Pure: knows the domain and nothing else. A text becomes a [`Query`] (syntax, canonical text by `Display`), a query and
//! a [`Context`] become a [`Filter`] (meaning), a filter becomes [`Sql`] or judges [`Facts`]. Both come from the same
//! condition, and a test holds them to the same answers.
//!
//! # Grammar
//!
//! ```text
//! query    = [ or ]                                   nothing: everything
//! or       = and { "OR" and }
//! and      = unary { [ "AND" ] unary }                side by side is AND
//! unary    = ( "NOT" | "-" ) unary | "(" or ")" | term | word
//! word     = text [ "*" ] | '"' phrase '"' [ "*" ]    star: at the start of a word
//! term     = flag | key ( ":" | "=" ) tests | key order value { "," test }
//! tests    = test { "," test }                        any of them
//! test     = value | order value | [ value ] ".." [ value ]
//! order    = "<" | "<=" | ">" | ">="
//! value    = [ "*" ] ( text | '"' phrase '"' ) [ "*" ]  stars: anything may stand there
//! flag     = "mine" | "unread" | "test" | "trash"     in quotes it is text
//! key      = name | "contact." name | "activity." name | "custom." name | '"' name '"'
//! ```
//!
//! Operators are upper case; keys, values and words know no case. `\"` and `\\` stand for themselves within quotes.
//! OR binds weakest, then AND, then NOT.
//!
//! # Words
//!
//! A word or phrase is looked for anywhere in the text of the row, without accents: a contact's names, addresses,
//! numbers, company, job, city, country and custom texts; an activity's captured person, subject, id, event type, page,
//! bot, form, place, reason, notes, campaign, attendees and answers, or its contact's text.
//!
//! # Keys
//!
//! [`KEYS`] lists them; every system field and custom field is a key, too. Values of one key are alternatives, different
//! keys must all hold. What a key speaks about depends on the list:
//!
//! - Keys of the **row** (`id`, `source`, `created`, `updated`, `sync`, `mine`, and `has:salesforce`) mean the contact on
//!   the contact list and the activity on the stream. `contact.created` and `activity.created` say which one is meant,
//!   `contact.state` is the field, `state` that of an activity, `custom.start` a custom field named like a key.
//! - Keys of the **contact** (`status`, `owner`, `has`, `interacted`, `import`, fields) on the stream mean the activity's
//!   contact. An activity whose contact was deleted satisfies none of them.
//! - Keys of an **activity** (`kind`, `state`, `host`, `start`, `unread`, …) on the contact list mean "has an activity
//!   with". Side by side they speak of the same activity: `kind:booking state:canceled` is a cancelled booking, and so is
//!   `kind:booking (state:canceled OR state:no_show)` one activity. Parentheses around keys make a group of its own:
//!   `(kind:booking) (state:closed)` is a booking and a closed activity, whichever. NOT says that there is none:
//!   `-state:canceled` has no cancelled activity, `kind:booking -state:canceled` has a booking and none cancelled.
//! - Activities in the **trash** are left out, of the stream and of "has an activity", unless `trash` is named in the query
//!   (on the stream) or in the group (on the contact list). `trash:any` lets both through.
//!
//! # Values
//!
//! - Text is the whole value: `company:acme`; stars open it: `company:acme*`, `page:*demo*`.
//! - `none` and `any` (or `*`): blank and not blank; in quotes they are text.
//! - Numbers and dates: `employees>50`, `employees:10..50` (both included), `employees:<10,>1000`.
//! - Dates cover their time, in the user's zone: `start:today`, `start:2026-03`, `start:today..+7d`, `start:>2026-03-01`
//!   (from the second of March on), `updated:<2h` (less than two hours ago), `created:3w` (within the last three weeks),
//!   `start:next_monday`, `created:last_month`. Units: min, h, d, w, mo, y.
//! - People: `owner:ana@acme.no`, `host:ana` (a word of the name, or what stands before the `@`), `owner:me`, `host:none`.
//! - `email:acme.no` is any part of the address, `email:@acme.no` its end; a phone with a country code is the number,
//!   without one any part of it.
//! - `sync`: `pending` waits or is being sent, `held` waits for a person, `failed` is held or being tried again, `done` is
//!   linked with nothing open, `none` neither. A contact stands as it and its activities do.
//! - `id:42` is ours; `id:BKNG-…` the source's, earlier ones included; `id:00Q…` that of the Salesforce record.
//!
//! [`Query`]: crate::filter::Query
//! [`Context`]: crate::filter::Context
//! [`Filter`]: crate::filter::Filter
//! [`Sql`]: crate::filter::Sql
//! [`Facts`]: crate::filter::Facts
//! [`KEYS`]: crate::filter::KEYS

mod ast;
mod compile;
mod complete;
mod condition;
mod context;
mod dates;
mod edit;
mod error;
mod eval;
mod explain;
mod highlight;
mod keys;
mod lexer;
mod parser;
mod presets;
mod print;
mod resolve;
#[cfg(test)]
mod tests;
mod text;
mod values;

pub use ast::{Comparison, Node, Query, Span, Term, Test, Value, Word};
pub use compile::{Arg, Limits, People, Probe, Sql, Staged, Step, Strategy, Walk, Words};
pub use complete::{Completion, CompletionKind, Vocabulary, complete};
pub use context::{Context, CustomField, List, Sort};
pub use error::QueryError;
pub use eval::{ActivityFacts, ContactFacts, Facts, OpenRow, OpenState, SyncFacts};
pub use explain::explain;
pub use highlight::{TokenKind, highlight};
pub use keys::{About, KEYS, Key, KeyInfo, Takes};
pub use presets::{Preset, named_preset, preset, presets};
pub use text::{activity_text, contact_text};

/// A query understood in a context: ready to become SQL or to judge facts.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    list: List,
    conjuncts: Vec<condition::Bool<condition::Leaf>>,
}

impl Filter {
    /// Finds out what the query's keys and values mean; an unknown one is an error at its place in the text.
    pub fn new(query: &Query, context: &Context) -> Result<Self, QueryError> {
        Ok(Self { list: context.list, conjuncts: resolve::resolve(query, context)? })
    }

    /// Parses and understands.
    pub fn parse(text: &str, context: &Context) -> Result<Self, QueryError> {
        Self::new(&Query::parse(text)?, context)
    }

    /// The list it is for.
    pub fn list(&self) -> List {
        self.list
    }

    /// The same, of the contacts that belong to these users; of activities, those of such contacts and those that these
    /// users host. No users: nothing.
    #[must_use]
    pub fn within(&self, owners: &[i64]) -> Self {
        let users = || owners.iter().map(|&id| values::UserTest::Id(id)).collect::<Vec<_>>();
        let owned = condition::Bool::Leaf(condition::Leaf::Contact(condition::ContactTest::Owner(users())));
        let hosted = || condition::Bool::Leaf(condition::Leaf::Activity(condition::ActivityTest::Host(users())));
        let mut conjuncts = self.conjuncts.clone();
        // Nor does a filter tell that somebody out of reach may be the same person.
        for part in &mut conjuncts {
            part.each(&mut |leaf| {
                if let condition::Leaf::Contact(condition::ContactTest::Duplicate(reach)) = leaf {
                    *reach = Some(owners.to_vec());
                }
            });
        }
        conjuncts.push(match self.list {
            List::Contacts => owned,
            List::Activities => condition::Bool::Any(vec![owned, hosted()]),
        });
        Self { list: self.list, conjuncts }
    }

    /// A boolean SQL expression over `c` (a row of `contact`) or `a` (a row of `activity`), never empty.
    pub fn sql(&self, strategy: Strategy) -> Sql {
        compile::compile(self.list, &self.conjuncts, strategy)
    }

    /// Statements that tell how many ids the probe of the same index finds or, where texts had to be read for that, roughly
    /// finds, counted up to a limit.
    /// `None`: not worth asking, since walking in the order of `sort` finds the same rows as directly, or another probe
    /// does. Without `sort` every probe is given.
    ///
    /// Whoever wants rows (or their number) asks them all and takes the one that is farthest below its limit: it is
    /// `Strategy::Probe(index)`. With small limits those that read a whole table are not worth asking either.
    pub fn probes(&self, sort: Option<Sort>, limits: Limits) -> Vec<Option<Probe>> {
        compile::probes(self.list, &self.conjuncts, sort, limits)
    }

    /// The same rows as by `Strategy::Probe(probe)`, for a list in order: where the probe is a test of the row itself, the
    /// test stands as it is, so that its index can answer the order and the rest, too. The statement must hide its order
    /// from the planner.
    pub fn lead(&self, probe: usize) -> Staged {
        compile::lead(self.list, &self.conjuncts, probe)
    }

    /// What is left to satisfy for the rows that [`Probe::Ids`] has found.
    pub fn of_ids(&self, probe: usize, ids: &[i64]) -> Staged {
        compile::of_ids(self.list, &self.conjuncts, Some(probe), ids)
    }

    /// What the index of words is to be asked for rows in the order of `sort`, if it gives that order and something of the
    /// condition is in the texts. What it names is to be checked with [`Filter::among`].
    pub fn words(&self, sort: Sort) -> Option<Words> {
        compile::words(self.list, &self.conjuncts, sort)
    }

    /// True if nothing but words is asked for: no index of rows has anything to say.
    pub fn only_words(&self) -> bool {
        compile::nothing_else(&self.conjuncts)
    }

    /// Words that are too short for the index of words, which knows groups of three letters: it helps to know those groups
    /// that begin with them, see [`Filter::spelled`].
    pub fn short_words(&self) -> Vec<&str> {
        self.conjuncts.iter().flat_map(compile::short).collect()
    }

    /// The same filter, which knows all groups of three letters that begin with some short words, in whatever text of its
    /// list they are.
    #[must_use]
    pub fn spelled(&self, words: &[(String, Vec<String>)]) -> Self {
        let mut conjuncts = self.conjuncts.clone();
        for part in &mut conjuncts {
            part.each(&mut |leaf| {
                if let condition::Leaf::Text(needle) = leaf
                    && let Some((_, trigrams)) = words.iter().find(|(word, _)| word == needle.as_str())
                {
                    needle.spell(trigrams.clone());
                }
            });
        }
        Self { list: self.list, conjuncts }
    }

    /// Those of the rows that satisfy everything.
    pub fn among(&self, ids: &[i64]) -> Staged {
        compile::of_ids(self.list, &self.conjuncts, None, ids)
    }

    /// Ways to walk in the order of `sort`, a limited number of steps each.
    pub fn walks(&self, sort: Sort) -> Vec<Walk> {
        compile::walks(self.list, &self.conjuncts, sort, false)
    }

    /// Contacts outside of which nothing satisfies the condition, if an index finds them: on the stream by their status and
    /// owner, on the list of contacts by what is asked of one of their activities.
    pub fn people(&self) -> Option<People> {
        compile::people(self.list, &self.conjuncts)
    }

    /// The same ways to walk as [`Filter::walks`], on which [`Filter::people`] are collected first: if they are few, a step
    /// then takes a tenth of the time.
    pub fn walks_with_people(&self, sort: Sort) -> Vec<Walk> {
        compile::walks(self.list, &self.conjuncts, sort, true)
    }

    /// True if it has free text.
    pub fn has_text(&self) -> bool {
        self.conjuncts.iter().any(|part| part.mentions(&|leaf| matches!(leaf, condition::Leaf::Text(_))))
    }

    /// Judges what is known.
    pub fn matches(&self, facts: &Facts<'_>) -> bool {
        eval::holds(&self.conjuncts, facts, self.list == List::Activities)
    }
}

/// [`Filter::new`] and [`Filter::sql`].
pub fn compile(query: &Query, context: &Context, strategy: Strategy) -> Result<Sql, QueryError> {
    Ok(Filter::new(query, context)?.sql(strategy))
}

/// [`Filter::new`] and [`Filter::matches`].
pub fn matches(query: &Query, context: &Context, facts: &Facts<'_>) -> Result<bool, QueryError> {
    Ok(Filter::new(query, context)?.matches(facts))
}
