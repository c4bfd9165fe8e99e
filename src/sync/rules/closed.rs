//! References of which every value is known before there is one: statuses, states, choices, yes and no. Whether a field
//! takes them need not be guessed from their type; each is tried.

use jiff::tz::TimeZone;

use super::RuleType;
use super::coerce::coerce;
use super::form::{Fit, Form};
use super::refusal::Refusal;
use super::token::{BookingPart, ContactOwn, ContactPart, Token};
use super::value::Value;
use crate::domain::{FieldKind, Kind, State, Status};
use crate::filter::CustomField;
use crate::salesforce::Field;

/// How the values of a reference fit a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tried {
    /// All of them, some, or none.
    pub fit: Fit,
    /// Those that do not, and why.
    pub refused: Vec<(String, Refusal)>,
}

/// Every value that a reference can have; `None`: it can have others than are known.
fn values(token: &Token, custom: &[CustomField]) -> Option<Vec<Value>> {
    let texts = |texts: &[&str]| texts.iter().filter_map(|text| Value::of_text(text)).collect();
    Some(match token {
        Token::Contact(ContactPart::Own(ContactOwn::Status)) => texts(&Status::ALL.map(Status::label)),
        Token::Booking(BookingPart::Kind) => texts(&words(Kind::ALL, Kind::label)),
        Token::Booking(BookingPart::State) => texts(&words(State::ALL, State::key)),
        Token::Booking(BookingPart::Status) => texts(&words(State::ALL, State::label)),
        _ if token.kind(custom) == Some(FieldKind::Checkbox) => vec![Value::Bool(true), Value::Bool(false)],
        Token::Contact(ContactPart::Custom(name)) => {
            let same =
                |field: &&CustomField| field.name.eq_ignore_ascii_case(name) && field.kind == FieldKind::Picklist;
            let field = custom.iter().find(same).filter(|field| !field.options.is_empty())?;
            field.options.iter().filter_map(|option| Value::of_text(option)).collect()
        }
        _ => return None,
    })
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| word(*one)).collect()
}

/// Tries every value of a reference on a field; `None`: they are not known.
pub(super) fn tried(token: &Token, field: &Field, kind: Option<RuleType>, custom: &[CustomField]) -> Option<Tried> {
    let values = values(token, custom)?;
    let refused: Vec<(String, Refusal)> = values
        .iter()
        .filter_map(|value| Some((value.text(&TimeZone::UTC), coerce(value, Some(field), kind, &TimeZone::UTC).err()?)))
        .collect();
    let fit = match refused.len() {
        0 => Fit::Always,
        n if n < values.len() => Fit::Sometimes,
        _ => Fit::Never,
    };
    Some(Tried { fit, refused })
}

/// Whether a reference can be offered for a field: by its values where they are known, else by its type.
pub fn fit(token: &Token, field: &Field, custom: &[CustomField]) -> Fit {
    let forms = Form::of_field(&field.kind).zip(token.kind(custom));
    let by_type = forms.map_or(Fit::Never, |(form, kind)| form.fit(kind));
    let tried = tried(token, field, None, custom).filter(|_| by_type != Fit::Never);
    tried.map_or(by_type, |tried| tried.fit)
}
