//! Attachments: files, but also the texts of messages, and what holds a text and its files together.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::paged::{self, Paged};
use super::{Rt, User, answered, base, crashed, message, record, refused};
use crate::reply::Reply;
use crate::store::{LogEntry, Ticket};
use crate::vendors::call::{Call, set};

/// The length of a line of base64 in mails, in bytes of content.
const LINE: usize = 57;

/// An attachment of a ticket.
struct Part<'a> {
    id: u64,
    entry: &'a LogEntry,
    /// The one that holds it.
    parent: Option<u64>,
    /// Empty if it is no file.
    name: &'a str,
    kind: String,
    /// `None` if it only holds others.
    content: Option<&'a [u8]>,
}

/// All attachments of a ticket, by their numbers.
fn parts(ticket: &Ticket) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for entry in &ticket.log {
        let number = |name: &str| entry.fields.get(name).and_then(Value::as_u64);
        let Some(text) = number("Text") else {
            continue;
        };
        let parent = number("Container");
        let kind = entry.fields.get("TextType").and_then(Value::as_str);
        let message = ticket
            .messages
            .iter()
            .find(|message| message.number == entry.number);
        let content: &str =
            message.map_or(ticket.description.as_str(), |message| message.text.as_str());
        parts.extend(parent.map(|id| Part {
            id,
            entry,
            parent: None,
            name: "",
            kind: "multipart/mixed".to_owned(),
            content: None,
        }));
        parts.push(Part {
            id: text,
            entry,
            parent,
            name: "",
            kind: match kind {
                _ if content.is_empty() => "application/octet-stream".to_owned(),
                kind => kind.unwrap_or("text/plain").to_owned(),
            },
            content: Some(content.as_bytes()),
        });
        let id = entry.number.to_string();
        let files = ticket.attachments.iter();
        let files = files.filter(|file| file.message.as_ref() == Some(&id));
        parts.extend(files.map(|file| {
            Part {
                id: file.id.parse().unwrap_or_default(),
                entry,
                parent,
                name: &file.name,
                kind: file
                    .media_type
                    .clone()
                    .unwrap_or_else(|| "application/octet-stream".to_owned()),
                content: Some(&file.bytes),
            }
        }));
    }
    parts.sort_by_key(|part| part.id);
    parts
}

impl Part<'_> {
    fn length(&self) -> usize {
        self.content.map_or(0, <[u8]>::len)
    }

    fn headers(&self) -> String {
        format!(
            "Content-Type: {}\nContent-Length: {}",
            self.kind,
            self.length()
        )
    }

    /// The subject of the ticket when it was created, on what holds its first message.
    fn subject(&self) -> Value {
        let subject = self
            .entry
            .fields
            .get("Subject")
            .filter(|_| self.parent.is_none());
        subject.cloned().unwrap_or_else(|| "".into())
    }

    /// A field in a list. RT fails on `Parent` there, and shows content as text.
    fn field(&self, name: &str, base: &str) -> Option<Value> {
        Some(match name {
            "Filename" => self.name.into(),
            "ContentType" => self.kind.clone().into(),
            "ContentLength" => self.length().to_string().into(),
            "TransactionId" => self.entry.number.to_string().into(),
            "Content" => String::from_utf8_lossy(self.content.unwrap_or_default()).into(),
            "Created" => self.entry.date.utc().into(),
            "Creator" => record::person(message::creator(self.entry), base),
            "Subject" => self.subject(),
            "Headers" => self.headers().into(),
            _ => return None,
        })
    }

    fn printed(&self, base: &str) -> Value {
        let id = self.id.to_string();
        let content = self.content.map(|content| {
            let lines = content
                .chunks(LINE)
                .map(|line| BASE64_STANDARD.encode(line) + "\n");
            lines.collect::<String>()
        });
        let parent = match self.parent {
            Some(parent) => record::reference("attachment", &parent.to_string(), base),
            None => "0".into(),
        };
        let transaction = self.entry.number.to_string();
        let mut link = record::reference("attachment", &id, base);
        set(&mut link, "id", self.id);
        set(&mut link, "ref", "self");
        let mut printed = json!({
            "id": self.id, "Content": content, "ContentType": self.kind,
            "Created": self.entry.date.utc(),
            "Creator": record::person(message::creator(self.entry), base),
            "Headers": self.headers(),
            "MessageId": if self.parent.is_none() { format!("rt-{id}@sandbox") } else { String::new() },
            "Parent": parent, "Subject": self.subject(),
            "TransactionId": record::reference("transaction", &transaction, base),
            "_hyperlinks": [link],
        });
        if !self.name.is_empty() {
            set(&mut printed, "Filename", self.name);
        }
        printed
    }
}

impl Rt {
    pub(super) fn attachments(&self, call: &Call<'_>, user: User) -> Reply {
        let paged = Paged::of(call);
        let id = call.segments.get(3).copied().unwrap_or_default();
        let ticket = match self.store.get(id) {
            None => return paged.reply(&[], 0, call),
            Some(ticket) if !user.sees(ticket) => return paged.unseen(),
            Some(ticket) => ticket,
        };
        if paged::asked(call, None).iter().any(|name| name == "Parent") {
            return crashed();
        }
        let (parts, base) = (parts(ticket), base(call));
        let page = parts
            .iter()
            .skip(paged.range().start)
            .take(paged.range().len());
        let items = page.map(|part| {
            let reference = record::reference("attachment", &part.id.to_string(), &base);
            paged::item(reference, call, |name| part.field(name, &base))
        });
        paged.reply(&items.collect::<Vec<_>>(), parts.len(), call)
    }

    pub(super) fn attachment(&self, id: &str, call: &Call<'_>, user: User) -> Reply {
        let mut tickets = self.store.iter();
        let found = tickets.find_map(|ticket| {
            let part = parts(ticket)
                .into_iter()
                .find(|part| part.id.to_string() == id)?;
            Some((ticket, part))
        });
        match found {
            None => refused(500, "Internal Server Error"),
            Some((ticket, _)) if !user.sees(ticket) => refused(403, "Forbidden"),
            Some((_, part)) => answered(200, &part.printed(&base(call))),
        }
    }
}
