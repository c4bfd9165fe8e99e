//! Sending: one composite at a time, with what stops it, and halves of what was refused as a whole.

use std::collections::VecDeque;

use serde_json::Value as Json;

use super::super::settle::Failure;
use super::write::{Write, request};
use super::{ESSENTIAL, Work};
use crate::salesforce::{ApiError, ErrorClass, ErrorEntry, RowResult, Scope, scope_of_entry};
use crate::store::StoreError;

/// How often a batch is halved in search of a guilty record; what then is still refused waits and comes again.
const MOST_HALVINGS: usize = 64;

/// A write and what became of it: the record's id, or why there is none.
pub(super) type Sent = (Write, Result<String, Failed>);

/// Why a write is not done.
pub(super) enum Failed {
    /// Salesforce refused the record.
    Row(Vec<ErrorEntry>),
    /// The call failed.
    Call(Failure),
    /// It was not sent, because a call before failed.
    Stopped(Failure),
}

impl Failed {
    pub fn code(&self) -> String {
        match self {
            Self::Row(errors) => errors.first().map_or_else(String::new, |error| error.code.clone()),
            Self::Call(failure) | Self::Stopped(failure) => failure.fault.code.clone(),
        }
    }

    /// The record is not there any more.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Row(_)) && matches!(self.code().as_str(), "ENTITY_IS_DELETED" | "NOT_FOUND")
    }
}

/// What can still be done about a refused write, at once.
pub(super) enum Recovered {
    /// It was there already, under this id.
    Adopted(String),
    /// It is to be sent once more, without what was refused.
    Again(Write),
    /// Nothing.
    Failed(Failure),
}

impl Work<'_> {
    /// Sends the collections of one call. What is refused as a whole for one record's sake is sent again in halves,
    /// until that record stands alone.
    ///
    /// `intents` are committed before anything leaves, and each call checks in the store that the lease is still ours.
    pub(super) async fn send(
        &mut self,
        call: Vec<Vec<Write>>,
        intents: &[(i64, Json)],
    ) -> Result<Vec<Sent>, StoreError> {
        let mut results = Vec::new();
        let mut calls = VecDeque::from([call]);
        while let Some(call) = calls.pop_front() {
            let mut call = self.hold_back(call, &mut results);
            if !call.is_empty() && !self.carrier.intend(intents, &[]).await? {
                self.end.stop = Some(super::lease_lost());
                call = self.hold_back(call, &mut results);
            }
            if call.is_empty() {
                continue;
            }
            let requests: Vec<_> = call.iter().map(|writes| request(writes, self.carrier.external_id)).collect();
            let answers = self.carrier.client.collections(&requests).await;
            for (writes, answer) in call.into_iter().zip(answers) {
                match answer {
                    Ok(rows) => self.answered(writes, rows, &mut results),
                    Err(error) => calls.extend(self.refused(writes, &error, &mut results)),
                }
            }
        }
        Ok(results)
    }

    /// What may not be sent any more: all, after a failure that concerns the org; creates, when there is no room.
    fn hold_back(&mut self, call: Vec<Vec<Write>>, results: &mut Vec<Sent>) -> Vec<Vec<Write>> {
        if self.end.stop.is_none() {
            self.end.stop = (self.carrier.may_send)().err();
        }
        let mut sendable = Vec::new();
        for writes in call {
            let creates = writes.first().is_some_and(Write::creates);
            match self.end.stop.as_ref().or(self.no_room.as_ref().filter(|_| creates)) {
                Some(stop) => {
                    results.extend(writes.into_iter().map(|write| (write, Err(Failed::Stopped(stop.clone())))));
                }
                None => sendable.push(writes),
            }
        }
        sendable
    }

    fn answered(&mut self, writes: Vec<Write>, rows: Vec<RowResult>, results: &mut Vec<Sent>) {
        for (write, row) in writes.into_iter().zip(rows) {
            let result = row.into_result().map(|id| id.to_string());
            if let Err(errors) = &result {
                match errors.iter().map(scope_of_entry).max() {
                    Some(Scope::Org) => self.stop(Failure::of_row(&write.object, errors)),
                    Some(Scope::Creates) => self.no_room = Some(Failure::of_row(&write.object, errors)),
                    _ => {}
                }
            }
            results.push((write, result.map_err(Failed::Row)));
        }
    }

    /// A collection that failed as a whole; returns its halves if they are worth a try.
    fn refused(
        &mut self,
        mut writes: Vec<Write>,
        error: &ApiError,
        results: &mut Vec<Sent>,
    ) -> Option<Vec<Vec<Write>>> {
        let external_id = self.carrier.external_id;
        let upserts = writes.first().is_some_and(|write| write.upserts(external_id));
        let creates = writes.first().is_some_and(Write::creates);
        let mut failure = Failure::of_call("", error, creates);
        if failure.class == ErrorClass::Split && !failure.in_doubt && writes.len() > 1 && self.halvings < MOST_HALVINGS
        {
            self.halvings += 1;
            let tail = writes.split_off(writes.len() / 2);
            return Some(vec![writes, tail]);
        }
        if upserts && matches!(failure.fault.code.as_str(), "NOT_FOUND" | "INVALID_FIELD") {
            // The configured key is no external id of this object, or hidden: no record is to blame.
            failure.class = ErrorClass::TellUser;
            failure.scope = Scope::Org;
        }
        if writes.len() == 1 {
            failure = failure.alone();
        }
        if failure.scope == Scope::Org {
            self.stop(failure.clone());
        }
        for write in writes {
            let mut failure = failure.clone();
            failure.fault.object = Some(write.object.clone());
            results.push((write, Err(Failed::Call(failure))));
        }
        None
    }

    /// Nothing more is sent; the first reason counts.
    fn stop(&mut self, failure: Failure) {
        self.end.stop.get_or_insert(Failure { in_doubt: false, ..failure });
    }

    /// A record that is known to be the same is taken over; fields that were refused are left out, once.
    pub(super) fn recover(&self, mut write: Write, failed: Failed, round: usize) -> Recovered {
        let errors = match failed {
            Failed::Call(failure) | Failed::Stopped(failure) => return Recovered::Failed(failure),
            Failed::Row(errors) => errors,
        };
        if write.creates()
            && let Some(id) = errors.iter().find_map(|error| error.only_duplicate(&write.object))
        {
            return Recovered::Adopted(id.to_string());
        }
        let failure = Failure::of_row(&write.object, &errors);
        let essential = |field: &str| ESSENTIAL.contains(&field) || self.carrier.external_id == Some(field);
        let droppable = errors.iter().all(|error| {
            !error.fields.is_empty()
                && error.fields.iter().all(|field| write.body.contains_key(field) && !essential(field))
        });
        if round == 0 && droppable && matches!(failure.class, ErrorClass::Park | ErrorClass::TellUser) {
            for error in &errors {
                for field in &error.fields {
                    write.drop_field(field, &error.message);
                }
            }
            if !write.body.is_empty() {
                return Recovered::Again(write);
            }
        }
        Recovered::Failed(failure)
    }
}
