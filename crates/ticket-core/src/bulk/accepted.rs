//! Work that the vendor accepted: asks what came of it until that is known.

use std::time::Duration;

use tokio::time::Instant;

use super::called::{Called, Contact};
use super::change::Change;
use super::look::{look_at_each, of_a_read};
use super::notice::{Notice, Tell};
use super::reported::settle_report;
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteReport;
use crate::provider::error::{Effect, Error, ErrorKind, bounded};
use crate::provider::operation::Operation;
use crate::provider::outcome::Outcome;
use crate::provider::target::DeleteTarget;
use crate::provider::ticket_provider::TicketProvider;
use crate::provider::vendor_job::VendorJob;

/// How long after the vendor accepted it what came of it is asked for. Each further wait takes twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait between two questions.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long a wait may be before it is told.
const SILENT: Duration = Duration::from_secs(5);

/// How a wait for accepted work ended.
pub(super) enum Ended {
    /// It is carried out.
    Reported(DeleteReport),
    /// The vendor no longer knows the job.
    Forgotten(Error),
    /// The context ended before, or the vendor does not answer. The error has the [job](Error::job): it can be asked again.
    Open(Box<Called>),
}

/// Waits until the vendor has carried out the delete of these tickets that it accepted, after attempts of this effect. What
/// it reports no result for is looked at, and so is all if it no longer knows the job.
pub(super) async fn settle(
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
    job: &VendorJob,
    earlier_attempts: Effect,
    tell: Tell<'_>,
) -> Called {
    match wait(provider, context, targets, job, tell).await {
        Ended::Reported(report) => {
            let report = after_earlier_attempts(report, earlier_attempts, targets);
            settle_report(provider, context, report, tell).await
        }
        Ended::Forgotten(error) => {
            look_at_each(&Change::Delete, provider, context, targets, error).await
        }
        Ended::Open(called) => *called,
    }
}

/// What the job reports of tickets that an earlier attempt of ours may have deleted: if the job does not find one, that attempt
/// may be why. Of a job that an earlier process began, a failure is the answer to that attempt itself.
fn after_earlier_attempts(
    report: DeleteReport,
    earlier_attempts: Effect,
    targets: &[DeleteTarget],
) -> DeleteReport {
    if earlier_attempts == Effect::None {
        return report;
    }
    if targets.iter().all(|target| target.accepted.is_none()) {
        return report.in_doubt();
    }
    report.map(|outcome| match outcome {
        Outcome::NotFound(error) => Outcome::Unknown(error.with_effect(Effect::Unknown)),
        settled => settled,
    })
}

/// Waits until the vendor has carried out what it accepted for these tickets.
pub(super) async fn wait(
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
    job: &VendorJob,
    tell: Tell<'_>,
) -> Ended {
    let operation = if job.is_purge() {
        Operation::Purge
    } else {
        Operation::Delete
    };
    let of_the_change = |error: Error| {
        error
            .in_operation(&provider.info().id, operation)
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
            return Ended::Open(Box::new(Called {
                result: Err(of_the_change(Error::accepted(job.clone()))),
                contact: Contact::Unclear,
                ..Called::default()
            }));
        }
        match provider.job(&of_a_read(context), job, targets).await {
            Ok(Some(report)) => return Ended::Reported(report),
            Ok(None) => wait = (wait * 2).min(LONGEST_WAIT),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let job = bounded(job.as_str(), 60);
                let message =
                    format!("the vendor accepted it as job {job} and no longer knows that job");
                let error = Error::new(ErrorKind::Accepted, message);
                return Ended::Forgotten(of_the_change(error));
            }
            Err(error) => {
                return Ended::Open(Box::new(Called {
                    // It has accepted the change.
                    is_there: true,
                    ..Called::failed(of_the_change(error).with_job(job.clone()))
                }));
            }
        }
    }
}
