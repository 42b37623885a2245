//! The handle that applications hold: the account, and single calls.

mod changes;
mod lists;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::bulk;
use crate::call::layer::Layer;
use crate::call::pace::Pacer;
use crate::call::stack::{Stack, StackOptions, standard_stack};
use crate::model::attached::AttachedFile;
use crate::model::draft::{Created, NewTicket, TicketPatch};
use crate::model::message::{Message, NewComment};
use crate::model::query::{Page, PageRequest, TicketQuery};
use crate::model::ticket::{Ticket, TicketId};
use crate::provider::capability::ProviderInfo;
use crate::provider::concurrency::Concurrency;
use crate::provider::context::CallContext;
use crate::provider::download::Download;
use crate::provider::error::Result;
use crate::provider::limit::Limit;
use crate::provider::operation::Operation;
use crate::provider::ticket_provider::TicketProvider;

/// A provider with its layers, ready for use. Cloning is cheap; all clones share one account.
///
/// A handle can be created anywhere and used by many tasks at the same time. Its calls need a tokio runtime
/// of either flavor, with I/O and time enabled; a blocking program makes them in `Runtime::block_on`.
/// Dropping a call's future cancels the call, but a request that was already sent may still take effect.
///
/// ```
/// use ticket_core::Tickets;
///
/// /// An application's own function.
/// async fn erase(tickets: &Tickets, ids: Vec<String>) -> usize {
///     let report = tickets.delete(ids).await;
///     report.iter().filter(|(_, outcome)| outcome.is_done()).count()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Tickets {
    provider: Arc<dyn TicketProvider>,
    pacer: Option<Arc<Pacer>>,
    context: CallContext,
    /// How long a single call may wait to be sent if the context has no deadline.
    deadline: Option<Duration>,
    /// Concurrent calls, unless the options of a bulk change set a number.
    concurrency: Concurrency,
    /// Default page size.
    page_size: Option<NonZeroU32>,
    read_only: bool,
}

impl Tickets {
    /// Wraps `provider` in the standard layers.
    pub fn new(provider: impl TicketProvider) -> Self {
        Self::with_options(Arc::new(provider), &StackOptions::default())
    }

    /// Wraps `provider` in the standard layers, with these options.
    pub fn with_options(provider: Arc<dyn TicketProvider>, options: &StackOptions) -> Self {
        let pacer = options.pacer_for(&*provider);
        let options = options.clone().pacer(Arc::clone(&pacer));
        Self {
            provider: standard_stack(provider, &options),
            pacer: Some(pacer),
            context: CallContext::new(),
            deadline: Some(options.deadline),
            concurrency: options.concurrency,
            page_size: options.page_size,
            read_only: options.read_only,
        }
    }

    /// Uses `provider` without any layer.
    pub fn bare(provider: Arc<dyn TicketProvider>) -> Self {
        Self {
            provider,
            pacer: None,
            context: CallContext::new(),
            deadline: None,
            concurrency: Concurrency::Auto,
            page_size: None,
            read_only: false,
        }
    }

    /// A handle of the same account whose calls have this context: a deadline, a stop, the effect of earlier
    /// attempts. It also applies to each call of a bulk change.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ticket_core::{CallContext, Result, Ticket, Tickets};
    /// use tokio::time::Instant;
    ///
    /// async fn get_soon(tickets: &Tickets) -> Result<Ticket> {
    ///     let soon = Instant::now() + Duration::from_secs(2);
    ///     tickets.with(CallContext::new().deadline(soon)).get("121").await
    /// }
    /// ```
    #[must_use]
    pub fn with(&self, context: CallContext) -> Self {
        Self {
            context,
            ..self.clone()
        }
    }

    /// A handle of the same account for work of many single calls. Of these as many are made at once as the account
    /// [answers well](Pacer#calls-at-once), unless it has a fixed number. Bulk changes do so by themselves.
    ///
    /// A call that has begun and is not polled keeps its place, and others wait for it: spawn such calls, or poll them all.
    #[must_use]
    pub fn for_many(&self) -> Self {
        let mut many = self.clone();
        many.context.one_of_many = self.concurrency == Concurrency::Auto;
        many
    }

    /// The context of a single call.
    fn context(&self) -> CallContext {
        let mut context = self.context.clone();
        if context.deadline.is_none() {
            let limit = self.deadline;
            context.deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        }
        context
    }

    /// Adds a layer around all existing layers.
    #[must_use]
    pub fn layer(self, layer: impl Layer) -> Self {
        Self {
            provider: Arc::new(Stack::new(layer, self.provider)),
            ..self
        }
    }

    /// The pacer that keeps the account within its quotas, for progress displays. `None` for a
    /// [`bare`](Self::bare) handle.
    pub fn pacer(&self) -> Option<&Arc<Pacer>> {
        self.pacer.as_ref()
    }

    /// The limits on the account's calls: those of its pacer or, for a [`bare`](Self::bare) handle, those that the provider
    /// documents.
    pub fn limits(&self) -> &[Limit] {
        match &self.pacer {
            Some(pacer) => pacer.limits(),
            None => &self.info().limits,
        }
    }

    /// The shortest time in which the account's limits allow this many calls of an operation; zero if no limit is known,
    /// [`Duration::MAX`] if they allow none.
    pub fn least_time(&self, operation: Operation, calls: u64) -> Duration {
        let covering = self.limits().iter();
        let covering = covering.filter(|limit| limit.covers(operation));
        let times = covering.map(|limit| limit.least_time(calls));
        times.max().unwrap_or_default()
    }

