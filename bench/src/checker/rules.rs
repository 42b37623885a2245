//! What must be true of each story. Each rule returns the lies that it finds.

use std::collections::{BTreeMap, BTreeSet};

use ticket_sandbox::{Endpoint, Fault, OddId, Vendor};
use tickets::Outcome;
use tickets::provider::NotFound;
use tickets::{Effect, Error, ErrorKind, Operation, ProviderInfo};

use super::plan::{Asked, How, Plan};
use super::story::{Listed, Story, Told};

/// The names of the rules.
pub(super) mod rule {
    pub(crate) const ONE_OUTCOME: &str = "one outcome each";
    pub(crate) const DELETED: &str = "deleted means gone";
    pub(crate) const BY_US: &str = "deleted means deleted by us";
    pub(crate) const ALREADY_GONE: &str = "already_gone means gone";
    pub(crate) const NOT_FOUND: &str = "not_found means gone";
    pub(crate) const VENDORS_WORD: &str = "not_found is the vendor's word";
    pub(crate) const FAILED: &str = "failed means nothing happened";
    pub(crate) const UNATTEMPTED: &str = "unattempted means nothing happened";
    pub(crate) const NOTHING_UNASKED: &str = "nothing unasked is deleted";
    pub(crate) const ANOTHER: &str = "never another ticket";
    pub(crate) const UNASKED_TOLD: &str = "unasked is told";
    pub(crate) const LIST: &str = "a complete list is whole";
    pub(crate) const READ: &str = "a read is of the ticket";
    pub(crate) const CREATED_ONCE: &str = "created once";
    pub(crate) const CREATED_ID: &str = "created means this id";
    pub(crate) const NOT_CREATED: &str = "failed creates nothing";
    pub(crate) const WINDOWS: &str = "windows are kept";
    pub(crate) const QUOTA: &str = "the vendor never refuses for the quota";
    pub(crate) const CONCURRENCY: &str = "one call at a time";
    pub(crate) const SETTLED: &str = "unknown only if no look tells";
    pub(crate) const TWICE: &str = "the same twice";
}

/// What a rule found: its name, and what is not true.
pub type Lie = (&'static str, String);

/// All lies of a story.
pub(super) fn lies(plan: &Plan, story: &Story) -> Vec<Lie> {
    let mut lies = Vec::new();
    if story.hangs {
        lies.push(("hangs", "the run did not end".to_owned()));
        return lies;
    }
    one_outcome_each(plan, story, &mut lies);
    for told in &story.told {
        lies.extend(outcome(plan, story, told).map(|(rule, what)| {
            let Told { vendor, id, .. } = told;
            (
                rule,
                format!("{}:{id} is {}, but {what}", vendor.prefix(), told.word()),
            )
        }));
    }
    nothing_else_is_deleted(plan, story, &mut lies);
    unasked_is_told(plan, story, &mut lies);
    lists_are_whole(story, &mut lies);
    reads_are_of_the_ticket(plan, story, &mut lies);
    created_once(story, &mut lies);
    quotas_are_kept(plan, story, &mut lies);
    unknown_is_settled(plan, story, &mut lies);
    lies
}

fn one_outcome_each(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for told in &story.told {
        *counts.entry(told.key).or_default() += 1;
        let asked = plan
            .asked
            .get(told.key)
            .map(|asked| plan.id(asked, &story.ids));
        if asked != Some((told.vendor, told.id.as_str())) {
            lies.push((
                rule::ONE_OUTCOME,
                format!("{:?} is answered as {}", asked, told.id),
            ));
        }
    }
    for key in 0..plan.asked.len() {
        let count = counts.get(&key).copied().unwrap_or_default();
        if count != 1 {
            lies.push((
                rule::ONE_OUTCOME,
                format!("ticket {key} has {count} outcomes"),
            ));
        }
    }
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
        Outcome::Failed(_) | Outcome::Unattempted(_) if deletions > 0 => {
            // The same id may be asked for twice.
            let others = story
                .told
                .iter()
                .filter(|other| (other.vendor, &other.id) == (told.vendor, &told.id));
            let by_another = others.filter(|other| other.key != told.key).any(|other| {
                matches!(
                    other.outcome,
                    Outcome::Done | Outcome::AlreadyDone | Outcome::Unknown(_)
                )
            });
            let by_reuse = !plan.declared.never_reuses_ids && told.exists;
            if by_another || by_reuse {
                return None;
            }
            match told.outcome {
                Outcome::Failed(_) => says(rule::FAILED, "a request deleted it"),
                _ => says(rule::UNATTEMPTED, "a request deleted it"),
            }
        }
        _ => None,
    }
}

