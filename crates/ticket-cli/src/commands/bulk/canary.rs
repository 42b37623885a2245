//! The end of the canary: the first tickets are looked at again, shown, and a person is asked whether the rest follows.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use ticket_jobs::{Job, JobTicket, Standing, Which, look_again};
use tickets::{Outcome, Stop};

use crate::accounts::Accounts;
use crate::failure::Failure;
use crate::ledger::Ledger;
use crate::output::Output;
use crate::status::{Line, Status, say};
use crate::terminal;
use crate::text::{self, counted};

/// How many tickets that are not as they should be are named.
const NAMED: usize = 5;

/// What is needed to look at a canary.
pub(crate) struct Canary<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) accounts: &'a Accounts,
    /// Whether nobody is asked.
    pub(crate) yes: bool,
}

/// Whether the tickets after the canary may be changed. Says why if they may not.
pub(crate) async fn passes(
    canary: &Canary<'_>,
    job: &Job,
    stop: &Stop,
    output: &Output,
) -> Result<bool, Failure> {
    let Some(from) = job.held_from else {
        return Ok(true);
    };
    let mut done = BTreeMap::<String, Vec<JobTicket>>::new();
    let (mut tickets, mut open, mut other) = (0_usize, 0_usize, Vec::new());
    let mut named = ticket_jobs::tickets(&**canary.ledger.jobs.ledger(), &job.id, Which::Named);
    while let Some(ticket) = named.try_next().await? {
        if ticket.seq >= from {
            break;
        }
        if ticket.repeats.is_some() {
            continue;
        }
        tickets += 1;
        match &ticket.outcome {
            None => open += 1,
            Some(outcome) if outcome.is_done() => {
                done.entry(ticket.account.clone()).or_default().push(ticket);
            }
            Some(outcome) => other.push((name(&ticket), why(job, outcome))),
        }
    }
    if open > 0 {
        // Somebody else works on them, or they failed for a passing reason.
        let are = if open == 1 { "is" } else { "are" };
        say(&format!(
            "canary: {} {are} open, so the rest is not changed",
            counted(open, "ticket")
        ));
        return Ok(false);
    }
    if !job.change.is_seen_in_reads() {
        done.clear();
    }
    let changed = tickets - other.len();
    let wrong = wrong_at_second_look(canary, job, &done).await?;
    let done_word = job.change.word(&Outcome::Done);
    say(&format!(
        "canary: {changed} of {} {done_word}",
        counted(tickets, "ticket")
    ));
    tell("canary", &other);
    say(&match wrong.len() {
        0 if done.is_empty() => "nothing was changed that could be looked at again".to_owned(),
        0 => "looked at again: as they should be".to_owned(),
        count => format!(
            "looked at again: {} not shown to be as they should",
            counted(count, "ticket")
        ),
    });
    tell("looked at again", &wrong);
    let is_right = other.is_empty() && wrong.is_empty();
    let rest = text::grouped(job.open);
    if canary.yes {
        if !is_right {
            say(&format!(
                "the canary is not as it should be, so the other {rest} are not changed"
            ));
        }
        return Ok(is_right);
    }
    let verb = super::words::imperative(&job.change);
    let question = format!("{verb} the other {rest}? [y/N]");
    let (sender, answered) = tokio::sync::oneshot::channel();
    // A thread of its own: reading an answer cannot be stopped, and Ctrl-C has to end the command all the same.
    std::thread::spawn(move || sender.send(terminal::ask(&question)));
    let answer = tokio::select! {
        () = stop.finishing() => return Ok(false),
        answer = answered => answer.unwrap_or(Ok(None)),
    };
    let answer =
        answer.map_err(|error| Failure::local(format!("no answer can be read: {error}")))?;
    let Some(answer) = answer else {
        if !output.format.is_json() || !is_right {
            say(&format!(
                "there is no terminal to ask on, so the other {rest} are not changed"
            ));
        }
        return Ok(false);
    };
    let answer = answer.to_lowercase();
    Ok(answer == "y" || answer == "yes")
}

/// Looks at the changed tickets again, and returns those that are not shown to be as they should, and why.
async fn wrong_at_second_look(
    canary: &Canary<'_>,
    job: &Job,
    done: &BTreeMap<String, Vec<JobTicket>>,
) -> Result<Vec<(String, String)>, Failure> {
    let mut wrong = Vec::new();
    let mut status = Status::new();
    let (all, mut looked) = (counted(done.values().map(Vec::len).sum(), "ticket"), 0);
    for (account, tickets) in done {
        let account = canary.accounts.connect(account)?.tickets;
        let ids: Vec<_> = tickets.iter().map(|ticket| ticket.id.clone()).collect();
        let mut looks = look_again(&job.change, &account, stream::iter(ids));
        loop {
            let look = tokio::select! {
                biased;
                look = looks.next() => look,
                () = status.due() => {
                    let words = format!("canary: {} of {all} looked at again", text::grouped(looked));
                    status.show(vec![Line::new("", vec![words])]);
                    continue;
                }
            };
            let Some((id, standing)) = look else {
                break;
            };
            looked += 1;
            let ticket = tickets.iter().find(|ticket| ticket.id == id);
            let name = ticket.map(name).unwrap_or_default();
            match standing {
                Standing::Holds => {}
                Standing::DoesNotHold => {
                    wrong.push((name, "is not changed when looked at again".to_owned()));
                }
                Standing::Unknown(error) => wrong.push((name, text::line(&error.to_string()))),
                _ => wrong.push((name, "unknown".to_owned())),
            }
        }
    }
    Ok(wrong)
}

/// The outcome of a ticket that is not changed, and why.
fn why(job: &Job, outcome: &Outcome) -> String {
    let word = job.change.word(outcome);
    match outcome.error() {
        Some(error) => format!("{word}: {}", text::line(&error.to_string())),
        None => word.to_owned(),
    }
}

fn name(ticket: &JobTicket) -> String {
    text::line(&format!("{}:{}", ticket.account, ticket.id))
}

fn tell(what: &str, tickets: &[(String, String)]) {
    for (ticket, why) in tickets.iter().take(NAMED) {
        say(&format!("{what}: {ticket}: {why}"));
    }
    if let Some(more) = tickets.len().checked_sub(NAMED).filter(|more| *more > 0) {
        say(&format!("{what}: and {more} more"));
    }
}
