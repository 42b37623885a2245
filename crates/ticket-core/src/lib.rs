#![doc = include_str!("../README.md")]

mod capability;
mod check;
mod delete;
mod draft;
mod error;
mod layer;
mod layers;
mod message;
mod operation;
mod patience;
mod provider;
mod query;
mod setting;
mod stack;
mod stop;
mod ticket;
mod tickets;

pub use capability::{Capabilities, Field, Fields, ProviderInfo, Quota, Quotas};
pub use delete::{DeleteOutcome, DeleteReport};
pub use draft::{Attachment, AttachmentSource, Created, NewTicket, TicketPatch};
pub use error::{DailyWindow, Effect, Error, ErrorKind, Result};
pub use layer::{Call, Layer, Layered, Reply};
pub use layers::{Check, Observe, Timeout};
pub use message::{Direction, Message, NewComment};
pub use operation::{Operation, Request};
#[cfg(feature = "mock")]
pub use provider::MockTicketProvider;
pub use provider::TicketProvider;
pub use query::{Cursor, Page, PageRequest, State, TicketQuery};
pub use setting::{Setting, Settings};
pub use stack::{StackOptions, standard_stack};
pub use stop::Stop;
pub use ticket::{Person, Priority, Status, Ticket, TicketId};
pub use tickets::Tickets;

/// The vendor's JSON, unmodified: see [`Ticket::raw`].
pub use serde_json::value::RawValue;
