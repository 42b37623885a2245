//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is
//! concluded must equal both the file and the table below, which states the words and values that count.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use std::time::Duration;

use serde_json::Value;
use ticket_core::{
    Attachment, Effect, Error, ErrorKind, NewComment, Person, Priority, Status, Ticket, TicketId,
    TicketProvider as _,
};
use ticket_leadsquared::wire::{ActivityType, CreateTicket, NewField, UpdateTicket};
use ticket_leadsquared::{LeadSquared, LeadSquaredConfig, wire};
use ticket_sandbox::{Failure, Recording, Sandbox, Vendor};

/// Each recorded case with what it must give: a value of the success, or the vendor's words.
const CASES: &[(&str, &str, &str)] = &[
    ("comment", "note-ok", ""),
    ("comment", "note-rate-limited", ""),
    ("comment", "note-server-error", ""),
    ("comment", "note-unauthenticated", ""),
    ("comment", "portal-failure-in-200", "<reason>"),
    ("comment", "portal-ok", ""),
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
    (
        "create",
        "ok-with-files",
        "157 5af882cc-49c8-403f-8dba-c7e356e9baf7 #157",
    ),
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
    ("messages", "ok", CONVERSATION),
    ("messages", "ok-empty", "of 0"),
    ("messages", "server-error", ""),
    ("resolve", "failure-in-200", "<reason>"),
    ("resolve", "ok", "Success 143 #143"),
    ("update", "failure-in-200", "<reason>"),
    ("update", "ok", "Success 143 #143"),
    ("update", "ok-without-files", "Success 143 #143"),
    ("update", "server-error", ""),
];

const SAMPLE: &str = "143: Update Email Id; Example description; open medium General; \
    330fba67-6795-46c2-9dad-077794077f70; due 2024-08-29T10:36:23Z; 12 fields kept";
const CREATED: &str = "34 27e8259d-0681-4adb-b5e8-14f66a208dd4 #034";
const CONVERSATION: &str = "131 InboundEmail by a443f7b7-d1fd-11ec-993a-06f221480cd8 \
    at 2024-08-28T12:38:36.198: Example message <p>Example message</p>; 7 keys kept; of 2";
const LEAD_OF_34: &str = "45b5fded-e696-45a6-9fbb-c6af6178229e";
const LEAD_OF_143: &str = "330fba67-6795-46c2-9dad-077794077f70";
const LEAD_OF_157: &str = "8eee83bb-0462-4d6b-b396-6afb9a4608f2";
const WITH_FILE: &[(&str, &str)] = &[
    ("Title", "Example ticket with a file"),
    ("Description", "Example description"),
    ("Status", "Open"),
    ("Priority", "Low"),
    ("Channel", "Email"),
];
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

/// Makes the call that is recorded, with the values written here, so that a changed recording is noticed. By
/// the trait where it can express the request to the letter, which is not the case for the order of a new
/// ticket's fields, the lead of an update, and messages of one kind.
async fn perform(provider: &LeadSquared, recording: &Recording) -> Result<String, Failure> {
    let failed = |error: Error| failure(&error, recording);
    let case = recording.case.as_str();
    match recording.operation.as_str() {
        "get" => {
            let ticket = provider.get(&"143".into()).await.map_err(failed)?;
            Ok(summary(&ticket))
        }
        "create" => {
            let created = match case {
                "ok-with-files" => {
                    let ticket = CreateTicket::new(Some(LEAD_OF_157.to_owned()), fields(WITH_FILE));
                    provider
                        .create_ticket_with_files(&ticket, vec![screenshot()])
                        .await
                }
                "ok-new-lead" => {
                    let lead = ("LeadDetail.EmailAddress", "wim@example.com");
                    provider.create_ticket(&new_ticket(None, lead)).await
                }
                _ => {
                    let lead = ("RelatedCustomerId", LEAD_OF_34);
                    let ticket = new_ticket(Some(LEAD_OF_34.to_owned()), lead);
                    provider.create_ticket(&ticket).await
                }
            };
            let created = created.map_err(failed)?.value;
            Ok(format!(
                "{} {} {}",
                created.id.as_str(),
                created.ticket_id.unwrap(),
                created.key.unwrap()
            ))
        }
        // Resolving is an update of the status.
        operation @ ("update" | "resolve") => {
            let values: &[_] = if operation == "update" {
                &[("Status", "On Hold"), ("Priority", "Low")]
            } else {
                &[("Status", "Resolved")]
            };
            let update = UpdateTicket::new(Some(LEAD_OF_143.to_owned()), fields(values));
            let files = if (operation, case) == ("update", "ok") {
                vec![screenshot()]
            } else {
                Vec::new()
            };
            let updated = provider.update_ticket("143", &update, files).await;
            let updated = updated.map_err(failed)?.value;
            Ok(format!(
                "{} {} {}",
                updated.status,
                updated.id.as_str(),
                updated.key.unwrap()
            ))
        }
        "messages" => {
            let kinds = [ActivityType::InboundEmail];
            let reply = provider.filter_conversations("143", &kinds).await;
            Ok(conversations(&reply.map_err(failed)?.value))
        }
        "comment" => {
            let comment = if case.starts_with("note-") {
                NewComment::internal("Resolve this ticket ASAP.")
            } else {
                NewComment::inbound("Example comment")
            };
            let commented = provider.comment(&"143".into(), &comment).await;
            commented.map_err(failed)?;
            Ok(String::new())
        }
        "delete" => delete(provider, recording).await,
        other => panic!("no such operation: {other}"),
    }
}

fn new_ticket(lead_id: Option<String>, lead: (&str, &str)) -> CreateTicket {
    let values = [
        ("Title", "Test ticket from API"),
        lead,
        ("Description", "Example description"),
        ("Type", "General"),
        ("Status", "Open"),
        ("Priority", "Low"),
        ("Channel", "Chat"),
    ];
    CreateTicket::new(lead_id, fields(&values))
}

fn fields(values: &[(&str, &str)]) -> Vec<NewField> {
    let values = values.iter();
    values
        .map(|(name, value)| NewField::new(*name, *value))
        .collect()
}

/// The recordings leave the content of files free.
fn screenshot() -> Attachment {
    Attachment::new("screenshot.png", *b"content")
}

/// Everything modelled of each message, and how many of the vendor's keys its own `raw` still holds.
fn conversations(reply: &wire::Conversations) -> String {
    let mut lines: Vec<_> = reply
        .conversation_list
        .iter()
        .map(|row| {
            let text = |text: &Option<String>| text.clone().unwrap();
            let raw: Value = serde_json::from_str(row.raw.get()).unwrap();
            format!(
                "{} {} by {} at {}: {} {}; {} keys kept",
                row.value.id.as_str(),
                text(&row.value.related_activity_type),
                text(&row.value.created_by),
                text(&row.value.created_on),
                text(&row.value.text),
                text(&row.value.html),
                raw.as_object().unwrap().len(),
            )
        })
        .collect();
    lines.push(format!("of {}", reply.total.unwrap()));
    lines.join("; ")
}

/// A report with outcomes other than "deleted" is the recordings' `partial_failure`: of no effect only where
/// every ticket was refused.
async fn delete(provider: &LeadSquared, recording: &Recording) -> Result<String, Failure> {
    let ids: &[&str] = match recording.case.as_str() {
        "single-failed" => &["161"],
        _ => &["160", "161"],
    };
    let ids: Vec<TicketId> = ids.iter().copied().map(TicketId::from).collect();
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
