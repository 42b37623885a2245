//! What is done before a ticket is changed: it is read, held against the guards of its job, and archived.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, future, stream};
use ticket_core::bulk::Settled;
use ticket_core::model::Status;
use ticket_core::provider::NotFound;
use ticket_core::{
    Change, DeleteTarget, Error, ErrorKind, Operation, Outcome, Result, Ticket, Tickets,
};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::archive::{Archive, KeepOptions, Place};
use crate::ledger::Ledger;
use crate::model::{Claimed, Guards, JobAccount, Work};

/// How many tickets are checked at once, unless the options say otherwise.
const AT_ONCE: usize = 8;

/// The longest pause between two reads of a ticket while the vendor does not answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long reads fail before the first success until no further one is made.
const FIRST_SUCCESS: Duration = Duration::from_secs(60);

/// How many answers in a row may be somebody else's.
const STRANGERS: u32 = 5;

/// What is checked before the tickets of one account are changed.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) change: Change,
    guards: Guards,
    /// The archive, if tickets are archived.
    archive: Option<(Archive, Place)>,
}

impl Rules {
    /// # Errors
    ///
    /// The archive cannot be opened.
    pub(crate) fn new(change: &Change, guards: &Guards, account: &JobAccount) -> Result<Self> {
        let open = |folder: &str| {
            let place = Place::new(&account.name, &account.provider).host(account.host.clone());
            Archive::open(folder).map(|archive| (archive, place))
        };
        let archive = guards.archive.as_ref();
        Ok(Self {
            change: change.clone(),
            guards: guards.clone(),
            archive: archive.map(|archive| open(&archive.folder)).transpose()?,
        })
    }

    /// Whether something is checked.
    const fn is_any(&self) -> bool {
        self.guards.only_state.is_some() || self.guards.if_unchanged || self.archive.is_some()
    }

    /// Whether this ticket is read before it is changed. It need not be where the vendor compares the version that was seen.
    fn read(&self, claimed: &Claimed, tickets: &Tickets) -> bool {
        let seen = claimed.seen.as_ref();
        let has_version = seen.is_some_and(|seen| seen.version.is_some());
        self.guards.only_state.is_some()
            || self.archive.is_some()
            || (self.guards.if_unchanged && !(has_version && self.is_conditional(tickets)))
    }

    /// Whether the vendor itself compares versions.
    fn is_conditional(&self, tickets: &Tickets) -> bool {
        let capabilities = &tickets.info().capabilities;
        let support = capabilities.support(self.change.operation());
        self.change == Change::Delete && support.is_some_and(|support| support.is_conditional)
    }

    /// Why a ticket is not changed, if a guard says so.
    fn refusal(&self, claimed: &Claimed, ticket: &Ticket) -> Option<Error> {
        let conflict = |message: String| Some(Error::new(ErrorKind::Conflict, message));
        if let Some(state) = self.guards.only_state {
            let status = ticket.status.as_ref();
            let name = status.map_or("unknown", Status::as_str);
            match status.and_then(|status| state.covers(status)) {
                Some(true) => {}
                Some(false) => {
                    return conflict(format!(
                        "not changed: its status is {name}, and only {} tickets are to be changed",
                        state.as_str()
                    ));
                }
                None => {
                    return conflict(format!(
                        "not changed: nobody knows whether its status, {name}, means {}",
                        state.as_str()
                    ));
                }
            }
        }
        if self.guards.if_unchanged {
            match &claimed.seen {
                None => {
                    return conflict(
                        "not changed: it was not looked at when it was planned".to_owned(),
                    );
                }
                Some(seen) if !seen.is_same(ticket) => {
                    return conflict(
                        "not changed: it is not as it was when it was planned".to_owned(),
                    );
                }
                Some(_) => {}
            }
        }
        None
    }
}

