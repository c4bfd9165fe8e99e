//! The fields of a contact: system fields with fixed names, and custom fields that users define.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A system field (OnceHub API v2: contact). Status, owner and times are not fields but parts of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The first identifier.
    Email,
    /// The second identifier, E.164.
    MobilePhone,
    /// A landline; it identifies nobody.
    Phone,
    /// Given name.
    FirstName,
    /// Family name.
    LastName,
    /// Mr, Ms, or what to call someone whose name is unknown.
    Salutation,
    /// Employer.
    Company,
    /// Position there.
    JobTitle,
    /// Size of the company in words: "11-50".
    CompanySize,
    /// Size of the company as a number.
    Employees,
    /// Street and house.
    StreetAddress,
    /// City.
    City,
    /// State, province or region.
    State,
    /// Postal code.
    PostCode,
    /// Country.
    Country,
    /// IANA zone of the last interaction.
    TimeZone,
    /// Consent to data processing.
    HasConsent,
    /// Agreed to the terms of service.
    TermsOfService,
    /// The bot that captured the contact.
    Bot,
    /// The form that captured the contact.
    Form,
}

/// The type of a field's values (OnceHub: contact field types; checkbox added).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// An email address.
    Email,
    /// One line.
    TextShort,
    /// Several lines.
    TextLong,
    /// A number, whole or not.
    Number,
    /// A calendar date.
    Date,
    /// A time of day.
    Time,
    /// A point in time.
    Datetime,
    /// A phone number.
    Phone,
    /// One value of a set.
    Picklist,
    /// Some values of a set.
    MultiPicklist,
    /// Yes or no.
    Checkbox,
}

impl Field {
    /// Every system field, in the order of forms and exports.
    pub const ALL: [Self; 20] = [
        Self::FirstName,
        Self::LastName,
        Self::Salutation,
        Self::Email,
        Self::MobilePhone,
        Self::Phone,
        Self::Company,
        Self::JobTitle,
        Self::CompanySize,
        Self::Employees,
        Self::StreetAddress,
        Self::City,
        Self::State,
        Self::PostCode,
        Self::Country,
        Self::TimeZone,
        Self::HasConsent,
        Self::TermsOfService,
        Self::Bot,
        Self::Form,
    ];

    /// OnceHub's spelling: the key in the API, in filters, in templates and the column in the store.
    pub fn key(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::MobilePhone => "mobile_phone",
            Self::Phone => "phone",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Salutation => "salutation",
            Self::Company => "company",
            Self::JobTitle => "job_title",
            Self::CompanySize => "company_size",
            Self::Employees => "employees",
            Self::StreetAddress => "street_address",
            Self::City => "city",
            Self::State => "state",
            Self::PostCode => "post_code",
            Self::Country => "country",
            Self::TimeZone => "time_zone",
            Self::HasConsent => "has_consent",
            Self::TermsOfService => "terms_of_service",
            Self::Bot => "bot",
            Self::Form => "form",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Email => "Email",
            Self::MobilePhone => "Mobile phone",
            Self::Phone => "Phone",
            Self::FirstName => "First name",
            Self::LastName => "Last name",
            Self::Salutation => "Salutation",
            Self::Company => "Company",
            Self::JobTitle => "Job title",
            Self::CompanySize => "Company size",
            Self::Employees => "Employees",
            Self::StreetAddress => "Street address",
            Self::City => "City",
            Self::State => "State",
            Self::PostCode => "Post code",
            Self::Country => "Country",
            Self::TimeZone => "Time zone",
            Self::HasConsent => "Consent",
            Self::TermsOfService => "Terms of service",
            Self::Bot => "Bot",
            Self::Form => "Form",
        }
    }

    /// The type of its values.
    pub fn kind(self) -> FieldKind {
        match self {
            Self::Email => FieldKind::Email,
            Self::MobilePhone | Self::Phone => FieldKind::Phone,
            Self::Employees => FieldKind::Number,
            Self::HasConsent | Self::TermsOfService => FieldKind::Checkbox,
            _ => FieldKind::TextShort,
        }
    }

    /// Finds a system field by its key (also OnceHub's variants `timezone` and `terms_of_sevice`).
    pub fn parse(key: &str) -> Option<Self> {
        match key {
            "timezone" => Some(Self::TimeZone),
            "terms_of_sevice" => Some(Self::TermsOfService),
            _ => Self::ALL.into_iter().find(|field| field.key() == key),
        }
    }
}

/// A system or a custom field.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FieldKey {
    /// One of [`Field`].
    System(Field),
    /// A custom field, by its identifier.
    Custom(String),
}

impl FieldKey {
    /// The identifier: that of a system field if there is one, else of a custom field.
    pub fn parse(key: &str) -> Self {
        Field::parse(key).map_or_else(|| Self::Custom(key.to_owned()), Self::System)
    }

    /// The identifier.
    pub fn as_str(&self) -> &str {
        match self {
            Self::System(field) => field.key(),
            Self::Custom(name) => name,
        }
    }
}

impl From<Field> for FieldKey {
    fn from(field: Field) -> Self {
        Self::System(field)
    }
}

impl fmt::Display for FieldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for FieldKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for FieldKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_again_and_listed_once() {
        let mut keys: Vec<_> = Field::ALL.iter().map(|field| field.key()).collect();
        for field in Field::ALL {
            assert_eq!(Field::parse(field.key()), Some(field));
        }
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), Field::ALL.len());
        assert_eq!(FieldKey::parse("timezone"), FieldKey::System(Field::TimeZone));
        assert_eq!(FieldKey::parse("team_size"), FieldKey::Custom("team_size".into()));
    }
}
