//! A worker of a fleet: works on whatever a ledger offers, until it is stopped.

mod event;
mod site;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use ticket_core::bulk::BulkOptions;
use ticket_core::{AccountSource, Result, Stop};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::event::Tell;
pub use self::event::WorkerEvent;
use self::site::{AGAIN, Assignment, Report, Site};
use crate::failures::Unrecorded;
use crate::jobs::Jobs;
use crate::model::{JobId, Offer};
use crate::turn::Turn;

/// How often the ledger is asked what it offers.
const POLL: Duration = Duration::from_secs(1);

/// The longest pause before a ledger is asked again that did not answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How many offers are asked for at once.
const OFFERS: usize = 1_000;

/// For how long work goes on while other work of the same priority waits.
const SLICE: Duration = Duration::from_secs(60);

/// How many accounts are worked on at once, unless it is set.
const LANES: NonZeroUsize = NonZeroUsize::new(16).unwrap();

/// A job and the name of an account.
type Pair = (JobId, String);

/// Works on jobs of a ledger beside any number of other workers, in this process and in others.
///
/// It takes what the ledger [offers](crate::Ledger::offers) of the accounts that it has: the most urgent first. Of equally
/// urgent work it does each for a minute, if more is there than it can do at once.
///
/// * It works as [`Jobs::run`] does, with these differences. It does not resume an account that is suspended: a person does,
///   who resumes the job. What fails for a passing reason is put back, and tried again by any worker after 1 minute to 6
///   hours, longer each time; after [`Guards::retry_for`](crate::Guards::retry_for) it gets the outcome of its last attempt.
///   If the account did not answer at all in this time, its other open tickets are left unattempted.
/// * A job goes on if its worker dies: what the worker had is offered again after [`LOST_AFTER`](crate::LOST_AFTER), and in a
///   file at once. A worker that was paused and comes back settles nothing; it begins anew.
/// * A panic of the provider is the error of the call in which it happens: that ticket gets an outcome, and others go on. So does
///   a ticket whose calls ended their processes again and again: see [`Claimed::lost_calls`](crate::Claimed::lost_calls).
/// * It does not release what waits for a canary: a person does, with [`Step::Release`](crate::Step::Release), and it goes on.
///   Nor does it look again at the tickets of an erasure: see [`Jobs::look_again`].
///
/// `Jobs::run`, which a person waits for, does not put anything back: it ends, and says what is left.
///
/// ```
/// # async fn example(accounts: std::sync::Arc<dyn ticket_core::AccountSource>) {
/// use std::sync::Arc;
///
/// use ticket_core::Stop;
/// use ticket_jobs::{Jobs, MemoryLedger, Worker};
///
/// let jobs = Jobs::new(Arc::new(MemoryLedger::new()));
/// let worker = Worker::new(jobs, accounts, ["eu".to_owned(), "us".to_owned()]);
/// let stop = Stop::new();
/// # stop.finish();
/// worker.work(stop).await;
/// # }
/// ```
#[derive(Clone)]
pub struct Worker {
    jobs: Jobs,
    accounts: Arc<dyn AccountSource>,
    names: Vec<String>,
    lanes: NonZeroUsize,
    options: BulkOptions,
    tell: Tell,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Worker");
        debug
            .field("names", &self.names)
            .field("lanes", &self.lanes);
        debug.finish_non_exhaustive()
    }
}

impl Worker {
    /// A worker that has these accounts.
    pub fn new(
        jobs: Jobs,
        accounts: Arc<dyn AccountSource>,
        names: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            jobs,
            accounts,
            names: names.into_iter().collect(),
            lanes: LANES,
            options: BulkOptions::default(),
            tell: Arc::new(|_| ()),
        }
    }

    /// Sets on how many accounts of jobs it works at once. Default 16.
    #[must_use]
    pub const fn lanes(mut self, lanes: NonZeroUsize) -> Self {
        self.lanes = lanes;
        self
    }

    /// Sets how tickets are changed.
    #[must_use]
    pub fn options(mut self, options: BulkOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets what is told of the work. It is called from tasks, so it must not block.
    #[must_use]
    pub fn notify(mut self, tell: impl Fn(WorkerEvent) + Send + Sync + 'static) -> Self {
        self.tell = Arc::new(tell);
        self
    }

    /// Works until `stop` is requested and calls in flight have ended. A ledger that does not answer is asked again.
    ///
    /// # Panics
    ///
    /// When it is called outside a tokio runtime.
    pub async fn work(self, stop: Stop) {
        let (sender, reports) = mpsc::unbounded_channel();
        let working = Working {
            worker: self,
            reports: sender,
            sites: HashMap::new(),
            tasks: JoinSet::new(),
            busy: Vec::new(),
            pauses: HashMap::new(),
            turns: HashMap::new(),
            failures: HashMap::new(),
            numbers: 0,
        };
        working.work(stop, reports).await;
    }
}

