//! The share of a quota that workers use while nothing happens to them.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ticket_jobs::{JobState, Jobs, Ledger};
use ticket_jobs_postgres::PostgresLedger;
use ticket_live::{Postgres, or_skip};
use ticket_sandbox::{Sandbox, Vendor};

use crate::job;
use crate::process::Process;
use crate::vendors::{self, Shares, Vendors, VendorsArgs};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, default_value_t = 8)]
    workers: usize,
    #[command(flatten)]
    vendors: VendorsArgs,
}

/// A call counts from its end, so of a window of five seconds no more can be used than its share of that and a call's time.
const ONE: Shares = &[(Vendor::Redmine, 100, Some((CALLS, SECONDS)))];
const CALLS: u32 = 100;
const SECONDS: u64 = 5;

pub(crate) async fn run(args: &Args) -> ExitCode {
    fastrand::seed(args.vendors.seed);
    let Some(postgres) = or_skip(Postgres::start()) else {
        return ExitCode::SUCCESS;
    };
    let database = postgres.create_database().unwrap();
    let url = postgres.url(&database);
    let vendors = Vendors::new(&args.vendors, ONE).await;
    let ledger = Arc::new(PostgresLedger::connect(&url).await.unwrap());
    let job = job::job(&vendors, &Jobs::new(Arc::clone(&ledger) as _)).await;
    println!("{args:?}");
    let config = [format!("--config={}", vendors.config().display())];
    let log = vendors.folder().join("workers.log");
    let workers = (0..args.workers).map(|_| Process::worker(&url, &config, None, &log));
    let workers: Vec<_> = workers.collect();
    let mut arrivals = Arrivals::new();
    while ledger.job(&job).await.unwrap().state != JobState::Completed {
        tokio::time::sleep(Duration::from_millis(50)).await;
        arrivals.look(&vendors.sandbox);
    }
    drop(workers);
    let share = arrivals.share() * 100.0;
    println!("{share:.1} % of {CALLS} calls in {SECONDS} s");
    let wrong = vendors.contradictions(&*ledger, &job).await;
    if vendors::tell(&wrong) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// When requests arrived, so far.
struct Arrivals {
    first: Option<Instant>,
    last: Instant,
    count: u64,
}

impl Arrivals {
    fn new() -> Self {
        Self {
            first: None,
            last: Instant::now(),
            count: 0,
        }
    }

    fn look(&mut self, sandbox: &Sandbox) {
        let arrived = sandbox.journal_after(self.count).len() as u64;
        if arrived > 0 {
            let now = Instant::now();
            self.first.get_or_insert(now);
            self.last = now;
            self.count += arrived;
        }
    }

    /// How much of the quota was used, from the first request to the last, after the first window.
    fn share(&self) -> f64 {
        let took = self
            .first
            .map(|first| self.last - first)
            .unwrap_or_default();
        let allowed = took.as_secs_f64() / SECONDS as f64 * f64::from(CALLS);
        (self.count as f64 - f64::from(CALLS)) / allowed
    }
}
