//! Counts over time, in at most so many times of equal length, however long it all took.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use ticket_core::provider::{Limit, Quota};

use super::model::{CallsThen, LimitUse, Series};
use crate::model::JobCall;

/// The longest row of times.
const MOST: i64 = 120;

/// How long a time may be, in seconds. Each length is a multiple of the one before it.
const LENGTHS: [i64; 15] = [
    1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_419_200,
];

/// Values of times that can be put together.
pub(super) trait Merge: Default {
    fn merge(&mut self, other: Self);
}

impl Merge for BTreeMap<String, u64> {
    fn merge(&mut self, other: Self) {
        for (name, count) in other {
            *self.entry(name).or_default() += count;
        }
    }
}

impl Merge for CallsThen {
    fn merge(&mut self, other: Self) {
        self.calls += other.calls;
        self.used_percent = self.used_percent.max(other.used_percent);
    }
}

/// Values over time. The times get longer as the whole does.
#[derive(Clone, Debug)]
pub(super) struct Times<T> {
    /// The index in [`LENGTHS`].
    length: usize,
    values: BTreeMap<i64, T>,
}

impl<T> Default for Times<T> {
    fn default() -> Self {
        Self {
            length: 0,
            values: BTreeMap::new(),
        }
    }
}

impl<T: Merge> Times<T> {
    /// The value of the time to which this belongs.
    pub(super) fn at(&mut self, at: Timestamp) -> &mut T {
        let time = |length: i64| at.as_second().div_euclid(length);
        loop {
            let index = time(self.seconds());
            let first = self.values.keys().next().map_or(index, |first| *first);
            let last = self.values.keys().next_back().map_or(index, |last| *last);
            if last.max(index) - first.min(index) < MOST || self.length + 1 >= LENGTHS.len() {
                return self.values.entry(index).or_default();
            }
            let before = self.seconds();
            self.length += 1;
            let factor = self.seconds() / before;
            for (index, value) in std::mem::take(&mut self.values) {
                let index = index.div_euclid(factor);
                self.values.entry(index).or_default().merge(value);
            }
        }
    }

    fn seconds(&self) -> i64 {
        LENGTHS.get(self.length).copied().unwrap_or(i64::MAX)
    }

    pub(super) fn finish(self) -> Series<T> {
        let seconds = self.seconds();
        let at = |index: i64| Timestamp::from_second(index.saturating_mul(seconds));
        let buckets = self.values.into_iter();
        Series {
            bucket_s: seconds.unsigned_abs(),
            buckets: buckets
                .filter_map(|(index, value)| Some((at(index).ok()?, value)))
                .collect(),
        }
    }
}

/// The calls of one account: how many over time, and how much of each limit their requests used at most.
#[derive(Debug, Default)]
pub(super) struct Use {
    pub(super) calls: u64,
    pub(super) times: Times<CallsThen>,
    windows: Vec<Window>,
}

/// A window of a limit, and when the calls that still count in it ended, with the requests of each.
#[derive(Debug)]
struct Window {
    limit: Limit,
    quota: Quota,
    ends: VecDeque<(Timestamp, u64)>,
    most: u64,
}

impl Use {
    pub(super) fn new(limits: &[Limit]) -> Self {
        let windows = limits.iter().flat_map(|limit| {
            let quotas = limit.windows.iter();
            quotas.map(|quota| Window {
                limit: limit.clone(),
                quota: *quota,
                ends: VecDeque::new(),
                most: 0,
            })
        });
        Self {
            windows: windows.collect(),
            ..Self::default()
        }
    }

    /// Adds a call. Calls come in the order in which they were recorded.
    pub(super) fn push(&mut self, call: &JobCall) {
        self.calls += 1;
        let end = call.ended_at.unwrap_or(call.expires_at);
        let windows = self.windows.iter_mut();
        let covering = windows.filter(|window| window.limit.covers(call.operation));
        let used = covering.map(|window| window.push(call, end));
        let used = used.max().unwrap_or(0);
        self.times.at(call.taken_at).merge(CallsThen {
            calls: 1,
            used_percent: used,
        });
    }

    pub(super) fn limits(&self) -> Vec<LimitUse> {
        let windows = self.windows.iter();
        windows
            .map(|window| LimitUse {
                limit: window.quota.to_string(),
                allowed: window.quota.calls.into(),
                window_ms: millis(window.quota.window),
                most: window.most,
            })
            .collect()
    }
}

impl Window {
    /// Adds a call. Returns how much of the window is used, in percent.
    fn push(&mut self, call: &JobCall, end: Timestamp) -> u64 {
        // The rule of the ledger: the requests of a call count while its end is later than `now - window`.
        let begin = call
            .taken_at
            .checked_sub(self.quota.window)
            .unwrap_or(Timestamp::MIN);
        self.ends.retain(|(end, _)| *end > begin);
        self.ends.push_back((end, call.requests));
        let requests = self.ends.iter().map(|(_, requests)| *requests);
        let used = requests.fold(0, u64::saturating_add);
        self.most = self.most.max(used);
        used.saturating_mul(100)
            .div_ceil(u64::from(self.quota.calls).max(1))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_get_longer_and_lose_no_count() {
        let mut times = Times::<BTreeMap<String, u64>>::default();
        for second in (0..1_000_000).step_by(7) {
            let at = Timestamp::from_second(1_792_000_000 + second).unwrap();
            *times.at(at).entry("deleted".to_owned()).or_default() += 1;
        }
        let series = times.finish();
        let buckets = i64::try_from(series.buckets.len()).unwrap();
        assert!(buckets <= MOST + 1 && buckets > 20, "{buckets}");
        let all = series.buckets.values().map(|counts| counts["deleted"]);
        assert_eq!(all.sum::<u64>(), 142_858);
    }
}
