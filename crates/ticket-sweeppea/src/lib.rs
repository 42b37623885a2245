#![doc = include_str!("../README.md")]

mod client;
mod config;
mod cursor;
mod error;
mod info;
mod mapping;
mod provider;
pub mod wire;

pub use client::Sweeppea;
pub use config::{SETTINGS, SweeppeaConfig};
pub use info::info;
pub use ticket_http::{HttpConfig, Reply, WireId};
