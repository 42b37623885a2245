//! Acme as a ticket provider: which call each operation is. The types are translated in `mapping.rs`.

use std::time::Duration;

use async_trait::async_trait;
use ticket_core::{CallContext, DeleteReport, DeleteTarget, ProviderInfo, Result, Ticket, TicketId, TicketProvider};
use ticket_core::provider::{Connect, Request, Setting};

use crate::client::Acme;
use crate::config::{AcmeConfig, SETTINGS};
use crate::info::info;
use crate::mapping;

impl Connect for Acme {
    type Config = AcmeConfig;
    const SETTINGS: &'static [Setting] = SETTINGS;

    fn info() -> ProviderInfo {
        info()
    }

    fn with_timeout(config: AcmeConfig, timeout: Duration) -> AcmeConfig {
        config.timeout(timeout)
    }

    fn connect(config: AcmeConfig) -> Result<Self> {
        Self::new(&config)
    }
}

#[async_trait]
impl TicketProvider for Acme {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.info.check(&Request::Get(id))?;
        Ok(mapping::ticket(self.get_ticket(id.as_str()).await?))
    }

    // To be done: where the vendor only accepts a delete and carries it out later, this fails with `Error::accepted` and the
    // vendor's id of that work, `info.rs` declares `Operation::Job`, and `job` tells what came of it.
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
