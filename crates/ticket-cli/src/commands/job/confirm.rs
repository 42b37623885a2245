//! `tickets job confirm`: a person looks at the plan and types the number of its tickets, or gives the approval of a second
//! person. Without a terminal only an approval confirms, so that no script does it by itself.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use jiff::Timestamp;
use ticket_jobs::approval::Approval;
use ticket_jobs::signature::Signer;
use ticket_jobs::{Confirmed, Job, JobState, user_at_host};
use tickets::config_file::ConfigFile;

use super::super::bulk::{Plan, awaiting};
use super::{Steered, find};
use crate::accounts::Accounts;
use crate::args::{Global, JobConfirm};
use crate::failure::{Exit, Failure};
use crate::ledger::Ledger;
use crate::output::Output;
use crate::status::say;
use crate::{terminal, text};

/// The longest approval that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

pub(super) async fn run(
    ledger: &Ledger,
    asked: &JobConfirm,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let job = find(ledger, &asked.job.id).await?;
    if job.state != JobState::AwaitingConfirmation {
        let message = format!("job {} is {}, so it cannot be confirmed", job.id, job.state);
        return Err(Failure::refused(message));
    }
    let accounts = Accounts::with_ledger(ledger, global).await?;
    let now = ledger.jobs.ledger().now();
    let mut confirmed = Confirmed::new(now, user_at_host());
    if let Some(path) = &asked.approval {
        let (approval, signer) = check(path, &job, global, now).await?;
        let by = text::line(&approval.statement.approved_by);
        let principal = text::line(&signer.principal);
        say(&format!("approved by {by}, signed by {principal}"));
        confirmed = confirmed.approval(approval.record(&signer)?);
    } else {
        ask(&job, &accounts, ledger).await?;
    }
    let source = accounts.source();
    ledger.jobs.confirm(&job.id, &*source, confirmed).await?;
    if !output.format.is_json()
        && let Some(command) = ledger.command("run", &job.id)
    {
        say(&format!("Confirmed. Run it with: {command}"));
    }
    let state = ledger.jobs.ledger().job(&job.id).await?.state;
    Steered { job: job.id, state }.print(output)
}

/// Checks that this file approves the plan of this job, by one of the approvers of the configuration file.
async fn check(
    path: &Path,
    job: &Job,
    global: &Global,
    now: Timestamp,
) -> Result<(Approval, Signer), Failure> {
    let config = ConfigFile::load(global.config().as_deref())?;
    let approvers = config.approvers.ok_or_else(|| {
        Failure::unconfigured("the configuration file names no approvers").hinting(
            "`approvers = \"FILE\"`, above its accounts, names a file of allowed signers with a line for each, such as \
             `bob@example.com ssh-ed25519 AAAA…`"
                .to_owned(),
        )
    })?;
    let place = |failure: Failure| failure.at(path.display().to_string());
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
    read.map_err(|error| {
        place(Failure::refused(format!(
            "the approval cannot be read: {error}"
        )))
    })?;
    let approval = Approval::parse(&text).map_err(|error| place(error.into()))?;
    let signer = approval.check(job, &approvers, now).await;
    let signer = signer.map_err(|error| place(error.into()))?;
    Ok((approval, signer))
}

/// Shows the plan, and asks for the number of its tickets.
async fn ask(job: &Job, accounts: &Accounts, ledger: &Ledger) -> Result<(), Failure> {
    let plan = Plan::of_whole_job(job, accounts)?;
    say(&awaiting(job, ledger).await?);
    let question = format!("{} Type the number of tickets:", plan.question());
    let unreadable = |error| {
        Failure::refused(format!(
            "no answer can be read ({error}); the job still awaits confirmation"
        ))
    };
    let Some(answer) = terminal::ask(&question).map_err(unreadable)? else {
        return Err(Failure::refused(
            "there is no terminal to ask on; the job still awaits confirmation",
        )
        .hinting(
            "--approval FILE gives the approval of a second person: see `tickets job approve`"
                .to_owned(),
        ));
    };
    if answer.replace(',', "") == job.tickets.to_string() {
        return Ok(());
    }
    Err(Failure::refused(
        "not confirmed; the job still awaits confirmation",
    ))
}
