//! What is missing, not confirmed or not proven, in sentences.

use ticket_core::{Change, Outcome};

use super::model::{AccountFacts, Mode, Report, TicketRow};
use super::numbers::{counted, grouped};
use crate::model::{JobTicket, Unasked};
use crate::words;

/// How many tickets that nobody asked for a sentence names.
const NAMED: usize = 20;

/// What is counted of the tickets for that.
#[derive(Debug, Default)]
pub(super) struct Counts {
    unconfirmed: u64,
    without_call: u64,
    without_entry: u64,
    /// Failed after a delete moved them to the trash.
    in_trash: u64,
}

impl Counts {
    pub(super) fn add(&mut self, ticket: &JobTicket, row: &TicketRow) {
        let is_done = matches!(ticket.outcome, Some(Outcome::Done));
        self.unconfirmed += u64::from(row.confirmed == Some(false));
        self.without_call += u64::from(is_done && ticket.last_call.is_none());
        self.without_entry += u64::from(is_done && row.not_archived.is_some());
        self.in_trash += u64::from(failed_in_trash(ticket));
    }
}

/// Whether a ticket failed to be deleted for good after a delete moved it to the trash.
pub(super) fn failed_in_trash(ticket: &JobTicket) -> bool {
    matches!(&ticket.outcome, Some(Outcome::Failed(error)) if words::is_in_trash(error))
}

/// The sentences, the gravest first.
pub(super) fn sentences(
    report: &Report,
    counts: &Counts,
    contradictions: Vec<String>,
) -> Vec<String> {
    let mut found = Vec::new();
    if report.partial {
        let state = report.job.state.as_str().replace('_', " ");
        let open = counted(report.tickets.distinct - report.tickets.decided, "ticket");
        found.push(format!(
            "This report is partial: the job was {state} when it was made, and {open} had no outcome."
        ));
    }
    let contradictions = contradictions.into_iter();
    found.extend(contradictions.map(|words| format!("The ledger contradicts itself: {words}.")));
    found.extend(unasked(report));
    if let Some(erasure) = &report.erasure {
        found.extend(super::erasure::sentences(erasure));
    }
    of_tickets(report, counts, &mut found);
    for account in &report.accounts {
        of_account(report, account, &mut found);
    }
    found
}

/// What vendors changed besides: a sentence for each account.
fn unasked(report: &Report) -> impl Iterator<Item = String> {
    let done = report.job.change.word(&Outcome::Done);
    Unasked::of(&report.events).into_iter().map(move |one| {
        let (first, more) = one.first(NAMED);
        let mut names: Vec<_> = first.iter().map(ToString::to_string).collect();
        if names.is_empty() {
            names.push(counted(more, "ticket"));
        } else if more > 0 {
            names.push(format!("{} more", grouped(more)));
        }
        let (account, names) = (&one.account, names.join(", "));
        format!("The vendor of account {account} says that it also {done} {names}, which nobody asked for.")
    })
}

fn of_tickets(report: &Report, counts: &Counts, found: &mut Vec<String>) {
    let done = report.job.change.word(&Outcome::Done);
    let already = report.job.change.word(&Outcome::AlreadyDone);
    let of = |outcome: &str| report.outcomes.get(outcome).copied().unwrap_or(0);
    let mut say = |count: u64, words: &str| {
        if count > 0 {
            found.push(format!("{} {words}", counted(count, "ticket")));
        }
    };
    say(
        of("unknown"),
        &format!("may or may not be {done}: no answer and no read proves it."),
    );
    say(
        of("in_doubt"),
        &format!(
            "may have been {done} by requests whose answers were lost, and nobody has looked at them yet."
        ),
    );
    say(
        counts.without_call,
        &format!("{done} without a recorded call."),
    );
    say(
        counts.without_entry,
        &format!("{done} without an entry in the archive."),
    );
    say(
        counts.in_trash,
        "failed after a delete: not deleted for good, and may still be in the vendor's trash.",
    );
    // A purge that an earlier run began may have moved what a later one could not read.
    let failed = match report.job.change {
        Change::Purge => "failed: not deleted for good, and not changed as far as is known.",
        _ => "failed: not changed.",
    };
    say(of("failed") - counts.in_trash, failed);
    say(
        counts.unconfirmed,
        "not found, and no read confirmed it: some vendors answer so for tickets that are closed or somebody else's.",
    );
    say(
        of("unattempted"),
        "not attempted, or not again after a passing failure: not changed.",
    );
    let words = already.replace('_', " ");
    say(
        of(already),
        &format!("{words}: a read proves it, but not who did it."),
    );
    if report.calls.without_end > 0 {
        let calls = counted(report.calls.without_end, "call");
        found.push(format!("{calls} without a recorded end."));
    }
}

fn of_account(report: &Report, account: &AccountFacts, found: &mut Vec<String>) {
    let name = &account.name;
    if account.host.is_none() {
        found.push(format!("The host of account {name} is not recorded."));
    }
    let change = &report.job.change;
    let has = |outcome: Outcome| account.outcomes.contains_key(change.word(&outcome));
    let is_any_deleted = has(Outcome::Done);
    if !change.is_delete() || !(is_any_deleted || has(Outcome::AlreadyDone)) {
        return;
    }
    // What a read found gone may have been deleted by a request whose answer was lost.
    let (in_trash, is_not) = if is_any_deleted {
        let words = format!("What was deleted at {name} is in the vendor's trash and can be");
        (words, "is not")
    } else {
        let words = format!("What is gone at {name} may be in the vendor's trash and be");
        (words, "may not be")
    };
    match (account.mode, account.restorable_for_s) {
        (Mode::Trash, Some(seconds)) => {
            let days = counted(seconds.div_ceil(86_400), "day");
            found.push(format!("{in_trash} restored for {days}: it {is_not} erased before."));
        }
        (Mode::Trash, None) => {
            found.push(format!("{in_trash} restored without a limit of time: it {is_not} erased."));
        }
        (Mode::Undocumented, _) => found.push(format!(
            "The vendor of account {name} does not document whether deleted tickets can be restored."
        )),
        (Mode::Permanent, _) => {}
    }
    if !account.takes_along.is_empty() {
        let along = account.takes_along.join(", ");
        found.push(format!(
            "A delete at {name} takes along what this report does not list: {along}."
        ));
    }
}
