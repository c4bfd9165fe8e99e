//! Who is in the demo: made-up people of made-up companies, and those that the org already holds.

use serde_json::Value as Json;

use super::names::{COMPANIES, FIRST, LAST, ODD, PLACES, TITLES};
use crate::domain::text::fold;

/// Somebody who may book, talk or write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Given name; may be empty.
    pub first: String,
    /// Family name; may be empty.
    pub last: String,
    /// Email address.
    pub email: String,
    /// Mobile phone in E.164.
    pub mobile: Option<String>,
    /// Company.
    pub company: String,
    /// Position.
    pub title: String,
    /// Size of the company as forms ask for it: "11-50".
    pub size: String,
    /// Country.
    pub country: String,
    /// IANA zone.
    pub zone: String,
}

/// How many different people there are: every first name with every last name at every company.
pub const PEOPLE: u64 = (FIRST.len() * LAST.len() * COMPANIES.len()) as u64;

/// Without a common factor with [`PEOPLE`], so that nobody comes twice; and far from any simple fraction of it and of its
/// factors, so that neighbours have little in common.
const STRIDE: u64 = 135_515;

impl Person {
    /// The person of a number: always the same one, and another one for each number below [`PEOPLE`].
    pub fn numbered(number: u64) -> Self {
        let mut rest = usize::try_from((number % PEOPLE) * STRIDE % PEOPLE).unwrap_or(0);
        let mut digit = |base: usize| {
            let digit = rest % base;
            rest /= base;
            digit
        };
        let (first, last) = (FIRST[digit(FIRST.len())], LAST[digit(LAST.len())]);
        let (company, domain, place, size) = COMPANIES[digit(COMPANIES.len())];
        let (zone, country, mobile) = PLACES[place];
        Self {
            first: first.to_owned(),
            last: last.to_owned(),
            email: format!("{}.{}@{domain}", plain(first), plain(last)),
            // Two of three tell their number.
            mobile: (!number.is_multiple_of(3)).then(|| fill(mobile, number)),
            company: company.to_owned(),
            title: TITLES[usize::try_from(number * 7 + number / 5).unwrap_or(0) % TITLES.len()].to_owned(),
            size: size.to_owned(),
            country: country.to_owned(),
            zone: zone.to_owned(),
        }
    }

    /// People whose names break careless programs.
    pub fn odd() -> Vec<Self> {
        let person = |(first, last, email, company, place): &(&str, &str, &str, &str, usize)| {
            let (zone, country, _) = PLACES[*place];
            Self {
                first: (*first).to_owned(),
                last: (*last).to_owned(),
                email: (*email).to_owned(),
                mobile: None,
                company: (*company).to_owned(),
                title: "Director".to_owned(),
                size: "1-10".to_owned(),
                country: country.to_owned(),
                zone: zone.to_owned(),
            }
        };
        ODD.iter().map(person).collect()
    }

    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first, self.last).trim().to_owned()
    }

    /// The same person, writing from another address.
    pub fn at_home(&self) -> Self {
        let local = self.email.split('@').next().unwrap_or_default();
        let email = format!("{local}@postbox.test");
        Self { email, ..self.clone() }
    }
}

/// A user of the team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Given name.
    pub first: String,
    /// Family name.
    pub last: String,
    /// Email address: by it the Salesforce user is found.
    pub email: String,
    /// IANA zone.
    pub zone: String,
    /// Their place in the team: makes their ids in Cal.com and OnceHub.
    pub number: usize,
}

impl Host {
    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }

    /// What stands before the `@`.
    pub fn username(&self) -> &str {
        self.email.split('@').next().unwrap_or_default()
    }
}

/// The team, and the people that its org knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cast {
    /// Active users who take meetings.
    pub hosts: Vec<Host>,
    /// Contacts of the org: customers.
    pub customers: Vec<Person>,
    /// Open Leads of the org.
    pub leads: Vec<Person>,
}

