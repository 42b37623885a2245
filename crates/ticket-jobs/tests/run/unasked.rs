//! Tickets that the vendor changes although nobody asked for them: what the ledger keeps of them.

use ticket_core::provider::Removal;
use ticket_jobs::{EventKind, Unasked};

use super::erase::{ada, confirm, erasure, planned, vendor};
use super::*;

/// What the ledger keeps of them: the account, the names and the number. `times`: in so many events.
async fn kept(jobs: &Jobs, job: &JobId, times: usize) -> Vec<(String, Vec<String>, u64)> {
    let events = jobs.ledger().events(job).await.unwrap();
    let unasked = events
        .iter()
        .filter(|event| event.what == EventKind::Unasked);
    assert_eq!(unasked.count(), times, "{events:?}");
    let all = Unasked::of(&events).into_iter().map(|one| {
        let names = one.tickets.iter().map(ToString::to_string).collect();
        (one.account, names, one.count)
    });
    all.collect()
}

fn texts(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn tickets_that_nobody_asked_for_are_kept_with_the_job_after_its_process_is_gone() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2", "3", "4"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1", "eu:2", "eu:3", "eu:4"]).await;
    vendor.state().takes = [texts(&["77"]), texts(&["78", "77"])].into();
    // So that the second call has no answer when the process is gone.
    vendor.state().latency = Duration::from_secs(1);
    let options = BulkOptions::default().concurrency(std::num::NonZeroUsize::MIN);
    let mut work = jobs.run(&id, accounts.clone(), CallContext::new(), &options);
    let first = work.next().await.unwrap().unwrap();
    assert!(first.recorded, "{first:?}");
    // Whoever sees an outcome sees what came with it.
    let of_eu = |names: &[&str], count| vec![("eu".to_owned(), texts(names), count)];
    assert_eq!(kept(&jobs, &id, 1).await, of_eu(&["77"], 1));
    drop(work);
    let after = Jobs::new(Arc::clone(jobs.ledger()));
    run(&after, &id, &accounts).await;
    assert_eq!(state(&after, &id).await, JobState::Completed);
    assert_eq!(vendor.log()[0], "delete 1,2");
    assert!(vendor.state().there.is_empty());
    // One that is told twice is one.
    assert_eq!(kept(&after, &id, 2).await, of_eu(&["77", "78"], 2));
}

#[tokio::test(start_paused = true)]
async fn vendor_that_always_changes_others_does_not_fill_the_ledger_and_all_are_counted() {
    let jobs = jobs();
    let ids: Vec<_> = (1..=300).map(|id| id.to_string()).collect();
    let vendor = Vendor::new(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let named: Vec<_> = ids.iter().map(|id| format!("eu:{id}")).collect();
    let named: Vec<_> = named.iter().map(String::as_str).collect();
    let id = job(&jobs, &accounts, &named).await;
    let others = |call: u32| (0..3).map(move |one| format!("x{call}.{one}"));
    vendor.state().takes = (0..150).map(|call| others(call).collect()).collect();
    let options = BulkOptions::default().concurrency(std::num::NonZeroUsize::MIN);
    let work = jobs.run(&id, accounts.clone(), CallContext::new(), &options);
    assert_eq!(work.count().await, 300);
    assert_eq!(vendor.log().len(), 150);
    let events = jobs.ledger().events(&id).await.unwrap();
    let told = events.iter().filter(|one| one.unasked.is_some()).count();
    assert!((1..=101).contains(&told), "{told} events");
    let (_, kept, count) = kept(&jobs, &id, told).await.remove(0);
    assert_eq!((kept.len(), count), (100, 450));
}

#[tokio::test(start_paused = true)]
async fn erasure_keeps_ids_that_nobody_asked_for_and_counts_what_may_be_an_address() {
    let jobs = jobs();
    let vendor = vendor(&["1"], Removal::Permanent);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = planned(&jobs, &accounts, erasure(), &[("eu:1", ada())]).await;
    confirm(&jobs, &accounts, &id).await;
    vendor.state().takes = [texts(&["77", "ann@example.com", "two\nlines"])].into();
    assert_eq!(told(&run(&jobs, &id, &accounts).await), ["eu:1 deleted"]);
    let deletes = vendor.log();
    let deletes = deletes.iter().filter(|call| call.starts_with("delete"));
    assert_eq!(deletes.count(), 1);
    let expected = vec![("eu".to_owned(), texts(&["77"]), 3)];
    assert_eq!(kept(&jobs, &id, 1).await, expected);
    let events = jobs.ledger().events(&id).await.unwrap();
    assert!(!format!("{events:?}").contains("ann@"), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn worker_tells_what_nobody_asked_for_and_keeps_it_with_the_job() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1"]).await;
    vendor.state().takes = [texts(&["77"])].into();
    let worker = worker::work(&jobs, &accounts, 1);
    worker::over(&jobs, &id, 60).await;
    let told = worker.told.clone();
    worker.finish().await;
    let told = told.all();
    assert!(
        told.iter()
            .any(|line| line.starts_with("unasked eu") && line.contains("77")),
        "{told:?}"
    );
    assert_eq!(vendor.log(), ["delete 1"]);
    let expected = vec![("eu".to_owned(), texts(&["77"]), 1)];
    assert_eq!(kept(&jobs, &id, 1).await, expected);
}
