//! The arguments of commands that change many tickets.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::Zoned;

use super::values::{count, duration, patience, until};

/// Tickets for a command that changes many, and how far it may go.
#[derive(Debug, Args)]
pub(crate) struct Many {
    /// The tickets, as account:id; `-` reads more of them from standard input
    #[arg(value_name = "REF", required_unless_present = "from")]
    pub(crate) tickets: Vec<String>,
    /// Read more of them from a file, or from standard input with `-`: one per line; blank lines
    /// and lines that begin with # are skipped
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// Send nothing at all: only show what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Send nothing at all: only show how many calls it takes at each account, and the least time in which
    /// its quota allows them
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) plan: bool,
    #[command(flatten)]
    pub(crate) consent: Consent,
    #[command(flatten)]
    pub(crate) work: WorkOptions,
}

/// What is allowed without being asked.
#[derive(Debug, Args)]
pub(crate) struct Consent {
    /// Do not ask; above 1000 tickets --max is needed too
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Send nothing if there are more tickets than this, each counted once
    #[arg(long, value_parser = count::<NonZeroUsize>, value_name = "N")]
    pub(crate) max: Option<NonZeroUsize>,
}

/// How far the work on many tickets may go.
#[derive(Debug, Args)]
pub(crate) struct WorkOptions {
    /// Start no new calls after this time, in seconds or as 90s, 30m, 4h, 1h30m, 2d: requests in flight are waited
    /// for, the rest is `unattempted` and the exit code 1
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub(crate) deadline: Option<Duration>,
    /// Start no new calls from this time on: a time of day in the local time zone such as 06:00, today or tomorrow,
    /// or a full time such as 2026-11-30T06:00:00Z; with --deadline the earlier one holds
    #[arg(long, value_parser = until, value_name = "TIME")]
    pub(crate) until: Option<Zoned>,
    /// Stop when no request has succeeded for this time because the vendor does not answer. Until then the command
    /// pauses and tries again; what is not done is `unattempted`. 0: make no request again that failed, and stop after
    /// five failed requests in a row [default: 15m, before the first success 1m at most; 0
    /// with --max-attempts 1]
    #[arg(long, value_parser = patience, value_name = "TIME")]
    pub(crate) give_up_after: Option<Duration>,
    /// Send so many requests to an account at once [default: the account's own, or 4 where the vendor documents how
    /// many it allows in a time, or 32]
    #[arg(long, value_parser = count::<NonZeroUsize>, value_name = "N")]
    pub(crate) concurrency: Option<NonZeroUsize>,
    /// Write what is left to do to this file, one ticket per line, each once: what was not attempted, and what
    /// failed for a passing reason with nothing done. `--from` reads it, and so goes on where this ended; it may be
    /// the file that --from reads. It is written as a whole at the end, and is empty if nothing is left. If there was
    /// another file of this name, that is renamed to FILE.old before anything is sent. --dry-run and --plan leave it alone
    #[arg(long, value_name = "FILE")]
    pub(crate) remaining: Option<PathBuf>,
}
