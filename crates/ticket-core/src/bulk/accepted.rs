//! Work that the vendor accepted: asks what came of it until that is known.

use std::time::Duration;

use tokio::time::Instant;

use super::called::{Called, Contact};
use super::change::Change;
use super::delete::settle_report;
use super::look::{look_at_each, of_a_read};
use super::{Notice, Tell};
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteTarget;
use crate::provider::error::{Effect, Error, ErrorKind, bounded};
use crate::provider::operation::Operation;
use crate::provider::ticket_provider::TicketProvider;
use crate::provider::vendor_job::VendorJob;

/// How long after the vendor accepted it what came of it is asked for. Each further wait takes twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait between two questions.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long a wait may be before it is told.
const SILENT: Duration = Duration::from_secs(5);

/// Waits until the vendor has carried out the delete of these tickets that it accepted. What it reports no result for is
/// looked at, and so is all if it no longer knows the job.
///
/// Fails with the [job](Error::job) if the context ends before, or the vendor does not answer: it can be asked again.
pub(super) async fn settle(
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
    job: &VendorJob,
    tell: Tell<'_>,
) -> Called {
    let of_delete = |error: Error| {
        let id = &provider.info().id;
        error
            .in_operation(id, Operation::Delete)
            .with_effect(Effect::Unknown)
    };
    let mut wait = FIRST_WAIT;
    loop {
        if wait > SILENT {
            tell(&Notice::Accepted {
                job: job.clone(),
                tickets: targets.len(),
                until: Instant::now() + wait,
            });
        }
        if tokio::time::timeout(wait, context.end()).await.is_ok() {
            return Called {
                result: Err(of_delete(Error::accepted(job.clone()))),
                contact: Contact::Unclear,
                ..Called::default()
            };
        }
        match provider.job(&of_a_read(context), job, targets).await {
            Ok(Some(report)) => return settle_report(provider, context, report, tell).await,
            Ok(None) => wait = (wait * 2).min(LONGEST_WAIT),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let job = bounded(job.as_str(), 60);
                let message =
                    format!("the vendor accepted it as job {job} and no longer knows that job");
                let error = of_delete(Error::new(ErrorKind::Accepted, message));
                return look_at_each(&Change::Delete, provider, context, targets, error).await;
            }
            Err(error) => {
                return Called {
                    // It has accepted the delete.
                    is_there: true,
                    ..Called::failed(of_delete(error).with_job(job.clone()))
                };
            }
        }
    }
}
