//! The ledger in a SQLite file: what its callers get, and what the file holds.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]
#![cfg(feature = "sqlite")]

mod quota;
mod verify;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;
use ticket_core::model::Version;
use ticket_core::{Change, Effect, Error, ErrorKind, Operation, Outcome, TicketId};
use ticket_jobs::{
    CallId, Claim, Clock, Ended, JobAccount, JobId, JobState, LOST_AFTER, Ledger, Listed, MARGIN,
    NewCall, NewJob, SqliteLedger, Taken, Which, Work, WorkerId,
};
use tokio::time::advance;

const SECOND: Duration = Duration::from_secs(1);
const START: Timestamp = Timestamp::constant(1_800_000_000, 0);

/// A ledger in a folder of its own, on tokio's clock.
fn ledger() -> (SqliteLedger, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path(), &Clock::from(START));
    (ledger, folder)
}

fn open(folder: &Path, clock: &Clock) -> SqliteLedger {
    SqliteLedger::open_with_clock(folder.join("jobs.db"), clock.clone()).unwrap()
}

/// What a second connection reads: one number.
fn count(folder: &TempDir, sql: &str) -> i64 {
    let connection = Connection::open(folder.path().join("jobs.db")).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn listed(seq: u64, account: &str, id: &str) -> Listed {
    Listed {
        seq,
        account: account.to_owned(),
        id: TicketId::new(id),
        version: None,
        people: Vec::new(),
    }
}

/// A job of this many tickets of the account `shop`, two at once.
async fn job(ledger: &SqliteLedger, tickets: u64) -> JobId {
    let job = ledger.create(NewJob::new(Change::Delete)).await.unwrap();
    let list = (0..tickets).map(|seq| listed(seq, "shop", &format!("t{seq}")));
    ledger.add(&job, list.collect()).await.unwrap();
    let accounts = vec![JobAccount::new("shop", "quota", 2)];
    ledger.seal(&job, accounts, None).await.unwrap();
    job
}

fn seqs(claim: Claim) -> Vec<u64> {
    match claim {
        Claim::Tickets(tickets) => tickets.iter().map(|ticket| ticket.seq).collect(),
        other => panic!("{other:?}"),
    }
}

fn call(operation: Operation, ids: &[&str]) -> NewCall {
    NewCall {
        account: "quota".to_owned(),
        limits: Vec::new(),
        operation,
        requests: 1,
        tickets: ids.iter().map(TicketId::new).collect(),
        longest: 10 * SECOND,
        work: None,
    }
}

fn delete(job: &JobId, worker: WorkerId, ids: &[&str]) -> NewCall {
    let work = Work {
        job: job.clone(),
        worker,
        account: "shop".to_owned(),
    };
    NewCall {
        work: Some(work),
        ..call(Operation::Delete, ids)
    }
}

fn slot(taken: Taken) -> CallId {
    match taken {
        Taken::Slot(id, _) => id,
        other => panic!("{other:?}"),
    }
}

const REFUSED: Ended = Ended::Failed {
    kind: ErrorKind::RateLimited,
    effect: Effect::None,
    status: Some(429),
};

const LOST_ANSWER: Ended = Ended::Failed {
    kind: ErrorKind::Timeout,
    effect: Effect::Unknown,
    status: None,
};

#[tokio::test(start_paused = true)]
async fn job_is_worked_on_until_each_ticket_has_an_outcome() {
    let (ledger, folder) = ledger();
    let job = ledger
        .create(NewJob::new(Change::Delete).created_by("ada"))
        .await
        .unwrap();
    let versioned = Listed {
        version: Some(Version::new("v7")),
        ..listed(1, "shop", "b")
    };
    let first = vec![listed(0, "shop", "a"), versioned, listed(2, "post", "a")];
    ledger.add(&job, first).await.unwrap();
    let second = vec![listed(3, "shop", "a"), listed(4, "shop", "c")];
    ledger.add(&job, second).await.unwrap();
    let accounts = vec![
        JobAccount::new("shop", "q1", 2),
        JobAccount::new("post", "q2", 9),
    ];
    ledger.seal(&job, accounts, None).await.unwrap();

    let worker = ledger.begin(&job).await.unwrap();
    let Claim::Tickets(claimed) = ledger.claim(worker, "shop").await.unwrap() else {
        panic!("no tickets");
    };
    assert_eq!(claimed[1].version, Some(Version::new("v7")));
    assert_eq!(
        claimed.iter().map(|ticket| ticket.seq).collect::<Vec<_>>(),
        [0, 1]
    );
    let id = slot(
        ledger
            .take(delete(&job, worker, &["a", "b"]))
            .await
            .unwrap(),
    );
    let open = ledger.tickets(&job, Which::Open, None, 9).await.unwrap();
    let in_doubt = open.iter().filter(|ticket| ticket.in_doubt);
    assert_eq!(
        in_doubt.map(|ticket| ticket.seq).collect::<Vec<_>>(),
        [0, 1]
    );
    advance(SECOND).await;
    ledger.end(id, Ended::Answered).await.unwrap();
    let gone = Error::new(ErrorKind::NotFound, "there is no such ticket").with_status(404);
    let outcomes = vec![(0, Outcome::Done), (1, Outcome::NotFound(gone))];
    ledger.settle(worker, outcomes).await.unwrap();
    assert_eq!(seqs(ledger.claim(worker, "shop").await.unwrap()), [4]);
    assert_eq!(seqs(ledger.claim(worker, "post").await.unwrap()), [2]);
    let outcomes = vec![(4, Outcome::Done), (2, Outcome::AlreadyDone)];
    ledger.settle(worker, outcomes).await.unwrap();
    assert!(matches!(
        ledger.claim(worker, "shop").await.unwrap(),
        Claim::Nothing
    ));
    ledger.finish(worker).await.unwrap();

    let told = ledger.job(&job).await.unwrap();
    assert_eq!(
        (told.state, told.tickets, told.open, told.repeated),
        (JobState::Completed, 4, 0, 1)
    );
    assert_eq!(told.counts["done"], 2);
    assert_eq!(
        (told.accounts[0].name.as_str(), told.accounts[0].tickets),
        ("shop", 3)
    );
    assert_eq!(told.created_by.as_deref(), Some("ada"));
    assert_eq!(told.workers, 0);
    let named = ledger
        .tickets(&job, Which::Named, Some(0), 3)
        .await
        .unwrap();
    let places: Vec<_> = named
        .iter()
        .map(|ticket| (ticket.seq, ticket.repeats))
        .collect();
    assert_eq!(places, [(1, None), (2, None), (3, Some(0))]);
    let error = named[0].outcome.as_ref().unwrap().error().unwrap();
    assert_eq!(error.status(), Some(404));
    let calls = ledger.calls(&job, None, 9).await.unwrap();
    assert_eq!(calls[0].tickets, [TicketId::new("a"), TicketId::new("b")]);
    assert_eq!(calls[0].ended_at, Some(START + SECOND));
    assert_eq!(calls[0].expires_at, START + 10 * SECOND + MARGIN);
    assert_eq!(ledger.verify(&job).await.unwrap(), Vec::<String>::new());
    assert_eq!(
        count(
            &folder,
            "SELECT count(*) FROM ticket WHERE outcome IS NOT NULL"
        ),
        4
    );
    assert_eq!(count(&folder, "SELECT count(*) FROM claim"), 0);
    assert_eq!(count(&folder, "SELECT count(*) FROM doubt"), 0);
}

#[tokio::test(start_paused = true)]
async fn doubt_about_a_ticket_ends_only_with_the_last_call_that_may_have_changed_it() {
    let (ledger, folder) = ledger();
    let job = job(&ledger, 2).await;
    let worker = ledger.begin(&job).await.unwrap();
    ledger.claim(worker, "shop").await.unwrap();
    let first = slot(ledger.take(delete(&job, worker, &["t0"])).await.unwrap());
    advance(5 * SECOND).await;
    let second = slot(
        ledger
            .take(delete(&job, worker, &["t0", "t1"]))
            .await
            .unwrap(),
    );
    ledger.end(first, REFUSED).await.unwrap();
    ledger
        .put_back(worker, "shop", Duration::ZERO)
        .await
        .unwrap();
    let Claim::Tickets(claimed) = ledger.claim(worker, "shop").await.unwrap() else {
        panic!("no tickets");
    };
    let doubts: Vec<_> = claimed.iter().map(|ticket| ticket.in_doubt).collect();
    let rest = Some(10 * SECOND + MARGIN);
    assert_eq!(doubts, [rest, rest]);
    ledger.end(second, LOST_ANSWER).await.unwrap();
    ledger
        .put_back(worker, "shop", Duration::ZERO)
        .await
        .unwrap();
    let Claim::Tickets(claimed) = ledger.claim(worker, "shop").await.unwrap() else {
        panic!("no tickets");
    };
    assert_eq!(claimed[0].in_doubt, Some(Duration::ZERO));
    let third = slot(ledger.take(delete(&job, worker, &["t0"])).await.unwrap());
    ledger.end(third, REFUSED).await.unwrap();
    let open = ledger.tickets(&job, Which::Open, None, 9).await.unwrap();
    assert!(open.iter().all(|ticket| ticket.in_doubt));
    assert_eq!(count(&folder, "SELECT count(*) FROM doubt"), 2);
    assert_eq!(ledger.verify(&job).await.unwrap(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn worker_without_beats_is_lost_and_another_gets_what_it_had() {
    let (ledger, _folder) = ledger();
    let job = job(&ledger, 3).await;
    let lost = ledger.begin(&job).await.unwrap();
    let worker = ledger.begin(&job).await.unwrap();
    assert_eq!(seqs(ledger.claim(lost, "shop").await.unwrap()), [0, 1]);
    let id = slot(ledger.take(delete(&job, lost, &["t0"])).await.unwrap());
    assert_eq!(seqs(ledger.claim(worker, "shop").await.unwrap()), [2]);
    assert!(matches!(
        ledger.claim(worker, "shop").await.unwrap(),
        Claim::Later(_)
    ));
    advance(LOST_AFTER.saturating_sub(SECOND)).await;
    ledger.beat(worker).await.unwrap();
    assert!(matches!(
        ledger.claim(worker, "shop").await.unwrap(),
        Claim::Later(_)
    ));
    assert_eq!(ledger.job(&job).await.unwrap().workers, 2);
    advance(SECOND).await;
    assert_eq!(ledger.job(&job).await.unwrap().workers, 1);
    assert_eq!(seqs(ledger.claim(worker, "shop").await.unwrap()), [0, 1]);
    let error = ledger
        .settle(lost, vec![(0, Outcome::Done)])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let error = ledger.take(delete(&job, lost, &["t1"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    // Its late answer is still recorded.
    ledger.end(id, REFUSED).await.unwrap();
    let open = ledger.tickets(&job, Which::Open, None, 9).await.unwrap();
    assert!(open.iter().all(|ticket| !ticket.in_doubt));
}

#[tokio::test(start_paused = true)]
async fn worker_whose_process_is_gone_is_lost_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::from(START);
    let first = open(folder.path(), &clock);
    let second = open(folder.path(), &clock);
    let job = job(&first, 2).await;
    let gone = first.begin(&job).await.unwrap();
    first.claim(gone, "shop").await.unwrap();
    let id = slot(first.take(delete(&job, gone, &["t1"])).await.unwrap());
    let worker = second.begin(&job).await.unwrap();
    assert_eq!(second.job(&job).await.unwrap().workers, 2);
    assert!(matches!(
        second.claim(worker, "shop").await.unwrap(),
        Claim::Later(_)
    ));
    drop(first);
    assert_eq!(second.job(&job).await.unwrap().workers, 1);
    let accounts = second.accounts().await.unwrap();
    assert_eq!((accounts[0].in_flight, accounts[0].lost), (1, 1));
    let Claim::Tickets(claimed) = second.claim(worker, "shop").await.unwrap() else {
        panic!("nothing to claim");
    };
    let doubts: Vec<_> = claimed.iter().map(|ticket| ticket.in_doubt).collect();
    assert_eq!(doubts, [None, Some(10 * SECOND + MARGIN)]);
    assert_eq!(count(&folder, "SELECT sum(lost) FROM worker"), 1);
    second.end(id, Ended::Answered).await.unwrap();
    drop(second);
    let left = std::fs::read_dir(folder.path().join("jobs.db.workers")).unwrap();
    assert_eq!(left.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn operation_whose_future_is_dropped_happens() {
    let (ledger, folder) = ledger();
    let job = job(&ledger, 2).await;
    let worker = ledger.begin(&job).await.unwrap();
    ledger.claim(worker, "shop").await.unwrap();
    let mut settling = ledger.settle(worker, vec![(1, Outcome::Done)]);
    let polled = std::future::poll_fn(|context| {
        let _ = settling.as_mut().poll(context);
        std::task::Poll::Ready(())
    });
    polled.await;
    drop(settling);
    // Operations happen in the order in which they were queued.
    ledger.beat(worker).await.unwrap();
    let sql = "SELECT count(*) FROM ticket WHERE outcome = 'done'";
    assert_eq!(count(&folder, sql), 1);
}
