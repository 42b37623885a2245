//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is
//! concluded must equal both the file and the table below, which states the words and values that count.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use secrecy::{ExposeSecret as _, SecretString};
use ticket_core::{
    Cursor, Error, Message, NewTicket, Page, PageRequest, Person, Priority, Status, Ticket,
    TicketId, TicketProvider as _, TicketQuery,
};
use ticket_onecloud::{OneCloud, OneCloudConfig, wire};
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
    ("authenticate", "no-token-in-success", ""),
    ("authenticate", "ok", "<token>"),
    (
        "authenticate",
        "wrong-credentials",
        "you are not authorized to log into this site 1691",
    ),
    ("list", "expired-token", "Expired token"),
    ("list", "gateway-html", ""),
    ("list", "ok-empty-page", "; 1914 in all; next none"),
    ("list", "ok", ROWS),
    ("list", "over-quota", QUOTA),
    ("list", "rate-limited-seconds", ""),
    ("messages", "expired-token", "Expired token"),
    ("messages", "ok-empty", ""),
    ("messages", "ok-flat", MESSAGES),
    ("messages", "ok-nested", MESSAGES),
    ("messages", "over-quota", QUOTA),
];

const ROWS: &str = "12250: Dinni admin22 brosur   2017-07-10 07:08:46 2018-10-17 01:53:21 Email Question Closed Low , \
    12254: Nunik admin22 request brosur 30 exmplr  2017-07-12 17:00:00 2017-07-10 07:58:13 2018-10-17 01:53:29 Walk In Question Closed Low , \
    12272: wiwiw admin22 sddf Junk 2017-07-12 17:00:00 2017-07-11 07:20:51 2018-10-17 01:53:41 LiveChat Other Closed Low ; 1914 in all";
const MESSAGES: &str = "2325772 Inbound 1000000000000001 Agung Januar: Hello onebox 2020-05-04T21:27:55Z; 45 keys kept | \
    2325772 Outbound 2000000000000002 : Ada yang bisa kami bantu? 2020-05-04T21:27:55Z; 45 keys kept";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");

#[tokio::test]
async fn every_recorded_exchange_is_sent_and_understood() {
    let sandbox = Sandbox::start().await.unwrap();
    let config = OneCloudConfig::new(sandbox.base_url(Vendor::OneCloud), "<token>");
    let provider = OneCloud::new(&config).unwrap();
    let perform = async |recording: &Recording| {
        perform(&provider, recording)
            .await
            .map_err(|error| failure(&error))
    };
    let problems = sandbox.replay(FOLDER, CASES, perform).await.unwrap();
    assert!(problems.is_empty(), "{problems:#?}");
}

/// The call of a recording, with values of its own: the file must ask for just this.
async fn perform(provider: &OneCloud, recording: &Recording) -> Result<String, Error> {
    // The pages name other tickets in their samples of errors.
    let refused = ["expired-token", "over-quota"].contains(&recording.case.as_str());
    match recording.operation.as_str() {
        "get" => {
            let id = TicketId::new(if refused { "1212" } else { "1234" });
            provider.get(&id).await.map(|ticket| summary(&ticket))
        }
        "create" => {
            let mut ticket = NewTicket::new("Subscribe to onebox")
                .description("Hello, I want to subscribe to onebox, how to do it? thank you")
                .category("Request")
                .requester(Person::named("Agung Januar").email("agung@email.com"));
            if recording.case == "ok-with-coordinate" {
                ticket = ticket.custom("coordinate", "37.0625,-95.677068");
            }
            provider
                .create(&ticket)
                .await
                .map(|created| created.id.to_string())
        }
        "delete" => {
            let id = TicketId::new(if recording.case == "over-quota" {
                "1234"
            } else {
                "121"
            });
            let report = provider.delete(std::slice::from_ref(&id)).await?;
            let outcome = report.outcome(&id).unwrap();
            outcome
                .error()
                .map_or_else(|| Ok(outcome.to_string()), |error| Err(error.clone()))
        }
        "list" => list(provider, recording).await,
        "messages" => {
            let id = TicketId::new(if refused { "1212" } else { "515090" });
            let page = provider.messages(&id, &PageRequest::first()).await?;
            Ok(page
                .items
                .iter()
                .map(message_summary)
                .collect::<Vec<_>>()
                .join(" | "))
        }
        "authenticate" => {
            let password = SecretString::from("<password>");
            let token = provider
                .authenticate("userdemo@gmail.com", &password, "123")
                .await;
            token.map(|token| token.expose_secret().to_owned())
        }
        other => panic!("no such operation: {other}"),
    }
}

/// The trait does not send `sinceId`, so the native client makes the calls that have it.
async fn list(provider: &OneCloud, recording: &Recording) -> Result<String, Error> {
    if recording.case == "ok-empty-page" {
        let query = TicketQuery::new().page(PageRequest::first().at(Cursor::new("1914")));
        return provider.list(&query).await.map(|page| list_summary(&page));
    }
    let limit = if recording.case == "ok" { 2 } else { 10 };
    let query = wire::FindTickets::new().since_id(1).limit(limit).offset(0);
    let found = provider.find_tickets(&query).await?.value;
    let row = |row: &ticket_onecloud::Reply<wire::TicketRow>| {
        let row = &row.value;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        format!(
            "{}: {} {} {} {} {} {} {} {} {} {} {} {}",
            row.id.as_str(),
            text(&row.requestor),
            text(&row.assignee),
            text(&row.subject),
            text(&row.description),
            text(&row.due_date),
            text(&row.create_date),
            text(&row.modify_date),
            text(&row.media),
            text(&row.category),
            text(&row.status),
            text(&row.priority),
            text(&row.tags),
        )
    };
    let rows: Vec<_> = found.data.iter().map(row).collect();
    Ok(format!(
        "{}; {} in all",
        rows.join(", "),
        found.total.unwrap()
    ))
}

fn list_summary(page: &Page<Ticket>) -> String {
    let ids: Vec<_> = page.items.iter().map(|ticket| ticket.id.as_str()).collect();
    let next = page.next.as_ref().map_or("none", Cursor::as_str);
    format!(
        "{}; {} in all; next {next}",
        ids.join(", "),
        page.total.unwrap()
    )
}

fn message_summary(message: &Message) -> String {
    let author = message.author.clone().unwrap();
    let raw: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(message.raw.get()).unwrap();
    format!(
        "{} {:?} {} {}: {} {}; {} keys kept",
        message.id.clone().unwrap(),
        message.direction.unwrap(),
        author.id.unwrap(),
        author.name.unwrap_or_default(),
        message.body,
        message.created_at.unwrap(),
        raw.len(),
    )
}

fn failure(error: &Error) -> Failure {
    assert!(!format!("{error:?}").contains("<password>"));
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
