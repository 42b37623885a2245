//! What is written on a ticket is read, all of it and nothing else.

use std::collections::HashSet;

use ticket_core::model::PageRequest;
use ticket_core::provider::Field;
use ticket_core::{CallContext, Message, Operation, Page};

use super::lifecycle::done;
use crate::fixture::Seed;
use crate::harness::{CaseResult, Harness, describe, ensure, fail};

pub(crate) async fn messages_are_read(harness: &Harness) -> CaseResult {
    harness.require(Operation::Messages)?;
    let seeded = harness.seed(Seed::Message).await?;
    let page = harness
        .provider
        .messages(&CallContext::new(), &seeded.id, &PageRequest::first())
        .await;
    let bodies: Vec<_> = match &page {
        Ok(page) => page
            .items
            .iter()
            .map(|message| message.body.as_str())
            .collect(),
        Err(_) => return fail("messages were read", "success", describe(&page)),
    };
    ensure(
        bodies.contains(&seeded.text.as_str()),
        "the messages of a ticket were read",
        format!("{:?} among them", seeded.text),
        format!("{bodies:?}"),
    )?;
    let page = done("messages were read", page)?;
    let read = page
        .items
        .iter()
        .find(|message| message.body == seeded.text);
    let raw = read.map_or("", |message| message.raw.get());
    ensure(
        holds_text(raw, &seeded.text),
        "the messages of a ticket were read",
        format!("{:?} in `raw` too, as the vendor sent it", seeded.text),
        format!("{} characters without it", raw.chars().count()),
    )
}

/// Whether the text, as JSON writes it, stands in what a vendor sent.
pub(super) fn holds_text(raw: &str, text: &str) -> bool {
    fn holds(value: &serde_json::Value, text: &str) -> bool {
        match value {
            serde_json::Value::String(found) => found.contains(text),
            serde_json::Value::Array(items) => items.iter().any(|item| holds(item, text)),
            serde_json::Value::Object(fields) => fields.values().any(|item| holds(item, text)),
            _ => false,
        }
    }
    serde_json::from_str(raw).is_ok_and(|value| holds(&value, text))
}

pub(crate) async fn every_message_is_read_once(harness: &Harness) -> CaseResult {
    let fields = harness.fields(Operation::Messages)?;
    let (id, mut written) = if fields.carried().contains(&Field::Cursor) {
        harness.conversation().await?
    } else {
        let seeded = harness.seed(Seed::Message).await?;
        (seeded.id, vec![seeded.text])
    };
    let what = format!("the {} messages of a ticket were walked", written.len());
    let (mut found, mut pages, mut cursors) = (Vec::new(), 0, HashSet::new());
    let mut request = PageRequest::first();
    loop {
        let page: Page<Message> = done(
            "messages were read",
            harness
                .provider
                .messages(&CallContext::new(), &id, &request)
                .await,
        )?;
        pages += 1;
        found.extend(page.items.into_iter().map(|message| message.body));
        let Some(next) = page.next else { break };
        ensure(
            fields.carried().contains(&Field::Cursor),
            what.clone(),
            "one page, since no cursor is carried",
            "a cursor for another",
        )?;
        ensure(
            cursors.insert(next.clone()) && pages <= written.len(),
            what.clone(),
            "every cursor once, and an end",
            format!("{next:?} after {pages} pages"),
        )?;
        request = PageRequest::first().at(next);
    }
    // A vendor may return the text of the ticket as a message.
    found.retain(|body| written.contains(body));
    found.sort();
    written.sort();
    ensure(
        found == written && (pages > 1 || written.len() == 1),
        what,
        "each of them once, on more than one page where there are several",
        format!("{} of them on {pages} pages", found.len()),
    )
}

pub(crate) async fn messages_belong_to_their_ticket(harness: &Harness) -> CaseResult {
    harness.require(Operation::Messages)?;
    let seeded = harness.seed(Seed::Message).await?;
    let other = harness.ticket().await?;
    let what = "the messages of a ticket without messages were read";
    let page = harness
        .provider
        .messages(&CallContext::new(), &other, &PageRequest::first())
        .await;
    let page = done(what, page)?;
    let strange = page.items.iter().any(|message| message.body == seeded.text);
    ensure(
        !strange,
        what,
        "no message of another ticket",
        "a message of another ticket",
    )
}
