//! The handle that applications hold.

use std::collections::HashMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use crate::bulk::change::Change;
use crate::bulk::paging;
use crate::bulk::{self, BulkOptions, Settled};
use crate::call::layer::Layer;
use crate::call::pace::Pacer;
use crate::call::stack::{Stack, StackOptions, standard_stack};
use crate::model::draft::{Created, NewTicket, TicketPatch};
use crate::model::message::{Message, NewComment};
use crate::model::query::{Page, PageRequest, TicketQuery};
use crate::model::ticket::{Ticket, TicketId};
use crate::provider::capability::ProviderInfo;
use crate::provider::context::CallContext;
use crate::provider::delete::{DeleteReport, DeleteTarget};
use crate::provider::error::{Error, ErrorKind, Result};
use crate::provider::field::Field;
use crate::provider::operation::Operation;
use crate::provider::outcome::Outcome;
use crate::provider::ticket_provider::TicketProvider;

/// A provider with its layers, ready for use. Cloning is cheap; all clones are one account.
///
/// A handle may be made anywhere, and used by many tasks at once. Its calls need a tokio runtime of either flavor, with
/// I/O and time enabled; a blocking program makes them in `Runtime::block_on`. Dropping a call's future gives the call
/// up, but what was sent by then may still take effect.
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
    /// How long a single call may wait to be sent where the context has no deadline.
    deadline: Option<Duration>,
    /// How many calls a bulk change makes at once where its options do not say.
    concurrency: Option<NonZeroUsize>,
    /// How many items a page is to have where nobody says.
    page_size: Option<NonZeroU32>,
}

impl Tickets {
    /// Puts the standard layers around `provider`.
    pub fn new(provider: impl TicketProvider) -> Self {
        Self::with_options(Arc::new(provider), &StackOptions::default())
    }

