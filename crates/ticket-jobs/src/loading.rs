//! Makes a job: its list is read, looked at and sealed.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _, future, stream};
use ticket_core::model::Version;
use ticket_core::{
    AccountSource, CallContext, Change, Error, ErrorKind, Operation, ProviderInfo, Result,
    TicketId, TicketRef, Tickets,
};
use tokio::time::Instant;

use crate::jobs::{Jobs, of_account};
use crate::ledger::tickets;
use crate::model::{EventKind, Job, JobAccount, JobId, Listed, NewJob, PersonHash, Seen, Which};
use crate::standing::{Control, NO_OTHER_READ, is_the_vendors};
use crate::steer::digest;
use crate::words;

/// How many tickets are added to a ledger at once.
const PAGE: usize = 5_000;

/// How many tickets are claimed at once, unless one call takes more.
const CHUNK: usize = 100;

/// How many tickets of an account a sample has at each end of its list.
const SAMPLE: usize = 5;

/// How many tickets of an account are read at once.
const AT_ONCE: usize = 8;

/// After how many failed reads in a row no further ticket of the account is read.
const FAILURES: u64 = 5;

/// How many errors of reads are told.
const TOLD: usize = 20;

/// How many tickets are recorded at once as seen.
const SEEN: usize = 100;

/// A job whose list is not complete. If it is dropped, the job stays [`Loading`](crate::JobState::Loading) and can never be
/// worked on.
#[derive(Debug)]
pub struct Loading {
    jobs: Jobs,
    id: JobId,
    change: Change,
    awaits_confirmation: bool,
    is_erasure: bool,
    next: u64,
    /// In the order of first appearance.
    accounts: Vec<Ends>,
    waiting: Vec<Listed>,
}

/// The ends of an account's list.
#[derive(Debug)]
struct Ends {
    name: String,
    first: Vec<(u64, TicketId)>,
    last: VecDeque<(u64, TicketId)>,
    tickets: u64,
}

/// Which tickets are read when a job is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Look {
    /// Each one.
    All,
    /// The first and the last few of each account.
    Sample,
}

/// What reading the tickets of a plan found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Looked {
    /// How many were read.
    pub found: u64,
    /// How many the vendor did not find.
    pub missing: u64,
    /// How many could not be read, or were not tried after five failures in a row.
    pub failed: u64,
    /// The first errors.
    pub errors: Vec<(TicketRef, Error)>,
}

impl Jobs {
    /// Begins a job. Its tickets are added one by one; it can be worked on once it is [sealed](Loading::seal).
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger).
    pub async fn load(&self, job: NewJob) -> Result<Loading> {
        Loading::begin(self, job).await
    }
}

impl Loading {
    /// Creates a job without tickets.
    pub(crate) async fn begin(jobs: &Jobs, job: NewJob) -> Result<Self> {
        let (change, awaits_confirmation) = (job.change.clone(), job.awaits_confirmation);
        let is_erasure = job.erasure.is_some();
        Ok(Self {
            jobs: jobs.clone(),
            id: jobs.ledger().create(job).await?,
            change,
            awaits_confirmation,
            is_erasure,
            next: 0,
            accounts: Vec::new(),
            waiting: Vec::new(),
        })
    }

    /// The job's id.
    pub const fn id(&self) -> &JobId {
        &self.id
    }

    /// Adds a ticket, which is changed only while it has this version, if there is one.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger).
    pub async fn push(&mut self, ticket: TicketRef, version: Option<Version>) -> Result<()> {
        self.add(ticket, version, Vec::new()).await
    }

    /// Adds a ticket of these people, to an erasure.
    pub(crate) async fn push_of(
        &mut self,
        ticket: TicketRef,
        people: Vec<PersonHash>,
    ) -> Result<()> {
        self.add(ticket, None, people).await
    }

    async fn add(
        &mut self,
        ticket: TicketRef,
        version: Option<Version>,
        people: Vec<PersonHash>,
    ) -> Result<()> {
        let known = self
            .accounts
            .iter()
            .position(|one| one.name == ticket.account);
        let index = known.unwrap_or_else(|| {
            self.accounts.push(Ends::new(&ticket.account));
            self.accounts.len() - 1
        });
        if let Some(ends) = self.accounts.get_mut(index) {
            ends.push(self.next, &ticket.id);
        }
        self.waiting.push(Listed {
            seq: self.next,
            account: ticket.account,
            id: ticket.id,
            version,
            people,
        });
        self.next += 1;
        if self.waiting.len() >= PAGE {
            self.flush().await?;
        }
        Ok(())
    }

