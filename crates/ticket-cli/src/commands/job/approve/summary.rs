//! A plan in words: what somebody approves.

use ticket_jobs::plan::{Plan, PlannedAccount, PlannedTicket};
use tickets::Change;
use tickets::provider::Removal;

use super::super::super::planned;
use super::super::super::planned::tickets;
use crate::text;

/// The plan for people, line by line. What a vendor, a customer or the planner wrote cannot control the terminal.
pub(super) fn of(plan: &Plan) -> String {
    let mut lines = vec![format!(
        "Plan of job {}: {} {}",
        plan.job,
        plan.change.verb(),
        tickets(plan.tickets())
    )];
    let by = plan.planned_by.as_deref().map(text::line);
    let at = text::minute(&plan.planned_at.to_string());
    lines.push(format!("Planned by {} at {at}", by.unwrap_or_default()));
    lines.extend(
        plan.accounts.iter().map(|account| {
            planned::account(&plan.change, account, account.tickets, plan.planned_at)
        }),
    );
    lines.extend(planned::details(&plan.change));
    lines.extend(planned::guards(&plan.guards));
    if let Some(erasure) = &plan.erasure {
        let removals = plan.accounts.iter().map(|account| &account.removal);
        lines.extend([
            planned::erasure(erasure, removals),
            planned::searches(erasure),
        ]);
    }
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
    let ticket =
        |ticket: &PlannedTicket| planned::ticket(&ticket.reference(), ticket.seen.as_ref());
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
    lines.push(planned::digest(&plan.digest));
    lines.join("\n")
}

/// What cannot be undone.
fn undoing(plan: &Plan) -> Option<String> {
    let is_final = |account: &&PlannedAccount| !matches!(account.removal, Removal::Trash { .. });
    let accounts = plan.accounts.iter();
    let finally: u64 = match plan.change {
        Change::Delete | Change::Purge => accounts
            .filter(is_final)
            .map(|account| account.tickets)
            .sum(),
        Change::Restore => 0,
        _ => plan.tickets(),
    };
    (finally > 0).then(|| format!("This cannot be undone from here: {}.", tickets(finally)))
}
