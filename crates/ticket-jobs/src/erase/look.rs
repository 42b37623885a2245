//! The look after the pause: whether what was deleted is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use ticket_core::model::Status;
use ticket_core::provider::Removal;
use ticket_core::{
    AccountSource, CallContext, Error, ErrorKind, Result, Ticket, TicketRef, Tickets,
};

use super::fate::{Fate, erasure_of, removals};
use crate::clock::{later, until};
use crate::jobs::{Jobs, of_account};
use crate::ledger::tickets;
use crate::model::{Again, Job, JobAccount, JobId, JobTicket, LookedAgain, Which};
use crate::standing::{Control, Sight, sight};
use crate::words::told;

/// How many tickets of an account are read at once.
const AT_ONCE: usize = 8;

/// How many looks are recorded at once.
const TOGETHER: usize = 100;

/// After how many failed reads in a row no further ticket of the account is read.
const FAILED_IN_A_ROW: usize = 10;

/// How often the ledger is asked whether the pause is over: it also goes on while the machine sleeps.
const ASK_AGAIN: Duration = Duration::from_secs(1);

impl Jobs {
    /// When the tickets of an erasure are looked at again; `None` if its job is not over, or nothing is left to look at.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger); `InvalidInput` if the job is no erasure.
    pub async fn look_again_at(&self, job: &Job) -> Result<Option<Timestamp>> {
        let pause = erasure_of(job)?.look_again_after;
        let removals = removals(job);
        let (mut last, mut is_left) = (None, false);
        let mut all = tickets(&**self.ledger(), &job.id, Which::Named);
        while let Some(ticket) = all.try_next().await? {
            last = last.max(ticket.decided_at);
            let removal = removals.get(ticket.account.as_str()).copied();
            is_left = is_left || is_left_to_look_at(&ticket, removal.unwrap_or_default());
        }
        let last = last.filter(|_| is_left && job.state.is_over());
        Ok(last.map(|last| later(last, pause)))
    }

    /// Waits until the pause of an erasure is over, then reads each ticket that is said to be deleted or gone, and records what
    /// it found. Changes nothing at the vendors. A ticket of which it could not tell is looked at again when this is called
    /// again, and so is one that was there. `tell` is called after each read.
    ///
    /// Returns the accounts at which not all could be looked at, and why.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger). `InvalidInput` if the job is no erasure; `Conflict` if it is not over; `Cancelled` if
    /// it was stopped: what was found until then is recorded.
    pub async fn look_again(
        &self,
        job: &JobId,
        accounts: &dyn AccountSource,
        context: &CallContext,
        tell: impl Fn(&TicketRef, Again),
    ) -> Result<Vec<(String, Error)>> {
        let job = self.ledger().job(job).await?;
        erasure_of(&job)?;
        if !job.state.is_over() {
            let (job, state) = (&job.id, job.state);
            let message =
                format!("job {job} is {state}: its tickets are looked at again once it is over");
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        let Some(at) = self.look_again_at(&job).await? else {
            return Ok(Vec::new());
        };
        self.wait_until(at, context).await?;
        let mut not_looked_at = Vec::new();
        let mut looks = Vec::new();
        for account in &job.accounts {
            match handle(account, accounts) {
                Ok(handle) => looks.push(self.looks(&job, account, handle.with(context.clone()))),
                Err(error) => not_looked_at.push((account.name.clone(), error)),
            }
        }
        let mut looks = stream::select_all(looks);
        let mut together = Vec::new();
        while let Some(look) = looks.try_next().await? {
            match look {
                Look::At(seq, ticket, looked) => {
                    tell(&ticket, looked.found);
                    together.push((seq, looked));
                }
                Look::GivenUp(account, error) => not_looked_at.push((account, error)),
            }
            if together.len() >= TOGETHER {
                let together = std::mem::take(&mut together);
                self.ledger().looked_again(&job.id, together).await?;
            }
        }
        self.ledger().looked_again(&job.id, together).await?;
        match &context.stop {
            Some(stop) if stop.is_finishing() => Err(stopped()),
            _ => Ok(not_looked_at),
        }
    }

    async fn wait_until(&self, at: Timestamp, context: &CallContext) -> Result<()> {
        loop {
            let wait = until(self.ledger().now(), at);
            if wait.is_zero() {
                return Ok(());
            }
            let pause = tokio::time::sleep(wait.min(ASK_AGAIN));
            match &context.stop {
                None => pause.await,
                Some(stop) => tokio::select! {
                    () = stop.finishing() => return Err(stopped()),
                    () = pause => {}
                },
            }
        }
    }

    /// Looks at the tickets of one account.
    fn looks<'a>(
        &'a self,
        job: &'a Job,
        account: &'a JobAccount,
        handle: Tickets,
    ) -> BoxStream<'a, Result<Look>> {
        let all = tickets(&**self.ledger(), &job.id, Which::Named);
        let own = all.try_filter(move |ticket| {
            std::future::ready(
                ticket.account == account.name && is_left_to_look_at(ticket, account.removal),
            )
        });
        let control = Arc::new(Control::default());
        let failed = Arc::new(AtomicUsize::new(0));
        let looks = own.map_ok(move |ticket| {
            let (handle, control) = (handle.clone(), Arc::clone(&control));
            let failed = Arc::clone(&failed);
            async move {
                if failed.load(Ordering::Relaxed) >= FAILED_IN_A_ROW {
                    return Ok(None);
                }
                let (found, error) = match sight(&handle, &ticket.id, &control).await {
                    Ok(sight) => (again(&ticket, &sight, handle.info().never_reuses_ids), None),
                    Err(error) => (Again::Unknown, Some(error)),
                };
                let many = match &error {
                    Some(error) if error.is_transient() || error.is_of_the_account() => {
                        failed.fetch_add(1, Ordering::Relaxed) + 1 == FAILED_IN_A_ROW
                    }
                    _ => {
                        failed.store(0, Ordering::Relaxed);
                        false
                    }
                };
                if let Some(error) = error
                    .as_ref()
                    .filter(|error| many || error.kind() == ErrorKind::Cancelled)
                {
                    failed.store(FAILED_IN_A_ROW, Ordering::Relaxed);
                    return Ok(Some(Look::GivenUp(account.name.clone(), told(error))));
                }
                let mut looked = LookedAgain::new(self.ledger().now(), found);
                looked.kind = error.map(|error| error.kind());
                let reference = TicketRef::new(ticket.account, ticket.id);
                Ok(Some(Look::At(ticket.seq, reference, looked)))
            }
        });
        let looks = looks.try_buffer_unordered(AT_ONCE);
        looks
            .try_filter_map(|look| std::future::ready(Ok(look)))
            .boxed()
    }
}

