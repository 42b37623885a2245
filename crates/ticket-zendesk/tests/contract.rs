//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is concluded must equal
//! both the file and the table below, which states the words and values that count.
//!
//! None was recorded by this project: their sources are the vendor's pages and public recordings, or they are inferred.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may panic"
)]

use ticket_core::model::{
    AttachedFile, Attachment, Cursor, PageRequest, Person, Priority, RawValue, State, Status,
    Version,
};
use ticket_core::{
    CallContext, NewComment, NewTicket, TicketPatch, TicketProvider as _, TicketQuery,
};
use ticket_testkit::contract::Contract;
use ticket_testkit::{Call, CallOutput};
use ticket_zendesk::{Zendesk, ZendeskConfig};

/// Each recorded case with what it must give: the result of a success, or the vendor's words.
#[rustfmt::skip]
const CASES: &[(&str, &str)] = &[
    ("attachments-ok",           r#"{ "items": [{ "id": "498483", "name": "crash.log", "media_type": "text/plain", "size": 2532, "created_at": "2026-01-20T22:55:29Z", "raw": "/comments/0/attachments/0" }] }"#),
    ("comment-internal",         ""),
    ("comment-made-public",      ""),
    ("comment-not-found",        "Not found"),
    ("comment-public",           ""),
    ("create-dropped-field",     ""),
    ("create-key-of-another",    "Request parameters don't match the given idempotency key"),
    ("create-ok",                r#"{ "id": "35441", "raw": "/ticket" }"#),
    ("create-ok-with-file",      r#"{ "id": "35442", "raw": "/ticket" }"#),
    ("create-repeated-key",      r#"{ "id": "35441", "raw": "/ticket", "by_earlier_attempt": true }"#),
    ("create-wrong-value",       "Record validation errors; Priority: P0 is not valid"),
    ("delete-accepted",          ""),
    ("delete-forbidden",         "You do not have access to this page."),
    ("delete-not-found",         "Not found"),
    ("delete-ok",                "35436 deleted"),
    ("delete-too-many-jobs",     "Too many jobs are currently queued or running. Try again later."),
    ("download-foreign-host",    ""),
    ("download-not-found",       "Not found"),
    ("get-forbidden",            "You do not have access to this page."),
    ("get-not-found",            "Not found"),
    ("get-ok",                   PRINTER),
    ("get-rate-limited",         "Number of allowed API requests per minute exceeded"),
    ("get-unauthenticated",      "Couldn't authenticate you"),
    ("get-wrong-address",        ""),
    ("list-dead-cursor",         "The cursor has expired"),
    ("list-ok",                  PAGE_1),
    ("list-ok-changed",          CHANGED),
    ("list-ok-deleted",          TRASH),
    ("list-ok-last-page",        PAGE_2),
    ("list-ok-search",           FOUND),
    ("messages-not-found",       "Not found"),
    ("messages-ok",              COMMENTS),
    ("purge-accepted",           ""),
    ("purge-accepted-several",   ""),
    ("purge-not-found",          "Not found"),
    ("resolve-ok",               ""),
    ("resolve-other-ticket",     ""),
    ("restore-not-deleted",      ""),
    ("restore-ok",               ""),
    ("restore-purged",           "Not found"),
    ("update-closed",            "Record validation errors; Status: closed prevents ticket update"),
    ("update-not-found",         "Not found"),
    ("update-ok",                ""),
    ("update-ok-version",        ""),
    ("update-stale-version",     "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try again."),
    ("update-unknown-parameter", ""),
];

const PRINTER: &str = r#"{ "id": "35436", "raw": "/ticket", "version": "2026-01-26T10:38:52Z",
    "subject": "Printer on fire", "description": "The fire is colorful.", "status": "open", "priority": "high",
    "category": "incident", "tags": ["enterprise", "other_tag"], "custom": { "custom_field_27642": "745" },
    "requester": { "id": "20978392", "name": "Johnny Agent", "email": "johnny@example.com" },
    "assignee": { "id": "235323", "name": "Ann Agent", "email": "ann@example.com" },
    "created_at": "2026-01-20T22:55:29Z", "updated_at": "2026-01-26T10:38:52Z"
}"#;
const PAGE_1: &str = r#"{ "next": "tickets:eyJvIjoiMiJ9", "items": [
    { "id": "35436", "raw": "/tickets/0", "version": "2026-01-26T10:38:52Z", "subject": "Printer on fire",
      "description": "The fire is colorful.", "status": "open", "priority": "high", "category": "incident",
      "tags": ["enterprise", "other_tag"], "custom": { "custom_field_27642": "745" },
      "requester": { "id": "20978392" }, "assignee": { "id": "235323" },
      "created_at": "2026-01-20T22:55:29Z", "updated_at": "2026-01-26T10:38:52Z" },
    { "id": "35437", "raw": "/tickets/1", "version": "2026-01-26T10:38:52Z", "subject": "Paper jam",
      "description": "The fire is colorful.", "status": "on_hold",
      "requester": { "id": "20978392" },
      "created_at": "2026-01-20T22:55:29Z", "updated_at": "2026-01-26T10:38:52Z" }
] }"#;
const PAGE_2: &str = r#"{ "items": [
    { "id": "35438", "raw": "/tickets/0", "version": "2026-01-26T10:38:52Z", "subject": "Spam",
      "description": "The fire is colorful.", "status": "closed", "priority": "low",
      "requester": { "id": "20978392" },
      "created_at": "2026-01-20T22:55:29Z", "updated_at": "2026-01-26T10:38:52Z" }
] }"#;
const FOUND: &str = r#"{ "items": [
    { "id": "35439", "raw": "/results/0", "version": "2026-01-26T10:38:52Z", "subject": "Cannot log in",
      "description": "The fire is colorful.", "status": "open", "priority": "medium",
      "requester": { "id": "20978392" },
      "created_at": "2026-01-20T22:55:29Z", "updated_at": "2026-01-26T10:38:52Z" }
] }"#;
const TRASH: &str = r#"{ "items": [
    { "id": "581", "raw": "/deleted_tickets/0", "subject": "Wombat outage", "status": "deleted" }
] }"#;
/// The deleted ticket is not in it, and what may be missing is told.
const CHANGED: &str = r#"{ "gaps": [
    "Zendesk's export leaves out what changed in the last minute; ask for changes before a time that is a minute ago"
], "items": [
    { "id": "35436", "raw": "/tickets/0", "version": "2026-01-26T10:38:52Z", "subject": "Printer on fire",
      "description": "The fire is colorful.", "status": "open", "priority": "high", "category": "incident",
      "tags": ["enterprise", "other_tag"], "custom": { "custom_field_27642": "745" },
      "requester": { "id": "20978392" }, "assignee": { "id": "235323" },
      "created_at": "2026-01-20T22:55:29Z", "updated_at": "2026-01-26T10:38:52Z" }
] }"#;
/// Of the customer, to the customer, and among agents.
const COMMENTS: &str = r#"{ "items": [
    { "id": "1274", "author": { "id": "20978392", "name": "Johnny Agent", "email": "johnny@example.com" },
      "direction": "inbound", "body": "It burns.", "created_at": "2026-01-20T22:55:29Z", "raw": "/comments/0" },
    { "id": "1275", "author": { "id": "235323", "name": "Ann Agent", "email": "ann@example.com" },
      "direction": "outbound", "body": "We are on our way.", "created_at": "2026-01-20T22:55:29Z", "raw": "/comments/1" },
    { "id": "1276", "author": { "id": "235323", "name": "Ann Agent", "email": "ann@example.com" },
      "direction": "internal", "body": "Bring water.", "created_at": "2026-01-20T22:55:29Z", "raw": "/comments/2" }
] }"#;

