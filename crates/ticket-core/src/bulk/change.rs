//! The change that is applied to many tickets: as data, and as the calls for one batch.

use serde::{Deserialize, Serialize};

use super::look::{self, Seen};
use crate::model::ticket::TicketId;
use crate::provider::capability::ProviderInfo;
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteTarget;
use crate::provider::error::{Effect, Error, ErrorKind, Result};
use crate::provider::operation::{Operation, Request};
use crate::provider::outcome::Outcome;
use crate::provider::support::NotFound;
use crate::provider::ticket_provider::TicketProvider;

/// The change that is applied to each ticket. It can be written to storage and read back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Delete the ticket, as [`TicketProvider::delete`] does.
    Delete,
    /// Mark the ticket as solved, as [`TicketProvider::resolve`] does.
    Resolve,
}

impl Change {
    /// The operation that makes this change.
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Delete => Operation::Delete,
            Self::Resolve => Operation::Resolve,
        }
    }

    /// The name of an outcome of this change in `snake_case`, as the command prints it: `deleted`,
    /// `resolved`.
    ///
    /// ```
    /// use ticket_core::{Change, Outcome};
    ///
    /// assert_eq!(Change::Delete.word(&Outcome::AlreadyDone), "already_gone");
    /// ```
    pub const fn word(&self, outcome: &Outcome) -> &'static str {
        match (self, outcome) {
            (Self::Delete, Outcome::Done) => "deleted",
            (Self::Delete, Outcome::AlreadyDone) => "already_gone",
            (Self::Resolve, Outcome::Done) => "resolved",
            (Self::Resolve, Outcome::AlreadyDone) => "already_resolved",
            _ => outcome.as_str(),
        }
    }

    /// Maximum number of tickets in one call.
    pub fn max_batch(&self, info: &ProviderInfo) -> usize {
        match self {
            // If deleting is unsupported, each ticket fails on its own.
            Self::Delete => info.capabilities.max_delete_batch().max(1),
            Self::Resolve => 1,
        }
    }

    /// The number of calls for this many tickets.
    ///
    /// ```
    /// use ticket_core::{Change, ProviderInfo};
    /// use ticket_core::provider::Capabilities;
    ///
    /// let info = ProviderInfo::new("pear", "Pear", Capabilities::none().delete(100).resolve());
    /// assert_eq!(Change::Delete.calls(101, &info), 2);
    /// assert_eq!(Change::Resolve.calls(101, &info), 101);
    /// ```
    pub fn calls(&self, tickets: usize, info: &ProviderInfo) -> u64 {
        u64::try_from(tickets.div_ceil(self.max_batch(info))).unwrap_or(u64::MAX)
    }

    /// Rejects a ticket to which this change cannot be applied, before anything is sent.
    ///
    /// # Errors
    ///
    /// Those of [`ProviderInfo::check`].
    pub fn check(&self, info: &ProviderInfo, target: &DeleteTarget) -> Result<()> {
        match self {
            Self::Delete => info.check(&Request::Delete(std::slice::from_ref(target))),
            Self::Resolve => {
                refuse_version(target)
                    .map_err(|error| error.in_operation(&info.id, Operation::Resolve))?;
                info.check(&Request::Resolve(&target.id))
            }
        }
    }

    /// The call for these tickets.
    pub(super) fn request<'a>(&self, targets: &'a [DeleteTarget]) -> Request<'a> {
        match (self, targets) {
            (Self::Resolve, [target]) => Request::Resolve(&target.id),
            _ => Request::Delete(targets),
        }
    }

    /// Checks whether this target is the reason for the rejection of its batch, as far as this process can
    /// tell.
    pub(crate) fn fault(&self, info: &ProviderInfo, target: &DeleteTarget) -> Result<()> {
        match self {
            Self::Delete => info.check_id(&target.id),
            Self::Resolve => refuse_version(target),
        }
    }

    /// Makes the calls for at most one batch of distinct tickets.
    pub(super) async fn call(
        &self,
        provider: &dyn TicketProvider,
        context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Called {
        match self {
            Self::Delete => delete(provider, context, targets).await,
            Self::Resolve => resolve(provider, context, targets).await,
        }
    }

    /// Reads a ticket whose change has an unknown effect, to learn what came of it.
    pub(super) async fn look(
        &self,
        provider: &dyn TicketProvider,
        context: &CallContext,
        id: &TicketId,
        error: &Error,
    ) -> Seen {
        match self {
            Self::Delete => look::for_deleted(provider, context, id, error).await,
            Self::Resolve => look::for_resolved(provider, context, id).await,
        }
    }
}

