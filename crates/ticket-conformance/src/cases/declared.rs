//! Declared operations are supported, and one call is at most one request.

use std::time::Duration;

use ticket_core::model::{AttachedFile, PageRequest, RawValue};
use ticket_core::provider::VendorJob;
use ticket_core::{
    CallContext, DeleteTarget, Effect, Error, ErrorKind, NewComment, NewTicket, Operation,
    TicketId, TicketPatch, TicketQuery,
};

use crate::fault::Fault;
use crate::harness::{
    CaseResult, Harness, any, describe, describe_error, ensure, fail, reads, skip,
};

pub(crate) async fn info_is_the_same_at_every_call(harness: &Harness) -> CaseResult {
    let (first, second) = (harness.info().clone(), harness.info().clone());
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

pub(crate) async fn the_manifest_is_kept(harness: &Harness) -> CaseResult {
    let expected = harness.expected_operations();
    ensure(
        !expected.is_empty(),
        "the manifest was read",
        "at least one operation",
        "none",
    )?;
    for operation in Operation::ALL {
        let declared = harness.info().capabilities.supports(*operation);
        match (expected.contains(operation), declared) {
            (true, false) => {
                return fail(
                    "the declaration was compared with the manifest",
                    format!("the operation `{operation}`"),
                    "it is not declared",
                );
            }
            (false, true) => {
                return fail(
                    "the declaration was compared with the manifest",
                    "only operations in the manifest",
                    format!("`{operation}` is declared; add it to `expected_operations`"),
                );
            }
            _ => {}
        }
    }
    Ok(())
}

pub(crate) async fn declared_operations_work(harness: &Harness) -> CaseResult {
    for operation in harness.declared(any)? {
        let result = harness.call(operation).await?;
        ensure(
            result.is_ok(),
            format!("`{operation}` was called with valid arguments"),
            "success",
            describe(&result),
        )?;
    }
    Ok(())
}

/// Calls every undeclared operation with arbitrary arguments, which must not be checked.
async fn undeclared(harness: &Harness) -> CaseResult<Vec<(Operation, Result<(), Error>)>> {
    let (provider, id) = (&harness.provider, TicketId::new("1"));
    let mut results = Vec::new();
    for operation in Operation::ALL.iter().copied() {
        if harness.info().capabilities.supports(operation) {
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
            Operation::Restore => provider.restore(&CallContext::new(), &id).await,
            Operation::Purge => provider
                .purge(&CallContext::new(), &[DeleteTarget::from(&id)])
                .await
                .map(drop),
            Operation::Attachments => {
                let page = PageRequest::first();
                provider
                    .attachments(&CallContext::new(), &id, &page)
                    .await
                    .map(drop)
            }
            Operation::Job => {
                let (job, targets) = (VendorJob::new("1"), [DeleteTarget::from(&id)]);
                provider
                    .job(&CallContext::new(), &job, &targets)
                    .await
                    .map(drop)
            }
            Operation::Download => {
                let file = AttachedFile::new("1", RawValue::NULL.to_owned());
                provider
                    .download(&CallContext::new(), &file)
                    .await
                    .map(drop)
            }
            _ => continue,
        };
        results.push((operation, result));
    }
    if results.is_empty() {
        return skip(format!("{} declares every operation", harness.info().title));
    }
    Ok(results)
}

pub(crate) async fn undeclared_operations_are_unsupported(harness: &Harness) -> CaseResult {
    for (operation, result) in undeclared(harness).await? {
        let right = result.as_ref().is_err_and(|error| {
            error.kind() == ErrorKind::Unsupported
                && error.effect() == Effect::None
                && error.operation() == Some(operation)
                && error.provider() == Some(&*harness.info().id)
        });
        ensure(
            right,
            format!("`{operation}` was called, which is not declared"),
            "unsupported of effect none, naming the provider and the operation",
            describe(&result),
        )?;
    }
    Ok(())
}

pub(crate) async fn undeclared_operations_send_nothing(harness: &Harness) -> CaseResult {
    let before = harness.journal()?.len();
    undeclared(harness).await?;
    let seen = harness.requests_since(before)?;
    ensure(
        seen.is_empty(),
        "every operation that is not declared was called",
        "no request",
        format!("{} requests: {seen:?}", seen.len()),
    )
}

pub(crate) async fn one_call_is_one_request(harness: &Harness) -> CaseResult {
    for operation in harness.declared(any)? {
        let id = harness.ticket_for(operation).await?;
        let before = harness.journal()?.len();
        let result = harness.call_on(operation, &id).await?;
        let seen = harness.requests_since(before)?;
        let writes = seen.iter().filter(|seen| seen.is_write).count();
        let (seen, most) = (seen.len(), harness.max_requests(operation));
        let wanted = usize::from(operation.is_write());
        ensure(
            seen <= most && writes == wanted,
            format!(
                "`{operation}` was called once, and came to {}",
                describe(&result)
            ),
            format!("at most {most} requests, as declared, {wanted} of which write"),
            format!("{seen} requests, {writes} of which write"),
        )?;
    }
    Ok(())
}

pub(crate) async fn failed_calls_are_not_repeated(harness: &Harness) -> CaseResult {
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
        for operation in harness.declared(any)? {
            let id = harness.ticket_for(operation).await?;
            let before = harness.journal()?.len();
            match harness.inject(operation, fault.clone()).await {
                Err(crate::harness::NotPassed::Skip(_)) => break,
                other => other?,
            }
            tried = true;
            let result = harness.call_on(operation, &id).await?;
            let seen = harness.requests_since(before)?;
            // Reads before a write are as usual; nothing follows the request that failed.
            let last = seen
                .iter()
                .skip_while(|one| one.is_write != operation.is_write());
            let last = last.count();
            let (seen, most) = (seen.len(), harness.max_requests(operation));
            ensure(
                last == 1 && seen <= most && result.is_err(),
                format!("`{operation}` was called, with {fault:?}"),
                "an error, and no request after the one that failed",
                format!(
                    "{}, {last} requests from it on, {seen} in all",
                    describe(&result)
                ),
            )?;
        }
    }
    if !tried {
        return skip("the fixture supports none of the faults that are often retried");
    }
    Ok(())
}

pub(crate) async fn reads_change_nothing(harness: &Harness) -> CaseResult {
    for operation in harness.declared(reads)? {
        let id = harness.ticket_for(operation).await?;
        let before = harness.journal()?.len();
        if let Err(error) = harness.call_on(operation, &id).await? {
            return fail(
                format!("`{operation}` was called"),
                "success",
                describe_error(&error),
            );
        }
        let wrote = harness
            .requests_since(before)?
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