impl Cast {
    /// Reads the org as the sandbox tells it.
    pub fn of_org(dump: &Json) -> Self {
        let rows = |object: &str| dump[object].as_array().cloned().unwrap_or_default();
        let users = rows("User");
        let hosts = users
            .iter()
            .filter(|user| user["IsActive"] != Json::Bool(false) && user["Title"] != "Integration user")
            .enumerate()
            .map(|(number, user)| Host {
                first: text(user, "FirstName"),
                last: text(user, "LastName"),
                email: text(user, "Email"),
                zone: text(user, "TimeZoneSidKey"),
                number: number + 1,
            });
        let accounts = rows("Account");
        let company = |contact: &Json| {
            let account = accounts.iter().find(|account| account["Id"] == contact["AccountId"]);
            account.map(|account| text(account, "Name")).unwrap_or_default()
        };
        let customers: Vec<Person> = rows("Contact").iter().map(|row| known(row, company(row))).collect();
        let leads = rows("Lead")
            .iter()
            .filter(|row| row["IsConverted"] != Json::Bool(true))
            .map(|row| known(row, text(row, "Company")))
            .filter(|lead| !customers.iter().any(|customer| customer.email == lead.email))
            .collect();
        Self { hosts: hosts.collect(), customers, leads }
    }
}

/// A Contact or Lead of the org.
fn known(row: &Json, company: String) -> Person {
    let country = text(row, "MailingCountry") + &text(row, "Country");
    let place = PLACES.iter().find(|(_, name, _)| *name == country).unwrap_or(&PLACES[0]);
    Person {
        first: text(row, "FirstName"),
        last: text(row, "LastName"),
        email: text(row, "Email"),
        mobile: row["MobilePhone"].as_str().map(str::to_owned),
        company,
        title: text(row, "Title"),
        size: "51-200".to_owned(),
        country: place.1.to_owned(),
        zone: place.0.to_owned(),
    }
}

fn text(row: &Json, field: &str) -> String {
    row[field].as_str().unwrap_or_default().to_owned()
}

/// A name as it stands in an address.
fn plain(name: &str) -> String {
    let folded = fold(name);
    folded.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// A number in a pattern whose `#` stand for digits; different numbers below ten to the count of `#` differ.
fn fill(pattern: &str, number: u64) -> String {
    let mut digits = number.wrapping_mul(7_919);
    let filled: Vec<char> = pattern
        .chars()
        .rev()
        .map(|c| match c {
            '#' => {
                let digit = digits % 10;
                digits /= 10;
                char::from_digit(digit as u32, 10).unwrap_or('0')
            }
            c => c,
        })
        .collect();
    filled.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::{Email, Phone};

    #[test]
    fn nobody_comes_twice() {
        let mut seen = HashSet::new();
        assert!((0..PEOPLE).all(|number| seen.insert((number % PEOPLE) * STRIDE % PEOPLE)));
        let people: Vec<Person> = (0..5_000).map(Person::numbered).collect();
        let emails: HashSet<&str> = people.iter().map(|person| person.email.as_str()).collect();
        let mobiles: Vec<&String> = people.iter().filter_map(|person| person.mobile.as_ref()).collect();
        assert_eq!(emails.len(), people.len());
        assert_eq!(mobiles.iter().collect::<HashSet<_>>().len(), mobiles.len());
        assert_eq!(Person::numbered(17), Person::numbered(17));
    }

    #[test]
    fn addresses_and_numbers_are_real_ones() {
        for person in (0..2_000).map(Person::numbered).chain(Person::odd()) {
            assert!(Email::parse(&person.email).is_ok(), "{person:?}");
            assert!(Email::parse(&person.at_home().email).is_ok(), "{person:?}");
            assert!(person.email.rsplit('.').next() == Some("test"), "nobody's address: {person:?}");
            if let Some(mobile) = &person.mobile {
                assert_eq!(
                    Phone::parse(mobile, None).map(|phone| phone.to_string()).as_ref(),
                    Ok(mobile),
                    "{person:?}"
                );
            }
            assert!(jiff::tz::TimeZone::get(&person.zone).is_ok(), "{person:?}");
        }
    }

    #[test]
    fn neighbours_have_little_in_common() {
        let people: Vec<Person> = (0..60).map(Person::numbered).collect();
        let different = |of: fn(&Person) -> &String| people.iter().map(of).collect::<HashSet<_>>().len();
        assert!(different(|person| &person.first) >= 40);
        assert!(different(|person| &person.last) >= 30);
        assert!(different(|person| &person.company) >= 20);
        assert!(different(|person| &person.zone) >= 8);
    }
}
