//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is
//! concluded must equal both the file and the table below, which states the words and values that count.
#![allow(clippy::panic, reason = "helpers of tests may panic")]

use ticket_core::model::{Priority, State};
use ticket_core::{NewTicket, TicketPatch, TicketQuery};
use ticket_sweeppea::{Sweeppea, SweeppeaConfig};
use ticket_testkit::Call;
use ticket_testkit::contract::{Contract, Recording};

/// Each recorded case with what it must give: the result of a success, or the vendor's words.
#[rustfmt::skip]
const CASES: &[(&str, &str)] = &[
    ("create-bad-token",                 BAD_TOKEN),
    ("create-busy",                      ""),
    ("create-invalid-key",               "Invalid API Token"),
    ("create-invalid-priority",          "Invalid Priority Value. Must be 1 (Low), 2 (Medium), or 3 (High)"),
    ("create-missing-fields",            "Missing Required Fields: Title, Description and Priority are required"),
    ("create-missing-fields-new",        "Missing Required Fields: Title, Description and Priority are required"),
    ("create-no-case-number",            ""),
    ("create-ok",                        r#"{ "id": "2650478", "raw": "the reply" }"#),
    ("create-ok-assigned-new",           r#"{ "id": "2650478", "raw": "the reply" }"#),
    ("create-ok-unassigned-new",         r#"{ "id": "2650478", "raw": "the reply" }"#),
    ("create-rate-limited",              "Rate limit exceeded. Your plan allows 150 API calls per minute. Wait a few seconds and try again."),
    ("create-server-error",              "Internal Server Error"),
    ("create-truncated-json",            ""),
    ("create-unknown-admin-new",         "No admin user found matching \"support@yourdomain.com\". Only admin users can be assigned to tickets. Provide a valid admin name or email."),
    ("create-user-not-found",            "User Not Found"),
    ("delete-bad-token",                 BAD_TOKEN),
    ("delete-bad-token-new",             "Missing or invalid Bearer token. Send your API token in the Authorization header as: Authorization: Bearer YOUR_API_TOKEN"),
    ("delete-empty-body",                ""),
    ("delete-invalid-key",               "Invalid API Token"),
    ("delete-invalid-key-new",           "Invalid API token. It does not match any account."),
    ("delete-locked",                    "Ticket ABC1234 is locked while our engineering team works on it. It can be deleted once that work is finished."),
    ("delete-missing-case-id",           "Missing Required Field: CaseId is required"),
    ("delete-missing-case-id-new",       "Missing Required Field: CaseId is required"),
    ("delete-not-found",                 NO_TICKET),
    ("delete-ok",                        "2531581 deleted"),
    ("delete-response-false-in-200",     NO_TICKET),
    ("delete-server-error",              "Internal Server Error"),
    ("delete-server-error-new",          "Internal server error. Please try again; if it persists, contact support with the time of this request."),
    ("get-bad-token",                    BAD_TOKEN),
    ("get-gateway-html",                 ""),
    ("get-invalid-key",                  "Invalid API Token"),
    ("get-missing-case-number",          "Missing caseNumber"),
    ("get-not-found",                    "Ticket Not Found or Access Denied"),
    ("get-ok",                           SAMPLE),
    ("get-ok-closed",                    SAMPLE_CLOSED),
    ("get-server-error",                 "Internal Server Error"),
    ("list-closed-bad-token-new",        "Missing or invalid Bearer token. Send your API token in the Authorization header as: Authorization: Bearer YOUR_API_TOKEN"),
    ("list-closed-bad-token",            BAD_TOKEN),
    ("list-closed-invalid-key-new",      "Invalid API token. It does not match any account."),
    ("list-closed-invalid-key",          "Invalid API Token"),
    ("list-closed-invalid-platform-new", "Invalid platform value. Must be one of: general, renaissance, overture, winners, soprano, symphony, sonata, papyrus, website, blog, enewsletter, socialmedia, api, aws, shopify, instakes, mcp-server, sweeppea-cli, n8n, other"),
    ("list-closed-ok-new",               CLOSED_ROW),
    ("list-closed-ok",                   CLOSED_ROW),
    ("list-closed-server-error-new",     "Internal server error. Please try again; if it persists, contact support with the time of this request."),
    ("list-closed-server-error",         "Internal Server Error"),
    ("list-open-account-disabled-new",   "Your account is disabled or hibernating. Contact support for more information."),
    ("list-open-account-disabled",       "Account is disabled. Please contact support."),
    ("list-open-bad-token",              BAD_TOKEN),
    ("list-open-busy",                   ""),
    ("list-open-domain-restricted",      "API access restricted. Wildcard domain (*) required."),
    ("list-open-firewall-html",          ""),
    ("list-open-invalid-key",            "Invalid API Token"),
    ("list-open-ok-empty",               r#"{ "total": 0 }"#),
    ("list-open-ok",                     OPEN_ROW),
    ("list-open-quota-exhausted",        "Monthly API quota exhausted"),
    ("list-open-rate-limited",           "Rate limit exceeded. Your plan allows 150 API calls per minute. Wait a few seconds and try again."),
    ("list-open-server-error",           "Internal Server Error"),
    ("list-open-unrecognised-403",       "Forbidden"),
    ("resolve-bad-token",                BAD_TOKEN),
    ("resolve-invalid-key",              "Invalid API Token"),
    ("resolve-locked",                   "Ticket ABC1234 is locked while our engineering team works on it. It can be deleted once that work is finished."),
    ("resolve-missing-case-id",          "Missing Required Field: CaseId is required"),
    ("resolve-not-found",                "Ticket Not Found or Already Closed"),
    ("resolve-ok",                       ""),
    ("resolve-server-error",             "Internal Server Error"),
    ("update-closed-ticket",             "Cannot update closed ticket"),
    ("update-invalid-key",               "Invalid API Token"),
    ("update-locked",                    "Ticket ABC1234 is locked while our engineering team works on it. It can be deleted once that work is finished."),
    ("update-missing-case-id",           "CaseId is required"),
    ("update-missing-token",             "Unauthorized: Missing token"),
    ("update-no-fields",                 "At least one field (Title or Description) must be provided"),
    ("update-no-permission",             "You do not have permission to update this ticket"),
    ("update-not-found",                 "Ticket not found"),
    ("update-ok",                        ""),
    ("update-server-error",              "Internal server error: [error details]"),
];

const SAMPLE: &str = r#"{
    "id": "HYXTNJV", "subject": "Issue with sweepstakes configuration",
    "description": "<p>Unable to configure the entry page settings...</p>",
    "status": "open", "priority": "medium", "category": "renaissance",
    "requester": { "name": "John Doe", "email": "john.doe@example.com", "phone": "5551234567" },
    "created_at": "2025-01-26T10:00:00Z", "raw": "the reply"
}"#;
const SAMPLE_CLOSED: &str = r#"{
    "id": "HYXTNJV", "subject": "Issue with sweepstakes configuration",
    "description": "<p>Unable to configure the entry page settings...</p>",
    "status": "closed", "priority": "medium", "category": "renaissance",
    "requester": { "name": "John Doe", "email": "john.doe@example.com", "phone": "5551234567" },
    "created_at": "2025-01-26T10:00:00Z", "closed_at": "2026-01-26T12:05:35.534Z", "raw": "the reply"
}"#;
const OPEN_ROW: &str = r#"{
    "items": [
        { "id": "ABC1234", "subject": "Issue with sweepstakes configuration (truncated to 100 chars max)",
          "status": "open", "priority": "medium", "category": "renaissance",
          "created_at": "2025-01-26T10:00:00Z", "raw": "/Data/Tickets/0" },
        { "id": "XYZ5678", "subject": "API integration question",
          "status": "open", "priority": "low", "category": "api",
          "created_at": "2025-01-25T14:00:00Z", "raw": "/Data/Tickets/1" }
    ],
    "total": 45, "next": "open:2:2:45"
}"#;
const CLOSED_ROW: &str = r#"{
    "items": [
        { "id": "ABC1234", "subject": "Issue with sweepstakes configuration (truncated to 100 chars max)",
          "status": "closed", "priority": "medium", "category": "renaissance",
          "created_at": "2025-01-26T10:00:00Z", "raw": "/Data/Tickets/0" },
        { "id": "XYZ5678", "subject": "API integration question",
          "status": "closed", "priority": "low", "category": "api",
          "created_at": "2025-01-25T14:00:00Z", "raw": "/Data/Tickets/1" }
    ],
    "total": 45, "next": "closed:2:2:45"
}"#;
const BAD_TOKEN: &str = "Invalid or Missing Bearer Token";
const NO_TICKET: &str = "Ticket Not Found, Already Closed, or Not Owned by User";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");

