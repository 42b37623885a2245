//! What a case works with: the fixture, asked politely, and calls with arguments that are in order.
//!
//! Not for what is right or wrong: see `cases/`.

use std::fmt::Debug;
use std::sync::Arc;

use ticket_core::{
    CallContext, DeleteTarget, Direction, Error, Field, Fields, NewComment, NewTicket, Operation,
    Outcome, PageRequest, ProviderInfo, TicketId, TicketPatch, TicketProvider, TicketQuery,
};

use crate::fault::Fault;
use crate::fixture::{Cannot, Fixture, Seed, Seeded, Seen};
use crate::need::Need;

/// Why a case came to no good end.
#[derive(Debug)]
pub(crate) enum Stop {
    Fail {
        what: String,
        expected: String,
        found: String,
    },
    Skip(String),
}

/// What a case comes to.
pub(crate) type CaseResult<T = ()> = Result<T, Stop>;

impl From<Cannot> for Stop {
    fn from(cannot: Cannot) -> Self {
        Self::Skip(cannot.reason().to_owned())
    }
}

/// The promise is broken.
pub(crate) fn fail<T>(
    what: impl Into<String>,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> CaseResult<T> {
    Err(Stop::Fail {
        what: what.into(),
        expected: expected.into(),
        found: found.into(),
    })
}

/// The promise is broken unless this holds.
pub(crate) fn ensure(
    holds: bool,
    what: impl Into<String>,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> CaseResult {
    if holds {
        Ok(())
    } else {
        fail(what, expected, found)
    }
}

/// The case does not apply.
pub(crate) fn skip<T>(reason: impl Into<String>) -> CaseResult<T> {
    Err(Stop::Skip(reason.into()))
}

/// What a call came to, in words.
pub(crate) fn describe<T: Debug>(result: &Result<T, Error>) -> String {
    match result {
        Ok(value) => format!("success: {value:?}"),
        Err(error) => describe_error(error),
    }
}

/// An error with what stands in no line of it.
pub(crate) fn describe_error(error: &Error) -> String {
    format!("{} of effect {}: {error}", error.kind(), error.effect())
}

pub(crate) struct Harness {
    fixture: Box<dyn Fixture>,
    pub(crate) provider: Arc<dyn TicketProvider>,
    needs: &'static [Need],
}

impl Harness {
    /// For a case with these needs.
    pub(crate) fn new(fixture: impl Fixture, needs: &'static [Need]) -> Self {
        Self {
            provider: fixture.provider(),
            fixture: Box::new(fixture),
            needs,
        }
    }

    pub(crate) fn info(&self) -> &ProviderInfo {
        self.provider.info()
    }

    pub(crate) fn expected_operations(&self) -> &'static [Operation] {
        self.fixture.expected_operations()
    }

    /// The needs are told to authors, so they must be true.
    fn check_need(&self, need: Need) -> CaseResult {
        let needs = self.needs;
        ensure(
            needs.contains(&need),
            "a fault of the suite: the case was run",
            format!("no other needs than {needs:?}"),
            format!("{need:?}"),
        )
    }

    /// Skips the case where the provider lacks the operation.
    pub(crate) fn require(&self, operation: Operation) -> CaseResult {
        let info = self.info();
        if info.capabilities.supports(operation) {
            Ok(())
        } else {
            skip(format!("{} has no operation `{operation}`", info.title))
        }
    }

    /// The fields that the operation carries; skips the case where the provider lacks it.
    pub(crate) fn fields(&self, operation: Operation) -> CaseResult<Fields> {
        self.require(operation)?;
        let fields = self.info().capabilities.fields(operation);
        Ok(fields.cloned().unwrap_or_default())
    }

    /// The declared operations that are among these; skips the case where there is none.
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

    /// A comment that goes a way which the provider carries.
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
                "a way that comments can go",
                "comments are declared, but no way for them",
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

    pub(crate) async fn inject(&self, fault: Fault) -> CaseResult {
        self.check_need(Need::Faults)?;
        Ok(self.fixture.inject(fault).await?)
    }

    pub(crate) async fn heal(&self) -> CaseResult {
        self.check_need(Need::Heal)?;
        Ok(self.fixture.heal().await?)
    }

    pub(crate) fn journal(&self) -> CaseResult<Vec<Seen>> {
        self.check_need(Need::Journal)?;
        Ok(self.fixture.journal()?)
    }

    /// What reached the vendor behind the first so many requests.
    pub(crate) fn seen_since(&self, before: usize) -> CaseResult<Vec<Seen>> {
        Ok(self.journal()?.split_off(before))
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

    pub(crate) fn secrets(&self) -> CaseResult<Vec<String>> {
        self.check_need(Need::Secrets)?;
        let secrets = self.fixture.secrets()?;
        let long = secrets.iter().all(|secret| secret.len() >= 8);
        ensure(
            long && !secrets.is_empty(),
            "the fixture was asked for its secrets",
            "one or more, of at least 8 characters each: shorter ones would be found everywhere",
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

    /// A ticket for the operation to work on. One that needs none gets an id that is not used.
    pub(crate) async fn ticket_for(&self, operation: Operation) -> CaseResult<TicketId> {
        match operation {
            Operation::Create | Operation::List => Ok(TicketId::new("unused")),
            _ => self.ticket().await,
        }
    }

    /// Does the operation once, with arguments that are in order, on a ticket of its own.
    pub(crate) async fn call(&self, operation: Operation) -> CaseResult<Result<(), Error>> {
        let id = self.ticket_for(operation).await?;
        self.call_on(operation, &id).await
    }

    /// Lets the operation's next request go wrong and does it.
    pub(crate) async fn call_with_fault(
        &self,
        operation: Operation,
        fault: &Fault,
    ) -> CaseResult<Result<(), Error>> {
        let id = self.ticket_for(operation).await?;
        self.inject(fault.clone()).await?;
        self.call_on(operation, &id).await
    }

    pub(crate) async fn call_on(
        &self,
        operation: Operation,
        id: &TicketId,
    ) -> CaseResult<Result<(), Error>> {
        let (result, _) = self.call_with_debug(&*self.provider, operation, id).await?;
        Ok(result)
    }

    /// Does the operation, and gives what `Debug` shows of its result as well. What a delete says of the ticket
    /// counts as what it says of the call.
    pub(crate) async fn call_with_debug(
        &self,
        provider: &dyn TicketProvider,
        operation: Operation,
        id: &TicketId,
    ) -> CaseResult<(Result<(), Error>, String)> {
        fn shown<T: Debug>(result: Result<T, Error>) -> (Result<(), Error>, String) {
            let debug = format!("{result:?}\n{result:#?}");
            (result.map(|_| ()), debug)
        }
        Ok(match operation {
            Operation::Get => shown(provider.get(&CallContext::new(), id).await),
            Operation::List => shown(
                provider
                    .list(&CallContext::new(), &TicketQuery::new())
                    .await,
            ),
            Operation::Create => shown(
                provider
                    .create(&CallContext::new(), &self.new_ticket()?)
                    .await,
            ),
            Operation::Update => shown(
                provider
                    .update(&CallContext::new(), id, &self.patch()?)
                    .await,
            ),
            Operation::Resolve => shown(provider.resolve(&CallContext::new(), id).await),
            Operation::Messages => shown(
                provider
                    .messages(&CallContext::new(), id, &PageRequest::first())
                    .await,
            ),
            Operation::Comment => {
                let comment = self.comment("Written by the suite")?;
                shown(provider.comment(&CallContext::new(), id, &comment).await)
            }
            Operation::Delete => {
                let report = provider
                    .delete(&CallContext::new(), &[DeleteTarget::from(id)])
                    .await;
                let (result, debug) = shown(report.clone());
                let Ok(report) = report else {
                    return Ok((result, debug));
                };
                let (asked, outcome) = only_outcome(&report)?;
                ensure(
                    asked == id,
                    "a ticket was deleted",
                    id.as_str(),
                    asked.as_str(),
                )?;
                let result = outcome.error().map_or(Ok(()), |error| Err(error.clone()));
                (result, debug)
            }
            other => {
                return skip(format!(
                    "the suite does not know the operation `{other}` yet"
                ));
            }
        })
    }
}

/// The outcome of a delete of one ticket.
pub(crate) fn only_outcome(
    report: &ticket_core::DeleteReport,
) -> CaseResult<(&TicketId, &Outcome)> {
    let mut outcomes = report.iter();
    match (outcomes.next(), outcomes.next()) {
        (Some(outcome), None) => Ok(outcome),
        _ => fail(
            "one ticket was deleted",
            "one outcome",
            format!("{} outcomes", report.len()),
        ),
    }
}

/// Any operation.
pub(crate) fn any(_: Operation) -> bool {
    true
}

/// Those that write.
pub(crate) fn writes(operation: Operation) -> bool {
    operation.is_write()
}

/// Those that read.
pub(crate) fn reads(operation: Operation) -> bool {
    !operation.is_write()
}
