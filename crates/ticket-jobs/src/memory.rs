//! A ledger in memory: for tests, and for programs whose jobs end with them.

mod calls;
mod offers;
mod quota;
mod rows;
mod state;
mod verify;
mod workers;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use ticket_core::provider::Limit;
use ticket_core::{Outcome, Result};

use self::state::State;
use crate::clock::{Clock, later};
use crate::ledger::Ledger;
use crate::model::{
    AccountState, CallId, Claim, Confirmed, Ended, Event, Job, JobAccount, JobCall, JobId,
    JobState, JobTicket, Listed, LookedAgain, NewCall, NewJob, Offer, Seen, Step, Suspension,
    Taken, Which, WorkerId,
};

/// A ledger in memory. It keeps every rule of [`Ledger`], and is gone with the process.
#[derive(Debug)]
pub struct MemoryLedger {
    clock: Clock,
    state: Mutex<State>,
}

impl MemoryLedger {
    /// An empty ledger whose time begins now and follows tokio's clock.
    #[expect(
        clippy::disallowed_methods,
        reason = "only the start is the machine's; the rest follows tokio's clock"
    )]
    pub fn new() -> Self {
        Self::with_clock(Clock::from(Timestamp::now()))
    }

    /// An empty ledger that asks this clock for the time.
    pub fn with_clock(clock: Clock) -> Self {
        Self {
            clock,
            state: Mutex::default(),
        }
    }

    /// The state at the present time, for one transaction.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = state.now.max(self.clock.now());
        state
    }
}

impl Default for MemoryLedger {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Ledger for MemoryLedger {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    async fn create(&self, job: NewJob) -> Result<JobId> {
        Ok(self.state().create(job))
    }

    async fn add(&self, job: &JobId, tickets: Vec<Listed>) -> Result<()> {
        let mut state = self.state();
        let job = state.loading(job)?;
        tickets.into_iter().try_for_each(|ticket| job.add(ticket))
    }

    async fn close_list(&self, job: &JobId) -> Result<()> {
        self.state().loading(job)?.is_closed = true;
        Ok(())
    }

    async fn see(&self, job: &JobId, seen: Vec<(u64, Seen)>) -> Result<()> {
        self.state().loading(job)?.see(seen);
        Ok(())
    }

    async fn seal(
        &self,
        job: &JobId,
        accounts: Vec<JobAccount>,
        digest: Option<String>,
    ) -> Result<()> {
        let mut state = self.state();
        let now = state.now;
        state.loading(job)?.seal(accounts, digest, now)
    }

    async fn confirm(&self, job: &JobId, confirmed: Confirmed) -> Result<()> {
        self.state().confirm(job, confirmed)
    }

    async fn discard(&self, job: &JobId) -> Result<()> {
        let mut state = self.state();
        state.loading(job)?;
        state.jobs.remove(job);
        Ok(())
    }

    async fn job(&self, job: &JobId) -> Result<Job> {
        let state = self.state();
        Ok(state.job(job)?.to_job(state.workers_of(job)))
    }

    async fn jobs(&self) -> Result<Vec<Job>> {
        Ok(self.state().jobs())
    }

    async fn steer(&self, job: &JobId, step: Step) -> Result<JobState> {
        self.state().steer(job, step)
    }

    async fn prioritize(&self, job: &JobId, priority: i16) -> Result<()> {
        self.state().job_mut(job)?.priority = priority;
        Ok(())
    }

    async fn offers(&self, accounts: &[String], limit: usize) -> Result<Vec<Offer>> {
        Ok(self.state().offers(accounts, limit))
    }

    async fn begin(&self, job: &JobId) -> Result<WorkerId> {
        self.state().begin(job)
    }

    async fn beat(&self, worker: WorkerId) -> Result<JobState> {
        self.state().beat(worker)
    }

    async fn finish(&self, worker: WorkerId) -> Result<()> {
        self.state().finish(worker);
        Ok(())
    }

    async fn claim(&self, worker: WorkerId, account: &str) -> Result<Claim> {
        self.state().claim(worker, account)
    }

    async fn put_back(&self, worker: WorkerId, account: &str, wait: Duration) -> Result<()> {
        self.state().put_back(worker, account, wait)
    }

    async fn archived(&self, worker: WorkerId, entries: Vec<(u64, String)>) -> Result<()> {
        self.state().archived(worker, entries)
    }

    async fn settle(&self, worker: WorkerId, outcomes: Vec<(u64, Outcome)>) -> Result<()> {
        self.state().settle(worker, outcomes)
    }

