//! Acme as a ticket provider: which call each operation is. The types are translated in `mapping.rs`.

use async_trait::async_trait;
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, ProviderInfo, Request, Result, Ticket, TicketId,
    TicketProvider,
};

use crate::client::Acme;
use crate::mapping;

#[async_trait]
impl TicketProvider for Acme {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.info.check(&Request::Get(id))?;
        Ok(mapping::ticket(self.get_ticket(id.as_str()).await?))
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
