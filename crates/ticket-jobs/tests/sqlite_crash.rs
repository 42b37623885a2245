//! What a ledger in a SQLite file still holds after its process was killed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests may panic"
)]
#![cfg(all(feature = "sqlite", unix))]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ticket_core::{Change, Operation};
use ticket_jobs::{
    Claim, JobAccount, JobId, Ledger, Listed, NewCall, NewJob, SqliteLedger, Taken, Work,
};

/// Tells the process that is killed which ledger and job it works on.
const WORKS_ON: &str = "TICKET_JOBS_TEST_WORKS_ON";

/// This test's program as another process, which claims tickets, takes a slot, says so, and waits.
fn start(path: &Path, job: &JobId) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "process_that_is_killed", "--nocapture"])
        .env(WORKS_ON, format!("{job} {}", path.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let taken = lines
        .map(Result::unwrap)
        .find(|line| line.starts_with("taken: "));
    (child, taken.expect("the process took no slot"))
}

#[tokio::test]
async fn process_that_is_killed() {
    let Ok(works_on) = std::env::var(WORKS_ON) else {
        return;
    };
    let (job, path) = works_on.split_once(' ').unwrap();
    let job: JobId = job.parse().unwrap();
    let ledger = SqliteLedger::open(path).unwrap();
    let worker = ledger.begin(&job).await.unwrap();
    let Claim::Tickets(claimed) = ledger.claim(worker, "shop").await.unwrap() else {
        panic!("nothing to claim");
    };
    let call = NewCall {
        account: "quota".to_owned(),
        limits: Vec::new(),
        operation: Operation::Delete,
        requests: 1,
        tickets: claimed.iter().map(|ticket| ticket.id.clone()).collect(),
        longest: Duration::from_secs(60),
        work: Some(Work {
            job,
            worker,
            account: "shop".to_owned(),
        }),
    };
    let taken = ledger.take(call).await.unwrap();
    assert!(matches!(taken, Taken::Slot(..)));
    println!("\ntaken: {}", claimed.len());
    // Until it is killed, or the test that started it is gone.
    let _ = std::io::stdin().read_line(&mut String::new());
}

#[tokio::test]
async fn call_that_was_taken_is_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    let ledger = SqliteLedger::open(&path).unwrap();
    let job = ledger.create(NewJob::new(Change::Delete)).await.unwrap();
    let listed = (0..5).map(|seq| Listed {
        seq,
        account: "shop".to_owned(),
        id: format!("t{seq}").into(),
        version: None,
        people: Vec::new(),
    });
    ledger.add(&job, listed.collect()).await.unwrap();
    let accounts = vec![JobAccount::new("shop", "quota", 2)];
    ledger.seal(&job, accounts, None).await.unwrap();

    let (mut child, taken) = start(&path, &job);
    assert_eq!(taken, "taken: 2");
    assert_eq!(ledger.job(&job).await.unwrap().workers, 1);
    child.kill().unwrap();
    child.wait().unwrap();

    assert_eq!(ledger.job(&job).await.unwrap().workers, 0);
    let calls = ledger.calls(&job, None, 9).await.unwrap();
    assert_eq!((calls.len(), calls[0].ended_at), (1, None));
    let accounts = ledger.accounts().await.unwrap();
    assert_eq!((accounts[0].in_flight, accounts[0].lost), (1, 1));
    let worker = ledger.begin(&job).await.unwrap();
    let Claim::Tickets(claimed) = ledger.claim(worker, "shop").await.unwrap() else {
        panic!("nothing to claim");
    };
    let seqs: Vec<_> = claimed.iter().map(|ticket| ticket.seq).collect();
    assert_eq!(seqs, [0, 1]);
    let acts_for = claimed[0].in_doubt.unwrap();
    assert!(acts_for > Duration::ZERO && acts_for <= Duration::from_secs(63));
    assert_eq!(ledger.verify(&job).await.unwrap(), Vec::<String>::new());
    // The file of the process that is gone was removed; this one has its own.
    let files = std::fs::read_dir(folder.path().join("jobs.db.workers")).unwrap();
    assert_eq!(files.count(), 1);
}
