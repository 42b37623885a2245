//! No field is dropped silently: an unsupported field is refused by name before anything is sent. Supported fields
//! are in `sent.rs`.

use ticket_core::model::{Attachment, PageRequest, Person, Priority, State, Status};
use ticket_core::provider::{Field, Request};
use ticket_core::{
    CallContext, Effect, Error, ErrorKind, NewComment, NewTicket, Operation, TicketPatch,
    TicketQuery,
};

use crate::harness::{CaseResult, Harness, describe, ensure, skip};

/// A text that can be found in a request, because no encoding changes it.
pub(super) const MARK: &str = "conformancemark";

/// Arguments of a call, and the field that they test.
enum Probe {
    Create(Field, NewTicket),
    Update(Field, TicketPatch),
    List(Field, TicketQuery),
    Messages(Field, PageRequest),
    Comment(Field, NewComment),
}

impl Probe {
    const fn field(&self) -> Field {
        match self {
            Self::Create(field, _)
            | Self::Update(field, _)
            | Self::List(field, _)
            | Self::Messages(field, _)
            | Self::Comment(field, _) => *field,
        }
    }
}

/// Calls the operation with arguments that the declaration refuses. Returns false if the declaration allows them.
async fn refuse(harness: &Harness, probe: Probe) -> CaseResult<bool> {
    let id = match &probe {
        Probe::Create(..) | Probe::List(..) => "unused".into(),
        _ => harness.ticket().await?,
    };
    let request = match &probe {
        Probe::Create(_, ticket) => Request::Create(ticket),
        Probe::Update(_, patch) => Request::Update(&id, patch),
        Probe::List(_, query) => Request::List(query),
        Probe::Messages(_, page) => Request::Messages(&id, page),
        Probe::Comment(_, comment) => Request::Comment(&id, comment),
    };
    let operation = request.operation();
    // The declaration decides; this checks that the provider follows it.
    let Err(expected) = harness.info().check(&request) else {
        return Ok(false);
    };
    let before = harness.journal()?.len();
    let provider = &harness.provider;
    let result = match &probe {
        Probe::Create(_, ticket) => provider.create(&CallContext::new(), ticket).await.map(drop),
        Probe::Update(_, patch) => provider.update(&CallContext::new(), &id, patch).await,
        Probe::List(_, query) => provider.list(&CallContext::new(), query).await.map(drop),
        Probe::Messages(_, page) => provider
            .messages(&CallContext::new(), &id, page)
            .await
            .map(drop),
        Probe::Comment(_, comment) => provider.comment(&CallContext::new(), &id, comment).await,
    };
    let field = probe.field();
    was_refused(harness, before, operation, field, &expected, &result)?;
    Ok(true)
}

fn was_refused(
    harness: &Harness,
    before: usize,
    operation: Operation,
    field: Field,
    expected: &Error,
    result: &Result<(), Error>,
) -> CaseResult {
    let what = format!("`{operation}` was called with `{field}`, against the declaration");
    let right = result.as_ref().is_err_and(|error| {
        let named = error.message().contains(&format!("`{field}`"));
        error.kind() == expected.kind() && error.effect() == Effect::None && named
    });
    ensure(
        right,
        what.clone(),
        format!("{} of effect none, which names `{field}`", expected.kind()),
        describe(result),
    )?;
    let seen = harness.requests_since(before)?.len();
    ensure(seen == 0, what, "no request", format!("{seen} requests"))
}

pub(crate) async fn unsupported_fields_are_refused_by_name(harness: &Harness) -> CaseResult {
    let supports = |operation| harness.info().capabilities.supports(operation);
    let mut probes = Vec::new();
    if supports(Operation::Create) {
        for (field, ticket) in tickets_with_each_field(&harness.new_ticket()?) {
            probes.push(Probe::Create(field, ticket));
        }
    }
    if supports(Operation::Update) {
        for (field, patch) in patches_with_each_field(&harness.patch()?) {
            probes.push(Probe::Update(field, patch));
        }
    }
    if supports(Operation::List) {
        for (field, query) in [
            (Field::State, TicketQuery::new().state(State::Open)),
            (Field::Search, TicketQuery::new().search(MARK)),
            (Field::Priority, TicketQuery::new().priority(Priority::High)),
            (Field::Category, TicketQuery::new().category(MARK)),
            (
                Field::PageLimit,
                TicketQuery::new().page(PageRequest::first().limit(1)),
            ),
        ] {
            probes.push(Probe::List(field, query));
        }
    }
    if supports(Operation::Messages) {
        let cursor = ticket_core::model::Cursor::new("1");
        probes.push(Probe::Messages(
            Field::Cursor,
            PageRequest::first().at(cursor),
        ));
        probes.push(Probe::Messages(
            Field::PageLimit,
            PageRequest::first().limit(1),
        ));
    }
    if supports(Operation::Comment) {
        for (field, comment) in [
            (Field::Internal, NewComment::internal(MARK)),
            (Field::Inbound, NewComment::inbound(MARK)),
            (Field::Outbound, NewComment::outbound(MARK)),
            (
                Field::Attachments,
                harness
                    .comment(MARK)?
                    .attachment(Attachment::new(MARK, *b"x")),
            ),
        ] {
            probes.push(Probe::Comment(field, comment));
        }
    }
    let mut refused = false;
    for probe in probes {
        let field = probe.field();
        // Only unsupported fields; the declaration may refuse others for other reasons.
        let operation = match &probe {
            Probe::Create(..) => Operation::Create,
            Probe::Update(..) => Operation::Update,
            Probe::List(..) => Operation::List,
            Probe::Messages(..) => Operation::Messages,
            Probe::Comment(..) => Operation::Comment,
        };
        if !harness.fields(operation)?.carried().contains(&field) {
            refused |= refuse(harness, probe).await?;
        }
    }
    if !refused {
        return skip(format!("{} carries every field", harness.info().title));
    }
    Ok(())
}

