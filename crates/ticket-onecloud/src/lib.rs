#![doc = include_str!("../README.md")]

mod client;
mod config;
mod error;
mod info;
mod mapping;
mod pages;
mod provider;
mod token;
pub mod wire;

pub use client::OneCloud;
pub use config::{OneCloudConfig, SETTINGS};
pub use info::info;
pub use ticket_http::{HttpConfig, Reply, WireId};
pub use token::TokenSource;
