//! Re-reading linked records cheaply (product S16): what changed in Salesforce since the last look, by `SystemModstamp`,
//! in one call for Contacts, Leads and Events together, however many are linked.
//!
//! A look reads at most [`PAGE`] changes of each object and goes on from there at the next one, so that an org that
//! changes a million records at night costs no more calls than any other.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::batch::{BatchError, Batcher};
use super::person;
use super::rules::RuleObject;
use super::seen;
use crate::salesforce::{ApiError, Record, soql};
use crate::store::Store;

/// Changes that one look reads of an object: one page of an answer.
const PAGE: u32 = 2_000;
/// How far back the first look goes, at most.
const FIRST: SignedDuration = SignedDuration::from_hours(24 * 30);
/// What a write of ours may still be on its way to: changes younger than this are read once more.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);

/// What a look has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reread {
    /// Records that changed in the org, linked or not.
    pub read: usize,
    /// Those among them that are linked.
    pub linked: usize,
    /// Those among them with fields that somebody changed since we wrote them.
    pub conflicts: usize,
    /// There is more to read.
    pub more: bool,
}

/// Up to where an object was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Cursor {
    at: Timestamp,
    id: String,
}

impl Batcher {
    /// Reads what changed since the last look, and keeps it in the links.
    pub async fn reread(&self, now: Timestamp) -> Result<Reread, BatchError> {
        let store = self.store();
        if !store.has_links().await? {
            return Ok(Reread::default());
        }
        let instance = self.client().instance_url().await?;
        let mut looks = Vec::new();
        for object in ["Contact", "Lead", "Event"] {
            let key = format!("salesforce.reread.{object}@{instance}");
            let kept: Option<Cursor> = store.setting(&key).await?.and_then(|text| serde_json::from_str(&text).ok());
            let cursor = if let Some(cursor) = kept {
                cursor
            } else {
                let oldest = store.oldest_link().await?.unwrap_or(now);
                Cursor { at: oldest.max(now - FIRST) - OVERLAP, id: String::new() }
            };
            let soql = self.statement(object, &cursor, now).await?;
            looks.push((key, cursor, soql));
        }
        let statements: Vec<&str> = looks.iter().map(|(.., soql)| soql.as_str()).collect();
        let mut done = Reread::default();
        for ((key, cursor, _), records) in looks.iter().zip(self.client().queries_all(&statements).await) {
            let records = records?;
            let found = keep(store, &records, now).await?;
            done.read += records.len();
            done.linked += found.linked;
            done.conflicts += found.conflicts;
            done.more |= records.len() >= PAGE as usize;
            let last = records.last().and_then(|record| {
                Some(Cursor { at: record.datetime("SystemModstamp")?, id: record.id()?.to_string() })
            });
            // Read to the end, it goes on a moment before now: what is being written there shows up late.
            let next = match last {
                Some(last) if records.len() >= PAGE as usize => last,
                _ => Cursor { at: (now - OVERLAP).max(cursor.at), id: String::new() },
            };
            store.note_setting(key, &serde_json::to_string(&next).unwrap_or_default()).await?;
        }
        Ok(done)
    }

    /// What changed from a point on, oldest first.
    async fn statement(&self, object: &str, cursor: &Cursor, now: Timestamp) -> Result<String, BatchError> {
        let mut fields: Vec<String> = match object {
            "Event" => {
                let fields = ["Subject", "StartDateTime", "EndDateTime", "Location", "Description", "ShowAs", "WhoId"];
                fields.into_iter().map(str::to_owned).collect()
            }
            _ => person::queried_fields(object).into_iter().map(str::to_owned).collect(),
        };
        fields.extend(["Id", "OwnerId", "Owner.Name", "SystemModstamp", "IsDeleted"].map(str::to_owned));
        match object {
            "Lead" => fields.extend(["Status", "MasterRecordId"].map(str::to_owned)),
            "Contact" => fields.push("MasterRecordId".to_owned()),
            _ => {}
        }
        let rules = self.setup().all_profiles().flat_map(|profile| &profile.rules);
        let mut mapped: Vec<&str> =
            rules.filter(|rule| rule.object.writes(object)).map(|rule| rule.field.trim()).collect();
        let no_show = self.setup().all_profiles().filter_map(|profile| profile.no_show_field.as_deref());
        mapped.extend(no_show.filter(|_| RuleObject::Event.writes(object)));
        if !mapped.is_empty() {
            let describe = self.describe(object, now).await?;
            fields.extend(mapped.into_iter().filter_map(|name| describe.field(name)).map(|field| field.name.clone()));
        }
        let at = soql::datetime(cursor.at);
        let after = match cursor.id.as_str() {
            "" => format!("SystemModstamp >= {at}"),
            id => format!("(SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > {}))", soql::quote(id)),
        };
        let query = soql::Query::select(fields, object).map_err(|error| ApiError::Request(error.to_string()))?;
        Ok(query.and(after).order_by("SystemModstamp, Id").limit(PAGE).to_string())
    }
}

async fn keep(store: &Store, records: &[Record], now: Timestamp) -> Result<Reread, BatchError> {
    let ids: Vec<String> = records.iter().filter_map(|record| Some(record.id()?.to_string())).collect();
    let links = store.links_of_records(&ids).await?;
    let mut found = Reread::default();
    let (mut writes, mut news) = (Vec::new(), false);
    for record in records {
        let Some(id) = record.id().map(|id| id.to_string()) else { continue };
        for (entity, entity_id, link) in links.get(&id).into_iter().flatten() {
            let empty = serde_json::Map::new();
            let seen = seen::of_record(record, link.sent.as_object().unwrap_or(&empty), now);
            found.linked += 1;
            found.conflicts += usize::from(!matches!(seen.get("conflicts"), None | Some(Json::Null)));
            let before = link.seen.as_object().unwrap_or(&empty);
            let shown = ["owner", "status", "became", "gone", "conflicts"];
            let null = Json::Null;
            let now = |key: &str| seen.get(key).unwrap_or(&null);
            news |= shown.iter().any(|key| before.get(*key).unwrap_or(&null) != now(key));
            writes.push((*entity, *entity_id, id.clone(), seen));
        }
    }
    store.keep_seen(&writes, news).await?;
    Ok(found)
}
