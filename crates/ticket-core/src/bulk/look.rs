//! Reads a ticket after a change of unknown effect, to learn what its reply did not say.

use super::called::{Called, Contact};
use super::change::Change;
use crate::model::query::{PageRequest, TicketQuery};
use crate::model::ticket::{Status, TicketId};
use crate::provider::capability::ProviderInfo;
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteTarget;
use crate::provider::error::{Effect, Error, ErrorKind};
use crate::provider::field::Field;
use crate::provider::operation::{Operation, Request};
use crate::provider::outcome::Outcome;
use crate::provider::support::NotFound;
use crate::provider::ticket_provider::TicketProvider;

/// What a read says about the change of a ticket.
#[derive(Debug)]
pub(super) enum Seen {
    /// The ticket is as the change leaves it.
    Changed,
    /// The ticket is as it was. No proof while reads may lag behind writes.
    Unchanged,
    /// The vendor answers, but its answer proves nothing.
    CannotTell,
    /// The vendor does not answer the read; `None` if there is no read.
    NoAnswer(Option<Error>),
}

impl Seen {
    /// The outcome that this read proves.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        matches!(self, Self::Changed).then_some(Outcome::AlreadyDone)
    }

    /// Who answered, after a change that failed with `error`.
    pub(super) fn contact(&self, error: &Error) -> Contact {
        match self {
            Self::Changed | Self::Unchanged | Self::CannotTell => Contact::Vendor,
            Self::NoAnswer(Some(read)) if read.is_transient() => Contact::Nobody,
            Self::NoAnswer(None) if error.is_transient() => Contact::Nobody,
            // A gateway without a route, a sign-in page.
            Self::NoAnswer(_)
                if matches!(error.kind(), ErrorKind::BadResponse | ErrorKind::NotFound) =>
            {
                Contact::Stranger
            }
            Self::NoAnswer(_) => Contact::Unclear,
        }
    }
}

/// Whether a later read may settle what an earlier one did not.
pub(super) fn may_settle(info: &ProviderInfo) -> bool {
    let get = info.capabilities.support(Operation::Get);
    get.is_some_and(|get| info.reads_are_consistent || get.not_found != NotFound::Ambiguous)
}

/// Reads a ticket that may be deleted, after a delete that failed with `error`.
pub(super) async fn for_deleted(
    provider: &dyn TicketProvider,
    context: &CallContext,
    id: &TicketId,
    error: &Error,
) -> Seen {
    let info = provider.info();
    let Some(get) = info.capabilities.support(Operation::Get) else {
        return Seen::NoAnswer(None);
    };
    let context = &of_a_read(context);
    let read = match provider.get(context, id).await {
        Ok(ticket) if info.check_same(id, &ticket.id).is_ok() => {
            return match ticket.status {
                Some(Status::Deleted) => Seen::Changed,
                _ => Seen::Unchanged,
            };
        }
        // An answer about another ticket says nothing about this one.
        Ok(_) => return Seen::CannotTell,
        Err(read) => read,
    };
    // The delete was answered in the vendor's own form, so the read just after it is the vendor's too.
    let vendor_answered = error.status().is_some_and(|status| status < 300);
    match (read.kind(), get.not_found) {
        (ErrorKind::NotFound, NotFound::Gone) => Seen::Changed,
        (ErrorKind::NotFound, NotFound::Undocumented) if vendor_answered => Seen::Changed,
        (ErrorKind::NotFound, NotFound::Undocumented) => match control(provider, context).await {
            Ok(()) => Seen::Changed,
            Err(Some(control)) if control.is_transient() => Seen::NoAnswer(Some(control)),
            Err(_) => Seen::NoAnswer(Some(read)),
        },
        (ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Forbidden, _) => Seen::CannotTell,
        _ => Seen::NoAnswer(Some(read)),
    }
}

/// Reads a ticket whose status tells whether it is changed.
pub(super) async fn for_status(
    provider: &dyn TicketProvider,
    context: &CallContext,
    id: &TicketId,
    is_changed: impl Fn(Option<&Status>) -> bool,
) -> Seen {
    let info = provider.info();
    if !info.capabilities.supports(Operation::Get) {
        return Seen::NoAnswer(None);
    }
    match provider.get(&of_a_read(context), id).await {
        Ok(ticket) if info.check_same(id, &ticket.id).is_err() => Seen::CannotTell,
        Ok(ticket) if is_changed(ticket.status.as_ref()) => Seen::Changed,
        Ok(_) => Seen::Unchanged,
        Err(read) => match read.kind() {
            ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Forbidden => Seen::CannotTell,
            _ => Seen::NoAnswer(Some(read)),
        },
    }
}

/// The control read: whether the vendor answers a read under the same base URL.
pub(super) async fn control(
    provider: &dyn TicketProvider,
    context: &CallContext,
) -> Result<(), Option<Error>> {
    let list = provider.info().capabilities.fields(Operation::List);
    let list = list.ok_or(None)?;
    let mut page = PageRequest::first();
    if list.carried().contains(&Field::PageLimit) {
        page = page.limit(1);
    }
    let query = TicketQuery::new().page(page);
    let read = provider.list(context, &query).await;
    read.map(|_| ()).map_err(Some)
}

/// A read has no earlier attempt.
fn of_a_read(context: &CallContext) -> CallContext {
    let mut context = context.clone();
    context.earlier_attempt = Effect::None;
    context
}

/// The outcomes of a batch after a call of unknown effect.
pub(super) async fn look_at_each(
    change: &Change,
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
    error: Error,
) -> Called {
    let info = provider.info();
    let mut contact = Contact::of(&error);
    let mut answered = true;
    let mut outcomes = Vec::with_capacity(targets.len());
    for target in targets {
        let id = &target.id;
        let error = error.clone().on_ticket(id);
        let mut outcome = None;
        if answered {
            let seen = change.look(provider, context, id, &error).await;
            contact = seen.contact(&error);
            answered = !matches!(seen, Seen::NoAnswer(_));
            outcome = seen.outcome();
            // The vendor is there and fails for one of them: they are tried apart.
            let may_split = targets.len() > 1 && outcomes.is_empty() && answered;
            let is_safe = || info.may_repeat(&Request::Delete(targets));
            if may_split && error.kind() == ErrorKind::Server && is_safe() {
                return Called {
                    result: Err(error),
                    contact,
                    ..Called::default()
                };
            }
        }
        outcomes.push((id.clone(), outcome.unwrap_or(Outcome::Unknown(error))));
    }
    Called {
        result: Ok(outcomes),
        contact,
        ..Called::default()
    }
}
