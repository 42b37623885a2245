//! Timeouts, dropped calls and concurrent calls: they leave no state behind and do not mix.

use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use ticket_core::model::PageRequest;
use ticket_core::{CallContext, DeleteTarget, Effect, ErrorKind, Operation, TicketId, TicketQuery};

use super::common::shown_by;
use crate::fault::Fault;
use crate::fixture::ReceivedRequest;
use crate::harness::{CaseResult, Harness, any, describe, describe_error, ensure, fail};

pub(crate) async fn no_answer_is_a_timeout(harness: &Harness) -> CaseResult {
    times_out(harness, &Fault::NeverAnswers).await
}

pub(crate) async fn an_endless_reply_is_a_timeout(harness: &Harness) -> CaseResult {
    times_out(harness, &Fault::NeverEnds).await
}

async fn times_out(harness: &Harness, fault: &Fault) -> CaseResult {
    let provider = harness.short_timeout_provider()?;
    for operation in shown_by(harness, any, fault)? {
        let id = harness.ticket_for(operation).await?;
        harness.inject(operation, fault.clone()).await?;
        let (result, _) = harness.call_with_debug(&*provider, operation, &id).await?;
        let effect = if operation.is_write() {
            Effect::Unknown
        } else {
            Effect::None
        };
        let right = result
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::Timeout && error.effect() == effect);
        ensure(
            right,
            format!("`{operation}` was called, with {fault:?}"),
            format!("timeout of effect {effect}"),
            describe(&result),
        )?;
    }
    Ok(())
}

pub(crate) async fn calls_not_polled_send_nothing(harness: &Harness) -> CaseResult {
    for operation in harness.declared(any)? {
        let id = harness.ticket_for(operation).await?;
        let before = harness.journal()?.len();
        begin(harness, operation, &id)?;
        settle().await;
        let seen = harness.journal()?.len() - before;
        ensure(
            seen == 0,
            format!("`{operation}` was dropped before it began"),
            "no request",
            format!("{seen} requests"),
        )?;
    }
    Ok(())
}

