//! The change that is applied to many tickets: as data, and as the calls for one batch.

use serde::{Deserialize, Serialize};

use crate::model::ticket::{Status, TicketId};
use crate::provider::capability::ProviderInfo;
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteTarget;
use crate::provider::error::{Effect, Error, ErrorKind, Result};
use crate::provider::operation::{Operation, Request};
use crate::provider::outcome::Outcome;
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

    /// Checks whether this target is the reason for the rejection of its batch, as far as this process can
    /// tell.
    pub(crate) fn fault(&self, info: &ProviderInfo, target: &DeleteTarget) -> Result<()> {
        match self {
            Self::Delete => info.check_id(&target.id),
            Self::Resolve => refuse_version(target),
        }
    }

    /// Makes the calls for at most one batch of distinct tickets and returns their outcomes, in the order of
    /// `targets`.
    pub(crate) async fn call(
        &self,
        provider: &dyn TicketProvider,
        context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<Vec<(TicketId, Outcome)>> {
        match self {
            Self::Delete => delete(provider, context, targets).await,
            Self::Resolve => {
                let mut outcomes = Vec::with_capacity(targets.len());
                for target in targets {
                    let outcome = resolve(provider, context, target).await?;
                    outcomes.push((target.id.clone(), outcome));
                }
                Ok(outcomes)
            }
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
) -> Result<Vec<(TicketId, Outcome)>> {
    let (mut outcomes, _) = provider.delete(context, targets).await?.into_parts();
    for (id, outcome) in &mut outcomes {
        if let Outcome::Unknown(error) = &*outcome {
            if let Some(seen) = verify_deleted(provider, context, id, error).await {
                *outcome = seen;
            }
        }
    }
    Ok(outcomes)
}

/// Reads a ticket that a repeated delete did not find, if *not found* does not prove that it is deleted.
async fn verify_deleted(
    provider: &dyn TicketProvider,
    context: &CallContext,
    id: &TicketId,
    error: &Error,
) -> Option<Outcome> {
    let can_look = provider.info().capabilities.supports(Operation::Get);
    if error.kind() != ErrorKind::NotFound || !can_look {
        return None;
    }
    match provider.get(context, id).await {
        Ok(_) => {
            let error =
                error.with_context("the ticket still exists, but the delete did not find it");
            Some(Outcome::Failed(error))
        }
        Err(seen) if seen.kind() == ErrorKind::NotFound => Some(Outcome::AlreadyDone),
        Err(_) => None,
    }
}

/// Errors are returned as errors of the call. The engine decides what they mean for the ticket, because it
/// knows the results of other calls.
async fn resolve(
    provider: &dyn TicketProvider,
    context: &CallContext,
    target: &DeleteTarget,
) -> Result<Outcome> {
    let error = match provider.resolve(context, &target.id).await {
        Ok(()) => return Ok(Outcome::Done),
        Err(error) => error,
    };
    // Some vendors answer *not found* for closed tickets, so *not found* after a retry may mean that the
    // first attempt resolved the ticket.
    let is_repeat = (error.kind(), error.effect()) == (ErrorKind::NotFound, Effect::Unknown);
    if is_repeat && provider.info().capabilities.supports(Operation::Get) {
        let seen = provider.get(context, &target.id).await;
        if let Ok(Some(Status::Resolved | Status::Closed)) = seen.map(|ticket| ticket.status) {
            return Ok(Outcome::Done);
        }
    }
    match (error.kind(), error.effect()) {
        (ErrorKind::NotFound, Effect::None) => Ok(Outcome::NotFound(error.on_ticket(&target.id))),
        _ => Err(error),
    }
}
