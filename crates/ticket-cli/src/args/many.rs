//! The arguments of commands that change many tickets.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};
use jiff::Zoned;
use ticket_jobs::{ArchiveGuard, MaxFailures};
use tickets::Change;
use tickets::provider::Concurrency;

use super::State;
use super::values::{concurrency, count, duration, patience, until, whole_seconds};

/// The arguments of `resolve` and `restore`, and of `delete`, which has more.
#[derive(Debug, Args)]
pub(crate) struct Each {
    #[command(flatten)]
    pub(crate) many: Many,
    #[command(flatten)]
    pub(crate) condition: Condition,
}

/// Whether tickets are compared with how they were.
#[derive(Debug, Args)]
#[command(next_help_heading = "Guards")]
pub(crate) struct Condition {
    /// Change a ticket only if it is still as it was when it was read
    ///
    /// All tickets are read before anything is changed, and each one again just before its turn, unless the vendor compares
    /// versions itself.
    #[arg(long, hide_short_help = true)]
    pub(crate) if_unchanged: bool,
}

/// Tickets for a command that changes many, and how far it may go.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("list").required(true).multiple(true).args(["tickets", "from"]))]
pub(crate) struct Many {
    /// The tickets, as ACCOUNT:ID; `-` reads more from standard input
    #[arg(value_name = "REF")]
    pub(crate) tickets: Vec<String>,
    /// Read tickets from this file; `-` is standard input
    ///
    /// One ACCOUNT:ID per line, or the ndjson output of `tickets find` or `tickets list`. Blank lines and lines that begin
    /// with # are skipped.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// Send nothing; only show what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Change nothing; make a job that awaits confirmation
    ///
    /// Shows what the job would do: hosts, subjects, the number of calls per account, and the minimum duration that the
    /// quota allows. `tickets job confirm` and `tickets job run` then carry it out.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) plan: bool,
    /// Read tickets before anything is changed: sample, all or none
    ///
    /// Shows their subjects and records how they were. `sample` reads the first and last five of each account. Each read
    /// counts in the account's quota [default: sample with --plan, all with --if-unchanged, otherwise none]
    #[arg(
        hide_short_help = true,
        long,
        value_enum,
        hide_possible_values = true,
        value_name = "WHICH"
    )]
    pub(crate) look: Option<Look>,
    #[command(flatten)]
    pub(crate) consent: Consent,
    #[command(flatten)]
    pub(crate) work: WorkOptions,
    #[command(flatten)]
    pub(crate) guards: Guards,
}

/// The tickets of `tickets delete`, and how they are deleted.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    // First: what follows an option of a guard would stand below its heading.
    #[command(flatten)]
    pub(crate) mode: DeleteMode,
    #[command(flatten)]
    pub(crate) each: Each,
}

/// How tickets are deleted: by default as the vendor's own delete does.
#[derive(Debug, Args)]
pub(crate) struct DeleteMode {
    /// Refuse vendors that delete permanently or have no documented trash
    ///
    /// Without --trash and --permanent, tickets are deleted as the vendor does it: to its trash, if it has one.
    #[arg(long, hide_short_help = true, conflicts_with = "permanent")]
    pub(crate) trash: bool,
    /// Delete for good, not to the vendor's trash
    ///
    /// Tickets that are in the trash already are deleted from it. Where a vendor documents no such way, nothing is sent.
    #[arg(long)]
    pub(crate) permanent: bool,
}

impl DeleteMode {
    /// The change that deletes so.
    pub(crate) const fn change(&self) -> Change {
        if self.permanent {
            Change::Purge
        } else {
            Change::Delete
        }
    }
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
    /// Change a ticket only if it is open, closed or deleted
    ///
    /// `deleted` means in the trash. Each ticket is read just before its turn.
    #[arg(
        long,
        hide_short_help = true,
        value_enum,
        hide_possible_values = true,
        value_name = "STATE"
    )]
    only_state: Option<State>,
    #[command(flatten)]
    brakes: Brakes,
    /// Archive each ticket in this folder first
    ///
    /// It is archived with its messages and files, just before it is changed. A ticket that cannot be archived is not changed.
    #[arg(long, value_name = "DIR")]
    archive: Option<PathBuf>,
    #[command(flatten)]
    missing: ArchiveMissing,
}

/// The guards that stop a job.
#[derive(Debug, Args)]
pub(crate) struct Brakes {
    /// Pause if more tickets fail than this, e.g. 5%
    ///
    /// A number such as 20, or a percentage. Tickets that failed, are unknown or were not found count; a percentage is of the job's tickets. Requests in flight
    /// finish, and one request may concern up to 100 tickets.
    #[arg(long, value_name = "N|P%")]
    max_failures: Option<MaxFailures>,
    /// Change N tickets first, check them, then ask
    ///
    /// With --yes, the rest follows only if all N are done, and a second look confirms it.
    #[arg(long, hide_short_help = true, value_parser = count::<NonZeroU64>, value_name = "N")]
    canary: Option<NonZeroU64>,
    /// How long workers try temporary failures again
    ///
    /// `tickets worker` puts a ticket back whose requests fail for a reason that may pass, and tries it again after 1 minute to 6
    /// hours, longer each time. This long after the first time it gets the outcome of its last attempt; with 0 at once.
    /// `tickets job run` puts nothing back: what is left stays in the job [default: 24h]
    #[arg(long, hide_short_help = true, value_parser = whole_seconds, value_name = "TIME")]
    retry_for: Option<Duration>,
}

