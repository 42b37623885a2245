#![doc = include_str!("../README.md")]

pub mod account_source;
pub mod bulk;
pub mod call;
pub mod model;
pub mod provider;
mod tickets;

pub use account_source::AccountSource;
pub use bulk::change::Change;
pub use model::draft::{NewTicket, TicketPatch};
pub use model::message::{Message, NewComment};
pub use model::query::{Page, TicketQuery};
pub use model::reference::TicketRef;
pub use model::ticket::{Ticket, TicketId};
pub use provider::capability::ProviderInfo;
pub use provider::context::CallContext;
pub use provider::delete::DeleteReport;
pub use provider::error::{Effect, Error, ErrorKind, Result};
pub use provider::operation::Operation;
pub use provider::outcome::Outcome;
pub use provider::stop::Stop;
pub use provider::target::DeleteTarget;
pub use provider::ticket_provider::TicketProvider;
pub use tickets::Tickets;

/// Holds keys, tokens and passwords; created from a `String` or `&str` by `into`.
pub use secrecy::SecretString;
