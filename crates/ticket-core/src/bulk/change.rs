//! The change that is applied to many tickets, as data. Its calls are in `calls.rs`; what it says in words is in
//! `change_details.rs`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::model::draft::TicketPatch;
use crate::model::message::NewComment;
use crate::provider::capability::ProviderInfo;
use crate::provider::error::{Error, Result};
use crate::provider::operation::{Operation, Request};
use crate::provider::outcome::Outcome;
use crate::provider::support::Removal;
use crate::provider::target::DeleteTarget;

/// The change that is applied to each ticket. It can be written to storage and read back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Delete the ticket, as [`TicketProvider::delete`](crate::TicketProvider::delete) does.
    Delete,
    /// Mark the ticket as solved, as [`TicketProvider::resolve`](crate::TicketProvider::resolve) does.
    Resolve,
    /// Take the ticket out of the trash, as [`TicketProvider::restore`](crate::TicketProvider::restore) does.
    Restore,
    /// Delete the ticket for good. Where a [delete](crate::TicketProvider::delete) moves it to a trash, a
    /// [purge](crate::TicketProvider::purge) follows, also of a ticket that is in the trash already, and only the purge decides the
    /// outcome. Where the vendor documents no way to do so, it is refused.
    Purge,
    /// Change the fields that the patch names, as [`TicketProvider::update`](crate::TicketProvider::update) does. The same patch for each ticket; a version
    /// stands with the ticket ([`DeleteTarget::version`]). Without files.
    ///
    /// An update of unknown effect is never sent again. It is done if a read shows all its fields as the patch sets them,
    /// and otherwise [unknown](Outcome::Unknown).
    Update(Box<TicketPatch>),
    /// Add a comment to the ticket, as [`TicketProvider::comment`](crate::TicketProvider::comment) does. The same text for each ticket. Without files.
    ///
    /// A comment of unknown effect is never sent again and stays [unknown](Outcome::Unknown): a message with the same text
    /// may be another person's, so no read tells.
    Comment(Box<NewComment>),
}

