//! `tickets job verify` and `tickets job prune`.

use jiff::Timestamp;
use serde::Serialize;
use ticket_jobs::JobId;

use super::{find, print_all};
use crate::args::OutputFormat;
use crate::failure::{Exit, Failure};
use crate::ledger::Ledger;
use crate::output::Output;
use crate::record::Record;
use crate::status::say;
use crate::text::counted;

/// A job and what its rows contradict.
#[derive(Serialize)]
struct Contradiction {
    job: JobId,
    contradiction: String,
}

impl Record for Contradiction {
    const COLUMNS: &'static [&'static str] = &["job", "contradiction"];

    fn cells(&self) -> Vec<String> {
        vec![self.job.to_string(), self.contradiction.clone()]
    }
}

/// Counts a job, or all of them, again from the rows of its tickets and calls, with the digest of its plan.
pub(super) async fn verify(
    ledger: &Ledger,
    asked: Option<&str>,
    output: &Output,
) -> Result<Exit, Failure> {
    let ids: Vec<_> = if let Some(asked) = asked {
        vec![find(ledger, asked).await?.id]
    } else {
        let jobs = ledger.jobs.ledger().jobs().await?;
        jobs.into_iter().map(|job| job.id).collect()
    };
    let count = ids.len();
    let mut found = Vec::new();
    for job in ids {
        let contradictions = ledger.jobs.verify(&job).await?;
        found.extend(
            contradictions
                .into_iter()
                .map(|contradiction| Contradiction {
                    job: job.clone(),
                    contradiction,
                }),
        );
    }
    let exit = if found.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    };
    let none = format!("{} verified: no contradictions.", counted(count, "job"));
    print_all(found, &none, output)?;
    Ok(exit)
}

/// A job that was removed.
#[derive(Serialize)]
struct Removed {
    job: JobId,
}

impl Record for Removed {
    const COLUMNS: &'static [&'static str] = &["job"];

    fn cells(&self) -> Vec<String> {
        vec![self.job.to_string()]
    }
}

/// Removes jobs that are over.
pub(super) async fn prune(
    ledger: &Ledger,
    before: Timestamp,
    output: &Output,
) -> Result<Exit, Failure> {
    let removed = ledger.jobs.ledger().prune(before).await?;
    let count = removed.len();
    let rows = removed.into_iter().map(|job| Removed { job });
    print_all(rows.collect(), "No job is that old and over.", output)?;
    if count > 0 && output.format == OutputFormat::Table {
        say(&format!("{} removed.", counted(count, "job")));
    }
    Ok(Exit::Done)
}
