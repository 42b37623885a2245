//! The calls that delete one batch for good where a delete only moves tickets to a trash: the delete, then the purge.
//!
//! Nothing of this needs to be stored between the two: who begins again with the delete does not find what is in the trash,
//! and purges it.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use super::accepted::{self, Ended};
use super::called::{Called, Contact};
use super::delete::delete;
use super::locked;
use super::notice::Tell;
use super::reported::tell_unasked;
use crate::model::ticket::TicketId;
use crate::provider::context::CallContext;
use crate::provider::error::{Effect, Error, ErrorKind};
use crate::provider::operation::{Operation, Request};
use crate::provider::outcome::Outcome;
use crate::provider::support::NotFound;
use crate::provider::target::DeleteTarget;
use crate::provider::ticket_provider::TicketProvider;

/// How long after a purge that settled nothing a ticket is purged once more: the trash may lag behind deletes.
const AGAIN: Duration = Duration::from_secs(5);

type Outcomes = Vec<(TicketId, Outcome)>;

/// What is appended to the error of a ticket whose delete is carried out and whose purge is not.
const IN_TRASH: &str = "it was deleted before, and may still be in the trash";

/// What the calls of one change share about its purges.
#[derive(Default)]
pub(super) struct Purges {
    /// Whether the vendor has accepted the purges before, and nothing else is sent.
    only_asks: bool,
    /// Tickets whose delete was carried out before their purge failed without an effect.
    in_trash: Mutex<HashSet<TicketId>>,
}

impl Purges {
    pub(super) fn new(only_asks: bool) -> Self {
        let in_trash = Mutex::default();
        Self {
            only_asks,
            in_trash,
        }
    }

    fn leave_in_trash(&self, deleted: &[(TicketId, Outcome)]) {
        let ids = deleted.iter().map(|(id, _)| id.clone());
        locked(&self.in_trash).extend(ids);
    }

    /// Whether this change deleted the ticket, and its purge failed without an effect.
    pub(super) fn is_in_trash(&self, id: &TicketId) -> bool {
        locked(&self.in_trash).contains(id)
    }

    /// An error about this ticket, which says so if the ticket is in the trash.
    pub(super) fn told(&self, error: Error, id: &TicketId) -> Error {
        if self.is_in_trash(id) {
            in_trash(error)
        } else {
            error
        }
    }
}

