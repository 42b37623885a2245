//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is concluded must equal
//! both the file and the table below, which states the words and values that count.
//!
//! All were recorded with Request Tracker 5.0.3.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may panic"
)]

use ticket_core::model::{
    AttachedFile, Attachment, Cursor, PageRequest, Person, Priority, RawValue, State, Status,
    Version,
};
use ticket_core::{DeleteTarget, NewComment, NewTicket, TicketPatch, TicketQuery};
use ticket_rt::{Rt, RtConfig};
use ticket_testkit::Call;
use ticket_testkit::contract::Contract;

/// Each recorded case with what it must give: the result of a success, or the vendor's words.
#[rustfmt::skip]
const CASES: &[(&str, &str)] = &[
    ("attachments-none",            "{}"),
    ("attachments-not-found",       "Not Found"),
    ("attachments-ok",              FILES),
    ("comment-internal",            ""),
    ("comment-not-found",           "Not Found"),
    ("comment-outbound",            ""),
    ("comment-outbound-deleted",    ""),
    ("comment-with-file",           ""),
    ("create-dropped-field",        ""),
    ("create-ok",                   r#"{ "id": "12", "raw": "the reply" }"#),
    ("create-ok-with-file",         r#"{ "id": "14", "raw": "the reply" }"#),
    ("create-unknown-queue",        "No permission to create tickets in the queue 'Nope'"),
    ("delete-mixed",                "3 deleted, 7 not_found, 8 failed, 99999 not_found"),
    ("delete-ok",                   "4 deleted"),
    ("delete-version-again",        "Internal Server Error"),
    ("delete-version-ok",           "5 deleted"),
    ("delete-version-stale",        "Precondition Failed"),
    ("delete-without-right",        "Ticket 5: Permission Denied"),
    ("download-not-found",          "Internal Server Error"),
    ("download-ok",                 r#""hello""#),
    ("get-deleted",                 DELETED),
    ("get-merged",                  MERGED),
    ("get-not-found",               "Not Found"),
    ("get-ok",                      PRINTER),
    ("get-unauthenticated",         "Unauthorized"),
    ("get-without-right",           "Forbidden"),
    ("list-bad-query",              "Unknown field: Foo at /usr/share/request-tracker5/lib/RT/Tickets.pm line 3187."),
    ("list-ok",                     PAGE_1),
    ("list-ok-filtered",            FILTERED),
    ("list-ok-second-page",         PAGE_2),
    ("list-without-right",          r#"{ "total": 0 }"#),
    ("messages-not-found",          "Not Found"),
    ("messages-ok",                 MESSAGES),
    ("resolve-already",             ""),
    ("resolve-deleted",             ""),
    ("resolve-ok",                  ""),
    ("restore-not-deleted",         ""),
    ("restore-ok",                  ""),
    ("update-bad-status",           "Ticket 2: Status 'frozen' isn't a valid status for this ticket."),
    ("update-custom-fields",        ""),
    ("update-merged",               ""),
    ("update-not-found",            "Not Found"),
    ("update-nothing-changed",      ""),
    ("update-ok",                   ""),
    ("update-partly",               "Ticket 2: Status 'frozen' isn't a valid status for this ticket."),
    ("update-unknown-custom-field", ""),
    ("update-version-ok",           ""),
    ("update-version-stale",        "Precondition Failed"),
    ("update-without-right",        "Ticket 2: Permission Denied"),
];

const PRINTER: &str = r#"{
    "assignee": { "id": "root" }, "category": "General", "created_at": "2026-11-28T20:17:57Z",
    "custom": { "Labels": ["vip", "late"], "Order": "A-1" }, "due_at": "2026-12-24T18:00:00Z", "id": "1",
    "priority": "medium", "requester": { "email": "ann@example.com", "id": "ann@example.com" },
    "status": "open", "subject": "Printer on fire", "updated_at": "2026-11-28T20:17:58Z",
    "version": "\"40\"", "raw": "the reply"
}"#;
const DELETED: &str = r#"{
    "id": "7", "subject": "Old", "category": "General", "priority": "low", "status": "deleted",
    "created_at": "2026-11-28T20:18:00Z", "updated_at": "2026-11-28T20:18:00Z",
    "closed_at": "2026-11-28T20:18:00Z", "version": "\"72\"", "raw": "the reply"
}"#;
const MERGED: &str = r#"{
    "id": "9", "subject": "Once", "category": "General", "priority": "low", "status": "open",
    "created_at": "2026-11-28T20:18:01Z", "updated_at": "2026-11-28T20:18:01Z", "version": "\"84\"",
    "raw": "the reply"
}"#;
const PAGE_1: &str = r#"{ "total": 9, "next": "after:2:9", "items": [{
    "assignee": { "id": "root" }, "category": "General", "created_at": "2026-11-28T20:17:57Z",
    "custom": { "Labels": ["vip", "late"], "Order": "A-1" }, "due_at": "2026-12-24T18:00:00Z", "id": "1",
    "priority": "medium", "requester": { "email": "ann@example.com", "id": "ann@example.com" },
    "status": "open", "subject": "Printer on fire", "updated_at": "2026-11-28T20:17:58Z",
    "raw": "/items/0"
}, {
    "id": "2", "subject": "Refund", "category": "Billing", "priority": "low", "status": "open",
    "requester": { "email": "bob@example.com", "id": "bob@example.com" },
    "created_at": "2026-11-28T20:17:58Z", "updated_at": "2026-11-28T20:17:58Z", "raw": "/items/1"
}] }"#;
const PAGE_2: &str = r#"{ "total": 9, "next": "after:4:9", "items": [
    { "id": "3", "subject": "Spam 3", "category": "General", "priority": "low", "status": "open",
    "created_at": "2026-11-28T20:17:59Z", "updated_at": "2026-11-28T20:17:59Z", "raw": "/items/0" },
    { "id": "4", "subject": "Spam 4", "category": "General", "priority": "low", "status": "open",
    "created_at": "2026-11-28T20:17:59Z", "updated_at": "2026-11-28T20:17:59Z", "raw": "/items/1" }
] }"#;
const FILTERED: &str = r#"{ "items": [{
    "assignee": { "id": "root" }, "category": "General", "created_at": "2026-11-28T20:17:57Z",
    "custom": { "Labels": ["vip", "late"], "Order": "A-1" }, "due_at": "2026-12-24T18:00:00Z", "id": "1",
    "priority": "medium", "requester": { "email": "ann@example.com", "id": "ann@example.com" },
    "status": "open", "subject": "Printer on fire", "updated_at": "2026-11-28T20:17:58Z",
    "raw": "/items/0"
}] }"#;
const MESSAGES: &str = r#"{ "items": [
    { "id": "126", "author": { "id": "root" }, "direction": "outbound", "body": "We are on our way.",
      "created_at": "2026-11-28T20:18:17Z", "raw": "/items/0" },
    { "id": "128", "author": { "id": "root" }, "direction": "internal", "body": "Bring water.",
      "created_at": "2026-11-28T20:18:18Z", "raw": "/items/1" },
    { "id": "129", "author": { "id": "root" }, "direction": "outbound", "body": "Done.",
      "created_at": "2026-11-28T20:18:19Z", "raw": "/items/2" },
    { "id": "130", "author": { "id": "root" }, "direction": "internal", "body": "See the file.",
      "created_at": "2026-11-28T20:18:20Z", "raw": "/items/4" }
] }"#;
const FILES: &str = r#"{ "items": [
    { "id": "12", "name": "note.txt", "media_type": "text/plain", "size": 5,
      "created_at": "2026-11-28T20:18:20Z", "raw": "/items/5" }
] }"#;
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");

