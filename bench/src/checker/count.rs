//! How often each fault, mode and outcome occurred.

use std::collections::BTreeMap;

use fastrand::Rng;
use ticket_sandbox::{Endpoint, Fault, Vendor};
use tickets::Outcome;

use super::modes::MODES;
use super::plan::Plan;
use super::story::Story;
use super::{faults, rules};

/// The words of a bulk delete.
const DELETED: [&str; 6] = [
    "deleted",
    "already_gone",
    "not_found",
    "failed",
    "unknown",
    "unattempted",
];

/// The words of a bulk restore.
const RESTORED: [&str; 6] = [
    "restored",
    "already_restored",
    "not_found",
    "failed",
    "unknown",
    "unattempted",
];

const UPDATED: [&str; 3] = ["changed", "failed, nothing changed", "unknown"];

/// The vendors that are counted apart: each must have had every fault and outcome.
const APART: [Vendor; 3] = [Vendor::Rt, Vendor::Redmine, Vendor::Zendesk];

/// The kinds of counts of one vendor.
fn kinds(vendor: Vendor) -> (&'static str, &'static str) {
    match vendor {
        Vendor::Rt => ("fault at rt", "outcome at rt"),
        Vendor::Redmine => ("fault at redmine", "outcome at redmine"),
        Vendor::Zendesk => ("fault at zendesk", "outcome at zendesk"),
        _ => ("fault", "outcome"),
    }
}

const JOB_ASKED: &str = "what came of accepted work was asked";

const TAKEN_ALONG: &str = "a subtask was deleted with the ticket above";

/// How often each thing occurred, by its kind and name.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    by_name: BTreeMap<(&'static str, String), u64>,
}

impl Counts {
    /// Of one seed, before anything occurred.
    pub(super) fn of_seed() -> Self {
        let mut counts = Self::default();
        counts.add("run", "seeds", 1);
        counts
    }

    pub(super) fn of(plan: &Plan, story: &Story) -> Self {
        let mut counts = Self::default();
        counts.add("run", "calls", story.calls.len());
        for mode in &plan.modes {
            counts.add("mode", mode, 1);
        }
        for seen in &story.journal {
            if let Some(fault) = &seen.fault {
                let name = faults::name(fault);
                counts.add("fault", &name, 1);
                let vendor = seen.vendor.filter(|vendor| APART.contains(vendor));
                if let Some(vendor) = vendor {
                    counts.add(kinds(vendor).0, &name, 1);
                }
            }
        }
        for told in &story.told {
            counts.add("outcome", told.word(), 1);
            if APART.contains(&told.vendor) {
                counts.add(kinds(told.vendor).1, told.word(), 1);
            }
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
        for told in &story.restored {
            counts.add("restore", told.word(), 1);
        }
        for updated in &story.updated {
            let [changed, failed, unknown] = UPDATED;
            let word = match updated.result {
                Ok(()) => changed,
                Err((false, _)) => failed,
                Err((true, _)) => unknown,
            };
            counts.add("update", word, 1);
        }
        let journal = story.journal.iter();
        let asked = journal.filter(|seen| seen.endpoint == Some(Endpoint::Job));
        counts.add("detail", JOB_ASKED, asked.count());
        counts.add("unasked", "told", story.unasked.len());
        counts.add("detail", TAKEN_ALONG, rules::count_taken_along(plan, story));
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

    /// The faults, modes and outcomes that never occurred. The vendors of the later plans must have had each fault and
    /// outcome too.
    pub fn missing(&self) -> Vec<String> {
        let merged = "ticket merged_into".to_owned();
        let faults = faults::every(&mut Rng::with_seed(0));
        let jobs = faults::JOBS.map(Fault::Job);
        let faults = faults.iter().chain(&jobs).map(faults::name);
        let faults: Vec<_> = faults.chain([merged]).collect();
        let of_all = faults.iter().map(|fault| ("fault", fault.clone()));
        let mut expected: Vec<(&str, String)> = of_all.collect();
        let named = [
            ("mode", MODES.as_slice()),
            ("outcome", &DELETED),
            ("restore", &RESTORED),
            ("update", &UPDATED),
            ("detail", &[TAKEN_ALONG, JOB_ASKED]),
        ];
        for (kind, names) in named {
            expected.extend(names.iter().map(|name| (kind, (*name).to_owned())));
        }
        for vendor in APART {
            let (fault, outcome) = kinds(vendor);
            let concerned = faults.iter().filter(|name| faults::concerns(vendor, name));
            expected.extend(concerned.map(|name| (fault, name.clone())));
            expected.extend(DELETED.map(|word| (outcome, word.to_owned())));
        }
        let missing = expected
            .into_iter()
            .filter(|(kind, name)| self.get(kind, name) == 0);
        missing
            .map(|(kind, name)| format!("{kind} {name}"))
            .collect()
    }
}
