//! `tickets worker`: works on the jobs of a ledger beside any number of other workers, until it is stopped.

mod health;
mod metrics;
mod told;

use std::sync::Arc;

use futures_util::FutureExt as _;
use ticket_jobs::Worker;
use tokio::net::TcpListener;

use crate::accounts::Accounts;
use crate::args::{self, Global};
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::ledger::Ledger;

use health::Health;
use metrics::Metrics;
use told::Teller;

pub(super) async fn run(asked: &args::Worker, global: &Global) -> Result<Exit, Failure> {
    if global.sandbox {
        return Err(Failure::refused("jobs of --sandbox end with their command")
            .hinting("`tickets sandbox` serves a sandbox for several commands".to_owned()));
    }
    if let Some(address) = asked.health.filter(|address| !address.ip().is_loopback()) {
        let message = format!(
            "--health {address}: only an address of this machine is served, such as 127.0.0.1:{}; nothing was sent",
            address.port()
        );
        return Err(Failure::refused(message));
    }
    // Before accounts are connected: they describe their metrics then.
    let metrics = asked.metrics.then(Metrics::install).transpose()?;
    let ledger = Ledger::open_kept(global)?;
    let accounts = Accounts::with_ledger(&ledger, global).await?;
    let names = accounts.named_or_configured(&asked.accounts)?;
    for name in &names {
        accounts.facts(name)?;
    }
    let interruption = interrupt::stop_on_ctrl_c()?;
    let health = Arc::new(Health::default());
    let teller = Teller::new(global.log_format);
    if let Some(address) = asked.health {
        let cannot = |error| Failure::local(format!("--health {address}: {error}"));
        let listener = TcpListener::bind(address).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        teller.serves(address);
        tokio::spawn(health::serve(listener, Arc::clone(&health), metrics));
    }
    teller.begins(&names);
    let tell = teller.clone();
    let worker = Worker::new(ledger.jobs.clone(), accounts.source(), names)
        .lanes(asked.concurrency)
        .notify(move |event| {
            health.heard(&event);
            metrics::count(&event);
            tell.tell(&event);
        });
    worker.work(interruption.stop.clone()).await;
    teller.ends();
    // What was in flight has ended, unless a second signal ended the wait for it.
    let is_abandoned = interruption.stop.abandoned().now_or_never().is_some();
    let signal = interruption.exit().filter(|_| is_abandoned);
    Ok(signal.unwrap_or(Exit::Done))
}
