//! The faults that wait for a request.

use fastrand::Rng;
use ticket_conformance::{Fault, FaultTarget};

/// How often a fault hits the requests of its [`FaultTarget`], counted from when it is injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Frequency {
    /// The n-th request, once. 1 is the next one.
    Nth(usize),
    /// Each request with this probability, until the fault is withdrawn. The same seed hits the same requests.
    Percent {
        /// 0 to 100.
        percent: u8,
        /// The seed.
        seed: u64,
    },
}

/// A fault that waits for its request.
#[derive(Debug)]
pub(super) struct Injected {
    fault: Fault,
    target: FaultTarget,
    hits: Hits,
}

#[derive(Debug)]
enum Hits {
    /// After this many other requests.
    After(usize),
    Randomly {
        percent: u8,
        random: Rng,
    },
}

impl Injected {
    pub(super) fn new(fault: Fault, target: FaultTarget, frequency: Frequency) -> Self {
        let hits = match frequency {
            Frequency::Nth(number) => Hits::After(number.saturating_sub(1)),
            Frequency::Percent { percent, seed } => Hits::Randomly {
                percent,
                random: Rng::with_seed(seed),
            },
        };
        Self {
            fault,
            target,
            hits,
        }
    }
}

/// The fault that hits this request: the first of those that do. All are told of the request, so that each counts and
/// draws as if it were alone. One that hits once is removed.
pub(super) fn take(waiting: &mut Vec<Injected>, is_write: bool) -> Option<Fault> {
    let mut hit = None;
    waiting.retain_mut(|injected| {
        if !injected.target.is_hit_by(is_write) {
            return true;
        }
        let (is_hit, stays) = match &mut injected.hits {
            Hits::After(0) => (true, hit.is_some()),
            Hits::After(others) => {
                *others -= 1;
                (false, true)
            }
            Hits::Randomly { percent, random } => (random.u8(0..100) < *percent, true),
        };
        if is_hit && hit.is_none() {
            hit = Some(injected.fault.clone());
        }
        stays
    });
    hit
}
