//! Bulk API 2.0 ingest: a job, its CSV, and what became of each row.
//!
//! A job is worked off at once when its upload is complete, so polling never has to wait; the answer that closes it
//! still says `UploadComplete`, as the real one does. Left out: creating and uploading in one multipart request.

mod rows;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::clock::stamp_text;
use super::engine::{Context, Engine};
use super::errors::ApiError;
use super::http::{Call, Reply};
use super::ids::RecordId;
use super::metadata::TypeId;
use rows::Results;

/// All jobs of the org.
#[derive(Debug, Default)]
pub struct Jobs {
    jobs: BTreeMap<String, Job>,
}

#[derive(Debug)]
struct Job {
    object: TypeId,
    operation: Operation,
    external_id: Option<String>,
    delimiter: (&'static str, u8),
    line_ending: &'static str,
    state: &'static str,
    created: String,
    data: String,
    results: Results,
}

/// What a job does with its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Insert,
    Update,
    Upsert,
    Delete,
    HardDelete,
}

impl Operation {
    const ALL: [(&'static str, Self); 5] = [
        ("insert", Self::Insert),
        ("update", Self::Update),
        ("upsert", Self::Upsert),
        ("delete", Self::Delete),
        ("hardDelete", Self::HardDelete),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, operation)| *operation == self).map_or("", |(name, _)| name)
    }
}

/// The delimiters by their names.
const DELIMITERS: [(&str, u8); 6] =
    [("COMMA", b','), ("SEMICOLON", b';'), ("TAB", b'\t'), ("PIPE", b'|'), ("CARET", b'^'), ("BACKQUOTE", b'`')];

/// Serves `/jobs/ingest/…`.
pub fn route(engine: &mut Engine, context: &Context, call: &Call, rest: &[&str]) -> Result<Reply, ApiError> {
    let rest: Vec<String> = rest
        .iter()
        .enumerate()
        .map(|(n, part)| if n == 0 { (*part).to_owned() } else { part.to_lowercase() })
        .collect();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    match (call.method.as_str(), rest.as_slice()) {
        ("POST", []) => create(engine, context, call),
        ("GET", []) => {
            let jobs: Vec<Value> = engine.jobs.jobs.iter().map(|(id, job)| job.info(engine, context, id)).collect();
            Ok(Reply::ok(json!({"done": true, "records": jobs, "nextRecordsUrl": null})))
        }
        ("GET", [id]) => Ok(Reply::ok(find(engine, id)?.info(engine, context, id))),
        ("DELETE", [id]) => {
            find(engine, id)?;
            engine.jobs.jobs.remove(*id);
            Ok(Reply::empty(204))
        }
        ("PATCH", [id]) => set_state(engine, context, call, id),
        ("PUT", [id, "batches"]) => {
            let text = call.text().to_owned();
            let job = engine.jobs.jobs.get_mut(*id).ok_or_else(ApiError::not_found)?;
            if job.state != "Open" || !job.data.is_empty() {
                return Err(ApiError::bad("INVALIDJOBSTATE", "The job takes one upload while it is open"));
            }
            job.data = text;
            Ok(Reply::empty(201))
        }
        ("GET", [id, "successfulresults"]) => Ok(csv(find(engine, id)?.results.successful.clone())),
        ("GET", [id, "failedresults"]) => Ok(csv(find(engine, id)?.results.failed.clone())),
        ("GET", [id, "unprocessedrecords"]) => {
            let job = find(engine, id)?;
            let header = job.data.lines().next().unwrap_or_default();
            let text = if job.state == "Aborted" { job.data.clone() } else { format!("{header}\n") };
            Ok(csv(text))
        }
        (method, [] | [_] | [_, "batches" | "successfulresults" | "failedresults" | "unprocessedrecords"]) => {
            Err(ApiError::method_not_allowed(method, "GET, POST, PUT, PATCH, DELETE"))
        }
        _ => Err(ApiError::not_found()),
    }
}

fn csv(text: String) -> Reply {
    Reply::text(200, "text/csv;charset=UTF-8", text)
}

