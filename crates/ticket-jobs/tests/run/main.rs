//! Jobs are worked on: what the vendor saw, what was told, and what the ledger holds.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

mod asleep;
mod doubt;
mod erase;
mod failures;
mod guards;
mod permanent;
mod refused;
mod steps;
mod stopping;
mod unasked;
mod vendor;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use jiff::Timestamp;
use ticket_core::bulk::BulkOptions;
use ticket_core::{
    CallContext, Change, Effect, Error, ErrorKind, NewTicket, Result, Stop, TicketRef,
};
use ticket_jobs::{
    Clock, JobId, JobOutcome, JobState, Jobs, LOST_AFTER, MemoryLedger, NewJob, Step, Which,
};
use tokio::sync::Notify;
use tokio::time::{Instant, advance};

use vendor::{Accounts, Answer, Vendor};

fn jobs() -> Jobs {
    Jobs::new(Arc::new(MemoryLedger::new()))
}

async fn job(jobs: &Jobs, accounts: &Accounts, tickets: &[&str]) -> JobId {
    let mut list = jobs.load(NewJob::new(Change::Delete)).await.unwrap();
    for ticket in tickets {
        let ticket: TicketRef = ticket.parse().unwrap();
        list.push(ticket, None).await.unwrap();
    }
    list.seal(accounts).await.unwrap()
}

/// Runs the job as far as it goes.
async fn run(jobs: &Jobs, job: &JobId, accounts: &Arc<Accounts>) -> Vec<Result<JobOutcome>> {
    run_with(jobs, job, accounts, CallContext::new()).await
}

async fn run_with(
    jobs: &Jobs,
    job: &JobId,
    accounts: &Arc<Accounts>,
    context: CallContext,
) -> Vec<Result<JobOutcome>> {
    let options = BulkOptions::default().give_up_after(Duration::ZERO);
    let accounts = Arc::clone(accounts);
    jobs.run(job, accounts, context, &options).collect().await
}

/// What was told of each ticket, in the order of the list: an outcome in parentheses is not recorded.
fn told(outcomes: &[Result<JobOutcome>]) -> Vec<String> {
    let mut outcomes: Vec<_> = outcomes
        .iter()
        .filter_map(|one| one.as_ref().ok())
        .collect();
    outcomes.sort_by_key(|one| one.seq);
    let told = outcomes.into_iter().map(|one| {
        let word = Change::Delete.word(&one.outcome);
        if one.recorded {
            format!("{} {word}", one.ticket)
        } else {
            format!("{} ({word})", one.ticket)
        }
    });
    told.collect()
}

/// What the ledger holds of each time that a ticket is named.
async fn recorded(jobs: &Jobs, job: &JobId) -> Vec<String> {
    let ledger = jobs.ledger();
    assert_eq!(ledger.verify(job).await.unwrap(), Vec::<String>::new());
    let tickets = ledger
        .tickets(job, Which::Named, None, 1_000)
        .await
        .unwrap();
    let tickets = tickets.into_iter().map(|one| match &one.outcome {
        Some(outcome) => format!("{} {}", one.id, Change::Delete.word(outcome)),
        None if one.in_doubt => format!("{} in doubt", one.id),
        None => format!("{} open", one.id),
    });
    tickets.collect()
}

async fn state(jobs: &Jobs, job: &JobId) -> JobState {
    jobs.ledger().job(job).await.unwrap().state
}

fn lost() -> Error {
    Error::new(ErrorKind::Timeout, "no answer").with_effect(Effect::Unknown)
}

