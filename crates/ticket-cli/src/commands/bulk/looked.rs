//! Looks at tickets before anything is changed, and shows them.

use std::sync::atomic::{AtomicU64, Ordering};

use ticket_jobs::{Job, JobTicket, Loading, Which};
use tickets::{CallContext, Operation, TicketRef};

use super::super::planned;
use super::plan::Plan;
use crate::accounts::Accounts;
use crate::args::{self, Many};
use crate::failure::Failure;
use crate::ledger::Ledger;
use crate::status::{Line, Status, say};
use crate::text::{self, counted};

/// How many tickets are shown at each end of the list.
const SHOWN: usize = 5;

/// How many tickets are looked at before their number and the time are told first.
const UNTOLD: u64 = 100;

/// Which tickets are looked at.
pub(super) fn which(many: &Many, if_unchanged: bool) -> Result<Option<ticket_jobs::Look>, Failure> {
    use args::Look::{All, None as Nothing, Sample};
    if if_unchanged {
        return match many.look {
            None | Some(All) => Ok(Some(ticket_jobs::Look::All)),
            Some(Sample | Nothing) => Err(Failure::refused(
                "--if-unchanged has to look at all tickets: leave --look out; nothing was sent",
            )),
        };
    }
    let usual = if many.plan { Sample } else { Nothing };
    Ok(match many.look.unwrap_or(usual) {
        All => Some(ticket_jobs::Look::All),
        Sample => Some(ticket_jobs::Look::Sample),
        Nothing => None,
    })
}

/// Reads tickets, and tells what cannot be read.
pub(crate) async fn read(
    look: ticket_jobs::Look,
    plan: &Plan,
    job: &Loading,
    accounts: &Accounts,
) -> Result<(), Failure> {
    let reads = job.reads(look);
    if reads > UNTOLD {
        say(&cost(plan, reads));
    }
    let (count, all) = (AtomicU64::new(0), text::tickets(reads));
    let source = accounts.source();
    let context = CallContext::new();
    let looking = job.look(&*source, &context, look, |read| {
        count.store(read, Ordering::Relaxed);
    });
    let looked = Status::new().during(looking, || {
        let count = text::grouped(count.load(Ordering::Relaxed));
        vec![Line::new("", vec![format!("{count} of {all} looked at")])]
    });
    let looked = looked.await?;
    let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    if looked.missing > 0 {
        say(&format!(
            "the vendor does not find {} of those that were looked at",
            counted(number(looked.missing), "ticket")
        ));
    }
    if looked.failed > 0 {
        let failed = counted(number(looked.failed), "ticket");
        let first = looked.errors.first().map(|(ticket, error)| {
            format!(
                ": {}: {}",
                text::line(&ticket.to_string()),
                text::line(&error.to_string())
            )
        });
        say(&format!(
            "{failed} could not be looked at{}",
            first.unwrap_or_default()
        ));
    }
    Ok(())
}

/// What a long look costs.
fn cost(plan: &Plan, reads: u64) -> String {
    let all = u64::try_from(plan.len()).unwrap_or(u64::MAX);
    let least = plan.groups.iter().map(|group| {
        let own = u64::try_from(group.len()).unwrap_or(u64::MAX);
        let tickets = &group.account.tickets;
        tickets.least_time(Operation::Get, own.min(reads.min(all)))
    });
    let least = least.max().unwrap_or_default().as_secs();
    let at_least = if least > 0 {
        format!(", at least {}", text::seconds(least))
    } else {
        String::new()
    };
    format!(
        "looking at {} tickets before anything is changed{at_least}",
        text::grouped(reads)
    )
}

/// The first and the last tickets of a job's list, with what was seen of them.
pub(crate) async fn ends_of_list(ledger: &Ledger, job: &Job) -> Result<String, Failure> {
    let named = job.tickets.saturating_add(job.repeated);
    let ledger = ledger.jobs.ledger();
    let shown = u64::try_from(SHOWN).unwrap_or(u64::MAX);
    let read = async |after, limit| ledger.tickets(&job.id, Which::Named, after, limit).await;
    let mut lines: Vec<_> = read(None, SHOWN).await?.iter().map(line).collect();
    if named > 2 * shown {
        let more = text::grouped(named - 2 * shown);
        lines.push(format!("  … {more} more …"));
        let last = read(Some(named - shown - 1), SHOWN).await?;
        lines.extend(last.iter().map(line));
    } else if named > shown {
        lines.extend(read(Some(shown - 1), SHOWN).await?.iter().map(line));
    }
    Ok(lines.join("\n"))
}

fn line(ticket: &JobTicket) -> String {
    let reference = TicketRef::new(ticket.account.clone(), ticket.id.clone());
    planned::ticket(&reference, ticket.seen.as_ref())
}
