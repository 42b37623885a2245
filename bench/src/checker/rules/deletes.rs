//! The outcomes of deletes, and what was deleted besides.

use std::collections::BTreeSet;

use ticket_sandbox::{Endpoint, Exchange, Fault, OddId, Vendor};
use tickets::provider::NotFound;
use tickets::{Operation, Outcome};

use super::super::plan::Plan;
use super::super::rule::{self, Lie};
use super::super::story::{Story, Told};
use super::super::tickets::Asked;
use super::each::one_outcome_each;

pub(super) fn check(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
    one_outcome_each(plan, story, &story.told, |_| true, lies);
    for told in &story.told {
        lies.extend(outcome(plan, story, told).map(|(rule, what)| {
            let Told { vendor, id, .. } = told;
            (
                rule,
                format!("{}:{id} is {}, but {what}", vendor.prefix(), told.word()),
            )
        }));
    }
    nothing_else_is_deleted(plan, story, lies);
    unasked_is_told(plan, story, lies);
}

/// The lie about one ticket.
fn outcome(plan: &Plan, story: &Story, told: &Told) -> Option<Lie> {
    let deletions = story
        .deletions()
        .filter(|one| *one == (told.vendor, told.id.as_str()));
    let deletions = deletions.count();
    let says = |rule, what: &str| Some((rule, what.to_owned()));
    match &told.outcome {
        Outcome::Done if told.exists => says(rule::DELETED, "it exists"),
        Outcome::Done if deletions == 0 => says(rule::BY_US, "no request deleted it"),
        Outcome::AlreadyDone if told.exists && !indistinguishable(story, told) => {
            says(rule::ALREADY_GONE, "it exists")
        }
        Outcome::NotFound(error) if told.exists => {
            if error.is_confirmed() {
                return (!indistinguishable(story, told))
                    .then(|| (rule::NOT_FOUND, "it exists".to_owned()));
            }
            if told.vendor == Vendor::Sweeppea && told.is_hidden {
                return None;
            }
            says(
                rule::VENDORS_WORD,
                "it exists, and the vendor did not say so",
            )
        }
        Outcome::NotFound(_) | Outcome::Failed(_) | Outcome::Unattempted(_) if deletions > 0 => {
            // The same id may be asked for twice.
            let others = story
                .told
                .iter()
                .filter(|other| (other.vendor, &other.id) == (told.vendor, &told.id));
            let by_another = others
                .filter(|other| other.key != told.key)
                .any(may_have_deleted);
            let by_reuse = plan.reuses_ids(told.vendor) && told.exists;
            if by_another || by_reuse || is_taken_along(plan, story, told) {
                return None;
            }
            let rule = match told.outcome {
                Outcome::NotFound(_) => rule::NOT_BY_US,
                Outcome::Failed(_) => rule::FAILED,
                _ => rule::UNATTEMPTED,
            };
            says(rule, "a request deleted it")
        }
        _ => None,
    }
}

fn may_have_deleted(told: &Told) -> bool {
    matches!(
        told.outcome,
        Outcome::Done | Outcome::AlreadyDone | Outcome::Unknown(_)
    )
}

/// Whether the delete of a ticket above may have taken this one along.
fn is_taken_along(plan: &Plan, story: &Story, told: &Told) -> bool {
    let above = |place: usize| plan.lineage(place).skip(1).collect::<Vec<_>>();
    let above = match plan.asked.get(told.key) {
        Some(Asked::Existing(place)) => above(*place),
        _ => Vec::new(),
    };
    let others = story.told.iter().filter(|other| may_have_deleted(other));
    let mut asked = others.filter_map(|other| plan.asked.get(other.key));
    asked.any(|asked| matches!(asked, Asked::Existing(place) if above.contains(place)))
}

/// Whether a gateway answered the read of a ticket at a vendor that documents no 404 of its own, so that nothing tells it
/// from the vendor: the control read passed afterwards, which is the proof that was agreed on, or the vendor itself had
/// answered the change just before.
pub(super) fn indistinguishable(story: &Story, told: &Told) -> bool {
    let proves = story
        .infos
        .iter()
        .find(|(vendor, _)| *vendor == told.vendor);
    let get = proves.and_then(|(_, info)| info.capabilities.support(Operation::Get));
    if get.is_none_or(|get| get.not_found != NotFound::Undocumented) {
        return false;
    }
    let is_success = |seen: &Exchange| seen.status.is_some_and(|status| status < 300);
    let of_vendor = |seen: &&Exchange| seen.vendor == Some(told.vendor);
    // Whether the last answer about the ticket was the vendor's to a change, and whether a gateway answered a later read.
    let (mut has_just_answered, mut is_by_gateway) = (false, false);
    for seen in story.journal.iter().filter(of_vendor) {
        if seen.endpoint == Some(Endpoint::List) {
            if is_by_gateway && is_success(seen) {
                return true;
            }
        } else if is_read_of(seen, told) {
            is_by_gateway |=
                seen.status == Some(404) && matches!(seen.fault, Some(Fault::Gateway(_)));
            if is_by_gateway && has_just_answered {
                return true;
            }
            has_just_answered = false;
        } else if seen.is_write && is_about(seen, told) {
            has_just_answered = is_success(seen);
        }
    }
    false
}

