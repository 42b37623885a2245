//! `tickets verify`: looks at the tickets of a report again, and says whether they still are as it says. Changes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use comfy_table::Color;
use futures_util::stream::{BoxStream, StreamExt as _};
use serde::Serialize;
use ticket_jobs::Standing;
use ticket_jobs::report::{AccountFacts, LookedAt, Mode, ReportFolder};
use tickets::accounts::Account;
use tickets::config_file::ConfigFile;
use tickets::diagnosis::ErrorObject;
use tickets::{CallContext, Change, TicketRef};
use tokio::time::Instant;

use crate::accounts::Accounts;
use crate::args::{self, Global, OutputFormat};
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::ledger::Purpose;
use crate::output::{Output, TableWriter};
use crate::record::Record;
use crate::status::{Line, Status, say};
use crate::text::{self, grouped};

/// How long a look may wait for the account's quota: as long as it takes.
const FOREVER: Duration = Duration::from_secs(365 * 86_400);

pub(super) async fn run(
    asked: &args::Verify,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let report = ReportFolder::open(&asked.report)?;
    say_who_signed(&report, global).await?;
    let accounts = Accounts::open(global, Purpose::Read).await?;
    let mut refused = Vec::new();
    let mut connected = BTreeMap::new();
    for of in report.claimed() {
        match connect(of, &accounts) {
            Ok(account) => {
                let mut context = CallContext::new();
                context.deadline = Instant::now().checked_add(FOREVER);
                connected.insert(of.name.clone(), account.tickets.with(context));
            }
            Err(failure) => refused.push(failure),
        }
    }
    let end = format!("{} errors; nothing was sent", refused.len());
    if let Some(failure) = Failure::all(refused, end) {
        return Err(failure);
    }
    Looks {
        change: &report.report().job.change,
        format: output.format,
        writer: output.writer(),
        tickets: report.report().tickets.distinct,
        counts: BTreeMap::new(),
    }
    .take(report.look_again(&connected)?)
    .await
}

/// Says whose signature the report has, if that can be told. One that does not match is refused.
async fn say_who_signed(report: &ReportFolder, global: &Global) -> Result<(), Failure> {
    if !report.is_signed() {
        say(
            "note: the report is not signed: its digests match, and whoever can write them can change it",
        );
        return Ok(());
    }
    let approvers = if global.sandbox {
        None
    } else {
        ConfigFile::load(global.config().as_deref())?.approvers
    };
    let Some(approvers) = approvers else {
        say(
            "note: the report's signature is not checked, since the configuration names no `approvers`",
        );
        return Ok(());
    };
    let signer = report.signer(&approvers).await?;
    let principal = text::line(&signer.principal);
    say(&format!(
        "The report is signed by {principal} ({}).",
        signer.fingerprint
    ));
    Ok(())
}

/// Connects an account of a report, unless the name leads to another one by now.
pub(super) fn connect(of: &AccountFacts, accounts: &Accounts) -> Result<Account, Failure> {
    let account = accounts.connect(&of.name)?;
    let place = |provider: &str, host: Option<&str>| {
        let provider = text::line(provider);
        host.map_or_else(
            || provider.clone(),
            |host| format!("{provider} at {}", text::line(host)),
        )
    };
    if of.provider.is_empty() {
        let message = "the report does not say which provider and host the account had, since its job was made by an \
                       older version; nothing was sent";
        return Err(Failure::refused(message).at(of.name.clone()));
    }
    let there = place(&of.provider, of.host.as_deref());
    let host = accounts.facts(&of.name)?.host;
    let here = place(&account.tickets.info().id, host.as_deref());
    if there == here {
        return Ok(account);
    }
    let message = format!("the account is {here} now, and {there} in the report; nothing was sent");
    Err(Failure::refused(message).at(of.name.clone()))
}

/// What can be done with a deleted ticket of this mode that no command restores.
pub(super) const fn without_restore(mode: Mode) -> &'static str {
    match mode {
        Mode::Undocumented => {
            "the vendor does not document whether a deleted ticket can be restored: ask it, or create the ticket anew \
             from an archive (`tickets archive show`)"
        }
        _ => {
            "deleted tickets are gone for good there: create them anew from an archive (`tickets archive show`), or from \
             what the vendor keeps in its own backups"
        }
    }
}

/// A ticket of the report, and how it stands.
#[derive(Serialize)]
struct Row {
    ticket: TicketRef,
    /// The outcome that the report has.
    outcome: String,
    standing: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip)]
    colour: Color,
}

impl Row {
    fn new(change: &Change, looked: LookedAt) -> Self {
        let LookedAt {
            ticket,
            row,
            standing,
            ..
        } = looked;
        let message = match &standing {
            Some(Standing::DoesNotHold) => Some(contrary(row.claim(change).as_ref()).to_owned()),
            Some(Standing::Unknown(error)) => Some(ErrorObject::from(error).message),
            None => row.message.clone(),
            Some(_) => None,
        };
        let (kind, status) = match &standing {
            Some(Standing::Unknown(error)) => (Some(error.kind()), error.status()),
            None => (row.kind, row.status),
            Some(_) => (None, None),
        };
        Self {
            ticket,
            outcome: row.outcome,
            standing: word(standing.as_ref()),
            kind: kind.map(|kind| kind.to_string()),
            status,
            message,
            colour: match standing {
                Some(Standing::Holds) => Color::Green,
                Some(Standing::DoesNotHold) => Color::Red,
                _ => Color::Yellow,
            },
        }
    }
}

