#![doc = include_str!("../README.md")]

mod client;
mod config;
mod content;
mod cursor;
mod deletes;
mod error;
mod info;
mod job;
mod limits;
mod mapping;
mod pages;
mod plan;
mod provider;
mod query;
pub mod wire;

pub use client::{CreatedTicket, UpdatedTicket, Zendesk};
pub use config::{SETTINGS, ZendeskConfig};
pub use info::info;
pub use plan::Plan;
pub use ticket_http::{HttpConfig, Reply, WireId};
