//! The end of an erasure: the pause, the second look at each ticket, and what came of it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use serde::Serialize;
use ticket_jobs::erase::{Erased, Fate};
use ticket_jobs::{Job, JobId, Unasked};
use tickets::{CallContext, ErrorKind};
use tokio::time::Instant;

use super::super::bulk::{self, End};
use super::super::planned;
use crate::accounts::Accounts;
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::ledger::Ledger;
use crate::output::Output;
use crate::record;
use crate::status::{Line, Status, say};
use crate::text::{self, grouped};

/// How long a look may wait for the account's quota: as long as it takes.
const FOREVER: Duration = Duration::from_secs(365 * 86_400);

/// How many tickets are named that are not erased.
const NAMED: usize = 20;

/// The fates in the order of a summary, with their words.
const FATES: [(&str, &str); 11] = [
    ("erased", "erased"),
    ("in_trash", "in the vendor's trash"),
    ("still_there", "still there"),
    ("failed", "failed, so not deleted"),
    ("unknown", "unknown"),
    ("unattempted", "not attempted"),
    ("open", "open"),
    (
        "not_confirmed",
        "deleted, but the second look could not tell",
    ),
    ("not_looked_at_again", "deleted, but not looked at again"),
    ("already_gone", "gone before they were deleted here"),
    (
        "undocumented",
        "deleted, but the vendor does not say whether it keeps a copy",
    ),
];

/// The fates of tickets that are or may be where they were.
const NOT_DELETED: [&str; 5] = ["still_there", "failed", "unknown", "unattempted", "open"];

/// What an erasure came to, for programs.
#[derive(Serialize)]
pub(super) struct Shown {
    people: usize,
    /// How many tickets have which fate.
    tickets: BTreeMap<&'static str, u64>,
    /// Until when the last of them is in a trash, if all that are there have a limit.
    in_trash_until: Option<Timestamp>,
    /// The accounts that were not searched, or not to their end.
    not_searched: Vec<String>,
    look_again_at: Option<Timestamp>,
    /// Whether each ticket is erased, and each account was searched.
    complete: bool,
}

impl Shown {
    pub(super) fn of(erased: &Erased) -> Self {
        Self {
            people: erased.people.len(),
            tickets: erased.fates.clone(),
            in_trash_until: in_trash_until(erased),
            not_searched: not_searched(erased),
            look_again_at: erased.look_again_at,
            complete: erased.is_complete(),
        }
    }

    /// In one sentence.
    pub(super) fn sentence(&self) -> String {
        let counts = FATES.iter().filter_map(|(fate, words)| {
            let count = self.tickets.get(fate)?;
            let until = match (*fate, self.in_trash_until) {
                ("in_trash", Some(until)) => format!(" until {}", day(until)),
                _ => String::new(),
            };
            Some(format!("{} {words}{until}", grouped(*count)))
        });
        let mut parts: Vec<_> = counts.collect();
        if parts.is_empty() {
            parts.push("no tickets".to_owned());
        }
        if !self.not_searched.is_empty() {
            let names = self.not_searched.iter().map(|name| text::line(name));
            let names: Vec<_> = names.collect();
            parts.push(format!(
                "not searched, or not to the end: {}",
                names.join(", ")
            ));
        }
        parts.join("; ")
    }
}

/// The accounts that were not searched, or not to their end.
pub(super) fn not_searched(erased: &Erased) -> Vec<String> {
    let searches = erased.not_searched();
    searches.map(|search| search.account.clone()).collect()
}

