//! Deletes tickets as jobs of Zendesk through a ledger, while answers are lost, jobs vanish, fail or end without results, more
//! of them are asked for than the vendor takes at once, and the process is killed again and again.
//!
//! ```text
//! cargo run --release -p ticket-bench --example accepted -- --tickets 10000 --kills 40 --seed 1
//! ```
//!
//! Everything happens in this process, on a paused clock, so that the same seed gives the same figures; `--twice` checks
//! that. A kill drops the work where it stands, and nothing of it is told to the ledger: the next run finds a worker that is
//! lost, calls without an end, and accepted work that nobody asked about. Exits with 1 if an outcome contradicts the
//! vendor's truth, if a call was above a quota, or if the second run differs. `kills` does the same with real processes.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a chore that may panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use futures_util::StreamExt as _;
use ticket_jobs::{CallId, Clock, JobId, JobState, Jobs, MemoryLedger, NewJob, Which};
use ticket_sandbox::credentials::{ZENDESK_API_TOKEN, ZENDESK_EMAIL};
use ticket_sandbox::{Endpoint, Exchange, Fault, JobFault, Sandbox, Vendor};
use ticket_testkit::InProcess;
use tickets::bulk::BulkOptions;
use tickets::call::{Call, Layer, Next, Pacer, Reply, Stack, StackOptions};
use tickets::zendesk::{HttpConfig, Plan, Zendesk, ZendeskConfig};
use tickets::{
    AccountSource, CallContext, Change, Outcome, Result, TicketProvider as _, TicketRef, Tickets,
};
use tokio::time::Instant;

#[derive(Clone, Debug, Parser)]
struct Args {
    /// How many tickets.
    #[arg(long, default_value_t = 10_000)]
    tickets: usize,
    /// How often the process is killed.
    #[arg(long, default_value_t = 40)]
    kills: usize,
    /// How many calls of 100 go wrong.
    #[arg(long, default_value_t = 10)]
    rate: u32,
    /// How many calls the process makes at once. The vendor takes 30 jobs at once.
    #[arg(long, default_value_t = NonZeroUsize::new(40).unwrap())]
    at_once: NonZeroUsize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Does it twice and compares the figures.
    #[arg(long)]
    twice: bool,
}

/// What goes wrong with a call.
const FAULTS: &[Fault] = &[
    Fault::LostResponse,
    Fault::ConnectionReset,
    Fault::Status(503),
    Fault::StatusAfterEffect(500),
    Fault::Job(JobFault::Vanishes),
    Fault::Job(JobFault::Fails),
    Fault::Job(JobFault::Partial),
    Fault::Job(JobFault::NoResults),
    Fault::Job(JobFault::OneResult),
];

/// How long a job of the vendor takes: many are open at once, and most kills meet some.
const JOB_TIME: Duration = Duration::from_secs(20);

/// How long a request takes to the vendor, and a reply back. Kills meet calls on both ways.
const LATENCY: Duration = Duration::from_millis(250);

const ACCOUNT: &str = "zendesk";

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    /// By the word for it.
    outcomes: BTreeMap<String, u64>,
    kills: usize,
    /// Kills while a call had been sent and not been answered.
    with_calls_in_flight: usize,
    /// Kills while the vendor had accepted work that nobody knew the end of.
    with_accepted_work: usize,
    jobs: usize,
    questions: usize,
    /// Deletes that the vendor refused since it had 30 jobs.
    refused_for_too_many_jobs: usize,
    above_a_quota: usize,
    /// Tickets that were read, and have an outcome that is certain.
    settled_by_a_look: usize,
    /// By the clock of the test.
    seconds: u64,
    wrong: Vec<String>,
}

/// One account. Each process connects it anew.
struct Accounts {
    jobs: Jobs,
    sandbox: Arc<Sandbox>,
    seed: u64,
}

impl AccountSource for Accounts {
    fn connect(&self, account: &str) -> Result<Tickets> {
        let http = HttpConfig::default().transport(InProcess::new(Arc::clone(&self.sandbox)));
        let base_url = self.sandbox.base_url(Vendor::Zendesk);
        let config = ZendeskConfig::new(base_url, ZENDESK_EMAIL, ZENDESK_API_TOKEN);
        let zendesk = Zendesk::new(&config.plan(Plan::Enterprise).http(http))?;
        let limits = zendesk.info().limits.clone();
        let slots = self.jobs.slots(account, &limits);
        let pacer = Arc::new(Pacer::with_slots(limits, slots));
        // Also how long it waits between attempts follows the seed.
        let options = StackOptions::default().pacer(pacer).seed(self.seed);
        let zendesk = Stack::new(Distance, Arc::new(zendesk));
        Ok(Tickets::with_options(Arc::new(zendesk), &options))
    }
}

/// The way to the vendor and back.
#[derive(Debug)]
struct Distance;

