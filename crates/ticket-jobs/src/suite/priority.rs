//! Priority: which job goes first, and what is offered to workers.

use ticket_core::{Change, Outcome};

use super::bench::{
    ACCOUNT, Bench, CHUNK, CaseResult, KEY, each, listed, no_job, places, same, secs,
};
use crate::clock::later;
use crate::ledger::LOST_AFTER;
use crate::model::{Guards, JobAccount, JobId, NewJob, Step, Suspension, WorkerId};

/// A job of this priority with tickets of accounts; all of them have the key of [`ACCOUNT`] but `other`.
async fn job(bench: &Bench, priority: i16, tickets: &[(&str, &str)]) -> CaseResult<JobId> {
    of(
        bench,
        NewJob::new(Change::Delete).priority(priority),
        tickets,
    )
    .await
}

async fn of(bench: &Bench, new: NewJob, tickets: &[(&str, &str)]) -> CaseResult<JobId> {
    let job = bench.ledger.create(new).await?;
    bench.ledger.add(&job, listed(0, tickets)).await?;
    let accounts = [(ACCOUNT, KEY), ("alias", KEY), ("other", "onecloud/other")];
    let accounts = accounts.map(|(name, key)| JobAccount::new(name, key, CHUNK));
    bench.ledger.seal(&job, accounts.to_vec(), None).await?;
    Ok(job)
}

/// The offers at all accounts: which of the jobs, by place, and the account.
async fn offers(bench: &Bench, jobs: &[&JobId], limit: usize) -> CaseResult<Vec<String>> {
    let names = [ACCOUNT, "alias", "other"].map(str::to_owned);
    let offers = bench.ledger.offers(&names, limit).await?;
    let place = |id: &JobId| jobs.iter().position(|job| *job == id).unwrap_or(jobs.len());
    let offers = offers.iter();
    Ok(offers
        .map(|offer| format!("{} {} {}", place(&offer.job), offer.account, offer.priority))
        .collect())
}

/// A worker that has claimed of this account, and given back what it got.
async fn begin_at(bench: &Bench, job: &JobId, account: &str) -> CaseResult<WorkerId> {
    let worker = bench.ledger.begin(job).await?;
    bench.ledger.claim(worker, account).await?;
    bench.ledger.put_back(worker, account, secs(0)).await?;
    Ok(worker)
}

pub(super) async fn jobs_of_higher_priority_go_first(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let low = job(bench, 0, &[(ACCOUNT, "1"), (ACCOUNT, "2"), ("other", "1")]).await?;
    let high = job(
        bench,
        1,
        &[
            ("alias", "3"),
            ("alias", "4"),
            ("alias", "5"),
            ("alias", "6"),
        ],
    )
    .await?;
    let slow = ledger.begin(&low).await?;
    let fast = begin_at(bench, &high, "alias").await?;
    // Free tickets of another account with the same key.
    bench.later(slow).await?;
    ledger.claim(fast, "alias").await?;
    bench.later(slow).await?;
    ledger.claim(fast, "alias").await?;
    // A worker has all of them.
    bench.later(slow).await?;
    let other = ledger.claim(slow, "other").await?;
    let is_claimed = matches!(other, crate::model::Claim::Tickets(_));
    same(
        "an account with another key is not held up",
        is_claimed,
        true,
    )?;
    ledger
        .settle(fast, each(&[0, 1, 2], &Outcome::Done))
        .await?;
    bench.later(slow).await?;
    ledger.settle(fast, each(&[3], &Outcome::Done)).await?;
    let claimed = places(&bench.claim(slow).await?);
    same("the job of higher priority is done", claimed, vec![0, 1])?;
    let equal = job(bench, 0, &[(ACCOUNT, "7")]).await?;
    let equal = ledger.begin(&equal).await?;
    let claimed = places(&bench.claim(equal).await?);
    same(
        "a job of the same priority is not held up",
        claimed,
        vec![0],
    )
}

