//! From the tree as written to the condition that is meant, in a context.

mod fields;
mod target;
mod terms;

use super::ast::{Node, Query};
use super::condition::{ActivityTest, Bool, Leaf, Trash};
use super::context::{Context, List};
use super::error::QueryError;
use super::text::Needle;
use terms::Resolved;

/// The condition on a row of the context's list, as conjuncts: every one of them must hold.
pub(super) fn resolve(query: &Query, context: &Context) -> Result<Vec<Bool<Leaf>>, QueryError> {
    let resolver = Resolver { context, me: context.me.as_ref().map(|me| me.as_str().to_owned()) };
    let mut conjuncts = Vec::new();
    if let Some(root) = &query.root {
        flatten(resolver.node(root)?, &mut conjuncts);
    }
    let trash = |leaf: &Leaf| matches!(leaf, Leaf::Activity(ActivityTest::Trash(_)));
    if context.list == List::Activities && !conjuncts.iter().any(|part| part.mentions(&trash)) {
        conjuncts.push(Bool::Leaf(Leaf::Activity(ActivityTest::Trash(Trash::Out))));
    }
    Ok(conjuncts)
}

fn flatten(condition: Bool<Leaf>, into: &mut Vec<Bool<Leaf>>) {
    match condition {
        Bool::All(parts) => parts.into_iter().for_each(|part| flatten(part, into)),
        other => into.push(other),
    }
}

struct Resolver<'a> {
    context: &'a Context,
    me: Option<String>,
}

impl Resolver<'_> {
    fn node(&self, node: &Node) -> Result<Bool<Leaf>, QueryError> {
        Ok(match node {
            Node::Word(word) => Needle::new(word).map_or(Bool::ALWAYS, |needle| Bool::Leaf(Leaf::Text(needle))),
            Node::Not(node) => Bool::Not(Box::new(self.node(node)?)),
            Node::Or(parts) => Bool::Any(parts.iter().map(|part| self.node(part)).collect::<Result<_, _>>()?),
            Node::And(parts) => self.group(parts)?,
            Node::Term(_) => self.group(std::slice::from_ref(node))?,
        })
    }

    /// Parts that must all hold. On the contact list, activity keys among them speak about one and the same activity.
    fn group(&self, parts: &[Node]) -> Result<Bool<Leaf>, QueryError> {
        let mut all = Vec::new();
        let mut same_activity = Vec::new();
        for part in parts {
            match part {
                Node::Term(term) => match self.term(term)? {
                    Resolved::Row(condition) => all.push(condition),
                    Resolved::Activity(condition) if self.context.list == List::Contacts => {
                        same_activity.push(condition);
                    }
                    Resolved::Activity(condition) => all.push(on_row(condition)),
                },
                Node::Or(_) if self.context.list == List::Contacts => match self.only_activity(part)? {
                    Some(condition) => same_activity.push(condition),
                    None => all.push(self.node(part)?),
                },
                part => all.push(self.node(part)?),
            }
        }
        if !same_activity.is_empty() {
            all.push(Bool::Leaf(Leaf::Some(untrashed(same_activity))));
        }
        Ok(Bool::all(all))
    }

    /// The condition on one activity, if nothing else is spoken of and nothing is negated.
    fn only_activity(&self, node: &Node) -> Result<Option<Bool<ActivityTest>>, QueryError> {
        let each = |parts: &[Node]| -> Result<Option<Vec<_>>, QueryError> {
            parts.iter().map(|part| self.only_activity(part)).collect()
        };
        Ok(match node {
            Node::Term(term) => match self.term(term)? {
                Resolved::Activity(condition) => Some(condition),
                Resolved::Row(_) => None,
            },
            Node::Or(parts) => each(parts)?.map(Bool::any),
            Node::And(parts) => each(parts)?.map(Bool::all),
            Node::Not(_) | Node::Word(_) => None,
        })
    }
}

/// A condition on an activity of a contact: those in the trash count only if the condition speaks of the trash.
fn untrashed(mut parts: Vec<Bool<ActivityTest>>) -> Bool<ActivityTest> {
    if !parts.iter().any(|part| part.mentions(&|test| matches!(test, ActivityTest::Trash(_)))) {
        parts.push(Bool::Leaf(ActivityTest::Trash(Trash::Out)));
    }
    Bool::all(parts)
}

/// A condition on the activity that is the row.
fn on_row(condition: Bool<ActivityTest>) -> Bool<Leaf> {
    let each = |parts: Vec<Bool<ActivityTest>>| parts.into_iter().map(on_row).collect();
    match condition {
        Bool::All(parts) => Bool::All(each(parts)),
        Bool::Any(parts) => Bool::Any(each(parts)),
        Bool::Not(part) => Bool::Not(Box::new(on_row(*part))),
        Bool::Leaf(test) => Bool::Leaf(Leaf::Activity(test)),
    }
}
