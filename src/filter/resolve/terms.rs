//! `key:value` terms: what each key's values mean.

use super::target::Target;
use super::{Resolver, untrashed};
use crate::domain::{Field, Kind, State, Status};
use crate::filter::ast::{Term, Test, Value};
use crate::filter::condition::{
    ActivityTest, ActivityTime, Bool, Column, ContactTest, ContactTime, FieldTest, IdTest, ImportTest, Leaf,
    StatusTest, SyncTest, TimeTest, Trash,
};
use crate::filter::dates;
use crate::filter::error::{QueryError, nearest};
use crate::filter::keys::{self, About, Key};
use crate::filter::values::{Pattern, TextTest, UserTest, blank, plain, yes};

/// What a term asks.
pub(super) enum Resolved {
    /// Something of the row, or of its contact.
    Row(Bool<Leaf>),
    /// Something of an activity: of the row, or of one of the contact's.
    Activity(Bool<ActivityTest>),
}

fn contact(test: ContactTest) -> Resolved {
    Resolved::Row(Bool::Leaf(Leaf::Contact(test)))
}

fn activity(test: ActivityTest) -> Resolved {
    Resolved::Activity(Bool::Leaf(test))
}

impl Resolver<'_> {
    pub(super) fn term(&self, term: &Term) -> Result<Resolved, QueryError> {
        let (key, about) = match self.target(term)? {
            Target::Key(key, about) => (key, about),
            Target::Field(field) => {
                let tests = self.each(term, |test| self.field_test(&term.key, field.kind(), test))?;
                return Ok(contact(ContactTest::Field(field, tests)));
            }
            Target::Custom(custom) => {
                let tests = self.each(term, |test| self.field_test(&term.key, custom.kind, test))?;
                return Ok(contact(ContactTest::Custom(custom, tests)));
            }
        };
        let of_contact = about == About::Contact;
        let name = term.key.as_str();
        let user = |test: &Test| UserTest::of(name, test, self.me.as_deref());
        let text = |column| Ok(activity(ActivityTest::Text(column, self.each(term, |test| TextTest::of(name, test))?)));
        let time = |time| Ok(activity(ActivityTest::Time(time, self.each(term, |test| self.time_test(test))?)));
        Ok(match key {
            Key::Kind => activity(ActivityTest::Kind(self.each(term, |test| kind(name, test))?)),
            Key::State => activity(ActivityTest::State(self.each(term, |test| state(name, test))?)),
            Key::Status => contact(ContactTest::Status(self.each(term, |test| status(name, test))?)),
            Key::Owner => contact(ContactTest::Owner(self.each(term, user)?)),
            Key::Host => activity(ActivityTest::Host(self.each(term, user)?)),
            Key::Mine => self.mine(term, of_contact)?,
            Key::Has => self.has(term, of_contact)?,
            Key::Source => {
                let tests = self.each(term, |test| source(name, test))?;
                if of_contact {
                    contact(ContactTest::Source(tests))
                } else {
                    activity(ActivityTest::Text(Column::Source, tests))
                }
            }
            Key::EventType => text(Column::EventType)?,
            Key::Bot => text(Column::Bot)?,
            Key::Form => text(Column::Form)?,
            Key::Page => text(Column::Page)?,
            Key::UtmSource => text(Column::UtmSource)?,
            Key::UtmMedium => text(Column::UtmMedium)?,
            Key::UtmCampaign => text(Column::UtmCampaign)?,
            Key::UtmTerm => text(Column::UtmTerm)?,
            Key::UtmContent => text(Column::UtmContent)?,
            Key::Start => time(ActivityTime::Start)?,
            Key::Created | Key::Updated if of_contact => {
                let column = if key == Key::Created { ContactTime::Created } else { ContactTime::Updated };
                contact(ContactTest::Time(column, self.each(term, |test| self.time_test(test))?))
            }
            Key::Created => time(ActivityTime::Created)?,
            Key::Updated => time(ActivityTime::Updated)?,
            Key::Interacted => {
                contact(ContactTest::Time(ContactTime::Interacted, self.each(term, |test| self.time_test(test))?))
            }
            Key::Unread => Resolved::Activity(flag(term, |yes| Bool::Leaf(ActivityTest::Unread(yes)))?),
            Key::Test => Resolved::Activity(flag(term, |yes| Bool::Leaf(ActivityTest::Test(yes)))?),
            Key::Trash => Resolved::Activity(trash(term)?),
            Key::Sync => {
                let tests = self.each(term, |test| sync(name, test))?;
                if of_contact { contact(ContactTest::Sync(tests)) } else { activity(ActivityTest::Sync(tests)) }
            }
            Key::Id => {
                let tests = self.each(term, |test| id(name, test))?;
                if of_contact { contact(ContactTest::Id(tests)) } else { activity(ActivityTest::Id(tests)) }
            }
            Key::Import => contact(ContactTest::Import(self.each(term, |test| import(name, test))?)),
        })
    }

    fn each<T>(&self, term: &Term, read: impl Fn(&Test) -> Result<T, QueryError>) -> Result<Vec<T>, QueryError> {
        let _ = self;
        if term.tests.is_empty() {
            return Err(QueryError::new(term.span, format!("a value is missing behind `{}`", term.key)));
        }
        term.tests.iter().map(|test| read(test).map_err(|error| opposite(term, test).unwrap_or(error))).collect()
    }

    pub(super) fn time_test(&self, test: &Test) -> Result<TimeTest, QueryError> {
        if let Test::Is(value) = test
            && let Some(none) = blank(value)
        {
            return Ok(if none { TimeTest::None } else { TimeTest::Any });
        }
        dates::interval(test, self.context.now, &self.context.zone).map(TimeTest::In)
    }

    fn mine(&self, term: &Term, of_contact: bool) -> Result<Resolved, QueryError> {
        let me = || vec![self.me.clone().map_or(UserTest::Nobody, UserTest::Email)];
        if of_contact {
            let owned = |yes| unless_no(yes, Bool::Leaf(Leaf::Contact(ContactTest::Owner(me()))));
            flag(term, owned).map(Resolved::Row)
        } else {
            flag(term, |yes| unless_no(yes, Bool::Leaf(ActivityTest::Host(me())))).map(Resolved::Activity)
        }
    }

    /// What the contact has, except that `salesforce` asks for the row's own record.
    fn has(&self, term: &Term, of_contact: bool) -> Result<Resolved, QueryError> {
        let row_is_contact = self.context.list == crate::filter::List::Contacts;
        let explicit = !term.key.eq_ignore_ascii_case("has");
        let known = |field| Bool::Leaf(Leaf::Contact(ContactTest::Field(field, vec![FieldTest::Any])));
        let some = |kind| Bool::Leaf(Leaf::Some(untrashed(vec![Bool::Leaf(ActivityTest::Kind(vec![kind]))])));
        let tests = self.each(term, |test| {
            Ok(match word(&term.key, test, keys::HAS, &[("meeting", "booking"), ("chat", "conversation")])? {
                "booking" => some(Kind::Booking),
                "conversation" => some(Kind::Conversation),
                "form" => some(Kind::Form),
                "email" => known(Field::Email),
                "phone" => Bool::Any(vec![known(Field::MobilePhone), known(Field::Phone)]),
                "duplicate" => Bool::Leaf(Leaf::Contact(ContactTest::Duplicate(None))),
                _ if row_is_contact || (explicit && of_contact) => Bool::Leaf(Leaf::Contact(ContactTest::Linked)),
                _ => Bool::Leaf(Leaf::Activity(ActivityTest::Linked)),
            })
        })?;
        Ok(Resolved::Row(Bool::any(tests)))
    }
}

