//! A provider in memory that notes every call that reaches it, and a handle with the standard layers before it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ticket_core::model::{Created, Cursor};
use ticket_core::provider::Capabilities;
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, NewTicket, Outcome, Page, ProviderInfo, Result,
    Ticket, TicketId, TicketProvider, TicketQuery, Tickets,
};

type Deleting = dyn Fn(&[DeleteTarget]) -> Result<DeleteReport> + Send + Sync;
type Listing = dyn Fn(Option<&str>) -> Page<Ticket> + Send + Sync;

/// Records every call that reaches it.
pub(crate) struct Memory {
    info: ProviderInfo,
    pub(crate) calls: Arc<Mutex<Vec<String>>>,
    deleting: Box<Deleting>,
    listing: Box<Listing>,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

impl Memory {
    pub(crate) fn new(capabilities: Capabilities) -> Self {
        Self {
            info: ProviderInfo::new("memory", "Memory", capabilities),
            calls: Arc::default(),
            deleting: Box::new(|ids| Ok(DeleteReport::from_fn(ids, |_| Outcome::Done))),
            listing: Box::new(|_| Page::last(Vec::new())),
        }
    }

    pub(crate) fn deleting(
        mut self,
        deleting: impl Fn(&[DeleteTarget]) -> Result<DeleteReport> + Send + Sync + 'static,
    ) -> Self {
        self.deleting = Box::new(deleting);
        self
    }

    pub(crate) fn listing(
        mut self,
        listing: impl Fn(Option<&str>) -> Page<Ticket> + Send + Sync + 'static,
    ) -> Self {
        self.listing = Box::new(listing);
        self
    }

    /// The handle, and the calls that reach the provider.
    pub(crate) fn handle(self) -> (Tickets, Arc<Mutex<Vec<String>>>) {
        let calls = Arc::clone(&self.calls);
        (Tickets::new(self), calls)
    }

    fn record(&self, call: String) {
        let mut calls = self.calls.lock().unwrap();
        assert!(calls.len() < 10_000, "it does not end");
        calls.push(call);
    }
}

#[async_trait]
impl TicketProvider for Memory {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.record(format!("get {id}"));
        match id.as_str() {
            "slow" => std::future::pending().await,
            _ => Ok(ticket(id.as_str())),
        }
    }

    async fn list(&self, _context: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        let cursor = query.page.cursor.as_ref().map(Cursor::as_str);
        self.record(format!("list {cursor:?}"));
        Ok((self.listing)(cursor))
    }

    async fn create(&self, _context: &CallContext, ticket: &NewTicket) -> Result<Created> {
        self.record(format!("create {}", ticket.subject));
        std::future::pending().await
    }

    async fn delete(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        let ids_text: Vec<_> = targets.iter().map(|target| target.id.as_str()).collect();
        self.record(format!("delete {}", ids_text.join(",")));
        (self.deleting)(targets)
    }
}

pub(crate) fn ticket(id: &str) -> Ticket {
    Ticket::new(id, serde_json::value::RawValue::NULL.to_owned())
}

pub(crate) fn calls(calls: &Mutex<Vec<String>>) -> Vec<String> {
    calls.lock().unwrap().clone()
}
