//! The tickets that a worker claims, one after the other. More are claimed while half of them are still to be given, so
//! that calls do not wait for the claim.

use std::sync::{Arc, Mutex, PoisonError};
use std::vec;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use ticket_core::{Error, ErrorKind, Result};
use tokio::task::JoinSet;

use crate::going::Going;
use crate::ledger::Ledger;
use crate::model::{Claim, Claimed, Work};
use crate::poison;
use crate::turn::Turn;

/// What claims found beside the tickets that are given.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Tickets in doubt and those that may take down others, which come last.
    pub(crate) doubts: Vec<Claimed>,
    /// The claim that gave no tickets.
    pub(crate) last: Option<Claim>,
    pub(crate) failed: Option<Error>,
}

/// Claims tickets as long as the work goes on.
pub(crate) struct Claims {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) work: Work,
    pub(crate) going: Going,
    /// The part of the work that a lane of a fleet does before others get theirs.
    pub(crate) turn: Option<Turn>,
    pub(crate) found: Arc<Mutex<Found>>,
}

impl Claims {
    /// The tickets that are not in doubt.
    pub(crate) fn stream(self) -> BoxStream<'static, Claimed> {
        let walk = Walk {
            claims: self,
            tickets: Vec::new().into_iter(),
            half: 0,
            ahead: JoinSet::new(),
        };
        let tickets = stream::unfold(walk, |mut walk| async move {
            let next = walk.next().await?;
            Some((next, walk))
        });
        tickets.boxed()
    }

    async fn claim(ledger: Arc<dyn Ledger>, work: Work) -> Result<Claim> {
        ledger.claim(work.worker, &work.account).await
    }
}

struct Walk {
    claims: Claims,
    /// The tickets of the latest claim that are not given yet.
    tickets: vec::IntoIter<Claimed>,
    /// When so many are left, more are claimed.
    half: usize,
    /// The task that does. Dropped, it ends; the worker has what it claimed.
    ahead: JoinSet<Result<Claim>>,
}

impl Walk {
    async fn next(&mut self) -> Option<Claimed> {
        loop {
            if let Some(next) = self.tickets.next() {
                if self.tickets.len() <= self.half && self.ahead.is_empty() {
                    let claims = &self.claims;
                    let (ledger, work) = (Arc::clone(&claims.ledger), claims.work.clone());
                    self.ahead.spawn(Claims::claim(ledger, work));
                }
                return Some(next);
            }
            let Claims {
                ledger,
                work,
                going,
                turn,
                found,
            } = &self.claims;
            if going.is_over() || turn.as_ref().is_some_and(Turn::is_over) {
                return None;
            }
            let claim = match self.ahead.join_next().await {
                // Nothing was claimed ahead.
                None => Claims::claim(Arc::clone(ledger), work.clone()).await,
                Some(Ok(claim)) => claim,
                Some(Err(error)) if error.is_panic() => {
                    std::panic::resume_unwind(error.into_panic())
                }
                Some(Err(_)) => {
                    let message = "the work ended with the runtime";
                    Err(Error::new(ErrorKind::Cancelled, message))
                }
            };
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            match claim {
                Ok(Claim::Tickets(claimed)) => {
                    if let Some(turn) = turn {
                        turn.claimed(&claimed);
                    }
                    let (doubts, fresh): (Vec<_>, Vec<_>) =
                        claimed.into_iter().partition(comes_last);
                    found.doubts.extend(doubts);
                    self.half = fresh.len() / 2;
                    self.tickets = fresh.into_iter();
                }
                Ok(last) => {
                    found.last = Some(last);
                    return None;
                }
                Err(error) => {
                    found.failed = Some(error);
                    return None;
                }
            }
        }
    }
}

/// Whether a ticket comes after the others: it is in doubt, or may take them down.
pub(crate) fn comes_last(claimed: &Claimed) -> bool {
    claimed.in_doubt.is_some() || poison::is_suspect(claimed)
}
