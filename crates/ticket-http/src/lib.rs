#![doc = include_str!("../README.md")]

mod base;
mod basic;
mod body;
mod build;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod certificates;
mod client;
mod config;
mod debug;
#[cfg(feature = "multipart")]
mod download;
mod exchange;
mod failure;
mod foreign;
mod header;
mod json;
pub mod lenient;
#[cfg(feature = "multipart")]
mod multipart;
mod path;
mod reply;
mod request;
mod response;
mod retry_after;
mod reuse;
mod span;
mod status;
mod time;
#[cfg(feature = "transport")]
mod transport;

pub use base::shown_url;
pub use basic::basic_auth;
pub use client::HttpClient;
pub use config::HttpConfig;
#[cfg(feature = "multipart")]
pub use multipart::Multipart;
pub use reply::{Reply, WireId};
pub use request::HttpRequest;
pub use response::HttpResponse;
pub use status::{kind_of_status, meaning_of_status};
pub use time::timestamp;
#[cfg(feature = "transport")]
pub use transport::{Transport, TransportError};