/// Whether a gateway answered both the delete and the read of a vendor that documents no 404 of its own. That its
/// control read passed in between is the proof that was agreed on.
fn indistinguishable(story: &Story, told: &Told) -> bool {
    let proves = story
        .infos
        .iter()
        .find(|(vendor, _)| *vendor == told.vendor);
    let get = proves.and_then(|(_, info)| info.capabilities.support(Operation::Get));
    if get.is_none_or(|get| get.not_found != NotFound::Undocumented) {
        return false;
    }
    let suffix = format!("/{}", told.id);
    story.journal.iter().any(|seen| {
        let is_read = seen.method == "GET" && seen.path.ends_with(&suffix);
        is_read && seen.status == Some(404) && matches!(seen.fault, Some(Fault::Gateway(_)))
    })
}

/// How many outcomes rest on a proof that a gateway can fake.
pub(super) fn count_indistinguishable(story: &Story) -> usize {
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
        if !asked.contains(&one) {
            lies.push((rule::NOTHING_UNASKED, format!("{vendor}:{id} was deleted")));
        }
        let times = plan
            .asked
            .iter()
            .filter(|asked| plan.id(asked, &story.ids) == one)
            .count();
        if !seen.insert(one) && times < 2 {
            lies.push((rule::ANOTHER, format!("{vendor}:{id} was deleted twice")));
        }
    }
}

fn unasked_is_told(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
    // Where the vendor answers in time with a report, it is read.
    let is_lost = story
        .calls
        .iter()
        .any(|call| call.is_lost && call.vendor == Vendor::LeadSquared);
    // Where ids may lead elsewhere, a call that is abandoned may be several requests, and their answers are dropped.
    let is_abandoned = plan.stop.is_some_and(|stop| stop.abandons);
    let said = !is_lost
        && !is_abandoned
        && story.journal.iter().any(|seen| {
            seen.fault == Some(Fault::OddId(OddId::Unasked))
                && seen.status == Some(200)
                && seen.took_effect
        });
    if said && story.unasked.is_empty() {
        lies.push((
            rule::UNASKED_TOLD,
            "the vendor deleted 999999999, and nobody says so".to_owned(),
        ));
    }
}

