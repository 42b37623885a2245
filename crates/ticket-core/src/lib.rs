#![doc = include_str!("../README.md")]

mod account_source;
mod bulk;
mod call;
mod model;
mod provider;
mod tickets;

pub use account_source::AccountSource;
pub use bulk::change::Change;
pub use bulk::{BulkOptions, Settled};
pub use call::layer::{Call, Layer, Next, Reply};
#[cfg(feature = "metrics")]
pub use call::layers::Metrics;
pub use call::layers::{Check, Observe, Pace, Retry, Timeout};
pub use call::pace::{NoSlot, PaceStatus, Pacer, Slots, WaitReason, Waiting};
pub use call::retry::RetryPolicy;
pub use call::stack::{Stack, StackOptions, standard_stack};
pub use model::draft::{Attachment, AttachmentSource, Created, NewTicket, TicketPatch};
pub use model::message::{Direction, Message, NewComment};
pub use model::query::{Cursor, Page, PageRequest, State, TicketQuery};
pub use model::raw::RawJson;
pub use model::reference::TicketRef;
pub use model::text::is_misleading;
pub use model::ticket::{Person, Priority, Status, Ticket, TicketId, Version};
pub use provider::capability::{Capabilities, ProviderInfo};
pub use provider::connect::Connect;
pub use provider::context::CallContext;
pub use provider::delete::{DeleteReport, DeleteTarget};
pub use provider::error::{Effect, Error, ErrorKind, Result};
pub use provider::field::{Field, Fields};
pub use provider::limit::{Limit, Quota};
pub use provider::operation::{Operation, Request};
pub use provider::outcome::Outcome;
pub use provider::setting::{Setting, Settings};
pub use provider::stop::Stop;
pub use provider::support::Support;
#[cfg(feature = "mock")]
pub use provider::ticket_provider::MockTicketProvider;
pub use provider::ticket_provider::TicketProvider;
pub use tickets::Tickets;

/// What keys, tokens and passwords are held in; made of a `String` or `&str` by `into`.
pub use secrecy::SecretString;
/// A part of a vendor's reply as it came, such as a row of a list; a [`RawJson`] is made of it.
pub use serde_json::value::RawValue;
