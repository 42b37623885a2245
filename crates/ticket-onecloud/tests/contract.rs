//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is
//! concluded must equal both the file and the table below, which states the words and values that count.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use ticket_core::{
    Error, NewTicket, Person, Priority, Status, Ticket, TicketId, TicketProvider as _,
};
use ticket_onecloud::{OneCloud, OneCloudConfig};
use ticket_sandbox::{Failure, Recording, Sandbox, Vendor};

const QUOTA: &str = "time limit reached please try again tomorrow at 18:00 - 06:00";

/// Jakarta is seven hours ahead of UTC.
const SAMPLE: &str = "1234: brosur; xxx; closed low 332; 31329 to 268 admin22; \
    2017-07-10T00:08:46Z 2018-10-16T18:53:21Z 2018-10-16T18:53:21Z never; 55 keys kept";

/// Each recorded case with what it must give: a value of the success, or the vendor's words.
const CASES: &[(&str, &str, &str)] = &[
    ("create", "error-envelope-in-200", "Expired token"),
    ("create", "expired-token", "Expired token"),
    ("create", "failure-code-in-200", "Failed"),
    ("create", "gateway-html", ""),
    ("create", "no-ticket-id", ""),
    ("create", "ok", "515090"),
    ("create", "ok-numeric-ticket-id", "515090"),
    ("create", "ok-with-coordinate", "515090"),
    ("create", "over-quota", QUOTA),
    ("create", "server-error", ""),
    ("create", "truncated-json", ""),
    ("create", "unavailable-retry-after", ""),
    ("delete", "error-envelope-in-200", "Expired token"),
    ("delete", "expired-token", "Expired token"),
    ("delete", "html-in-200", ""),
    ("delete", "not-found", ""),
    ("delete", "ok", "deleted"),
    ("delete", "ok-empty-body", "deleted"),
    ("delete", "ok-no-content", "deleted"),
    ("delete", "over-quota", QUOTA),
    ("get", "empty-object", ""),
    ("get", "error-envelope-in-200", "Expired token"),
    ("get", "expired-token", "Expired token"),
    ("get", "missing-token", "jwt token not found"),
    ("get", "not-found", ""),
    ("get", "ok", SAMPLE),
    ("get", "over-quota", QUOTA),
    ("get", "rate-limited-http-date", ""),
    ("get", "truncated-json", ""),
];

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");

#[tokio::test]
async fn every_recorded_exchange_is_sent_and_understood() {
    let sandbox = Sandbox::start().await.unwrap();
    let config = OneCloudConfig::new(sandbox.base_url(Vendor::OneCloud), "<token>");
    let provider = OneCloud::new(&config).unwrap();
    let perform =
        async |recording: &Recording| perform(&provider, recording).await.map_err(failure);
    let problems = sandbox.replay(FOLDER, CASES, perform).await.unwrap();
    assert!(problems.is_empty(), "{problems:#?}");
}

async fn perform(provider: &OneCloud, recording: &Recording) -> Result<String, Error> {
    let id = TicketId::new(recording.request.path.rsplit('/').next().unwrap());
    match recording.operation.as_str() {
        "get" => provider.get(&id).await.map(|ticket| summary(&ticket)),
        "create" => {
            let field = |name: &str| {
                recording
                    .request
                    .body
                    .get(name)
                    .and_then(|value| value.as_str())
            };
            let mut ticket = NewTicket::new(field("subject").unwrap())
                .description(field("content").unwrap())
                .category(field("category").unwrap())
                .requester(
                    Person::named(field("fullName").unwrap()).email(field("contact").unwrap()),
                );
            if let Some(coordinate) = field("coordinate") {
                ticket = ticket.custom("coordinate", coordinate);
            }
            provider
                .create(&ticket)
                .await
                .map(|created| created.id.to_string())
        }
        "delete" => {
            let report = provider.delete(std::slice::from_ref(&id)).await?;
            let outcome = report.outcome(&id).unwrap();
            outcome
                .error()
                .map_or_else(|| Ok(outcome.to_string()), |error| Err(error.clone()))
        }
        other => panic!("no such operation: {other}"),
    }
}

fn failure(error: Error) -> Failure {
    assert_eq!(error.provider(), Some("onecloud"));
    assert!(!format!("{error} {error:?}").contains("<token>"), "{error}");
    Failure {
        kind: error.kind().to_string(),
        effect: error.effect().to_string(),
        retry_after: error.retry_after(),
        words: error.vendor_message().unwrap_or_default().to_owned(),
    }
}

/// Every mapped field of a ticket, and how many keys of the vendor's `raw` still holds.
fn summary(ticket: &Ticket) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time =
        |time: Option<jiff::Timestamp>| time.map_or("never".to_owned(), |time| time.to_string());
    let (requester, assignee) = (
        ticket.requester.clone().unwrap(),
        ticket.assignee.clone().unwrap(),
    );
    let raw: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(ticket.raw.get()).unwrap();
    assert!(
        raw.values()
            .all(|value| value.is_string() || value.is_null())
    );
    format!(
        "{}: {}; {}; {} {} {}; {} to {} {}; {} {} {} {}; {} keys kept",
        ticket.id,
        text(&ticket.subject),
        text(&ticket.description),
        ticket.status.as_ref().map_or("", Status::as_str),
        ticket.priority.as_ref().map_or("", Priority::as_str),
        text(&ticket.category),
        text(&requester.id),
        text(&assignee.id),
        text(&assignee.name),
        time(ticket.created_at),
        time(ticket.updated_at),
        time(ticket.closed_at),
        time(ticket.due_at),
        raw.len(),
    )
}
