//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is
//! concluded must equal both the file and the table below, which states the words and values that count.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use ticket_core::{
    Cursor, Error, NewTicket, Page, Person, Priority, State, Status, Ticket, TicketId, TicketPatch,
    TicketProvider as _, TicketQuery,
};
use ticket_sandbox::{Failure, Recording, Sandbox, Vendor};
use ticket_sweeppea::{Sweeppea, SweeppeaConfig};

const BAD_TOKEN: &str = "Invalid or Missing Bearer Token";
const NO_TICKET: &str = "Ticket Not Found, Already Closed, or Not Owned by User";

/// Each recorded case with what it must give: a value of the success, or the vendor's words.
const CASES: &[(&str, &str, &str)] = &[
    ("create", "bad-token", BAD_TOKEN),
    ("create", "busy", ""),
    ("create", "invalid-key", "Invalid API Token"),
    (
        "create",
        "invalid-priority",
        "Invalid Priority Value. Must be 1 (Low), 2 (Medium), or 3 (High)",
    ),
    (
        "create",
        "missing-fields",
        "Missing Required Fields: Title, Description and Priority are required",
    ),
    (
        "create",
        "missing-fields-new",
        "Missing Required Fields: Title, Description and Priority are required",
    ),
    ("create", "no-case-number", ""),
    ("create", "ok", "2650478"),
    ("create", "ok-assigned-new", "2650478"),
    ("create", "ok-unassigned-new", "2650478"),
    (
        "create",
        "rate-limited",
        "Rate limit exceeded. Your plan allows 150 API calls per minute. Wait a few seconds and try again.",
    ),
    ("create", "server-error", "Internal Server Error"),
    ("create", "truncated-json", ""),
    (
        "create",
        "unknown-admin-new",
        "No admin user found matching \"support@yourdomain.com\". Only admin users can be assigned to tickets. Provide a valid admin name or email.",
    ),
    ("create", "user-not-found", "User Not Found"),
    ("delete", "bad-token", BAD_TOKEN),
    (
        "delete",
        "bad-token-new",
        "Missing or invalid Bearer token. Send your API token in the Authorization header as: Authorization: Bearer YOUR_API_TOKEN",
    ),
    ("delete", "empty-body", ""),
    ("delete", "invalid-key", "Invalid API Token"),
    (
        "delete",
        "invalid-key-new",
        "Invalid API token. It does not match any account.",
    ),
    (
        "delete",
        "locked",
        "Ticket ABC1234 is locked while our engineering team works on it. It can be deleted once that work is finished.",
    ),
    (
        "delete",
        "missing-case-id",
        "Missing Required Field: CaseId is required",
    ),
    (
        "delete",
        "missing-case-id-new",
        "Missing Required Field: CaseId is required",
    ),
    ("delete", "not-found", NO_TICKET),
    ("delete", "ok", "deleted"),
    ("delete", "response-false-in-200", NO_TICKET),
    ("delete", "server-error", "Internal Server Error"),
    (
        "delete",
        "server-error-new",
        "Internal server error. Please try again; if it persists, contact support with the time of this request.",
    ),
    ("get", "bad-token", BAD_TOKEN),
    ("get", "gateway-html", ""),
    ("get", "invalid-key", "Invalid API Token"),
    ("get", "missing-case-number", "Missing caseNumber"),
    ("get", "not-found", "Ticket Not Found or Access Denied"),
    ("get", "ok", SAMPLE),
    ("get", "ok-closed", SAMPLE_CLOSED),
    ("get", "server-error", "Internal Server Error"),
    (
        "list",
        "closed-bad-token-new",
        "Missing or invalid Bearer token. Send your API token in the Authorization header as: Authorization: Bearer YOUR_API_TOKEN",
    ),
    (
        "list",
        "closed-bad-token",
        "Invalid or Missing Bearer Token",
    ),
    (
        "list",
        "closed-invalid-key-new",
        "Invalid API token. It does not match any account.",
    ),
    ("list", "closed-invalid-key", "Invalid API Token"),
    (
        "list",
        "closed-invalid-platform-new",
        "Invalid platform value. Must be one of: general, renaissance, overture, winners, soprano, symphony, sonata, papyrus, website, blog, enewsletter, socialmedia, api, aws, shopify, instakes, mcp-server, sweeppea-cli, n8n, other",
    ),
    ("list", "closed-ok-new", CLOSED_ROW),
    ("list", "closed-ok", CLOSED_ROW),
    (
        "list",
        "closed-server-error-new",
        "Internal server error. Please try again; if it persists, contact support with the time of this request.",
    ),
    ("list", "closed-server-error", "Internal Server Error"),
    (
        "list",
        "open-account-disabled-new",
        "Your account is disabled or hibernating. Contact support for more information.",
    ),
    (
        "list",
        "open-account-disabled",
        "Account is disabled. Please contact support.",
    ),
    ("list", "open-bad-token", "Invalid or Missing Bearer Token"),
    ("list", "open-busy", ""),
    (
        "list",
        "open-domain-restricted",
        "API access restricted. Wildcard domain (*) required.",
    ),
    ("list", "open-firewall-html", ""),
    ("list", "open-invalid-key", "Invalid API Token"),
    ("list", "open-ok-empty", "; 0 in all; next none"),
    ("list", "open-ok", OPEN_ROW),
    (
        "list",
        "open-quota-exhausted",
        "Monthly API quota exhausted",
    ),
    (
        "list",
        "open-rate-limited",
        "Rate limit exceeded. Your plan allows 150 API calls per minute. Wait a few seconds and try again.",
    ),
    ("list", "open-server-error", "Internal Server Error"),
    ("list", "open-unrecognised-403", "Forbidden"),
    ("resolve", "bad-token", "Invalid or Missing Bearer Token"),
    ("resolve", "invalid-key", "Invalid API Token"),
    (
        "resolve",
        "locked",
        "Ticket ABC1234 is locked while our engineering team works on it. It can be deleted once that work is finished.",
    ),
    (
        "resolve",
        "missing-case-id",
        "Missing Required Field: CaseId is required",
    ),
    ("resolve", "not-found", "Ticket Not Found or Already Closed"),
    ("resolve", "ok", "resolved"),
    ("resolve", "server-error", "Internal Server Error"),
    ("update", "closed-ticket", "Cannot update closed ticket"),
    ("update", "invalid-key", "Invalid API Token"),
    (
        "update",
        "locked",
        "Ticket ABC1234 is locked while our engineering team works on it. It can be deleted once that work is finished.",
    ),
    ("update", "missing-case-id", "CaseId is required"),
    ("update", "missing-token", "Unauthorized: Missing token"),
    (
        "update",
        "no-fields",
        "At least one field (Title or Description) must be provided",
    ),
    (
        "update",
        "no-permission",
        "You do not have permission to update this ticket",
    ),
    ("update", "not-found", "Ticket not found"),
    ("update", "ok", "updated"),
    (
        "update",
        "server-error",
        "Internal server error: [error details]",
    ),
];

