//! The same as `contestant`, with every allocation counted, which costs time.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<(), ticket_bench::Error> {
    ticket_bench::main(Some(GLOBAL))
}
