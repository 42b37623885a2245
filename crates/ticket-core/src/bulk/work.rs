//! The work on many tickets of one account: where it stands, and what is said of each ticket. What is sent when is in
//! `stream.rs` and `here.rs`.

mod here;
mod stream;

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::Future;
use std::sync::Arc;

use tokio::task::{self, JoinSet};

pub(crate) use self::here::run_here;
pub(crate) use self::stream::run;

use super::{BulkOptions, Deed, Landing, Outcome as _, Settled};
use crate::model::ticket::TicketId;
use crate::provider::check::check_id;
use crate::provider::context::{CallContext, SendState};
use crate::provider::error::{Effect, Error, ErrorKind};
use crate::provider::ticket_provider::TicketProvider;

/// A ticket that was asked for.
#[derive(Clone, Debug)]
struct Asked {
    index: usize,
    id: TicketId,
}

/// A call on its way.
struct Flight {
    asked: Vec<Asked>,
    state: Arc<SendState>,
}

/// Where the work stands.
struct Work<D: Deed> {
    provider: Arc<dyn TicketProvider>,
    /// The context of each call.
    context: CallContext,
    options: BulkOptions,
    max_batch: usize,
    /// What arrived and fills a batch.
    batch: Vec<Asked>,
    /// Parts of batches that were refused as a whole.
    halves: VecDeque<Vec<Asked>>,
    /// Tasks of their own: whoever reads the outcomes slowly must not keep an answer from being heard.
    flying: JoinSet<Landing<D::Outcome>>,
    flights: HashMap<task::Id, Flight>,
    /// Answers that were not taken yet.
    settled: VecDeque<Settled<D::Outcome>>,
    /// How many calls in a row have failed because the vendor was out of reach.
    failures: u32,
    /// How many tickets in a row were refused by themselves, after their batch had been.
    refusals: usize,
    /// Why nothing more is tried.
    end: Option<Error>,
}

/// One call.
fn begin<D: Deed>(
    provider: &Arc<dyn TicketProvider>,
    ids: Vec<TicketId>,
    mut context: CallContext,
    state: Arc<SendState>,
) -> impl Future<Output = Landing<D::Outcome>> + Send + use<D> {
    let provider = Arc::clone(provider);
    context.send_state = Some(Arc::clone(&state));
    async move {
        state.begin();
        D::call(provider, context, ids).await
    }
}

impl<D: Deed> Work<D> {
    fn new(provider: Arc<dyn TicketProvider>, context: CallContext, options: BulkOptions) -> Self {
        Self {
            max_batch: D::max_batch(&*provider),
            provider,
            context,
            options,
            batch: Vec::new(),
            halves: VecDeque::new(),
            flying: JoinSet::new(),
            flights: HashMap::new(),
            settled: VecDeque::new(),
            failures: 0,
            refusals: 0,
            end: None,
        }
    }

    /// Settles what cannot be sent; the rest, and its ids without repetitions.
    fn sendable(&mut self, asked: Vec<Asked>) -> (Vec<Asked>, Vec<TicketId>) {
        let mut kept = Vec::with_capacity(asked.len());
        for asked in asked {
            match check_id(&asked.id) {
                Ok(()) => kept.push(asked),
                Err(error) => {
                    let error = error.in_operation(self.provider.info().id, D::OPERATION);
                    self.settle(asked, D::Outcome::from_error(error));
                }
            }
        }
        let ids = distinct(kept.iter().map(|asked| asked.id.clone()).collect());
        (kept, ids)
    }

    /// Takes the answer to a call.
    fn land(&mut self, asked: Vec<Asked>, landing: Landing<D::Outcome>) {
        match landing {
            Ok(outcomes) => {
                self.failures = 0;
                self.refusals = 0;
                self.read(asked, outcomes);
            }
            Err(error) => self.crash(asked, &error),
        }
    }

