//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is concluded must equal
//! both the file and the table below, which states the words and values that count.
//!
//! All were recorded with Redmine 5.0.4 on `SQLite`.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may panic"
)]

use ticket_core::model::{
    AttachedFile, Attachment, Cursor, PageRequest, Priority, RawValue, State, Status,
};
use ticket_core::{NewComment, NewTicket, TicketPatch, TicketQuery};
use ticket_redmine::{Redmine, RedmineConfig};
use ticket_testkit::Call;
use ticket_testkit::contract::Contract;

/// Each recorded case with what it must give: the result of a success, or the vendor's words.
#[rustfmt::skip]
const CASES: &[(&str, &str)] = &[
    ("attachments-ok",                r#"{ "items": [{ "id": "1", "name": "a.txt", "media_type": "text/plain", "size": 5, "created_at": "2026-11-28T20:01:46Z", "raw": "/issue/attachments/0" }] }"#),
    ("comment-ok-private",            ""),
    ("comment-ok-public",             ""),
    ("comment-ok-with-file",          ""),
    ("comment-private-without-right", ""),
    ("create-dropped-field",          ""),
    ("create-ok",                     r#"{ "id": "8", "raw": "/issue" }"#),
    ("create-ok-with-file",           r#"{ "id": "9", "raw": "/issue" }"#),
    ("create-unknown-project",        "Project cannot be blank; Tracker cannot be blank; Status cannot be blank"),
    ("create-wrong-value",            "Labels is not included in the list"),
    ("delete-not-found",              ""),
    ("delete-ok",                     "5 deleted"),
    ("delete-without-right",          ""),
    ("download-not-found",            ""),
    ("download-ok",                   r#""hello""#),
    ("get-not-found",                 ""),
    ("get-ok",                        PRINTER),
    ("get-unauthenticated",           ""),
    ("get-without-right",             ""),
    ("list-by-address-not-shown",     ""),
    ("list-by-address-without-right", ""),
    ("list-ok",                       PAGE_1),
    ("list-ok-by-address",            BY_ADDRESS),
    ("list-ok-filtered",              FILTERED),
    ("list-ok-second-page",           PAGE_2),
    ("list-wrong-key",                ""),
    ("messages-not-found",            ""),
    ("messages-ok",                   NOTES),
    ("resolve-ok",                    ""),
    ("resolve-open-subtask",          ""),
    ("resolve-without-right",         ""),
    ("update-not-found",              ""),
    ("update-ok",                     ""),
    ("update-ok-with-file",           ""),
    ("update-partly",                 ""),
    ("update-without-right",          ""),
    ("update-wrong-value",            "Assignee is invalid"),
];

/// Its text has the line ends that Redmine keeps.
const PRINTER: &str = r#"{ "id": "1", "raw": "/issue",
    "subject": "Printer on fire", "description": "Smoke *and* flames.\r\nAgain.", "status": "open",
    "priority": "medium", "category": "Billing", "requester": { "id": "5", "name": "Ann Agent" },
    "assignee": { "id": "5", "name": "Ann Agent" }, "custom": { "cf_1": "A-1", "cf_2": ["vip", "late"] },
    "created_at": "2026-11-28T20:01:45Z", "updated_at": "2026-11-28T20:01:46Z"
}"#;
const PAGE_1: &str = r#"{ "total": 6, "next": "2:2", "items": [{ "id": "1", "raw": "/issues/0",
    "subject": "Printer on fire", "description": "Smoke *and* flames.\r\nAgain.", "status": "open",
    "priority": "medium", "category": "Billing", "requester": { "id": "5", "name": "Ann Agent" },
    "assignee": { "id": "5", "name": "Ann Agent" }, "custom": { "cf_1": "A-1", "cf_2": ["vip", "late"] },
    "created_at": "2026-11-28T20:01:45Z", "updated_at": "2026-11-28T20:01:46Z"
    }, {
        "id": "2", "subject": "Paper jam", "status": "open", "priority": "medium", "custom": {},
        "requester": { "id": "1", "name": "Redmine Admin" },
        "created_at": "2026-11-28T20:01:46Z", "updated_at": "2026-11-28T20:01:46Z", "raw": "/issues/1"
    }] }"#;
