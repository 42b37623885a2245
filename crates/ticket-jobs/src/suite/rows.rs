//! What is recorded: calls, counts, accounts, and what is removed in the end.

use ticket_core::{Effect, ErrorKind, Operation, Outcome, TicketId};

use super::bench::{
    ACCOUNT, Bench, CaseResult, KEY, LONGEST, MILLI, before, call, delete, each, no_job, same,
    secs, window,
};
use crate::clock::later;
use crate::ledger::{LOST_AFTER, MARGIN};
use crate::model::{Ended, JobCall, NewCall, Step, Which};

pub(super) async fn time_is_that_of_the_clock(bench: &Bench) -> CaseResult {
    for _ in 0..3 {
        let what = "the ledger's time and that of its clock";
        same(what, bench.ledger.now(), bench.clock.now())?;
        bench.advance(secs(3600));
    }
    Ok(())
}

pub(super) async fn calls_are_recorded_with_their_ends(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let (job, worker) = bench.claimed(&["1", "2", "3"]).await?;
    let taken_at = clock.now();
    let answered = bench.slot(&delete(&job, worker, &["1", "2"])).await?;
    let look = NewCall {
        operation: Operation::Get,
        requests: 2,
        ..delete(&job, worker, &["3"])
    };
    let failed = bench.slot(&look).await?;
    let open = bench.slot(&delete(&job, worker, &["3"])).await?;
    bench
        .slot(&NewCall {
            tickets: vec!["1".into()],
            ..call(Operation::Delete)
        })
        .await?;
    bench.advance(secs(2));
    ledger.end(answered, Ended::Answered).await?;
    let end = Ended::Failed {
        kind: ErrorKind::Server,
        effect: Effect::Unknown,
        status: Some(503),
    };
    ledger.end(failed, end).await?;
    let calls = ledger.calls(&job, None, 10).await?;
    let ids: Vec<_> = calls.iter().map(|call| call.id).collect();
    same(
        "the calls of the job were read",
        ids,
        vec![answered, failed, open],
    )?;
    let named: Vec<Vec<&str>> = calls
        .iter()
        .map(|call| call.tickets.iter().map(TicketId::as_str).collect())
        .collect();
    same(
        "which tickets they named",
        named,
        vec![vec!["1", "2"], vec!["3"], vec!["3"]],
    )?;
    let operations: Vec<_> = calls.iter().map(|call| call.operation).collect();
    same(
        "what they did",
        operations,
        vec![Operation::Delete, Operation::Get, Operation::Delete],
    )?;
    let requests: Vec<_> = calls.iter().map(|call| call.requests).collect();
    same(
        "how many requests they may have made",
        requests,
        vec![1, 2, 1],
    )?;
    let ended_at = Some(later(taken_at, secs(2)));
    let ends: Vec<_> = calls.iter().map(|call| call.ended_at).collect();
    same("when they ended", ends, vec![ended_at, ended_at, None])?;
    let errors: Vec<_> = calls
        .iter()
        .map(|call| (call.kind, call.effect, call.status))
        .collect();
    let server = (Some(ErrorKind::Server), Some(Effect::Unknown), Some(503));
    same(
        "their errors",
        errors,
        vec![(None, None, None), server, (None, None, None)],
    )?;
    let expires_at = later(taken_at, LONGEST + MARGIN);
    let common = |call: &JobCall| {
        let times = (call.taken_at, call.expires_at);
        call.account == KEY && call.worker == Some(worker) && times == (taken_at, expires_at)
    };
    let all: Vec<_> = calls.iter().map(common).collect();
    same(
        "their account, worker and times are right",
        all,
        vec![true; 3],
    )
}

pub(super) async fn calls_are_read_in_pages(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1"]).await?;
    let other = bench.claimed(&["1"]).await?;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(bench.slot(&delete(&job, worker, &["1"])).await?);
        bench.slot(&delete(&other.0, other.1, &["1"])).await?;
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = bench.ledger.calls(&job, after, 2).await?;
        let Some(last) = page.last().filter(|_| page.len() <= 2) else {
            break;
        };
        after = Some(last.id);
        found.extend(page.iter().map(|call| call.id));
    }
    same(
        "the calls of one of two jobs were read in pages of two",
        found,
        made,
    )
}