    /// Puts the standard layers around `provider`, with these options.
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
        }
    }

    /// Takes `provider` as it is, without any layer.
    pub fn bare(provider: Arc<dyn TicketProvider>) -> Self {
        Self {
            provider,
            pacer: None,
            context: CallContext::new(),
            deadline: None,
            concurrency: None,
            page_size: None,
        }
    }

    /// The same account with this context for its calls: a deadline, a stop, what is known of earlier attempts. Each
    /// call of a bulk change has this context too.
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

    /// The context of a single call.
    fn context(&self) -> CallContext {
        let mut context = self.context.clone();
        if context.deadline.is_none() {
            let limit = self.deadline;
            context.deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        }
        context
    }

    /// Puts one more layer around all that are there.
    #[must_use]
    pub fn layer(self, layer: impl Layer) -> Self {
        Self {
            provider: Arc::new(Stack::new(layer, self.provider)),
            ..self
        }
    }

    /// What keeps the account within its quotas, for progress displays; `None` on a [`bare`](Self::bare)
    /// handle.
    pub fn pacer(&self) -> Option<&Arc<Pacer>> {
        self.pacer.as_ref()
    }

    /// How many tickets [`list_all`](Self::list_all) asks for in a page where the query does not say: the
    /// [account's own number](StackOptions::page_size), or else the largest page that the provider documents. `None`
    /// leaves it to the vendor.
    pub fn page_size(&self) -> Option<NonZeroU32> {
        self.page_size.or_else(|| {
            let list = self.info().capabilities.fields(Operation::List);
            list?.page_size()
        })
    }

    /// The first page of the messages, of the size of this account's pages where such pages have one.
    fn first_messages(&self) -> PageRequest {
        let fields = self.info().capabilities.fields(Operation::Messages);
        let fields = fields.filter(|fields| fields.carried().contains(&Field::PageLimit));
        let size = fields.and_then(|fields| self.page_size.or_else(|| fields.page_size()));
        PageRequest {
            limit: size.map(NonZeroU32::get),
            ..PageRequest::first()
        }
    }

    /// Who the provider is and what it can do.
    pub fn info(&self) -> &ProviderInfo {
        self.provider.info()
    }

    /// Reads one ticket. See [`TicketProvider::get`].
    pub async fn get(&self, id: impl Into<TicketId>) -> Result<Ticket> {
        let id = id.into();
        self.provider
            .get(&self.context(), &id)
            .await
            .map_err(|error| error.on_ticket(&id))
    }

    /// Reads one page of tickets. See [`TicketProvider::list`].
    pub async fn list(&self, query: &TicketQuery) -> Result<Page<Ticket>> {
        self.provider.list(&self.context(), query).await
    }

    /// Reads all tickets that the query finds, page by page as they are asked for, in constant memory. Where the query
    /// names no size for its pages, they have [`page_size`](Self::page_size) tickets.
    ///
    /// The stream ends after the last page or the first error. A provider that leads in circles (a cursor
    /// comes again, a page has the first and the last ticket of an earlier one, 100 pages in a row are empty) ends it
    /// with `BadResponse`; how long a list may be is not limited.
    ///
    /// **Do not delete or close tickets while the stream runs:** most vendors count pages from the
    /// beginning, so that tickets which move up are passed over. Collect the ids first.
    ///
    /// ```
    /// use futures_util::TryStreamExt as _;
    /// use ticket_core::{Result, TicketQuery, Tickets};
    ///
    /// async fn print_all(tickets: &Tickets) -> Result<()> {
    ///     let mut found = tickets.list_all(TicketQuery::new());
    ///     while let Some(ticket) = found.try_next().await? {
    ///         println!("{}", ticket.id);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn list_all(&self, query: TicketQuery) -> BoxStream<'static, Result<Ticket>> {
        let (tickets, provider) = (self.clone(), self.info().id);
        let mut first = query.page.clone();
        first.limit = first.limit.or(self.page_size().map(NonZeroU32::get));
        let walk = paging::walk(
            first,
            move |page| {
                let (tickets, mut query) = (tickets.clone(), query.clone());
                query.page = page;
                async move { tickets.list(&query).await }
            },
            move |error| error.in_operation(provider, Operation::List),
        );
        walk.boxed()
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

    /// Deletes tickets, however many, in batches of the vendor's size, and says what became of each one.
    ///
    /// There is exactly one outcome per asked id, in the order asked. An id given more than once is
    /// answered more than once and sent once. Nothing fails as a whole: where a call failed, each of its
    /// ids is `Failed` or `Unknown`, with the error. The ids are held in memory, and the call waits as long as
    /// the account's quota makes it: for very many, or to end early, see [`apply`](Self::apply).
    pub async fn delete<I>(&self, ids: I) -> DeleteReport
    where
        I: IntoIterator,
        I::Item: Into<DeleteTarget>,
    {
        let asked: Vec<DeleteTarget> = ids.into_iter().map(Into::into).collect();
        let unique = bulk::distinct(asked.iter());
        let fits = unique.len() <= Change::Delete.max_batch(self.info());
        let outcomes = if unique.is_empty() {
            Vec::new()
        } else if fits && self.context.stop.is_none() && self.context.ended().is_none() {
            let provider = Arc::clone(&self.provider);
            bulk::delete_at_once(provider, self.context.clone(), unique).await
        } else {
            let tickets = stream::iter(unique.into_iter().map(|target| ((), target)));
            let work = self.apply(Change::Delete, tickets, &BulkOptions::default());
            let outcomes = work.map(|settled| (settled.id, settled.outcome));
            outcomes.collect().await
        };
        if bulk::is_about(&outcomes, &asked) {
            return DeleteReport::from_outcomes(outcomes);
        }
        let outcomes: HashMap<_, _> = outcomes.into_iter().collect();
        DeleteReport::from_fn(&asked, |id| {
            // Each id has its outcome; where one had none, nobody would know.
            outcomes.get(id).cloned().unwrap_or_else(|| {
                let error = Error::new(ErrorKind::BadResponse, "there is no outcome");
                Outcome::Unknown(error.on_ticket(id))
            })
        })
    }

    /// Makes one change to many tickets as they arrive, in batches of the vendor's size, several calls at once, in
    /// constant memory: one outcome per ticket, in the order of completion, with the key that came along with it, such
    /// as the ticket's place in a list.
    ///
    /// ```
    /// use futures_util::{StreamExt as _, stream};
    /// use ticket_core::{BulkOptions, Change, Tickets};
    ///
    /// async fn erase(tickets: &Tickets, ids: Vec<String>) {
    ///     let ids = stream::iter(ids.into_iter().enumerate());
    ///     let mut work = tickets.apply(Change::Delete, ids, &BulkOptions::default());
    ///     while let Some(settled) = work.next().await {
    ///         println!("{}. {}: {}", settled.key, settled.id, settled.outcome);
    ///     }
    /// }
    /// ```
    ///
    /// * A batch that is not full is sent when nothing is on its way and no other id is there yet.
    /// * An id that comes twice in one batch is sent once; in a later batch it is sent again, and the vendor
    ///   finds nothing.
    /// * Where the vendor's "not found" to a repeated delete is
    ///   [no proof](crate::Capabilities::not_found_is_vague), the ticket is asked for: `AlreadyDone` if it is not
    ///   found either, `Failed` if it is there.
    /// * A batch that the vendor refuses as a whole is split only where one of its ids may be at fault
    ///   (`InvalidInput`), until that one is found; no more after two batches of which every id was refused.
    /// * Once the account itself is at fault (credentials, a quota that is used up), or calls in a row fail
    ///   because the vendor is out of reach, all that is left is `Unattempted`, with that reason.
    /// * [`Stop::finish`](crate::Stop::finish) and the deadline of the [context](Self::with) end the work: what is
    ///   on its way is waited for, all else is `Unattempted`. After [`Stop::abandon`](crate::Stop::abandon) what is
    ///   on its way is `Unknown`. The ids are still taken to their end, and each is answered.
    ///
    /// A call is made only when the stream is read; what is on its way goes on meanwhile, in tasks of its own, so
    /// that a slow reader loses no answer. Dropping the stream drops these calls, and with them their outcomes.
    /// Not for the ids of a running [`list_all`](Self::list_all): see there.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, when the stream is read.
    pub fn apply<'a, K, T, S>(
        &self,
        change: Change,
        tickets: S,
        options: &BulkOptions,
    ) -> BoxStream<'a, Settled<K>>
    where
        K: Send + 'static,
        T: Into<DeleteTarget>,
        S: Stream<Item = (K, T)> + Send + 'a,
    {
        let (provider, context) = (Arc::clone(&self.provider), self.context.clone());
        let mut options = options.clone();
        options.concurrency = options.concurrency.or(self.concurrency);
        bulk::run(provider, context, change, tickets, &options)
    }

    /// Reads one page of a ticket's messages. See [`TicketProvider::messages`].
    pub async fn messages(
        &self,
        id: impl Into<TicketId>,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        let id = id.into();
        self.provider
            .messages(&self.context(), &id, page)
            .await
            .map_err(|error| error.on_ticket(&id))
    }

    /// Reads all messages of a ticket, page by page as they are asked for, in constant memory. The stream ends as
    /// that of [`list_all`](Self::list_all) does.
    pub fn messages_all(&self, id: TicketId) -> BoxStream<'static, Result<Message>> {
        let (tickets, provider, of) = (self.clone(), self.info().id, id.clone());
        let walk = paging::walk(
            self.first_messages(),
            move |page| {
                let (tickets, id) = (tickets.clone(), id.clone());
                async move { tickets.messages(id, &page).await }
            },
            move |error| {
                error
                    .in_operation(provider, Operation::Messages)
                    .on_ticket(&of)
            },
        );
        walk.boxed()
    }

    /// Adds a comment to a ticket. See [`TicketProvider::comment`].
    pub async fn comment(&self, id: impl Into<TicketId>, comment: &NewComment) -> Result<()> {
        let id = id.into();
        self.provider
            .comment(&self.context(), &id, comment)
            .await
            .map_err(|error| error.on_ticket(&id))
    }
}
