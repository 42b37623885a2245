//! Jobs are worked on: what the vendor saw, what was told, and what the ledger holds.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

mod asleep;
mod erase;
mod guards;
mod permanent;
mod vendor;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use jiff::Timestamp;
use ticket_core::bulk::BulkOptions;
use ticket_core::call::CallIntent;
use ticket_core::provider::Request;
use ticket_core::{
    CallContext, Change, Effect, Error, ErrorKind, NewTicket, Result, Stop, TicketRef,
};
use ticket_jobs::{
    Claim, Clock, JobId, JobOutcome, JobState, Jobs, LOST_AFTER, MaxFailures, MemoryLedger, NewJob,
    Step, Which, Work,
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
async fn stop_leaves_the_rest_open_and_what_is_unknown_in_doubt() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let named = [
        "eu:1", "eu:2", "eu:3", "eu:4", "eu:5", "eu:6", "eu:7", "eu:8", "eu:9",
    ];
    let id = job(&jobs, &accounts, &named).await;
    let go = Arc::new(Notify::new());
    vendor.answer(Answer::Held(Arc::clone(&go)));
    for _ in 0..3 {
        vendor.answer(Answer::Never);
    }
    let stop = Stop::new();
    let context = CallContext::new().stop(stop.clone());
    let work = run_with(&jobs, &id, &accounts, context);
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.finish();
        go.notify_one();
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.abandon();
    };
    let (outcomes, ()) = tokio::join!(work, stopping);
    assert_eq!(
        told(&outcomes),
        [
            "eu:1 deleted",
            "eu:2 deleted",
            "eu:3 (unknown)",
            "eu:4 (unknown)",
            "eu:5 (unknown)",
            "eu:6 (unknown)",
            "eu:7 (unknown)",
            "eu:8 (unknown)",
            "eu:9 (unattempted)"
        ]
    );
    assert_eq!(
        recorded(&jobs, &id).await[2..],
        [
            "3 in doubt",
            "4 in doubt",
            "5 in doubt",
            "6 in doubt",
            "7 in doubt",
            "8 in doubt",
            "9 open"
        ]
    );
    // What was never sent is not taken for sent.
    vendor.state().log.clear();
    run(&jobs, &id, &accounts).await;
    assert_eq!(vendor.log()[0], "delete 9");
    assert_eq!(state(&jobs, &id).await, JobState::Completed);
}

#[tokio::test(start_paused = true)]
async fn job_that_somebody_pauses_makes_no_new_call_and_goes_on_when_it_is_resumed() {
    let jobs = jobs();
    let ids: Vec<_> = (1..=60).map(|id| id.to_string()).collect();
    let vendor = Vendor::new(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let named: Vec<_> = ids.iter().map(|id| format!("eu:{id}")).collect();
    let id = job(
        &jobs,
        &accounts,
        &named.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .await;
    let work = run(&jobs, &id, &accounts);
    let pause = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let paused = jobs.ledger().steer(&id, Step::Pause).await.unwrap();
        assert_eq!(paused, JobState::Paused);
        let calls = vendor.log().len();
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(vendor.log().len(), calls);
    };
    let (outcomes, ()) = tokio::join!(work, pause);
    let told = told(&outcomes);
    assert_eq!(told.len(), 60);
    // Ten calls a second, and two tickets a call.
    assert_eq!(
        told.iter().filter(|one| one.ends_with(" deleted")).count(),
        20
    );
    assert!(
        told.iter()
            .skip(20)
            .all(|one| one.ends_with(" (unattempted)")),
        "{told:?}"
    );
    assert_eq!(state(&jobs, &id).await, JobState::Paused);
    // A run of a paused job says so, and sends nothing.
    let paused = run(&jobs, &id, &accounts).await;
    assert_eq!(paused.len(), 40);
    let error = paused[0].as_ref().unwrap().outcome.error().unwrap().clone();
    assert!(error.to_string().contains("the job is paused"), "{error}");
    jobs.ledger().steer(&id, Step::Resume).await.unwrap();
    assert_eq!(run(&jobs, &id, &accounts).await.len(), 40);
    assert!(vendor.state().there.is_empty());
}

#[tokio::test(start_paused = true)]
async fn cancelled_job_sends_nothing_and_looks_at_what_is_in_doubt() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2", "3", "4"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1", "eu:2", "eu:3", "eu:4"]).await;
    vendor.answer(Answer::Never);
    vendor.answer(Answer::Held(Arc::new(Notify::new())));
    killed(&jobs, &id, &accounts).await;
    vendor.state().log.clear();
    // Looking changes nothing, so a read-only account allows it.
    let mut accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    Arc::get_mut(&mut accounts).unwrap().read_only = true;
    jobs.ledger().steer(&id, Step::Cancel).await.unwrap();
    assert_eq!(state(&jobs, &id).await, JobState::Cancelling);
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(
        told(&outcomes),
        [
            "eu:1 already_gone",
            "eu:2 already_gone",
            "eu:3 failed",
            "eu:4 failed"
        ]
    );
    assert!(
        vendor.log().iter().all(|call| call.starts_with("get")),
        "{:?}",
        vendor.log()
    );
    assert_eq!(state(&jobs, &id).await, JobState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn job_that_is_cancelled_before_it_ran_leaves_its_tickets_unattempted() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1"]).await;
    jobs.ledger().steer(&id, Step::Cancel).await.unwrap();
    assert_eq!(recorded(&jobs, &id).await, ["1 unattempted"]);
    assert_eq!(state(&jobs, &id).await, JobState::Cancelled);
    assert!(run(&jobs, &id, &accounts).await.is_empty());
    assert!(vendor.log().is_empty());
}

