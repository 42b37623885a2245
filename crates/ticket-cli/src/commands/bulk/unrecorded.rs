//! The outcomes of tickets that are not in the ledger.

use std::collections::HashMap;

use ticket_jobs::{JobOutcome, JobTicket};
use tickets::{Effect, Error, ErrorKind, Outcome};

/// What a run told of tickets whose outcomes are not recorded: they are open, and a later run goes on with them.
#[derive(Debug, Default)]
pub(super) struct Unrecorded {
    /// What was told of tickets about which something was sent.
    outcomes: HashMap<u64, Outcome>,
    /// Why nothing was sent about the others, by account.
    reasons: HashMap<String, Error>,
    /// Why nothing was sent about tickets of which nothing was told.
    pub(super) otherwise: Option<Error>,
}

impl Unrecorded {
    pub(super) fn insert(&mut self, told: &JobOutcome) {
        if let Outcome::Unattempted(error) = &told.outcome {
            let account = told.ticket.account.clone();
            self.reasons.entry(account).or_insert_with(|| error.clone());
        } else {
            self.outcomes.insert(told.seq, told.outcome.clone());
        }
    }

    /// The outcome of a ticket: the recorded one, or else what this run knows. `is_told`: the run told an outcome.
    pub(super) fn outcome(&self, ticket: &JobTicket, is_told: bool) -> Outcome {
        let first = ticket.repeats.unwrap_or(ticket.seq);
        if let Some(outcome) = ticket.outcome.as_ref().or(self.outcomes.get(&first)) {
            return outcome.clone();
        }
        if ticket.in_doubt && !is_told {
            let message = "a request may have changed it, and nobody has looked at it yet";
            let error = Error::new(ErrorKind::Cancelled, message);
            return Outcome::Unknown(error.with_effect(Effect::Unknown).on_ticket(&ticket.id));
        }
        let reason = self.reasons.get(&ticket.account);
        let reason = reason.or(self.otherwise.as_ref()).cloned();
        let error = reason
            .unwrap_or_else(|| Error::new(ErrorKind::Cancelled, "stopped before it was attempted"));
        Outcome::Unattempted(error.on_ticket(&ticket.id))
    }
}
