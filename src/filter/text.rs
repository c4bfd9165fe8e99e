//! Free text: what is searched, and how a word is looked for.
//!
//! The store holds one folded text per contact and per activity, led by a blank. It writes exactly these texts, and the
//! evaluator looks at the same ones. Their index knows which groups of three letters (trigrams) a text has.

use super::ast::Word;
use crate::domain::text::fold;
use crate::domain::{Activity, Field, FieldKey, FieldValue, Values};

/// The fields whose values are in a contact's search text; text and lists of custom fields are too.
pub(super) const SEARCHED: [Field; 9] = [
    Field::FirstName,
    Field::LastName,
    Field::Email,
    Field::MobilePhone,
    Field::Phone,
    Field::Company,
    Field::JobTitle,
    Field::City,
    Field::Country,
];

/// The text by which a contact is found. A blank leads, so that ` ana` finds words that begin so.
pub fn contact_text(values: &Values) -> String {
    let mut words: Vec<String> = SEARCHED.iter().filter_map(|&f| values.text(f)).map(str::to_owned).collect();
    for (key, value) in values.iter() {
        if let (FieldKey::Custom(_), FieldValue::Text(_) | FieldValue::List(_)) = (key, value) {
            words.push(value.to_string());
        }
    }
    format!(" {}", fold(&words.join(" ")))
}

/// The text by which an activity is found: who, what, where from, its id and its answers. Whatever has a key of its own
/// is in it, so that rare values of those keys are found through the index, too.
pub fn activity_text(activity: &Activity) -> String {
    let mut words: Vec<&str> = vec![&activity.external_id];
    let captured = [
        &activity.person_name,
        &activity.person_email,
        &activity.person_phone,
        &activity.subject,
        &activity.event_type,
        &activity.page,
        &activity.bot,
        &activity.form,
        &activity.location,
        &activity.reason,
        &activity.detail.notes,
        &activity.utm.source,
        &activity.utm.medium,
        &activity.utm.campaign,
        &activity.utm.term,
        &activity.utm.content,
    ];
    words.extend(captured.into_iter().flatten().map(String::as_str));
    for attendee in &activity.detail.attendees {
        words.extend([&attendee.name, &attendee.email].into_iter().flatten().map(String::as_str));
    }
    let answers: Vec<String> = activity
        .detail
        .answers
        .iter()
        .filter_map(|answer| FieldValue::from_json(&answer.value))
        .map(|value| value.to_string())
        .collect();
    words.extend(answers.iter().map(String::as_str));
    format!(" {}", fold(&words.join(" ")))
}

/// A folded piece of text to look for in a search text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Needle {
    text: String,
    /// Of one that is too short for the index: the trigrams of all texts that begin with it, if they are known.
    spelled: Option<Vec<String>>,
}

impl Needle {
    /// `None` if nothing is left to look for, as of a lone accent: that is found everywhere.
    pub(super) fn new(word: &Word) -> Option<Self> {
        let text = fold(&word.text);
        (!text.is_empty()).then(|| Self::of(if word.prefix { format!(" {text}") } else { text }))
    }

    /// What a text that holds `value` must hold when folded.
    pub(super) fn of_value(value: &str) -> Option<Self> {
        let text = fold(value);
        (!text.is_empty()).then(|| Self::of(text))
    }

    fn of(text: String) -> Self {
        Self { text, spelled: None }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn found_in(&self, text: &str) -> bool {
        text.contains(&self.text)
    }

    fn has_trigram(&self) -> bool {
        self.text.chars().nth(2).is_some()
    }

    /// True if the trigram index can find it.
    pub(super) fn indexed(&self) -> bool {
        self.has_trigram() || self.spelled.is_some()
    }

    /// True if it is too short for the index, and the trigrams that begin with it would help. A single letter, but of
    /// Chinese and the like, begins too many.
    pub(super) fn is_short(&self) -> bool {
        !self.indexed() && self.text.len() > 1 && self.text.chars().all(as_indexed)
    }

    /// Takes the trigrams of all texts that begin with it.
    pub(super) fn spell(&mut self, trigrams: Vec<String>) {
        self.spelled = Some(trigrams);
    }

    /// The FTS5 expression that every text holding the needle satisfies: its trigrams, at most twelve of them, spread
    /// over its length. Whether they stand together is checked afterwards; the index without positions can't tell.
    pub(super) fn trigrams(&self) -> String {
        const ENOUGH: usize = 12;
        if let Some(spelled) = &self.spelled {
            // FTS5 knows no expression that nothing satisfies.
            let none = [format!("{NOWHERE}{NOWHERE}{NOWHERE}")];
            let spelled = if spelled.is_empty() { none.as_slice() } else { spelled };
            return spelled.iter().map(|gram| quoted(gram)).collect::<Vec<_>>().join(" OR ");
        }
        let chars: Vec<char> = self.text.chars().collect();
        let all = chars.len().saturating_sub(2);
        let step = all.div_ceil(ENOUGH).max(1);
        let mut grams: Vec<String> = Vec::new();
        let places = (0..all).step_by(step).chain((step > 1).then_some(all - 1));
        for place in places {
            let gram = quoted(&chars[place..place + 3].iter().collect::<String>());
            if !grams.contains(&gram) {
                grams.push(gram);
            }
        }
        grams.join(" AND ")
    }
}

/// Not a character: whoever has it in a text all the same is looked at, no more.
const NOWHERE: char = '\u{10ffff}';

fn quoted(gram: &str) -> String {
    format!("\"{}\"", gram.replace('"', "\"\""))
}

/// True if the index has a folded character as it is: FTS5 has a fold of its own, which makes, say, one letter of the two
/// forms of a sigma.
fn as_indexed(c: char) -> bool {
    let mut upper = c.to_uppercase();
    let back = upper.next().filter(|_| upper.next().is_none()).map(char::to_lowercase);
    !c.is_control() && back.is_some_and(|mut back| back.next() == Some(c) && back.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needle(text: &str, prefix: bool) -> Option<Needle> {
        Needle::new(&Word { text: text.into(), prefix, span: crate::filter::ast::Span::default() })
    }

    #[test]
    fn a_word_becomes_its_trigrams() {
        let grams = |text, prefix| needle(text, prefix).unwrap().trigrams();
        assert_eq!(grams("Åsa", false), "\"asa\"");
        assert_eq!(grams("Ana B", false), "\"ana\" AND \"na \" AND \"a b\"");
        assert_eq!(grams("an", true), "\" an\"");
        assert_eq!(grams("aaaaa", false), "\"aaa\"");
        assert_eq!(grams("a\"b", false), "\"a\"\"b\"");
        assert!(!needle("an", false).unwrap().indexed());
        assert!(needle("an", true).unwrap().indexed());
        assert_eq!(needle("\u{301}", false), None);
        let long: String = ('a'..='z').cycle().take(300).collect();
        assert!(grams(&long, false).matches("AND").count() <= 13);
    }

    #[test]
    fn a_short_word_becomes_the_trigrams_that_begin_with_it() {
        let mut short = needle("Yê", false).unwrap();
        assert!(short.is_short() && !short.indexed());
        short.spell(vec!["ye ".into(), "ye\"".into()]);
        assert!(short.indexed() && !short.is_short());
        assert_eq!(short.trigrams(), "\"ye \" OR \"ye\"\"\"");
        short.spell(Vec::new());
        assert!(!short.trigrams().is_empty());
        assert!(!needle("yes", false).unwrap().is_short());
        assert!(needle("山田", false).unwrap().is_short());
        assert!(!needle("ας", false).unwrap().is_short(), "the index has another sigma");
    }
}
