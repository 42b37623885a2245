//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is
//! concluded must equal both the file and the table below, which states the words and values that count.
#![allow(clippy::panic, reason = "helpers of tests may panic")]

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use ticket_core::model::{Cursor, PageRequest, Person};
use ticket_core::{NewTicket, Result, TicketQuery};
use ticket_onecloud::{OneCloud, OneCloudConfig, wire};
use ticket_testkit::contract::{Contract, Recording};
use ticket_testkit::{Call, CallOutput};

/// Each recorded case with what it must give: the result of a success, or the vendor's words.
#[rustfmt::skip]
const CASES: &[(&str, &str)] = &[
    ("create-error-envelope-in-200",     "Expired token"),
    ("create-expired-token",             "Expired token"),
    ("create-failure-code-in-200",       "Failed"),
    ("create-gateway-html",              ""),
    ("create-no-ticket-id",              ""),
    ("create-ok",                        r#"{ "id": "515090", "raw": "the reply" }"#),
    ("create-ok-numeric-ticket-id",      r#"{ "id": "515090", "raw": "the reply" }"#),
    ("create-ok-with-coordinate",        r#"{ "id": "515090", "raw": "the reply" }"#),
    ("create-over-quota",                QUOTA),
    ("create-server-error",              ""),
    ("create-truncated-json",            ""),
    ("create-unavailable-retry-after",   ""),
    ("delete-empty-body",                ""),
    ("delete-error-envelope-in-200",     "Expired token"),
    ("delete-expired-token",             "Expired token"),
    ("delete-html-in-200",               ""),
    ("delete-no-content",                ""),
    ("delete-not-found",                 ""),
    ("delete-ok",                        "121 deleted"),
    ("delete-over-quota",                QUOTA),
    ("get-empty-object",                 ""),
    ("get-error-envelope-in-200",        "Expired token"),
    ("get-expired-token",                "Expired token"),
    ("get-missing-token",                "jwt token not found"),
    ("get-not-found",                    ""),
    ("get-ok",                           SAMPLE),
    ("get-over-quota",                   QUOTA),
    ("get-rate-limited-http-date",       ""),
    ("get-truncated-json",               ""),
    ("authenticate-no-token-in-success", ""),
    ("authenticate-ok",                  "<token>"),
    ("authenticate-wrong-credentials",   "you are not authorized to log into this site 1691"),
    ("list-expired-token",               "Expired token"),
    ("list-gateway-html",                ""),
    ("list-ok-empty-page",               r#"{ "total": 1914 }"#),
    ("list-ok",                          ROWS),
    ("list-over-quota",                  QUOTA),
    ("list-rate-limited-seconds",        ""),
    ("messages-expired-token",           "Expired token"),
    ("messages-ok-empty",                "{}"),
    ("messages-ok-flat",                 MESSAGES_FLAT),
    ("messages-ok-nested",               MESSAGES_NESTED),
    ("messages-over-quota",              QUOTA),
];

/// Jakarta is seven hours ahead of UTC.
const SAMPLE: &str = r#"{
    "id": "1234", "subject": "brosur", "description": "xxx",
    "status": "closed", "priority": "low", "category": "332",
    "requester": { "id": "31329" }, "assignee": { "id": "268", "name": "admin22" },
    "created_at": "2017-07-10T00:08:46Z", "updated_at": "2018-10-16T18:53:21Z",
    "closed_at": "2018-10-16T18:53:21Z", "raw": "the reply"
}"#;
const ROWS: &str = r#"{
    "items": [
        { "id": "12250", "requestor": "Dinni", "assignee": "admin22", "subject": "brosur", "description": "",
          "create_date": "2017-07-10 07:08:46", "modify_date": "2018-10-17 01:53:21", "media": "Email",
          "category": "Question", "status": "Closed", "priority": "Low", "tags": "", "raw": "/data/0" },
        { "id": "12254", "requestor": "Nunik", "assignee": "admin22", "subject": "request brosur 30 exmplr",
          "description": "", "due_date": "2017-07-12 17:00:00", "create_date": "2017-07-10 07:58:13",
          "modify_date": "2018-10-17 01:53:29", "media": "Walk In", "category": "Question",
          "status": "Closed", "priority": "Low", "tags": "", "raw": "/data/1" },
        { "id": "12272", "requestor": "wiwiw", "assignee": "admin22", "subject": "sddf", "description": "Junk",
          "due_date": "2017-07-12 17:00:00", "create_date": "2017-07-11 07:20:51",
          "modify_date": "2018-10-17 01:53:41", "media": "LiveChat", "category": "Other",
          "status": "Closed", "priority": "Low", "tags": "", "raw": "/data/2" }
    ],
    "total": 1914
}"#;
const MESSAGES_FLAT: &str = r#"{
    "items": [
        { "id": "2325772", "direction": "inbound", "author": { "id": "1000000000000001", "name": "Agung Januar" },
          "body": "Hello onebox", "created_at": "2020-05-04T21:27:55Z", "raw": "/data/0" },
        { "id": "2325772", "direction": "outbound", "author": { "id": "2000000000000002" },
          "body": "Ada yang bisa kami bantu?", "created_at": "2020-05-04T21:27:55Z", "raw": "/data/1" }
    ]
}"#;
const MESSAGES_NESTED: &str = r#"{
    "items": [
        { "id": "2325772", "direction": "inbound", "author": { "id": "1000000000000001", "name": "Agung Januar" },
          "body": "Hello onebox", "created_at": "2020-05-04T21:27:55Z", "raw": "/data/0" },
        { "id": "2325772", "direction": "outbound", "author": { "id": "2000000000000002" },
          "body": "Ada yang bisa kami bantu?", "created_at": "2020-05-04T21:27:55Z", "raw": "/data/1/data/0" }
    ]
}"#;
const QUOTA: &str = "time limit reached please try again tomorrow at 18:00 - 06:00";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");

