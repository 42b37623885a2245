//! Erasures: the tickets of people are deleted, looked at again after a pause, and reported, and no person is kept.
//!
//! An erasure is a job that deletes and awaits confirmation. Whoever searched the accounts hands over what was found:
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use ticket_core::bulk::BulkOptions;
//! use ticket_core::{AccountSource, CallContext, Result, TicketRef};
//! use ticket_jobs::erase::ErasureKey;
//! use ticket_jobs::{AccountSearch, Erasure, JobId, Jobs, Look, NewJob};
//!
//! async fn plan(jobs: &Jobs, accounts: &dyn AccountSource, found: Vec<TicketRef>) -> Result<JobId> {
//!     let key = ErasureKey::load_or_create("/srv/tickets/erasure.key".as_ref())?;
//!     let person = key.person("ada@example.org");
//!     let search = AccountSearch::new("eu", "onecloud").how("each ticket was read");
//!     let erasure = Erasure::new(key.id(), [person]).search(search);
//!     let found = found.into_iter().map(|ticket| (ticket, vec![person]));
//!     let list = jobs.erase(NewJob::erasure(erasure), found).await?;
//!     list.look(accounts, &CallContext::new(), Look::All, |_| {}).await?;
//!     list.seal(accounts).await
//! }
//!
//! // Once it is confirmed and run:
//! async fn prove(jobs: &Jobs, job: &JobId, accounts: Arc<dyn AccountSource>) -> Result<bool> {
//!     jobs.look_again(job, &*accounts, &CallContext::new(), |_, _| {}).await?;
//!     Ok(jobs.erased(job).await?.is_complete())
//! }
//! ```
//!
//! # What is kept of people
//!
//! * Whose a ticket is, as a [`PersonHash`]: nobody can tell the address without the [key](ErasureKey).
//! * Of a ticket its id, its version, when it was created, and the digest of its JSON: neither its subject nor its status.
//! * Of an error its kind, effect, status and operation, with words of this program: nothing that the vendor said.
//!
//! What people write themselves is kept: the reason of an approval, the names of accounts and archives. An archive holds
//! everything, and has to be [pruned](crate::archive::Archive::prune).

mod fate;
mod key;
mod look;

use std::collections::{HashMap, HashSet};

use ticket_core::{Error, Result, TicketRef};

#[cfg(feature = "report")]
pub(crate) use self::fate::Tally;
pub use self::fate::{Erased, ErasedTicket, Fate, OfPerson};
pub use self::key::ErasureKey;
use crate::jobs::Jobs;
use crate::loading::Loading;
use crate::model::{Erasure, NewJob, PersonHash};
use crate::words::may_hold_an_address;
pub use crate::words::without_vendor_words;

impl Jobs {
    /// Begins the job of an erasure with the tickets that were found, and with whose they are. A ticket that is named several
    /// times is of all people that it is named with. Its list is closed: it can be [looked at](Loading::look) and
    /// [sealed](Loading::seal).
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger). `InvalidInput` if `job` is not one of [`NewJob::erasure`]; if it names nobody; if a
    /// ticket is of nobody that it names, or of an account of which it does not say how it was searched; if it has an
    /// archive but does not say for how long, or the other way round; if what it says about a search holds an address.
    pub async fn erase(
        &self,
        mut job: NewJob,
        found: impl IntoIterator<Item = (TicketRef, Vec<PersonHash>)>,
    ) -> Result<Loading> {
        let is_erasure = job.change.is_delete() && job.awaits_confirmation;
        let has_archive = job.guards.archive.is_some();
        let Some(erasure) = job.erasure.as_mut().filter(|_| is_erasure) else {
            let message =
                "an erasure is a job that deletes tickets of people and awaits confirmation";
            return Err(Error::invalid_input(message));
        };
        check(erasure, has_archive)?;
        let found = merged(erasure, found)?;
        for search in &mut erasure.searches {
            let of_it = found
                .iter()
                .filter(|(ticket, _)| ticket.account == search.account);
            search.found = u64::try_from(of_it.count()).unwrap_or(u64::MAX);
        }
        let mut list = self.load(job).await?;
        for (ticket, people) in found {
            list.push_of(ticket, people).await?;
        }
        list.close().await?;
        Ok(list)
    }
}

/// Refuses an erasure that does not say what it has to, or says too much.
fn check(erasure: &Erasure, has_archive: bool) -> Result<()> {
    let refuse = |message: &str| Err(Error::invalid_input(message));
    if erasure.people.is_empty() {
        return refuse("an erasure is of at least one person");
    }
    match (has_archive, erasure.keep_archive) {
        (true, None) => return refuse("an erasure with an archive says for how long it is kept"),
        (false, Some(_)) => return refuse("an erasure without an archive keeps none"),
        _ => {}
    }
    for search in &erasure.searches {
        let words = search
            .how
            .iter()
            .chain(&search.not_searched)
            .chain(&search.notes);
        if words.into_iter().any(|words| may_hold_an_address(words)) {
            let account = &search.account;
            return refuse(&format!(
                "what is said about the search of {account} holds an address, and an erasure keeps none"
            ));
        }
    }
    Ok(())
}

/// Each ticket once, with all people that it is of, in the order of first appearance.
fn merged(
    erasure: &Erasure,
    found: impl IntoIterator<Item = (TicketRef, Vec<PersonHash>)>,
) -> Result<Vec<(TicketRef, Vec<PersonHash>)>> {
    let known: HashSet<_> = erasure.people.iter().collect();
    let accounts = erasure.searches.iter();
    let accounts: HashSet<_> = accounts.map(|search| search.account.as_str()).collect();
    let mut places = HashMap::new();
    let mut all: Vec<(TicketRef, Vec<PersonHash>)> = Vec::new();
    for (ticket, people) in found {
        if !accounts.contains(ticket.account.as_str()) {
            let message = format!(
                "the erasure does not say how {} was searched",
                ticket.account
            );
            return Err(Error::invalid_input(message));
        }
        if people.is_empty() || people.iter().any(|person| !known.contains(person)) {
            let message = format!("the ticket {ticket} is of nobody that the erasure names");
            return Err(Error::invalid_input(message));
        }
        let place = *places.entry(ticket.clone()).or_insert(all.len());
        if let Some((_, of)) = all.get_mut(place) {
            of.extend(people);
        } else {
            all.push((ticket, people));
        }
    }
    for (_, people) in &mut all {
        people.sort_unstable();
        people.dedup();
    }
    Ok(all)
}
