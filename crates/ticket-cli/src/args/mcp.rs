//! The arguments of `tickets mcp`.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::values::count;

#[derive(Debug, Args)]
pub(crate) struct Mcp {
    /// Deletes: off, plan or ask
    ///
    /// off: the agent cannot plan one. plan: it prepares a job, and you confirm it with `tickets job confirm`, which asks on a
    /// terminal. ask: the agent's program asks you for the number of tickets, and then deletes them; a program that answers
    /// by itself deletes what it planned.
    #[arg(
        long,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        value_name = "WHAT"
    )]
    pub(crate) deletes: Deletes,
    /// Let the agent change single tickets
    ///
    /// It creates, comments on, updates and resolves them without asking you, also where the customer sees it.
    #[arg(long)]
    pub(crate) allow_writes: bool,
    /// Let it read only, whatever else is set
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Accounts it can reach [default: all configured]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub(crate) accounts: Vec<String>,
    /// Most tickets in one plan
    #[arg(long, default_value_t = ticket_mcp::Policy::MAX_PER_PLAN, value_parser = nonzero, value_name = "N")]
    pub(crate) max_per_plan: u64,
    /// File of the audit [default: mcp.ndjson beside the ledger]
    ///
    /// It gets one line of JSON for each call, without the values of arguments; `-` is stderr.
    #[arg(long, value_name = "FILE")]
    pub(crate) audit: Option<PathBuf>,
}

fn nonzero(text: &str) -> Result<u64, String> {
    count::<NonZeroU64>(text).map(NonZeroU64::get)
}

/// Whether tickets can be deleted, and who agrees to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deletes {
    Off,
    #[default]
    Plan,
    Ask,
}
