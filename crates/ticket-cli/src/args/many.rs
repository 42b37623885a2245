//! The arguments of commands that change many tickets.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Zoned;
use ticket_jobs::{ArchiveGuard, MaxFailures};

use super::State;
use super::values::{count, duration, patience, until};

/// Tickets for a command that changes many, and how far it may go.
#[derive(Debug, Args)]
pub(crate) struct Many {
    /// The tickets, as account:id; `-` reads more of them from standard input
    #[arg(value_name = "REF", required_unless_present = "from")]
    pub(crate) tickets: Vec<String>,
    /// Read more of them from a file, or from standard input with `-`: one per line, or the rows of `tickets find` and
    /// `tickets list` in ndjson; blank lines and lines that begin with # are skipped. `restore` takes the deleted tickets
    /// of a report too: its folder, or its outcomes.ndjson
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// Send nothing at all: only show what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Change nothing: keep the list as a job that awaits confirmation (see `tickets job confirm`), and show what it
    /// would do: hosts, subjects, how many calls it takes at each account, and the least time in which its quota
    /// allows them
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) plan: bool,
    /// Which tickets are read before anything is changed, to show their subjects and to remember how they were: the
    /// first and last five of each account, all, or none; each read counts in the account's quota [default: sample with
    /// --plan, all with --if-unchanged, otherwise none]
    #[arg(long, value_enum, value_name = "WHICH")]
    pub(crate) look: Option<Look>,
    #[command(flatten)]
    pub(crate) consent: Consent,
    #[command(flatten)]
    pub(crate) work: WorkOptions,
    #[command(flatten)]
    pub(crate) guards: Guards,
}

/// Which tickets are read before anything is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Look {
    Sample,
    All,
    None,
}

/// What is checked while a job is worked on. It belongs to the job: whoever continues it keeps it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Guards")]
pub(crate) struct Guards {
    /// Change a ticket only if it is open, closed or deleted (in the trash) when its turn comes: each ticket is read first
    #[arg(long, value_enum, hide_possible_values = true, value_name = "STATE")]
    only_state: Option<State>,
    /// Change a ticket only if it is as it was when it was looked at: all tickets are read before anything is changed,
    /// and each one again when its turn comes, unless the vendor compares versions itself
    #[arg(long)]
    pub(crate) if_unchanged: bool,
    #[command(flatten)]
    brakes: Brakes,
    /// Write each ticket to this archive before it is changed, with its messages and files; what cannot be archived is
    /// not changed
    #[arg(long, value_name = "DIR")]
    archive: Option<PathBuf>,
    #[command(flatten)]
    missing: ArchiveMissing,
}

/// The guards that stop a job.
#[derive(Debug, Args)]
pub(crate) struct Brakes {
    /// Pause the job when more tickets than this have failed, are unknown or were not found: a number such as 20, or a
    /// share of the job's tickets such as 5%. Requests in flight end, and one may be about up to 100 tickets
    #[arg(long, value_name = "N|P%")]
    max_failures: Option<MaxFailures>,
    /// Change this many tickets first, look at them again, and ask before the rest is changed; with --yes the rest
    /// follows only if all of them are done and still are so when looked at
    #[arg(long, value_parser = count::<NonZeroU64>, value_name = "N")]
    canary: Option<NonZeroU64>,
}

/// Whether a ticket may be changed that is archived in part.
#[derive(Debug, Args)]
pub(crate) struct ArchiveMissing {
    /// With `ok`, a ticket is changed although messages or files of it could not be archived
    #[arg(long, value_enum, value_name = "ok", requires = "archive")]
    archive_missing: Option<MissingOk>,
}

/// The only value of `--archive-missing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MissingOk {
    Ok,
}

impl Brakes {
    /// Adds them to the guards of a job.
    pub(crate) fn add_to(&self, guards: &mut ticket_jobs::Guards) {
        guards.max_failures = self.max_failures;
        guards.canary = self.canary.map(NonZeroU64::get);
    }
}

impl ArchiveMissing {
    /// The guard that archives in this folder.
    ///
    /// # Errors
    ///
    /// The current folder is unknown.
    pub(crate) fn guard(&self, folder: &Path) -> std::io::Result<ArchiveGuard> {
        let folder = std::path::absolute(folder)?;
        Ok(ArchiveGuard {
            folder: folder.to_string_lossy().into_owned(),
            missing_ok: self.archive_missing.is_some(),
        })
    }
}

impl Guards {
    /// The guards of a job.
    ///
    /// # Errors
    ///
    /// The current folder is unknown.
    pub(crate) fn for_job(&self) -> std::io::Result<ticket_jobs::Guards> {
        let mut guards = ticket_jobs::Guards::default();
        guards.only_state = self.only_state.map(State::known);
        guards.if_unchanged = self.if_unchanged;
        self.brakes.add_to(&mut guards);
        if let Some(folder) = &self.archive {
            guards.archive = Some(self.missing.guard(folder)?);
        }
        Ok(guards)
    }
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
