//! Carries out a plan, through the real providers, the standard stack and the facade, and keeps what was told.

mod changes;
mod others;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join;
use serde_json::json;
use ticket_sandbox::{Sandbox, Vendor};
use tickets::Change;
use tickets::model::PageRequest;

use super::accounts::{Account, connect};
use super::flaw::Flaw;
use super::plan::Plan;
use super::recorder::Recorder;
use super::story::{Story, Trash};

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
    /// The accounts of which a bulk change said that it tries no more.
    ended: Arc<Mutex<Vec<String>>>,
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
        let mut ids: Vec<String> = Vec::new();
        for ticket in &plan.existing {
            let mut seed = ticket.seed.clone();
            let parent = ticket.parent.and_then(|place| ids.get(place));
            if let Some(parent) = parent.and_then(|id| id.parse::<u64>().ok()) {
                seed = seed.attribute("parent", json!({ "id": parent }));
            }
            ids.push(sandbox.add_ticket(ticket.vendor, seed));
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
            ended: Arc::default(),
        })
    }

    async fn story(self) -> Story {
        let (told, restored) = (Mutex::default(), Mutex::default());
        let mut trash = Trash::default();
        let mut story = Story::default();
        let work = async {
            if self.plan.merges {
                self.merge().await;
            }
            let others = async {
                let listed = self.lists().await;
                let (reads, filed) = (self.reads().await, self.creates().await);
                (listed, reads, filed, self.updates().await)
            };
            let deletes = self.apply(&Change::Delete, &told);
            let (quiet, others) = if self.plan.at_once {
                join(deletes, others).await
            } else {
                let others = others.await;
                (deletes.await, others)
            };
            story.abandoned.extend(quiet);
            story.ended = self.take_ended();
            if self.plan.restores {
                // What was accepted for later is in the trash then.
                tokio::time::sleep(QUIET).await;
                trash.before = self.trash();
                story.restores_began = Some(self.recorder.now());
                let quiet = self.apply(&Change::Restore, &restored).await;
                story.abandoned.extend(quiet);
            }
            others
        };
        match tokio::time::timeout(FOREVER, work).await {
            Ok((listed, reads, filed, updated)) => {
                (story.listed, story.reads, story.filed) = (listed, reads, filed);
                story.updated = updated;
            }
            Err(_) => story.hangs = true,
        }
        story.told = told.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.distort(&mut story.told);
        story.restored = restored
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        tokio::time::sleep(QUIET).await;
        let is_out = |(vendor, id): &&(Vendor, String)| self.sandbox.exists(*vendor, id);
        trash.restored = trash.before.iter().filter(is_out).cloned().collect();
        story.trash = trash;
        let unasked = self.unasked.lock().unwrap_or_else(PoisonError::into_inner);
        story.unasked.clone_from(&unasked);
        story.calls.clone_from(&self.recorder.calls());
        story.journal = self.sandbox.journal();
        for vendor in self.plan.vendors.iter().copied() {
            story.end.push((vendor, self.sandbox.ticket_states(vendor)));
        }
        story.infos = self
            .accounts
            .iter()
            .map(|account| (account.vendor, account.info.clone()))
            .collect();
        story.ids.clone_from(&self.ids);
        story
    }

    fn take_ended(&self) -> Vec<String> {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut ended)
    }

    fn exists(&self, place: usize) -> bool {
        let ticket = self.plan.existing.get(place).zip(self.ids.get(place));
        ticket.is_some_and(|(ticket, id)| {
            let now = self.sandbox.ticket_state(ticket.vendor, id);
            now.is_some_and(|now| now.subject == ticket.subject && !now.deleted)
        })
    }

    /// The plan's tickets that are in the trash now.
    fn trash(&self) -> Vec<(Vendor, String)> {
        let tickets = self.plan.existing.iter().zip(&self.ids);
        let ids = tickets.map(|(ticket, id)| (ticket.vendor, id.clone()));
        ids.filter(|(vendor, id)| {
            let now = self.sandbox.ticket_state(*vendor, id);
            now.is_some_and(|now| now.deleted)
        })
        .collect()
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
}