const OPEN_ROW: &str = "ABC1234: Issue with sweepstakes configuration (truncated to 100 chars max); \
    open medium renaissance; 2025-01-26T10:00:00Z, XYZ5678: API integration question; \
    open low api; 2025-01-25T14:00:00Z; 45 in all; next open:2:2";
const CLOSED_ROW: &str = "ABC1234: Issue with sweepstakes configuration (truncated to 100 chars max); \
    closed medium renaissance; 2025-01-26T10:00:00Z, XYZ5678: API integration question; \
    closed low api; 2025-01-25T14:00:00Z; 45 in all; next closed:2:2";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");

#[tokio::test]
async fn every_recorded_exchange_is_sent_and_understood() {
    let sandbox = Sandbox::start().await.unwrap();
    let config = SweeppeaConfig::new("<api-key>").base_url(sandbox.base_url(Vendor::Sweeppea));
    let provider = Sweeppea::new(&config).unwrap();
    let perform = async |recording: &Recording| {
        perform(&provider, recording)
            .await
            .map_err(|error| failure(&error))
    };
    let problems = sandbox.replay(FOLDER, CASES, perform).await.unwrap();
    assert!(problems.is_empty(), "{problems:#?}");
}

/// The call of a recording, with values of its own: the file must ask for just this.
async fn perform(provider: &Sweeppea, recording: &Recording) -> Result<String, Error> {
    match recording.operation.as_str() {
        "get" => provider
            .get(&"HYXTNJV".into())
            .await
            .map(|ticket| summary(&ticket)),
        "create" => {
            let mut ticket = NewTicket::new("Issue with sweepstakes entry")
                .description(
                    "Users are unable to submit entries on the mobile version of the entry page",
                )
                .priority(Priority::Medium);
            if ["ok-assigned-new", "unknown-admin-new"].contains(&recording.case.as_str()) {
                ticket = ticket.assignee("support@yourdomain.com");
            }
            provider
                .create(&ticket)
                .await
                .map(|created| created.id.to_string())
        }
        "delete" => {
            let id = TicketId::new("2531581");
            let report = provider.delete(std::slice::from_ref(&id)).await?;
            let outcome = report.outcome(&id).unwrap();
            outcome
                .error()
                .map_or_else(|| Ok(outcome.to_string()), |error| Err(error.clone()))
        }
        "list" => {
            let state = if recording.case.starts_with("open") {
                State::Open
            } else {
                State::Closed
            };
            let query = TicketQuery::new()
                .state(state)
                .search("login issue")
                .category("renaissance")
                .priority(Priority::High);
            provider.list(&query).await.map(|page| list_summary(&page))
        }
        "update" => {
            let patch = TicketPatch::new()
                .subject("UPDATED: Issue with sweepstakes entry")
                .description(
                    "Users are unable to submit entries on both mobile and desktop versions",
                );
            provider
                .update(&"2650478".into(), &patch)
                .await
                .map(|()| "updated".to_owned())
        }
        "resolve" => provider
            .resolve(&"ABC1234".into())
            .await
            .map(|()| "resolved".to_owned()),
        other => panic!("no such operation: {other}"),
    }
}

