//! Kills the Restate server and the handlers again and again in the middle of a job, and holds the end against the vendor.
//!
//! ```text
//! cargo test --release --test kills -- --tickets 1000 --kills 20     what the kills do
//! cargo test --release --test kills -- --tickets 1000 --kills 0      the share of the quota that is used
//! ```
//!
//! Fails at each contradiction: a ticket without an outcome or with one that the vendor's truth denies, a call above the
//! quota by the vendor's count. Without the server it is skipped with a message, except in CI.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a chore that may panic, and waits for processes"
)]

mod process;
mod world;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use ticket_jobs::JobCall;
use ticket_live::{Unavailable, or_skip};

use crate::process::Server;
use crate::world::World;

#[derive(Clone, Debug, Parser)]
struct Args {
    /// How many tickets are deleted.
    #[arg(long, default_value_t = 60)]
    tickets: usize,
    /// How often a process is killed, the server and the handlers in turn.
    #[arg(long, default_value_t = 4)]
    kills: usize,
    /// With a ledger in a file, in place of a private database.
    #[arg(long)]
    sqlite: bool,
    /// How long to wait at most until the next kill, in milliseconds.
    #[arg(long, default_value_t = 4_000)]
    pause: u64,
    /// How many processes with handlers there are.
    #[arg(long, default_value_t = 1)]
    handlers: usize,
    /// Calls that the vendor allows in five seconds.
    #[arg(long, default_value_t = 25)]
    quota: u32,
    /// How long each answer takes, in milliseconds. If it is short, most kills meet no call in flight; if it is long, less of
    /// the quota can be used.
    #[arg(long, default_value_t = 700)]
    latency: u64,
    /// The share of answers that are lost.
    #[arg(long, default_value_t = 0.0)]
    lost: f64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    fastrand::seed(args.seed);
    let program = Server::find().ok_or(Unavailable::Missing {
        system: "The Restate server",
        install: "npm install --ignore-scripts @restatedev/restate-server",
    });
    let Some(program) = or_skip(program) else {
        return ExitCode::SUCCESS;
    };
    let world = if args.sqlite {
        World::in_file(&args).await
    } else {
        let Some(postgres) = ticket_live::postgres() else {
            return ExitCode::SUCCESS;
        };
        let database = postgres.create_database().unwrap();
        World::in_postgres(&args, postgres.url(&database)).await
    };
    let mut server = Server::new(program, world.folder());
    let mut handlers: Vec<_> = (0..args.handlers).map(|_| world.handlers()).collect();
    for handlers in &handlers {
        server.register(handlers.port);
    }
    let begun = Instant::now();
    server.send("Jobs/work", &format!("\"{}\"", world.job));
    let (mut kills, mut met, mut last, mut wrong) = (0, 0, None, Vec::new());
    while !world.is_over().await {
        assert!(
            begun.elapsed() < Duration::from_secs(1_200),
            "it takes too long"
        );
        if kills == args.kills {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        let pause = Duration::from_millis(fastrand::u64(500..=args.pause.max(500)));
        tokio::time::sleep(pause).await;
        let one = fastrand::usize(..handlers.len());
        match kills % 2 {
            0 => server.kill(),
            _ => handlers[one].kill(),
        }
        kills += 1;
        // Those of earlier kills may still have no end.
        let calls = world.calls_after(last).await;
        met += usize::from(count_open(&calls) > 0);
        last = calls.last().map(|call| call.id).or(last);
        server.start();
        handlers[one].start();
        // Ending in order leaves no call behind.
        if kills % 4 == 0 && handlers.len() == 1 {
            tokio::time::sleep(pause).await;
            let has_ended = handlers[one].terminate();
            let calls = world.calls_after(last).await;
            let open = count_open(&calls);
            if !has_ended || open > 0 {
                wrong.push(format!("asked to end: {has_ended}, {open} calls in flight"));
            }
            handlers[one].start();
        }
    }
    println!(
        "{kills} kills, {met} with a call in flight; {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    wrong.extend(world.contradictions().await);
    println!("contradictions: {}", wrong.len());
    let first = wrong.iter().take(20);
    first.for_each(|what| println!("WRONG: {what}"));
    if wrong.is_empty() && kills == args.kills {
        return ExitCode::SUCCESS;
    }
    println!("{}", world.logs());
    ExitCode::FAILURE
}

/// How many of these calls have no recorded end.
fn count_open(calls: &[JobCall]) -> usize {
    calls.iter().filter(|call| call.ended_at.is_none()).count()
}
