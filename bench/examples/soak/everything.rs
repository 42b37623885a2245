//! Deletions at all vendors at once with every fault of the sandbox, in this process and on a clock that nobody
//! waits for: the documented quotas and outages of minutes cost no time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use futures_util::{StreamExt as _, stream};
use ticket_bench::checker::{Checked, Declared, JOBS, every_fault, provider};
use ticket_http::HttpConfig;
use ticket_sandbox::{Endpoint, Fault, Sandbox, Vendor};
use ticket_testkit::InProcess;
use tickets::bulk::{BulkOptions, Notice};
use tickets::call::StackOptions;
use tickets::provider::NotFound;
use tickets::{Change, ErrorKind, Operation, Outcome, ProviderInfo, Tickets, apply_in_each};
use tokio::time::Instant;

use crate::{Fallible, Soak, tell};

/// Runs that continue with what is left to do, after an account ended.
const MAX_RUNS: usize = 2000;

/// After so many outcomes reads are counted: the journal has them still.
const COUNTED: usize = 500;

/// RT's tickets are read one by one before a batch is deleted: in a larger batch, hardly ever all are.
const RT_BATCH: usize = 10;

pub(crate) fn everything(soak: &Soak, tickets: usize) -> Fallible<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    runtime.block_on(delete_all(soak, tickets))
}

/// Every fault but tickets that somebody else removes, since then nobody can say who did it. (Merged tickets look the same
/// from here; the checker has both.) Nor refused credentials, which end an account at once.
fn faults(seed: u64) -> Vec<Fault> {
    let mut faults = every_fault(&mut Rng::with_seed(seed));
    faults.extend(JOBS.map(Fault::Job));
    faults.retain(|fault| !matches!(fault, Fault::TicketsRemoved(_) | Fault::Status(401)));
    faults
}

#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn delete_all(soak: &Soak, tickets: usize) -> Fallible<Vec<String>> {
    let sandbox = Arc::new(Sandbox::builder().seed_tickets(false).in_process());
    let mut left: Vec<(Vendor, Vec<(usize, String)>)> = Vec::new();
    let mut subjects = BTreeMap::new();
    for vendor in Vendor::ALL {
        sandbox.add_tickets(vendor, tickets);
        for ticket in sandbox.ticket_states(vendor) {
            subjects.insert((vendor.prefix(), ticket.id), ticket.subject);
        }
        let mut ids: Vec<_> = sandbox.ticket_ids(vendor).into_iter().enumerate().collect();
        Rng::with_seed(soak.seed).shuffle(&mut ids);
        left.push((vendor, ids));
    }
    sandbox.random_faults(soak.seed, soak.fault_rate, faults(soak.seed));
    let accounts = accounts(&sandbox, soak.seed)?;
    let start = Instant::now();
    let mut counts: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let mut contradictions = Vec::new();
    let (mut runs, mut reads, mut looks) = (0, 0, Looks::default());
    while runs < MAX_RUNS && left.iter().any(|(_, ids)| !ids.is_empty()) {
        runs += 1;
        // Nobody begins the next run at once: an outage would outlast all of them.
        tokio::time::sleep(Duration::from_secs(60)).await;
        let asked = accounts
            .iter()
            .zip(&left)
            .map(|((vendor, handle), (_, ids))| {
                let ids = ids.clone().into_iter();
                (
                    vendor.prefix().to_owned(),
                    handle.clone(),
                    stream::iter(ids),
                )
            });
        let asked: Vec<_> = asked.collect();
        let count: usize = left.iter().map(|(_, ids)| ids.len()).sum();
        for (_, ids) in &mut left {
            ids.clear();
        }
        // An account that ended does not look any more.
        let ended = Arc::new(Mutex::new(BTreeSet::new()));
        let told = Arc::clone(&ended);
        let options = BulkOptions::default().notify(move |account, notice| {
            if matches!(notice, Notice::Ended(_)) {
                let mut ended = told.lock().unwrap_or_else(PoisonError::into_inner);
                ended.insert(account.to_owned());
            }
        });
        let mut work = apply_in_each(&Change::Delete, asked, &options);
        let mut answered = 0;
        // Where the account did not end, they should have been looked at until this was seen.
        let mut unsettled = Vec::new();
        while let Some(settled) = work.next().await {
            answered += 1;
            if answered % COUNTED == 0 {
                looks.count(&sandbox);
            }
            let (id, outcome) = (settled.id.id.as_str(), &settled.outcome);
            let Some((vendor, handle)) = accounts
                .iter()
                .find(|(vendor, _)| *vendor.prefix() == *settled.id.account)
            else {
                continue;
            };
            let now = sandbox.ticket_state(*vendor, id);
            let subject = subjects.get(&(vendor.prefix(), id.to_owned()));
            let own = now.filter(|now| !now.deleted && Some(&now.subject) == subject);
            let mut row = Change::Delete.word(outcome).to_owned();
            match judge(outcome, own.is_some(), handle.info()) {
                Judged::True => {}
                Judged::GatewaysWord => row.push_str(" by a gateway's word"),
                Judged::Contradiction => {
                    let state = if own.is_some() { "exists" } else { "is gone" };
                    contradictions.push(format!("{}: {outcome}, but it {state}", settled.id));
                }
            }
            let is_unsettled = matches!(outcome, Outcome::Unknown(_)) && own.is_none();
            if is_unsettled && !tells(handle.info()) {
                row.push_str(", gone, at a vendor whose reads do not tell");
            } else if is_unsettled {
                looks.count(&sandbox);
                let was_answered = looks.is_answered(*vendor, id);
                // A read without a fault, at the time when this is told.
                sandbox.random_faults(soak.seed, 0.0, Vec::new());
                let read = handle.get(id).await;
                reads += 1;
                sandbox.random_faults(soak.seed + reads, soak.fault_rate, faults(soak.seed));
                row.push_str(match read {
                    Err(error) if error.kind() == ErrorKind::NotFound && !was_answered => {
                        ", gone, without a look that the vendor answered"
                    }
                    Err(error) if error.kind() == ErrorKind::NotFound => {
                        let error = outcome.error().map(ToString::to_string);
                        let error = error.unwrap_or_default();
                        unsettled.push((*vendor, format!("{}: {outcome} ({error})", settled.id)));
                        ", gone, which a read shows"
                    }
                    _ => ", gone, which no read shows yet",
                });
            }
            let next = left.iter_mut().find(|(of, _)| of == vendor);
            match next {
                Some((_, ids)) if outcome.is_left_to_do() && runs < MAX_RUNS => {
                    ids.push((settled.key, id.to_owned()));
                }
                _ => *counts.entry((vendor.prefix(), row)).or_default() += 1,
            }
        }
        for (vendor, told) in unsettled {
            let ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
            if !ended.contains(vendor.prefix()) {
                contradictions.push(format!(
                    "{told}, but a look would have shown that it is gone"
                ));
            }
        }
        if answered != count {
            contradictions.push(format!("{answered} of {count} were answered"));
        }
    }
    for ((vendor, word), count) in &counts {
        tell(format_args!("{count:>8}  {vendor:12} {word}"))?;
    }
    let still: usize = left.iter().map(|(_, ids)| ids.len()).sum();
    let hours = start.elapsed().as_secs_f64() / 3600.0;
    tell(format_args!(
        "{runs} runs, {still} left to do, {hours:.1} hours of the vendors' time"
    ))?;
    Ok(contradictions)
}