#[tokio::test(start_paused = true)]
async fn account_whose_name_leads_elsewhere_is_refused_and_others_go_on() {
    let jobs = jobs();
    let (eu, us) = (Vendor::new(&["1"]), Vendor::new(&["1"]));
    let accounts = Accounts::new(&jobs, [("eu", &eu), ("us", &us)]);
    let id = job(&jobs, &accounts, &["eu:1", "us:1"]).await;
    let mut moved = Accounts::new(&jobs, [("us", &us)]);
    let outcomes = run(&jobs, &id, &moved).await;
    let error = outcomes.iter().find_map(|one| one.as_ref().err()).unwrap();
    assert_eq!(error.to_string(), "there is no eu");
    assert_eq!(told(&outcomes), ["us:1 deleted"]);
    Arc::get_mut(&mut moved).unwrap().keys = "other#".to_owned();
    let outcomes = run(&jobs, &id, &moved).await;
    let error = outcomes[0].as_ref().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the account eu was desk#eu when the job was made and is other#eu now; nothing is sent to it"
    );
    assert!(eu.log().is_empty());
    assert_eq!(recorded(&jobs, &id).await, ["1 open", "1 deleted"]);
}

/// Why this list cannot be made a job, and that nobody can work on it.
async fn refusal(jobs: &Jobs, accounts: &Arc<Accounts>, change: Change, named: &[&str]) -> String {
    let mut list = jobs.load(NewJob::new(change)).await.unwrap();
    for ticket in named {
        list.push(ticket.parse().unwrap(), None).await.unwrap();
    }
    let id = list.id().clone();
    let error = list.seal(&**accounts).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Config, Effect::None)
    );
    assert_eq!(state(jobs, &id).await, JobState::Loading);
    assert!(run(jobs, &id, accounts).await[0].is_err());
    error.to_string()
}

