//! What is done to many tickets: as data, and as the calls that one batch takes.

use serde::{Deserialize, Serialize};

use crate::model::ticket::{Status, TicketId};
use crate::provider::capability::ProviderInfo;
use crate::provider::check::check_id;
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteTarget;
use crate::provider::error::{Effect, Error, ErrorKind, Result};
use crate::provider::operation::{Operation, Request};
use crate::provider::outcome::Outcome;
use crate::provider::ticket_provider::TicketProvider;

/// What is done to each ticket of a bulk change. It can be written to storage and read back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Delete it, as [`TicketProvider::delete`] does.
    Delete,
    /// Mark it as solved, as [`TicketProvider::resolve`] does.
    Resolve,
}

impl Change {
    /// The operation that does it.
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Delete => Operation::Delete,
            Self::Resolve => Operation::Resolve,
        }
    }

    /// What an outcome of this change is called in `snake_case`, as the command prints it: `deleted`, `resolved`.
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

    /// How many tickets one call names at most.
    pub fn max_batch(&self, info: &ProviderInfo) -> usize {
        match self {
            // Where deleting is unsupported, each ticket is told so.
            Self::Delete => info.capabilities.max_delete_batch().max(1),
            Self::Resolve => 1,
        }
    }

    /// How many calls it takes for so many tickets.
    ///
    /// ```
    /// use ticket_core::{Capabilities, Change, ProviderInfo};
    ///
    /// let info = ProviderInfo::new("pear", "Pear", Capabilities::none().delete(100).resolve());
    /// assert_eq!(Change::Delete.calls(101, &info), 2);
    /// assert_eq!(Change::Resolve.calls(101, &info), 101);
    /// ```
    pub fn calls(&self, tickets: usize, info: &ProviderInfo) -> u64 {
        u64::try_from(tickets.div_ceil(self.max_batch(info))).unwrap_or(u64::MAX)
    }

    /// Refuses, before anything is sent, a ticket that this change cannot be made to.
    ///
    /// # Errors
    ///
    /// Those of [`ProviderInfo::check`].
    pub fn check(&self, info: &ProviderInfo, target: &DeleteTarget) -> Result<()> {
        match self {
            Self::Delete => info.check(&Request::Delete(std::slice::from_ref(target))),
            Self::Resolve => {
                refuse_version(target)
                    .map_err(|error| error.in_operation(info.id, Operation::Resolve))?;
                info.check(&Request::Resolve(&target.id))
            }
        }
    }

    /// Whether this one target is at fault when a batch is refused, as far as can be told here.
    pub(crate) fn fault(&self, target: &DeleteTarget) -> Result<()> {
        match self {
            Self::Delete => check_id(&target.id),
            Self::Resolve => refuse_version(target),
        }
    }

    /// Makes the call for at most a batch of different tickets: what became of each, in the order asked.
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

/// Only a delete can depend on a version.
fn refuse_version(target: &DeleteTarget) -> Result<()> {
    if target.version.is_none() {
        return Ok(());
    }
    let message = "only a delete can be made on condition of a version";
    Err(Error::invalid_input(message).on_ticket(&target.id))
}

async fn delete(
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
) -> Result<Vec<(TicketId, Outcome)>> {
    let mut outcomes = provider.delete(context, targets).await?.into_outcomes();
    for (id, outcome) in &mut outcomes {
        if let Outcome::Unknown(error) = &*outcome {
            if let Some(seen) = verify_deleted(provider, context, id, error).await {
                *outcome = seen;
            }
        }
    }
    Ok(outcomes)
}

/// Reads a ticket that a repeated delete did not find, where that does not prove that it is gone.
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
            let error = error.with_context("the ticket is there, but a delete does not find it");
            Some(Outcome::Failed(error))
        }
        Err(seen) if seen.kind() == ErrorKind::NotFound => Some(Outcome::AlreadyDone),
        Err(_) => None,
    }
}

/// An error is of the call: what it means for the ticket is for the engine, which sees what other calls come to.
async fn resolve(
    provider: &dyn TicketProvider,
    context: &CallContext,
    target: &DeleteTarget,
) -> Result<Outcome> {
    let error = match provider.resolve(context, &target.id).await {
        Ok(()) => return Ok(Outcome::Done),
        Err(error) => error,
    };
    // Some vendors do not find what is closed: a repeated attempt may have found what the first one did.
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
