//! What goes over the wire, exactly as the vendor prints it.
//!
//! Source: the vendor's pages `delete-tickets`, `create-tickets`, `create-ticket-with-attachments`,
//! `update-a-ticket-with-attachments`, `get-a-tickets-details-by-id`, `get-ticket-conversations`, `?p=5010`
//! (portal activities) and `post-an-internal-note-on-a-ticket-2`.
//!
//! A ticket has three identifiers: its number (`Id` in replies; `TicketIds`, `TicketId` and
//! `RelatedTicketId` in requests, here as a text, there as a number), its key (`#` and the number), and a
//! GUID, which replies call `TicketId`. This crate calls operations with the number.

mod received;
mod sent;

pub use received::{
    Conversation, Conversations, CreatedTicket, Field, InternalNote, PortalActivity, Ticket,
    TrashedTickets, UpdatedTicket,
};
pub use sent::{ActivityType, CreateTicket, NewField, UpdateTicket};

pub(crate) use received::{Numbers, Trashed, Verdict, is_success, number};
pub(crate) use sent::{
    AddPortalActivity, FilterConversations, TicketDto, TrashTickets, UploadInternalNote,
};
