//! The trash: what is restored is back, and `restore` is declared only where there is a trash.

use ticket_core::model::Status;
use ticket_core::provider::Removal;
use ticket_core::{CallContext, Effect, Operation, Ticket, TicketId};

use super::lifecycle::{get, rest};
use crate::harness::{CaseResult, Harness, describe, ensure};

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
    let read = harness.provider.get(&CallContext::new(), &id).await;
    let is_same = read
        .as_ref()
        .is_ok_and(|after| !is_deleted(after) && rest(after) == rest(&before));
    ensure(
        is_same,
        "a ticket was restored that was not deleted",
        rest(&before),
        match &read {
            Ok(after) => rest(after),
            Err(_) => describe(&read),
        },
    )
}