    async fn looked_again(&self, job: &JobId, looks: Vec<(u64, LookedAgain)>) -> Result<()> {
        self.state().job_mut(job)?.looked_again(looks)
    }

    async fn take(&self, call: NewCall) -> Result<Taken> {
        self.state().take(call)
    }

    async fn end(&self, call: CallId, ended: Ended) -> Result<()> {
        self.state().end(call, ended);
        Ok(())
    }

    async fn close(&self, account: &str, wait: Duration) -> Result<()> {
        let mut state = self.state();
        let until = later(state.now, wait);
        let account = state.account(account);
        account.closed_until = account.closed_until.max(Some(until));
        Ok(())
    }

    async fn suspend(&self, account: &str, why: Option<Suspension>) -> Result<()> {
        self.state().account(account).suspended = why;
        Ok(())
    }

    async fn tickets(
        &self,
        job: &JobId,
        which: Which,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<JobTicket>> {
        self.state().tickets(job, which, after, limit)
    }

    async fn calls(
        &self,
        job: &JobId,
        after: Option<CallId>,
        limit: usize,
    ) -> Result<Vec<JobCall>> {
        self.state().calls(job, after, limit)
    }

    async fn note(&self, job: &JobId, event: Event) -> Result<()> {
        self.state().job_mut(job)?.events.push(event);
        Ok(())
    }

    async fn events(&self, job: &JobId) -> Result<Vec<Event>> {
        Ok(self.state().job(job)?.events.clone())
    }

    async fn accounts(&self) -> Result<Vec<AccountState>> {
        Ok(self.state().accounts())
    }

    async fn used(&self, account: &str, limit: &Limit, window: Duration) -> Result<u64> {
        Ok(self.state().used(account, limit, window))
    }

    async fn verify(&self, job: &JobId) -> Result<Vec<String>> {
        self.state().contradictions(job)
    }

    async fn prune(&self, before: Timestamp) -> Result<Vec<JobId>> {
        Ok(self.state().prune(before))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

    use ticket_core::Change;

    use super::*;

    async fn job(ledger: &MemoryLedger) -> JobId {
        let job = ledger.create(NewJob::new(Change::Delete)).await.unwrap();
        let ticket = |seq, id: &str| Listed {
            seq,
            account: "desk".to_owned(),
            id: id.into(),
            version: None,
            people: Vec::new(),
        };
        let tickets = vec![ticket(0, "1"), ticket(1, "2"), ticket(2, "1")];
        ledger.add(&job, tickets).await.unwrap();
        let accounts = vec![JobAccount::new("desk", "key", 2)];
        ledger.seal(&job, accounts, None).await.unwrap();
        job
    }

    #[tokio::test]
    async fn time_of_a_clock_that_goes_back_stands_still() {
        let seconds = Arc::new(AtomicI64::new(1000));
        let clock = Arc::clone(&seconds);
        let now = move || Timestamp::from_second(clock.load(Relaxed)).unwrap();
        let ledger = MemoryLedger::with_clock(Clock::new(now));
        let first = job(&ledger).await;
        seconds.store(10, Relaxed);
        let second = job(&ledger).await;
        for job in [first, second] {
            let created_at = ledger.job(&job).await.unwrap().created_at;
            assert_eq!(created_at.as_second(), 1000);
        }
        assert_eq!(ledger.now().as_second(), 1000);
    }

    #[tokio::test(start_paused = true)]
    async fn time_of_a_new_ledger_follows_tokios_clock() {
        let ledger = MemoryLedger::new();
        let first = job(&ledger).await;
        tokio::time::advance(Duration::from_secs(60)).await;
        let second = job(&ledger).await;
        let first = ledger.job(&first).await.unwrap().created_at;
        let second = ledger.job(&second).await.unwrap().created_at;
        assert_eq!(later(first, Duration::from_secs(60)), second);
    }

    #[tokio::test]
    async fn seal_without_an_account_of_its_tickets_is_refused() {
        let ledger = MemoryLedger::new();
        let job = ledger.create(NewJob::new(Change::Delete)).await.unwrap();
        let ticket = Listed {
            seq: 0,
            account: "desk".to_owned(),
            id: "1".into(),
            version: None,
            people: Vec::new(),
        };
        ledger.add(&job, vec![ticket]).await.unwrap();
        let sealed = ledger.seal(&job, Vec::new(), None).await;
        assert_eq!(
            sealed.unwrap_err().kind(),
            ticket_core::ErrorKind::InvalidInput
        );
        assert_eq!(ledger.job(&job).await.unwrap().state, JobState::Loading);
    }
}
