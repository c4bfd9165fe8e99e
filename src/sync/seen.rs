//! What was last read of linked records: owner, status, and what somebody changed there since we wrote (product S16).
//!
//! It is kept in the link as JSON: `modified`, `owner`, `status`, `became`, `gone`, `values` (of the fields that we
//! write) and `conflicts` (names of those that are others there than we left them).

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::salesforce::{Record, parse_datetime};
use crate::store::Link;

/// What was last read of a linked record.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Seen {
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// When it was last modified there.
    pub modified: Option<Timestamp>,
    /// Name of its owner there.
    pub owner: Option<String>,
    /// Its status there; only Leads have one.
    pub status: Option<String>,
    /// The record that it has become: of a converted Lead, of a merged record.
    pub became: Option<String>,
    /// It was deleted there.
    pub gone: bool,
    /// Fields that somebody changed there since we last wrote them.
    pub conflicts: Vec<Conflict>,
}

/// A field that is another there than we left it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflict {
    /// API name.
    pub field: String,
    /// What we last wrote.
    pub ours: Json,
    /// What stands there now.
    pub theirs: Json,
}

impl Seen {
    /// What a link remembers.
    pub fn of(link: &Link) -> Self {
        let seen = &link.seen;
        let text = |key: &str| seen.get(key).and_then(Json::as_str).map(str::to_owned);
        let at = |key: &str| seen.get(key).and_then(Json::as_str).and_then(|text| text.parse().ok());
        let named = seen.get("conflicts").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        let conflict = |field: &str| Conflict {
            field: field.to_owned(),
            ours: link.sent.get(field).cloned().unwrap_or_default(),
            theirs: seen.get("values").and_then(|values| values.get(field)).cloned().unwrap_or_default(),
        };
        Self {
            read_at: at("read_at"),
            modified: at("modified"),
            owner: text("owner"),
            status: text("status"),
            became: text("became"),
            gone: seen.get("gone") == Some(&Json::Bool(true)),
            conflicts: named.map(conflict).collect(),
        }
    }

    /// Owner and status, for one line; empty if nothing was read.
    pub fn line(&self) -> String {
        let owner = self.owner.as_ref().map(|owner| format!("owner {owner}"));
        let status = self.status.as_ref().map(|status| format!("status {status}"));
        let became = self.became.as_ref().map(|id| format!("is {id} now"));
        let gone = self.gone.then(|| "deleted".to_owned());
        let conflicts = match self.conflicts.len() {
            0 => None,
            1 => Some("1 field changed there".to_owned()),
            n => Some(format!("{n} fields changed there")),
        };
        [owner, status, became, gone, conflicts].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// What a link keeps of a record that was read at `now`; `sent`: what we last wrote there.
pub fn of_record(record: &Record, sent: &Map<String, Json>, now: Timestamp) -> Json {
    let gone = record.bool("IsDeleted") == Some(true);
    let became = ["MasterRecordId", "ConvertedContactId"].iter().find_map(|field| record.sf_id(field));
    let values: Map<String, Json> =
        sent.keys().filter_map(|field| Some((field.clone(), record.get(field)?.clone()))).collect();
    json!({
        "read_at": now,
        "modified": record.datetime("SystemModstamp").or_else(|| record.datetime("LastModifiedDate")),
        "owner": record.str("Owner.Name"),
        "status": record.str("Status"),
        "became": became.map(|id| id.to_string()),
        "gone": gone.then_some(true),
        "conflicts": conflicts(sent, &values),
        "values": values,
    })
}

/// The fields that are others there than we left them; `null` if there are none, so that no index holds them.
fn conflicts(sent: &Map<String, Json>, values: &Map<String, Json>) -> Json {
    let differs = |(field, there): &(&String, &Json)| sent.get(*field).is_some_and(|ours| !same(there, ours));
    let fields: Vec<Json> = values.iter().filter(differs).map(|(field, _)| Json::from(field.as_str())).collect();
    if fields.is_empty() { Json::Null } else { Json::from(fields) }
}

/// True if two values say the same, in whatever form Salesforce and we write them.
pub fn same(there: &Json, ours: &Json) -> bool {
    match (there, ours) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Json::String(a), Json::String(b)) if a != b => {
            let moment = |text: &str| parse_datetime(text).map(Timestamp::as_millisecond);
            let sorted = |text: &str| {
                let mut parts: Vec<String> = text.split(';').map(str::to_owned).collect();
                parts.sort_unstable();
                parts
            };
            let lines = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
            (moment(a).is_some() && moment(a) == moment(b))
                || (a.contains('@') && a.eq_ignore_ascii_case(b))
                || (a.contains(';') && sorted(a) == sorted(b))
                || lines(a) == lines(b)
        }
        _ => there == ours,
    }
}

/// How a link's memory changes when we have written some fields: they stand there as we left them.
pub fn written(fields: &Map<String, Json>) -> Json {
    json!({ "values": fields, "conflicts": null })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(json: Json) -> Record {
        Record::from_value(json).unwrap()
    }

    fn link(sent: &Json, seen: Json) -> Link {
        Link {
            object: "Lead".into(),
            record_id: "00Q000000000001AAA".into(),
            sent: sent.clone(),
            seen,
            candidates: Vec::new(),
            linked_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_somebody_changed_there_is_a_conflict_and_nothing_else_is() {
        let sent = json!({"Title": "CTO", "Email": "bo@x.test", "NumberOfEmployees": 5, "At__c": "2031-03-05T09:30:00.000Z",
            "Tags__c": "a;b", "Unread__c": "x"});
        for (change, conflicts) in [
            (json!({}), vec![]),
            (json!({"Title": "CEO"}), vec!["Title"]),
            (json!({"Title": null}), vec!["Title"]),
            (json!({"Email": "BO@x.test", "NumberOfEmployees": 5.0, "At__c": "2031-03-05T09:30:00.000+0000"}), vec![]),
            (json!({"Tags__c": "b;a"}), vec![]),
            (
                json!({"At__c": "2031-03-05T10:30:00.000+0000", "NumberOfEmployees": 6}),
                vec!["At__c", "NumberOfEmployees"],
            ),
        ] {
            let mut there = json!({"attributes": {"type": "Lead"}, "Id": "00Q000000000001AAA", "Owner": {"Name": "Ann Host"},
                "Status": "Working", "IsDeleted": false, "SystemModstamp": "2031-03-05T09:30:00.000+0000"});
            for (key, value) in sent.as_object().unwrap().iter().filter(|(key, _)| *key != "Unread__c") {
                there[key] = value.clone();
            }
            for (key, value) in change.as_object().unwrap() {
                there[key] = value.clone();
            }
            let seen = of_record(&record(there), sent.as_object().unwrap(), Timestamp::UNIX_EPOCH);
            let seen = Seen::of(&link(&sent, seen));
            let fields: Vec<&str> = seen.conflicts.iter().map(|conflict| conflict.field.as_str()).collect();
            assert_eq!(fields, conflicts, "{change}");
            assert_eq!((seen.owner.as_deref(), seen.status.as_deref()), (Some("Ann Host"), Some("Working")));
            assert!(seen.line().starts_with("owner Ann Host, status Working"));
        }
    }

    #[test]
    fn a_link_that_was_never_read_says_nothing() {
        let seen = Seen::of(&link(&json!({}), json!({})));
        assert_eq!((seen.line().as_str(), seen.clone()), ("", Seen::default()));
    }
}