fn client(base_url: &str) -> Zendesk {
    Zendesk::new(&ZendeskConfig::with_oauth(base_url, "<token>")).unwrap()
}

/// The call of a case, with the values written here, so that a changed recording is noticed.
fn call(case: &str) -> Call {
    let text = || Attachment::new("note.txt", *b"hello").media_type("text/plain");
    let file = |id: &str| Call::Download(AttachedFile::new(id, RawValue::NULL.to_owned()));
    let patch = TicketPatch::new;
    let first = || PageRequest::first().limit(2);
    match case {
        "get-ok" => Call::Get("35436".into()),
        "get-not-found" => Call::Get("99999".into()),
        "get-wrong-address" => Call::Get("99998".into()),
        "get-unauthenticated" => Call::Get("35437".into()),
        "get-forbidden" => Call::Get("35438".into()),
        "get-rate-limited" => Call::Get("35439".into()),
        "list-ok" => Call::List(TicketQuery::new().page(first())),
        "list-ok-last-page" => {
            let page = first().at(Cursor::new("tickets:eyJvIjoiMiJ9"));
            Call::List(TicketQuery::new().page(page))
        }
        "list-ok-search" => Call::List(
            TicketQuery::new()
                .state(State::Open)
                .priority(Priority::Medium)
                .requester("johnny@example.com"),
        ),
        "list-dead-cursor" => {
            let page = PageRequest::first().at(Cursor::new("search:old"));
            Call::List(TicketQuery::new().state(State::Open).page(page))
        }
        "list-ok-deleted" => Call::List(TicketQuery::new().state(State::Deleted)),
        "list-ok-changed" => {
            let since = "2026-01-01T00:00:00Z".parse().unwrap();
            Call::List(TicketQuery::new().updated_after(since))
        }
        "create-ok-with-file" => Call::Create(
            NewTicket::new("With a file")
                .description("See the file.")
                .attachment(text()),
        ),
        "create-dropped-field" => Call::Create(
            NewTicket::new("Odd")
                .description("Text")
                .custom("custom_field_99", "x"),
        ),
        "create-wrong-value" => Call::Create(
            NewTicket::new("Odd")
                .description("Text")
                .priority(Priority::Other("P0".to_owned())),
        ),
        "update-ok" => Call::Update(
            "35436".into(),
            patch()
                .subject("Printer still on fire")
                .status(Status::OnHold)
                .priority(Priority::Medium),
        ),
        "update-ok-version" | "update-stale-version" => {
            let version = if case == "update-ok-version" {
                "2026-01-26T10:38:52Z"
            } else {
                "2026-01-20T22:55:29Z"
            };
            let patch = patch().subject("Again").if_version(Version::new(version));
            Call::Update("35436".into(), patch)
        }
        "update-unknown-parameter" => Call::Update(
            "35436".into(),
            patch().custom("due_at", "2026-02-01T00:00:00Z"),
        ),
        "update-not-found" => Call::Update("99999".into(), patch().subject("x")),
        "update-closed" => Call::Update("35438".into(), patch().status(Status::Open)),
        "resolve-ok" | "resolve-other-ticket" => Call::Resolve("35436".into()),
        "comment-internal" | "comment-made-public" => {
            Call::Comment("35436".into(), NewComment::internal("Among us"))
        }
        "comment-public" => Call::Comment("35436".into(), NewComment::outbound("To all")),
        "comment-not-found" => Call::Comment("99999".into(), NewComment::internal("Among us")),
        "delete-ok" => Call::delete(["35436"]),
        "delete-not-found" => Call::delete(["99999"]),
        "delete-forbidden" => Call::delete(["35438"]),
        "delete-accepted" => Call::delete(["2", "1", "2"]),
        "delete-too-many-jobs" => Call::delete(["3", "4"]),
        "purge-accepted" => Call::purge(["35436"]),
        "purge-accepted-several" => Call::purge(["2", "1", "2"]),
        "purge-not-found" => Call::purge(["99999"]),
        "restore-ok" => Call::Restore("35436".into()),
        "restore-not-deleted" => Call::Restore("35437".into()),
        "restore-purged" => Call::Restore("99999".into()),
        "messages-ok" => Call::messages("35436"),
        "messages-not-found" => Call::messages("99999"),
        "attachments-ok" => Call::Attachments("35436".into(), PageRequest::first()),
        "download-foreign-host" => file("498483"),
        "download-not-found" => file("999"),
        other => panic!("no such case: {other}"),
    }
}

/// A create with an idempotency key, which the context of a call carries.
fn create_with_key(case: &str) -> Option<NewTicket> {
    match case {
        "create-ok" | "create-repeated-key" => Some(
            NewTicket::new("Card refused")
                .description("The till says: declined.")
                .requester(Person::named("Johnny").email("johnny@example.com"))
                .priority(Priority::Urgent)
                .tag("till")
                .custom("custom_field_27642", "746")
                .custom("external_id", "A-9"),
        ),
        "create-key-of-another" => Some(NewTicket::new("Other").description("Text")),
        _ => None,
    }
}

#[tokio::test]
async fn every_recorded_exchange_is_sent_and_understood() {
    Contract::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract"))
        .secrets(&["<token>"])
        .assert(CASES, client, async |zendesk, recording| {
            let case = recording.name();
            match create_with_key(&case) {
                Some(ticket) => {
                    let context = CallContext::new().idempotency_key("k-1");
                    let created = zendesk.create(&context, &ticket).await?;
                    Ok(CallOutput::of(&created))
                }
                None => call(&case).on(zendesk).await,
            }
        })
        .await;
}
