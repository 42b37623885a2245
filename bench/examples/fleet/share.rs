//! The share of a quota that workers use while nothing happens to them.

use std::iter;
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
    times: Vec<Instant>,
    seen: u64,
}

impl Arrivals {
    const fn new() -> Self {
        Self {
            times: Vec::new(),
            seen: 0,
        }
    }

    fn look(&mut self, sandbox: &Sandbox) {
        let arrived = sandbox.journal_after(self.seen).len();
        self.seen += arrived as u64;
        self.times.extend(iter::repeat_n(Instant::now(), arrived));
    }

    /// How much of the quota was used: how long it took until as many calls had arrived as some windows allow, on average from
    /// each call of the first window. So it does not matter how calls lie within a window.
    fn share(&self) -> f64 {
        let windows = self.times.len() / CALLS as usize - 1;
        let later = self.times.iter().skip(windows * CALLS as usize);
        let took = later.zip(&self.times).map(|(later, first)| *later - *first);
        let took: Vec<_> = took.collect();
        let average = took.iter().sum::<Duration>().as_secs_f64() / took.len() as f64;
        (windows as u64 * SECONDS) as f64 / average
    }
}
