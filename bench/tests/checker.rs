//! The checker over some thousands of seeds, over the seeds that once failed, and with each planted lie.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::collections::BTreeSet;
use std::thread;

use ticket_bench::checker::{Counts, Flaw, check, first_seed};

const RATES: [u32; 3] = [5, 20, 50];

/// Enough that every fault, mode and outcome occurs, and few enough for a build without optimisation.
const SEEDS: u64 = 700;

/// Within so many seeds each planted lie is found.
const SEEDS_OF_FLAWS: u64 = 500;

/// Where the search for a planted lie begins that no early seed finds. After `SEEDS_OF_FLAWS` it goes on from 1, so that
/// another `Plan::draw` makes it slower and not wrong.
const FOUND_LATE: [(Flaw, u64); 6] = [
    (Flaw::RestoresMergeTarget, 172),
    (Flaw::RepeatsAtRedmine, 83),
    (Flaw::RepeatsWithReusedIds, 83),
    (Flaw::LostJobIsDone, 66),
    (Flaw::IgnoresConcurrency, 57),
    (Flaw::ReadIsOfAnother, 36),
];

/// Seeds and rates that once failed, each with what was wrong then. They mean the same as long as `Plan::draw` draws the
/// same.
const ONCE_FAILED: [(u64, u32); 57] = [
    // A merged id was deleted although a gateway's 404 had answered the read before.
    (6, 20),
    (100, 5),
    (152, 20),
    (215, 50),
    (289, 20),
    (379, 20),
    // What was accepted for later, or had another ticket's id by then, was told as failed after two reads; the refusal of
    // a batch hid the unknown effect of its parts.
    (33, 5),
    (38, 20),
    (76, 50),
    (143, 50),
    (150, 5),
    (177, 5),
    (190, 50),
    (263, 50),
    (275, 20),
    (363, 50),
    (399, 50),
    // A refused repeat hid that the first attempt was accepted.
    (2022, 50),
    // Rows that came twice, in one page or pages apart, hid others, and so did totals that fell or were below the rows.
    (40, 20),
    (197, 50),
    (294, 50),
    (5810, 50),
    (5968, 50),
    // A page in another order while tickets were filed; a row repeated in the place of one that moved.
    (46_407, 50),
    (95_054, 50),
    (765, 50),
    (2362, 50),
    // A stop woke the accounts in random order.
    (49, 50),
    (85, 20),
    (131, 20),
    (184, 50),
    (226, 50),
    (290, 5),
    // At RT, a gateway's 404 to a restore was told as not found.
    (28, 20),
    (79, 50),
    // A ticket in the trash whose status could not be read was told as restored.
    (19, 50),
    (152, 20),
    // A list whose next page had an unreadable address ended there.
    (68, 20),
    // Redmine's update was told as dropped where its result could not be read.
    (105, 20),
    (592, 5),
    // A page in reverse order hid what is below its highest id.
    (67784, 50),
    // What a job did not find was told as not found, although an attempt before it, whose answer was lost, had deleted it.
    (33_141, 50),
    (93_433, 50),
    // The rules did not know that the second restore of a ticket is answered with 404, and that a look may be lost or
    // refused, or its control read.
    (17_229, 5),
    (1112, 20),
    (3940, 50),
    (27_610, 50),
    (33_096, 50),
    (37_545, 50),
    (50_456, 50),
    (54_282, 50),
    (58_366, 50),
    (58_439, 50),
    (69_388, 50),
    (18_763, 50),
    (56_028, 50),
    (95_796, 50),
];

/// Runs `work` for each item, on as many threads as there are processors.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let part = items.len().div_ceil(threads).max(1);
    let work = &work;
    thread::scope(|scope| {
        let parts = items.chunks(part);
        let started: Vec<_> = parts
            .map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>()))
            .collect();
        let joined = started.into_iter().map(|part| part.join().unwrap());
        joined.flatten().collect()
    })
}

#[test]
fn no_outcome_lies_and_everything_occurs() {
    let seeds: Vec<u64> = (1..=SEEDS).collect();
    let found = in_parallel(&seeds, |seed| {
        let (mut counts, mut lies) = (Counts::default(), Vec::new());
        for rate in RATES {
            let verdict = check(*seed, rate, None, false);
            counts.merge(verdict.counts);
            let told = verdict.lies.into_iter();
            lies.extend(
                told.map(|(rule, what)| format!("--seed {seed} --rate {rate}: {rule}: {what}")),
            );
        }
        (counts, lies)
    });
    let (mut counts, mut lies) = (Counts::default(), Vec::new());
    for (counted, told) in found {
        counts.merge(counted);
        lies.extend(told);
    }
    assert!(lies.is_empty(), "{lies:#?}");
    assert_eq!(counts.missing(), Vec::<String>::new(), "never occurred");
}

#[test]
fn the_same_seed_gives_the_same_calls_and_outcomes() {
    let seeds: Vec<u64> = (1..=SEEDS / 14).collect();
    let unequal = in_parallel(&seeds, |seed| {
        let differs = |rate: &u32| {
            let first = check(*seed, *rate, None, true);
            let second = check(*seed, *rate, None, true);
            (first.fingerprints, first.lines) != (second.fingerprints, second.lines)
        };
        RATES
            .into_iter()
            .filter(differs)
            .map(|rate| (*seed, rate))
            .collect::<Vec<_>>()
    });
    let unequal: Vec<_> = unequal.into_iter().flatten().collect();
    assert!(unequal.is_empty(), "{unequal:?}");
}

#[test]
fn seeds_that_once_failed_stay_right() {
    for (seed, rate) in ONCE_FAILED {
        let verdict = check(seed, rate, None, false);
        assert!(
            verdict.lies.is_empty(),
            "--seed {seed} --rate {rate}: {:#?}",
            verdict.lies
        );
        let again = check(seed, rate, None, false);
        assert_eq!(
            verdict.fingerprints, again.fingerprints,
            "--seed {seed} --rate {rate}"
        );
    }
}

#[test]
fn each_planted_lie_is_found() {
    let found = in_parallel(&Flaw::ALL, |flaw| {
        let late = FOUND_LATE.iter().find(|(late, _)| late == flaw);
        let begin = late.map_or(1, |(_, seed)| *seed);
        let seeds = (begin..=SEEDS_OF_FLAWS).chain(1..begin);
        let first = first_seed(*flaw, seeds, &RATES);
        println!("{flaw:?}: {first:?}");
        first.is_some().then_some(*flaw)
    });
    let found: BTreeSet<_> = found.into_iter().flatten().collect();
    let missing: Vec<_> = Flaw::ALL
        .iter()
        .filter(|flaw| !found.contains(flaw))
        .collect();
    assert!(
        missing.is_empty(),
        "not found within {SEEDS_OF_FLAWS} seeds: {missing:?}"
    );
}
