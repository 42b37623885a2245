//! What came of a delete or a purge that Zendesk carried out as a job: its results are null, a list, or one object for all
//! tickets (recordings).

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use ticket_core::provider::VendorJob;
use ticket_core::{
    DeleteReport, DeleteTarget, Effect, Error, ErrorKind, Operation, Outcome, TicketId,
};

use crate::info::ID;
use crate::wire::JobStatus;

/// Whether the job is queued or working. A status that is not documented is taken for an end, so that the tickets are
/// looked at.
pub(crate) fn is_open(job: &JobStatus) -> bool {
    matches!(job.status.as_deref(), Some("queued" | "working"))
}

/// The outcome of each ticket by its own result. One without a result of its own is unknown. The result of a purge is one
/// object, which tells whether all of its tickets are deleted (page `job_statuses`); of a delete, such an object is not
/// documented, and proves nothing.
pub(crate) fn report(of: &VendorJob, targets: &[DeleteTarget], job: &JobStatus) -> DeleteReport {
    let operation = if of.is_purge() {
        Operation::Purge
    } else {
        Operation::Delete
    };
    let is_completed = job.status.as_deref() == Some("completed");
    let all = job.results.as_object();
    let all = all.filter(|all| all.get("success") == Some(&Value::Bool(true)));
    if of.is_purge() && is_completed && all.is_some_and(|all| !all.contains_key("error")) {
        return DeleteReport::from_fn(targets, |_| Outcome::Done);
    }
    let mut results: BTreeMap<String, Vec<&Map<String, Value>>> = BTreeMap::new();
    let rows = job.results.as_array().into_iter().flatten();
    for row in rows.filter_map(Value::as_object) {
        if let Some(id) = id_of(row) {
            results.entry(id).or_default().push(row);
        }
    }
    DeleteReport::from_fn(targets, |id| {
        match results.get(id.as_str()).map(Vec::as_slice) {
            Some([row]) => outcome(operation, id, row),
            _ => Outcome::Unknown(unconfirmed(operation, id, job)),
        }
    })
}

fn id_of(row: &Map<String, Value>) -> Option<String> {
    match row.get("id")? {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// A success is `{"action": "delete", "status": "Deleted", "success": true}` (page `job_statuses` for users, inferred for
/// tickets), a failure has `error` and `details` (recordings, of other records).
fn outcome(operation: Operation, id: &TicketId, row: &Map<String, Value>) -> Outcome {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let about = |kind, message: &str| {
        Error::new(kind, message)
            .with_vendor_message(text("details").unwrap_or_default())
            .in_operation(ID, operation)
            .on_ticket(id)
    };
    match (row.get("success"), text("error")) {
        (Some(Value::Bool(true)), None) if text("status") == Some("Deleted") => Outcome::Done,
        (None | Some(Value::Bool(false)), Some("RecordNotFound")) => {
            Outcome::NotFound(about(ErrorKind::NotFound, "not found"))
        }
        (None | Some(Value::Bool(false)), Some(_)) => {
            let message = "Zendesk could not delete the ticket within its job";
            Outcome::Failed(about(ErrorKind::Conflict, message).with_effect(Effect::None))
        }
        _ => {
            let message = "the result of the job does not tell what became of the ticket";
            Outcome::Unknown(about(ErrorKind::BadResponse, message))
        }
    }
}

fn unconfirmed(operation: Operation, id: &TicketId, job: &JobStatus) -> Error {
    let (message, words) = if job.status.as_deref() == Some("failed") {
        ("Zendesk's job failed", job.message.as_deref())
    } else {
        ("Zendesk's job reports no result for the ticket", None)
    };
    Error::new(ErrorKind::BadResponse, message)
        .with_vendor_message(words.unwrap_or_default())
        .in_operation(ID, operation)
        .on_ticket(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(job: &str) -> Vec<String> {
        words_of(&VendorJob::new("V3-1"), job)
    }

    fn words_of(of: &VendorJob, job: &str) -> Vec<String> {
        let job: JobStatus = serde_json::from_str(job).unwrap();
        let targets = ["1", "2", "1"].map(DeleteTarget::from);
        let report = report(of, &targets, &job).into_iter();
        report
            .map(|(_, outcome)| outcome.as_str().to_owned())
            .collect()
    }

    #[test]
    fn only_a_result_of_the_ticket_itself_decides_it() {
        let done = r#"{"action":"delete","id":1,"status":"Deleted","success":true}"#;
        for (results, expected) in [
            ("null".to_owned(), ["unknown"; 3]),
            (r#"{"success":true}"#.to_owned(), ["unknown"; 3]),
            (format!("[{done}]"), ["done", "unknown", "done"]),
            (format!("[{done},{done}]"), ["unknown"; 3]),
            (r#"[{"index":1,"id":2,"error":"TicketDeleteFailed","details":"no"}]"#.to_owned(), ["unknown", "failed", "unknown"]),
            (r#"[{"index":1,"id":2,"error":"RecordNotFound"}]"#.to_owned(), ["unknown", "not_found", "unknown"]),
            (r#"[{"id":2,"success":true,"error":"X"},{"id":1.0,"status":"Deleted","success":true},null]"#.to_owned(), ["unknown"; 3]),
        ] {
            for status in ["completed", "failed", "killed"] {
                let job = format!(r#"{{"id":"V3-1","status":"{status}","results":{results}}}"#);
                assert_eq!(words(&job), expected, "{job}");
            }
        }
    }
    #[test]
    fn one_object_confirms_a_completed_purge_and_nothing_else() {
        let purge = VendorJob::purge("V3-1");
        for (status, results, expected) in [
            ("completed", r#"{"success":true}"#, "done"),
            ("completed", r#"{"success":false}"#, "unknown"),
            ("completed", r#"{"success":"true"}"#, "unknown"),
            ("completed", r#"{"success":true,"error":"X"}"#, "unknown"),
            ("completed", "null", "unknown"),
            ("failed", r#"{"success":true}"#, "unknown"),
            ("killed", r#"{"success":true}"#, "unknown"),
        ] {
            let job = format!(r#"{{"id":"V3-1","status":"{status}","results":{results}}}"#);
            assert_eq!(words_of(&purge, &job), [expected; 3], "{job}");
        }
    }
}