/// Whether a ticket may be changed that is archived in part.
#[derive(Debug, Args)]
pub(crate) struct ArchiveMissing {
    /// ok: change tickets even if messages or files cannot be archived
    #[arg(
        long,
        hide_short_help = true,
        hide_possible_values = true,
        value_enum,
        value_name = "ok",
        requires = "archive"
    )]
    archive_missing: Option<MissingOk>,
}

/// The only value of `--archive-missing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MissingOk {
    Ok,
}

impl Many {
    /// The ticket, if only one is named and nothing is asked for that only a job can do: then one call is made.
    pub(crate) fn only(&self) -> Option<&str> {
        let Self {
            tickets,
            from: None,
            dry_run: false,
            plan: false,
            look: None,
            consent: _,
            work:
                WorkOptions {
                    deadline: None,
                    until: None,
                    give_up_after: None,
                    concurrency: None,
                    remaining: None,
                },
            guards:
                Guards {
                    only_state: None,
                    brakes:
                        Brakes {
                            max_failures: None,
                            canary: None,
                            retry_for: None,
                        },
                    archive: None,
                    missing: _,
                },
        } = self
        else {
            return None;
        };
        match tickets.as_slice() {
            [ticket] if ticket != "-" => Some(ticket),
            _ => None,
        }
    }

    /// Whether tickets are read from standard input.
    pub(crate) fn reads_stdin(&self) -> bool {
        let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
        self.from.as_ref().is_some_and(is_stdin) || self.tickets.iter().any(|text| text == "-")
    }
}

impl Brakes {
    /// Adds them to the guards of a job.
    pub(crate) fn add_to(&self, guards: &mut ticket_jobs::Guards) {
        guards.max_failures = self.max_failures;
        guards.canary = self.canary.map(NonZeroU64::get);
        guards.retry_for = self.retry_for;
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
    pub(crate) fn for_job(&self, if_unchanged: bool) -> std::io::Result<ticket_jobs::Guards> {
        let mut guards = ticket_jobs::Guards::default();
        guards.only_state = self.only_state.map(State::known);
        guards.if_unchanged = if_unchanged;
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
    /// Do not ask; above 1000 tickets --max is required
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Send nothing if there are more than N tickets
    ///
    /// A ticket that is named twice counts once.
    #[arg(long, value_parser = count::<NonZeroUsize>, value_name = "N")]
    pub(crate) max: Option<NonZeroUsize>,
}

/// How far the work on many tickets may go.
#[derive(Debug, Args)]
pub(crate) struct WorkOptions {
    /// Stop starting new requests after this long, e.g. 90s, 30m or 4h
    ///
    /// Requests in flight finish; the rest are `unattempted`, and the exit code is 1. A number without a unit is seconds.
    #[arg(hide_short_help = true, long, value_parser = duration, value_name = "TIME")]
    pub(crate) deadline: Option<Duration>,
    /// Stop starting new requests at this time, e.g. 06:00
    ///
    /// The next such time of day in the local time zone, or a full time such as 2026-11-30T06:00:00Z. With --deadline, the
    /// earlier one applies.
    #[arg(long, value_parser = until, value_name = "TIME")]
    pub(crate) until: Option<Zoned>,
    /// Stop when the vendor has not answered for this long
    ///
    /// Until then the command pauses and tries again; tickets that are left are `unattempted`. With 0, no failed
    /// request is repeated, and five failed requests in a row stop the run. The ticket of a failed change is read, and
    /// if the vendor answers, the count starts again: --max-failures stops a run whose changes fail [default: 15m, at
    /// most 1m before the first success; 0 with --max-attempts 1]
    #[arg(long, hide_short_help = true, value_parser = patience, value_name = "TIME")]
    pub(crate) give_up_after: Option<Duration>,
    /// Requests to an account at the same time, or auto
    ///
    /// With `auto`, 4 where the vendor documents a quota; otherwise 4 at first, and up to 32 as long as the vendor answers
    /// quickly [default: the account's own, or auto]
    #[arg(hide_short_help = true, long, value_parser = concurrency, value_name = "N|auto")]
    pub(crate) concurrency: Option<Concurrency>,
    /// Write the tickets that are left to this file, for --from
    ///
    /// One ticket per line, each once: those not attempted, and those that failed for a temporary reason with nothing done.
    /// It may be the file that --from reads. It is written as a whole at the end, and is empty if nothing is left. An
    /// existing file of this name is renamed to FILE.old before anything is sent. --dry-run and --plan do not touch it.
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    pub(crate) remaining: Option<PathBuf>,
}
