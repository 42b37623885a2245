//! What a vendor's replies tell of its limits, which the pacer keeps besides the declared ones.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::provider::limit::Quota;
use crate::provider::operation::Operation;

/// How many limits are kept. The names come from the vendor, so their number is bounded.
const MOST: usize = 32;

/// The longest name of a limit, in bytes.
const LONGEST_NAME: usize = 64;

/// Shorter windows are ignored, and a shorter time to the next window counts as this.
const SHORTEST: Duration = Duration::from_secs(1);

/// The longest wait for the next window, unless the window itself is longer.
const LONGEST: Duration = Duration::from_secs(3600);

/// How long a call waits before it asks again, if calls in flight may leave a place to it.
const SOON: Duration = Duration::from_secs(1);

/// What a reply tells of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToldLimit {
    /// How many calls the vendor takes in a window.
    pub quota: Quota,
    /// How many more it takes in this one.
    pub left: u32,
    /// When the next window begins, if the reply tells it.
    pub resets_in: Option<Duration>,
}

impl ToldLimit {
    /// A limit of which so many calls are left.
    pub const fn new(quota: Quota, left: u32) -> Self {
        Self {
            quota,
            left,
            resets_in: None,
        }
    }

    /// Sets when the next window begins.
    #[must_use]
    pub const fn resets_in(mut self, wait: Duration) -> Self {
        self.resets_in = Some(wait);
        self
    }

    /// Whether it can be a limit at all.
    fn is_sound(&self) -> bool {
        self.quota.calls > 0 && self.left <= self.quota.calls && self.quota.window >= SHORTEST
    }

    /// When the next window begins, within bounds.
    fn resets_at(&self, now: Instant) -> Option<Instant> {
        let longest = self.quota.window.max(LONGEST);
        now.checked_add(self.resets_in?.clamp(SHORTEST, longest))
    }
}

/// The limits that the replies to one connection tell. A provider records them, and the pacer keeps them besides the
/// [declared](crate::ProviderInfo::limits) ones: they only ever delay calls. Clones share what is learned.
///
/// A call is sent while the latest reply leaves a place for it and for all calls in flight. Otherwise it waits until the next
/// window, an hour at most or the length of the window; then one call alone is sent, whose reply tells what is left. Other
/// connections and processes learn the same from their own replies; nothing is shared with them, and nothing is kept for
/// the next process.
///
/// All are equal to each other: what was learned is no part of a declaration.
///
/// ```
/// use std::time::Duration;
/// use ticket_core::Operation;
/// use ticket_core::provider::{LearnedLimits, Quota, ToldLimit};
///
/// let minute = Duration::from_secs(60);
/// let learned = LearnedLimits::default();
/// // In the reply to a list: 100 calls, 0 left, the next window in 41 seconds.
/// let told = ToldLimit::new(Quota::new(100, minute), 0).resets_in(Duration::from_secs(41));
/// learned.learn("lists", Some(Operation::List), told);
/// ```
#[derive(Clone, Debug, Default)]
pub struct LearnedLimits(Arc<Mutex<State>>);

impl PartialEq for LearnedLimits {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for LearnedLimits {}

#[derive(Debug, Default)]
struct State {
    known: Vec<Known>,
    /// The requests on their way.
    in_flight: BTreeMap<Operation, usize>,
}

/// A limit, as the latest replies tell it.
#[derive(Debug)]
struct Known {
    name: Box<str>,
    /// The operations whose replies told of it; all where there is none.
    operations: Vec<Operation>,
    quota: Quota,
    /// How many calls were left in the window that ends at `resets_at`. What is left after it is not known until a reply tells:
    /// the vendor may count in another way than by windows that follow each other.
    left: usize,
    resets_at: Instant,
}

impl LearnedLimits {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reply told of the limit that the vendor calls `name`. It counts the calls of this operation, together with those
    /// of other operations whose replies tell of it; `None` is for a limit of the whole account.
    ///
    /// Ignored are limits of no calls, of which more is left than there is, with windows of less than a second, and more than
    /// 32 names.
    pub fn learn(&self, name: &str, operation: Option<Operation>, told: ToldLimit) {
        if !told.is_sound() || name.len() > LONGEST_NAME {
            return;
        }
        let now = Instant::now();
        let Some(next) = now.checked_add(told.quota.window) else {
            return;
        };
        let mut state = self.state();
        let index = state.known.iter().position(|known| *known.name == *name);
        if index.is_none() && state.known.len() < MOST {
            state.known.push(Known {
                name: name.into(),
                operations: Vec::from_iter(operation),
                quota: told.quota,
                left: places(told.left),
                resets_at: told.resets_at(now).unwrap_or(next),
            });
        }
        if let Some(known) = index.and_then(|index| state.known.get_mut(index)) {
            known.update(told, now, next);
            if let Some(operation) = operation.filter(|operation| !known.covers(*operation)) {
                known.operations.push(operation);
            }
        }
    }

