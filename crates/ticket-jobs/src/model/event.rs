//! What happened to a job.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticket_core::TicketId;

/// How many tickets that nobody asked for an event names.
const NAMED: usize = 100;

/// Something that happened to a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: EventKind,
    /// By whom or what, such as `user@host, tickets 0.1.0`.
    pub by: Option<String>,
    /// More about it, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How many tickets had failed, were unknown or were not found when a job with the guard
    /// [`max_failures`](crate::Guards::max_failures) was [resumed](EventKind::Resumed): it counts those after them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<u64>,
    /// The tickets that the vendor changed [unasked](EventKind::Unasked).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unasked: Option<Unasked>,
}

impl Event {
    /// That this happens at this time.
    pub const fn new(at: Timestamp, what: EventKind) -> Self {
        Self {
            at,
            what,
            by: None,
            detail: None,
            failures: None,
            unasked: None,
        }
    }
}

/// Tickets that a vendor says it changed although nobody asked for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Unasked {
    /// The account's name.
    pub account: String,
    /// The first of them: at most 100, without those whose ids may not be kept.
    pub tickets: Vec<TicketId>,
    /// How many there are, with those that are not named.
    pub count: u64,
}

impl Unasked {
    /// None yet, at the account of this name.
    pub fn new(account: impl Into<String>) -> Self {
        Self {
            account: account.into(),
            tickets: Vec::new(),
            count: 0,
        }
    }

    /// Adds `count` tickets of which these may be named. One that is named already counts once.
    pub fn add(&mut self, named: &[TicketId], count: u64) {
        self.count += count;
        for id in named {
            if self.tickets.contains(id) {
                self.count = self.count.saturating_sub(1);
            } else if self.tickets.len() < NAMED {
                self.tickets.push(id.clone());
            }
        }
    }

    /// What the events of a job say of them: one for each account.
    pub fn of(events: &[Event]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for of_event in events.iter().filter_map(|event| event.unasked.as_ref()) {
            let place = all.iter().position(|one| one.account == of_event.account);
            let place = place.unwrap_or_else(|| {
                all.push(Self::new(of_event.account.clone()));
                all.len() - 1
            });
            if let Some(one) = all.get_mut(place) {
                one.add(&of_event.tickets, of_event.count);
            }
        }
        all
    }

    /// At most so many of those that are named, and how many others there are.
    pub fn first(&self, named: usize) -> (&[TicketId], u64) {
        let first = self.tickets.get(..named).unwrap_or(&self.tickets);
        let more = u64::try_from(first.len()).unwrap_or(u64::MAX);
        (first, self.count.saturating_sub(more))
    }
}

/// What happened to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// Its list was completed.
    Planned,
    /// It was confirmed.
    Confirmed,
    /// A worker began to work on it.
    Began,
    /// A worker ended its work.
    Ended,
    /// It was paused.
    Paused,
    /// It was resumed.
    Resumed,
    /// It was cancelled.
    Cancelled,
    /// The tickets that waited for the end of the canary were released.
    Released,
    /// An account of it has not answered for so long that its open tickets are left.
    GaveUp,
    /// Its priority was changed.
    Prioritized,
    /// The work stopped, since too many tickets failed.
    TooManyFailures,
    /// The vendor says that it changed tickets that nobody asked for: see [`Event::unasked`].
    Unasked,
}

impl EventKind {
    /// The kind in `snake_case`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Confirmed => "confirmed",
            Self::Began => "began",
            Self::Ended => "ended",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Cancelled => "cancelled",
            Self::Released => "released",
            Self::GaveUp => "gave_up",
            Self::Prioritized => "prioritized",
            Self::TooManyFailures => "too_many_failures",
            Self::Unasked => "unasked",
        }
    }
}
