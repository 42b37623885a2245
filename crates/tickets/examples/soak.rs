//! Deletes and files tickets in the sandbox while things go wrong at random, and compares what the library said of
//! every single one with what is true. Exits with 1 on the first kind of contradiction.
//!
//! ```sh
//! cargo run --release -p tickets --example soak -- deletes --tickets 100000 --others 3000 --fault-rate 0.08
//! cargo run --release -p tickets --example soak -- creates --tickets 1000 --fault-rate 0.3
//! cargo run --release -p tickets --example soak -- memory --tickets 10000 --tickets 1000000
//! ```
//!
//! `--seed` chooses other faults. Figures of time are for this machine alone.
#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a program that prints figures"
)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use futures_util::{StreamExt as _, stream};
use ticket_sandbox::{Endpoint, Fault, Sandbox, TicketSeed, Vendor, WindowModel};
use tickets::{
    AccountConfig, BulkOptions, Capabilities, DeleteOutcome, DeleteReport, Effect, NewTicket,
    Person, Priority, ProviderInfo, Quota, Registry, TicketId, TicketProvider, TicketRef, Tickets,
    delete_everywhere,
};
use tokio::time::Instant;

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
    /// Deletes tickets at all three vendors at once
    Deletes {
        /// How many at LeadSquared
        #[arg(long, default_value_t = 100_000)]
        tickets: usize,
        /// How many at each of the others, which take one per call
        #[arg(long, default_value_t = 3000)]
        others: usize,
    },
    /// Files tickets at all three vendors, each once
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
}

#[tokio::main]
async fn main() -> Fallible<ExitCode> {
    let soak = Soak::parse();
    let contradictions = match &soak.what {
        What::Deletes { tickets, others } => deletes(&soak, *tickets, *others).await?,
        What::Creates { tickets } => creates(&soak, *tickets).await?,
        What::Memory { tickets } => return memory(tickets).await,
    };
    for contradiction in contradictions.iter().take(20) {
        println!("CONTRADICTION: {contradiction}");
    }
    println!("contradictions: {}", contradictions.len());
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
        .start()
        .await?;
    sandbox.random_faults(soak.seed, soak.fault_rate, faults);
    let environment: HashMap<_, _> = sandbox.environment().into_iter().collect();
    let registry = Registry::new();
    let mut accounts = Vec::new();
    for descriptor in registry.iter() {
        let id = (descriptor.info)().id;
        let mut account = AccountConfig::new(id)
            .rates([soak.rate])
            .max_attempts(NonZeroU32::MIN.saturating_add(5));
        for setting in descriptor.settings {
            if let Some(value) = environment.get(setting.env) {
                account = account.setting(setting.name, value.clone());
            }
        }
        accounts.push((id.to_owned(), registry.connect(&account)?));
    }
    Ok((sandbox, accounts))
}

fn vendor(account: &str) -> Vendor {
    match account {
        "onecloud" => Vendor::OneCloud,
        "sweeppea" => Vendor::Sweeppea,
        _ => Vendor::LeadSquared,
    }
}

