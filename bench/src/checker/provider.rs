//! A vendor's provider as the plan declares it, and with a flaw where one is planted.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use tickets::model::{AttachedFile, Created, PageRequest};
use tickets::provider::{Download, NotFound, VendorJob};
use tickets::{
    CallContext, DeleteReport, DeleteTarget, Effect, Error, ErrorKind, Message, NewTicket,
    Operation, Outcome, Page, ProviderInfo, Result, Ticket, TicketId, TicketPatch, TicketProvider,
    TicketQuery,
};

use super::flaw::Flaw;
use super::plan::Declared;

/// The real provider, with a declaration that is true of the plan's vendor.
#[derive(Debug)]
pub struct Checked {
    inner: Arc<dyn TicketProvider>,
    info: ProviderInfo,
    flaw: Option<Flaw>,
}

impl Checked {
    /// Declares this of the provider, with the vendor's quota where it is another one.
    pub fn new(
        inner: Arc<dyn TicketProvider>,
        declared: Declared,
        window: Option<ticket_sandbox::Quota>,
        flaw: Option<Flaw>,
    ) -> Self {
        let mut info = inner.info().clone();
        info.never_reuses_ids &= declared.never_reuses_ids;
        info.reads_are_consistent = declared.reads_are_consistent;
        info.redirects_ids |= declared.redirects_ids;
        // What the vendor documents of single endpoints stays.
        for limit in &mut info.limits {
            let is_of_all = limit.operations.is_empty();
            for quota in limit.windows.iter_mut().filter(|_| is_of_all) {
                if let Some(window) = window {
                    (quota.calls, quota.window) = (window.calls, window.window);
                }
            }
        }
        match flaw {
            Some(Flaw::Any404IsGone) => prove_by_404(&mut info, NotFound::Undocumented),
            Some(Flaw::AmbiguousIsGone) => prove_by_404(&mut info, NotFound::Ambiguous),
            Some(Flaw::StaleReadIsProof) => info.reads_are_consistent = true,
            Some(Flaw::RepeatsWithReusedIds) => info.never_reuses_ids = true,
            Some(Flaw::RepeatsAtRedmine) => info.never_reuses_ids |= info.id == "redmine",
            Some(Flaw::DeletesThroughMerge) => info.redirects_ids = false,
            Some(Flaw::IgnoresWindows) => {
                let limits = info.limits.iter_mut();
                limits.for_each(|limit| limit.windows.clear());
            }
            Some(Flaw::IgnoresConcurrency) => {
                let limits = info.limits.iter_mut();
                limits.for_each(|limit| limit.max_concurrent = None);
            }
            _ => {}
        }
        Self { inner, info, flaw }
    }

    /// Declares that one call deletes at most so many tickets.
    pub fn delete_at_most(&mut self, tickets: usize) {
        let capabilities = &mut self.info.capabilities;
        if let Some(delete) = capabilities.support_mut(Operation::Delete) {
            delete.max_batch = tickets;
        }
    }

    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// The report of a delete that failed as a whole, where the flaw makes one.
    fn excused(&self, targets: &[DeleteTarget], error: Error) -> Result<DeleteReport> {
        let status = error.status();
        let as_done = match self.flaw {
            Some(Flaw::JobIsDone) => error.job().is_some(),
            Some(Flaw::AcceptedIsDeleted) => {
                status.is_some_and(|status| (201..300).contains(&status))
            }
            Some(Flaw::LostIsDeleted) => status.is_none() && error.effect() == Effect::Unknown,
            Some(Flaw::AnyBodyIsDeleted) => status == Some(200),
            Some(Flaw::RefusedIsDeleted) => {
                status.is_some_and(|status| (400..500).contains(&status))
            }
            _ => false,
        };
        if as_done {
            return Ok(DeleteReport::from_fn(targets, |_| Outcome::Done));
        }
        Err(match self.flaw {
            Some(Flaw::UnknownIsFailed) => error.with_effect(Effect::None),
            Some(Flaw::JobIsFailed) if error.job().is_some() => error.with_effect(Effect::None),
            _ => error,
        })
    }

