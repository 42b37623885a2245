//! Never another ticket: merged and redirected ids, and ids that are given out again.

use std::num::NonZeroU32;

use ticket_core::{CallContext, Effect, Error, ErrorKind, Operation, TicketId};

use super::delete::targets;
use crate::fault::Fault;
use crate::harness::{
    CaseResult, Harness, describe, describe_error, describe_outcome, ensure, fail, only_outcome,
    skip,
};

async fn about_another(
    harness: &Harness,
    operation: Operation,
    asked: &TicketId,
    other: &TicketId,
) -> CaseResult {
    let (asked, other) = (asked.clone(), other.clone());
    let fault = Fault::AboutAnother { asked, other };
    harness.inject(operation, fault).await
}

pub(crate) async fn reads_about_another_ticket_are_conflicts(harness: &Harness) -> CaseResult {
    harness.require(Operation::Get)?;
    let (asked, other) = (harness.ticket().await?, harness.ticket().await?);
    about_another(harness, Operation::Get, &asked, &other).await?;
    let stack = harness.stack(NonZeroU32::MIN);
    let result = stack.get(&CallContext::new(), &asked).await;
    let is_right = result.as_ref().is_err_and(|error| {
        error.kind() == ErrorKind::Conflict && error.to_string().contains(other.as_str())
    });
    ensure(
        is_right,
        format!(
            "the ticket {asked} was read through the standard layers, and the vendor answered about {other}"
        ),
        "a conflict that names both",
        describe(&result.map(|ticket| ticket.id)),
    )
}

pub(crate) async fn writes_about_another_ticket_are_conflicts(harness: &Harness) -> CaseResult {
    let named = harness.fixture.writes_that_name_their_ticket();
    let operations = harness.info().capabilities.operations();
    let operations: Vec<_> = operations.filter(|one| named.contains(one)).collect();
    if operations.is_empty() {
        return skip("the fixture knows no write whose reply names the ticket");
    }
    for operation in operations {
        let (asked, other) = (harness.ticket().await?, harness.ticket().await?);
        about_another(harness, operation, &asked, &other).await?;
        let result = harness.call_on(operation, &asked).await?;
        let is_right = result.as_ref().is_err_and(|error| {
            error.kind() == ErrorKind::Conflict && error.effect() == Effect::Unknown
        });
        ensure(
            is_right,
            format!(
                "`{operation}` was called on the ticket {asked}, and the reply was about {other}"
            ),
            "a conflict of effect unknown",
            describe(&result),
        )?;
    }
    Ok(())
}

pub(crate) async fn merged_tickets_do_not_delete_others(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    let (from, into) = (harness.ticket().await?, harness.ticket().await?);
    harness.merge(&from, &into).await?;
    let report = harness.handle().delete([from.clone()]).await;
    let outcome = only_outcome(&report)?.1;
    ensure(
        harness.exists(&into).await? && !outcome.is_done(),
        format!("the ticket {from} was merged into {into}, and {from} was deleted with the handle"),
        format!(
            "no success, and {into} still exists; a provider whose ids lead to other tickets declares \
             `ProviderInfo::redirects_ids`"
        ),
        describe_outcome(outcome),
    )
}

async fn delete(harness: &Harness, id: &TicketId) -> CaseResult {
    let targets = targets(std::slice::from_ref(id));
    let report = harness.provider.delete(&CallContext::new(), &targets).await;
    match report {
        Ok(_) => Ok(()),
        Err(error) => fail("a ticket was deleted", "a report", describe_error(&error)),
    }
}

pub(crate) async fn deleted_ids_are_not_reused(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    if !harness.info().never_reuses_ids {
        return skip(format!(
            "{} does not declare that ids are never given out again",
            harness.info().title
        ));
    }
    let id = harness.ticket().await?;
    delete(harness, &id).await?;
    let next = harness.ticket().await?;
    ensure(
        next != id,
        "the newest ticket was deleted, and another one was created",
        "another id, as declared with `ProviderInfo::never_reuses_ids`",
        format!("{next} again"),
    )
}

pub(crate) async fn repeated_delete_spares_a_reused_id(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    if harness.info().never_reuses_ids {
        return skip(format!(
            "{} declares that ids are never given out again",
            harness.info().title
        ));
    }
    let id = harness.ticket().await?;
    let before = harness.journal()?.len();
    harness
        .inject(Operation::Delete, Fault::LostResponse)
        .await?;
    let stack = harness.stack(NonZeroU32::MIN.saturating_add(3));
    let targets = targets(std::slice::from_ref(&id));
    let result = stack.delete(&CallContext::new(), &targets).await;
    let deletes = harness.requests_since(before)?;
    let deletes = deletes.iter().filter(|seen| seen.is_write).count();
    let effect = result.as_ref().err().map(Error::effect);
    ensure(
        deletes == 1 && effect == Some(Effect::Unknown),
        "a ticket was deleted through the standard layers, and the reply was lost",
        "an error of effect unknown after one delete: a second one could remove a new ticket with the same id",
        format!("{} after {deletes} deletes", describe(&result)),
    )
}