/// What to say of a value that begins with the sign of its opposite: the sign stands before the key.
fn opposite(term: &Term, test: &Test) -> Option<QueryError> {
    let Test::Is(value) = test else { return None };
    let rest = value.text.strip_prefix(['!', '-']).filter(|_| !value.quoted && !value.before)?;
    if !rest.starts_with(char::is_alphabetic) {
        return None;
    }
    let message = format!("`{}` is no {}; `-` stands before the key", value.text, term.key);
    Some(match term.tests.as_slice() {
        [_] => QueryError::new(term.span, message).suggest(Some(format!("-{}:{rest}", term.key))),
        _ => QueryError::new(value.span, message),
    })
}

/// The word of `words` that is meant, whatever the case, blanks and dashes; `others` are further spellings.
fn word(
    key: &str,
    test: &Test,
    words: &'static [&'static str],
    others: &[(&str, &'static str)],
) -> Result<&'static str, QueryError> {
    let value = plain(key, test)?;
    let written = value.text.trim().to_lowercase().replace([' ', '-'], "_");
    let singular = written.strip_suffix('s').unwrap_or(&written);
    let known = words.iter().copied().find(|word| *word == written || *word == singular);
    let other = || others.iter().find(|(other, _)| *other == written || *other == singular).map(|(_, word)| *word);
    let found = (!value.before && !value.after).then(|| known.or_else(other)).flatten();
    found.ok_or_else(|| no_word(key, value, words))
}

