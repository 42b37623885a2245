//! Carries out a plan, through the real providers, the standard stack and the facade, and keeps what was told.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use futures_util::future::join;
use futures_util::{StreamExt as _, stream};
use ticket_sandbox::{Sandbox, Vendor};
use tickets::bulk::{BulkOptions, Notice, Settled};
use tickets::model::{PageRequest, Person, Priority};
use tickets::{
    CallContext, Change, Effect, NewTicket, Outcome, Stop, TicketQuery, TicketRef, Tickets,
    apply_everywhere, apply_in_each,
};
use tokio::time::Instant;

use super::VENDORS;
use super::accounts::{Account, connect, told_error, vendor_of};
use super::flaw::Flaw;
use super::plan::{How, Plan};
use super::recorder::Recorder;
use super::story::{Filed, Listed, Read, Story, Told};

/// Longer than anything that ends.
const FOREVER: Duration = Duration::from_secs(60 * 24 * 3600);

/// After this time nothing that was accepted or lags is left.
const QUIET: Duration = Duration::from_secs(3600);

/// Everything of one run.
struct Run<'a> {
    plan: &'a Plan,
    flaw: Option<Flaw>,
    sandbox: Arc<Sandbox>,
    recorder: Recorder,
    ids: Vec<String>,
    accounts: Vec<Account>,
    unasked: Arc<Mutex<Vec<(String, String)>>>,
}

/// Carries out the plan on a clock that nobody waits for.
pub(super) fn carry_out(plan: &Plan, flaw: Option<Flaw>) -> Result<Story, crate::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    runtime.block_on(async {
        let run = Run::new(plan, flaw)?;
        Ok(run.story().await)
    })
}

impl<'a> Run<'a> {
    fn new(plan: &'a Plan, flaw: Option<Flaw>) -> Result<Self, crate::Error> {
        let sandbox = Arc::new(plan.sandbox.clone().in_process());
        let mut ids = Vec::new();
        for ticket in &plan.existing {
            ids.push(sandbox.add_ticket(ticket.vendor, ticket.seed.clone()));
        }
        for (ticket, id) in plan.existing.iter().zip(&ids) {
            if let Some(fault) = &ticket.fault {
                sandbox.set_ticket_fault(ticket.vendor, id, fault.clone());
            }
        }
        for rule in &plan.rules {
            sandbox.inject(rule.clone());
        }
        sandbox.random_faults(plan.fault_seed, plan.probability, plan.faults.clone());
        let recorder = Recorder::new(Arc::clone(&sandbox), plan.loss, plan.retry_seed);
        let accounts = connect(plan, flaw, &sandbox, &recorder)?;
        Ok(Self {
            plan,
            flaw,
            sandbox,
            recorder,
            ids,
            accounts,
            unasked: Arc::default(),
        })
    }

    async fn story(self) -> Story {
        let told = Mutex::new(Vec::new());
        let mut story = Story::default();
        let work = async {
            if self.plan.merges {
                self.merge().await;
            }
            let others = async {
                let listed = self.lists().await;
                (listed, self.reads().await, self.creates().await)
            };
            if self.plan.at_once {
                join(self.delete(&told), others).await.1
            } else {
                let others = others.await;
                self.delete(&told).await;
                others
            }
        };
        match tokio::time::timeout(FOREVER, work).await {
            Ok((listed, reads, filed)) => {
                (story.listed, story.reads, story.filed) = (listed, reads, filed);
            }
            Err(_) => story.hangs = true,
        }
        story.told = told.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.distort(&mut story.told);
        tokio::time::sleep(QUIET).await;
        let unasked = self.unasked.lock().unwrap_or_else(PoisonError::into_inner);
        story.unasked.clone_from(&unasked);
        story.calls.clone_from(&self.recorder.calls());
        story.journal = self.sandbox.journal();
        for vendor in VENDORS {
            story.end.push((vendor, self.sandbox.tickets(vendor)));
        }
        story.infos = self
            .accounts
            .iter()
            .map(|account| (account.vendor, account.info.clone()))
            .collect();
        story.ids.clone_from(&self.ids);
        story
    }

    fn exists(&self, place: usize) -> bool {
        let ticket = self.plan.existing.get(place).zip(self.ids.get(place));
        ticket.is_some_and(|(ticket, id)| {
            let now = self.sandbox.ticket(ticket.vendor, id);
            now.is_some_and(|now| now.subject == ticket.subject)
        })
    }

    async fn merge(&self) {
        for account in &self.accounts {
            let asked = self
                .plan
                .asked
                .iter()
                .map(|asked| self.plan.id(asked, &self.ids));
            let first = asked
                .into_iter()
                .find(|(vendor, _)| *vendor == account.vendor);
            if let (Some((_, id)), false) = (first, account.vendor == Vendor::Sweeppea) {
                let _ = account.tickets.messages(id, &PageRequest::first()).await;
            }
        }
    }

