#![doc = include_str!("../README.md")]

mod address;
mod failure;
mod jobs;
mod ledger;
mod pool;
mod read;
mod schema;
mod take;
mod time;
mod tls;
mod together;
mod values;
mod verify;
mod work;

pub use ledger::PostgresLedger;