#[tokio::test]
async fn every_recorded_exchange_is_sent_and_understood() {
    let connect = |base_url: &str| {
        Sweeppea::new(&SweeppeaConfig::new("<api-key>").base_url(base_url)).unwrap()
    };
    let contract = Contract::new(FOLDER).secrets(&["<api-key>"]);
    contract
        .assert(CASES, connect, async |sweeppea, recording| {
            call(recording).on(sweeppea).await
        })
        .await;
}

/// The call of a recording, with values of its own: the file must ask for just this.
fn call(recording: &Recording) -> Call {
    match recording.operation.as_str() {
        "get" => Call::Get("HYXTNJV".into()),
        "create" => {
            let ticket = NewTicket::new("Issue with sweepstakes entry")
                .description(
                    "Users are unable to submit entries on the mobile version of the entry page",
                )
                .priority(Priority::Medium);
            Call::Create(match recording.case.as_str() {
                "ok-assigned-new" | "unknown-admin-new" => {
                    ticket.assignee("support@yourdomain.com")
                }
                _ => ticket,
            })
        }
        "delete" => Call::delete(["2531581"]),
        "list" => {
            let state = if recording.case.starts_with("open") {
                State::Open
            } else {
                State::Closed
            };
            let query = TicketQuery::new().state(state).search("login issue");
            Call::List(query.category("renaissance").priority(Priority::High))
        }
        "update" => {
            let patch = TicketPatch::new()
                .subject("UPDATED: Issue with sweepstakes entry")
                .description(
                    "Users are unable to submit entries on both mobile and desktop versions",
                );
            Call::Update("2650478".into(), patch)
        }
        "resolve" => Call::Resolve("ABC1234".into()),
        other => panic!("no such operation: {other}"),
    }
}
