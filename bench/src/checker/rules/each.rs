//! One outcome for each ticket.

use std::collections::BTreeMap;

use super::super::plan::Plan;
use super::super::rule::{self, Lie};
use super::super::story::{Story, Told};

/// Whether each ticket that was asked for has one outcome.
pub(super) fn one_outcome_each(
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
