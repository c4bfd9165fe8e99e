//! `/limits`: the allowances that clients look at.

use serde_json::json;

use crate::sandbox::engine::Engine;
use crate::sandbox::http::Reply;

/// The answer.
pub fn limits(engine: &Engine) -> Reply {
    let (max, remaining) = engine.usage.allowance();
    let whole = |max: u64| json!({"Max": max, "Remaining": max});
    Reply::ok(json!({
        "DailyApiRequests": {"Max": max, "Remaining": remaining},
        "DailyAsyncApexExecutions": whole(250_000),
        "DailyBulkApiBatches": whole(15_000),
        "DailyBulkV2QueryJobs": whole(10_000),
        "DailyBulkV2QueryFileStorageMB": whole(976_562),
        "DataStorageMB": whole(5),
        "FileStorageMB": whole(20),
        "SingleEmail": whole(15),
        "MassEmail": whole(10),
    }))
}
