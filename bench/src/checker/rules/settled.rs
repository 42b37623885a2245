//! Outcomes that stay unknown although a look would have told.

use ticket_sandbox::{Endpoint, Exchange, Fault, OddRetryAfter, Vendor};
use tickets::provider::NotFound;
use tickets::{ErrorKind, Operation, Outcome, ProviderInfo};

use super::super::plan::{How, Plan};
use super::super::recorder::Call;
use super::super::rule::{self, Lie};
use super::super::story::{Story, Told};
use super::super::tickets::Asked;

/// No reason why a look did not settle an outcome: then it is a lie.
const NO_REASON: &str = "no reason is known";

pub(super) fn check(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
    for told in &story.told {
        if unsettled_because(plan, story, told) == Some(NO_REASON) {
            let (vendor, id) = (told.vendor.prefix(), &told.id);
            let what =
                format!("{vendor}:{id} is unknown, but a look would have shown that it is gone");
            lies.push((rule::SETTLED, what));
        }
    }
}

/// Why an outcome is unknown although a read in the end would settle it, by what the provider declares. `None` if it
/// would not.
pub(in super::super) fn unsettled_because(
    plan: &Plan,
    story: &Story,
    told: &Told,
) -> Option<&'static str> {
    let Outcome::Unknown(error) = &told.outcome else {
        return None;
    };
    let mut infos = story.infos.iter();
    let (_, info) = infos.find(|(vendor, _)| *vendor == told.vendor)?;
    let now = story.ticket(told.vendor, &told.id);
    let is_own = match plan.asked.get(told.key) {
        Some(Asked::Existing(place)) => {
            let ticket = plan.existing.get(*place);
            now.zip(ticket)
                .is_some_and(|(now, ticket)| now.subject == ticket.subject)
        }
        _ => now.is_some(),
    };
    if !settles(info, is_own) {
        return None;
    }
    if !info.never_reuses_ids && (told.vendor != Vendor::Redmine || now.is_some() || told.is_taken)
    {
        return Some("another ticket may have its id");
    }
    // A read that finds the ticket proves nothing about a request that may still be on its way, nor where another one
    // may have its id.
    if told.exists {
        return Some("it was there when this was told");
    }
    if told.vendor == Vendor::Rt && told.is_hidden {
        return Some("the account does not see it");
    }
    if plan.deadline.is_some() {
        return Some("a deadline");
    }
    if let Some(stop) = plan.stop {
        return Some(if stop.abandons {
            "abandoned"
        } else {
            "stopped"
        });
    }
    // One call of `Tickets::delete` has no patience either.
    if plan.give_up_after.as_secs() < 900 || plan.how == How::Delete {
        return Some("little patience");
    }
    // It says so itself, and whoever hears that reads the tickets again once the vendor answers.
    if story
        .ended
        .iter()
        .any(|account| account == told.vendor.prefix())
    {
        return Some("the account had ended");
    }
    // The reads before a delete are a part of its call.
    if info.redirects_ids && was_silent(plan, story, told.vendor) {
        return Some("the vendor did not answer the reads");
    }
    if has_odd_look(story, told) {
        return Some("a look was answered oddly");
    }
    // No read shows what is carried out later than the looks, or is shown later. Where the vendor says that it accepted
    // the change, it is looked at for longer than the sandbox takes.
    let is_for_later = error.job().is_some()
        || error.kind() == ErrorKind::Accepted
        || error
            .status()
            .is_some_and(|status| (201..300).contains(&status));
    if plan.lags() || (plan.defers() && !is_for_later) {
        return Some("reads lagged, or it was done later than the looks");
    }
    // The last look has nobody to try it again.
    if has_failed_last_look(story, info, told) {
        return Some("the last look or its control read had no answer");
    }
    if told.vendor == Vendor::Redmine && has_failed_looks(story, told) {
        return Some("the looks or their control reads had no answer");
    }
    Some(NO_REASON)
}