const PAGE_2: &str = r#"{ "total": 6, "next": "5:4", "items": [{
        "id": "4", "subject": "Spam", "status": "open", "priority": "medium", "custom": {},
        "requester": { "id": "1", "name": "Redmine Admin" },
        "created_at": "2026-11-28T20:01:47Z", "updated_at": "2026-11-28T20:01:47Z", "raw": "/issues/0"
    }, {
        "id": "5", "subject": "More spam", "status": "open", "priority": "medium", "custom": {},
        "requester": { "id": "1", "name": "Redmine Admin" },
        "created_at": "2026-11-28T20:01:47Z", "updated_at": "2026-11-28T20:01:47Z", "raw": "/issues/1"
    }] }"#;
const FILTERED: &str = r#"{ "total": 1, "items": [{ "id": "1", "raw": "/issues/0",
    "subject": "Printer on fire", "description": "Smoke *and* flames.\r\nAgain.", "status": "open",
    "priority": "medium", "category": "Billing", "requester": { "id": "5", "name": "Ann Agent" },
    "assignee": { "id": "5", "name": "Ann Agent" }, "custom": { "cf_1": "A-1", "cf_2": ["vip", "late"] },
    "created_at": "2026-11-28T20:01:45Z", "updated_at": "2026-11-28T20:01:46Z"
}] }"#;
/// Another user's address has hers in it.
const BY_ADDRESS: &str = r#"{ "total": 1, "gaps": [
    "users whose address has this one as a part may have it as a further address, which Redmine does not show"
], "items": [{ "id": "1", "raw": "/issues/0", "subject": "of ann",
    "status": "open", "priority": "medium", "requester": { "id": "7", "name": "Ann Example" }, "custom": {},
    "created_at": "2026-11-29T06:36:01Z", "updated_at": "2026-11-29T06:36:01Z"
}] }"#;
/// The author's, somebody else's, and a private one; the other journals are the log's.
const NOTES: &str = r#"{ "items": [
    { "id": "2", "author": { "id": "5", "name": "Ann Agent" }, "direction": "inbound",
      "body": "It burns.", "created_at": "2026-11-28T20:01:45Z", "raw": "/issue/journals/1" },
    { "id": "3", "author": { "id": "1", "name": "Redmine Admin" }, "direction": "outbound",
      "body": "We are on our way.", "created_at": "2026-11-28T20:01:46Z", "raw": "/issue/journals/2" },
    { "id": "4", "author": { "id": "1", "name": "Redmine Admin" }, "direction": "internal",
      "body": "Bring water.", "created_at": "2026-11-28T20:01:46Z", "raw": "/issue/journals/3" }
] }"#;

/// The client of whoever made the call of a case: a manager, a reporter, or somebody with a key that was never given
/// out. It knows nothing from the case before.
fn client(base_url: &str, case: &str) -> Redmine {
    let key = match case {
        "get-unauthenticated" | "list-wrong-key" => "<wrong-key>",
        _ if case.contains("-without-right") => "<reporter-key>",
        _ => "<manager-key>",
    };
    let config = RedmineConfig::new(base_url, key).project("support");
    Redmine::new(&config).unwrap()
}

