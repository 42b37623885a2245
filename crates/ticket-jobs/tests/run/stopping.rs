//! Jobs that are stopped, paused and cancelled, and callers who stop waiting.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use ticket_core::call::CallIntent;
use ticket_core::provider::Request;
use ticket_core::{CallContext, Stop};
use ticket_jobs::archive::Archive;
use ticket_jobs::{JobState, MaxFailures, Step};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::guards::{archived_in, deletes, guarded};
use crate::vendor::{Accounts, Answer, Vendor};
use crate::{job, jobs, killed, recorded, run, run_with, state, told};

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
async fn ticket_whose_archiving_is_stopped_or_paused_stays_open_and_is_no_failure() {
    for is_pause in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let jobs = jobs();
        let ids = ["1", "2", "3", "4", "5", "6", "7", "8"];
        let vendor = Vendor::new(&ids).with_messages();
        let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
        let mut guards = archived_in(folder.path());
        guards.max_failures = Some(MaxFailures::Tickets(0));
        let named = ids.map(|id| format!("eu:{id}"));
        let named: Vec<_> = named.iter().map(String::as_str).collect();
        let id = guarded(&jobs, &accounts, guards, &named).await;
        let stop = Stop::new();
        let work = run_with(&jobs, &id, &accounts, CallContext::new().stop(stop.clone()));
        let stopping = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            if is_pause {
                jobs.steer(&id, Step::Pause).await.unwrap();
            } else {
                stop.finish();
            }
        };
        let (outcomes, ()) = tokio::join!(work, stopping);
        let left = |word: &str| ids.map(|id| format!("eu:{id} {word}"));
        assert_eq!(told(&outcomes), left("(unattempted)"));
        assert_eq!(
            recorded(&jobs, &id).await,
            ids.map(|id| format!("{id} open"))
        );
        // All were read, and the quota had room for the messages of two.
        let log = vendor.log();
        let messages = log.iter().filter(|call| call.starts_with("messages"));
        assert_eq!((log.len(), messages.count()), (10, 2), "{log:?}");
        if is_pause {
            assert_eq!(state(&jobs, &id).await, JobState::Paused);
            jobs.steer(&id, Step::Resume).await.unwrap();
        }
        assert_eq!(state(&jobs, &id).await, JobState::Ready);
        let outcomes = run(&jobs, &id, &accounts).await;
        assert_eq!(told(&outcomes), left("deleted"));
        let archive = Archive::read(folder.path()).unwrap();
        assert_eq!(archive.entries().count(), ids.len());
        assert_eq!(deletes(&vendor).len(), 4);
    }
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
