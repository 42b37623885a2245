#![doc = include_str!("../README.md")]

mod answer;
mod ask;
mod audit;
mod policy;
mod random;
mod refusal;
mod row;
mod running;
mod scope;
mod search;
mod server;
mod shared;
mod text;
mod tools;

pub use policy::{Deletes, Policy};
pub use server::Server;
