//! Any reply to any call: every decoder of the three providers, their errors, the token's, `retry-after`.

use std::fmt::Write as _;
use std::time::Duration;

use tickets::model::{AttachedFile, PageRequest, Person, Priority, RawValue, State};
use tickets::onecloud::{OneCloud, OneCloudConfig};
use tickets::provider::VendorJob;
use tickets::{
    CallContext, DeleteReport, DeleteTarget, Effect, Error, ErrorKind, NewComment, NewTicket,
    Operation, Page, TicketId, TicketPatch, TicketProvider, TicketQuery,
};

use super::vendor::{self, CREDENTIAL, PROVIDERS, SECOND_CREDENTIAL, Vendor, assert_fit_to_show};
use super::{Pieces, choose, guesses};

pub(crate) const STATUSES: &[u16] = &[
    200, 200, 200, 200, 201, 202, 203, 204, 206, 299, 300, 301, 302, 304, 307, 400, 401, 402, 403,
    404, 405, 408, 409, 410, 413, 422, 423, 429, 431, 451, 499, 500, 501, 502, 503, 504, 520, 599,
    600, 999,
];

/// A reply, and what was asked.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Which provider, operation and variant of it.
    pub(crate) choice: [u8; 3],
    pub(crate) status: u16,
    pub(crate) retry_after: String,
    pub(crate) date: String,
    pub(crate) content_type: String,
    /// Where it holds `@@`, the credential stands.
    pub(crate) body: Vec<u8>,
}

impl Case {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let mut pieces = Pieces(bytes);
        Self {
            choice: [pieces.byte(), pieces.byte(), pieces.byte()],
            status: choose(STATUSES, pieces.byte()),
            retry_after: pieces.text(),
            date: pieces.text(),
            content_type: pieces.text(),
            body: pieces.rest().to_vec(),
        }
    }

    /// The body that is sent: some vendors and gateways repeat what they were sent.
    fn sent_body(&self) -> Vec<u8> {
        if self.status == 204 || self.status == 304 {
            return Vec::new();
        }
        let mut body = Vec::with_capacity(self.body.len());
        let mut rest = self.body.as_slice();
        while let Some(at) = rest.windows(2).position(|two| two == b"@@") {
            body.extend_from_slice(&rest[..at]);
            body.extend_from_slice(CREDENTIAL.as_bytes());
            rest = &rest[at + 2..];
        }
        body.extend_from_slice(rest);
        body
    }

    fn bytes(&self, body: &[u8]) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Any\r\n", self.status);
        if self.status != 204 && self.status != 304 {
            write!(head, "content-length: {}\r\n", body.len()).unwrap();
        }
        for (name, value) in [
            ("retry-after", &self.retry_after),
            ("date", &self.date),
            ("content-type", &self.content_type),
        ] {
            if !value.is_empty() {
                write!(head, "{name}: {}\r\n", header(value)).unwrap();
            }
        }
        head += "\r\n";
        [head.as_bytes(), body].concat()
    }
}

/// As it can stand in a header.
fn header(value: &str) -> String {
    value.replace(|c: char| c.is_control(), " ")
}

/// A ticket that the provider takes.
fn new_ticket(provider: &str) -> NewTicket {
    let ticket = NewTicket::new("A subject").description("A text");
    match provider {
        "sweeppea" => ticket.priority(Priority::High),
        "onecloud" => ticket
            .category("Question")
            .requester(Person::named("A name").email("a@example.com")),
        _ => ticket.requester(Person::with_id("45b5fded")),
    }
}

/// Whatever the vendor answers: no panic; one request; a success only for a documented one; nothing lost of
/// what was read; an error that is fit to show and honest about effect and wait.
pub(crate) fn check(case: &Case) {
    if guesses(&case.body, &[CREDENTIAL, SECOND_CREDENTIAL]) {
        return;
    }
    vendor::with(|vendor| {
        let id = choose(PROVIDERS, case.choice[0]);
        let provider = vendor.provider(id);
        // One more than there are: OneCloud's login.
        let count = Operation::ALL.len() + 1;
        let Some(operation) = Operation::ALL.get(usize::from(case.choice[1]) % count) else {
            return check_login(vendor, case);
        };
        let body = case.sent_body();
        vendor.answer(case.bytes(&body));
        let runtime = &vendor.runtime;
        let answer = runtime.block_on(call(provider, *operation, case.choice[2], &body));
        let supported = provider.info().capabilities.supports(*operation);
        let requests = vendor.seen().len();
        assert!(requests <= 1, "{requests} requests");
        match &answer {
            Err(error) if !supported => {
                assert_eq!((error.kind(), requests), (ErrorKind::Unsupported, 0));
            }
            Err(error) => {
                assert_eq!(error.operation(), Some(*operation), "{error}");
                assert_honest(case, error, operation.is_write());
            }
            Ok(found) => {
                assert_eq!((supported, requests), (true, 1));
                let successes = found.errors.is_empty();
                assert!(!successes || (200..300).contains(&case.status), "{found:?}");
                if successes && !body.iter().all(u8::is_ascii_whitespace) {
                    assert_object(trimmed(&body));
                }
                for error in &found.errors {
                    assert_honest(case, error, operation.is_write());
                }
            }
        }
        let Ok(Found {
            next: Some(next), ..
        }) = answer
        else {
            return;
        };
        // A cursor that the provider gave is one that it takes.
        let query = query(id, case.choice[2]);
        let page = PageRequest::first().at(next);
        if let Err(error) = runtime.block_on(provider.list(&CallContext::new(), &query.page(page)))
        {
            assert_ne!(error.kind(), ErrorKind::InvalidInput, "{error}");
        }
        assert_eq!(vendor.seen().len(), 2);
    });
}

