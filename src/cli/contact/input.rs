//! What stands on the command line: who, which fields, are you sure.

use std::io::{IsTerminal, Read, Write};

use serde_json::Value as Json;

use super::Desk;
use crate::cli::Context;
use crate::domain::edit::{Edit, FieldError, Schema};
use crate::domain::{ContactId, Email, Phone};
use crate::store::ChangeError;
use crate::words::{Failure, Report as _, io_words};

/// Longest JSON that is read from standard input.
const LONGEST: u64 = 1 << 20;

/// The contact that a number, an email or a mobile phone names.
pub(super) async fn find(desk: &Desk<'_>, who: &str) -> Result<ContactId, Failure> {
    let who = who.trim();
    let unknown = |why: String| Failure::usage("there is no such contact", why, "`rolodeck contact list` shows them");
    if let Ok(id) = who.parse::<i64>()
        && desk.store.contact_detail(id).await?.is_some()
    {
        return Ok(id);
    }
    let found = match (Email::parse(who), Phone::parse(who, desk.country())) {
        (Ok(email), _) => desk.store.contact_by_email(&email).await?,
        (Err(_), Ok(phone)) => desk.store.contact_by_mobile(&phone).await?,
        (Err(_), Err(_)) => return Err(unknown(format!("`{who}` is no number, email or mobile phone of a contact"))),
    };
    found.ok_or_else(|| unknown(format!("no contact has {who}")))
}

/// Several of them, each once.
pub(super) async fn find_all(desk: &Desk<'_>, who: &[String]) -> Result<Vec<ContactId>, Failure> {
    let mut ids = Vec::new();
    for who in who {
        let id = find(desk, who).await?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// `FIELD=VALUE …`, or a JSON object on standard input for `-`.
pub(super) fn edit(schema: &Schema, fields: &[String]) -> Result<Edit, Failure> {
    let wrong = |errors: Vec<FieldError>| ChangeError::Fields(errors).report();
    if let [dash] = fields
        && dash == "-"
    {
        let mut text = String::new();
        let unread = |why: String| {
            Failure::usage("nothing was changed", why, "give one JSON object, as in {\"city\": \"Oslo\"}")
        };
        std::io::stdin()
            .take(LONGEST)
            .read_to_string(&mut text)
            .map_err(|error| unread(format!("standard input: {}", io_words(&error))))?;
        let json: Json = serde_json::from_str(&text).map_err(|error| unread(format!("standard input: {error}")))?;
        let object = json.as_object().ok_or_else(|| unread("standard input is no JSON object".to_owned()))?;
        return Edit::from_json(schema, object).map_err(wrong);
    }
    let mut texts = Vec::new();
    for field in fields {
        let pair = field.split_once('=').ok_or_else(|| {
            Failure::usage("nothing was changed", format!("`{field}` is not FIELD=VALUE"), "write it as company=Acme")
        })?;
        texts.push((pair.0.trim(), pair.1));
    }
    Edit::from_texts(schema, texts).map_err(wrong)
}

/// Asks on a terminal; anywhere else `--yes` is needed.
pub(super) fn confirmed(context: &Context, yes: bool, question: &str) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    if context.json || !std::io::stdin().is_terminal() {
        return Err(Failure::usage("nothing was changed", "nobody can be asked here", "say --yes"));
    }
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "{question} [y/N] "); // without a place to ask there is no answer either
    let _ = stderr.flush();
    let mut answer = String::new();
    let _ = std::io::stdin().read_line(&mut answer);
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
