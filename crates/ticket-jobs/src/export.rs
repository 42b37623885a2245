//! Exports tickets of an account into an [archive](crate::archive).
//!
//! ```no_run
//! use futures_util::StreamExt as _;
//! use ticket_core::{Result, TicketQuery, Tickets};
//! use ticket_jobs::archive::{Archive, Place};
//! use ticket_jobs::export::{Export, Wanted};
//!
//! async fn export_all(tickets: Tickets, archive: Archive) -> Result<()> {
//!     let place = Place::new("support-eu", &*tickets.info().id);
//!     let list = tickets.list_all(TicketQuery::new());
//!     let wanted = list.map(|ticket| ticket.map(Wanted::from));
//!     let mut work = Export::new(archive, place, tickets).run(wanted);
//!     while let Some(exported) = work.next().await {
//!         let exported = exported?;
//!         println!("{}: {}", exported.ticket, exported.outcome.as_str());
//!     }
//!     Ok(())
//! }
//! ```

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use futures_core::Stream;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt as _, future, stream};
use ticket_core::{Error, ErrorKind, Operation, Result, Ticket, TicketId, TicketRef, Tickets};

use crate::archive::{Archive, KeepOptions, Lack, Place, is_about_all};

/// How many tickets are exported at once, unless a number is set.
const AT_ONCE: usize = 4;

/// After so many tickets in a row that could not be read for a passing reason, the vendor is taken to be out of service.
const HOPELESS: usize = 10;

/// An export of tickets of one account.
#[derive(Clone, Debug)]
pub struct Export {
    archive: Archive,
    place: Place,
    tickets: Tickets,
    options: KeepOptions,
    at_once: usize,
}

/// A ticket to export.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Wanted {
    /// A row of a list. The ticket is read if it has changed since it was archived.
    Listed(Box<Ticket>),
    /// An id. The ticket is read to see whether it has changed.
    Named(TicketId),
}

impl Wanted {
    fn id(&self) -> &TicketId {
        match self {
            Self::Listed(ticket) => &ticket.id,
            Self::Named(id) => id,
        }
    }
}

impl From<Ticket> for Wanted {
    fn from(row: Ticket) -> Self {
        Self::Listed(Box::new(row))
    }
}

/// What became of a ticket.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exported {
    /// The ticket.
    pub ticket: TicketRef,
    /// What became of it.
    pub outcome: ExportOutcome,
}

/// Whether a ticket is in the archive as it is at the vendor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ExportOutcome {
    /// It was archived, without these parts.
    Exported(Vec<Lack>),
    /// The archive had it as it is.
    Unchanged,
    /// It was not archived. An earlier entry of it is still there.
    Failed(Error),
}

impl ExportOutcome {
    /// The outcome in one word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Exported(_) => "exported",
            Self::Unchanged => "unchanged",
            Self::Failed(_) => "failed",
        }
    }
}

impl Export {
    /// An export of tickets of the account that `tickets` is a handle of.
    pub fn new(archive: Archive, place: Place, tickets: Tickets) -> Self {
        Self {
            archive,
            place,
            tickets,
            options: KeepOptions::default(),
            at_once: AT_ONCE,
        }
    }

    /// Sets what is archived of a ticket.
    #[must_use]
    pub fn options(mut self, options: KeepOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets how many tickets are exported at once, within what the account allows. Default 4.
    #[must_use]
    pub fn concurrency(mut self, tickets: NonZeroUsize) -> Self {
        self.at_once = tickets.get();
        self
    }

    /// Exports these tickets, and yields what became of each in the order of completion.
    ///
    /// * A ticket that the archive has whole is not read again while its version and the time of its last change, or else its
    ///   JSON, are the same: an export that was killed goes on where it was when it is run again.
    /// * A ticket that cannot be read has failed, and the others go on.
    /// * Errors are about all that is left: errors of the list are handed on; and after an error that is about the archive or
    ///   the account, or ten tickets in a row that could not be read for a passing reason, no further ticket is begun, and
    ///   that error is the last item.
    ///
    /// Dropping the stream ends the export. What was archived stays.
    pub fn run<'a>(
        self,
        wanted: impl Stream<Item = Result<Wanted>> + Send + 'a,
    ) -> BoxStream<'a, Result<Exported>> {
        let at_once = self.at_once;
        let work = Arc::new(Work {
            export: self,
            failed_in_a_row: AtomicUsize::new(0),
            ended: OnceLock::new(),
        });
        let (begun, end) = (Arc::clone(&work), Arc::clone(&work));
        let all = wanted
            .take_while(move |_| future::ready(begun.ended.get().is_none()))
            .map(move |wanted| {
                let work = Arc::clone(&work);
                async move { Ok(work.one(wanted?).await) }
            })
            .buffer_unordered(at_once);
        let end = stream::once(async move { end.ended.get().cloned().map(Err) });
        all.chain(end.filter_map(future::ready)).boxed()
    }
}

struct Work {
    export: Export,
    failed_in_a_row: AtomicUsize,
    /// Why no further ticket is begun.
    ended: OnceLock<Error>,
}

impl Work {
    async fn one(&self, wanted: Wanted) -> Exported {
        let ticket = TicketRef::new(&self.export.place.account, wanted.id());
        let outcome = self.export.one(wanted).await;
        let outcome = outcome.unwrap_or_else(ExportOutcome::Failed);
        match &outcome {
            ExportOutcome::Failed(error) => {
                let in_a_row = if error.is_transient() {
                    self.failed_in_a_row.fetch_add(1, Relaxed) + 1
                } else {
                    0
                };
                if is_about_all(error) && !error.is_transient() || in_a_row >= HOPELESS {
                    // The first reason is kept.
                    let _ = self.ended.set(error.clone());
                }
            }
            _ => self.failed_in_a_row.store(0, Relaxed),
        }
        Exported { ticket, outcome }
    }
}

impl Export {
    async fn one(&self, wanted: Wanted) -> Result<ExportOutcome> {
        let id = wanted.id().clone();
        // An entry that cannot be read is replaced.
        let archived = self
            .archive
            .find(&self.place.account, &id)
            .unwrap_or_default();
        let is_current = |ticket: &Ticket| {
            let archived = archived.as_ref();
            archived.is_some_and(|archived| self.archive.is_current(archived, ticket, self.options))
        };
        let can_get = self.tickets.info().capabilities.supports(Operation::Get);
        let ticket = match wanted {
            Wanted::Listed(row) if is_current(&row) => return Ok(ExportOutcome::Unchanged),
            // A row of a list may have fewer fields than the ticket.
            Wanted::Listed(row) if !can_get => *row,
            Wanted::Listed(_) | Wanted::Named(_) => {
                let ticket = self.tickets.get(&id).await?;
                if ticket.id != id {
                    let message = format!(
                        "the vendor answers with the ticket {}; export that one",
                        ticket.id
                    );
                    return Err(Error::new(ErrorKind::Conflict, message).on_ticket(&id));
                }
                ticket
            }
        };
        if is_current(&ticket) {
            return Ok(ExportOutcome::Unchanged);
        }
        let kept = self
            .archive
            .keep(&self.place, &self.tickets, &ticket, self.options);
        let kept = kept.await?;
        Ok(if kept.was_there {
            ExportOutcome::Unchanged
        } else {
            ExportOutcome::Exported(kept.lacks)
        })
    }
}
