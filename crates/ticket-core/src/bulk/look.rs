//! Reads a ticket after a change of unknown effect, to learn what its reply did not say.

use super::called::{Called, Contact};
use super::change::{Change, takes_two_steps};
use crate::model::query::{PageRequest, TicketQuery};
use crate::model::status::Status;
use crate::model::ticket::{Ticket, TicketId};
use crate::provider::capability::ProviderInfo;
use crate::provider::context::CallContext;
use crate::provider::error::{Effect, Error, ErrorKind};
use crate::provider::field::Field;
use crate::provider::operation::{Operation, Request};
use crate::provider::outcome::Outcome;
use crate::provider::support::{NotFound, Removal};
use crate::provider::target::DeleteTarget;
use crate::provider::ticket_provider::TicketProvider;

/// What a read says about the change of a ticket.
#[derive(Debug)]
pub(super) enum Seen {
    /// The ticket is as the change leaves it.
    Changed,
    /// The ticket is as it was. No proof while reads may lag behind writes.
    Unchanged,
    /// There is no such ticket. A deleted ticket is `Changed`.
    Missing,
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
            Self::Changed | Self::Unchanged | Self::Missing | Self::CannotTell => Contact::Vendor,
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

impl Change {
    /// Reads a ticket after a change of unknown effect, to learn what came of it. Where the vendor
    /// [has just answered](has_just_answered), a *not found* is its own.
    pub(super) async fn look(
        &self,
        provider: &dyn TicketProvider,
        context: &CallContext,
        id: &TicketId,
        has_just_answered: bool,
    ) -> Seen {
        match self {
            Self::Delete => for_deleted(provider, context, id, has_just_answered).await,
            // A read does not tell what is in the trash from what is gone.
            Self::Purge => match for_deleted(provider, context, id, has_just_answered).await {
                Seen::Changed if takes_two_steps(provider.info()) => Seen::CannotTell,
                seen => seen,
            },
            Self::Resolve => {
                let is_resolved =
                    |status: &Status| matches!(status, Status::Resolved | Status::Closed);
                let seen = |ticket: &Ticket| of_status(ticket, is_resolved);
                for_ticket(provider, context, id, has_just_answered, seen).await
            }
            Self::Restore => {
                let is_restored = |status: &Status| *status != Status::Deleted;
                let seen = |ticket: &Ticket| of_status(ticket, is_restored);
                for_ticket(provider, context, id, has_just_answered, seen).await
            }
            Self::Update(patch) => {
                // A field that differs proves nothing: the vendor may show it in another form.
                let seen = |ticket: &Ticket| {
                    if patch.is_shown_by(ticket) {
                        Seen::Changed
                    } else {
                        Seen::CannotTell
                    }
                };
                for_ticket(provider, context, id, has_just_answered, seen).await
            }
            Self::Comment(_) => Seen::NoAnswer(None),
        }
    }
}

/// Whether a later read may settle what an earlier one did not.
pub(super) fn may_settle(info: &ProviderInfo) -> bool {
    let get = info.capabilities.support(Operation::Get);
    get.is_some_and(|get| info.reads_are_consistent || get.not_found != NotFound::Ambiguous)
}

/// Whether a change that failed with this error was answered in the vendor's own form and in full, so that the read just after it
/// is answered by the vendor too. A sign-in page has a status of success as well.
pub(super) fn has_just_answered(error: &Error) -> bool {
    let is_success = error.status().is_some_and(|status| status < 300);
    // Of an answer that was lost or stalled, nobody knows whose it was.
    is_success && error.kind() != ErrorKind::BadResponse && !error.is_transient()
}

/// Reads a ticket that may be deleted.
pub(super) async fn for_deleted(
    provider: &dyn TicketProvider,
    context: &CallContext,
    id: &TicketId,
    has_just_answered: bool,
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
                // A ticket in the trash is found, and its status may be unreadable.
                None if is_trash(info) => Seen::CannotTell,
                _ => Seen::Unchanged,
            };
        }
        // An answer about another ticket says nothing about this one.
        Ok(_) => return Seen::CannotTell,
        Err(read) => read,
    };
    match of_failed_read(provider, context, get.not_found, read, has_just_answered).await {
        Seen::Missing => Seen::Changed,
        seen => seen,
    }
}

