//! What a case works with: the fixture, and calls with valid arguments.
//!
//! The checks themselves are in `cases/`.

mod calls;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ticket_core::model::{AttachedFile, Direction};
use ticket_core::provider::{Field, Fields, VendorJob};
use ticket_core::{
    DeleteTarget, Error, NewComment, NewTicket, Operation, ProviderInfo, TicketId, TicketPatch,
    TicketProvider,
};

use crate::fault::{Fault, FaultTarget};
use crate::fixture::{Fixture, ReceivedRequest, Seed, Seeded};
use crate::need::Need;
pub(crate) use crate::result::{
    CaseResult, NotPassed, describe, describe_error, describe_outcome, describe_report, ensure,
    fail, only_outcome, skip,
};

pub(crate) struct Harness {
    pub(crate) fixture: Arc<dyn Fixture>,
    pub(crate) provider: Arc<dyn TicketProvider>,
    needs: &'static [Need],
    /// The files to download, by their tickets.
    files: Mutex<BTreeMap<TicketId, AttachedFile>>,
    /// The jobs as which the vendor accepted deletes, and their tickets, by the first one.
    accepted: Mutex<BTreeMap<TicketId, (VendorJob, Vec<DeleteTarget>)>>,
}

impl Harness {
    /// For a case with these needs.
    pub(crate) fn new(fixture: impl Fixture, needs: &'static [Need]) -> Self {
        Self {
            provider: fixture.provider(),
            fixture: Arc::new(fixture),
            needs,
            files: Mutex::default(),
            accepted: Mutex::default(),
        }
    }

    pub(crate) fn info(&self) -> &ProviderInfo {
        self.provider.info()
    }

