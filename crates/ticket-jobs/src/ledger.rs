//! The contract of a ledger.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use ticket_core::provider::Limit;
use ticket_core::{Outcome, Result};

use crate::model::{
    AccountState, CallId, Claim, Confirmed, Ended, Event, Job, JobAccount, JobCall, JobId,
    JobState, JobTicket, Listed, LookedAgain, NewCall, NewJob, Offer, Seen, Step, Suspension,
    Taken, Which, WorkerId,
};

/// Where jobs, their tickets and their calls are recorded.
///
/// Each method is one transaction: it happens as a whole or not at all, and once its future is ready, it is as durable as
/// the ledger can make it. A method that writes happens even if its future is dropped, or not at all.
///
/// # Rules
///
/// * **A ticket gets one outcome.** [`settle`](Self::settle) never replaces one.
/// * **A call is recorded before it is sent** ([`take`](Self::take)), and the row is its slot: it counts in a window of
///   its account while `coalesce(ended_at, expires_at) > now - window`, whether or not its process still exists.
/// * **A ticket is in doubt** if it has no outcome and a write about it is recorded that did not end, or did not end
///   certainly without an effect. What is in doubt stays so until it has an outcome.
/// * **A worker has what it claimed** until it puts it back, finishes, or is lost: it missed its beats for
///   [`LOST_AFTER`], or its process is known to be gone. A lost worker can neither take slots nor settle tickets; the ends
///   of its calls are still recorded.
/// * **Time never goes back**, and does not depend on the wall clock while the machine runs.
///
/// # Errors
///
/// Each method fails with [`Config`](ticket_core::ErrorKind::Config) if the ledger cannot be read or written, and says
/// what to do. After that nothing may be sent. With [`NotFound`](ticket_core::ErrorKind::NotFound) if there is no such
/// job; with [`Conflict`](ticket_core::ErrorKind::Conflict) if the job's state does not allow it, or the worker is lost.
#[async_trait]
pub trait Ledger: Debug + Send + Sync + 'static {
    /// The ledger's time, which goes on while the machine sleeps.
    fn now(&self) -> Timestamp;

    /// Creates a job without tickets. It is [`Loading`](JobState::Loading).
    async fn create(&self, job: NewJob) -> Result<JobId>;

    /// Adds tickets to a job that is loading, in the order of their places. One that is there already is a repetition;
    /// until the list is closed, it may still be told as a ticket of its own.
    async fn add(&self, job: &JobId, tickets: Vec<Listed>) -> Result<()>;

    /// Ends the list: nothing can be added any more, and repetitions are told apart. The job is still loading; it can be
    /// sealed or discarded.
    async fn close_list(&self, job: &JobId) -> Result<()>;

    /// Records how tickets of a job that is loading were seen, by their places; a later look replaces an earlier one.
    /// Places without a ticket are ignored, and repetitions have none.
    async fn see(&self, job: &JobId, seen: Vec<(u64, Seen)>) -> Result<()>;

    /// Ends loading, and closes the list if it is not: the job is [`Ready`](JobState::Ready), or
    /// [awaits confirmation](JobState::AwaitingConfirmation) if it was created so; without tickets it is
    /// [`Completed`](JobState::Completed). `accounts` are those of its tickets, `digest` is that of what is to be
    /// confirmed. If its guards have a canary, the tickets after the first ones are held back.
    async fn seal(
        &self,
        job: &JobId,
        accounts: Vec<JobAccount>,
        digest: Option<String>,
    ) -> Result<()>;

    /// Confirms a job that awaits confirmation: it is ready.
    ///
    /// # Errors
    ///
    /// [`Conflict`](ticket_core::ErrorKind::Conflict) if it does not await confirmation.
    async fn confirm(&self, job: &JobId, confirmed: Confirmed) -> Result<()>;

    /// Removes a job that is loading, with its tickets.
    async fn discard(&self, job: &JobId) -> Result<()>;

    /// The job with this id.
    async fn job(&self, job: &JobId) -> Result<Job>;

    /// All jobs, the newest first.
    async fn jobs(&self) -> Result<Vec<Job>>;

    /// Pauses, resumes, cancels or releases a job. Returns its state afterwards. A job that has this state already stays as
    /// it is, and so does one of which nothing is held back. A job that awaits confirmation can only be cancelled.
    /// Cancelling ends the canary: what was [held back](Job::held_from) is left undone as well.
    async fn steer(&self, job: &JobId, step: Step) -> Result<JobState>;

    /// Sets the priority of a job, whatever its state.
    async fn prioritize(&self, job: &JobId, priority: i16) -> Result<()>;

    /// At most `limit` pairs of a job and one of these accounts, by name, that a worker could claim tickets of now. The job is
    /// ready or cancelling, and some of its tickets of the account are free: open, not [held back](Job::held_from), with
    /// nobody who is not lost, and not to be tried later. The account is not suspended, and no job goes first there.
    ///
    /// The most urgent ones come first: those of the highest priority, of these the ones of which the fewest workers have
    /// tickets, and of these the ones of the oldest job.
    async fn offers(&self, accounts: &[String], limit: usize) -> Result<Vec<Offer>>;

    /// Begins to work on a job.
    async fn begin(&self, job: &JobId) -> Result<WorkerId>;

    /// Tells that the worker is alive; at least once every [`BEAT`]. Returns the job's state.
    async fn beat(&self, worker: WorkerId) -> Result<JobState>;

    /// Ends the work of a worker. What it claimed is free.
    async fn finish(&self, worker: WorkerId) -> Result<()>;

    /// Claims tickets of one account, those of the lowest places first. Of a job that is
    /// [cancelling](JobState::Cancelling), only those in doubt. Tickets that are [held back](Job::held_from) are not
    /// claimed, and an account of which only such tickets are left is [held](Claim::Held), even if it is suspended.
    ///
    /// Jobs of higher priority go first: nothing is claimed while another job of a higher one, which is ready, has tickets of an
    /// account with the same key that are free, or that a worker has, and a worker that is not lost has claimed of that account
    /// before, or tried to: one that lacks the account holds nobody up.
    async fn claim(&self, worker: WorkerId, account: &str) -> Result<Claim>;

    /// Gives back all that the worker claimed of an account, for a later attempt, `wait` from now. Claims tell how often and
    /// since when tickets [were put back](crate::Claimed::put_back); without a wait it does not count.
    async fn put_back(&self, worker: WorkerId, account: &str, wait: Duration) -> Result<()>;

    /// Records that tickets are archived, by their places, with the SHA-256 of their entries; a later entry replaces an
    /// earlier one. Fails with [`Conflict`](ticket_core::ErrorKind::Conflict), and records nothing, unless the worker has
    /// all of them.
    async fn archived(&self, worker: WorkerId, entries: Vec<(u64, String)>) -> Result<()>;

    /// Records outcomes of claimed tickets, by their places. An outcome that is already there stays. If no ticket of the
    /// job is open, the job is completed, or cancelled if it was cancelling.
    async fn settle(&self, worker: WorkerId, outcomes: Vec<(u64, Outcome)>) -> Result<()>;

    /// Records what the look after the pause of an erasure found of tickets that have an outcome, by their places; a later look
    /// replaces an earlier one. Fails with [`Conflict`](ticket_core::ErrorKind::Conflict), and records nothing, if the job is no
    /// erasure or a ticket has no outcome.
    async fn looked_again(&self, job: &JobId, looks: Vec<(u64, LookedAgain)>) -> Result<()>;

    /// Records a call and takes its slots, if the account's limits allow it.
    ///
    /// # Errors
    ///
    /// [`Cancelled`](ticket_core::ErrorKind::Cancelled) if the job makes no new call or the worker is lost.
    async fn take(&self, call: NewCall) -> Result<Taken>;

    /// Records the end of a call.
    async fn end(&self, call: CallId, ended: Ended) -> Result<()>;

    /// Gives out no slots of this account for `wait` from now. A longer pause that is already running stays.
    async fn close(&self, account: &str, wait: Duration) -> Result<()>;

    /// Suspends an account, or resumes it with `None`. Only [`claim`](Self::claim) obeys it.
    async fn suspend(&self, account: &str, why: Option<Suspension>) -> Result<()>;

    /// At most `limit` tickets of a job at places after `after`.
    async fn tickets(
        &self,
        job: &JobId,
        which: Which,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<JobTicket>>;

    /// At most `limit` calls of a job with ids after `after`.
    async fn calls(&self, job: &JobId, after: Option<CallId>, limit: usize)
    -> Result<Vec<JobCall>>;

    /// Records an event of a job.
    async fn note(&self, job: &JobId, event: Event) -> Result<()>;

    /// The events of a job, in the order in which they were recorded.
    async fn events(&self, job: &JobId) -> Result<Vec<Event>>;

    /// All accounts.
    async fn accounts(&self) -> Result<Vec<AccountState>>;

    /// How many requests of an account count now in this window of a limit; 0 if the account has made none.
    async fn used(&self, account: &str, limit: &Limit, window: Duration) -> Result<u64>;

    /// Recounts a job from its rows. Returns each contradiction in words; none if all is well.
    async fn verify(&self, job: &JobId) -> Result<Vec<String>>;

    /// Removes jobs that are over, and those that are still loading or await confirmation, if they were created before
    /// `before`. Returns their ids. Calls that still count in a window stay.
    async fn prune(&self, before: Timestamp) -> Result<Vec<JobId>>;
}

/// How many tickets are read at once.
const PAGE: usize = 5_000;

/// The tickets of a job, in the order of its list. They are read page by page, so memory does not grow with the list.
pub fn tickets<'a>(
    ledger: &'a dyn Ledger,
    job: &'a JobId,
    which: Which,
) -> BoxStream<'a, Result<JobTicket>> {
    let pages = stream::try_unfold(Some(None), move |after| async move {
        let Some(after) = after else {
            return Ok(None);
        };
        let page = ledger.tickets(job, which, after, PAGE).await?;
        let is_last = page.len() < PAGE;
        let next = page.last().map(|last| Some(last.seq));
        let next = next.filter(|_| !is_last);
        Ok(Some((stream::iter(page.into_iter().map(Ok)), next)))
    });
    pages.try_flatten().boxed()
}

/// How often a worker tells that it is alive.
pub const BEAT: Duration = Duration::from_secs(1);

/// After how long without a beat a worker is lost.
pub const LOST_AFTER: Duration = Duration::from_secs(30);

/// How much longer than the call itself its slots are kept, if its end is not recorded.
pub const MARGIN: Duration = Duration::from_secs(3);
