//! What the filter panel offers: the dimensions of each list, their values, and those that the filter names already.

use std::collections::BTreeMap;

use crate::domain::Status;
use crate::domain::activity::{Kind, State};
use crate::domain::text::visible;
use crate::filter::{List, Query, Test, Value};

/// Values of one dimension that are not fixed, at most.
const MOST: usize = 8;

/// One dimension.
#[derive(Clone, Debug)]
pub struct Dimension {
    /// What people read.
    pub title: &'static str,
    /// Its values.
    pub choices: Vec<Choice>,
}

/// One switch.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The key of the filter language.
    pub key: &'static str,
    /// The value; `None`: the key is a flag.
    pub value: Option<Value>,
    /// What people read.
    pub label: String,
}

impl Choice {
    fn word(key: &'static str, word: &str, label: &str) -> Self {
        Self { key, value: Some(Value::keyword(word)), label: label.to_owned() }
    }

    fn text(key: &'static str, text: &str) -> Self {
        Self { key, value: Some(Value::literal(text)), label: visible(text).into_owned() }
    }

    fn flag(key: &'static str, label: &str) -> Self {
        Self { key, value: None, label: label.to_owned() }
    }

    /// The value as the filter has it, which may be in another case.
    fn written<'q>(&self, query: &'q Query) -> Option<&'q Value> {
        let wanted = self.value.as_ref()?;
        let is_same = |value: &&Value| {
            value.text.eq_ignore_ascii_case(&wanted.text)
                && (value.before, value.after) == (wanted.before, wanted.after)
        };
        let values = query.tests(self.key)?.iter().filter_map(|test| match test {
            Test::Is(value) => Some(value),
            _ => None,
        });
        values.into_iter().find(is_same)
    }

    /// The filter asks for it.
    pub fn is_on(&self, query: &Query) -> bool {
        match self.value {
            Some(_) => self.written(query).is_some(),
            None => query.tests(self.key).is_some_and(<[Test]>::is_empty),
        }
    }

    /// The filter with the switch turned.
    pub fn toggled(&self, query: &Query) -> Query {
        query.toggled(self.key, self.written(query).or(self.value.as_ref()))
    }

    /// The filter with this value alone in its dimension.
    pub fn alone(&self, query: &Query) -> Query {
        query.without(self.key).toggled(self.key, self.value.as_ref())
    }
}

/// The dimensions of a list. `words` are values that occur, by key; `me`: it is known who sits at the keyboard.
pub fn dimensions(list: List, query: &Query, words: &BTreeMap<String, Vec<String>>, me: bool) -> Vec<Dimension> {
    let mut found = Vec::new();
    let mut add = |title, choices: Vec<Choice>| {
        if !choices.is_empty() {
            found.push(Dimension { title, choices });
        }
    };
    let people = |key| {
        let own = if me { vec![Choice::word(key, "me", "Me")] } else { Vec::new() };
        let nobody = Choice::word(key, "none", "Nobody");
        own.into_iter().chain(occurring(key, query, words)).chain([nobody]).collect()
    };
    let statuses = Status::ALL.iter().map(|status| Choice::word("status", status.key(), status.label()));
    let statuses: Vec<_> = statuses.chain([Choice::word("status", "none", "No status")]).collect();
    let kinds: Vec<_> = Kind::ALL.iter().map(|kind| Choice::word("kind", kind.key(), kind.label())).collect();
    let states: Vec<_> = State::ALL.iter().map(|state| Choice::word("state", state.key(), state.label())).collect();
    // An activity comes from one of the first two.
    let sources =
        [("calcom", "Cal.com"), ("oncehub", "OnceHub"), ("import", "Import"), ("api", "API"), ("manual", "By hand")];
    let sources = if list == List::Contacts { &sources[..] } else { &sources[..2] };
    let sources = sources.iter().map(|(word, label)| Choice::word("source", word, label)).collect();
    let sync =
        [("pending", "Waiting"), ("done", "Done"), ("held", "Needs a person"), ("failed", "Failed"), ("none", "None")];
    let sync = sync.iter().map(|(word, label)| Choice::word("sync", word, label)).collect();
    let days = |key, days: &[(&str, &str)]| days.iter().map(|(word, label)| Choice::word(key, word, label)).collect();
    match list {
        List::Contacts => {
            add("Status", statuses);
            add("Owner", people("owner"));
            let has = [("booking", "A booking"), ("conversation", "A conversation"), ("form", "A form")];
            let has =
                has.into_iter().chain([("duplicate", "A possible duplicate"), ("salesforce", "A Salesforce record")]);
            add("Has", has.map(|(word, label)| Choice::word("has", word, label)).collect());
            add("Activity", vec![Choice::flag("unread", "Unread")]);
            add("Activity state", states);
            add("Last heard of", days("interacted", &HEARD));
            add("Added", days("created", &HEARD));
            add("Source", sources);
            add("Salesforce", sync);
            add("Company", occurring("company", query, words));
            add("Country", occurring("country", query, words));
            add("Import", occurring("import", query, words));
        }
        List::Activities => {
            add("Kind", kinds);
            add("State", states);
            add(
                "Marks",
                vec![
                    Choice::flag("unread", "Unread"),
                    Choice::flag("test", "Test"),
                    Choice::flag("trash", "In the trash"),
                ],
            );
            add("Start", days("start", &COMING));
            add("Contact status", statuses);
            add("Host", people("host"));
            add("Owner", people("owner"));
            for (title, key) in [("Event type", "event_type"), ("Page", "page"), ("Bot", "bot"), ("Form", "form")] {
                add(title, occurring(key, query, words));
            }
            add("Source", sources);
            add("Salesforce", sync);
            add("Campaign", occurring("utm_campaign", query, words));
            add("Campaign source", occurring("utm_source", query, words));
            add("Campaign medium", occurring("utm_medium", query, words));
        }
    }
    found
}

