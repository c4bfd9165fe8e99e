//! The form that a field's values have, and which types of ours fit it.

use super::RuleType;
use crate::domain::FieldKind;
use crate::salesforce::{Field, FieldType};

/// The form of a value in Salesforce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text; too long, it is cut.
    Text,
    /// A phone number as written.
    Phone,
    /// An email address.
    Email,
    /// A web address.
    Url,
    /// A whole number.
    Integer,
    /// A number with digits after the point.
    Number,
    /// The same, with a currency's sign.
    Currency,
    /// The same, in hundredths.
    Percent,
    /// `2026-03-05`.
    Date,
    /// `09:30:00.000Z`, on nobody's clock.
    Time,
    /// `2026-03-05T09:30:00.000Z`, always UTC.
    Datetime,
    /// True or false.
    Checkbox,
    /// One value of a set.
    Picklist,
    /// Some values of a set, joined by `;`.
    MultiPicklist,
    /// The id of a record.
    Reference,
    /// As it is.
    Custom,
}

/// Whether values of one type can be written in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// None can.
    Never,
    /// It depends on the value.
    Sometimes,
    /// All can, as far as length and the values of a picklist allow.
    Always,
}

impl Form {
    /// The form of a field; `None`: a field of this type is never written, because Salesforce makes its value from
    /// others.
    pub fn of_field(kind: &FieldType) -> Option<Self> {
        Some(match kind {
            FieldType::String
            | FieldType::TextArea
            | FieldType::EncryptedString
            | FieldType::ComboBox
            | FieldType::Other(_) => Self::Text,
            FieldType::Email => Self::Email,
            FieldType::Phone => Self::Phone,
            FieldType::Url => Self::Url,
            FieldType::Boolean => Self::Checkbox,
            FieldType::Int | FieldType::Long => Self::Integer,
            FieldType::Double => Self::Number,
            FieldType::Currency => Self::Currency,
            FieldType::Percent => Self::Percent,
            FieldType::Date => Self::Date,
            FieldType::DateTime => Self::Datetime,
            FieldType::Time => Self::Time,
            FieldType::Picklist => Self::Picklist,
            FieldType::MultiPicklist => Self::MultiPicklist,
            FieldType::Reference => Self::Reference,
            FieldType::AnyType => Self::Custom,
            FieldType::Id | FieldType::Address | FieldType::Location | FieldType::Base64 | FieldType::ComplexValue => {
                return None;
            }
        })
    }

    /// The form that a rule asks for.
    pub fn of_rule(kind: RuleType) -> Self {
        match kind {
            RuleType::Text => Self::Text,
            RuleType::Phone => Self::Phone,
            RuleType::Date => Self::Date,
            RuleType::Datetime => Self::Datetime,
            RuleType::Checkbox => Self::Checkbox,
            RuleType::Picklist => Self::Picklist,
            RuleType::MultiPicklist => Self::MultiPicklist,
            RuleType::Number => Self::Number,
            RuleType::Time => Self::Time,
            RuleType::Custom => Self::Custom,
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Phone => "phone number",
            Self::Email => "email address",
            Self::Url => "web address",
            Self::Integer => "whole number",
            Self::Number => "number",
            Self::Currency => "amount",
            Self::Percent => "percentage",
            Self::Date => "date",
            Self::Time => "time of day",
            Self::Datetime => "date and time",
            Self::Checkbox => "checkbox",
            Self::Picklist => "picklist",
            Self::MultiPicklist => "multi-select picklist",
            Self::Reference => "record id",
            Self::Custom => "any",
        }
    }

    /// Whether it is a JSON text that may be any text.
    pub(super) fn is_free_text(self) -> bool {
        matches!(self, Self::Text | Self::Phone | Self::Email | Self::Url)
    }

    /// Whether it is a number.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Number | Self::Currency | Self::Percent)
    }

    /// Whether values of a type of ours can have this form (`OnceHub`: table of field types; checkbox added). What is
    /// kept as text may turn out to be anything.
    pub fn fit(self, kind: FieldKind) -> Fit {
        use FieldKind as K;
        let texts = matches!(kind, K::TextShort | K::TextLong | K::Picklist);
        let (always, sometimes) = match self {
            Self::Text | Self::Custom => (true, true),
            // Salesforce takes any text there.
            Self::Phone => (kind == K::Phone, true),
            Self::Email => (kind == K::Email, texts),
            Self::Url => (false, true),
            Self::Integer | Self::Number | Self::Currency | Self::Percent => (kind == K::Number, texts),
            Self::Date => (matches!(kind, K::Date | K::Datetime), texts),
            Self::Time => (matches!(kind, K::Time | K::Datetime), texts),
            Self::Datetime => (kind == K::Datetime, texts),
            Self::Checkbox => (kind == K::Checkbox, texts || kind == K::Number),
            // A picklist can list anything.
            Self::Picklist => (kind == K::Picklist, true),
            Self::MultiPicklist => (matches!(kind, K::MultiPicklist | K::Picklist), true),
            Self::Reference => (false, texts),
        };
        match (always, sometimes) {
            (true, _) => Fit::Always,
            (false, true) => Fit::Sometimes,
            (false, false) => Fit::Never,
        }
    }

    /// The type of ours that values have after a rule gave them this form.
    pub(super) fn kind(self) -> Option<FieldKind> {
        Some(match self {
            Self::Text | Self::Url | Self::Reference => FieldKind::TextShort,
            Self::Phone => FieldKind::Phone,
            Self::Email => FieldKind::Email,
            Self::Integer | Self::Number | Self::Currency | Self::Percent => FieldKind::Number,
            Self::Date => FieldKind::Date,
            Self::Time => FieldKind::Time,
            Self::Datetime => FieldKind::Datetime,
            Self::Checkbox => FieldKind::Checkbox,
            Self::Picklist => FieldKind::Picklist,
            Self::MultiPicklist => FieldKind::MultiPicklist,
            Self::Custom => return None,
        })
    }
}

/// Whether a field of ours can be offered for a field of Salesforce in a mapping.
pub fn compatible(kind: FieldKind, field: &Field) -> bool {
    Form::of_field(&field.kind).is_some_and(|form| form.fit(kind) == Fit::Always) && field.is_writable()
}

/// What a field takes, in words: `text of at most 80 characters`.
pub fn expected(field: &Field) -> String {
    let Some(form) = Form::of_field(&field.kind) else { return "nothing: Salesforce makes it itself".to_owned() };
    match form {
        Form::Text | Form::Phone | Form::Email | Form::Url if field.length > 0 => {
            format!("{} of at most {} characters", form.label(), field.length)
        }
        Form::Number | Form::Currency | Form::Percent if field.precision > 0 => {
            let whole = field.precision.saturating_sub(field.scale);
            format!("{} with at most {whole} digits before and {} after the point", form.label(), field.scale)
        }
        Form::Reference if !field.reference_to.is_empty() => format!("id of {}", field.reference_to.join(" or ")),
        _ => form.label().to_owned(),
    }
}