/// Deletes at most one batch for good. Only what the vendor answers to the purge tells that a ticket is.
pub(super) async fn purge(
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
    shared: &Purges,
    tell: Tell<'_>,
) -> Called {
    let accepted = targets.first().and_then(|target| target.accepted.as_ref());
    if let Some(job) = accepted.filter(|job| job.is_purge()) {
        let error = Error::accepted(job.clone());
        let deleted = targets.iter();
        let deleted = deleted.map(|target| (target.id.clone(), Outcome::AlreadyDone));
        let purged = Purged {
            deletes: deleted.collect(),
            outcomes: finish(provider, context, targets, error, tell).await,
            may_repeat: !shared.only_asks,
        };
        return purged.settle(provider, context, tell).await;
    }
    let deleted = delete(provider, context, targets, tell).await;
    let outcomes = match deleted.result {
        Ok(outcomes) => outcomes,
        Err(error) => {
            let result = Err(error);
            return Called { result, ..deleted };
        }
    };
    let mut all = Called {
        result: Ok(Vec::new()),
        is_there: deleted.is_there || deleted.contact == Contact::Vendor,
        ..deleted
    };
    // One that may not exist would leave the others unknown, where the vendor answers about all of them together.
    let (mut known, mut perhaps, mut settled) = (Vec::new(), Vec::new(), Vec::new());
    for (id, outcome) in outcomes {
        match outcome {
            Outcome::Done | Outcome::AlreadyDone => known.push((id, outcome)),
            // Not found because an earlier call of this change deleted it.
            Outcome::NotFound(_) if shared.is_in_trash(&id) => known.push((id, Outcome::Done)),
            Outcome::NotFound(_) => perhaps.push((id, outcome)),
            Outcome::Failed(error) => {
                let outcome = Outcome::Failed(shared.told(error, &id));
                settled.push((id, outcome));
            }
            Outcome::Unknown(error) => {
                let outcome = Outcome::Unknown(shared.told(error, &id));
                settled.push((id, outcome));
            }
            Outcome::Unattempted(_) => settled.push((id, outcome)),
        }
    }
    let mut left: Option<(Error, Outcomes)> = None;
    for (in_trash, is_known) in [(known, true), (perhaps, false)] {
        if in_trash.is_empty() {
            continue;
        }
        if let Some((_, tickets)) = &mut left {
            tickets.extend(in_trash);
            continue;
        }
        let targets: Vec<DeleteTarget> = in_trash.iter().map(|(id, _)| id.into()).collect();
        let purged = Purged {
            deletes: in_trash.iter().cloned().collect(),
            outcomes: begin(provider, context, &targets, tell).await,
            may_repeat: true,
        };
        let purged = purged.settle(provider, context, tell).await;
        all.contact = purged.contact;
        all.is_there |= purged.is_there || purged.contact == Contact::Vendor;
        match purged.result {
            Ok(outcomes) => settled.extend(outcomes),
            // It is a job of these tickets only.
            Err(error) if error.job().is_some() => settled.extend(each(&in_trash, &error)),
            Err(error) => {
                if is_known {
                    shared.leave_in_trash(&in_trash);
                }
                left = Some((error, in_trash));
            }
        }
    }
    match left {
        Some((error, _)) if settled.is_empty() && all.open.is_none() => {
            return Called {
                is_there: all.is_there,
                ..Called::failed(error)
            };
        }
        // All tickets without an outcome have the same error.
        Some((error, _)) if all.open.is_none() => all.open = Some(error),
        Some((error, tickets)) => settled.extend(each(&tickets, &error)),
        None => {}
    }
    all.result = Ok(settled);
    all
}

/// The outcome of each of these tickets after a call about all of them failed.
fn each(tickets: &[(TicketId, Outcome)], error: &Error) -> Outcomes {
    let tickets = tickets.iter();
    let outcome = |id: &TicketId| Outcome::from_error(error.clone().on_ticket(id));
    tickets.map(|(id, _)| (id.clone(), outcome(id))).collect()
}

/// Sends the purge of tickets that are in the trash, and waits until it is carried out. An error is about all of them.
async fn begin(
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
    tell: Tell<'_>,
) -> Result<Outcomes, Called> {
    match provider.purge(context, targets).await {
        Ok(report) => Ok(tell_unasked(provider, report, tell)),
        Err(error) => finish(provider, context, targets, error, tell).await,
    }
}

/// What came of a purge that failed with `error`, or was only accepted.
async fn finish(
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
    error: Error,
    tell: Tell<'_>,
) -> Result<Outcomes, Called> {
    let error = match error.job() {
        Some(job) => match accepted::wait(provider, context, targets, job, tell).await {
            Ended::Reported(report) => {
                let report = match error.earlier_attempts() {
                    Effect::None => report,
                    Effect::Unknown => report.in_doubt(),
                };
                return Ok(tell_unasked(provider, report, tell));
            }
            Ended::Forgotten(error) => error,
            Ended::Open(called) => return Err(*called),
        },
        None if error.effect() == Effect::None => return Err(Called::failed(in_trash(error))),
        None => error,
    };
    let outcome = |id: &TicketId| Outcome::Unknown(error.clone().on_ticket(id));
    let outcomes = targets.iter();
    Ok(outcomes
        .map(|target| (target.id.clone(), outcome(&target.id)))
        .collect())
}

/// What the delete and then the purge of the same tickets came to.
struct Purged {
    /// Each is [`Done`](Outcome::Done), [`AlreadyDone`](Outcome::AlreadyDone) or [`NotFound`](Outcome::NotFound).
    deletes: HashMap<TicketId, Outcome>,
    outcomes: Result<Outcomes, Called>,
    /// Whether a purge of unknown effect may be made again.
    may_repeat: bool,
}

