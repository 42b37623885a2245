//! A plan in words: what somebody approves.

use ticket_jobs::Guards;
use ticket_jobs::plan::{Plan, PlannedAccount, PlannedTicket};
use tickets::Change;
use tickets::provider::Removal;

use super::super::super::bulk;
use crate::text;

/// The plan for people, line by line. What a vendor, a customer or the planner wrote cannot control the terminal.
pub(super) fn of(plan: &Plan) -> String {
    let mut lines = vec![format!(
        "Plan of job {}: {} {}",
        plan.job,
        bulk::verb(&plan.change),
        tickets(plan.tickets())
    )];
    let by = plan.planned_by.as_deref().map(text::line);
    let at = text::minute(&plan.planned_at.to_string());
    lines.push(format!("Planned by {} at {at}", by.unwrap_or_default()));
    lines.extend(plan.accounts.iter().map(|account| {
        let host = account.host.as_deref().map(text::line);
        let host = host.map_or_else(String::new, |host| format!(", {host}"));
        format!(
            "  {} ({}{host}): {}{}",
            text::line(&account.name),
            text::line(&account.provider),
            tickets(account.tickets),
            fate(&plan.change, account)
        )
    }));
    lines.extend(guards(&plan.guards));
    let looked = match (plan.seen, plan.looked_at) {
        (0, _) | (_, None) => "No ticket was looked at:".to_owned(),
        (seen, Some(at)) => {
            let missing = match plan.missing {
                0 => String::new(),
                missing => format!(", {} of them not found", text::grouped(missing)),
            };
            let at = text::minute(&at.to_string());
            let seen = tickets(seen);
            format!("{seen} looked at{missing}, the last one at {at}:")
        }
    };
    lines.push(looked);
    lines.extend(plan.first.iter().map(ticket));
    let named = plan.first.len() + plan.last.len();
    let between = plan
        .tickets()
        .saturating_sub(u64::try_from(named).unwrap_or(u64::MAX));
    if between > 0 {
        lines.push(format!("  … {} more …", text::grouped(between)));
    }
    lines.extend(plan.last.iter().map(ticket));
    lines.extend(undoing(plan));
    lines.push(format!("Digest: {}", plan.digest));
    lines.join("\n")
}

fn tickets(count: u64) -> String {
    let tickets = if count == 1 { "ticket" } else { "tickets" };
    format!("{} {tickets}", text::grouped(count))
}

/// What becomes of the tickets of an account, if they are deleted.
fn fate(change: &Change, account: &PlannedAccount) -> String {
    if *change != Change::Delete {
        return String::new();
    }
    let fate = match account.removal {
        Removal::Trash {
            restorable_for: None,
        } => ", to the vendor's trash".to_owned(),
        Removal::Trash {
            restorable_for: Some(time),
        } => format!(
            ", to the vendor's trash, and from there for good after {}",
            text::seconds(time.as_secs())
        ),
        Removal::Permanent => ", for good".to_owned(),
        _ => ", for good as far as the vendor says".to_owned(),
    };
    match &*account.takes_along {
        [] => fate,
        along => {
            let along: Vec<_> = along.iter().map(|what| text::line(what)).collect();
            format!("{fate}, each with its {}", along.join(", "))
        }
    }
}

/// What is checked while the job is worked on.
fn guards(guards: &Guards) -> Option<String> {
    let count = |count: u64| tickets(count);
    let state = guards
        .only_state
        .map(|state| format!("only tickets that are {}", state.as_str()));
    let unchanged = guards
        .if_unchanged
        .then(|| "only tickets that are as they were seen".to_owned());
    let failures = guards.max_failures.map(|most| match most {
        0 => "stops at the first failure".to_owned(),
        most => format!("stops after {} failures", text::grouped(most)),
    });
    let canary = guards
        .canary
        .map(|first| format!("stops after the first {}", count(first)));
    let archive = guards.archive.as_ref().map(|archive| {
        let missing = if archive.missing_ok {
            ", as far as it can be read"
        } else {
            ""
        };
        format!(
            "archives each ticket first in {}{missing}",
            text::line(&archive.folder)
        )
    });
    let all: Vec<_> = [state, unchanged, failures, canary, archive]
        .into_iter()
        .flatten()
        .collect();
    (!all.is_empty()).then(|| format!("Guards: {}", all.join("; ")))
}

/// A ticket as it was seen.
fn ticket(ticket: &PlannedTicket) -> String {
    let name = text::line(&ticket.reference().to_string());
    let Some(seen) = &ticket.seen else {
        return format!("  {name}");
    };
    if seen.sha256.is_none() {
        return format!("  {name}  not found");
    }
    let status = seen
        .status
        .iter()
        .map(|status| format!("  {}", text::line(status)));
    let subject = seen.subject.iter().map(|subject| {
        let subject = text::cut(&text::first_line(subject), 60);
        format!("  \"{}\"", text::line(&subject))
    });
    let seen: String = status.chain(subject).collect();
    format!("  {name}{seen}")
}

/// What cannot be undone.
fn undoing(plan: &Plan) -> Option<String> {
    let is_final = |account: &&PlannedAccount| !matches!(account.removal, Removal::Trash { .. });
    let accounts = plan.accounts.iter();
    let finally: u64 = match plan.change {
        Change::Delete => accounts
            .filter(is_final)
            .map(|account| account.tickets)
            .sum(),
        Change::Restore => 0,
        _ => plan.tickets(),
    };
    (finally > 0).then(|| format!("This cannot be undone from here: {}.", tickets(finally)))
}