pub(super) fn tickets_with_each_field(base: &NewTicket) -> Vec<(Field, NewTicket)> {
    let requester = |change: fn(Person) -> Person| {
        let person = base.requester.clone().unwrap_or_default();
        base.clone().requester(change(person))
    };
    vec![
        (Field::Description, base.clone().description(MARK)),
        (Field::RequesterId, requester(|person| person.id(MARK))),
        (Field::RequesterName, requester(|person| person.name(MARK))),
        (
            Field::RequesterEmail,
            requester(|person| person.email(format!("{MARK}@example.com"))),
        ),
        (
            Field::RequesterPhone,
            requester(|person| person.phone("49305550199")),
        ),
        (Field::Category, base.clone().category(MARK)),
        (Field::Priority, base.clone().priority(Priority::High)),
        (Field::Assignee, base.clone().assignee(MARK)),
        (Field::Tags, base.clone().tag(MARK)),
        (
            Field::Attachments,
            base.clone()
                .attachment(Attachment::new(format!("{MARK}.txt"), *b"x")),
        ),
    ]
}

pub(super) fn patches_with_each_field(base: &TicketPatch) -> Vec<(Field, TicketPatch)> {
    vec![
        (Field::Subject, base.clone().subject(MARK)),
        (Field::Description, base.clone().description(MARK)),
        (Field::Status, base.clone().status(Status::OnHold)),
        (Field::Priority, base.clone().priority(Priority::High)),
        (Field::Category, base.clone().category(MARK)),
        (Field::Assignee, base.clone().assignee(MARK)),
        (
            Field::Attachments,
            base.clone()
                .attachment(Attachment::new(format!("{MARK}.txt"), *b"x")),
        ),
    ]
}

pub(crate) async fn required_fields_are_required(harness: &Harness) -> CaseResult {
    let supports = |operation| harness.info().capabilities.supports(operation);
    let mut refused = false;
    if supports(Operation::Create) {
        for field in harness.fields(Operation::Create)?.required() {
            let mut ticket = harness.new_ticket()?;
            let mut person = ticket.requester.clone().unwrap_or_default();
            match field {
                Field::Subject => " ".clone_into(&mut ticket.subject),
                Field::Description => ticket.description = None,
                Field::Category => ticket.category = None,
                Field::Priority => ticket.priority = None,
                Field::Assignee => ticket.assignee = None,
                Field::RequesterId => person.id = None,
                Field::RequesterName => person.name = None,
                Field::RequesterEmail => person.email = None,
                Field::RequesterPhone => person.phone = None,
                _ => continue,
            }
            ticket.requester = ticket.requester.map(|_| person);
            refused |= refuse(harness, Probe::Create(*field, ticket)).await?;
        }
    }
    if supports(Operation::Comment) {
        refused |= refuse(harness, Probe::Comment(Field::Body, harness.comment(" ")?)).await?;
    }
    if !refused {
        return skip(format!("{} requires no field", harness.info().title));
    }
    Ok(())
}

pub(crate) async fn empty_updates_are_refused(harness: &Harness) -> CaseResult {
    harness.require(Operation::Update)?;
    let id = harness.ticket().await?;
    let before = harness.journal()?.len();
    let result = harness
        .provider
        .update(&CallContext::new(), &id, &TicketPatch::new())
        .await;
    let seen = harness.requests_since(before)?.len();
    let kind = result.as_ref().err().map(Error::kind);
    ensure(
        kind == Some(ErrorKind::InvalidInput) && seen == 0,
        "an empty update was requested",
        "invalid_input and no request",
        format!("{}, {seen} requests", describe(&result)),
    )
}

pub(crate) async fn texts_over_the_limit_are_refused(harness: &Harness) -> CaseResult {
    let supports = |operation| harness.info().capabilities.supports(operation);
    // Longer than any limit that a vendor documents.
    let long = "x".repeat(1_000_000);
    let mut probes = Vec::new();
    if supports(Operation::Create) {
        let ticket = harness.new_ticket()?;
        let mut subject = ticket.clone();
        subject.subject.clone_from(&long);
        probes.push(Probe::Create(Field::Subject, subject));
        probes.push(Probe::Create(Field::Description, ticket.description(&long)));
    }
    if supports(Operation::Update) {
        let patch = harness.patch()?;
        probes.push(Probe::Update(Field::Subject, patch.clone().subject(&long)));
        probes.push(Probe::Update(Field::Description, patch.description(&long)));
    }
    if supports(Operation::Comment) {
        probes.push(Probe::Comment(Field::Body, harness.comment(&long)?));
    }
    let mut refused = false;
    for probe in probes {
        refused |= refuse(harness, probe).await?;
    }
    if !refused {
        return skip(format!(
            "{} declares no limit of texts",
            harness.info().title
        ));
    }
    Ok(())
}

pub(crate) async fn page_limit_of_zero_is_refused(harness: &Harness) -> CaseResult {
    harness.require(Operation::List)?;
    let before = harness.journal()?.len();
    let query = TicketQuery::new().page(PageRequest::first().limit(0));
    let result = harness.provider.list(&CallContext::new(), &query).await;
    let seen = harness.requests_since(before)?.len();
    let kind = result.as_ref().err().map(Error::kind);
    ensure(
        kind == Some(ErrorKind::InvalidInput) && seen == 0,
        "a page of no items was requested",
        "invalid_input and no request",
        format!("{}, {seen} requests", describe(&result)),
    )
}