fn no_word(key: &str, value: &Value, words: &[&str]) -> QueryError {
    let message = format!("`{}` is no {key}", value.text);
    match nearest(&value.text, words.iter().copied()) {
        Some(word) => QueryError::new(value.span, message).suggest(Some(word)),
        None => QueryError::new(value.span, format!("{message}; one of {}", words.join(", "))),
    }
}

fn kind(key: &str, test: &Test) -> Result<Kind, QueryError> {
    let others =
        [("meeting", "booking"), ("chat", "conversation"), ("submission", "form"), ("form_submission", "form")];
    let word = word(key, test, keys::KINDS, &others)?;
    Kind::parse(word).ok_or_else(|| QueryError::new(test.span(), format!("`{word}` is no kind")))
}

fn state(key: &str, test: &Test) -> Result<State, QueryError> {
    let others = [("cancelled", "canceled"), ("noshow", "no_show")];
    let word = word(key, test, keys::STATES, &others)?;
    State::parse(word).ok_or_else(|| QueryError::new(test.span(), format!("`{word}` is no state")))
}

fn status(key: &str, test: &Test) -> Result<StatusTest, QueryError> {
    let value = plain(key, test)?;
    Ok(match blank(value) {
        Some(true) => StatusTest::None,
        Some(false) => StatusTest::Any,
        None => match Status::parse(&value.text) {
            Ok(status) if !value.before && !value.after => StatusTest::Is(status),
            _ => return Err(no_word(key, value, keys::STATUSES)),
        },
    })
}

fn source(key: &str, test: &Test) -> Result<TextTest, QueryError> {
    Ok(match TextTest::of(key, test)? {
        TextTest::Like(pattern) if pattern.text.eq_ignore_ascii_case("cal.com") => {
            TextTest::Like(Pattern { text: "calcom".to_owned(), ..pattern })
        }
        other => other,
    })
}

fn sync(key: &str, test: &Test) -> Result<SyncTest, QueryError> {
    let others = [("waiting", "pending"), ("synced", "done"), ("error", "failed")];
    Ok(match word(key, test, keys::SYNC, &others)? {
        "none" => SyncTest::None,
        "pending" => SyncTest::Pending,
        "done" => SyncTest::Done,
        "held" => SyncTest::Held,
        _ => SyncTest::Failed,
    })
}

fn id(key: &str, test: &Test) -> Result<IdTest, QueryError> {
    let value = plain(key, test)?;
    if value.before || value.after {
        return Err(QueryError::new(value.span, "an id takes no `*`"));
    }
    let written = value.text.trim().to_owned();
    Ok(match written.parse::<i64>() {
        Ok(number) if !value.quoted => IdTest::Number(number, written),
        _ => IdTest::Text(written),
    })
}

fn import(key: &str, test: &Test) -> Result<ImportTest, QueryError> {
    let value = plain(key, test)?;
    // `import:any`: any import at all.
    let star = Value { text: String::new(), quoted: false, before: true, after: true, span: value.span };
    let value = match blank(value) {
        Some(true) => return Err(QueryError::new(value.span, "write `-import:any` for contacts of no import")),
        Some(false) => &star,
        None => value,
    };
    Ok(ImportTest { id: value.text.parse().ok().filter(|_| !value.quoted), name: Pattern::of(value) })
}

fn unless_no<L>(yes: bool, test: Bool<L>) -> Bool<L> {
    if yes { test } else { Bool::Not(Box::new(test)) }
}

fn flag<L>(term: &Term, make: impl Fn(bool) -> Bool<L>) -> Result<Bool<L>, QueryError> {
    if term.tests.is_empty() {
        return Ok(make(true));
    }
    let each = |test: &Test| {
        let value = plain(&term.key, test)?;
        let wrong = || QueryError::new(value.span, format!("`{}` is yes or no; alone it means yes", term.key));
        yes(value).map(&make).ok_or_else(wrong)
    };
    term.tests.iter().map(each).collect::<Result<_, _>>().map(Bool::any)
}

fn trash(term: &Term) -> Result<Bool<ActivityTest>, QueryError> {
    let leaf = |trash| Bool::Leaf(ActivityTest::Trash(trash));
    match term.tests.as_slice() {
        [Test::Is(value)] if blank(value) == Some(false) => Ok(leaf(Trash::Both)),
        _ => flag(term, |yes| leaf(if yes { Trash::In } else { Trash::Out })),
    }
}
