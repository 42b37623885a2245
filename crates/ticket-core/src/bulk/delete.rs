//! The calls that delete one batch, and the looks after them.

use super::accepted;
use super::called::{Called, Contact, MAX_STRANGERS, is_refusal};
use super::change::Change;
use super::look::{self, Seen, look_at_each};
use super::notice::Tell;
use super::reported::settle_report;
use crate::model::status::Status;
use crate::provider::context::CallContext;
use crate::provider::error::{Effect, Error, ErrorKind};
use crate::provider::operation::Operation;
use crate::provider::outcome::Outcome;
use crate::provider::support::NotFound;
use crate::provider::target::DeleteTarget;
use crate::provider::ticket_provider::TicketProvider;

/// Deletes at most one batch. Where ids may lead to other tickets, each ticket is read before. A delete that depends on
/// a version is a call of its own. Tickets of a batch whose delete the vendor has accepted before are all of that job.
pub(super) async fn delete(
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
    tell: Tell<'_>,
) -> Called {
    if let Some(job) = targets.first().and_then(|target| target.accepted.as_ref()) {
        let earlier = context.earlier_attempt;
        let settled = accepted::settle(provider, context, targets, job, earlier, tell);
        return Box::pin(settled).await;
    }
    let is_plain = targets.len() == 1 || targets.iter().all(|target| target.version.is_none());
    if is_plain && !provider.info().redirects_ids {
        return delete_batch(provider, context, targets, tell).await;
    }
    Box::pin(delete_each(provider, context, targets, tell)).await
}

/// Deletes those tickets that need a call of their own, and the others together.
async fn delete_each(
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
    tell: Tell<'_>,
) -> Called {
    let reads_first = provider.info().redirects_ids;
    let mut all = Called::default();
    let mut together = Vec::new();
    // Reads that somebody else answered, and how many of them in a row.
    let (mut strange, mut in_a_row) = (Vec::new(), 0);
    for target in targets {
        let read = if reads_first {
            read_before(provider, context, target, tell).await
        } else {
            None
        };
        let called = match read {
            Some(called) => called,
            None if target.version.is_none() => {
                in_a_row = 0;
                all.is_there |= reads_first;
                together.push(target.clone());
                continue;
            }
            None => delete_batch(provider, context, std::slice::from_ref(target), tell).await,
        };
        in_a_row = match called.contact {
            Contact::Stranger => in_a_row + 1,
            _ => 0,
        };
        match called.result {
            // One odd answer costs its ticket only, as long as the vendor answers about others.
            Err(error)
                if called.contact == Contact::Stranger
                    && targets.len() > 1
                    && in_a_row < MAX_STRANGERS =>
            {
                strange.push((target.id.clone(), error));
            }
            result => {
                let called = Called { result, ..called };
                if !all.add(called, context, std::slice::from_ref(target)) {
                    break;
                }
            }
        }
    }
    if let Some((_, error)) = strange.last() {
        match &mut all.result {
            Ok(outcomes) if !outcomes.is_empty() || !together.is_empty() => {
                outcomes.extend(strange.into_iter().map(|(id, error)| {
                    let error = error.with_effect(context.earlier_attempt).on_ticket(&id);
                    (id, Outcome::from_error(error))
                }));
            }
            _ => return Called::failed(error.clone()),
        }
    }
    if all.open.is_none() && !together.is_empty() {
        let called = delete_batch(provider, context, &together, tell).await;
        all.add(called, context, &together);
    }
    match all {
        Called {
            result: Ok(outcomes),
            open: Some(error),
            contact,
            is_there,
        } if outcomes.is_empty() => Called {
            contact,
            is_there,
            ..Called::failed(error)
        },
        all => all,
    }
}