const HEARD: [(&str, &str); 5] = [
    ("today", "Today"),
    ("yesterday", "Yesterday"),
    ("this_week", "This week"),
    ("last_week", "Last week"),
    ("this_month", "This month"),
];
const COMING: [(&str, &str); 5] = [
    ("today", "Today"),
    ("tomorrow", "Tomorrow"),
    ("this_week", "This week"),
    ("next_week", "Next week"),
    ("last_week", "Last week"),
];

/// The values that are used most, and those that the filter names.
fn occurring(key: &'static str, query: &Query, words: &BTreeMap<String, Vec<String>>) -> Vec<Choice> {
    let mut choices: Vec<Choice> =
        words.get(key).into_iter().flatten().take(MOST).map(|text| Choice::text(key, text)).collect();
    for test in query.tests(key).unwrap_or_default() {
        let Test::Is(value) = test else { continue };
        let special = ["me", "none", "any"].iter().any(|word| !value.quoted && value.text.eq_ignore_ascii_case(word));
        let known = choices.iter().any(|choice| choice.written(query) == Some(value));
        if !special && !known {
            choices.push(Choice { key, value: Some(value.clone()), label: visible(&value.to_string()).into_owned() });
        }
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> BTreeMap<String, Vec<String>> {
        BTreeMap::from([("company".to_owned(), vec!["Acme, Inc.".to_owned(), "None".to_owned()])])
    }

    #[test]
    fn every_switch_is_a_query_that_is_understood_and_turned_twice_is_nothing() {
        for list in [List::Contacts, List::Activities] {
            let context = crate::filter::Context::new(list, jiff::Timestamp::UNIX_EPOCH);
            for choice in dimensions(list, &Query::default(), &words(), false).iter().flat_map(|it| &it.choices) {
                let on = choice.toggled(&Query::default());
                assert!(crate::filter::Filter::parse(&on.to_string(), &context).is_ok(), "{on}");
                let again = Query::parse(&on.to_string()).unwrap();
                assert!(choice.is_on(&again), "{on}");
                assert_eq!(choice.toggled(&again), Query::default(), "{on}");
                assert_eq!(choice.alone(&again), again, "{on}");
            }
        }
    }

    #[test]
    fn what_was_typed_is_a_switch() {
        let query = Query::parse("ana company:\"Acme, Inc.\",Borg status:QUALIFIED").unwrap();
        let all = dimensions(List::Contacts, &query, &words(), true);
        let on: Vec<&str> = all
            .iter()
            .flat_map(|it| &it.choices)
            .filter(|choice| choice.is_on(&query))
            .map(|it| it.label.as_str())
            .collect();
        assert_eq!(on, ["Qualified", "Acme, Inc.", "Borg"]);
        let borg = all.iter().flat_map(|it| &it.choices).find(|choice| choice.label == "Borg").unwrap();
        assert_eq!(borg.toggled(&query).to_string(), "ana company:\"Acme, Inc.\" status:QUALIFIED");
        assert_eq!(borg.alone(&query).to_string(), "ana status:QUALIFIED company:Borg");
    }
}
