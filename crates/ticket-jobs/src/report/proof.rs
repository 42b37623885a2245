//! What is missing, not confirmed or not proven, in sentences.

use ticket_core::Outcome;

use super::model::{AccountFacts, Mode, Report, TicketRow};
use super::numbers::{counted, grouped};
use crate::model::{JobTicket, Unasked};

/// How many tickets that nobody asked for a sentence names.
const NAMED: usize = 20;

/// What is counted of the tickets for that.
#[derive(Debug, Default)]
pub(super) struct Counts {
    unconfirmed: u64,
    without_call: u64,
    without_entry: u64,
}

impl Counts {
    pub(super) fn add(&mut self, ticket: &JobTicket, row: &TicketRow) {
        let is_done = matches!(ticket.outcome, Some(Outcome::Done));
        self.unconfirmed += u64::from(row.confirmed == Some(false));
        self.without_call += u64::from(is_done && ticket.last_call.is_none());
        self.without_entry += u64::from(is_done && row.not_archived.is_some());
    }
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
    say(of("failed"), "failed, and are unchanged.");
    say(
        counts.unconfirmed,
        "not found, and no read confirmed it: some vendors answer so for tickets that are closed or somebody else's.",
    );
    say(
        of("unattempted"),
        "not attempted: nothing was sent about them.",
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
    let done = report.job.change.word(&Outcome::Done);
    let deleted = account.outcomes.get(done).copied().unwrap_or(0);
    if !report.job.change.is_delete() || deleted == 0 {
        return;
    }
    let in_trash =
        format!("What was deleted at {name} is in the vendor's trash and can be restored");
    match (account.mode, account.restorable_for_s) {
        (Mode::Trash, Some(seconds)) => {
            let days = counted(seconds.div_ceil(86_400), "day");
            found.push(format!("{in_trash} for {days}: it is not erased before."));
        }
        (Mode::Trash, None) => {
            found.push(format!("{in_trash} without a limit of time: it is not erased."));
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
