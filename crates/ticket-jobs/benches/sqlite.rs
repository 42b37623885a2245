//! What a ledger in a SQLite file costs: a million tickets, and the records of their calls. `cargo bench -p ticket-jobs`;
//! `TMPDIR` says on which disk. CPU is that of the whole process, with SQLite's threads.
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
use ticket_core::{Change, Operation, Outcome, TicketId};
use ticket_jobs::{
    Claim, Ended, JobAccount, JobId, Ledger, Listed, NewCall, NewJob, SqliteLedger, Taken, Which,
    Work, WorkerId,
};
use tokio::time::Instant;

const MILLION: u64 = 1_000_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db");
        let ledger = Arc::new(SqliteLedger::open(&path).unwrap());
        for calls in [1, 1000, 10_000] {
            calls_of_an_account(&ledger, calls).await;
        }
        for at_once in [1, 32] {
            pairs(&ledger, at_once).await;
        }
        for chunk in [1, 100] {
            let job = load(&*ledger, chunk).await;
            size(&path);
            work(&*ledger, &job, chunk).await;
            read(&*ledger, &job).await;
            let start = Meter::start();
            let found = ledger.verify(&job).await.unwrap();
            start.tell("verify of a million", 1);
            assert!(found.is_empty(), "{found:?}");
            size(&path);
        }
        let start = Meter::start();
        drop(ledger);
        start.tell("close", 1);
        let start = Meter::start();
        let ledger = SqliteLedger::open(&path).unwrap();
        ledger.jobs().await.unwrap();
        start.tell("open and list jobs", 1);
    });
}

/// Wall-clock and processor time.
struct Meter(Instant, Duration);

impl Meter {
    fn start() -> Self {
        Self(Instant::now(), cpu())
    }

    fn tell(&self, what: &str, times: u64) {
        let each = |time: Duration| time.as_secs_f64() * 1e6 / times as f64;
        let (wall, cpu) = (each(self.0.elapsed()), each(cpu().saturating_sub(self.1)));
        println!("{what:50} {wall:12.1} us wall {cpu:12.1} us CPU");
    }
}

fn cpu() -> Duration {
    let usage = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(
        usage.tv_sec.unsigned_abs(),
        u32::try_from(usage.tv_nsec).unwrap(),
    )
}

fn size(path: &std::path::Path) {
    let bytes = std::fs::metadata(path).unwrap().len();
    println!("{:50} {:12.1} MiB", "file", bytes as f64 / 1_048_576.0);
}

async fn load(ledger: &dyn Ledger, chunk: usize) -> JobId {
    let start = Meter::start();
    let job = ledger.create(NewJob::new(Change::Delete)).await.unwrap();
    for first in (0..MILLION).step_by(10_000) {
        let tickets = (first..first + 10_000).map(|seq| Listed {
            seq,
            account: "shop".to_owned(),
            // Each once, in no order.
            id: TicketId::new(((seq * 7_368_787) % 10_000_019).to_string()),
            version: None,
            people: Vec::new(),
        });
        ledger.add(&job, tickets.collect()).await.unwrap();
    }
    let accounts = vec![JobAccount::new("shop", "load", chunk)];
    ledger.seal(&job, accounts, None).await.unwrap();
    start.tell("a million tickets added", 1);
    job
}

fn call(account: &str, limits: &[Limit], ids: Vec<TicketId>, work: Option<Work>) -> NewCall {
    NewCall {
        account: account.to_owned(),
        limits: limits.to_vec(),
        operation: Operation::Delete,
        requests: 1,
        tickets: ids,
        longest: Duration::from_secs(30),
        work,
    }
}

async fn pair(ledger: &dyn Ledger, call: NewCall) {
    let Taken::Slot(id, _) = ledger.take(call).await.unwrap() else {
        panic!("no slot");
    };
    ledger.end(id, Ended::Answered).await.unwrap();
}

/// Calls that are no part of a job, this many at once.
async fn pairs(ledger: &SqliteLedger, at_once: usize) {
    const PAIRS: usize = 3200;
    let start = Meter::start();
    let one_after_another = async || {
        for _ in 0..PAIRS / at_once {
            pair(ledger, call("pairs", &[], vec!["121".into()], None)).await;
        }
    };
    join_all((0..at_once).map(|_| one_after_another())).await;
    start.tell(&format!("take and end, {at_once} at once"), PAIRS as u64);
}

/// The last calls of a window that is nearly full.
async fn calls_of_an_account(ledger: &SqliteLedger, calls: u32) {
    let window = Quota::new(calls + 300, Duration::from_secs(86_400));
    let limits = [Limit::new().window(window)];
    let account = format!("of {calls}");
    join_all((0..calls).map(|_| pair(ledger, call(&account, &limits, vec![], None)))).await;
    let start = Meter::start();
    for _ in 0..300 {
        pair(ledger, call(&account, &limits, vec![], None)).await;
    }
    start.tell(&format!("take and end after {calls} in a window"), 300);
    let start = Meter::start();
    for _ in 0..300 {
        let taken = ledger.take(call(&account, &limits, vec![], None)).await;
        assert!(matches!(taken.unwrap(), Taken::Full(_)));
    }
    start.tell(&format!("refused after {calls} in a window"), 300);
}

/// Claims, calls and settles a part of a job.
async fn work(ledger: &dyn Ledger, job: &JobId, chunk: usize) {
    let worker: WorkerId = ledger.begin(job).await.unwrap();
    let rounds = if chunk == 1 { 3000 } else { 1000 };
    let start = Meter::start();
    for _ in 0..rounds {
        let Claim::Tickets(claimed) = ledger.claim(worker, "shop").await.unwrap() else {
            panic!("nothing to claim");
        };
        let work = Work {
            job: job.clone(),
            worker,
            account: "shop".to_owned(),
        };
        let ids = claimed.iter().map(|ticket| ticket.id.clone()).collect();
        pair(ledger, call("load", &[], ids, Some(work))).await;
        let outcomes = claimed.iter().map(|ticket| (ticket.seq, Outcome::Done));
        ledger.settle(worker, outcomes.collect()).await.unwrap();
    }
    let tickets = rounds * chunk as u64;
    start.tell(&format!("a ticket, {chunk} at once"), tickets);
}

async fn read(ledger: &dyn Ledger, job: &JobId) {
    let start = Meter::start();
    let mut after = None;
    let mut read = 0;
    loop {
        let page = ledger
            .tickets(job, Which::Named, after, 1000)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.seq);
        read += page.len() as u64;
    }
    assert_eq!(read, MILLION);
    start.tell("a million tickets read in pages", 1);
}