    /// Takes what is said of each ticket. It was asked in this order, but for ids that came twice.
    fn read(&mut self, asked: Vec<Asked>, outcomes: Vec<(TicketId, D::Outcome)>) {
        let in_order = asked.len() == outcomes.len()
            && asked
                .iter()
                .zip(&outcomes)
                .all(|(asked, (id, _))| asked.id == *id);
        if in_order {
            for (asked, (_, outcome)) in asked.into_iter().zip(outcomes) {
                self.settle(asked, outcome);
            }
            return;
        }
        let outcomes: HashMap<_, _> = outcomes.into_iter().collect();
        for asked in asked {
            let outcome = match outcomes.get(&asked.id) {
                Some(outcome) => outcome.clone(),
                None => D::Outcome::from_error(self.not_mentioned(&asked.id)),
            };
            self.settle(asked, outcome);
        }
    }

    /// Takes the failure of a call as a whole.
    fn crash(&mut self, asked: Vec<Asked>, error: &Error) {
        let refused = error.effect() == Effect::None;
        let several = asked
            .iter()
            .any(|other| Some(&other.id) != asked.first().map(|first| &first.id));
        let is_invalid = error.kind() == ErrorKind::InvalidInput && refused;
        if is_invalid && several && self.refusals < 2 * self.max_batch {
            // One of them may be at fault for all. Not so once every single one of two batches was.
            let mut first = asked;
            let second = first.split_off(first.len() / 2);
            self.halves.extend([first, second]);
            return;
        }
        if is_invalid && !several {
            self.refusals += 1;
        }
        let untried = error.is_untried() && refused;
        for asked in asked {
            let error = error.clone().on_ticket(&asked.id);
            let outcome = if untried {
                D::Outcome::unattempted(error)
            } else {
                D::Outcome::from_error(error)
            };
            self.settle(asked, outcome);
        }
        if error.kind().is_retryable() {
            self.failures += u32::from(!untried);
        } else {
            // The vendor was within reach.
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
            self.end(
                error.because("not tried, since an earlier call failed for the whole account"),
            );
        } else if self.failures >= self.options.give_up_after.get() {
            let calls = self.failures;
            self.end(error.because(&format!("not tried, since {calls} calls in a row failed")));
        }
    }

    /// Tries nothing more; the first reason stays.
    fn end(&mut self, reason: Error) {
        if self.end.is_none() {
            tracing::warn!(
                ticket.provider = self.provider.info().id,
                ticket.operation = D::OPERATION.as_str(),
                error.type = reason.kind().as_str(),
                "the rest is not tried"
            );
            self.end = Some(reason);
        }
    }

    /// Answers for what has not been sent.
    fn leave_untried(&mut self) {
        let Some(reason) = self.end.clone() else {
            return;
        };
        let waiting: Vec<_> = self
            .halves
            .drain(..)
            .flatten()
            .chain(self.batch.drain(..))
            .collect();
        for asked in waiting {
            let error = reason.clone().on_ticket(&asked.id);
            self.settle(asked, D::Outcome::unattempted(error));
        }
    }

    fn settle(&mut self, asked: Asked, outcome: D::Outcome) {
        self.settled
            .push_back(Settled::new(asked.index, asked.id, outcome));
    }

    fn not_mentioned(&self, id: &TicketId) -> Error {
        let message = "the provider's report does not mention this ticket";
        Error::new(ErrorKind::BadResponse, message)
            .in_operation(self.provider.info().id, D::OPERATION)
            .on_ticket(id)
    }
}

/// Each id once, in the order of its first appearance.
pub(crate) fn distinct(mut ids: Vec<TicketId>) -> Vec<TicketId> {
    if !is_ascending(&ids) {
        let mut seen = HashSet::with_capacity(ids.len());
        ids.retain(|id| seen.insert(id.clone()));
    }
    ids
}

/// Whether each id stands behind the one before, as most lists are sorted: then none comes twice, and no table is needed
/// to tell.
fn is_ascending(ids: &[TicketId]) -> bool {
    let order = |id: &TicketId| id.as_str().len();
    ids.is_sorted_by(|one, next| (order(one), one) < (order(next), next))
}
