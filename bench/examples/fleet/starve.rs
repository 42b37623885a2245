//! How long small jobs wait beside a large one: at the same account, with and without priority, and at another account.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ticket_jobs::{JobId, JobState, Jobs, Ledger};
use ticket_jobs_postgres::PostgresLedger;
use ticket_live::{Postgres, or_skip};

use crate::desk::{Desks, DesksArgs};
use crate::process::Process;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many tickets the large job has.
    #[arg(long, default_value_t = 1_000_000)]
    large: usize,
    #[arg(long, default_value_t = 10)]
    small: usize,
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// Calls a second of each account.
    #[arg(long, default_value_t = 25)]
    quota: u32,
    #[arg(long, default_value_t = 20)]
    latency: u64,
    /// After how many seconds one that waits is left alone.
    #[arg(long, default_value_t = 90)]
    patience: u64,
}

pub(crate) async fn run(args: &Args) -> ExitCode {
    let Some(postgres) = or_skip(Postgres::start()) else {
        return ExitCode::SUCCESS;
    };
    let database = postgres.create_database().unwrap();
    let url = postgres.url(&database);
    let ledger = Arc::new(PostgresLedger::connect(&url).await.unwrap());
    let jobs = Jobs::new(Arc::clone(&ledger) as _);
    let desks = DesksArgs {
        accounts: 2,
        latency: args.latency,
        quota: args.quota,
        batch: 1,
    };
    let of = Desks::new(&jobs, &desks);
    let (same, other) = (of.names()[..1].to_vec(), of.names()[1..].to_vec());
    println!("{args:?}");
    let begun = Instant::now();
    let large = of.job(&jobs, &same, args.large, 0).await;
    println!(
        "{} tickets loaded in {:.1} s",
        args.large,
        begun.elapsed().as_secs_f64()
    );
    let log = tempfile::NamedTempFile::new().unwrap();
    let arguments = desks.to_arguments();
    let workers = (0..args.workers).map(|_| Process::worker(&url, &arguments, None, log.path()));
    let _workers: Vec<_> = workers.collect();
    let open = async |job: &JobId| ledger.job(job).await.unwrap().open;
    while open(&large).await + 100 > args.large as u64 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut all_ended = true;
    for (what, accounts, priority, has_to_end) in [
        ("same account, higher priority", &same, 10, true),
        ("another account, same priority", &other, 0, true),
        ("same account, same priority", &same, 0, false),
    ] {
        let (begun, before) = (Instant::now(), open(&large).await);
        let job = of.job(&jobs, accounts, args.small, priority).await;
        let until = begun + Duration::from_secs(args.patience);
        let mut is_over = false;
        while !is_over && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
            is_over = ledger.job(&job).await.unwrap().state == JobState::Completed;
        }
        println!(
            "{what}: {} of {} after {:.2} s; the large one went on by {}",
            args.small as u64 - open(&job).await,
            args.small,
            begun.elapsed().as_secs_f64(),
            before - open(&large).await,
        );
        all_ended &= is_over || !has_to_end;
    }
    if all_ended {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
