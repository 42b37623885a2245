//! Plans: how tickets were seen, confirmation, and what is archived.

use jiff::Timestamp;
use ticket_core::{Change, ErrorKind};

use super::{Replay, chosen};
use crate::model::{Confirmed, Guards, JobState, NewJob, Seen, Step};
use crate::suite::bench::{CaseResult, fails, wrong};
use crate::suite::model::Event;
use crate::suite::schedule::{Plan, PlanAct};

pub(super) fn new_job(plan: &Plan) -> NewJob {
    let guards = Guards {
        canary: plan.canary,
        ..Guards::default()
    };
    let job = NewJob::new(Change::Delete).guards(guards);
    if plan.awaits_confirmation {
        return job.awaiting_confirmation();
    }
    job
}

pub(super) fn is_seen(plan: &Plan, seq: u64) -> bool {
    plan.seen >> (seq % 8) & 1 == 1
}

/// How the ticket at this place was seen.
pub(super) fn seen(seq: u64) -> Seen {
    let mut seen = Seen::missing(Timestamp::UNIX_EPOCH);
    seen.sha256 = Some(format!("{seq:02x}"));
    seen
}

impl Replay<'_> {
    pub(super) async fn act_on_plan(&mut self, act: &PlanAct) -> CaseResult {
        match act {
            PlanAct::Confirm(job) => self.confirm(*job).await,
            PlanAct::Release(job) => self.steer(*job, Step::Release).await,
            PlanAct::Cancel(job) => self.steer(*job, Step::Cancel).await,
            PlanAct::See(job) => self.see(*job).await,
            PlanAct::Archive {
                worker,
                tickets,
                stray,
            } => self.archive(*worker, *tickets, *stray).await,
        }
    }

    async fn confirm(&mut self, job: usize) -> CaseResult {
        let confirmed = Confirmed::new(self.model.now, "ada@host");
        let done = self.bench.ledger.confirm(&self.id(job)?, confirmed).await;
        if self.model.is_pruned(job) {
            return fails(
                "a job that is gone was confirmed",
                done,
                ErrorKind::NotFound,
            );
        }
        if self.model.state(job) != JobState::AwaitingConfirmation {
            let what = "a job that does not await confirmation was confirmed";
            return fails(what, done, ErrorKind::Conflict);
        }
        self.model.add(Event::Confirmed(job));
        self.seen.confirmed += 1;
        Ok(done?)
    }

    async fn see(&mut self, job: usize) -> CaseResult {
        let late = vec![(0, seen(99))];
        let done = self.bench.ledger.see(&self.id(job)?, late).await;
        let kind = if self.model.is_pruned(job) {
            ErrorKind::NotFound
        } else {
            ErrorKind::Conflict
        };
        fails("a ticket of a sealed job was seen", done, kind)
    }

    async fn archive(&mut self, number: usize, tickets: u8, stray: Option<u64>) -> CaseResult {
        let Some((worker, job)) = self.worker(number) else {
            return Ok(());
        };
        let model = &self.model;
        let held = model
            .open(job)
            .filter(|ticket| model.holder(job, ticket).0 == Some(worker));
        let held: Vec<_> = held.map(|ticket| ticket.seq).collect();
        let has_all = stray.is_none_or(|seq| held.contains(&seq));
        let mut seqs = chosen(tickets, held);
        seqs.extend(stray);
        let sha256 = model.events.len().to_string();
        let entries = seqs.iter().map(|seq| (*seq, sha256.clone())).collect();
        let done = self.bench.ledger.archived(worker, entries).await;
        if self.is_refused(worker, job, &done)? {
            return Ok(());
        }
        if !has_all {
            let what = "a worker archived a ticket that it does not have";
            return fails(what, done, ErrorKind::Conflict);
        }
        if let Err(error) = done {
            return wrong("a worker archived what it has", "success", error);
        }
        self.seen.archived += seqs.iter().map(|_| 1).sum::<u64>();
        self.model.add(Event::Archived(job, seqs));
        Ok(())
    }
}
