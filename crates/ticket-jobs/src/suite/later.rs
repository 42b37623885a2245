//! Tickets that are to be tried later: put back, or of a suspended account.

use ticket_core::Outcome;

use super::bench::{
    ACCOUNT, Bench, CaseResult, KEY, MILLI, before, delete, places, same, secs, wrong,
};
use crate::clock::later;
use crate::ledger::LOST_AFTER;
use crate::model::{Claim, PutBack, Step, Suspension, WorkerId};

pub(super) async fn put_back_tickets_wait(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let job = bench
        .job_of(&[(ACCOUNT, "1"), ("other", "1"), (ACCOUNT, "2")])
        .await?;
    let worker = ledger.begin(&job).await?;
    bench.claim(worker).await?;
    let other_account = ledger.claim(worker, "other").await?;
    if !matches!(&other_account, Claim::Tickets(tickets) if tickets.len() == 1) {
        return wrong(
            "a worker claimed of another account",
            "one ticket",
            other_account,
        );
    }
    ledger.settle(worker, vec![(0, Outcome::Done)]).await?;
    ledger.put_back(worker, ACCOUNT, secs(10)).await?;
    let next = ledger.begin(&job).await?;
    for worker in [worker, next] {
        let wait = bench.later(worker).await?;
        if wait > secs(10) {
            return wrong(
                "tickets were put back for 10 s",
                "a wait of at most 10 s",
                wait,
            );
        }
    }
    bench.advance(before(secs(10)));
    bench.later(next).await?;
    bench.advance(MILLI);
    let claimed = places(&bench.claim(next).await?);
    same(
        "the time has passed, and what is open is free",
        claimed,
        vec![2],
    )?;
    ledger.settle(worker, vec![(1, Outcome::Done)]).await?;
    let outcomes = bench.outcomes(&job).await?;
    same(
        "the other account's ticket was not put back",
        outcomes,
        vec!["done", "done", "open"],
    )
}

pub(super) async fn put_back_tickets_are_out_of_reach(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1"]).await?;
    bench.ledger.put_back(worker, ACCOUNT, secs(0)).await?;
    let other = bench.ledger.begin(&job).await?;
    let claimed = places(&bench.claim(other).await?);
    same(
        "a ticket was put back without a wait and is free",
        claimed,
        vec![0],
    )?;
    let _ = bench.ledger.settle(worker, vec![(0, Outcome::Done)]).await;
    let outcomes = bench.outcomes(&job).await?;
    same(
        "the worker that put it back settled it",
        outcomes,
        vec!["open"],
    )
}

pub(super) async fn put_back_tickets_tell_since_when(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let (job, worker) = bench.claimed(&["1", "2", "3", "4"]).await?;
    let told = async |worker| {
        let claimed = bench.claim(worker).await?;
        let told = claimed.iter().map(|ticket| (ticket.seq, ticket.put_back));
        Ok::<Vec<_>, super::bench::Wrong>(told.collect())
    };
    let all = |put_back| [0, 1, 2].map(|seq| (seq, put_back)).to_vec();
    ledger.put_back(worker, ACCOUNT, secs(0)).await?;
    let what = "tickets were given back at once";
    same(what, told(worker).await?, all(None))?;
    let since = clock.now();
    for times in 1..4 {
        ledger.put_back(worker, ACCOUNT, secs(60)).await?;
        bench.advance(secs(20));
        ledger.beat(worker).await?;
        bench.advance(secs(20));
        ledger.beat(worker).await?;
        bench.advance(secs(20));
        ledger.beat(worker).await?;
        let put_back = Some(PutBack { times, since });
        let what = "tickets were put back for a minute";
        same(what, told(worker).await?, all(put_back))?;
    }
    let put_back = Some(PutBack { times: 3, since });
    same("others were not", told(worker).await?, vec![(3, None)])?;
    ledger.settle(worker, vec![(1, Outcome::Done)]).await?;
    bench.advance(LOST_AFTER);
    let next = ledger.begin(&job).await?;
    let what = "the worker is lost, and another one claimed what it had";
    let mut found = told(next).await?;
    found.truncate(2);
    same(what, found, vec![(0, put_back), (2, put_back)])
}

pub(super) async fn suspended_account_gives_no_tickets(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let job = bench.job_of(&[(ACCOUNT, "1"), ("other", "1")]).await?;
    let worker = ledger.begin(&job).await?;
    let suspension = |until| Suspension {
        because: "the key is revoked".to_owned(),
        until,
    };
    ledger.suspend(KEY, Some(suspension(None))).await?;
    suspended(bench, worker).await?;
    let accounts = ledger.accounts().await?;
    let account = accounts.iter().find(|account| account.key == KEY);
    let because = account.and_then(|account| Some(account.suspended.as_ref()?.because.clone()));
    same(
        "an account was suspended, and why",
        because.as_deref(),
        Some("the key is revoked"),
    )?;
    bench.slot(&delete(&job, worker, &["1"])).await?;
    bench.advance(secs(20));
    suspended(bench, worker).await?;
    match ledger.claim(worker, "other").await? {
        Claim::Tickets(_) => {}
        other => return wrong("tickets of another account were claimed", "tickets", other),
    }
    ledger.suspend(KEY, None).await?;
    bench.claim(worker).await?;
    ledger.put_back(worker, ACCOUNT, secs(0)).await?;

    let until = later(clock.now(), secs(5));
    ledger.suspend(KEY, Some(suspension(Some(until)))).await?;
    bench.advance(before(secs(5)));
    suspended(bench, worker).await?;
    bench.advance(MILLI);
    bench.claim(worker).await?;
    Ok(())
}

/// Fails unless a claim says that the account is suspended.
async fn suspended(bench: &Bench, worker: WorkerId) -> CaseResult {
    match bench.ledger.claim(worker, ACCOUNT).await? {
        Claim::Suspended(why) if why.because == "the key is revoked" => Ok(()),
        other => wrong(
            "a worker claimed tickets of a suspended account",
            "suspended",
            other,
        ),
    }
}

pub(super) async fn resumed_job_resumes_its_accounts(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let job = bench.job(&["1"]).await?;
    let why = || Suspension {
        because: "the key is revoked".to_owned(),
        until: None,
    };
    for is_paused in [false, true] {
        ledger.suspend(KEY, Some(why())).await?;
        ledger.suspend("another account", Some(why())).await?;
        let worker = ledger.begin(&job).await?;
        suspended(bench, worker).await?;
        if is_paused {
            ledger.steer(&job, Step::Pause).await?;
        }
        ledger.steer(&job, Step::Resume).await?;
        bench.claim(worker).await?;
        ledger.finish(worker).await?;
        let accounts = ledger.accounts().await?;
        let other = accounts
            .iter()
            .find(|account| account.key == "another account");
        let is_suspended = other.is_some_and(|account| account.suspended.is_some());
        same(
            "an account of no ticket of the job stays suspended",
            is_suspended,
            true,
        )?;
    }
    Ok(())
}
