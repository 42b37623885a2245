//! What is measured: the same documented calls, made in several ways, against a server that does as little as
//! possible. Here is one run; how often, in which order and what the figures come to is `src/lab`'s.

#![allow(
    clippy::print_stdout,
    reason = "programs that print their figures for the one that started them"
)]

mod bulk;
mod call;
#[cfg(feature = "checker")]
pub mod checker;
mod contestants;
pub mod measure;
mod pacing;
pub mod server;

pub use call::Call;
pub use contestants::{Contestant, Hyper, Omnitrack, Provider, Reqwest, ReqwestPerCall, Stack};

use std::alloc::System;

use clap::{Parser, Subcommand, ValueEnum};
use measure::Plan;
use stats_alloc::StatsAlloc;

/// What went wrong, for a person. A contestant that gets another answer than was asked for measures nothing.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Who makes the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Who {
    /// A provider of this workspace, through the trait, without any layer.
    Provider,
    /// The standard stack around it, as an application holds it.
    Stack,
    /// reqwest by hand, one client for all calls.
    Reqwest,
    /// reqwest by hand, a new client for each call, as the vendors' snippets do.
    ReqwestPerCall,
    /// hyper-util's client by hand.
    Hyper,
    /// The manner of the crate omnitrack: a boxed call, the reply as text and then as JSON.
    Omnitrack,
}

/// Makes calls and prints what they took, as one line of JSON.
#[derive(Debug, Parser)]
struct Options {
    /// Where the bare server is, such as `http://127.0.0.1:1234`.
    #[arg(long)]
    server: String,
    /// How many threads; none is the one that is there.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// The same call again and again.
    Calls {
        #[arg(long)]
        who: Who,
        #[arg(long)]
        call: Call,
        #[command(flatten)]
        plan: Plan,
    },
    /// Many tickets deleted in batches of a hundred, their ids made up on the way.
    Bulk {
        #[arg(long)]
        who: Who,
        #[arg(long)]
        refs: u64,
    },
    /// As many calls as a quota allows.
    Pacing {
        /// Calls and seconds, such as `500/1`.
        #[arg(long)]
        quota: tickets::provider::Quota,
        /// For how many windows there are calls.
        #[arg(long)]
        windows: u32,
    },
}

/// The program of both binaries, of which one counts allocations.
///
/// # Errors
///
/// What stopped it: a wrong option, a call that was not answered as asked.
pub fn main(allocations: Option<&'static StatsAlloc<System>>) -> Result<(), Error> {
    let options = Options::parse();
    let mut builder = match options.threads {
        0 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    if options.threads > 0 {
        builder.worker_threads(options.threads);
    }
    let runtime = builder.enable_all().build()?;
    let figures = runtime.block_on(run(&options.server, options.task, allocations))?;
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

async fn run(
    server: &str,
    task: Task,
    allocations: Option<&'static StatsAlloc<System>>,
) -> Result<measure::Figures, Error> {
    match task {
        Task::Calls { who, call, plan } => match who {
            Who::Provider => measure::calls(Provider::new(server)?, call, &plan, allocations).await,
            Who::Stack => measure::calls(Stack::new(server)?, call, &plan, allocations).await,
            Who::Reqwest => measure::calls(Reqwest::new(server), call, &plan, allocations).await,
            Who::ReqwestPerCall => {
                measure::calls(ReqwestPerCall::new(server), call, &plan, allocations).await
            }
            Who::Hyper => measure::calls(Hyper::new(server), call, &plan, allocations).await,
            Who::Omnitrack => {
                measure::calls(Omnitrack::new(server), call, &plan, allocations).await
            }
        },
        Task::Bulk { who, refs } => bulk::delete(server, who, refs).await,
        Task::Pacing { quota, windows } => pacing::calls(server, quota, windows).await,
    }
}
