//! Pear as a ticket provider: which call each operation is. The types are translated in `mapping.rs`.

use std::time::Duration;

use async_trait::async_trait;
use ticket_core::model::Cursor;
use ticket_core::provider::{Connect, Request, Setting};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Page, ProviderInfo, Result, Ticket, TicketId,
    TicketProvider, TicketQuery,
};

use crate::client::Pear;
use crate::config::{PearConfig, SETTINGS};
use crate::info::info;
use crate::mapping;

impl Connect for Pear {
    type Config = PearConfig;
    const SETTINGS: &'static [Setting] = SETTINGS;

    fn info() -> ProviderInfo {
        info()
    }

    fn with_timeout(config: PearConfig, timeout: Duration) -> PearConfig {
        config.timeout(timeout)
    }

    fn connect(config: PearConfig) -> Result<Self> {
        Self::new(&config)
    }
}

#[async_trait]
impl TicketProvider for Pear {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.info.check(&Request::Get(id))?;
        Ok(mapping::ticket(self.get_ticket(id.as_str()).await?))
    }

    async fn list(&self, _context: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        self.info.check(&Request::List(query))?;
        let cursor = query.page.cursor.as_ref().map(Cursor::as_str);
        let page = self.list_tickets(cursor).await?;
        let unreadable = page.tickets.iter().filter(|row| row.is_none()).count();
        let gap = format!("rows of a page that cannot be read or have no id: {unreadable}");
        let items = page.tickets.into_iter().flatten().map(mapping::ticket);
        Ok(Page::last(items.collect())
            .next(page.next.map(Cursor::new))
            .gaps((unreadable > 0).then_some(gap)))
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
}