impl Called {
    /// Adds the result of a call about some tickets of the batch. Returns whether further calls make sense.
    fn add(&mut self, called: Self, context: &CallContext, targets: &[DeleteTarget]) -> bool {
        self.is_there |= called.contact == Contact::Vendor;
        self.contact = called.contact;
        let error = match (called.result, &mut self.result) {
            (Ok(settled), Ok(outcomes)) => {
                outcomes.extend(settled);
                return true;
            }
            (Err(error), _) => error,
            (Ok(_), Err(_)) => return false,
        };
        // An error of the account is not the ticket's: it ends the change.
        let is_about_one = targets.len() == 1 && is_refusal(&error);
        if let (true, Ok(outcomes), [target]) = (is_about_one, &mut self.result, targets) {
            let mut error = error.on_ticket(&target.id);
            if context.earlier_attempt == Effect::Unknown {
                error = error.with_effect(Effect::Unknown);
            }
            outcomes.push((target.id.clone(), Outcome::from_error(error)));
            return true;
        }
        self.open = Some(error);
        false
    }
}

/// Reads a ticket before it is deleted. Returns the result if it is not to be deleted: its id leads to another ticket,
/// it is deleted already, or it cannot be read.
async fn read_before(
    provider: &dyn TicketProvider,
    context: &CallContext,
    target: &DeleteTarget,
    tell: Tell<'_>,
) -> Option<Called> {
    let (info, id) = (provider.info(), &target.id);
    let read = match provider.get(context, id).await {
        Ok(ticket) => info.check_same(id, &ticket.id).map(|()| ticket),
        Err(error) => Err(error),
    };
    match read {
        Ok(ticket) if ticket.status == Some(Status::Deleted) => {
            Some(Called::settled(id, Outcome::AlreadyDone, Contact::Vendor))
        }
        Ok(_) => None,
        Err(error) => {
            let error = error.in_operation(&info.id, Operation::Delete);
            let error = error.with_effect(Effect::None);
            if error.kind() == ErrorKind::NotFound {
                return Some(delete_unread(provider, context, target, error, tell).await);
            }
            Some(Called::failed(error))
        }
    }
}

/// Deletes a ticket that a read did not find, where ids may lead to other tickets: only if a second read finds the
/// ticket itself. A *not found* that proves nothing may be a gateway's, and the id may lead elsewhere.
async fn delete_unread(
    provider: &dyn TicketProvider,
    context: &CallContext,
    target: &DeleteTarget,
    error: Error,
    tell: Tell<'_>,
) -> Called {
    let id = &target.id;
    let get = provider.info().capabilities.support(Operation::Get);
    let proves = get.map(|get| get.not_found).unwrap_or_default();
    let error = error.on_ticket(id);
    if proves == NotFound::Gone && context.earlier_attempt == Effect::None {
        let outcome = Outcome::NotFound(error.confirmed());
        return Called::settled(id, outcome, Contact::Vendor);
    }
    let seen = look::for_deleted(provider, context, id, false).await;
    let is_first = context.earlier_attempt == Effect::None;
    let outcome = match &seen {
        Seen::Unchanged => {
            return delete_batch(provider, context, std::slice::from_ref(target), tell).await;
        }
        Seen::Changed if is_first => Outcome::NotFound(error.clone().confirmed()),
        Seen::Changed => Outcome::AlreadyDone,
        _ if !is_first => Outcome::Unknown(error.clone().with_effect(Effect::Unknown)),
        Seen::CannotTell if proves == NotFound::Ambiguous => Outcome::NotFound(error.clone()),
        Seen::Missing | Seen::CannotTell | Seen::NoAnswer(_) => {
            let error = error.clone();
            Outcome::Failed(error.with_note("not deleted, because it could not be read before"))
        }
    };
    Called::settled(id, outcome, seen.contact(&error))
}

async fn delete_batch(
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
    tell: Tell<'_>,
) -> Called {
    let error = match provider.delete(context, targets).await {
        Ok(report) => return settle_report(provider, context, report, tell).await,
        Err(error) if error.effect() == Effect::None => return Called::failed(error),
        Err(error) => error,
    };
    let Some(job) = error.job() else {
        let looked = look_at_each(&Change::Delete, provider, context, targets, error);
        return Box::pin(looked).await;
    };
    let earlier = match context.earlier_attempt {
        Effect::None => error.earlier_attempts(),
        Effect::Unknown => Effect::Unknown,
    };
    let settled = accepted::settle(provider, context, targets, job, earlier, tell);
    Box::pin(settled).await
}
