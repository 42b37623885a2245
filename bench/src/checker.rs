//! Checks seed by seed that what the library tells is true: the real providers, the standard stack and the facade's bulk
//! changes against the sandbox in this process, on a clock that nobody waits for.
//!
//! A seed and a rate of faults decide everything: tickets, modes, faults, what is asked and how. The same seed gives the
//! same calls and the same outcomes, so a failure is one number that anybody repeats.

mod accounts;
mod count;
mod faults;
mod flaw;
mod modes;
mod plan;
mod provider;
mod recorder;
mod rule;
mod rules;
mod run;
mod story;
mod tickets;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use accounts::provider;
pub use count::Counts;
pub use faults::{JOBS, every as every_fault};
pub use flaw::Flaw;
pub use plan::{Declared, PLANS};
pub use provider::Checked;
pub use rule::Lie;

use plan::Plan;

/// What came of one seed.
#[derive(Debug)]
pub struct Verdict {
    /// The seed.
    pub seed: u64,
    /// How many calls of 100 fail.
    pub rate: u32,
    /// What was told and is not true.
    pub lies: Vec<Lie>,
    /// For each plan, by its place in [`PLANS`], all outcomes and all calls as one number.
    pub fingerprints: Vec<u64>,
    /// How often each fault, mode and outcome occurred.
    pub counts: Counts,
    /// All calls and outcomes in lines; empty unless asked for.
    pub lines: Vec<String>,
}

/// Checks one seed: each of its plans. With `in_lines`, the verdict tells the whole story.
pub fn check(seed: u64, rate: u32, flaw: Option<Flaw>, in_lines: bool) -> Verdict {
    let mut verdict = Verdict {
        seed,
        rate,
        lies: Vec::new(),
        fingerprints: Vec::new(),
        counts: Counts::of_seed(),
        lines: Vec::new(),
    };
    for plan in Plan::draw(seed, rate) {
        let carried_out = catch_unwind(AssertUnwindSafe(|| run::carry_out(&plan, flaw)));
        let lie = match carried_out {
            Ok(Ok(story)) => {
                verdict.fingerprints.push(story.fingerprint());
                verdict.lies.extend(rules::lies(&plan, &story));
                verdict.counts.merge(Counts::of(&plan, &story));
                if in_lines {
                    verdict.lines.extend(story.lines());
                }
                continue;
            }
            Ok(Err(error)) => ("the run begins", error.to_string()),
            Err(_) => ("nothing panics", "the run panicked".to_owned()),
        };
        verdict.fingerprints.push(0);
        verdict.lies.push(lie);
    }
    verdict
}

/// The first of these seeds under which the rule that a flaw breaks finds it, with its rate and the lie.
pub fn first_seed(
    flaw: Flaw,
    seeds: impl IntoIterator<Item = u64>,
    rates: &[u32],
) -> Option<(u64, u32, Lie)> {
    for seed in seeds {
        for rate in rates {
            let verdict = check(seed, *rate, Some(flaw), false);
            let mut lies = verdict.lies.into_iter();
            if let Some(lie) = lies.find(|(rule, _)| flaw.rules().contains(rule)) {
                return Some((seed, *rate, lie));
            }
            if flaw == Flaw::JitterIsNotSeeded
                && check(seed, *rate, Some(flaw), false).fingerprints != verdict.fingerprints
            {
                let what = "two runs differ".to_owned();
                return Some((seed, *rate, (rule::TWICE, what)));
            }
        }
    }
    None
}
