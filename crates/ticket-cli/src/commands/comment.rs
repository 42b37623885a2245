//! `tickets comment`: adds a comment to a ticket, an internal note by default.

use tickets::model::Direction;
use tickets::{NewComment, Operation, TicketRef};

use super::await_reply::await_reply;
use super::confirm::confirm;
use super::input;
use crate::accounts::Accounts;
use crate::args::{Comment, Global};
use crate::failure::{Exit, Failure};
use crate::ledger::Purpose;
use crate::output::Output;

pub(super) async fn run(
    comment: Comment,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let reference: TicketRef = comment.ticket.parse()?;
    let accounts = Accounts::open(global, Purpose::Write).await?;
    let account = accounts.connect(&reference.account)?;
    let comment = new_comment(comment)?;
    let call = account.tickets.comment(&reference.id, &comment);
    await_reply(call, Operation::Comment, &account, Some(&reference)).await?;
    confirm(&reference, "commented", output)
}

fn new_comment(comment: Comment) -> Result<NewComment, Failure> {
    let body = input::text(comment.body, comment.body_file.as_deref())?;
    let body = body.filter(|body| !body.trim().is_empty());
    let body = body.ok_or_else(|| Failure::refused("the comment is empty; nothing was sent"))?;
    let direction = match (comment.inbound, comment.outbound) {
        (true, _) => Direction::Inbound,
        (_, true) => Direction::Outbound,
        _ => Direction::Internal,
    };
    let mut new = NewComment::new(body, direction);
    new.attachments = input::attachments(comment.attachments)?;
    Ok(new)
}
