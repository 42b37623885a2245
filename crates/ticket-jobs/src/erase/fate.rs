//! What became of the tickets of an erasure.

use std::collections::{BTreeMap, HashMap};

use futures_core::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use ticket_core::provider::Removal;
use ticket_core::{Error, Outcome, Result, TicketRef};

use crate::clock::later;
use crate::jobs::Jobs;
use crate::ledger::tickets;
use crate::model::{AccountSearch, Again, Erasure, Job, JobId, JobTicket, PersonHash, Which};

/// What became of a ticket of an erasure. Only [`Erased`](Self::Erased) says that it is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// The vendor confirmed that it deleted it for good, and after the pause it was gone.
    Erased,
    /// It is in the vendor's trash until this time at the latest; `None`: without a limit.
    InTrash {
        /// Until when.
        until: Option<Timestamp>,
    },
    /// It is gone, but the vendor does not document whether it keeps a copy.
    Undocumented,
    /// It was gone before a delete of this job was confirmed: by whom, and whether for good, nobody knows.
    AlreadyGone,
    /// It is said to be deleted or gone, and was not looked at again yet.
    NotLookedAtAgain,
    /// It is said to be deleted or gone, and the look after the pause could not tell.
    NotConfirmed,
    /// It is said to be deleted or gone, and after the pause it was there.
    StillThere,
    /// It was not deleted. Of a permanent delete that failed after its first step, it may be in the vendor's trash.
    Failed,
    /// Nobody knows whether it was deleted.
    Unknown,
    /// Nothing was sent about it.
    Unattempted,
    /// It has no outcome yet.
    Open,
}

impl Fate {
    /// The fate in `snake_case`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Erased => "erased",
            Self::InTrash { .. } => "in_trash",
            Self::Undocumented => "undocumented",
            Self::AlreadyGone => "already_gone",
            Self::NotLookedAtAgain => "not_looked_at_again",
            Self::NotConfirmed => "not_confirmed",
            Self::StillThere => "still_there",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Unattempted => "unattempted",
            Self::Open => "open",
        }
    }

    /// What became of this ticket, where a delete does this.
    pub(crate) fn of(ticket: &JobTicket, removal: Removal) -> Self {
        let is_done = match &ticket.outcome {
            None => return Self::Open,
            Some(Outcome::Failed(_)) => return Self::Failed,
            Some(Outcome::Unattempted(_)) => return Self::Unattempted,
            Some(Outcome::Done) => true,
            Some(Outcome::AlreadyDone | Outcome::NotFound(_)) => false,
            Some(_) => return Self::Unknown,
        };
        let Some(looked) = &ticket.looked_again else {
            return Self::NotLookedAtAgain;
        };
        let is_in_trash = matches!(removal, Removal::Trash { .. });
        match (looked.found, removal) {
            (Again::There, _) => Self::StillThere,
            // A delete that was confirmed is in the trash whatever a look tells, and is not said to be erased.
            (Again::Unknown, _) if !(is_done && is_in_trash) => Self::NotConfirmed,
            // Whatever the provider declares.
            (Again::InTrash, Removal::Permanent | Removal::Undocumented) => {
                Self::InTrash { until: None }
            }
            // What this job did not delete was not found in the trash either.
            (Again::Gone | Again::Another, _) if !is_done => Self::AlreadyGone,
            (_, Removal::Trash { restorable_for }) => Self::InTrash {
                until: restorable_for
                    .zip(ticket.decided_at)
                    .map(|(time, decided_at)| later(decided_at, time)),
            },
            (Again::Gone | Again::Another, Removal::Permanent) => Self::Erased,
            _ => Self::Undocumented,
        }
    }

    /// Whether the vendor has it, as far as is known.
    pub const fn is_at_vendor(self) -> bool {
        matches!(
            self,
            Self::InTrash { .. } | Self::StillThere | Self::Failed | Self::Unattempted | Self::Open
        )
    }

    /// Whether another look may tell more.
    pub(super) const fn is_left_to_look_at(self) -> bool {
        matches!(
            self,
            Self::NotLookedAtAgain | Self::NotConfirmed | Self::StillThere
        )
    }
}

impl std::fmt::Display for Fate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A ticket of an erasure, and what became of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ErasedTicket {
    /// The ticket.
    pub ticket: TicketRef,
    /// Whose it is.
    pub people: Vec<PersonHash>,
    /// What became of it.
    pub fate: Fate,
    /// When it was looked at again.
    pub looked_again_at: Option<Timestamp>,
}

/// What an erasure came to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Erased {
    /// The erasure.
    pub erasure: Erasure,
    /// Whether its job is over.
    pub is_over: bool,
    /// How many distinct tickets have which fate, by [`Fate::as_str`].
    pub fates: BTreeMap<&'static str, u64>,
    /// The people that were asked for, in their order, with what became of their tickets.
    pub people: Vec<OfPerson>,
    /// When tickets are looked at again, if some are left to look at.
    pub look_again_at: Option<Timestamp>,
}

