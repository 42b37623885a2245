//! Carries out a schedule on a ledger, and holds what the ledger says against the model.

mod calls;
mod compare;
mod offers;
mod plans;
mod workers;

use std::time::Duration;

use ticket_core::{ErrorKind, Result, TicketId};

use super::bench::{Bench, CaseResult, fails, same, wrong};
use super::model::{Event, Model, Ticket};
use super::schedule::{ACCOUNTS, Act, STEPS, Schedule, limits};
use crate::clock::later;
use crate::model::{JobAccount, JobId, JobState, Listed, Step, Suspension, WorkerId};

/// How many workers work at once.
const WORKERS: u64 = 3;

/// What happened in schedules.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) steps: u64,
    pub(super) calls: u64,
    pub(super) refused: u64,
    pub(super) doubts: u64,
    pub(super) lost: u64,
    pub(super) over: u64,
    pub(super) held: u64,
    pub(super) confirmed: u64,
    pub(super) archived: u64,
    pub(super) outranked: u64,
    pub(super) offers: u64,
}

impl Seen {
    pub(super) fn add(&mut self, more: Self) {
        self.steps += more.steps;
        self.calls += more.calls;
        self.refused += more.refused;
        self.doubts += more.doubts;
        self.lost += more.lost;
        self.over += more.over;
        self.held += more.held;
        self.confirmed += more.confirmed;
        self.archived += more.archived;
        self.outranked += more.outranked;
        self.offers += more.offers;
    }
}

pub(super) struct Replay<'a> {
    bench: &'a Bench,
    model: Model,
    jobs: Vec<JobId>,
    /// Every mention in each job's list: its place, and that of the first mention.
    lists: Vec<Vec<(u64, u64)>>,
    /// The wait that the ledger told last.
    told: Duration,
    seen: Seen,
}

impl<'a> Replay<'a> {
    /// Makes the jobs and carries out each step.
    pub(super) async fn run(bench: &'a Bench, schedule: &Schedule) -> CaseResult<Seen> {
        let mut replay = Self {
            bench,
            model: Model {
                now: bench.clock.now(),
                limits: schedule
                    .limits
                    .iter()
                    .map(|choice| limits(*choice))
                    .collect(),
                plans: schedule.plans.clone(),
                ..Model::default()
            },
            jobs: Vec::new(),
            lists: Vec::new(),
            told: Duration::ZERO,
            seen: Seen::default(),
        };
        for tickets in &schedule.jobs {
            replay.load(tickets, schedule.chunk).await?;
        }
        for act in &schedule.steps {
            let done = replay.act(act, schedule.chunk).await;
            let checked = match done {
                Ok(()) => replay.compare().await,
                error => error,
            };
            checked.map_err(|mut wrong| {
                wrong.what = format!("{act:?}: {}", wrong.what);
                wrong
            })?;
            replay.seen.steps += 1;
        }
        replay.finish()
    }

    async fn load(&mut self, tickets: &[(usize, u8)], chunk: usize) -> CaseResult {
        let ledger = &self.bench.ledger;
        let plan = self.model.plans.get(self.jobs.len()).cloned();
        let plan = plan.unwrap_or_default();
        let job = ledger.create(plans::new_job(&plan)).await?;
        let (mut listed, mut distinct, mut list) = (Vec::new(), Vec::<Ticket>::new(), Vec::new());
        let mut accounts: Vec<JobAccount> = Vec::new();
        for (seq, (account, id)) in (0_u64..).zip(tickets) {
            let id = TicketId::from(id.to_string());
            let (name, key) = named(*account);
            if accounts.iter().all(|account| account.name != name) {
                accounts.push(JobAccount::new(name, key, chunk));
            }
            let mut first = distinct.iter();
            let first = first.find(|ticket| ticket.account == *account && ticket.id == id);
            list.push((seq, first.map_or(seq, |ticket| ticket.seq)));
            if first.is_none() {
                let (account, id) = (*account, id.clone());
                distinct.push(Ticket { seq, account, id });
            }
            listed.push(Listed {
                seq,
                account: name.to_owned(),
                id,
                version: None,
                people: Vec::new(),
            });
        }
        ledger.add(&job, listed).await?;
        let seen = distinct
            .iter()
            .filter(|ticket| plans::is_seen(&plan, ticket.seq));
        let seen = seen.map(|ticket| (ticket.seq, plans::seen(ticket.seq)));
        ledger.see(&job, seen.collect()).await?;
        ledger.seal(&job, accounts, None).await?;
        self.jobs.push(job);
        self.lists.push(list);
        self.model.jobs.push(distinct);
        Ok(())
    }