    /// What the flaw makes of the vendor's word about a job.
    fn retold_job(
        &self,
        targets: &[DeleteTarget],
        told: Result<Option<DeleteReport>>,
    ) -> Result<Option<DeleteReport>> {
        let done = || Ok(Some(DeleteReport::from_fn(targets, |_| Outcome::Done)));
        match (self.flaw, &told) {
            (Some(Flaw::LostJobIsDone), Err(error)) if error.kind() == ErrorKind::NotFound => {
                done()
            }
            (Some(Flaw::EndedJobIsDone), Ok(Some(_))) => done(),
            _ => told,
        }
    }

    /// What the flaw makes of the vendor's report.
    fn retold(&self, targets: &[DeleteTarget], report: &DeleteReport) -> DeleteReport {
        let one_is_done = report.iter().any(|(_, outcome)| outcome.is_done());
        let retell = |outcome: Option<&Outcome>| match (self.flaw, outcome) {
            (Some(Flaw::BatchIsAllOrNothing), _) if one_is_done => Outcome::Done,
            (Some(Flaw::RefusedIsDeleted), Some(Outcome::Failed(_))) | (_, None) => Outcome::Done,
            (Some(Flaw::UnknownIsFailed), Some(Outcome::Unknown(error))) => {
                Outcome::Failed(error.clone().with_effect(Effect::None))
            }
            (_, Some(outcome)) => outcome.clone(),
        };
        let retold = DeleteReport::from_fn(targets, |id| retell(report.outcome(id)));
        if self.is(Flaw::UnaskedIsDropped) {
            return retold;
        }
        retold.with_unasked(report.unasked().to_vec())
    }
}

impl Checked {
    /// Deletes tickets that are not asked for, where a flaw does.
    async fn delete_others(&self, context: &CallContext, targets: &[DeleteTarget]) {
        let Some(last) = targets.last() else {
            return;
        };
        let other = match self.flaw {
            Some(Flaw::DeletesNeighbour) => next(&last.id),
            Some(Flaw::DeletesParent) if self.info.id == "redmine" => {
                let read = self.inner.get(context, &last.id).await;
                let parent = read.ok().and_then(|child| {
                    let child: Value = serde_json::from_str(child.raw.get()).ok()?;
                    child.pointer("/parent/id")?.as_u64()
                });
                parent.map(|parent| DeleteTarget::new(parent.to_string()))
            }
            _ => None,
        };
        if let Some(other) = other {
            let _ = self.inner.delete(context, &[other]).await;
        }
    }

    fn deletes_merge_target(&self) -> bool {
        self.is(Flaw::DeletesMergeTarget) && self.info.id == "rt"
    }

    /// The ids to which these lead, where the flaw follows them.
    async fn followed(&self, context: &CallContext, targets: &[DeleteTarget]) -> Vec<DeleteTarget> {
        let mut followed = targets.to_vec();
        if self.deletes_merge_target() {
            for target in &mut followed {
                if let Ok(read) = self.inner.get(context, &target.id).await {
                    target.id = read.id;
                }
            }
        }
        followed
    }
}

/// Lets a *not found* that proves nothing prove that the ticket is gone.
fn prove_by_404(info: &mut ProviderInfo, of: NotFound) {
    for operation in [Operation::Get, Operation::Delete] {
        let support = info.capabilities.support_mut(operation);
        if let Some(support) = support.filter(|support| support.not_found == of) {
            support.not_found = NotFound::Gone;
        }
    }
}

