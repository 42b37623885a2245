#![doc = include_str!("../README.md")]

mod client;
mod config;
mod error;
mod info;
mod mapping;
mod provider;
pub mod wire;

pub use client::Pear;
pub use config::{PearConfig, SETTINGS};
pub use info::info;
pub use ticket_http::{HttpConfig, Reply, WireId};
