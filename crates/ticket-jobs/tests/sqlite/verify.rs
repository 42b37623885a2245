//! Contradictions that `verify` finds in the rows.

use std::sync::Arc;

use ticket_jobs::{Confirmed, Guards, Jobs, Step, Which, plan, tickets};

use super::*;

#[tokio::test(start_paused = true)]
async fn verify_tells_each_contradiction() {
    let (ledger, folder) = ledger();
    let job = job(&ledger, 4).await;
    let worker = ledger.begin(&job).await.unwrap();
    ledger.claim(worker, "shop").await.unwrap();
    ledger
        .settle(worker, vec![(0, Outcome::Done)])
        .await
        .unwrap();
    assert_eq!(ledger.verify(&job).await.unwrap(), Vec::<String>::new());
    let connection = Connection::open(folder.path().join("jobs.db")).unwrap();
    for (change, expected) in [
        (
            "UPDATE count SET n = 2",
            "the outcome done of account 0 is counted 2 times, but 1",
        ),
        (
            "UPDATE job SET tickets = 5",
            "the job says 5 tickets, but has 4",
        ),
        (
            "UPDATE job SET state = 'completed'",
            "the job is completed, but 3 tickets are open",
        ),
        (
            "DELETE FROM claim",
            "the open ticket at place 1 is neither claimed nor left",
        ),
        (
            "DELETE FROM place WHERE seq = 2",
            "the ticket at place 2 cannot be found",
        ),
        (
            "INSERT INTO doubt VALUES (1, 3, 77)",
            "the ticket at place 3 is in doubt by call 77",
        ),
        (
            "INSERT INTO repeated VALUES (1, 9, 8)",
            "place 9 repeats place 8",
        ),
        (
            "UPDATE ticket SET outcome = NULL",
            "the ticket at place 0 has an outcome without",
        ),
    ] {
        let before = ledger.verify(&job).await.unwrap();
        let is_told = |found: &[String]| found.iter().any(|line| line.starts_with(expected));
        assert!(!is_told(&before), "{before:?}");
        connection.execute(change, []).unwrap();
        let found = ledger.verify(&job).await.unwrap();
        assert!(is_told(&found), "{change}: {found:?}");
    }
}