/// The checks of one run of a lane.
pub(crate) struct Checks {
    pub(crate) rules: Arc<Rules>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) work: Work,
    pub(crate) tickets: Tickets,
    /// How long reads are repeated without one success.
    pub(crate) patience: Duration,
    pub(crate) at_once: Option<NonZeroUsize>,
    /// Takes the outcomes of tickets that are not changed.
    pub(crate) refused: mpsc::Sender<Settled<u64>>,
    /// Why no further ticket can be checked: set once, from here or from elsewhere.
    pub(crate) end: Box<dyn Fn(Error) + Send + Sync>,
    /// Whether the work goes on.
    pub(crate) goes_on: Box<dyn Fn() -> bool + Send + Sync>,
    pub(crate) reads: Reads,
}

/// How the reads went.
#[derive(Debug)]
pub(crate) struct Reads {
    begun: Instant,
    last_success: Mutex<Option<Instant>>,
    strangers: AtomicU32,
}

impl Reads {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            last_success: Mutex::default(),
            strangers: AtomicU32::new(0),
        }
    }

    fn succeeded(&self) {
        self.strangers.store(0, Ordering::Relaxed);
        let mut last = self
            .last_success
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last = Some(Instant::now());
    }

    /// Counts an answer that is not the vendor's. Whether they are too many in a row.
    fn is_of_strangers(&self) -> bool {
        self.strangers.fetch_add(1, Ordering::Relaxed) + 1 >= STRANGERS
    }

    /// Whether nothing succeeded for this long.
    fn is_out_of(&self, patience: Duration) -> bool {
        let last = *self
            .last_success
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match last {
            Some(last) => last.elapsed() >= patience,
            None => self.begun.elapsed() >= patience.min(FIRST_SUCCESS),
        }
    }
}

/// What a read says of a ticket that is to be changed.
enum Found {
    Ticket(Box<Ticket>),
    /// The change itself tells what has become of it.
    Pass,
    /// It is not changed.
    Refused(Outcome),
    /// The work has ended, and the ticket is left for a later run.
    Left,
}

