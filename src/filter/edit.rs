//! Changing a query by other means than typing: the panel of dimensions and the keys that narrow a list.

use super::ast::{Node, Query, Span, Term, Test, Value};
use super::keys;

impl Term {
    /// `key:value,value`; a flag without values.
    pub fn is(key: &str, values: impl IntoIterator<Item = Value>) -> Self {
        let key = keys::canonical(key).unwrap_or(key).to_owned();
        let tests = values.into_iter().map(Test::Is).collect();
        Self { key, tests, key_span: Span::default(), span: Span::default() }
    }
}

impl From<Term> for Query {
    fn from(term: Term) -> Self {
        Self { root: Some(Node::Term(term)) }
    }
}

impl Query {
    /// The tests of a key that the whole query requires: those of the first such term outside OR, NOT and parentheses.
    /// `None` if there is no such term.
    pub fn tests(&self, key: &str) -> Option<&[Test]> {
        self.conjuncts().into_iter().find_map(|node| match node {
            Node::Term(term) if term.key.eq_ignore_ascii_case(key) => Some(term.tests.as_slice()),
            _ => None,
        })
    }

    /// With one value of a key switched on or off. A key without values left is dropped. A flag is its own value: pass
    /// `None`.
    #[must_use]
    pub fn toggled(&self, key: &str, value: Option<&Value>) -> Self {
        let test = value.map(|value| Test::Is(value.clone()));
        let mut parts: Vec<Node> = self.conjuncts().into_iter().cloned().collect();
        let found =
            parts.iter().position(|node| matches!(node, Node::Term(term) if term.key.eq_ignore_ascii_case(key)));
        match (found.map(|at| (at, &mut parts[at])), test) {
            (None, test) => parts.push(Node::Term(Term { tests: test.into_iter().collect(), ..Term::is(key, []) })),
            (Some((at, Node::Term(term))), Some(test)) => {
                match term.tests.iter().position(|known| *known == test) {
                    Some(on) => drop(term.tests.remove(on)),
                    None => term.tests.push(test),
                }
                if term.tests.is_empty() {
                    parts.remove(at);
                }
            }
            (Some((at, _)), _) => drop(parts.remove(at)),
        }
        let root = if parts.len() > 1 { Some(Node::And(parts)) } else { parts.pop() };
        Self { root }
    }

    /// Without the terms of a key that the whole query requires: what the alternatives of that key are chosen from.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        let is_of = |node: &&Node| matches!(node, Node::Term(term) if term.key.eq_ignore_ascii_case(key));
        let mut parts: Vec<Node> = self.conjuncts().into_iter().filter(|node| !is_of(node)).cloned().collect();
        let root = if parts.len() > 1 { Some(Node::And(parts)) } else { parts.pop() };
        Self { root }
    }

    fn conjuncts(&self) -> Vec<&Node> {
        match &self.root {
            None => Vec::new(),
            Some(Node::And(parts)) if parts.len() > 1 => parts.iter().collect(),
            Some(node) => vec![node],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_switched_on_and_off_in_the_text() {
        let query = |text: &str| Query::parse(text).unwrap();
        let toggle = |text: &str, key, value: &str| query(text).toggled(key, Some(&Value::keyword(value))).to_string();
        assert_eq!(toggle("", "status", "qualified"), "status:qualified");
        assert_eq!(toggle("ana status:qualified", "status", "none"), "ana status:qualified,none");
        assert_eq!(toggle("ana status:qualified,none", "status", "qualified"), "ana status:none");
        assert_eq!(toggle("ana status:none", "status", "none"), "ana");
        assert_eq!(toggle("a OR b", "kind", "form"), "(a OR b) kind:form");
        assert_eq!(query("ana").toggled("unread", None).to_string(), "ana unread");
        assert_eq!(query("unread").toggled("unread", None), Query::default());
        let literal = query("").toggled("company", Some(&Value::literal("Acme, Inc.")));
        assert_eq!(literal.to_string(), "company:\"Acme, Inc.\"");
        assert_eq!(query(&literal.to_string()), literal);
        assert_eq!(query("").toggled("company", Some(&Value::literal("None"))).to_string(), "company:\"None\"");
        assert_eq!(query("ana status:none").tests("STATUS").map(<[Test]>::len), Some(1));
        assert_eq!(query("ana -status:none").tests("status"), None);
    }

    #[test]
    fn a_key_is_left_out() {
        let without = |text: &str, key: &str| Query::parse(text).unwrap().without(key).to_string();
        assert_eq!(without("ana status:none kind:form", "STATUS"), "ana kind:form");
        assert_eq!(without("status:none", "status"), "");
        assert_eq!(without("status:none OR ana", "status"), "status:none OR ana");
        assert_eq!(without("-status:none unread", "unread"), "-status:none");
    }

    #[test]
    fn queries_are_joined() {
        let query = |text: &str| Query::parse(text).unwrap();
        assert_eq!(query("a OR b").and(query("c d")).to_string(), "(a OR b) (c d)");
        assert_eq!(query("").and(query("c")).to_string(), "c");
    }
}
