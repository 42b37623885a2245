//! `tickets job`: shows, steers and continues jobs.
//!
//! `shown.rs` is a job as it is printed, `work.rs` has what works on jobs, the other files have a command or two each.

mod accounts;
mod approve;
mod confirm;
mod erasure;
mod export;
mod identifiers;
mod release;
mod report;
mod shown;
mod upkeep;
mod watch;
mod work;

use futures_util::TryStreamExt as _;
use serde::Serialize;
use ticket_jobs::{Job, JobId, JobState, Step, Which};
use tickets::TicketRef;

use super::bulk::Row;
use crate::args::{self, Global, OutputFormat};
use crate::failure::{Exit, Failure};
use crate::ledger::Ledger;
use crate::output::Output;
use crate::record::Record;
use crate::status::say;
use crate::text;
use shown::{Listed, Shown};

/// How many digits of an id are enough.
const SHORTEST: usize = 4;

/// How many jobs a message names.
const NAMED: usize = 5;

pub(super) async fn run(
    asked: &args::Job,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    if global.sandbox {
        return Err(Failure::refused("jobs of --sandbox end with their command")
            .hinting("`tickets sandbox` serves a sandbox for several commands".to_owned()));
    }
    if let args::Job::Approve(asked) = asked {
        return approve::run(asked, global).await;
    }
    let ledger = &Ledger::open_kept(global)?;
    match asked {
        // Above: it needs no ledger.
        args::Job::Approve(_) => Ok(Exit::Done),
        args::Job::Export(id) => export::run(ledger, &id.id).await,
        args::Job::List => list(ledger, output).await,
        args::Job::Show(show) => {
            let job = find(ledger, &show.job.id).await?;
            if show.tickets {
                tickets(ledger, &job, output).await
            } else {
                print(&Shown::whole(job, ledger).await?, output)
            }
        }
        args::Job::Confirm(confirm) => confirm::run(ledger, confirm, global, output).await,
        args::Job::Run(run) => work::run(ledger, run, global, output).await,
        args::Job::Watch(id) => watch::run(ledger, &id.id, output).await,
        args::Job::Pause(id) => steer(ledger, &id.id, Step::Pause, output).await,
        args::Job::Resume(asked) if asked.canary => {
            release::run(ledger, asked, global, output).await
        }
        args::Job::Resume(asked) => steer(ledger, &asked.job.id, Step::Resume, output).await,
        args::Job::Cancel(id) => work::cancel(ledger, &id.id, global, output).await,
        args::Job::Priority(asked) => {
            let job = find(ledger, &asked.job.id).await?;
            ledger.jobs.prioritize(&job.id, asked.priority).await?;
            let job = ledger.jobs.ledger().job(&job.id).await?;
            print(&Shown::new(job, ledger), output)
        }
        args::Job::Retry(retry) => work::retry(ledger, retry, global, output).await,
        args::Job::Accounts => accounts::run(ledger, global, output).await,
        args::Job::Verify(asked) => upkeep::verify(ledger, asked.id.as_deref(), output).await,
        args::Job::Report(asked) => report::run(ledger, asked, global, output).await,
        args::Job::Identifiers(asked) => identifiers::run(ledger, asked, output).await,
        args::Job::Prune(asked) => upkeep::prune(ledger, asked.older_than, output).await,
    }
}

