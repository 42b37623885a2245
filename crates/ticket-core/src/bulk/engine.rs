//! The state of a bulk change, and the outcome of each ticket. The order of the calls is in `run.rs`.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use tokio::task::{self, JoinSet};

use super::change::Change;
use super::{BulkOptions, Settled, usual_concurrency};
use crate::model::ticket::TicketId;
use crate::provider::context::{CallContext, SendState};
use crate::provider::delete::DeleteTarget;
use crate::provider::error::{Effect, Error, ErrorKind, Result};
use crate::provider::outcome::Outcome;
use crate::provider::ticket_provider::TicketProvider;

/// A requested ticket, with the caller's key.
pub(super) struct Asked {
    pub(super) key: Box<dyn Any + Send>,
    pub(super) target: DeleteTarget,
}

/// The result of a call: the outcome of each ticket, in the order requested.
pub(super) type CallResult = Result<Vec<(TicketId, Outcome)>>;

/// A call that has no reply yet.
pub(super) struct InFlight {
    pub(super) asked: Vec<Asked>,
    pub(super) state: Arc<SendState>,
}

/// The state of a bulk change.
pub(super) struct Engine {
    pub(super) provider: Arc<dyn TicketProvider>,
    /// The context of each call.
    pub(super) context: CallContext,
    pub(super) change: Arc<Change>,
    /// Maximum number of concurrent calls.
    pub(super) concurrency: NonZeroUsize,
    /// The number of consecutive failed calls after which the change stops.
    give_up_after: NonZeroU32,
    pub(super) max_batch: usize,
    /// Tickets that have arrived and wait for a full batch.
    pub(super) batch: Vec<Asked>,
    /// Parts of batches that the vendor rejected as a whole.
    pub(super) splits: VecDeque<Vec<Asked>>,
    /// Calls run in their own tasks, so that a slow reader of outcomes does not delay replies.
    pub(super) tasks: JoinSet<CallResult>,
    pub(super) in_flight: HashMap<task::Id, InFlight>,
    /// Outcomes that the stream has not returned yet.
    pub(super) settled: VecDeque<Settled<Box<dyn Any + Send>>>,
    /// Consecutive calls that failed because the vendor was unreachable.
    failures: u32,
    /// Consecutive tickets that were rejected on their own, after their batch was rejected.
    refusals: usize,
    /// Why no further ticket is attempted.
    pub(super) end: Option<Error>,
}

impl Engine {
    pub(super) fn new(
        provider: Arc<dyn TicketProvider>,
        context: CallContext,
        change: Change,
        options: &BulkOptions,
    ) -> Self {
        Self {
            max_batch: change.max_batch(provider.info()),
            concurrency: options
                .concurrency
                .unwrap_or_else(|| usual_concurrency(provider.info(), &change)),
            give_up_after: options.give_up_after,
            provider,
            context,
            change: Arc::new(change),
            batch: Vec::new(),
            splits: VecDeque::new(),
            tasks: JoinSet::new(),
            in_flight: HashMap::new(),
            settled: VecDeque::new(),
            failures: 0,
            refusals: 0,
            end: None,
        }
    }

    /// Handles the result of a call.
    pub(super) fn on_reply(&mut self, asked: Vec<Asked>, result: CallResult) {
        match result {
            Ok(outcomes) => {
                self.failures = 0;
                self.refusals = 0;
                self.settle_all(asked, outcomes);
            }
            Err(error) => self.on_call_error(asked, &error),
        }
    }

    /// Settles each ticket. The outcomes are in the order of `asked`, without duplicate ids.
    fn settle_all(&mut self, asked: Vec<Asked>, outcomes: Vec<(TicketId, Outcome)>) {
        let ids = asked.iter().map(|asked| &asked.target.id);
        if outcomes.iter().map(|(id, _)| id).eq(ids) {
            for (asked, (_, outcome)) in asked.into_iter().zip(outcomes) {
                self.settle(asked, outcome);
            }
            return;
        }
        let outcomes: HashMap<_, _> = outcomes.into_iter().collect();
        for asked in asked {
            let outcome = match outcomes.get(&asked.target.id) {
                Some(outcome) => outcome.clone(),
                None => Outcome::from_error(self.not_mentioned(&asked.target.id)),
            };
            self.settle(asked, outcome);
        }
    }

