//! What is done before a ticket is changed: it is read, held against the guards of its job, and archived.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, future, stream};
use ticket_core::bulk::{BulkOptions, Notice, Settled};
use ticket_core::model::Status;
use ticket_core::provider::{Concurrency, NotFound, Removal};
use ticket_core::{
    Change, DeleteTarget, Effect, Error, ErrorKind, Operation, Outcome, Result, Ticket, Tickets,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::archive::KeepOptions;
use crate::going::Going;
use crate::ledger::Ledger;
use crate::model::{Claimed, Work};
use crate::rules::Rules;
use crate::standing::{Control, is_the_vendors};
use crate::words::{NOT_AS_ARCHIVED, PERHAPS_CHANGED};

/// How many tickets are checked at once, unless the options say otherwise.
const AT_ONCE: usize = 8;

/// The longest pause between two reads of a ticket while the vendor does not answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long reads fail before the first success until no further one is made.
const FIRST_SUCCESS: Duration = Duration::from_secs(60);

/// How many answers in a row may be somebody else's.
const STRANGERS: u32 = 5;

/// The checks of one run of a lane.
pub(crate) struct Checks {
    pub(crate) rules: Arc<Rules>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) work: Work,
    pub(crate) tickets: Tickets,
    pub(crate) options: BulkOptions,
    pub(crate) going: Going,
    /// Takes the outcomes of tickets that are not changed.
    pub(crate) refused: mpsc::Sender<Settled<u64>>,
    pub(crate) reads: Reads,
}

/// How the reads went.
#[derive(Debug)]
pub(crate) struct Reads {
    begun: Instant,
    state: Mutex<Answers>,
    control: Control,
}

#[derive(Debug, Default)]
struct Answers {
    last_success: Option<Instant>,
    /// How many answers in a row were not the vendor's.
    strangers: u32,
    /// Whether a pause was told.
    is_paused: bool,
}

impl Reads {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            state: Mutex::default(),
            control: Control::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, Answers> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of an answer of the vendor's. Whether a pause was told before.
    fn succeeded(&self) -> bool {
        let now = Answers {
            last_success: Some(Instant::now()),
            ..Answers::default()
        };
        std::mem::replace(&mut *self.state(), now).is_paused
    }

    /// Counts an answer that is not the vendor's. Whether they are too many in a row.
    fn is_of_strangers(&self) -> bool {
        let mut state = self.state();
        state.strangers += 1;
        state.strangers >= STRANGERS
    }

    /// Whether nothing succeeded for this long.
    fn is_out_of(&self, patience: Duration) -> bool {
        match self.state().last_success {
            Some(last) => last.elapsed() >= patience,
            None => self.begun.elapsed() >= patience.min(FIRST_SUCCESS),
        }
    }

    /// Whether a pause is the first one since the vendor answered.
    fn begins_pause(&self) -> bool {
        !std::mem::replace(&mut self.state().is_paused, true)
    }
}

