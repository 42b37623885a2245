//! Roundup as a ticket provider: which calls each operation is.

use std::time::Duration;

use async_trait::async_trait;
use ticket_core::model::{Created, Cursor, Priority, Status};
use ticket_core::provider::{Connect, Request, Setting};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Error, ErrorKind, NewTicket, Operation, Page,
    ProviderInfo, Result, Ticket, TicketId, TicketPatch, TicketProvider, TicketQuery,
};
use ticket_http::Reply;

use crate::client::{Properties, Roundup};
use crate::config::{RoundupConfig, SETTINGS};
use crate::info::{ID, info};
use crate::wire::Issue;

impl Connect for Roundup {
    type Config = RoundupConfig;
    const SETTINGS: &'static [Setting] = SETTINGS;

    fn info() -> ProviderInfo {
        info()
    }

    fn with_timeout(mut config: RoundupConfig, timeout: Duration) -> RoundupConfig {
        config.http = config.http.timeout(timeout);
        config
    }

    fn connect(config: RoundupConfig) -> Result<Self> {
        Self::new(&config)
    }
}

impl Roundup {
    /// The issue, unless it is retired: a read by its id would not tell.
    async fn look(&self, operation: Operation, id: &TicketId) -> Result<Reply<Issue>> {
        let found = self.find_issue(id.as_str()).await;
        let found = found.map_err(|error| error.in_operation(ID, operation))?;
        found.ok_or_else(|| {
            let error = Error::new(
                ErrorKind::NotFound,
                "there is no such issue, or it is retired",
            );
            error.in_operation(ID, operation)
        })
    }

    /// The version for a write of this operation. Its error has no effect, as that of every read.
    async fn version_for(&self, operation: Operation, id: &TicketId) -> Result<String> {
        let version = self.version(id.as_str()).await;
        version.map_err(|error| error.in_operation(ID, operation))
    }

    async fn change(&self, operation: Operation, id: &TicketId, to: &Properties<'_>) -> Result<()> {
        self.look(operation, id).await?;
        let version = self.version_for(operation, id).await?;
        let updated = self.update_issue(id.as_str(), &version, to).await;
        updated.map_err(|error| error.in_operation(ID, operation))
    }
}

#[async_trait]
impl TicketProvider for Roundup {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.info.check(&Request::Get(id))?;
        self.look(Operation::Get, id).await.map(ticket)
    }

    async fn list(&self, _context: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        self.info.check(&Request::List(query))?;
        let cursor = query.page.cursor.as_ref().map_or("1", Cursor::as_str);
        let index: u64 = cursor
            .parse()
            .ok()
            .filter(|index| *index > 0)
            .ok_or_else(|| {
                let message = "the `cursor` is not one that this list gave";
                Error::invalid_input(message).in_operation(ID, Operation::List)
            })?;
        let page = self.list_issues(index, query.page.limit).await?;
        let has_next = page.links.is_some_and(|links| links.next.is_some());
        // Past the end the total is not true.
        let total = page
            .total_size
            .filter(|_| !page.collection.is_empty() || index == 1);
        let unreadable = page.collection.iter().filter(|row| row.is_none()).count();
        let gap = format!("rows of a page that cannot be read or have no id: {unreadable}");
        let items = page.collection.into_iter().flatten().map(ticket);
        Ok(Page::last(items.collect())
            .next(has_next.then(|| Cursor::new((index + 1).to_string())))
            .total(total)
            .gaps((unreadable > 0).then_some(gap)))
    }

    async fn create(&self, _context: &CallContext, ticket: &NewTicket) -> Result<Created> {
        self.info.check(&Request::Create(ticket))?;
        let issue = Properties::from([("title", ticket.subject.as_str())]);
        self.create_issue(&issue).await
    }

    async fn update(&self, _: &CallContext, id: &TicketId, patch: &TicketPatch) -> Result<()> {
        self.info.check(&Request::Update(id, patch))?;
        let to = patch.subject.iter().map(|title| ("title", title.as_str()));
        self.change(Operation::Update, id, &to.collect()).await
    }

    async fn resolve(&self, _context: &CallContext, id: &TicketId) -> Result<()> {
        self.info.check(&Request::Resolve(id))?;
        let to = Properties::from([("status", "resolved")]);
        self.change(Operation::Resolve, id, &to).await
    }

    async fn delete(&self, _: &CallContext, targets: &[DeleteTarget]) -> Result<DeleteReport> {
        self.info.check(&Request::Delete(targets))?;
        let [DeleteTarget { id, .. }] = targets else {
            return Ok(DeleteReport::default());
        };
        let retired = async {
            self.look(Operation::Delete, id).await?;
            let version = self.version_for(Operation::Delete, id).await?;
            self.retire_issue(id.as_str(), &version).await
        };
        DeleteReport::of_one(id, retired.await)
    }

    async fn restore(&self, _context: &CallContext, id: &TicketId) -> Result<()> {
        self.info.check(&Request::Restore(id))?;
        let version = self.version_for(Operation::Restore, id).await?;
        self.restore_issue(id.as_str(), &version).await
    }
}

/// An issue in the types of all providers.
fn ticket(reply: Reply<Issue>) -> Ticket {
    let issue = reply.value;
    let mut ticket = Ticket::new(issue.id.into_string(), reply.raw);
    ticket.subject = issue.title;
    ticket.status = issue.status.map(|status| match status.name.as_str() {
        "unread" => Status::Open,
        "resolved" => Status::Resolved,
        _ => Status::Other(status.name),
    });
    // Each tracker has its own.
    ticket.priority = issue
        .priority
        .map(|priority| Priority::Other(priority.name));
    ticket
}
