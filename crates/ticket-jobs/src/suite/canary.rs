//! The canary: the first tickets of a job are worked on, and the others wait until they are released.

use ticket_core::{Change, ErrorKind, Outcome};

use super::bench::{
    ACCOUNT, Bench, CHUNK, CaseResult, KEY, delete, each, fails, listed, places, same, secs, wrong,
};
use crate::ledger::LOST_AFTER;
use crate::model::{
    Claim, Guards, JobAccount, JobId, JobState, NewJob, Step, Suspension, WorkerId,
};

/// A job with a canary of this many tickets.
async fn with_canary(bench: &Bench, canary: u64, tickets: &[(&str, &str)]) -> CaseResult<JobId> {
    let guards = Guards {
        canary: Some(canary),
        ..Guards::default()
    };
    let new = NewJob::new(Change::Delete).guards(guards);
    let job = bench.ledger.create(new).await?;
    bench.ledger.add(&job, listed(0, tickets)).await?;
    let accounts = [(ACCOUNT, KEY), ("other", "onecloud/other")];
    let accounts = accounts.map(|(name, key)| JobAccount::new(name, key, CHUNK));
    bench.ledger.seal(&job, accounts.to_vec(), None).await?;
    Ok(job)
}

/// A job of five tickets of [`ACCOUNT`] with a canary of two, and a worker.
async fn two_of_five(bench: &Bench) -> CaseResult<(JobId, WorkerId)> {
    let tickets = ["1", "2", "3", "4", "5"].map(|id| (ACCOUNT, id));
    let job = with_canary(bench, 2, &tickets).await?;
    let worker = bench.ledger.begin(&job).await?;
    Ok((job, worker))
}

/// Fails unless the claim says that the rest is held back.
async fn held(bench: &Bench, worker: WorkerId, account: &str, what: &str) -> CaseResult {
    match bench.ledger.claim(worker, account).await? {
        Claim::Held => Ok(()),
        other => wrong(what, "held", other),
    }
}

pub(super) async fn canary_holds_back_the_rest(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    // Three tickets: the places 0, 3 and 4. The places 1 and 2 are repetitions.
    let named = [
        (ACCOUNT, "1"),
        (ACCOUNT, "1"),
        (ACCOUNT, "1"),
        ("other", "1"),
        (ACCOUNT, "2"),
        (ACCOUNT, "3"),
        ("other", "2"),
    ];
    let job = with_canary(bench, 3, &named).await?;
    let held_from = bench.state(&job).await?.held_from;
    let what = "where the tickets begin that wait";
    same(what, held_from, Some(5))?;
    let worker = ledger.begin(&job).await?;
    let claimed = places(&bench.claim(worker).await?);
    let what = "a worker claimed of a canary of three tickets of two accounts";
    same(what, claimed, vec![0, 4])?;
    held(bench, worker, ACCOUNT, "it claimed again").await?;
    match ledger.claim(worker, "other").await? {
        Claim::Tickets(tickets) => same("of the other account", places(&tickets), vec![3])?,
        other => return wrong("it claimed of the other account", "a ticket", other),
    }
    ledger
        .settle(worker, each(&[0, 3, 4], &Outcome::Done))
        .await?;
    held(bench, worker, ACCOUNT, "the canary is done").await?;
    held(bench, worker, "other", "the canary is done").await?;
    let state = bench.state(&job).await?;
    let told = (state.state, state.open, state.held_from);
    let what = "the job goes on waiting";
    same(what, told, (JobState::Ready, 2, Some(5)))
}

pub(super) async fn released_tickets_are_claimed(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    for step in [None, Some(Step::Pause)] {
        let (job, worker) = two_of_five(bench).await?;
        bench.claim(worker).await?;
        held(bench, worker, ACCOUNT, "the rest of the canary").await?;
        if let Some(step) = step {
            ledger.steer(&job, step).await?;
        }
        let before = bench.state(&job).await?.state;
        let told = ledger.steer(&job, Step::Release).await?;
        same("a release changes no state", told, before)?;
        let held_from = bench.state(&job).await?.held_from;
        same("nothing waits any more", held_from, None)?;
        ledger.steer(&job, Step::Release).await?;
        ledger.steer(&job, Step::Resume).await?;
        let claimed = places(&bench.claim(worker).await?);
        same("the rest was claimed", claimed, vec![2, 3, 4])?;
        let all = each(&[0, 1, 2, 3, 4], &Outcome::Done);
        ledger.settle(worker, all).await?;
        let state = bench.state(&job).await?.state;
        same("the job is done", state, JobState::Completed)?;
        let late = ledger.steer(&job, Step::Release).await;
        fails("a job that is over", late, ErrorKind::Conflict)?;
    }
    Ok(())
}

