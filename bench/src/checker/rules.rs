//! What must be true of each story. Each rule returns the lies that it finds.

mod deletes;
mod limits;
mod others;
mod restores;
mod settled;

use std::collections::BTreeMap;

use super::plan::Plan;
use super::story::{Story, Told};

pub(super) use deletes::{count_indistinguishable, count_taken_along};
pub(super) use others::hidden_because;
pub(super) use settled::unsettled_because;

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
    pub(crate) const CONCURRENCY: &str = "no more calls at a time than the vendor takes";
    pub(crate) const ABANDONED: &str = "nothing is sent after an abandon";
    pub(crate) const RESTORED: &str = "restored means out of the trash";
    pub(crate) const NOT_RESTORED: &str = "what is not restored stays in the trash";
    pub(crate) const NOTHING_ELSE_RESTORED: &str = "nothing unasked is restored";
    pub(crate) const UPDATED: &str = "updated means changed";
    pub(crate) const NOT_UPDATED: &str = "failed changes nothing";
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
    deletes::check(plan, story, &mut lies);
    restores::check(plan, story, &mut lies);
    others::check(plan, story, &mut lies);
    limits::check(plan, story, &mut lies);
    settled::check(plan, story, &mut lies);
    lies
}

/// Whether each ticket that was asked for has one outcome.
fn one_outcome_each(
    plan: &Plan,
    story: &Story,
    all: &[Told],
    is_asked: impl Fn(usize) -> bool,
    lies: &mut Vec<Lie>,
) {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for told in all {
        *counts.entry(told.key).or_default() += 1;
        let asked = plan
            .asked
            .get(told.key)
            .map(|asked| plan.id(asked, &story.ids));
        if asked != Some((told.vendor, told.id.as_str())) {
            lies.push((
                rule::ONE_OUTCOME,
                format!("{asked:?} is answered as {}", told.id),
            ));
        }
    }
    for key in 0..plan.asked.len() {
        let count = counts.get(&key).copied().unwrap_or_default();
        if count != usize::from(is_asked(key)) {
            lies.push((
                rule::ONE_OUTCOME,
                format!("ticket {key} has {count} outcomes"),
            ));
        }
    }
}
