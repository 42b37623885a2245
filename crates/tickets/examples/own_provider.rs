//! A provider of one's own: what it can do is declared once, as data, and each operation is one request. Limit,
//! retries, batches and outcomes come from around it. This one keeps its tickets in memory.
//!
//! ```sh
//! cargo run -p tickets --example own_provider
//! ```
//!
//! The crate `ticket-conformance` tells whether a provider keeps the whole contract.
#![allow(clippy::print_stdout, reason = "it is what the program is for")]

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tickets::provider::{Capabilities, Limit, Quota, Request};
use tickets::{
    CallContext, DeleteReport, DeleteTarget, Error, ErrorKind, Outcome, ProviderInfo, Result,
    TicketProvider, Tickets,
};

/// In real life it has an HTTP client in place of the tickets.
#[derive(Debug)]
struct Pear {
    info: ProviderInfo,
    tickets: Mutex<BTreeSet<String>>,
}

/// Deletes two tickets with one request, and allows ten requests a second.
fn info() -> ProviderInfo {
    let quota = Quota::new(10, Duration::from_secs(1));
    let info = ProviderInfo::new("pear", "Pear Desk", Capabilities::none().delete(2));
    info.limit(Limit::new().window(quota))
}

#[async_trait]
impl TicketProvider for Pear {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn delete(&self, _: &CallContext, targets: &[DeleteTarget]) -> Result<DeleteReport> {
        // Refuses what is not declared, for whoever uses it without layers.
        self.info.check(&Request::Delete(targets))?;
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(DeleteReport::from_fn(targets, |id| {
            if tickets.remove(id.as_str()) {
                return Outcome::Done;
            }
            Outcome::NotFound(Error::new(ErrorKind::NotFound, "no such ticket"))
        }))
    }
}

#[tokio::main]
async fn main() {
    let tickets = Mutex::new((1..=6).map(|id| id.to_string()).collect());
    let tickets = Tickets::new(Pear {
        info: info(),
        tickets,
    });
    for (id, outcome) in tickets.delete(["1", "3", "5", "7"]).await.iter() {
        println!("{id}: {outcome}");
    }
}
