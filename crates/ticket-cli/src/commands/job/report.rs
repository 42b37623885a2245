//! `tickets job report`: what was asked, what became of each ticket, and what proves it, as files.

use std::collections::BTreeMap;

use serde::Serialize;
use ticket_jobs::report::{Options, Report, Written, sign, write};
use ticket_jobs::user_at_host;
use tickets::config_file::ConfigFile;

use super::find;
use crate::accounts::Accounts;
use crate::args::{self, Global};
use crate::failure::{Exit, Failure};
use crate::ledger::Ledger;
use crate::output::Output;
use crate::record::Record;
use crate::status::say;
use crate::text;

/// A report that is written.
#[derive(Serialize)]
struct Shown {
    job: String,
    /// The folder, as an absolute path.
    report: String,
    partial: bool,
    tickets: u64,
    /// How many tickets have which outcome, in the words of the change.
    outcomes: BTreeMap<String, u64>,
    not_proven: Vec<String>,
    files: Vec<&'static str>,
    signed: bool,
}

impl Record for Shown {
    const COLUMNS: &'static [&'static str] = &[
        "job",
        "report",
        "partial",
        "tickets",
        "outcomes",
        "not_proven",
        "files",
        "signed",
    ];

    fn cells(&self) -> Vec<String> {
        let outcomes = self.outcomes.iter();
        let outcomes = outcomes
            .map(|(word, count)| format!("{} {}", text::grouped(*count), word.replace('_', " ")));
        let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
        vec![
            self.job.clone(),
            self.report.clone(),
            yes(self.partial),
            self.tickets.to_string(),
            outcomes.collect::<Vec<_>>().join(", "),
            self.not_proven.join("\n"),
            self.files.join(", "),
            yes(self.signed),
        ]
    }
}

/// Writes the report of a job, and signs it if there is a key for that.
pub(super) async fn run(
    ledger: &Ledger,
    asked: &args::JobReport,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let job = find(ledger, &asked.job.id).await?;
    super::work::refuse_loading(&job)?;
    if !job.state.is_over() && !asked.partial {
        let message = format!("job {} is {}, not over", job.id, job.state);
        let hint = "--partial reports what is known by now".to_owned();
        return Err(Failure::refused(message).hinting(hint));
    }
    let key = ConfigFile::load(global.config().as_deref())?.signing_key;
    let with = concat!("tickets ", env!("CARGO_PKG_VERSION"));
    let mut options = Options::new(ledger.jobs.ledger().now(), user_at_host(), with)
        .partial(asked.partial)
        .signed(key.is_some());
    let accounts = Accounts::with_ledger(ledger, global).await?;
    for account in &job.accounts {
        // Without the limits of an account that is gone, the use of its quota is not shown.
        if let Ok(account) = accounts.connect(&account.name) {
            let limits = account.tickets.limits().to_vec();
            options = options.limits(account.name, limits);
        }
    }
    let (report, files) = write(&**ledger.jobs.ledger(), &job.id, &asked.to, &options).await?;
    if let Some(key) = &key {
        let tell = |words: &str| say(words);
        sign(&asked.to, key, tell).await.map_err(|error| {
            let hint = "the report is written, but not signed; run the command again".to_owned();
            Failure::from(error).hinting(hint)
        })?;
    }
    super::print(&shown(report, &files, asked, key.is_some()), output)
}

fn shown(report: Report, files: &[Written], asked: &args::JobReport, signed: bool) -> Shown {
    let folder = std::path::absolute(&asked.to).unwrap_or_else(|_| asked.to.clone());
    let signature = signed.then_some("SHA256SUMS.sig");
    Shown {
        job: report.job.id.to_string(),
        report: folder.display().to_string(),
        partial: report.partial,
        tickets: report.tickets.distinct,
        outcomes: report.outcomes,
        not_proven: report.not_proven,
        files: files
            .iter()
            .map(|file| file.name)
            .chain(signature)
            .collect(),
        signed,
    }
}