    /// Handles a call that failed as a whole.
    fn on_call_error(&mut self, asked: Vec<Asked>, error: &Error) {
        let refused = error.effect() == Effect::None;
        let is_invalid = error.kind() == ErrorKind::InvalidInput && refused;
        let several = asked
            .iter()
            .any(|other| Some(&other.target.id) != asked.first().map(|first| &first.target.id));
        if is_invalid && several {
            let Some(asked) = self.take_faulty_out(asked) else {
                return;
            };
            if self.refusals < 2 * self.max_batch {
                // One ticket may be the reason for the rejection. After two full batches of individually
                // rejected tickets this is no longer assumed.
                let mut first = asked;
                let second = first.split_off(first.len() / 2);
                self.splits.extend([first, second]);
                return;
            }
            self.settle_failed(asked, error);
        } else {
            self.refusals += usize::from(is_invalid);
            self.settle_failed(asked, error);
        }
        let not_attempted = error.is_not_attempted() && refused;
        if error.kind().is_transient() {
            self.failures += u32::from(!not_attempted);
        } else {
            // The vendor was reachable.
            self.failures = 0;
        }
        let account_is_at_fault = matches!(
            error.kind(),
            ErrorKind::Unauthenticated
                | ErrorKind::TokenExpired
                | ErrorKind::QuotaExhausted
                | ErrorKind::Config
                | ErrorKind::Unsupported
        );
        if account_is_at_fault {
            self.end(error.with_context(
                "not attempted because an earlier call failed for the whole account",
            ));
        } else if self.failures >= self.give_up_after.get() {
            let calls = self.failures;
            self.end(error.with_context(&format!(
                "not attempted because {calls} calls in a row failed"
            )));
        }
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
            self.splits.push_front(good);
        }
        None
    }

    fn settle_failed(&mut self, asked: Vec<Asked>, error: &Error) {
        let not_attempted = error.is_not_attempted() && error.effect() == Effect::None;
        for asked in asked {
            let error = error.clone().on_ticket(&asked.target.id);
            let outcome = if not_attempted {
                Outcome::Unattempted(error)
            } else {
                Outcome::from_error(error)
            };
            self.settle(asked, outcome);
        }
    }

    /// Stops the change. The first reason is kept.
    fn end(&mut self, reason: Error) {
        if self.end.is_none() {
            tracing::warn!(
                ticket.provider = &*self.provider.info().id,
                ticket.operation = self.change.operation().as_str(),
                error.type = reason.kind().as_str(),
                "the rest is not tried"
            );
            self.end = Some(reason);
        }
    }

    /// Settles all tickets that were not sent as `Unattempted`.
    pub(super) fn settle_unattempted(&mut self) {
        let Some(reason) = self.end.clone() else {
            return;
        };
        let splits = self.splits.drain(..).flatten();
        let waiting: Vec<_> = splits.chain(self.batch.drain(..)).collect();
        for asked in waiting {
            let error = reason.clone().on_ticket(&asked.target.id);
            self.settle(asked, Outcome::Unattempted(error));
        }
    }

    pub(super) fn settle(&mut self, asked: Asked, outcome: Outcome) {
        let Asked { key, target } = asked;
        self.settled
            .push_back(Settled::new(key, target.id, outcome));
    }

    fn not_mentioned(&self, id: &TicketId) -> Error {
        let message = "the provider's report does not mention this ticket";
        Error::new(ErrorKind::BadResponse, message)
            .in_operation(&self.provider.info().id, self.change.operation())
            .on_ticket(id)
    }
}
