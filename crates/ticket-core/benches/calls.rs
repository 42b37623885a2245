//! What the handle and its layers add to a call: against a provider that answers at once, so that nothing else is
//! measured. `cargo bench -p ticket-core`; for figures beside other clients see BENCHMARKS.md.
#![allow(clippy::unwrap_used, reason = "a benchmark ends where it fails")]

use std::sync::Arc;

use async_trait::async_trait;
use divan::{AllocProfiler, Bencher};
use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::BulkOptions;
use ticket_core::call::{Pacer, StackOptions};
use ticket_core::model::RawValue;
use ticket_core::provider::{Capabilities, Limit, Quota};
use ticket_core::{
    CallContext, Change, DeleteReport, DeleteTarget, Outcome, ProviderInfo, Result, Ticket,
    TicketId, TicketProvider, Tickets,
};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Answers at once.
#[derive(Debug)]
struct AtOnce(ProviderInfo);

#[async_trait]
impl TicketProvider for AtOnce {
    fn info(&self) -> &ProviderInfo {
        &self.0
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        Ok(Ticket::new(id, RawValue::NULL.to_owned()))
    }

    async fn delete(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        Ok(DeleteReport::from_fn(targets, |_| Outcome::Done))
    }
}

fn provider() -> Arc<AtOnce> {
    let capabilities = Capabilities::none().get().delete(100);
    Arc::new(AtOnce(ProviderInfo::new("bench", "Bench", capabilities)))
}

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().unwrap()
}

/// All layers, with a quota that is counted and never reached.
fn stacked() -> Tickets {
    let quotas = Limit::new().window("1000000000/1".parse::<Quota>().unwrap());
    let options = StackOptions::default().pacer(Arc::new(Pacer::new([quotas])));
    Tickets::with_options(provider(), &options)
}

#[divan::bench]
fn get_bare(bencher: Bencher<'_, '_>) {
    let (runtime, tickets, id) = (runtime(), Tickets::bare(provider()), TicketId::new("121"));
    bencher.bench(|| runtime.block_on(tickets.get(&id)));
}

#[divan::bench]
fn get_stacked(bencher: Bencher<'_, '_>) {
    let (runtime, tickets, id) = (runtime(), stacked(), TicketId::new("121"));
    bencher.bench(|| runtime.block_on(tickets.get(&id)));
}

#[divan::bench(args = [1, 100])]
fn delete_one_batch(bencher: Bencher<'_, '_>, tickets: u32) {
    let ids: Vec<TicketId> = (0..tickets).map(|id| id.to_string().into()).collect();
    let (runtime, tickets) = (runtime(), stacked());
    bencher.bench(|| runtime.block_on(tickets.delete(&ids)));
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 10)]
fn apply(bencher: Bencher<'_, '_>, tickets: u32) {
    let (runtime, handle) = (runtime(), stacked());
    bencher
        .counter(divan::counter::ItemsCount::new(tickets))
        .bench(|| {
            let ids = stream::iter((0..tickets).map(|id| id.to_string()));
            runtime.block_on(
                handle
                    .apply(Change::Delete, ids.enumerate(), &BulkOptions::default())
                    .count(),
            )
        });
}
