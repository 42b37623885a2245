//! Lists, reads, creates and updates.

use ticket_sandbox::{Endpoint, Fault, Vendor};

use super::super::plan::Plan;
use super::super::rule::{self, Lie};
use super::super::story::{Listed, Story};

pub(super) fn check(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
    lists_are_whole(story, lies);
    reads_are_of_the_ticket(plan, story, lies);
    created_once(story, lies);
    updates_are_true(plan, story, lies);
}

/// Why a list cannot know that it lacks rows. OneCloud's pages overlap by a row, so that its lists know.
///
/// Sweeppea's pages have numbers and a fixed size, so that they cannot overlap: where a removed ticket or another order
/// moves a row to a page that was already read, only the total tells. It does not if as many were filed, or if it is
/// wrong.
pub(in super::super) fn hidden_because(story: &Story, listed: &Listed) -> Option<&'static str> {
    let is_silent = listed.failed.is_none() && !listed.missing.is_empty();
    if !is_silent {
        return None;
    }
    let gives_ids_again = |fault: &Fault| matches!(fault, Fault::IdsGivenOutAgain);
    let mut of_vendor = story
        .journal
        .iter()
        .filter(|seen| seen.vendor == Some(listed.vendor));
    // The row by which the next page is told to follow is another ticket.
    if listed.has_removals && of_vendor.any(|seen| seen.fault.as_ref().is_some_and(gives_ids_again))
    {
        return Some("hidden by another ticket of the same id");
    }
    if listed.vendor != Vendor::Sweeppea {
        return None;
    }
    if listed.is_shuffled {
        return Some("hidden by as many that were filed");
    }
    let faults = story
        .journal
        .iter()
        .filter(|seen| seen.vendor == Some(listed.vendor) && seen.endpoint == Some(Endpoint::List));
    let faults: Vec<_> = faults.filter_map(|seen| seen.fault.as_ref()).collect();
    let mut totals = faults.iter();
    let is_wrong = totals.any(|fault| matches!(fault, Fault::WrongTotal(_) | Fault::WrongTypes));
    let has_moved = listed.has_removals || faults.contains(&&Fault::ReversedOrder);
    (is_wrong && has_moved).then_some("hidden by a wrong total beside rows that moved")
}

fn lists_are_whole(story: &Story, lies: &mut Vec<Lie>) {
    for listed in &story.listed {
        let is_hidden = hidden_because(story, listed).is_some();
        if listed.failed.is_none() && !listed.missing.is_empty() && !is_hidden {
            let what = format!("{} lacks {:?}", listed.vendor.prefix(), listed.missing);
            lies.push((rule::LIST, what));
        }
    }
}

fn reads_are_of_the_ticket(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
    for read in &story.reads {
        let (Ok((id, subject)), Some(asked)) = (&read.result, story.ids.get(read.place)) else {
            continue;
        };
        let expected = plan
            .existing
            .get(read.place)
            .map(|ticket| ticket.subject.as_str());
        // A subject of another type than documented is left out.
        let is_own = subject.is_empty()
            || expected == Some(subject.as_str())
            || plan.reuses_ids(read.vendor);
        if id != asked || !is_own {
            lies.push((rule::READ, format!("{asked} was read as {id}, {subject:?}")));
        }
    }
}

fn created_once(story: &Story, lies: &mut Vec<Lie>) {
    for filed in &story.filed {
        let tickets = story
            .end
            .iter()
            .filter(|(vendor, _)| *vendor == filed.vendor);
        let there: Vec<_> = tickets
            .flat_map(|(_, tickets)| tickets)
            .filter(|ticket| ticket.subject == filed.subject)
            .collect();
        let (vendor, subject) = (filed.vendor.prefix(), &filed.subject);
        if there.len() > 1 {
            lies.push((
                rule::CREATED_ONCE,
                format!("{vendor}: {subject} exists {} times", there.len()),
            ));
        }
        match (&filed.result, there.first()) {
            (Ok(id), Some(ticket)) if ticket.id != *id => {
                lies.push((
                    rule::CREATED_ID,
                    format!("{vendor}: {subject} is {}, told as {id}", ticket.id),
                ));
            }
            // LeadSquared documents this answer as a refusal: to doubt it would be to doubt each refusal.
            (Err((false, _)), Some(_)) if is_documented_refusal(story, filed.vendor) => {}
            (Err((false, error)), Some(_)) => {
                lies.push((
                    rule::NOT_CREATED,
                    format!("{vendor}: {subject} exists: {error}"),
                ));
            }
            _ => {}
        }
    }
}

/// Whether a create of this vendor was refused in the documented form although it was carried out.
fn is_documented_refusal(story: &Story, vendor: Vendor) -> bool {
    vendor == Vendor::LeadSquared
        && story.journal.iter().any(|seen| {
            seen.endpoint == Some(Endpoint::Create)
                && seen.vendor == Some(vendor)
                && seen.fault == Some(Fault::ErrorInside200AfterEffect)
        })
}

/// The vendor may carry out a change after its answer, or show a ticket as it was: then an update tells what it saw.
fn updates_are_true(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
    for updated in story.updated.iter().filter(|_| !plan.lags()) {
        let (Some(before), Some(after)) = (&updated.before, &updated.after) else {
            continue;
        };
        let (vendor, id, wanted) = (updated.vendor.prefix(), &updated.id, updated.wanted);
        match &updated.result {
            Ok(()) if after != wanted => {
                let what = format!("{vendor}:{id} was updated to {wanted}, but is {after}");
                lies.push((rule::UPDATED, what));
            }
            Err((false, error)) if before != after => {
                let what = format!("{vendor}:{id} changed from {before} to {after}: {error}");
                lies.push((rule::NOT_UPDATED, what));
            }
            _ => {}
        }
    }
}
