//! OneCloud as a ticket provider: which call each operation is. The types are translated in `mapping.rs`.

use std::time::Duration;

use async_trait::async_trait;
use ticket_core::model::{Created, PageRequest};
use ticket_core::provider::{Connect, Documented, Request, Setting};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Message, NewTicket, Operation, Page, ProviderInfo,
    Result, Ticket, TicketId, TicketProvider, TicketQuery,
};

use crate::client::OneCloud;
use crate::config::{OneCloudConfig, SETTINGS};
use crate::info::{DOCUMENTED, ID, info};
use crate::mapping;
use crate::pages::Start;

impl Connect for OneCloud {
    type Config = OneCloudConfig;
    const SETTINGS: &'static [Setting] = SETTINGS;
    const DOCUMENTED: &'static [Documented] = DOCUMENTED;

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
        let start =
            Start::of(&query.page).map_err(|error| error.in_operation(ID, Operation::List))?;
        let mut found = self.find_tickets(&start.query(&query.page)).await?.value;
        let (next, gaps) = start.join(&mut found, query.page.limit);
        let rows = found.data.into_iter().flatten();
        let items = rows
            .map(|row| mapping::row_ticket(row, &self.time_zone))
            .collect();
        Ok(Page::last(items).next(next).total(found.total).gaps(gaps))
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