/// A lane that works.
struct Busy {
    offer: Offer,
    site: u64,
    since: Instant,
    turn: Turn,
}

impl Busy {
    fn is(&self, job: &JobId, account: &str) -> bool {
        self.offer.job == *job && self.offer.account == account
    }
}

/// The work of this process on one job.
struct Begun {
    number: u64,
    assignments: mpsc::UnboundedSender<Assignment>,
    stop: Stop,
}

/// A worker that works.
struct Working {
    worker: Worker,
    reports: mpsc::UnboundedSender<Report>,
    sites: HashMap<JobId, Begun>,
    tasks: JoinSet<()>,
    busy: Vec<Busy>,
    /// Until when something is left alone: an account of one job, or of all.
    pauses: HashMap<(Option<JobId>, String), Instant>,
    /// The number of the last turn of work.
    turns: HashMap<Pair, u64>,
    /// What failed and is open of jobs that are worked on, or were since somebody last paused them.
    failures: HashMap<JobId, Unrecorded>,
    numbers: u64,
}

impl Working {
    async fn work(mut self, stop: Stop, mut reports: mpsc::UnboundedReceiver<Report>) {
        let (mut next, mut pause) = (Instant::now(), POLL);
        let abandoned = stop.abandoned();
        tokio::pin!(abandoned);
        let mut is_abandoned = false;
        while !stop.is_finishing() || !self.busy.is_empty() {
            let is_stopping = stop.is_finishing();
            if is_stopping {
                self.sites.values().for_each(|site| site.stop.finish());
            }
            tokio::select! {
                biased;
                () = stop.finishing(), if !is_stopping => {}
                () = &mut abandoned, if !is_abandoned => {
                    is_abandoned = true;
                    self.sites.values().for_each(|site| site.stop.abandon());
                }
                Some(report) = reports.recv() => {
                    if self.take(report) {
                        next = Instant::now();
                    }
                    while let Ok(report) = reports.try_recv() {
                        self.take(report);
                    }
                    if is_stopping {
                        self.dismiss();
                    }
                }
                () = tokio::time::sleep_until(next), if !is_stopping => {
                    // A ledger that hangs must not keep a worker from ending.
                    let polled = tokio::select! {
                        biased;
                        () = stop.finishing() => continue,
                        polled = self.poll() => polled,
                    };
                    pause = match polled {
                        Ok(()) => {
                            (self.worker.tell)(WorkerEvent::Answered);
                            POLL
                        }
                        Err(error) => {
                            (self.worker.tell)(WorkerEvent::NoAnswer { error });
                            (pause * 2).min(LONGEST_PAUSE)
                        }
                    };
                    self.dismiss();
                    next = Instant::now() + pause.mul_f64(0.75 + fastrand::f64() / 2.0);
                }
            }
        }
        self.sites.clear();
        while self.tasks.join_next().await.is_some() {}
    }

    /// Takes note of a report. Returns whether there may be more to do at once.
    fn take(&mut self, report: Report) -> bool {
        match report {
            Report::Lane {
                job,
                account,
                pause,
                has_done,
            } => {
                self.busy.retain(|busy| !busy.is(&job, &account));
                self.numbers += 1;
                self.turns
                    .insert((job.clone(), account.clone()), self.numbers);
                let now = Instant::now();
                if let Some(pause) = pause {
                    self.pauses.insert((None, account), now + pause);
                } else if !has_done {
                    self.pauses.insert((Some(job), account), now + POLL);
                }
                has_done
            }
            Report::Refused { job, account } => {
                self.busy.retain(|busy| !busy.is(&job, &account));
                self.pauses
                    .insert((Some(job), account), Instant::now() + AGAIN);
                false
            }
            Report::Site { number } => {
                self.busy.retain(|busy| busy.site != number);
                self.sites.retain(|_, site| site.number != number);
                false
            }
        }
    }

