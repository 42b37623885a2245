//! The state of a bulk change, and the outcome of each ticket. The order of the calls is in `run.rs`.

use std::any::Any;
use std::collections::{HashMap, HashSet, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::task::{self, JoinSet};
use tokio::time::Instant;

use super::asked::{Asked, Part, is_several, remember};
use super::called::{Called, Contact, MAX_STRANGERS, is_accepted, is_foreign_refusal, is_refusal};
use super::change::Change;
use super::notice::{Notice, Teller};
use super::options::{BulkOptions, Room, most_accepted, usual_concurrency};
use super::pause::{Patience, Wait};
use super::purge::Purges;
use super::settled::Settled;
use crate::model::ticket::TicketId;
use crate::provider::capability::ProviderInfo;
use crate::provider::concurrency::Concurrency;
use crate::provider::context::{CallContext, SendState};
use crate::provider::error::{Effect, Error, ErrorKind};
use crate::provider::outcome::Outcome;
use crate::provider::ticket_provider::TicketProvider;

/// A call that has no reply yet.
pub(super) struct InFlight {
    pub(super) part: Part,
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
    /// How many there may be now, if that adapts.
    pub(super) room: Option<Room>,
    pub(super) max_batch: usize,
    pub(super) only_look: bool,
    pub(super) purges: Arc<Purges>,
    /// Tickets that have arrived and wait for a full batch.
    pub(super) batch: Vec<Asked>,
    /// Batches that are sent again, whole or in parts.
    pub(super) again: VecDeque<Part>,
    /// Tickets of unknown outcome, for a second look once all others are settled.
    pub(super) held: VecDeque<Asked>,
    /// After a stop, until when tickets are still looked at.
    pub(super) look_until: Option<Instant>,
    /// The time of the next looks that was told last.
    pub(super) looks_told: Option<Instant>,
    /// Calls run in their own tasks, so that a slow reader of outcomes does not delay replies.
    pub(super) tasks: JoinSet<Called>,
    pub(super) in_flight: HashMap<task::Id, InFlight>,
    /// Outcomes that the stream has not returned yet.
    pub(super) settled: VecDeque<Settled<Box<dyn Any + Send>>>,
    pub(super) patience: Patience,
    /// Consecutive answers that were not the vendor's.
    pub(super) strangers: u32,
    /// Consecutive tickets that were rejected on their own, after their batch was rejected.
    pub(super) refusals: usize,
    pub(super) teller: Arc<Teller>,
    /// Why no further ticket is attempted.
    pub(super) end: Option<Error>,
}

/// How many batches are under way at most. One that the vendor accepted is until it is carried out.
fn concurrency(info: &ProviderInfo, change: &Change, options: &BulkOptions) -> NonZeroUsize {
    let operation = change.operation();
    let asked = options.concurrency.and_then(Concurrency::fixed);
    let calls = asked.unwrap_or_else(|| usual_concurrency(info, operation));
    most_accepted(info, operation).map_or(calls, |most| calls.min(most))
}

impl Engine {
    pub(super) fn new(
        provider: Arc<dyn TicketProvider>,
        context: CallContext,
        change: Change,
        options: &BulkOptions,
    ) -> Self {
        let now = Instant::now();
        let account = options.account.clone();
        let teller = Teller {
            account: account.unwrap_or_else(|| provider.info().id.as_ref().into()),
            notify: options.notify.clone(),
        };
        let mut engine = Self {
            max_batch: change.max_batch(provider.info()),
            only_look: options.only_look,
            purges: Arc::new(Purges::new(options.only_look)),
            concurrency: concurrency(provider.info(), &change, options),
            room: options.room.clone(),
            provider,
            context,
            change: Arc::new(change),
            batch: Vec::new(),
            again: VecDeque::new(),
            held: VecDeque::new(),
            look_until: None,
            looks_told: None,
            tasks: JoinSet::new(),
            in_flight: HashMap::new(),
            settled: VecDeque::new(),
            patience: Patience::new(now, options.give_up_after),
            strangers: 0,
            refusals: 0,
            teller: Arc::new(teller),
            end: None,
        };
        if let Some(reason) = options.refused.clone().filter(|_| !options.only_look) {
            engine.end(reason);
        }
        engine
    }

    /// Takes a ticket of the input. After an earlier attempt of unknown effect it stays unknown until that is settled, and
    /// is only looked at if a repeat could meet another ticket.
    pub(super) fn arrive(&mut self, mut asked: Asked) {
        let is_first = self.context.earlier_attempt == Effect::None;
        // Asking what came of accepted work changes nothing, but a purge follows a delete.
        let is_followed = *self.change == Change::Purge && self.only_look;
        let accepted = asked.target.accepted.as_ref();
        let is_asked = accepted.is_some_and(|job| !is_followed || job.is_purge());
        let is_sent = is_asked || !self.only_look && (is_first || self.may_repeat(&asked));
        if !is_first || !is_sent {
            let message = if is_sent || self.only_look {
                "an earlier attempt may have been carried out"
            } else {
                self.change.why_not_repeated()
            };
            let error = Error::new(ErrorKind::Cancelled, message)
                .with_effect(Effect::Unknown)
                .in_operation(&self.provider.info().id, self.change.operation());
            asked.error = Some(error.on_ticket(&asked.target.id));
        }
        if is_sent {
            self.batch.push(asked);
        } else {
            self.hold(asked);
        }
    }

    /// Handles the result of a call.
    pub(super) fn on_reply(&mut self, Part { asked, other }: Part, called: Called) {
        if called.is_there {
            self.patience.answered();
        }
        self.note(called.contact);
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
                if called.contact == Contact::Vendor {
                    self.split(other);
                } else {
                    self.send_whole(other);
                }
            }
            Err(error) => {
                self.send_whole(other);
                self.on_call_error(asked, &error);
            }
        }
    }

    /// Takes note of who answered.
    pub(super) fn note(&mut self, contact: Contact) {
        match contact {
            Contact::Vendor => {
                self.strangers = 0;
                if self.patience.succeeded() {
                    self.teller.tell(&Notice::Resumed);
                }
            }
            Contact::Stranger => self.strangers += 1,
            Contact::Nobody | Contact::Unclear => {}
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
        asked.target.accepted = error.job().cloned();
        // The vendor accepted it, and the question about its job had no answer.
        let is_asked_again =
            error.job().is_some() && error.is_transient() && !self.patience.is_none();
        // The error of an attempt that was made says more, but not that of one without an effect. What the vendor has
        // accepted is kept: it may still be carried out.
        let is_accepted = asked.error.as_ref().is_some_and(is_accepted);
        if asked.earlier_attempt() == Effect::None || !(error.is_not_attempted() || is_accepted) {
            asked.error = Some(error);
        }
        match contact {
            Contact::Nobody if self.patience.is_none() => self.settle_unknown(asked),
            Contact::Nobody if self.may_repeat(&asked) => open.push(asked),
            _ if is_asked_again => open.push(asked),
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
        let refused = is_refusal(error) || error.effect() == Effect::Unknown;
        // One that is accepted is not the reason.
        if error.job().is_none() && (refused || is_foreign_refusal(error)) && is_several(&asked) {
            self.on_batch_refused(asked, error);
            return;
        }
        self.refusals += usize::from(refused);
        if error.is_not_attempted() {
            self.settle_failed(asked, error);
            // A store of slots that fails, or that ends the work, does so for every call.
            if matches!(error.kind(), ErrorKind::Config | ErrorKind::Cancelled) {
                // A stop has its own words, and looks after it.
                self.end_in_time();
                self.end(error.clone());
            }
            return;
        }
        match error.kind() {
            ErrorKind::QuotaExhausted if self.waits_for_quota(error) => {
                self.leave_open(asked, error);
            }
            _ if error.is_of_the_account() => {
                self.settle_failed(asked, error);
                self.end_account(error);
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
    pub(super) fn slow_down(&mut self, error: &Error) {
        match self.patience.failed(error, self.context.deadline) {
            Wait::Already => {}
            Wait::Until(until) => self.teller.tell(&Notice::Paused {
                error: error.clone(),
                until,
            }),
            Wait::GiveUp(reason) => {
                self.end(error.with_context(&format!("not attempted because {reason}")));
            }
        }
    }

    /// Pauses until the vendor takes calls again, if it says when and that is soon enough.
    pub(super) fn waits_for_quota(&mut self, error: &Error) -> bool {
        let Some(until) = self.patience.quota(error, self.context.deadline) else {
            return false;
        };
        self.teller.tell(&Notice::Paused {
            error: error.clone(),
            until,
        });
        true
    }

    /// Ends the change after too many answers that were not the vendor's.
    pub(super) fn count_stranger(&mut self, error: &Error) {
        if self.strangers >= MAX_STRANGERS {
            let calls = self.strangers;
            self.end(error.with_context(&format!(
                "not attempted because {calls} answers in a row were not the vendor's"
            )));
        }
    }

    /// Ends the change because of an error that is about the whole account.
    pub(super) fn end_account(&mut self, error: &Error) {
        let why = "not attempted because an earlier call failed for the whole account";
        self.end(error.with_context(why));
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
            self.teller.tell(&Notice::Ended(reason.clone()));
            self.end = Some(reason);
        }
    }
}