/// The job with this id, or whose id begins so.
async fn find(ledger: &Ledger, text: &str) -> Result<Job, Failure> {
    let start = text.to_ascii_lowercase();
    let jobs = ledger.jobs.ledger().jobs().await?;
    let named = |jobs: &mut dyn Iterator<Item = &Job>| {
        let mut names: Vec<_> = jobs.take(NAMED + 1).map(|job| job.id.to_string()).collect();
        if names.len() > NAMED {
            names.truncate(NAMED);
            names.push("more".to_owned());
        }
        names.join(", ")
    };
    let is_id = start.len() >= SHORTEST && start.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut found = jobs
        .iter()
        .filter(|job| is_id && job.id.as_str().starts_with(&start));
    let shown = text::line(&text::cut(text, 40));
    match (found.next(), found.next()) {
        (Some(job), None) => Ok(job.clone()),
        (Some(_), Some(_)) => {
            let mut found = jobs
                .iter()
                .filter(|job| job.id.as_str().starts_with(&start));
            let message = format!("several jobs begin with `{shown}`: {}", named(&mut found));
            Err(Failure::refused(message))
        }
        (None, _) if jobs.is_empty() => Err(Failure::refused(format!(
            "there is no job `{shown}`; there are none"
        ))),
        (None, _) if !is_id => {
            let message = format!(
                "`{shown}` is not the id of a job: use its eight digits, or the first four or more; there are {}",
                named(&mut jobs.iter())
            );
            Err(Failure::refused(message).hinting("`tickets job list` shows all".to_owned()))
        }
        (None, _) => {
            let message = format!(
                "there is no job `{shown}`; there are {}",
                named(&mut jobs.iter())
            );
            Err(Failure::refused(message).hinting("`tickets job list` shows all".to_owned()))
        }
    }
}

fn print(record: &impl Record, output: &Output) -> Result<Exit, Failure> {
    output
        .one(record)
        .map_err(|error| Failure::output(&error))?;
    Ok(Exit::Done)
}

/// Prints these records; in a table, `none` if there are none.
fn print_all<R: Record>(records: Vec<R>, none: &str, output: &Output) -> Result<(), Failure> {
    if records.is_empty() && output.format == OutputFormat::Table {
        say(none);
    }
    let mut writer = output.writer();
    records
        .into_iter()
        .try_for_each(|record| writer.push(record))
        .and_then(|()| writer.finish())
        .map_err(|error| Failure::output(&error))
}

async fn list(ledger: &Ledger, output: &Output) -> Result<Exit, Failure> {
    let jobs = ledger.jobs.ledger().jobs().await?;
    let jobs = jobs.into_iter().map(|job| Listed(Shown::new(job, ledger)));
    print_all(jobs.collect(), "There are no jobs.", output)?;
    Ok(Exit::Done)
}

/// Prints each ticket of a job, as often as it is named.
async fn tickets(ledger: &Ledger, job: &Job, output: &Output) -> Result<Exit, Failure> {
    let mut writer = output.writer();
    let mut named = ticket_jobs::tickets(&**ledger.jobs.ledger(), &job.id, Which::Named);
    while let Some(ticket) = named.try_next().await? {
        let reference = TicketRef::new(ticket.account, ticket.id);
        let row = match &ticket.outcome {
            Some(outcome) => Row::new(&job.change, reference, Some(outcome)),
            None => Row::open(reference, ticket.in_doubt),
        };
        writer.push(row).map_err(|error| Failure::output(&error))?;
    }
    writer.finish().map_err(|error| Failure::output(&error))?;
    Ok(Exit::Done)
}

/// A job and its state after a command.
#[derive(Serialize)]
struct Steered {
    job: JobId,
    state: JobState,
}

impl Record for Steered {
    const COLUMNS: &'static [&'static str] = &["job", "state"];

    fn cells(&self) -> Vec<String> {
        vec![self.job.to_string(), self.state.to_string()]
    }
}

impl Steered {
    fn print(self, output: &Output) -> Result<Exit, Failure> {
        print(&self, output)
    }
}

async fn steer(ledger: &Ledger, asked: &str, step: Step, output: &Output) -> Result<Exit, Failure> {
    let Job { id, workers, .. } = find(ledger, asked).await?;
    let state = ledger.jobs.steer(&id, step).await?;
    if output.format == OutputFormat::Table {
        let command = ledger.command("run", &id).unwrap_or_default();
        match state {
            JobState::Paused if workers > 0 => {
                say("Requests in flight end, and no new ones are sent.");
            }
            JobState::Ready if workers == 0 => {
                say(&format!("Nobody works on it; continue with `{command}`"));
            }
            _ => {}
        }
    }
    Steered { job: id, state }.print(output)
}
