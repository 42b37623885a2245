//! The arguments of `tickets job`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::values::moment;
use super::{Approve, Consent, Identifiers, WorkOptions};

#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    /// List the jobs, the newest first
    List,
    /// Show a job: its state, its outcomes, who works on it, how it is continued
    Show(Show),
    /// Confirm a job that awaits confirmation: a person types the number of its tickets, or gives the approval of a
    /// second person
    Confirm(JobConfirm),
    /// Continue a job in this process, also one that was stopped, killed or paused
    Run(JobRun),
    /// Follow a job until it is over, whoever works on it
    Watch(Id),
    /// Stop a job: requests in flight end, and no new ones are sent until it is resumed
    Pause(Id),
    /// End a pause; `tickets job run` continues the work
    Resume(Id),
    /// End a job for good: look at tickets that may have changed, and leave the rest unattempted
    Cancel(Id),
    /// Make a new job of the tickets of an earlier one that failed or were not attempted
    Retry(JobRetry),
    /// Print the plan of a job, for a second person who approves it
    Export(Id),
    /// Approve a plan of somebody else: look at it, and sign it. Needs no account and no ledger
    Approve(Approve),
    /// Show the quotas of all accounts: calls in flight, pauses, suspensions
    Accounts,
    /// Count a job again from its records, or all jobs
    Verify(MaybeId),
    /// Write the report of a job: a page for people, files for programs, and their digests
    Report(JobReport),
    /// Print a list of persons again, with what an erasure came to for each of them
    Identifiers(JobIdentifiers),
    /// Remove jobs that are over from the ledger
    Prune(Prune),
}

#[derive(Debug, Args)]
pub(crate) struct Id {
    /// The job's id, or its first four digits or more
    #[arg(value_name = "JOB")]
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct MaybeId {
    /// The job's id, or its first four digits or more
    #[arg(value_name = "JOB")]
    pub(crate) id: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) job: Id,
    /// Print each ticket with its outcome instead
    #[arg(long)]
    pub(crate) tickets: bool,
}

#[derive(Debug, Args)]
pub(crate) struct JobConfirm {
    #[command(flatten)]
    pub(crate) job: Id,
    /// The approval of a second person, as `tickets job approve` writes it; its signer must be one of the `approvers` of
    /// the configuration
    #[arg(long, value_name = "FILE")]
    pub(crate) approval: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct JobRun {
    #[command(flatten)]
    pub(crate) job: Id,
    /// Do not ask at the end of the canary
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) work: WorkOptions,
}

#[derive(Debug, Args)]
pub(crate) struct JobRetry {
    #[command(flatten)]
    pub(crate) job: Id,
    #[command(flatten)]
    pub(crate) consent: Consent,
    #[command(flatten)]
    pub(crate) work: WorkOptions,
}

#[derive(Debug, Args)]
pub(crate) struct Prune {
    /// Remove jobs that were created before this: a time ago such as 90d, or a day such as 2026-11-28
    #[arg(long, value_parser = moment, value_name = "TIME")]
    pub(crate) older_than: Timestamp,
}

#[derive(Debug, Args)]
pub(crate) struct JobReport {
    #[command(flatten)]
    pub(crate) job: Id,
    /// The folder, which is new or empty, or holds an earlier report of the same job
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// Report a job that is not over; the report says so
    #[arg(long)]
    pub(crate) partial: bool,
}

#[derive(Debug, Args)]
pub(crate) struct JobIdentifiers {
    #[command(flatten)]
    pub(crate) job: Id,
    #[command(flatten)]
    pub(crate) identifiers: Identifiers,
}