#[tokio::test(start_paused = true)]
async fn job_that_deletes_more_than_an_account_allows_is_refused_before_it_can_be_worked_on() {
    let jobs = jobs();
    let (eu, us) = (Vendor::new(&["1", "2", "3"]), Vendor::new(&["1"]));
    let mut accounts = Accounts::new(&jobs, [("eu", &eu), ("us", &us)]);
    Arc::get_mut(&mut accounts).unwrap().max_delete = Some(2);
    let named = ["us:1", "eu:1", "eu:2", "eu:3"];
    let error = refusal(&jobs, &accounts, Change::Delete, &named).await;
    assert_eq!(
        error,
        "eu: `max_delete` of this account is 2, and 3 of its tickets would be deleted"
    );
    assert!(eu.log().is_empty() && us.log().is_empty());

    // A ticket that is named twice is deleted once, and the limit is that of each account.
    let named = ["us:1", "eu:1", "eu:2", "eu:1", "eu:2"];
    let id = job(&jobs, &accounts, &named).await;
    Arc::get_mut(&mut accounts).unwrap().max_delete = Some(1);
    let outcomes = run(&jobs, &id, &accounts).await;
    let error = outcomes.iter().find_map(|one| one.as_ref().err()).unwrap();
    assert!(error.to_string().starts_with("eu: `max_delete`"), "{error}");
    assert_eq!(told(&outcomes), ["us:1 deleted"]);
    assert!(eu.log().is_empty());
    Arc::get_mut(&mut accounts).unwrap().max_delete = Some(2);
    run(&jobs, &id, &accounts).await;
    assert_eq!(eu.log(), ["delete 1,2"]);
}

#[tokio::test(start_paused = true)]
async fn job_of_a_read_only_account_is_refused_and_one_made_before_stays_as_it_is() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2"]);
    let mut accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1", "eu:2"]).await;
    Arc::get_mut(&mut accounts).unwrap().read_only = true;
    let read_only = "eu: `read_only` is set for this account: nothing is changed at it";
    for change in [Change::Delete, Change::Resolve, Change::Restore] {
        let error = refusal(&jobs, &accounts, change, &["eu:1"]).await;
        assert_eq!(error, read_only);
    }
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(outcomes[0].as_ref().unwrap_err().to_string(), read_only);
    assert_eq!(recorded(&jobs, &id).await, ["1 open", "2 open"]);
    assert!(vendor.log().is_empty());
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

#[tokio::test(start_paused = true)]
async fn tickets_in_doubt_are_told_unknown_and_stay_in_doubt_if_the_account_is_refused() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1", "eu:2"]).await;
    vendor.answer(Answer::Never);
    killed(&jobs, &id, &accounts).await;
    let refused = Error::new(ErrorKind::Unauthenticated, "the key is wrong");
    vendor.state().reads_fail = Some(refused.clone());
    vendor.answer(Answer::Error(refused, false));
    let second = run(&jobs, &id, &accounts).await;
    assert_eq!(told(&second), ["eu:1 (unknown)", "eu:2 (unknown)"]);
    assert_eq!(recorded(&jobs, &id).await, ["1 in doubt", "2 in doubt"]);
    let suspended = jobs.ledger().accounts().await.unwrap()[0].suspended.clone();
    assert!(suspended.unwrap().because.contains("the key is wrong"));
    vendor.state().reads_fail = None;
    let third = run(&jobs, &id, &accounts).await;
    assert_eq!(told(&third), ["eu:1 already_gone", "eu:2 already_gone"]);
}

#[tokio::test(start_paused = true)]
async fn stop_while_tickets_in_doubt_wait_tells_all_that_is_open() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1", "eu:2"]).await;
    vendor.answer(Answer::Never);
    killed(&jobs, &id, &accounts).await;
    for is_deadline in [false, true] {
        let stop = Stop::new();
        let soon = Duration::from_secs(1);
        let context = if is_deadline {
            CallContext::new().deadline(Instant::now() + soon)
        } else {
            CallContext::new().stop(stop.clone())
        };
        let work = run_with(&jobs, &id, &accounts, context);
        let stopping = async {
            tokio::time::sleep(soon).await;
            stop.finish();
        };
        let (outcomes, ()) = tokio::join!(work, stopping);
        assert_eq!(told(&outcomes), ["eu:1 (unknown)", "eu:2 (unknown)"]);
    }
    assert_eq!(vendor.log(), ["delete 1,2"]);
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
async fn job_whose_list_is_not_complete_is_refused() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let mut list = jobs.load(NewJob::new(Change::Delete)).await.unwrap();
    list.push("eu:1".parse().unwrap(), None).await.unwrap();
    list.flush().await.unwrap();
    let id = list.id().clone();
    let outcomes = run(&jobs, &id, &accounts).await;
    let error = outcomes[0].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("is not complete"), "{error}");
    list.discard().await.unwrap();
    assert!(jobs.ledger().jobs().await.unwrap().is_empty());
    assert!(vendor.log().is_empty());
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

