//! `tickets export`: writes tickets into an archive, and reads only what is not there yet. Ctrl-C ends it at once: what is in
//! the archive is whole, and the same command goes on with the rest.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt as _};
use serde::Serialize;
use ticket_jobs::archive::{Archive, KeepOptions, Lack, LackReason, Place};
use ticket_jobs::export::{Export, ExportOutcome, Exported, Wanted};
use tickets::accounts::Account;
use tickets::diagnosis::ErrorObject;
use tickets::{CallContext, Error, ErrorKind, Stop, TicketId, TicketQuery, TicketRef};
use tokio::time::Instant;

use super::bulk::read_list;
use crate::accounts::Accounts;
use crate::args::{self, Global};
use crate::failure::{Exit, Failure};
use crate::interrupt::{self, Interruption};
use crate::ledger::Purpose;
use crate::output::{Output, TableWriter};
use crate::record::Record;
use crate::status::{Line, Status, say};
use crate::stdout;
use crate::text::{self, grouped};

/// How long a call may wait for the account's quota: as long as it takes.
const FOREVER: Duration = Duration::from_secs(365 * 86_400);

type Work = BoxStream<'static, (usize, Result<Exported, Error>)>;

pub(super) async fn run(
    asked: &args::Export,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    stdout::refuse_unwritable()?;
    let accounts = Accounts::open(global, Purpose::Read).await?;
    let exported = wanted(asked, &accounts)?;
    let archive = Archive::open(&asked.to)?;
    let interruption = interrupt::stop_on_ctrl_c()?;
    let mut connected = Vec::new();
    let mut all: Vec<Work> = Vec::new();
    for (index, (account, what)) in exported.into_iter().enumerate() {
        let place = Place::new(&account.name, &*account.tickets.info().id)
            .host(accounts.source().facts(&account.name)?.host);
        all.push(work(
            asked,
            &archive,
            &account,
            place,
            what,
            &interruption.stop,
            index,
        ));
        connected.push(account);
    }
    let work = stream::select_all(all);
    Run {
        accounts: &connected,
        interruption,
        counts: Counts::default(),
        failures: Vec::new(),
    }
    .until_the_end(work, output)
    .await
}

/// What is exported of an account: all that a query finds, or these tickets.
enum What {
    Query(Box<TicketQuery>),
    Tickets(Vec<TicketId>),
}

/// What is exported of each account. Nothing was sent.
fn wanted(asked: &args::Export, accounts: &Accounts) -> Result<Vec<(Account, What)>, Failure> {
    if let Some(name) = &asked.account {
        let mut query = TicketQuery::new();
        query.updated.from = asked.since;
        return Ok(vec![(
            accounts.connect(name)?,
            What::Query(Box::new(query)),
        )]);
    }
    let mut groups: BTreeMap<String, Vec<TicketId>> = BTreeMap::new();
    for ticket in asked.from.iter().flat_map(|path| read_list(path)) {
        let ticket = ticket?;
        groups.entry(ticket.account).or_default().push(ticket.id);
    }
    if groups.is_empty() {
        return Err(Failure::refused("the list has no tickets"));
    }
    let connected = groups
        .into_iter()
        .map(|(name, ids)| Ok((accounts.connect(&name)?, What::Tickets(ids))));
    connected.collect()
}

fn work(
    asked: &args::Export,
    archive: &Archive,
    account: &Account,
    place: Place,
    what: What,
    stop: &Stop,
    index: usize,
) -> Work {
    let mut context = CallContext::new().stop(stop.clone());
    context.deadline = Instant::now().checked_add(FOREVER);
    let tickets = account.tickets.with(context);
    let options = if asked.attachments {
        KeepOptions::default()
    } else {
        KeepOptions::default().without_attachments()
    };
    let mut export = Export::new(archive.clone(), place, tickets.clone()).options(options);
    if let Some(number) = asked.concurrency {
        export = export.concurrency(number);
    }
    let wanted = match what {
        What::Query(query) => tickets
            .list_all(*query)
            .map(|row| row.map(Wanted::from))
            .boxed(),
        What::Tickets(ids) => stream::iter(ids).map(|id| Ok(Wanted::Named(id))).boxed(),
    };
    export
        .run(wanted)
        .map(move |exported| (index, exported))
        .boxed()
}

/// How many tickets had which outcome.
#[derive(Default)]
struct Counts {
    exported: u64,
    unchanged: u64,
    failed: u64,
}

impl Counts {
    /// Failures are counted even if there are none.
    fn parts(&self) -> Vec<String> {
        let counts = [
            (self.exported, "exported"),
            (self.unchanged, "unchanged"),
            (self.failed, "failed"),
        ];
        let shown = counts
            .iter()
            .filter(|(count, word)| *count > 0 || *word != "unchanged");
        shown
            .map(|(count, word)| format!("{} {word}", grouped(*count)))
            .collect()
    }
}

