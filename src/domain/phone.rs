//! Phone numbers in E.164. The mobile number is the second identifier of a person.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};
use serde::{Deserialize, Serialize};

/// A phone number in E.164: `+` and up to 15 digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// Why a text is no phone number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Nothing but blanks.
    #[error("the phone number is empty")]
    Empty,
    /// No number of any country, or none of the default country.
    #[error("`{0}` is not a phone number; write it with its country code, as in +47 900 00 000")]
    Malformed(String),
}

/// The country of numbers that are written without one: an ISO 3166 code such as `US`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country(Region);

/// The regions whose numbers libphonenumber knows. Its own tables say the same, but to build them takes longer than to
/// show the first frame (product P1), and the country is read from the configuration before it.
const REGIONS: &str = "\
    AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA \
    CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR \
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP \
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR \
    MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO \
    RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TG TH TJ TK TL TM TN TO TR TT \
    TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

impl Country {
    /// Reads a two-letter code; `None` if libphonenumber has no such region.
    pub fn parse(code: &str) -> Option<Self> {
        let code = code.trim().to_uppercase();
        REGIONS.split(' ').find(|region| *region == code)?.parse().ok().map(Self)
    }
}

impl Phone {
    /// Reads a number as people write it; `country` is used when it has no `+` and country code.
    /// A number counts when its length is possible for its country: new ranges are handed out faster than tables learn.
    pub fn parse(text: &str, country: Option<Country>) -> Result<Self, PhoneError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PhoneError::Empty);
        }
        let malformed = || PhoneError::Malformed(text.to_owned());
        if text.len() > 60 {
            return Err(malformed());
        }
        let mut number = PHONE_NUMBER_UTIL.parse(text, country.map(|c| c.0)).map_err(|_| malformed())?;
        if !PHONE_NUMBER_UTIL.is_possible_number(&number) {
            return Err(malformed());
        }
        number.extension = None; // an extension does not reach another person's mobile; E.164 has none
        Ok(Self(number.format_as(PhoneNumberFormat::E164).to_string()))
    }

    /// Takes a text that is already E.164, as from the store.
    pub fn from_e164(text: &str) -> Result<Self, PhoneError> {
        let digits = text.strip_prefix('+').unwrap_or("");
        if (4..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PhoneError::Malformed(text.to_owned()))
        }
    }

    /// The forms in which people write this number elsewhere: with `+`, `00` or nothing before the country code, with
    /// and without it, in groups or not. Where numbers are plain text, it is looked for in all of them.
    pub fn forms(&self) -> Vec<String> {
        let mut forms = vec![self.0.clone(), self.0[1..].to_owned(), format!("00{}", &self.0[1..])];
        if let Ok(number) = PHONE_NUMBER_UTIL.parse(&self.0, None) {
            let national = number.format_as(PhoneNumberFormat::National).to_string();
            let international = number.format_as(PhoneNumberFormat::International).to_string();
            let digits: String = national.chars().filter(char::is_ascii_digit).collect();
            let grouped = |by: char| -> String {
                let groups = national.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty());
                groups.collect::<Vec<_>>().join(&by.to_string())
            };
            forms.extend([grouped('-'), grouped('.'), grouped(' '), digits, national, international]);
        }
        let mut seen = std::collections::HashSet::new();
        forms.retain(|form| seen.insert(form.clone()));
        forms
    }

    /// The number as stored: `+4790000000`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneError;
    fn try_from(text: String) -> Result<Self, PhoneError> {
        Self::from_e164(&text)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_e164() {
        let us = Country::parse("us");
        for (text, phone) in [
            ("+1 (619) 307-7599", "+16193077599"),
            ("619-307-7599", "+16193077599"),
            ("00 47 900 00 000", "+4790000000"),
            ("+47 900 00 000", "+4790000000"),
            ("tel:+4790000000", "+4790000000"),
            ("(619) 307-7599 ext. 12", "+16193077599"),
        ] {
            let country = if text.starts_with("00") { Country::parse("NO") } else { us };
            assert_eq!(Phone::parse(text, country).unwrap().as_str(), phone, "{text}");
        }
    }

    #[test]
    fn a_number_in_the_forms_of_others() {
        let forms = Phone::from_e164("+14155552671").unwrap().forms();
        for form in [
            "+14155552671",
            "14155552671",
            "0014155552671",
            "(415) 555-2671",
            "415-555-2671",
            "415.555.2671",
            "4155552671",
            "+1 415-555-2671",
        ] {
            assert!(forms.contains(&form.to_owned()), "{form}: {forms:?}");
        }
        let forms = Phone::from_e164("+4790000000").unwrap().forms();
        assert!(forms.contains(&"90000000".to_owned()) && forms.contains(&"+47 90 00 00 00".to_owned()), "{forms:?}");
        // What no country has is looked for as it is.
        assert_eq!(Phone::from_e164("+9999").unwrap().forms().first().map(String::as_str), Some("+9999"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", " ", "n/a", "12", "+", "call me", "123456789012345678901", "900 00 000"] {
            assert!(Phone::parse(text, None).is_err(), "{text:?}");
        }
        assert!(Phone::from_e164("+47 900").is_err());
        assert!(Country::parse("XX").is_none());
    }

    #[test]
    fn the_regions_are_those_of_the_tables() {
        let mut known: Vec<&str> = REGIONS.split(' ').collect();
        let mut supported: Vec<String> =
            PHONE_NUMBER_UTIL.get_supported_regions().map(|region| format!("{region:?}")).collect();
        known.sort_unstable();
        supported.sort_unstable();
        assert_eq!(known, supported);
    }
}
