//! Any id, cursor and text of a call: it reaches the endpoint that was meant, or nothing is sent.

use serde_json::Value;
use tickets::model::{AttachedFile, Cursor, PageRequest, Person, Priority, RawValue};
use tickets::provider::VendorJob;
use tickets::{
    CallContext, DeleteTarget, Effect, ErrorKind, NewComment, NewTicket, Operation, TicketId,
    TicketPatch, TicketProvider, TicketQuery,
};

use super::vendor::{
    self, CREDENTIAL, PROVIDERS, ReceivedRequest, SECOND_CREDENTIAL, assert_fit_to_show,
};
use super::{Pieces, choose, guesses};

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Which provider and operation.
    pub(crate) choice: [u8; 2],
    /// An id, or a cursor.
    pub(crate) id: String,
    pub(crate) text: String,
}

impl Case {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let mut pieces = Pieces(bytes);
        let choice = [pieces.byte(), pieces.byte()];
        // Zero bytes part them: line feeds in ids are of interest here.
        let mut parts = pieces.rest().splitn(2, |byte| *byte == 0);
        let mut text = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
        Self {
            choice,
            id: text(),
            text: text(),
        }
    }
}

/// Refused with nothing sent, or one request: to the documented address, with the id in its one place and
/// every text as it was given.
pub(crate) fn check(case: &Case) {
    let texts = format!("{}{}", case.id, case.text);
    if guesses(texts.as_bytes(), &[CREDENTIAL, SECOND_CREDENTIAL]) {
        return;
    }
    vendor::with(|vendor| {
        let name = choose(PROVIDERS, case.choice[0]);
        let operation = choose(Operation::ALL, case.choice[1]);
        let answer = "HTTP/1.1 404 Any\r\ncontent-length: 2\r\n\r\n{}";
        vendor.answer(answer.as_bytes().to_vec());
        let provider = vendor.provider(name);
        let error = vendor.runtime.block_on(call(provider, operation, case));
        let seen = vendor.seen();
        if let Some(error) = &error {
            assert_fit_to_show(error);
        }
        match seen.as_slice() {
            [] => {
                // A delete of what can be no ticket's id answers in its report.
                let Some(error) = error else { return };
                let kinds = [ErrorKind::InvalidInput, ErrorKind::Unsupported];
                assert!(kinds.contains(&error.kind()), "{error}");
                assert_eq!((error.effect(), error.status()), (Effect::None, None));
            }
            [request] => assert_faithful(name, operation, case, request),
            more => panic!("{} requests", more.len()),
        }
    });
}

async fn call(
    provider: &dyn TicketProvider,
    operation: Operation,
    case: &Case,
) -> Option<tickets::Error> {
    let id = TicketId::new(case.id.clone());
    let text = case.text.as_str();
    match operation {
        Operation::Get => provider.get(&CallContext::new(), &id).await.err(),
        Operation::List => {
            let page = PageRequest::first().at(Cursor::new(case.id.clone()));
            let query = TicketQuery::new().page(page);
            let query = match &*provider.info().id {
                "sweeppea" => query.search(text).category(text),
                _ => query,
            };
            provider.list(&CallContext::new(), &query).await.err()
        }
        Operation::Create => {
            let ticket = NewTicket::new(text).description(text);
            let ticket = match &*provider.info().id {
                "sweeppea" => ticket.priority(Priority::Low),
                "onecloud" => ticket
                    .category(text)
                    .requester(Person::named(text).email(text)),
                _ => ticket
                    .requester(Person::with_id(text))
                    .custom(case.id.clone(), text),
            };
            provider.create(&CallContext::new(), &ticket).await.err()
        }
        Operation::Update => {
            let patch = TicketPatch::new().subject(text);
            provider
                .update(&CallContext::new(), &id, &patch)
                .await
                .err()
        }
        Operation::Resolve => provider.resolve(&CallContext::new(), &id).await.err(),
        Operation::Delete | Operation::Purge => {
            let (context, targets) = (CallContext::new(), [DeleteTarget::from(&id)]);
            let report = if operation == Operation::Delete {
                provider.delete(&context, &targets).await
            } else {
                provider.purge(&context, &targets).await
            };
            match report {
                Ok(report) => {
                    assert_eq!(report.len(), 1);
                    report
                        .outcome(&id)
                        .and_then(|outcome| outcome.error().cloned())
                }
                Err(error) => Some(error),
            }
        }
        Operation::Messages => provider
            .messages(&CallContext::new(), &id, &PageRequest::first())
            .await
            .err(),
        Operation::Comment => provider
            .comment(&CallContext::new(), &id, &NewComment::inbound(text))
            .await
            .err(),
        Operation::Restore => provider.restore(&CallContext::new(), &id).await.err(),
        Operation::Attachments => provider
            .attachments(&CallContext::new(), &id, &PageRequest::first())
            .await
            .err(),
        Operation::Download => {
            let file = AttachedFile::new(case.id.clone(), RawValue::NULL.to_owned());
            provider.download(&CallContext::new(), &file).await.err()
        }
        Operation::Job => {
            let (job, targets) = (VendorJob::new(&case.id), [DeleteTarget::from(&id)]);
            let told = provider.job(&CallContext::new(), &job, &targets).await;
            told.err()
        }
        other => panic!("the operation {other} is not called here"),
    }
}

