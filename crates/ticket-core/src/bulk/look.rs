//! Reads a ticket after a delete, to learn what its reply did not say.

use crate::model::query::{PageRequest, TicketQuery};
use crate::model::ticket::TicketId;
use crate::provider::context::CallContext;
use crate::provider::error::{Error, ErrorKind};
use crate::provider::field::Field;
use crate::provider::operation::Operation;
use crate::provider::support::NotFound;
use crate::provider::ticket_provider::TicketProvider;

/// What a read says about a ticket.
#[derive(Debug)]
pub(super) enum Seen {
    /// The vendor shows the ticket.
    Exists,
    /// The vendor has no such ticket.
    Gone,
    /// The vendor answers, but its answer proves nothing.
    CannotTell,
    /// The vendor does not answer reads either, or there is no read.
    NoAnswer(Option<Error>),
}

/// Reads the ticket `id`. `vendor_answered` says that a reply in the vendor's own form arrived just before: it stands
/// in for the control read where there is none.
pub(super) async fn look(
    provider: &dyn TicketProvider,
    context: &CallContext,
    id: &TicketId,
    vendor_answered: bool,
) -> Seen {
    let capabilities = &provider.info().capabilities;
    let Some(get) = capabilities.support(Operation::Get) else {
        return Seen::NoAnswer(None);
    };
    let error = match provider.get(context, id).await {
        Ok(ticket) if ticket.id == *id => return Seen::Exists,
        // An answer about another ticket says nothing about this one.
        Ok(_) => return Seen::CannotTell,
        Err(error) => error,
    };
    match (error.kind(), get.not_found) {
        (ErrorKind::NotFound, NotFound::Gone) => Seen::Gone,
        (ErrorKind::NotFound, NotFound::Undocumented) => {
            if vendor_answered || answers(provider, context).await {
                Seen::Gone
            } else {
                Seen::NoAnswer(Some(error))
            }
        }
        (ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Forbidden, _) => Seen::CannotTell,
        _ => Seen::NoAnswer(Some(error)),
    }
}

/// The control read: whether the vendor answers a read under the same base URL.
async fn answers(provider: &dyn TicketProvider, context: &CallContext) -> bool {
    let Some(list) = provider.info().capabilities.fields(Operation::List) else {
        return false;
    };
    let mut page = PageRequest::first();
    if list.carried().contains(&Field::PageLimit) {
        page = page.limit(1);
    }
    let query = TicketQuery::new().page(page);
    provider.list(context, &query).await.is_ok()
}
