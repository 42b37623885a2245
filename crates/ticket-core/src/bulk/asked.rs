//! The tickets that a bulk change is asked to change, as it holds them.

use std::any::Any;
use std::collections::HashSet;

use tokio::time::Instant;

use crate::provider::error::{Effect, Error, ErrorKind};
use crate::provider::target::DeleteTarget;

/// A requested ticket, with the caller's key.
pub(super) struct Asked {
    pub(super) key: Box<dyn Any + Send>,
    pub(super) target: DeleteTarget,
    /// The error of the last call about it that left it open.
    pub(super) error: Option<Error>,
    /// The number of successes when that call failed.
    pub(super) successes: u64,
    /// How many such calls failed although others succeeded; then, how many looks.
    pub(super) turns: u8,
    /// How many looks did not settle it.
    pub(super) looks: u32,
    /// When the next look is made.
    pub(super) look_at: Instant,
}

impl Asked {
    pub(super) fn new(key: Box<dyn Any + Send>, target: DeleteTarget) -> Self {
        Self {
            key,
            target,
            error: None,
            successes: 0,
            turns: 0,
            looks: 0,
            look_at: Instant::now(),
        }
    }

    /// The error of the last call, of a ticket that is looked at once more.
    pub(super) fn error_or_none(&self) -> Error {
        let none = || Error::new(ErrorKind::BadResponse, "the outcome is unknown");
        self.error.clone().unwrap_or_else(none)
    }

    /// Whether an earlier call may have changed the ticket.
    pub(super) fn earlier_attempt(&self) -> Effect {
        self.error.as_ref().map_or(Effect::None, Error::effect)
    }
}

/// Tickets that are sent again, whole or in parts.
pub(super) struct Part {
    pub(super) asked: Vec<Asked>,
    /// The other half of a rejected batch. If the vendor accepts this half, the reason is in the other one.
    pub(super) other: Vec<Asked>,
}

impl From<Vec<Asked>> for Part {
    fn from(asked: Vec<Asked>) -> Self {
        let other = Vec::new();
        Self { asked, other }
    }
}

/// Keeps the error with each ticket, unless an earlier attempt may have changed it: that is not to be forgotten, nor as
/// which job the vendor accepted it.
pub(super) fn remember(asked: &mut [Asked], error: &Error) {
    for asked in asked {
        if let Some(job) = error.job() {
            asked.target.accepted = Some(job.clone());
        }
        if asked.earlier_attempt() == Effect::None {
            asked.error = Some(error.clone().on_ticket(&asked.target.id));
        }
    }
}

/// Whether these are several tickets, and not one that was asked for several times.
pub(super) fn is_several(asked: &[Asked]) -> bool {
    let mut ids = asked.iter().map(|asked| &asked.target.id);
    let first = ids.next();
    ids.any(|id| Some(id) != first)
}

/// Each ticket once, in the order of first appearance.
pub(crate) fn distinct(mut targets: Vec<DeleteTarget>) -> Vec<DeleteTarget> {
    // Most lists are sorted by length and text, as numbers are. A sorted list has no duplicates and needs no
    // table.
    let order = |target: &DeleteTarget| target.id.as_str().len();
    let is_before =
        |one: &DeleteTarget, next: &DeleteTarget| (order(one), &one.id) < (order(next), &next.id);
    if !targets.is_sorted_by(is_before) {
        let mut seen = HashSet::with_capacity(targets.len());
        targets.retain(|target| seen.insert(target.id.clone()));
    }
    targets
}