/// The result of the calls for one batch.
pub(super) struct Called {
    /// The outcome of each ticket, in the order of the batch. An error is about the batch as a whole: it was rejected,
    /// or no outcome can be told apart.
    pub(super) result: Result<Vec<(TicketId, Outcome)>>,
    /// Tickets that the vendor says it changed although nobody asked for them.
    pub(super) unasked: Vec<TicketId>,
    pub(super) contact: Contact,
}

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contact {
    /// The vendor, in its own form.
    Vendor,
    /// Somebody else: a gateway, a firewall, a sign-in page.
    Stranger,
    /// Nobody, or only with an apology.
    Nobody,
    /// It cannot be told.
    Unclear,
}

impl Contact {
    /// Who sent this error.
    pub(super) fn of(error: &Error) -> Self {
        match error.kind() {
            _ if error.is_not_attempted() => Self::Unclear,
            kind if kind.is_transient() => Self::Nobody,
            ErrorKind::BadResponse => Self::Stranger,
            _ => Self::Vendor,
        }
    }
}

impl Default for Called {
    fn default() -> Self {
        Self {
            result: Ok(Vec::new()),
            unasked: Vec::new(),
            contact: Contact::Unclear,
        }
    }
}

impl Called {
    /// The outcome of one ticket.
    fn settled(id: &TicketId, outcome: Outcome, contact: Contact) -> Self {
        Self {
            result: Ok(vec![(id.clone(), outcome)]),
            contact,
            ..Self::default()
        }
    }

    /// A batch that failed as a whole.
    fn failed(error: Error) -> Self {
        Self {
            contact: Contact::of(&error),
            result: Err(error),
            ..Self::default()
        }
    }
}

/// Rejects a version: only a delete can depend on one.
fn refuse_version(target: &DeleteTarget) -> Result<()> {
    if target.version.is_none() {
        return Ok(());
    }
    let message = "only a delete can depend on a version";
    Err(Error::invalid_input(message).on_ticket(&target.id))
}

async fn delete(
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
) -> Called {
    if !provider.info().redirects_ids {
        return delete_batch(provider, context, targets).await;
    }
    let mut all = Called::default();
    let mut outcomes = Vec::with_capacity(targets.len());
    for target in targets {
        let called = match refuse_redirected(provider, context, &target.id).await {
            Ok(()) => delete_batch(provider, context, std::slice::from_ref(target)).await,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                delete_unread(provider, context, target, error).await
            }
            Err(error) => Called::failed(error),
        };
        all.contact = called.contact;
        all.unasked.extend(called.unasked);
        match called.result {
            Ok(settled) => outcomes.extend(settled),
            Err(error) if targets.len() == 1 => return Called::failed(error),
            Err(error) => {
                let mut error = error.on_ticket(&target.id);
                if context.earlier_attempt == Effect::Unknown {
                    error = error.with_effect(Effect::Unknown);
                }
                let outcome = Outcome::from_error(error);
                outcomes.push((target.id.clone(), outcome));
            }
        }
    }
    all.result = Ok(outcomes);
    all
}

/// Reads a ticket before it is deleted, and rejects an id that leads to another ticket.
async fn refuse_redirected(
    provider: &dyn TicketProvider,
    context: &CallContext,
    id: &TicketId,
) -> Result<()> {
    let info = provider.info();
    let read = match provider.get(context, id).await {
        Ok(ticket) => info.check_same(id, &ticket.id),
        Err(error) => Err(error),
    };
    read.map_err(|error| {
        error
            .in_operation(&info.id, Operation::Delete)
            .with_effect(Effect::None)
    })
}

