#![doc = include_str!("../README.md")]

mod authors;
mod client;
mod config;
mod confirm;
mod cursor;
mod error;
mod info;
mod lookup;
mod mapping;
mod provider;
mod site;
pub mod wire;

pub use client::Redmine;
pub use config::{RedmineConfig, SETTINGS};
pub use info::info;
pub use ticket_http::{HttpConfig, Reply, WireId};