    /// Records what was added so far, so that it can be read from the ledger.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger).
    pub async fn flush(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        self.jobs.ledger().add(&self.id, waiting).await
    }

    /// Ends the list: from now on the ledger tells tickets from repetitions. The job is still loading.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger). [`push`](Self::push) fails afterwards.
    pub async fn close(&mut self) -> Result<()> {
        self.flush().await?;
        self.jobs.ledger().close_list(&self.id).await
    }

    /// How many reads a look makes.
    pub fn reads(&self, look: Look) -> u64 {
        let of = |ends: &Ends| match look {
            Look::All => ends.tickets,
            Look::Sample => ends.sample().count().try_into().unwrap_or(u64::MAX),
        };
        self.accounts.iter().map(of).sum()
    }

    /// Reads tickets and records how they were seen, after the list was [closed](Self::close). Changes nothing. `tell` is
    /// called with the number of reads after each one.
    ///
    /// A ticket that cannot be read stays without a record, and is told. So does one that is not found where the vendor
    /// documents no form of *not found* and answers no other read: a gateway's would look the same.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger), and those of `accounts` if one cannot be connected.
    pub async fn look(
        &self,
        accounts: &dyn AccountSource,
        context: &CallContext,
        look: Look,
        tell: impl Fn(u64),
    ) -> Result<Looked> {
        let mut lists = Vec::new();
        for ends in &self.accounts {
            let account = accounts.connect(&ends.name)?.with(context.clone());
            lists.push(self.look_at(ends, account, look));
        }
        let mut seen = stream::select_all(lists);
        let (mut looked, mut reads, mut together) = (Looked::default(), 0, Vec::new());
        while let Some(one) = seen.try_next().await? {
            reads += 1;
            match one {
                Read::Seen(seq, seen) => {
                    match seen.sha256 {
                        Some(_) => looked.found += 1,
                        None => looked.missing += 1,
                    }
                    together.push((seq, seen));
                }
                Read::Failed(ticket, error) => {
                    looked.failed += 1;
                    let error = if self.is_erasure {
                        words::told(&error)
                    } else {
                        error
                    };
                    if looked.errors.len() < TOLD {
                        looked.errors.push((ticket, error));
                    }
                }
                Read::NotTried => looked.failed += 1,
            }
            if together.len() >= SEEN {
                let together = std::mem::take(&mut together);
                self.jobs.ledger().see(&self.id, together).await?;
            }
            tell(reads);
        }
        self.jobs.ledger().see(&self.id, together).await?;
        Ok(looked)
    }

