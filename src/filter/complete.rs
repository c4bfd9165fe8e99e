//! What could be typed next: keys, values, fields, saved filters.

use std::collections::BTreeMap;
use std::ops::Range;

use super::ast::Value;
use super::context::{CustomField, List};
use super::dates;
use super::keys::{self, About, KEYS, Key, Takes};
use super::lexer::{self, Kind, Token};
use crate::domain::edit::custom_named;
use crate::domain::{Field, FieldKind};

/// What there is to complete with, besides the language's own words.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    /// The list.
    pub list: List,
    /// Custom fields that are not archived.
    pub custom: Vec<CustomField>,
    /// Values that occur, by key: `owner`, `host`, `event_type`, `bot`, `form`, `page`, `import`, `utm_…`, fields.
    /// The most frequent first.
    pub values: BTreeMap<String, Vec<String>>,
    /// Saved filters of this list: name and query.
    pub saved: Vec<(String, String)>,
}

impl Vocabulary {
    /// The language's own words alone.
    pub fn new(list: List) -> Self {
        Self { list, custom: Vec::new(), values: BTreeMap::new(), saved: Vec::new() }
    }
}

/// One way to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Bytes of the text that it replaces.
    pub range: Range<usize>,
    /// What stands there afterwards; the cursor goes behind it.
    pub insert: String,
    /// What the list of completions shows.
    pub label: String,
    /// What it means, in a few words; may be empty.
    pub detail: String,
    /// What it is.
    pub kind: CompletionKind,
}

/// What a completion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    /// A key of the language.
    Key,
    /// A field of contacts.
    Field,
    /// A value of the key at hand.
    Value,
    /// A saved filter, put in as its query.
    Saved,
}

/// Ways to go on at the cursor (a byte offset), the likeliest first: those that begin as typed, then those that hold it.
pub fn complete(text: &str, cursor: usize, vocabulary: &Vocabulary) -> Vec<Completion> {
    let cursor = text.floor_char_boundary(cursor.min(text.len()));
    let tokens = lexer::tokens(&text[..cursor]);
    match place(&tokens, cursor) {
        Place::Nothing => Vec::new(),
        Place::Start(range) => starts(text, range, vocabulary),
        Place::Value { key, range } => values(&text[range.clone()], &key, &range, vocabulary),
    }
}

enum Place {
    Nothing,
    /// A word or key begins or is being typed.
    Start(Range<usize>),
    /// A value of a key is.
    Value {
        key: String,
        range: Range<usize>,
    },
}

fn place(tokens: &[Token], cursor: usize) -> Place {
    let Some(last) = tokens.last() else {
        return Place::Start(cursor..cursor);
    };
    let touches = last.span.end == cursor;
    let key = || {
        tokens.iter().rev().find_map(|token| match &token.kind {
            Kind::Key(key) => Some(key.clone()),
            _ => None,
        })
    };
    let of_key = |range| key().map_or(Place::Nothing, |key| Place::Value { key, range });
    match &last.kind {
        _ if !touches => Place::Start(cursor..cursor),
        Kind::Colon | Kind::Compare(_) | Kind::Comma | Kind::DotDot => of_key(cursor..cursor),
        Kind::Value { .. } => of_key(last.span.clone()),
        // A value in open quotes belongs to the key directly before it.
        Kind::Unclosed => match tokens.len().checked_sub(2).map(|at| &tokens[at]) {
            Some(before) if before.span.end == last.span.start && !matches!(before.kind, Kind::Open | Kind::Minus) => {
                of_key(last.span.clone())
            }
            _ => Place::Nothing,
        },
        Kind::Word { quoted: false, star: false, .. } | Kind::Flag(_) => Place::Start(last.span.clone()),
        Kind::Open | Kind::Minus => Place::Start(cursor..cursor),
        Kind::And | Kind::Or | Kind::Not | Kind::Close | Kind::Word { .. } | Kind::Key(_) => Place::Nothing,
    }
}

/// Sorted by how well they fit: 0 begins so, 1 a part after `_` or a blank does, 2 holds it; `None` does not fit.
fn fit(candidate: &str, typed: &str) -> Option<u8> {
    let (candidate, typed) = (candidate.to_lowercase(), typed.to_lowercase());
    if candidate.starts_with(&typed) {
        Some(0)
    } else if candidate.split(['_', ' ', '.', '@', '-']).any(|part| part.starts_with(&typed)) {
        Some(1)
    } else {
        candidate.contains(&typed).then_some(2)
    }
}

