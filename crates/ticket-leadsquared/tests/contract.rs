//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is
//! concluded must equal both the file and the table below, which states the words and values that count.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use std::time::Duration;

use ticket_core::{
    Effect, Error, ErrorKind, Person, Priority, Status, Ticket, TicketId, TicketProvider as _,
};
use ticket_leadsquared::{LeadSquared, LeadSquaredConfig, wire};
use ticket_sandbox::{Failure, Recording, Sandbox, Vendor};

/// Each recorded case with what it must give: a value of the success, or the vendor's words.
const CASES: &[(&str, &str, &str)] = &[
    ("create", "bad-request", ""),
    ("create", "failure-in-200", "<reason>"),
    ("create", "gateway-timeout-html", ""),
    (
        "create",
        "mandatory-field-missing-500",
        "'leadId' is mandatory for updating lead",
    ),
    ("create", "no-id", ""),
    ("create", "not-found", ""),
    ("create", "ok", CREATED),
    ("create", "ok-new-lead", CREATED),
    ("create", "ok-numeric-id", CREATED),
    ("create", "rate-limited", ""),
    ("create", "server-error", ""),
    ("create", "unauthenticated", ""),
    ("delete", "bad-request", ""),
    ("delete", "empty-body", ""),
    ("delete", "failed-ids-as-strings", "160 deleted, 161 failed"),
    ("delete", "id-in-neither-list", "160 deleted, 161 unknown"),
    ("delete", "not-found", ""),
    ("delete", "ok", "160 deleted, 161 deleted"),
    ("delete", "ok-ids-as-strings", "160 deleted, 161 deleted"),
    ("delete", "partial-failure", "160 deleted, 161 failed"),
    ("delete", "rate-limited", ""),
    (
        "delete",
        "rate-limited-plain-text",
        "API calls exceeded the limit of 25 in 5 second(s)",
    ),
    ("delete", "rate-limited-seconds", ""),
    ("delete", "server-error", ""),
    ("delete", "single-failed", "161 failed"),
    ("delete", "truncated-json", ""),
    ("delete", "unauthenticated", ""),
    ("get", "not-found", ""),
    ("get", "not-found-html", ""),
    ("get", "ok", SAMPLE),
];

const SAMPLE: &str = "143: Update Email Id; Example description; open medium General; \
    330fba67-6795-46c2-9dad-077794077f70; due 2024-08-29T10:36:23Z; 12 fields kept";
const CREATED: &str = "34 27e8259d-0681-4adb-b5e8-14f66a208dd4 #034";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");

fn provider(sandbox: &Sandbox) -> LeadSquared {
    let base_url = sandbox.base_url(Vendor::LeadSquared);
    LeadSquared::new(&LeadSquaredConfig::new(
        base_url,
        "22824",
        "<access-key>",
        "<secret-key>",
    ))
    .unwrap()
}

#[tokio::test]
async fn every_recorded_exchange_is_sent_and_understood() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = provider(&sandbox);
    let problems = sandbox
        .replay(FOLDER, CASES, async |recording: &Recording| {
            perform(&provider, recording).await
        })
        .await
        .unwrap();
    assert!(problems.is_empty(), "{problems:#?}");
}

async fn perform(provider: &LeadSquared, recording: &Recording) -> Result<String, Failure> {
    match recording.operation.as_str() {
        "get" => {
            let id = TicketId::new(recording.request.path.rsplit('/').next().unwrap());
            provider
                .get(&id)
                .await
                .map(|ticket| summary(&ticket))
                .map_err(|error| failure(&error, recording))
        }
        "create" => {
            let body = &recording.request.body;
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let fields = body
                .get("Fields")
                .and_then(|fields| fields.as_array())
                .unwrap();
            let fields = fields
                .iter()
                .map(|field| {
                    wire::NewField::new(
                        text(field.get("SchemaName").unwrap()),
                        text(field.get("Value").unwrap()),
                    )
                })
                .collect();
            let ticket = wire::CreateTicket::new(body.get("LeadId").map(text), fields);
            let created = provider
                .create_ticket(&ticket)
                .await
                .map_err(|error| failure(&error, recording))?
                .value;
            Ok(format!(
                "{} {} {}",
                created.id.as_str(),
                created.ticket_id.unwrap(),
                created.key.unwrap()
            ))
        }
        "delete" => delete(provider, recording).await,
        other => panic!("no such operation: {other}"),
    }
}

/// A report with outcomes other than "deleted" is the recordings' `partial_failure`: of no effect only where
/// every ticket was refused.
async fn delete(provider: &LeadSquared, recording: &Recording) -> Result<String, Failure> {
    let ids = recording
        .request
        .body
        .get("TicketIds")
        .and_then(|ids| ids.as_array())
        .unwrap();
    let ids: Vec<TicketId> = ids.iter().map(|id| id.as_str().unwrap().into()).collect();
    let report = provider
        .delete(&ids)
        .await
        .map_err(|error| failure(&error, recording))?;
    let words: Vec<_> = report
        .iter()
        .map(|(id, outcome)| format!("{id} {outcome}"))
        .collect();
    if report.all_deleted() {
        return Ok(words.join(", "));
    }
    let refused = |outcome: &ticket_core::DeleteOutcome| {
        outcome
            .error()
            .is_some_and(|error| error.effect() == Effect::None)
    };
    Err(Failure {
        kind: "partial_failure".to_owned(),
        effect: if report.iter().all(|(_, outcome)| refused(outcome)) {
            "none"
        } else {
            "unknown"
        }
        .to_owned(),
        retry_after: None,
        words: words.join(", "),
    })
}

fn failure(error: &Error, recording: &Recording) -> Failure {
    assert_eq!(error.provider(), Some("leadsquared"));
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains("<access-key>") && !shown.contains("<secret-key>"),
        "{shown}"
    );
    let mut retry_after = error.retry_after();
    if error.kind() == ErrorKind::RateLimited {
        assert_eq!(
            retry_after,
            Some(Duration::from_secs(5)),
            "the documented window"
        );
        // The recordings hold what the reply states.
        retry_after = retry_after.filter(|_| recording.case == "rate-limited-seconds");
    }
    Failure {
        kind: error.kind().to_string(),
        effect: error.effect().to_string(),
        retry_after,
        words: error.vendor_message().unwrap_or_default().to_owned(),
    }
}

/// Every mapped field of a ticket, and how many fields of the vendor's `raw` still holds.
fn summary(ticket: &Ticket) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let requester: Person = ticket.requester.clone().unwrap();
    let raw: serde_json::Value = serde_json::from_str(ticket.raw.get()).unwrap();
    format!(
        "{}: {}; {}; {} {} {}; {}; due {}; {} fields kept",
        ticket.id,
        text(&ticket.subject),
        text(&ticket.description),
        ticket.status.as_ref().map_or("", Status::as_str),
        ticket.priority.as_ref().map_or("", Priority::as_str),
        text(&ticket.category),
        text(&requester.id),
        ticket.due_at.unwrap(),
        raw.get("Fields")
            .and_then(|fields| fields.as_array())
            .unwrap()
            .len(),
    )
}
