//! Which of several Accounts (Cal.com: tie rules), always the same one whatever the order of an answer.

use std::collections::BTreeMap;

use super::{Account, Counts};

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

/// What a step compares: more is better, nothing is worst.
type Measure<'a> = &'a dyn Fn(&Account) -> Option<i128>;

/// The one that wins, and what made it win, in words; nothing if it was alone.
pub(super) fn decide(accounts: Vec<&Account>) -> Option<(&Account, Option<&'static str>)> {
    let several = accounts.len() > 1;
    let mut rivals = one_an_owner(accounts);
    if let [only] = rivals[..] {
        return Some((only, several.then_some("that is the oldest of their one owner")));
    }
    let count = |which: fn(&Counts) -> Option<u64>| {
        move |account: &Account| account.counts.as_ref().and_then(which).map(i128::from)
    };
    let children = count(|counts| counts.children);
    let opportunities = count(|counts| counts.opportunities);
    let contacts = count(|counts| counts.contacts);
    let activity = |account: &Account| {
        account.last_activity.map(|day| i128::from(day.year()) * 400 + i128::from(day.day_of_year()))
    };
    let oldest = |account: &Account| account.created.map(|at| -at.as_nanosecond());
    let steps: [(Measure<'_>, &'static str); 5] = [
        (&children, "with most child accounts"),
        (&opportunities, "with most opportunities"),
        (&contacts, "with most contacts"),
        (&activity, "with the latest activity"),
        (&oldest, "made first"),
    ];
    for (value, words) in steps {
        // What is not known loses against what is; if it is known of none, the step says nothing.
        let Some(best) = rivals.iter().filter_map(|account| value(account)).max() else { continue };
        rivals.retain(|account| value(account) == Some(best));
        if let [only] = rivals[..] {
            return Some((only, Some(words)));
        }
    }
    rivals.into_iter().min_by(|a, b| a.id.cmp(&b.id)).map(|account| (account, Some("with the lowest id")))
}
