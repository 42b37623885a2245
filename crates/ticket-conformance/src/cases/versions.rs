//! Changes that depend on a version: an older one is a conflict and changes nothing. How a vendor's refusal is read is in
//! `errors.rs`.

use ticket_core::model::Version;
use ticket_core::{
    CallContext, DeleteTarget, Effect, ErrorKind, Operation, Outcome, Ticket, TicketId, TicketPatch,
};

use super::delete::is_told_as_deleted;
use super::lifecycle::{done, get};
use crate::harness::{
    CaseResult, Harness, describe, describe_report, ensure, fail, only_outcome, skip,
};

/// Skips the case if the operation does not depend on a version.
fn require_conditional(harness: &Harness, operation: Operation) -> CaseResult {
    harness.require(operation)?;
    let support = harness.info().capabilities.support(operation);
    if support.is_some_and(|support| support.is_conditional) {
        return Ok(());
    }
    skip(format!(
        "{} does not declare that `{operation}` depends on a version",
        harness.info().title
    ))
}

fn version(ticket: &Ticket) -> CaseResult<Version> {
    match &ticket.version {
        Some(version) => Ok(version.clone()),
        None => fail(
            "a ticket was read, and an operation is declared to depend on its version",
            "the version of the ticket",
            "none",
        ),
    }
}

async fn update(harness: &Harness, id: &TicketId, patch: &TicketPatch) -> ticket_core::Result<()> {
    let context = CallContext::new();
    harness.provider.update(&context, id, patch).await
}

/// A ticket that was changed, the version that it had before, and the one that it has.
async fn changed_ticket(harness: &Harness) -> CaseResult<(TicketId, Version, Version)> {
    harness.require(Operation::Get)?;
    harness.require(Operation::Update)?;
    let id = harness.ticket().await?;
    let old = version(&get(harness, &id).await?)?;
    let what = "a ticket was updated, and read before and after";
    done(what, update(harness, &id, &harness.patch()?).await)?;
    let new = version(&get(harness, &id).await?)?;
    ensure(
        old != new,
        what,
        format!("another version than {old:?}"),
        "the same version",
    )?;
    Ok((id, old, new))
}

pub(crate) async fn an_update_of_an_old_version_is_a_conflict(harness: &Harness) -> CaseResult {
    require_conditional(harness, Operation::Update)?;
    let (id, old, new) = changed_ticket(harness).await?;
    let result = update(harness, &id, &harness.patch()?.if_version(old)).await;
    let is_right = result
        .as_ref()
        .is_err_and(|error| error.kind() == ErrorKind::Conflict && error.effect() == Effect::None);
    let now = version(&get(harness, &id).await?)?;
    ensure(
        is_right && now == new,
        "a ticket was updated if it had a version that it no longer has",
        format!("a conflict of effect none, and the version {new:?}"),
        format!("{}, and the version {now:?}", describe(&result)),
    )?;
    let what = "a ticket was updated if it had the version that it has";
    done(
        what,
        update(harness, &id, &harness.patch()?.if_version(new)).await,
    )
}

pub(crate) async fn a_delete_of_an_old_version_is_a_conflict(harness: &Harness) -> CaseResult {
    require_conditional(harness, Operation::Delete)?;
    let (id, old, new) = changed_ticket(harness).await?;
    let delete = async |version| {
        let target = DeleteTarget::from(&id).version(version);
        harness
            .provider
            .delete(&CallContext::new(), &[target])
            .await
    };
    let report = delete(old).await;
    let error = match &report {
        Ok(report) => only_outcome(report)?.1.error(),
        Err(error) => Some(error),
    };
    let is_right = error
        .is_some_and(|error| error.kind() == ErrorKind::Conflict && error.effect() == Effect::None);
    let read = harness.provider.get(&CallContext::new(), &id).await;
    let is_gone = is_told_as_deleted(&read);
    ensure(
        is_right && !is_gone,
        "a ticket was deleted if it had a version that it no longer has",
        "a conflict of effect none, and the ticket is still there",
        format!("{}, and the ticket is gone: {is_gone}", describe(&report)),
    )?;
    let what = "a ticket was deleted if it had the version that it has";
    let report = done(what, delete(new).await)?;
    ensure(
        matches!(only_outcome(&report)?.1, Outcome::Done),
        what,
        "`deleted`",
        describe_report(&report),
    )
}
