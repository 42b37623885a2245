//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is
//! concluded must equal both the file and the table below, which states the words and values that count.
#![allow(clippy::panic, reason = "helpers of tests may panic")]

use std::time::Duration;

use serde_json::json;
use ticket_core::model::Attachment;
use ticket_core::{NewComment, Result};
use ticket_leadsquared::wire::{ActivityType, CreateTicket, NewField, UpdateTicket};
use ticket_leadsquared::{LeadSquared, LeadSquaredConfig, wire};
use ticket_testkit::contract::{Contract, Recording};
use ticket_testkit::{Call, CallOutput};

/// Each recorded case with what it must give: the result of a success, or the vendor's words.
#[rustfmt::skip]
const CASES: &[(&str, &str)] = &[
    ("comment-note-ok",                    ""),
    ("comment-note-rate-limited",          ""),
    ("comment-note-server-error",          ""),
    ("comment-note-unauthenticated",       ""),
    ("comment-portal-failure-in-200",      "<reason>"),
    ("comment-portal-ok",                  ""),
    ("create-bad-request",                 ""),
    ("create-failure-in-200",              "<reason>"),
    ("create-gateway-timeout-html",        ""),
    ("create-mandatory-field-missing-500", "'leadId' is mandatory for updating lead"),
    ("create-no-id",                       ""),
    ("create-not-found",                   ""),
    ("create-ok",                          CREATED),
    ("create-ok-new-lead",                 CREATED),
    ("create-ok-numeric-id",               CREATED),
    ("create-ok-with-files",               r##"["157", "5af882cc-49c8-403f-8dba-c7e356e9baf7", "#157"]"##),
    ("create-rate-limited",                ""),
    ("create-server-error",                ""),
    ("create-unauthenticated",             ""),
    ("delete-bad-request",                 ""),
    ("delete-empty-body",                  ""),
    ("delete-failed-ids-as-strings",       "160 deleted, 161 failed"),
    ("delete-id-in-neither-list",          "160 deleted, 161 unknown"),
    ("delete-not-found",                   ""),
    ("delete-ok",                          "160 deleted, 161 deleted"),
    ("delete-ok-ids-as-strings",           "160 deleted, 161 deleted"),
    ("delete-partial-failure",             "160 deleted, 161 failed"),
    ("delete-rate-limited",                ""),
    ("delete-rate-limited-plain-text",     "API calls exceeded the limit of 25 in 5 second(s)"),
    ("delete-rate-limited-seconds",        ""),
    ("delete-server-error",                ""),
    ("delete-single-failed",               "161 failed"),
    ("delete-truncated-json",              ""),
    ("delete-unauthenticated",             ""),
    ("get-not-found",                      ""),
    ("get-not-found-html",                 ""),
    ("get-ok",                             SAMPLE),
    ("messages-ok",                        CONVERSATION),
    ("messages-ok-empty",                  r#"{ "total": 0 }"#),
    ("messages-server-error",              ""),
    ("resolve-failure-in-200",             "<reason>"),
    ("resolve-ok",                         r##"["Success", "143", "#143"]"##),
    ("update-failure-in-200",              "<reason>"),
    ("update-ok",                          r##"["Success", "143", "#143"]"##),
    ("update-ok-without-files",            r##"["Success", "143", "#143"]"##),
    ("update-server-error",                ""),
];

const SAMPLE: &str = r#"{
    "id": "143", "subject": "Update Email Id", "description": "Example description",
    "status": "open", "priority": "medium", "category": "General",
    "requester": { "id": "330fba67-6795-46c2-9dad-077794077f70" },
    "due_at": "2024-08-29T10:36:23Z", "raw": "the reply"
}"#;
const CREATED: &str = r##"["34", "27e8259d-0681-4adb-b5e8-14f66a208dd4", "#034"]"##;
const CONVERSATION: &str = r#"{
    "items": [
        { "id": "131", "kind": "InboundEmail", "by": "a443f7b7-d1fd-11ec-993a-06f221480cd8",
          "at": "2024-08-28T12:38:36.198", "text": "Example message", "html": "<p>Example message</p>",
          "raw": "/ConversationList/0" }
    ],
    "total": 2
}"#;
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

#[tokio::test]
async fn every_recorded_exchange_is_sent_and_understood() {
    let connect = |base_url: &str| {
        let config = LeadSquaredConfig::new(base_url, "22824", "<access-key>", "<secret-key>");
        LeadSquared::new(&config).unwrap()
    };
    Contract::new(FOLDER)
        .secrets(&["<access-key>", "<secret-key>"])
        // The documented window.
        .usual_wait(Duration::from_secs(5))
        .assert(CASES, connect, perform)
        .await;
}

/// Makes the call that is recorded, with the values written here, so that a changed recording is noticed. By
/// the trait where it can express the request to the letter, which is not the case for the order of a new
/// ticket's fields, the lead of an update, and messages of one kind.
async fn perform(leadsquared: &LeadSquared, recording: &Recording) -> Result<CallOutput> {
    let case = recording.case.as_str();
    let call = match recording.operation.as_str() {
        "get" => Call::Get("143".into()),
        "create" => return create(leadsquared, case).await,
        // Resolving is an update of the status.
        operation @ ("update" | "resolve") => {
            let values: &[_] = if operation == "update" {
                &[("Status", "On Hold"), ("Priority", "Low")]
            } else {
                &[("Status", "Resolved")]
            };
            let update = UpdateTicket::new(Some(LEAD_OF_143.to_owned()), fields(values));
            let has_file = (operation, case) == ("update", "ok");
            let files = has_file.then(screenshot).into_iter().collect();
            let updated = leadsquared
                .update_ticket("143", &update, files)
                .await?
                .value;
            let told = (updated.status, updated.id.as_str(), updated.key);
            return Ok(CallOutput::of(&told));
        }
        "messages" => {
            let kinds = [ActivityType::InboundEmail];
            let found = leadsquared.filter_conversations("143", &kinds).await?;
            return Ok(conversations(&found.value));
        }
        "comment" => Call::Comment(
            "143".into(),
            if case.starts_with("note-") {
                NewComment::internal("Resolve this ticket ASAP.")
            } else {
                NewComment::inbound("Example comment")
            },
        ),
        "delete" if case == "single-failed" => Call::delete(["161"]),
        "delete" => Call::delete(["160", "161"]),
        other => panic!("no such operation: {other}"),
    };
    call.on(leadsquared).await
}

async fn create(leadsquared: &LeadSquared, case: &str) -> Result<CallOutput> {
    let created = match case {
        "ok-with-files" => {
            let ticket = CreateTicket::new(Some(LEAD_OF_157.to_owned()), fields(WITH_FILE));
            let files = vec![screenshot()];
            leadsquared.create_ticket_with_files(&ticket, files).await
        }
        "ok-new-lead" => {
            let lead = ("LeadDetail.EmailAddress", "wim@example.com");
            leadsquared.create_ticket(&new_ticket(None, lead)).await
        }
        _ => {
            let lead = ("RelatedCustomerId", LEAD_OF_34);
            let ticket = new_ticket(Some(LEAD_OF_34.to_owned()), lead);
            leadsquared.create_ticket(&ticket).await
        }
    };
    let created = created?.value;
    let told = (created.id.as_str(), created.ticket_id, created.key);
    Ok(CallOutput::of(&told))
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

/// Everything modelled of each message.
fn conversations(found: &wire::Conversations) -> CallOutput {
    let rows = found.conversation_list.iter().flatten().map(|row| {
        let (row, raw) = (&row.value, &row.raw);
        json!({
            "id": row.id.as_str(), "kind": row.related_activity_type, "by": row.created_by,
            "at": row.created_on, "text": row.text, "html": row.html, "raw": raw,
        })
    });
    let rows: Vec<_> = rows.collect();
    CallOutput::of(&json!({ "items": rows, "total": found.total }))
}
