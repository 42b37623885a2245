//! The outcomes of restores, and what was restored besides. Nobody else restores tickets.

use ticket_sandbox::{Fault, Vendor};
use tickets::Outcome;

use super::super::plan::Plan;
use super::super::rule::{self, Lie};
use super::super::story::{Story, Told};
use super::deletes::indistinguishable;
use super::each::one_outcome_each;

pub(super) fn check(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
    let is_asked = |key: usize| {
        let asked = plan.asked.get(key);
        let vendor = asked.map(|asked| plan.id(asked, &story.ids).0);
        plan.restores && matches!(vendor, Some(Vendor::Rt | Vendor::Zendesk))
    };
    one_outcome_each(plan, story, &story.restored, is_asked, lies);
    for told in &story.restored {
        lies.extend(outcome(plan, story, told).map(|(rule, what)| {
            let vendor = told.vendor.prefix();
            (
                rule,
                format!("{vendor}:{} is {}, but {what}", told.id, told.word()),
            )
        }));
    }
    for (vendor, id) in &story.trash.restored {
        let mut asked = plan.asked.iter();
        if !asked.any(|asked| plan.id(asked, &story.ids) == (*vendor, id.as_str())) {
            let what = format!("{}:{id} was restored", vendor.prefix());
            lies.push((rule::NOTHING_ELSE_RESTORED, what));
        }
    }
}

/// The lie about one ticket. Where reads lag, the provider may see a ticket that is in the trash as it was before.
fn outcome(plan: &Plan, story: &Story, told: &Told) -> Option<(&'static str, &'static str)> {
    match &told.outcome {
        Outcome::Done | Outcome::AlreadyDone if told.in_trash && !plan.lags() => {
            Some((rule::RESTORED, "it is in the trash"))
        }
        Outcome::NotFound(error) if told.exists || told.in_trash => {
            if !error.is_confirmed() {
                return (!is_vendors_word(story, told)).then_some((
                    rule::VENDORS_WORD,
                    "it is there, and neither the vendor said that nor a read confirmed it",
                ));
            }
            (!indistinguishable(story, told)).then_some((rule::NOT_FOUND, "it is there"))
        }
        Outcome::Failed(_) | Outcome::Unattempted(_) => {
            let mut restored = story.trash.restored.iter();
            let is_restored = restored.any(|one| *one == (told.vendor, told.id.clone()));
            // The same id may be asked for twice.
            let others = story.restored.iter().filter(|other| other.id == told.id);
            let by_another = others.filter(|other| other.key != told.key).any(|other| {
                matches!(
                    other.outcome,
                    Outcome::Done | Outcome::AlreadyDone | Outcome::Unknown(_)
                )
            });
            (is_restored && !by_another).then_some((rule::NOT_RESTORED, "it was restored"))
        }
        _ => None,
    }
}

/// Whether the vendor itself answered a restore of this ticket with 404. It does so to the second of two.
fn is_vendors_word(story: &Story, told: &Told) -> bool {
    let restore = match told.vendor {
        Vendor::Zendesk => format!("/deleted_tickets/{}/restore", told.id),
        _ => format!("/ticket/{}", told.id),
    };
    let mut answers = story.journal.iter().filter(|seen| {
        seen.vendor == Some(told.vendor) && seen.method == "PUT" && seen.path.ends_with(&restore)
    });
    answers.any(|seen| seen.status == Some(404) && !matches!(seen.fault, Some(Fault::Gateway(_))))
}