/// The last read of each ticket.
#[derive(Default)]
struct Looks {
    /// The latest exchange that is counted.
    seen: u64,
    /// Whether the vendor itself answered.
    answered: HashMap<(&'static str, String), bool>,
}

impl Looks {
    /// Counts what came since, which the journal does not keep for ever.
    fn count(&mut self, sandbox: &Sandbox) {
        for exchange in sandbox.journal_after(self.seen) {
            self.seen = exchange.sequence;
            let Some(vendor) = exchange.vendor else {
                continue;
            };
            if exchange.endpoint == Some(Endpoint::Get) {
                let path = exchange.path.split('?').next().unwrap_or_default();
                let name = path.rsplit('/').next().unwrap_or_default();
                let id = name.strip_suffix(".json").unwrap_or(name).to_owned();
                self.answered
                    .insert((vendor.prefix(), id), !exchange.faulted);
            }
        }
    }

    fn is_answered(&self, vendor: Vendor, id: &str) -> bool {
        let last = self.answered.get(&(vendor.prefix(), id.to_owned()));
        last.copied().unwrap_or_default()
    }
}

/// Whether a read tells that a ticket is gone.
fn tells(info: &ProviderInfo) -> bool {
    let get = info.capabilities.support(Operation::Get);
    match get.map(|get| get.not_found) {
        Some(NotFound::Gone) => true,
        Some(NotFound::Undocumented) => info.capabilities.supports(Operation::List),
        _ => false,
    }
}

enum Judged {
    True,
    /// A gateway answered the read of a vendor that documents no 404 of its own, right before or after an answer of the vendor's.
    GatewaysWord,
    Contradiction,
}

/// Each ticket existed, and only requests of this run remove tickets.
fn judge(outcome: &Outcome, exists: bool, info: &ProviderInfo) -> Judged {
    let get = info.capabilities.support(Operation::Get);
    let is_undocumented = get.is_some_and(|get| get.not_found == NotFound::Undocumented);
    let is_gone = match outcome {
        Outcome::AlreadyDone => true,
        Outcome::NotFound(error) => error.is_confirmed(),
        _ => false,
    };
    match outcome {
        _ if is_gone && exists && is_undocumented => Judged::GatewaysWord,
        _ if is_gone && exists => Judged::Contradiction,
        Outcome::Done if exists => Judged::Contradiction,
        Outcome::Failed(_) | Outcome::Unattempted(_) if !exists => Judged::Contradiction,
        _ => Judged::True,
    }
}

/// An account at each vendor. The declarations are true of a vendor with these faults.
fn accounts(sandbox: &Arc<Sandbox>, seed: u64) -> Fallible<Vec<(Vendor, Tickets)>> {
    let http = || HttpConfig::default().transport(InProcess::new(Arc::clone(sandbox)));
    let declared = Declared {
        never_reuses_ids: false,
        reads_are_consistent: false,
        redirects_ids: false,
    };
    let mut accounts = Vec::new();
    for vendor in Vendor::ALL {
        let base = sandbox.base_url(vendor);
        let provider = provider(vendor, base, http(), None)?;
        let mut options = StackOptions::default();
        options.seed = Some(seed);
        let mut provider = Checked::new(provider, declared, None, None);
        if vendor == Vendor::Rt {
            provider.delete_at_most(RT_BATCH);
        }
        let provider = Arc::new(provider);
        accounts.push((vendor, Tickets::with_options(provider, &options)));
    }
    Ok(accounts)
}