/// Why a list cannot know that it lacks rows. OneCloud's pages overlap by a row, so that its lists know.
///
/// Sweeppea's pages have numbers and a fixed size, so that they cannot overlap: where a removed ticket or another order
/// moves a row to a page that was already read, only the total tells. It does not if as many were filed, or if it is
/// wrong.
pub(super) fn hidden_because(story: &Story, listed: &Listed) -> Option<&'static str> {
    let is_silent = listed.failed.is_none() && !listed.missing.is_empty();
    if !is_silent || listed.vendor != Vendor::Sweeppea {
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
            || !plan.declared.never_reuses_ids;
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

fn quotas_are_kept(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
    for (vendor, quota) in &plan.quotas {
        let calls: Vec<_> = story
            .calls
            .iter()
            .filter(|call| call.vendor == *vendor)
            .collect();
        let most = usize::try_from(quota.calls).unwrap_or(usize::MAX);
        let too_many = calls.windows(most + 1).find_map(|window| {
            let (first, last) = (window.first()?, window.last()?);
            let within = last.began.saturating_sub(first.began);
            (within < quota.window).then(|| {
                format!(
                    "{} calls at {} in {within:?}",
                    window.len(),
                    vendor.prefix()
                )
            })
        });
        lies.extend(too_many.map(|what| (rule::WINDOWS, what)));
        let refused = story.journal.iter().find(|seen| {
            seen.vendor == Some(*vendor) && seen.status == Some(429) && seen.fault.is_none()
        });
        lies.extend(refused.map(|seen| (rule::QUOTA, format!("{} was answered 429", seen.path))));
    }
    let sweeppea: Vec<_> = story
        .calls
        .iter()
        .filter(|call| call.vendor == Vendor::Sweeppea)
        .collect();
    for (place, call) in sweeppea.iter().enumerate() {
        let later = sweeppea.iter().skip(place + 1);
        let overlapping = later
            .filter(|later| later.endpoint == call.endpoint)
            .find(|later| call.ended.is_none_or(|ended| later.began < ended));
        if overlapping.is_some() {
            lies.push((
                rule::CONCURRENCY,
                format!("two calls of {} at sweeppea", call.endpoint),
            ));
            break;
        }
    }
}

/// No reason why a look did not settle an outcome: then it is a lie.
const NO_REASON: &str = "no reason is known";

fn unknown_is_settled(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
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
pub(super) fn unsettled_because(plan: &Plan, story: &Story, told: &Told) -> Option<&'static str> {
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
    if !info.never_reuses_ids {
        return Some("another ticket may have its id");
    }
    // A read that finds the ticket proves nothing about a request that may still be on its way, nor where another one
    // may have its id.
    if told.exists {
        return Some("it was there when this was told");
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
    let mut others = story
        .told
        .iter()
        .filter(|other| other.vendor == told.vendor);
    let has_ended = others.any(|other| match &other.outcome {
        Outcome::Unattempted(_) => true,
        outcome => outcome.error().is_some_and(is_of_the_account),
    });
    if has_ended || is_out_of_reach(story, told.vendor) {
        return Some("the account had ended");
    }
    let mut others = story
        .told
        .iter()
        .filter(|other| other.vendor == told.vendor);
    let has_success = others.any(|other| match &other.outcome {
        Outcome::Done | Outcome::AlreadyDone | Outcome::NotFound(_) => true,
        outcome => outcome.error().is_some_and(|error| {
            error.effect() == Effect::None
                && error.status().is_some()
                && error.kind() != ErrorKind::NotFound
        }),
    });
    if !has_success {
        return Some("no call had succeeded within a minute");
    }
    // No read shows what is carried out later than the looks, or is shown later. Where the vendor says that it accepted
    // the change, it is looked at for longer than the sandbox takes.
    let is_for_later = error
        .status()
        .is_some_and(|status| (201..300).contains(&status));
    let lags = plan
        .faults
        .iter()
        .any(|fault| matches!(fault, Fault::LaggingReads(_)))
        || plan.modes.contains(&"reads always lag");
    let defers = plan
        .faults
        .iter()
        .any(|fault| matches!(fault, Fault::AcceptedForLater { .. }))
        || plan
            .modes
            .contains(&"deletes are always accepted for later");
    if lags || (defers && !is_for_later) {
        return Some("reads lagged, or it was done later than the looks");
    }
    Some(NO_REASON)
}

/// Whether a call failed for the account as a whole.
fn is_of_the_account(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unauthenticated | ErrorKind::TokenExpired | ErrorKind::QuotaExhausted
    )
}

/// Whether the vendor took no more calls of the account: its quota was used up, its credentials were refused, or
/// somebody else answered five times in a row. A request that was only accepted counts as the read after it.
fn is_out_of_reach(story: &Story, vendor: Vendor) -> bool {
    let mut strangers = 0;
    for seen in story
        .journal
        .iter()
        .filter(|seen| seen.vendor == Some(vendor))
    {
        match seen.fault {
            _ if seen.status == Some(401) => return true,
            Some(Fault::Gateway(_) | Fault::HtmlPage { .. } | Fault::Reply { .. }) => {
                strangers += 1;
            }
            Some(Fault::AcceptedForLater { .. } | Fault::AcceptedNotDone(_)) => {}
            _ if matches!(seen.endpoint, Some(Endpoint::Get | Endpoint::Delete)) => strangers = 0,
            _ => {}
        }
        if strangers >= 5 {
            return true;
        }
    }
    false
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
