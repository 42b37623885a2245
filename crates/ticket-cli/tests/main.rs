//! The command as its users run it: a process per call, against the sandbox, held on both sides.
//!
//! One program for all of it, since each costs a link. Apart are those that need servers or clients of others: `live`, `mcp`
//! and `fleet`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failure here is a failed test, in helpers too, and what is skipped is told"
)]

mod common;

mod accounts;
mod approval;
mod auth;
mod change;
mod completion;
mod config;
mod delete;
mod doctor;
mod erase;
mod export;
mod find;
mod golden;
mod guards;
mod help;
mod identifiers;
mod incomplete;
mod jobs;
mod ledger;
mod limits;
mod list;
mod lists;
mod log;
mod pager;
mod permanent;
mod plan;
mod reader;
mod reading;
mod remaining;
mod report;
mod resolve;
mod schema;
mod servers;
mod several;
mod showcase;
mod single;
mod stdout;
mod stop;
mod terminal;
mod trash;
mod usage;
mod verify;
mod view;
mod waits;
mod worker;
mod writing;
