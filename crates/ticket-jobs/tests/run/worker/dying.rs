//! Calls that panic, or kill their worker.

use super::*;

#[tokio::test(start_paused = true)]
async fn ticket_in_whose_calls_the_provider_panics_gets_an_outcome_and_others_go_on() {
    for (reads_too, outcome) in [(false, "3 failed"), (true, "3 unknown")] {
        let jobs = jobs();
        let vendor = vendor_of(6);
        vendor.state().panics.insert("3".to_owned());
        vendor.state().reads_too = reads_too;
        let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
        let id = job_of(&jobs, &accounts, &["eu"], 6, deleting()).await;
        let worker = work(&jobs, &accounts, 2);
        assert_eq!(over(&jobs, &id, 60).await, JobState::Completed);
        let mut expected = [1, 2, 3, 4, 5, 6].map(|id| format!("{id} deleted"));
        expected[2] = outcome.to_owned();
        assert_eq!(recorded(&jobs, &id).await, expected);
        let there = &vendor.state().there.clone();
        assert_eq!(there.iter().collect::<Vec<_>>(), ["3"]);
        assert!(deletes(&vendor)["3"] <= 2, "{:?}", vendor.log());
        let told = worker.told.all();
        assert!(
            told.iter().all(|one| !one.starts_with("refused")),
            "{told:?}"
        );
        let tickets = jobs.ledger().tickets(&id, Which::Named, None, 9).await;
        let why = tickets.unwrap()[2].outcome.clone().unwrap();
        assert!(
            why.error().unwrap().message().contains("panicked"),
            "{why:?}"
        );
        worker.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn provider_that_panics_in_each_call_ends_the_work_and_no_ticket_is_lost() {
    let jobs = jobs();
    let vendor = vendor_of(200);
    vendor.state().panics = (1..=200).map(|id| id.to_string()).collect();
    vendor.state().reads_too = true;
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job_of(&jobs, &accounts, &["eu"], 200, deleting()).await;
    let worker = work(&jobs, &accounts, 2);
    sleep(Duration::from_secs(50)).await;
    assert!(open(&jobs, &id).await > 150);
    vendor.state().panics.clear();
    assert_eq!(over(&jobs, &id, 7200).await, JobState::Completed);
    let counts = jobs.ledger().job(&id).await.unwrap().counts;
    assert!(counts["done"] > 150, "{counts:?}");
    worker.finish().await;
}

/// Kills each worker that has a call about the ticket `3` in flight, until the job is over. Returns how many.
async fn kill_at_3(jobs: &Jobs, vendor: &Vendor, accounts: &Arc<Accounts>, id: &JobId) -> u32 {
    let calls = || {
        let log = vendor.log();
        let is_about = |call: &&String| call.split([' ', ',']).any(|word| word == "3");
        log.iter().filter(is_about).count()
    };
    for kills in 0..30 {
        let before = calls();
        let worker = work(jobs, accounts, 2);
        while calls() == before && !state(jobs, id).await.is_over() {
            sleep(Duration::from_secs(1)).await;
        }
        if state(jobs, id).await.is_over() {
            worker.finish().await;
            return kills;
        }
        worker.task.abort();
        sleep(Duration::from_secs(90)).await;
    }
    panic!("{:?}", recorded(jobs, id).await);
}

#[tokio::test(start_paused = true)]
async fn ticket_whose_every_attempt_kills_the_worker_ends_as_unknown_and_others_are_done() {
    let jobs = jobs();
    let vendor = vendor_of(12);
    vendor.state().hangs.insert("3".to_owned());
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job_of(&jobs, &accounts, &["eu"], 12, deleting()).await;
    let kills = kill_at_3(&jobs, &vendor, &accounts, &id).await;
    assert_eq!(kills, 5);
    assert_eq!(deletes(&vendor)["3"], 5);
    let job = jobs.ledger().job(&id).await.unwrap();
    assert_eq!(job.counts["unknown"], 1, "{:?}", job.counts);
    assert_eq!(vendor.state().there.len(), 1);
    let tickets = jobs
        .ledger()
        .tickets(&id, Which::Named, None, 99)
        .await
        .unwrap();
    for ticket in tickets {
        let outcome = ticket.outcome.unwrap();
        assert_eq!(outcome.is_done(), ticket.id.as_str() != "3", "{outcome:?}");
        if let Some(error) = outcome.error() {
            assert!(error.message().contains("5 processes or more"), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ticket_whose_every_look_kills_the_worker_ends_as_unknown() {
    let jobs = jobs();
    let mut vendor = vendor_of(6);
    // So that it is not sent again.
    vendor.info.never_reuses_ids = false;
    vendor.state().hangs.insert("3".to_owned());
    vendor.state().reads_too = true;
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job_of(&jobs, &accounts, &["eu"], 6, deleting()).await;
    let kills = kill_at_3(&jobs, &vendor, &accounts, &id).await;
    assert!((5..=12).contains(&kills), "{kills}");
    assert_eq!(deletes(&vendor)["3"], 1);
    let recorded = recorded(&jobs, &id).await;
    assert_eq!(recorded[2], "3 unknown");
    assert!(
        recorded[4..].iter().all(|one| one.ends_with(" deleted")),
        "{recorded:?}"
    );
}