/// An export at work.
struct Run<'a> {
    accounts: &'a [Account],
    interruption: Interruption,
    counts: Counts,
    /// What ended the work on an account, or its list.
    failures: Vec<Failure>,
}

impl Run<'_> {
    async fn until_the_end(
        mut self,
        mut work: stream::SelectAll<Work>,
        output: &Output,
    ) -> Result<Exit, Failure> {
        let stop = self.interruption.stop.clone();
        let mut status = Status::unless(output.is_terminal());
        let mut writer = output.writer();
        let mut is_stopped = false;
        loop {
            let next = tokio::select! {
                biased;
                // An export changes nothing at the vendor, so replies can be dropped.
                () = stop.finishing() => {
                    is_stopped = true;
                    break;
                }
                () = status.due() => {
                    status.show(vec![Line::new("", self.counts.parts())]);
                    continue;
                }
                next = work.next() => next,
            };
            match next {
                None => break,
                Some((index, Ok(exported))) => self.take(index, exported, &mut writer)?,
                Some((index, Err(error))) => self.end(index, error),
            }
        }
        drop(work);
        drop(status);
        writer.finish().map_err(|error| Failure::output(&error))?;
        Ok(self.finish(is_stopped, output))
    }

    fn take(
        &mut self,
        index: usize,
        exported: Exported,
        writer: &mut TableWriter<'_, Row>,
    ) -> Result<(), Failure> {
        let row = Row::new(exported, self.accounts.get(index));
        match row.outcome {
            "exported" => self.counts.exported += 1,
            "unchanged" => self.counts.unchanged += 1,
            _ => self.counts.failed += 1,
        }
        writer.push(row).map_err(|error| Failure::output(&error))
    }

    fn end(&mut self, index: usize, error: Error) {
        self.failures.push(match self.accounts.get(index) {
            Some(account) if error.kind() != ErrorKind::Config => {
                account.diagnose(error, None).into()
            }
            _ => error.into(),
        });
    }

    fn finish(self, is_stopped: bool, output: &Output) -> Exit {
        say(&format!("{}.", self.counts.parts().join(", ")));
        let is_incomplete = |failure: &Failure| failure.exit() == Exit::Incomplete;
        let exit = if is_stopped {
            say(
                "stopped; what is in the archive is whole, and the same command goes on with the rest",
            );
            self.interruption.exit().unwrap_or(Exit::Failed)
        } else if self.counts.failed > 0 || !self.failures.iter().all(is_incomplete) {
            // Something was sent, or else nothing would have been exported or failed.
            let done = self.counts.exported + self.counts.unchanged + self.counts.failed;
            match self.failures.first() {
                Some(failure) if done == 0 => failure.exit(),
                _ => Exit::Failed,
            }
        } else if self.failures.is_empty() {
            Exit::Done
        } else {
            Exit::Incomplete
        };
        for failure in &self.failures {
            failure.print(output.format);
        }
        exit
    }
}

/// A ticket and whether it is in the archive.
#[derive(Serialize)]
struct Row {
    ticket: TicketRef,
    outcome: &'static str,
    /// What the archive does not have of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lacks: Vec<Lack>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
    /// Why it failed, or what is lacking, in words.
    #[serde(skip)]
    why: String,
}

impl Row {
    fn new(exported: Exported, account: Option<&Account>) -> Self {
        let outcome = exported.outcome.as_str();
        let (mut lacks, mut error, mut why) = (Vec::new(), None, String::new());
        match exported.outcome {
            ExportOutcome::Exported(lacking) => {
                let words = lacking
                    .iter()
                    // Whoever did not ask for it knows.
                    .filter(|lack| lack.because != LackReason::NotAsked)
                    .map(|lack| format!("without {}: {}", lack.what, lack.why));
                why = words.collect::<Vec<_>>().join("; ");
                lacks = lacking;
            }
            ExportOutcome::Failed(failed) => {
                let failed = match account {
                    Some(account) => account.diagnose(failed, Some(&exported.ticket)).error,
                    None => failed,
                };
                let object = ErrorObject::from(&failed);
                why = object.sentence();
                error = Some(object);
            }
            _ => {}
        }
        Self {
            ticket: exported.ticket,
            outcome,
            lacks,
            error,
            why,
        }
    }
}

impl Record for Row {
    const COLUMNS: &'static [&'static str] = &["ticket", "outcome", "why"];
    const CUT: Option<usize> = None;

    fn cells(&self) -> Vec<String> {
        vec![
            self.ticket.to_string(),
            self.outcome.to_owned(),
            text::line(&self.why),
        ]
    }
}
