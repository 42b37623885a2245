//! Kills the command again and again in the middle of a job, and holds the end against the vendors.
//!
//! ```text
//! cargo build --release -p ticket-cli && cargo run --release -p ticket-bench --example kills -- \
//!     target/release/tickets --tickets 20000 --kills 200 --processes 1 --seed 1
//! ```
//!
//! Prints how many kills met a call in flight, the outcomes, and each contradiction: a ticket without an outcome or with
//! one that the vendor's truth denies, a call above a quota by the vendor's count. Exits with 1 if there is one. The example
//! `fleet` does the same with workers on PostgreSQL; `accepted` what `--accepted` does here, in one process and repeatably.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a chore that may panic"
)]

#[path = "fleet/vendors.rs"]
mod vendors;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use ticket_jobs::{CallId, JobId, JobState, Ledger, SqliteLedger};
use ticket_sandbox::Vendor;

use crate::vendors::{Shares, Vendors, VendorsArgs};

#[derive(Debug, Parser)]
struct Args {
    /// The command.
    command: PathBuf,
    /// How often a process is killed.
    #[arg(long, default_value_t = 200)]
    kills: usize,
    /// How many processes work at once.
    #[arg(long, default_value_t = 1)]
    processes: usize,
    /// Only tickets of Zendesk, which accepts deletes as jobs and carries them out later.
    #[arg(long)]
    accepted: bool,
    #[command(flatten)]
    vendors: VendorsArgs,
}

/// Sweeppea takes one call at a time, so that a lost call holds up all others there until it can no longer act.
const SHARES: Shares = &[
    (Vendor::OneCloud, 80, None),
    (Vendor::Sweeppea, 5, Some((200, 1))),
    (Vendor::LeadSquared, 15, Some((25, 1))),
];

/// Each job is of a hundred tickets.
const ACCEPTED: Shares = &[(Vendor::Zendesk, 100, Some((700, 60)))];

struct World(Vendors);

impl World {
    async fn new(args: &Args) -> Self {
        let shares = if args.accepted { ACCEPTED } else { SHARES };
        let world = Self(Vendors::new(&args.vendors, shares).await);
        let mut list = std::fs::File::create(world.path("list.txt")).unwrap();
        for (vendor, id) in world.0.named() {
            writeln!(list, "{}:{id}", vendor.prefix()).unwrap();
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.folder().join(name)
    }

    fn ledger(&self) -> PathBuf {
        self.path("state/jobs.db")
    }

    fn start(&self, command: &Path, arguments: &[&str]) -> Child {
        let mut command = Command::new(command);
        command
            .args(arguments)
            .args(["--output", "ndjson", "--config"])
            .arg(self.0.config())
            .arg("--ledger")
            .arg(self.ledger())
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
    fastrand::seed(args.vendors.seed);
    let world = World::new(&args).await;
    let list = world.path("list.txt");
    let begun = Instant::now();
    let mut first = world.start(
        &args.command,
        &[
            "delete",
            "--yes",
            "--max",
            &args.vendors.tickets.to_string(),
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
        world.0.sandbox.journal().len()
    );
    let ledger = SqliteLedger::open(world.ledger()).unwrap();
    let wrong = world.0.contradictions(&ledger, &job).await;
    if vendors::tell(&wrong) {
        return ExitCode::SUCCESS;
    }
    println!("the ledger is in {}", world.0.keep().display());
    ExitCode::FAILURE
}