/// Deletes a ticket that a read did not find, where ids may lead to other tickets: only if a second read finds the
/// ticket itself. A *not found* that proves nothing may be a gateway's, and the id may lead elsewhere.
async fn delete_unread(
    provider: &dyn TicketProvider,
    context: &CallContext,
    target: &DeleteTarget,
    error: Error,
) -> Called {
    let id = &target.id;
    let get = provider.info().capabilities.support(Operation::Get);
    let proves = get.map(|get| get.not_found).unwrap_or_default();
    let error = error.on_ticket(id);
    if proves == NotFound::Gone && context.earlier_attempt == Effect::None {
        let outcome = Outcome::NotFound(error.confirmed());
        return Called::settled(id, outcome, Contact::Vendor);
    }
    let seen = look::for_deleted(provider, context, id, &error).await;
    let is_first = context.earlier_attempt == Effect::None;
    let outcome = match &seen {
        Seen::Unchanged => {
            return delete_batch(provider, context, std::slice::from_ref(target)).await;
        }
        Seen::Changed if is_first => Outcome::NotFound(error.clone().confirmed()),
        Seen::Changed => Outcome::AlreadyDone,
        _ if !is_first => Outcome::Unknown(error.clone().with_effect(Effect::Unknown)),
        Seen::CannotTell if proves == NotFound::Ambiguous => Outcome::NotFound(error.clone()),
        Seen::CannotTell | Seen::NoAnswer(_) => {
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
) -> Called {
    let report = match provider.delete(context, targets).await {
        Ok(report) => report,
        Err(error) if error.effect() == Effect::None => return Called::failed(error),
        Err(error) => return look_at_each(Change::Delete, provider, context, targets, error).await,
    };
    let (mut outcomes, unasked) = report.into_parts();
    let mut contact = Contact::Unclear;
    for (id, outcome) in &mut outcomes {
        match &*outcome {
            Outcome::NotFound(error) => {
                (*outcome, contact) = on_not_found(provider, context, id, error).await;
            }
            // Where nobody answers, nothing more is learned.
            Outcome::Unknown(error) if contact != Contact::Nobody => {
                let seen = look::for_deleted(provider, context, id, error).await;
                contact = seen.contact(error);
                if let Some(seen) = seen.outcome() {
                    *outcome = seen;
                }
            }
            Outcome::Unknown(_) => {}
            _ => contact = Contact::Vendor,
        }
    }
    Called {
        result: Ok(outcomes),
        unasked,
        contact,
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
    let seen = look::for_deleted(provider, context, id, error).await;
    let error = error.clone();
    match &seen {
        Seen::Unchanged => {
            let error = error.with_context("the ticket exists, but the vendor will not delete it");
            (Outcome::Failed(error), Contact::Vendor)
        }
        Seen::Changed => (Outcome::NotFound(error.confirmed()), Contact::Vendor),
        Seen::CannotTell | Seen::NoAnswer(_) if proves == NotFound::Undocumented => {
            let contact = seen.contact(&error);
            let error = error.with_effect(Effect::Unknown).with_note(
                "the vendor answered no other read, so that this may be a gateway's or a wrong address's answer",
            );
            (Outcome::Unknown(error), contact)
        }
        Seen::CannotTell | Seen::NoAnswer(_) => (Outcome::NotFound(error), Contact::Vendor),
    }
}

/// The outcomes of a batch after a call of unknown effect.
async fn look_at_each(
    change: Change,
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

/// Resolves each ticket with a call of its own.
async fn resolve(
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
) -> Called {
    let mut outcomes = Vec::with_capacity(targets.len());
    let mut contact = Contact::Unclear;
    for target in targets {
        let id = &target.id;
        let outcome = match provider.resolve(context, id).await {
            Ok(()) => {
                contact = Contact::Vendor;
                Outcome::Done
            }
            Err(error) if error.effect() == Effect::Unknown => {
                let targets = std::slice::from_ref(target);
                let called = look_at_each(Change::Resolve, provider, context, targets, error).await;
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
                contact = Contact::Vendor;
                Outcome::NotFound(error.on_ticket(id))
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
