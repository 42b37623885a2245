//! What a ledger costs: the same job in memory, in a file and without a ledger, side by side in one run.
//!
//! ```text
//! cargo run --release -p ticket-bench --example ledger -- cost --batch 100
//! cargo run --release -p ticket-bench --example ledger -- cost --batch 1
//! cargo run --release -p ticket-bench --example ledger -- load --tickets 1000000
//! LD_PRELOAD=./slowsync.so cargo run --release -p ticket-bench --example ledger -- speed
//! ```
//!
//! `speed` makes 32 calls at once at 100 ms latency. For slow syncs, `slowsync.so` is any library that delays
//! `fdatasync`.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measurement that may panic"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use clap::{Parser, Subcommand};
use futures_util::{StreamExt as _, stream};
use ticket_jobs::{Jobs, Ledger, MemoryLedger, NewJob, SqliteLedger};
use tickets::bulk::BulkOptions;
use tickets::call::{Pacer, StackOptions};
use tickets::provider::{Capabilities, Support};
use tickets::{
    AccountSource, CallContext, Change, DeleteReport, DeleteTarget, Operation, Outcome,
    ProviderInfo, Result, TicketProvider, TicketRef, Tickets,
};

#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// CPU and wall time per ticket.
    Cost {
        #[arg(long, default_value_t = 100)]
        batch: usize,
        #[arg(long, default_value_t = 100_000)]
        tickets: usize,
    },
    /// The time to load a list, and from a process's start to its first call.
    Load {
        #[arg(long, default_value_t = 1_000_000)]
        tickets: usize,
    },
    /// Calls in a second, with latency.
    Speed {
        #[arg(long, default_value_t = 3_200)]
        tickets: usize,
    },
}

/// A vendor that deletes everything, after a time.
#[derive(Debug)]
struct Desk {
    info: ProviderInfo,
    latency: Duration,
    first_call: Arc<std::sync::OnceLock<Instant>>,
}

#[async_trait]
impl TicketProvider for Desk {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn delete(&self, _: &CallContext, targets: &[DeleteTarget]) -> Result<DeleteReport> {
        self.first_call.get_or_init(Instant::now);
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        Ok(DeleteReport::from_fn(targets, |_| Outcome::Done))
    }
}

struct OneAccount(Tickets, Arc<std::sync::OnceLock<Instant>>);

impl OneAccount {
    fn new(jobs: Option<&Jobs>, batch: usize, latency: Duration) -> Arc<Self> {
        let delete = Support::new().max_batch(batch);
        let capabilities = Capabilities::none().with(Operation::Delete, delete);
        let first_call = Arc::default();
        let desk = Desk {
            info: ProviderInfo::new("desk", "Desk", capabilities).never_reuses_ids(),
            latency,
            first_call: Arc::clone(&first_call),
        };
        let mut options = StackOptions::default();
        if let Some(jobs) = jobs {
            options = options.pacer(Arc::new(Pacer::with_slots([], jobs.slots("desk", &[]))));
        }
        Arc::new(Self(
            Tickets::with_options(Arc::new(desk), &options),
            first_call,
        ))
    }
}

impl AccountSource for OneAccount {
    fn connect(&self, _: &str) -> Result<Tickets> {
        Ok(self.0.clone())
    }
}

fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap(),
        time.tv_nsec.try_into().unwrap(),
    )
}

/// Wall and CPU time of some work.
async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration, Duration) {
    let (begun, cpu_then) = (Instant::now(), cpu());
    let done = work.await;
    (done, begun.elapsed(), cpu().saturating_sub(cpu_then))
}

async fn loaded(jobs: &Jobs, accounts: &OneAccount, tickets: usize) -> ticket_jobs::JobId {
    let mut list = jobs.load(NewJob::new(Change::Delete)).await.unwrap();
    for id in 0..tickets {
        list.push(TicketRef::new("desk", id.to_string()), None)
            .await
            .unwrap();
    }
    list.seal(accounts).await.unwrap()
}

