//! Deletes and files tickets in the sandbox while things go wrong at random, and compares what the library said of
//! every single one with what is true. Exits with 1 on the first kind of contradiction.
//!
//! ```sh
//! cargo run --release -p ticket-bench --example soak -- deletes --tickets 100000 --others 3000 --fault-rate 0.08
//! cargo run --release -p ticket-bench --example soak -- everything --tickets 100000 --fault-rate 0.2 --seed 1
//! cargo run --release -p ticket-bench --example soak -- creates --tickets 1000 --fault-rate 0.3
//! cargo run --release -p ticket-bench --example soak -- memory --tickets 10000 --tickets 1000000
//! cargo run --release -p ticket-bench --example soak -- listing --tickets 10000 --tickets 100000
//! ```
//!
//! `--seed` chooses other faults. Figures of time are for this machine alone.
#![allow(
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a program that prints figures"
)]

mod creates;
mod deletes;
mod everything;
mod memory;

use std::collections::HashMap;
use std::fmt::Display;
use std::io::{self, Write as _};
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use ticket_sandbox::{Endpoint, Fault, Sandbox, Vendor, WindowModel};
use tickets::provider::Quota;
use tickets::{AccountConfig, Registry, Tickets};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
struct Soak {
    /// Chooses the faults
    #[arg(long, global = true, default_value_t = 1)]
    seed: u64,
    /// How many calls go wrong, from 0 to 1
    #[arg(long, global = true, default_value_t = 0.08)]
    fault_rate: f64,
    /// What the vendors allow, and what is kept to: calls/seconds. The documented quotas would take hours
    #[arg(long, global = true, default_value = "200/1")]
    rate: Quota,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Deletes tickets at all vendors at once
    Deletes {
        /// How many at LeadSquared
        #[arg(long, default_value_t = 100_000)]
        tickets: usize,
        /// How many at each of the others, which take one per call
        #[arg(long, default_value_t = 3000)]
        others: usize,
    },
    /// Deletes tickets at all vendors at once with every fault, in this process on a paused clock
    Everything {
        /// How many at each
        #[arg(long, default_value_t = 100_000)]
        tickets: usize,
    },
    /// Files tickets at all vendors, each once
    Creates {
        /// How many in all
        #[arg(long, default_value_t = 1000)]
        tickets: usize,
    },
    /// Deletes tickets named in a file at a vendor in memory, and tells the most memory it took
    Memory {
        /// How many; several sizes are compared, a process each
        #[arg(long, default_values_t = [10_000, 1_000_000])]
        tickets: Vec<usize>,
    },
    /// Lists tickets of the sandbox in another process, and tells the most memory it took
    Listing {
        /// How many; several sizes are compared, a process each
        #[arg(long, default_values_t = [10_000, 100_000])]
        tickets: Vec<usize>,
    },
}

fn main() -> Fallible<ExitCode> {
    let soak = Soak::parse();
    if let What::Everything { tickets } = &soak.what {
        return tell_all(&everything::everything(&soak, *tickets)?);
    }
    tokio::runtime::Runtime::new()?.block_on(over_sockets(&soak))
}

async fn over_sockets(soak: &Soak) -> Fallible<ExitCode> {
    let contradictions = match &soak.what {
        What::Everything { .. } => Vec::new(),
        What::Deletes { tickets, others } => deletes::deletes(soak, *tickets, *others).await?,
        What::Creates { tickets } => creates::creates(soak, *tickets).await?,
        What::Memory { tickets } => return memory::memory(tickets).await,
        What::Listing { tickets } => return memory::listing(tickets).await,
    };
    tell_all(&contradictions)
}

fn tell_all(contradictions: &[String]) -> Fallible<ExitCode> {
    for contradiction in contradictions.iter().take(20) {
        tell(format_args!("CONTRADICTION: {contradiction}"))?;
    }
    tell(format_args!("contradictions: {}", contradictions.len()))?;
    Ok(ExitCode::from(u8::from(!contradictions.is_empty())))
}

/// A sandbox where calls go wrong, and an account at each vendor.
async fn unreliable(
    soak: &Soak,
    faults: Vec<Fault>,
) -> Fallible<(Sandbox, Vec<(String, Tickets)>)> {
    // The strictest of the models: who is refused is counted all the same.
    let quota = ticket_sandbox::Quota {
        calls: soak.rate.calls,
        window: soak.rate.window,
        model: WindowModel::SlidingCountingRefused,
    };
    let sandbox = Sandbox::builder()
        .seed_tickets(false)
        .leadsquared_quota(quota)
        .sweeppea_quota(quota)
        .redmine_quota(quota)
        .rt_quota(quota)
        .start()
        .await?;
    sandbox.random_faults(soak.seed, soak.fault_rate, faults);
    let environment: HashMap<_, _> = sandbox.environment().into_iter().collect();
    let registry = Registry::new();
    let mut accounts = Vec::new();
    for descriptor in registry.iter() {
        let id = (descriptor.info)().id;
        let mut account = AccountConfig::new(&*id)
            .rates([soak.rate])
            .max_attempts(NonZeroU32::MIN.saturating_add(5));
        for setting in descriptor.settings {
            if let Some(value) = environment.get(setting.env) {
                account = account.setting(setting.name, value.clone());
            }
        }
        accounts.push((id.into_owned(), registry.connect(&account)?));
    }
    Ok((sandbox, accounts))
}

fn vendor(account: &str) -> Vendor {
    let known = Vendor::ALL
        .into_iter()
        .find(|vendor| vendor.prefix() == account);
    known.unwrap_or(Vendor::OneCloud)
}

/// How many calls there were, and how many of them went wrong.
fn tell_calls(sandbox: &Sandbox, elapsed: Duration) -> io::Result<()> {
    let journal = sandbox.journal();
    let calls = journal.len();
    let faulted = journal.iter().filter(|call| call.faulted).count();
    let refused = journal.iter().filter(|call| call.is_above_quota()).count();
    let lost = journal
        .iter()
        .filter(|call| call.status.is_none() && call.took_effect)
        .count();
    let deletes = journal
        .iter()
        .filter(|call| call.endpoint == Some(Endpoint::Delete))
        .count();
    tell(format_args!(
        "calls: {calls} ({deletes} of them deletes), with a fault: {faulted} ({:.1} %), lost after they took \
         effect: {lost}, refused for the quota: {refused}; {:.1} s",
        100.0 * faulted as f64 / calls.max(1) as f64,
        elapsed.as_secs_f64()
    ))
}

/// Prints a line. That nobody reads on (`| head`) is no reason to stop: the exit code is still to come.
fn tell(line: impl Display) -> io::Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        told => told,
    }
}
