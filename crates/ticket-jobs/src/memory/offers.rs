//! Which jobs go first, and what is offered to workers.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};

use super::rows::{JobRow, TicketRow, count};
use super::state::{State, is_claimed};
use crate::model::{JobState, Offer};

impl State {
    /// Whether a job of a higher priority goes first at the account with this name.
    pub(super) fn is_outranked(&self, job: &JobRow, name: &str) -> bool {
        let Some(key) = job.account(name).map(|account| account.key.as_str()) else {
            return false;
        };
        let goes_first = |other: &JobRow| {
            let accounts = || other.accounts.iter().filter(|account| account.key == key);
            let competes = |name: &str| self.is_attended(other, name) && self.competes(other, name);
            other.state == JobState::Ready && accounts().any(|account| competes(&account.name))
        };
        let mut higher = self
            .jobs
            .values()
            .filter(|other| other.priority > job.priority);
        higher.any(goes_first)
    }

    /// Whether a worker that is not lost has claimed of the account, or tried to.
    fn is_attended(&self, job: &JobRow, name: &str) -> bool {
        let mut workers = self.workers.values();
        workers.any(|worker| {
            worker.job == job.id && worker.lost_at > self.now && worker.accounts.contains(name)
        })
    }

    /// Whether the job has tickets of the account that are free, or that a worker has.
    fn competes(&self, job: &JobRow, name: &str) -> bool {
        within_reach(job, name)
            .any(|ticket| self.is_claimed(ticket) || ticket.not_before <= self.now)
    }

    fn is_claimed(&self, ticket: &TicketRow) -> bool {
        is_claimed(ticket, &self.workers, self.now)
    }

    pub(super) fn offers(&self, accounts: &[String], limit: usize) -> Vec<Offer> {
        let names: HashSet<_> = accounts.iter().map(String::as_str).collect();
        let mut offers = Vec::new();
        for job in self.jobs.values() {
            if !matches!(job.state, JobState::Ready | JobState::Cancelling) {
                continue;
            }
            for (place, account) in job.accounts.iter().enumerate() {
                let name = account.name.as_str();
                if names.contains(name) && self.is_offered(job, name) {
                    let tickets = within_reach(job, name);
                    let held = tickets.filter(|ticket| self.is_claimed(ticket));
                    let workers: BTreeSet<_> = held.map(|ticket| ticket.claimed_by).collect();
                    let workers = count(workers.iter());
                    let urgency = (Reverse(job.priority), workers, job.number, place);
                    let offer = Offer {
                        job: job.id.clone(),
                        account: name.to_owned(),
                        priority: job.priority,
                    };
                    offers.push((urgency, offer));
                }
            }
        }
        offers.sort_by_key(|(urgency, _)| *urgency);
        let offers = offers.into_iter().map(|(_, offer)| offer);
        offers.take(limit).collect()
    }

    /// Whether tickets of the account could be claimed now.
    fn is_offered(&self, job: &JobRow, name: &str) -> bool {
        let is_free =
            |ticket: &TicketRow| !self.is_claimed(ticket) && ticket.not_before <= self.now;
        let account = job
            .account(name)
            .and_then(|account| self.accounts.get(&account.key));
        let is_suspended = account.is_some_and(|account| account.suspension(self.now).is_some());
        !is_suspended && within_reach(job, name).any(is_free) && !self.is_outranked(job, name)
    }
}

/// The open tickets of an account that are not held back.
fn within_reach<'a>(job: &'a JobRow, name: &str) -> impl Iterator<Item = &'a TicketRow> {
    let held_from = job.held_from.unwrap_or(u64::MAX);
    let places = job.open_of(name).take_while(move |seq| *seq < held_from);
    places.filter_map(|seq| job.tickets.get(&seq))
}