#[tokio::test(start_paused = true)]
async fn claimed_tickets_are_worked_on_without_a_run() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2", "3"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1", "eu:2", "eu:3"]).await;
    let worker = jobs.ledger().begin(&id).await.unwrap();
    let Claim::Tickets(claimed) = jobs.ledger().claim(worker, "eu").await.unwrap() else {
        panic!("nothing to claim");
    };
    let work = Work {
        job: id.clone(),
        worker,
        account: "eu".to_owned(),
    };
    let desk = ticket_core::AccountSource::connect(&*accounts, "eu").unwrap();
    let options = BulkOptions::default();
    let outcomes = jobs.apply_chunk(work.clone(), &desk, claimed, CallContext::new(), &options);
    let outcomes: Vec<_> = outcomes.await.unwrap().into_iter().map(Ok).collect();
    assert_eq!(
        told(&outcomes),
        ["eu:1 deleted", "eu:2 deleted", "eu:3 deleted"]
    );
    assert_eq!(
        recorded(&jobs, &id).await,
        ["1 deleted", "2 deleted", "3 deleted"]
    );
    assert_eq!(state(&jobs, &id).await, JobState::Completed);
    let stranger = Work {
        account: "us".to_owned(),
        ..work
    };
    let refused = jobs.apply_chunk(stranger, &desk, vec![], CallContext::new(), &options);
    let refused = refused.await.unwrap_err();
    assert_eq!(refused.message(), format!("job {id} has no account us"));
}

/// Works on some tickets of the job, as a dispatcher does.
async fn step(jobs: &Jobs, id: &JobId, accounts: &Accounts) -> Vec<JobOutcome> {
    let worker = jobs.ledger().begin(id).await.unwrap();
    let Claim::Tickets(claimed) = jobs.ledger().claim(worker, "eu").await.unwrap() else {
        panic!("nothing to claim");
    };
    let work = Work {
        job: id.clone(),
        worker,
        account: "eu".to_owned(),
    };
    let desk = ticket_core::AccountSource::connect(accounts, "eu").unwrap();
    let options = BulkOptions::default();
    let applied = jobs.apply_chunk(work, &desk, claimed, CallContext::new(), &options);
    let outcomes = applied.await.unwrap();
    jobs.ledger().finish(worker).await.unwrap();
    outcomes
}

