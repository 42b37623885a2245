//! What it costs to ask a large ledger for work, which each worker does once a second.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use ticket_jobs::{Jobs, Ledger};
use ticket_jobs_postgres::PostgresLedger;
use ticket_live::{Postgres, or_skip};

use crate::desk::{Desks, DesksArgs};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, default_value_t = 10_000)]
    accounts: usize,
    #[arg(long, value_delimiter = ',', default_value = "1,10,100,1000")]
    jobs: Vec<usize>,
    /// How many accounts the one who asks has.
    #[arg(long, value_delimiter = ',', default_value = "10,1000,10000")]
    names: Vec<usize>,
}

pub(crate) async fn run(args: &Args) -> ExitCode {
    let Some(postgres) = or_skip(Postgres::start()) else {
        return ExitCode::SUCCESS;
    };
    println!("{args:?}\nPostgreSQL {}", postgres.version);
    println!("jobs accounts/job names  ms an answer (median of 9)  offers");
    let desks = DesksArgs {
        accounts: args.accounts,
        latency: 0,
        quota: 25,
        batch: 1,
    };
    for jobs_at_once in &args.jobs {
        let database = postgres.create_database().unwrap();
        let url = postgres.url(&database);
        let ledger = Arc::new(PostgresLedger::connect(&url).await.unwrap());
        let jobs = Jobs::new(Arc::clone(&ledger) as _);
        let of = Desks::new(&jobs, &desks);
        let names = of.names();
        // All jobs together have each account once.
        for accounts in names.chunks(args.accounts.div_ceil(*jobs_at_once)) {
            of.job(&jobs, accounts, accounts.len() * 2, 0).await;
        }
        postgres.psql(&database, "VACUUM ANALYZE").unwrap();
        for count in &args.names {
            let mine = &names[..(*count).min(names.len())];
            let (mut times, mut offers) = (Vec::new(), 0);
            for _ in 0..9 {
                let begun = Instant::now();
                offers = ledger.offers(mine, 1_000).await.unwrap().len();
                times.push(begun.elapsed().as_secs_f64() * 1e3);
            }
            times.sort_by(f64::total_cmp);
            println!(
                "{jobs_at_once:4} {:12} {:5} {:10.1} {offers:24}",
                args.accounts.div_ceil(*jobs_at_once),
                mine.len(),
                times[4]
            );
        }
    }
    ExitCode::SUCCESS
}
