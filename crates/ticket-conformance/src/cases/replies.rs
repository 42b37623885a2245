//! Replies that are not what the vendor documents: refused as such, never guessed at.

use ticket_core::{CallContext, Effect, ErrorKind, Operation};

use super::common::errors_of;
use crate::fault::Fault;
use crate::lab::{Lab, Tried, any, ensure, reads, said, told};

async fn are_of_kind(
    lab: &Lab,
    among: fn(Operation) -> bool,
    fault: &Fault,
    kinds: &[ErrorKind],
) -> Tried {
    for (operation, error) in errors_of(lab, among, fault).await? {
        let names: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
        ensure(
            kinds.contains(&error.kind()),
            format!("`{operation}` was called, with {fault:?}"),
            names.join(" or "),
            told(&error),
        )?;
    }
    Ok(())
}

pub(crate) async fn malformed_replies_are_bad_responses(lab: &Lab) -> Tried {
    are_of_kind(lab, reads, &Fault::Malformed, &[ErrorKind::BadResponse]).await
}

pub(crate) async fn truncated_replies_are_bad_responses(lab: &Lab) -> Tried {
    let kinds = [ErrorKind::BadResponse, ErrorKind::Unavailable];
    are_of_kind(lab, reads, &Fault::Truncated, &kinds).await
}

pub(crate) async fn empty_replies_are_bad_responses(lab: &Lab) -> Tried {
    are_of_kind(lab, reads, &Fault::Empty, &[ErrorKind::BadResponse]).await
}

pub(crate) async fn web_pages_are_bad_responses(lab: &Lab) -> Tried {
    let page = Fault::WebPage { status: 200 };
    are_of_kind(lab, reads, &page, &[ErrorKind::BadResponse]).await?;
    let page = Fault::WebPage { status: 502 };
    are_of_kind(lab, reads, &page, &[ErrorKind::Unavailable]).await
}

pub(crate) async fn wrong_types_make_no_wrong_ticket(lab: &Lab) -> Tried {
    lab.wants(Operation::Get)?;
    let id = lab.ticket().await?;
    lab.inject(Fault::WrongTypes).await?;
    let what = "a ticket was read, with texts for numbers and numbers for texts";
    match lab.provider.get(&CallContext::new(), &id).await {
        Ok(ticket) => ensure(ticket.id == id, what, id.as_str(), ticket.id.as_str())?,
        Err(error) => ensure(
            error.kind() == ErrorKind::BadResponse,
            what,
            "the ticket, or bad_response",
            told(&error),
        )?,
    }
    if !lab.info().capabilities.supports(Operation::Create) {
        return Ok(());
    }
    let new = lab.new_ticket()?;
    lab.inject(Fault::WrongTypes).await?;
    let what = "a ticket was filed, with texts for numbers and numbers for texts in the reply";
    match lab.provider.create(&CallContext::new(), &new).await {
        Ok(created) => {
            let found = lab
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
            told(&error),
        ),
    }
}

pub(crate) async fn redirects_are_not_followed(lab: &Lab) -> Tried {
    // The first turns a request into one that reads, the second keeps it as it is.
    for status in [302, 307] {
        let fault = Fault::Redirect { status };
        for operation in lab.declared(any)? {
            let id = lab.subject_of(operation).await?;
            lab.inject(fault.clone()).await?;
            let before = lab.journal()?.len();
            let result = lab.call_on(operation, &id).await?;
            let seen = lab.seen_since(before)?.len();
            let kind = result.as_ref().err().map(ticket_core::Error::kind);
            ensure(
                seen == 1 && kind == Some(ErrorKind::BadResponse),
                format!("`{operation}` was called, with {fault:?}"),
                "bad_response after one request",
                format!("{} after {seen} requests", said(&result)),
            )?;
        }
    }
    Ok(())
}

pub(crate) async fn oversized_replies_are_refused(lab: &Lab) -> Tried {
    are_of_kind(lab, any, &Fault::Oversized, &[ErrorKind::BadResponse]).await
}
