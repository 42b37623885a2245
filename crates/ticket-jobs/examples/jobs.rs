//! A durable bulk change with a provider of one's own: the job ends as it should even if it is interrupted.
#![allow(clippy::print_stdout, reason = "it is what the program is for")]

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use ticket_core::bulk::BulkOptions;
use ticket_core::call::{Pacer, StackOptions};
use ticket_core::provider::Capabilities;
use ticket_core::{
    AccountSource, CallContext, Change, DeleteReport, DeleteTarget, Outcome, ProviderInfo, Result,
    TicketProvider, TicketRef, Tickets,
};
use ticket_jobs::{Jobs, MemoryLedger, NewJob};

#[derive(Debug)]
struct Desk(ProviderInfo);

#[async_trait::async_trait]
impl TicketProvider for Desk {
    fn info(&self) -> &ProviderInfo {
        &self.0
    }

    async fn delete(&self, _: &CallContext, targets: &[DeleteTarget]) -> Result<DeleteReport> {
        Ok(DeleteReport::from_fn(targets, |_| Outcome::Done)) // One request to the vendor.
    }
}

/// The one account that there is.
struct OneAccount(Tickets);

impl AccountSource for OneAccount {
    fn connect(&self, _: &str) -> Result<Tickets> {
        Ok(self.0.clone())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    // `SqliteLedger::open(path)` keeps jobs in a file, where they survive this process.
    let jobs = Jobs::new(Arc::new(MemoryLedger::new()));
    let desk = Desk(ProviderInfo::new(
        "desk",
        "Desk",
        Capabilities::none().delete(100),
    ));
    let slots = jobs.slots("desk", &desk.0.limits);
    let options = StackOptions::default().pacer(Arc::new(Pacer::with_slots([], slots)));
    let accounts = Arc::new(OneAccount(Tickets::with_options(Arc::new(desk), &options)));

    let mut list = jobs.load(NewJob::new(Change::Delete)).await?;
    for id in 1..=250 {
        list.push(TicketRef::new("desk", id.to_string()), None)
            .await?;
    }
    let job = list.seal(&*accounts).await?;
    let work = jobs.run(&job, accounts, CallContext::new(), &BulkOptions::default());
    work.try_for_each(|_settled| async { Ok(()) }).await?;
    println!("{:?}", jobs.ledger().job(&job).await?.counts);
    Ok(())
}
