//! The handle that applications hold.

use std::collections::HashMap;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::{StreamExt as _, stream};

use crate::capability::ProviderInfo;
use crate::check::check_id;
use crate::delete::{DeleteOutcome, DeleteReport};
use crate::draft::{Created, NewTicket, TicketPatch};
use crate::error::{Error, ErrorKind, Result};
use crate::layer::{Layer, Layered};
use crate::message::{Message, NewComment};
use crate::operation::Operation;
use crate::provider::TicketProvider;
use crate::query::{Cursor, Page, PageRequest, TicketQuery};
use crate::stack::{StackOptions, standard_stack};
use crate::ticket::{Ticket, TicketId};

/// How many empty pages in a row a list may have before it is taken for endless.
const MAX_EMPTY_PAGES: usize = 100;

/// A provider with its layers, ready for use. Cloning is cheap; all clones are one account.
///
/// ```
/// use ticket_core::{DeleteOutcome, Tickets};
///
/// /// An application's own function.
/// async fn erase(tickets: &Tickets, ids: Vec<String>) -> usize {
///     let report = tickets.delete(ids).await;
///     report.iter().filter(|(_, outcome)| matches!(outcome, DeleteOutcome::Deleted)).count()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Tickets {
    provider: Arc<dyn TicketProvider>,
}

impl Tickets {
    /// Puts the standard layers around `provider`.
    pub fn new(provider: impl TicketProvider) -> Self {
        Self::with_options(Arc::new(provider), &StackOptions::default())
    }

    /// Puts the standard layers around `provider`, with these options.
    pub fn with_options(provider: Arc<dyn TicketProvider>, options: &StackOptions) -> Self {
        Self::bare(standard_stack(provider, options))
    }

    /// Takes `provider` as it is, without any layer.
    pub fn bare(provider: Arc<dyn TicketProvider>) -> Self {
        Self { provider }
    }

    /// Puts one more layer around all that are there.
    #[must_use]
    pub fn layer(self, layer: impl Layer) -> Self {
        Self::bare(Arc::new(Layered::new(layer, self.provider)))
    }

    /// Who the provider is and what it can do.
    pub fn info(&self) -> &ProviderInfo {
        self.provider.info()
    }

    /// Reads one ticket. See [`TicketProvider::get`].
    pub async fn get(&self, id: impl Into<TicketId>) -> Result<Ticket> {
        let id = id.into();
        self.provider
            .get(&id)
            .await
            .map_err(|error| error.on_ticket(&id))
    }

    /// Reads one page of tickets. See [`TicketProvider::list`].
    pub async fn list(&self, query: &TicketQuery) -> Result<Page<Ticket>> {
        self.provider.list(query).await
    }

    /// Reads all tickets that the query finds, page by page as they are asked for, in constant memory.
    ///
    /// The stream ends after the last page or the first error. A provider that leads in circles (a cursor
    /// comes again, a page begins with the same ticket as the one before, 100 pages in a row are empty) ends it
    /// with `BadResponse`.
    ///
    /// **Do not delete or close tickets while the stream runs:** most vendors count pages from the
    /// beginning, so that tickets which move up are passed over. Collect the ids first.
    pub fn list_all(
        &self,
        query: TicketQuery,
    ) -> impl Stream<Item = Result<Ticket>> + Send + use<> {
        let walk = Walk {
            tickets: self.clone(),
            query,
            guard: CursorGuard::default(),
            done: false,
        };
        stream::unfold(walk, |mut walk| async move {
            let page = walk.next_page().await?;
            let items: Vec<_> = match page {
                Ok(items) => items.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            };
            Some((stream::iter(items), walk))
        })
        .flatten()
    }

    /// Files a ticket. See [`TicketProvider::create`].
    pub async fn create(&self, ticket: &NewTicket) -> Result<Created> {
        self.provider.create(ticket).await
    }

    /// Changes fields of a ticket. See [`TicketProvider::update`].
    pub async fn update(&self, id: impl Into<TicketId>, patch: &TicketPatch) -> Result<()> {
        let id = id.into();
        self.provider
            .update(&id, patch)
            .await
            .map_err(|error| error.on_ticket(&id))
    }

    /// Marks a ticket as solved. See [`TicketProvider::resolve`].
    pub async fn resolve(&self, id: impl Into<TicketId>) -> Result<()> {
        let id = id.into();
        self.provider
            .resolve(&id)
            .await
            .map_err(|error| error.on_ticket(&id))
    }

    /// Deletes tickets, however many, in batches of the vendor's size, and says what became of each one.
    ///
    /// There is exactly one outcome per asked id, in the order asked. An id given more than once is
    /// answered more than once and sent once. Nothing fails as a whole: where a call failed, each of its
    /// ids is `Failed` or `Unknown`, with the error.
    pub async fn delete<I>(&self, ids: I) -> DeleteReport
    where
        I: IntoIterator,
        I::Item: Into<TicketId>,
    {
        let asked: Vec<TicketId> = ids.into_iter().map(Into::into).collect();
        let unique = unique(&asked);
        let outcomes: HashMap<TicketId, DeleteOutcome> =
            self.delete_all(stream::iter(unique)).collect().await;
        DeleteReport::from_fn(&asked, |id| answered(&outcomes, id, self.info()))
    }

