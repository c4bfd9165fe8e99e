//! Whose Accounts a batch needs: people who are not linked, and of whom the Account decides what becomes.

use super::Rules;
use super::ask::Wants;
use crate::store::Entity;
use crate::sync::found::{Found, Guests};
use crate::sync::person::{account_rules, needs_account};
use crate::sync::plan::{Item, linked, people, relates};

/// What to ask, and for whom.
#[derive(Clone, Debug, Default)]
pub struct Need<'a> {
    /// What to ask.
    pub wants: Wants,
    /// Emails and the rules of their profiles.
    pub people: Vec<(String, Rules<'a>)>,
}

/// What a batch needs, once people were looked for; `all`: the org relates an Event to all who take part.
pub fn need<'a>(items: &[Item<'a>], guests: &Guests, found: &Found, all: bool) -> Need<'a> {
    let mut need = Need::default();
    for item in items.iter().filter(|item| item.admitted) {
        if item.row.entity == Entity::Activity && !relates(item, guests, all) {
            continue;
        }
        for who in people(item) {
            let unknown = linked(item, &who, guests).is_none();
            let needs = unknown && needs_account(&who, item.profile, found);
            let rules = account_rules(&who, item.profile);
            let Some(email) = who.email.filter(|_| needs) else { continue };
            need.wants.domain_of(&email, item.profile.fuzzy_domain);
            if !rules.place.is_nowhere() {
                need.wants.places();
            }
            need.wants.fields.extend(rules.sub_region.map(str::to_owned));
            need.people.push((email, rules));
        }
    }
    need
}
