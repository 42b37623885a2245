//! What goes over the wire, exactly as the vendor prints it.
//!
//! Source: the vendor's pages in `support/`: `create.md`, `single.md`, `open.md`, `closed.md`, `update.md`,
//! `resolve.md`, `delete.md`. The same thing has several names: a ticket's key is `CaseId` or `caseNumber` in requests
//! and `CaseNumber` in replies, its title is `Title` in requests and `Subject` in replies.

mod received;
mod sent;

pub use received::{
    AccountInfo, AssignedTo, CreatedTicket, Note, ResolvedTicket, Ticket, TicketList, TicketRow,
    UpdatedTicket,
};
pub use sent::{CreateTicket, TicketFilter, UpdateTicket};

pub(crate) use received::{Envelope, Notes, UpdateEnvelope, Verdict};
pub(crate) use sent::{CaseId, CaseNumber};