/// What `verify` tells of a job after this change to its rows. The job has a canary of two of its three tickets. If it is
/// confirmed, its canary is claimed, each ticket of it is named by a call, and the first is archived and done.
async fn told_after(is_confirmed: bool, change: &str) -> Vec<String> {
    let (ledger, folder) = ledger();
    let mut guards = Guards::default();
    guards.canary = Some(2);
    let new = NewJob::new(Change::Delete).guards(guards);
    let job = ledger.create(new.awaiting_confirmation()).await.unwrap();
    let list = (0..3).map(|seq| listed(seq, "shop", &format!("t{seq}")));
    ledger.add(&job, list.collect()).await.unwrap();
    let accounts = vec![JobAccount::new("shop", "quota", 2)];
    ledger.seal(&job, accounts, None).await.unwrap();
    if is_confirmed {
        let confirmed = Confirmed::new(START, "ada@host");
        ledger.confirm(&job, confirmed).await.unwrap();
        let worker = ledger.begin(&job).await.unwrap();
        ledger.claim(worker, "shop").await.unwrap();
        for id in ["t0", "t1"] {
            ledger.take(delete(&job, worker, &[id])).await.unwrap();
        }
        let entries = vec![(0, "aa".to_owned())];
        ledger.archived(worker, entries).await.unwrap();
        let outcomes = vec![(0, Outcome::Done)];
        ledger.settle(worker, outcomes).await.unwrap();
    }
    assert_eq!(ledger.verify(&job).await.unwrap(), Vec::<String>::new());
    let connection = Connection::open(folder.path().join("jobs.db")).unwrap();
    connection.execute(change, []).unwrap();
    ledger.verify(&job).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn verify_tells_what_a_confirmation_contradicts() {
    for (is_confirmed, change, expected) in [
        (
            false,
            "INSERT INTO worker (job, process, began_at, beat_at) VALUES (1, 'p', 1, 1)",
            "the job awaits confirmation, but has 0 outcomes and 1 workers",
        ),
        (
            false,
            "UPDATE ticket SET outcome = 'done', decided_at = 1 WHERE seq = 0",
            "the job awaits confirmation, but has 1 outcomes and 0 workers",
        ),
        (
            false,
            "UPDATE job SET confirmed = '{}'",
            "the job is awaiting_confirmation, but is confirmed",
        ),
        (
            true,
            "UPDATE job SET awaits_confirmation = 0",
            "the job is ready, but is confirmed",
        ),
        (
            true,
            "UPDATE job SET confirmed = NULL",
            "the job is ready, but nobody confirmed it",
        ),
        (
            true,
            "UPDATE job SET confirmed = NULL, state = 'cancelling', held_from = NULL",
            "the job is cancelling, but nobody confirmed it",
        ),
    ] {
        let found = told_after(is_confirmed, change).await;
        assert!(
            found.iter().any(|line| line == expected),
            "{change}: {found:?}"
        );
    }
    let cancelled = "UPDATE job SET state = 'cancelling', held_from = NULL";
    assert_eq!(told_after(false, cancelled).await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn verify_tells_what_an_erasure_contradicts() {
    let no_erasure =
        "the ticket at place 0 is of people or was looked at again, but the job is no erasure";
    for (change, expected) in [
        ("UPDATE ticket SET people = '[]'", no_erasure),
        ("UPDATE ticket SET looked_again = '{}'", no_erasure),
        (
            "UPDATE ticket SET looked_again = '{}'",
            "the ticket at place 1 was looked at again, but has no outcome",
        ),
    ] {
        let found = told_after(true, change).await;
        assert!(found.iter().any(|line| line == expected), "{found:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn verify_tells_what_a_canary_contradicts() {
    for (change, expected) in [
        (
            "UPDATE job SET held_from = 77",
            "the job is ready and holds back tickets from place 77 on",
        ),
        (
            "UPDATE job SET state = 'cancelling'",
            "the job is cancelling and holds back tickets from place 2 on",
        ),
        (
            "UPDATE job SET held_from = 1",
            "the ticket at place 1 is held back, but was claimed or has an outcome",
        ),
    ] {
        assert_eq!(told_after(true, change).await, [expected], "{change}");
    }
}

#[tokio::test(start_paused = true)]
async fn verify_tells_calls_that_are_counted_wrong() {
    for (change, expected) in [
        (
            "UPDATE ticket SET attempts = 0 WHERE seq = 0",
            "the ticket at place 0 says 0 calls, the last one 1, but 1 name it, the last one 1",
        ),
        (
            "UPDATE ticket SET attempts = 2 WHERE seq = 1",
            "the ticket at place 1 says 2 calls, the last one 2, but 1 name it, the last one 2",
        ),
        (
            "UPDATE ticket SET last_call = 9 WHERE seq = 0",
            "the ticket at place 0 says 1 calls, the last one 9, but 1 name it, the last one 1",
        ),
        (
            "UPDATE ticket SET last_call = 2 WHERE seq = 0",
            "the ticket at place 0 says 1 calls, the last one 2, but 1 name it, the last one 1",
        ),
        (
            "UPDATE ticket SET last_call = NULL WHERE seq = 0",
            "the ticket at place 0 says 1 calls, the last one nothing, but 1 name it, the last one 1",
        ),
        (
            "DELETE FROM call WHERE id = 1",
            "the ticket at place 0 says 1 calls, the last one 1, but 0 name it, the last one nothing",
        ),
    ] {
        assert_eq!(told_after(true, change).await, [expected], "{change}");
    }
}

#[tokio::test(start_paused = true)]
async fn verify_tells_a_ticket_that_is_archived_in_part() {
    for column in ["archived_at", "archived_sha256"] {
        let change = format!("UPDATE ticket SET {column} = NULL WHERE seq = 0");
        let expected = "the ticket at place 0 is archived without a time or without a digest";
        assert_eq!(told_after(true, &change).await, [expected]);
    }
}

#[tokio::test(start_paused = true)]
async fn verify_finds_nothing_in_a_job_whose_canary_was_released_or_cancelled() {
    for step in [Step::Release, Step::Cancel] {
        let (ledger, _folder) = ledger();
        let mut guards = Guards::default();
        guards.canary = Some(0);
        let new = NewJob::new(Change::Delete).guards(guards);
        let job = ledger.create(new).await.unwrap();
        ledger
            .add(&job, vec![listed(0, "shop", "t0")])
            .await
            .unwrap();
        let accounts = vec![JobAccount::new("shop", "quota", 2)];
        ledger.seal(&job, accounts, None).await.unwrap();
        assert_eq!(ledger.job(&job).await.unwrap().held_from, Some(0));
        ledger.steer(&job, step).await.unwrap();
        assert_eq!(ledger.verify(&job).await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn list_that_is_not_what_was_planned_is_told() {
    for change in [
        "UPDATE ticket SET id = 't9' WHERE seq = 1",
        "UPDATE job SET guards = '{\"if_unchanged\":true}'",
        "UPDATE job_account SET about = replace(about, 'example.com', 'example.org')",
    ] {
        let (ledger, folder) = ledger();
        let new = NewJob::new(Change::Delete).awaiting_confirmation();
        let job = ledger.create(new).await.unwrap();
        let list = (0..3).map(|seq| listed(seq, "shop", &format!("t{seq}")));
        ledger.add(&job, list.collect()).await.unwrap();
        let mut account = JobAccount::new("shop", "quota", 2);
        account.host = Some("desk.example.com".to_owned());
        let mut as_it_will_be = ledger.job(&job).await.unwrap();
        as_it_will_be.accounts = vec![account.clone()];
        let named = tickets(&ledger, &job, Which::Named);
        let digest = plan::digest(&as_it_will_be, named).await.unwrap();
        ledger
            .seal(&job, vec![account], Some(digest.clone()))
            .await
            .unwrap();
        let jobs = Jobs::new(Arc::new(ledger));
        assert_eq!(jobs.verify(&job).await.unwrap(), Vec::<String>::new());
        let connection = Connection::open(folder.path().join("jobs.db")).unwrap();
        assert_eq!(connection.execute(change, []).unwrap(), 1);
        let found = jobs.verify(&job).await.unwrap();
        let is_told = |line: &String| line.contains("what was planned") && line.contains(&digest);
        assert!(found.iter().any(is_told), "{change}: {found:?}");
    }
}
