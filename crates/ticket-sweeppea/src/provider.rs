//! Sweeppea as a ticket provider: which call each operation is. The types are translated in `mapping.rs`.

use std::time::Duration;

use async_trait::async_trait;
use ticket_core::model::{Created, PageRequest, State, Status};
use ticket_core::provider::{Connect, Documented, Request, Setting};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Effect, Error, ErrorKind, Message, NewTicket,
    Operation, Page, ProviderInfo, Result, Ticket, TicketId, TicketPatch, TicketProvider,
    TicketQuery,
};
use ticket_http::WireId;

use crate::client::Sweeppea;
use crate::config::{SETTINGS, SweeppeaConfig};
use crate::cursor::{Arrived, Position};
use crate::info::{DOCUMENTED, ID, info};
use crate::mapping;

impl Connect for Sweeppea {
    type Config = SweeppeaConfig;
    const SETTINGS: &'static [Setting] = SETTINGS;
    const DOCUMENTED: &'static [Documented] = DOCUMENTED;

    fn info() -> ProviderInfo {
        info()
    }

    fn with_timeout(config: SweeppeaConfig, timeout: Duration) -> SweeppeaConfig {
        config.timeout(timeout)
    }

    fn connect(config: SweeppeaConfig) -> Result<Self> {
        Self::new(&config)
    }
}

#[async_trait]
impl TicketProvider for Sweeppea {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.info.check(&Request::Get(id))?;
        Ok(mapping::ticket(
            self.fetch_single_ticket(id.as_str()).await?,
        ))
    }

    async fn list(&self, _context: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        self.info.check(&Request::List(query))?;
        let position =
            Position::of(query).map_err(|error| error.in_operation(ID, Operation::List))?;
        let filter = mapping::ticket_filter(query, position.page)
            .map_err(|error| error.in_operation(ID, Operation::List))?;
        let reply = match position.list {
            State::Closed => self.fetch_closed_tickets(&filter).await,
            _ => self.fetch_open_tickets(&filter).await,
        };
        let list = match reply {
            Err(error) if position.is_behind_the_last(&error) => None,
            reply => Some(reply?.value),
        };
        let (rows, arrived) = if let Some(list) = list {
            if list.page.is_some_and(|page| page != position.page) {
                let message = "the vendor answered with another page than the one asked for";
                return Err(bad_response(Operation::List, message));
            }
            let arrived = Arrived {
                rows: list.tickets.len(),
                total: list.total_tickets,
                pages: list.total_pages,
            };
            (list.tickets, arrived)
        } else {
            let arrived = Arrived {
                total: position.total,
                ..Arrived::default()
            };
            (Vec::new(), arrived)
        };
        let following = position.following(query.state, arrived);
        let status = if position.list == State::Closed {
            Status::Closed
        } else {
            Status::Open
        };
        let unreadable = rows.iter().filter(|row| row.is_none()).count();
        let unreadable = (unreadable > 0).then(|| mapping::unreadable_rows(unreadable));
        let rows = rows.into_iter().flatten();
        let items = rows.map(|row| mapping::row_ticket(row, &status)).collect();
        // The total is one list's; of both together nothing is known.
        Ok(Page::last(items)
            .next(following.next.map(Position::cursor))
            .total(arrived.total.filter(|_| query.state.is_some()))
            .gaps(unreadable.into_iter().chain(following.gap)))
    }

    async fn create(&self, _context: &CallContext, ticket: &NewTicket) -> Result<Created> {
        self.info.check(&Request::Create(ticket))?;
        let wire = mapping::create_ticket(ticket)
            .map_err(|error| error.in_operation(ID, Operation::Create))?;
        let created = self.create_ticket(&wire).await?;
        Ok(Created::new(created.value.case_number, created.raw))
    }

    async fn update(
        &self,
        _context: &CallContext,
        id: &TicketId,
        patch: &TicketPatch,
    ) -> Result<()> {
        self.info.check(&Request::Update(id, patch))?;
        let wire = mapping::update_ticket(id, patch);
        let updated = self.update_ticket(&wire).await?.value;
        same_ticket(id, &updated.case_number, Operation::Update)
    }

    async fn resolve(&self, _context: &CallContext, id: &TicketId) -> Result<()> {
        self.info.check(&Request::Resolve(id))?;
        let resolved = self.resolve_ticket(id.as_str()).await?.value;
        same_ticket(id, &resolved.case_number, Operation::Resolve)?;
        if resolved.status != Some(true) {
            let message = "the vendor's reply does not say that the ticket is closed";
            return Err(bad_response(Operation::Resolve, message));
        }
        Ok(())
    }

    async fn delete(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        self.info.check(&Request::Delete(targets))?;
        match targets {
            [target] => {
                let id = &target.id;
                DeleteReport::of_one(id, self.delete_ticket(id.as_str()).await)
            }
            _ => Ok(DeleteReport::default()),
        }
    }

    async fn messages(
        &self,
        _context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        self.info.check(&Request::Messages(id, page))?;
        let ticket = self.fetch_notes(id.as_str()).await?;
        same_ticket(id, &ticket.case_number, Operation::Messages)?;
        let unreadable = ticket.notes.iter().filter(|note| note.is_none()).count();
        let notes = ticket.notes.into_iter().flatten();
        Ok(Page::last(notes.map(mapping::message).collect())
            .gaps((unreadable > 0).then(|| mapping::unreadable_rows(unreadable))))
    }
}

/// Rejects a reply about another ticket than the one that was asked for. A write may have changed that one.
fn same_ticket(asked: &TicketId, answered: &WireId, operation: Operation) -> Result<()> {
    if answered.as_str().eq_ignore_ascii_case(asked.as_str()) {
        return Ok(());
    }
    let other: String = answered.as_str().chars().take(40).collect();
    let message = format!("the vendor answered about another ticket, {other}, not {asked}");
    Err(Error::new(ErrorKind::Conflict, message)
        .with_status(200)
        .with_effect(Effect::Unknown)
        .in_operation(ID, operation)
        .on_ticket(asked))
}

fn bad_response(operation: Operation, message: &str) -> Error {
    Error::new(ErrorKind::BadResponse, message).in_operation(ID, operation)
}
