//! A page of a ticket's messages, put together from its history and its attachments.
//!
//! RT's history says who wrote a message and when, but not its text: texts are attachments (observed).

use std::collections::BTreeMap;

use ticket_core::model::Direction;
use ticket_core::{Message, Page, Ticket};
use ticket_http::Reply;

use crate::cursor::InHistory;
use crate::mapping;
use crate::wire;

/// The texts of messages by the entries of the history.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    by_entry: BTreeMap<u64, Reply<wire::AttachmentRow>>,
    /// The page of attachments that was read last, and whether there are more.
    page: u64,
    has_more: bool,
    /// The entry of the last attachment.
    last: u64,
    /// How many attachments belong to nobody knows which entry.
    unreadable: usize,
}

impl Texts {
    /// Adds a page of attachments. The first text of an entry is its message.
    pub(crate) fn add(&mut self, page: u64, rows: wire::Collection<wire::AttachmentRow>) {
        self.page = page;
        self.has_more = rows.next_page.is_some();
        for text in rows.items {
            let Some(text) = text else {
                self.unreadable += 1;
                continue;
            };
            let row = &text.value;
            let entry = row.transaction_id.as_ref();
            let entry = entry.and_then(|id| id.as_str().parse().ok());
            let Some(entry) = entry else {
                self.unreadable += 1;
                continue;
            };
            self.last = entry;
            let is_file = row.filename.as_ref().is_some_and(|name| !name.is_empty());
            let kind = row.content_type.as_deref().unwrap_or_default();
            if is_file || kind.starts_with("multipart/") {
                continue;
            }
            self.by_entry.entry(entry).or_insert(text);
        }
    }

    /// Whether the texts of all entries up to this one are read.
    pub(crate) fn reach(&self, entry: u64) -> bool {
        !self.has_more || self.last > entry
    }

    pub(crate) fn next_page(&self) -> Option<u64> {
        self.has_more.then_some(self.page + 1)
    }
}

/// The id of the last entry of a page.
pub(crate) fn last_entry(history: &wire::Collection<wire::Transaction>) -> Option<u64> {
    let rows = history.items.iter().flatten();
    rows.filter_map(|row| row.value.id.as_str().parse().ok())
        .next_back()
}

/// The page of messages at a place, with the cursor of the next one.
pub(crate) fn page(
    ticket: &Ticket,
    place: InHistory,
    history: wire::Collection<wire::Transaction>,
    mut texts: Texts,
) -> Page<Message> {
    let has_more = history.next_page.is_some();
    let unreadable = history.items.iter().filter(|row| row.is_none()).count();
    let mut after = place.after;
    let mut cut = false;
    let mut messages = Vec::new();
    for row in history.items.into_iter().flatten() {
        let Ok(entry) = row.value.id.as_str().parse::<u64>() else {
            continue;
        };
        if entry <= place.after {
            continue;
        }
        if !texts.reach(entry) {
            cut = true;
            break;
        }
        after = entry;
        messages.extend(message(ticket, row, texts.by_entry.remove(&entry)));
    }
    let next = if cut {
        // The last page of texts is read again, unless that led nowhere.
        let is_stuck = after == place.after && texts.page == place.texts;
        Some(InHistory {
            texts: texts.page + u64::from(is_stuck),
            after,
            ..place
        })
    } else {
        has_more.then_some(InHistory {
            page: place.page + 1,
            texts: texts.page,
            after,
        })
    };
    Page::last(messages)
        .next(next.map(InHistory::cursor))
        .gaps((unreadable > 0).then(|| mapping::unreadable_rows(unreadable)))
        .gaps(
            (texts.unreadable > 0)
                .then(|| "a text does not say to which message it belongs".to_owned()),
        )
}

/// The message of an entry; `None` if it is another change.
fn message(
    ticket: &Ticket,
    row: Reply<wire::Transaction>,
    text: Option<Reply<wire::AttachmentRow>>,
) -> Option<Message> {
    let entry = row.value;
    let kind = entry.kind.as_deref().unwrap_or_default();
    let is_message = match kind {
        // A ticket that was created without a text has no first message.
        "Create" => text.is_some(),
        _ => kind == "Correspond" || kind == "Comment",
    };
    if !is_message {
        return None;
    }
    // The text's JSON names the entry; what the entry has besides is in the message.
    let (text, raw) = match text {
        Some(text) => (text.value.content.unwrap_or_default(), text.raw),
        None => (String::new(), row.raw),
    };
    let author = entry.creator.map(mapping::person);
    let author_id = author.as_ref().and_then(|author| author.id.as_ref());
    let is_requester = author_id.is_some_and(|author| {
        let mut requesters = ticket.requesters();
        requesters.any(|requester| requester.id.as_ref() == Some(author))
    });
    let mut message = Message::new(text, raw);
    message.direction = Some(match kind {
        "Comment" => Direction::Internal,
        // RT itself takes a message for incoming if a requester wrote it.
        _ if is_requester => Direction::Inbound,
        _ => Direction::Outbound,
    });
    if kind == "Create" && !is_requester {
        // Filed by somebody for the requester.
        message.direction = None;
    }
    message.id = Some(entry.id.into_string());
    message.author = author;
    message.created_at = entry.created.filter(mapping::is_set);
    Some(message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use ticket_core::model::{Person, RawValue};

    use super::*;

    #[test]
    fn every_requester_is_the_customer() {
        let mut ticket = Ticket::new("1", RawValue::NULL.to_owned());
        ticket.requester = Some(Person::with_id("ann@example.com"));
        ticket.other_requesters = vec![Person::with_id("bob@example.com")];
        for (author, direction) in [
            ("ann@example.com", Direction::Inbound),
            ("bob@example.com", Direction::Inbound),
            ("root", Direction::Outbound),
        ] {
            let creator = json!({ "id": author, "type": "user" });
            let entry = json!({ "id": "7", "Type": "Correspond", "Creator": creator });
            let row = serde_json::from_str(&entry.to_string()).unwrap();
            let message = message(&ticket, row, None).unwrap();
            assert_eq!(message.direction, Some(direction), "{author}");
        }
    }

    #[test]
    fn text_without_its_entry_is_a_gap() {
        let ticket = Ticket::new("1", RawValue::NULL.to_owned());
        let collection =
            |items: serde_json::Value| json!({ "items": items, "page": 1, "pages": 1 }).to_string();
        let history = collection(json!([{ "id": "7", "Type": "Correspond" }]));
        for (row, is_gap) in [
            (
                json!({ "id": "3", "TransactionId": "7", "Content": "Hello" }),
                false,
            ),
            (json!({ "id": "3", "Content": "Hello" }), true),
        ] {
            let mut texts = Texts::default();
            texts.add(1, serde_json::from_str(&collection(json!([row]))).unwrap());
            let history = serde_json::from_str(&history).unwrap();
            let place = InHistory::of(None).unwrap();
            let page = page(&ticket, place, history, texts);
            assert_eq!(
                (page.items.len(), page.gaps.len()),
                (1, usize::from(is_gap))
            );
        }
    }
}
