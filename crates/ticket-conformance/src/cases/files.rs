//! Files: they are listed and read unchanged, and cost as many requests as declared.

use ticket_core::model::{AttachedFile, Attachment, PageRequest};
use ticket_core::provider::{Field, Request};
use ticket_core::{CallContext, Operation, TicketId};

use super::lifecycle::done;
use crate::fixture::FILE_TEXT;
use crate::harness::{CaseResult, Harness, describe, ensure, skip};

/// Longer than any file of the suite.
const LIMIT: usize = 1 << 20;

/// The texts of two files, of the same length and different at the end.
const TEXTS: [&str; 2] = ["The file of the suite: 1", "The file of the suite: 2"];

fn two_files() -> [Attachment; 2] {
    let [first, second] = TEXTS;
    [("first.txt", first), ("second.txt", second)].map(|(name, text)| {
        Attachment::new(name, text.as_bytes().to_vec()).media_type("text/plain")
    })
}

/// Whether the operation carries files.
fn carries_files(harness: &Harness, operation: Operation) -> bool {
    let fields = harness.info().capabilities.fields(operation);
    fields.is_some_and(|fields| fields.carried().contains(&Field::Attachments))
}

async fn files(harness: &Harness, id: &TicketId) -> CaseResult<Vec<AttachedFile>> {
    let (context, page) = (CallContext::new(), PageRequest::first());
    let read = harness.provider.attachments(&context, id, &page).await;
    Ok(done("the files of a ticket were listed", read)?.items)
}

/// Checks that each of the texts is that of a listed file.
async fn are_read(harness: &Harness, id: &TicketId, texts: &[&str]) -> CaseResult {
    let mut read = Vec::new();
    for file in files(harness, id).await? {
        let download = harness.provider.download(&CallContext::new(), &file).await;
        let download = done("a listed file was read", download)?;
        let bytes = done("a listed file was read", download.read(LIMIT).await)?;
        read.push(bytes.unwrap_or_default());
    }
    for text in texts {
        ensure(
            read.iter().any(|bytes| bytes == text.as_bytes()),
            "the files of a ticket were listed, and each was read",
            format!("a file with the bytes of {text:?}"),
            format!(
                "{:?}",
                read.iter()
                    .map(|bytes| String::from_utf8_lossy(bytes))
                    .collect::<Vec<_>>()
            ),
        )?;
    }
    Ok(())
}

pub(crate) async fn files_are_listed_and_read_to_the_byte(harness: &Harness) -> CaseResult {
    harness.require(Operation::Attachments)?;
    harness.require(Operation::Download)?;
    let id = harness.ticket_with_file().await?;
    are_read(harness, &id, &[FILE_TEXT]).await?;
    if !carries_files(harness, Operation::Create) {
        return Ok(());
    }
    let mut new = harness.new_ticket()?;
    new.attachments = two_files().into();
    let created = harness.provider.create(&CallContext::new(), &new).await;
    let id = done("a ticket with two files was created", created)?.id;
    are_read(harness, &id, &TEXTS).await
}

pub(crate) async fn files_cost_the_declared_requests(harness: &Harness) -> CaseResult {
    let writes = [Operation::Create, Operation::Update, Operation::Comment];
    let mut tried = false;
    for operation in writes {
        if !carries_files(harness, operation) {
            continue;
        }
        tried = true;
        let id = harness.ticket_for(operation).await?;
        let before = harness.journal()?.len();
        let context = CallContext::new();
        let (most, result) = match operation {
            Operation::Create => {
                let mut new = harness.new_ticket()?;
                new.attachments = two_files().into();
                let most = harness.info().requests(&Request::Create(&new));
                let created = harness.provider.create(&context, &new).await;
                (most, created.map(drop))
            }
            Operation::Update => {
                let mut patch = harness.patch()?;
                patch.attachments = two_files().into();
                let most = harness.info().requests(&Request::Update(&id, &patch));
                (most, harness.provider.update(&context, &id, &patch).await)
            }
            _ => {
                let mut comment = harness.comment("Written by the suite")?;
                comment.attachments = two_files().into();
                let most = harness.info().requests(&Request::Comment(&id, &comment));
                let added = harness.provider.comment(&context, &id, &comment).await;
                (most, added)
            }
        };
        let seen = harness.requests_since(before)?.len();
        ensure(
            result.is_ok() && seen <= most,
            format!("`{operation}` was called with two files"),
            format!("success after at most {most} requests, as declared"),
            format!("{} after {seen} requests", describe(&result)),
        )?;
    }
    if tried {
        return Ok(());
    }
    skip(format!("{} sends no files", harness.info().title))
}
