//! Declared is supported, and one call is at most one request.

use std::time::Duration;

use ticket_core::{
    CallContext, DeleteTarget, Effect, Error, ErrorKind, NewComment, NewTicket, Operation,
    PageRequest, TicketId, TicketPatch, TicketQuery,
};

use crate::fault::Fault;
use crate::lab::{Lab, Tried, any, ensure, fail, reads, said, skip, told};

pub(crate) async fn info_is_the_same_at_every_call(lab: &Lab) -> Tried {
    let (first, second) = (lab.info().clone(), lab.info().clone());
    ensure(
        first == second,
        "`info` was called twice",
        format!("{first:?}"),
        format!("{second:?}"),
    )?;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    ensure(
        !first.id.is_empty() && first.id.chars().all(is_name) && !first.title.trim().is_empty(),
        "`info` was read",
        "an id in lower case and a title",
        format!("{:?} and {:?}", first.id, first.title),
    )?;
    let mut windows = first.limits.iter().flat_map(|limit| &limit.windows);
    let empty = windows.find(|quota| quota.calls == 0 || quota.window.is_zero());
    ensure(
        empty.is_none(),
        "the limits were read",
        "at least one call, in some time",
        format!("{empty:?}"),
    )
}

pub(crate) async fn the_manifest_is_kept(lab: &Lab) -> Tried {
    let expected = lab.expected_operations();
    ensure(
        !expected.is_empty(),
        "the manifest was read",
        "at least one operation",
        "none",
    )?;
    for operation in Operation::ALL {
        let declared = lab.info().capabilities.supports(*operation);
        match (expected.contains(operation), declared) {
            (true, false) => {
                return fail(
                    "the declaration was held against the manifest",
                    format!("the operation `{operation}`"),
                    "it is not declared any more",
                );
            }
            (false, true) => {
                return fail(
                    "the declaration was held against the manifest",
                    "no operation that the manifest does not name",
                    format!("`{operation}` is declared; write it into `expected_operations`"),
                );
            }
            _ => {}
        }
    }
    Ok(())
}

pub(crate) async fn declared_operations_work(lab: &Lab) -> Tried {
    for operation in lab.declared(any)? {
        let result = lab.call(operation).await?;
        ensure(
            result.is_ok(),
            format!("`{operation}` was called with arguments that are in order"),
            "success",
            said(&result),
        )?;
    }
    Ok(())
}

/// Calls what is not declared, with any arguments; they must not be looked at.
async fn undeclared(lab: &Lab) -> Tried<Vec<(Operation, Result<(), Error>)>> {
    let (provider, id) = (&lab.provider, TicketId::new("1"));
    let mut results = Vec::new();
    for operation in Operation::ALL.iter().copied() {
        if lab.info().capabilities.supports(operation) {
            continue;
        }
        let result = match operation {
            Operation::Get => provider.get(&CallContext::new(), &id).await.map(drop),
            Operation::List => provider
                .list(&CallContext::new(), &TicketQuery::new())
                .await
                .map(drop),
            Operation::Create => provider
                .create(&CallContext::new(), &NewTicket::new("Undeclared"))
                .await
                .map(drop),
            Operation::Update => {
                let patch = TicketPatch::new().subject("Undeclared");
                provider.update(&CallContext::new(), &id, &patch).await
            }
            Operation::Resolve => provider.resolve(&CallContext::new(), &id).await,
            Operation::Delete => provider
                .delete(&CallContext::new(), &[DeleteTarget::from(&id)])
                .await
                .map(drop),
            Operation::Messages => {
                let page = PageRequest::first();
                provider
                    .messages(&CallContext::new(), &id, &page)
                    .await
                    .map(drop)
            }
            Operation::Comment => {
                let comment = NewComment::internal("Undeclared");
                provider.comment(&CallContext::new(), &id, &comment).await
            }
            _ => continue,
        };
        results.push((operation, result));
    }
    if results.is_empty() {
        return skip(format!("{} declares every operation", lab.info().title));
    }
    Ok(results)
}

pub(crate) async fn undeclared_operations_are_unsupported(lab: &Lab) -> Tried {
    for (operation, result) in undeclared(lab).await? {
        let right = result.as_ref().is_err_and(|error| {
            error.kind() == ErrorKind::Unsupported
                && error.effect() == Effect::None
                && error.operation() == Some(operation)
                && error.provider() == Some(lab.info().id)
        });
        ensure(
            right,
            format!("`{operation}` was called, which is not declared"),
            "unsupported of effect none, with the provider and the operation named",
            said(&result),
        )?;
    }
    Ok(())
}

pub(crate) async fn undeclared_operations_send_nothing(lab: &Lab) -> Tried {
    let before = lab.journal()?.len();
    undeclared(lab).await?;
    let seen = lab.seen_since(before)?;
    ensure(
        seen.is_empty(),
        "every operation that is not declared was called",
        "no request",
        format!("{} requests: {seen:?}", seen.len()),
    )
}

pub(crate) async fn one_call_is_one_request(lab: &Lab) -> Tried {
    for operation in lab.declared(any)? {
        let id = lab.subject_of(operation).await?;
        let before = lab.journal()?.len();
        let result = lab.call_on(operation, &id).await?;
        let seen = lab.seen_since(before)?.len();
        ensure(
            seen == 1 || (seen == 0 && !operation.is_write()),
            format!(
                "`{operation}` was called once, and came to {}",
                said(&result)
            ),
            if operation.is_write() {
                "one request"
            } else {
                "at most one request"
            },
            format!("{seen} requests"),
        )?;
    }
    Ok(())
}

pub(crate) async fn failed_calls_are_not_repeated(lab: &Lab) -> Tried {
    let mut tried = false;
    for fault in [
        Fault::Status(503),
        Fault::Status(500),
        Fault::RateLimited {
            retry_after: Some(Duration::from_secs(1)),
        },
        Fault::ConnectionReset,
        Fault::LostResponse,
        Fault::Malformed,
    ] {
        for operation in lab.declared(any)? {
            let id = lab.subject_of(operation).await?;
            let before = lab.journal()?.len();
            match lab.inject(fault.clone()).await {
                Err(crate::lab::Stop::Skip(_)) => break,
                other => other?,
            }
            tried = true;
            let result = lab.call_on(operation, &id).await?;
            let seen = lab.seen_since(before)?.len();
            ensure(
                seen == 1 && result.is_err(),
                format!("`{operation}` was called, with {fault:?}"),
                "an error after one request",
                format!("{} after {seen} requests", said(&result)),
            )?;
        }
    }
    if !tried {
        return skip("the fixture has none of the faults that invite repeats");
    }
    Ok(())
}

pub(crate) async fn reads_change_nothing(lab: &Lab) -> Tried {
    for operation in lab.declared(reads)? {
        let id = lab.subject_of(operation).await?;
        let before = lab.journal()?.len();
        if let Err(error) = lab.call_on(operation, &id).await? {
            return fail(format!("`{operation}` was called"), "success", told(&error));
        }
        let wrote = lab
            .seen_since(before)?
            .into_iter()
            .find(|seen| seen.is_write);
        ensure(
            wrote.is_none(),
            format!("`{operation}` was called"),
            "no request that writes",
            format!("{wrote:?}"),
        )?;
    }
    Ok(())
}