/// What a call gave, as far as it is of use here.
#[derive(Debug, Default)]
struct Found {
    errors: Vec<Error>,
    next: Option<tickets::model::Cursor>,
}

fn query(provider: &str, variant: u8) -> TicketQuery {
    match (provider, variant % 3) {
        ("sweeppea", 1) => TicketQuery::new().state(State::Open),
        ("sweeppea", 2) => TicketQuery::new().state(State::Closed),
        _ => TicketQuery::new(),
    }
}

async fn call(
    provider: &dyn TicketProvider,
    operation: Operation,
    variant: u8,
    body: &[u8],
) -> tickets::Result<Found> {
    let id = TicketId::new(if variant % 2 == 0 { "160" } else { "A1" });
    let name = &*provider.info().id;
    let sent = trimmed(body);
    let mut found = Found::default();
    match operation {
        Operation::Get => {
            let ticket = provider.get(&CallContext::new(), &"160".into()).await?;
            assert_whole(sent, ticket.raw.get());
            assert_object(sent);
            assert!(!ticket.id.as_str().trim().is_empty());
            assert!(!format!("{ticket:?}").contains(CREDENTIAL) || ticket_shows(&ticket));
        }
        Operation::List => {
            let page = provider
                .list(&CallContext::new(), &query(name, variant))
                .await?;
            for ticket in &page.items {
                assert_part(sent, ticket.raw.get());
                assert!(!ticket.id.as_str().trim().is_empty());
            }
            found.next = kept(page, sent, |ticket| ticket.raw.get());
        }
        Operation::Create => {
            let created = provider
                .create(&CallContext::new(), &new_ticket(name))
                .await?;
            assert_whole(sent, created.raw.get());
            assert_object(sent);
            assert!(!created.id.as_str().trim().is_empty());
        }
        Operation::Update => {
            let patch = TicketPatch::new().subject("Another");
            provider.update(&CallContext::new(), &id, &patch).await?;
        }
        Operation::Resolve => provider.resolve(&CallContext::new(), &id).await?,
        Operation::Delete | Operation::Purge => {
            let targets: Vec<DeleteTarget> = if name == "leadsquared" {
                vec!["160".into(), "161".into(), "160".into()]
            } else {
                vec![id.into()]
            };
            let report = match operation {
                Operation::Delete => provider.delete(&CallContext::new(), &targets).await?,
                _ => provider.purge(&CallContext::new(), &targets).await?,
            };
            assert_complete(&report, &targets);
            let outcomes = report.into_iter();
            found.errors = outcomes
                .filter_map(|(_, outcome)| outcome.error().cloned())
                .collect();
        }
        Operation::Messages => {
            let page = provider
                .messages(&CallContext::new(), &"160".into(), &PageRequest::first())
                .await?;
            assert!(page.next.is_none());
            kept(page, sent, |message| message.raw.get());
        }
        Operation::Comment => {
            let comment = if variant % 2 == 0 {
                NewComment::internal("A note")
            } else {
                NewComment::inbound("A message")
            };
            provider
                .comment(&CallContext::new(), &"160".into(), &comment)
                .await?;
        }
        Operation::Restore => provider.restore(&CallContext::new(), &id).await?,
        Operation::Attachments => {
            let page = provider
                .attachments(&CallContext::new(), &"160".into(), &PageRequest::first())
                .await?;
            kept(page, sent, |file| file.raw.get());
        }
        Operation::Download => {
            let file = AttachedFile::new("1", RawValue::NULL.to_owned());
            provider.download(&CallContext::new(), &file).await?;
        }
        Operation::Job => {
            let (job, targets) = (VendorJob::new("7"), [DeleteTarget::new("160")]);
            provider.job(&CallContext::new(), &job, &targets).await?;
        }
        other => panic!("the operation {other} is not called here"),
    }
    Ok(found)
}

/// What may be JSON of a body.
fn trimmed(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(body)
        .trim_ascii()
}

