//! Looks again at the tickets of a report: whether they still are as it says. Changes nothing.

use std::collections::{BTreeMap, HashMap};
use std::iter;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_core::stream::BoxStream;
use futures_util::stream::{self, StreamExt as _};
use ticket_core::{Change, Error, Result, TicketId, TicketRef, Tickets};

use super::model::TicketRow;
use super::read::{ReportFolder, Rows, claim};
use crate::standing::{Standing, look_again};

/// After how many failed looks in a row an account is not looked at any more.
const FAILED_IN_A_ROW: usize = 10;

static GONE: Change = Change::Delete;

/// A ticket of a report, and how it stands.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LookedAt {
    /// The ticket.
    pub ticket: TicketRef,
    /// Its row.
    pub row: TicketRow,
    /// Whether it is as the row says; `None` if the row [says nothing](TicketRow::claim), or the account is not given.
    pub standing: Option<Standing>,
}

impl ReportFolder {
    /// The names of the accounts that have tickets of which the report says how they are.
    pub fn claimed(&self) -> impl Iterator<Item = &super::AccountFacts> {
        let change = &self.report().job.change;
        let has_claims = move |account: &&super::AccountFacts| {
            let mut outcomes = account.outcomes.keys();
            outcomes.any(|outcome| claim(change, outcome).is_some())
        };
        self.report().accounts.iter().filter(has_claims)
    }

    /// Looks at each distinct ticket, once, in the accounts of these names. In the order of the answers.
    ///
    /// Accounts do not wait for each other; for that, the rows are read once for each account. After several failures in a
    /// row the rest of an account is not asked for, and unknown. Memory does not grow with the rows.
    ///
    /// # Errors
    ///
    /// Those of [`rows`](Self::rows), and `InvalidInput` for a row that makes no sense.
    pub fn look_again<'a>(
        &'a self,
        accounts: &'a BTreeMap<String, Tickets>,
    ) -> Result<BoxStream<'a, Result<LookedAt>>> {
        let change = &self.report().job.change;
        let mut all = Vec::new();
        let is_looked_at = |account: &str| accounts.contains_key(account);
        let others =
            self.feed(move |ticket, claim| claim.is_none() || !is_looked_at(&ticket.account))?;
        all.push(rest(others));
        let mut claims = vec![change];
        if *change != GONE {
            claims.push(&GONE);
        }
        for (name, account) in accounts {
            for claimed in &claims {
                let claimed = *claimed;
                let feed = self
                    .feed(move |ticket, claim| ticket.account == *name && claim == Some(claimed))?;
                all.push(look(claimed, account, feed));
            }
        }
        Ok(stream::select_all(all).boxed())
    }

    fn feed<'a>(
        &'a self,
        wanted: impl Fn(&TicketRef, Option<&Change>) -> bool + Send + 'a,
    ) -> Result<Shared<'a>> {
        Ok(Shared(Arc::new(Mutex::new(Feed {
            change: &self.report().job.change,
            rows: self.rows()?,
            wanted: Box::new(wanted),
            asked: HashMap::new(),
            failed: 0,
            given_up: None,
            broken: None,
        }))))
    }
}

/// Looks at the tickets of a feed, and then tells those that are left.
fn look<'a>(
    change: &'a Change,
    account: &'a Tickets,
    feed: Shared<'a>,
) -> BoxStream<'a, Result<LookedAt>> {
    let (asked, answered) = (feed.clone(), feed.clone());
    let ids = stream::iter(iter::from_fn(move || asked.lock().ask()));
    let looked = look_again(change, account, ids);
    let looked = looked.filter_map(move |(id, standing)| {
        std::future::ready(answered.lock().answer(&id, standing).map(Ok))
    });
    looked.chain(rest(feed)).boxed()
}

/// The rest of a feed, of which nobody is asked.
fn rest(feed: Shared<'_>) -> BoxStream<'_, Result<LookedAt>> {
    stream::iter(iter::from_fn(move || feed.lock().rest())).boxed()
}

#[derive(Clone)]
struct Shared<'a>(Arc<Mutex<Feed<'a>>>);

impl<'a> Shared<'a> {
    fn lock(&self) -> MutexGuard<'_, Feed<'a>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a ticket of which this is said belongs to a feed.
type Wanted<'a> = dyn Fn(&TicketRef, Option<&Change>) -> bool + Send + 'a;

/// Some of the rows of a report, and those of them that are being asked for.
struct Feed<'a> {
    change: &'a Change,
    rows: Rows,
    wanted: Box<Wanted<'a>>,
    asked: HashMap<TicketId, (TicketRef, TicketRow)>,
    /// How many looks failed in a row.
    failed: usize,
    /// Why nobody is asked any more.
    given_up: Option<Error>,
    /// Why no more rows can be read.
    broken: Option<Error>,
}

impl Feed<'_> {
    fn next(&mut self) -> Option<(TicketRef, TicketRow)> {
        loop {
            let read = self
                .rows
                .next()?
                .and_then(|row| Ok((row.reference()?, row)));
            match read {
                Ok((ticket, row)) => {
                    let claim = row.claim(self.change);
                    if row.repeats.is_none() && (self.wanted)(&ticket, claim.as_ref()) {
                        return Some((ticket, row));
                    }
                }
                Err(error) => {
                    self.rows.end();
                    self.broken = Some(error);
                    return None;
                }
            }
        }
    }

    fn ask(&mut self) -> Option<TicketId> {
        if self.given_up.is_some() {
            return None;
        }
        let (ticket, row) = self.next()?;
        let id = ticket.id.clone();
        self.asked.insert(id.clone(), (ticket, row));
        Some(id)
    }

    fn answer(&mut self, id: &TicketId, standing: Standing) -> Option<LookedAt> {
        match &standing {
            // The next look will probably fail in the same way.
            Standing::Unknown(error) if error.is_transient() || error.is_of_the_account() => {
                self.failed += 1;
                if self.failed >= FAILED_IN_A_ROW && self.given_up.is_none() {
                    let note = "not looked at, since many looks in a row failed";
                    self.given_up = Some(error.clone().with_context(note));
                }
            }
            _ => self.failed = 0,
        }
        let (ticket, row) = self.asked.remove(id)?;
        Some(LookedAt {
            ticket,
            row,
            standing: Some(standing),
        })
    }

    fn rest(&mut self) -> Option<Result<LookedAt>> {
        let Some((ticket, row)) = self.next() else {
            return self.broken.take().map(Err);
        };
        let standing = self.given_up.clone().map(Standing::Unknown);
        Some(Ok(LookedAt {
            ticket,
            row,
            standing,
        }))
    }
}
