//! `tickets comment`: adds a comment to a ticket, or to many as a job, an internal note by default. Without a text, it is
//! written in an editor.

use tickets::model::Direction;
use tickets::{Change, NewComment, Operation, TicketRef};

use super::await_reply::await_reply;
use super::bulk;
use super::confirm::confirm;
use super::{editor, input};
use crate::accounts::Accounts;
use crate::args::{Comment, Global, Many};
use crate::failure::{Exit, Failure};
use crate::ledger::Purpose;
use crate::output::Output;

pub(super) async fn run(
    comment: Comment,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    match comment.many.only() {
        Some(ticket) if !comment.condition.if_unchanged => {
            one(ticket.parse()?, comment, global, output).await
        }
        _ => many(comment, global, output).await,
    }
}

/// Comments on many tickets, as a job.
async fn many(comment: Comment, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let file = comment.body_file.as_deref();
    input::refuse_for_many(&comment.many, file, &comment.attachments)?;
    let is_written = comment.body.is_none() && comment.body_file.is_none();
    let how = bulk::How {
        if_unchanged: comment.condition.if_unchanged,
        to_trash: false,
    };
    let (mut new, many) = new_comment(comment)?;
    if !is_written {
        let change = Change::Comment(Box::new(new));
        return bulk::run(change, &many, how, global, output).await;
    }
    let kind = kind(new.direction);
    let explanation = format!("Write the comment above ({kind}). Each ticket gets it.");
    let written = editor::write("", &explanation).await?;
    new.body.clone_from(&written.text);
    let change = Change::Comment(Box::new(new));
    let done = bulk::run(change, &many, how, global, output).await;
    done.map_err(|failure| written.kept(failure))
}

async fn one(
    reference: TicketRef,
    comment: Comment,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let accounts = Accounts::open(global, Purpose::Write).await?;
    let account = accounts.connect(&reference.account)?;
    let is_written = comment.body.is_none() && comment.body_file.is_none();
    let (mut comment, _) = new_comment(comment)?;
    let written = if is_written {
        let info = account.tickets.info();
        info.check_id(&reference.id)
            .map_err(|error| account.diagnose(error, Some(&reference)))?;
        let kind = kind(comment.direction);
        let explanation = format!("Write the comment on {reference} above ({kind}).");
        Some(editor::write("", &explanation).await?)
    } else {
        None
    };
    if let Some(written) = &written {
        comment.body.clone_from(&written.text);
    }
    let call = account.tickets.comment(&reference.id, &comment);
    let sent = await_reply(call, Operation::Comment, &account, Some(&reference)).await;
    sent.map_err(|failure| match written {
        Some(written) => written.kept(failure),
        None => failure,
    })?;
    confirm(&reference, "commented", output)
}

/// The kind of a comment, in words.
const fn kind(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "in the customer's name",
        Direction::Outbound => "to the customer",
        _ => "an internal note",
    }
}

/// The comment, and which tickets it is for.
fn new_comment(comment: Comment) -> Result<(NewComment, Many), Failure> {
    let body = input::text(comment.body, comment.body_file.as_deref())?;
    let is_blank = body.as_deref().is_some_and(|body| body.trim().is_empty());
    if is_blank {
        return Err(Failure::refused("the comment is empty; nothing was sent"));
    }
    if body.is_none() && !editor::is_possible() {
        let message = "the text of the comment is missing; give it with --body or --body-file";
        return Err(Failure::refused(message));
    }
    let direction = match (comment.inbound, comment.outbound) {
        (true, _) => Direction::Inbound,
        (_, true) => Direction::Outbound,
        _ => Direction::Internal,
    };
    let mut new = NewComment::new(body.unwrap_or_default(), direction);
    new.attachments = input::attachments(comment.attachments)?;
    Ok((new, comment.many))
}
