//! Steps of a job that another engine dispatches, without a run.

use std::time::Duration;

use ticket_core::bulk::BulkOptions;
use ticket_core::{CallContext, Change, Effect, Error, ErrorKind, TicketRef};
use ticket_jobs::{Claim, Claimed, JobId, JobOutcome, JobState, Jobs, MaxFailures, NewJob, Work};
use tokio::time::Instant;

use crate::vendor::{Accounts, Answer, Vendor};
use crate::{job, jobs, recorded, state, told};

/// The tickets of the account `eu` that can be worked on, as a dispatcher claims them.
async fn claim(jobs: &Jobs, id: &JobId) -> (Work, Vec<Claimed>) {
    let worker = jobs.ledger().begin(id).await.unwrap();
    let Claim::Tickets(claimed) = jobs.ledger().claim(worker, "eu").await.unwrap() else {
        panic!("nothing to claim");
    };
    let work = Work {
        job: id.clone(),
        worker,
        account: "eu".to_owned(),
    };
    (work, claimed)
}

#[tokio::test(start_paused = true)]
async fn claimed_tickets_are_worked_on_without_a_run() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2", "3"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1", "eu:2", "eu:3"]).await;
    let (work, claimed) = claim(&jobs, &id).await;
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
    let (work, claimed) = claim(jobs, id).await;
    let worker = work.worker;
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
    let (work, claimed) = claim(&jobs, &id).await;
    let worker = work.worker;
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
