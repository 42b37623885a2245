//! The guard of too many failures: what counts, and how much is sent until the job is paused.

use std::num::NonZeroUsize;
use std::time::Duration;

use futures_util::StreamExt as _;
use ticket_core::bulk::BulkOptions;
use ticket_core::provider::{NotFound, Support};
use ticket_core::{CallContext, Effect, Error, ErrorKind, Operation, Stop};
use ticket_jobs::{EventKind, Guards, JobId, JobState, Jobs, MaxFailures, Step};

use crate::guards::{deletes, guarded};
use crate::vendor::{Accounts, Answer, Vendor};
use crate::{jobs, recorded, state, told};

/// A vendor of forty tickets that deletes one a call, and answers each of the first `errors` deletes with a 500. Its reads may
/// lag: that a ticket is found after an error proves nothing.
fn sick(errors: usize) -> Vendor {
    let ids: Vec<_> = (1..=40).map(|id| id.to_string()).collect();
    let mut vendor = Vendor::new(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    vendor.info.reads_are_consistent = false;
    let delete = Support::new().max_batch(1).not_found(NotFound::Gone);
    vendor.info.capabilities = vendor.info.capabilities.with(Operation::Delete, delete);
    let error = Error::new(ErrorKind::Server, "it broke").with_effect(Effect::Unknown);
    let error = Answer::Error(error, false);
    vendor.state().answers = vec![error; errors].into();
    vendor
}

/// A job that deletes these tickets unless more than so many fail.
async fn failing_at_most(
    jobs: &Jobs,
    accounts: &Accounts,
    most: u64,
    tickets: impl Iterator<Item = String>,
) -> JobId {
    let mut guards = Guards::default();
    guards.max_failures = Some(MaxFailures::Tickets(most));
    let tickets: Vec<_> = tickets.collect();
    let tickets: Vec<_> = tickets.iter().map(String::as_str).collect();
    guarded(jobs, accounts, guards, &tickets).await
}

#[tokio::test(start_paused = true)]
async fn too_many_failures_pause_the_job_and_whoever_resumes_it_gets_as_many_again() {
    let jobs = jobs();
    let vendor = Vendor::new(&[]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let tickets = (1..=9).map(|id| format!("eu:{id}"));
    let id = failing_at_most(&jobs, &accounts, 2, tickets).await;
    let options = BulkOptions::default().concurrency(NonZeroUsize::MIN);
    let work = |jobs: &Jobs| jobs.run(&id, accounts.clone(), CallContext::new(), &options);
    let first: Vec<_> = work(&jobs).collect().await;
    let first = told(&first);
    let failed = first
        .iter()
        .filter(|line| line.ends_with(" not_found"))
        .count();
    assert!((3..9).contains(&failed), "{first:?}");
    assert_eq!(first.len(), 9);
    assert_eq!(state(&jobs, &id).await, JobState::Paused);
    let events = jobs.ledger().events(&id).await.unwrap();
    assert!(
        events
            .iter()
            .any(|event| event.what == EventKind::TooManyFailures)
    );
    let sent = deletes(&vendor).len();
    let _: Vec<_> = work(&jobs).collect().await;
    assert_eq!(deletes(&vendor).len(), sent);
    jobs.steer(&id, Step::Resume).await.unwrap();
    let _: Vec<_> = work(&jobs).collect().await;
    assert!(deletes(&vendor).len() > sent);
}

#[tokio::test(start_paused = true)]
async fn failed_deletes_that_only_a_later_look_settles_pause_the_job_at_once() {
    for (most, sent) in [(2, 3..=4), (0, 1..=2)] {
        let jobs = jobs();
        let vendor = sick(20);
        let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
        let tickets = (1..=40).map(|id| format!("eu:{id}"));
        let id = failing_at_most(&jobs, &accounts, most, tickets).await;
        let options = BulkOptions::default().concurrency(NonZeroUsize::MIN);
        let work = || jobs.run(&id, accounts.clone(), CallContext::new(), &options);
        let told = told(&work().collect::<Vec<_>>().await);
        let first = deletes(&vendor).len();
        assert!(sent.contains(&first), "{:?}", vendor.log());
        assert_eq!(state(&jobs, &id).await, JobState::Paused);
        // What is unknown is not recorded: it stays in doubt for the next run.
        let count = |word: &str| told.iter().filter(|line| line.ends_with(word)).count();
        assert_eq!(count(" (unknown)"), first, "{told:?}");
        assert_eq!(count(" (unattempted)"), 40 - first, "{told:?}");
        // Whoever resumes it gets as many again, and the vendor still answers as before.
        jobs.steer(&id, Step::Resume).await.unwrap();
        let _: Vec<_> = work().collect().await;
        let second = deletes(&vendor).len() - first;
        assert!(sent.contains(&second), "{:?}", vendor.log());
        assert_eq!(state(&jobs, &id).await, JobState::Paused);
        assert_eq!(vendor.state().there.len(), 40);
        // Once the vendor is well, nothing is lost.
        vendor.state().answers.clear();
        jobs.steer(&id, Step::Resume).await.unwrap();
        let _: Vec<_> = work().collect().await;
        assert_eq!(state(&jobs, &id).await, JobState::Completed);
        assert_eq!(recorded(&jobs, &id).await.len(), 40);
        assert!(vendor.state().there.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn ticket_that_the_look_at_the_end_finds_deleted_is_no_failure_any_more() {
    let jobs = jobs();
    let (eu, us) = (sick(2), Vendor::new(&["1", "2", "5", "6"]));
    us.state().latency = Duration::from_secs(10);
    let accounts = Accounts::new(&jobs, [("eu", &eu), ("us", &us)]);
    let tickets = (1..=10).map(|id| format!("eu:{id}"));
    let tickets = tickets.chain((1..=6).map(|id| format!("us:{id}")));
    let id = failing_at_most(&jobs, &accounts, 2, tickets).await;
    let options = BulkOptions::default().concurrency(NonZeroUsize::MIN);
    let work = jobs.run(&id, accounts.clone(), CallContext::new(), &options);
    let carried_out = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(deletes(&eu).len(), 10);
        // After the first look, and before the second one.
        eu.state().there.clear();
    };
    let (outcomes, ()) = tokio::join!(work.collect::<Vec<_>>(), carried_out);
    let told = told(&outcomes);
    assert_eq!(
        told[..3],
        ["eu:1 already_gone", "eu:2 already_gone", "eu:3 deleted"]
    );
    // Two tickets that another account does not find are as many as may fail.
    let us_told = [1, 2, 5, 6].map(|id| format!("us:{id} deleted"));
    assert!(us_told.iter().all(|line| told.contains(line)), "{told:?}");
    assert_eq!(state(&jobs, &id).await, JobState::Completed);
    assert!(us.state().there.is_empty());
}

#[tokio::test(start_paused = true)]
async fn failures_of_earlier_runs_count_as_well() {
    let jobs = jobs();
    let vendor = Vendor::new(&[]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let tickets = (1..=60).map(|id| format!("eu:{id}"));
    let id = failing_at_most(&jobs, &accounts, 20, tickets).await;
    let options = BulkOptions::default().concurrency(NonZeroUsize::MIN);
    let stop = Stop::new();
    let context = CallContext::new().stop(stop.clone());
    let mut work = jobs.run(&id, accounts.clone(), context, &options);
    let mut first = 0;
    while let Some(one) = work.next().await {
        first += usize::from(one.unwrap().recorded);
        if first == 8 {
            stop.finish();
        }
    }
    assert!((8..=20).contains(&first), "{first}");
    assert_eq!(state(&jobs, &id).await, JobState::Ready);
    let work = jobs.run(&id, accounts.clone(), CallContext::new(), &options);
    let _: Vec<_> = work.collect().await;
    assert_eq!(state(&jobs, &id).await, JobState::Paused);
    let failed = jobs.ledger().job(&id).await.unwrap().counts["not_found"];
    assert!((21..=28).contains(&failed), "{failed}");
    assert_eq!(u64::try_from(2 * deletes(&vendor).len()).unwrap(), failed);
}
