//! Batches that the vendor rejects as a whole: halved, until the tickets are found that are the reason.
//!
//! If the vendor accepts one half, the reason is in the other one, which is halved without being sent. For one of n
//! tickets this takes at most 2·log₂ n calls more, and one and a half on average; for k of them at most
//! 2k·log₂(n/k) + 2k. No way to find them all takes less than log₂ of the number of combinations, 44 calls for 10 of 100.

use std::sync::Arc;

use super::asked::{Asked, Part, is_several, remember};
use super::engine::Engine;
use crate::provider::error::Error;
use crate::provider::outcome::Outcome;

/// Small batches count as if they had this many tickets, before the vendor is taken to reject everything.
const MIN_REFUSALS: usize = 10;

impl Engine {
    /// Handles the rejection of a batch of several tickets.
    pub(super) fn on_batch_refused(&mut self, asked: Vec<Asked>, error: &Error) {
        let Some(mut asked) = self.take_faulty_out(asked) else {
            return;
        };
        if self.refusals < 2 * self.max_batch.max(MIN_REFUSALS) {
            // One ticket may be the reason for the rejection. After two full batches of individually rejected tickets
            // in a row this is no longer assumed.
            remember(&mut asked, error);
            self.split(asked);
            self.count_stranger(error);
            return;
        }
        self.settle_failed(asked, error);
    }

    /// Of tickets whose deletes the vendor has accepted before, those of the first one's job; the others are queued again.
    pub(super) fn one_job_of(&mut self, part: Part) -> Part {
        let job = |asked: &Asked| asked.target.accepted.clone();
        let Some(first) = part.asked.first().map(job) else {
            return part;
        };
        let Part { asked, other } = part;
        let (asked, others) = asked.into_iter().partition(|asked| job(asked) == first);
        self.send_whole(others);
        Part { asked, other }
    }

    pub(super) fn send_whole(&mut self, asked: Vec<Asked>) {
        if !asked.is_empty() {
            self.again.push_back(asked.into());
        }
    }

    /// Sends the first half of a rejected batch, and then its second half: apart as well if the first one is accepted.
    pub(super) fn split(&mut self, mut asked: Vec<Asked>) {
        if !is_several(&asked) {
            self.send_whole(asked);
            return;
        }
        let other = asked.split_off(asked.len() / 2);
        self.again.push_back(Part { asked, other });
    }

    /// If local checks find the tickets that caused the rejection of a batch, settles these as failed and
    /// queues the others again together. Otherwise returns all tickets.
    fn take_faulty_out(&mut self, asked: Vec<Asked>) -> Option<Vec<Asked>> {
        let faulty = |asked: &Asked| {
            self.change
                .fault(self.provider.info(), &asked.target)
                .is_err()
        };
        if !asked.iter().any(faulty) {
            return Some(asked);
        }
        let change = Arc::clone(&self.change);
        let mut good = Vec::with_capacity(asked.len());
        for asked in asked {
            match change.fault(self.provider.info(), &asked.target) {
                Ok(()) => good.push(asked),
                Err(error) => {
                    let error = error.in_operation(&self.provider.info().id, change.operation());
                    self.settle(asked, Outcome::Failed(error));
                }
            }
        }
        if !good.is_empty() {
            self.again.push_front(good.into());
        }
        None
    }
}
