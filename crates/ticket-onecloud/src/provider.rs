//! OneCloud as a ticket provider: which call each operation is. The types are translated in `mapping.rs`.

use std::time::Duration;

use async_trait::async_trait;
use ticket_core::model::{Created, Cursor, PageRequest};
use ticket_core::provider::{Connect, Request, Setting};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Message, NewTicket, Operation, Page, ProviderInfo,
    Result, Ticket, TicketId, TicketProvider, TicketQuery,
};

use crate::client::OneCloud;
use crate::config::{OneCloudConfig, SETTINGS};
use crate::info::{DEFAULT_PAGE, ID, info};
use crate::mapping;

impl Connect for OneCloud {
    type Config = OneCloudConfig;
    const SETTINGS: &'static [Setting] = SETTINGS;

    fn info() -> ProviderInfo {
        info()
    }

    fn with_timeout(config: OneCloudConfig, timeout: Duration) -> OneCloudConfig {
        config.timeout(timeout)
    }

    fn connect(config: OneCloudConfig) -> Result<Self> {
        Self::new(&config)
    }
}

#[async_trait]
impl TicketProvider for OneCloud {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.info.check(&Request::Get(id))?;
        Ok(mapping::ticket(
            self.get_ticket(id.as_str()).await?,
            &self.time_zone,
        ))
    }

    async fn list(&self, _context: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        self.info.check(&Request::List(query))?;
        let find = mapping::find_tickets(&query.page)
            .map_err(|error| error.in_operation(ID, Operation::List))?;
        let found = self.find_tickets(&find).await?.value;
        let total = found.total;
        let arrived = u64::try_from(found.data.len()).unwrap_or(u64::MAX);
        let end = find.offset.unwrap_or_default().saturating_add(arrived);
        let is_full = arrived >= u64::from(find.limit.unwrap_or(DEFAULT_PAGE));
        // A total below what exists must not end the list, nor must pages smaller than asked for: the empty page is
        // the end.
        let more = arrived > 0 && (is_full || total.is_none_or(|total| end != total));
        let mut gaps = Vec::new();
        let unreadable = found.data.iter().filter(|row| row.is_none()).count();
        if unreadable > 0 {
            gaps.push(mapping::unreadable_rows(unreadable));
        }
        if let Some(total) = total.filter(|total| arrived == 0 && end < *total) {
            gaps.push(format!(
                "the list ends after {end} tickets, before the total of {total} that the vendor states"
            ));
        }
        let rows = found.data.into_iter().flatten();
        let items = rows
            .map(|row| mapping::row_ticket(row, &self.time_zone))
            .collect();
        Ok(Page::last(items)
            .next(more.then(|| Cursor::new(end.to_string())))
            .total(total)
            .gaps(gaps))
    }

    async fn create(&self, _context: &CallContext, ticket: &NewTicket) -> Result<Created> {
        self.info.check(&Request::Create(ticket))?;
        let created = self.create_ticket(&mapping::create_ticket(ticket)).await?;
        Ok(Created::new(created.value.ticket_id, created.raw))
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
                DeleteReport::of_one(id, self.remove_ticket(id.as_str()).await)
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
        let messages = self.conversations(id.as_str()).await?;
        let unreadable = messages.iter().filter(|reply| reply.is_none()).count();
        let messages = messages.into_iter().flatten();
        Ok(Page::last(
            messages
                .map(|reply| mapping::message(reply, &self.time_zone))
                .collect(),
        )
        .gaps((unreadable > 0).then(|| mapping::unreadable_rows(unreadable))))
    }
}
