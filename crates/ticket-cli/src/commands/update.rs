//! `tickets update`: updates the given fields of one ticket.

use tickets::model::{Priority, Status, Version};
use tickets::{Operation, TicketPatch, TicketRef};

use super::await_reply::await_reply;
use super::confirm::confirm;
use super::input;
use crate::accounts::Accounts;
use crate::args::{Global, Update};
use crate::failure::{Exit, Failure};
use crate::ledger::Purpose;
use crate::output::Output;

pub(super) async fn run(update: Update, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let reference: TicketRef = update.ticket.parse()?;
    let accounts = Accounts::open(global, Purpose::Write).await?;
    let account = accounts.connect(&reference.account)?;
    let patch = patch(update)?;
    let call = account.tickets.update(&reference.id, &patch);
    await_reply(call, Operation::Update, &account, Some(&reference)).await?;
    confirm(&reference, "updated", output)
}

fn patch(update: Update) -> Result<TicketPatch, Failure> {
    let content = update.content;
    let mut patch = TicketPatch::new();
    patch.subject = update.subject;
    patch.description = input::text(content.description, content.description_file.as_deref())?;
    patch.status = update.status.map(status);
    patch.priority = content.priority.as_deref().map(Priority::from_name);
    patch.category = content.category;
    patch.assignee = content.assignee;
    patch.attachments = input::attachments(content.attachments)?;
    patch.custom = input::custom(content.fields);
    patch.if_version = update.if_unchanged.map(Version::new);
    Ok(patch)
}

/// The status with this name, case-insensitively. Other names are the vendor's own.
fn status(name: String) -> Status {
    let known = [
        Status::Open,
        Status::OnHold,
        Status::Resolved,
        Status::Closed,
    ];
    let plain = name.replace([' ', '-'], "_");
    let mut known = known.into_iter();
    known
        .find(|status| status.as_str().eq_ignore_ascii_case(&plain))
        .unwrap_or(Status::Other(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_read_by_our_name_or_kept_as_the_vendors() {
        for name in ["on_hold", "On Hold", "ON-HOLD"] {
            assert_eq!(status(name.to_owned()), Status::OnHold);
        }
        assert_eq!(status("Closed".to_owned()), Status::Closed);
        assert_eq!(
            status("In Progress".to_owned()),
            Status::Other("In Progress".to_owned())
        );
    }
}
