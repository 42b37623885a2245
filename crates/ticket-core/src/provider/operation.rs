//! The operations of the trait as data: their names, and whether they are writes or idempotent.

use serde::{Deserialize, Serialize};

use crate::model::attached::AttachedFile;
use crate::model::draft::{NewTicket, TicketPatch};
use crate::model::message::NewComment;
use crate::model::names::names;
use crate::model::query::{PageRequest, TicketQuery};
use crate::model::ticket::TicketId;
use crate::provider::target::DeleteTarget;
use crate::provider::vendor_job::VendorJob;

/// An operation of [`TicketProvider`](crate::TicketProvider).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Read one ticket.
    Get,
    /// Read a page of tickets.
    List,
    /// File a ticket.
    Create,
    /// Change fields of a ticket.
    Update,
    /// Mark a ticket as solved.
    Resolve,
    /// Remove tickets.
    Delete,
    /// Take a ticket out of the trash.
    Restore,
    /// Delete tickets that are in the trash for good.
    Purge,
    /// Read a ticket's messages.
    Messages,
    /// Add a comment to a ticket.
    Comment,
    /// Read which files a ticket has.
    Attachments,
    /// Read an attached file.
    Download,
    /// Read what came of work that the vendor accepted.
    Job,
}

names!(Operation {
    Get => "get",
    List => "list",
    Create => "create",
    Update => "update",
    Resolve => "resolve",
    Delete => "delete",
    Restore => "restore",
    Purge => "purge",
    Messages => "messages",
    Comment => "comment",
    Attachments => "attachments",
    Download => "download",
    Job => "job",
});

impl Operation {
    /// Whether it changes data at the vendor.
    pub const fn is_write(self) -> bool {
        match self {
            Self::Get
            | Self::List
            | Self::Messages
            | Self::Attachments
            | Self::Download
            | Self::Job => false,
            Self::Create
            | Self::Update
            | Self::Resolve
            | Self::Delete
            | Self::Restore
            | Self::Purge
            | Self::Comment => true,
        }
    }

    /// Whether doing it twice leaves the ticket in the same state as doing it once.
    ///
    /// An update is not idempotent: it may add files, and somebody else may have changed the ticket in
    /// between.
    pub const fn is_idempotent(self) -> bool {
        !matches!(self, Self::Create | Self::Update | Self::Comment)
    }

    /// What it does, for the message "the vendor documents no way to …".
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Get => "get a ticket",
            Self::List => "list tickets",
            Self::Create => "create a ticket",
            Self::Update => "update a ticket",
            Self::Resolve => "resolve a ticket",
            Self::Delete => "delete a ticket",
            Self::Messages => "read a ticket's messages",
            Self::Restore => "restore a ticket",
            Self::Purge => "delete a ticket for good",
            Self::Comment => "comment on a ticket",
            Self::Attachments => "list a ticket's files",
            Self::Download => "read an attached file",
            Self::Job => "read what came of accepted work",
        }
    }
}

/// An operation with its arguments, as [layers](crate::call::Layer) see it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Request<'a> {
    /// [`TicketProvider::get`](crate::TicketProvider::get).
    Get(&'a TicketId),
    /// [`TicketProvider::list`](crate::TicketProvider::list).
    List(&'a TicketQuery),
    /// [`TicketProvider::create`](crate::TicketProvider::create).
    Create(&'a NewTicket),
    /// [`TicketProvider::update`](crate::TicketProvider::update).
    Update(&'a TicketId, &'a TicketPatch),
    /// [`TicketProvider::resolve`](crate::TicketProvider::resolve).
    Resolve(&'a TicketId),
    /// [`TicketProvider::delete`](crate::TicketProvider::delete).
    Delete(&'a [DeleteTarget]),
    /// [`TicketProvider::restore`](crate::TicketProvider::restore).
    Restore(&'a TicketId),
    /// [`TicketProvider::purge`](crate::TicketProvider::purge).
    Purge(&'a [DeleteTarget]),
    /// [`TicketProvider::messages`](crate::TicketProvider::messages).
    Messages(&'a TicketId, &'a PageRequest),
    /// [`TicketProvider::comment`](crate::TicketProvider::comment).
    Comment(&'a TicketId, &'a NewComment),
    /// [`TicketProvider::attachments`](crate::TicketProvider::attachments).
    Attachments(&'a TicketId, &'a PageRequest),
    /// [`TicketProvider::download`](crate::TicketProvider::download).
    Download(&'a AttachedFile),
    /// [`TicketProvider::job`](crate::TicketProvider::job).
    Job(&'a VendorJob, &'a [DeleteTarget]),
}

impl Request<'_> {
    /// The operation.
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Get(..) => Operation::Get,
            Self::List(..) => Operation::List,
            Self::Create(..) => Operation::Create,
            Self::Update(..) => Operation::Update,
            Self::Resolve(..) => Operation::Resolve,
            Self::Delete(..) => Operation::Delete,
            Self::Messages(..) => Operation::Messages,
            Self::Restore(..) => Operation::Restore,
            Self::Purge(..) => Operation::Purge,
            Self::Comment(..) => Operation::Comment,
            Self::Attachments(..) => Operation::Attachments,
            Self::Download(..) => Operation::Download,
            Self::Job(..) => Operation::Job,
        }
    }

    /// The tickets that it names.
    pub fn ids(&self) -> impl Iterator<Item = &TicketId> {
        let (one, several): (_, &[DeleteTarget]) = match self {
            Self::Get(id)
            | Self::Update(id, _)
            | Self::Resolve(id)
            | Self::Restore(id)
            | Self::Messages(id, _)
            | Self::Comment(id, _)
            | Self::Attachments(id, _) => (Some(*id), &[]),
            Self::Delete(targets) | Self::Purge(targets) | Self::Job(_, targets) => (None, targets),
            Self::List(_) | Self::Create(_) | Self::Download(_) => (None, &[]),
        };
        one.into_iter()
            .chain(several.iter().map(|target| &target.id))
    }

    /// How many files it sends.
    pub(crate) fn attachments(&self) -> usize {
        match self {
            Self::Create(ticket) => ticket.attachments.len(),
            Self::Update(_, patch) => patch.attachments.len(),
            Self::Comment(_, comment) => comment.attachments.len(),
            _ => 0,
        }
    }
}
