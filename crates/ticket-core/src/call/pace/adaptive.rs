//! How many calls of an account are made at once where no window is documented: as many as the vendor answers well.
//!
//! Additive increase, multiplicative decrease: starts at 4, one more after each full round of calls, half as many after a
//! refusal, at most 32. If replies become slow, the last increases are taken back.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::provider::error::{Error, ErrorKind};
use crate::provider::operation::Operation;

/// How many calls are made at once at first. A decrease because of slow replies does not go below it.
pub(super) const START: usize = 4;

/// The most calls at once, of all processes together where they share a store of slots.
pub(super) const CEILING: usize = 32;

/// How many replies are compared with earlier ones. Fewer would tell chance from trouble too rarely.
const SAMPLE: usize = 32;

/// How many replies tell how fast the vendor is, before there are more calls at once.
const FIRST_SAMPLE: usize = 2 * START;

/// For how many rounds the number of calls that led to trouble is not tried again.
const HOLD: usize = 32;

/// The calls that are made at once, and how their number changes.
#[derive(Debug)]
pub(super) struct Adaptive {
    /// Has as many permits as calls may begin now.
    gate: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// How many permits are withdrawn as soon as calls give them back.
    excess: usize,
    in_flight: usize,
    /// How often the limit was lowered. Calls that began before say nothing about the limit of now.
    lowered: usize,
    /// How many calls ended since the limit was lowered, and in this round.
    ended: usize,
    round: usize,
    /// Whether as many calls as allowed were in flight in this round.
    is_full: bool,
    /// The limit that led to trouble, and for how many rounds it is not tried again.
    wall: Option<(usize, usize)>,
    replies: BTreeMap<Operation, Replies>,
}

/// How fast calls of one operation are answered.
#[derive(Debug, Default)]
struct Replies {
    /// The latency of each call, and the limit when it began.
    recent: Vec<(Duration, usize)>,
    /// The median latency while the vendor has no trouble.
    best: Option<Duration>,
    /// Whether the last sample was slow.
    was_slow: bool,
}

/// The place of a call among those at once. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Place<'a> {
    adaptive: &'a Adaptive,
    permit: Option<SemaphorePermit<'a>>,
    begun: Option<Begun>,
}

#[derive(Clone, Copy, Debug)]
struct Begun {
    operation: Operation,
    at: Instant,
    limit: usize,
    lowered: usize,
}

