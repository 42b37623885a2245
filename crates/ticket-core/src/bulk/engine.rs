//! The state of a bulk change, and the outcome of each ticket. The order of the calls is in `run.rs`.

use std::any::Any;
use std::collections::{HashMap, HashSet, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::task::{self, JoinSet};
use tokio::time::Instant;

use super::called::{Called, Contact};
use super::change::Change;
use super::pause::{Patience, Wait};
use super::{BulkOptions, Notice, Settled, usual_concurrency};
use crate::model::ticket::TicketId;
use crate::provider::context::{CallContext, SendState};
use crate::provider::delete::DeleteTarget;
use crate::provider::error::{Effect, Error, ErrorKind};
use crate::provider::outcome::Outcome;
use crate::provider::ticket_provider::TicketProvider;

/// How many answers in a row may come from somebody else than the vendor.
const MAX_STRANGERS: u32 = 5;

/// Small batches count as if they had this many tickets, before the vendor is taken to reject everything.
const MIN_REFUSALS: usize = 10;

/// A requested ticket, with the caller's key.
pub(super) struct Asked {
    pub(super) key: Box<dyn Any + Send>,
    pub(super) target: DeleteTarget,
    /// The error of the last call about it that left it open.
    pub(super) error: Option<Error>,
    /// The number of successes when that call failed.
    pub(super) successes: u64,
    /// How many such calls failed although others succeeded.
    pub(super) turns: u8,
}

impl Asked {
    pub(super) fn new(key: Box<dyn Any + Send>, target: DeleteTarget) -> Self {
        Self {
            key,
            target,
            error: None,
            successes: 0,
            turns: 0,
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

/// A call that has no reply yet.
pub(super) struct InFlight {
    pub(super) asked: Vec<Asked>,
    pub(super) state: Arc<SendState>,
    /// Whether it is only a second look.
    pub(super) is_look: bool,
}

/// The state of a bulk change.
pub(super) struct Engine {
    pub(super) provider: Arc<dyn TicketProvider>,
    /// The context of each call.
    pub(super) context: CallContext,
    pub(super) change: Arc<Change>,
    /// Maximum number of concurrent calls.
    pub(super) concurrency: NonZeroUsize,
    pub(super) max_batch: usize,
    /// Tickets that have arrived and wait for a full batch.
    pub(super) batch: Vec<Asked>,
    /// Batches that are sent again, whole or in parts.
    pub(super) again: VecDeque<Vec<Asked>>,
    /// Tickets of unknown outcome, for a second look once all others are settled.
    pub(super) held: VecDeque<Asked>,
    /// When the second looks may begin.
    pub(super) look_at: Instant,
    /// Calls run in their own tasks, so that a slow reader of outcomes does not delay replies.
    pub(super) tasks: JoinSet<Called>,
    pub(super) in_flight: HashMap<task::Id, InFlight>,
    /// Outcomes that the stream has not returned yet.
    pub(super) settled: VecDeque<Settled<Box<dyn Any + Send>>>,
    pub(super) patience: Patience,
    /// Consecutive answers that were not the vendor's.
    strangers: u32,
    /// Consecutive tickets that were rejected on their own, after their batch was rejected.
    refusals: usize,
    notify: Option<super::Notify>,
    account: Option<Arc<str>>,
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
        let now = Instant::now();
        Self {
            max_batch: change.max_batch(provider.info()),
            concurrency: options
                .concurrency
                .unwrap_or_else(|| usual_concurrency(provider.info(), &change)),
            provider,
            context,
            change: Arc::new(change),
            batch: Vec::new(),
            again: VecDeque::new(),
            held: VecDeque::new(),
            look_at: now,
            tasks: JoinSet::new(),
            in_flight: HashMap::new(),
            settled: VecDeque::new(),
            patience: Patience::new(now, options.give_up_after),
            strangers: 0,
            refusals: 0,
            notify: options.notify.clone(),
            account: options.account.clone(),
            end: None,
        }
    }

    /// Handles the result of a call.
    pub(super) fn on_reply(&mut self, asked: Vec<Asked>, called: Called) {
        if !called.unasked.is_empty() {
            self.tell(&Notice::Unasked(called.unasked));
        }
        match called.contact {
            Contact::Vendor => {
                self.strangers = 0;
                if self.patience.succeeded() {
                    self.tell(&Notice::Resumed);
                }
            }
            Contact::Stranger => self.strangers += 1,
            Contact::Nobody | Contact::Unclear => {}
        }
        match called.result {
            Ok(outcomes) => {
                self.refusals = 0;
                let (asked, open) = match called.open {
                    None => (asked, None),
                    Some(error) => {
                        let answered: HashSet<_> = outcomes.iter().map(|(id, _)| id).collect();
                        let (answered, open) = asked
                            .into_iter()
                            .partition(|asked| answered.contains(&asked.target.id));
                        (answered, Some((open, error)))
                    }
                };
                if let Some((open, error)) = open {
                    self.on_call_error(open, &error);
                }
                self.settle_all(asked, outcomes, called.contact);
            }
            Err(error) => self.on_call_error(asked, &error),
        }
    }

    /// Settles each ticket. The outcomes are in the order of `asked`, without duplicate ids.
    fn settle_all(
        &mut self,
        asked: Vec<Asked>,
        outcomes: Vec<(TicketId, Outcome)>,
        contact: Contact,
    ) {
        let ids = asked.iter().map(|asked| &asked.target.id);
        let is_in_order = outcomes.iter().map(|(id, _)| id).eq(ids);
        let mut open = Vec::new();
        let mut last = None;
        if is_in_order {
            for (asked, (_, outcome)) in asked.into_iter().zip(outcomes) {
                self.settle_or_keep(asked, outcome, contact, &mut open, &mut last);
            }
        } else {
            let outcomes: HashMap<_, _> = outcomes.into_iter().collect();
            for asked in asked {
                let outcome = match outcomes.get(&asked.target.id) {
                    Some(outcome) => outcome.clone(),
                    None => Outcome::from_error(self.not_mentioned(&asked.target.id)),
                };
                self.settle_or_keep(asked, outcome, contact, &mut open, &mut last);
            }
        }
        match last {
            Some(error) if contact == Contact::Stranger => self.count_stranger(&error),
            Some(error) if contact == Contact::Nobody => self.slow_down(&error),
            _ => {}
        }
        self.send_again(open);
    }

    /// Settles a ticket, unless its outcome is unknown and more can be learned.
    fn settle_or_keep(
        &mut self,
        mut asked: Asked,
        outcome: Outcome,
        contact: Contact,
        open: &mut Vec<Asked>,
        last: &mut Option<Error>,
    ) {
        let Outcome::Unknown(error) = outcome else {
            self.settle(asked, outcome);
            return;
        };
        last.get_or_insert_with(|| error.clone());
        // The error of an attempt that was made says more, but not that of one without an effect. What the vendor has
        // accepted is kept: it may still be carried out.
        let is_accepted = asked.error.as_ref().is_some_and(is_accepted);
        if asked.earlier_attempt() == Effect::None || !(error.is_not_attempted() || is_accepted) {
            asked.error = Some(error);
        }
        match contact {
            Contact::Nobody if self.patience.is_none() => self.settle_unknown(asked),
            Contact::Nobody if self.may_repeat(&asked) => open.push(asked),
            _ => self.hold(asked),
        }
    }

    /// Whether a call about this ticket may be made again after an attempt of unknown effect.
    fn may_repeat(&self, asked: &Asked) -> bool {
        let targets = std::slice::from_ref(&asked.target);
        let info = self.provider.info();
        info.may_repeat(&self.change.request(targets))
    }

    /// Handles a call that failed as a whole.
    fn on_call_error(&mut self, asked: Vec<Asked>, error: &Error) {
        let several = asked
            .iter()
            .any(|other| Some(&other.target.id) != asked.first().map(|first| &first.target.id));
        let refused = is_refusal(error) || error.effect() == Effect::Unknown;
        if (refused || is_foreign_refusal(error)) && several {
            let Some(asked) = self.take_faulty_out(asked) else {
                return;
            };
            if self.refusals < 2 * self.max_batch.max(MIN_REFUSALS) {
                // One ticket may be the reason for the rejection. After two full batches of individually
                // rejected tickets in a row this is no longer assumed.
                let mut first = asked;
                remember(&mut first, error);
                let second = first.split_off(first.len() / 2);
                self.again.extend([first, second]);
                self.count_stranger(error);
                return;
            }
            self.settle_failed(asked, error);
            return;
        }
        self.refusals += usize::from(refused);
        if error.is_not_attempted() {
            self.settle_failed(asked, error);
            return;
        }
        match error.kind() {
            ErrorKind::QuotaExhausted if self.waits_for_quota(error) => {
                self.leave_open(asked, error);
            }
            ErrorKind::Unauthenticated
            | ErrorKind::TokenExpired
            | ErrorKind::QuotaExhausted
            | ErrorKind::Config
            | ErrorKind::Unsupported => {
                self.settle_failed(asked, error);
                self.end(error.with_context(
                    "not attempted because an earlier call failed for the whole account",
                ));
            }
            ErrorKind::BadResponse => {
                self.settle_failed(asked, error);
                self.count_stranger(error);
            }
            kind if kind.is_transient() && self.patience.is_none() => {
                self.settle_failed(asked, error);
                self.slow_down(error);
            }
            kind if kind.is_transient() => {
                self.slow_down(error);
                self.leave_open(asked, error);
            }
            _ => self.settle_failed(asked, error),
        }
    }

    /// Sends tickets again later, about which a call failed without an effect.
    fn leave_open(&mut self, mut asked: Vec<Asked>, error: &Error) {
        remember(&mut asked, error);
        self.send_again(asked);
    }

    /// Pauses before the next call, because the vendor does not answer, or gives up.
    fn slow_down(&mut self, error: &Error) {
        match self.patience.failed(error, self.context.deadline) {
            Wait::Already => {}
            Wait::Until(until) => self.tell(&Notice::Paused {
                error: error.clone(),
                until,
            }),
            Wait::GiveUp(reason) => {
                self.end(error.with_context(&format!("not attempted because {reason}")));
            }
        }
    }

    /// Pauses until the vendor takes calls again, if it says when and that is soon enough.
    fn waits_for_quota(&mut self, error: &Error) -> bool {
        let Some(until) = self.patience.quota(error, self.context.deadline) else {
            return false;
        };
        self.tell(&Notice::Paused {
            error: error.clone(),
            until,
        });
        true
    }

    /// Ends the change after too many answers that were not the vendor's.
    fn count_stranger(&mut self, error: &Error) {
        if self.strangers >= MAX_STRANGERS {
            let calls = self.strangers;
            self.end(error.with_context(&format!(
                "not attempted because {calls} answers in a row were not the vendor's"
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
            self.again.push_front(good);
        }
        None
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

    fn tell(&self, notice: &Notice) {
        if let Notice::Unasked(tickets) = notice {
            tracing::error!(
                ticket.provider = &*self.provider.info().id,
                ticket.operation = self.change.operation().as_str(),
                ticket.count = tickets.len(),
                "the vendor changed tickets that nobody asked for"
            );
        }
        if let Some(super::Notify(notify)) = &self.notify {
            let account = self.account.as_deref();
            notify(account.unwrap_or(&self.provider.info().id), notice);
        }
    }
}

/// Keeps the error with each ticket, unless an earlier attempt may have changed it: that is not to be forgotten.
fn remember(asked: &mut [Asked], error: &Error) {
    for asked in asked {
        if asked.earlier_attempt() == Effect::None {
            asked.error = Some(error.clone().on_ticket(&asked.target.id));
        }
    }
}

/// Whether the vendor accepted a call without confirming that it is carried out.
pub(super) fn is_accepted(error: &Error) -> bool {
    error.status().is_some_and(|status| status < 300)
}

/// Whether a batch was rejected in another form than the vendor's, which may be the vendor's all the same: some document
/// no form. If it is not, [`MAX_STRANGERS`] ends the splitting.
fn is_foreign_refusal(error: &Error) -> bool {
    let is_of_the_batch = error
        .status()
        .is_some_and(|status| (400..500).contains(&status) && ![401, 407, 429].contains(&status));
    error.kind() == ErrorKind::BadResponse && error.effect() == Effect::None && is_of_the_batch
}

/// Whether the vendor rejected a batch as it is: one of its tickets may be the reason.
fn is_refusal(error: &Error) -> bool {
    let is_about_tickets = matches!(
        error.kind(),
        ErrorKind::InvalidInput | ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Forbidden
    );
    is_about_tickets && error.effect() == Effect::None
}
