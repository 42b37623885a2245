#![doc = include_str!("../README.md")]

mod bulk;
mod capability;
mod check;
mod context;
mod delete;
mod draft;
mod error;
mod field;
mod layer;
mod layers;
mod message;
mod operation;
mod pace;
mod paging;
mod provider;
mod query;
mod quota;
mod raw;
mod resolve;
mod retry;
mod setting;
mod stack;
mod stop;
mod ticket;
mod tickets;

pub use bulk::{BulkOptions, Settled};
pub use capability::{Capabilities, ProviderInfo};
pub use context::CallContext;
pub use delete::{DeleteOutcome, DeleteReport, DeleteTarget};
pub use draft::{Attachment, AttachmentSource, Created, NewTicket, TicketPatch};
pub use error::{DailyWindow, Effect, Error, ErrorKind, Result};
pub use field::{Field, Fields};
pub use layer::{Call, Layer, Next, Reply};
#[cfg(feature = "metrics")]
pub use layers::Metrics;
pub use layers::{Check, Observe, Pace, Retry, Timeout};
pub use message::{Direction, Message, NewComment};
pub use operation::{Operation, Request};
pub use pace::{NoSlot, PaceStatus, Pacer, Slots, WaitReason, Waiting};
#[cfg(feature = "mock")]
pub use provider::MockTicketProvider;
pub use provider::TicketProvider;
pub use query::{Cursor, Page, PageRequest, State, TicketQuery};
pub use quota::{Quota, Quotas};
pub use raw::RawJson;
pub use resolve::ResolveOutcome;
pub use retry::RetryPolicy;
pub use setting::{Setting, Settings};
pub use stack::{Stack, StackOptions, standard_stack};
pub use stop::Stop;
pub use ticket::{Person, Priority, Status, Ticket, TicketId, Version};
pub use tickets::Tickets;

/// What keys, tokens and passwords are held in; made of a `String` or `&str` by `into`.
pub use secrecy::SecretString;
/// A part of a vendor's reply as it came, such as a row of a list; a [`RawJson`] is made of it.
pub use serde_json::value::RawValue;
