#![doc = include_str!("../README.md")]

mod client;
mod config;
mod error;
mod provider;
pub mod wire;

pub use client::OneCloud;
pub use config::{OneCloudConfig, SETTINGS};
pub use provider::info;