    /// Deletes tickets as their ids arrive, in batches of the vendor's size and in constant memory, one
    /// batch after the other; gives one outcome per id, in the order of arrival.
    ///
    /// An id that comes twice in one batch is sent once; in a later batch it is sent again, and the vendor
    /// finds nothing. Dropping the stream loses the outcomes of the batch in flight and of those of the last
    /// batch that were not taken yet. Not for the ids of a running [`list_all`](Self::list_all): see there.
    pub fn delete_all<S>(
        &self,
        ids: S,
    ) -> impl Stream<Item = (TicketId, DeleteOutcome)> + Send + use<S>
    where
        S: Stream + Send,
        S::Item: Into<TicketId> + Send,
    {
        let tickets = self.clone();
        ids.map(Into::into)
            .chunks(self.info().capabilities.max_delete_batch().max(1))
            .then(move |batch| {
                let tickets = tickets.clone();
                async move { stream::iter(tickets.delete_batch(batch).await) }
            })
            .flatten()
    }

    /// One batch: one outcome per id, in the order given.
    async fn delete_batch(&self, batch: Vec<TicketId>) -> DeleteReport {
        let mut outcomes = HashMap::with_capacity(batch.len());
        let mut send = Vec::with_capacity(batch.len());
        // An id that cannot be one is refused by itself, not together with its whole batch.
        for id in unique(&batch) {
            match check_id(&id) {
                Ok(()) => send.push(id),
                Err(error) => {
                    let error = error.in_operation(self.info().id, Operation::Delete);
                    outcomes.insert(id, DeleteOutcome::Failed(error));
                }
            }
        }
        if !send.is_empty() {
            match self.provider.delete(&send).await {
                Ok(report) => outcomes.extend(report),
                Err(error) => {
                    let failed = |id: TicketId| {
                        (
                            id.clone(),
                            DeleteOutcome::from_error(error.clone().on_ticket(&id)),
                        )
                    };
                    outcomes.extend(send.into_iter().map(failed));
                }
            }
        }
        DeleteReport::from_fn(&batch, |id| answered(&outcomes, id, self.info()))
    }

    /// Reads one page of a ticket's messages. See [`TicketProvider::messages`].
    pub async fn messages(
        &self,
        id: impl Into<TicketId>,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        let id = id.into();
        self.provider
            .messages(&id, page)
            .await
            .map_err(|error| error.on_ticket(&id))
    }

    /// Adds a comment to a ticket. See [`TicketProvider::comment`].
    pub async fn comment(&self, id: impl Into<TicketId>, comment: &NewComment) -> Result<()> {
        let id = id.into();
        self.provider
            .comment(&id, comment)
            .await
            .map_err(|error| error.on_ticket(&id))
    }
}

/// The ids without repetitions, in the order of their first appearance.
fn unique(ids: &[TicketId]) -> Vec<TicketId> {
    let mut seen = std::collections::HashSet::with_capacity(ids.len());
    ids.iter().filter(|id| seen.insert(*id)).cloned().collect()
}

/// The outcome of `id`; where the provider's report does not have it, nobody knows.
fn answered(
    outcomes: &HashMap<TicketId, DeleteOutcome>,
    id: &TicketId,
    info: &ProviderInfo,
) -> DeleteOutcome {
    outcomes.get(id).cloned().unwrap_or_else(|| {
        let error = Error::new(
            ErrorKind::BadResponse,
            "the provider's report does not mention this ticket",
        );
        DeleteOutcome::Unknown(error.in_operation(info.id, Operation::Delete).on_ticket(id))
    })
}

/// Where `list_all` stands.
struct Walk {
    tickets: Tickets,
    query: TicketQuery,
    guard: CursorGuard,
    done: bool,
}

impl Walk {
    async fn next_page(&mut self) -> Option<Result<Vec<Ticket>>> {
        if self.done {
            return None;
        }
        let page = match self.tickets.list(&self.query).await {
            Ok(page) => page,
            Err(error) => {
                self.done = true;
                return Some(Err(error));
            }
        };
        match page.next {
            None => self.done = true,
            Some(next) => {
                if let Err(error) = self.guard.admit(&next, page.items.first()) {
                    self.done = true;
                    return Some(Err(
                        error.in_operation(self.tickets.info().id, Operation::List)
                    ));
                }
                self.query.page.cursor = Some(next);
            }
        }
        Some(Ok(page.items))
    }
}

/// Finds a list that leads in circles, in constant memory (Brent's algorithm): one earlier cursor is
/// remembered, and a new one after 1, 2, 4, 8, … pages. Where the cursors count on while the vendor ignores
/// them, the pages themselves repeat.
#[derive(Default)]
struct CursorGuard {
    remembered: Option<Cursor>,
    steps: usize,
    span: usize,
    empty_pages: usize,
    first_ticket: Option<TicketId>,
}

impl CursorGuard {
    fn admit(&mut self, next: &Cursor, first: Option<&Ticket>) -> Result<()> {
        if self.remembered.as_ref() == Some(next) {
            let message = format!(
                "the list leads in circles: the cursor `{}` came again",
                next.as_str()
            );
            return Err(Error::new(ErrorKind::BadResponse, message));
        }
        match first {
            Some(ticket) if self.first_ticket.as_ref() == Some(&ticket.id) => {
                let message = format!(
                    "the list repeats itself: a page begins with ticket {} again",
                    ticket.id
                );
                return Err(Error::new(ErrorKind::BadResponse, message));
            }
            Some(ticket) => {
                self.first_ticket = Some(ticket.id.clone());
                self.empty_pages = 0;
            }
            None => self.empty_pages += 1,
        }
        if self.empty_pages >= MAX_EMPTY_PAGES {
            let message = format!("the list does not end: {MAX_EMPTY_PAGES} empty pages in a row");
            return Err(Error::new(ErrorKind::BadResponse, message));
        }
        if self.steps == self.span {
            self.remembered = Some(next.clone());
            self.steps = 0;
            self.span = (self.span * 2).max(1);
        }
        self.steps += 1;
        Ok(())
    }
}
