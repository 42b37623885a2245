//! `tickets doctor`: whether accounts, files and the ledger are well, and what to do if they are not.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use comfy_table::Color;
use serde::Serialize;
use serde_json::Value;
use ticket_jobs::AccountState;
use tickets::accounts::{Account, Check, FileMode, Level};
use tickets::{TicketId, TicketRef};

use crate::accounts::Accounts;
use crate::args::{Doctor, Global};
use crate::failure::{Exit, Failure};
use crate::ledger::Ledger;
use crate::output::{Output, TableWriter};
use crate::record::Record;
use crate::status::say;
use crate::text;

/// A check of an account, or of all.
#[derive(Serialize)]
struct Row {
    /// Null for what all accounts share.
    account: Option<String>,
    #[serde(flatten)]
    check: Check,
}

impl Record for Row {
    const COLUMNS: &'static [&'static str] = &["account", "check", "level", "message"];
    const TABLE_COLUMNS: &'static [&'static str] = &["account", "check", "", "result"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.account.clone().unwrap_or_default(),
            self.check.check.to_owned(),
            word(self.check.level).to_owned(),
            self.check.message.clone(),
        ]
    }

    fn colour(&self) -> Option<(usize, Color)> {
        let colour = match self.check.level {
            Level::Ok => Color::Green,
            Level::Note => Color::Yellow,
            Level::Wrong => Color::Red,
        };
        Some((2, colour))
    }
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Ok => "ok",
        Level::Note => "note",
        Level::Wrong => "wrong",
    }
}

/// What is printed, and the worst of it.
struct Findings<'o> {
    writer: TableWriter<'o, Row>,
    worst: Level,
}

impl Findings<'_> {
    fn push(&mut self, account: Option<&str>, check: Check) -> Result<(), Failure> {
        self.worst = self.worst.max(check.level);
        let row = Row {
            account: account.map(str::to_owned),
            check,
        };
        self.writer
            .push(row)
            .map_err(|error| Failure::output(&error))
    }

    fn file(&mut self, file: &FileMode) -> Result<(), Failure> {
        let path = file.path.display();
        let check = match (&file.remedy, &file.mode) {
            (Some(remedy), _) => {
                let message = format!("other users can read or write {path}; run: {remedy}");
                Check::new("files", Level::Wrong, message)
            }
            (None, Some(mode)) => Check::new("files", Level::Ok, format!("{path}: mode {mode}")),
            (None, None) if file.path.exists() => Check::new(
                "files",
                Level::Note,
                format!("{path}: files have no modes here"),
            ),
            (None, None) => Check::new("files", Level::Wrong, format!("{path} does not exist")),
        };
        self.push(None, check)
    }
}

pub(super) async fn run(
    doctor: &Doctor,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let tickets = tickets(&doctor.tickets)?;
    let mut findings = Findings {
        writer: output.writer(),
        worst: Level::Ok,
    };
    // Like a file of its own, so that nothing is recorded in vain.
    let record = doctor.record.as_deref().map(create).transpose()?;
    let ledger = (!global.sandbox).then(|| Ledger::open_kept(global));
    let usable = ledger.as_ref().and_then(|ledger| ledger.as_ref().ok());
    let accounts = Accounts::examined(usable, global).await?;
    for mistake in accounts.mistakes() {
        let check = Check::new("configuration", Level::Wrong, mistake.sentence());
        findings.push(None, check)?;
    }
    let mut names = match accounts.named_or_configured(&doctor.accounts) {
        // The mistakes are told.
        Err(_) if !accounts.mistakes().is_empty() => Vec::new(),
        names => names?,
    };
    if doctor.accounts.is_empty() && !tickets.is_empty() {
        names.retain(|name| tickets.iter().any(|ticket| ticket.account == *name));
    }
    for file in accounts.files() {
        findings.file(&file)?;
    }
    let ledger = match ledger {
        Some(Ok(ledger)) => check_ledger(ledger, &mut findings).await?,
        Some(Err(failure)) => {
            let message = failure.sentence();
            findings.push(None, Check::new("ledger", Level::Wrong, message))?;
            None
        }
        None => None,
    };
    let mut records = Vec::new();
    for name in &names {
        let ticket = tickets.iter().find(|ticket| ticket.account == *name);
        let id = ticket.map(|ticket| &ticket.id);
        records.extend(check_account(name, id, &accounts, ledger.as_ref(), &mut findings).await?);
    }
    findings
        .writer
        .finish()
        .map_err(|error| Failure::output(&error))?;
    if let Some((path, mut file)) = record {
        let text = serde_json::to_string_pretty(&Value::Array(records)).unwrap_or_default();
        let written = file
            .write_all((text + "\n").as_bytes())
            .and_then(|()| file.sync_all());
        written.map_err(|error| unwritten(path, &error))?;
        say(&format!(
            "{}: what was exchanged, without what it says; look at it before you send it",
            text::line(&path.display().to_string())
        ));
    }
    Ok(if findings.worst == Level::Wrong {
        Exit::Failed
    } else {
        Exit::Done
    })
}

