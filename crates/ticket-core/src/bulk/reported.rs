//! What the vendor reports of the tickets of a delete or a purge, and the looks at those that it leaves open.

use super::called::{Called, Contact};
use super::look::{self, Seen, unconfirmed};
use super::notice::{Notice, Tell};
use crate::model::ticket::TicketId;
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteReport;
use crate::provider::error::Error;
use crate::provider::operation::Operation;
use crate::provider::outcome::Outcome;
use crate::provider::support::NotFound;
use crate::provider::ticket_provider::TicketProvider;

/// The outcomes that the vendor reports. Tells which tickets it changed that nobody asked for.
pub(super) fn tell_unasked(
    provider: &dyn TicketProvider,
    report: DeleteReport,
    tell: Tell<'_>,
) -> Vec<(TicketId, Outcome)> {
    let (outcomes, others) = report.into_parts();
    if !others.is_empty() {
        tracing::error!(
            ticket.provider = &*provider.info().id,
            ticket.operation = Operation::Delete.as_str(),
            ticket.count = others.len(),
            "the vendor changed tickets that nobody asked for"
        );
        // At once, since the looks that follow may be abandoned.
        tell(&Notice::Unasked(others));
    }
    outcomes
}

/// The outcomes that the vendor reports. What it did not find, or reports nothing about, is looked at.
pub(super) async fn settle_report(
    provider: &dyn TicketProvider,
    context: &CallContext,
    report: DeleteReport,
    tell: Tell<'_>,
) -> Called {
    let mut outcomes = tell_unasked(provider, report, tell);
    let mut contact = Contact::Unclear;
    for (id, outcome) in &mut outcomes {
        match &*outcome {
            Outcome::NotFound(error) => {
                (*outcome, contact) = Box::pin(on_not_found(provider, context, id, error)).await;
            }
            // Where nobody answers, nothing more is learned.
            Outcome::Unknown(error) if contact != Contact::Nobody => {
                let answered = look::has_just_answered(error);
                let seen = look::for_deleted(provider, context, id, answered);
                let seen = Box::pin(seen).await;
                contact = seen.contact(error);
                let error = error.clone();
                let error = error.seen_unchanged(matches!(seen, Seen::Unchanged));
                *outcome = seen.outcome().unwrap_or(Outcome::Unknown(error));
            }
            Outcome::Unknown(_) => {}
            _ => contact = Contact::Vendor,
        }
    }
    Called {
        result: Ok(outcomes),
        contact,
        ..Called::default()
    }
}

/// The outcome of a ticket that the first attempt did not find.
async fn on_not_found(
    provider: &dyn TicketProvider,
    context: &CallContext,
    id: &TicketId,
    error: &Error,
) -> (Outcome, Contact) {
    let info = provider.info();
    let delete = info.capabilities.support(Operation::Delete);
    let proves = delete.map(|delete| delete.not_found).unwrap_or_default();
    if proves == NotFound::Gone {
        return (
            Outcome::NotFound(error.clone().confirmed()),
            Contact::Vendor,
        );
    }
    let answered = look::has_just_answered(error);
    let seen = look::for_deleted(provider, context, id, answered).await;
    let error = error.clone();
    match &seen {
        Seen::Unchanged => {
            let error = error.with_context("the ticket exists, but the vendor will not delete it");
            (Outcome::Failed(error), Contact::Vendor)
        }
        Seen::Changed => (Outcome::NotFound(error.confirmed()), Contact::Vendor),
        _ if proves == NotFound::Undocumented => unconfirmed(error, &seen),
        Seen::Missing | Seen::CannotTell | Seen::NoAnswer(_) => {
            (Outcome::NotFound(error), Contact::Vendor)
        }
    }
}
