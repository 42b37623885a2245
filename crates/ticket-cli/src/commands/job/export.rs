//! `tickets job export`: prints the plan of a job, for a second person who approves it.

use std::io::{self, IsTerminal as _};

use futures_util::TryStreamExt as _;
use ticket_jobs::plan::{self, PlanWriter};
use ticket_jobs::{JobState, Which};

use super::{find, work};
use crate::failure::{Exit, Failure};
use crate::ledger::Ledger;
use crate::status::say;

/// The plan is printed byte for byte: its digest is that of its bytes.
pub(super) async fn run(ledger: &Ledger, asked: &str) -> Result<Exit, Failure> {
    let job = find(ledger, asked).await?;
    work::refuse_loading(&job)?;
    if io::stdout().is_terminal() {
        let message = "a plan is a file for a program to read";
        return Err(Failure::refused(message).hinting(format!(
            "`tickets job export {} > plan.json` writes it, `tickets job show {} --tickets` shows it",
            job.id, job.id
        )));
    }
    let tickets = || ticket_jobs::tickets(&**ledger.jobs.ledger(), &job.id, Which::Named);
    if let Some(planned) = &job.digest
        && *planned != plan::digest(&job, tickets()).await?
    {
        let message = format!(
            "job {} is not what was planned: its list or its guards were changed",
            job.id
        );
        return Err(Failure::local(message));
    }
    let failed = |error: io::Error| Failure::output(&error);
    let mut writer = PlanWriter::new(io::BufWriter::new(io::stdout()), &job).map_err(failed)?;
    let mut tickets = tickets();
    while let Some(ticket) = tickets.try_next().await? {
        writer.push(&ticket).map_err(failed)?;
    }
    let digest = writer.finish().map_err(failed)?;
    if job.state == JobState::AwaitingConfirmation {
        say(&format!(
            "plan of job {}, digest {digest}; a second person approves it with `tickets job approve FILE --reason TEXT`",
            job.id
        ));
    }
    Ok(Exit::Done)
}