impl Checks {
    /// The tickets that may be changed, in the order of their claims.
    pub(crate) fn pass(
        self,
        claimed: BoxStream<'static, Claimed>,
    ) -> BoxStream<'static, (u64, DeleteTarget)> {
        let is_conditional =
            self.rules.guards.if_unchanged && self.rules.is_conditional(&self.tickets);
        let target = move |claimed: &Claimed| {
            let mut target = DeleteTarget::new(&claimed.id);
            let seen = claimed.seen.as_ref().filter(|_| is_conditional);
            let seen = seen.and_then(|seen| seen.version.clone());
            target.version = claimed.version.clone().or(seen);
            (claimed.seq, target)
        };
        if !self.rules.is_any() {
            return claimed.map(move |claimed| target(&claimed)).boxed();
        }
        let at_once = self.at_once.map_or(AT_ONCE, NonZeroUsize::get);
        let batch = self.rules.change.max_batch(self.tickets.info()).max(1);
        let checks = Arc::new(self);
        let checked = claimed.map(move |claimed| {
            let checks = Arc::clone(&checks);
            async move { checks.passes(&claimed).await.then(|| target(&claimed)) }
        });
        let passed = checked.buffered(at_once).filter_map(future::ready);
        // Together, so that one call takes as many as it can.
        passed.chunks(batch).flat_map(stream::iter).boxed()
    }

    /// Whether this ticket may be changed. If not, its outcome is told.
    async fn passes(&self, claimed: &Claimed) -> bool {
        if !self.rules.read(claimed, &self.tickets) {
            return true;
        }
        let outcome = match self.find(claimed).await {
            Found::Pass => return true,
            Found::Left => return false,
            Found::Refused(outcome) => outcome,
            Found::Ticket(ticket) => match self.check(claimed, &ticket).await {
                Ok(None) => return true,
                Ok(Some(entry)) => {
                    let entries = vec![(claimed.seq, entry)];
                    let Err(error) = self.ledger.archived(self.work.worker, entries).await else {
                        return true;
                    };
                    // The worker is lost, or the ledger is. The lane finds out as well.
                    (self.end)(error);
                    return false;
                }
                Err(error) if error.is_of_the_account() => {
                    self.end_with(&error);
                    return false;
                }
                Err(error) => Outcome::Failed(error.on_ticket(&claimed.id)),
            },
        };
        // Nobody listens once the work was dropped.
        let _ = self
            .refused
            .send(Settled::new(claimed.seq, claimed.id.clone(), outcome))
            .await;
        false
    }

    /// Holds a ticket against the guards, and archives it. Returns the digest of its entry in the archive, if there is one.
    async fn check(&self, claimed: &Claimed, ticket: &Ticket) -> Result<Option<String>> {
        // A change other than a delete may be what an earlier call made of it.
        let is_comparable = claimed.in_doubt.is_none() || self.rules.change == Change::Delete;
        if is_comparable && let Some(error) = self.rules.refusal(claimed, ticket) {
            return Err(error);
        }
        let Some((archive, place)) = &self.rules.archive else {
            return Ok(None);
        };
        let guard = self.rules.guards.archive.as_ref();
        let mut options = KeepOptions::default();
        if guard.is_some_and(|guard| guard.missing_ok) {
            options = options.missing_ok();
        }
        let kept = archive.keep(place, &self.tickets, ticket, options).await;
        let kept = kept.map_err(|error| error.with_context("not archived, so not changed"))?;
        Ok(Some(kept.sha256))
    }

    /// Reads a ticket. While the vendor does not answer, it is read again after a pause.
    async fn find(&self, claimed: &Claimed) -> Found {
        let info = self.tickets.info();
        let mut pause = Duration::from_secs(1);
        loop {
            if !(self.goes_on)() {
                return Found::Left;
            }
            let error = match self.tickets.get(&claimed.id).await {
                Ok(ticket) => {
                    self.reads.succeeded();
                    if let Err(error) = info.check_same(&claimed.id, &ticket.id) {
                        return Found::Refused(Outcome::Failed(error.on_ticket(&claimed.id)));
                    }
                    let is_gone = self.rules.change == Change::Delete
                        && ticket.status == Some(Status::Deleted);
                    return if is_gone {
                        Found::Pass
                    } else {
                        Found::Ticket(Box::new(ticket))
                    };
                }
                Err(error) => error,
            };
            match error.kind() {
                ErrorKind::Cancelled => return Found::Left,
                ErrorKind::NotFound => {
                    self.reads.succeeded();
                    return self.not_found(claimed, error);
                }
                ErrorKind::BadResponse if self.reads.is_of_strangers() => {
                    self.end_with(&error);
                    return Found::Left;
                }
                _ if error.is_of_the_account() => {
                    self.end_with(&error);
                    return Found::Left;
                }
                kind if kind != ErrorKind::BadResponse && !error.is_transient() => {
                    self.reads.succeeded();
                    let error = error.with_context("it cannot be read, so it was not changed");
                    return Found::Refused(Outcome::Failed(error));
                }
                _ => {}
            }
            if self.reads.is_out_of(self.patience) {
                self.end_with(&error);
                return Found::Left;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// What it means that a ticket is not found.
    fn not_found(&self, claimed: &Claimed, error: Error) -> Found {
        if claimed.in_doubt.is_some() {
            // An earlier call may have deleted it.
            return Found::Pass;
        }
        let get = self.tickets.info().capabilities.support(Operation::Get);
        let is_certain = get.is_some_and(|get| get.not_found == NotFound::Gone);
        Found::Refused(if is_certain {
            Outcome::NotFound(error)
        } else {
            let context =
                "it cannot be read, so it was not changed, although the vendor may still have it";
            Outcome::Failed(error.with_context(context))
        })
    }

    fn end_with(&self, error: &Error) {
        (self.end)(error.with_context("not attempted because tickets cannot be checked"));
    }
}
