//! Calls of each operation with valid arguments, and deletes that are carried out later.

use std::fmt::Debug;
use std::sync::PoisonError;

use ticket_core::model::{AttachedFile, PageRequest};
use ticket_core::provider::VendorJob;
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Error, Operation, TicketId, TicketProvider,
    TicketQuery,
};

use super::{Harness, is_accepted};
use crate::fault::Fault;
use crate::need::Need;
use crate::result::{CaseResult, describe, describe_error, ensure, fail, only_outcome, skip};

/// How often what came of accepted work is asked for: test servers go on with it at each question.
const QUESTIONS: usize = 10;

impl Harness {
    /// Deletes these tickets in one call. What the vendor only accepts is asked about until it is carried out.
    pub(crate) async fn delete(&self, targets: &[DeleteTarget]) -> Result<DeleteReport, Error> {
        let answer = self.provider.delete(&CallContext::new(), targets).await;
        self.carried_out(targets, answer).await
    }

    /// Deletes these tickets for good, out of the trash, in one call, as [`delete`](Self::delete) does.
    pub(crate) async fn purge(&self, targets: &[DeleteTarget]) -> Result<DeleteReport, Error> {
        let answer = self.provider.purge(&CallContext::new(), targets).await;
        self.carried_out(targets, answer).await
    }

    async fn carried_out(
        &self,
        targets: &[DeleteTarget],
        answer: Result<DeleteReport, Error>,
    ) -> Result<DeleteReport, Error> {
        let context = CallContext::new();
        let accepted = match answer {
            Err(error) if error.job().is_some() => error,
            answer => return answer,
        };
        if let Some(job) = accepted.job() {
            for _ in 0..QUESTIONS {
                if let Some(report) = self.provider.job(&context, job, targets).await? {
                    return Ok(report);
                }
            }
        }
        Err(accepted)
    }

    /// Deletes this ticket, with another one where a call may name several, once, in a call that the vendor only accepts.
    /// Returns the vendor's job and the tickets.
    pub(crate) async fn accepted(
        &self,
        id: &TicketId,
    ) -> CaseResult<(VendorJob, Vec<DeleteTarget>)> {
        let known = || self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(accepted) = known().get(id) {
            return Ok(accepted.clone());
        }
        let mut targets = vec![DeleteTarget::from(id)];
        if self.info().capabilities.max_delete_batch() > 1 {
            targets.push(DeleteTarget::from(&self.ticket().await?));
        }
        let answer = self.provider.delete(&CallContext::new(), &targets).await;
        let job = answer.as_ref().err().and_then(Error::job).cloned();
        match job {
            Some(job) => {
                known().insert(id.clone(), (job.clone(), targets.clone()));
                Ok((job, targets))
            }
            None => fail(
                "tickets were deleted by a provider that declares the operation `job`",
                "an error with the job as which the vendor accepted that",
                describe(&answer),
            ),
        }
    }

    /// A ticket that is in the trash.
    pub(crate) async fn deleted_ticket(&self) -> CaseResult<TicketId> {
        let id = self.ticket().await?;
        let deleted = self.call_on(Operation::Delete, &id).await?;
        ensure(
            deleted.is_ok(),
            "a ticket was deleted, to be restored",
            "success",
            describe(&deleted),
        )?;
        Ok(id)
    }

    pub(crate) async fn ticket_with_file(&self) -> CaseResult<TicketId> {
        self.check_need(Need::Ticket)?;
        Ok(self.fixture.ticket_with_file().await?)
    }

    /// The first file of the ticket, read once.
    pub(super) async fn file(&self, id: &TicketId) -> CaseResult<AttachedFile> {
        let files = || self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files().get(id) {
            return Ok(file.clone());
        }
        let page = PageRequest::first();
        let read = self
            .provider
            .attachments(&CallContext::new(), id, &page)
            .await;
        let file = match read {
            Ok(page) => page.items.into_iter().next(),
            Err(error) => {
                return fail(
                    "the files of a ticket that has one were read",
                    "that file",
                    describe_error(&error),
                );
            }
        };
        let Some(file) = file else {
            return fail(
                "the files of a ticket that has one were read",
                "that file",
                "none",
            );
        };
        files().insert(id.clone(), file.clone());
        Ok(file)
    }

    /// Calls the operation once with valid arguments, on a new ticket.
    pub(crate) async fn call(&self, operation: Operation) -> CaseResult<Result<(), Error>> {
        let id = self.ticket_for(operation).await?;
        self.call_on(operation, &id).await
    }

    /// Injects the fault into the request that the operation is about, and calls it.
    pub(crate) async fn call_with_fault(
        &self,
        operation: Operation,
        fault: &Fault,
    ) -> CaseResult<Result<(), Error>> {
        let id = self.ticket_for(operation).await?;
        self.inject(operation, fault.clone()).await?;
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

    /// Calls the operation, and also returns the `Debug` output of its result. The outcome of a deleted ticket counts
    /// as the result of the call.
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
            Operation::Restore => shown(provider.restore(&CallContext::new(), id).await),
            Operation::Attachments => shown(
                provider
                    .attachments(&CallContext::new(), id, &PageRequest::first())
                    .await,
            ),
            Operation::Download => {
                let file = self.file(id).await?;
                shown(provider.download(&CallContext::new(), &file).await)
            }
            Operation::Job => {
                let (job, targets) = self.accepted(id).await?;
                shown(provider.job(&CallContext::new(), &job, &targets).await)
            }
            Operation::Comment => {
                let comment = self.comment("Written by the suite")?;
                shown(provider.comment(&CallContext::new(), id, &comment).await)
            }
            Operation::Delete | Operation::Purge => {
                let targets = [DeleteTarget::from(id)];
                let context = CallContext::new();
                let report = match operation {
                    Operation::Purge => provider.purge(&context, &targets).await,
                    _ => provider.delete(&context, &targets).await,
                };
                let (mut result, debug) = shown(report.clone());
                // A purge may be accepted, also of one ticket. What comes of it is another call.
                if operation == Operation::Purge && report.as_ref().is_err_and(is_accepted) {
                    result = Ok(());
                }
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
