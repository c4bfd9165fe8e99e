//! Which key, field or custom field a name means.

use super::Resolver;
use crate::domain::Field;
use crate::domain::edit::custom_named;
use crate::filter::ast::Term;
use crate::filter::condition::Custom;
use crate::filter::error::{QueryError, nearest};
use crate::filter::keys::{self, About, KEYS, Key};

/// What a name means.
pub(super) enum Target {
    Key(Key, About),
    Field(Field),
    Custom(Custom),
}

impl Resolver<'_> {
    pub(super) fn target(&self, term: &Term) -> Result<Target, QueryError> {
        let name = term.key.as_str();
        if let Some(key) = Key::parse(name) {
            return Ok(Target::Key(key, key.about(self.context.list)));
        }
        let found = match name.split_once('.') {
            Some((of, rest)) if of.eq_ignore_ascii_case("contact") => {
                key_about(rest, About::Contact).or_else(|| field(rest)).or_else(|| self.custom(rest))
            }
            Some((of, rest)) if of.eq_ignore_ascii_case("activity") => key_about(rest, About::Activity),
            Some((of, rest)) if of.eq_ignore_ascii_case("custom") => self.custom(rest),
            _ => None,
        };
        let found = found.or_else(|| field(name)).or_else(|| self.custom(name)).ok_or_else(|| self.unknown(term))?;
        match &found {
            // The name becomes part of a JSON path, which has no way to write these.
            Target::Custom(custom) if custom.name.contains(['"', '\\']) => Err(QueryError::new(
                term.key_span,
                "a field with a quotation mark or backslash in its name can't be queried",
            )),
            _ => Ok(found),
        }
    }

    fn custom(&self, name: &str) -> Option<Target> {
        let field = custom_named(&self.context.custom, name)?;
        Some(Target::Custom(Custom { name: field.name.clone(), kind: field.kind }))
    }

    fn unknown(&self, term: &Term) -> QueryError {
        let names = KEYS.iter().map(|info| info.name);
        let names = names.chain(Field::ALL.iter().map(|field| field.key()));
        let names =
            names.chain(self.context.custom.iter().flat_map(|field| [field.name.as_str(), field.label.as_str()]));
        let suggestion = keys::other_name(&term.key).or_else(|| nearest(&term.key, names));
        let message = match suggestion {
            Some(_) => format!("unknown key `{}`", term.key),
            None => format!("unknown key `{}`; text with a colon or `=`, `<`, `>` goes in quotes", term.key),
        };
        QueryError::new(term.key_span, message).suggest(suggestion)
    }
}

fn key_about(name: &str, about: About) -> Option<Target> {
    let key = Key::parse(name)?;
    (key.info().about == about || key.info().about == About::Row).then_some(Target::Key(key, about))
}

fn field(name: &str) -> Option<Target> {
    Field::parse(&name.to_lowercase()).map(Target::Field)
}