fn list_summary(page: &Page<Ticket>) -> String {
    let row = |ticket: &Ticket| {
        let raw: serde_json::Value = serde_json::from_str(ticket.raw.get()).unwrap();
        assert_eq!(
            raw.get("CaseNumber").and_then(|id| id.as_str()),
            Some(ticket.id.as_str())
        );
        format!(
            "{}: {}; {} {} {}; {}",
            ticket.id,
            ticket.subject.clone().unwrap(),
            ticket.status.as_ref().unwrap(),
            ticket.priority.as_ref().unwrap(),
            ticket.category.clone().unwrap(),
            ticket.created_at.unwrap(),
        )
    };
    let rows: Vec<_> = page.items.iter().map(row).collect();
    let next = page.next.as_ref().map_or("none", Cursor::as_str);
    format!(
        "{}; {} in all; next {next}",
        rows.join(", "),
        page.total.unwrap()
    )
}

const SAMPLE: &str = "HYXTNJV: Issue with sweepstakes configuration; <p>Unable to configure the entry page settings...</p>; \
    open medium renaissance; John Doe john.doe@example.com 5551234567; 2025-01-26T10:00:00Z to never; extra 22";
const SAMPLE_CLOSED: &str = "HYXTNJV: Issue with sweepstakes configuration; <p>Unable to configure the entry page settings...</p>; \
    closed medium renaissance; John Doe john.doe@example.com 5551234567; 2025-01-26T10:00:00Z to 2026-01-26T12:05:35.534Z; extra 22";

/// Every mapped field of a ticket, and how many keys of the vendor's `raw` still holds.
fn summary(ticket: &Ticket) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time =
        |time: Option<jiff::Timestamp>| time.map_or("never".to_owned(), |time| time.to_string());
    let requester: Person = ticket.requester.clone().unwrap();
    let raw: serde_json::Value = serde_json::from_str(ticket.raw.get()).unwrap();
    let keys = raw
        .get("Data")
        .and_then(|data| data.as_object())
        .unwrap()
        .len();
    format!(
        "{}: {}; {}; {} {} {}; {} {} {}; {} to {}; extra {keys}",
        ticket.id,
        text(&ticket.subject),
        text(&ticket.description),
        ticket.status.as_ref().map_or("", Status::as_str),
        ticket.priority.as_ref().map_or("", Priority::as_str),
        text(&ticket.category),
        text(&requester.name),
        text(&requester.email),
        text(&requester.phone),
        time(ticket.created_at),
        time(ticket.closed_at),
    )
}

fn failure(error: &Error) -> Failure {
    assert_eq!(error.provider(), Some("sweeppea"));
    assert!(
        !format!("{error} {error:?}").contains("<api-key>"),
        "{error}"
    );
    Failure {
        kind: error.kind().to_string(),
        effect: error.effect().to_string(),
        retry_after: error.retry_after(),
        words: error.vendor_message().unwrap_or_default().to_owned(),
    }
}