pub(super) async fn late_ends_of_a_lost_worker_are_recorded(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1"]).await?;
    let id = bench.slot(&delete(&job, worker, &["1"])).await?;
    bench.advance(LOST_AFTER);
    bench.ledger.end(id, Ended::Answered).await?;
    let calls = bench.ledger.calls(&job, None, 10).await?;
    let ends: Vec<_> = calls.iter().map(|call| call.ended_at).collect();
    same(
        "a worker was lost, and its call ended then",
        ends,
        vec![Some(bench.clock.now())],
    )?;
    same(
        "that decides nothing",
        bench.outcomes(&job).await?,
        vec!["open"],
    )
}

pub(super) async fn counts_are_those_of_the_rows(bench: &Bench) -> CaseResult {
    let named = [
        (ACCOUNT, "1"),
        (ACCOUNT, "2"),
        ("other", "1"),
        (ACCOUNT, "1"),
        (ACCOUNT, "3"),
    ];
    let job = bench.job_of(&named).await?;
    let worker = bench.ledger.begin(&job).await?;
    bench.claim(worker).await?;
    bench
        .ledger
        .settle(worker, vec![(0, Outcome::Done)])
        .await?;
    bench
        .ledger
        .settle(worker, each(&[0, 4], &Outcome::Done))
        .await?;
    let gone = ticket_core::Error::new(ErrorKind::NotFound, "no such ticket");
    bench
        .ledger
        .settle(worker, vec![(1, Outcome::NotFound(gone))])
        .await?;
    let read = bench.state(&job).await?;
    let counts: Vec<_> = read
        .counts
        .iter()
        .map(|(word, count)| (word.as_str(), *count))
        .collect();
    same(
        "tickets by outcome",
        counts,
        vec![("done", 2), ("not_found", 1)],
    )?;
    same(
        "tickets, open ones, repetitions",
        (read.tickets, read.open, read.repeated),
        (4, 1, 1),
    )?;
    let accounts: Vec<_> = read
        .accounts
        .iter()
        .map(|one| (one.name.as_str(), one.tickets, one.open))
        .collect();
    same(
        "tickets of each account",
        accounts,
        vec![(ACCOUNT, 3, 0), ("other", 1, 1)],
    )?;
    let open = bench.ledger.tickets(&job, Which::Open, None, 10).await?;
    same("open tickets as listed", open.len(), 1)?;
    let listed = bench.ledger.jobs().await?;
    let listed = listed.first().map(|job| (job.counts.clone(), job.open));
    same(
        "the list of jobs says the same",
        listed,
        Some((read.counts, 1)),
    )
}

pub(super) async fn verify_finds_nothing_in_any_state(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let job = bench
        .loading(&[
            (ACCOUNT, "1"),
            (ACCOUNT, "2"),
            (ACCOUNT, "1"),
            (ACCOUNT, "3"),
        ])
        .await?;
    let well = async |what: &str| same(what, ledger.verify(&job).await?, Vec::<String>::new());
    well("loading").await?;
    ledger
        .seal(
            &job,
            vec![crate::model::JobAccount::new(ACCOUNT, KEY, 2)],
            None,
        )
        .await?;
    well("ready").await?;
    let worker = ledger.begin(&job).await?;
    bench.claim(worker).await?;
    let id = bench.slot(&delete(&job, worker, &["1", "2"])).await?;
    well("with a call in flight").await?;
    ledger.end(id, Ended::Answered).await?;
    ledger.settle(worker, vec![(0, Outcome::Done)]).await?;
    well("with one outcome").await?;
    bench.advance(LOST_AFTER);
    well("with a lost worker").await?;
    ledger.steer(&job, Step::Pause).await?;
    well("paused").await?;
    ledger.steer(&job, Step::Cancel).await?;
    well("cancelling").await?;
    let next = ledger.begin(&job).await?;
    bench.claim(next).await?;
    ledger.settle(next, vec![(1, Outcome::AlreadyDone)]).await?;
    well("cancelled").await
}