fn is_trash(info: &ProviderInfo) -> bool {
    let delete = info.capabilities.support(Operation::Delete);
    delete.is_some_and(|delete| matches!(delete.removal, Removal::Trash { .. }))
}

/// What the failure of a read says.
async fn of_failed_read(
    provider: &dyn TicketProvider,
    context: &CallContext,
    proves: NotFound,
    read: Error,
    has_just_answered: bool,
) -> Seen {
    match (read.kind(), proves) {
        (ErrorKind::NotFound, NotFound::Gone) => Seen::Missing,
        (ErrorKind::NotFound, NotFound::Undocumented) if has_just_answered => Seen::Missing,
        (ErrorKind::NotFound, NotFound::Undocumented) => match control(provider, context).await {
            Ok(_) => Seen::Missing,
            Err(Some(control)) if control.is_transient() => Seen::NoAnswer(Some(control)),
            Err(_) => Seen::NoAnswer(Some(read)),
        },
        (ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Forbidden, _) => Seen::CannotTell,
        _ => Seen::NoAnswer(Some(read)),
    }
}

/// Reads a ticket that tells whether it is changed.
pub(super) async fn for_ticket(
    provider: &dyn TicketProvider,
    context: &CallContext,
    id: &TicketId,
    has_just_answered: bool,
    seen: impl Fn(&Ticket) -> Seen,
) -> Seen {
    let info = provider.info();
    let Some(get) = info.capabilities.support(Operation::Get) else {
        return Seen::NoAnswer(None);
    };
    let context = &of_a_read(context);
    match provider.get(context, id).await {
        Ok(ticket) if info.check_same(id, &ticket.id).is_err() => Seen::CannotTell,
        Ok(ticket) => seen(&ticket),
        Err(read) => {
            of_failed_read(provider, context, get.not_found, read, has_just_answered).await
        }
    }
}

/// What the status of a ticket says, where the status tells whether it is changed.
pub(super) fn of_status(ticket: &Ticket, is_changed: impl Fn(&Status) -> bool) -> Seen {
    match &ticket.status {
        Some(status) if is_changed(status) => Seen::Changed,
        Some(_) => Seen::Unchanged,
        None => Seen::CannotTell,
    }
}

/// The outcome of a ticket that the vendor did not find, where only another read would have confirmed that.
pub(super) fn unconfirmed(error: Error, seen: &Seen) -> (Outcome, Contact) {
    let contact = seen.contact(&error);
    let error = error.with_effect(Effect::Unknown).with_note(
        "the vendor answered no other read, so that this may be a gateway's or a wrong address's answer",
    );
    (Outcome::Unknown(error), contact)
}

/// The control read: whether the vendor answers a read under the same base URL. Returns a ticket that it listed, if there
/// is one.
pub(crate) async fn control(
    provider: &dyn TicketProvider,
    context: &CallContext,
) -> Result<Option<Ticket>, Option<Error>> {
    let list = provider.info().capabilities.fields(Operation::List);
    let list = list.ok_or(None)?;
    let mut page = PageRequest::first();
    if list.carried().contains(&Field::PageLimit) {
        page = page.limit(1);
    }
    let query = TicketQuery::new().page(page);
    let read = provider.list(context, &query).await;
    let page = read.map_err(Some)?;
    Ok(page.items.into_iter().next())
}

/// A read has no earlier attempt.
pub(super) fn of_a_read(context: &CallContext) -> CallContext {
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
    let answered_change = has_just_answered(&error);
    let mut answered = true;
    let mut outcomes = Vec::with_capacity(targets.len());
    for target in targets {
        let id = &target.id;
        let mut error = error.clone().on_ticket(id);
        let mut outcome = None;
        if answered {
            let seen = change.look(provider, context, id, answered_change).await;
            contact = seen.contact(&error);
            answered = !matches!(seen, Seen::NoAnswer(_));
            outcome = seen.outcome();
            error = error.seen_unchanged(matches!(seen, Seen::Unchanged));
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