/// Whether all attempts of a read or a delete had no answer.
fn was_silent(plan: &Plan, story: &Story, vendor: Vendor) -> bool {
    let requests = story.journal.iter().filter(|seen| {
        seen.vendor == Some(vendor)
            && matches!(seen.endpoint, Some(Endpoint::Get | Endpoint::Delete))
    });
    let silent = requests.map(|seen| seen.status.is_none_or(|status| status >= 500));
    let silent: Vec<_> = silent.collect();
    let attempts = usize::try_from(plan.max_attempts.get()).unwrap_or(usize::MAX);
    silent
        .windows(attempts)
        .any(|attempts| attempts.iter().all(|silent| *silent))
}

/// Whether a look at a ticket that is in the trash had no readable status, or asked for a pause of years.
fn has_odd_look(story: &Story, told: &Told) -> bool {
    let mut looks = story.journal.iter().filter(|seen| {
        let path = seen.path.split('?').next().unwrap_or_default();
        let is_of_ticket = path.strip_suffix(told.id.as_str());
        is_of_ticket.is_some_and(|path| path.ends_with("/ticket/"))
            && told.vendor == Vendor::Rt
            && seen.vendor == Some(told.vendor)
            && seen.endpoint == Some(Endpoint::Get)
    });
    looks.any(|seen| {
        let huge = Fault::OddRetryAfter(OddRetryAfter::Huge);
        seen.fault == Some(Fault::WrongTypes) || seen.fault == Some(huge)
    })
}

/// Whether the last read of a ticket was lost or answered with a fault, or so were all control reads after it, where only
/// they make a *not found* a proof.
fn has_failed_last_look(story: &Story, info: &ProviderInfo, told: &Told) -> bool {
    let is_later = |call: &Call| story.restores_began.is_some_and(|at| call.began >= at);
    let exchanges = story.exchanges();
    let of_vendor: Vec<_> = exchanges
        .filter(|(call, _)| call.vendor == told.vendor && !is_later(call))
        .collect();
    let has_failed = |(call, seen): &(&Call, Option<&Exchange>)| {
        call.is_lost || seen.is_none_or(|seen| seen.fault.is_some())
    };
    let is_look = |(call, seen): &(&Call, Option<&Exchange>)| {
        let name = call.path.rsplit('/').next();
        name == Some(told.id.as_str())
            && seen.is_none_or(|seen| seen.endpoint == Some(Endpoint::Get))
    };
    let Some(last) = of_vendor.iter().rposition(is_look) else {
        return false;
    };
    let (until, after) = of_vendor.split_at(last + 1);
    let get = info.capabilities.support(Operation::Get);
    let needs_control = get.is_some_and(|get| get.not_found == NotFound::Undocumented);
    let mut controls = after
        .iter()
        .filter(|(_, seen)| seen.is_none_or(|seen| seen.endpoint == Some(Endpoint::List)));
    until.last().is_some_and(has_failed) || (needs_control && controls.all(has_failed))
}

/// Whether a read failed at the vendor since the first request about a ticket: each look takes up to three.
fn has_failed_looks(story: &Story, told: &Told) -> bool {
    let of_vendor = story.journal.iter();
    let of_vendor = of_vendor.filter(|seen| seen.vendor == Some(told.vendor));
    let name = format!("/{}.json", told.id);
    let since = of_vendor.skip_while(|seen| !seen.path.ends_with(&name));
    let mut calls = story.calls.iter();
    let is_lossy = calls.any(|call| call.is_lost && call.vendor == told.vendor);
    let mut reads = since.filter(|seen| !seen.is_write);
    reads.any(|seen| is_lossy || seen.fault.is_some())
}

fn settles(info: &ProviderInfo, exists: bool) -> bool {
    let Some(get) = info.capabilities.support(Operation::Get) else {
        return false;
    };
    match get.not_found {
        _ if exists => info.reads_are_consistent,
        NotFound::Gone => true,
        NotFound::Undocumented => info.capabilities.supports(Operation::List),
        _ => false,
    }
}
