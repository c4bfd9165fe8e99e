//! Following records that moved: merged ones to the survivor, converted Leads to their Contact.
//!
//! Salesforce hides the losers of a merge from queries; only a query over all records tells what they were merged into
//! (Salesforce: `queryAll`, `MasterRecordId`). It is asked only about what was looked for and not found.

use std::collections::BTreeSet;

use super::ask::Questions;
use super::found::{Candidate, Found};
use crate::salesforce::{ApiError, Client, soql};

/// Merges of merged records; after so many rounds, what is not found counts as gone.
const ROUNDS: usize = 5;

/// Completes what was found, so that each record that was asked for by id, and each Contact that a Lead became, is
/// there, merged or gone.
pub async fn follow(client: &Client, questions: &Questions, found: &mut Found) -> Result<(), ApiError> {
    for _ in 0..ROUNDS {
        let missing = missing(questions, found);
        if missing.is_empty() {
            return Ok(());
        }
        let mut statements = Vec::new();
        for (object, prefix) in [("Contact", "003"), ("Lead", "00Q")] {
            let ids: Vec<&String> = missing.iter().filter(|id| id.starts_with(prefix)).collect();
            let fields = questions.person_fields(object).into_iter().chain(["IsDeleted", "MasterRecordId"]);
            let asked = soql::Query::select(fields, object).and_then(|query| query.where_in("Id", &ids));
            let asked = asked.map_err(|error| ApiError::Request(error.to_string()))?;
            statements.extend(asked.into_iter().map(|statement| statement.soql));
        }
        let mut left = missing;
        for records in client.queries_all(&statements).await {
            for record in records? {
                let Some(candidate) = Candidate::of(&record) else { continue };
                if record.bool("IsDeleted") != Some(true) {
                    left.remove(&candidate.id);
                    found.by_id.insert(candidate.id.clone(), candidate);
                } else if let Some(master) = record.sf_id("MasterRecordId") {
                    left.remove(&candidate.id);
                    found.merged.insert(candidate.id, master.to_string());
                }
            }
        }
        found.gone.extend(left);
    }
    let unfollowed = missing(questions, found);
    found.gone.extend(unfollowed);
    Ok(())
}

fn missing(questions: &Questions, found: &Found) -> BTreeSet<String> {
    let asked = questions.contact_ids.iter().chain(&questions.lead_ids);
    let became = found.by_id.values().filter_map(|lead| lead.converted_to.as_ref());
    asked
        .chain(became)
        .chain(found.merged.values())
        .filter(|id| !found.by_id.contains_key(*id) && !found.merged.contains_key(*id) && !found.gone.contains(*id))
        .cloned()
        .collect()
}
