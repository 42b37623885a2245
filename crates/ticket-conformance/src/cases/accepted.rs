//! Deletes that the vendor only accepts: told as accepted, and asked about.

use ticket_core::provider::VendorJob;
use ticket_core::{CallContext, DeleteTarget, Effect, Error, ErrorKind, Operation};

use crate::harness::{CaseResult, Harness, describe, ensure};

pub(crate) async fn accepted_deletes_are_told_with_their_job(harness: &Harness) -> CaseResult {
    harness.require(Operation::Job)?;
    let id = harness.ticket().await?;
    let (job, targets) = harness.accepted(&id).await?;
    let answer = harness
        .provider
        .job(&CallContext::new(), &job, &targets)
        .await;
    ensure(
        answer.is_ok(),
        format!("what came of the accepted job `{job}` was asked for"),
        "an answer",
        describe(&answer),
    )
}

pub(crate) async fn unknown_jobs_are_not_found(harness: &Harness) -> CaseResult {
    harness.require(Operation::Job)?;
    let targets = [DeleteTarget::from(&harness.ticket().await?)];
    let job = VendorJob::new("0123456789abcdef0123456789abcdef");
    let answer = harness
        .provider
        .job(&CallContext::new(), &job, &targets)
        .await;
    let error = answer.as_ref().err();
    ensure(
        error.map(Error::kind) == Some(ErrorKind::NotFound)
            && error.map(Error::effect) == Some(Effect::None),
        "a job was asked for that the vendor does not know",
        "`not_found` of effect none, so that each ticket is looked at",
        describe(&answer),
    )
}
