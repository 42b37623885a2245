//! Data that no provider can know in advance is preserved: unknown codes and unmodelled JSON.

use ticket_core::{CallContext, Operation, Ticket};

use crate::fixture::{Seed, Seeded};
use crate::harness::{CaseResult, Harness, describe, ensure, fail};

async fn seeded(harness: &Harness, seed: Seed) -> CaseResult<(Seeded, Ticket)> {
    harness.require(Operation::Get)?;
    let seeded = harness.seed(seed).await?;
    let result = harness.provider.get(&CallContext::new(), &seeded.id).await;
    match result {
        Ok(ticket) => Ok((seeded, ticket)),
        Err(_) => fail(
            format!("a ticket was read with {seed:?}: {:?}", seeded.text),
            "the ticket",
            describe(&result),
        ),
    }
}

pub(crate) async fn unknown_statuses_survive(harness: &Harness) -> CaseResult {
    let (seeded, ticket) = seeded(harness, Seed::UnknownStatus).await?;
    let status = ticket
        .status
        .as_ref()
        .map(ticket_core::model::Status::as_str);
    ensure(
        status == Some(seeded.text.as_str()),
        "a ticket was read whose status has no meaning here",
        format!("{:?}", seeded.text),
        format!("{status:?}"),
    )
}

pub(crate) async fn unknown_priorities_survive(harness: &Harness) -> CaseResult {
    let (seeded, ticket) = seeded(harness, Seed::UnknownPriority).await?;
    let priority = ticket
        .priority
        .as_ref()
        .map(ticket_core::model::Priority::as_str);
    ensure(
        priority == Some(seeded.text.as_str()),
        "a ticket was read whose priority has no meaning here",
        format!("{:?}", seeded.text),
        format!("{priority:?}"),
    )
}

pub(crate) async fn raw_is_complete(harness: &Harness) -> CaseResult {
    let (seeded, ticket) = seeded(harness, Seed::UnmodelledField).await?;
    let is_json = serde_json::from_str::<serde_json::Value>(ticket.raw.get()).is_ok();
    ensure(
        is_json && ticket.raw.get().contains(&seeded.text),
        "a ticket was read with something in it that is not modelled",
        format!("{:?} in `raw`", seeded.text),
        format!("{} characters without it", ticket.raw.get().chars().count()),
    )
}
