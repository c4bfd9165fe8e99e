//! Which of several Accounts (Cal.com: tie rules), always the same one whatever the order of an answer.

use std::collections::BTreeMap;

use super::{Account, Counts, Rules};

/// What decides between several Accounts. Those of a place say something only if the person said where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// The person's sub-region.
    SubRegion,
    /// The person's country, state and postal code.
    CountryStateZip,
    /// The person's country and state.
    CountryState,
    /// The person's country.
    Country,
    /// Most child accounts.
    ChildAccounts,
    /// Most opportunities.
    Opportunities,
    /// Most contacts.
    Contacts,
    /// The latest activity.
    LastActivity,
    /// The oldest.
    Oldest,
}

impl Tie {
    /// All of them, in Cal.com's order.
    pub const ALL: [Self; 9] = [
        Self::SubRegion,
        Self::CountryStateZip,
        Self::CountryState,
        Self::Country,
        Self::ChildAccounts,
        Self::Opportunities,
        Self::Contacts,
        Self::LastActivity,
        Self::Oldest,
    ];

    /// What made an Account win.
    fn words(self) -> &'static str {
        match self {
            Self::SubRegion => "in their sub-region",
            Self::CountryStateZip => "in their country, state and postal code",
            Self::CountryState => "in their country and state",
            Self::Country => "in their country",
            Self::ChildAccounts => "with most child accounts",
            Self::Opportunities => "with most opportunities",
            Self::Contacts => "with most contacts",
            Self::LastActivity => "with the latest activity",
            Self::Oldest => "made first",
        }
    }

    /// What is compared: more is better, nothing is worst.
    fn measure(self, account: &Account, rules: Rules<'_>) -> Option<i128> {
        let count = |which: fn(&Counts) -> Option<u64>| account.counts.as_ref().and_then(which).map(i128::from);
        let place = rules.place;
        let country = || in_field(account, place.country, Some("BillingCountry"));
        let state = || in_field(account, place.state, Some("BillingState"));
        let zip = || in_field(account, place.zip, Some("BillingPostalCode"));
        let yes = |there: bool| there.then_some(1);
        match self {
            Self::SubRegion => yes(in_field(account, place.sub_region, rules.sub_region)),
            Self::CountryStateZip => yes(country() && state() && zip()),
            Self::CountryState => yes(country() && state()),
            Self::Country => yes(country()),
            Self::ChildAccounts => count(|counts| counts.children),
            Self::Opportunities => count(|counts| counts.opportunities),
            Self::Contacts => count(|counts| counts.contacts),
            Self::LastActivity => {
                account.last_activity.map(|day| i128::from(day.year()) * 400 + i128::from(day.day_of_year()))
            }
            Self::Oldest => account.created.map(|at| -at.as_nanosecond()),
        }
    }
}

/// Where a person says they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place<'a> {
    /// As Salesforce writes it in `BillingCountry`, in any case.
    pub country: Option<&'a str>,
    /// The same for `BillingState`.
    pub state: Option<&'a str>,
    /// The same for `BillingPostalCode`.
    pub zip: Option<&'a str>,
    /// The same for the org's own field of sub-regions.
    pub sub_region: Option<&'a str>,
}

impl Place<'_> {
    /// True if nothing is said.
    pub fn is_nowhere(&self) -> bool {
        *self == Place::default()
    }
}

fn in_field(account: &Account, said: Option<&str>, field: Option<&str>) -> bool {
    let fold = |text: &str| text.trim().to_lowercase();
    let there = field.and_then(|field| account.values.str(field)).map(fold).filter(|there| !there.is_empty());
    there.is_some() && there == said.map(fold)
}

/// One Account of each owner: of several, the oldest, then the one with the lowest id. Those without an owner's email
/// stand each for themselves.
pub(super) fn one_an_owner(accounts: Vec<&Account>) -> Vec<&Account> {
    let mut of_owner: BTreeMap<String, &Account> = BTreeMap::new();
    for account in accounts {
        let email = account.owner.as_ref().map(|owner| owner.email.to_lowercase()).filter(|email| !email.is_empty());
        of_owner
            .entry(email.unwrap_or_else(|| account.id.clone()))
            .and_modify(|known| {
                if age(account) < age(known) {
                    *known = account;
                }
            })
            .or_insert(account);
    }
    of_owner.into_values().collect()
}

/// Without a date of creation, an Account is younger than any other.
fn age(account: &Account) -> (bool, Option<jiff::Timestamp>, &str) {
    (account.created.is_none(), account.created, &account.id)
}

/// The one that wins, and what made it win, in words; nothing if it was alone.
pub(super) fn decide<'a>(accounts: Vec<&'a Account>, rules: Rules<'_>) -> Option<(&'a Account, Option<&'static str>)> {
    let several = accounts.len() > 1;
    let mut rivals = one_an_owner(accounts);
    if let [only] = rivals[..] {
        return Some((only, several.then_some("that is the oldest of their one owner")));
    }
    for tie in rules.ties.unwrap_or(&Tie::ALL) {
        // What is not known loses against what is; if it is known of none, the step says nothing.
        let Some(best) = rivals.iter().filter_map(|account| tie.measure(account, rules)).max() else { continue };
        rivals.retain(|account| tie.measure(account, rules) == Some(best));
        if let [only] = rivals[..] {
            return Some((only, Some(tie.words())));
        }
    }
    rivals.into_iter().min_by(|a, b| a.id.cmp(&b.id)).map(|account| (account, Some("with the lowest id")))
}