/// Until when the last of the tickets is in a trash, if all that are there have a limit.
fn in_trash_until(erased: &Erased) -> Option<Timestamp> {
    let people = erased.people.iter();
    let mut of_them = people.filter(|one| one.fates.contains_key("in_trash"));
    of_them.try_fold(None, |last: Option<Timestamp>, one| {
        Some(last.max(Some(one.in_trash_until?)))
    })?
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// Waits for the pause, looks at each ticket again, and says what the erasure came to. `exit` is that of the work on the
/// job in this process: a failure stays one, whatever the second look finds. Nothing more is read after `end`.
pub(super) async fn finish(
    ledger: &Ledger,
    id: &JobId,
    accounts: &Accounts,
    exit: Exit,
    end: Option<End>,
    output: &Output,
) -> Result<Exit, Failure> {
    let job = ledger.jobs.ledger().job(id).await?;
    if !job.state.is_over() {
        if !output.format.is_json() {
            say("the tickets are looked at again once all are done");
        }
        return Ok(exit);
    }
    let interruption = interrupt::stop_on_ctrl_c()?;
    let go_on = ledger.command("run", id).unwrap_or_default();
    let is_json = output.format.is_json();
    if let Some(at) = ledger.jobs.look_again_at(&job).await? {
        let left = at.duration_since(ledger.jobs.ledger().now());
        let left = Duration::try_from(left).unwrap_or_default();
        if left > Duration::ZERO && is_json {
            print_json(&serde_json::json!({ "job": id, "look_again_at": at }));
        } else if left > Duration::ZERO {
            say(&format!(
                "each ticket is looked at again in {}; Ctrl-C leaves, and `{go_on}` goes on",
                crate::status::waits::rounded_up(left)
            ));
        }
    }
    let mut context = CallContext::new().stop(interruption.stop.clone());
    context.deadline = Instant::now().checked_add(FOREVER);
    let source = accounts.source();
    let (count, all) = (AtomicU64::new(0), text::tickets(job.tickets));
    let looking = ledger.jobs.look_again(id, &*source, &context, |_, _| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let mut looking = pin!(Status::new().during(looking, || {
        let count = grouped(count.load(Ordering::Relaxed));
        vec![Line::new(
            "",
            vec![format!("{count} of {all} looked at again")],
        )]
    }));
    let looked = tokio::select! {
        biased;
        looked = &mut looking => looked,
        why = bulk::reached(end.as_ref()) => {
            if !is_json {
                say(&why);
            }
            interruption.stop.finish();
            looking.await
        }
    };
    let mut is_stopped = false;
    match looked {
        Ok(failures) => {
            for (account, error) in failures {
                Failure::from(error).at(account).print(output.format);
            }
        }
        Err(error) if error.kind() == ErrorKind::Cancelled => {
            is_stopped = true;
            if !is_json {
                say(&format!(
                    "stopped before all tickets were looked at again; `{go_on}` goes on"
                ));
            }
        }
        Err(error) => return Err(error.into()),
    }
    let erased = ledger.jobs.erased(id).await?;
    let unasked = Unasked::of(&ledger.jobs.ledger().events(id).await?);
    print(ledger, &job, &erased, &unasked, output).await?;
    Ok(match interruption.exit() {
        Some(stopped) if is_stopped => stopped,
        _ if !unasked.is_empty() => Exit::Failed,
        _ => with_work(exit, exit_of(&erased)),
    })
}

/// Tells programs on stderr. Errors are ignored.
fn print_json(record: &serde_json::Value) {
    if let Ok(json) = record::json(record) {
        let _ = writeln!(anstream::stderr().lock(), "{json}");
    }
}

/// The exit code of an erasure.
fn exit_of(erased: &Erased) -> Exit {
    if erased.is_complete() {
        Exit::Done
    } else if NOT_DELETED
        .iter()
        .any(|fate| erased.fates.contains_key(fate))
    {
        Exit::Failed
    } else {
        Exit::Incomplete
    }
}

/// The exit code of work that ended so, and of what its tickets came to: no look makes up for a failure that is no ticket's.
const fn with_work(worked: Exit, found: Exit) -> Exit {
    match worked {
        Exit::Failed => Exit::Failed,
        _ => found,
    }
}

/// Says on stderr what an erasure came to.
async fn print(
    ledger: &Ledger,
    job: &Job,
    erased: &Erased,
    unasked: &[Unasked],
    output: &Output,
) -> Result<(), Failure> {
    let shown = Shown::of(erased);
    if output.format.is_json() {
        let mut record = serde_json::json!({ "job": job.id, "erasure": shown });
        if let (Some(record), false) = (record.as_object_mut(), unasked.is_empty()) {
            record.insert("unasked".to_owned(), serde_json::json!(unasked));
        }
        print_json(&record);
        return Ok(());
    }
    say(&format!("Erasure: {}.", shown.sentence()));
    for one in unasked {
        say(&bulk::unasked(&job.change, one));
    }
    if !erased.is_complete() {
        let mut still = Listing::new("Still at the vendor:");
        let mut not_proven = Listing::new("Not proven to be erased:");
        let mut tickets = ledger.jobs.erased_tickets(job);
        while let Some(ticket) = tickets.try_next().await? {
            if ticket.fate == Fate::Erased {
                continue;
            }
            let listing = if ticket.fate.is_at_vendor() {
                &mut still
            } else {
                &mut not_proven
            };
            let until = match ticket.fate {
                Fate::InTrash { until: Some(until) } => format!(" until {}", day(until)),
                _ => String::new(),
            };
            let name = text::line(&ticket.ticket.to_string());
            listing.push(format!("  {name}: {}{until}", words(ticket.fate)));
        }
        still.say();
        not_proven.say();
        let lacking = erased.not_searched().map(planned::search);
        let lacking: Vec<_> = lacking.collect();
        if !lacking.is_empty() {
            say("Not searched, or not to the end:");
            say(&lacking.join("\n"));
        }
    }
    say("Not looked at: mail, backups and exports, and what the vendors keep in logs and backups.");
    Ok(())
}

/// A part of the summary that names the first few tickets.
struct Listing {
    title: &'static str,
    lines: Vec<String>,
    more: u64,
}

impl Listing {
    const fn new(title: &'static str) -> Self {
        Self {
            title,
            lines: Vec::new(),
            more: 0,
        }
    }

    fn push(&mut self, line: String) {
        if self.lines.len() < NAMED {
            self.lines.push(line);
        } else {
            self.more += 1;
        }
    }

    fn say(&self) {
        if self.lines.is_empty() {
            return;
        }
        say(self.title);
        say(&self.lines.join("\n"));
        if self.more > 0 {
            say(&format!("  and {} more", grouped(self.more)));
        }
    }
}

/// The fate of one ticket in words.
fn words(fate: Fate) -> &'static str {
    let known = FATES.iter().find(|(name, _)| *name == fate.as_str());
    known.map_or(fate.as_str(), |(name, words)| match *name {
        "already_gone" => "gone before it was deleted here",
        _ => words,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_that_is_no_tickets_wins_over_what_the_second_look_finds() {
        for found in [Exit::Done, Exit::Incomplete, Exit::Failed] {
            // Such as a list of what remains that could not be written.
            assert_eq!(with_work(Exit::Failed, found), Exit::Failed);
            assert_eq!(with_work(Exit::Done, found), found);
        }
    }
}
