//! The end of the work of a lane: what is left is given back, put back for later or given up, and told.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use ticket_core::bulk::Settled;
use ticket_core::{Effect, Error, ErrorKind, Outcome, Result, TicketRef};

use crate::lane::{Lane, LaneEnd, Left};
use crate::ledger::tickets;
use crate::model::{Claim, Event, EventKind, Suspension, Which};
use crate::turn::{is_passing, is_the_accounts};

impl Lane {
    /// Ends the work: gives back what the worker has of the account, and tells what is left.
    pub(crate) async fn conclude(&self, mut left: Left, reason: Option<Error>) -> Result<LaneEnd> {
        self.suspend().await?;
        let did_not_answer = self.going.reason().is_some_and(is_passing);
        let mut pause = None;
        if let (Some(turn), true) = (&self.turn, did_not_answer || !self.going.is_over()) {
            let is_given_up = did_not_answer && turn.gives_account_up(self.ledger.now());
            if let Some(reason) = reason.as_ref().filter(|_| is_given_up) {
                self.give_account_up(std::mem::take(&mut left), reason)
                    .await?;
            } else if did_not_answer || !left.is_empty() {
                pause = Some(turn.wait());
            }
        }
        let (worker, account) = (self.work.worker, &self.work.account);
        let wait = pause.unwrap_or_default();
        self.ledger.put_back(worker, account, wait).await?;
        self.tell_left(&left).await?;
        if let (Some(reason), None) = (&reason, &self.turn) {
            self.tell_open(&left, reason).await?;
        }
        Ok(LaneEnd {
            reason,
            pause: pause.filter(|_| did_not_answer),
        })
    }

    /// Records outcomes of all tickets of the account that nobody else has: it has not answered for too long.
    async fn give_account_up(&self, left: Left, reason: &Error) -> Result<()> {
        let worker = self.work.worker;
        let mut event = Event::new(self.ledger.now(), EventKind::GaveUp);
        event.detail = Some(format!("{}: {}", self.work.account, reason.message()));
        self.ledger.note(&self.work.job, event).await?;
        let mut given_up: Vec<_> = left.into_values().collect();
        loop {
            let outcomes = given_up.iter().map(|one| (one.key, one.outcome.clone()));
            self.ledger.settle(worker, outcomes.collect()).await?;
            for one in given_up {
                let ticket = TicketRef::new(self.work.account.clone(), one.id);
                self.tell(one.key, ticket, one.outcome, true).await?;
            }
            let account = &self.work.account;
            self.ledger
                .put_back(worker, account, Duration::ZERO)
                .await?;
            let Claim::Tickets(claimed) = self.ledger.claim(worker, account).await? else {
                return Ok(());
            };
            let unattempted = claimed.into_iter().map(|one| {
                let ticket = TicketRef::new(account.clone(), one.id);
                let outcome = not_come_to(&ticket, one.in_doubt.is_some(), reason);
                Settled::new(one.seq, ticket.id, outcome)
            });
            given_up = unattempted.collect();
        }
    }

    /// Tells of tickets whose outcomes are not recorded.
    async fn tell_left(&self, left: &Left) -> Result<()> {
        for one in left.values() {
            let ticket = TicketRef::new(self.work.account.clone(), one.id.clone());
            self.tell(one.key, ticket, one.outcome.clone(), false)
                .await?;
        }
        Ok(())
    }

    /// Suspends the account for others, if it is at fault.
    async fn suspend(&self) -> Result<()> {
        let Some(error) = self.going.reason() else {
            return Ok(());
        };
        if is_the_accounts(error) {
            let why = Suspension {
                because: self.as_told(error).to_string(),
                until: error.available_at(),
            };
            self.ledger.suspend(&self.key, Some(why)).await?;
        }
        Ok(())
    }

    /// Tells of the tickets that this run did not come to.
    async fn tell_open(&self, left: &Left, reason: &Error) -> Result<()> {
        let mut open = tickets(&*self.ledger, &self.work.job, Which::Open);
        while let Some(one) = open.try_next().await? {
            if one.account != self.work.account || left.contains_key(&one.seq) {
                continue;
            }
            let ticket = TicketRef::new(one.account, one.id);
            let outcome = not_come_to(&ticket, one.in_doubt, reason);
            self.tell(one.seq, ticket, outcome, false).await?;
        }
        Ok(())
    }
}

/// The outcome of a ticket that a run did not come to, for this reason.
pub(crate) fn not_come_to(ticket: &TicketRef, in_doubt: bool, reason: &Error) -> Outcome {
    if !in_doubt {
        return Outcome::Unattempted(reason.clone().on_ticket(&ticket.id));
    }
    let message = "an earlier run may have changed it, and it was not looked at yet";
    let error = Error::new(ErrorKind::Cancelled, message);
    Outcome::Unknown(error.with_effect(Effect::Unknown).on_ticket(&ticket.id))
}
