//! Kills the command again and again in the middle of a job, and holds the end against the vendors.
//!
//! ```text
//! cargo build --release -p ticket-cli && cargo run --release -p ticket-bench --example kills -- \
//!     target/release/tickets --tickets 20000 --kills 200 --processes 1 --seed 1
//! ```
//!
//! With `--stops 40` processes are also stopped for up to 40 seconds, while others work on: a worker is taken for lost after 30.
//! With `--moves-clock` the wall clock of all processes moves by an hour or two at each strike (by libfaketime: Debian's package
//! `faketime`).
//!
//! Prints how many strikes met a call in flight, the outcomes, and each contradiction: a ticket without an outcome or with
//! one that the vendor's truth denies, a call above a quota by the vendor's count. Exits with 1 if there is one. The example
//! `fleet` does the same with workers on PostgreSQL; `accepted` what `--accepted` does here, in one process and repeatably.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a chore that may panic"
)]

mod strikes;
#[path = "../fleet/vendors.rs"]
mod vendors;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use rustix::process::Signal;
use ticket_jobs::{CallId, JobId, JobState, Ledger, SqliteLedger};
use ticket_sandbox::Vendor;

use crate::strikes::{Strike, WallClock, signal};
use crate::vendors::{Shares, Vendors, VendorsArgs};

#[derive(Debug, Parser)]
struct Args {
    /// The command.
    command: PathBuf,
    /// How often a process is killed, or struck otherwise.
    #[arg(long, default_value_t = 200)]
    kills: usize,
    /// Processes are also stopped, for up to so many seconds.
    #[arg(long)]
    stops: Option<u64>,
    /// The wall clock moves, too.
    #[arg(long)]
    moves_clock: bool,
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

/// With Redmine, which gives ids out again: a delete that may have been sent is not sent again.
const STOPPED: Shares = &[
    (Vendor::OneCloud, 50, None),
    (Vendor::Sweeppea, 5, Some((200, 1))),
    (Vendor::LeadSquared, 15, Some((25, 1))),
    (Vendor::Redmine, 30, None),
];

/// Each job is of a hundred tickets.
const ACCEPTED: Shares = &[(Vendor::Zendesk, 100, Some((700, 60)))];

struct World {
    vendors: Vendors,
    clock: Option<WallClock>,
}

impl World {
    async fn new(args: &Args) -> Self {
        let shares = match args {
            Args { accepted: true, .. } => ACCEPTED,
            Args { stops: Some(_), .. } => STOPPED,
            _ => SHARES,
        };
        let vendors = Vendors::new(&args.vendors, shares).await;
        let clock = args.moves_clock.then(|| {
            let clock = WallClock::new(vendors.folder());
            clock.expect("--moves-clock needs libfaketime: apt-get install faketime")
        });
        let world = Self { vendors, clock };
        let mut list = std::fs::File::create(world.path("list.txt")).unwrap();
        for (vendor, id) in world.vendors.named() {
            writeln!(list, "{}:{id}", vendor.prefix()).unwrap();
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.vendors.folder().join(name)
    }

    fn ledger(&self) -> PathBuf {
        self.path("state/jobs.db")
    }

    fn start(&self, command: &Path, arguments: &[&str]) -> Child {
        let mut command = Command::new(command);
        command
            .args(arguments)
            .args(["--output", "ndjson", "--config"])
            .arg(self.vendors.config())
            .arg("--ledger")
            .arg(self.ledger())
            .env("XDG_STATE_HOME", self.path("home"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        if let Some(clock) = &self.clock {
            clock.show_to(&mut command);
        }
        command.spawn().unwrap()
    }

    fn move_clock(&self) {
        if let Some(clock) = &self.clock {
            clock.move_on();
        }
    }
}

/// How many calls of the job have no end in the ledger and may still act, of those that were not seen before.
async fn in_flight(ledger: &SqliteLedger, job: &JobId, seen: &mut Option<CallId>) -> usize {
    let before = *seen;
    let calls = ledger.calls(job, before, usize::MAX).await.unwrap();
    *seen = calls.last().map(|call| call.id).or(before);
    calls.iter().filter(|call| call.ended_at.is_none()).count()
}

/// Reads what the command says to its end, so that it does not stand still, and repeats its errors.
fn repeat_errors(lines: impl Iterator<Item = std::io::Result<String>> + Send + 'static) {
    let lines = lines.map_while(Result::ok);
    let errors = lines.filter(|line| line.contains("error"));
    std::thread::spawn(move || errors.for_each(|line| println!("said: {line}")));
}

/// The id in the line that the command prints before its first request.
fn job_of(child: &mut Child) -> JobId {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines
        .find_map(|line| line.unwrap().strip_prefix("job ").map(str::to_owned))
        .unwrap();
    repeat_errors(lines);
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
        repeat_errors(BufReader::new(child.stderr.take().unwrap()).lines());
        child
    };
    let mut children = vec![first];
    children.extend((1..args.processes).map(|_| run()));
    // Open throughout: a process that is stopped may have the lock that is needed to open it.
    let ledger = SqliteLedger::open(world.ledger()).unwrap();
    let (mut kills, mut stops, mut strikes, mut met, mut seen) = (0, 0, 0, 0, None);
    while strikes < args.kills {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(200..700))).await;
        if ledger.job(&job).await.unwrap().state == JobState::Completed {
            println!("the job was over after {strikes} strikes");
            break;
        }
        for child in &mut children {
            if let Some(ended) = child.try_wait().unwrap() {
                println!("a process ended early: {ended}");
                *child = run();
            }
        }
        let child = &mut children[fastrand::usize(..args.processes)];
        let strike = Strike::draw(args.stops, args.moves_clock);
        strikes += 1;
        if let Strike::Stop(_) = strike {
            signal(child, Signal::STOP);
        } else if let Strike::Kill = strike {
            child.kill().unwrap();
            child.wait().unwrap();
            WallClock::forget(child);
        }
        met += usize::from(in_flight(&ledger, &job, &mut seen).await > 0);
        world.move_clock();
        match strike {
            Strike::Kill => {
                kills += 1;
                *child = run();
            }
            Strike::Stop(time) => {
                stops += 1;
                tokio::time::sleep(time).await;
                signal(child, Signal::CONT);
            }
            Strike::None => {}
        }
    }
    let moved = world.clock.as_ref().map_or(0, WallClock::moved);
    println!(
        "{kills} kills, {stops} stops, the clock moved {moved} times; {met} of {strikes} with a call in flight; {} s",
        begun.elapsed().as_secs()
    );
    for child in &mut children {
        let ended = tokio::task::block_in_place(|| child.wait().unwrap());
        WallClock::forget(child);
        println!("{ended}");
    }
    println!(
        "{} s in all, {} requests",
        begun.elapsed().as_secs(),
        world.vendors.sandbox.journal().len()
    );
    let wrong = world.vendors.contradictions(&ledger, &job).await;
    if vendors::tell(&wrong) {
        return ExitCode::SUCCESS;
    }
    println!("the ledger is in {}", world.vendors.keep().display());
    ExitCode::FAILURE
}