    /// Ends the work on jobs of which no account is worked on any more.
    fn dismiss(&mut self) {
        let busy = &self.busy;
        let is_busy = |number| busy.iter().any(|busy| busy.site == number);
        let failures = &mut self.failures;
        self.sites.retain(|job, site| {
            let stays = is_busy(site.number);
            // If somebody paused it, what failed before was seen.
            let is_seen = site.stop.is_finishing();
            if !stays && (is_seen || failures.get(job).is_none_or(Unrecorded::is_empty)) {
                failures.remove(job);
            }
            stays
        });
    }

    /// Takes what is most urgent of what the ledger offers.
    async fn poll(&mut self) -> Result<()> {
        while self.tasks.try_join_next().is_some() {}
        let now = Instant::now();
        self.pauses.retain(|_, until| *until > now);
        if self.turns.len() > 10 * OFFERS {
            self.turns.clear();
        }
        let ledger = self.worker.jobs.ledger();
        let mut offers = ledger.offers(&self.worker.names, OFFERS).await?;
        offers.retain(|offer| !self.is_left_alone(offer));
        // Those that had no turn yet first, then those whose turn was the longest ago.
        offers.sort_by_key(|offer| {
            let pair = (offer.job.clone(), offer.account.clone());
            (Reverse(offer.priority), self.turns.get(&pair).copied())
        });
        let free = self.worker.lanes.get().saturating_sub(self.busy.len());
        let waiting = offers.split_off(free.min(offers.len()));
        for offer in offers {
            self.begin(offer);
        }
        self.make_room(&waiting, now);
        Ok(())
    }

    /// Whether the work is done already, or is to be tried later.
    fn is_left_alone(&self, offer: &Offer) -> bool {
        let Offer { job, account, .. } = offer;
        let has_pause = |job: Option<&JobId>| {
            let pause = (job.cloned(), account.clone());
            self.pauses.contains_key(&pause)
        };
        // What is paused makes no new call, and is offered again once it is resumed.
        let stops = |site: &Begun| site.stop.is_finishing();
        self.busy.iter().any(|busy| busy.is(job, account))
            || self.sites.get(job).is_some_and(stops)
            || has_pause(None)
            || has_pause(Some(job))
    }

    /// Works on an account of a job.
    fn begin(&mut self, offer: Offer) {
        let site = self.sites.entry(offer.job.clone()).or_insert_with(|| {
            let (assignments, receiver) = mpsc::unbounded_channel();
            self.numbers += 1;
            let (number, stop) = (self.numbers, Stop::new());
            let site = Site {
                jobs: self.worker.jobs.clone(),
                accounts: Arc::clone(&self.worker.accounts),
                options: self.worker.options.clone(),
                tell: Arc::clone(&self.worker.tell),
                reports: self.reports.clone(),
                job: offer.job.clone(),
                number,
                stop: stop.clone(),
            };
            let failures = self.failures.entry(offer.job.clone()).or_default();
            self.tasks.spawn(site.work(failures.clone(), receiver));
            Begun {
                number,
                assignments,
                stop,
            }
        });
        let turn = Turn::default();
        let assignment = Assignment {
            account: offer.account.clone(),
            turn: turn.clone(),
        };
        // If it has ended meanwhile, its report says so.
        let _ = site.assignments.send(assignment);
        self.busy.push(Busy {
            offer,
            site: site.number,
            since: Instant::now(),
            turn,
        });
    }

    /// Ends turns where more urgent work waits, or other work while one lasted long.
    fn make_room(&self, waiting: &[Offer], now: Instant) {
        let ending = self.busy.iter().filter(|busy| busy.turn.is_over());
        let waiting = waiting.iter().skip(ending.count());
        let mut going: Vec<_> = self
            .busy
            .iter()
            .filter(|busy| !busy.turn.is_over())
            .collect();
        going.sort_by_key(|busy| (busy.offer.priority, busy.since));
        for (offer, busy) in waiting.zip(going) {
            let is_more_urgent = offer.priority > busy.offer.priority;
            let is_as_urgent = offer.priority == busy.offer.priority;
            if is_more_urgent || (is_as_urgent && now - busy.since >= SLICE) {
                busy.turn.end();
            }
        }
    }
}