    /// The quotas that were told of this operation.
    pub(crate) fn quotas(&self, operation: Operation) -> Vec<Quota> {
        let state = self.state();
        let known = state.known.iter().filter(|known| known.covers(operation));
        known.map(|known| known.quota).collect()
    }

    /// Takes a place for each request of a call, or says how long to wait.
    pub(crate) fn take(&self, operation: Operation, requests: usize) -> Result<Place, Duration> {
        let mut state = self.state();
        let now = Instant::now();
        let covering = state.known.iter().filter(|known| known.covers(operation));
        let waits = covering.filter_map(|known| known.wait(&state.in_flight, requests, now));
        if let Some(wait) = waits.max() {
            return Err(wait);
        }
        *state.in_flight.entry(operation).or_default() += requests;
        Ok(Place {
            learned: self.clone(),
            operation,
            requests,
            fate: Fate::Unsent,
        })
    }
}

impl Known {
    fn covers(&self, operation: Operation) -> bool {
        self.operations.is_empty() || self.operations.contains(&operation)
    }

    /// How many calls are left, if that is known.
    fn left(&self, now: Instant) -> Option<usize> {
        (self.resets_at > now).then_some(self.left)
    }

    fn update(&mut self, told: ToldLimit, now: Instant, next: Instant) {
        let (left, told_left) = (self.left(now), places(told.left));
        let current = left.map(|_| self.resets_at);
        let resets_at = told.resets_at(now).or(current).unwrap_or(next);
        let is_later = resets_at.duration_since(self.resets_at) >= told.quota.window / 2;
        // Replies overtake each other, so within a window the least counts.
        let left = left.filter(|_| !is_later);
        self.left = left.map_or(told_left, |left| left.min(told_left));
        (self.quota, self.resets_at) = (told.quota, resets_at);
    }

    /// How long a call waits; `None` if it can be sent now.
    fn wait(
        &self,
        in_flight: &BTreeMap<Operation, usize>,
        requests: usize,
        now: Instant,
    ) -> Option<Duration> {
        let of_others = in_flight.iter().filter(|(one, _)| self.covers(**one));
        let of_others: usize = of_others.map(|(_, requests)| requests).sum();
        // A call of more requests than a window has takes a whole one.
        let requests = requests.min(places(self.quota.calls));
        let reset = self.resets_at.duration_since(now);
        match self.left(now) {
            None => (of_others > 0).then_some(SOON),
            Some(left) if left < requests => Some(reset),
            Some(left) if left < requests + of_others => Some(reset.min(SOON)),
            Some(_) => None,
        }
    }
}

fn places(calls: u32) -> usize {
    usize::try_from(calls).unwrap_or(usize::MAX)
}

/// The places of a call in flight. Dropping it gives them back, unless the vendor may have counted the call and no reply told
/// what is left.
#[derive(Debug)]
pub(crate) struct Place {
    learned: LearnedLimits,
    operation: Operation,
    requests: usize,
    fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Unsent,
    /// Also where the reply may be another server's.
    Unanswered,
    Answered,
}

impl Place {
    /// The call is sent now.
    pub(crate) fn send(&mut self) {
        self.fate = Fate::Unanswered;
    }

    /// The vendor answered, and told what is left of each limit that counts the call.
    pub(crate) fn answer(&mut self) {
        self.fate = Fate::Answered;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.learned.state();
        if let Some(sent) = state.in_flight.get_mut(&self.operation) {
            *sent = sent.saturating_sub(self.requests);
        }
        match self.fate {
            Fate::Unsent => {}
            Fate::Unanswered => {
                let known = state.known.iter_mut();
                for known in known.filter(|known| known.covers(self.operation)) {
                    known.left = known.left.saturating_sub(self.requests);
                }
            }
            Fate::Answered => {
                // A limit of which the reply says nothing does not count such calls, or no calls any more.
                let now = Instant::now();
                let is_over = |known: &Known| known.left(now).is_none();
                state
                    .known
                    .retain(|known| !(known.covers(self.operation) && is_over(known)));
            }
        }
    }
}
