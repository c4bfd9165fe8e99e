//! What a query is, and what it means.

mod fuzz;
mod grammar;
mod meaning;

use super::{Context, CustomField, List};
use crate::domain::{Email, FieldKind};

/// Saturday noon, for Ana.
fn context(list: List) -> Context {
    let field = |name: &str, kind| CustomField { name: name.into(), label: name.into(), kind, options: Vec::new() };
    Context {
        me: Email::parse("ana@x.no").ok(),
        custom: vec![
            field("team_size", FieldKind::Number),
            field("Any note", FieldKind::TextLong),
            field("odd\"name", FieldKind::TextLong),
            field("tags", FieldKind::MultiPicklist),
            CustomField { label: "Next renewal".into(), ..field("renewal", FieldKind::Date) },
        ],
        ..Context::new(list, "2026-03-28T12:00:00Z".parse().unwrap())
    }
}