    pub(crate) fn expected_operations(&self) -> &'static [Operation] {
        self.fixture.expected_operations()
    }

    /// Fails the case if it uses something that it does not declare as a need: authors rely on the declared needs.
    pub(crate) fn check_need(&self, need: Need) -> CaseResult {
        let needs = self.needs;
        ensure(
            needs.contains(&need),
            "the case ran (this is a bug in the suite)",
            format!("only the declared needs {needs:?}"),
            format!("{need:?}"),
        )
    }

    /// Skips the case if the provider does not support the operation.
    pub(crate) fn require(&self, operation: Operation) -> CaseResult {
        let info = self.info();
        if info.capabilities.supports(operation) {
            Ok(())
        } else {
            skip(format!("{} has no operation `{operation}`", info.title))
        }
    }

    /// The fields of the operation; skips the case if the provider does not support it.
    pub(crate) fn fields(&self, operation: Operation) -> CaseResult<Fields> {
        self.require(operation)?;
        let fields = self.info().capabilities.fields(operation);
        Ok(fields.cloned().unwrap_or_default())
    }

    /// The declared operations that match; skips the case if there are none.
    pub(crate) fn declared(&self, among: fn(Operation) -> bool) -> CaseResult<Vec<Operation>> {
        let operations = self.info().capabilities.operations();
        let operations: Vec<_> = operations.filter(|operation| among(*operation)).collect();
        if operations.is_empty() {
            let wanted: Vec<_> = Operation::ALL.iter().filter(|&&one| among(one)).collect();
            let wanted: Vec<_> = wanted.iter().map(|one| format!("`{one}`")).collect();
            return skip(format!(
                "{} has none of the operations {}",
                self.info().title,
                wanted.join(", ")
            ));
        }
        Ok(operations)
    }

    pub(crate) fn new_ticket(&self) -> CaseResult<NewTicket> {
        self.check_need(Need::NewTicket)?;
        Ok(self.fixture.new_ticket()?)
    }

    pub(crate) fn patch(&self) -> CaseResult<TicketPatch> {
        self.check_need(Need::Patch)?;
        Ok(self.fixture.patch()?)
    }

    /// A comment in a direction that the provider supports.
    pub(crate) fn comment(&self, body: &str) -> CaseResult<NewComment> {
        let fields = self.fields(Operation::Comment)?;
        let ways = [
            (Field::Internal, Direction::Internal),
            (Field::Inbound, Direction::Inbound),
            (Field::Outbound, Direction::Outbound),
        ];
        let way = ways
            .iter()
            .find(|(field, _)| fields.carried().contains(field));
        match way {
            Some((_, direction)) => Ok(NewComment::new(body, *direction)),
            None => fail(
                "the declaration was read",
                "a supported direction of comments",
                "comments are declared, but no direction is",
            ),
        }
    }

    pub(crate) async fn ticket(&self) -> CaseResult<TicketId> {
        self.check_need(Need::Ticket)?;
        Ok(self.fixture.ticket().await?)
    }

    pub(crate) fn missing_id(&self) -> CaseResult<TicketId> {
        self.check_need(Need::MissingId)?;
        Ok(self.fixture.missing_id()?)
    }

    pub(crate) async fn fill(&self, tickets: usize) -> CaseResult<Vec<TicketId>> {
        self.check_need(Need::Fill)?;
        Ok(self.fixture.fill(tickets).await?)
    }

    pub(crate) fn page_size(&self) -> CaseResult<usize> {
        self.check_need(Need::PageSize)?;
        Ok(self.fixture.page_size()?.max(1))
    }

    /// Injects the fault into the request that the operation is about: of a write, not the reads before it.
    pub(crate) async fn inject(&self, operation: Operation, fault: Fault) -> CaseResult {
        self.inject_into(FaultTarget::of(operation), fault).await
    }

    pub(crate) async fn inject_into(&self, target: FaultTarget, fault: Fault) -> CaseResult {
        self.check_need(Need::Faults)?;
        Ok(self.fixture.inject(fault, target).await?)
    }

    /// How many requests one call makes at most, as declared.
    pub(crate) fn max_requests(&self, operation: Operation) -> usize {
        let support = self.info().capabilities.support(operation);
        support.map_or(1, |support| support.requests.max(1))
    }

    pub(crate) async fn restore_connections(&self) -> CaseResult {
        self.check_need(Need::RestoreConnections)?;
        Ok(self.fixture.restore_connections().await?)
    }

    pub(crate) fn journal(&self) -> CaseResult<Vec<ReceivedRequest>> {
        self.check_need(Need::Journal)?;
        Ok(self.fixture.journal()?)
    }

    /// The requests that reached the vendor after the first `before` ones.
    pub(crate) fn requests_since(&self, before: usize) -> CaseResult<Vec<ReceivedRequest>> {
        Ok(self.journal()?.split_off(before))
    }

    /// The request that a call of the operation was about: the last write of a write, the last one of a read.
    pub(crate) fn decisive_since(
        &self,
        before: usize,
        operation: Operation,
    ) -> CaseResult<Option<ReceivedRequest>> {
        let mut seen = self.requests_since(before)?;
        if operation.is_write() {
            seen.retain(|request| request.is_write);
        }
        Ok(seen.pop())
    }

    pub(crate) async fn exists(&self, id: &TicketId) -> CaseResult<bool> {
        self.check_need(Need::Exists)?;
        Ok(self.fixture.exists(id).await?)
    }

    pub(crate) async fn seed(&self, seed: Seed) -> CaseResult<Seeded> {
        self.check_need(Need::Seed)?;
        Ok(self.fixture.seed(seed).await?)
    }

    pub(crate) async fn conversation(&self) -> CaseResult<(TicketId, Vec<String>)> {
        self.check_need(Need::Conversation)?;
        Ok(self.fixture.conversation().await?)
    }

    pub(crate) async fn merge(&self, from: &TicketId, into: &TicketId) -> CaseResult {
        self.check_need(Need::Merge)?;
        Ok(self.fixture.merge(from, into).await?)
    }

    pub(crate) async fn dropped_update(&self) -> CaseResult<(TicketId, TicketPatch, String)> {
        self.check_need(Need::DroppedUpdate)?;
        Ok(self.fixture.dropped_update().await?)
    }

    pub(crate) fn secrets(&self) -> CaseResult<Vec<String>> {
        self.check_need(Need::Secrets)?;
        let secrets = self.fixture.secrets()?;
        let long = secrets.iter().all(|secret| secret.len() >= 8);
        ensure(
            long && !secrets.is_empty(),
            "the fixture was asked for its secrets",
            "at least one, of at least 8 characters each: shorter ones match by accident",
            "none, or a shorter one",
        )?;
        Ok(secrets)
    }

    pub(crate) fn sent_secrets(&self) -> CaseResult<Vec<String>> {
        self.secrets()?;
        Ok(self.fixture.sent_secrets()?)
    }

    pub(crate) fn short_timeout_provider(&self) -> CaseResult<Arc<dyn TicketProvider>> {
        self.check_need(Need::ShortTimeout)?;
        Ok(self.fixture.short_timeout_provider()?)
    }

    /// A ticket for the operation to work on. For an operation that needs no ticket, an unused id.
    pub(crate) async fn ticket_for(&self, operation: Operation) -> CaseResult<TicketId> {
        match operation {
            Operation::Create | Operation::List => Ok(TicketId::new("unused")),
            Operation::Restore | Operation::Purge => self.deleted_ticket().await,
            Operation::Download => {
                let id = self.ticket_with_file().await?;
                self.file(&id).await?;
                Ok(id)
            }
            Operation::Job => {
                let id = self.ticket().await?;
                self.accepted(&id).await?;
                Ok(id)
            }
            _ => self.ticket().await,
        }
    }
}

/// Whether the vendor accepted the call as a job.
pub(crate) fn is_accepted(error: &Error) -> bool {
    error.job().is_some()
}

/// Matches any operation.
pub(crate) fn any(_: Operation) -> bool {
    true
}

/// Matches operations that write.
pub(crate) fn writes(operation: Operation) -> bool {
    operation.is_write()
}

/// Matches operations that read.
pub(crate) fn reads(operation: Operation) -> bool {
    !operation.is_write()
}
