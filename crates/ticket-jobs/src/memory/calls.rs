//! Calls: which one may be sent, and how it ended.

use std::time::Duration;

use ticket_core::provider::Limit;
use ticket_core::{Error, ErrorKind, Operation, Result};

use super::quota::Account;
use super::rows::{CallRow, count};
use super::state::State;
use crate::clock::later;
use crate::ledger::MARGIN;
use crate::model::{AccountState, CallId, Ended, JobState, NewCall, Taken, Work};

impl State {
    pub(super) fn account(&mut self, key: &str) -> &mut Account {
        self.accounts.entry(key.to_owned()).or_default()
    }

    pub(super) fn take(&mut self, call: NewCall) -> Result<Taken> {
        if let Some(work) = &call.work {
            self.allows(work, call.operation)?;
        }
        let Self {
            now,
            jobs,
            calls,
            accounts,
            ..
        } = self;
        let account = accounts.entry(call.account.clone()).or_default();
        if let Some(refused) = account.refuses(&call, calls, *now) {
            return Ok(refused);
        }
        self.calls_taken += 1;
        let id = CallId(self.calls_taken);
        let expires_at = later(*now, call.longest.saturating_add(MARGIN));
        account.insert(id, expires_at, &call.limits);
        if let Some(work) = &call.work
            && let Some(job) = jobs.get_mut(&work.job)
        {
            for ticket in &call.tickets {
                let seq = job.place(&work.account, ticket);
                if let Some(ticket) = seq.and_then(|seq| job.tickets.get_mut(&seq)) {
                    ticket.name(id);
                }
            }
        }
        let row = CallRow {
            account: call.account,
            operation: call.operation,
            requests: call.requests,
            tickets: call.tickets,
            work: call.work,
            taken_at: *now,
            expires_at,
            ended: None,
        };
        calls.insert(id, row);
        Ok(Taken::Slot(id, self.now))
    }

    /// Fails unless the work may make this call now.
    fn allows(&self, work: &Work, operation: Operation) -> Result<()> {
        let refuse = |why: String| Err(Error::new(ErrorKind::Cancelled, why));
        let state = self.job(&work.job)?.state;
        if self.job_of(work.worker).ok().as_ref() != Some(&work.job) {
            return refuse(format!("worker {} is lost", work.worker.0));
        }
        match state {
            JobState::Ready => Ok(()),
            // What is in doubt is looked at.
            JobState::Cancelling if !operation.is_write() => Ok(()),
            state => refuse(format!("job {} is {state}", work.job)),
        }
    }

    pub(super) fn end(&mut self, id: CallId, ended: Ended) {
        let Self {
            now,
            jobs,
            calls,
            accounts,
            ..
        } = self;
        let Some(call) = calls.get_mut(&id).filter(|call| call.ended.is_none()) else {
            return;
        };
        let at = (ended != Ended::Unsent).then_some(*now);
        if let Some(account) = accounts.get_mut(&call.account) {
            account.ended(id, call.expires_at, at);
        }
        if at.is_some() {
            call.ended = Some((ended, *now));
            return;
        }
        let Some(call) = calls.remove(&id) else {
            return;
        };
        let Some(work) = &call.work else { return };
        let Some(job) = jobs.get_mut(&work.job) else {
            return;
        };
        for ticket in &call.tickets {
            let seq = job.place(&work.account, ticket);
            if let Some(ticket) = seq.and_then(|seq| job.tickets.get_mut(&seq)) {
                ticket.forget(id);
            }
        }
    }

    pub(super) fn used(&self, account: &str, limit: &Limit, window: Duration) -> u64 {
        let account = self.accounts.get(account);
        account.map_or(0, |account| {
            account.used(limit, window, &self.calls, self.now)
        })
    }

    pub(super) fn accounts(&self) -> Vec<AccountState> {
        let is_lost = |call: &&CallRow| {
            let worker = call.work.as_ref().map(|work| work.worker);
            worker.is_some_and(|worker| self.job_of(worker).is_err())
        };
        let accounts = self.accounts.iter().map(|(key, account)| AccountState {
            key: key.clone(),
            in_flight: count(account.in_flight(&self.calls, self.now)),
            lost: count(account.in_flight(&self.calls, self.now).filter(is_lost)),
            closed_until: account.closed_until.filter(|time| *time > self.now),
            suspended: account.suspension(self.now).cloned(),
        });
        accounts.collect()
    }
}
