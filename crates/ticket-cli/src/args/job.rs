//! The arguments of `tickets job`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::values::moment;
use super::{Approve, Consent, Identifiers, WorkOptions};

#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    /// List the jobs, newest first
    #[command(visible_alias = "ls")]
    List,
    /// Show a job: its state, outcomes and workers
    Show(Show),
    /// Confirm a job, so that it can run
    ///
    /// You type the number of its tickets, or pass the approval of a second person.
    Confirm(JobConfirm),
    /// Run a job, or continue one that was stopped, killed or paused
    Run(JobRun),
    /// Follow a job until it ends, whoever runs it
    Watch(Id),
    /// Pause a job
    ///
    /// Requests in flight finish, and no new ones are sent until the job is resumed.
    Pause(Id),
    /// End a pause
    ///
    /// `tickets job run` then continues the work.
    Resume(JobResume),
    /// End a job for good
    ///
    /// Tickets that may have changed are looked at; the rest stays unattempted.
    Cancel(Id),
    /// Set which of several jobs goes first
    ///
    /// Jobs of a higher priority go first at accounts of the same quota, if somebody works on them there. Usual is 0.
    Priority(JobPriority),
    /// Run the failed and unattempted tickets again, as a new job
    Retry(JobRetry),
    /// Print the plan of a job, for a second person to approve
    Export(Id),
    /// Review and sign the plan of another person
    ///
    /// Needs no account and no ledger.
    Approve(Approve),
    /// Show the quota, calls and pauses of each account
    Accounts,
    /// Recount a job, or all jobs, from the recorded calls
    Verify(MaybeId),
    /// Write the report of a job
    ///
    /// A page for people, files for programs, and their digests.
    Report(JobReport),
    /// Add the results of an erasure to a list of persons
    ///
    /// Prints the CSV file again, with new columns that begin with `erasure_`.
    Identifiers(JobIdentifiers),
    /// Remove finished jobs from the ledger
    Prune(Prune),
}

#[derive(Debug, Args)]
pub(crate) struct Id {
    /// Id of the job, or its first four or more digits
    #[arg(value_name = "JOB")]
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct MaybeId {
    /// Id of the job, or its first four or more digits
    #[arg(value_name = "JOB")]
    pub(crate) id: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) job: Id,
    /// Show each ticket with its outcome instead
    #[arg(long)]
    pub(crate) tickets: bool,
}

#[derive(Debug, Args)]
pub(crate) struct JobConfirm {
    #[command(flatten)]
    pub(crate) job: Id,
    /// Approval of a second person, from `tickets job approve`
    ///
    /// The signer must be one of the `approvers` of the configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) approval: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct JobRun {
    #[command(flatten)]
    pub(crate) job: Id,
    /// Do not ask after the canary
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) work: WorkOptions,
}

#[derive(Debug, Args)]
pub(crate) struct JobResume {
    #[command(flatten)]
    pub(crate) job: Id,
    /// Look at the canary again, and let the rest of the job follow
    ///
    /// For jobs that `tickets worker` works on: it never changes the tickets behind a canary by itself. The first tickets are
    /// looked at again and shown, and you are asked. `tickets job run` does the same, and works on the rest itself.
    #[arg(long)]
    pub(crate) canary: bool,
    /// Do not ask after the canary
    ///
    /// The rest follows only if all of the canary is done, and a second look confirms it.
    #[arg(long, short, requires = "canary")]
    pub(crate) yes: bool,
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
pub(crate) struct JobPriority {
    #[command(flatten)]
    pub(crate) job: Id,
    /// From -32768 to 32767
    #[arg(value_name = "N", allow_negative_numbers = true)]
    pub(crate) priority: i16,
}

#[derive(Debug, Args)]
pub(crate) struct Prune {
    /// Remove jobs created before this, e.g. 90d
    ///
    /// A time ago such as 12h or 90d, a day in UTC, or a full time such as 2026-11-28T09:00:00Z.
    #[arg(long, value_parser = moment, value_name = "TIME")]
    pub(crate) older_than: Timestamp,
}

#[derive(Debug, Args)]
pub(crate) struct JobReport {
    #[command(flatten)]
    pub(crate) job: Id,
    /// Folder of the report
    ///
    /// It is new or empty, or holds an earlier report of the same job.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// Report a job that has not ended; the report says so
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
