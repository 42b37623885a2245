//! A worker, as a process of its own.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use ticket_jobs::{Jobs, Worker, WorkerEvent};
use ticket_jobs_postgres::PostgresLedger;
use tickets::accounts::Accounts;
use tickets::{AccountSource, Registry, Stop};

use crate::desk::{Desks, DesksArgs};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    ledger: String,
    /// The file of the accounts.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Accounts of a vendor that is a part of the worker.
    #[command(flatten)]
    desks: DesksArgs,
    #[arg(long, default_value_t = NonZeroUsize::new(16).unwrap())]
    lanes: NonZeroUsize,
}

pub(crate) async fn run(args: Args) -> ExitCode {
    // The end of the input is the end of whoever started it.
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    let ledger = loop {
        match PostgresLedger::connect(&args.ledger).await {
            Ok(ledger) => break ledger,
            // It is being started again.
            Err(error) => eprintln!("{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    };
    let jobs = Jobs::new(Arc::new(ledger));
    let (accounts, names) = accounts(&jobs, &args);
    let worker = Worker::new(jobs, accounts, names)
        .lanes(args.lanes)
        .notify(|event| {
            if !matches!(event, WorkerEvent::Answered) {
                eprintln!("{event:?}");
            }
        });
    worker.work(Stop::new()).await;
    ExitCode::SUCCESS
}

fn accounts(jobs: &Jobs, args: &Args) -> (Arc<dyn AccountSource>, Vec<String>) {
    let Some(file) = &args.config else {
        let desks = Desks::new(jobs, &args.desks);
        let names = desks.names();
        return (Arc::new(desks), names);
    };
    let slots = jobs.clone();
    let registry =
        Registry::new().slots(move |key, limits| Some(slots.slots(&key.to_string(), limits)));
    let accounts = Accounts::load(registry, Some(file)).unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    let names = text
        .lines()
        .filter_map(|line| line.strip_prefix("[accounts.")?.strip_suffix(']'));
    let names = names.map(str::to_owned).collect();
    (Arc::new(accounts), names)
}
