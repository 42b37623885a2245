//! What the suite for ledgers cannot know: the server, its clock, its roles, and connections that are lost.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod clock;
mod connections;
mod failover;
mod plans;
mod proxy;
mod roles;
mod schema;
mod shared;
mod tls;

use std::time::Duration;

use ticket_core::provider::{Limit, Quota};
use ticket_core::{Change, Operation};
use ticket_jobs::{
    Claim, Claimed, JobAccount, JobId, Ledger, Listed, NewCall, NewJob, Taken, Work, WorkerId,
};
use ticket_jobs_postgres::PostgresLedger;
use tokio_postgres::NoTls;

/// The account of all tests, the key of its quota, and how many of its tickets are claimed at once.
const ACCOUNT: &str = "desk";
const KEY: &str = "onecloud/desk";
const CHUNK: usize = 2;

/// A window that no test outlasts.
const WINDOW: Duration = Duration::from_secs(3600);

/// A ledger in an empty database, and its URL; `None` where there is no server.
async fn ledger() -> Option<(PostgresLedger, String)> {
    let url = shared::database()?;
    Some((PostgresLedger::connect(&url).await.unwrap(), url))
}

/// A connection to the database, for what no ledger does.
async fn client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// One number.
async fn number(client: &tokio_postgres::Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// A job that is ready, of so many tickets.
async fn job(ledger: &PostgresLedger, tickets: u64) -> JobId {
    let job = ledger.create(NewJob::new(Change::Delete)).await.unwrap();
    let listed = (0..tickets).map(|seq| Listed {
        seq,
        account: ACCOUNT.to_owned(),
        id: seq.to_string().as_str().into(),
        version: None,
        people: Vec::new(),
    });
    ledger.add(&job, listed.collect()).await.unwrap();
    let account = JobAccount::new(ACCOUNT, KEY, CHUNK);
    ledger.seal(&job, vec![account], None).await.unwrap();
    job
}

async fn claim(ledger: &PostgresLedger, worker: WorkerId) -> Vec<Claimed> {
    match ledger.claim(worker, ACCOUNT).await.unwrap() {
        Claim::Tickets(tickets) => tickets,
        other => panic!("{other:?}"),
    }
}

/// A call with at most `calls` in a [`WINDOW`].
fn call(calls: u32) -> NewCall {
    NewCall {
        account: KEY.to_owned(),
        limits: vec![Limit::new().window(Quota::new(calls, WINDOW))],
        operation: Operation::Delete,
        requests: 1,
        tickets: Vec::new(),
        longest: Duration::from_secs(30),
        work: None,
    }
}

/// The same, about tickets of a job.
fn work(job: &JobId, worker: WorkerId, tickets: &[Claimed], calls: u32) -> NewCall {
    NewCall {
        tickets: tickets.iter().map(|ticket| ticket.id.clone()).collect(),
        work: Some(Work {
            job: job.clone(),
            worker,
            account: ACCOUNT.to_owned(),
        }),
        ..call(calls)
    }
}

async fn slot(ledger: &PostgresLedger, call: NewCall) -> ticket_jobs::CallId {
    match ledger.take(call).await.unwrap() {
        Taken::Slot(id, _) => id,
        other => panic!("{other:?}"),
    }
}
