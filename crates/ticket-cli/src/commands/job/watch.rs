//! `tickets job watch`: follows a job until it is over.

use std::time::Duration;

use ticket_jobs::JobState;
use tokio::time::Instant;

use super::super::bulk;
use super::find;
use super::shown::Shown;
use crate::args::OutputFormat;
use crate::failure::{Exit, Failure};
use crate::ledger::Ledger;
use crate::output::Output;
use crate::status::{Line, Status, say};

/// How often the job is looked at.
const TICK: Duration = Duration::from_millis(500);

/// How often a change is told, where it does not replace the last one.
const TELL: Duration = Duration::from_secs(5);

/// In ndjson and csv, each change is a row; in table and json, the job is printed once it is over.
pub(super) async fn run(ledger: &Ledger, asked: &str, output: &Output) -> Result<Exit, Failure> {
    let id = find(ledger, asked).await?.id;
    let status = Status::new();
    let as_they_come = matches!(output.format, OutputFormat::Ndjson | OutputFormat::Csv);
    let mut writer = output.writer();
    let mut last = String::new();
    let mut told: Option<Instant> = None;
    let (mut asked_for_worker, mut asked_for_release) = (false, false);
    loop {
        let job = ledger.jobs.ledger().job(&id).await?;
        let (state, workers) = (job.state, job.workers);
        let is_over = state.is_over();
        let all_done = job.open == 0 && job.counts.keys().all(|outcome| bulk::is_done(outcome));
        let shown = if is_over {
            Shown::whole(job, ledger).await?
        } else {
            Shown::new(job, ledger)
        };
        let all_done = all_done && !shown.has_unasked();
        let release = shown.release().map(str::to_owned);
        let progress = shown.progress();
        if status.is_terminal() {
            status.show(vec![Line::new("", vec![progress.clone()])]);
        }
        if progress != last {
            if as_they_come {
                writer
                    .push(shown)
                    .map_err(|error| Failure::output(&error))?;
            } else if !status.is_terminal()
                && (is_over || told.is_none_or(|told| told.elapsed() >= TELL))
            {
                say(&progress);
                told = Some(Instant::now());
            }
            last = progress;
        }
        if is_over {
            drop(status);
            if as_they_come {
                writer.finish().map_err(|error| Failure::output(&error))?;
            } else {
                let job = ledger.jobs.ledger().job(&id).await?;
                let is_erasure = job.erasure.is_some();
                let shown = Shown::whole(job, ledger).await?;
                if let Some(command) = shown.command().filter(|_| is_erasure) {
                    say(&format!(
                        "workers do not look at the tickets again, without which nothing is erased: `{command}` does"
                    ));
                }
                super::print(&shown, output)?;
            }
            return Ok(if all_done { Exit::Done } else { Exit::Failed });
        }
        if state == JobState::Loading {
            let message = format!("the list of job {id} is not complete; nobody can work on it");
            return Err(Failure::refused(message));
        }
        if let Some(command) = release {
            if !std::mem::replace(&mut asked_for_release, true) {
                say(&format!(
                    "the canary is over, and the rest waits for a person: `{command}` shows what came of it and asks"
                ));
            }
        } else if workers == 0 && !std::mem::replace(&mut asked_for_worker, true) {
            let command = ledger.command("run", &id).unwrap_or_default();
            let line = format!("nobody works on it; continue with `{command}`");
            say(&line);
        }
        tokio::time::sleep(TICK).await;
    }
}
