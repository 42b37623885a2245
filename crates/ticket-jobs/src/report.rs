//! The report of a job: what was asked, what became of each ticket and what proves it, for auditors and for programs.
//!
//! | File | What it holds |
//! |---|---|
//! | `report.html` | the report for people: one page without scripts, which needs no other file |
//! | `report.json` | the same for programs: a [`Report`] |
//! | `outcomes.csv`, `outcomes.ndjson` | each ticket with its outcome: [`TicketRow`] |
//! | `calls.ndjson` | each recorded call: [`CallRow`] |
//! | `SHA256SUMS` | the digests of the others, for `sha256sum -c` |
//! | `SHA256SUMS.sig` | the signature of the digests by `ssh-keygen`, in the namespace `tickets-report`, if there is a key |
//!
//! JSON schemas of the rows and of `report.json` are in `docs/schemas`. All numbers are counted from the rows of the
//! ledger when the report is made. The same ledger and the same [`Options`] make the same bytes.

mod charts;
mod collect;
mod erasure;
mod evidence;
mod files;
mod groups;
mod html;
mod look;
mod model;
mod numbers;
mod options;
mod people;
mod proof;
mod read;
mod table;
mod time;

use std::path::Path;

use ticket_core::{Error, ErrorKind, Result};

pub use self::files::Written;
use self::files::{Draft, unwritable};
pub use self::look::LookedAt;
pub use self::model::{
    AccountFacts, Act, Answer, CallRow, Calls, CallsThen, ErasureAccount, ErasureFacts,
    ErasurePerson, Exception, JobFacts, LimitUse, Mode, Named, Report, Series, TicketRow, Tickets,
};
pub use self::options::Options;
pub use self::read::{ReportFolder, Rows};
use crate::ledger::Ledger;
use crate::model::{JobId, JobState};
use crate::signature::{self, Namespace};

/// Writes the report of a job into a folder that is new or empty, or holds an earlier report of the same job. Returns the
/// report and its files.
///
/// The ledger is read page by page. Of each call a few bytes are kept in memory, and of a ticket its id if the answer to a
/// write was lost, or the vendor only accepted its delete. The files get their names once all of them are complete,
/// `SHA256SUMS` last; if anything fails before that, they are removed.
///
/// # Errors
///
/// `Conflict` if the job is not over and the report may not be [partial](Options::partial); `InvalidInput` if the folder
/// holds something else; `Config` if it cannot be written; those of [`Ledger`].
pub async fn write(
    ledger: &dyn Ledger,
    job: &JobId,
    folder: &Path,
    options: &Options,
) -> Result<(Report, Vec<Written>)> {
    let of = ledger.job(job).await?;
    if of.state == JobState::Loading {
        let message = format!("the list of job {job} is not complete: there is nothing to report");
        return Err(Error::new(ErrorKind::Conflict, message));
    }
    if !of.state.is_over() && !options.partial {
        let state = of.state;
        let message =
            format!("job {job} is {state}: only a partial report can be made before it is over");
        return Err(Error::new(ErrorKind::Conflict, message));
    }
    let mut draft = Draft::begin(folder, job)?;
    let report = collect::collect(ledger, of, &mut draft, options).await?;
    let mut json = draft.create("report.json")?;
    serde_json::to_writer_pretty(&mut json, &report)
        .map_err(|error| unwritable(folder, &error.into()))?;
    draft.keep(json)?;
    let mut page = draft.create("report.html")?;
    std::io::Write::write_all(&mut page, html::page(&report, options.is_signed).as_bytes())
        .map_err(|error| unwritable(folder, &error))?;
    draft.keep(page)?;
    Ok((report, draft.publish()?))
}

/// Signs the `SHA256SUMS` of a report. See [`signature::sign`] for `key` and `tell`.
///
/// # Errors
///
/// `Config` if it cannot be read, signed or written.
pub async fn sign(folder: &Path, key: &Path, tell: impl Fn(&str)) -> Result<()> {
    let sums = folder.join(files::SUMS);
    let bytes = std::fs::read(&sums)
        .map_err(|error| Error::config(format!("cannot read {}: {error}", sums.display())))?;
    let signature = signature::sign(Namespace::Report, &bytes, key, tell).await?;
    files::write_signature(folder, &signature)
}
