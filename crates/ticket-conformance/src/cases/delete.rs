//! Deleting: one correct outcome per requested id, in the requested order.

use std::collections::HashSet;

use ticket_core::model::Status;
use ticket_core::provider::NotFound;
use ticket_core::{
    CallContext, Change, DeleteReport, DeleteTarget, Effect, Error, ErrorKind, Operation, Outcome,
    Ticket, TicketId,
};

use crate::fault::Fault;
use crate::harness::{
    CaseResult, Harness, describe, describe_outcome, describe_report, ensure, fail, only_outcome,
    skip,
};

/// A target for each id, for any version.
pub(super) fn targets(ids: &[TicketId]) -> Vec<DeleteTarget> {
    ids.iter().map(DeleteTarget::from).collect()
}

async fn delete(harness: &Harness, ids: &[TicketId]) -> CaseResult<DeleteReport> {
    let report = harness.delete(&targets(ids)).await;
    match report {
        Ok(report) => Ok(report),
        Err(_) => fail(
            format!("{} tickets were deleted", ids.len()),
            "a report",
            describe(&report),
        ),
    }
}

fn outcomes(report: &DeleteReport) -> Vec<(String, &'static str)> {
    report
        .iter()
        .map(|(id, outcome)| (id.as_str().to_owned(), Change::Delete.word(outcome)))
        .collect()
}

fn batch(harness: &Harness) -> usize {
    harness.info().capabilities.max_delete_batch()
}

/// Skips the case if one delete call accepts fewer ids.
pub(super) fn require_batch(harness: &Harness, ids: usize) -> CaseResult {
    harness.require(Operation::Delete)?;
    if batch(harness) >= ids {
        return Ok(());
    }
    skip(format!(
        "{} takes at most {} per call",
        harness.info().title,
        batch(harness)
    ))
}

pub(crate) async fn delete_of_nothing_sends_nothing(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    let before = harness.journal()?.len();
    let report = delete(harness, &[]).await?;
    let seen = harness.requests_since(before)?.len();
    ensure(
        report.is_empty() && seen == 0,
        "no tickets were deleted",
        "an empty report, and no request",
        format!("{} outcomes, {seen} requests", report.len()),
    )
}

pub(crate) async fn deleted_tickets_are_gone(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    let id = harness.ticket().await?;
    ensure(
        harness.exists(&id).await?,
        "the fixture made a ticket",
        "it exists",
        "it does not",
    )?;
    let report = delete(harness, std::slice::from_ref(&id)).await?;
    let (asked, outcome) = only_outcome(&report)?;
    let gone = !harness.exists(&id).await?;
    ensure(
        *asked == id && matches!(outcome, Outcome::Done) && gone,
        format!("the ticket {id} was deleted"),
        "`deleted`, and the ticket is gone",
        format!(
            "{} for {asked}, and the ticket {}",
            describe_outcome(outcome),
            if gone { "is gone" } else { "exists" }
        ),
    )?;
    if !harness.info().capabilities.supports(Operation::Resolve) {
        return Ok(());
    }
    let id = harness.ticket().await?;
    let result = harness.provider.resolve(&CallContext::new(), &id).await;
    if result.is_err() {
        return fail("a ticket was resolved", "success", describe(&result));
    }
    let report = delete(harness, std::slice::from_ref(&id)).await?;
    let outcome = only_outcome(&report)?.1;
    let says_gone = match outcome {
        Outcome::Done => true,
        Outcome::NotFound(_) => {
            let delete = harness.info().capabilities.support(Operation::Delete);
            !delete.is_some_and(|delete| delete.not_found != NotFound::Gone)
        }
        _ => false,
    };
    ensure(
        !says_gone || !harness.exists(&id).await?,
        "a resolved ticket was deleted",
        "`deleted` or `not_found` where it is gone; if the vendor answers not found for tickets that exist, \
         `Support::not_found` says so",
        format!("{}, and the ticket exists", describe_outcome(outcome)),
    )
}

