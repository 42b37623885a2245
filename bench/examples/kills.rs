//! Kills the command again and again in the middle of a job, and holds the end against the vendors.
//!
//! ```text
//! cargo build --release -p ticket-cli && cargo run --release -p ticket-bench --example kills -- \
//!     target/release/tickets --tickets 20000 --kills 200 --processes 1 --seed 1
//! ```
//!
//! Prints how many kills met a call in flight, the outcomes, and each contradiction: a ticket without an outcome or with
//! one that the vendor's truth denies, a call above a quota by the vendor's count. Exits with 1 if there is one.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a chore that may panic"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use ticket_jobs::{CallId, JobId, JobState, Ledger, SqliteLedger, Which};
use ticket_sandbox::{Fault, Quota, Rule, Sandbox, Vendor, WindowModel};
use tickets::Outcome;

#[derive(Debug, Parser)]
struct Args {
    /// The command.
    command: PathBuf,
    /// How many tickets in all, at three vendors.
    #[arg(long, default_value_t = 20_000)]
    tickets: usize,
    /// How often a process is killed.
    #[arg(long, default_value_t = 200)]
    kills: usize,
    /// How many processes work at once.
    #[arg(long, default_value_t = 1)]
    processes: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How long each answer takes, in milliseconds.
    #[arg(long, default_value_t = 150)]
    latency: u64,
    /// The share of answers that are lost.
    #[arg(long, default_value_t = 0.02)]
    lost: f64,
}

/// Each vendor, and its share of the tickets in percent. Sweeppea takes one call at a time, so that a lost call holds up all
/// others there until it can no longer act.
const SHARES: [(Vendor, usize); 3] = [
    (Vendor::OneCloud, 80),
    (Vendor::Sweeppea, 5),
    (Vendor::LeadSquared, 15),
];

const VENDORS: [Vendor; 3] = [Vendor::OneCloud, Vendor::Sweeppea, Vendor::LeadSquared];

/// The quotas of the sandbox and of the accounts, in calls a second.
const SWEEPPEA: u32 = 200;
const LEADSQUARED: u32 = 25;

struct World {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    named: Vec<(Vendor, String)>,
}