impl Adaptive {
    pub(super) fn new() -> Self {
        Self {
            gate: Semaphore::new(START),
            state: Mutex::new(State {
                limit: START,
                excess: 0,
                in_flight: 0,
                lowered: 0,
                ended: 0,
                round: 0,
                is_full: false,
                wall: None,
                replies: BTreeMap::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls may be in flight at once now.
    pub(super) fn limit(&self) -> usize {
        self.state().limit
    }

    pub(super) fn gate(&self) -> &Semaphore {
        &self.gate
    }

    pub(super) fn place<'a>(&'a self, permit: SemaphorePermit<'a>) -> Place<'a> {
        Place {
            adaptive: self,
            permit: Some(permit),
            begun: None,
        }
    }

    /// Other processes have as many calls in flight as all may have together. Asked for again and again, this counts once
    /// until a round of calls has ended.
    pub(super) fn crowded(&self) {
        let mut state = self.state();
        if state.ended >= state.limit {
            let (half, wall) = (state.limit / 2, state.limit);
            self.lower(&mut state, half, wall);
        }
    }

    fn lower(&self, state: &mut State, to: usize, wall: usize) {
        let to = to.clamp(1, state.limit);
        let fewer = state.limit - to;
        state.excess += fewer - self.gate.forget_permits(fewer);
        state.limit = to;
        state.wall = Some((wall, HOLD));
        state.lowered += 1;
        (state.ended, state.round, state.is_full) = (0, 0, false);
        state
            .replies
            .values_mut()
            .for_each(|replies| replies.recent.clear());
    }

    fn raise(&self, state: &mut State) {
        state.limit += 1;
        match state.excess.checked_sub(1) {
            Some(excess) => state.excess = excess,
            None => self.gate.add_permits(1),
        }
    }

    fn ended(&self, begun: Begun, error: Option<&Error>) {
        let mut state = self.state();
        if begun.lowered != state.lowered {
            return;
        }
        let limit = state.limit;
        match error {
            Some(error) if is_refusal(error) => {
                self.lower(&mut state, limit / 2, limit);
                return;
            }
            // Nobody answered: that says nothing about how many calls the vendor bears.
            Some(error) if error.status().is_none() => return,
            _ => {}
        }
        state.ended += 1;
        let replies = state.replies.entry(begun.operation).or_default();
        let is_new = replies.best.is_none();
        match replies.add(begun.at.elapsed(), begun.limit, limit) {
            Some(_) if std::mem::replace(&mut replies.was_slow, true) => {
                self.lower(&mut state, (limit / 2).max(START), limit);
            }
            Some(first) => self.lower(&mut state, (first - 1).max(START), first.max(START + 1)),
            None if is_new => {}
            None => self.count(&mut state),
        }
    }

    /// Counts a call of this round. The last one allows one more call.
    fn count(&self, state: &mut State) {
        state.round += 1;
        if state.round < state.limit {
            return;
        }
        state.round = 0;
        let was_full = std::mem::replace(&mut state.is_full, state.in_flight >= state.limit);
        state.wall = state
            .wall
            .and_then(|(wall, rounds)| Some((wall, rounds.checked_sub(1)?)));
        let next = state.limit + 1;
        if was_full && next <= CEILING && state.wall.is_none_or(|(wall, _)| next < wall) {
            self.raise(state);
        }
    }
}

impl Replies {
    /// Adds a reply. If the vendor has become slow, returns the lowest limit at which a slow call began.
    fn add(&mut self, latency: Duration, began_at: usize, limit: usize) -> Option<usize> {
        self.recent.push((latency, began_at));
        let needed = self.best.map_or(FIRST_SAMPLE, |_| SAMPLE);
        if self.recent.len() < needed {
            return None;
        }
        let mut recent = std::mem::take(&mut self.recent);
        recent.sort_unstable();
        let (median, _) = recent.get(needed / 2).copied()?;
        let best = self.best.filter(|_| limit > START);
        // With so few calls, this is how fast the vendor is.
        let best = best.unwrap_or(median);
        if median > best * 3 / 2 {
            let slow = recent.iter().filter(|(latency, _)| *latency > best * 3 / 2);
            return slow.map(|(_, began_at)| *began_at).min();
        }
        self.was_slow = false;
        // Follows faster replies soon and slower ones reluctantly, so that neither chance nor a queue decides.
        self.best = Some(if median < best {
            best.saturating_sub(best.saturating_sub(median) / 4)
        } else if median < best * 5 / 4 {
            best + median.saturating_sub(best) / 32
        } else {
            best
        });
        None
    }
}

/// Whether the vendor says, or shows, that it has too much to do.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Timeout
    )
}

impl Place<'_> {
    /// The call is sent now.
    pub(super) fn begin(&mut self, operation: Operation) {
        let mut state = self.adaptive.state();
        state.in_flight += 1;
        state.is_full |= state.in_flight >= state.limit;
        self.begun = Some(Begun {
            operation,
            at: Instant::now(),
            limit: state.limit,
            lowered: state.lowered,
        });
    }

    /// The call has ended, with this error or without one.
    pub(super) fn end(&mut self, error: Option<&Error>) {
        if let Some(begun) = self.begun {
            self.adaptive.ended(begun, error);
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.adaptive.state();
        if self.begun.is_some() {
            state.in_flight = state.in_flight.saturating_sub(1);
        }
        if let (Some(excess), Some(permit)) = (state.excess.checked_sub(1), self.permit.take()) {
            state.excess = excess;
            permit.forget();
        }
    }
}