/// Ids and codes are the vendor's, and are shown.
fn ticket_shows(ticket: &tickets::Ticket) -> bool {
    let codes = [
        Some(ticket.id.as_str()),
        ticket.status.as_ref().map(tickets::model::Status::as_str),
        ticket.priority.as_ref().map(Priority::as_str),
        ticket.category.as_deref(),
        ticket.requester.as_ref().and_then(|who| who.id.as_deref()),
        ticket.assignee.as_ref().and_then(|who| who.id.as_deref()),
    ];
    codes
        .into_iter()
        .flatten()
        .any(|code| code.contains(CREDENTIAL))
}

fn kept<T>(page: Page<T>, sent: &[u8], raw: impl Fn(&T) -> &str) -> Option<tickets::model::Cursor> {
    for item in &page.items {
        assert_part(sent, raw(item));
    }
    page.next
}

/// serde would read a struct from a list by the order of its fields; no vendor writes one so.
fn assert_object(json: &[u8]) {
    assert!(json.starts_with(b"{"), "{}", String::from_utf8_lossy(json));
}

/// What is kept of a reply is all of it, to the byte but for invalid UTF-8. Half surrogate pairs may be replaced.
fn assert_whole(sent: &[u8], raw: &str) {
    let sent = String::from_utf8_lossy(sent);
    assert!(
        raw == sent || may_be_replaced(&sent, raw) && raw.len() == sent.len(),
        "{raw}"
    );
}

/// What is kept of a row is a piece of the reply.
fn assert_part(sent: &[u8], raw: &str) {
    let sent = String::from_utf8_lossy(sent);
    assert!(sent.contains(raw) || may_be_replaced(&sent, raw), "{raw}");
    assert_object(raw.as_bytes());
}

fn may_be_replaced(sent: &str, raw: &str) -> bool {
    raw.contains("\\ufffd") && ["\\ud", "\\uD"].iter().any(|half| sent.contains(half))
}

fn assert_complete(report: &DeleteReport, targets: &[DeleteTarget]) {
    let answered: Vec<_> = report.iter().map(|(id, _)| id).collect();
    assert_eq!(
        answered,
        targets.iter().map(|target| &target.id).collect::<Vec<_>>()
    );
}

fn assert_honest(case: &Case, error: &Error, write: bool) {
    assert_fit_to_show(error);
    if !write {
        assert_eq!(error.effect(), Effect::None, "{error}");
    }
    let Some(status) = error.status() else {
        return;
    };
    assert_eq!(status, case.status, "{error}");
    let unknown = error.effect() == Effect::Unknown;
    // A gateway that gave up waiting knows nothing.
    let gave_up = [408, 499].contains(&status);
    // And a body that says both success and failure tells nothing.
    let contradicts = error.kind() == ErrorKind::BadResponse;
    assert!(
        !unknown || gave_up || contradicts || !(400..500).contains(&status),
        "{error}"
    );
    // Of a vendor's own word in a 5xx there is one exception: a refused argument.
    let refused = error.kind() == ErrorKind::InvalidInput;
    assert!(!write || unknown || refused || status < 500, "{error}");
    if write && error.kind() == ErrorKind::BadResponse && status < 300 {
        assert!(unknown, "{error}");
    }
    assert_wait(case, error);
}

/// The wait that the reply asks for is told, and never more than a year.
fn assert_wait(case: &Case, error: &Error) {
    const YEAR: u64 = 366 * 24 * 60 * 60;
    let wait = error.retry_after();
    assert!(wait <= Some(Duration::from_secs(YEAR)), "{wait:?}");
    let asked = header(&case.retry_after);
    let asked = asked.trim();
    // What LeadSquared's outcomes say is about one ticket, not about the call.
    let without = error.ticket().is_some() && case.status == 200;
    // A redirect is refused for what it is.
    let without = without || (300..400).contains(&case.status);
    if !asked.is_empty() && asked.bytes().all(|byte| byte.is_ascii_digit()) && !without {
        let seconds = asked.parse().unwrap_or(YEAR).min(YEAR);
        let told = wait == Some(Duration::from_secs(seconds));
        // A wait of nothing is none: the documented window counts.
        assert!(told || seconds == 0, "{error}: {wait:?}");
    }
}

/// The reply to a login, where the password is what must not be repeated.
fn check_login(vendor: &Vendor, case: &Case) {
    thread_local! {
        static CLIENT: std::cell::OnceCell<OneCloud> = const { std::cell::OnceCell::new() };
    }
    let body = case.sent_body();
    vendor.answer(case.bytes(&body));
    CLIENT.with(|client| {
        let new = || OneCloud::new(&OneCloudConfig::new(&vendor.url, "unused")).unwrap();
        let password = CREDENTIAL.into();
        let login = client
            .get_or_init(new)
            .authenticate("a@example.com", &password, "7");
        match vendor.runtime.block_on(login) {
            Ok(token) => {
                assert!((200..300).contains(&case.status));
                assert!(!format!("{token:?}").contains(CREDENTIAL));
            }
            Err(error) => {
                assert_eq!(error.effect(), Effect::None, "{error}");
                assert_fit_to_show(&error);
            }
        }
    });
    assert_eq!(vendor.seen().len(), 1);
}