impl World {
    async fn new(args: &Args) -> Self {
        let quota = |calls| Quota {
            calls,
            window: Duration::from_secs(1),
            model: WindowModel::SlidingCountingRefused,
        };
        let sandbox = Sandbox::builder()
            .seed_tickets(false)
            .journal_bytes(2 << 30)
            .sweeppea_quota(quota(SWEEPPEA))
            .leadsquared_quota(quota(LEADSQUARED))
            .start()
            .await
            .unwrap();
        let mut named = Vec::new();
        for (vendor, share) in SHARES {
            let each = args.tickets * share / 100;
            sandbox.add_tickets(vendor, each + 3);
            let ids = sandbox.ticket_ids(vendor).into_iter().take(each);
            named.extend(ids.map(|id| (vendor, id)));
        }
        fastrand::shuffle(&mut named);
        sandbox.random_faults(args.seed, args.lost, vec![Fault::LostResponse]);
        let latency = Fault::Delay(Duration::from_millis(args.latency));
        sandbox.inject(Rule::new(latency).always());
        let world = Self {
            sandbox,
            folder: tempfile::tempdir().unwrap(),
            named,
        };
        let mut list = std::fs::File::create(world.path("list.txt")).unwrap();
        for (vendor, id) in &world.named {
            writeln!(list, "{}:{id}", vendor.prefix()).unwrap();
        }
        world.write_config();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ledger(&self) -> PathBuf {
        self.path("state/jobs.db")
    }

    fn write_config(&self) {
        let rate = |vendor| match vendor {
            Vendor::Sweeppea => format!("rate = \"{SWEEPPEA}/1\"\n"),
            Vendor::LeadSquared => format!("rate = \"{LEADSQUARED}/1\"\n"),
            _ => String::new(),
        };
        let accounts = VENDORS.map(|vendor| {
            let prefix = vendor.prefix();
            let settings = self
                .sandbox
                .environment()
                .into_iter()
                .filter_map(|(name, _)| {
                    let setting = name.strip_prefix(&format!("{}_", prefix.to_uppercase()))?;
                    Some(format!("{}_env = \"{name}\"\n", setting.to_lowercase()))
                });
            let settings: String = settings.collect();
            format!(
                "[accounts.{prefix}]\nprovider = \"{prefix}\"\ntimeout_s = 2\n{}{settings}\n",
                rate(vendor)
            )
        });
        std::fs::write(self.path("config.toml"), accounts.concat()).unwrap();
    }

    fn start(&self, command: &Path, arguments: &[&str]) -> Child {
        let mut command = Command::new(command);
        command
            .args(arguments)
            .args(["--output", "ndjson", "--config"])
            .arg(self.path("config.toml"))
            .arg("--ledger")
            .arg(self.ledger())
            .envs(self.sandbox.environment())
            .env("XDG_STATE_HOME", self.path("home"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// How many calls of the job have no end in the ledger and may still act.
    async fn in_flight(&self, job: &JobId, seen: &mut Option<CallId>) -> usize {
        let ledger = SqliteLedger::open(self.ledger()).unwrap();
        let before = *seen;
        let calls = ledger.calls(job, before, usize::MAX).await.unwrap();
        *seen = calls.last().map(|call| call.id).or(before);
        calls.iter().filter(|call| call.ended_at.is_none()).count()
    }

    /// Holds the job against the vendors. Returns the contradictions.
    async fn contradictions(&self, job: &JobId) -> Vec<String> {
        let ledger = SqliteLedger::open(self.ledger()).unwrap();
        let found = ledger.job(job).await.unwrap();
        println!("{:?}", found.counts);
        let mut wrong = ledger.verify(job).await.unwrap();
        if found.state != JobState::Completed {
            wrong.push(format!("the job is {}", found.state));
        }
        let tickets = ledger
            .tickets(job, Which::Named, None, usize::MAX)
            .await
            .unwrap();
        if tickets.len() != self.named.len() {
            wrong.push(format!("{} tickets of {}", tickets.len(), self.named.len()));
        }
        for (ticket, (vendor, id)) in tickets.iter().zip(&self.named) {
            let exists = self.sandbox.exists(*vendor, id);
            let is_true = match &ticket.outcome {
                None => false,
                Some(Outcome::Done | Outcome::AlreadyDone | Outcome::NotFound(_)) => !exists,
                Some(Outcome::Failed(_) | Outcome::Unattempted(_)) => exists,
                Some(_) => true,
            };
            if !is_true {
                wrong.push(format!(
                    "{}:{id} is told {:?}, exists: {exists}",
                    vendor.prefix(),
                    ticket.outcome
                ));
            }
        }
        for vendor in VENDORS {
            let strangers = self.sandbox.tickets(vendor).len();
            if strangers < 3 {
                wrong.push(format!("a ticket of {vendor:?} is gone that nobody named"));
            }
        }
        let mut refused = BTreeMap::new();
        for seen in self.sandbox.journal() {
            if seen.status == Some(429) && seen.fault.is_none() {
                *refused.entry(seen.vendor).or_insert(0) += 1;
            }
        }
        wrong.extend(
            refused
                .iter()
                .map(|(vendor, count)| format!("{count} calls above the quota of {vendor:?}")),
        );
        wrong
    }
}

/// The id in the line that the command prints before its first request.
fn job_of(child: &mut Child) -> JobId {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines
        .find_map(|line| line.unwrap().strip_prefix("job ").map(str::to_owned))
        .unwrap();
    // The rest is read on, so that the command does not stand still.
    std::thread::spawn(move || lines.for_each(drop));
    line[..8].parse().unwrap()
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    fastrand::seed(args.seed);
    let world = World::new(&args).await;
    let list = world.path("list.txt");
    let begun = Instant::now();
    let mut first = world.start(
        &args.command,
        &[
            "delete",
            "--yes",
            "--max",
            &args.tickets.to_string(),
            "--from",
            list.to_str().unwrap(),
        ],
    );
    let job = tokio::task::block_in_place(|| job_of(&mut first));
    println!("job {job} after {:?}", begun.elapsed());
    let run = || {
        let mut child = world.start(&args.command, &["job", "run", job.as_str()]);
        let stderr = child.stderr.take().unwrap();
        std::thread::spawn(move || BufReader::new(stderr).lines().for_each(drop));
        child
    };
    let mut children = vec![first];
    children.extend((1..args.processes).map(|_| run()));
    let (mut kills, mut met, mut seen) = (0, 0, None);
    while kills < args.kills {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(200..700))).await;
        let index = fastrand::usize(..children.len());
        let child = &mut children[index];
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            met += usize::from(world.in_flight(&job, &mut seen).await > 0);
        }
        let ledger = SqliteLedger::open(world.ledger()).unwrap();
        if ledger.job(&job).await.unwrap().state == JobState::Completed {
            println!("the job was over after {kills} kills");
            break;
        }
        children[index] = run();
    }
    println!(
        "{kills} kills, {met} with a call in flight; {} s",
        begun.elapsed().as_secs()
    );
    for child in &mut children {
        let ended = tokio::task::block_in_place(|| child.wait().unwrap());
        println!("{ended}");
    }
    println!(
        "{} s in all, {} requests",
        begun.elapsed().as_secs(),
        world.sandbox.journal().len()
    );
    let wrong = world.contradictions(&job).await;
    wrong
        .iter()
        .take(20)
        .for_each(|what| println!("WRONG: {what}"));
    println!("contradictions: {}", wrong.len());
    if wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