const HOLDS: &str = "holds";
const DOES_NOT_HOLD: &str = "does_not_hold";
const UNKNOWN: &str = "unknown";
const NOT_LOOKED_AT: &str = "not_looked_at";

fn word(standing: Option<&Standing>) -> &'static str {
    match standing {
        Some(Standing::Holds) => HOLDS,
        Some(Standing::DoesNotHold) => DOES_NOT_HOLD,
        Some(_) => UNKNOWN,
        None => NOT_LOOKED_AT,
    }
}

/// How a ticket is that is not as this change leaves it.
const fn contrary(claim: Option<&Change>) -> &'static str {
    match claim {
        Some(Change::Resolve) => "the ticket is not resolved",
        Some(Change::Restore) => "the ticket is deleted",
        Some(Change::Update(_)) => "the ticket is not as the update left it",
        _ => "the ticket is there",
    }
}

impl Record for Row {
    const COLUMNS: &'static [&'static str] =
        &["ticket", "outcome", "standing", "kind", "status", "message"];
    const TABLE_COLUMNS: &'static [&'static str] = &["ticket", "reported", "standing", "why"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.ticket.to_string(),
            self.outcome.clone(),
            self.standing.to_owned(),
            self.kind.clone().unwrap_or_default(),
            self.status
                .map_or_else(String::new, |status| status.to_string()),
            self.message.clone().unwrap_or_default(),
        ]
    }

    fn table_cells(&self) -> Vec<String> {
        vec![
            self.ticket.to_string(),
            self.outcome.replace('_', " "),
            self.standing.replace('_', " "),
            self.message.clone().unwrap_or_default(),
        ]
    }

    fn colour(&self) -> Option<(usize, Color)> {
        Some((2, self.colour))
    }
}

/// Prints how the tickets stand: in a table only those that are not as the report says.
struct Looks<'a> {
    change: &'a Change,
    format: OutputFormat,
    writer: TableWriter<'a, Row>,
    tickets: u64,
    counts: BTreeMap<&'static str, u64>,
}

impl Looks<'_> {
    async fn take(
        mut self,
        mut looks: BoxStream<'_, tickets::Result<LookedAt>>,
    ) -> Result<Exit, Failure> {
        let interruption = interrupt::stop_on_ctrl_c()?;
        let mut status = Status::beside_rows(self.format);
        let failure = loop {
            let look = tokio::select! {
                biased;
                // A look changes nothing, so its reply can be dropped.
                () = interruption.stop.finishing() => break Some(Failure::stopped(
                    "stopped before all tickets were looked at",
                    interruption.exit().unwrap_or(Exit::Interrupted),
                )),
                () = status.due() => {
                    status.show(vec![Line::new("", self.parts())]);
                    continue;
                }
                look = looks.next() => look,
            };
            match look {
                Some(Ok(look)) => self.print(look)?,
                Some(Err(error)) => break Some(error.into()),
                None => break None,
            }
        };
        drop(status);
        self.writer
            .finish()
            .map_err(|error| Failure::output(&error))?;
        say(&self.summary());
        match failure {
            Some(failure) => Err(failure),
            None if self.counts.keys().all(|word| *word == HOLDS) => Ok(Exit::Done),
            None => Ok(Exit::Failed),
        }
    }

    fn print(&mut self, look: LookedAt) -> Result<(), Failure> {
        let row = Row::new(self.change, look);
        *self.counts.entry(row.standing).or_default() += 1;
        if self.format == OutputFormat::Table && row.standing == HOLDS {
            return Ok(());
        }
        self.writer
            .push(row)
            .map_err(|error| Failure::output(&error))
    }

    /// How far it is.
    fn parts(&self) -> Vec<String> {
        let looked: u64 = self.counts.values().sum();
        let differ: u64 = looked - self.counts.get(HOLDS).copied().unwrap_or(0);
        vec![
            format!(
                "{} of {} looked at",
                grouped(looked),
                text::tickets(self.tickets)
            ),
            format!("{} not as the report says", grouped(differ)),
        ]
    }

    fn summary(&self) -> String {
        let all: u64 = self.counts.values().sum();
        if all == 0 {
            return "The report names no ticket: there was nothing to look at.".to_owned();
        }
        let words = [
            (HOLDS, "as the report says"),
            (DOES_NOT_HOLD, "not as the report says"),
            (UNKNOWN, "unknown"),
            (
                NOT_LOOKED_AT,
                "not looked at, since the report does not say that they were changed",
            ),
        ];
        let counts = words.into_iter().filter_map(|(word, words)| {
            let count = self.counts.get(word)?;
            Some(format!("{} {words}", grouped(*count)))
        });
        let counts: Vec<_> = counts.collect();
        format!("{}: {}", text::tickets(all), counts.join(", "))
    }
}
