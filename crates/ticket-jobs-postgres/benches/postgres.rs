//! What a ledger in PostgreSQL costs: `cargo bench -p ticket-jobs-postgres`, on a private server in memory. `LEDGER` names the
//! URL of another one, with an empty database.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark ends where it fails"
)]
#![allow(clippy::cast_precision_loss, reason = "figures are rounded")]
#![allow(clippy::print_stdout, reason = "it prints its figures")]

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use ticket_core::provider::{Limit, Quota};
use ticket_core::{Change, Operation, Outcome};
use ticket_jobs::{
    Claim, Ended, JobAccount, JobId, Ledger, Listed, NewCall, NewJob, Taken, Work, WorkerId,
};
use ticket_jobs_postgres::PostgresLedger;
use tokio::time::Instant;

const TICKETS: u64 = 100_000;

fn main() {
    let server = std::env::var("LEDGER")
        .err()
        .map(|_| ticket_live::Postgres::start().unwrap());
    let url = server.as_ref().map_or_else(
        || std::env::var("LEDGER").unwrap(),
        |server| server.url("postgres"),
    );
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(async {
        let ledger = Arc::new(PostgresLedger::connect(&url).await.unwrap());
        for (accounts, at_once) in [(1, 1), (1, 8), (8, 8)] {
            calls(&ledger, accounts, at_once).await;
        }
        for chunk in [1, 100] {
            let job = load(&ledger, chunk).await;
            work(&ledger, &job, 8).await;
            let start = Instant::now();
            assert_eq!(ledger.verify(&job).await.unwrap(), Vec::<String>::new());
            println!(
                "verify {TICKETS} tickets: {:.2} s",
                start.elapsed().as_secs_f64()
            );
        }
    });
    if let Some(server) = server {
        let sql = "SELECT relname, pg_size_pretty(pg_table_size(oid)), pg_size_pretty(pg_indexes_size(oid))
            FROM pg_class WHERE relnamespace = 'tickets'::regnamespace AND relkind = 'r'
                AND relname IN ('ticket', 'call')";
        println!("table|rows|indexes, after {} tickets:", 2 * TICKETS);
        println!("{}", server.psql("postgres", sql).unwrap());
    }
}

/// So many tasks take slots and end their calls for a few seconds, each at one of so many accounts.
async fn calls(ledger: &Arc<PostgresLedger>, accounts: usize, at_once: usize) {
    const TIME: Duration = Duration::from_secs(4);
    let begun = Instant::now();
    let tasks = (0..at_once).map(|task| {
        let ledger = Arc::clone(ledger);
        tokio::spawn(async move {
            let mut done = 0_u32;
            while begun.elapsed() < TIME {
                let call = NewCall {
                    account: format!("key {}", task % accounts),
                    ..call(None, Vec::new())
                };
                let Taken::Slot(id, _) = ledger.take(call).await.unwrap() else {
                    panic!("no slot");
                };
                ledger.end(id, Ended::Answered).await.unwrap();
                done += 1;
            }
            done
        })
    });
    let done: u32 = join_all(tasks).await.into_iter().map(Result::unwrap).sum();
    println!(
        "{at_once} tasks at {accounts} accounts: {:.0} calls/s",
        f64::from(done) / begun.elapsed().as_secs_f64()
    );
}

fn call(work: Option<Work>, tickets: Vec<ticket_core::TicketId>) -> NewCall {
    NewCall {
        account: "key".to_owned(),
        limits: vec![Limit::new().window(Quota::new(1_000_000, Duration::from_secs(1)))],
        operation: Operation::Delete,
        requests: 1,
        tickets,
        longest: Duration::from_secs(30),
        work,
    }
}

async fn load(ledger: &PostgresLedger, chunk: usize) -> JobId {
    let start = Instant::now();
    let job = ledger.create(NewJob::new(Change::Delete)).await.unwrap();
    for first in (0..TICKETS).step_by(5_000) {
        let listed = (first..first + 5_000).map(|seq| Listed {
            seq,
            account: "desk".to_owned(),
            id: (seq.wrapping_mul(2_654_435_761) % 1_000_000_007)
                .to_string()
                .as_str()
                .into(),
            version: None,
            people: Vec::new(),
        });
        ledger.add(&job, listed.collect()).await.unwrap();
    }
    let account = JobAccount::new("desk", "key", chunk);
    ledger.seal(&job, vec![account], None).await.unwrap();
    println!(
        "load {TICKETS} tickets: {:.2} s",
        start.elapsed().as_secs_f64()
    );
    job
}

/// So many workers delete tickets for a few seconds, one call per chunk, at a vendor that takes no time.
async fn work(ledger: &Arc<PostgresLedger>, job: &JobId, workers: usize) {
    const TIME: Duration = Duration::from_secs(8);
    let begun = Instant::now();
    let tasks = (0..workers).map(|_| {
        let (ledger, job) = (Arc::clone(ledger), job.clone());
        tokio::spawn(async move {
            let worker = ledger.begin(&job).await.unwrap();
            let mut done = 0;
            while begun.elapsed() < TIME {
                match chunk(&ledger, &job, worker).await {
                    0 => break,
                    settled => done += settled,
                }
            }
            ledger.finish(worker).await.unwrap();
            done
        })
    });
    let done: usize = join_all(tasks).await.into_iter().map(Result::unwrap).sum();
    println!(
        "{workers} workers: {:.0} tickets/s",
        done as f64 / begun.elapsed().as_secs_f64()
    );
}

async fn chunk(ledger: &PostgresLedger, job: &JobId, worker: WorkerId) -> usize {
    let Claim::Tickets(tickets) = ledger.claim(worker, "desk").await.unwrap() else {
        return 0;
    };
    let work = Work {
        job: job.clone(),
        worker,
        account: "desk".to_owned(),
    };
    let ids = tickets.iter().map(|ticket| ticket.id.clone()).collect();
    let Taken::Slot(id, _) = ledger.take(call(Some(work), ids)).await.unwrap() else {
        panic!("no slot");
    };
    ledger.end(id, Ended::Answered).await.unwrap();
    let outcomes = tickets.iter().map(|ticket| (ticket.seq, Outcome::Done));
    ledger.settle(worker, outcomes.collect()).await.unwrap();
    tickets.len()
}
