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

/// Makes the recorded call: by the trait where it can express the request to the letter, which is not the
/// case for the order of a new ticket's fields, the lead of an update, and messages of one kind.
async fn perform(provider: &LeadSquared, recording: &Recording) -> Result<String, Failure> {
    let failed = |error: Error| failure(&error, recording);
    let body = &recording.request.body;
    match recording.operation.as_str() {
        "get" => {
            let id = TicketId::new(recording.request.path.rsplit('/').next().unwrap());
            let ticket = provider.get(&id).await.map_err(failed)?;
            Ok(summary(&ticket))
        }
        "create" => {
            let (ticket, files) = ticket_and_files(recording);
            let ticket = CreateTicket::new(lead_id(&ticket), fields(&ticket));
            let created = if recording.request.multipart.is_some() {
                provider.create_ticket_with_files(&ticket, files).await
            } else {
                provider.create_ticket(&ticket).await
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
        "update" | "resolve" => {
            let (ticket, files) = ticket_and_files(recording);
            let update = UpdateTicket::new(lead_id(&ticket), fields(&ticket));
            let id = text(ticket.get("Id").unwrap());
            let updated = provider.update_ticket(&id, &update, files).await;
            let updated = updated.map_err(failed)?.value;
            Ok(format!(
                "{} {} {}",
                updated.status,
                updated.id.as_str(),
                updated.key.unwrap()
            ))
        }
        "messages" => {
            let id = body.get("TicketId").unwrap().to_string();
            let kinds = body.get("ActivityType").and_then(Value::as_array).unwrap();
            let kinds: Vec<ActivityType> = kinds.iter().map(activity_type).collect();
            let reply = provider.filter_conversations(&id, &kinds).await;
            Ok(conversations(&reply.map_err(failed)?.value))
        }
        "comment" => {
            let (id, comment) = match body.get("RelatedTicketId") {
                Some(id) => (
                    id.to_string(),
                    NewComment::internal(text(body.get("TextPart").unwrap())),
                ),
                None => (
                    recording.request.path.split('/').nth(5).unwrap().to_owned(),
                    NewComment::inbound(text(body.get("Text").unwrap())),
                ),
            };
            let commented = provider.comment(&id.into(), &comment).await;
            commented.map_err(failed)?;
            Ok(String::new())
        }
        "delete" => delete(provider, recording).await,
        other => panic!("no such operation: {other}"),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The ticket that a create or an update sends, and its files, whose content the recordings leave free.
fn ticket_and_files(recording: &Recording) -> (Value, Vec<Attachment>) {
    let Some(parts) = &recording.request.multipart else {
        return (recording.request.body.clone(), Vec::new());
    };
    let ticket = parts.iter().find_map(|part| part.text.as_deref()).unwrap();
    let names = parts.iter().filter_map(|part| part.file_name.as_deref());
    let files = names.map(|name| Attachment::new(name, *b"content"));
    (serde_json::from_str(ticket).unwrap(), files.collect())
}

fn lead_id(ticket: &Value) -> Option<String> {
    ticket.get("LeadId").map(text)
}

fn fields(ticket: &Value) -> Vec<NewField> {
    let fields = ticket.get("Fields").and_then(Value::as_array).unwrap();
    let of = |field: &Value, key: &str| text(field.get(key).unwrap());
    fields
        .iter()
        .map(|field| NewField::new(of(field, "SchemaName"), of(field, "Value")))
        .collect()
}

fn activity_type(name: &Value) -> ActivityType {
    let mut all = ActivityType::ALL.iter();
    let same = |kind: &&ActivityType| serde_json::to_value(kind).unwrap() == *name;
    *all.find(same).unwrap()
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