    fn id(&self, job: usize) -> CaseResult<JobId> {
        let id = self.jobs.get(job).cloned();
        id.map_or_else(|| wrong("a job was chosen", "a job", job), Ok)
    }

    /// One of the latest workers.
    fn worker(&self, number: usize) -> Option<(WorkerId, usize)> {
        let workers = self.model.workers();
        let among = workers.len().min(5);
        let index = workers.len().checked_sub(1 + number.checked_rem(among)?)?;
        let worker = *workers.get(index)?;
        let job = self.model.job_of(worker)?;
        Some((worker, job))
    }

    async fn act(&mut self, act: &Act, chunk: usize) -> CaseResult {
        self.model.now = self.bench.clock.now();
        let ledger = &self.bench.ledger;
        match act {
            Act::Begin(job) => self.begin(*job).await,
            Act::Beat(number) => {
                let Some((worker, job)) = self.worker(*number) else {
                    return Ok(());
                };
                let beat = ledger.beat(worker).await;
                if self.is_refused(worker, job, &beat)? {
                    return Ok(());
                }
                self.model.add(Event::Beat(worker));
                let state = ledger.job(&self.id(job)?).await?.state;
                same("the state that a beat tells", beat?, state)
            }
            Act::Finish(number) => {
                let Some((worker, job)) = self.worker(*number) else {
                    return Ok(());
                };
                let was_live = self.model.is_live(worker);
                let finished = ledger.finish(worker).await;
                if was_live && !self.model.is_pruned(job) {
                    finished?;
                    self.model.add(Event::Finished(worker));
                    return self.is_swept(job).await;
                }
                Ok(())
            }
            Act::Claim(number, account) => {
                let Some((worker, job)) = self.worker(*number) else {
                    return Ok(());
                };
                let claim = ledger.claim(worker, named(*account).0).await;
                if self.is_refused(worker, job, &claim)? {
                    return Ok(());
                }
                self.model.add(Event::Came(worker, *account));
                self.claimed(worker, job, *account, claim?, chunk)?;
                self.is_swept(job).await
            }
            Act::PutBack(number, account, wait) => {
                let Some((worker, job)) = self.worker(*number) else {
                    return Ok(());
                };
                let wait = Duration::from_secs(*wait);
                let done = ledger.put_back(worker, named(*account).0, wait).await;
                if self.is_refused(worker, job, &done)? {
                    return Ok(());
                }
                done?;
                self.model.add(Event::PutBack(worker, *account, wait));
                self.is_swept(job).await
            }
            Act::Settle {
                worker,
                tickets,
                stray,
                outcome,
            } => self.settle(*worker, *tickets, *stray, *outcome).await,
            Act::Take(take) => self.take(take).await,
            Act::End(number, end) => self.end(*number, *end).await,
            Act::Close(account, wait) => {
                let wait = Duration::from_secs(*wait);
                ledger.close(named(*account).1, wait).await?;
                self.model.add(Event::Closed(*account, wait));
                Ok(())
            }
            Act::Suspend(account, wait) => {
                let until = wait.map(|wait| later(self.model.now, Duration::from_secs(wait)));
                let because = "the key is revoked".to_owned();
                let why = Suspension { because, until };
                ledger.suspend(named(*account).1, Some(why)).await?;
                self.model.add(Event::Suspended(*account, until));
                Ok(())
            }
            Act::Resume(account) => {
                ledger.suspend(named(*account).1, None).await?;
                self.model.add(Event::Resumed(*account));
                Ok(())
            }
            Act::Steer(job, step) => self.steer(*job, self::step(*step)).await,
            Act::Prioritize(job, priority) => self.prioritize(*job, *priority).await,
            Act::Wait(time) => {
                self.bench.advance(Duration::from_millis(*time));
                self.model.now = self.bench.clock.now();
                Ok(())
            }
            Act::WaitAsTold(less) => {
                let wait = std::mem::take(&mut self.told);
                self.bench
                    .advance(wait.saturating_sub(Duration::from_millis(*less)));
                self.model.now = self.bench.clock.now();
                Ok(())
            }
            Act::Prune => self.prune().await,
            Act::Plan(act) => self.act_on_plan(act).await,
        }
    }