fn next(id: &TicketId) -> Option<DeleteTarget> {
    let number: u64 = id.as_str().parse().ok()?;
    Some(DeleteTarget::new((number + 1).to_string()))
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl TicketProvider for Checked {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn web_url(&self, id: &TicketId) -> Option<String> {
        self.inner.web_url(id)
    }

    async fn get(&self, context: &CallContext, id: &TicketId) -> Result<Ticket> {
        if self.is(Flaw::NeverLooks) {
            return Err(Error::new(ErrorKind::Forbidden, "no ticket is looked at"));
        }
        if self.is(Flaw::ReadsTwice) {
            let _ = self.inner.get(context, id).await;
        }
        let mut ticket = self.inner.get(context, id).await?;
        if self.is(Flaw::ReadIsOfAnother) || self.deletes_merge_target() {
            ticket.id = id.clone();
        }
        Ok(ticket)
    }

    async fn list(&self, context: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        let mut page = self.inner.list(context, query).await?;
        match self.flaw {
            Some(Flaw::ListLosesPages) => (page.next, page.total) = (None, None),
            Some(Flaw::ListLosesRows) => {
                page.total = None;
                page.items.pop();
            }
            Some(Flaw::ListHidesGaps) => {
                page.total = None;
                page.gaps.clear();
            }
            _ => {}
        }
        Ok(page)
    }

    async fn create(&self, context: &CallContext, ticket: &NewTicket) -> Result<Created> {
        match self.inner.create(context, ticket).await {
            Err(error) if error.effect() == Effect::Unknown => match self.flaw {
                Some(Flaw::CreateIsRepeated) => self.inner.create(context, ticket).await,
                Some(Flaw::UnknownCreateIsFailed) => Err(error.with_effect(Effect::None)),
                _ => Err(error),
            },
            Ok(created) if self.is(Flaw::CreatedIdIsWrong) => Ok(Created::new("7", created.raw)),
            result => result,
        }
    }

    async fn update(
        &self,
        context: &CallContext,
        id: &TicketId,
        patch: &TicketPatch,
    ) -> Result<()> {
        match self.inner.update(context, id, patch).await {
            Err(error) => match self.flaw {
                Some(Flaw::DroppedUpdateIsDone) if error.kind() == ErrorKind::Conflict => Ok(()),
                Some(Flaw::UnknownUpdateIsFailed) => Err(error.with_effect(Effect::None)),
                _ => Err(error),
            },
            done => done,
        }
    }

    async fn resolve(&self, context: &CallContext, id: &TicketId) -> Result<()> {
        self.inner.resolve(context, id).await
    }

    async fn delete(
        &self,
        context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        self.delete_others(context, targets).await;
        let sent = self.followed(context, targets).await;
        let mut result = self.inner.delete(context, &sent).await;
        if self.is(Flaw::ForgetsFirstAttempt)
            && let Err(error) = &result
            && error.effect() == Effect::Unknown
        {
            result = self.inner.delete(context, targets).await;
        }
        match result {
            Ok(report) => Ok(self.retold(targets, &report)),
            Err(error) => self.excused(targets, error),
        }
    }

    async fn messages(
        &self,
        context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        self.inner.messages(context, id, page).await
    }

    async fn comment(
        &self,
        context: &CallContext,
        id: &TicketId,
        comment: &tickets::NewComment,
    ) -> Result<()> {
        self.inner.comment(context, id, comment).await
    }

    async fn restore(&self, context: &CallContext, id: &TicketId) -> Result<()> {
        let mut followed = id.clone();
        if self.is(Flaw::RestoresMergeTarget)
            && let Ok(read) = self.inner.get(context, id).await
        {
            followed = read.id;
        }
        match self.inner.restore(context, &followed).await {
            Err(error) => match self.flaw {
                Some(Flaw::AcceptedIsRestored) if error.status().is_some() => Ok(()),
                Some(Flaw::UnknownRestoreIsFailed) => Err(error.with_effect(Effect::None)),
                _ => Err(error),
            },
            done => done,
        }
    }

    async fn attachments(
        &self,
        context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<AttachedFile>> {
        self.inner.attachments(context, id, page).await
    }

    async fn download(&self, context: &CallContext, file: &AttachedFile) -> Result<Download> {
        self.inner.download(context, file).await
    }

    async fn purge(&self, context: &CallContext, targets: &[DeleteTarget]) -> Result<DeleteReport> {
        self.inner.purge(context, targets).await
    }

    async fn job(
        &self,
        context: &CallContext,
        job: &VendorJob,
        targets: &[DeleteTarget],
    ) -> Result<Option<DeleteReport>> {
        let told = self.inner.job(context, job, targets).await;
        self.retold_job(targets, told)
    }
}
