//! A vendor that is a part of the process that calls it and deletes everything after a time: what is measured is the ledger.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ticket_jobs::{JobId, Jobs, NewJob};
use tickets::call::{Pacer, StackOptions};
use tickets::provider::{Capabilities, Limit, Quota, Support};
use tickets::{
    AccountSource, CallContext, Change, DeleteReport, DeleteTarget, Error, Operation, Outcome,
    ProviderInfo, Result, TicketProvider, TicketRef, Tickets,
};

/// Accounts of such a vendor.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DesksArgs {
    /// How many accounts there are.
    #[arg(long, default_value_t = 1)]
    pub(crate) accounts: usize,
    /// How long each answer takes, in milliseconds.
    #[arg(long, default_value_t = 20)]
    pub(crate) latency: u64,
    /// How many calls a second the quota of each account allows; 0 is no quota.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) quota: u32,
    /// The most tickets in a call.
    #[arg(long, default_value_t = 1)]
    pub(crate) batch: usize,
}

impl DesksArgs {
    /// As arguments of a worker.
    pub(crate) fn to_arguments(&self) -> Vec<String> {
        vec![
            format!("--accounts={}", self.accounts),
            format!("--latency={}", self.latency),
            format!("--quota={}", self.quota),
            format!("--batch={}", self.batch),
        ]
    }
}

#[derive(Debug)]
struct Desk {
    info: ProviderInfo,
    latency: Duration,
}

#[async_trait]
impl TicketProvider for Desk {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn delete(&self, _: &CallContext, targets: &[DeleteTarget]) -> Result<DeleteReport> {
        tokio::time::sleep(self.latency).await;
        Ok(DeleteReport::from_fn(targets, |_| Outcome::Done))
    }
}

pub(crate) struct Desks(BTreeMap<String, Tickets>);

impl Desks {
    pub(crate) fn new(jobs: &Jobs, args: &DesksArgs) -> Self {
        let capabilities =
            Capabilities::none().with(Operation::Delete, Support::new().max_batch(args.batch));
        let desk: Arc<dyn TicketProvider> = Arc::new(Desk {
            info: ProviderInfo::new("desk", "Desk", capabilities).never_reuses_ids(),
            latency: Duration::from_millis(args.latency),
        });
        let quota = Quota::new(args.quota, Duration::from_secs(1));
        let limits: Vec<_> = (args.quota > 0)
            .then(|| Limit::new().window(quota))
            .into_iter()
            .collect();
        let desks = (0..args.accounts).map(|number| {
            let name = format!("desk{number}");
            let pacer = Pacer::with_slots(limits.clone(), jobs.slots(&name, &limits));
            let options = StackOptions::default().pacer(Arc::new(pacer));
            let tickets = Tickets::with_options(Arc::clone(&desk), &options);
            (name, tickets)
        });
        Self(desks.collect())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// A job of so many tickets, in turns of these accounts.
    pub(crate) async fn job(
        &self,
        jobs: &Jobs,
        accounts: &[String],
        tickets: usize,
        priority: i16,
    ) -> JobId {
        let new = NewJob::new(Change::Delete).priority(priority);
        let mut list = jobs.load(new).await.unwrap();
        for id in 0..tickets {
            let account = &accounts[id % accounts.len()];
            let ticket = TicketRef::new(account.as_str(), id.to_string());
            list.push(ticket, None).await.unwrap();
        }
        list.seal(self).await.unwrap()
    }
}

impl AccountSource for Desks {
    fn connect(&self, name: &str) -> Result<Tickets> {
        let tickets = self.0.get(name).cloned();
        tickets.ok_or_else(|| Error::config(format!("there is no account {name}")))
    }
}
