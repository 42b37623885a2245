//! Pages of lists: rows that can be read, the next page, and lists that are no single page of Zendesk's.

use jiff::SignedDuration;
use ticket_core::model::{PageRequest, Status};
use ticket_core::{Error, ErrorKind, Operation, Page, Result, Ticket, TicketId, TicketQuery};
use ticket_http::Reply;

use crate::client::Zendesk;
use crate::cursor::{Walk, size};
use crate::info::ID;
use crate::{mapping, query, wire};

/// What the incremental export leaves out (page `incremental_exports`).
const LAST_MINUTE: SignedDuration = SignedDuration::from_secs(60);

impl Zendesk {
    pub(crate) async fn changed(
        &self,
        query: &TicketQuery,
        after: Option<&str>,
        size: u32,
    ) -> Result<Page<Ticket>> {
        let since = query.updated.from.map_or(0, jiff::Timestamp::as_second);
        let (export, now) = self.changed_tickets(since, after, size).await?;
        let page = taken(export.tickets, |ticket| {
            ticket.status != Some(Status::Deleted) && query::takes(query, ticket)
        });
        if !export.end_of_stream {
            let next = wire::Meta::more(export.after_cursor);
            return next_page(page, Walk::Changed, next);
        }
        let told_until = now.and_then(|now| now.checked_sub(LAST_MINUTE).ok());
        let is_whole = query
            .updated
            .before
            .zip(told_until)
            .is_some_and(|(before, until)| before <= until);
        let last_minute = (!is_whole).then(|| {
            "Zendesk's export leaves out what changed in the last minute; ask for changes before a time that is a minute ago"
                .to_owned()
        });
        Ok(page.gaps(last_minute))
    }

    pub(crate) async fn comment_page(
        &self,
        operation: Operation,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<wire::CommentPage> {
        let after = Walk::Comments.after(page);
        let after = after.map_err(|error| error.in_operation(ID, operation))?;
        self.comments_of(operation, id.as_str(), after, size(page))
            .await
    }
}

/// The rows that can be read, and the gap that the others leave.
pub(crate) fn readable<T>(rows: Vec<Option<Reply<T>>>) -> (Vec<Reply<T>>, Option<String>) {
    let unreadable = rows.iter().filter(|row| row.is_none()).count();
    let rows = rows.into_iter().flatten().collect();
    (rows, mapping::unreadable_rows(unreadable))
}

/// The page of those tickets that are asked for.
pub(crate) fn taken(
    rows: Vec<Option<Reply<wire::Ticket>>>,
    is_asked: impl Fn(&Ticket) -> bool,
) -> Page<Ticket> {
    let came = rows.len();
    let (tickets, gap) = readable(rows);
    let tickets = tickets
        .into_iter()
        .map(|ticket| mapping::ticket(ticket, &[]))
        .filter(is_asked);
    let tickets: Vec<_> = tickets.collect();
    let left_out = came - tickets.len();
    Page::last(tickets).left_out(left_out).gaps(gap)
}

/// A page with the cursor of the next one. What counts is `has_more`: the link is there on the last page too.
pub(crate) fn next_page<T>(page: Page<T>, walk: Walk, meta: wire::Meta) -> Result<Page<T>> {
    if !meta.has_more {
        return Ok(page);
    }
    let operation = match walk {
        Walk::Comments => Operation::Messages,
        _ => Operation::List,
    };
    if let Some(after) = meta.after_cursor.filter(|after| !after.is_empty()) {
        return Ok(page.next(Some(walk.cursor(&after))));
    }
    let message = "the vendor says that there is another page, and not where it begins";
    Err(Error::new(ErrorKind::BadResponse, message).in_operation(ID, operation))
}