#[tokio::test(start_paused = true)]
async fn each_ticket_is_sent_once_and_recorded_before_it_is_told() {
    let jobs = jobs();
    let (eu, us) = (Vendor::new(&["1", "2", "3"]), Vendor::new(&["1"]));
    let accounts = Accounts::new(&jobs, [("eu", &eu), ("us", &us)]);
    let named = ["eu:1", "eu:2", "us:1", "eu:1", "eu:3", "us:9"];
    let id = job(&jobs, &accounts, &named).await;
    assert_eq!(state(&jobs, &id).await, JobState::Ready);
    let mut told = Vec::new();
    let options = BulkOptions::default();
    let mut work = jobs.run(&id, accounts.clone(), CallContext::new(), &options);
    while let Some(one) = work.next().await {
        let one = one.unwrap();
        assert!(one.recorded);
        let rows = jobs
            .ledger()
            .tickets(&id, Which::Named, None, 9)
            .await
            .unwrap();
        let row = rows.iter().find(|row| row.seq == one.seq).unwrap();
        let outcome = row.outcome.as_ref().unwrap();
        assert_eq!(outcome.as_str(), one.outcome.as_str());
        told.push(format!("{} {}", one.ticket, one.outcome));
    }
    told.sort();
    assert_eq!(
        told,
        [
            "eu:1 done",
            "eu:2 done",
            "eu:3 done",
            "us:1 done",
            "us:9 not_found"
        ]
    );
    assert_eq!(eu.log(), ["delete 1,2", "delete 3"]);
    assert_eq!(us.log(), ["delete 1,9"]);
    assert_eq!(
        recorded(&jobs, &id).await,
        [
            "1 deleted",
            "2 deleted",
            "1 deleted",
            "1 deleted",
            "3 deleted",
            "9 not_found"
        ]
    );
    let found = jobs.ledger().job(&id).await.unwrap();
    assert_eq!(
        (found.state, found.open, found.repeated),
        (JobState::Completed, 0, 1)
    );
    // Once more, there is nothing to do.
    assert!(run(&jobs, &id, &accounts).await.is_empty());
    assert_eq!(eu.log().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_to_do_is_told_not_recorded_and_done_by_the_next_run() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2", "3", "4", "5"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1", "eu:2", "eu:3", "eu:4", "eu:5"]).await;
    let refused = Error::new(ErrorKind::Unauthenticated, "the key is wrong");
    for _ in 0..3 {
        vendor.answer(Answer::Error(refused.clone(), false));
    }
    let first = run(&jobs, &id, &accounts).await;
    assert_eq!(
        told(&first),
        [
            "eu:1 (failed)",
            "eu:2 (failed)",
            "eu:3 (failed)",
            "eu:4 (failed)",
            "eu:5 (failed)"
        ]
    );
    assert_eq!(state(&jobs, &id).await, JobState::Ready);
    let open = ["1 open", "2 open", "3 open", "4 open", "5 open"];
    assert_eq!(recorded(&jobs, &id).await, open);
    let second = run(&jobs, &id, &accounts).await;
    assert_eq!(second.len(), 5);
    assert_eq!(state(&jobs, &id).await, JobState::Completed);
    assert!(vendor.state().there.is_empty());
}

/// The process is gone while a delete of two tickets is on its way: its future is dropped.
async fn killed(jobs: &Jobs, id: &JobId, accounts: &Arc<Accounts>) {
    let options = BulkOptions::default();
    let mut work = jobs.run(id, accounts.clone(), CallContext::new(), &options);
    let half_a_second = tokio::time::timeout(Duration::from_millis(500), work.next()).await;
    assert!(half_a_second.is_err(), "{half_a_second:?}");
}

#[tokio::test(start_paused = true)]
async fn tickets_in_doubt_are_sent_again_once_no_earlier_call_can_act_where_a_repeat_is_safe() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2", "3"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1", "eu:2", "eu:3"]).await;
    vendor.answer(Answer::Never);
    vendor.answer(Answer::Held(Arc::new(Notify::new())));
    let begun = Instant::now();
    killed(&jobs, &id, &accounts).await;
    assert_eq!(
        recorded(&jobs, &id).await,
        ["1 in doubt", "2 in doubt", "3 in doubt"]
    );
    assert_eq!(vendor.log(), ["delete 1,2", "delete 3"]);
    vendor.state().log.clear();
    let second = run(&jobs, &id, &accounts).await;
    assert_eq!(
        told(&second),
        ["eu:1 already_gone", "eu:2 already_gone", "eu:3 deleted"]
    );
    // The first worker is lost after a while, and its calls can act for 35 seconds and a margin.
    assert!(
        begun.elapsed() >= Duration::from_secs(38),
        "{:?}",
        begun.elapsed()
    );
    let log = vendor.log();
    assert_eq!(
        log[..2],
        ["delete 1,2 after unknown", "delete 3 after unknown"],
        "{log:?}"
    );
    assert!(vendor.state().there.is_empty());
}

#[tokio::test(start_paused = true)]
async fn tickets_in_doubt_are_only_looked_at_where_a_repeat_could_meet_another_ticket() {
    let jobs = jobs();
    let mut vendor = Vendor::new(&["1", "2", "3", "4"]);
    vendor.info.never_reuses_ids = false;
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1", "eu:2", "eu:3"]).await;
    vendor.answer(Answer::Never);
    vendor.answer(Answer::Held(Arc::new(Notify::new())));
    killed(&jobs, &id, &accounts).await;
    // Somebody else's ticket has one of the ids now.
    vendor.state().there.insert("2".to_owned());
    vendor.state().log.clear();
    let second = run(&jobs, &id, &accounts).await;
    assert_eq!(
        told(&second),
        ["eu:1 already_gone", "eu:2 unknown", "eu:3 unknown"]
    );
    assert!(
        vendor.log().iter().all(|call| call.starts_with("get")),
        "{:?}",
        vendor.log()
    );
    assert!(vendor.state().there.contains("2"));
}