    /// Whether the ledger refused a worker that is lost or has finished, or whose job is gone. Nobody else may be.
    fn is_refused<T: std::fmt::Debug>(
        &mut self,
        worker: WorkerId,
        job: usize,
        result: &Result<T>,
    ) -> CaseResult<bool> {
        let is_pruned = self.model.is_pruned(job);
        if self.model.is_live(worker) && !is_pruned {
            return Ok(false);
        }
        self.seen.lost += 1;
        match result {
            Err(error) if is_pruned || error.kind() == ErrorKind::Conflict => Ok(true),
            other => wrong(
                "a worker that is lost or has finished was heard",
                ErrorKind::Conflict,
                other,
            ),
        }
    }

    async fn steer(&mut self, job: usize, step: Step) -> CaseResult {
        let id = self.id(job)?;
        let state = self.model.state(job);
        let steered = self.bench.ledger.steer(&id, step).await;
        if self.model.is_pruned(job) {
            return fails(
                "a job that is gone was steered",
                steered,
                ErrorKind::NotFound,
            );
        }
        let is_allowed = match step {
            Step::Cancel => state != JobState::Completed,
            _ => matches!(state, JobState::Ready | JobState::Paused),
        };
        if !is_allowed {
            return fails(
                "a step that the state does not allow",
                steered,
                ErrorKind::Conflict,
            );
        }
        self.model.add(Event::Steered(job, step));
        let told = steered?;
        same(
            "the state that a step tells",
            told,
            self.bench.ledger.job(&id).await?.state,
        )?;
        self.is_swept(job).await
    }

    async fn prioritize(&mut self, job: usize, priority: i16) -> CaseResult {
        let done = self.bench.ledger.prioritize(&self.id(job)?, priority).await;
        if self.model.is_pruned(job) {
            return fails("a job that is gone", done, ErrorKind::NotFound);
        }
        self.model.add(Event::Prioritized(job, priority));
        Ok(done?)
    }

    async fn prune(&mut self) -> CaseResult {
        let mut expected = Vec::new();
        for job in 0..self.jobs.len() {
            let state = self.model.state(job);
            let is_idle = state.is_over() || state == JobState::AwaitingConfirmation;
            if is_idle && !self.model.is_pruned(job) {
                expected.push((self.id(job)?, job));
            }
        }
        let mut removed = self
            .bench
            .ledger
            .prune(later(self.model.now, Duration::from_secs(1)))
            .await?;
        removed.sort();
        let mut ids: Vec<_> = expected.iter().map(|(id, _)| id.clone()).collect();
        ids.sort();
        same("the jobs that were removed", removed, ids)?;
        for (_, job) in expected {
            self.model.add(Event::Pruned(job));
        }
        Ok(())
    }
}

/// One of the steps that people take.
fn step(number: usize) -> Step {
    *STEPS.get(number).unwrap_or(&Step::Resume)
}

/// The name and the key of an account.
fn named(account: usize) -> (&'static str, &'static str) {
    *ACCOUNTS.get(account).unwrap_or(&ACCOUNTS[0])
}

/// Those whose bit is set; all if none is.
fn chosen<T: Clone>(bits: u8, all: Vec<T>) -> Vec<T> {
    let is_set = |index: usize| bits >> (index % 8) & 1 == 1;
    let some = all.iter().enumerate().filter(|(index, _)| is_set(*index));
    let some: Vec<_> = some.map(|(_, one)| one.clone()).collect();
    if some.is_empty() { all } else { some }
}