impl Purged {
    /// The outcome of each ticket. What the purge did not settle is purged once more.
    async fn settle(
        mut self,
        provider: &dyn TicketProvider,
        context: &CallContext,
        tell: Tell<'_>,
    ) -> Called {
        let mut outcomes = match self.outcomes {
            Ok(outcomes) => outcomes,
            Err(called) => return called,
        };
        let mut contact = Contact::Vendor;
        let mut is_open = false;
        for (id, outcome) in &mut outcomes {
            match (&*outcome, self.deletes.remove(id)) {
                (Outcome::NotFound(_), Some(Outcome::NotFound(error))) => {
                    *outcome = Outcome::NotFound(error);
                }
                (Outcome::NotFound(error) | Outcome::Unknown(error), _) => {
                    if error.kind() != ErrorKind::NotFound {
                        contact = Contact::of(error);
                    }
                    let error = error.clone().with_effect(Effect::Unknown);
                    *outcome = Outcome::Unknown(in_trash(error));
                    is_open = true;
                }
                (Outcome::Failed(error), _) => *outcome = Outcome::Failed(in_trash(error.clone())),
                _ => {}
            }
        }
        if is_open && self.may_repeat && contact != Contact::Nobody {
            let pause = context.wait_for(tokio::time::sleep(AGAIN)).await;
            if pause.is_ok() {
                contact = purge_each(provider, context, &mut outcomes, contact, tell).await;
            }
        }
        Called {
            result: Ok(outcomes),
            contact,
            ..Called::default()
        }
    }
}

/// Purges each ticket of unknown outcome once more, by itself, where that can meet no other ticket. Returns who answered
/// last.
async fn purge_each(
    provider: &dyn TicketProvider,
    context: &CallContext,
    outcomes: &mut [(TicketId, Outcome)],
    mut contact: Contact,
    tell: Tell<'_>,
) -> Contact {
    for (id, outcome) in outcomes {
        let target = DeleteTarget::new(&*id);
        let request = Request::Purge(std::slice::from_ref(&target));
        if !matches!(outcome, Outcome::Unknown(_)) || !provider.info().may_repeat(&request) {
            continue;
        }
        match purge_again(provider, context, target, tell).await {
            Ok(Some(settled)) => {
                contact = Contact::Vendor;
                *outcome = settled;
            }
            Ok(None) => {}
            Err(called) => {
                // It is asked about later.
                if let Some(error) = called.result.err().filter(|error| error.job().is_some()) {
                    *outcome = Outcome::Unknown(error.on_ticket(id));
                }
                return called.contact;
            }
        }
    }
    contact
}

/// Purges one ticket once more, of which it is not known whether it is purged. A ticket that is neither there nor in the
/// trash is; `None` if it remains unknown.
async fn purge_again(
    provider: &dyn TicketProvider,
    context: &CallContext,
    target: DeleteTarget,
    tell: Tell<'_>,
) -> Result<Option<Outcome>, Called> {
    let mut context = context.clone();
    context.earlier_attempt = Effect::Unknown;
    let outcomes = begin(provider, &context, &[target], tell).await?;
    let purge = provider.info().capabilities.support(Operation::Purge);
    let proves = purge.is_some_and(|purge| purge.not_found == NotFound::Gone);
    Ok(match outcomes.into_iter().next() {
        Some((_, Outcome::Done)) => Some(Outcome::Done),
        Some((_, Outcome::AlreadyDone)) => Some(Outcome::AlreadyDone),
        Some((_, Outcome::NotFound(error) | Outcome::Unknown(error)))
            if error.kind() == ErrorKind::NotFound && proves =>
        {
            Some(Outcome::AlreadyDone)
        }
        _ => None,
    })
}

/// The error of a purge, after the delete.
fn in_trash(error: Error) -> Error {
    if error.message().contains(IN_TRASH) {
        return error;
    }
    error.with_note(IN_TRASH)
}