    fn options(&self) -> BulkOptions {
        let unasked = Arc::clone(&self.unasked);
        let mut options = BulkOptions::default()
            .give_up_after(self.plan.give_up_after)
            .notify(move |account, notice| {
                if let Notice::Unasked(tickets) = notice {
                    let mut told = unasked.lock().unwrap_or_else(PoisonError::into_inner);
                    told.extend(
                        tickets
                            .iter()
                            .map(|id| (account.to_owned(), id.to_string())),
                    );
                }
            });
        options.concurrency = self.plan.concurrency;
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

    async fn delete(&self, told: &Mutex<Vec<Told>>) {
        let (handles, stop) = self.handles();
        let asked = self
            .plan
            .asked
            .iter()
            .map(|asked| self.plan.id(asked, &self.ids));
        let asked: Vec<(usize, (Vendor, &str))> = asked.enumerate().collect();
        let note = |key: usize, vendor: Vendor, id: &str, outcome: Outcome| {
            let exists = match self.plan.asked.get(key) {
                Some(super::plan::Asked::Existing(place)) => self.exists(*place),
                _ => self.sandbox.exists(vendor, id),
            };
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            let ticket = self.sandbox.ticket(vendor, id);
            told.push(Told {
                key,
                vendor,
                id: id.to_owned(),
                outcome,
                exists,
                is_hidden: ticket.is_some_and(|ticket| ticket.closed || ticket.owned_by_other),
            });
        };
        let settle = |settled: Settled<usize, TicketRef>| {
            let vendor = vendor_of(&settled.id.account);
            note(settled.key, vendor, settled.id.id.as_str(), settled.outcome);
            std::future::ready(())
        };
        let work = async {
            match self.plan.how {
                How::InEach => {
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
                    let work = apply_in_each(&Change::Delete, accounts, &self.options());
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
                    let work = apply_everywhere(
                        &Change::Delete,
                        accounts,
                        stream::iter(refs),
                        &self.options(),
                    );
                    work.for_each(&settle).await;
                }
                How::Delete => {
                    for (vendor, handle) in &handles {
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
            }
        };
        let stopping = async {
            if let Some((stop, after)) = stop.zip(self.plan.stop) {
                tokio::time::sleep(after.time).await;
                if after.abandons {
                    stop.abandon();
                } else {
                    stop.finish();
                }
            }
        };
        join(work, stopping).await;
    }

    async fn lists(&self) -> Vec<Listed> {
        let mut all = Vec::new();
        let listing = self
            .accounts
            .iter()
            .filter(|account| account.vendor != Vendor::LeadSquared);
        for account in listing.filter(|_| self.plan.lists) {
            let present = || -> Vec<usize> {
                let places = 0..self.ids.len();
                places
                    .filter(|place| self.is_listed(account.vendor, *place))
                    .collect()
            };
            let all_before = self.sandbox.ticket_ids(account.vendor);
            let before = present();
            let rows: Vec<_> = account.tickets.list_all(TicketQuery::new()).collect().await;
            let after = present();
            let all_after = self.sandbox.ticket_ids(account.vendor);
            let has_removals = all_before.iter().any(|id| !all_after.contains(id));
            let is_shuffled = has_removals && all_after.iter().any(|id| !all_before.contains(id));
            let failed = rows.iter().find_map(|row| row.as_ref().err()).cloned();
            let found: Vec<_> = rows
                .iter()
                .flatten()
                .map(|ticket| ticket.id.as_str())
                .collect();
            let throughout = before.into_iter().filter(|place| after.contains(place));
            let ids = throughout.filter_map(|place| self.ids.get(place));
            let missing = ids.filter(|id| !found.contains(&id.as_str()));
            all.push(Listed {
                vendor: account.vendor,
                missing: missing.cloned().collect(),
                rows: found.len(),
                is_shuffled,
                has_removals,
                failed: failed.map(|error| told_error(&error)),
            });
        }
        all
    }

    fn is_listed(&self, vendor: Vendor, place: usize) -> bool {
        let ticket = self.plan.existing.get(place).zip(self.ids.get(place));
        ticket
            .filter(|(ticket, _)| ticket.vendor == vendor)
            .is_some_and(|(ticket, id)| {
                let now = self.sandbox.ticket(vendor, id);
                now.is_some_and(|now| now.subject == ticket.subject && !now.owned_by_other)
            })
    }

    async fn reads(&self) -> Vec<Read> {
        let random = &mut Rng::with_seed(self.plan.fault_seed);
        let mut reads = Vec::new();
        for _ in 0..self.plan.reads {
            let place = random.usize(0..self.ids.len());
            let Some((ticket, id)) = self.plan.existing.get(place).zip(self.ids.get(place)) else {
                continue;
            };
            let Some(account) = self
                .accounts
                .iter()
                .find(|account| account.vendor == ticket.vendor)
            else {
                continue;
            };
            let read = account.tickets.get(id.as_str()).await;
            reads.push(Read {
                vendor: ticket.vendor,
                place,
                result: match read {
                    Ok(read) => Ok((read.id.to_string(), read.subject.unwrap_or_default())),
                    Err(error) => Err(told_error(&error)),
                },
            });
        }
        reads
    }

    async fn creates(&self) -> Vec<Filed> {
        let mut filed = Vec::new();
        for number in 0..self.plan.creates {
            for account in &self.accounts {
                let subject = format!("filed {} {number}", account.vendor.prefix());
                let new = NewTicket::new(subject.clone()).description("a text");
                let new = match account.vendor {
                    Vendor::Sweeppea => new.priority(Priority::Low),
                    Vendor::OneCloud => new
                        .category("Request")
                        .requester(Person::named("A customer").email("customer@example.com")),
                    _ => new
                        .category("Request")
                        .requester(Person::default().email("customer@example.com")),
                };
                let result = account.tickets.create(&new).await;
                filed.push(Filed {
                    vendor: account.vendor,
                    subject,
                    result: match result {
                        Ok(created) => Ok(created.id.to_string()),
                        Err(error) => Err((error.effect() == Effect::Unknown, told_error(&error))),
                    },
                });
            }
        }
        filed
    }

    /// The flaws of whoever hands the outcomes on.
    fn distort(&self, told: &mut Vec<Told>) {
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
