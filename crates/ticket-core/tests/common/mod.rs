//! A provider in memory that answers as a test says and records what reached it, and when.
#![allow(dead_code, reason = "not every test uses everything")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

pub(crate) mod memory;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::call::{Layer, Stack};
use ticket_core::model::{AttachedFile, Created, PageRequest, RawValue};
use ticket_core::provider::{Capabilities, Download, Fields, VendorJob};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Effect, Error, ErrorKind, Message, NewComment,
    NewTicket, Operation, Outcome, Page, ProviderInfo, Result, Ticket, TicketId, TicketPatch,
    TicketProvider, TicketQuery, Tickets,
};
use tokio::time::Instant;

/// A call that reached the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) operation: Operation,
    pub(crate) ids: Vec<String>,
    /// How many came before it.
    pub(crate) number: usize,
    /// How long after the provider was made.
    pub(crate) at: Duration,
}

/// What reached the provider.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Seen>>>);

impl Log {
    pub(crate) fn calls(&self) -> Vec<Seen> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The ids of each call that deletes, with commas between them.
    pub(crate) fn deletes(&self) -> Vec<String> {
        let calls = self.calls();
        let deletes = calls
            .iter()
            .filter(|call| call.operation == Operation::Delete);
        deletes.map(|call| call.ids.join(",")).collect()
    }

    /// The ids of each call, with commas between them.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.calls().iter().map(|call| call.ids.join(",")).collect()
    }
}

type Answer = dyn Fn(&Seen) -> Result<()> + Send + Sync;
type Outcomes = dyn Fn(&str, usize) -> Outcome + Send + Sync;
type Shown = dyn Fn(&TicketId) -> Ticket + Send + Sync;

pub(crate) struct Fake {
    info: ProviderInfo,
    start: Instant,
    latency: Duration,
    log: Log,
    answer: Box<Answer>,
    outcome: Box<Outcomes>,
    shown: Box<Shown>,
}

impl std::fmt::Debug for Fake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fake")
    }
}

impl Fake {
    /// Can do everything, and deletes `batch` tickets with one call.
    pub(crate) fn new(batch: usize) -> Self {
        let capabilities = Capabilities::none()
            .get()
            .list(Fields::default())
            .create(Fields::default())
            .update(Fields::default())
            .resolve()
            .delete(batch)
            .messages(Fields::default())
            .comment(Fields::default())
            .restore()
            .attachments(Fields::default());
        Self {
            info: ProviderInfo::new("fake", "Fake", capabilities).never_reuses_ids(),
            start: Instant::now(),
            latency: Duration::ZERO,
            log: Log::default(),
            answer: Box::new(|_| Ok(())),
            outcome: Box::new(|_, _| Outcome::Done),
            shown: Box::new(|id| Ticket::new(id.clone(), raw())),
        }
    }

    pub(crate) fn info(mut self, change: impl FnOnce(ProviderInfo) -> ProviderInfo) -> Self {
        self.info = change(self.info);
        self
    }

    pub(crate) fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Fails the calls for which `answer` is an error.
    pub(crate) fn answering(
        mut self,
        answer: impl Fn(&Seen) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.answer = Box::new(answer);
        self
    }

    /// What becomes of each id, by the number of the call.
    pub(crate) fn outcomes(
        mut self,
        outcome: impl Fn(&str, usize) -> Outcome + Send + Sync + 'static,
    ) -> Self {
        self.outcome = Box::new(outcome);
        self
    }

    /// What a read of this id shows.
    pub(crate) fn showing(
        mut self,
        shown: impl Fn(&TicketId) -> Ticket + Send + Sync + 'static,
    ) -> Self {
        self.shown = Box::new(shown);
        self
    }

    pub(crate) fn log(&self) -> Log {
        self.log.clone()
    }

    /// A handle without any layer.
    pub(crate) fn bare(self) -> Tickets {
        Tickets::bare(Arc::new(self))
    }

    /// A handle with one layer.
    pub(crate) fn layered(self, layer: impl Layer) -> Tickets {
        Tickets::bare(Arc::new(Stack::new(layer, Arc::new(self))))
    }

    async fn call(&self, operation: Operation, ids: &[&TicketId]) -> Result<usize> {
        let ids = ids.iter().map(|id| id.as_str().to_owned()).collect();
        let seen = {
            let mut log = self.log.0.lock().unwrap();
            let seen = Seen {
                operation,
                ids,
                number: log.len(),
                at: self.start.elapsed(),
            };
            log.push(seen.clone());
            seen
        };
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        (self.answer)(&seen)
            .map(|()| seen.number)
            .map_err(|error| error.in_operation(&self.info.id, operation))
    }
}

/// An error of this kind and effect.
pub(crate) fn error(kind: ErrorKind, effect: Effect) -> Error {
    Error::new(kind, "it failed").with_effect(effect)
}

fn raw() -> Box<RawValue> {
    RawValue::from_string("null".to_owned()).unwrap()
}

