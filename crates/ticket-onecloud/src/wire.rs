//! What goes over the wire, exactly as the vendor prints it.
//!
//! Source: the vendor's pages `tiketget`, `tiketfind`, `tiketcreate`, `tiketremove`, `tiketconversations`,
//! `authenticationtoken`.

mod received;
mod sent;

pub use received::{CreatedTicket, FoundTickets, Message, MessageContent, Ticket, TicketRow};
pub use sent::{CreateTicket, FindTickets};

pub(crate) use received::{Conversations, Envelope, Token};
