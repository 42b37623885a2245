//! Tickets that fail for a passing reason are tried later.

use super::*;

fn retrying_for(hours: u64) -> NewJob {
    let mut guards = Guards::default();
    guards.retry_for = Some(Duration::from_secs(hours * 3600));
    deleting().guards(guards)
}

#[tokio::test(start_paused = true)]
async fn ticket_that_fails_for_a_passing_reason_is_tried_later_and_then_done() {
    let jobs = jobs();
    let vendor = vendor_of(3);
    vendor.state().refused.insert("2".to_owned(), busy());
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job_of(&jobs, &accounts, &["eu"], 3, deleting()).await;
    let worker = work(&jobs, &accounts, 4);
    sleep(Duration::from_secs(30)).await;
    assert_eq!(
        recorded(&jobs, &id).await,
        ["1 deleted", "2 in doubt", "3 deleted"]
    );
    let first = vendor.log().len();
    sleep(Duration::from_secs(50)).await;
    let second = vendor.log().len();
    assert!(second > first, "it is tried again after a minute at most");
    sleep(Duration::from_secs(50)).await;
    assert_eq!(vendor.log().len(), second, "and then after 90 s or more");
    vendor.state().refused.clear();
    assert_eq!(over(&jobs, &id, 60).await, JobState::Completed);
    worker.finish().await;
}

#[tokio::test(start_paused = true)]
async fn ticket_that_fails_for_too_long_is_failed() {
    let jobs = jobs();
    let vendor = vendor_of(3);
    vendor.state().refused.insert("2".to_owned(), busy());
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job_of(&jobs, &accounts, &["eu"], 3, retrying_for(1)).await;
    let worker = work(&jobs, &accounts, 4);
    let begun = Instant::now();
    over(&jobs, &id, 3 * 3600).await;
    assert!(begun.elapsed() >= Duration::from_secs(3600));
    assert_eq!(
        recorded(&jobs, &id).await,
        ["1 deleted", "2 failed", "3 deleted"]
    );
    let tries = deletes(&vendor)["2"];
    // After 1, 2, 4, 8, 16 and 32 minutes, each up to a quarter less.
    assert!((6..=12).contains(&tries), "{tries}");
    assert!(!has_event(&jobs, &id, EventKind::GaveUp).await);
    worker.finish().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_tried_later_where_the_job_says_so() {
    let jobs = jobs();
    let vendor = vendor_of(3);
    vendor.state().refused.insert("2".to_owned(), busy());
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job_of(&jobs, &accounts, &["eu"], 3, retrying_for(0)).await;
    let worker = work(&jobs, &accounts, 4);
    assert_eq!(over(&jobs, &id, 50).await, JobState::Completed);
    let outcomes = ["1 deleted", "2 failed", "3 deleted"];
    assert_eq!(recorded(&jobs, &id).await, outcomes);
    let sent = vendor.log().len();
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(vendor.log().len(), sent);
    worker.finish().await;
}

#[tokio::test(start_paused = true)]
async fn account_that_never_answers_is_given_up_and_others_go_on() {
    let jobs = jobs();
    let (eu, us) = (vendor_of(250), vendor_of(4));
    for id in 1..=250 {
        eu.state().refused.insert(id.to_string(), busy());
    }
    let accounts = Accounts::new(&jobs, [("eu", &eu), ("us", &us)]);
    for _ in 0..5_000 {
        eu.answer(Answer::Error(busy(), false));
    }
    let id = job_of(&jobs, &accounts, &["us"], 4, deleting()).await;
    let other = job_of(&jobs, &accounts, &["eu"], 250, retrying_for(2)).await;
    let worker = work(&jobs, &accounts, 4);
    over(&jobs, &id, 60).await;
    assert_eq!(over(&jobs, &other, 12 * 3600).await, JobState::Completed);
    let job = jobs.ledger().job(&other).await.unwrap();
    assert_eq!(job.counts.get("done"), None);
    let told: u64 = ["failed", "unattempted"]
        .iter()
        .filter_map(|word| job.counts.get(*word))
        .sum();
    assert_eq!(told, 250, "{:?}", job.counts);
    assert!(job.counts["unattempted"] > 200, "{:?}", job.counts);
    assert!(has_event(&jobs, &other, EventKind::GaveUp).await);
    // Each try takes a minute, and the pauses between them grow.
    assert!(eu.log().len() < 400, "{}", eu.log().len());
    worker.finish().await;
}