impl Change {
    /// The operation that makes this change.
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Delete => Operation::Delete,
            Self::Resolve => Operation::Resolve,
            Self::Restore => Operation::Restore,
            Self::Purge => Operation::Purge,
            Self::Update(_) => Operation::Update,
            Self::Comment(_) => Operation::Comment,
        }
    }

    /// What it does to tickets, as a verb before its object: `delete`, `comment on`, `permanently delete`.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Comment(_) => "comment on",
            Self::Purge => "permanently delete",
            other => other.operation().as_str(),
        }
    }

    /// Whether it deletes tickets: to the trash, where there is one, or for good.
    pub const fn is_delete(&self) -> bool {
        matches!(self, Self::Delete | Self::Purge)
    }

    /// What the deletes of this change do at a provider: a purge leaves nothing in a trash.
    ///
    /// ```
    /// use ticket_core::{Change, Operation, ProviderInfo};
    /// use ticket_core::provider::{Capabilities, Removal, Support};
    ///
    /// let trash = Removal::Trash { restorable_for: None };
    /// let delete = Support::new().removal(trash);
    /// let info = ProviderInfo::new("pear", "Pear", Capabilities::none().with(Operation::Delete, delete));
    /// assert_eq!(Change::Delete.removal(&info), Some(trash));
    /// assert_eq!(Change::Purge.removal(&info), Some(Removal::Permanent));
    /// assert_eq!(Change::Resolve.removal(&info), None);
    /// ```
    pub fn removal(&self, info: &ProviderInfo) -> Option<Removal> {
        match self {
            Self::Delete => {
                let delete = info.capabilities.support(Operation::Delete);
                delete.map(|delete| delete.removal)
            }
            Self::Purge => Some(Removal::Permanent),
            Self::Resolve | Self::Restore | Self::Update(_) | Self::Comment(_) => None,
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
            (Self::Delete | Self::Purge, Outcome::Done) => "deleted",
            (Self::Delete | Self::Purge, Outcome::AlreadyDone) => "already_gone",
            (Self::Resolve, Outcome::Done) => "resolved",
            (Self::Resolve, Outcome::AlreadyDone) => "already_resolved",
            (Self::Restore, Outcome::Done) => "restored",
            (Self::Restore, Outcome::AlreadyDone) => "already_restored",
            (Self::Update(_), Outcome::Done) => "updated",
            (Self::Update(_), Outcome::AlreadyDone) => "already_updated",
            (Self::Comment(_), Outcome::Done) => "commented",
            (Self::Comment(_), Outcome::AlreadyDone) => "already_commented",
            _ => outcome.as_str(),
        }
    }

    /// The same change as calls of this provider: where deletes are permanent, a purge is a delete.
    pub(crate) fn at(self, info: &ProviderInfo) -> Self {
        match self {
            Self::Purge if !takes_two_steps(info) => Self::Delete,
            change => change,
        }
    }

    /// Maximum number of tickets in one call.
    pub fn max_batch(&self, info: &ProviderInfo) -> usize {
        match self {
            // If deleting is unsupported, each ticket fails on its own.
            Self::Delete => info.capabilities.max_delete_batch().max(1),
            Self::Purge => {
                let purge = info.capabilities.support(Operation::Purge);
                let purge = purge.filter(|_| takes_two_steps(info));
                let most = purge.map_or(usize::MAX, |purge| purge.max_batch);
                Self::Delete.max_batch(info).min(most)
            }
            Self::Resolve | Self::Restore | Self::Update(_) | Self::Comment(_) => 1,
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
        let requests_of_one = match self {
            Self::Purge if takes_two_steps(info) => {
                requests(Operation::Delete) + requests(Operation::Purge)
            }
            Self::Purge => requests(Operation::Delete),
            _ => requests(self.operation()),
        };
        let mut calls = tickets.div_ceil(self.max_batch(info)) * requests_of_one;
        if self.is_delete() && info.redirects_ids {
            calls += tickets * requests(Operation::Get);
        }
        u64::try_from(calls).unwrap_or(u64::MAX)
    }

    /// Rejects a ticket to which this change cannot be applied, before anything is sent.
    ///
    /// # Errors
    ///
    /// Those of [`ProviderInfo::check`], and `InvalidInput` for a version or files that the change cannot have.
    pub fn check(&self, info: &ProviderInfo, target: &DeleteTarget) -> Result<()> {
        match self {
            Self::Delete => info.check(&Request::Delete(std::slice::from_ref(target))),
            Self::Purge => {
                info.check(&Request::Delete(std::slice::from_ref(target)))?;
                if takes_two_steps(info) {
                    info.check(&Request::Purge(&[DeleteTarget::new(&target.id)]))?;
                }
                Ok(())
            }
            Self::Resolve | Self::Restore => {
                refuse_version(target)
                    .map_err(|error| error.in_operation(&info.id, self.operation()))?;
                info.check(&self.request(std::slice::from_ref(target)))
            }
            Self::Update(patch) => {
                let patch = with_version(patch, target);
                let allowed = refuse_files(patch.attachments.len(), target);
                allowed.map_err(|error| error.in_operation(&info.id, self.operation()))?;
                info.check(&Request::Update(&target.id, &patch))
            }
            Self::Comment(comment) => {
                let allowed = refuse_version(target)
                    .and_then(|()| refuse_files(comment.attachments.len(), target));
                allowed.map_err(|error| error.in_operation(&info.id, self.operation()))?;
                info.check(&Request::Comment(&target.id, comment))
            }
        }
    }

    /// Whether a read of the ticket can show that the change is made. A comment is no part of its ticket.
    pub const fn is_seen_in_reads(&self) -> bool {
        !matches!(self, Self::Comment(_))
    }

    /// Why the change is not made again after an attempt of unknown effect.
    pub(super) const fn why_not_repeated(&self) -> &'static str {
        match self {
            Self::Comment(_) => {
                "an earlier attempt may have been carried out, and a comment is never sent twice"
            }
            Self::Update(_) => {
                "an earlier attempt may have been carried out, and is not repeated because somebody may have changed the ticket since"
            }
            Self::Delete | Self::Purge | Self::Resolve | Self::Restore => {
                "an earlier attempt may have been carried out, and is not repeated because the vendor may have given the id to another ticket"
            }
        }
    }

    /// The call for these tickets.
    pub(super) fn request<'a>(&'a self, targets: &'a [DeleteTarget]) -> Request<'a> {
        match (self, targets) {
            (Self::Resolve, [target]) => Request::Resolve(&target.id),
            (Self::Restore, [target]) => Request::Restore(&target.id),
            (Self::Purge, targets) => Request::Purge(targets),
            (Self::Update(patch), [target]) => Request::Update(&target.id, patch),
            (Self::Comment(comment), [target]) => Request::Comment(&target.id, comment),
            _ => Request::Delete(targets),
        }
    }

    /// Checks whether this target is the reason for the rejection of its batch, as far as this process can
    /// tell.
    pub(crate) fn fault(&self, info: &ProviderInfo, target: &DeleteTarget) -> Result<()> {
        match self {
            Self::Delete | Self::Purge => info.check_id(&target.id),
            Self::Resolve | Self::Restore => refuse_version(target),
            Self::Update(_) | Self::Comment(_) => self.check(info, target),
        }
    }
}

/// Whether a ticket is deleted for good by a delete and a purge. Otherwise the delete does that.
pub(super) fn takes_two_steps(info: &ProviderInfo) -> bool {
    let delete = info.capabilities.support(Operation::Delete);
    delete.is_some_and(|delete| delete.removal != Removal::Permanent)
}

/// The patch for this ticket: with the ticket's version, if it has one.
pub(super) fn with_version<'a>(
    patch: &'a TicketPatch,
    target: &DeleteTarget,
) -> Cow<'a, TicketPatch> {
    match &target.version {
        None => Cow::Borrowed(patch),
        Some(version) => Cow::Owned(patch.clone().if_version(version.clone())),
    }
}

/// Rejects files: the change is written to storage, and they are not.
fn refuse_files(files: usize, target: &DeleteTarget) -> Result<()> {
    if files == 0 {
        return Ok(());
    }
    let message = "a change of many tickets carries no files; attach them to one ticket at a time";
    Err(Error::invalid_input(message).on_ticket(&target.id))
}

/// Rejects a version: only a delete and an update can depend on one.
fn refuse_version(target: &DeleteTarget) -> Result<()> {
    if target.version.is_none() {
        return Ok(());
    }
    let message = "only a delete or an update can depend on a version";
    Err(Error::invalid_input(message).on_ticket(&target.id))
}
