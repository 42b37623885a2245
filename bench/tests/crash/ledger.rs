//! A ledger and a layer at whose boundaries the process aborts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use ticket_jobs::{
    AccountState, CallId, Claim, Confirmed, Ended, Event, Job, JobAccount, JobCall, JobId,
    JobState, JobTicket, Ledger, Listed, LookedAgain, NewCall, NewJob, Offer, Seen, Step,
    Suspension, Taken, Which, WorkerId,
};
use tickets::call::{Call, Layer, Next, Reply};
use tickets::provider::Limit;
use tickets::{Outcome, Result};

/// All boundaries.
pub(crate) const POINTS: &[&str] = &[
    "begun",
    "claim before",
    "claim after",
    "take before",
    "take after",
    "in flight",
    "replied",
    "end before",
    "end after",
    "settle before",
    "settle after",
    "put back before",
    "put back after",
    "finish before",
    "finish after",
];

/// Where the process aborts, and how often it passes before.
#[derive(Clone, Debug)]
pub(crate) struct Crash(Arc<State>);

#[derive(Debug)]
struct State {
    point: String,
    passes: u64,
    passed: AtomicU64,
}

impl Crash {
    pub(crate) fn new(point: String, passes: u64) -> Self {
        Self(Arc::new(State {
            point,
            passes,
            passed: AtomicU64::new(0),
        }))
    }

    fn is_here(&self, point: &str) -> bool {
        self.0.point == point && self.0.passed.fetch_add(1, SeqCst) == self.0.passes
    }

    fn at(&self, point: &str) {
        if self.is_here(point) {
            std::process::abort();
        }
    }
}

/// Next to the provider: the bytes leave inside of it.
impl Layer for Crash {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        if call.operation().is_write() && self.is_here("in flight") {
            #[expect(
                clippy::disallowed_methods,
                reason = "the request leaves on the real clock"
            )]
            std::thread::spawn(|| {
                std::thread::sleep(Duration::from_millis(15));
                std::process::abort();
            });
        }
        let result = next.call(call).await;
        if call.operation().is_write() {
            self.at("replied");
        }
        result
    }
}

#[derive(Debug)]
pub(crate) struct CrashingLedger<L> {
    pub(crate) inner: L,
    pub(crate) crash: Crash,
}

#[async_trait]
impl<L: Ledger> Ledger for CrashingLedger<L> {
    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    async fn create(&self, job: NewJob) -> Result<JobId> {
        self.inner.create(job).await
    }

    async fn add(&self, job: &JobId, tickets: Vec<Listed>) -> Result<()> {
        self.inner.add(job, tickets).await
    }

    async fn close_list(&self, job: &JobId) -> Result<()> {
        self.inner.close_list(job).await
    }

    async fn see(&self, job: &JobId, seen: Vec<(u64, Seen)>) -> Result<()> {
        self.inner.see(job, seen).await
    }

    async fn seal(
        &self,
        job: &JobId,
        accounts: Vec<JobAccount>,
        digest: Option<String>,
    ) -> Result<()> {
        self.inner.seal(job, accounts, digest).await
    }

    async fn confirm(&self, job: &JobId, confirmed: Confirmed) -> Result<()> {
        self.inner.confirm(job, confirmed).await
    }

    async fn archived(&self, worker: WorkerId, entries: Vec<(u64, String)>) -> Result<()> {
        self.inner.archived(worker, entries).await
    }

    async fn looked_again(&self, job: &JobId, looks: Vec<(u64, LookedAgain)>) -> Result<()> {
        self.inner.looked_again(job, looks).await
    }

    async fn note(&self, job: &JobId, event: Event) -> Result<()> {
        self.inner.note(job, event).await
    }

    async fn events(&self, job: &JobId) -> Result<Vec<Event>> {
        self.inner.events(job).await
    }

    async fn discard(&self, job: &JobId) -> Result<()> {
        self.inner.discard(job).await
    }

    async fn job(&self, job: &JobId) -> Result<Job> {
        self.inner.job(job).await
    }

    async fn jobs(&self) -> Result<Vec<Job>> {
        self.inner.jobs().await
    }

    async fn steer(&self, job: &JobId, step: Step) -> Result<JobState> {
        self.inner.steer(job, step).await
    }

    async fn prioritize(&self, job: &JobId, priority: i16) -> Result<()> {
        self.inner.prioritize(job, priority).await
    }

    async fn offers(&self, accounts: &[String], limit: usize) -> Result<Vec<Offer>> {
        self.inner.offers(accounts, limit).await
    }

    async fn begin(&self, job: &JobId) -> Result<WorkerId> {
        let begun = self.inner.begin(job).await;
        self.crash.at("begun");
        begun
    }

    async fn beat(&self, worker: WorkerId) -> Result<JobState> {
        self.inner.beat(worker).await
    }

    async fn finish(&self, worker: WorkerId) -> Result<()> {
        self.crash.at("finish before");
        let done = self.inner.finish(worker).await;
        self.crash.at("finish after");
        done
    }

    async fn claim(&self, worker: WorkerId, account: &str) -> Result<Claim> {
        self.crash.at("claim before");
        let claim = self.inner.claim(worker, account).await;
        self.crash.at("claim after");
        claim
    }

    async fn put_back(&self, worker: WorkerId, account: &str, wait: Duration) -> Result<()> {
        self.crash.at("put back before");
        let done = self.inner.put_back(worker, account, wait).await;
        self.crash.at("put back after");
        done
    }

    async fn settle(&self, worker: WorkerId, outcomes: Vec<(u64, Outcome)>) -> Result<()> {
        self.crash.at("settle before");
        let done = self.inner.settle(worker, outcomes).await;
        self.crash.at("settle after");
        done
    }

    async fn take(&self, call: NewCall) -> Result<Taken> {
        let is_write = call.operation.is_write();
        if is_write {
            self.crash.at("take before");
        }
        let taken = self.inner.take(call).await;
        if is_write && matches!(taken, Ok(Taken::Slot(..))) {
            self.crash.at("take after");
        }
        taken
    }

    async fn end(&self, call: CallId, ended: Ended) -> Result<()> {
        self.crash.at("end before");
        let done = self.inner.end(call, ended).await;
        self.crash.at("end after");
        done
    }

    async fn close(&self, account: &str, wait: Duration) -> Result<()> {
        self.inner.close(account, wait).await
    }

    async fn suspend(&self, account: &str, why: Option<Suspension>) -> Result<()> {
        self.inner.suspend(account, why).await
    }

    async fn tickets(
        &self,
        job: &JobId,
        which: Which,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<JobTicket>> {
        self.inner.tickets(job, which, after, limit).await
    }

    async fn calls(
        &self,
        job: &JobId,
        after: Option<CallId>,
        limit: usize,
    ) -> Result<Vec<JobCall>> {
        self.inner.calls(job, after, limit).await
    }

    async fn accounts(&self) -> Result<Vec<AccountState>> {
        self.inner.accounts().await
    }

    async fn used(&self, account: &str, limit: &Limit, window: Duration) -> Result<u64> {
        self.inner.used(account, limit, window).await
    }

    async fn verify(&self, job: &JobId) -> Result<Vec<String>> {
        self.inner.verify(job).await
    }

    async fn prune(&self, before: Timestamp) -> Result<Vec<JobId>> {
        self.inner.prune(before).await
    }
}
