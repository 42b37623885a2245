#![doc = include_str!("../README.md")]

mod client;
mod config;
mod error;
mod info;
mod provider;
pub mod wire;

pub use client::Roundup;
pub use config::{RoundupConfig, SETTINGS};
pub use ticket_http::{HttpConfig, Reply, WireId};
