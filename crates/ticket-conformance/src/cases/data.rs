//! What no provider can know beforehand survives: codes without a meaning, JSON without a field.

use ticket_core::{CallContext, Operation, Ticket};

use crate::fixture::{Plant, Planted};
use crate::lab::{Lab, Tried, ensure, fail, said};

async fn planted(lab: &Lab, plant: Plant) -> Tried<(Planted, Ticket)> {
    lab.wants(Operation::Get)?;
    let planted = lab.plant(plant).await?;
    let result = lab.provider.get(&CallContext::new(), &planted.id).await;
    match result {
        Ok(ticket) => Ok((planted, ticket)),
        Err(_) => fail(
            format!("a ticket was read with {plant:?}: {:?}", planted.text),
            "the ticket",
            said(&result),
        ),
    }
}

pub(crate) async fn unknown_statuses_survive(lab: &Lab) -> Tried {
    let (planted, ticket) = planted(lab, Plant::UnknownStatus).await?;
    let status = ticket.status.as_ref().map(ticket_core::Status::as_str);
    ensure(
        status == Some(planted.text.as_str()),
        "a ticket was read whose status has no meaning here",
        format!("{:?}", planted.text),
        format!("{status:?}"),
    )
}

pub(crate) async fn unknown_priorities_survive(lab: &Lab) -> Tried {
    let (planted, ticket) = planted(lab, Plant::UnknownPriority).await?;
    let priority = ticket.priority.as_ref().map(ticket_core::Priority::as_str);
    ensure(
        priority == Some(planted.text.as_str()),
        "a ticket was read whose priority has no meaning here",
        format!("{:?}", planted.text),
        format!("{priority:?}"),
    )
}

pub(crate) async fn raw_is_complete(lab: &Lab) -> Tried {
    let (planted, ticket) = planted(lab, Plant::UnmodelledField).await?;
    let is_json = serde_json::from_str::<serde_json::Value>(ticket.raw.get()).is_ok();
    ensure(
        is_json && ticket.raw.get().contains(&planted.text),
        "a ticket was read with something in it that is not modelled",
        format!("{:?} in `raw`", planted.text),
        format!("{} characters without it", ticket.raw.get().chars().count()),
    )
}