#[async_trait]
impl TicketProvider for Fake {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.call(Operation::Get, &[id]).await?;
        Ok((self.shown)(id))
    }

    async fn list(&self, _context: &CallContext, _query: &TicketQuery) -> Result<Page<Ticket>> {
        self.call(Operation::List, &[]).await?;
        Ok(Page::last(Vec::new()))
    }

    /// Its idempotency key stands in the place of the id.
    async fn create(&self, context: &CallContext, _ticket: &NewTicket) -> Result<Created> {
        let key = context.idempotency_key.as_deref().map(TicketId::from);
        let key: Vec<_> = key.iter().collect();
        self.call(Operation::Create, &key).await?;
        Ok(Created::new("1", raw()))
    }

    async fn update(
        &self,
        _context: &CallContext,
        id: &TicketId,
        _patch: &TicketPatch,
    ) -> Result<()> {
        self.call(Operation::Update, &[id]).await.map(drop)
    }

    async fn resolve(&self, _context: &CallContext, id: &TicketId) -> Result<()> {
        self.call(Operation::Resolve, &[id]).await.map(drop)
    }

    async fn delete(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        let asked: Vec<_> = targets.iter().map(|target| &target.id).collect();
        let number = self.call(Operation::Delete, &asked).await?;
        let outcome = |id: &TicketId| (self.outcome)(id.as_str(), number);
        Ok(DeleteReport::from_fn(targets, outcome))
    }

    async fn messages(
        &self,
        _context: &CallContext,
        id: &TicketId,
        _page: &PageRequest,
    ) -> Result<Page<Message>> {
        self.call(Operation::Messages, &[id]).await?;
        Ok(Page::last(Vec::new()))
    }

    async fn comment(
        &self,
        _context: &CallContext,
        id: &TicketId,
        _comment: &NewComment,
    ) -> Result<()> {
        self.call(Operation::Comment, &[id]).await.map(drop)
    }

    async fn restore(&self, _context: &CallContext, id: &TicketId) -> Result<()> {
        self.call(Operation::Restore, &[id]).await.map(drop)
    }

    async fn purge(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        let asked: Vec<_> = targets.iter().map(|target| &target.id).collect();
        let number = self.call(Operation::Purge, &asked).await?;
        let outcome = |id: &TicketId| (self.outcome)(id.as_str(), number);
        Ok(DeleteReport::from_fn(targets, outcome))
    }

    async fn attachments(
        &self,
        _context: &CallContext,
        id: &TicketId,
        _page: &PageRequest,
    ) -> Result<Page<AttachedFile>> {
        self.call(Operation::Attachments, &[id]).await?;
        Ok(Page::last(Vec::new()))
    }

    async fn download(&self, _context: &CallContext, _file: &AttachedFile) -> Result<Download> {
        self.call(Operation::Download, &[]).await?;
        Ok(Download::new(Box::pin(futures_util::stream::empty())))
    }

    /// Not carried out yet where the answer is an error of the kind `Accepted`.
    async fn job(
        &self,
        _context: &CallContext,
        _job: &VendorJob,
        targets: &[DeleteTarget],
    ) -> Result<Option<DeleteReport>> {
        let asked: Vec<_> = targets.iter().map(|target| &target.id).collect();
        match self.call(Operation::Job, &asked).await {
            Err(error) if error.kind() == ErrorKind::Accepted => Ok(None),
            answer => {
                let number = answer?;
                let outcome = |id: &TicketId| (self.outcome)(id.as_str(), number);
                Ok(Some(DeleteReport::from_fn(targets, outcome)))
            }
        }
    }
}

/// The operations that a handle has a method for: bulk changes purge, and ask what came of accepted work.
pub(crate) fn operations() -> impl Iterator<Item = Operation> {
    let all = Operation::ALL.iter().copied();
    all.filter(|operation| !matches!(operation, Operation::Job | Operation::Purge))
}

/// Makes a call of this operation about ticket `1`; the error, where there is one.
pub(crate) async fn make(tickets: &Tickets, operation: Operation) -> Option<Error> {
    let page = PageRequest::first();
    match operation {
        Operation::Get => tickets.get("1").await.err(),
        Operation::List => tickets.list(&TicketQuery::new()).await.err(),
        Operation::Create => tickets.create(&NewTicket::new("x")).await.err(),
        Operation::Update => {
            let patch = TicketPatch::new().subject("x");
            tickets.update("1", &patch).await.err()
        }
        Operation::Resolve => tickets.resolve("1").await.err(),
        Operation::Delete => {
            let report = tickets.delete(["1"]).await;
            report
                .iter()
                .find_map(|(_, outcome)| outcome.error().cloned())
        }
        Operation::Messages => tickets.messages("1", &page).await.err(),
        Operation::Comment => tickets.comment("1", &NewComment::internal("x")).await.err(),
        Operation::Restore => tickets.restore("1").await.err(),
        Operation::Attachments => tickets.attachments("1", &page).await.err(),
        Operation::Download => {
            let raw = RawValue::from_string("{}".to_owned()).unwrap();
            tickets.download(&AttachedFile::new("7", raw)).await.err()
        }
        _ => unreachable!("an operation that no test knows"),
    }
}
