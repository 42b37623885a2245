//! A search in one account.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;
use ticket_core::provider::Field;
use ticket_core::{Error, ErrorKind, Operation, Result, Ticket, TicketQuery, Tickets};
use tokio::task::JoinSet;

use super::Find;
use super::conversation::Conversation;
use super::judge::{Judge, Known, Verdict};
use super::way::{How, is_exact};
use super::whole;

/// How many tickets in a row may fail to be read, for a reason that may pass, before the search ends.
const FAILURES_IN_A_ROW: usize = 5;

/// A ticket that was found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Found {
    /// The ticket: as it was read, if it had to be, and otherwise as it was listed.
    pub ticket: Ticket,
    /// Which of the requesters that were looked for it is of, by their order; empty if it was found by something else.
    pub requesters: Vec<usize>,
}

/// Numbers of tickets so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Listed by the vendor; for each requester, where the vendor filters by them.
    pub listed: usize,
    /// Read one by one.
    pub read: usize,
    /// Whose conversation was read.
    pub conversations: usize,
    /// Found.
    pub found: usize,
    /// Of which nobody knows whether they are looked for. Each of them is an error that names it.
    pub undecided: usize,
}

/// How far a search is. Cloning is cheap; it stays valid after the search.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    listed: AtomicUsize,
    read: AtomicUsize,
    conversations: AtomicUsize,
    found: AtomicUsize,
    undecided: AtomicUsize,
}

impl Progress {
    /// The numbers now.
    pub fn counts(&self) -> Counts {
        let counters = &self.0;
        Counts {
            listed: counters.listed.load(Relaxed),
            read: counters.read.load(Relaxed),
            conversations: counters.conversations.load(Relaxed),
            found: counters.found.load(Relaxed),
            undecided: counters.undecided.load(Relaxed),
        }
    }
}

/// A running search: the tickets found, in the order of the list. See [`Find::run`].
pub struct Search {
    /// `None` for a ticket that does not match.
    tickets: BoxStream<'static, Option<Result<Found>>>,
    progress: Progress,
    failures: usize,
    is_over: bool,
}

