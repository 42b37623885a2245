//! Doubt: whether a call of an earlier worker may have changed a ticket.

use std::time::Duration;

use ticket_core::provider::VendorJob;
use ticket_core::{Effect, ErrorKind, Operation, Outcome};

use super::bench::{ACCOUNT, Bench, CaseResult, LONGEST, before, call, delete, each, same, secs};
use crate::ledger::{LOST_AFTER, MARGIN};
use crate::model::{Claimed, Ended, JobId, NewCall};

const REFUSED: Ended = Ended::Failed {
    kind: ErrorKind::RateLimited,
    effect: Effect::None,
    status: Some(429),
};

const NO_REPLY: Ended = Ended::Failed {
    kind: ErrorKind::Timeout,
    effect: Effect::Unknown,
    status: None,
};

/// The worker is lost, and a new one claims its tickets.
async fn claimed_after_loss(bench: &Bench, job: &JobId) -> CaseResult<Vec<Claimed>> {
    bench.advance(LOST_AFTER);
    let next = bench.ledger.begin(job).await?;
    bench.claim(next).await
}

fn doubts(claimed: &[Claimed]) -> Vec<Option<Duration>> {
    claimed.iter().map(|ticket| ticket.in_doubt).collect()
}

pub(super) async fn unsent_tickets_are_not_in_doubt(bench: &Bench) -> CaseResult {
    let (job, _) = bench.claimed(&["1", "2"]).await?;
    let claimed = claimed_after_loss(bench, &job).await?;
    same(
        "a worker was lost before it sent something",
        doubts(&claimed),
        vec![None, None],
    )?;
    same(
        "the list says so too",
        bench.doubts(&job).await?,
        vec![false, false],
    )
}

pub(super) async fn sent_tickets_are_in_doubt(bench: &Bench) -> CaseResult {
    for (end, is_in_doubt) in [
        (None, true),
        (Some(Ended::Answered), true),
        (Some(NO_REPLY), true),
        (Some(REFUSED), false),
        (Some(Ended::Unsent), false),
    ] {
        let (job, worker) = bench.claimed(&["1", "2", "3"]).await?;
        let call = bench.slot(&delete(&job, worker, &["1", "3"])).await?;
        let what =
            format!("a worker was lost after a delete of the tickets 0 and 2 that ended: {end:?}");
        if let Some(end) = end {
            bench.ledger.end(call, end).await?;
        }
        let expected = vec![is_in_doubt, false, is_in_doubt];
        same(&what, bench.doubts(&job).await?, expected.clone())?;
        let claimed = claimed_after_loss(bench, &job).await?;
        let found = claimed
            .iter()
            .map(|ticket| ticket.in_doubt.is_some())
            .collect();
        same(
            &format!("{what}; the next worker was told"),
            found,
            expected,
        )?;
    }
    Ok(())
}

pub(super) async fn doubt_tells_how_long_the_call_may_act(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1"]).await?;
    let longest = NewCall {
        longest: secs(60),
        ..delete(&job, worker, &["1"])
    };
    bench.slot(&longest).await?;
    bench.ledger.finish(worker).await?;
    let expires = secs(60) + MARGIN;
    let mut passed = Duration::ZERO;
    for at in [
        Duration::ZERO,
        secs(40),
        before(expires),
        expires,
        expires + secs(9),
    ] {
        bench.advance(at.saturating_sub(passed));
        passed = at;
        let next = bench.ledger.begin(&job).await?;
        let claimed = bench.claim(next).await?;
        let left = expires.saturating_sub(at);
        same(
            &format!("a call of 60 s was dropped, and {at:?} passed"),
            doubts(&claimed),
            vec![Some(left)],
        )?;
        bench.ledger.finish(next).await?;
    }
    Ok(())
}

pub(super) async fn calls_that_were_lost_are_told(bench: &Bench) -> CaseResult {
    let (job, mut worker) = bench.claimed(&["1", "2", "3"]).await?;
    let read = |worker, id| NewCall {
        operation: Operation::Get,
        ..delete(&job, worker, &[id])
    };
    for expected in [[1, 0, 0], [2, 0, 1], [3, 0, 1], [4, 0, 2]] {
        bench.slot(&delete(&job, worker, &["1"])).await?;
        let ended = bench.slot(&delete(&job, worker, &["2"])).await?;
        bench.ledger.end(ended, NO_REPLY).await?;
        bench.slot(&read(worker, "3")).await?;
        bench.advance(LOST_AFTER);
        worker = bench.ledger.begin(&job).await?;
        let claimed = bench.claim(worker).await?;
        let lost: Vec<_> = claimed.iter().map(|ticket| ticket.lost_calls).collect();
        let what = "workers were lost with a delete and a read, and another delete ended";
        same(what, lost, expected.to_vec())?;
    }
    let ended = bench.slot(&read(worker, "3")).await?;
    bench.ledger.end(ended, Ended::Answered).await?;
    let claimed = claimed_after_loss(bench, &job).await?;
    let lost: Vec<_> = claimed.iter().map(|ticket| ticket.lost_calls).collect();
    same("the last read ended", lost, vec![4, 0, 0])
}

pub(super) async fn reads_leave_no_doubt(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1"]).await?;
    let look = NewCall {
        operation: Operation::Get,
        ..delete(&job, worker, &["1"])
    };
    bench.slot(&look).await?;
    let claimed = claimed_after_loss(bench, &job).await?;
    same(
        "a worker was lost while it read a ticket",
        doubts(&claimed),
        vec![None],
    )
}

