//! Replies that differ from the vendor's documentation are errors; the provider does not guess.

use ticket_core::{CallContext, Effect, ErrorKind, Operation};

use super::common::errors_of;
use crate::fault::Fault;
use crate::harness::{CaseResult, Harness, any, describe, describe_error, ensure, reads};

async fn are_of_kind(
    harness: &Harness,
    among: fn(Operation) -> bool,
    fault: &Fault,
    kinds: &[ErrorKind],
) -> CaseResult {
    for (operation, error) in errors_of(harness, among, fault).await? {
        let names: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
        ensure(
            kinds.contains(&error.kind()),
            format!("`{operation}` was called, with {fault:?}"),
            names.join(" or "),
            describe_error(&error),
        )?;
    }
    Ok(())
}

pub(crate) async fn malformed_replies_are_bad_responses(harness: &Harness) -> CaseResult {
    are_of_kind(harness, reads, &Fault::Malformed, &[ErrorKind::BadResponse]).await
}

pub(crate) async fn truncated_replies_are_bad_responses(harness: &Harness) -> CaseResult {
    let kinds = [ErrorKind::BadResponse, ErrorKind::Unavailable];
    are_of_kind(harness, reads, &Fault::Truncated, &kinds).await
}

pub(crate) async fn empty_replies_are_bad_responses(harness: &Harness) -> CaseResult {
    are_of_kind(harness, reads, &Fault::Empty, &[ErrorKind::BadResponse]).await
}

pub(crate) async fn web_pages_are_bad_responses(harness: &Harness) -> CaseResult {
    let page = Fault::WebPage { status: 200 };
    are_of_kind(harness, reads, &page, &[ErrorKind::BadResponse]).await?;
    let page = Fault::WebPage { status: 502 };
    are_of_kind(harness, reads, &page, &[ErrorKind::Unavailable]).await
}

pub(crate) async fn swapped_types_give_no_wrong_ticket(harness: &Harness) -> CaseResult {
    harness.require(Operation::Get)?;
    let id = harness.ticket().await?;
    harness.inject(Operation::Get, Fault::WrongTypes).await?;
    let what = "a ticket was read, with texts for numbers and numbers for texts";
    match harness.provider.get(&CallContext::new(), &id).await {
        Ok(ticket) => ensure(ticket.id == id, what, id.as_str(), ticket.id.as_str())?,
        Err(error) => ensure(
            error.kind() == ErrorKind::BadResponse,
            what,
            "the ticket, or bad_response",
            describe_error(&error),
        )?,
    }
    if !harness.info().capabilities.supports(Operation::Create) {
        return Ok(());
    }
    let new = harness.new_ticket()?;
    harness.inject(Operation::Create, Fault::WrongTypes).await?;
    let what = "a ticket was created, with texts for numbers and numbers for texts in the reply";
    match harness.provider.create(&CallContext::new(), &new).await {
        Ok(created) => {
            let found = harness
                .provider
                .get(&CallContext::new(), &created.id)
                .await
                .map(|ticket| ticket.id);
            ensure(
                found.as_ref().is_ok_and(|found| *found == created.id),
                what,
                "the id of a ticket that exists",
                format!("{}, which reads as {found:?}", created.id),
            )
        }
        Err(error) => ensure(
            error.effect() == Effect::Unknown,
            what,
            "the ticket, or effect unknown",
            describe_error(&error),
        ),
    }
}

pub(crate) async fn redirects_are_not_followed(harness: &Harness) -> CaseResult {
    // 302 turns a request into a GET, 307 repeats it unchanged.
    for status in [302, 307] {
        let fault = Fault::Redirect { status };
        for operation in harness.declared(any)? {
            let id = harness.ticket_for(operation).await?;
            harness.inject(operation, fault.clone()).await?;
            let before = harness.journal()?.len();
            let result = harness.call_on(operation, &id).await?;
            let seen = harness.requests_since(before)?;
            let seen = seen
                .iter()
                .skip_while(|one| one.is_write != operation.is_write());
            let seen = seen.count();
            let kind = result.as_ref().err().map(ticket_core::Error::kind);
            ensure(
                seen == 1 && kind == Some(ErrorKind::BadResponse),
                format!("`{operation}` was called, with {fault:?}"),
                "bad_response after one request",
                format!("{} after {seen} requests", describe(&result)),
            )?;
        }
    }
    Ok(())
}

pub(crate) async fn oversized_replies_are_refused(harness: &Harness) -> CaseResult {
    are_of_kind(harness, any, &Fault::Oversized, &[ErrorKind::BadResponse]).await
}
