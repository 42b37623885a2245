//! What is said to the vendors in this test, and what they say: each text and each secret of it is known.

use std::num::NonZeroU32;
use std::path::Path;

use ticket_sandbox::{Fault, Sandbox, Vendor, credentials};
use tickets::model::{Attachment, PageRequest, Person, Priority};
use tickets::provider::Field;
use tickets::{
    AccountConfig, Error, NewComment, NewTicket, Operation, Registry, TicketId, TicketPatch,
    TicketQuery, Tickets,
};

// With characters that encodings change.
pub(crate) const SUBJECT: &str = "planted/subject + kq1";
const DESCRIPTION: &str = "planted/description + kq2";
const NAME: &str = "planted/name + kq3";
const EMAIL: &str = "planted+mail-kq4@example.com";
const PHONE: &str = "+49-30-5550199-4711";
const COMMENT: &str = "planted/comment + kq5";
pub(crate) const FILE_NAME: &str = "planted file + kq6.txt";
pub(crate) const FILE: &str = "planted/content + kq7";
const SEARCHED: &str = "planted/search + kq8";
pub(crate) const REPLY: &str = "planted/reply + kq9";
const OTHER_SUBJECT: &str = "planted/subject + kq10";

pub(crate) const TEXTS: &[&str] = &[
    SUBJECT,
    DESCRIPTION,
    NAME,
    EMAIL,
    PHONE,
    COMMENT,
    FILE_NAME,
    FILE,
    SEARCHED,
    REPLY,
    OTHER_SUBJECT,
];

pub(crate) const SECRETS: &[&str] = &[
    credentials::ONECLOUD_TOKEN,
    credentials::ONECLOUD_EMAIL,
    credentials::ONECLOUD_PASSWORD,
    credentials::SWEEPPEA_API_KEY,
    credentials::LEADSQUARED_ACCESS_KEY,
    credentials::LEADSQUARED_SECRET_KEY,
];

/// An account of the sandbox, tried once, without limits of its own.
pub(crate) fn account(sandbox: &Sandbox, provider: &str) -> AccountConfig {
    let environment = sandbox.environment();
    let registry = Registry::new();
    let mut account = AccountConfig::new(provider)
        .max_attempts(NonZeroU32::MIN)
        .rates([]);
    for setting in registry.get(provider).unwrap().settings {
        if let Some((_, value)) = environment.iter().find(|(name, _)| *name == setting.env) {
            account = account.setting(setting.name, value.clone());
        }
    }
    account
}

/// OneCloud, by e-mail and password.
pub(crate) fn with_password(sandbox: &Sandbox) -> AccountConfig {
    AccountConfig::new("onecloud")
        .max_attempts(NonZeroU32::MIN)
        .setting("base_url", sandbox.base_url(Vendor::OneCloud))
        .setting("email", credentials::ONECLOUD_EMAIL)
        .setting("password", credentials::ONECLOUD_PASSWORD)
        .setting("site_id", credentials::ONECLOUD_SITE_ID)
}

/// The accounts of a run: every way to log in.
pub(crate) fn accounts(sandbox: &Sandbox) -> Vec<(Vendor, AccountConfig)> {
    vec![
        (Vendor::OneCloud, account(sandbox, "onecloud")),
        (Vendor::OneCloud, with_password(sandbox)),
        (Vendor::Sweeppea, account(sandbox, "sweeppea")),
        (Vendor::LeadSquared, account(sandbox, "leadsquared")),
    ]
}

/// A ticket with as much text as the provider carries.
pub(crate) fn new_ticket(tickets: &Tickets) -> NewTicket {
    let fields = tickets
        .info()
        .capabilities
        .fields(Operation::Create)
        .unwrap();
    let carries = |field: Field| fields.carried().contains(&field);
    let mut requester = Person::default();
    if carries(Field::RequesterName) {
        requester = requester.name(NAME);
    }
    if carries(Field::RequesterEmail) {
        requester = requester.email(EMAIL);
    }
    if carries(Field::RequesterPhone) {
        requester = requester.phone(PHONE);
    }
    let mut ticket = NewTicket::new(SUBJECT)
        .description(DESCRIPTION)
        .requester(requester);
    if carries(Field::Category) {
        ticket = ticket.category("Request");
    }
    if carries(Field::Priority) {
        ticket = ticket.priority(Priority::Low);
    }
    if carries(Field::Attachments) {
        ticket = ticket.attachment(Attachment::new(FILE_NAME, FILE.as_bytes()));
    }
    ticket
}

fn patch(tickets: &Tickets, file: &Path) -> TicketPatch {
    let patch = TicketPatch::new().subject(OTHER_SUBJECT);
    let fields = tickets.info().capabilities.fields(Operation::Update);
    match fields {
        Some(fields) if fields.carried().contains(&Field::Attachments) => {
            patch.attachment(Attachment::from_path(file))
        }
        _ => patch,
    }
}

/// Makes one call of this operation, about this ticket or a new one.
pub(crate) async fn call(
    tickets: &Tickets,
    operation: Operation,
    id: &TicketId,
    file: &Path,
) -> Result<Option<TicketId>, Error> {
    match operation {
        Operation::Get => tickets.get(id).await.map(|ticket| Some(ticket.id)),
        Operation::List => {
            let query = TicketQuery::new();
            let fields = tickets.info().capabilities.fields(operation).unwrap();
            let query = if fields.carried().contains(&Field::Search) {
                query.search(SEARCHED)
            } else {
                query
            };
            tickets.list(&query).await.map(|_| None)
        }
        Operation::Create => tickets
            .create(&new_ticket(tickets))
            .await
            .map(|created| Some(created.id)),
        Operation::Update => tickets
            .update(id, &patch(tickets, file))
            .await
            .map(|()| None),
        Operation::Resolve => tickets.resolve(id).await.map(|()| None),
        Operation::Messages => tickets
            .messages(id, &PageRequest::first())
            .await
            .map(|_| None),
        Operation::Comment => tickets
            .comment(id, &NewComment::internal(COMMENT))
            .await
            .map(|()| None),
        Operation::Delete => {
            let report = tickets.delete([id]).await;
            let outcome = report.iter().next().unwrap().1;
            match outcome.error() {
                Some(error) => Err(error.clone()),
                None => Ok(None),
            }
        }
        _ => unreachable!("an operation that this test does not know"),
    }
}

pub(crate) fn operations(tickets: &Tickets) -> Vec<Operation> {
    tickets.info().capabilities.operations().collect()
}

/// Everything that can come back in place of an answer; what can hold text or secrets does.
pub(crate) fn faults() -> Vec<Fault> {
    let words = |status, kind: &str, body: String| Fault::Reply {
        status,
        headers: vec![("content-type".to_owned(), kind.to_owned())],
        body: body.into_bytes(),
    };
    let echo = [TEXTS, SECRETS].concat().join(" ");
    let json = format!(
        r#"{{"message":"{echo}","Message":"{echo}","status":"{echo}","errors":["{echo}"]}}"#
    );
    vec![
        Fault::LostResponse,
        Fault::ConnectionReset,
        Fault::Status(500),
        Fault::StatusAfterEffect(502),
        Fault::RateLimited {
            retry_after: Some(1),
        },
        Fault::HtmlPage { status: 200 },
        Fault::TruncatedJson,
        Fault::CutBody,
        Fault::EmptyBody,
        Fault::ErrorInside200,
        Fault::WrongTypes,
        words(500, "text/plain", echo.clone()),
        words(400, "application/json", json.clone()),
        words(200, "application/json", json),
        words(503, "text/html", format!("<p>{echo}</p>")),
    ]
}
