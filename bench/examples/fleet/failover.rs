//! A streaming replica is promoted in the middle of a job.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ticket_jobs::{JobState, Jobs, Ledger};
use ticket_jobs_postgres::PostgresLedger;
use ticket_live::{Postgres, or_skip};

use crate::job;
use crate::network::Proxy;
use crate::process::Process;
use crate::server::{self, Replica};
use crate::vendors::{self, Vendors, VendorsArgs};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Commits wait for the replica.
    #[arg(long)]
    synchronous: bool,
    /// For how long nothing reaches the replica before the primary is killed, in milliseconds.
    #[arg(long, default_value_t = 700)]
    lag: u64,
    #[arg(long, default_value_t = 4)]
    workers: usize,
    #[command(flatten)]
    vendors: VendorsArgs,
}

pub(crate) async fn run(args: &Args) -> ExitCode {
    fastrand::seed(args.vendors.seed);
    let Some(postgres) = or_skip(Postgres::start()) else {
        return ExitCode::SUCCESS;
    };
    let database = postgres.create_database().unwrap();
    let proxy = Proxy::start("127.0.0.1:0".parse().unwrap(), server::address(&postgres)).await;
    let url = server::url(proxy.address, &database);
    let vendors = Vendors::new(&args.vendors, job::ALL).await;
    let ledger = Arc::new(PostgresLedger::connect(&url).await.unwrap());
    let job = job::job(&vendors, &Jobs::new(Arc::clone(&ledger) as _)).await;
    println!("{args:?}\nPostgreSQL {}", postgres.version);
    let replica = Replica::new(&postgres);
    if args.synchronous {
        let wait = "ALTER SYSTEM SET synchronous_standby_names = '*'";
        postgres.psql("postgres", wait).unwrap();
        postgres
            .psql("postgres", "SELECT pg_reload_conf()")
            .unwrap();
    }
    let config = [format!("--config={}", vendors.config().display())];
    let log = vendors.folder().join("workers.log");
    let workers = (0..args.workers).map(|_| Process::worker(&url, &config, None, &log));
    let workers: Vec<_> = workers.collect();
    let third = args.vendors.tickets as u64 / 3;
    while ledger.job(&job).await.unwrap().open > 2 * third {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // What the primary tells the replica from now on stays on its way.
    let sender = "SELECT pid FROM pg_stat_replication WHERE state = 'streaming'";
    let sender = server::number(&postgres, "postgres", sender) as u32;
    assert!(sender > 0, "the replica does not follow");
    server::signal("STOP", &[sender]);
    tokio::time::sleep(Duration::from_millis(args.lag)).await;
    let calls = "SELECT string_agg(id::text, ',') FROM tickets.call";
    let settled = "SELECT count(*) FROM tickets.ticket WHERE outcome IS NOT NULL";
    let lsn = "SELECT pg_current_wal_lsn()";
    let (had, had_settled) = (
        ids(&postgres.psql(&database, calls).unwrap()),
        server::number(&postgres, &database, settled),
    );
    let had_lsn = postgres.psql(&database, lsn).unwrap();
    // Nothing starts it again: what comes up is the replica.
    let family = server::family(postgres.process().unwrap());
    std::fs::remove_file(postgres.server.sqlite_path().parent().unwrap().join("up")).unwrap();
    server::kill(&family);
    let killed = Instant::now();
    replica.promote();
    let has = ids(&replica.psql(&database, calls).unwrap());
    let kept_settled: i64 = replica.psql(&database, settled).unwrap().parse().unwrap();
    println!(
        "promoted after {:.1} s; of {} calls {} are lost, of {had_settled} outcomes {}; {had_lsn}",
        killed.elapsed().as_secs_f64(),
        had.len(),
        had.difference(&has).count(),
        had_settled - kept_settled,
    );
    proxy.lead_to(replica.address());
    let mut told = false;
    let mut first = None;
    let requests = vendors.sandbox.journal().len() as u64;
    let until = killed + Duration::from_secs(900);
    let quarantine = "SELECT (SELECT count(*) FROM tickets.call WHERE worker IS NULL AND job IS NOT NULL),
        (SELECT count(*) FROM tickets.worker WHERE lost), (SELECT count(*) FROM tickets.claim),
        (SELECT round((quarantined_until / 1e9 - extract(epoch FROM clock_timestamp()))::numeric, 1) FROM tickets.store)";
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if ledger
            .job(&job)
            .await
            .is_ok_and(|job| job.state == JobState::Completed)
        {
            break;
        }
        if !told {
            told = true;
            let found = replica.psql(&database, quarantine).unwrap();
            println!(
                "quarantine (calls presumed | workers lost | claims freed | seconds left): {found}"
            );
        }
        if first.is_none() && !vendors.sandbox.journal_after(requests).is_empty() {
            first = Some(killed.elapsed());
        }
    }
    drop(workers);
    println!(
        "first request {:.1} s after the kill, all over after {:.1} s",
        first.unwrap_or_default().as_secs_f64(),
        killed.elapsed().as_secs_f64()
    );
    let wrong = vendors.contradictions(&*ledger, &job).await;
    if vendors::tell(&wrong) {
        return ExitCode::SUCCESS;
    }
    println!("logs are in {}", vendors.keep().display());
    ExitCode::FAILURE
}

fn ids(text: &str) -> BTreeSet<u64> {
    text.split(',').filter_map(|id| id.parse().ok()).collect()
}
