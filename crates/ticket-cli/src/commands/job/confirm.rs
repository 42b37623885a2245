//! `tickets job confirm`: a person looks at the plan and types the number of its tickets, or gives the approval of a second
//! person. Without a terminal only an approval confirms, so that no script does it by itself.

use std::path::Path;

use ticket_jobs::approval::Approval;
use ticket_jobs::{Confirmed, Job, JobState, user_at_host};
use tickets::config_file::ConfigFile;

use super::super::bulk::{Plan, awaiting};
use super::{Steered, find};
use crate::accounts::Accounts;
use crate::args::{Global, JobConfirm};
use crate::failure::{Exit, Failure};
use crate::ledger::Ledger;
use crate::output::{Output, say};
use crate::terminal;

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
        let (approval, given) = read(path)?;
        let config = ConfigFile::load(global.config().as_deref())?;
        let Some(approvers) = &config.approvers else {
            return Err(
                Failure::unconfigured("the configuration names no approvers").hinting(
                    "`approvers = \"FILE\"` names a file of allowed signers, see ssh-keygen(1)"
                        .to_owned(),
                ),
            );
        };
        let signer = approval.check(&job, approvers, now).await?;
        let by = &approval.statement.approved_by;
        say(&format!("approved by {by}, signed by {}", signer.principal));
        confirmed = confirmed.approval(given);
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

/// The approval in a file, and what the file holds.
fn read(path: &Path) -> Result<(Approval, serde_json::Value), Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        let path = path.display();
        Failure::refused(format!("the approval {path} cannot be read: {error}"))
    };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    let approval = Approval::parse(&text)?;
    let given = serde_json::from_str(&text).map_err(|error| unreadable(&error))?;
    Ok((approval, given))
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
