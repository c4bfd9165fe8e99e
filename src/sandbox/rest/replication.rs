//! `/sobjects/{T}/updated` and `/deleted`: what changed in a span of time.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::only;
use crate::sandbox::clock::{datetime_text, parse_datetime};
use crate::sandbox::engine::Engine;
use crate::sandbox::errors::ApiError;
use crate::sandbox::http::{Call, Reply};
use crate::sandbox::metadata::TypeId;
use crate::sandbox::org::{Org, Record};

/// How far back the span may begin.
const MAX_DAYS: i64 = 30;

/// Ids of the records changed in the span that still exist.
pub fn updated(engine: &Engine, call: &Call, object: TypeId) -> Result<Reply, ApiError> {
    only(call, &["GET"], || Ok(Reply::empty(200)))?;
    let (start, end) = span(&engine.org, call)?;
    let stamp = engine.org.object(object).field("SystemModstamp").ok_or_else(ApiError::not_found)?;
    let changed = |record: &&Record| {
        let at = record.get(stamp).as_str().and_then(parse_datetime);
        !record.is_deleted() && at.is_some_and(|at| start <= at && at < end)
    };
    let ids: Vec<Value> =
        engine.org.table(object).rows().filter(changed).map(|record| json!(record.id.to_string())).collect();
    Ok(Reply::ok(json!({"ids": ids, "latestDateCovered": datetime_text(end)})))
}

/// Records deleted in the span, with the time.
pub fn deleted(engine: &Engine, call: &Call, object: TypeId) -> Result<Reply, ApiError> {
    only(call, &["GET"], || Ok(Reply::empty(200)))?;
    let (start, end) = span(&engine.org, call)?;
    let gone = engine.org.table(object).rows().filter_map(|record| {
        let at = record.deleted_at().filter(|at| start <= *at && *at < end)?;
        Some(json!({"id": record.id.to_string(), "deletedDate": datetime_text(at)}))
    });
    let earliest = engine.org.now() - SignedDuration::from_hours(24 * MAX_DAYS);
    Ok(Reply::ok(json!({
        "deletedRecords": gone.collect::<Vec<_>>(), "earliestDateAvailable": datetime_text(earliest),
        "latestDateCovered": datetime_text(end),
    })))
}

/// The span asked for, cut to whole minutes at both ends: what changed in the present minute is not covered yet.
fn span(org: &Org, call: &Call) -> Result<(Timestamp, Timestamp), ApiError> {
    let read = |name: &str| {
        // A `+` that was not encoded arrives as a space.
        let text = call.param(name).map(|text| text.replace(' ', "+"));
        let at = text.as_deref().and_then(parse_datetime);
        at.ok_or_else(|| ApiError::bad("INVALID_ARGUMENT_TYPE", format!("{name} must be a date and time in ISO 8601")))
    };
    let minute = |at: Timestamp| at.as_second() - at.as_second().rem_euclid(60);
    let (start, end) = (read("start")?, read("end")?);
    if org.now().duration_since(start) > SignedDuration::from_hours(24 * MAX_DAYS) {
        let message = format!("startDate is more than {MAX_DAYS} days ago");
        return Err(ApiError::bad("INVALID_REPLICATION_DATE", message));
    }
    if end.duration_since(start) < SignedDuration::from_mins(1) {
        return Err(ApiError::bad(
            "INVALID_REPLICATION_DATE",
            "endDate must be at least one minute later than startDate",
        ));
    }
    let at = |second: i64| {
        Timestamp::from_second(second).map_err(|_| ApiError::bad("INVALID_REPLICATION_DATE", "out of range"))
    };
    Ok((at(minute(start))?, at(minute(end))?))
}
