//! Workers: what they claim, settle and put back, and what happens when they are lost.

use std::collections::BTreeSet;
use std::pin::pin;
use std::task::Poll;

use futures_util::future::{join_all, poll_fn};
use ticket_core::{Effect, Error, ErrorKind, Outcome};

use super::bench::{
    ACCOUNT, Bench, CaseResult, MILLI, before, delete, each, fails, places, same, secs, wrong,
};
use crate::ledger::LOST_AFTER;
use crate::model::{Claim, JobId, JobState, WorkerId};

const SIX: [&str; 6] = ["1", "2", "3", "4", "5", "6"];

pub(super) async fn lowest_places_are_claimed_first(bench: &Bench) -> CaseResult {
    let job = bench.job(&["9", "8", "7", "6", "5"]).await?;
    let worker = bench.ledger.begin(&job).await?;
    let first = places(&bench.claim(worker).await?);
    same("a worker claimed", first, vec![0, 1, 2])?;
    let second = places(&bench.claim(worker).await?);
    same("it claimed more", second, vec![3, 4])?;
    match bench.ledger.claim(worker, ACCOUNT).await? {
        Claim::Nothing => Ok(()),
        other => wrong("it claimed although it had everything", "nothing", other),
    }
}

pub(super) async fn claims_are_exclusive(bench: &Bench) -> CaseResult {
    let job = bench.job(&SIX).await?;
    let workers = join_all((0..4).map(|_| bench.ledger.begin(&job))).await;
    let workers = workers
        .into_iter()
        .collect::<ticket_core::Result<Vec<_>>>()?;
    let distinct: BTreeSet<_> = workers.iter().collect();
    same(
        "four workers began, each with its own id",
        distinct.len(),
        4,
    )?;
    let claims = workers
        .iter()
        .map(|worker| bench.ledger.claim(*worker, ACCOUNT));
    let mut had = Vec::new();
    for claim in join_all(claims).await {
        match claim? {
            Claim::Tickets(tickets) => had.extend(places(&tickets)),
            Claim::Later(wait) if !wait.is_zero() => {}
            other => return wrong("four workers claimed at once", "tickets or later", other),
        }
    }
    had.sort_unstable();
    same(
        "four workers claimed at once; each ticket is somebody's",
        had,
        (0..6).collect(),
    )
}

pub(super) async fn claims_are_of_one_account(bench: &Bench) -> CaseResult {
    let job = bench
        .job_of(&[("other", "1"), (ACCOUNT, "1"), ("other", "2")])
        .await?;
    let worker = bench.ledger.begin(&job).await?;
    let claimed = places(&bench.claim(worker).await?);
    same("tickets of one account were claimed", claimed, vec![1])
}

pub(super) async fn ticket_gets_one_outcome(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let (job, worker) = bench.claimed(&["1", "2"]).await?;
    let decided_at = clock.now();
    ledger
        .settle(worker, vec![(0, Outcome::Done), (0, Outcome::AlreadyDone)])
        .await?;
    bench.advance(secs(5));
    let error = Error::new(ErrorKind::Forbidden, "not yours");
    ledger
        .settle(worker, each(&[0, 1], &Outcome::Failed(error)))
        .await?;
    let outcomes = bench.outcomes(&job).await?;
    same(
        "a ticket was settled three times",
        outcomes,
        vec!["done", "failed"],
    )?;
    let decided = bench
        .tickets(&job)
        .await?
        .first()
        .and_then(|ticket| ticket.decided_at);
    same("its outcome is as old as before", decided, Some(decided_at))
}

pub(super) async fn outcomes_are_read_back(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1", "2", "3"]).await?;
    let error = |kind, text| {
        Error::new(kind, text)
            .with_effect(Effect::Unknown)
            .with_status(504)
    };
    let outcomes = vec![
        (
            0,
            Outcome::Unknown(error(ErrorKind::Timeout, "no reply in 30 s")),
        ),
        (
            1,
            Outcome::NotFound(error(ErrorKind::NotFound, "no ticket \"2\"")),
        ),
        (2, Outcome::Failed(error(ErrorKind::Conflict, "locked"))),
    ];
    bench.ledger.settle(worker, outcomes.clone()).await?;
    let found = bench.tickets(&job).await?;
    let written: Vec<_> = outcomes
        .iter()
        .map(|(_, outcome)| format!("{outcome:?}"))
        .collect();
    let read = found.iter().filter_map(|ticket| ticket.outcome.as_ref());
    let read: Vec<_> = read.map(|outcome| format!("{outcome:?}")).collect();
    same("outcomes were written and read", read, written)
}

