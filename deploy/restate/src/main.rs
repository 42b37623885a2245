//! Works on jobs of `tickets` under Restate: see README.md.

mod lane;
mod serve;
mod step;

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use restate_sdk::endpoint::Endpoint;
use ticket_core::Stop;
use ticket_jobs::{Jobs, Ledger, SqliteLedger, user_at_host};
use ticket_jobs_postgres::PostgresLedger;
use tickets::Registry;
use tickets::accounts::Accounts;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::RwLock;

/// Work on jobs whenever a Restate server says so
#[derive(Parser)]
struct Args {
    /// The ledger: `postgres://USER@HOST/DATABASE`, or a file on this machine
    #[arg(long)]
    ledger: String,
    /// The file of the accounts [default: that of `tickets`]
    #[arg(long)]
    config: Option<PathBuf>,
    /// Where the server calls this process
    #[arg(long, default_value = "127.0.0.1:9080")]
    listen: SocketAddr,
    /// Answer only the server with this key (publickeyv1_…): wherever others can reach the port
    #[arg(long)]
    identity_key: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let ledger: Arc<dyn Ledger> = if args.ledger.starts_with("postgres") {
        Arc::new(PostgresLedger::connect(&args.ledger).await?)
    } else {
        Arc::new(SqliteLedger::open(&args.ledger)?)
    };
    let jobs = Jobs::new(ledger).acting_as(user_at_host());
    let slots = jobs.clone();
    let registry =
        Registry::new().slots(move |key, limits| Some(slots.slots(&key.to_string(), limits)));
    let accounts = Arc::new(Accounts::load(registry, args.config.as_deref())?);
    let (stop, working) = (Stop::new(), Arc::new(RwLock::new(())));
    let steps = Arc::new(step::Steps {
        jobs,
        accounts,
        stop: stop.clone(),
        working: Arc::clone(&working),
    });
    let mut endpoint = Endpoint::builder();
    if let Some(key) = &args.identity_key {
        endpoint = endpoint.identity_key(key)?;
    }
    let (starter, lanes) = (lane::Jobs(Arc::clone(&steps)), lane::Lane(steps));
    let endpoint = endpoint.bind(starter).bind(lanes).build();
    let listener = TcpListener::bind(args.listen).await?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        () = serve::serve(listener, endpoint) => {}
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    // Nothing new is sent, and what is in flight ends.
    stop.finish();
    drop(working.write().await);
    Ok(())
}
