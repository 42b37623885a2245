//! Lists that are read page by page.

use std::num::{NonZeroU32, NonZeroUsize};

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;

use super::Tickets;
use crate::bulk::paging;
use crate::model::attached::AttachedFile;
use crate::model::message::Message;
use crate::model::query::{PageRequest, TicketQuery};
use crate::model::ticket::{Ticket, TicketId};
use crate::provider::error::Result;
use crate::provider::field::Field;
use crate::provider::operation::Operation;

impl Tickets {
    /// Reads all tickets that match the query, with at most two pages in memory: the second page is read while the second
    /// half of the first one is taken, and each later one while the page before it is. So a list that is not read to its end
    /// costs at most one call that was not needed; [`list_first`](Self::list_first) costs none. Pages have
    /// [`page_size`](Self::page_size) tickets, unless the query sets a size.
    ///
    /// The stream ends after the last page or the first error. A pagination loop (a repeated cursor, a page
    /// with the first and the last ticket of an earlier page, 100 consecutive pages without any row) ends it with
    /// `BadResponse`. The length of a list is not limited.
    ///
    /// A ticket that comes again on the next page is left out. If the pages contradict each other or the vendor's
    /// totals, so that tickets may be missing, the last item is an error of the kind
    /// [`Incomplete`](crate::ErrorKind::Incomplete), which names the contradictions.
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
}