pub(super) async fn canary_of_a_lost_worker_is_claimed_again(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let (job, worker) = two_of_five(bench).await?;
    bench.claim(worker).await?;
    bench.slot(&delete(&job, worker, &["1"])).await?;
    let next = ledger.begin(&job).await?;
    let wait = bench.later(next).await?;
    same("another worker has the canary", wait.is_zero(), false)?;
    bench.advance(LOST_AFTER);
    let next = ledger.begin(&job).await?;
    let claimed = bench.claim(next).await?;
    let doubts = claimed.iter().map(|ticket| ticket.in_doubt.is_some());
    let doubts: Vec<_> = doubts.collect();
    let what = "the worker was lost, and its canary claimed again";
    same(
        what,
        (places(&claimed), doubts),
        (vec![0, 1], vec![true, false]),
    )?;
    held(bench, next, ACCOUNT, "the rest still waits").await?;
    ledger.put_back(next, ACCOUNT, secs(5)).await?;
    let wait = bench.later(next).await?;
    let what = "the canary was put back for 5 s";
    same(what, wait <= secs(5), true)
}

pub(super) async fn held_account_says_so_whatever_its_state(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    // A canary of one account: the other one has a ticket before the first that waits, and it is done.
    let named = [
        (ACCOUNT, "1"),
        ("other", "1"),
        ("other", "2"),
        (ACCOUNT, "2"),
    ];
    let job = with_canary(bench, 3, &named).await?;
    let worker = ledger.begin(&job).await?;
    bench.claim(worker).await?;
    ledger.settle(worker, vec![(0, Outcome::Done)]).await?;
    let why = Suspension {
        because: "the key is revoked".to_owned(),
        until: None,
    };
    for key in [KEY, "onecloud/other"] {
        ledger.suspend(key, Some(why.clone())).await?;
    }
    let what = "an account is suspended, and only what waits for the canary is left";
    held(bench, worker, ACCOUNT, what).await?;
    match ledger.claim(worker, "other").await? {
        Claim::Suspended(_) => {}
        other => return wrong("an account of the canary", "suspended", other),
    }
    ledger.steer(&job, Step::Release).await?;
    match ledger.claim(worker, ACCOUNT).await? {
        Claim::Suspended(_) => Ok(()),
        other => wrong("the rest was released", "suspended", other),
    }
}

pub(super) async fn cancelled_canary_leaves_the_rest_unattempted(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let (job, worker) = two_of_five(bench).await?;
    bench.claim(worker).await?;
    bench.slot(&delete(&job, worker, &["2"])).await?;
    ledger.settle(worker, vec![(0, Outcome::Done)]).await?;
    let told = ledger.steer(&job, Step::Cancel).await?;
    let what = "a job was cancelled whose canary is in doubt";
    same(what, told, JobState::Cancelling)?;
    ledger.finish(worker).await?;
    let outcomes = bench.outcomes(&job).await?;
    let expected = vec!["done", "open", "unattempted", "unattempted", "unattempted"];
    same("what waited is left undone", outcomes, expected)?;
    let held_from = bench.state(&job).await?.held_from;
    same("nothing waits any more", held_from, None)?;
    let released = ledger.steer(&job, Step::Release).await;
    fails("it was released then", released, ErrorKind::Conflict)?;
    let next = ledger.begin(&job).await?;
    let claimed = places(&bench.claim(next).await?);
    same("what is in doubt was claimed", claimed, vec![1])?;
    ledger.settle(next, vec![(1, Outcome::AlreadyDone)]).await?;
    let state = bench.state(&job).await?.state;
    same("the job is over", state, JobState::Cancelled)
}
