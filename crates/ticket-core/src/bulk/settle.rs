//! The outcome of each ticket of a bulk change: settled, kept for a second look, or sent again.

use super::asked::Asked;
use super::engine::Engine;
use super::settled::Settled;
use crate::model::ticket::TicketId;
use crate::provider::error::{Effect, Error, ErrorKind};
use crate::provider::outcome::Outcome;

/// How often a ticket's call may fail for want of an answer although other calls succeeded in between.
const MAX_TURNS: u8 = 3;

impl Engine {
    /// Queues tickets again, except those that fail again and again while others succeed.
    pub(super) fn send_again(&mut self, asked: Vec<Asked>) {
        let successes = self.patience.successes();
        let mut open = Vec::with_capacity(asked.len());
        for mut asked in asked {
            if asked.successes < successes {
                asked.successes = successes;
                asked.turns += 1;
            }
            // What was seen before the next attempt tells nothing of that.
            asked.error = asked.error.map(|error| error.seen_unchanged(false));
            if self.end.is_none() && asked.turns < MAX_TURNS {
                open.push(asked);
                continue;
            }
            match asked.error.take() {
                Some(error) if error.effect() == Effect::Unknown => {
                    asked.error = Some(error);
                    self.hold(asked);
                }
                Some(error) => {
                    let error = self.purges.told(error, &asked.target.id);
                    self.settle(asked, Outcome::Failed(error));
                }
                None => open.push(asked),
            }
        }
        if !open.is_empty() {
            self.again.push_back(open.into());
        }
    }

    pub(super) fn settle_failed(&mut self, asked: Vec<Asked>, error: &Error) {
        let not_attempted = error.is_not_attempted() && error.effect() == Effect::None;
        for mut asked in asked {
            let error = error.clone().on_ticket(&asked.target.id);
            let error = self.purges.told(error, &asked.target.id);
            if asked.earlier_attempt() == Effect::Unknown {
                self.hold(asked);
            } else if not_attempted {
                let outcome = self.unattempted(&mut asked, error);
                self.settle(asked, outcome);
            } else if error.effect() == Effect::Unknown {
                asked.error = Some(error);
                self.hold(asked);
            } else {
                self.settle(asked, Outcome::Failed(error));
            }
        }
    }

    /// The outcome of a ticket about which nothing was sent, for this reason. If only its purge was not, that failed and is
    /// still to be done.
    pub(super) fn unattempted(&self, asked: &mut Asked, reason: Error) -> Outcome {
        let id = &asked.target.id;
        if !self.purges.is_in_trash(id) {
            return Outcome::Unattempted(reason);
        }
        let failed = asked.error.take();
        let failed = failed.map(|error| Outcome::Failed(self.purges.told(error, id)));
        failed
            .filter(Outcome::is_left_to_do)
            .unwrap_or_else(|| Outcome::Unattempted(self.purges.told(reason, id)))
    }

    /// After the end, settles all tickets that wait.
    pub(super) fn settle_waiting(&mut self) {
        let Some(reason) = self.end.clone() else {
            return;
        };
        let again = self.again.drain(..);
        let again = again.flat_map(|part| part.asked.into_iter().chain(part.other));
        let waiting: Vec<_> = again.chain(self.batch.drain(..)).collect();
        for mut asked in waiting {
            if asked.earlier_attempt() == Effect::Unknown {
                self.hold(asked);
            } else {
                let error = reason.clone().on_ticket(&asked.target.id);
                let outcome = self.unattempted(&mut asked, error);
                self.settle(asked, outcome);
            }
        }
        if !self.may_look() {
            self.settle_held();
        }
    }

    pub(super) fn settle_unknown(&mut self, mut asked: Asked) {
        let error = asked.error.take();
        let error = error.unwrap_or_else(|| self.not_mentioned(&asked.target.id));
        self.settle(asked, Outcome::Unknown(error.with_effect(Effect::Unknown)));
    }

    pub(super) fn settle(&mut self, asked: Asked, outcome: Outcome) {
        let Asked { key, target, .. } = asked;
        self.settled
            .push_back(Settled::new(key, target.id, outcome));
    }

    pub(super) fn not_mentioned(&self, id: &TicketId) -> Error {
        let message = "the provider's report does not mention this ticket";
        Error::new(ErrorKind::BadResponse, message)
            .in_operation(&self.provider.info().id, self.change.operation())
            .on_ticket(id)
    }
}