/// Gives leftovers of a dropped call time to run.
async fn settle() {
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Creates the operation's future and drops it without polling.
fn begin(harness: &Harness, operation: Operation, id: &TicketId) -> CaseResult {
    let provider = &harness.provider;
    match operation {
        Operation::Get => drop(provider.get(&CallContext::new(), id)),
        Operation::List => drop(provider.list(&CallContext::new(), &TicketQuery::new())),
        Operation::Create => drop(provider.create(&CallContext::new(), &harness.new_ticket()?)),
        Operation::Update => drop(provider.update(&CallContext::new(), id, &harness.patch()?)),
        Operation::Resolve => drop(provider.resolve(&CallContext::new(), id)),
        Operation::Delete => drop(provider.delete(&CallContext::new(), &[DeleteTarget::from(id)])),
        Operation::Messages => {
            drop(provider.messages(&CallContext::new(), id, &PageRequest::first()));
        }
        Operation::Comment => drop(provider.comment(
            &CallContext::new(),
            id,
            &harness.comment("Written by the suite")?,
        )),
        Operation::Restore => drop(provider.restore(&CallContext::new(), id)),
        Operation::Purge => drop(provider.purge(&CallContext::new(), &[DeleteTarget::from(id)])),
        Operation::Attachments => {
            drop(provider.attachments(&CallContext::new(), id, &PageRequest::first()));
        }
        // Its file is known only after a read.
        _ => {}
    }
    Ok(())
}

/// Starts the call, waits until the vendor has received it, and drops it.
async fn drop_under_way(harness: &Harness, operation: Operation) -> CaseResult {
    let id = harness.ticket_for(operation).await?;
    let before = harness.journal()?.len();
    harness.inject(operation, Fault::NeverAnswers).await?;
    let call = Box::pin(harness.call_on(operation, &id));
    let seen = Box::pin(async {
        let is_meant = |one: &ReceivedRequest| one.is_write == operation.is_write();
        while !harness.requests_since(before)?.iter().any(is_meant) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    });
    match select(call, seen).await {
        Either::Right((seen, _call)) => seen,
        Either::Left((result, _)) => fail(
            format!("`{operation}` was called, and no reply came"),
            "the call waits until it is dropped",
            describe(&result?),
        ),
    }
}

pub(crate) async fn dropped_calls_are_not_continued(harness: &Harness) -> CaseResult {
    for operation in harness.declared(any)? {
        drop_under_way(harness, operation).await?;
        let seen = harness.journal()?.len();
        settle().await;
        let more = harness.journal()?.len() - seen;
        ensure(
            more == 0,
            format!("`{operation}` was dropped when the vendor had seen it"),
            "no more requests",
            format!("{more} more"),
        )?;
    }
    Ok(())
}

pub(crate) async fn dropped_calls_leave_nothing_behind(harness: &Harness) -> CaseResult {
    for operation in harness.declared(any)? {
        drop_under_way(harness, operation).await?;
        let result = harness.call(operation).await?;
        ensure(
            result.is_ok(),
            format!("`{operation}` was dropped when the vendor had seen it, and then called"),
            "success",
            describe(&result),
        )?;
    }
    Ok(())
}

pub(crate) async fn failures_leave_nothing_behind(harness: &Harness) -> CaseResult {
    for fault in [
        Fault::Status(401),
        Fault::Status(500),
        Fault::RateLimited { retry_after: None },
        Fault::LostResponse,
        Fault::ConnectionReset,
        Fault::Malformed,
        Fault::Oversized,
    ] {
        for operation in harness.declared(any)? {
            // Other cases check how it fails.
            _ = harness.call_with_fault(operation, &fault).await?;
            let result = harness.call(operation).await?;
            ensure(
                result.is_ok(),
                format!("`{operation}` failed by {fault:?}, and was called again"),
                "success",
                describe(&result),
            )?;
        }
    }
    Ok(())
}

pub(crate) async fn the_provider_connects_again(harness: &Harness) -> CaseResult {
    for operation in harness.declared(|operation| !operation.is_write())? {
        let id = harness.ticket_for(operation).await?;
        harness.inject(operation, Fault::NoConnection).await?;
        _ = harness.call_on(operation, &id).await?;
        harness.restore_connections().await?;
        let result = harness.call_on(operation, &id).await?;
        ensure(
            result.is_ok(),
            format!("`{operation}` was called without a connection, and then with one"),
            "success",
            describe(&result),
        )?;
    }
    Ok(())
}

/// Enough to run concurrently, few enough for every vendor.
const AT_ONCE: usize = 8;

pub(crate) async fn concurrent_creates_make_separate_tickets(harness: &Harness) -> CaseResult {
    harness.require(Operation::Create)?;
    let new = harness.new_ticket()?;
    let context = CallContext::new();
    let results = join_all((0..AT_ONCE).map(|_| harness.provider.create(&context, &new))).await;
    let mut ids = Vec::new();
    for result in results {
        match result {
            Ok(created) => ids.push(created.id),
            Err(error) => {
                return fail(
                    format!("{AT_ONCE} tickets were created at once"),
                    "success",
                    describe_error(&error),
                );
            }
        }
    }
    ids.sort();
    ids.dedup();
    ensure(
        ids.len() == AT_ONCE,
        format!("{AT_ONCE} tickets were created at once"),
        format!("{AT_ONCE} ids"),
        format!("{} different ids", ids.len()),
    )
}

pub(crate) async fn concurrent_reads_return_their_own_tickets(harness: &Harness) -> CaseResult {
    harness.require(Operation::Get)?;
    let mut ids = Vec::new();
    for _ in 0..AT_ONCE {
        ids.push(harness.ticket().await?);
    }
    let context = CallContext::new();
    let results = join_all(ids.iter().map(|id| harness.provider.get(&context, id))).await;
    for (id, result) in ids.iter().zip(results) {
        let found = result.as_ref().ok().map(|ticket| &ticket.id);
        ensure(
            found == Some(id),
            format!("{AT_ONCE} tickets were read at once, one of them {id}"),
            format!("the ticket {id}"),
            describe(&result),
        )?;
    }
    Ok(())
}

pub(crate) async fn concurrent_failures_affect_no_other_call(harness: &Harness) -> CaseResult {
    harness.require(Operation::Get)?;
    let mut ids = Vec::new();
    for _ in 0..AT_ONCE {
        ids.push(harness.ticket().await?);
    }
    harness
        .inject(Operation::Get, Fault::ConnectionReset)
        .await?;
    let context = CallContext::new();
    let results = join_all(ids.iter().map(|id| harness.provider.get(&context, id))).await;
    let failed = results.iter().filter(|result| result.is_err()).count();
    ensure(
        failed == 1,
        format!("{AT_ONCE} tickets were read at once, and one of the connections broke"),
        "one error",
        format!("{failed} errors"),
    )
}