#[tokio::test(start_paused = true)]
async fn two_workers_share_a_job_and_its_quota() {
    let jobs = jobs();
    let ids: Vec<_> = (1..=500).map(|id| id.to_string()).collect();
    let vendor = Vendor::new(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    // Each with its own handles, as two processes have.
    let (one, other) = (
        Accounts::new(&jobs, [("eu", &vendor)]),
        Accounts::new(&jobs, [("eu", &vendor)]),
    );
    let named: Vec<_> = ids.iter().map(|id| format!("eu:{id}")).collect();
    let id = job(
        &jobs,
        &one,
        &named.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .await;
    let begun = Instant::now();
    let (first, second) = tokio::join!(run(&jobs, &id, &one), run(&jobs, &id, &other));
    assert!(!first.is_empty() && !second.is_empty());
    assert_eq!(first.len() + second.len(), 500);
    assert_eq!(vendor.log().len(), 250);
    // 250 calls, ten a second.
    assert!(
        begun.elapsed() >= Duration::from_secs(24),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(state(&jobs, &id).await, JobState::Completed);
}

#[tokio::test(start_paused = true)]
async fn worker_that_was_asleep_for_too_long_settles_nothing_and_another_one_goes_on() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2", "3"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1", "eu:2", "eu:3"]).await;
    let go = Arc::new(Notify::new());
    vendor.answer(Answer::Held(Arc::clone(&go)));
    vendor.answer(Answer::Held(Arc::new(Notify::new())));
    let options = BulkOptions::default();
    let mut work = jobs.run(&id, accounts.clone(), CallContext::new(), &options);
    assert!(work.next().now_or_never().is_none());
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(vendor.log(), ["delete 1,2", "delete 3"]);
    // No task runs meanwhile.
    advance(LOST_AFTER + Duration::from_secs(1)).await;
    go.notify_one();
    let outcomes: Vec<_> = work.collect().await;
    // The first answer came too late to be taken for this worker's.
    assert_eq!(
        told(&outcomes),
        ["eu:1 already_gone", "eu:2 already_gone", "eu:3 deleted"]
    );
    assert_eq!(
        vendor.log()[2..4],
        ["delete 1,2 after unknown", "delete 3 after unknown"]
    );
    assert_eq!(state(&jobs, &id).await, JobState::Completed);
}

/// A provider with a mistake.
#[tokio::test(start_paused = true)]
#[should_panic(expected = "a mistake of the provider")]
async fn panic_of_a_provider_continues_in_the_callers_task() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1"]).await;
    vendor.answer(Answer::Panic);
    run(&jobs, &id, &accounts).await;
}

#[tokio::test(start_paused = true)]
async fn job_without_tickets_is_complete() {
    let jobs = jobs();
    let accounts = Accounts::new(&jobs, []);
    let id = job(&jobs, &accounts, &[]).await;
    assert_eq!(state(&jobs, &id).await, JobState::Completed);
    assert!(run(&jobs, &id, &accounts).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn looks_are_recorded_and_reads_that_no_limit_counts_are_not() {
    let jobs = jobs();
    let mut vendor = Vendor::new(&["1"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1"]).await;
    vendor.answer(Answer::Error(lost(), true));
    assert_eq!(
        told(&run(&jobs, &id, &accounts).await),
        ["eu:1 already_gone"]
    );
    let calls = jobs.ledger().calls(&id, None, 10).await.unwrap();
    let calls: Vec<_> = calls
        .iter()
        .map(|call| {
            (
                call.operation.as_str(),
                call.effect,
                call.ended_at.is_some(),
            )
        })
        .collect();
    assert_eq!(
        calls,
        [
            ("delete", Some(Effect::Unknown), true),
            ("get", Some(Effect::None), true)
        ]
    );
    // A limit of its writes only.
    vendor.info.limits.clear();
    let accounts = Accounts::new(&jobs, [("us", &vendor)]);
    let us = ticket_core::AccountSource::connect(&*accounts, "us").unwrap();
    us.get("1").await.unwrap_err();
    us.create(&NewTicket::new("x")).await.unwrap_err();
    let accounts = jobs.ledger().accounts().await.unwrap();
    assert!(
        accounts.iter().all(|account| account.key != "desk#us"),
        "{accounts:?}"
    );
}

/// The process was asleep between the moment at which its slot was taken and that at which it would have been sent.
#[tokio::test(start_paused = true)]
async fn call_that_is_late_is_recorded_as_unsent_and_taken_anew() {
    let start: Timestamp = "2026-11-28T22:00:00Z".parse().unwrap();
    let reads = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&reads);
    // The lane reads no time: the first reading is before the slot is taken, the second one takes it.
    let clock = Clock::new(move || match counted.fetch_add(1, Ordering::SeqCst) {
        ..2 => start,
        _ => start + Duration::from_secs(3600),
    });
    let jobs = Jobs::new(Arc::new(MemoryLedger::with_clock(clock)));
    let vendor = Vendor::new(&["1"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1"]).await;
    let worker = jobs.ledger().begin(&id).await.unwrap();
    jobs.ledger().claim(worker, "eu").await.unwrap();
    reads.store(0, Ordering::SeqCst);
    let desk = ticket_core::AccountSource::connect(&*accounts, "eu").unwrap();
    let label = format!("{id} {} eu", worker.0);
    let report = desk
        .with(CallContext::new().work(label))
        .delete(["1"])
        .await;
    assert!(report.all_deleted(), "{report:?}");
    assert_eq!(vendor.log(), ["delete 1"]);
    let calls = jobs.ledger().calls(&id, None, 9).await.unwrap();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].taken_at, start + Duration::from_secs(3600));
}
