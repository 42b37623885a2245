//! `tickets job resume --canary`: the end of a canary, for whoever does not do the rest in this process.

use ticket_jobs::{JobState, Step};

use super::super::bulk::{Canary, passes};
use super::{Steered, find};
use crate::accounts::Accounts;
use crate::args::{self, Global, OutputFormat};
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::ledger::Ledger;
use crate::output::Output;
use crate::status::say;

pub(super) async fn run(
    ledger: &Ledger,
    asked: &args::JobResume,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let job = find(ledger, &asked.job.id).await?;
    if !matches!(job.state, JobState::Ready | JobState::Paused) {
        let message = format!("job {} is {}: nothing can be released", job.id, job.state);
        return Err(Failure::refused(message));
    }
    if job.held_from.is_none() {
        let message = format!("no ticket of job {} waits for the end of a canary", job.id);
        return Err(Failure::refused(message));
    }
    let accounts = Accounts::with_ledger(ledger, global).await?;
    let interruption = interrupt::stop_on_ctrl_c()?;
    let canary = Canary {
        ledger,
        accounts: &accounts,
        yes: asked.yes,
    };
    let is_released = passes(&canary, &job, &interruption.stop, output).await?;
    let mut state = job.state;
    if is_released {
        state = ledger.jobs.steer(&job.id, Step::Release).await?;
        if output.format == OutputFormat::Table && job.workers == 0 {
            let command = ledger.command("run", &job.id).unwrap_or_default();
            say(&format!(
                "Nobody works on it now; a worker does, or `{command}`"
            ));
        }
    }
    Steered { job: job.id, state }.print(output)?;
    Ok(match interruption.exit() {
        _ if is_released => Exit::Done,
        Some(stopped) => stopped,
        None => Exit::Failed,
    })
}