#[tokio::test]
async fn every_recorded_exchange_is_sent_and_understood() {
    let connect =
        |base_url: &str| OneCloud::new(&OneCloudConfig::new(base_url, "<token>")).unwrap();
    let contract = Contract::new(FOLDER).secrets(&["<token>", "<password>"]);
    contract.assert(CASES, connect, perform).await;
}

/// The call of a recording, with values of its own: the file must ask for just this.
async fn perform(onecloud: &OneCloud, recording: &Recording) -> Result<CallOutput> {
    let case = recording.case.as_str();
    // The pages name other tickets in their samples of errors.
    let refused = ["expired-token", "over-quota"].contains(&case);
    let call = match recording.operation.as_str() {
        "get" => Call::Get(if refused { "1212" } else { "1234" }.into()),
        "create" => {
            let ticket = NewTicket::new("Subscribe to onebox")
                .description("Hello, I want to subscribe to onebox, how to do it? thank you")
                .category("Request")
                .requester(Person::named("Agung Januar").email("agung@email.com"));
            Call::Create(match case {
                "ok-with-coordinate" => ticket.custom("coordinate", "37.0625,-95.677068"),
                _ => ticket,
            })
        }
        "delete" => Call::delete([if case == "over-quota" { "1234" } else { "121" }]),
        "list" if case == "ok-empty-page" => {
            Call::List(TicketQuery::new().page(PageRequest::first().at(Cursor::new("1914"))))
        }
        // The trait does not send `sinceId`, so the native client makes the calls that have it.
        "list" => {
            let limit = if case == "ok" { 2 } else { 10 };
            let query = wire::FindTickets::new().since_id(1).limit(limit).offset(0);
            let found = onecloud.find_tickets(&query).await?.value;
            return Ok(CallOutput::of(&rows(&found)));
        }
        "messages" => Call::messages(if refused { "1212" } else { "515090" }),
        "authenticate" => {
            let password = SecretString::from("<password>");
            let token = onecloud.authenticate("userdemo@gmail.com", &password, "123");
            return Ok(CallOutput::of(&token.await?.expose_secret()));
        }
        other => panic!("no such operation: {other}"),
    };
    call.on(onecloud).await
}

fn rows(found: &wire::FoundTickets) -> Value {
    let rows = found.data.iter().flatten().map(|row| {
        let (row, raw) = (&row.value, &row.raw);
        json!({
            "id": row.id.as_str(), "requestor": row.requestor, "assignee": row.assignee,
            "subject": row.subject, "description": row.description, "due_date": row.due_date,
            "create_date": row.create_date, "modify_date": row.modify_date, "media": row.media,
            "category": row.category, "status": row.status, "priority": row.priority,
            "tags": row.tags, "raw": raw,
        })
    });
    json!({ "items": rows.collect::<Vec<_>>(), "total": found.total })
}