/// What became of the tickets of a person.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OfPerson {
    /// Who.
    pub person: PersonHash,
    /// How many of their tickets have which fate, by [`Fate::as_str`]. Empty: none was found.
    pub fates: BTreeMap<&'static str, u64>,
    /// Until when the last of them is in a vendor's trash, if all that are there have a limit.
    pub in_trash_until: Option<Timestamp>,
}

impl Erased {
    /// Whether nothing is left to do or to say: the job is over, each ticket is [erased](Fate::Erased), and each account was
    /// searched.
    pub fn is_complete(&self) -> bool {
        let is_searched = self.not_searched().next().is_none();
        self.is_over && is_searched && are_erased(&self.fates)
    }

    /// The accounts that were not searched, or not to their end.
    pub fn not_searched(&self) -> impl Iterator<Item = &AccountSearch> {
        let searches = self.erasure.searches.iter();
        searches.filter(|search| !search.is_complete())
    }

    /// What became of the tickets of this person; `None` if the erasure was not about them.
    pub fn of(&self, person: &PersonHash) -> Option<&OfPerson> {
        self.people.iter().find(|one| one.person == *person)
    }
}

impl OfPerson {
    /// Whether each ticket of theirs that was found is [erased](Fate::Erased).
    pub fn is_erased(&self) -> bool {
        are_erased(&self.fates)
    }
}

/// How many tickets have which fate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// By [`Fate::as_str`].
    pub(crate) fates: BTreeMap<&'static str, u64>,
    /// Until when the last one is in a vendor's trash; `None` if none is, or one is without a limit.
    pub(crate) in_trash_until: Option<Timestamp>,
}

impl Tally {
    pub(crate) fn add(&mut self, fate: Fate) {
        if let Fate::InTrash { until } = fate {
            let is_first = !self.fates.contains_key(fate.as_str());
            self.in_trash_until = match (until, self.in_trash_until) {
                (Some(until), Some(last)) => Some(until.max(last)),
                (until, _) => until.filter(|_| is_first),
            };
        }
        *self.fates.entry(fate.as_str()).or_default() += 1;
    }

    /// Whether each is [erased](Fate::Erased).
    #[cfg(feature = "report")]
    pub(crate) fn is_erased(&self) -> bool {
        are_erased(&self.fates)
    }
}

fn are_erased(fates: &BTreeMap<&'static str, u64>) -> bool {
    fates.keys().all(|fate| *fate == Fate::Erased.as_str())
}

impl Jobs {
    /// The distinct tickets of an erasure, in the order of its list, with what became of each.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger).
    pub fn erased_tickets<'a>(&'a self, job: &'a Job) -> BoxStream<'a, Result<ErasedTicket>> {
        let removals = removals(job);
        let all = tickets(&**self.ledger(), &job.id, Which::Named);
        let all = all.try_filter(|ticket| std::future::ready(ticket.repeats.is_none()));
        all.map_ok(move |ticket| {
            let removal = removals.get(ticket.account.as_str()).copied();
            ErasedTicket {
                fate: Fate::of(&ticket, removal.unwrap_or_default()),
                ticket: TicketRef::new(ticket.account, ticket.id),
                people: ticket.people,
                looked_again_at: ticket.looked_again.map(|looked| looked.at),
            }
        })
        .boxed()
    }

    /// What an erasure came to so far.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger); `InvalidInput` if the job is no erasure.
    pub async fn erased(&self, job: &JobId) -> Result<Erased> {
        let job = self.ledger().job(job).await?;
        let erasure = erasure_of(&job)?.clone();
        let mut people = vec![Tally::default(); erasure.people.len()];
        let places = erasure.people.iter().zip(0..);
        let places: HashMap<PersonHash, usize> = places.map(|(one, at)| (*one, at)).collect();
        let mut found = Erased {
            people: Vec::new(),
            erasure,
            is_over: job.state.is_over(),
            fates: BTreeMap::new(),
            look_again_at: self.look_again_at(&job).await?,
        };
        let mut tickets = self.erased_tickets(&job);
        while let Some(ticket) = tickets.try_next().await? {
            *found.fates.entry(ticket.fate.as_str()).or_default() += 1;
            for person in &ticket.people {
                let place = places.get(person).copied();
                if let Some(person) = place.and_then(|place| people.get_mut(place)) {
                    person.add(ticket.fate);
                }
            }
        }
        let tallies = found.erasure.people.iter().zip(people);
        let people = tallies.map(|(person, tally)| OfPerson {
            person: *person,
            fates: tally.fates,
            in_trash_until: tally.in_trash_until,
        });
        found.people = people.collect();
        Ok(found)
    }
}

/// What a delete does at each account of a job.
pub(super) fn removals(job: &Job) -> HashMap<&str, Removal> {
    let accounts = job.accounts.iter();
    accounts
        .map(|account| (account.name.as_str(), account.removal))
        .collect()
}

/// The erasure that a job is.
pub(super) fn erasure_of(job: &Job) -> Result<&Erasure> {
    job.erasure
        .as_ref()
        .ok_or_else(|| Error::invalid_input(format!("job {} is no erasure", job.id)))
}
