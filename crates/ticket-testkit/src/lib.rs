#![doc = include_str!("../README.md")]

#[cfg(feature = "loopback")]
mod call;
#[cfg(feature = "loopback")]
pub mod contract;
#[cfg(feature = "loopback")]
mod fixture;
#[cfg(feature = "loopback")]
mod gzip;
#[cfg(feature = "in-process")]
mod in_process;
mod log;
#[cfg(feature = "loopback")]
mod loopback;
#[cfg(feature = "loopback")]
mod message;
#[cfg(feature = "property")]
pub mod property;
#[cfg(feature = "loopback")]
mod proxy;
#[cfg(feature = "loopback")]
mod real_account;
#[cfg(feature = "loopback")]
mod reply_format;
#[cfg(feature = "sandbox")]
mod sandbox;
#[cfg(feature = "loopback")]
mod store;
#[cfg(feature = "loopback")]
mod vendor_api;
pub mod window;
#[cfg(feature = "loopback")]
mod wire;

#[cfg(feature = "loopback")]
pub use call::{Call, CallOutput};
#[cfg(feature = "loopback")]
pub use fixture::{LoopbackFixture, LoopbackVendor, ProviderUnderTest};
#[cfg(feature = "in-process")]
pub use in_process::InProcess;
pub use log::LogCapture;
#[cfg(feature = "loopback")]
pub use loopback::{Frequency, Loopback};
#[cfg(feature = "loopback")]
pub use message::{Part, Reply, Request};
#[cfg(feature = "loopback")]
pub use proxy::Upstream;
#[cfg(feature = "loopback")]
pub use real_account::{RealAccount, assert_real_account};
#[cfg(feature = "loopback")]
pub use reply_format::ReplyFormat;
#[cfg(feature = "sandbox")]
pub use sandbox::{SandboxFixture, SandboxProvider};
#[cfg(feature = "loopback")]
pub use store::TicketStore;
#[cfg(feature = "loopback")]
pub use vendor_api::{Scripted, VendorApi};