/// The documented address of each call; `{}` is where the id stands in it.
fn address(provider: &str, operation: Operation) -> (&'static str, &'static str) {
    use Operation::{Comment, Create, Delete, Get, List, Messages, Resolve, Update};
    match (provider, operation) {
        ("onecloud", Get) => ("GET", "/base/api/ticketrz/{}"),
        ("onecloud", List) => ("GET", "/base/api/ticketrz"),
        ("onecloud", Create) => ("POST", "/base/api/ticket/create"),
        ("onecloud", Delete) => ("DELETE", "/base/api/ticketrz/{}"),
        ("onecloud", Messages) => ("GET", "/base/api/ticket/conversations/{}"),
        ("sweeppea", Get | Messages) => ("POST", "/base/tickets/fetchSingleTicket"),
        ("sweeppea", List) => ("POST", "/base/tickets/fetch"),
        ("sweeppea", Create) => ("POST", "/base/tickets/create"),
        ("sweeppea", Update) => ("POST", "/base/tickets/update"),
        ("sweeppea", Resolve) => ("POST", "/base/tickets/resolve"),
        ("sweeppea", Delete) => ("POST", "/base/tickets/delete"),
        ("leadsquared", Get) => ("GET", "/base/api/tenants/22824/tickets/{}"),
        ("leadsquared", Create) => ("POST", "/base/api/tenants/22824/tickets"),
        ("leadsquared", Update | Resolve) => ("PUT", "/base/api/tenants/22824/tickets/{}/update"),
        ("leadsquared", Delete) => ("PUT", "/base/api/tenants/22824/tickets/trash"),
        ("leadsquared", Messages) => ("POST", "/base/api/tenants/22824/conversation/filter"),
        ("leadsquared", Comment) => ("POST", "/base/api/tenants/22824/ticket/{}/portal/activity"),
        (provider, operation) => panic!("{provider} has no {operation}"),
    }
}

fn assert_faithful(provider: &str, operation: Operation, case: &Case, seen: &ReceivedRequest) {
    let (method, template) = address(provider, operation);
    let (sent_method, target) = seen.line();
    assert_eq!(sent_method, method);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if let Some((before, after)) = template.split_once("{}") {
        let segment = path
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after));
        let segment = segment.unwrap_or_else(|| panic!("{path} is not {template}"));
        assert!(
            segment
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)),
            "{segment}"
        );
        assert_eq!(decoded(segment), case.id);
        // No server on the way takes it for a step up, however often it decodes.
        assert!(![".", ".."].contains(&case.id.as_str()), "{segment}");
    } else if template.ends_with("/fetch") {
        let list = path.strip_prefix(template);
        assert!(
            matches!(list, Some("OpenTickets" | "ClosedTickets")),
            "{path}"
        );
    } else {
        assert_eq!(path, template);
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (_, value) = pair.split_once('=').unwrap();
        assert!(value.bytes().all(|byte| byte.is_ascii_digit()), "{query}");
    }
    assert_body(provider, operation, case, seen);
}

/// In a JSON body the id and the texts are what they were.
fn assert_body(provider: &str, operation: Operation, case: &Case, seen: &ReceivedRequest) {
    let Ok(body) = serde_json::from_slice::<Value>(&seen.body) else {
        // A form, or no body.
        let form = seen.body.windows(9).any(|some| some == b"ticketDTO");
        assert!(seen.body.is_empty() || form, "{seen:?}");
        return;
    };
    let (id, text) = (case.id.as_str(), case.text.as_str());
    let expected: &[(&str, &str)] = match (provider, operation) {
        ("sweeppea", Operation::Get | Operation::Messages) => &[("/caseNumber", id)],
        ("sweeppea", Operation::Resolve | Operation::Delete) => &[("/CaseId", id)],
        ("sweeppea", Operation::Update) => &[("/CaseId", id), ("/Title", text)],
        ("sweeppea", Operation::Create) => &[("/Title", text), ("/Description", text)],
        ("sweeppea", Operation::List) => &[("/search", text), ("/platform", text)],
        ("onecloud", Operation::Create) => &[("/fullName", text), ("/subject", text)],
        ("leadsquared", Operation::Delete) => &[("/TicketIds/0", id)],
        _ => &[],
    };
    for (place, expected) in expected {
        assert_eq!(
            body.pointer(place).and_then(Value::as_str),
            Some(*expected),
            "{body}"
        );
    }
}

fn decoded(segment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(&tail[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}
