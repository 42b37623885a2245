#![doc = include_str!("../README.md")]

mod client;
mod config;
mod cursor;
mod delete;
mod error;
mod info;
mod mapping;
mod messages;
mod provider;
mod query;
mod said;
pub mod wire;

pub use client::Rt;
pub use config::{RtConfig, SETTINGS};
pub use info::info;
pub use ticket_http::{HttpConfig, Reply, WireId};
