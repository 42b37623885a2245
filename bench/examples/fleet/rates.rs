//! Tickets a second, statements for each ticket and bytes, by workers and accounts.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ticket_jobs::{JobState, Jobs, Ledger};
use ticket_jobs_postgres::PostgresLedger;
use ticket_live::{Postgres, or_skip};

use crate::desk::{Desks, DesksArgs};
use crate::process::Process;
use crate::server;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_delimiter = ',', default_value = "1,2,4,8,16")]
    workers: Vec<usize>,
    #[arg(long, value_delimiter = ',', default_value = "1,10,100")]
    of_accounts: Vec<usize>,
    /// How many tickets in each job.
    #[arg(long, default_value_t = 20_000)]
    tickets: usize,
    /// For how many seconds each is measured at most, after two seconds to begin.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    #[arg(long, default_value_t = 20)]
    latency: u64,
    #[arg(long, default_value_t = 100_000)]
    quota: u32,
    #[arg(long, default_value_t = 1)]
    batch: usize,
}

pub(crate) async fn run(args: &Args) -> ExitCode {
    let Some(postgres) = or_skip(Postgres::start()) else {
        return ExitCode::SUCCESS;
    };
    println!("{args:?}\nPostgreSQL {}", postgres.version);
    let counts = server::count_statements(&postgres);
    println!(
        "workers accounts tickets/s commits/ticket statements/ticket  take-ms end-ms settle-ms claim-ms  bytes/10^6 tickets (done)"
    );
    for accounts in &args.of_accounts {
        for workers in &args.workers {
            let desks = DesksArgs {
                accounts: *accounts,
                latency: args.latency,
                quota: args.quota,
                batch: args.batch,
            };
            measure(args, &postgres, counts, *workers, &desks).await;
        }
    }
    ExitCode::SUCCESS
}

async fn measure(
    args: &Args,
    postgres: &Postgres,
    counts: bool,
    workers: usize,
    desks: &DesksArgs,
) {
    let database = postgres.create_database().unwrap();
    let url = postgres.url(&database);
    let ledger = Arc::new(PostgresLedger::connect(&url).await.unwrap());
    let jobs = Jobs::new(Arc::clone(&ledger) as _);
    let of = Desks::new(&jobs, desks);
    let begun = Instant::now();
    let job = of.job(&jobs, &of.names(), args.tickets, 0).await;
    let loaded = begun.elapsed();
    let log = tempfile::NamedTempFile::new().unwrap();
    let arguments = desks.to_arguments();
    let processes = (0..workers).map(|_| Process::worker(&url, &arguments, None, log.path()));
    let processes: Vec<_> = processes.collect();
    let commits = || {
        let sql = format!("SELECT xact_commit FROM pg_stat_database WHERE datname = '{database}'");
        server::number(postgres, "postgres", &sql)
    };
    let done = async || {
        let job = ledger.job(&job).await.unwrap();
        (job.state == JobState::Completed, job.tickets - job.open)
    };
    while done().await.1 == 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    if counts {
        postgres
            .psql("postgres", "SELECT pg_stat_statements_reset()")
            .unwrap();
    }
    let (begun, (_, before), commits_before) = (Instant::now(), done().await, commits());
    let until = begun + Duration::from_secs(args.seconds);
    let mut after = (false, before);
    while !after.0 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(100)).await;
        after = done().await;
    }
    let took = begun.elapsed();
    // The statistics of idle sessions arrive a moment later.
    let commits = commits() - commits_before;
    let statements = if counts {
        server::statements(postgres, &database)
    } else {
        Default::default()
    };
    let tickets = after.1.saturating_sub(before).max(1) as f64;
    // All are over, so that the bytes are those of a job that was carried out.
    let patience = Instant::now() + Duration::from_secs(2 * args.seconds);
    let mut all = after;
    while !all.0 && Instant::now() < patience {
        tokio::time::sleep(Duration::from_millis(500)).await;
        all = done().await;
    }
    drop(processes);
    let bytes = server::bytes(postgres, &database);
    let sum: i64 = bytes.values().sum();
    let of = |name: &str| statements.get(name).copied().unwrap_or_default();
    let total: i64 = statements.values().map(|(calls, _)| calls).sum();
    println!(
        "{workers:7} {:8} {:9.1} {:14.2} {:17.2}  {:7.2} {:6.2} {:9.2} {:8.2}  {:.0} ({})",
        desks.accounts,
        tickets / took.as_secs_f64(),
        commits as f64 / tickets,
        total as f64 / tickets,
        of("take").1,
        of("end_call").1,
        of("settle").1,
        of("claim_tickets").1,
        sum as f64 / all.1 as f64 * 1e6,
        all.1,
    );
    let per_ticket = statements.iter().map(|(name, (calls, mean))| {
        format!("{name} {:.3} x {mean:.2} ms", *calls as f64 / tickets)
    });
    println!("        {}", per_ticket.collect::<Vec<_>>().join(", "));
    let rows = bytes.iter().filter(|(_, bytes)| **bytes > sum / 50);
    let rows = rows.map(|(name, bytes)| format!("{name} {:.0}", *bytes as f64 / all.1 as f64));
    println!(
        "        loaded in {:.1} s; bytes a ticket: {}",
        loaded.as_secs_f64(),
        rows.collect::<Vec<_>>().join(", ")
    );
    let log = std::fs::read_to_string(log.path()).unwrap();
    let troubles = log
        .lines()
        .filter(|line| !line.starts_with("Began") && !line.starts_with("Ended"));
    for line in troubles.take(5) {
        println!("        {line}");
    }
}
