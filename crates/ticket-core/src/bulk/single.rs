//! The calls of a change that names one ticket per call, and the looks after them.

use super::called::{Called, Contact};
use super::change::{Change, with_version};
use super::look::{self, Seen, look_at_each, unconfirmed};
use crate::model::ticket::TicketId;
use crate::provider::context::CallContext;
use crate::provider::error::{Effect, Error, ErrorKind};
use crate::provider::outcome::Outcome;
use crate::provider::support::NotFound;
use crate::provider::target::DeleteTarget;
use crate::provider::ticket_provider::TicketProvider;

/// Changes each ticket with a call of its own.
pub(super) async fn change_each(
    change: &Change,
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
) -> Called {
    let mut outcomes = Vec::with_capacity(targets.len());
    let mut contact = Contact::Unclear;
    for target in targets {
        let id = &target.id;
        let result = match change {
            Change::Restore => provider.restore(context, id).await,
            Change::Update(patch) => {
                let patch = with_version(patch, target);
                provider.update(context, id, &patch).await
            }
            Change::Comment(comment) => provider.comment(context, id, comment).await,
            _ => provider.resolve(context, id).await,
        };
        let outcome = match result {
            Ok(()) => {
                contact = Contact::Vendor;
                Outcome::Done
            }
            Err(error) if error.effect() == Effect::Unknown => {
                let targets = std::slice::from_ref(target);
                let looked = look_at_each(change, provider, context, targets, error);
                let called = Box::pin(looked).await;
                match called.result {
                    Ok(seen) => {
                        contact = called.contact;
                        outcomes.extend(seen);
                        continue;
                    }
                    Err(_) => return called,
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let outcome;
                (outcome, contact) =
                    Box::pin(on_not_found(change, provider, context, id, error)).await;
                outcome
            }
            Err(error) => return Called::failed(error),
        };
        outcomes.push((id.clone(), outcome));
    }
    Called {
        result: Ok(outcomes),
        contact,
        ..Called::default()
    }
}

/// The outcome of a ticket that the vendor did not find.
async fn on_not_found(
    change: &Change,
    provider: &dyn TicketProvider,
    context: &CallContext,
    id: &TicketId,
    error: Error,
) -> (Outcome, Contact) {
    let capabilities = &provider.info().capabilities;
    let support = capabilities.support(change.operation());
    let error = error.on_ticket(id);
    if support.is_none_or(|support| support.not_found != NotFound::Undocumented) {
        return (Outcome::NotFound(error), Contact::Vendor);
    }
    let answered = look::has_just_answered(&error);
    // What matters is whether there is such a ticket, and not how it is.
    let seen = match change {
        Change::Update(_) | Change::Comment(_) => {
            look::for_ticket(provider, context, id, answered, |_| Seen::Unchanged).await
        }
        _ => change.look(provider, context, id, answered).await,
    };
    match &seen {
        Seen::Changed => (Outcome::AlreadyDone, Contact::Vendor),
        Seen::Missing => (Outcome::NotFound(error.confirmed()), Contact::Vendor),
        Seen::Unchanged => {
            let error = error.with_context("the ticket exists, but the vendor will not change it");
            (Outcome::Failed(error), Contact::Vendor)
        }
        Seen::CannotTell | Seen::NoAnswer(_) => unconfirmed(error, &seen),
    }
}