fn starts(text: &str, range: Range<usize>, vocabulary: &Vocabulary) -> Vec<Completion> {
    let typed = &text[range.clone()];
    let mut found: Vec<(u8, Completion)> = Vec::new();
    let mut offer = |rank: Option<u8>, insert: String, label: &str, detail: &str, kind| {
        if let Some(rank) = rank {
            let (label, detail) = (label.to_owned(), detail.to_owned());
            found.push((rank, Completion { range: range.clone(), insert, label, detail, kind }));
        }
    };
    for info in &KEYS {
        let insert = if info.takes == Takes::Flag { info.name.to_owned() } else { format!("{}:", info.name) };
        offer(fit(info.name, typed), insert, info.name, info.help, CompletionKind::Key);
    }
    for field in Field::ALL {
        // Three fields are called like keys of activities.
        let shared = Key::parse(field.key()).is_some();
        let name = if shared { format!("contact.{}", field.key()) } else { field.key().to_owned() };
        offer(fit(&name, typed), format!("{name}:"), &name, field.label(), CompletionKind::Field);
    }
    for field in &vocabulary.custom {
        let shared = Key::parse(&field.name).is_some() || Field::parse(&field.name.to_lowercase()).is_some();
        let name = if shared { format!("custom.{}", field.name) } else { field.name.clone() };
        let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
        let insert = if plain { format!("{name}:") } else { format!("\"{name}\":") };
        let rank = [fit(&name, typed), fit(&field.label, typed)].into_iter().flatten().min();
        let detail = if field.label == field.name { "custom field" } else { &field.label };
        offer(rank, insert, &name, detail, CompletionKind::Field);
    }
    let alone = text[..range.start].trim().is_empty() && text[range.end..].trim().is_empty();
    for (name, query) in &vocabulary.saved {
        let insert = if alone || query.is_empty() { query.clone() } else { format!("({query})") };
        offer(fit(name, typed), insert, name, query, CompletionKind::Saved);
    }
    // Of what fits alike, keys of the list's own rows come first.
    let foreign = |found: &Completion| {
        found.kind == CompletionKind::Key
            && Key::parse(&found.label).is_some_and(|key| {
                let about = key.about(vocabulary.list);
                about == if vocabulary.list == List::Contacts { About::Activity } else { About::Contact }
            })
    };
    found.sort_by_key(|(rank, completion)| (*rank, foreign(completion)));
    found.into_iter().map(|(_, completion)| completion).collect()
}

fn values(typed: &str, key: &str, range: &Range<usize>, vocabulary: &Vocabulary) -> Vec<Completion> {
    let typed = typed.trim_matches(['"', '*']);
    let (scope, name) = key.split_once('.').unwrap_or(("", key));
    let field =
        Field::parse(&name.to_lowercase()).filter(|field| Key::parse(field.key()).is_none() || scope == "contact");
    let custom = custom_named(&vocabulary.custom, name);
    let known = Key::parse(name).filter(|_| scope != "custom" && field.is_none());

    let mut words: Vec<(&str, &str)> = Vec::new(); // of the language
    let mut literals: Vec<&str> = Vec::new(); // of the data
    let with_blank = [("none", "blank"), ("any", "not blank")];
    match (known.map(|key| key.info().takes), field.map(Field::kind).or(custom.map(|custom| custom.kind))) {
        (Some(Takes::Words(own)), _) => words.extend(own.iter().map(|word| (*word, ""))),
        (Some(Takes::User), _) => words.extend([("me", "")].into_iter().chain(with_blank)),
        (Some(Takes::Flag), _) => words.extend([("yes", ""), ("no", "")]),
        (Some(Takes::Date), _) => words.extend(date_words()),
        (Some(Takes::Text), _) if known == Some(Key::Source) => {
            words.extend(keys::SOURCES.iter().map(|word| (*word, "")));
        }
        (Some(Takes::Id), _) => {}
        (None, Some(FieldKind::Checkbox)) => words.extend([("yes", ""), ("no", ""), ("none", "blank")]),
        (None, Some(FieldKind::Date | FieldKind::Datetime)) => words.extend(date_words().chain(with_blank)),
        (Some(Takes::Text), _) | (None, Some(_)) => words.extend(with_blank),
        (None, None) => return Vec::new(),
    }
    literals.extend(custom.iter().flat_map(|custom| custom.options.iter().map(String::as_str)));
    let seen = vocabulary.values.iter().filter(|(known, _)| known.eq_ignore_ascii_case(key) || *known == name);
    literals.extend(seen.flat_map(|(_, values)| values.iter().map(String::as_str)));

    let words = words.into_iter().map(|(word, detail)| (word, word.to_owned(), detail));
    let literals = literals.into_iter().map(|text| (text, Value::literal(text).to_string(), ""));
    let all: Vec<_> = if typed.is_empty() && known.is_none_or(|key| key.info().takes == Takes::Text) {
        literals.chain(words).collect() // the data is more interesting than none and any
    } else {
        words.chain(literals).collect()
    };
    let mut found: Vec<(u8, Completion)> = Vec::new();
    for (label, insert, detail) in all {
        if let Some(rank) = fit(label, typed)
            && !found.iter().any(|(_, known)| known.insert == insert)
        {
            let (label, detail) = (label.to_owned(), detail.to_owned());
            let kind = CompletionKind::Value;
            found.push((rank, Completion { range: range.clone(), insert, label, detail, kind }));
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, completion)| completion).collect()
}