async fn run(jobs: &Jobs, job: &ticket_jobs::JobId, accounts: Arc<OneAccount>) {
    let options = BulkOptions::default();
    let mut work = jobs.run(job, accounts, CallContext::new(), &options);
    while let Some(settled) = work.next().await {
        assert!(settled.unwrap().recorded);
    }
}

/// Each way once, as `(name, wall, CPU)`.
async fn ways(
    batch: usize,
    tickets: usize,
    latency: Duration,
) -> Vec<(&'static str, Duration, Duration)> {
    let mut all = Vec::new();
    let bare = OneAccount::new(None, batch, latency);
    let ids = stream::iter((0..tickets).map(|id| (id, id.to_string())));
    let work = bare
        .0
        .apply(Change::Delete, ids, &BulkOptions::default())
        .count();
    let (_, wall, cpu) = timed(work).await;
    all.push(("no ledger", wall, cpu));
    let folder = tempfile::tempdir().unwrap();
    // A temporary ledger would not be synced.
    let file = SqliteLedger::open(folder.path().join("state/jobs.db"));
    let ledgers: [(&str, Arc<dyn Ledger>); 2] = [
        ("memory", Arc::new(MemoryLedger::new())),
        ("file", Arc::new(file.unwrap())),
    ];
    for (name, ledger) in ledgers {
        let jobs = Jobs::new(ledger);
        let accounts = OneAccount::new(Some(&jobs), batch, latency);
        let job = loaded(&jobs, &accounts, tickets).await;
        let ((), wall, cpu) = timed(run(&jobs, &job, accounts)).await;
        all.push((name, wall, cpu));
    }
    all
}

#[tokio::main]
async fn main() {
    match Args::parse().what {
        What::Cost { batch, tickets } => {
            println!("{tickets} tickets, {batch} in a call; per ticket:");
            for (name, wall, cpu) in ways(batch, tickets, Duration::ZERO).await {
                let micros = |time: Duration| time.as_secs_f64() * 1e6 / tickets as f64;
                println!(
                    "{name:10} wall {:8.2} µs  CPU {:8.2} µs",
                    micros(wall),
                    micros(cpu)
                );
            }
        }
        What::Speed { tickets } => {
            println!("{tickets} calls of 100 ms, 32 at once:");
            for (name, wall, _) in ways(1, tickets, Duration::from_millis(100)).await {
                println!(
                    "{name:10} {:.1} calls/s",
                    tickets as f64 / wall.as_secs_f64()
                );
            }
        }
        What::Load { tickets } => {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("state/jobs.db");
            let job = {
                let jobs = Jobs::new(Arc::new(SqliteLedger::open(&path).unwrap()));
                let accounts = OneAccount::new(Some(&jobs), 100, Duration::ZERO);
                let (job, wall, _) = timed(loaded(&jobs, &accounts, tickets)).await;
                println!("{tickets} tickets loaded in {:.2} s", wall.as_secs_f64());
                job
            };
            let size = std::fs::metadata(&path).unwrap().len();
            println!("file {:.1} MiB", size as f64 / 1_048_576.0);
            let begun = Instant::now();
            let jobs = Jobs::new(Arc::new(SqliteLedger::open(&path).unwrap()));
            let accounts = OneAccount::new(Some(&jobs), 100, Duration::ZERO);
            run(&jobs, &job, Arc::clone(&accounts)).await;
            let first = *accounts.1.get().unwrap();
            println!(
                "first call {:.3} s after the start",
                (first - begun).as_secs_f64()
            );
            println!("run in {:.2} s", begun.elapsed().as_secs_f64());
            let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
            let peak = status.lines().find(|line| line.starts_with("VmHWM"));
            println!("{}", peak.unwrap_or("no peak of memory on this platform"));
        }
    }
}
