//! `tickets update`: updates the given fields of one ticket, or of many as a job. Without any, the description of the one
//! ticket is edited.

use tickets::accounts::Account;
use tickets::model::{Status, Version};
use tickets::provider::Field;
use tickets::{Change, Operation, TicketPatch, TicketRef};

use super::await_reply::await_reply;
use super::bulk;
use super::confirm::confirm;
use super::editor::{self, Written};
use super::input;
use crate::accounts::Accounts;
use crate::args::{Content, Global, Many, Update};
use crate::failure::{Exit, Failure};
use crate::ledger::Purpose;
use crate::output::Output;

pub(super) async fn run(update: Update, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let is_guarded = matches!(update.if_unchanged, Some(None));
    let reference = match update.many.only() {
        Some(ticket) if !is_guarded => ticket.parse()?,
        _ => return many(update, global, output).await,
    };
    one(reference, update, global, output).await
}

/// Updates many tickets, as a job.
async fn many(mut update: Update, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let if_unchanged = match update.if_unchanged.take() {
        None => false,
        Some(None) => true,
        Some(Some(_)) => {
            let message = "--if-unchanged VERSION is for one ticket; nothing was sent";
            return Err(Failure::refused(message).hinting(
                "--if-unchanged without a version compares each ticket with how it was read"
                    .to_owned(),
            ));
        }
    };
    if names_nothing(&update) {
        return Err(Failure::refused(NOTHING));
    }
    let file = update.content.description_file.as_deref();
    input::refuse_for_many(&update.many, file, &update.content.attachments)?;
    let (patch, many) = patch(update)?;
    let change = Change::Update(Box::new(patch));
    let how = bulk::How {
        if_unchanged,
        to_trash: false,
    };
    bulk::run(change, &many, how, global, output).await
}

async fn one(
    reference: TicketRef,
    update: Update,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let accounts = Accounts::open(global, Purpose::Write).await?;
    let account = accounts.connect(&reference.account)?;
    let names_nothing = names_nothing(&update);
    let (mut patch, _) = patch(update)?;
    let written = if names_nothing {
        Some(write_description(&account, &reference).await?)
    } else {
        None
    };
    if let Some(written) = &written {
        patch.description = Some(written.text.clone());
    }
    let call = account.tickets.update(&reference.id, &patch);
    let sent = await_reply(call, Operation::Update, &account, Some(&reference)).await;
    sent.map_err(|failure| match written {
        Some(written) => written.kept(failure),
        None => failure,
    })?;
    confirm(&reference, "updated", output)
}

/// What is said if no change is named.
const NOTHING: &str = "no change is named, such as --subject or --status; nothing was sent";

/// Whether no change is named.
fn names_nothing(update: &Update) -> bool {
    let Content {
        description,
        description_file,
        category,
        priority,
        assignee,
        fields,
        attachments,
    } = &update.content;
    let texts = [
        description,
        category,
        priority,
        assignee,
        &update.subject,
        &update.status,
    ];
    texts.iter().all(|text| text.is_none())
        && description_file.is_none()
        && fields.is_empty()
        && attachments.is_empty()
}

/// Lets the person at the terminal edit the description.
async fn write_description(account: &Account, reference: &TicketRef) -> Result<Written, Failure> {
    let fields = account
        .tickets
        .info()
        .capabilities
        .fields(Operation::Update);
    let carries = fields.is_some_and(|fields| fields.carried().contains(&Field::Description));
    if !carries || !editor::is_possible() {
        return Err(Failure::refused(NOTHING).at(reference.to_string()));
    }
    let ticket = account.tickets.get(&reference.id).await;
    let ticket = ticket.map_err(|error| account.diagnose(error, Some(reference)))?;
    let explanation = format!("Edit the description of {reference} above.");
    editor::write(&ticket.description.unwrap_or_default(), &explanation).await
}

/// The patch, and which tickets it is for.
fn patch(update: Update) -> Result<(TicketPatch, Many), Failure> {
    let content = update.content;
    let mut patch = TicketPatch::new();
    patch.subject = update.subject;
    patch.description = input::text(content.description, content.description_file.as_deref())?;
    patch.status = update.status.map(status);
    patch.priority = content
        .priority
        .as_deref()
        .map(input::priority)
        .transpose()?;
    patch.category = content.category;
    patch.assignee = content.assignee;
    patch.attachments = input::attachments(content.attachments)?;
    patch.custom = input::custom(content.fields);
    patch.if_version = update.if_unchanged.flatten().map(Version::new);
    Ok((patch, update.many))
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