/// What a read says of a ticket that is to be changed.
enum Found {
    Ticket(Box<Ticket>),
    /// The change itself tells what has become of it.
    Pass,
    /// It cannot be read, and is not changed.
    Unreadable(Error),
    /// The vendor says that it does not exist.
    Missing(Error),
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
            target.accepted.clone_from(&claimed.accepted);
            let seen = claimed.seen.as_ref().filter(|_| is_conditional);
            let seen = seen.and_then(|seen| seen.version.clone());
            target.version = claimed.version.clone().or(seen);
            (claimed.seq, target)
        };
        if !self.rules.is_any(&self.tickets) {
            return claimed.map(move |claimed| target(&claimed)).boxed();
        }
        let at_once = self.options.concurrency.and_then(Concurrency::fixed);
        let at_once = at_once.map_or(AT_ONCE, NonZeroUsize::get);
        let batch = self.rules.change.max_batch(self.tickets.info()).max(1);
        let checks = Arc::new(self);
        let checked = claimed.map(move |claimed| {
            let checks = Arc::clone(&checks);
            async move {
                // A task, so that it goes on while nobody polls this stream: the changes wait behind its reads.
                let mut task = JoinSet::new();
                let checked = claimed.clone();
                task.spawn(async move { checks.passes(&checked).await });
                match task.join_next().await {
                    Some(Ok(passes)) => passes.then(|| target(&claimed)),
                    Some(Err(error)) if error.is_panic() => {
                        std::panic::resume_unwind(error.into_panic())
                    }
                    _ => None,
                }
            }
        });
        let passed = checked.buffered(at_once).filter_map(future::ready);
        // Together, so that one call takes as many as it can.
        passed.chunks(batch).flat_map(stream::iter).boxed()
    }

    /// Whether this ticket may be changed. If not, its outcome is told.
    async fn passes(&self, claimed: &Claimed) -> bool {
        // Of a change that the vendor accepted before, the change itself asks first what came of it.
        if claimed.accepted.is_some() || !self.rules.read(claimed, &self.tickets) {
            return true;
        }
        let outcome = match self.find(claimed).await {
            Found::Pass => return true,
            Found::Left => return false,
            Found::Missing(error) => Outcome::NotFound(error),
            Found::Unreadable(error) => self.refused(claimed, error, None),
            Found::Ticket(ticket) => match self.check(claimed, &ticket).await {
                Ok(None) => return true,
                Ok(Some(entry)) => {
                    let entries = vec![(claimed.seq, entry)];
                    let Err(error) = self.ledger.archived(self.work.worker, entries).await else {
                        return true;
                    };
                    // The worker is lost, or the ledger is. The lane finds out as well.
                    self.going.end(error);
                    return false;
                }
                // A stop, a pause, or a quota that allows no call in time. Nothing has happened to the ticket.
                Err(error) if error.kind() == ErrorKind::Cancelled || error.is_not_attempted() => {
                    // A stop has its own words.
                    if !self.going.is_over() {
                        self.going.end(error);
                    }
                    return false;
                }
                Err(error) if error.is_of_the_account() => {
                    self.end_with(&error);
                    return false;
                }
                Err(error) => self.refused(claimed, error, Some(&ticket)),
            },
        };
        // Nobody listens once the work was dropped.
        let _ = self
            .refused
            .send(Settled::new(claimed.seq, claimed.id.clone(), outcome))
            .await;
        false
    }

    /// The outcome of a ticket that is not changed for this reason, and was read as this ticket. An earlier call may have
    /// changed it.
    fn refused(&self, claimed: &Claimed, error: Error, ticket: Option<&Ticket>) -> Outcome {
        let error = error.on_ticket(&claimed.id);
        if claimed.in_doubt.is_none() || ticket.is_some_and(|ticket| self.is_untouched(ticket)) {
            return Outcome::Failed(error);
        }
        let error = error.with_context(PERHAPS_CHANGED);
        Outcome::Unknown(error.with_effect(Effect::Unknown))
    }

    /// Whether this read proves that no earlier call deleted the ticket. That it is not changed in another way, none does.
    fn is_untouched(&self, ticket: &Ticket) -> bool {
        let info = self.tickets.info();
        // What is accepted for later may still be carried out.
        let is_done_at_once = !info.capabilities.supports(Operation::Job);
        let status = ticket.status.as_ref();
        self.rules.change.is_delete()
            && status.is_some_and(|status| *status != Status::Deleted)
            && info.reads_are_consistent
            && info.never_reuses_ids
            && is_done_at_once
    }

    /// Holds a ticket against the guards, and archives it. Returns the digest of its entry in the archive, if there is one.
    async fn check(&self, claimed: &Claimed, ticket: &Ticket) -> Result<Option<String>> {
        // A change other than a delete may be what an earlier call made of it.
        let is_comparable = claimed.in_doubt.is_none() || self.rules.change.is_delete();
        if is_comparable && let Some(error) = self.rules.refusal(claimed, ticket, &self.tickets) {
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
        // It was archived before the earlier call, and may be what that call has made of it since.
        if claimed.in_doubt.is_some()
            && let Some(archived) = archive.whole(&place.account, &ticket.id)
        {
            let is_removed = ticket.status == Some(Status::Deleted);
            let is_delete = self.rules.change.is_delete() && !is_removed;
            if !is_delete || archive.is_current(&archived, ticket, options) {
                return Ok(None);
            }
            // Who changed it cannot be told: it is neither archived over its earlier state nor deleted.
            if !self.is_untouched(ticket) {
                return Err(Error::new(ErrorKind::Conflict, NOT_AS_ARCHIVED));
            }
        }
        let kept = archive.keep(place, &self.tickets, ticket, options).await;
        let kept = kept.map_err(|error| error.with_context("not archived, so not changed"))?;
        Ok(Some(kept.sha256))
    }

    /// Reads a ticket. While the vendor does not answer, it is read again after a pause.
    async fn find(&self, claimed: &Claimed) -> Found {
        let mut pause = Duration::from_secs(1);
        while !self.going.is_over() {
            let error = match self.tickets.get(&claimed.id).await {
                Ok(ticket) => {
                    self.vendor_answered();
                    return self.found(claimed, ticket);
                }
                Err(error) => error,
            };
            match error.kind() {
                ErrorKind::Cancelled => break,
                ErrorKind::NotFound if self.is_the_vendors(claimed).await => {
                    self.vendor_answered();
                    return self.not_found(claimed, error);
                }
                // A sign-in page, or a gateway without a route.
                ErrorKind::BadResponse | ErrorKind::NotFound if self.reads.is_of_strangers() => {
                    self.end_with(&error);
                    break;
                }
                ErrorKind::BadResponse | ErrorKind::NotFound => {}
                _ if error.is_of_the_account() => {
                    self.end_with(&error);
                    break;
                }
                _ if !error.is_transient() => {
                    self.vendor_answered();
                    let error = error.with_context("it cannot be read, so it was not changed");
                    return Found::Unreadable(error);
                }
                _ => {}
            }
            if self.reads.is_out_of(self.options.give_up_after) {
                self.end_with(&error);
                break;
            }
            if self.reads.begins_pause() {
                let until = Instant::now() + pause;
                self.options.tell(&Notice::Paused { error, until });
            }
            self.going.wait(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Found::Left
    }

    fn vendor_answered(&self) {
        if self.reads.succeeded() {
            self.options.tell(&Notice::Resumed);
        }
    }

    /// What it means that a ticket is found.
    fn found(&self, claimed: &Claimed, ticket: Ticket) -> Found {
        let info = self.tickets.info();
        if let Err(error) = info.check_same(&claimed.id, &ticket.id) {
            return Found::Unreadable(error);
        }
        if self.rules.change == Change::Delete && ticket.status == Some(Status::Deleted) {
            return Found::Pass;
        }
        Found::Ticket(Box::new(ticket))
    }

    /// Whether a *not found* is the vendor's, and not that of a gateway or a wrong address.
    async fn is_the_vendors(&self, claimed: &Claimed) -> bool {
        // What an earlier call may have deleted is looked at by the change itself.
        claimed.in_doubt.is_some()
            || is_the_vendors(&self.tickets, &self.reads.control, Instant::now()).await
    }

    /// What it means that the vendor does not find a ticket.
    fn not_found(&self, claimed: &Claimed, error: Error) -> Found {
        if claimed.in_doubt.is_some() {
            // An earlier call may have deleted it.
            return Found::Pass;
        }
        let info = self.tickets.info();
        let get = info.capabilities.support(Operation::Get);
        let is_ambiguous = get.is_some_and(|get| get.not_found == NotFound::Ambiguous);
        // A read may not show what is in the trash.
        let may_be_in_trash = self.rules.change == Change::Purge
            && Change::Delete.removal(info) != Some(Removal::Permanent);
        if is_ambiguous || may_be_in_trash {
            let context =
                "it cannot be read, so it was not changed, although the vendor may still have it";
            Found::Unreadable(error.with_context(context))
        } else {
            Found::Missing(error)
        }
    }

    fn end_with(&self, error: &Error) {
        let context = "not attempted because tickets cannot be checked";
        self.going.end(error.with_context(context));
    }
}
