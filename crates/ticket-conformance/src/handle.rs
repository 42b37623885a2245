//! The provider behind its standard layers, with short waits, and with faults injected before its calls.

use std::collections::HashSet;
use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::call::{RetryPolicy, StackOptions, standard_stack};
use ticket_core::provider::VendorJob;
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Error, ErrorKind, Page, ProviderInfo, Result, Ticket,
    TicketId, TicketProvider, TicketQuery, Tickets,
};

use crate::fault::{Fault, FaultTarget};
use crate::fixture::Fixture;
use crate::harness::Harness;
use crate::need::Need;
use crate::result::CaseResult;

/// The longest wait between two attempts: no test should take long.
const WAIT: Duration = Duration::from_millis(10);

fn options(attempts: NonZeroU32) -> StackOptions {
    let retry = RetryPolicy::default()
        .max_attempts(attempts)
        .base(Duration::from_millis(2))
        .cap(WAIT);
    StackOptions::default()
        .retry(retry)
        .concurrency(NonZeroUsize::MIN)
        .seed(1)
}

impl Harness {
    /// The provider with the standard layers, which make at most this many attempts.
    pub(crate) fn stack(&self, attempts: NonZeroU32) -> Arc<dyn TicketProvider> {
        standard_stack(Arc::clone(&self.provider), &options(attempts))
    }

    /// The handle of the provider. It does not repeat calls.
    pub(crate) fn handle(&self) -> Tickets {
        Tickets::with_options(Arc::clone(&self.provider), &options(NonZeroU32::MIN))
    }

    /// Like [`handle`](Self::handle), with faults injected into its calls. The fixture must be able to inject them.
    pub(crate) fn faulty_handle(&self, faults: Faults) -> CaseResult<Tickets> {
        self.check_need(Need::Faults)?;
        let provider = Faulty {
            provider: Arc::clone(&self.provider),
            fixture: Arc::clone(&self.fixture),
            faults,
        };
        Ok(Tickets::with_options(
            Arc::new(provider),
            &options(NonZeroU32::MIN),
        ))
    }
}

/// Which calls get which fault.
#[derive(Clone, Debug)]
pub(crate) enum Faults {
    /// Every list gets this fault.
    OnLists(Fault),
    /// Every delete that names one of these tickets gets this fault.
    OnDeletesOf(HashSet<TicketId>, Fault),
}

/// Injects faults before calls. All other calls go to the provider as they are.
struct Faulty {
    provider: Arc<dyn TicketProvider>,
    fixture: Arc<dyn Fixture>,
    faults: Faults,
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty")
            .field("provider", &self.provider)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl Faulty {
    async fn inject(&self, fault: &Fault, target: FaultTarget) -> Result<()> {
        let injected = self.fixture.inject(fault.clone(), target).await;
        injected.map_err(|reason| {
            let message = format!("the fixture cannot inject {fault:?}: {reason}");
            Error::new(ErrorKind::Config, message)
        })
    }
}

#[async_trait]
impl TicketProvider for Faulty {
    fn info(&self) -> &ProviderInfo {
        self.provider.info()
    }

    async fn get(&self, context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.provider.get(context, id).await
    }

    async fn list(&self, context: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        if let Faults::OnLists(fault) = &self.faults {
            self.inject(fault, FaultTarget::NextRead).await?;
        }
        self.provider.list(context, query).await
    }

    async fn delete(
        &self,
        context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        if let Faults::OnDeletesOf(ids, fault) = &self.faults {
            if targets.iter().any(|target| ids.contains(&target.id)) {
                self.inject(fault, FaultTarget::NextWrite).await?;
            }
        }
        let report = self.provider.delete(context, targets).await;
        // Of a provider that found out by a read that there is nothing to delete.
        self.fixture.withdraw_faults().await;
        report
    }

    async fn purge(&self, context: &CallContext, targets: &[DeleteTarget]) -> Result<DeleteReport> {
        self.provider.purge(context, targets).await
    }

    async fn job(
        &self,
        context: &CallContext,
        job: &VendorJob,
        targets: &[DeleteTarget],
    ) -> Result<Option<DeleteReport>> {
        self.provider.job(context, job, targets).await
    }
}
