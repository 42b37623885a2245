//! What it takes to read a ticket of 55 fields and a row of a list, and to keep what the vendor sent.
//! `cargo bench -p ticket-onecloud`.
#![allow(clippy::unwrap_used, reason = "a benchmark ends where it fails")]

use divan::{AllocProfiler, Bencher};
use serde_json::Value;
use ticket_core::model::RawJson;
use ticket_onecloud::wire::{Ticket, TicketRow};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// A part of the body that the vendor prints.
fn printed(exchange: &str, part: &str) -> String {
    let exchange: Value = serde_json::from_str(exchange).unwrap();
    exchange.pointer(part).unwrap().to_string()
}

#[divan::bench]
fn ticket(bencher: Bencher<'_, '_>) {
    let text = printed(
        include_str!("../tests/contract/get-ok.json"),
        "/response/body",
    );
    bencher.bench(|| RawJson::read::<Ticket>(&text).unwrap());
}

#[divan::bench]
fn row(bencher: Bencher<'_, '_>) {
    let text = printed(
        include_str!("../tests/contract/list-ok.json"),
        "/response/body/data/0",
    );
    bencher.bench(|| RawJson::read::<TicketRow>(&text).unwrap());
}