fn tickets(named: &[String]) -> Result<Vec<TicketRef>, Failure> {
    let named = named.iter();
    named.map(|ticket| Ok(ticket.parse()?)).collect()
}

/// Makes the file of a record, which must not exist.
fn create(path: &Path) -> Result<(&Path, std::fs::File), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options
        .open(path)
        .map_err(|error| unwritten(path, &error))?;
    Ok((path, file))
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::local(format!("it cannot be written: {error}")).at(path.display().to_string())
}

/// What is wrong with the account of this name, and where, if that says more than the name.
fn told(name: &str, failure: &Failure) -> String {
    let sentence = failure.sentence();
    match sentence.strip_prefix(name) {
        Some(rest) => rest.trim_start_matches(": ").to_owned(),
        None => sentence,
    }
}

/// Examines an account, and returns what can be recorded of it.
async fn check_account(
    name: &str,
    ticket: Option<&TicketId>,
    accounts: &Accounts,
    ledger: Option<&(Ledger, Vec<AccountState>)>,
    findings: &mut Findings<'_>,
) -> Result<Option<Value>, Failure> {
    let account = match accounts.connect(name) {
        Ok(account) => account,
        Err(failure) => {
            let hint = failure
                .hint()
                .map_or_else(String::new, |hint| format!("; {hint}"));
            let message = format!("{}{hint}", told(name, &failure));
            findings.push(Some(name), Check::new("settings", Level::Wrong, message))?;
            return Ok(None);
        }
    };
    findings.push(Some(name), Check::new("settings", Level::Ok, "complete"))?;
    let examination = account.examine(ticket).await;
    for check in examination.checks {
        findings.push(Some(name), check)?;
    }
    if let Some((ledger, states)) = ledger {
        let key = accounts.facts(name)?.key;
        let state = states.iter().find(|state| state.key == key);
        let check = quota(&account, &key, ledger, state).await;
        let wrong = |error| Check::new("quota", Level::Wrong, Failure::from(error).sentence());
        findings.push(Some(name), check.unwrap_or_else(wrong))?;
    }
    Ok(Some(examination.record))
}

/// Whether the ledger can be used, and the state of each account in it.
async fn check_ledger(
    ledger: Ledger,
    findings: &mut Findings<'_>,
) -> Result<Option<(Ledger, Vec<AccountState>)>, Failure> {
    let check = |level, message: String| Check::new("ledger", level, message);
    if let Some(path) = ledger.path() {
        findings.file(&FileMode::private(path))?;
    }
    let read = async {
        let jobs = ledger.jobs.ledger().jobs().await?;
        Ok::<_, tickets::Error>((jobs, ledger.jobs.ledger().accounts().await?))
    };
    let (jobs, states) = match read.await {
        Ok(read) => read,
        Err(error) => {
            findings.push(None, check(Level::Wrong, Failure::from(error).sentence()))?;
            return Ok(None);
        }
    };
    let workers: u64 = jobs.iter().map(|job| job.workers).sum();
    let message = format!(
        "it can be read and written; {} jobs, {workers} processes at work, {} calls in flight",
        jobs.len(),
        states.iter().map(|state| state.in_flight).sum::<u64>()
    );
    findings.push(None, check(Level::Ok, message))?;
    let lost: u64 = states.iter().map(|state| state.lost).sum();
    if lost > 0 {
        let message = format!(
            "{lost} calls of processes that ended early hold their slots until they expire"
        );
        findings.push(None, check(Level::Note, message))?;
    }
    Ok(Some((ledger, states)))
}

/// What is left of an account's quota, by the calls that the ledger has recorded.
async fn quota(
    account: &Account,
    key: &str,
    ledger: &Ledger,
    state: Option<&AccountState>,
) -> tickets::Result<Check> {
    let note = |message: String| Ok(Check::new("quota", Level::Note, message));
    if let Some(until) = state.and_then(|state| state.closed_until) {
        return note(format!("the vendor asked for a pause until {until}"));
    }
    if let Some(suspended) = state.and_then(|state| state.suspended.as_ref()) {
        return note(format!("jobs make no calls: {}", suspended.because));
    }
    let limits = account
        .tickets
        .pacer()
        .map_or(&[][..], |pacer| pacer.limits());
    let mut left = Vec::new();
    for limit in limits {
        for quota in &limit.windows {
            let used = ledger.jobs.ledger().used(key, limit, quota.window).await?;
            let free = u64::from(quota.calls).saturating_sub(used);
            let operations: Vec<_> = limit.operations.iter().map(|one| one.as_str()).collect();
            let of = if operations.is_empty() {
                String::new()
            } else {
                format!(" of {}", operations.join(", "))
            };
            let (calls, seconds) = (quota.calls, quota.window.as_secs_f64());
            left.push(format!("{free} of {calls} calls{of} in {seconds} s left"));
        }
    }
    if left.is_empty() {
        left.push("no limit is known".to_owned());
    }
    Ok(Check::new("quota", Level::Ok, left.join("; ")))
}
