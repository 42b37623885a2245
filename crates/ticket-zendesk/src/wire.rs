//! Zendesk's own shapes: what is sent and what comes back.

mod received;
mod sent;

pub use received::{
    Attachment, Audit, AuditEvent, Comment, CommentPage, CustomField, DeletedTicket,
    DeletedTicketPage, JobStatus, Meta, Staged, Ticket, TicketExport, TicketPage, User,
};
pub(crate) use received::{AttachmentReply, JobReply, Refusal, StagedReply, TicketReply};
pub(crate) use sent::Body;
pub use sent::{ChangedTicket, NewComment, NewCustomField, NewRequester};
