//! A query in plain words: what a person reads to be sure that it says what was meant.

use jiff::civil::Weekday;

use super::ast::{Comparison, Node, Query, Term, Test, Value, Word};
use super::keys::{About, Key, Takes};
use crate::domain::{Field, FieldKind, Kind, State, Status};

/// The query in words; "everything" if it is empty.
pub fn explain(query: &Query) -> String {
    match &query.root {
        None => "everything".to_owned(),
        Some(node) => sentence(node, true),
    }
}

fn sentence(node: &Node, outer: bool) -> String {
    let joined = |parts: &[Node], between: &str| {
        let parts: Vec<_> = parts.iter().map(|part| sentence(part, false)).collect();
        let text = parts.join(between);
        if outer || parts.len() == 1 { text } else { format!("({text})") }
    };
    match node {
        Node::And(parts) => joined(parts, " and "),
        Node::Or(parts) => joined(parts, " or "),
        Node::Not(node) => format!("not {}", sentence(node, false)),
        Node::Word(Word { text, prefix: false, .. }) => format!("contains “{text}”"),
        Node::Word(Word { text, prefix: true, .. }) => format!("has a word that begins with “{text}”"),
        Node::Term(term) => self::term(term),
    }
}

fn term(term: &Term) -> String {
    let (whose, name) = match term.key.split_once('.') {
        Some((of @ ("contact" | "activity"), name)) => (format!("{of}’s "), name),
        Some(("custom", name)) => (String::new(), name),
        _ => (String::new(), term.key.as_str()),
    };
    let known = Key::parse(name).filter(|key| match term.key.split_once('.') {
        Some(("contact", _)) => key.info().about != About::Activity,
        scope => scope.is_none_or(|(of, _)| of != "custom"),
    });
    let key = Subject { key: known, field: Field::parse(name), name };
    if let Some(flag) = flag(&key, &term.tests) {
        return format!("{whose}{flag}");
    }
    let alternatives: Vec<String> = term.tests.iter().map(|test| self::test(&key, test)).collect();
    // Where the words stay the same, they are said once: "kind is booking or form".
    let plain: Option<Vec<&str>> = alternatives.iter().map(|text| text.strip_prefix("is ")).collect();
    let said = match plain {
        Some(values) if values.len() > 1 => format!("is {}", values.join(" or ")),
        _ => alternatives.join(" or "),
    };
    if known == Some(Key::Has) {
        return format!("{whose}{}", said.replacen("is ", "has a ", 1).replace("a any", "any"));
    }
    format!("{whose}{} {said}", key.label())
}

struct Subject<'a> {
    key: Option<Key>,
    field: Option<Field>,
    name: &'a str,
}

impl Subject<'_> {
    fn label(&self) -> String {
        match (self.key, self.field) {
            (Some(Key::UtmSource), _) => "campaign source".into(),
            (Some(Key::UtmMedium), _) => "campaign medium".into(),
            (Some(Key::UtmCampaign), _) => "campaign".into(),
            (Some(Key::UtmTerm), _) => "campaign term".into(),
            (Some(Key::UtmContent), _) => "campaign content".into(),
            (Some(Key::Sync), _) => "sync with Salesforce".into(),
            (Some(Key::Interacted), _) => "last interaction".into(),
            (Some(Key::Updated), _) => "last change".into(),
            (Some(Key::Created), _) => "creation".into(),
            (Some(key), _) => key.info().name.replace('_', " "),
            (None, Some(field)) => field.label().to_lowercase(),
            (None, None) => self.name.to_owned(),
        }
    }

    fn is_date(&self) -> bool {
        self.key.is_some_and(|key| key.info().takes == Takes::Date)
    }
}

fn flag(subject: &Subject<'_>, tests: &[Test]) -> Option<String> {
    let words = match subject.key? {
        Key::Mine => ["mine", "not mine"],
        Key::Unread => ["unread", "read"],
        Key::Test => ["a test", "not a test"],
        Key::Trash => ["in the trash", "not in the trash"],
        _ => return None,
    };
    Some(match tests {
        [] => words[0].to_owned(),
        [Test::Is(value)] => match super::values::yes(value) {
            Some(yes) => words[usize::from(!yes)].to_owned(),
            None => format!("{}, or not", words[0]),
        },
        _ => format!("{} or {}", words[0], words[1]),
    })
}

fn test(subject: &Subject<'_>, test: &Test) -> String {
    match test {
        Test::Is(value) => is(subject, value),
        Test::Compare(comparison, value) if subject.is_date() => {
            let age = is_age(value);
            let when = self::value(subject, value);
            match (comparison, age) {
                (Comparison::Less | Comparison::AtMost, true) => format!("is less than {when}"),
                (Comparison::Greater | Comparison::AtLeast, true) => format!("is more than {when}"),
                (Comparison::Less, false) => format!("is before {when}"),
                (Comparison::AtMost, false) => format!("is not after {when}"),
                (Comparison::Greater, false) => format!("is after {when}"),
                (Comparison::AtLeast, false) => format!("is not before {when}"),
            }
        }
        Test::Compare(comparison, value) => {
            let than = match comparison {
                Comparison::Less => "less than",
                Comparison::AtMost => "at most",
                Comparison::Greater => "more than",
                Comparison::AtLeast => "at least",
            };
            format!("is {than} {}", self::value(subject, value))
        }
        Test::Range(from, to) => {
            let end = |word: &str, value: &Option<Value>| {
                value.as_ref().map(|value| format!("{word} {}", self::value(subject, value)))
            };
            let both: Vec<_> = [end("from", from), end("to", to)].into_iter().flatten().collect();
            format!("is {}", both.join(" "))
        }
    }
}