pub(super) async fn doubt_is_about_the_same_ticket(bench: &Bench) -> CaseResult {
    let earlier = bench.job(&["1"]).await?;
    let job = bench.job_of(&[(ACCOUNT, "1"), ("other", "1")]).await?;
    let worker = bench.ledger.begin(&earlier).await?;
    bench.slot(&delete(&earlier, worker, &["1"])).await?;
    bench
        .slot(&NewCall {
            tickets: vec!["1".into()],
            ..call(Operation::Delete)
        })
        .await?;
    same(
        "another job and a single command deleted the id",
        bench.doubts(&job).await?,
        vec![false; 2],
    )?;
    let worker = bench.ledger.begin(&job).await?;
    bench.slot(&delete(&job, worker, &["1"])).await?;
    same(
        "the job deleted it at one account",
        bench.doubts(&job).await?,
        vec![true, false],
    )
}

pub(super) async fn late_end_without_effect_ends_the_doubt(bench: &Bench) -> CaseResult {
    for (end, expected) in [(REFUSED, None), (Ended::Answered, Some(Duration::ZERO))] {
        let (job, worker) = bench.claimed(&["1"]).await?;
        let call = bench.slot(&delete(&job, worker, &["1"])).await?;
        let claimed = claimed_after_loss(bench, &job).await?;
        same(
            "a worker was lost after it sent a delete",
            doubts(&claimed),
            vec![Some(Duration::ZERO)],
        )?;
        let what = format!("its call ended late: {end:?}");
        bench.ledger.end(call, end).await?;
        let claimed = claimed_after_loss(bench, &job).await?;
        same(&what, doubts(&claimed), vec![expected])?;
    }
    Ok(())
}

pub(super) async fn accepted_calls_are_told_with_their_job(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1", "2", "3"]).await?;
    // Ids of any form, in whatever text they are stored.
    let first = VendorJob::new("purge:first");
    let second = VendorJob::purge("second");
    let accepted = |job: &VendorJob| Ended::Accepted {
        job: job.clone(),
        status: Some(200),
    };
    for (ids, end) in [
        (["1", "2"], accepted(&first)),
        (["2", "3"], NO_REPLY),
        (["2", "3"], REFUSED),
    ] {
        let call = bench.slot(&delete(&job, worker, &ids)).await?;
        bench.ledger.end(call, end).await?;
    }
    let again = bench.slot(&delete(&job, worker, &["2"])).await?;
    bench.ledger.end(again, accepted(&second)).await?;
    let claimed = claimed_after_loss(bench, &job).await?;
    same(
        "the vendor accepted deletes as jobs, and the worker was lost",
        doubts(&claimed),
        vec![Some(Duration::ZERO); 3],
    )?;
    let jobs = claimed.iter().map(|ticket| ticket.accepted.clone());
    same(
        "the last job of each ticket is told",
        jobs.collect::<Vec<_>>(),
        vec![Some(first.clone()), Some(second.clone()), None],
    )?;
    let calls = bench.ledger.calls(&job, None, 10).await?;
    let told = calls
        .iter()
        .map(|call| (call.kind, call.status, call.accepted.clone()));
    same(
        "and so are the calls",
        told.collect::<Vec<_>>(),
        vec![
            (None, Some(200), Some(first)),
            (Some(ErrorKind::Timeout), None, None),
            (Some(ErrorKind::RateLimited), Some(429), None),
            (None, Some(200), Some(second)),
        ],
    )
}

pub(super) async fn call_ends_once(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1"]).await?;
    let call = bench.slot(&delete(&job, worker, &["1"])).await?;
    bench.ledger.end(call, NO_REPLY).await?;
    bench.advance(secs(1));
    bench.ledger.end(call, REFUSED).await?;
    bench.ledger.end(call, Ended::Unsent).await?;
    same(
        "a call without a reply ended again",
        bench.doubts(&job).await?,
        vec![true],
    )?;
    let calls = bench.ledger.calls(&job, None, 10).await?;
    let kinds: Vec<_> = calls.iter().map(|call| call.kind).collect();
    same(
        "its first end is recorded",
        kinds,
        vec![Some(ErrorKind::Timeout)],
    )
}

pub(super) async fn each_call_leaves_its_own_doubt(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1"]).await?;
    let first = bench.slot(&delete(&job, worker, &["1"])).await?;
    bench.ledger.end(first, NO_REPLY).await?;
    let second = bench.slot(&delete(&job, worker, &["1"])).await?;
    bench.ledger.end(second, REFUSED).await?;
    let doubt = bench.doubts(&job).await?;
    same(
        "a first delete got no reply, a second one was refused",
        doubt,
        vec![true],
    )
}

pub(super) async fn doubt_stays_until_the_outcome(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1", "2"]).await?;
    bench.slot(&delete(&job, worker, &["1"])).await?;
    bench.ledger.put_back(worker, ACCOUNT, secs(0)).await?;
    bench.advance(LONGEST + MARGIN);
    for _ in 0..3 {
        let claimed = bench.claim(worker).await?;
        same(
            "a ticket in doubt was put back and claimed",
            doubts(&claimed),
            vec![Some(Duration::ZERO), None],
        )?;
        bench.ledger.put_back(worker, ACCOUNT, secs(0)).await?;
    }
    bench.claim(worker).await?;
    bench
        .ledger
        .settle(worker, each(&[0], &Outcome::AlreadyDone))
        .await?;
    same(
        "it has an outcome",
        bench.doubts(&job).await?,
        vec![false, false],
    )
}
