//! Tickets a second, statements for each ticket and bytes, by workers and accounts.

use std::collections::BTreeMap;
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
    /// For how many seconds workers work at most.
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
        "workers accounts tickets/s commits/ticket statements/ticket  take-ms end-ms settle-ms claim-ms  size"
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
    if counts {
        postgres
            .psql("postgres", "SELECT pg_stat_statements_reset()")
            .unwrap();
    }
    let commits = || {
        let sql = format!("SELECT xact_commit FROM pg_stat_database WHERE datname = '{database}'");
        server::number(postgres, "postgres", &sql)
    };
    let commits_before = commits();
    let log = tempfile::NamedTempFile::new().unwrap();
    let arguments = desks.to_arguments();
    let processes = (0..workers).map(|_| Process::worker(&url, &arguments, None, log.path()));
    let processes: Vec<_> = processes.collect();
    let until = Instant::now() + Duration::from_secs(args.seconds);
    while Instant::now() < until && ledger.job(&job).await.unwrap().state != JobState::Completed {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    drop(processes);
    // Sessions that end tell their statistics.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let statements = if counts {
        server::statements(postgres, &database)
    } else {
        BTreeMap::new()
    };
    let commits = commits() - commits_before;
    // Between the first and the last tenth of the calls, by the ledger's own time.
    let sql = "SELECT count(*) || '|' || sum(cardinality(tickets)) || '|' || count(*) FILTER (WHERE ended_at IS NOT NULL) || '|' ||
            0.8 * sum(cardinality(tickets)) / (percentile_cont(0.9) WITHIN GROUP (ORDER BY taken_at)
                - percentile_cont(0.1) WITHIN GROUP (ORDER BY taken_at)) * 1e9
        FROM tickets.call";
    let text = postgres.psql(&database, sql).unwrap();
    let numbers = text.split('|').map(|number| number.parse().unwrap_or(0.0));
    let numbers: Vec<f64> = numbers.collect();
    let (tickets, rate) = (numbers[1].max(1.0), numbers[3]);
    let settled = {
        let job = ledger.job(&job).await.unwrap();
        job.tickets - job.open
    };
    let bytes = server::bytes(postgres, &database);
    let sum: i64 = bytes.values().sum();
    let of = |name: &str| statements.get(name).copied().unwrap_or_default();
    let total: i64 = statements.values().map(|(calls, _)| calls).sum();
    println!(
        "{workers:7} {:8} {rate:9.1} {:14.2} {:17.2}  {:7.2} {:6.2} {:9.2} {:8.2}  {:.0} MiB for {settled} of {}",
        desks.accounts,
        commits as f64 / tickets,
        total as f64 / tickets,
        of("take").1,
        of("end_call").1,
        of("settle").1,
        of("claim_tickets").1,
        sum as f64 / 1_048_576.0,
        args.tickets,
    );
    let per_ticket = statements.iter().map(|(name, (calls, mean))| {
        format!("{name} {:.3} x {mean:.2} ms", *calls as f64 / tickets)
    });
    println!("        {}", per_ticket.collect::<Vec<_>>().join(", "));
    let table = |name: &str, rows: f64| bytes.get(name).copied().unwrap_or_default() as f64 / rows;
    println!(
        "        loaded in {:.1} s; {} calls, {} ended; bytes with indexes: {:.0} a call, {:.0} a ticket",
        loaded.as_secs_f64(),
        numbers[0],
        numbers[2],
        table("call", numbers[0]),
        table("ticket", args.tickets as f64),
    );
    let log = std::fs::read_to_string(log.path()).unwrap();
    let troubles = log
        .lines()
        .filter(|line| !line.starts_with("Began") && !line.starts_with("Ended"));
    for line in troubles.take(5) {
        println!("        {line}");
    }
}
