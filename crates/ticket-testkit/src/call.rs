//! A call of the trait as data, and its output.

use ticket_core::model::{AttachedFile, PageRequest};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, NewComment, NewTicket, Result, TicketId, TicketPatch,
    TicketProvider, TicketQuery,
};

/// The largest file that a call reads, in bytes.
const LARGEST_FILE: usize = 1 << 20;

/// One call of [`TicketProvider`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Call {
    /// Reads a ticket.
    Get(TicketId),
    /// Reads a page of tickets.
    List(TicketQuery),
    /// Creates a ticket.
    Create(NewTicket),
    /// Changes a ticket.
    Update(TicketId, TicketPatch),
    /// Resolves a ticket.
    Resolve(TicketId),
    /// Deletes tickets.
    Delete(Vec<DeleteTarget>),
    /// Reads a page of a ticket's messages.
    Messages(TicketId, PageRequest),
    /// Comments on a ticket.
    Comment(TicketId, NewComment),
    /// Takes a ticket out of the trash.
    Restore(TicketId),
    /// Deletes tickets in the trash for good.
    Purge(Vec<DeleteTarget>),
    /// Reads a page of a ticket's files.
    Attachments(TicketId, PageRequest),
    /// Reads a file. The output is its bytes as text.
    Download(AttachedFile),
}

impl Call {
    /// Deletes these tickets, in any version.
    pub fn delete<T: Into<DeleteTarget>>(targets: impl IntoIterator<Item = T>) -> Self {
        Self::Delete(targets.into_iter().map(Into::into).collect())
    }

    /// Deletes these tickets for good, out of the trash.
    pub fn purge<T: Into<DeleteTarget>>(targets: impl IntoIterator<Item = T>) -> Self {
        Self::Purge(targets.into_iter().map(Into::into).collect())
    }

    /// Reads the first page of a ticket's messages.
    pub fn messages(id: impl Into<TicketId>) -> Self {
        Self::Messages(id.into(), PageRequest::first())
    }

    /// The operation's name.
    #[cfg(feature = "property")]
    pub(crate) fn name(&self) -> &'static str {
        use ticket_core::Operation;

        match self {
            Self::Get(..) => Operation::Get,
            Self::List(..) => Operation::List,
            Self::Create(..) => Operation::Create,
            Self::Update(..) => Operation::Update,
            Self::Resolve(..) => Operation::Resolve,
            Self::Delete(..) => Operation::Delete,
            Self::Messages(..) => Operation::Messages,
            Self::Comment(..) => Operation::Comment,
            Self::Restore(..) => Operation::Restore,
            Self::Purge(..) => Operation::Purge,
            Self::Attachments(..) => Operation::Attachments,
            Self::Download(..) => Operation::Download,
        }
        .as_str()
    }

    /// Makes the call once.
    ///
    /// # Errors
    ///
    /// Returns the error of the call.
    pub async fn on(&self, provider: &dyn TicketProvider) -> Result<CallOutput> {
        let context = CallContext::new();
        Ok(match self {
            Self::Get(id) => CallOutput::of(&provider.get(&context, id).await?),
            Self::List(query) => CallOutput::of(&provider.list(&context, query).await?),
            Self::Create(ticket) => CallOutput::of(&provider.create(&context, ticket).await?),
            Self::Update(id, patch) => CallOutput::of(&provider.update(&context, id, patch).await?),
            Self::Resolve(id) => CallOutput::of(&provider.resolve(&context, id).await?),
            Self::Delete(targets) => CallOutput::Report(provider.delete(&context, targets).await?),
            Self::Purge(targets) => CallOutput::Report(provider.purge(&context, targets).await?),
            Self::Messages(id, page) => {
                CallOutput::of(&provider.messages(&context, id, page).await?)
            }
            Self::Comment(id, comment) => {
                CallOutput::of(&provider.comment(&context, id, comment).await?)
            }
            Self::Restore(id) => CallOutput::of(&provider.restore(&context, id).await?),
            Self::Attachments(id, page) => {
                CallOutput::of(&provider.attachments(&context, id, page).await?)
            }
            Self::Download(file) => {
                let download = provider.download(&context, file).await?;
                let bytes = download.read(LARGEST_FILE).await?.unwrap_or_default();
                CallOutput::of(&String::from_utf8_lossy(&bytes))
            }
        })
    }
}

/// The output of a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallOutput {
    /// Any result as JSON text, because `raw` may contain numbers and escapes that `Value` cannot hold.
    Json(String),
    /// The outcome of each ticket.
    Report(DeleteReport),
}

impl CallOutput {
    /// Serializes a result; `()` is null.
    ///
    /// # Panics
    ///
    /// Panics if the result cannot be serialized as JSON.
    #[expect(clippy::expect_used, reason = "a test without a result has failed")]
    pub fn of(result: &impl serde::Serialize) -> Self {
        Self::Json(serde_json::to_string(result).expect("a result is JSON"))
    }
}
