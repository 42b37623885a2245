//! How often each fault, mode and outcome occurred.

use std::collections::BTreeMap;

use fastrand::Rng;
use tickets::Outcome;

use super::modes::MODES;
use super::plan::Plan;
use super::story::Story;
use super::{faults, rules};

/// The words of a bulk delete.
const WORDS: [&str; 6] = [
    "deleted",
    "already_gone",
    "not_found",
    "failed",
    "unknown",
    "unattempted",
];

/// How often each thing occurred, by its kind and name.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    by_name: BTreeMap<(&'static str, String), u64>,
}

impl Counts {
    pub(super) fn of(plan: &Plan, story: &Story) -> Self {
        let mut counts = Self::default();
        counts.add("run", "seeds", 1);
        counts.add("run", "calls", story.calls.len());
        for mode in &plan.modes {
            counts.add("mode", mode, 1);
        }
        for seen in &story.journal {
            if let Some(fault) = &seen.fault {
                counts.add("fault", &faults::name(fault), 1);
            }
        }
        for told in &story.told {
            counts.add("outcome", told.word(), 1);
            if let Some(why) = rules::unsettled_because(plan, story, told) {
                counts.add("unknown", &format!("a later read settles it; {why}"), 1);
            }
            if let Outcome::NotFound(error) = &told.outcome {
                counts.add(
                    "detail",
                    if error.is_confirmed() {
                        "not_found, confirmed"
                    } else {
                        "not_found, the vendor's word"
                    },
                    1,
                );
            }
        }
        counts.add(
            "detail",
            "gone by a gateway's word",
            rules::count_indistinguishable(story),
        );
        for listed in &story.listed {
            if let Some(why) = rules::hidden_because(story, listed) {
                counts.add("list", &format!("lacks rows, {why}"), 1);
            }
            counts.add(
                "list",
                if listed.failed.is_none() {
                    "complete"
                } else {
                    "not complete, and says so"
                },
                1,
            );
        }
        for read in &story.reads {
            counts.add(
                "read",
                if read.result.is_ok() {
                    "answered"
                } else {
                    "failed"
                },
                1,
            );
        }
        for filed in &story.filed {
            let word = match filed.result {
                Ok(_) => "created",
                Err((false, _)) => "failed, nothing created",
                Err((true, _)) => "unknown",
            };
            counts.add("create", word, 1);
        }
        counts.add("unasked", "told", story.unasked.len());
        counts
    }

    fn add(&mut self, kind: &'static str, name: &str, number: impl TryInto<u64>) {
        let number = number.try_into().unwrap_or(u64::MAX);
        *self.by_name.entry((kind, name.to_owned())).or_default() += number;
    }

    /// Adds other counts to these.
    pub fn merge(&mut self, other: Self) {
        for (name, count) in other.by_name {
            *self.by_name.entry(name).or_default() += count;
        }
    }

    /// How often this occurred.
    pub fn get(&self, kind: &'static str, name: &str) -> u64 {
        let count = self.by_name.get(&(kind, name.to_owned()));
        count.copied().unwrap_or_default()
    }

    /// All counts: kind, name, number.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str, u64)> {
        let counts = self.by_name.iter();
        counts.map(|((kind, name), count)| (*kind, name.as_str(), *count))
    }

    /// The faults, modes and outcomes that never occurred.
    pub fn missing(&self) -> Vec<String> {
        let faults = faults::every(&mut Rng::with_seed(0));
        let faults = faults.iter().map(|fault| ("fault", faults::name(fault)));
        let merged = [("fault", "ticket merged_into".to_owned())];
        let modes = MODES.map(|mode| ("mode", mode.to_owned()));
        let words = WORDS.map(|word| ("outcome", word.to_owned()));
        let expected = faults.chain(merged).chain(modes).chain(words);
        let missing = expected.filter(|(kind, name)| self.get(kind, name) == 0);
        missing
            .map(|(kind, name)| format!("{kind} {name}"))
            .collect()
    }
}