impl Layer for Distance {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        tokio::time::sleep(LATENCY).await;
        let result = next.call(call).await;
        tokio::time::sleep(LATENCY).await;
        result
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let figures = on_a_paused_clock(&args);
    println!("{args:?}\n{figures:#?}");
    if args.twice && on_a_paused_clock(&args) != figures {
        println!("the second run differs");
        return ExitCode::FAILURE;
    }
    if figures.wrong.is_empty() && figures.above_a_quota == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn on_a_paused_clock(args: &Args) -> Figures {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(run(args))
}

async fn run(args: &Args) -> Figures {
    let begun = Instant::now();
    let mut dice = fastrand::Rng::with_seed(args.seed);
    let builder = Sandbox::builder()
        .seed_tickets(false)
        .zendesk_job_time(JOB_TIME);
    let sandbox = Arc::new(builder.journal_bytes(1 << 30).in_process());
    sandbox.add_tickets(Vendor::Zendesk, args.tickets);
    sandbox.random_faults(args.seed, f64::from(args.rate) / 100.0, FAULTS.to_vec());
    let start = "2026-01-26T00:00:00Z".parse().unwrap();
    let jobs = Jobs::new(Arc::new(MemoryLedger::with_clock(Clock::from(start))));
    let accounts = Arc::new(Accounts {
        jobs: jobs.clone(),
        sandbox: Arc::clone(&sandbox),
        seed: args.seed,
    });
    let ids = sandbox.ticket_ids(Vendor::Zendesk);
    let mut list = jobs.load(NewJob::new(Change::Delete)).await.unwrap();
    for id in &ids {
        list.push(TicketRef::new(ACCOUNT, id.as_str()), None)
            .await
            .unwrap();
    }
    let job = list.seal(&*accounts).await.unwrap();
    let options = BulkOptions::default().concurrency(args.at_once);
    let (mut figures, mut seen) = (Figures::default(), None);
    while jobs.ledger().job(&job).await.unwrap().state != JobState::Completed {
        let work = jobs.run(&job, accounts.clone(), CallContext::new(), &options);
        let work = work.for_each(|settled| async { drop(settled.unwrap()) });
        if figures.kills == args.kills {
            work.await;
            continue;
        }
        let life = Duration::from_millis(dice.u64(200..30_000));
        if tokio::time::timeout(life, work).await.is_err() {
            figures.kills += 1;
            let (in_flight, accepted) = open_calls(&jobs, &job, &mut seen).await;
            figures.with_calls_in_flight += usize::from(in_flight);
            figures.with_accepted_work += usize::from(accepted);
        }
    }
    figures.seconds = begun.elapsed().as_secs();
    count(&mut figures, &sandbox.journal());
    hold_against_the_truth(&mut figures, &sandbox, &jobs, &job).await;
    figures
}

/// Whether calls have no end, of those after `seen`, and whether there is accepted work of tickets without an outcome.
async fn open_calls(jobs: &Jobs, job: &JobId, seen: &mut Option<CallId>) -> (bool, bool) {
    let ledger = jobs.ledger();
    let open = ledger.tickets(job, Which::Open, None, usize::MAX).await;
    let open: BTreeSet<_> = open.unwrap().into_iter().map(|ticket| ticket.id).collect();
    let calls = ledger.calls(job, None, usize::MAX).await.unwrap();
    let new = calls.iter().filter(|call| Some(call.id) > *seen);
    let in_flight = new.filter(|call| call.ended_at.is_none()).count() > 0;
    let accepted = calls.iter().filter(|call| call.accepted.is_some());
    let is_open = accepted.filter(|call| call.tickets.iter().any(|id| open.contains(id)));
    let is_open = is_open.count() > 0;
    *seen = calls.last().map(|call| call.id).or(*seen);
    (in_flight, is_open)
}

/// What the vendor saw.
fn count(figures: &mut Figures, journal: &[Exchange]) {
    for seen in journal {
        let refused = seen.is_above_quota();
        match seen.endpoint {
            // The endpoint has no limit of its own, and no other one is reached.
            Some(Endpoint::Delete) if refused => figures.refused_for_too_many_jobs += 1,
            Some(Endpoint::Delete) => figures.jobs += 1,
            Some(Endpoint::Job) => figures.questions += 1,
            _ => {}
        }
        if refused && seen.endpoint != Some(Endpoint::Delete) {
            figures.above_a_quota += 1;
        }
    }
}

/// The tickets that the vendor was asked for.
fn looked_at(journal: &[Exchange]) -> BTreeSet<String> {
    let reads = journal.iter().filter(|seen| !seen.is_write);
    let named = reads.filter_map(|seen| {
        let (path, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
        let (_, rest) = path.split_once("/tickets/")?;
        let ids = query.split('&').find_map(|pair| pair.strip_prefix("ids="));
        let many = ids
            .map(|ids| ids.replace("%2C", ","))
            .filter(|_| rest == "show_many");
        Some(many.unwrap_or_else(|| rest.to_owned()))
    });
    let ids = named.flat_map(|ids| ids.split(',').map(str::to_owned).collect::<Vec<_>>());
    ids.collect()
}

async fn hold_against_the_truth(
    figures: &mut Figures,
    sandbox: &Sandbox,
    jobs: &Jobs,
    job: &JobId,
) {
    let ledger = jobs.ledger();
    figures.wrong = ledger.verify(job).await.unwrap();
    let looked_at = looked_at(&sandbox.journal());
    let there: BTreeSet<String> = sandbox.ticket_ids(Vendor::Zendesk).into_iter().collect();
    let tickets = ledger.tickets(job, Which::Named, None, usize::MAX).await;
    for ticket in tickets.unwrap() {
        let exists = there.contains(ticket.id.as_str());
        let (word, is_true, is_certain) = match &ticket.outcome {
            None => ("none", false, false),
            Some(outcome) => {
                let is_true = match outcome {
                    Outcome::Done | Outcome::AlreadyDone | Outcome::NotFound(_) => !exists,
                    Outcome::Failed(_) | Outcome::Unattempted(_) => exists,
                    _ => true,
                };
                let is_certain = !matches!(outcome, Outcome::Unknown(_));
                (Change::Delete.word(outcome), is_true, is_certain)
            }
        };
        *figures.outcomes.entry(word.to_owned()).or_default() += 1;
        figures.settled_by_a_look +=
            usize::from(is_certain && looked_at.contains(ticket.id.as_str()));
        if !is_true {
            let id = &ticket.id;
            figures
                .wrong
                .push(format!("{id} is told as {word}, exists: {exists}"));
        }
    }
}
