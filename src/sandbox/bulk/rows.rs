//! The rows of a bulk job: from CSV to records, and back to the two lists of results.

use serde_json::{Map, Value, json};

use super::{Job, Operation};
use crate::sandbox::errors::ApiError;
use crate::sandbox::ids::RecordId;
use crate::sandbox::org::Org;
use crate::sandbox::records::{self, SaveOptions, Saved, UpsertTarget};
use crate::sandbox::validate::value::typed;

/// What became of a job.
#[derive(Debug, Default)]
pub struct Results {
    /// `sf__Id,sf__Created,…`
    pub successful: String,
    /// `sf__Id,sf__Error,…`
    pub failed: String,
    /// Rows looked at.
    pub processed: u64,
    /// Rows that failed.
    pub failures: u64,
    /// The data is no CSV.
    pub unreadable: bool,
}

/// Works the rows off, in order. Blank lines are skipped.
pub fn work(org: &mut Org, job: &Job, options: &mut SaveOptions) -> Results {
    let mut results = Results::default();
    let delimiter = job.delimiter.1;
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(job.data.as_bytes());
    let Ok(header) = reader.headers().cloned() else { return Results { unreadable: true, ..results } };
    let writer = || csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    let (mut successful, mut failed) = (writer(), writer());
    // Writing to memory does not fail.
    let _ = successful.write_record(["sf__Id", "sf__Created"].into_iter().chain(header.iter()));
    let _ = failed.write_record(["sf__Id", "sf__Error"].into_iter().chain(header.iter()));
    for row in reader.records() {
        let Ok(row) = row else {
            results.unreadable = true;
            break;
        };
        results.processed += 1;
        let cells = header.iter().zip(row.iter());
        match save(org, job, cells, options) {
            Ok((id, created)) => {
                let head = [id.to_string(), created.to_string()];
                let _ = successful.write_record(head.iter().map(String::as_str).chain(row.iter()));
            }
            Err(errors) => {
                results.failures += 1;
                let head = [String::new(), error_text(&errors)];
                let _ = failed.write_record(head.iter().map(String::as_str).chain(row.iter()));
            }
        }
    }
    let text = |writer: csv::Writer<Vec<u8>>| {
        writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    };
    (results.successful, results.failed) = (text(successful), text(failed));
    results
}

/// `CODE:message:fields --`
fn error_text(errors: &[ApiError]) -> String {
    let each = errors.iter().map(|error| {
        let fields = error.fields.as_deref().unwrap_or_default().join(", ");
        format!("{}:{}:{fields} --", error.code, error.message)
    });
    each.collect::<Vec<_>>().join(" ")
}

fn save<'a>(
    org: &mut Org,
    job: &Job,
    cells: impl Iterator<Item = (&'a str, &'a str)>,
    options: &mut SaveOptions,
) -> Saved<(RecordId, bool)> {
    let mut fields = Map::new();
    let mut id = None;
    for (name, text) in cells {
        match text {
            // An empty cell leaves the field alone.
            "" => {}
            text if name.eq_ignore_ascii_case("Id") => id = Some(text.to_owned()),
            text => put(&mut fields, name, if text == "#N/A" { Value::Null } else { json!(text) }),
        }
    }
    let object = job.object;
    match job.operation {
        Operation::Insert => records::create(org, object, &fields, options).map(|id| (id, true)),
        Operation::Upsert => upsert(org, job, id, &fields, options),
        Operation::Update | Operation::Delete | Operation::HardDelete => {
            let id = id.ok_or_else(|| vec![ApiError::save("MISSING_ARGUMENT", "Id not specified", &["Id"])])?;
            let place = records::find(org, object, &id).map_err(|error| vec![as_row(error)])?;
            let id = org.record(place).id;
            let done = match job.operation {
                Operation::Update => records::update(org, place, &fields, options),
                _ => records::delete(org, place, options),
            };
            done.map(|()| (id, false))
        }
    }
}

fn as_row(error: ApiError) -> ApiError {
    match error.status {
        404 => ApiError::save("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", &[]),
        _ => error,
    }
}

fn upsert(
    org: &mut Org,
    job: &Job,
    id: Option<String>,
    fields: &Map<String, Value>,
    options: &mut SaveOptions,
) -> Saved<(RecordId, bool)> {
    let name = job.external_id.as_deref().unwrap_or_default();
    let kind = org.object(job.object);
    let column = kind.field(name).filter(|column| kind.fields[*column].is_upsert_key());
    let column = column.ok_or_else(|| vec![ApiError::no_such_column(name, &kind.name)])?;
    let definition = kind.fields[column].clone();
    let by_id = definition.name == "Id";
    let given = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone());
    let key = if by_id { id.map(|id| json!(id)) } else { given };
    let missing = || vec![ApiError::save("MISSING_ARGUMENT", format!("{name} not specified"), &[name])];
    let key = match key.filter(|key| !key.is_null()) {
        Some(key) => typed(&definition, &key).map_err(|error| vec![error])?,
        None if by_id => Value::Null,
        None => return Err(missing()),
    };
    match records::upsert_target(org, job.object, &definition.name, &key) {
        Ok(UpsertTarget::Create) => records::create(org, job.object, fields, options).map(|id| (id, true)),
        Ok(UpsertTarget::Update(place)) => {
            let id = org.record(place).id;
            records::update(org, place, fields, options).map(|()| (id, false))
        }
        Err(found) => {
            let ids: Vec<String> = found.iter().map(|place| org.record(*place).id.to_string()).collect();
            let message = format!("more than one record found for external id field: [{}]", ids.join(", "));
            Err(vec![ApiError::save("DUPLICATE_EXTERNAL_ID", message, &[name])])
        }
    }
}

/// `Account.Ext__c` names a parent, `Contact:Who.Ext__c` one of several possible types.
fn put(fields: &mut Map<String, Value>, name: &str, value: Value) {
    let Some((relationship, key)) = name.split_once('.') else {
        fields.insert(name.to_owned(), value);
        return;
    };
    let mut parent = Map::from_iter([(key.to_owned(), value)]);
    let relationship = match relationship.split_once(':') {
        Some((object, relationship)) => {
            parent.insert("attributes".into(), json!({"type": object}));
            relationship
        }
        None => relationship,
    };
    fields.insert(relationship.to_owned(), Value::Object(parent));
}
