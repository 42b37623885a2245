//! Sweeppea as a ticket provider: which call each operation is. The types are translated in `mapping.rs`.

use std::time::Duration;

use async_trait::async_trait;
use ticket_core::model::{Created, PageRequest, State, Status};
use ticket_core::provider::{Connect, Request, Setting};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Error, ErrorKind, Message, NewTicket, Operation, Page,
    ProviderInfo, Result, Ticket, TicketId, TicketPatch, TicketProvider, TicketQuery,
};
use ticket_http::WireId;

use crate::client::Sweeppea;
use crate::config::{SETTINGS, SweeppeaConfig};
use crate::cursor::Position;
use crate::info::{ID, info};
use crate::mapping;

impl Connect for Sweeppea {
    type Config = SweeppeaConfig;
    const SETTINGS: &'static [Setting] = SETTINGS;

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
            State::Closed => self.fetch_closed_tickets(&filter).await?,
            _ => self.fetch_open_tickets(&filter).await?,
        };
        let list = reply.value;
        if list.page.is_some_and(|page| page != position.page) {
            let message = "the vendor answered with another page than the one asked for";
            return Err(bad_response(Operation::List, message));
        }
        let next = position
            .next(query.state, list.tickets.len(), list.total_tickets)
            .map_err(|error| error.in_operation(ID, Operation::List))?;
        let status = if position.list == State::Closed {
            Status::Closed
        } else {
            Status::Open
        };
        let rows = list.tickets.into_iter();
        let items = rows.map(|row| mapping::row_ticket(row, &status)).collect();
        // The total is one list's; of both together nothing is known.
        Ok(Page::last(items)
            .next(next.map(Position::cursor))
            .total(list.total_tickets.filter(|_| query.state.is_some())))
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
        let notes = self.fetch_notes(id.as_str()).await?.into_iter();
        Ok(Page::last(notes.map(mapping::message).collect()))
    }
}

/// Refuses a confirmation that is not about the ticket that was asked for.
fn same_ticket(asked: &TicketId, answered: &WireId, operation: Operation) -> Result<()> {
    if answered.as_str().eq_ignore_ascii_case(asked.as_str()) {
        return Ok(());
    }
    let message = "the vendor's reply is about another ticket";
    Err(bad_response(operation, message))
}

fn bad_response(operation: Operation, message: &str) -> Error {
    Error::new(ErrorKind::BadResponse, message).in_operation(ID, operation)
}