async fn deletes(soak: &Soak, tickets: usize, others: usize) -> Fallible<Vec<String>> {
    let faults = vec![
        Fault::LostResponse,
        Fault::LostResponse,
        Fault::ConnectionReset,
        Fault::Status(500),
        Fault::Status(503),
        Fault::StatusAfterEffect(500),
        Fault::StatusAfterEffect(502),
        Fault::RateLimited {
            retry_after: Some(1),
        },
    ];
    let (sandbox, accounts) = unreliable(soak, faults).await?;
    let mut refs = Vec::new();
    let mut closed = HashSet::new();
    for (account, _) in &accounts {
        let count = if account == "leadsquared" {
            tickets
        } else {
            others
        };
        sandbox.add_tickets(vendor(account), count);
        // Sweeppea does not delete closed tickets, and says that there are none.
        if account == "sweeppea" {
            for number in 0..count / 20 {
                let seed = TicketSeed::new(format!("closed {number}")).closed();
                closed.insert(sandbox.add_ticket(Vendor::Sweeppea, seed));
            }
        }
        let ids = sandbox.ticket_ids(vendor(account)).into_iter();
        refs.extend(ids.map(|id| TicketRef::new(account.clone(), id)));
    }
    fastrand::Rng::with_seed(soak.seed).shuffle(&mut refs);

    let start = Instant::now();
    let work = delete_everywhere(
        accounts,
        stream::iter(refs.clone()),
        &BulkOptions::default(),
    );
    let settled: Vec<_> = work.collect().await;
    let elapsed = start.elapsed();

    let mut contradictions = Vec::new();
    let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    let mut places = HashSet::new();
    for settled in &settled {
        let (ticket, outcome) = (&settled.id, &settled.outcome);
        let exists = sandbox.exists(vendor(&ticket.account), ticket.id.as_str());
        // Every one was there in the beginning.
        let is_true = match outcome {
            DeleteOutcome::Deleted | DeleteOutcome::AlreadyGone => !exists,
            DeleteOutcome::Failed(_) | DeleteOutcome::Unattempted(_) => exists,
            DeleteOutcome::NotFound(_) => exists && closed.contains(ticket.id.as_str()),
            DeleteOutcome::Unknown(_) => true,
            _ => false,
        };
        if !is_true {
            let state = if exists { "exists" } else { "is gone" };
            contradictions.push(format!("{ticket} is said to be {outcome}, but {state}"));
        }
        if !places.insert(settled.index) || refs.get(settled.index) != Some(ticket) {
            contradictions.push(format!("{ticket} is answered in the wrong place"));
        }
        *counts
            .entry(ticket.account.clone())
            .or_default()
            .entry(outcome.to_string())
            .or_default() += 1;
    }
    if places.len() != refs.len() {
        contradictions.push(format!("{} of {} were answered", places.len(), refs.len()));
    }
    for (account, counts) in counts {
        let counts: Vec<_> = counts
            .into_iter()
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        println!("{account:12} {}", counts.join(", "));
    }
    tell_calls(&sandbox, elapsed);
    Ok(contradictions)
}

async fn creates(soak: &Soak, tickets: usize) -> Fallible<Vec<String>> {
    let faults = vec![
        Fault::LostResponse,
        Fault::LostResponse,
        Fault::CutBody,
        Fault::StatusAfterEffect(500),
        Fault::ConnectionReset,
        Fault::Status(503),
    ];
    let (sandbox, accounts) = unreliable(soak, faults).await?;
    let start = Instant::now();
    let calls = (0..tickets).map(|number| {
        let (account, tickets) = &accounts[number % accounts.len()];
        async move {
            let new = NewTicket::new(format!("ticket {number}")).description("a text");
            // Each vendor requires other fields.
            let new = match account.as_str() {
                "sweeppea" => new.priority(Priority::Low),
                "onecloud" => new
                    .category("Request")
                    .requester(Person::named("A customer").email("customer@example.com")),
                _ => new
                    .category("Request")
                    .requester(Person::default().email("customer@example.com")),
            };
            (number, account, tickets.create(&new).await)
        }
    });
    let created: Vec<_> = stream::iter(calls).buffer_unordered(16).collect().await;
    let elapsed = start.elapsed();

    let mut filed: HashMap<(String, String), Vec<String>> = HashMap::new();
    for (account, _) in &accounts {
        for ticket in sandbox.tickets(vendor(account)) {
            filed
                .entry((account.clone(), ticket.subject))
                .or_default()
                .push(ticket.id);
        }
    }
    let mut contradictions = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, account, result) in &created {
        let subject = format!("ticket {number}");
        let ids = filed
            .remove(&((*account).clone(), subject.clone()))
            .unwrap_or_default();
        if ids.len() > 1 {
            contradictions.push(format!(
                "{account}: {subject} was filed {} times",
                ids.len()
            ));
        }
        let (word, is_true) = match result {
            Ok(created) => ("created", ids == [created.id.as_str()]),
            Err(error) if error.effect() == Effect::None => {
                ("failed, nothing filed", ids.is_empty())
            }
            Err(_) if ids.is_empty() => ("unknown, and not filed", true),
            Err(_) => ("unknown, and filed", true),
        };
        if !is_true {
            contradictions.push(format!(
                "{account}: {subject} is {word}, but there is {ids:?}"
            ));
        }
        *counts.entry(word).or_default() += 1;
    }
    contradictions.extend(
        filed
            .keys()
            .map(|(account, subject)| format!("{account}: who filed {subject}?")),
    );
    for (word, count) in counts {
        println!("{count:6} {word}");
    }
    tell_calls(&sandbox, elapsed);
    Ok(contradictions)
}

