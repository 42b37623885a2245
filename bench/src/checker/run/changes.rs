//! Bulk changes: deletes, and restores from the trash.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join;
use futures_util::{StreamExt as _, stream};
use ticket_sandbox::Vendor;
use tickets::bulk::{BulkOptions, Notice, Settled};
use tickets::{
    CallContext, Change, Outcome, Stop, TicketRef, Tickets, apply_everywhere, apply_in_each,
};
use tokio::time::Instant;

use super::super::accounts::vendor_of;
use super::super::flaw::Flaw;
use super::super::plan::How;
use super::super::story::Told;
use super::super::tickets::Asked;
use super::Run;

impl Run<'_> {
    fn options(&self) -> BulkOptions {
        let (unasked, ended) = (Arc::clone(&self.unasked), Arc::clone(&self.ended));
        let mut options = BulkOptions::default()
            .give_up_after(self.plan.give_up_after)
            .notify(move |account, notice| match notice {
                Notice::Unasked(tickets) => {
                    let mut told = unasked.lock().unwrap_or_else(PoisonError::into_inner);
                    told.extend(
                        tickets
                            .iter()
                            .map(|id| (account.to_owned(), id.to_string())),
                    );
                }
                Notice::Ended(_) => {
                    let mut ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
                    ended.push(account.to_owned());
                }
                _ => {}
            });
        options.concurrency = self.plan.concurrency.map(Into::into);
        options
    }

    /// The handles with the plan's deadline and stop.
    fn handles(&self) -> (Vec<(Vendor, Tickets)>, Option<Stop>) {
        let mut context = CallContext::new();
        if let Some(deadline) = self.plan.deadline {
            context = context.deadline(Instant::now() + deadline);
        }
        let stop = self.plan.stop.map(|_| Stop::new());
        if let Some(stop) = &stop {
            context = context.stop(stop.clone());
        }
        let handles = self.accounts.iter();
        let handles =
            handles.map(|account| (account.vendor, account.tickets.with(context.clone())));
        (handles.collect(), stop)
    }

    /// What is told of a ticket, with what is true of it now.
    fn told(&self, change: &Change, key: usize, ticket: (Vendor, &str), outcome: Outcome) -> Told {
        let (vendor, id) = ticket;
        let now = self.sandbox.ticket_state(vendor, id);
        Told {
            change: change.clone(),
            key,
            vendor,
            id: id.to_owned(),
            outcome,
            exists: match self.plan.asked.get(key) {
                Some(Asked::Existing(place)) => self.exists(*place),
                _ => self.sandbox.exists(vendor, id),
            },
            in_trash: now.as_ref().is_some_and(|ticket| ticket.deleted),
            is_taken: now.is_some(),
            is_hidden: now.is_some_and(|ticket| {
                ticket.owned_by_other || (ticket.closed && vendor == Vendor::Sweeppea)
            }),
        }
    }

    /// Applies the change to what the plan asks for, at the vendors that support it. Returns from when to when nothing may
    /// be sent, if it was abandoned and nothing else went on.
    pub(super) async fn apply(
        &self,
        change: &Change,
        told: &Mutex<Vec<Told>>,
    ) -> Option<(Duration, Duration)> {
        let (mut handles, stop) = self.handles();
        let supports = |handle: &Tickets| handle.info().capabilities.supports(change.operation());
        handles.retain(|(_, handle)| *change == Change::Delete || supports(handle));
        let is_asked = |vendor| handles.iter().any(|(of, _)| *of == vendor);
        let asked = self
            .plan
            .asked
            .iter()
            .map(|asked| self.plan.id(asked, &self.ids));
        let asked: Vec<(usize, (Vendor, &str))> = asked
            .enumerate()
            .filter(|(_, (vendor, _))| is_asked(*vendor))
            .collect();
        let note = |key: usize, vendor: Vendor, id: &str, outcome: Outcome| {
            let one = self.told(change, key, (vendor, id), outcome);
            told.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(one);
        };
        let settle = |settled: Settled<usize, TicketRef>| {
            let vendor = vendor_of(&settled.id.account);
            note(settled.key, vendor, settled.id.id.as_str(), settled.outcome);
            std::future::ready(())
        };
        let abandoned = Cell::new(None);
        let work = async {
            match self.plan.how {
                How::Delete if *change == Change::Delete => {
                    self.delete_one_by_one(&handles, &asked, &note).await;
                }
                How::InEach | How::Delete => {
                    let accounts = handles.iter().map(|(vendor, handle)| {
                        let own = asked.iter().filter(|(_, (of, _))| of == vendor);
                        let own: Vec<_> =
                            own.map(|(key, (_, id))| (*key, (*id).to_owned())).collect();
                        (
                            vendor.prefix().to_owned(),
                            handle.clone(),
                            stream::iter(own),
                        )
                    });
                    let work = apply_in_each(change, accounts, &self.options());
                    work.for_each(&settle).await;
                }
                How::Everywhere => {
                    let accounts = handles
                        .iter()
                        .map(|(vendor, handle)| (vendor.prefix().to_owned(), handle.clone()));
                    let refs: Vec<_> = asked
                        .iter()
                        .map(|(key, (vendor, id))| (*key, TicketRef::new(vendor.prefix(), *id)))
                        .collect();
                    let work =
                        apply_everywhere(change, accounts, stream::iter(refs), &self.options());
                    work.for_each(&settle).await;
                }
            }
        };
        let stopping = async {
            if let Some((stop, after)) = stop.zip(self.plan.stop) {
                tokio::time::sleep(after.time).await;
                if let Some(before) = after.finishes_before {
                    stop.finish();
                    tokio::time::sleep(before).await;
                }
                if after.abandons {
                    abandoned.set(Some(self.recorder.now()));
                }
                if after.abandons && self.flaw != Some(Flaw::LooksAfterAbandon) {
                    stop.abandon();
                } else {
                    stop.finish();
                }
            }
        };
        join(work, stopping).await;
        // What else goes on at once is not abandoned.
        let is_alone = !self.plan.at_once || *change == Change::Restore;
        let since = abandoned.get().filter(|_| is_alone);
        since.map(|since| (since, self.recorder.now()))
    }

    /// `Tickets::delete` at one vendor after the other.
    async fn delete_one_by_one(
        &self,
        handles: &[(Vendor, Tickets)],
        asked: &[(usize, (Vendor, &str))],
        note: &impl Fn(usize, Vendor, &str, Outcome),
    ) {
        for (vendor, handle) in handles {
            let own = asked.iter().filter(|(_, (of, _))| of == vendor);
            let own: Vec<_> = own.map(|(key, (_, id))| (*key, *id)).collect();
            let report = handle.delete(own.iter().map(|(_, id)| *id)).await;
            let unasked = report
                .unasked()
                .iter()
                .map(|id| (vendor.prefix().to_owned(), id.to_string()));
            self.unasked
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(unasked);
            for ((key, _), (id, outcome)) in own.iter().zip(report.iter()) {
                note(*key, *vendor, id.as_str(), outcome.clone());
            }
        }
    }

    /// The flaws of whoever hands the outcomes on.
    pub(super) fn distort(&self, told: &mut Vec<Told>) {
        match self.flaw {
            Some(Flaw::OutcomeIsDropped) => drop(told.pop()),
            Some(Flaw::OutcomeIsDoubled) => told.extend(told.last().cloned()),
            Some(Flaw::OutcomesAreSwapped) => {
                if let [first, .., last] = told.as_mut_slice() {
                    std::mem::swap(&mut first.id, &mut last.id);
                    std::mem::swap(&mut first.outcome, &mut last.outcome);
                }
            }
            Some(flaw @ (Flaw::UnknownIsGone | Flaw::UnknownIsUnattempted)) => {
                for one in told {
                    if let Outcome::Unknown(error) = &one.outcome {
                        one.outcome = if flaw == Flaw::UnknownIsGone {
                            Outcome::AlreadyDone
                        } else {
                            Outcome::Unattempted(error.clone())
                        };
                    }
                }
            }
            _ => {}
        }
    }
}
