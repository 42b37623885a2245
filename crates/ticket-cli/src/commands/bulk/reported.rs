//! The report of a job as the list of `tickets restore`: its deleted tickets. Other commands refuse it, since a report is
//! no list.

use std::path::Path;
use std::rc::Rc;

use ticket_jobs::report::{Mode, ReportFolder, TicketRow};
use tickets::{Change, Outcome};

use super::super::verify::{connect, without_restore};
use super::input_ticket::InputTicket;
use super::words;
use crate::accounts::Accounts;
use crate::failure::Failure;
use crate::text;

type Listed = Result<InputTicket, Failure>;

/// The tickets of the report that this path is, or why it is refused; `None` if it is no report.
pub(super) fn tickets(
    path: &Path,
    change: &Change,
    accounts: &Accounts,
) -> Option<Box<dyn Iterator<Item = Listed>>> {
    ReportFolder::find(path)?;
    let refused = |failure: Failure| {
        let failures = std::iter::once(Err(failure.at(path.display().to_string())));
        Some(Box::new(failures) as _)
    };
    let report = match ReportFolder::open(path) {
        Ok(report) => report,
        Err(error) => return refused(error.into()),
    };
    let (of, job) = (&report.report().job.change, &report.report().job.id);
    let reported = format!("this is the report of job {job} ({})", words::verb(of));
    if *change != Change::Restore {
        let verb = words::verb(change);
        let message = format!("{reported}, and a report is no list of tickets to {verb}");
        return refused(Failure::refused(message).hinting(format!(
            "`tickets verify` looks at its tickets again, `tickets restore --from` takes deleted ones out of the trash, \
             and `tickets job retry {job}` does again what failed"
        )));
    }
    // Of a permanent delete it is told below why not.
    if !of.is_delete() {
        let message = format!("{reported}: only what was deleted can be restored");
        return refused(Failure::refused(message));
    }
    let wrong = unrestorable(&report, path, accounts);
    if !wrong.is_empty() {
        return Some(Box::new(wrong.into_iter().map(Err)));
    }
    let rows = match report.rows() {
        Ok(rows) => rows,
        Err(error) => return refused(error.into()),
    };
    let file: Rc<str> = report
        .folder()
        .join("outcomes.ndjson")
        .display()
        .to_string()
        .into();
    let listed = rows.zip(1..).filter_map(move |(row, line)| {
        let read = row.and_then(|row| Ok((row.reference()?, row)));
        match read {
            Ok((ticket, row)) => {
                is_deleted(&row).then(|| Ok(InputTicket::at(ticket, Rc::clone(&file), line)))
            }
            Err(error) => Some(Err(error.into())),
        }
    });
    Some(Box::new(listed))
}

/// Whether it is a distinct ticket that was deleted.
fn is_deleted(row: &TicketRow) -> bool {
    row.repeats.is_none() && is_deletion(&row.outcome)
}

fn is_deletion(outcome: &str) -> bool {
    let done = [Outcome::Done, Outcome::AlreadyDone];
    done.iter().any(|done| Change::Delete.word(done) == outcome)
}

/// Why the deleted tickets of some accounts cannot be restored.
fn unrestorable(report: &ReportFolder, path: &Path, accounts: &Accounts) -> Vec<Failure> {
    let mut failures = Vec::new();
    let mut has_trash = false;
    for account in &report.report().accounts {
        let deleted = account.outcomes.iter();
        let deleted = deleted.filter(|(outcome, _)| is_deletion(outcome));
        let deleted: u64 = deleted.map(|(_, count)| count).sum();
        if deleted == 0 {
            continue;
        }
        if account.mode == Mode::Trash {
            has_trash = true;
            if let Err(failure) = connect(account, accounts) {
                failures.push(failure);
            }
            continue;
        }
        let mode = match account.mode {
            Mode::Permanent => "permanently",
            _ => "without a documented trash",
        };
        let message = format!(
            "{} deleted {mode}: {}",
            match deleted {
                1 => "1 ticket was".to_owned(),
                _ => format!("{} tickets were", text::grouped(deleted)),
            },
            without_restore(account.mode)
        );
        failures.push(Failure::refused(message).at(account.name.clone()));
    }
    if has_trash && let Some(failure) = failures.pop() {
        let rows = text::shell(&report.folder().join("outcomes.ndjson"));
        let hint = format!(
            "`jq -r 'select(.mode == \"trash\" and (.outcome == \"deleted\" or .outcome == \"already_gone\")).ticket' \
             {rows} > list.txt` makes a list of those that are in a trash"
        );
        failures.push(failure.hinting(hint));
    }
    if failures.is_empty() && !has_trash {
        let message = "no ticket of this report was deleted; nothing to do";
        failures.push(Failure::refused(message).at(path.display().to_string()));
    }
    failures
}