/// How many calls there were, and how many of them went wrong.
fn tell_calls(sandbox: &Sandbox, elapsed: Duration) {
    let journal = sandbox.journal();
    let calls = journal.len();
    let faulted = journal.iter().filter(|call| call.faulted).count();
    let refused = journal
        .iter()
        .filter(|call| call.status == Some(429) && !call.faulted)
        .count();
    let lost = journal
        .iter()
        .filter(|call| call.status.is_none() && call.took_effect)
        .count();
    let deletes = journal
        .iter()
        .filter(|call| call.endpoint == Some(Endpoint::Delete))
        .count();
    println!(
        "calls: {calls} ({deletes} of them deletes), with a fault: {faulted} ({:.1} %), lost after they took \
         effect: {lost}, refused for the quota: {refused}; {:.1} s",
        100.0 * faulted as f64 / calls.max(1) as f64,
        elapsed.as_secs_f64()
    );
}

/// The variable that makes this process the one that is measured.
const MEASURED: &str = "SOAK_MEASURED";

async fn memory(sizes: &[usize]) -> Fallible<ExitCode> {
    if std::env::var_os(MEASURED).is_some() {
        for size in sizes {
            println!("{}", peak_of(*size).await?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut peaks = Vec::new();
    for size in sizes {
        let child = std::process::Command::new(std::env::current_exe()?)
            .args(["memory", "--tickets", &size.to_string()])
            .env(MEASURED, "1")
            .output()?;
        let peak: f64 = String::from_utf8(child.stdout)?.trim().parse()?;
        println!("{size:9} references from a file: at most {peak} KiB");
        peaks.push(peak);
    }
    let (least, most) = (
        peaks.iter().copied().fold(f64::MAX, f64::min),
        peaks.iter().copied().fold(0.0, f64::max),
    );
    println!("the most is {:.2} times the least", most / least);
    Ok(ExitCode::from(u8::from(most > 1.2 * least)))
}

/// Deletes so many tickets named in a file in two accounts; the most memory that took, in KiB.
async fn peak_of(size: usize) -> Fallible<u64> {
    let mut file = tempfile::tempfile()?;
    {
        let mut lines = std::io::BufWriter::new(&file);
        for number in 0..size {
            writeln!(
                lines,
                "{}:{number:07}",
                if number % 3 == 0 { "first" } else { "second" }
            )?;
        }
    }
    std::io::Seek::rewind(&mut file)?;
    let refs = BufReader::new(file).lines().map(|line| {
        let line = line.unwrap_or_default();
        line.parse().unwrap_or_else(|_| TicketRef::new("", line))
    });
    let accounts =
        ["first", "second"].map(|name| (name.to_owned(), Tickets::new(Vanishing::new())));
    let work = delete_everywhere(accounts, stream::iter(refs), &BulkOptions::default());
    let deleted = work
        .filter(|settled| std::future::ready(settled.outcome.is_deleted()))
        .count()
        .await;
    if deleted != size {
        return Err(format!("{deleted} of {size} were deleted").into());
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim().trim_end_matches("kB").trim().parse().ok());
    peak.ok_or_else(|| "this system does not tell the peak memory of a process".into())
}

/// A vendor in memory that remembers nothing: a hundred tickets a call, and some time for each call.
#[derive(Debug)]
struct Vanishing(Arc<ProviderInfo>);

impl Vanishing {
    fn new() -> Self {
        Self(Arc::new(ProviderInfo::new(
            "vanishing",
            "Vanishing",
            Capabilities::none().delete(100),
        )))
    }
}

#[async_trait::async_trait]
impl TicketProvider for Vanishing {
    fn info(&self) -> &ProviderInfo {
        &self.0
    }

    async fn delete(&self, ids: &[TicketId]) -> tickets::Result<DeleteReport> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(DeleteReport::from_fn(ids, |_| DeleteOutcome::Deleted))
    }
}