fn date_words() -> impl Iterator<Item = (&'static str, &'static str)> {
    let examples = [("<2h", "less than 2 hours ago"), (">now", "in the future"), ("today..+7d", "the next 7 days")];
    dates::WORDS.iter().map(|word| (*word, "")).chain(examples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        let mut words = Vocabulary::new(List::Contacts);
        let field = |name: &str, kind, options: &[&str]| CustomField {
            name: name.into(),
            label: name.into(),
            kind,
            options: options.iter().map(|&option| option.into()).collect(),
        };
        words.custom = vec![
            field("plan", FieldKind::Picklist, &["Pro", "Free trial"]),
            field("Team size", FieldKind::Number, &[]),
            field("source", FieldKind::TextShort, &[]),
        ];
        words.values.insert("owner".into(), vec!["ana@x.no".into(), "bo@x.no".into()]);
        words.values.insert("company".into(), vec!["Acme, Inc.".into(), "Borg".into()]);
        words.saved = vec![("Hot leads".into(), "status:qualified has:booking".into())];
        words
    }

    /// Inserts of the completions at `|`, and the text with the first of them.
    fn at(marked: &str) -> (Vec<String>, String) {
        let cursor = marked.find('|').unwrap();
        let text = marked.replace('|', "");
        let found = complete(&text, cursor, &vocabulary());
        let first = found.first().map_or_else(String::new, |found| {
            format!("{}{}{}", &text[..found.range.start], found.insert, &text[found.range.end..])
        });
        (found.into_iter().map(|found| found.insert).collect(), first)
    }

    #[test]
    fn keys_and_fields_are_offered() {
        assert_eq!(at("ana stat|").1, "ana status:");
        assert_eq!(at("stat|").0, ["status:", "state:", "contact.state:"].map(String::from));
        assert_eq!(at("-(unr|").1, "-(unread");
        assert!(at("team|").0.contains(&"\"Team size\":".to_owned()));
        assert!(at("sour|").0.contains(&"custom.source:".to_owned()));
        assert!(at("|").0.len() > 40);
        assert_eq!(at("\"stat|").0, Vec::<String>::new());
        assert_eq!(at("zzz|").0, Vec::<String>::new());
    }

    #[test]
    fn values_follow_their_key() {
        assert_eq!(at("status:|").0.len(), keys::STATUSES.len());
        assert_eq!(at("status:qualified,mar|").1, "status:qualified,marketing_qualified");
        assert_eq!(at("status:q| ana").1, "status:qualified ana");
        assert_eq!(at("owner:|").0, ["me", "none", "any", "ana@x.no", "bo@x.no"].map(String::from));
        assert_eq!(at("owner:b|").1, "owner:bo@x.no");
        assert_eq!(at("company:|").0, ["\"Acme, Inc.\"", "Borg", "none", "any"].map(String::from));
        assert_eq!(at("company:\"acm|").1, "company:\"Acme, Inc.\"");
        assert_eq!(at("plan:fr|").1, "plan:\"Free trial\"");
        assert_eq!(at("start:tod|").1, "start:today");
        assert_eq!(at("start:today..tom|").1, "start:today..tomorrow");
        assert_eq!(at("source:|").0.first().map(String::as_str), Some("calcom"));
        assert_eq!(at("nothing:|").0, Vec::<String>::new());
    }

    #[test]
    fn saved_filters_are_put_in_as_their_query() {
        assert_eq!(at("hot|").1, "status:qualified has:booking");
        assert_eq!(at("ana hot|").1, "ana (status:qualified has:booking)");
    }
}
