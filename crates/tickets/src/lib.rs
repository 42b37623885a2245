#![doc = include_str!("../README.md")]

mod account;
mod account_key;
#[cfg(feature = "accounts-file")]
pub mod accounts;
#[cfg(feature = "accounts-file")]
pub mod config_file;
#[cfg(feature = "accounts-file")]
pub mod diagnosis;
mod everywhere;
#[cfg(feature = "accounts-file")]
mod file_mode;
#[cfg(feature = "find")]
pub mod find;
#[cfg(any(doc, doctest))]
pub mod guide;
mod registry;
mod setting_names;

pub use account::AccountConfig;
pub use account_key::AccountKey;
pub use everywhere::{apply_everywhere, apply_in_each};
pub use registry::{PROVIDERS, ProviderDescriptor, Registry, connect};
pub use ticket_core::*;

#[cfg(feature = "leadsquared")]
pub use ticket_leadsquared as leadsquared;
#[cfg(feature = "onecloud")]
pub use ticket_onecloud as onecloud;
#[cfg(feature = "redmine")]
pub use ticket_redmine as redmine;
#[cfg(feature = "rt")]
pub use ticket_rt as rt;
#[cfg(feature = "sweeppea")]
pub use ticket_sweeppea as sweeppea;
#[cfg(feature = "zendesk")]
pub use ticket_zendesk as zendesk;

/// The workspace's README, whose examples compile too.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// What must not compile, outside the crates that define it.
#[cfg(doctest)]
#[doc = include_str!("does_not_compile.md")]
struct DoesNotCompile;
