//! The change that is applied to many tickets: as data, and as the calls for one batch.

use serde::{Deserialize, Serialize};

use super::Tell;
use super::called::Called;
use super::delete::delete;
use super::look::{self, Seen};
use super::single::change_each;
use crate::model::ticket::{Status, TicketId};
use crate::provider::capability::ProviderInfo;
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteTarget;
use crate::provider::error::{Error, Result};
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
    /// Take the ticket out of the trash, as [`TicketProvider::restore`] does.
    Restore,
}

impl Change {
    /// The operation that makes this change.
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Delete => Operation::Delete,
            Self::Resolve => Operation::Resolve,
            Self::Restore => Operation::Restore,
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
            (Self::Restore, Outcome::Done) => "restored",
            (Self::Restore, Outcome::AlreadyDone) => "already_restored",
            _ => outcome.as_str(),
        }
    }

    /// Maximum number of tickets in one call.
    pub fn max_batch(&self, info: &ProviderInfo) -> usize {
        match self {
            // If deleting is unsupported, each ticket fails on its own.
            Self::Delete => info.capabilities.max_delete_batch().max(1),
            Self::Resolve | Self::Restore => 1,
        }
    }

    /// The number of requests for this many tickets, if each is answered at once. It includes the reads before a delete
    /// where ids may lead to [other tickets](ProviderInfo::redirects_ids).
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
        let requests = |operation| {
            let support = info.capabilities.support(operation);
            support.map_or(1, |support| support.requests.max(1))
        };
        let mut calls = tickets.div_ceil(self.max_batch(info)) * requests(self.operation());
        if *self == Self::Delete && info.redirects_ids {
            calls += tickets * requests(Operation::Get);
        }
        u64::try_from(calls).unwrap_or(u64::MAX)
    }

    /// Rejects a ticket to which this change cannot be applied, before anything is sent.
    ///
    /// # Errors
    ///
    /// Those of [`ProviderInfo::check`].
    pub fn check(&self, info: &ProviderInfo, target: &DeleteTarget) -> Result<()> {
        match self {
            Self::Delete => info.check(&Request::Delete(std::slice::from_ref(target))),
            Self::Resolve | Self::Restore => {
                refuse_version(target)
                    .map_err(|error| error.in_operation(&info.id, self.operation()))?;
                info.check(&self.request(std::slice::from_ref(target)))
            }
        }
    }

    /// The call for these tickets.
    pub(super) fn request<'a>(&self, targets: &'a [DeleteTarget]) -> Request<'a> {
        match (self, targets) {
            (Self::Resolve, [target]) => Request::Resolve(&target.id),
            (Self::Restore, [target]) => Request::Restore(&target.id),
            _ => Request::Delete(targets),
        }
    }

    /// Checks whether this target is the reason for the rejection of its batch, as far as this process can
    /// tell.
    pub(crate) fn fault(&self, info: &ProviderInfo, target: &DeleteTarget) -> Result<()> {
        match self {
            Self::Delete => info.check_id(&target.id),
            Self::Resolve | Self::Restore => refuse_version(target),
        }
    }

    /// Makes the calls for at most one batch of distinct tickets.
    pub(super) async fn call(
        &self,
        provider: &dyn TicketProvider,
        context: &CallContext,
        targets: &[DeleteTarget],
        tell: Tell<'_>,
    ) -> Called {
        match self {
            Self::Delete => delete(provider, context, targets, tell).await,
            Self::Resolve | Self::Restore => change_each(self, provider, context, targets).await,
        }
    }

    /// Reads a ticket whose change failed with `error`, to learn what came of it.
    pub(super) async fn look(
        &self,
        provider: &dyn TicketProvider,
        context: &CallContext,
        id: &TicketId,
        error: &Error,
    ) -> Seen {
        match self {
            Self::Delete => look::for_deleted(provider, context, id, error).await,
            Self::Resolve => {
                let is_resolved =
                    |status: &Status| matches!(status, Status::Resolved | Status::Closed);
                look::for_status(provider, context, id, error, is_resolved).await
            }
            Self::Restore => {
                let is_restored = |status: &Status| *status != Status::Deleted;
                look::for_status(provider, context, id, error, is_restored).await
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
