//! How things stand, in Prometheus' text format: what `serve` tells beside its own counters.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::domain::Status;
use crate::store::{OutboxCounts, SourceState, Store, StoreError};

/// The role of the worker's lease, and the setting that pauses it (`sync::worker`, which stands above this room).
const WORKER: &str = "sync";
const PAUSED: &str = "sync.paused";

/// Reads and writes them down.
pub(super) async fn figures(store: &Store, now: Timestamp) -> Result<String, StoreError> {
    let lease = store.lease(WORKER).await?.filter(|lease| lease.until > now);
    let paused = store.setting(PAUSED).await?.as_deref() == Some("1");
    let statuses = store.status_counts().await?;
    let contacts = [
        ("none", statuses.none),
        (Status::Qualified.key(), statuses.qualified),
        (Status::MarketingQualified.key(), statuses.marketing_qualified),
        (Status::SalesQualified.key(), statuses.sales_qualified),
        (Status::Disqualified.key(), statuses.disqualified),
    ];
    Ok(text(
        &contacts,
        store.outbox_counts().await?,
        lease.as_ref().map(|lease| &lease.status),
        paused,
        &store.sources().await?,
        store.calls_noted(now).await?,
    ))
}

fn text(
    contacts: &[(&str, i64)],
    queue: OutboxCounts,
    worker: Option<&Json>,
    paused: bool,
    sources: &[SourceState],
    own_calls: u64,
) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, samples: &[(String, String)]| {
        if samples.is_empty() {
            return;
        }
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for (labels, value) in samples {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    };
    let labelled = |label: &str, key: &str, n: i64| (format!("{{{label}=\"{key}\"}}"), n.to_string());
    let one = |n: i64| vec![(String::new(), n.to_string())];

    let version = format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    family("rolodeck_build_info", "gauge", "The program's version.", &[(version, "1".to_owned())]);
    let contacts: Vec<_> = contacts.iter().map(|(key, n)| labelled("status", key, *n)).collect();
    family("rolodeck_contacts", "gauge", "Contacts by status.", &contacts);
    let OutboxCounts { pending, in_flight, retry, held, in_doubt, done, skipped } = queue;
    let queue: Vec<_> = [
        ("pending", pending),
        ("in_flight", in_flight),
        ("retry", retry),
        ("held", held),
        ("in_doubt", in_doubt),
        ("done", done),
        ("skipped", skipped),
    ]
    .into_iter()
    .map(|(key, n)| labelled("state", key, n))
    .collect();
    family("rolodeck_queue_items", "gauge", "Changes for Salesforce by state.", &queue);
    family("rolodeck_sync_worker", "gauge", "1 if some process syncs this store.", &one(i64::from(worker.is_some())));
    family("rolodeck_sync_paused", "gauge", "1 if a person paused the sync.", &one(i64::from(paused)));
    if let Some(status) = worker {
        let state = status.pointer("/state/is").and_then(Json::as_str).unwrap_or("unknown");
        let states: Vec<_> = ["starting", "idle", "working", "backing_off", "paused"]
            .iter()
            .map(|known| labelled("state", known, i64::from(*known == state)))
            .collect();
        family("rolodeck_sync_state", "gauge", "1 for what the worker does.", &states);
        let api =
            |key: &str| status.pointer(&format!("/api/{key}")).and_then(Json::as_i64).map(one).unwrap_or_default();
        family(
            "rolodeck_salesforce_api_calls_used",
            "gauge",
            "API calls of everyone in the last 24 hours.",
            &api("used"),
        );
        family("rolodeck_salesforce_api_calls_allowed", "gauge", "The org's daily allowance.", &api("max"));
    }
    // Also without a worker: other programs of this store call, too.
    family(
        "rolodeck_salesforce_api_calls_own",
        "gauge",
        "API calls of this store's programs in the last 24 hours.",
        &one(own_calls as i64),
    );
    let read: Vec<_> = sources
        .iter()
        .filter_map(|source| Some(labelled("source", &source.source, source.last_success_at?.as_second())))
        .collect();
    let name = "rolodeck_source_last_success_timestamp_seconds";
    family(name, "gauge", "When a polled source was last read to its end.", &read);
    let failing: Vec<_> =
        sources.iter().map(|source| labelled("source", &source.source, i64::from(source.error().is_some()))).collect();
    family("rolodeck_source_failing", "gauge", "1 if reading a polled source failed last.", &failing);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_figure_has_its_help_and_type_once_and_a_number() {
        let queue = OutboxCounts { pending: 3, held: 2, ..OutboxCounts::default() };
        let status = json!({"state": {"is": "backing_off", "until": "2026-03-05T09:30:00Z"}, "api": {"used": 7, "max": 100, "ours": 5}});
        let source = SourceState {
            source: "calcom".into(),
            cursor: None,
            last_success_at: Timestamp::from_second(1_772_400_000).ok(),
            last_error_at: None,
            last_error: None,
        };
        let text = text(&[("none", 4)], queue, Some(&status), false, &[source], 5);
        for line in [
            "rolodeck_contacts{status=\"none\"} 4",
            "rolodeck_queue_items{state=\"held\"} 2",
            "rolodeck_sync_worker 1",
            "rolodeck_sync_state{state=\"backing_off\"} 1",
            "rolodeck_sync_state{state=\"idle\"} 0",
            "rolodeck_salesforce_api_calls_used 7",
            "rolodeck_salesforce_api_calls_own 5",
            "rolodeck_source_last_success_timestamp_seconds{source=\"calcom\"} 1772400000",
            "rolodeck_source_failing{source=\"calcom\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        let mut names: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        assert_eq!(text.lines().filter(|line| line.starts_with("# HELP ")).count(), names.len());
        names.dedup();
        assert_eq!(text.matches("# TYPE ").count(), names.len());
    }

    #[test]
    fn without_a_worker_there_is_nothing_to_say_of_it() {
        let text = text(&[], OutboxCounts::default(), None, true, &[], 3);
        assert!(text.contains("rolodeck_sync_worker 0\n") && text.contains("rolodeck_sync_paused 1\n"));
        assert!(!text.contains("rolodeck_sync_state") && !text.contains("api_calls_used"));
        assert!(text.contains("rolodeck_salesforce_api_calls_own 3\n"), "other programs call, too");
    }
}