/// The call of a case, with the values written here, so that a changed recording is noticed.
fn call(case: &str) -> Call {
    let text = || Attachment::new("note.txt", *b"hello").media_type("text/plain");
    let file = |id: &str| Call::Download(AttachedFile::new(id, RawValue::NULL.to_owned()));
    let patch = TicketPatch::new;
    match case {
        "get-ok" => Call::Get("1".into()),
        "get-without-right" | "get-unauthenticated" => Call::Get("7".into()),
        "get-not-found" => Call::Get("99999".into()),
        "list-ok" => Call::List(
            TicketQuery::new()
                .state(State::Open)
                .page(PageRequest::first().limit(2)),
        ),
        "list-ok-second-page" => {
            let page = PageRequest::first().limit(2).at(Cursor::new("2:2"));
            Call::List(TicketQuery::new().state(State::Open).page(page))
        }
        "list-ok-filtered" => Call::List(
            TicketQuery::new()
                .search("Printer")
                .priority(Priority::Medium)
                .requester("5")
                .created_after("2026-01-01T00:00:00Z".parse().unwrap())
                .updated_before("2027-01-01T00:00:00Z".parse().unwrap())
                .custom("cf_1", "A-1")
                .custom("tracker_id", "3"),
        ),
        "list-ok-by-address" | "list-by-address-without-right" => {
            Call::List(TicketQuery::new().requester("ann@example.com"))
        }
        "list-by-address-not-shown" => Call::List(TicketQuery::new().requester("bob@example.org")),
        "list-wrong-key" => Call::List(TicketQuery::new()),
        "create-ok" => Call::Create(
            NewTicket::new("Card refused")
                .description("The till says: declined.")
                .priority(Priority::Urgent)
                .assignee("me")
                .custom("cf_1", "A-9")
                .custom("cf_2", vec!["late", "vip"])
                .custom("tracker_id", 2_i64),
        ),
        "create-ok-with-file" => Call::Create(NewTicket::new("With a file").attachment(text())),
        "create-wrong-value" => Call::Create(NewTicket::new("Labels").custom("cf_2", vec!["gold"])),
        "create-unknown-project" => {
            Call::Create(NewTicket::new("Lost").custom("project_id", "nowhere"))
        }
        "create-dropped-field" => Call::Create(NewTicket::new("Odd").custom("cf_99", "x")),
        "update-ok" => Call::Update(
            "6".into(),
            patch()
                .subject("Cannot log in at all")
                .description("One\nTwo")
                .status(Status::Resolved)
                .priority(Priority::Low)
                .assignee("5")
                .custom("cf_1", "A-2")
                .custom("done_ratio", 50_i64),
        ),
        "update-ok-with-file" => Call::Update("6".into(), patch().attachment(text())),
        "update-without-right" => Call::Update("4".into(), patch().subject("Not spam")),
        "update-partly" => Call::Update(
            "1".into(),
            patch()
                .subject("Printer still on fire")
                .status(Status::Closed),
        ),
        "update-wrong-value" => Call::Update("4".into(), patch().assignee("9999")),
        "update-not-found" => Call::Update("99999".into(), patch().subject("x")),
        "resolve-ok" => Call::Resolve("6".into()),
        "resolve-open-subtask" => Call::Resolve("1".into()),
        "resolve-without-right" => Call::Resolve("4".into()),
        "delete-ok" | "delete-not-found" => Call::delete(["5"]),
        "delete-without-right" => Call::delete(["4"]),
        "messages-ok" => Call::messages("1"),
        "messages-not-found" => Call::messages("99999"),
        "comment-ok-public" => Call::Comment("6".into(), NewComment::outbound("To all")),
        "comment-ok-private" => Call::Comment("6".into(), NewComment::internal("Among us")),
        "comment-ok-with-file" => Call::Comment(
            "6".into(),
            NewComment::outbound("See the file").attachment(text()),
        ),
        "comment-private-without-right" => {
            Call::Comment("6".into(), NewComment::internal("Among us"))
        }
        "attachments-ok" => Call::Attachments("1".into(), PageRequest::first()),
        "download-ok" => file("1"),
        "download-not-found" => file("999"),
        other => panic!("no such case: {other}"),
    }
}

#[tokio::test]
async fn every_recorded_exchange_is_sent_and_understood() {
    Contract::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract"))
        .secrets(&["<manager-key>", "<reporter-key>", "<wrong-key>"])
        .assert(CASES, str::to_owned, async |base_url, recording| {
            let case = recording.name();
            call(&case).on(&client(base_url, &case)).await
        })
        .await;
}