fn is_read_of(seen: &Exchange, told: &Told) -> bool {
    let path = seen.path.split('?').next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let id = name.strip_suffix(".json").unwrap_or(name);
    seen.method == "GET" && id == told.id
}

/// Whether a change names this ticket: in its path, or in the list of a batch.
fn is_about(seen: &Exchange, told: &Told) -> bool {
    seen.path.contains(&told.id) || String::from_utf8_lossy(&seen.body).contains(&told.id)
}

/// How many outcomes rest on a proof that a gateway can fake.
pub(in super::super) fn count_indistinguishable(story: &Story) -> usize {
    let gone = story
        .told
        .iter()
        .filter(|told| told.exists)
        .filter(|told| match &told.outcome {
            Outcome::AlreadyDone => true,
            Outcome::NotFound(error) => error.is_confirmed(),
            _ => false,
        });
    gone.filter(|told| indistinguishable(story, told)).count()
}

fn nothing_else_is_deleted(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
    let asked: BTreeSet<_> = plan
        .asked
        .iter()
        .map(|asked| plan.id(asked, &story.ids))
        .collect();
    let mut seen = BTreeSet::new();
    for one in story.deletions() {
        let (vendor, id) = (one.0.prefix(), one.1);
        let is_along = is_along(plan, story, one);
        if !asked.contains(&one) && !is_along {
            lies.push((rule::NOTHING_UNASKED, format!("{vendor}:{id} was deleted")));
        }
        let times = plan
            .asked
            .iter()
            .filter(|asked| plan.id(asked, &story.ids) == one)
            .count();
        let times = times + usize::from(is_along);
        if !seen.insert(one) && times < 2 {
            lies.push((rule::ANOTHER, format!("{vendor}:{id} was deleted twice")));
        }
    }
}

/// Whether a ticket above this one is asked for: with a ticket, the vendor deletes its subtasks.
fn is_along(plan: &Plan, story: &Story, deleted: (Vendor, &str)) -> bool {
    let mut places = story.ids.iter().zip(&plan.existing);
    let place = places.position(|(id, ticket)| (ticket.vendor, id.as_str()) == deleted);
    let above = place.map(|place| plan.lineage(place).skip(1));
    let is_asked = |above: usize| {
        let mut asked = plan.asked.iter();
        asked.any(|asked| matches!(asked, Asked::Existing(place) if *place == above))
    };
    above.is_some_and(|mut above| above.any(is_asked))
}

/// How many tickets were deleted that nobody named, with the ticket above them.
pub(in super::super) fn count_taken_along(plan: &Plan, story: &Story) -> usize {
    let is_asked = |deleted: (Vendor, &str)| {
        let mut asked = plan.asked.iter();
        asked.any(|asked| plan.id(asked, &story.ids) == deleted)
    };
    let others = story.deletions().filter(|deleted| !is_asked(*deleted));
    others
        .filter(|deleted| is_along(plan, story, *deleted))
        .count()
}

fn unasked_is_told(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
    // Where the vendor answers in time with a report, it is read.
    let is_lost = |vendor: Option<Vendor>| {
        let mut calls = story.calls.iter();
        calls.any(|call| call.is_lost && Some(call.vendor) == vendor)
    };
    // Where ids may lead elsewhere, a call that is abandoned may be several requests, and their answers are dropped.
    let is_abandoned = plan.stop.is_some_and(|stop| stop.abandons);
    let said = !is_abandoned
        && story.journal.iter().any(|seen| {
            seen.fault == Some(Fault::OddId(OddId::Unasked))
                && seen.status == Some(200)
                && seen.took_effect
                && !is_lost(seen.vendor)
        });
    if said && story.unasked.is_empty() {
        lies.push((
            rule::UNASKED_TOLD,
            "the vendor deleted 999999999, and nobody says so".to_owned(),
        ));
    }
}
