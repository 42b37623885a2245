//! The calls in the middle of the demo, one per operation: the reported result of each, and the check against
//! the true state.

use futures_util::stream::TryStreamExt as _;
use ticket_sandbox::TicketRecord;
use tickets::model::PageRequest;
use tickets::{Error, NewComment, Operation, Result, TicketId, TicketPatch, TicketQuery, Tickets};

const NEW_SUBJECT: &str = "Erasure";
const NOTE: &str = "It is really them.";

/// Makes the call and returns the reported result.
pub(super) async fn call(operation: Operation, tickets: &Tickets, id: &TicketId) -> Result<String> {
    let said = match operation {
        Operation::List => {
            let mut found = tickets.list_all(TicketQuery::new());
            loop {
                match found.try_next().await? {
                    Some(ticket) if ticket.id == *id => break "found",
                    Some(_) => {}
                    None => break "not found",
                }
            }
        }
        Operation::Update => {
            let patch = TicketPatch::new().subject(NEW_SUBJECT);
            tickets.update(id, &patch).await?;
            "updated"
        }
        Operation::Get => return Ok(tickets.get(id).await?.subject.unwrap_or_default()),
        Operation::Comment => {
            tickets.comment(id, &NewComment::internal(NOTE)).await?;
            "commented"
        }
        Operation::Messages => {
            let page = tickets.messages(id, &PageRequest::first()).await?;
            let last = page.items.into_iter().next_back();
            return Ok(last.map(|message| message.body).unwrap_or_default());
        }
        Operation::Resolve => {
            tickets.resolve(id).await?;
            "resolved"
        }
        other => return Err(Error::unsupported(&tickets.info().id, other)),
    };
    Ok(said.to_owned())
}

/// Whether the reported result matches the true state of the ticket.
pub(super) fn is_true(operation: Operation, said: &str, truth: &TicketRecord) -> bool {
    match operation {
        Operation::List => said == "found",
        Operation::Update => truth.subject == NEW_SUBJECT,
        Operation::Get => truth.subject == said,
        Operation::Comment => truth.messages.iter().any(|message| message.text == NOTE),
        Operation::Messages => truth.messages.last().is_some_and(|last| last.text == said),
        Operation::Resolve => truth.closed,
        _ => false,
    }
}