#[tokio::test(start_paused = true)]
async fn failures_of_all_steps_together_pause_the_job() {
    let jobs = jobs();
    let vendor = Vendor::new(&[]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let mut new = NewJob::new(Change::Delete);
    new.guards.max_failures = Some(MaxFailures::Tickets(120));
    let mut list = jobs.load(new).await.unwrap();
    for id in 1..=190 {
        let ticket = TicketRef::new("eu", id.to_string());
        list.push(ticket, None).await.unwrap();
    }
    let id = list.seal(&*accounts).await.unwrap();
    assert_eq!(step(&jobs, &id, &accounts).await.len(), 100);
    assert_eq!(state(&jobs, &id).await, JobState::Ready);
    step(&jobs, &id, &accounts).await;
    assert_eq!(state(&jobs, &id).await, JobState::Paused);
    let failed = jobs.ledger().job(&id).await.unwrap().counts["not_found"];
    assert!((121..150).contains(&failed), "{failed}");
    assert_eq!(2 * vendor.log().len(), usize::try_from(failed).unwrap());
}

/// Works on the job step by step until each ticket has an outcome.
async fn dispatch(jobs: &Jobs, id: &JobId, accounts: &Accounts) {
    loop {
        let worker = jobs.ledger().begin(id).await.unwrap();
        let claim = jobs.ledger().claim(worker, "eu").await.unwrap();
        jobs.ledger().finish(worker).await.unwrap();
        match claim {
            Claim::Nothing => return,
            Claim::Later(wait) => tokio::time::sleep(wait).await,
            Claim::Tickets(_) => drop(step(jobs, id, accounts).await),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_dispatcher_tries_later_and_gives_up_as_a_worker_does() {
    let busy = || Error::new(ErrorKind::Unavailable, "come back later").with_effect(Effect::None);
    for (sick, outcomes) in [
        (&["2"][..], ["1 deleted", "2 failed", "3 deleted"]),
        (&["1", "2", "3"], ["1 failed", "2 failed", "3 failed"]),
    ] {
        let jobs = jobs();
        let vendor = Vendor::new(&["1", "2", "3"]);
        let refused = sick.iter().map(|id| ((*id).to_owned(), busy()));
        vendor.state().refused = refused.collect();
        let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
        let mut new = NewJob::new(Change::Delete);
        new.guards.retry_for = Some(Duration::from_secs(3600));
        let mut list = jobs.load(new).await.unwrap();
        for id in ["1", "2", "3"] {
            list.push(TicketRef::new("eu", id), None).await.unwrap();
        }
        let id = list.seal(&*accounts).await.unwrap();
        let begun = Instant::now();
        dispatch(&jobs, &id, &accounts).await;
        assert!(begun.elapsed() >= Duration::from_secs(3600));
        assert!(begun.elapsed() < Duration::from_secs(3 * 3600));
        assert_eq!(recorded(&jobs, &id).await, outcomes);
        let tries = vendor.log();
        let tries = tries
            .iter()
            .filter(|call| call.starts_with("delete") && call.contains('2'));
        // After 1, 2, 4, 8, 16 and 32 minutes, each up to a quarter less.
        assert!((6..=40).contains(&tries.count()), "{:?}", vendor.log());
    }
}

#[tokio::test(start_paused = true)]
async fn account_that_is_refused_is_suspended_without_a_run_too() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1"]).await;
    let worker = jobs.ledger().begin(&id).await.unwrap();
    let Claim::Tickets(claimed) = jobs.ledger().claim(worker, "eu").await.unwrap() else {
        panic!("nothing to claim");
    };
    let work = Work {
        job: id.clone(),
        worker,
        account: "eu".to_owned(),
    };
    let refused = Error::new(ErrorKind::Unauthenticated, "the key is wrong");
    vendor.answer(Answer::Error(refused, false));
    let desk = ticket_core::AccountSource::connect(&*accounts, "eu").unwrap();
    let options = BulkOptions::default();
    let outcomes = jobs.apply_chunk(work, &desk, claimed, CallContext::new(), &options);
    assert!(!outcomes.await.unwrap()[0].recorded);
    jobs.ledger().finish(worker).await.unwrap();
    let next = jobs.ledger().begin(&id).await.unwrap();
    let claim = jobs.ledger().claim(next, "eu").await.unwrap();
    let Claim::Suspended(why) = claim else {
        panic!("{claim:?}");
    };
    assert!(why.because.contains("the key is wrong"), "{why:?}");
    assert_eq!(vendor.log(), ["delete 1"]);
}

#[tokio::test(start_paused = true)]
async fn caller_who_stops_waiting_for_a_slot_leaves_no_call_behind() {
    let jobs = jobs();
    let slots = jobs.slots("desk#eu", &Vendor::new(&[]).info.limits);
    let id = "1".into();
    let intent = CallIntent::new(Request::Get(&id));
    // The ledger has given a slot, but the caller has not seen it when it is dropped.
    let mut waiting = slots.take(&intent);
    assert!((&mut waiting).now_or_never().is_none());
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let in_flight = async || {
        jobs.ledger()
            .accounts()
            .await
            .unwrap()
            .iter()
            .map(|one| one.in_flight)
            .sum::<u64>()
    };
    assert_eq!(in_flight().await, 1);
    drop(waiting);
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(in_flight().await, 0);
    // One that was given out and dropped may have been sent.
    drop(slots.take(&intent).await.unwrap());
    assert_eq!(in_flight().await, 1);
}
