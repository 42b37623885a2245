//! The same again: a second delete settles, a second run of a list ends, and reads are as consistent as declared.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::BulkOptions;
use ticket_core::provider::NotFound;
use ticket_core::{CallContext, Change, DeleteReport, Effect, Operation, Outcome, TicketId};

use super::delete::{is_told_as_deleted, targets};
use crate::fault::Fault;
use crate::handle::Faults;
use crate::harness::{
    CaseResult, Harness, any, describe, describe_error, describe_outcome, ensure, fail,
    only_outcome, skip,
};

/// A failure without effect, as some vendors answer the second delete of a ticket.
const FAILURE: Fault = Fault::Status(500);

/// Skips the case if no read tells that a ticket is gone.
fn require_proof(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    harness.require(Operation::Get)?;
    let capabilities = &harness.info().capabilities;
    let get = capabilities.support(Operation::Get);
    let tells = match get.map(|get| get.not_found) {
        Some(NotFound::Gone) => true,
        // Proof with a control read.
        Some(NotFound::Undocumented) => capabilities.supports(Operation::List),
        _ => false,
    };
    if tells {
        return Ok(());
    }
    skip(format!(
        "no read of {} proves that a ticket is gone",
        harness.info().title
    ))
}

async fn delete(harness: &Harness, id: &TicketId) -> CaseResult<DeleteReport> {
    let targets = targets(std::slice::from_ref(id));
    let report = harness.provider.delete(&CallContext::new(), &targets).await;
    match report {
        Ok(report) => Ok(report),
        Err(error) => fail("a ticket was deleted", "a report", describe_error(&error)),
    }
}

/// Whether the outcome says that the ticket is not there.
fn is_gone(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::AlreadyDone | Outcome::NotFound(_))
}

pub(crate) async fn a_second_delete_settles(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    let id = harness.ticket().await?;
    delete(harness, &id).await?;
    // By the provider itself too: the handle may read first, and so hide what it says.
    let report = delete(harness, &id).await?;
    let outcome = only_outcome(&report)?.1;
    ensure(
        !outcome.is_done(),
        "a deleted ticket was deleted again",
        "no success",
        describe_outcome(outcome),
    )?;
    let report = harness.handle().delete([id.clone()]).await;
    let outcome = only_outcome(&report)?.1;
    let is_refused = matches!(outcome, Outcome::Failed(error) if error.effect() == Effect::None);
    ensure(
        is_gone(outcome) || is_refused,
        "a deleted ticket was deleted again with the handle",
        "`already_gone`, `not_found` or `failed`",
        describe_outcome(outcome),
    )
}

pub(crate) async fn gone_tickets_settle_after_a_failure(harness: &Harness) -> CaseResult {
    require_proof(harness)?;
    let id = harness.ticket().await?;
    delete(harness, &id).await?;
    harness.inject(Operation::Get, FAILURE).await?;
    // Only so that the fault is used up.
    _ = harness.call_on(Operation::Get, &id).await?;
    let faults = Faults::OnDeletesOf(HashSet::from([id.clone()]), FAILURE);
    let report = harness.faulty_handle(faults)?.delete([id]).await;
    let outcome = only_outcome(&report)?.1;
    ensure(
        is_gone(outcome),
        "a deleted ticket was deleted again with the handle, and the vendor answered 500",
        "`already_gone`, since a read does not find it",
        describe_outcome(outcome),
    )
}

pub(crate) async fn a_second_run_reaches_the_rest(harness: &Harness) -> CaseResult {
    require_proof(harness)?;
    // All of them before the first is deleted: the vendor may give its id out again.
    let left = harness.ticket().await?;
    let mut gone = Vec::new();
    for _ in 0..6 {
        gone.push(harness.ticket().await?);
    }
    for id in &gone {
        delete(harness, id).await?;
    }
    harness.inject(Operation::Get, FAILURE).await?;
    // Only so that the fault is used up.
    _ = harness.call_on(Operation::Get, &left).await?;
    let faults = Faults::OnDeletesOf(gone.iter().cloned().collect(), FAILURE);
    let handle = harness.faulty_handle(faults)?;
    let tickets = gone.iter().chain([&left]).cloned().map(|id| ((), id));
    // Without patience, five failed calls in a row end the run.
    let options = BulkOptions::default().give_up_after(Duration::ZERO);
    let run = handle.apply(Change::Delete, stream::iter(tickets), &options);
    let settled: Vec<_> = run.collect().await;
    let is_right = settled.iter().all(|one| match &one.outcome {
        Outcome::Done => one.id == left,
        outcome => one.id != left && is_gone(outcome),
    });
    let words = settled.iter();
    let words = words.map(|one| format!("{} {}", one.id, describe_outcome(&one.outcome)));
    let words: Vec<_> = words.collect();
    ensure(
        is_right && settled.len() == gone.len() + 1,
        "a list of 6 deleted tickets and one that exists was deleted with the handle, and the vendor answered 500 for \
         the deleted ones",
        "`already_gone` for the 6, and `deleted` for the last",
        words.join("; "),
    )
}

pub(crate) async fn consistent_reads_show_every_write(harness: &Harness) -> CaseResult {
    harness.require(Operation::Get)?;
    if !harness.info().reads_are_consistent {
        return skip(format!(
            "{} does not declare that reads are consistent",
            harness.info().title
        ));
    }
    let supports = |operation| harness.info().capabilities.supports(operation);
    let (provider, context) = (&harness.provider, CallContext::new());
    let id = harness.ticket().await?;
    if supports(Operation::Update) {
        let patch = harness.patch()?;
        if let Err(error) = provider.update(&context, &id, &patch).await {
            return fail("a ticket was updated", "success", describe_error(&error));
        }
        let read = provider.get(&context, &id).await;
        let shows = read
            .as_ref()
            .is_ok_and(|ticket| patch.subject.is_none() || ticket.subject == patch.subject);
        ensure(
            shows,
            "a ticket was updated and read at once",
            "the new subject, since reads are declared as consistent",
            describe(&read),
        )?;
    }
    if supports(Operation::Delete) {
        delete(harness, &id).await?;
        let read = provider.get(&context, &id).await;
        ensure(
            is_told_as_deleted(&read),
            "a ticket was deleted and read at once",
            "not_found or the status `deleted`, since reads are declared as consistent",
            describe(&read),
        )?;
    }
    Ok(())
}

pub(crate) async fn call_with_refused_fresh_token_is_tried_again(harness: &Harness) -> CaseResult {
    // One call only: the token of a second one would be too fresh to have expired.
    let operations = harness.declared(any)?;
    let is_delete = |operation: &Operation| *operation == Operation::Delete;
    let delete = operations.iter().copied().find(is_delete);
    let Some(operation) = delete.or(operations.first().copied()) else {
        return Ok(());
    };
    let id = harness.ticket_for(operation).await?;
    harness.inject(operation, Fault::FreshTokenRefused).await?;
    // Many attempts: how long the vendor refuses the token is the fixture's choice.
    let stack = harness.stack(NonZeroU32::MIN.saturating_add(49));
    let (result, _) = harness.call_with_debug(&*stack, operation, &id).await?;
    ensure(
        result.is_ok(),
        format!(
            "`{operation}` was called through the standard layers, with {:?}",
            Fault::FreshTokenRefused
        ),
        "success, since the call is made again",
        describe(&result),
    )
}