pub(super) async fn jobs_that_nobody_works_on_hold_nobody_up(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let tickets = ["1", "2", "3", "4", "5", "6", "7"].map(|id| (ACCOUNT, id));
    let low = job(bench, -1, &tickets).await?;
    let guards = Guards {
        canary: Some(2),
        ..Guards::default()
    };
    let mut high = tickets.to_vec();
    high.push(("other", "1"));
    let high = of(bench, NewJob::new(Change::Delete).guards(guards), &high).await?;
    let slow = ledger.begin(&low).await?;
    let free = async |what: &str, expected: u64| {
        let claimed = bench.claim(slow).await?;
        same(what, places(&claimed).first().copied(), Some(expected))?;
        ledger.put_back(slow, ACCOUNT, secs(0)).await?;
        Ok::<_, super::bench::Wrong>(())
    };
    free("nobody has begun to work on it", 0).await?;
    let elsewhere = begin_at(bench, &high, "other").await?;
    free("its worker has not claimed of the account", 0).await?;
    let names = [ACCOUNT.to_owned()];
    let offered = ledger.offers(&names, 9).await?.len();
    same("of both jobs tickets are offered", offered, 2)?;
    let fast = begin_at(bench, &high, ACCOUNT).await?;
    bench.later(slow).await?;
    ledger.finish(elsewhere).await?;
    ledger.steer(&high, Step::Pause).await?;
    free("it is paused", 0).await?;
    ledger.steer(&high, Step::Resume).await?;
    bench.claim(fast).await?;
    bench.later(slow).await?;
    ledger.put_back(fast, ACCOUNT, secs(5)).await?;
    free(
        "its tickets are to be tried later, and the others wait for the canary",
        0,
    )
    .await?;
    bench.advance(secs(5));
    bench.later(slow).await?;
    bench.claim(fast).await?;
    ledger.finish(fast).await?;
    free("its worker has finished", 0).await?;
    let fast = ledger.begin(&high).await?;
    bench.claim(fast).await?;
    bench.later(slow).await?;
    bench.advance(secs(20));
    ledger.beat(slow).await?;
    bench.advance(LOST_AFTER.saturating_sub(secs(20)));
    free("its worker is lost", 0).await
}

pub(super) async fn priority_can_be_changed(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let one = job(bench, -7, &[(ACCOUNT, "1")]).await?;
    let other = job(bench, 0, &[(ACCOUNT, "2")]).await?;
    let told = [
        bench.state(&one).await?.priority,
        bench.state(&other).await?.priority,
    ];
    same("two jobs were created with a priority", told, [-7, 0])?;
    let second = begin_at(bench, &other, ACCOUNT).await?;
    let first = ledger.begin(&one).await?;
    bench.later(first).await?;
    for priority in [i16::MAX, i16::MIN, 1] {
        ledger.prioritize(&one, priority).await?;
        let told = bench.state(&one).await?.priority;
        same("the priority was changed", told, priority)?;
    }
    bench.later(second).await?;
    let listed: Vec<_> = ledger
        .jobs()
        .await?
        .iter()
        .map(|job| job.priority)
        .collect();
    same("the list tells it", listed, vec![0, 1])?;
    let claimed = places(&bench.claim(first).await?);
    same("the job goes first now", claimed, vec![0])?;
    ledger.steer(&one, Step::Cancel).await?;
    ledger.prioritize(&one, 0).await?;
    let gone = job(bench, 0, &[]).await?;
    ledger.prune(later(bench.clock.now(), secs(1))).await?;
    no_job("a job that is gone", ledger.prioritize(&gone, 0).await)
}