pub(super) async fn accounts_tell_what_is_in_flight(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1"]).await?;
    let long = NewCall {
        longest: secs(100),
        ..delete(&job, worker, &["1"])
    };
    bench.slot(&long).await?;
    let ended = bench.slot(&long).await?;
    bench.ledger.end(ended, Ended::Answered).await?;
    let unsent = bench.slot(&long).await?;
    bench.ledger.end(unsent, Ended::Unsent).await?;
    bench
        .slot(&NewCall {
            longest: secs(50),
            ..call(Operation::Get)
        })
        .await?;
    let state = async || {
        let accounts = bench.ledger.accounts().await?;
        let account = accounts.into_iter().find(|account| account.key == KEY);
        CaseResult::Ok(account.map(|account| (account.in_flight, account.lost)))
    };
    same("two calls are in flight", state().await?, Some((2, 0)))?;
    bench.advance(LOST_AFTER);
    same("the worker of one is lost", state().await?, Some((2, 1)))?;
    bench.advance((secs(50) + MARGIN).saturating_sub(LOST_AFTER));
    same("the other one has expired", state().await?, Some((1, 1)))?;
    bench.advance(secs(50));
    same("both have expired", state().await?, Some((0, 0)))?;
    bench.ledger.close(KEY, secs(7)).await?;
    let accounts = bench.ledger.accounts().await?;
    let closed = accounts
        .iter()
        .find(|account| account.key == KEY)
        .and_then(|one| one.closed_until);
    same(
        "the account was closed",
        closed,
        Some(later(bench.clock.now(), secs(7))),
    )
}

pub(super) async fn prune_removes_what_is_over(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let loading = bench.loading(&[(ACCOUNT, "1")]).await?;
    let unconfirmed = super::plan::unconfirmed(bench).await?;
    let (completed, worker) = bench.claimed(&["1"]).await?;
    ledger.settle(worker, vec![(0, Outcome::Done)]).await?;
    let cancelled = bench.job(&["1"]).await?;
    ledger.steer(&cancelled, Step::Cancel).await?;
    let ready = bench.job(&["1"]).await?;
    let paused = bench.job(&["1"]).await?;
    ledger.steer(&paused, Step::Pause).await?;
    let (cancelling, _) = bench.claimed(&["1"]).await?;
    ledger.steer(&cancelling, Step::Cancel).await?;
    let before = later(clock.now(), secs(60));
    bench.advance(secs(60));
    let younger = bench.job(&[]).await?;
    let mut removed = ledger.prune(before).await?;
    removed.sort();
    let gone = [&loading, &unconfirmed, &completed, &cancelled];
    let mut expected: Vec<_> = gone.into_iter().cloned().collect();
    expected.sort();
    same(
        "jobs that were a minute old were removed",
        removed,
        expected,
    )?;
    for job in gone {
        no_job("a removed job was read", ledger.job(job).await)?;
        no_job(
            "its tickets were read",
            ledger.tickets(job, Which::Named, None, 1).await,
        )?;
    }
    let mut left: Vec<_> = ledger.jobs().await?.into_iter().map(|job| job.id).collect();
    left.sort();
    let mut expected = vec![ready, paused, cancelling, younger];
    expected.sort();
    same("the others are left", left, expected)?;
    same(
        "nothing is left to remove",
        ledger.prune(before).await?,
        Vec::new(),
    )
}

pub(super) async fn pruned_calls_keep_their_slots(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let limits = vec![window(2, 60)];
    let (job, worker) = bench.claimed(&["1"]).await?;
    let work = NewCall {
        limits: limits.clone(),
        ..delete(&job, worker, &["1"])
    };
    let single = NewCall {
        limits,
        ..call(Operation::Get)
    };
    let ended = bench.slot(&work).await?;
    ledger.end(ended, Ended::Answered).await?;
    bench.slot(&work).await?;
    ledger.settle(worker, vec![(0, Outcome::Done)]).await?;
    bench.advance(MILLI);
    same(
        "a job was removed",
        ledger.prune(clock.now()).await?,
        vec![job],
    )?;
    bench.full(&single).await?;
    // One call ended a millisecond ago, the other one expires.
    bench.free_after(&single, before(secs(60))).await?;
    bench.full(&single).await?;
    ledger.prune(clock.now()).await?;
    bench.free_after(&single, LONGEST + MARGIN).await?;
    Ok(())
}
