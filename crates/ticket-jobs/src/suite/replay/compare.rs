//! Holds what the ledger tells against the model.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ticket_core::{ErrorKind, Outcome};

use super::plans::{is_seen, seen};
use super::{Replay, Seen};
use crate::model::{CallId, Ended, JobState, Which};
use crate::suite::bench::{CaseResult, fails, same, wrong};
use crate::suite::model::{Call, Event, Ticket};
use crate::suite::schedule::ACCOUNTS;

type Planned = (
    (u64, Option<CallId>),
    Option<(Timestamp, String)>,
    Option<crate::model::Seen>,
);

impl Replay<'_> {
    /// Takes over which tickets of a cancelling job were left undone. They must be open, claimed by nobody, and not in
    /// doubt.
    pub(super) async fn take_over(&mut self, job: usize) -> CaseResult {
        if self.model.state(job) != JobState::Cancelling {
            return Ok(());
        }
        let tickets = self
            .bench
            .ledger
            .tickets(&self.id(job)?, Which::Named, None, 100)
            .await?;
        let is_left = |seq: u64| {
            let of_ledger = tickets.iter().find(|ticket| ticket.seq == seq);
            matches!(
                of_ledger.and_then(|ticket| ticket.outcome.as_ref()),
                Some(Outcome::Unattempted(_))
            )
        };
        let model = &self.model;
        let left = model.open(job).filter(|ticket| {
            let nobodys = model.holder(job, ticket).0.is_none();
            nobodys && model.in_doubt(job, ticket).is_none() && is_left(ticket.seq)
        });
        for seq in left.map(|ticket| ticket.seq).collect::<Vec<_>>() {
            self.model.add(Event::Settled(job, seq, "unattempted"));
        }
        Ok(())
    }

    /// Of a job that is cancelling and of which nobody has claimed tickets, only those in doubt are open.
    pub(super) async fn is_swept(&mut self, job: usize) -> CaseResult {
        self.take_over(job).await?;
        let model = &self.model;
        let is_held = model
            .open(job)
            .any(|ticket| model.holder(job, ticket).0.is_some());
        if model.state(job) != JobState::Cancelling || is_held {
            return Ok(());
        }
        let is_left = |ticket: &&Ticket| model.in_doubt(job, ticket).is_none();
        let left: Vec<_> = model
            .open(job)
            .filter(is_left)
            .map(|ticket| ticket.seq)
            .collect();
        same(
            "tickets of a cancelling job that nobody has and that are not in doubt",
            left,
            Vec::new(),
        )
    }

    /// Holds all that the ledger tells against the model.
    pub(super) async fn compare(&mut self) -> CaseResult {
        for job in 0..self.jobs.len() {
            if self.model.is_pruned(job) {
                let gone = self.bench.ledger.job(&self.id(job)?).await;
                fails("a removed job was read", gone, ErrorKind::NotFound)?;
                continue;
            }
            self.take_over(job).await?;
            self.compare_job(job).await?;
        }
        self.compare_accounts().await?;
        self.compare_offers().await
    }

    async fn compare_job(&self, job: usize) -> CaseResult {
        let (model, ledger, id) = (&self.model, &self.bench.ledger, self.id(job)?);
        let (mut expected, mut planned) = (Vec::new(), Vec::new());
        for (seq, first) in self.lists.get(job).into_iter().flatten() {
            let outcome = model.outcome(job, *first);
            let ticket = model.open(job).find(|ticket| ticket.seq == *first);
            let in_doubt = ticket.is_some_and(|ticket| model.in_doubt(job, ticket).is_some());
            expected.push((*seq, (first != seq).then_some(*first), outcome, in_doubt));
            planned.push(self.planned(job, *first));
        }
        let tickets = ledger.tickets(&id, Which::Named, None, 100).await?;
        let told = tickets.iter().map(|ticket| {
            let archived = ticket.archived.clone();
            let archived = archived.map(|archived| (archived.at, archived.sha256));
            let last = (ticket.attempts, ticket.last_call);
            (last, archived, ticket.seen.clone())
        });
        same(
            "the tickets: calls and the last one, archived, seen",
            told.collect(),
            planned,
        )?;
        let tickets: Vec<_> = tickets
            .iter()
            .map(|ticket| {
                let outcome = ticket.outcome.as_ref().map(Outcome::as_str);
                (ticket.seq, ticket.repeats, outcome, ticket.in_doubt)
            })
            .collect();
        same(
            "the tickets: place, first place, outcome, doubt",
            tickets,
            expected,
        )?;

        let read = ledger.job(&id).await?;
        let mut counts = BTreeMap::new();
        for ticket in model.jobs.get(job).into_iter().flatten() {
            if let Some(outcome) = model.outcome(job, ticket.seq) {
                *counts.entry(outcome.to_owned()).or_default() += 1;
            }
        }
        let open: u64 = model.open(job).map(|_| 1).sum();
        let expected = (model.state(job), open, counts, model.live_workers(job));
        let found = (read.state, read.open, read.counts, read.workers);
        same(
            "the job: state, open tickets, counts, workers",
            found,
            expected,
        )?;
        let found = (read.held_from, read.confirmed.is_some());
        let expected = (model.held_from(job), model.is_confirmed(job));
        same("the priority", read.priority, model.priority(job))?;
        same(
            "where tickets wait, and whether it is confirmed",
            found,
            expected,
        )?;
        same(
            "it is over exactly if no ticket is open",
            read.state.is_over(),
            open == 0,
        )?;

        let of_job = |call: &&Call| call.work.is_some_and(|(of, _)| of == job);
        let expected: Vec<_> = model
            .calls()
            .filter(of_job)
            .filter(|call| !matches!(model.end(call.id), Some((Ended::Unsent, _))))
            .map(|call| (call.id, model.end(call.id).map(|(_, at)| at)))
            .collect();
        let calls = ledger.calls(&id, None, 100).await?;
        let calls: Vec<_> = calls.iter().map(|call| (call.id, call.ended_at)).collect();
        same("the calls of the job, and when they ended", calls, expected)?;
        same("`verify`", ledger.verify(&id).await?, Vec::new())
    }

    /// What a ticket tells besides its outcome: its calls, its entry in the archive, how it was seen.
    pub(super) fn planned(&self, job: usize, seq: u64) -> Planned {
        let model = &self.model;
        let mut tickets = model.jobs.get(job).into_iter().flatten();
        let ticket = tickets.find(|ticket| ticket.seq == seq);
        let calls = || {
            ticket
                .into_iter()
                .flat_map(|ticket| model.naming(job, ticket))
        };
        let last = calls().last().map(|call| call.id);
        let archived = model.archived(job, seq);
        let archived = archived.map(|(at, number)| (at, number.to_string()));
        let plan = model.plans.get(job);
        let is_seen = plan.is_some_and(|plan| is_seen(plan, seq));
        let attempts = calls().map(|_| 1).sum();
        ((attempts, last), archived, is_seen.then(|| seen(seq)))
    }

    async fn compare_accounts(&self) -> CaseResult {
        let accounts = self.bench.ledger.accounts().await?;
        for (account, (_, key)) in ACCOUNTS.iter().enumerate() {
            let model = &self.model;
            let found = accounts.iter().find(|account| account.key == *key);
            let found = found.map_or((0, None, false, 0), |account| {
                let is_suspended = account.suspended.is_some();
                (
                    account.in_flight,
                    account.closed_until,
                    is_suspended,
                    account.lost,
                )
            });
            let in_flight: u64 = model.in_flight(account).map(|_| 1).sum();
            let expected = (
                in_flight,
                model.closed_until(account),
                model.is_suspended(account),
            );
            same(
                &format!("{key}: calls in flight, closed until, suspended"),
                (found.0, found.1, found.2),
                expected,
            )?;
            let lost = model.in_flight(account).filter_map(|call| call.work);
            let lost: u64 = lost
                .filter(|(_, worker)| model.is_lost(*worker))
                .map(|_| 1)
                .sum();
            let gone = model.in_flight(account).filter_map(|call| call.work);
            let gone =
                gone.filter(|(job, worker)| !model.is_live(*worker) || model.is_pruned(*job));
            let gone: u64 = gone.map(|_| 1).sum();
            if !(lost..=gone).contains(&found.3) {
                return wrong(
                    format!("{key}: calls of lost workers"),
                    lost..=gone,
                    found.3,
                );
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> CaseResult<Seen> {
        for (account, (_, key)) in ACCOUNTS.iter().enumerate() {
            if let Some(found) = self.model.vendor_counted_too_many(account) {
                return wrong(
                    format!("what the vendor counted at {key}"),
                    "no window above its quota",
                    found,
                );
            }
        }
        let over = (0..self.jobs.len()).filter(|job| self.model.state(*job).is_over());
        self.seen.over += over.map(|_| 1).sum::<u64>();
        Ok(self.seen)
    }
}
