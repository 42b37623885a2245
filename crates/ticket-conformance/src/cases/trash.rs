//! The trash: what is restored is back, what is purged is not, and both are declared only where there is a trash.

use ticket_core::model::Status;
use ticket_core::provider::Removal;
use ticket_core::{
    CallContext, DeleteTarget, Effect, ErrorKind, Operation, Outcome, Ticket, TicketId,
};

use super::lifecycle::{get, rest};
use crate::harness::{CaseResult, Harness, describe, describe_outcome, ensure, only_outcome};

/// Restores the ticket, and returns the result and how many requests of it wrote.
async fn restore(harness: &Harness, id: &TicketId) -> CaseResult<(ticket_core::Result<()>, usize)> {
    let before = harness.journal()?.len();
    let result = harness.provider.restore(&CallContext::new(), id).await;
    let seen = harness.requests_since(before)?;
    let writes = seen.iter().filter(|seen| seen.is_write).count();
    Ok((result, writes))
}

fn is_deleted(ticket: &Ticket) -> bool {
    ticket.status == Some(Status::Deleted)
}

/// Reads the ticket, which is as it was before.
async fn is_unchanged(
    harness: &Harness,
    id: &TicketId,
    before: &Ticket,
    what: &'static str,
) -> CaseResult {
    let read = harness.provider.get(&CallContext::new(), id).await;
    let is_same = read
        .as_ref()
        .is_ok_and(|after| !is_deleted(after) && rest(after) == rest(before));
    ensure(
        is_same,
        what,
        rest(before),
        match &read {
            Ok(after) => rest(after),
            Err(_) => describe(&read),
        },
    )
}

pub(crate) async fn restore_is_declared_with_a_trash(harness: &Harness) -> CaseResult {
    let capabilities = &harness.info().capabilities;
    let delete = capabilities.support(Operation::Delete);
    let has_trash = delete.is_some_and(|delete| matches!(delete.removal, Removal::Trash { .. }));
    let restores = capabilities.supports(Operation::Restore);
    // A vendor may have a trash and document no call that restores.
    ensure(
        has_trash || !restores,
        "the declaration was read",
        "`restore` together with `Removal::Trash`",
        "`restore`, but no trash",
    )
}

pub(crate) async fn restored_tickets_are_back(harness: &Harness) -> CaseResult {
    harness.require(Operation::Restore)?;
    harness.require(Operation::Get)?;
    let id = harness.deleted_ticket().await?;
    let (result, writes) = restore(harness, &id).await?;
    ensure(
        result.is_ok() && writes == 1,
        "a deleted ticket was restored",
        "success after one write",
        format!("{} after {writes} writes", describe(&result)),
    )?;
    let ticket = get(harness, &id).await?;
    ensure(
        ticket.id == id && !is_deleted(&ticket),
        "a deleted ticket was restored and read",
        format!("the ticket {id}, not deleted"),
        format!("the ticket {} with {:?}", ticket.id, ticket.status),
    )
}

pub(crate) async fn restoring_a_ticket_that_is_not_deleted_changes_nothing(
    harness: &Harness,
) -> CaseResult {
    harness.require(Operation::Restore)?;
    harness.require(Operation::Get)?;
    let id = harness.ticket().await?;
    let before = get(harness, &id).await?;
    let (result, writes) = restore(harness, &id).await?;
    // A vendor may refuse it.
    let is_right = match &result {
        Ok(()) => true,
        Err(error) => error.effect() == Effect::None,
    };
    ensure(
        is_right && writes <= 1,
        "a ticket was restored that was not deleted",
        "success, or an error of effect none, after at most one write",
        format!("{} after {writes} writes", describe(&result)),
    )?;
    is_unchanged(
        harness,
        &id,
        &before,
        "a ticket was restored that was not deleted",
    )
    .await
}

/// Purges the ticket until the vendor has carried that out. Returns the outcome in words, and how many requests wrote.
async fn purge(harness: &Harness, id: &TicketId) -> CaseResult<(Option<Outcome>, String, usize)> {
    let before = harness.journal()?.len();
    let report = harness.purge(&[DeleteTarget::from(id)]).await;
    let seen = harness.requests_since(before)?;
    let writes = seen.iter().filter(|seen| seen.is_write).count();
    Ok(match report {
        Ok(report) => {
            let outcome = only_outcome(&report)?.1;
            (Some(outcome.clone()), describe_outcome(outcome), writes)
        }
        Err(_) => (None, describe(&report), writes),
    })
}

pub(crate) async fn purged_tickets_are_gone_for_good(harness: &Harness) -> CaseResult {
    harness.require(Operation::Purge)?;
    let capabilities = &harness.info().capabilities;
    let delete = capabilities.support(Operation::Delete);
    ensure(
        delete.is_some_and(|delete| matches!(delete.removal, Removal::Trash { .. })),
        "the declaration was read",
        "`purge` together with `Removal::Trash`",
        "`purge`, but no trash",
    )?;
    let id = harness.deleted_ticket().await?;
    let (outcome, told, writes) = purge(harness, &id).await?;
    ensure(
        matches!(outcome, Some(Outcome::Done)) && writes == 1,
        "a deleted ticket was purged",
        "`done` after one write",
        format!("{told} after {writes} writes"),
    )?;
    let (outcome, told, _) = purge(harness, &id).await?;
    ensure(
        matches!(outcome, Some(Outcome::NotFound(_))),
        "a ticket was purged again",
        "`not_found`",
        told,
    )?;
    if !capabilities.supports(Operation::Restore) {
        return Ok(());
    }
    let (restored, _) = restore(harness, &id).await?;
    let error = restored.as_ref().err();
    ensure(
        error.is_some_and(|error| {
            error.kind() == ErrorKind::NotFound && error.effect() == Effect::None
        }),
        "a purged ticket was restored",
        "`not_found` of effect none",
        describe(&restored),
    )
}

pub(crate) async fn purging_a_ticket_that_is_not_in_the_trash_changes_nothing(
    harness: &Harness,
) -> CaseResult {
    harness.require(Operation::Purge)?;
    harness.require(Operation::Get)?;
    let id = harness.ticket().await?;
    let before = get(harness, &id).await?;
    let (outcome, told, writes) = purge(harness, &id).await?;
    ensure(
        matches!(outcome, Some(Outcome::NotFound(_))) && writes <= 1,
        "a ticket was purged that is not in the trash",
        "`not_found` after at most one write",
        format!("{told} after {writes} writes"),
    )?;
    is_unchanged(
        harness,
        &id,
        &before,
        "a ticket was purged that is not in the trash",
    )
    .await
}