fn find<'a>(engine: &'a Engine, id: &str) -> Result<&'a Job, ApiError> {
    engine.jobs.jobs.get(id).ok_or_else(ApiError::not_found)
}

fn create(engine: &mut Engine, context: &Context, call: &Call) -> Result<Reply, ApiError> {
    let body = call.json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let invalid = |message: String| ApiError::bad("INVALIDJOB", message);
    let name = text("object").unwrap_or_default();
    let object = engine.org.schema.find(name).ok_or_else(|| invalid(format!("Unable to find object: {name}")))?;
    let name = text("operation").unwrap_or_default();
    let operation = Operation::ALL.iter().find(|(known, _)| *known == name).map(|(_, operation)| *operation);
    let operation = operation.ok_or_else(|| invalid(format!("Unknown operation: {name}")))?;
    let external_id = text("externalIdFieldName").map(str::to_owned);
    if (operation == Operation::Upsert) != external_id.is_some() {
        return Err(invalid("externalIdFieldName is required for upsert, and only for upsert".into()));
    }
    let name = text("columnDelimiter").unwrap_or("COMMA");
    let delimiter = DELIMITERS.iter().find(|(known, _)| *known == name).copied();
    let delimiter = delimiter.ok_or_else(|| invalid(format!("Unknown columnDelimiter: {name}")))?;
    let line_ending = match text("lineEnding").unwrap_or("LF") {
        "LF" => "LF",
        "CRLF" => "CRLF",
        other => return Err(invalid(format!("Unknown lineEnding: {other}"))),
    };
    let id = RecordId::new("750", engine.jobs.jobs.len() as u64 + 1).to_string();
    let created = stamp_text(engine.org.now());
    let job = Job {
        object,
        operation,
        external_id,
        delimiter,
        line_ending,
        state: "Open",
        created,
        data: String::new(),
        results: Results::default(),
    };
    let mut info = job.info(engine, context, &id);
    info["contentUrl"] = json!(format!("services/data/v{}.0/jobs/ingest/{id}/batches", context.version));
    engine.jobs.jobs.insert(id, job);
    Ok(Reply::ok(info))
}

fn set_state(engine: &mut Engine, context: &Context, call: &Call, id: &str) -> Result<Reply, ApiError> {
    let body = call.json()?;
    let state = body.get("state").and_then(Value::as_str).unwrap_or_default();
    let open = find(engine, id)?.state == "Open";
    let mut job = match (engine.jobs.jobs.remove(id), state) {
        (Some(job), "UploadComplete" | "Aborted") if open => job,
        (job, _) => {
            engine.jobs.jobs.extend(job.map(|job| (id.to_owned(), job)));
            return Err(ApiError::bad("INVALIDJOBSTATE", format!("The job cannot go to the state '{state}'")));
        }
    };
    job.state = if state == "Aborted" { "Aborted" } else { "UploadComplete" };
    let info = job.info(engine, context, id);
    if job.state == "UploadComplete" {
        let mut options = engine.save_options(call);
        job.results = rows::work(&mut engine.org, &job, &mut options);
        job.state = if job.results.unreadable { "Failed" } else { "JobComplete" };
    }
    engine.jobs.jobs.insert(id.to_owned(), job);
    Ok(Reply::ok(info))
}

impl Job {
    fn info(&self, engine: &Engine, context: &Context, id: &str) -> Value {
        json!({
            "id": id, "operation": self.operation.name(), "object": engine.org.object(self.object).name,
            "createdById": engine.org.user.to_string(), "createdDate": self.created, "systemModstamp": self.created,
            "state": self.state, "externalIdFieldName": self.external_id, "concurrencyMode": "Parallel",
            "contentType": "CSV", "apiVersion": context.version, "jobType": "V2Ingest", "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter.0, "numberRecordsProcessed": self.results.processed,
            "numberRecordsFailed": self.results.failures, "retries": 0, "totalProcessingTime": 0,
        })
    }
}
