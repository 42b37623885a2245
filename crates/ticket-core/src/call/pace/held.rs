//! A call in flight: its slots, and its places among the calls at once.

use tokio::sync::SemaphorePermit;

use super::adaptive::Place;
use super::line::Line;
use super::slots::{InProcess, Slot};
use crate::provider::error::Error;
use crate::provider::learned;
use crate::provider::operation::Operation;

/// A call in flight. Dropping it marks the call as cancelled.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    line: &'a Line,
    slots: Taken<'a>,
    /// Released after the slots, so that the next holder finds them given back.
    permits: Permits<'a>,
}

/// Which of the calls at once this one is, by each limit.
#[derive(Debug, Default)]
pub(super) struct Permits<'a> {
    pub(super) of_limits: Vec<SemaphorePermit<'a>>,
    pub(super) place: Option<Place<'a>>,
}

impl<'a> Permits<'a> {
    pub(super) fn of(of_limits: Vec<SemaphorePermit<'a>>) -> Self {
        Self {
            of_limits,
            place: None,
        }
    }
}

/// What a call took before it is sent.
#[derive(Debug)]
pub(super) struct Taken<'a> {
    pub(super) kept: Kept<'a>,
    /// In the limits that the vendor's replies told.
    pub(super) learned: Option<learned::Place>,
}

impl Taken<'_> {
    /// Of a call that no limit counts.
    pub(super) const NOTHING: Self = Self {
        kept: Kept::Nothing,
        learned: None,
    };
}

/// The slots of a call in flight.
#[derive(Debug)]
pub(super) enum Kept<'a> {
    Nothing,
    InProcess(&'a InProcess, Operation, usize),
    External(Box<dyn Slot>),
}

impl<'a> Held<'a> {
    /// The call is sent now.
    pub(super) fn new(
        line: &'a Line,
        mut slots: Taken<'a>,
        mut permits: Permits<'a>,
        operation: Operation,
    ) -> Self {
        line.send();
        if let Some(place) = &mut permits.place {
            place.begin(operation);
        }
        if let Some(place) = &mut slots.learned {
            place.send();
        }
        Self {
            line,
            slots,
            permits,
        }
    }

    /// The call has ended, with this error or without one.
    pub(crate) async fn end(mut self, error: Option<&Error>) {
        if let Some(place) = &mut self.permits.place {
            place.end(error);
        }
        let is_answered = error.is_none_or(|error| error.status().is_some());
        if let Some(place) = self.slots.learned.as_mut().filter(|_| is_answered) {
            place.answer();
        }
        match std::mem::replace(&mut self.slots.kept, Kept::Nothing) {
            Kept::External(slot) => slot.end(error).await,
            // Given back when this is dropped.
            kept => self.slots.kept = kept,
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.line.end();
        if let Kept::InProcess(slots, operation, requests) = self.slots.kept {
            slots.give_back(operation, requests);
        }
        if self.slots.learned.take().is_some() && self.line.waiting() > 0 {
            // Its place may be free now.
            self.line.wake_first();
        }
    }
}
