//! The handle that applications hold.

use std::collections::HashMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::time::Instant;

use crate::bulk::change::Change;
use crate::bulk::paging;
use crate::bulk::{self, BulkOptions, Settled};
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
use crate::provider::delete::DeleteReport;
use crate::provider::download::Download;
use crate::provider::error::{Error, ErrorKind, Result};
use crate::provider::field::Field;
use crate::provider::limit::Limit;
use crate::provider::operation::Operation;
use crate::provider::outcome::Outcome;
use crate::provider::target::DeleteTarget;
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

    /// The first page of a list, with this account's page size if the provider supports one.
    fn first_page(&self, operation: Operation) -> PageRequest {
        let fields = self.info().capabilities.fields(operation);
        let fields = fields.filter(|fields| fields.carried().contains(&Field::PageLimit));
        let size = fields.and_then(|fields| self.page_size.or_else(|| fields.page_size()));
        PageRequest {
            limit: size.map(NonZeroU32::get),
            ..PageRequest::first()
        }
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

    /// Reads all tickets that match the query, with at most two pages in memory: while the second half of a page is
    /// taken, the next one is read. So a list that is not read to its end costs at most one call that was not needed;
    /// [`list_first`](Self::list_first) costs none. Pages have [`page_size`](Self::page_size) tickets, unless the query
    /// sets a size.
    ///
    /// The stream ends after the last page or the first error. A pagination loop (a repeated cursor, a page
    /// with the first and the last ticket of an earlier page, 100 consecutive empty pages) ends it with
    /// `BadResponse`. The length of a list is not limited.
    ///
    /// A ticket that comes again on the next page is left out. If the pages contradict each other or the vendor's
    /// totals, so that tickets may be missing, the last item is an error of the kind
    /// [`Incomplete`](ErrorKind::Incomplete), which names the contradictions.
    ///
    /// **Do not delete or close tickets while the stream runs:** most vendors count pages from the start of
    /// the list, so the stream skips tickets that move up. Collect the ids first.
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
        self.walk(query, usize::MAX)
    }

    /// Reads the first tickets that match the query, at most so many, and no page that they do not need. Otherwise like
    /// [`list_all`](Self::list_all).
    pub fn list_first(
        &self,
        mut query: TicketQuery,
        most: NonZeroUsize,
    ) -> BoxStream<'static, Result<Ticket>> {
        let most = most.get();
        // A page needs no more tickets than are wanted, unless the provider may drop some of them by a filter.
        if !query.has_filters() {
            let size = query.page.limit.or(self.page_size().map(NonZeroU32::get));
            query.page.limit = size.map(|size| size.min(u32::try_from(most).unwrap_or(u32::MAX)));
        }
        self.walk(query, most)
    }

    fn walk(&self, query: TicketQuery, most: usize) -> BoxStream<'static, Result<Ticket>> {
        let (tickets, provider) = (self.clone(), self.info().id.clone());
        let mut first = query.page.clone();
        first.limit = first.limit.or(self.page_size().map(NonZeroU32::get));
        let walk = paging::walk(
            first,
            most,
            move |page| {
                let (tickets, mut query) = (tickets.clone(), query.clone());
                query.page = page;
                async move { tickets.list(&query).await }
            },
            move |error| error.in_operation(&provider, Operation::List),
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

    /// Deletes any number of tickets, in batches of the vendor's size, and returns the outcome of each.
    ///
    /// The report has exactly one outcome per requested id, in the order of `ids`. A duplicate id is sent
    /// once and has one outcome per occurrence. The delete never fails as a whole: if a call fails, each of
    /// its ids is `Failed` or `Unknown`, with the error. All ids are held in memory, and the call waits for
    /// the account's quota without a limit: for very many ids, or to stop early, use [`apply`](Self::apply).
    pub async fn delete<I>(&self, ids: I) -> DeleteReport
    where
        I: IntoIterator,
        I::Item: Into<DeleteTarget>,
    {
        let asked: Vec<DeleteTarget> = ids.into_iter().map(Into::into).collect();
        let unique = bulk::distinct(asked.iter());
        let (mut context, options) = self.bulk_options(&Change::Delete, &BulkOptions::default());
        // A single call does not wait for others.
        let is_single = unique.len() <= Change::Delete.max_batch(self.info());
        context.one_of_many &= !is_single;
        let provider = Arc::clone(&self.provider);
        let (outcomes, unasked) = bulk::delete(provider, context, unique, options).await;
        if bulk::is_about(&outcomes, &asked) {
            return DeleteReport::from_outcomes(outcomes).with_unasked(unasked);
        }
        let outcomes: HashMap<_, _> = outcomes.into_iter().collect();
        let report = DeleteReport::from_fn(&asked, |id| {
            // Each id has an outcome; a missing one would mean that the result is unknown.
            outcomes.get(id).cloned().unwrap_or_else(|| {
                let error = Error::new(
                    ErrorKind::BadResponse,
                    "the provider reported no outcome for this ticket",
                );
                Outcome::Unknown(error.on_ticket(id))
            })
        });
        report.with_unasked(unasked)
    }

    /// Applies one change to many tickets as they arrive: in batches of the vendor's size, with concurrent
    /// calls, in constant memory. Returns one outcome per ticket, in the order of completion, together with
    /// the caller's key, such as the ticket's index in a list.
    ///
    /// ```
    /// use futures_util::{StreamExt as _, stream};
    /// use ticket_core::{Change, Tickets};
    /// use ticket_core::bulk::BulkOptions;
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
    /// * A batch that is not full is sent when no call is in flight and no further id is ready.
    /// * A duplicate id in one batch is sent once. In a later batch it is sent again, and the vendor does not
    ///   find it.
    /// * A ticket of unknown outcome is read, where the provider supports it, and once more at the end, 5 seconds
    ///   later or more. It is `AlreadyDone` if the read [proves](crate::provider::NotFound) that it is gone. If the
    ///   read finds it, it stays `Unknown`, because reads may lag behind; with [consistent
    ///   reads](ProviderInfo::consistent_reads) it is `Failed`. What the vendor accepted for later (201 to 299) is
    ///   read up to 35 seconds later. A read without an answer is made again, as long as the change has patience.
    /// * A ticket that the first attempt does not find is read too: it is `Failed` if it exists.
    /// * A batch that the vendor rejects as a whole is halved until the ticket that is the reason is found: at most
    ///   2·log₂ n more calls for one of n tickets, and 2k·log₂(n/k) + 2k for k of them. Halving stops after two
    ///   batches whose tickets were all rejected in a row.
    /// * While the vendor does not answer, the change pauses and makes one call at a time, for
    ///   [`give_up_after`](BulkOptions::give_up_after) at most. Then, once the account itself fails (credentials, an
    ///   exhausted quota), and after five answers in a row that are not the vendor's, the remaining tickets are
    ///   `Unattempted`, with that error. See [`Outcome::is_left_to_do`].
    /// * [`Stop::finish`](crate::Stop::finish) and the deadline of the [context](Self::with) end the change:
    ///   calls in flight are finished, all other tickets are `Unattempted`. After the stop, tickets of unknown outcome
    ///   are read once more, without a pause, within 30 seconds; after the deadline nothing is sent. After
    ///   [`Stop::abandon`](crate::Stop::abandon) tickets in flight are `Unknown`. The input is still read to
    ///   its end, and each id has an outcome.
    ///
    /// Calls are made only while the stream is polled. Calls in flight continue in their own tasks, so a slow
    /// reader loses no reply. Dropping the stream drops these calls and their outcomes. Do not feed it from a
    /// running [`list_all`](Self::list_all).
    ///
    /// # Panics
    ///
    /// When the stream is polled outside a tokio runtime.
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
        let provider = Arc::clone(&self.provider);
        let change = change.at(self.info());
        let (context, options) = self.bulk_options(&change, options);
        bulk::run(provider, context, change, tickets, &options)
    }

    /// The context of a bulk change's calls, and these options with what the account's own settings say.
    fn bulk_options(&self, change: &Change, options: &BulkOptions) -> (CallContext, BulkOptions) {
        let (mut context, mut options) = (self.context.clone(), options.clone());
        let concurrency = options.concurrency.unwrap_or(self.concurrency);
        options.concurrency = Some(concurrency);
        context.one_of_many = concurrency == Concurrency::Auto;
        if let Some(pacer) = self.pacer.clone().filter(|_| context.one_of_many) {
            let operation = change.operation();
            options = options.room(move || pacer.at_once(operation));
        }
        let refused = self.read_only.then(|| {
            let operation = change.operation();
            Error::read_only().in_operation(&self.info().id, operation)
        });
        (context, options.refused(refused))
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

    /// Reads all messages of a ticket, the oldest first, page by page as [`list_all`](Self::list_all) does.
    /// The stream ends under the same conditions as [`list_all`](Self::list_all).
    pub fn messages_all(&self, id: TicketId) -> BoxStream<'static, Result<Message>> {
        let (tickets, provider, of) = (self.clone(), self.info().id.clone(), id.clone());
        let walk = paging::walk(
            self.first_page(Operation::Messages),
            usize::MAX,
            move |page| {
                let (tickets, id) = (tickets.clone(), id.clone());
                async move { tickets.messages(id, &page).await }
            },
            move |error| {
                error
                    .in_operation(&provider, Operation::Messages)
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

    /// Reads which files are attached to a ticket and its messages, in constant memory. The stream ends under the same
    /// conditions as [`list_all`](Self::list_all).
    pub fn attachments_all(&self, id: TicketId) -> BoxStream<'static, Result<AttachedFile>> {
        let (tickets, provider, of) = (self.clone(), self.info().id.clone(), id.clone());
        let walk = paging::walk(
            self.first_page(Operation::Attachments),
            usize::MAX,
            move |page| {
                let (tickets, id) = (tickets.clone(), id.clone());
                async move { tickets.attachments(id, &page).await }
            },
            move |error| {
                error
                    .in_operation(&provider, Operation::Attachments)
                    .on_ticket(&of)
            },
        );
        walk.boxed()
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
