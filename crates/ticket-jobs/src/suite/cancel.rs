//! Cancelling: nothing new is sent, what is in doubt is looked at, and the rest is left undone.

use ticket_core::{ErrorKind, Operation, Outcome};

use super::bench::{ACCOUNT, Bench, CaseResult, delete, each, fails, places, same, secs, wrong};
use crate::ledger::LOST_AFTER;
use crate::model::{Claim, JobId, JobState, NewCall, Step};

async fn is(
    bench: &Bench,
    what: &str,
    job: &JobId,
    state: JobState,
    outcomes: &[&'static str],
) -> CaseResult {
    same(what, bench.outcomes(job).await?, outcomes.to_vec())?;
    same(what, bench.state(job).await?.state, state)
}

pub(super) async fn cancelled_job_leaves_the_rest_unattempted(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1", "2", "3", "4"]).await?;
    bench
        .ledger
        .settle(worker, vec![(0, Outcome::Done)])
        .await?;
    bench.ledger.finish(worker).await?;
    let state = bench.ledger.steer(&job, Step::Cancel).await?;
    same(
        "a job that nobody works on was cancelled",
        state,
        JobState::Cancelled,
    )?;
    let outcomes = ["done", "unattempted", "unattempted", "unattempted"];
    is(bench, "its tickets", &job, JobState::Cancelled, &outcomes).await
}

pub(super) async fn cancelling_waits_for_claimed_tickets(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let (job, worker) = bench.claimed(&["1", "2", "3", "4"]).await?;
    bench.slot(&delete(&job, worker, &["1", "2"])).await?;
    let state = ledger.steer(&job, Step::Cancel).await?;
    same(
        "a job with claimed tickets was cancelled",
        state,
        JobState::Cancelling,
    )?;
    same(
        "its worker was told",
        ledger.beat(worker).await?,
        JobState::Cancelling,
    )?;
    let taken = ledger.take(delete(&job, worker, &["3"])).await;
    fails(
        "a write of a job that is being cancelled",
        taken,
        ErrorKind::Cancelled,
    )?;
    ledger.settle(worker, each(&[0, 1], &Outcome::Done)).await?;
    let has = bench.state(&job).await?.state;
    same("the worker still has a ticket", has, JobState::Cancelling)?;
    ledger.put_back(worker, ACCOUNT, secs(60)).await?;
    let outcomes = ["done", "done", "unattempted", "unattempted"];
    is(
        bench,
        "it put the rest back",
        &job,
        JobState::Cancelled,
        &outcomes,
    )
    .await
}

pub(super) async fn cancelling_job_gives_only_what_is_in_doubt(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let (job, worker) = bench.claimed(&["1", "2", "3"]).await?;
    bench.slot(&delete(&job, worker, &["2"])).await?;
    ledger.finish(worker).await?;
    let state = ledger.steer(&job, Step::Cancel).await?;
    same(
        "a job with a ticket in doubt was cancelled",
        state,
        JobState::Cancelling,
    )?;
    let outcomes = ["unattempted", "open", "unattempted"];
    is(
        bench,
        "only the ticket in doubt is open",
        &job,
        JobState::Cancelling,
        &outcomes,
    )
    .await?;
    let next = ledger.begin(&job).await?;
    same(
        "a worker claimed",
        places(&bench.claim(next).await?),
        vec![1],
    )?;
    let taken = ledger.take(delete(&job, next, &["2"])).await;
    fails(
        "a write of a job that is being cancelled",
        taken,
        ErrorKind::Cancelled,
    )?;
    let look = NewCall {
        operation: Operation::Get,
        ..delete(&job, next, &["2"])
    };
    bench.slot(&look).await?;
    ledger.settle(next, vec![(1, Outcome::AlreadyDone)]).await?;
    let outcomes = ["unattempted", "already_done", "unattempted"];
    is(
        bench,
        "it looked at the ticket",
        &job,
        JobState::Cancelled,
        &outcomes,
    )
    .await
}

pub(super) async fn cancelling_goes_on_after_a_loss(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let (job, worker) = bench.claimed(&["1", "2", "3", "4", "5"]).await?;
    bench.slot(&delete(&job, worker, &["3"])).await?;
    let state = ledger.steer(&job, Step::Cancel).await?;
    same("a job was cancelled", state, JobState::Cancelling)?;
    bench.advance(LOST_AFTER);
    let next = ledger.begin(&job).await?;
    same(
        "its worker was lost, and the next one claimed",
        places(&bench.claim(next).await?),
        vec![2],
    )?;
    match ledger.claim(next, ACCOUNT).await? {
        Claim::Tickets(tickets) => return wrong("it claimed more", "no ticket", tickets),
        _ => ledger.settle(next, vec![(2, Outcome::Done)]).await?,
    }
    ledger.finish(next).await?;
    let outcomes = [
        "unattempted",
        "unattempted",
        "done",
        "unattempted",
        "unattempted",
    ];
    is(
        bench,
        "the next worker finished",
        &job,
        JobState::Cancelled,
        &outcomes,
    )
    .await
}

pub(super) async fn cancelled_job_keeps_its_outcomes(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1"]).await?;
    bench.ledger.put_back(worker, ACCOUNT, secs(0)).await?;
    bench.ledger.steer(&job, Step::Cancel).await?;
    let _ = bench.ledger.settle(worker, vec![(0, Outcome::Done)]).await;
    is(
        bench,
        "a worker settled late",
        &job,
        JobState::Cancelled,
        &["unattempted"],
    )
    .await
}