/// What came of a look.
enum Look {
    At(u64, TicketRef, LookedAgain),
    /// No further ticket of this account is read.
    GivenUp(String, Error),
}

/// The account, if its name still leads to it.
fn handle(account: &JobAccount, accounts: &dyn AccountSource) -> Result<Tickets> {
    let name = &account.name;
    if accounts.facts(name)?.key != account.key {
        let error = Error::config("it is another account than when the job was made");
        return Err(of_account(name, &error));
    }
    accounts.connect(name)
}

fn is_left_to_look_at(ticket: &JobTicket, removal: Removal) -> bool {
    ticket.repeats.is_none() && Fate::of(ticket, removal).is_left_to_look_at()
}

/// What it means that this is seen where a ticket was.
fn again(ticket: &JobTicket, sight: &Sight, ids_are_never_reused: bool) -> Again {
    let now = match sight {
        Sight::Gone => return Again::Gone,
        Sight::There(now) => now,
    };
    match is_another(ticket, now, ids_are_never_reused) {
        Some(true) => Again::Another,
        Some(false) if now.status == Some(Status::Deleted) => Again::InTrash,
        Some(false) => Again::There,
        None => Again::Unknown,
    }
}

/// Whether another ticket has the id of the one that was deleted, as far as it can be told.
fn is_another(ticket: &JobTicket, now: &Ticket, ids_are_never_reused: bool) -> Option<bool> {
    let seen = ticket.seen.as_ref();
    let then = seen.and_then(|seen| seen.created_at);
    match (then, now.created_at, ticket.decided_at) {
        _ if ids_are_never_reused => Some(false),
        // Both by the vendor's clock.
        (Some(then), Some(now), _) if now >= then => Some(now > then),
        _ if seen.is_some_and(|seen| seen.is_identical(now)) => Some(false),
        // Two clocks: a vendor's that is late makes a ticket look old that is not, and none look new that is old.
        (None, Some(now), Some(decided_at)) if now <= decided_at => Some(false),
        _ => None,
    }
}

fn stopped() -> Error {
    let message = "stopped before all tickets were looked at again";
    Error::new(ErrorKind::Cancelled, message)
}
