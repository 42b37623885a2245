//! The trait that every provider implements.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::model::attached::AttachedFile;
use crate::model::draft::{Created, NewTicket, TicketPatch};
use crate::model::message::{Message, NewComment};
use crate::model::query::{Page, PageRequest, TicketQuery};
use crate::model::ticket::{Ticket, TicketId};
use crate::provider::capability::ProviderInfo;
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteReport;
use crate::provider::download::Download;
use crate::provider::error::{Error, Result};
use crate::provider::operation::Operation;
use crate::provider::target::DeleteTarget;
use crate::provider::vendor_job::VendorJob;

/// One support-ticket system.
///
/// Applications hold a [`Tickets`](crate::Tickets) handle, which adds the standard layers; provider crates
/// implement this trait.
///
/// # Contract
///
/// * **One call is at most one request that changes anything.** Requests that prepare or confirm it are
///   [declared](crate::provider::Support::requests) (renewing an expired token aside). If one that prepares fails, the
///   effect is none. No retries, no waiting, no splitting: layers and the handle do that, once for every provider.
/// * **Declared is supported.** An operation works if and only if [`info`](Self::info) declares it. The
///   others keep their defaults, which answer `Unsupported` and send nothing.
/// * **Nothing is dropped.** A field that the vendor cannot carry is refused with `InvalidInput` naming it,
///   before anything is sent: [`ProviderInfo::check`] does that from the declaration. What the vendor sends
///   and the types do not model stays in `raw`, unmodified; a code without a meaning here becomes `Other`.
/// * **The effect is true.** [`Effect::None`](crate::Effect::None) promises that the vendor did not act;
///   whoever is not sure says `Unknown`.
/// * **The context is for layers.** They keep its deadline and stop. A provider uses of it what its vendor can
///   use, such as the idempotency key of a create.
/// * **Dropping a future** leaves nothing behind but, perhaps, the effect of a request that was already sent.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TicketProvider: Debug + Send + Sync + 'static {
    /// Who this is and what it can do. The same at every call.
    fn info(&self) -> &ProviderInfo;

    /// The address of the ticket's page for people, where the vendor has one that follows from the id. Sends nothing; the
    /// ticket need not exist. `None` where no such address is documented or observed, or the id has another form.
    fn web_url(&self, id: &TicketId) -> Option<String> {
        let _ = id;
        None
    }

    /// Reads one ticket. A vendor with a trash may return a deleted ticket, with [`Status::Deleted`].
    ///
    /// [`Status::Deleted`]: crate::model::Status::Deleted
    ///
    /// # Errors
    ///
    /// `NotFound` where the vendor says that there is none.
    async fn get(&self, context: &CallContext, id: &TicketId) -> Result<Ticket> {
        let _ = (context, id);
        Err(Error::unsupported(&self.info().id, Operation::Get))
    }

    /// Reads one page of tickets.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a filter that the vendor does not have.
    async fn list(&self, context: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        let _ = (context, query);
        Err(Error::unsupported(&self.info().id, Operation::List))
    }

    /// Files a ticket. Not idempotent: a repeat may file a second one, unless the vendor
    /// [keeps](crate::provider::Support::keeps_keys_for) the idempotency key of the context.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a field that the vendor cannot carry. With
    /// [`Effect::Unknown`](crate::Effect::Unknown) the ticket may exist.
    async fn create(&self, context: &CallContext, ticket: &NewTicket) -> Result<Created> {
        let _ = (context, ticket);
        Err(Error::unsupported(&self.info().id, Operation::Create))
    }

    /// Changes the fields that the patch names. Where the vendor's reply does not say what it changed, the ticket is
    /// read back.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a field that the vendor cannot change. `Conflict` if the ticket no longer has the version
    /// that the patch names, or if the vendor did not change all fields: the error
    /// [names](Error::not_applied) those.
    async fn update(
        &self,
        context: &CallContext,
        id: &TicketId,
        patch: &TicketPatch,
    ) -> Result<()> {
        let _ = (context, id, patch);
        Err(Error::unsupported(&self.info().id, Operation::Update))
    }

    /// Marks a ticket as solved.
    ///
    /// # Errors
    ///
    /// `NotFound` where the vendor says that there is none.
    async fn resolve(&self, context: &CallContext, id: &TicketId) -> Result<()> {
        let _ = (context, id);
        Err(Error::unsupported(&self.info().id, Operation::Resolve))
    }

    /// Deletes tickets in one request, at most
    /// [`max_delete_batch`](crate::provider::Capabilities::max_delete_batch) of them. No targets: no request, an empty report.
    ///
    /// Where the vendor only accepts the delete and carries it out later, this fails with [`Error::accepted`], and
    /// [`job`](Self::job) tells what came of it.
    ///
    /// # Errors
    ///
    /// `Err` is for a call that failed as a whole (credentials, quota, transport, a reply that cannot be
    /// read). What the vendor answered about a ticket is an outcome of the report.
    async fn delete(
        &self,
        context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        let _ = (context, targets);
        Err(Error::unsupported(&self.info().id, Operation::Delete))
    }

    /// Takes a deleted ticket out of the trash. One that is not deleted stays as it is.
    ///
    /// # Errors
    ///
    /// `NotFound` where the vendor says that there is none.
    async fn restore(&self, context: &CallContext, id: &TicketId) -> Result<()> {
        let _ = (context, id);
        Err(Error::unsupported(&self.info().id, Operation::Restore))
    }

    /// Deletes tickets for good that are in the trash, in one request, at most
    /// [`max_batch`](crate::provider::Support::max_batch) of them. The vendor does not find a ticket that is not in the trash.
    /// No targets: no request, an empty report.
    ///
    /// Where the vendor only accepts it and carries it out later, this fails with [`Error::accepted`] and a
    /// [`VendorJob::purge`], and [`job`](Self::job) tells what came of it.
    ///
    /// # Errors
    ///
    /// As those of [`delete`](Self::delete).
    async fn purge(&self, context: &CallContext, targets: &[DeleteTarget]) -> Result<DeleteReport> {
        let _ = (context, targets);
        Err(Error::unsupported(&self.info().id, Operation::Purge))
    }

    /// Reads one page of a ticket's messages. Where there are several pages, the first has the oldest messages.
    ///
    /// # Errors
    ///
    /// `NotFound` where the vendor says that there is no such ticket.
    async fn messages(
        &self,
        context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        let _ = (context, id, page);
        Err(Error::unsupported(&self.info().id, Operation::Messages))
    }

    /// Adds a comment to a ticket. Not idempotent: a repeat may add a second one.
    ///
    /// # Errors
    ///
    /// `NotFound` where the vendor says that there is no such ticket.
    async fn comment(
        &self,
        context: &CallContext,
        id: &TicketId,
        comment: &NewComment,
    ) -> Result<()> {
        let _ = (context, id, comment);
        Err(Error::unsupported(&self.info().id, Operation::Comment))
    }

    /// Reads one page of the files that are attached to a ticket and its messages.
    ///
    /// # Errors
    ///
    /// `NotFound` where the vendor says that there is no such ticket.
    async fn attachments(
        &self,
        context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<AttachedFile>> {
        let _ = (context, id, page);
        Err(Error::unsupported(&self.info().id, Operation::Attachments))
    }

    /// Reads an attached file. It returns when the reply begins.
    ///
    /// # Errors
    ///
    /// `NotFound` where the vendor says that there is no such file.
    async fn download(&self, context: &CallContext, file: &AttachedFile) -> Result<Download> {
        let _ = (context, file);
        Err(Error::unsupported(&self.info().id, Operation::Download))
    }

    /// Reads what came of a delete or a purge that the vendor [accepted](Error::accepted), in one request. `None`: it is not
    /// carried out yet, or not wholly.
    ///
    /// `targets` are tickets of that call, not always all of them. One about which the vendor reports nothing is
    /// `Unknown`.
    ///
    /// # Errors
    ///
    /// `NotFound` where the vendor no longer knows the job: what came of it has to be looked up, ticket by ticket.
    async fn job(
        &self,
        context: &CallContext,
        job: &VendorJob,
        targets: &[DeleteTarget],
    ) -> Result<Option<DeleteReport>> {
        let _ = (context, job, targets);
        Err(Error::unsupported(&self.info().id, Operation::Job))
    }
}
