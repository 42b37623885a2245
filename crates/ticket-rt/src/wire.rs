//! The shapes of the vendor's JSON: what is sent, and what is received.

mod received;
mod sent;

pub use received::{
    Attachment, AttachmentRow, Collection, CreatedTicket, CustomField, Queue, Ticket, Transaction,
    User,
};
pub(crate) use received::{BulkReply, Refusal};
pub use sent::{DeletedTicket, NewMessage, NewTicket, TicketSearch, TicketUpdate};