#[tokio::test]
async fn every_recorded_exchange_is_sent_and_understood() {
    let contract = Contract::new(FOLDER).secrets(&["<token>", "<agent-token>", "<stranger-token>"]);
    let connect = |base_url: &str| base_url.to_owned();
    contract
        .assert(CASES, connect, async |base_url, recording| {
            let case = format!("{}-{}", recording.operation, recording.case);
            call(&case).on(&client(base_url, &case)).await
        })
        .await;
}

/// The client of whoever made the call of a case: an administrator, a user who may not change or delete, one without
/// any right, or somebody with a token that was never given out.
fn client(base_url: &str, case: &str) -> Rt {
    let token = match case {
        "get-unauthenticated" => "<wrong-token>",
        "get-without-right" | "list-without-right" => "<stranger-token>",
        _ if case.ends_with("-without-right") => "<agent-token>",
        _ => "<token>",
    };
    Rt::new(&RtConfig::new(base_url, token)).unwrap()
}

/// The call of a case, with the values written here, so that a changed recording is noticed.
fn call(case: &str) -> Call {
    let note = || Attachment::new("note.txt", *b"hello").media_type("text/plain");
    let file = |id: &str| Call::Download(AttachedFile::new(id, RawValue::NULL.to_owned()));
    let files = |id: &str| Call::Attachments(id.into(), PageRequest::first());
    let version = |version: &str| Version::new(version);
    let card = || {
        NewTicket::new("Card refused")
            .description("The till says: declined.")
            .category("General")
            .requester(Person::default().email("eve@example.com"))
            .priority(Priority::High)
    };
    match case {
        "get-ok" | "get-without-right" | "get-unauthenticated" => Call::Get("1".into()),
        "get-deleted" => Call::Get("7".into()),
        "get-merged" => Call::Get("8".into()),
        "get-not-found" => Call::Get("99999".into()),
        "list-ok" => Call::List(
            TicketQuery::new()
                .state(State::Open)
                .page(PageRequest::first().limit(2)),
        ),
        "list-ok-second-page" => Call::List(
            TicketQuery::new()
                .state(State::Open)
                .page(PageRequest::first().limit(2).at(Cursor::new("after:2:9"))),
        ),
        "list-ok-filtered" => Call::List(
            TicketQuery::new()
                .search("printer")
                .category("General")
                .requester("ann@example.com")
                .custom("Order", "A-1")
                .created_after("2026-01-01T00:00:00Z".parse().unwrap())
                .updated_before("2099-01-01T00:00:00Z".parse().unwrap())
                .raw("Owner = 'Nobody' OR Priority > 0"),
        ),
        "list-bad-query" => Call::List(TicketQuery::new().raw("Foo = 'x'")),
        "list-without-right" => Call::List(TicketQuery::new()),
        "create-ok" => Call::Create(card()),
        "create-ok-with-file" => Call::Create(card().attachment(note())),
        "create-unknown-queue" => Call::Create(card().category("Nope")),
        "create-dropped-field" => Call::Create(card().assignee("nosuch").custom("Nope", "1")),
        _ if case.starts_with("update-") => update(case),
        "resolve-ok" | "resolve-already" => Call::Resolve("2".into()),
        "resolve-deleted" => Call::Resolve("7".into()),
        "delete-mixed" => Call::delete(["3", "7", "8", "99999"]),
        "delete-ok" => Call::delete(["4"]),
        "delete-without-right" => Call::delete(["5"]),
        "delete-version-stale" => Call::delete([DeleteTarget::new("5").version(version("\"1\""))]),
        "delete-version-ok" => Call::delete([DeleteTarget::new("5").version(version("\"61\""))]),
        "delete-version-again" => {
            Call::delete([DeleteTarget::new("5").version(version("\"124\""))])
        }
        "restore-ok" | "restore-not-deleted" => Call::Restore("7".into()),
        "comment-internal" => Call::Comment("11".into(), NewComment::internal("Bring water.")),
        "comment-outbound" => Call::Comment("11".into(), NewComment::outbound("Done.")),
        "comment-with-file" => Call::Comment(
            "11".into(),
            NewComment::internal("See the file.").attachment(note()),
        ),
        "comment-outbound-deleted" => Call::Comment("4".into(), NewComment::outbound("Done.")),
        "comment-not-found" => Call::Comment("99999".into(), NewComment::internal("x")),
        "messages-ok" => Call::messages("11"),
        "messages-not-found" => Call::messages("99999"),
        "attachments-ok" => files("11"),
        "attachments-none" => files("10"),
        "attachments-not-found" => files("99999"),
        "download-ok" => file("12"),
        "download-not-found" => file("99999"),
        other => panic!("no such case: {other}"),
    }
}