    /// The page size of [`list_all`](Self::list_all), unless the query sets one: the [account's
    /// setting](StackOptions::page_size) or else the largest page size that the provider documents. `None`
    /// leaves it to the vendor.
    pub fn page_size(&self) -> Option<NonZeroU32> {
        self.page_size.or_else(|| {
            let list = self.info().capabilities.fields(Operation::List);
            list?.page_size()
        })
    }

    /// The most calls of this operation that are made at once where there are many: the [account's
    /// setting](StackOptions::concurrency), or else 4 if the provider documents a quota and 32 if not, but never more
    /// than it allows at once. Without a quota there [may be fewer](Pacer#calls-at-once) at a time.
    pub fn concurrency(&self, operation: Operation) -> NonZeroUsize {
        let usual = || bulk::usual_concurrency(self.info(), operation);
        self.concurrency.fixed().unwrap_or_else(usual)
    }

    /// Whether the number of these calls that are made at once [adapts](Pacer#calls-at-once) to how the vendor answers.
    pub fn adapts(&self, operation: Operation) -> bool {
        let pacer = self.pacer.as_ref();
        self.concurrency == Concurrency::Auto
            && pacer.is_some_and(|pacer| pacer.at_once(operation).is_some())
    }

    /// The provider's id, title and capabilities.
    pub fn info(&self) -> &ProviderInfo {
        self.provider.info()
    }

    /// The address of the ticket's page for people, if the provider knows it. See [`TicketProvider::web_url`].
    pub fn web_url(&self, id: impl Into<TicketId>) -> Option<String> {
        self.provider.web_url(&id.into())
    }

    /// Reads one ticket. See [`TicketProvider::get`].
    pub async fn get(&self, id: impl Into<TicketId>) -> Result<Ticket> {
        let id = id.into();
        self.provider
            .get(&self.context(), &id)
            .await
            .map_err(|error| error.on_ticket(&id))
    }

    /// Whether the vendor answers a read of something that is certainly there: the first ticket of a list. A gateway without
    /// a route, or a wrong address, answers *not found* to the read of any ticket, and fails here as well. False also if
    /// the provider lists no tickets.
    pub async fn is_answered(&self) -> bool {
        match bulk::control(&*self.provider, &self.context()).await {
            Err(_) => false,
            // Nothing is there that could be read.
            Ok(None) => true,
            Ok(Some(listed)) => self.get(listed.id).await.is_ok(),
        }
    }

    /// Reads one page of tickets. See [`TicketProvider::list`].
    pub async fn list(&self, query: &TicketQuery) -> Result<Page<Ticket>> {
        self.provider.list(&self.context(), query).await
    }

    /// Files a ticket. See [`TicketProvider::create`].
    pub async fn create(&self, ticket: &NewTicket) -> Result<Created> {
        self.provider.create(&self.context(), ticket).await
    }

    /// Changes fields of a ticket. See [`TicketProvider::update`].
    pub async fn update(&self, id: impl Into<TicketId>, patch: &TicketPatch) -> Result<()> {
        let id = id.into();
        self.provider
            .update(&self.context(), &id, patch)
            .await
            .map_err(|error| error.on_ticket(&id))
    }

    /// Marks a ticket as solved. See [`TicketProvider::resolve`].
    pub async fn resolve(&self, id: impl Into<TicketId>) -> Result<()> {
        let id = id.into();
        self.provider
            .resolve(&self.context(), &id)
            .await
            .map_err(|error| error.on_ticket(&id))
    }

    /// Takes a deleted ticket out of the trash. See [`TicketProvider::restore`].
    pub async fn restore(&self, id: impl Into<TicketId>) -> Result<()> {
        let id = id.into();
        self.provider
            .restore(&self.context(), &id)
            .await
            .map_err(|error| error.on_ticket(&id))
    }

    /// Reads one page of a ticket's messages, the oldest first. One without a time follows the one that the vendor returned
    /// before it. See [`TicketProvider::messages`].
    pub async fn messages(
        &self,
        id: impl Into<TicketId>,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        let id = id.into();
        let messages = self.provider.messages(&self.context(), &id, page).await;
        let mut messages = messages.map_err(|error| error.on_ticket(&id))?;
        messages.items = oldest_first(messages.items);
        Ok(messages)
    }

    /// Adds a comment to a ticket. See [`TicketProvider::comment`].
    pub async fn comment(&self, id: impl Into<TicketId>, comment: &NewComment) -> Result<()> {
        let id = id.into();
        self.provider
            .comment(&self.context(), &id, comment)
            .await
            .map_err(|error| error.on_ticket(&id))
    }

    /// Reads one page of the files that are attached to a ticket. See [`TicketProvider::attachments`].
    pub async fn attachments(
        &self,
        id: impl Into<TicketId>,
        page: &PageRequest,
    ) -> Result<Page<AttachedFile>> {
        let id = id.into();
        self.provider
            .attachments(&self.context(), &id, page)
            .await
            .map_err(|error| error.on_ticket(&id))
    }

    /// Reads an attached file. See [`TicketProvider::download`].
    pub async fn download(&self, file: &AttachedFile) -> Result<Download> {
        self.provider.download(&self.context(), file).await
    }
}

/// Sorts messages by time, and leaves those of the same time in their order.
fn oldest_first(messages: Vec<Message>) -> Vec<Message> {
    let mut latest = None;
    let timed = messages.into_iter().map(|message| {
        latest = message.created_at.or(latest);
        (latest, message)
    });
    let mut timed: Vec<_> = timed.collect();
    timed.sort_by_key(|(time, _)| *time);
    timed.into_iter().map(|(_, message)| message).collect()
}