pub(super) async fn offers_are_what_can_be_claimed(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let tickets = [
        (ACCOUNT, "1"),
        ("other", "1"),
        (ACCOUNT, "2"),
        (ACCOUNT, "3"),
        (ACCOUNT, "4"),
        ("other", "2"),
    ];
    let guards = Guards {
        canary: Some(5),
        ..Guards::default()
    };
    let new = NewJob::new(Change::Delete).guards(guards);
    let id = of(bench, new.awaiting_confirmation(), &tickets).await?;
    let told = async || offers(bench, &[&id], 9).await;
    same("it is not confirmed", told().await?, vec![])?;
    let confirmed = crate::model::Confirmed::new(clock.now(), "ada@host");
    ledger.confirm(&id, confirmed).await?;
    let (desk, other) = ("0 desk 0".to_owned(), "0 other 0".to_owned());
    let both = vec![desk.clone(), other.clone()];
    same("it is ready", told().await?, both.clone())?;
    let one = ledger.offers(&["other".to_owned()], 9).await?;
    let one: Vec<_> = one.iter().map(|offer| offer.account.as_str()).collect();
    same(
        "to a worker that has one of the accounts",
        one,
        vec!["other"],
    )?;
    let none = ledger.offers(&["nobody".to_owned()], 9).await?;
    same("to a worker that has none of them", none, vec![])?;
    ledger.steer(&id, Step::Pause).await?;
    same("it is paused", told().await?, vec![])?;
    ledger.steer(&id, Step::Resume).await?;
    let worker = ledger.begin(&id).await?;
    bench.claim(worker).await?;
    same(
        "some are left",
        told().await?,
        vec![other.clone(), desk.clone()],
    )?;
    ledger.claim(worker, "other").await?;
    same(
        "those left wait for the canary",
        told().await?,
        vec![desk.clone()],
    )?;
    bench.claim(worker).await?;
    same("a worker has all", told().await?, vec![])?;
    ledger.put_back(worker, ACCOUNT, secs(5)).await?;
    same("they are to be tried later", told().await?, vec![])?;
    bench.advance(secs(5));
    same("it is later", told().await?, vec![desk.clone()])?;
    let suspend = async |until| {
        let because = "the key is revoked".to_owned();
        ledger
            .suspend(KEY, Some(Suspension { because, until }))
            .await
    };
    suspend(None).await?;
    same("the account is suspended", told().await?, vec![])?;
    suspend(Some(later(clock.now(), secs(5)))).await?;
    same("the account is suspended for a time", told().await?, vec![])?;
    bench.advance(secs(5));
    same("the time is over", told().await?, vec![desk.clone()])?;
    ledger.finish(worker).await?;
    same("the worker has finished", told().await?, both.clone())?;
    let worker = ledger.begin(&id).await?;
    ledger.claim(worker, "other").await?;
    bench.advance(LOST_AFTER);
    same("the worker is lost", told().await?, both)?;
    in_doubt_of_a_cancelled_job(bench, &id).await
}

/// Of a job that is being cancelled what is in doubt is offered, and nothing of one that is over.
async fn in_doubt_of_a_cancelled_job(bench: &Bench, id: &JobId) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let worker: WorkerId = ledger.begin(id).await?;
    bench.claim(worker).await?;
    bench
        .slot(&super::bench::delete(id, worker, &["2"]))
        .await?;
    ledger.steer(id, Step::Cancel).await?;
    ledger.finish(worker).await?;
    let told = offers(bench, &[id], 9).await?;
    same(
        "it is being cancelled, with a doubt",
        told,
        vec!["0 desk 0".to_owned()],
    )?;
    let worker = ledger.begin(id).await?;
    bench.claim(worker).await?;
    ledger.settle(worker, vec![(2, Outcome::Done)]).await?;
    same("it is cancelled", offers(bench, &[id], 9).await?, vec![])
}

pub(super) async fn most_urgent_offers_come_first(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let many: Vec<_> = ["1", "2", "3", "4", "5", "6", "7"]
        .map(|id| (ACCOUNT, id))
        .to_vec();
    let first = job(bench, 0, &many).await?;
    let second = job(bench, 0, &[("other", "1"), ("alias", "2")]).await?;
    let third = job(bench, 3, &[(ACCOUNT, "8")]).await?;
    let jobs = [&first, &second, &third];
    let told = async |limit| offers(bench, &jobs, limit).await;
    let all = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let by_age = all(&["2 desk 3", "0 desk 0", "1 other 0", "1 alias 0"]);
    same("nobody works", told(9).await?, by_age.clone())?;
    let first_two = by_age.iter().take(2).cloned().collect();
    same("at most two", told(2).await?, first_two)?;
    let worker = ledger.begin(&first).await?;
    bench.claim(worker).await?;
    let by_workers = all(&["2 desk 3", "1 other 0", "1 alias 0", "0 desk 0"]);
    same(
        "a worker has tickets of the oldest",
        told(9).await?,
        by_workers,
    )?;
    let goes_first = begin_at(bench, &third, ACCOUNT).await?;
    let what = "somebody works on the job of higher priority, which goes first";
    same(what, told(9).await?, all(&["2 desk 3", "1 other 0"]))?;
    bench.claim(goes_first).await?;
    same(
        "all its tickets are claimed",
        told(9).await?,
        all(&["1 other 0"]),
    )?;
    ledger.settle(goes_first, vec![(0, Outcome::Done)]).await?;
    ledger.finish(worker).await?;
    let rest = all(&["0 desk 0", "1 other 0", "1 alias 0"]);
    same(
        "it is done, and the other worker has finished",
        told(9).await?,
        rest,
    )
}