    /// Reads tickets of one account.
    fn look_at<'a>(
        &'a self,
        ends: &'a Ends,
        account: Tickets,
        look: Look,
    ) -> BoxStream<'a, Result<Read>> {
        let list = match look {
            Look::All => {
                let all = tickets(&**self.jobs.ledger(), &self.id, Which::Named);
                let own = all.try_filter_map(|one| {
                    let is_own = one.repeats.is_none() && one.account == ends.name;
                    future::ok(is_own.then_some((one.seq, one.id)))
                });
                own.boxed()
            }
            Look::Sample => {
                let sample: Vec<_> = ends.sample().cloned().map(Ok).collect();
                stream::iter(sample).boxed()
            }
        };
        let now = || self.jobs.ledger().now();
        let failures = Arc::new(AtomicU64::new(0));
        let control = Arc::new(Control::default());
        let reads = list.map_ok(move |(seq, id)| {
            let (account, failures) = (account.clone(), Arc::clone(&failures));
            let control = Arc::clone(&control);
            async move {
                if failures.load(Ordering::Relaxed) >= FAILURES {
                    return Ok(Read::NotTried);
                }
                let read = account.get(&id).await;
                let read = read.and_then(|ticket| {
                    account.info().check_same(&id, &ticket.id)?;
                    Ok(ticket)
                });
                Ok(match read {
                    Ok(ticket) => {
                        failures.store(0, Ordering::Relaxed);
                        let seen = if self.is_erasure {
                            Seen::of_erasure(&ticket, now())
                        } else {
                            Seen::new(&ticket, now())
                        };
                        Read::Seen(seq, seen)
                    }
                    Err(error)
                        if error.kind() == ErrorKind::NotFound
                            && is_the_vendors(&account, &control, Instant::now()).await =>
                    {
                        failures.store(0, Ordering::Relaxed);
                        Read::Seen(seq, Seen::missing(now()))
                    }
                    Err(error) => {
                        failures.fetch_add(1, Ordering::Relaxed);
                        let error = match error.kind() {
                            ErrorKind::NotFound => error.with_context(NO_OTHER_READ),
                            _ => error,
                        };
                        Read::Failed(TicketRef::new(ends.name.clone(), id), error)
                    }
                })
            }
        });
        reads.try_buffer_unordered(AT_ONCE).boxed()
    }

    /// Ends the list, so that the job can be worked on or, if it was created so, be confirmed.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger), those of `accounts` if one cannot be connected, and those of
    /// [`AccountFacts::check`](ticket_core::account_source::AccountFacts::check). The job is still loading then.
    pub async fn seal(mut self, accounts: &dyn AccountSource) -> Result<JobId> {
        self.close().await?;
        let mut all = Vec::with_capacity(self.accounts.len());
        for ends in &self.accounts {
            let facts = accounts.facts(&ends.name)?;
            let check = |tickets| facts.check(&self.change, tickets);
            if check(ends.tickets).is_err() {
                // Repetitions are sent once.
                let distinct = self.distinct(&ends.name).await?;
                check(distinct).map_err(|error| of_account(&ends.name, &error))?;
            }
            let account = accounts.connect(&ends.name)?;
            let info = account.info();
            let mut about = JobAccount::new(&ends.name, facts.key, chunk(&self.change, info));
            about.provider = info.id.to_string();
            about.host = facts.host;
            if let Some(delete) = info.capabilities.support(Operation::Delete) {
                about.removal = self.change.removal(info).unwrap_or(delete.removal);
                let along = delete.takes_along.iter();
                about.takes_along = along.map(ToString::to_string).collect();
            }
            all.push(about);
        }
        let ledger = self.jobs.ledger();
        let digest = if self.awaits_confirmation {
            let job = Job {
                accounts: all.clone(),
                ..ledger.job(&self.id).await?
            };
            Some(digest(&**ledger, &job).await?)
        } else {
            None
        };
        ledger.seal(&self.id, all, digest).await?;
        if self.awaits_confirmation {
            self.jobs.note(&self.id, EventKind::Planned).await?;
        }
        Ok(self.id)
    }

    /// The number of distinct tickets of this account.
    async fn distinct(&self, account: &str) -> Result<u64> {
        let named = tickets(&**self.jobs.ledger(), &self.id, Which::Named);
        let own = named.try_filter(|one| {
            let is_own = one.repeats.is_none() && one.account == account;
            future::ready(is_own)
        });
        own.try_fold(0, |count: u64, _| future::ok(count + 1)).await
    }

    /// Removes the job.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger).
    pub async fn discard(self) -> Result<()> {
        self.jobs.ledger().discard(&self.id).await
    }
}

/// What a read of a plan found.
enum Read {
    Seen(u64, Seen),
    Failed(TicketRef, Error),
    NotTried,
}

impl Ends {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            first: Vec::new(),
            last: VecDeque::new(),
            tickets: 0,
        }
    }

    /// Takes note of a ticket. One that is named again among the last ones is left out, as far as that is seen here.
    fn push(&mut self, seq: u64, id: &TicketId) {
        if self.sample().any(|(_, other)| other == id) {
            return;
        }
        self.tickets += 1;
        if self.first.len() < SAMPLE {
            self.first.push((seq, id.clone()));
            return;
        }
        if self.last.len() == SAMPLE {
            self.last.pop_front();
        }
        self.last.push_back((seq, id.clone()));
    }

    /// The first and the last tickets.
    fn sample(&self) -> impl Iterator<Item = &(u64, TicketId)> {
        self.first.iter().chain(&self.last)
    }
}

/// How many tickets are claimed at once: whole batches.
fn chunk(change: &Change, info: &ProviderInfo) -> usize {
    let batch = NonZeroUsize::new(change.max_batch(info)).unwrap_or(NonZeroUsize::MIN);
    CHUNK.div_ceil(batch.get()) * batch.get()
}
