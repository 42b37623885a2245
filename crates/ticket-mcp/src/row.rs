//! Tickets in answers: what people or vendors wrote stands in fields named `untrusted`, and `raw` nowhere.

use serde_json::{Value, json};
use tickets::model::{Person, Priority, Status};
use tickets::{Ticket, TicketId};

use crate::answer::{Fields, Set as _};
use crate::text;

/// How long a text on one line is, in characters.
const LINE: usize = 200;

/// How many labels are shown.
const TAGS: usize = 20;

/// The name of a ticket.
pub(crate) fn reference(account: &str, id: &TicketId) -> String {
    text::line(&format!("{account}:{id}"), 300)
}

/// A ticket in a list.
pub(crate) fn slim(account: &str, ticket: &Ticket) -> Fields {
    let mut row = Fields::new();
    let mut untrusted = Fields::new();
    row.set("ticket", reference(account, &ticket.id));
    let mut word = |name: &str, text: Option<&str>, is_ours: bool| {
        let Some(text) = text else { return };
        // A word of the vendor's own is what somebody wrote.
        let (own, place) = if is_ours {
            (text.to_owned(), &mut row)
        } else {
            (text::line(text, 60), &mut untrusted)
        };
        place.set(name, own);
    };
    let status = ticket.status.as_ref();
    word(
        "status",
        status.map(Status::as_str),
        !matches!(status, Some(Status::Other(_))),
    );
    let priority = ticket.priority.as_ref();
    word(
        "priority",
        priority.map(Priority::as_str),
        !matches!(priority, Some(Priority::Other(_))),
    );
    for (name, time) in [
        ("created_at", ticket.created_at),
        ("updated_at", ticket.updated_at),
    ] {
        if let Some(time) = time {
            row.set(name, time.to_string());
        }
    }
    for (name, text) in [("subject", &ticket.subject), ("category", &ticket.category)] {
        if let Some(text) = text {
            untrusted.set(name, text::line(text, LINE));
        }
    }
    if let Some(requester) = &ticket.requester {
        untrusted.set("requester", person(requester));
    }
    if !ticket.tags.is_empty() {
        let tags = ticket.tags.iter().take(TAGS).map(|tag| text::line(tag, 60));
        untrusted.set("tags", tags.collect::<Vec<_>>());
    }
    row.set("untrusted", untrusted);
    row
}

/// A person: name and address.
pub(crate) fn person(person: &Person) -> Value {
    let fields = [
        ("id", &person.id),
        ("name", &person.name),
        ("email", &person.email),
    ];
    let known = fields.iter().filter_map(|(name, value)| {
        Some(((*name).to_owned(), text::line(value.as_ref()?, 100).into()))
    });
    Value::Object(known.collect())
}

/// Puts a value among those that people wrote.
pub(crate) fn add_untrusted(row: &mut Fields, name: &str, value: Value) {
    let place = row.entry("untrusted").or_insert_with(|| json!({}));
    if let Some(place) = place.as_object_mut() {
        place.set(name, value);
    }
}
