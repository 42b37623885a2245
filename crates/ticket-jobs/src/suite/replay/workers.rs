//! Workers: what they begin, claim and settle.

use ticket_core::ErrorKind;

use super::{Replay, WORKERS, chosen};
use crate::clock::until;
use crate::model::{Claim, Claimed, JobState, WorkerId};
use crate::suite::bench::{CaseResult, fails, wrong};
use crate::suite::model::{Event, Ticket};
use crate::suite::schedule::outcome;

impl Replay<'_> {
    pub(super) async fn begin(&mut self, job: usize) -> CaseResult {
        let workers: u64 = (0..self.jobs.len())
            .map(|job| self.model.live_workers(job))
            .sum();
        if workers >= WORKERS {
            return Ok(());
        }
        let begun = self.bench.ledger.begin(&self.id(job)?).await;
        let is_pruned = self.model.is_pruned(job);
        if !is_pruned && self.model.state(job) == JobState::AwaitingConfirmation {
            let what = "a worker began on a job that nobody confirmed";
            return fails(what, begun, ErrorKind::Conflict);
        }
        match begun {
            Ok(worker) if !is_pruned && !self.model.workers().contains(&worker) => {
                self.model.add(Event::Began(worker, job));
                Ok(())
            }
            // Whether a worker can begin on what is over is the ledger's choice.
            Err(_) if is_pruned || self.model.state(job).is_over() => Ok(()),
            other => wrong("a worker began", "a new id", other),
        }
    }

    pub(super) fn claimed(
        &mut self,
        worker: WorkerId,
        job: usize,
        account: usize,
        claim: Claim,
        chunk: usize,
    ) -> CaseResult {
        let model = &self.model;
        let state = model.state(job);
        let is_outranked = model.is_outranked(job, account);
        let of_account = model.open(job).filter(|ticket| ticket.account == account);
        let others = of_account.filter(|ticket| model.holder(job, ticket).0 != Some(worker));
        let others: Vec<_> = others.collect();
        let held_from = model.held_from(job).unwrap_or(u64::MAX);
        let within_reach: Vec<_> = others
            .iter()
            .filter(|ticket| ticket.seq < held_from)
            .collect();
        let is_wanted = |ticket: &&&&Ticket| {
            state != JobState::Cancelling || model.in_doubt(job, ticket).is_some()
        };
        let wanted: Vec<_> = within_reach.iter().filter(is_wanted).collect();
        let is_free = |ticket: &&&&&Ticket| !is_outranked && model.is_free(job, ticket);
        let free: Vec<_> = wanted.iter().filter(is_free).collect();
        let stops = state == JobState::Paused || state == JobState::Cancelling || state.is_over();
        let is_suspended = model.is_suspended(account) && !within_reach.is_empty();
        let found = format!("{claim:?}");
        if let Claim::Later(wait) = claim {
            self.told = wait;
        }
        let is_right = match claim {
            Claim::Nothing => {
                others.is_empty()
                    || state.is_over()
                    || (state == JobState::Cancelling && wanted.is_empty())
            }
            Claim::Stopped(told) => {
                stops && told == state && (state != JobState::Cancelling || wanted.is_empty())
            }
            Claim::Held => {
                self.seen.held += 1;
                state == JobState::Ready && within_reach.is_empty() && !others.is_empty()
            }
            Claim::Suspended(_) => is_suspended && state != JobState::Paused,
            Claim::Later(wait) => {
                let held = wanted
                    .iter()
                    .any(|ticket| model.holder(job, ticket).0.is_some());
                let waits = wanted
                    .iter()
                    .map(|ticket| until(model.now, model.holder(job, ticket).1));
                self.seen.outranked += u64::from(is_outranked);
                let is_bound =
                    held || is_outranked || waits.min().is_none_or(|least| wait <= least);
                free.is_empty()
                    && !within_reach.is_empty()
                    && !wait.is_zero()
                    && is_bound
                    && state != JobState::Paused
            }
            Claim::Tickets(tickets) => {
                let is_free = |claimed: &Claimed| {
                    free.iter().any(|ticket| {
                        let is_it = ticket.seq == claimed.seq && ticket.id == claimed.id;
                        let (.., seen) = self.planned(job, ticket.seq);
                        is_it
                            && model.in_doubt(job, ticket) == claimed.in_doubt
                            && seen == claimed.seen
                            && model.put_back(job, ticket) == claimed.put_back
                    })
                };
                let seqs: Vec<_> = tickets.iter().map(|ticket| ticket.seq).collect();
                let is_right = !is_suspended
                    && state != JobState::Paused
                    && (1..=chunk).contains(&seqs.len())
                    && seqs.is_sorted_by(|one, next| one < next)
                    && seqs.first().copied() == free.first().map(|ticket| ticket.seq)
                    && tickets.iter().all(is_free);
                if is_right {
                    let doubts = tickets.iter().filter(|ticket| ticket.in_doubt.is_some());
                    self.seen.doubts += doubts.map(|_| 1).sum::<u64>();
                    self.model.add(Event::Claimed(worker, seqs));
                    return Ok(());
                }
                false
            }
        };
        if is_right {
            return Ok(());
        }
        let free: Vec<_> = free
            .iter()
            .map(|ticket| (ticket.seq, model.in_doubt(job, ticket)))
            .collect();
        let expected = format!(
            "of a job that is {state}, suspended: {is_suspended}, another goes first: {is_outranked}, at most {chunk} of {free:?}"
        );
        wrong("a claim", expected, found)
    }

    pub(super) async fn settle(
        &mut self,
        number: usize,
        tickets: u8,
        stray: Option<u64>,
        what: usize,
    ) -> CaseResult {
        let Some((worker, job)) = self.worker(number) else {
            return Ok(());
        };
        let held = self
            .model
            .open(job)
            .filter(|ticket| self.model.holder(job, ticket).0 == Some(worker));
        let mut seqs: Vec<_> = chosen(tickets, held.map(|ticket| ticket.seq).collect());
        let list = self.model.jobs.get(job);
        let stray = stray.filter(|seq| list.into_iter().flatten().any(|ticket| ticket.seq == *seq));
        let is_had = |seq: u64| {
            let mut open = self.model.open(job);
            let ticket = open.find(|ticket| ticket.seq == seq);
            ticket.is_none_or(|ticket| self.model.holder(job, ticket).0 == Some(worker))
        };
        let has_all = stray.is_none_or(is_had);
        seqs.extend(stray);
        let outcome = outcome(what);
        let outcomes = seqs.iter().map(|seq| (*seq, outcome.clone())).collect();
        let settled = self.bench.ledger.settle(worker, outcomes).await;
        if self.is_refused(worker, job, &settled)? {
            return Ok(());
        }
        match settled {
            Ok(()) => {
                seqs.retain(|seq| {
                    self.model.outcome(job, *seq).is_none() && (has_all || Some(*seq) != stray)
                });
                for seq in seqs {
                    self.model.add(Event::Settled(job, seq, outcome.as_str()));
                }
                self.is_swept(job).await
            }
            // Whether this is an error is the ledger's choice.
            Err(error) if !has_all && error.kind() == ErrorKind::Conflict => Ok(()),
            other => wrong("a worker settled what it has", "success", other),
        }
    }
}