pub(super) async fn worker_settles_only_what_it_has(bench: &Bench) -> CaseResult {
    let job = bench.job(&SIX).await?;
    let one = bench.ledger.begin(&job).await?;
    let other = bench.ledger.begin(&job).await?;
    bench.claim(one).await?;
    // Whether this is an error is the ledger's choice.
    let _ = bench.ledger.settle(other, vec![(0, Outcome::Done)]).await;
    let _ = bench.ledger.settle(one, vec![(3, Outcome::Done)]).await;
    let outcomes = bench.outcomes(&job).await?;
    same(
        "workers settled tickets that they do not have",
        outcomes,
        vec!["open"; 6],
    )
}

pub(super) async fn finished_worker_has_nothing(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let (job, worker) = bench.claimed(&["1", "2"]).await?;
    let next = ledger.begin(&job).await?;
    bench.later(next).await?;
    ledger.finish(worker).await?;
    same(
        "one of two workers finished",
        bench.state(&job).await?.workers,
        1,
    )?;
    let claimed = places(&bench.claim(next).await?);
    same(
        "another worker has its tickets at once",
        claimed,
        vec![0, 1],
    )?;
    is_without_rights(bench, &job, worker).await?;
    let third = ledger.begin(&job).await?;
    if third <= worker || third <= next {
        return wrong(
            "another worker began",
            "an id that is greater than those before",
            third,
        );
    }
    Ok(())
}

/// Fails unless the worker can do nothing.
async fn is_without_rights(bench: &Bench, job: &JobId, worker: WorkerId) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let what = "a worker that is lost or has finished";
    let before = bench.outcomes(job).await?;
    let conflict = ErrorKind::Conflict;
    fails(
        &format!("`settle` by {what}"),
        ledger.settle(worker, vec![(0, Outcome::Done)]).await,
        conflict,
    )?;
    fails(
        &format!("`claim` by {what}"),
        ledger.claim(worker, ACCOUNT).await,
        conflict,
    )?;
    fails(
        &format!("`put_back` by {what}"),
        ledger.put_back(worker, ACCOUNT, secs(1)).await,
        conflict,
    )?;
    fails(
        &format!("`beat` by {what}"),
        ledger.beat(worker).await,
        conflict,
    )?;
    let taken = ledger.take(delete(job, worker, &["1"])).await;
    fails(&format!("`take` by {what}"), taken, ErrorKind::Cancelled)?;
    same("it changed no outcome", bench.outcomes(job).await?, before)?;
    same(
        "it recorded no call",
        ledger.calls(job, None, 10).await?.len(),
        0,
    )
}

pub(super) async fn worker_that_beats_is_not_lost(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1", "2"]).await?;
    for _ in 0..4 {
        bench.advance(before(LOST_AFTER));
        let state = bench.ledger.beat(worker).await?;
        same("a worker told that it is alive", state, JobState::Ready)?;
    }
    bench.advance(before(LOST_AFTER));
    let other = bench.ledger.begin(&job).await?;
    bench.later(other).await?;
    same("two workers are alive", bench.state(&job).await?.workers, 2)?;
    bench
        .ledger
        .settle(worker, each(&[0, 1], &Outcome::Done))
        .await?;
    same(
        "it settled its tickets",
        bench.outcomes(&job).await?,
        vec!["done", "done"],
    )
}

pub(super) async fn worker_without_beats_is_lost(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1", "2"]).await?;
    bench.advance(before(LOST_AFTER));
    let other = bench.ledger.begin(&job).await?;
    bench.later(other).await?;
    match bench.ledger.claim(worker, ACCOUNT).await? {
        Claim::Nothing => {}
        other => return wrong("it claimed more a millisecond before", "nothing", other),
    }
    bench.advance(MILLI);
    same(
        "one of two workers is lost",
        bench.state(&job).await?.workers,
        1,
    )?;
    // Nobody has claimed its tickets yet.
    is_without_rights(bench, &job, worker).await?;
    let claimed = bench.claim(other).await?;
    same(
        "another worker has its tickets",
        places(&claimed),
        vec![0, 1],
    )?;
    is_without_rights(bench, &job, worker).await?;
    bench
        .ledger
        .settle(other, each(&[0, 1], &Outcome::AlreadyDone))
        .await?;
    let outcomes = bench.outcomes(&job).await?;
    same(
        "the other worker's outcomes stand",
        outcomes,
        vec!["already_done"; 2],
    )
}

pub(super) async fn dropped_settle_is_whole_or_nothing(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1", "2", "3"]).await?;
    {
        let mut settle = pin!(
            bench
                .ledger
                .settle(worker, each(&[0, 1, 2], &Outcome::Done))
        );
        poll_fn(|context| {
            let _ = settle.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    }
    for _ in 0..10 {
        let open = bench.state(&job).await?.open;
        if open != 0 && open != 3 {
            return wrong(
                "a `settle` of three tickets was dropped",
                "all or none settled",
                open,
            );
        }
    }
    // Ready or over: what was written is complete either way.
    bench
        .ledger
        .settle(worker, each(&[0, 1, 2], &Outcome::Done))
        .await?;
    same(
        "the tickets were settled again",
        bench.state(&job).await?.open,
        0,
    )
}