fn update(case: &str) -> Call {
    let version = |version: &str| Version::new(version);
    let patch = TicketPatch::new;
    match case {
        "update-ok" => Call::Update(
            "2".into(),
            patch()
                .subject("Refund 2")
                .priority(Priority::High)
                .assignee("root"),
        ),
        "update-nothing-changed" => Call::Update("2".into(), patch().subject("Refund 2")),
        "update-custom-fields" => Call::Update(
            "2".into(),
            patch()
                .custom("Order", "B-1")
                .custom("Labels", vec!["vip", "new"]),
        ),
        "update-unknown-custom-field" => Call::Update("2".into(), patch().custom("Nope", "1")),
        "update-bad-status" => {
            Call::Update("2".into(), patch().status(Status::Other("frozen".into())))
        }
        "update-partly" => Call::Update(
            "2".into(),
            patch()
                .status(Status::Other("frozen".into()))
                .subject("Refund 3"),
        ),
        "update-without-right" => Call::Update("2".into(), patch().subject("x")),
        "update-version-ok" => Call::Update(
            "2".into(),
            patch().subject("Refund 4").if_version(version("\"118\"")),
        ),
        "update-version-stale" => Call::Update(
            "2".into(),
            patch().subject("x").if_version(version("\"1\"")),
        ),
        "update-merged" => Call::Update("8".into(), patch().subject("x")),
        "update-not-found" => Call::Update("99999".into(), patch().subject("x")),
        other => panic!("no such case: {other}"),
    }
}