impl Search {
    /// How far it is, now and later.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl Stream for Search {
    type Item = Result<Found>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.is_over {
                return Poll::Ready(None);
            }
            let Some(ticket) = ready!(self.tickets.poll_next_unpin(context)) else {
                self.is_over = true;
                return Poll::Ready(None);
            };
            let counters = &self.progress.0;
            match ticket {
                None => self.failures = 0,
                Some(Ok(found)) => {
                    counters.found.fetch_add(1, Relaxed);
                    self.failures = 0;
                    return Poll::Ready(Some(Ok(found)));
                }
                Some(Err(error)) => {
                    let error = self.counted(error);
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl Search {
    /// The error as it is told: of one ticket, or of the search, which is then over.
    fn counted(&mut self, error: Error) -> Error {
        if error.ticket().is_none() {
            self.is_over = true;
            return error;
        }
        self.progress.0.undecided.fetch_add(1, Relaxed);
        self.failures = if error.is_transient() {
            self.failures + 1
        } else {
            0
        };
        let ends = error.is_of_the_account()
            || error.kind() == ErrorKind::Cancelled
            || self.failures >= FAILURES_IN_A_ROW;
        if !ends {
            return error;
        }
        self.is_over = true;
        let message = format!("the search ended early: {}", error.message());
        let ended = Error::new(error.kind(), message).with_effect(error.effect());
        let ended = match (error.provider(), error.operation()) {
            (Some(provider), Some(operation)) => ended.in_operation(provider, operation),
            _ => ended,
        };
        ended.with_source(error)
    }
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search")
            .field("progress", &self.progress.counts())
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}

pub(super) fn run(find: &Find, account: &Tickets) -> Search {
    let progress = Progress::default();
    let tickets = match find.way(account.info()) {
        Ok(way) => {
            let operation = match way.most() {
                How::Vendor | How::Rows => Operation::List,
                How::Read => Operation::Get,
                How::Conversation => Operation::Messages,
            };
            let at_once = account.concurrency(operation).get();
            let engine = Arc::new(Engine {
                judge: Judge::new(find, account.info()),
                account: account.for_many(),
                progress: progress.clone(),
            });
            let rows = lists(find, &engine);
            let rows = stream::unfold(Some(rows), |rows| async move {
                let mut rows = rows?;
                let row = rows.next().await?;
                // No other list is begun after one that failed.
                let rest = row.1.is_ok().then_some(rows);
                Some((row, rest))
            });
            rows.map(move |(query, row)| decided(Arc::clone(&engine), query, row))
                .buffered(at_once)
                .boxed()
        }
        Err(error) => stream::iter([Some(Err(error))]).boxed(),
    };
    Search {
        tickets,
        progress,
        failures: 0,
        is_over: false,
    }
}

/// Decides a ticket in a task of its own, which goes on while nobody polls the search: whoever changes what was found
/// would otherwise wait for places that reads of the search hold.
async fn decided(
    engine: Arc<Engine>,
    query: Option<usize>,
    row: Result<Ticket>,
) -> Option<Result<Found>> {
    let mut task = JoinSet::new();
    task.spawn(async move { engine.decided(query, row).await });
    match task.join_next().await? {
        Ok(decided) => decided,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Some(Err(Error::new(
            ErrorKind::Cancelled,
            "the search ended with the runtime",
        ))),
    }
}

/// The rows of all lists to read, each with the query that it is of.
fn lists(find: &Find, engine: &Engine) -> BoxStream<'static, (Option<usize>, Result<Ticket>)> {
    let info = engine.account.info();
    let mut query = TicketQuery::new();
    query.state = find.state.filter(|_| is_exact(info, Field::State));
    query.created.from = find
        .created
        .from
        .filter(|_| is_exact(info, Field::CreatedAfter));
    query.created.before = find
        .created
        .before
        .filter(|_| is_exact(info, Field::CreatedBefore));
    query.updated.from = find
        .updated
        .from
        .filter(|_| is_exact(info, Field::UpdatedAfter));
    query.updated.before = find
        .updated
        .before
        .filter(|_| is_exact(info, Field::UpdatedBefore));
    let queries = engine.judge.queries();
    if queries.is_empty() {
        let rows = whole::list(&engine.account, query);
        return rows.map(|row| (None, row)).boxed();
    }
    let each: Vec<_> = queries
        .iter()
        .map(|wanted| query.clone().requester(wanted.as_str()))
        .collect();
    let account = engine.account.clone();
    stream::iter(each.into_iter().enumerate())
        .flat_map(move |(place, query)| {
            whole::list(&account, query).map(move |row| (Some(place), row))
        })
        .boxed()
}

struct Engine {
    account: Tickets,
    judge: Judge,
    progress: Progress,
}

impl Engine {
    async fn decided(&self, query: Option<usize>, row: Result<Ticket>) -> Option<Result<Found>> {
        match row {
            Ok(row) => self.decide(query, row).await.transpose(),
            Err(error) => Some(Err(error)),
        }
    }

    /// Reads as much of a ticket as it takes.
    async fn decide(&self, query: Option<usize>, row: Ticket) -> Result<Option<Found>> {
        let counters = &self.progress.0;
        counters.listed.fetch_add(1, Relaxed);
        let (mut read, mut conversation) = (None, None);
        loop {
            let verdict = self.judge.judge(&Known {
                row: &row,
                query,
                read: read.as_ref(),
                conversation: conversation.as_ref(),
            })?;
            match verdict {
                Verdict::No | Verdict::Again => return Ok(None),
                Verdict::Yes(requesters) => {
                    let ticket = read.unwrap_or(row);
                    return Ok(Some(Found { ticket, requesters }));
                }
                Verdict::Open(How::Conversation) if conversation.is_none() => {
                    conversation = Some(self.conversation(&row).await?);
                    counters.conversations.fetch_add(1, Relaxed);
                }
                Verdict::Open(_) if read.is_none() => {
                    read = Some(self.read(&row).await?);
                    counters.read.fetch_add(1, Relaxed);
                }
                Verdict::Open(_) => return Err(self.untold(&row, "what is looked for")),
                Verdict::Unknown(what) => return Err(self.untold(&row, what)),
            }
        }
    }

    async fn read(&self, row: &Ticket) -> Result<Ticket> {
        let ticket = self.account.get(&row.id).await?;
        if ticket.id == row.id {
            return Ok(ticket);
        }
        let message = "the vendor answered the read with another ticket";
        Err(Error::new(ErrorKind::Conflict, message)
            .in_operation(&self.account.info().id, Operation::Get)
            .on_ticket(&row.id))
    }

    async fn conversation(&self, row: &Ticket) -> Result<Conversation> {
        let mut conversation = Conversation::default();
        let mut messages = self.account.messages_all(row.id.clone());
        while let Some(message) = messages.try_next().await? {
            conversation.add(message);
        }
        Ok(conversation)
    }

    /// The vendor tells less of a ticket than of others.
    fn untold(&self, row: &Ticket, what: &str) -> Error {
        let info = self.account.info();
        let message = format!("{} does not tell {what} of this ticket", info.title);
        Error::new(ErrorKind::Incomplete, message)
            .in_operation(&info.id, Operation::List)
            .on_ticket(&row.id)
    }
}