fn is(subject: &Subject<'_>, value: &Value) -> String {
    if value.is_word("none") {
        return match subject.key {
            Some(Key::Sync) => "is none".into(),
            _ => "is blank".into(),
        };
    }
    if value.is_word("any") || value.is_star() {
        return "is not blank".into();
    }
    let text = self::value(subject, value);
    match (value.before, value.after) {
        (false, false) if subject.is_date() && is_age(value) => {
            format!("is within the last {}", text.trim_end_matches(" ago"))
        }
        (false, false) => {
            match (subject.field.filter(|_| subject.key.is_none()).map(Field::kind), value.text.find('@')) {
                (Some(FieldKind::Email), None) => format!("contains {text}"),
                (Some(FieldKind::Email), Some(0)) => format!("ends with {text}"),
                _ => format!("is {text}"),
            }
        }
        (false, true) => format!("begins with {text}"),
        (true, false) => format!("ends with {text}"),
        (true, true) => format!("contains {text}"),
    }
}

/// An amount of time without a sign counts back from now.
fn is_age(value: &Value) -> bool {
    amount(&value.text).is_some_and(|(sign, _)| sign.is_none())
}

fn value(subject: &Subject<'_>, value: &Value) -> String {
    let text = value.text.as_str();
    match subject.key {
        Some(Key::Status) => Status::parse(text).map_or_else(|_| text.to_owned(), |status| status.label().to_owned()),
        Some(Key::State) => State::parse(text).map_or_else(|| text.to_owned(), |state| state.label().to_lowercase()),
        Some(Key::Kind) => Kind::parse(text).map_or_else(|| text.to_owned(), |kind| kind.label().to_lowercase()),
        Some(Key::Owner | Key::Host) if value.is_word("me") => "me".to_owned(),
        Some(Key::Sync | Key::Has) => text.to_owned(),
        Some(_) if subject.is_date() => date(text),
        _ if text.chars().all(|c| c.is_ascii_digit()) => text.to_owned(),
        _ => format!("“{text}”"),
    }
}

/// `today`, `this_week` and `2026-03-01` read well already; amounts and days of the week do not.
fn date(text: &str) -> String {
    match amount(text) {
        Some((Some('+'), amount)) => format!("in {amount}"),
        Some((_, amount)) => format!("{amount} ago"),
        None => weekday(text).unwrap_or_else(|| text.replace('_', " ").to_lowercase()),
    }
}

/// `mon` is Monday of this week, `next_monday` that of the next.
fn weekday(text: &str) -> Option<String> {
    let text = text.to_lowercase();
    let (week, name) = match text.split_once('_') {
        Some((week @ ("this" | "last" | "next"), name)) => (week, name),
        Some(_) => return None,
        None => ("this", text.as_str()),
    };
    let day = match super::dates::weekday(name)? {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    };
    Some(format!("{day} of {week} week"))
}

/// The sign and the words of an amount: `+7d` is 7 days.
fn amount(text: &str) -> Option<(Option<char>, String)> {
    let sign = text.chars().next().filter(|c| matches!(c, '+' | '-'));
    let rest = &text[sign.map_or(0, char::len_utf8)..];
    let (count, unit) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
    let unit = match unit.to_ascii_lowercase().as_str() {
        "min" | "mins" | "minute" | "minutes" => "minute",
        "h" | "hour" | "hours" => "hour",
        "d" | "day" | "days" => "day",
        "w" | "week" | "weeks" => "week",
        "mo" | "month" | "months" => "month",
        "y" | "year" | "years" => "year",
        _ => return None,
    };
    let plural = if count == "1" { "" } else { "s" };
    (!count.is_empty()).then(|| (sign, format!("{count} {unit}{plural}")))
}

impl Query {
    /// [`explain`].
    pub fn explain(&self) -> String {
        explain(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_read_as_sentences() {
        let cases = [
            ("", "everything"),
            ("ana", "contains “ana”"),
            ("pre* \"two words\"", "has a word that begins with “pre” and contains “two words”"),
            (
                "mine kind:booking state:scheduled,no_show start:>now",
                "mine and kind is booking and state is scheduled or no-show and start is after now",
            ),
            ("status:mql OR status:none", "status is Marketing qualified or status is blank"),
            ("ana (bo OR -cy)", "contains “ana” and (contains “bo” or not contains “cy”)"),
            ("start:today..+7d", "start is from today to in 7 days"),
            ("updated:<2h", "last change is less than 2 hours ago"),
            ("created:3w", "creation is within the last 3 weeks"),
            ("created:>=last_week", "creation is not before last week"),
            ("start:mon", "start is Monday of this week"),
            ("start:last_fri..sunday", "start is from Friday of last week to Sunday of this week"),
            ("company:mon", "company is “mon”"),
            ("employees>50", "employees is more than 50"),
            ("employees:10..", "employees is from 10"),
            ("company:acme*,any", "company begins with “acme” or is not blank"),
            ("email:@acme.no", "email ends with “@acme.no”"),
            ("owner:me host:\"Ana Berg\"", "owner is me and host is “Ana Berg”"),
            ("has:booking unread:no", "has a booking and read"),
            ("contact.state:Oregon", "contact’s state is “Oregon”"),
            ("sync:failed team_size:5", "sync with Salesforce is failed and team_size is 5"),
        ];
        for (text, words) in cases {
            assert_eq!(Query::parse(text).unwrap().explain(), words, "{text}");
        }
    }
}
