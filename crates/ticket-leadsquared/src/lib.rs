#![doc = include_str!("../README.md")]

mod client;
mod config;
mod error;
mod info;
mod mapping;
mod provider;
pub mod wire;

pub use client::LeadSquared;
pub use config::{LeadSquaredConfig, SETTINGS};
pub use info::{info, pro_plan_limit, super_plan_limit};
pub use ticket_http::{HttpConfig, Reply, WireId};