/// Whether a read of a deleted ticket says so.
pub(super) fn is_told_as_deleted(read: &Result<Ticket, Error>) -> bool {
    match read {
        Ok(ticket) => ticket.status == Some(Status::Deleted),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

pub(crate) async fn deleted_tickets_are_not_found(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    harness.require(Operation::Get)?;
    let id = harness.ticket().await?;
    // Something cached by this read must not be returned after the delete.
    let result = harness.provider.get(&CallContext::new(), &id).await;
    if result.is_err() {
        return fail(
            "a ticket that exists was read",
            "success",
            describe(&result),
        );
    }
    delete(harness, std::slice::from_ref(&id)).await?;
    let result = harness.provider.get(&CallContext::new(), &id).await;
    ensure(
        is_told_as_deleted(&result),
        "a ticket was deleted and then read",
        "not_found, or the status `deleted`",
        describe(&result),
    )
}

pub(crate) async fn delete_affects_no_other_ticket(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    let others = [harness.ticket().await?, harness.ticket().await?];
    let id = harness.ticket().await?;
    delete(harness, std::slice::from_ref(&id)).await?;
    for other in others {
        ensure(
            harness.exists(&other).await?,
            format!("the ticket {id} was deleted"),
            format!("the ticket {other} still exists"),
            "it is gone",
        )?;
    }
    Ok(())
}

/// Whether the outcome says that there was nothing to delete, and names the ticket.
fn is_no_success(id: &TicketId, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::NotFound(error) | Outcome::Failed(error) => {
            error.effect() == Effect::None && !error.is_transient() && error.ticket() == Some(id)
        }
        _ => false,
    }
}

pub(crate) async fn delete_again_deletes_nothing(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    let id = harness.ticket().await?;
    delete(harness, std::slice::from_ref(&id)).await?;
    let report = delete(harness, std::slice::from_ref(&id)).await?;
    let outcome = only_outcome(&report)?.1;
    ensure(
        is_no_success(&id, outcome),
        "a deleted ticket was deleted again",
        "`not_found` or `failed`, of effect none, with the ticket named",
        describe_outcome(outcome),
    )
}

pub(crate) async fn delete_of_missing_ticket_is_not_a_success(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    let id = harness.missing_id()?;
    let report = delete(harness, std::slice::from_ref(&id)).await?;
    let (asked, outcome) = only_outcome(&report)?;
    ensure(
        *asked == id && is_no_success(&id, outcome),
        "a ticket that never existed was deleted",
        "`not_found` or `failed`, of effect none, with the ticket named",
        describe_outcome(outcome),
    )
}

pub(crate) async fn delete_of_duplicates_answers_each(harness: &Harness) -> CaseResult {
    require_batch(harness, 3)?;
    let (twice, once) = (harness.ticket().await?, harness.ticket().await?);
    let ids = [twice.clone(), once.clone(), twice.clone()];
    let report = delete(harness, &ids).await?;
    let expected: Vec<_> = ids
        .iter()
        .map(|id| (id.as_str().to_owned(), "deleted"))
        .collect();
    ensure(
        outcomes(&report) == expected,
        "three ids were deleted, the first and the last the same",
        format!("{expected:?}"),
        describe_report(&report),
    )?;
    for id in [twice, once] {
        ensure(
            !harness.exists(&id).await?,
            "three ids were deleted, the first and the last the same",
            format!("the ticket {id} is gone"),
            "it exists",
        )?;
    }
    Ok(())
}

pub(crate) async fn delete_of_a_mix_answers_in_order(harness: &Harness) -> CaseResult {
    require_batch(harness, 3)?;
    let (first, last) = (harness.ticket().await?, harness.ticket().await?);
    let missing = harness.missing_id()?;
    // Not in the order of creation.
    let ids = [last, missing, first];
    let report = delete(harness, &ids).await?;
    let asked: Vec<_> = report.iter().map(|(id, _)| id.clone()).collect();
    ensure(
        asked == ids,
        "a ticket, one that does not exist and another were deleted",
        format!("{ids:?}"),
        format!("{asked:?}"),
    )?;
    for (index, (id, outcome)) in report.iter().enumerate() {
        let right = match index {
            1 => is_no_success(id, outcome),
            _ => matches!(outcome, Outcome::Done),
        };
        let exists = harness.exists(id).await?;
        ensure(
            right && !exists,
            "a ticket, one that does not exist and another were deleted",
            "`deleted`, then `not_found` or `failed`, then `deleted`",
            format!("{}, and {id} exists: {exists}", describe_report(&report)),
        )?;
    }
    Ok(())
}

pub(crate) async fn delete_of_a_full_batch_is_one_request(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    // As many as declared, but not so many that creating them takes long.
    let count = batch(harness).min(100);
    let mut ids = Vec::with_capacity(count);
    for _ in 0..count {
        ids.push(harness.ticket().await?);
    }
    ids.reverse();
    let before = harness.journal()?.len();
    let report = delete(harness, &ids).await?;
    let seen = harness.requests_since(before)?;
    let writes = seen.iter().filter(|seen| seen.is_write).count();
    // Where the delete is only accepted, what came of it is read as well.
    let is_accepted = harness.info().capabilities.supports(Operation::Job);
    let questions = if is_accepted { seen.len() - writes } else { 0 };
    let (seen, most) = (
        seen.len() - questions,
        harness.max_requests(Operation::Delete),
    );
    let asked: Vec<_> = report.iter().map(|(id, _)| id.clone()).collect();
    ensure(
        asked == ids && report.all_deleted() && seen <= most && writes == 1,
        format!("{count} tickets were deleted at once"),
        format!(
            "{count} outcomes in the order asked, all deleted, one write, at most {most} requests"
        ),
        format!(
            "{} outcomes, in order: {}, all deleted: {}, {writes} writes, {seen} requests",
            report.len(),
            asked == ids,
            report.all_deleted()
        ),
    )
}

pub(crate) async fn delete_over_the_batch_is_refused(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    let count = batch(harness).saturating_add(1);
    if count > 100_000 {
        return skip(format!("{} takes any number of ids", harness.info().title));
    }
    let mut ids = vec![harness.ticket().await?];
    ids.extend((1..count).map(|number| TicketId::new(number.to_string())));
    let distinct: HashSet<_> = ids.iter().collect();
    let before = harness.journal()?.len();
    let result = harness
        .provider
        .delete(&CallContext::new(), &targets(&ids))
        .await;
    let seen = harness.requests_since(before)?.len();
    let right = result.as_ref().is_err_and(|error| {
        error.kind() == ErrorKind::InvalidInput && error.effect() == Effect::None
    });
    ensure(
        right && seen == 0,
        format!(
            "{count} ids were deleted at once, {} of them different, where {} is the limit",
            distinct.len(),
            batch(harness)
        ),
        "invalid_input of effect none, and no request",
        format!("{}, {seen} requests", describe(&result)),
    )
}

pub(crate) async fn unmentioned_ids_are_unknown(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    let ids = match batch(harness) {
        1 => vec![harness.ticket().await?],
        _ => vec![harness.ticket().await?, harness.ticket().await?],
    };
    harness
        .inject(Operation::Delete, Fault::NamesNoTicket)
        .await?;
    let report = harness
        .provider
        .delete(&CallContext::new(), &targets(&ids))
        .await;
    let unknown = match &report {
        Ok(report) => {
            report.len() == ids.len()
                && report
                    .iter()
                    .all(|(_, outcome)| matches!(outcome, Outcome::Unknown(_)))
        }
        Err(error) => error.effect() == Effect::Unknown,
    };
    ensure(
        unknown,
        "tickets were deleted, and the reply did not name them",
        "`unknown` for each",
        describe(&report),
    )
}

pub(crate) async fn failed_delete_calls_are_errors(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    for fault in [
        Fault::Status(401),
        Fault::RateLimited { retry_after: None },
        Fault::Status(500),
        Fault::Status(503),
        Fault::LostResponse,
        Fault::Malformed,
    ] {
        let id = harness.ticket().await?;
        harness.inject(Operation::Delete, fault.clone()).await?;
        let report = harness
            .provider
            .delete(&CallContext::new(), &[DeleteTarget::from(&id)])
            .await;
        ensure(
            report.is_err(),
            format!("a ticket was deleted, with {fault:?}"),
            "an error",
            describe(&report),
        )?;
    }
    Ok(())
}
