//! Domain types to the vendor's and back.

use ticket_core::Ticket;
use ticket_core::model::Status;
use ticket_http::Reply;

use crate::wire;

pub(crate) fn ticket(reply: Reply<wire::Ticket>) -> Ticket {
    let wire = reply.value;
    let mut ticket = Ticket::new(wire.id.into_string(), reply.raw);
    ticket.subject = wire.subject;
    ticket.description = wire.description;
    ticket.status = wire.status.map(status);
    ticket
}

/// What has no meaning here is kept as the vendor writes it.
fn status(name: String) -> Status {
    match name.as_str() {
        "open" => Status::Open,
        "closed" => Status::Closed,
        _ => Status::Other(name),
    }
}
