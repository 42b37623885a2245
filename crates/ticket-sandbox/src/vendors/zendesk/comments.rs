//! The comments of a ticket: its text is the first one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::change::includes_users;
use super::list::Asked;
use super::record::{AGENT, attribute};
use super::{Zendesk, host, invalid, json_reply, not_found, with};
use crate::reply::Reply;
use crate::store::{LogEntry, Message, Ticket};
use crate::ticket::MessageKind;
use crate::vendors::call::{Call, object};

impl Zendesk {
    pub(super) fn comments(&self, call: &Call<'_>) -> Reply {
        let id = call.segments.iter().rev().nth(1).copied();
        let Some(ticket) = self.live(id.unwrap_or_default()) else {
            return not_found();
        };
        let asked = match Asked::of(call, "comments") {
            Ok(asked) => asked,
            Err(refused) => return refused,
        };
        let messages: Vec<&Message> = ticket.messages.iter().collect();
        let (rows, page) = asked.page(messages, |message| message.number);
        let host = host(call);
        let rows = rows
            .iter()
            .map(|message| self.printed(ticket, message, &host));
        let rows: Vec<Value> = rows.collect();
        let path = format!("{host}/api/v2/tickets/{}/comments.json", ticket.id);
        let mut body = page.body("comments", &rows, &path);
        if includes_users(call) {
            let authors = rows.iter().filter_map(|row| row.get("author_id")?.as_u64());
            let authors: BTreeSet<u64> = authors.collect();
            let users = authors.into_iter();
            let users = users.filter_map(|id| Some(self.users.get(&id)?.printed(id)));
            body = with(body, "users", users.collect());
        }
        json_reply(200, &body)
    }

    fn printed(&self, ticket: &Ticket, message: &Message, host: &str) -> Value {
        let requester = attribute(ticket, "requester_id");
        let author = match message.kind {
            MessageKind::Incoming | MessageKind::PortalIncoming => requester,
            _ => json!(AGENT),
        };
        let mut log = ticket.log.iter();
        let entry = log.find(|entry| entry.number == message.number);
        let author = entry
            .and_then(|entry| entry.fields.get("author_id").cloned())
            .unwrap_or(author);
        let number = message.number.to_string();
        let files = ticket.attachments.iter();
        let files = files.filter(|file| file.message.as_deref() == Some(&number));
        let files: Vec<Value> = files.map(|file| self.file(file, host)).collect();
        json!({
            "id": message.number, "type": "Comment", "author_id": author,
            "body": message.text, "html_body": format!("<p>{}</p>", message.text),
            "plain_body": message.text, "public": message.kind != MessageKind::Note,
            "attachments": files, "audit_id": message.number,
            "via": { "channel": "api" }, "created_at": message.date.utc(), "metadata": {},
        })
    }

    /// Adds a comment with its files. One without a text is refused.
    pub(super) fn add_comment(
        &mut self,
        ticket: &mut Ticket,
        comment: &Value,
        call: &Call<'_>,
    ) -> Result<(), Reply> {
        let text = ["body", "html_body"]
            .iter()
            .find_map(|name| comment.get(*name)?.as_str())
            .unwrap_or_default();
        if text.trim().is_empty() {
            return Err(invalid("comment", "Comment: Body: cannot be blank"));
        }
        let author = comment.get("author_id").and_then(Value::as_u64);
        let is_customer = author.is_some() && author == attribute(ticket, "requester_id").as_u64();
        let kind = match comment.get("public") {
            Some(Value::Bool(false)) => MessageKind::Note,
            _ if is_customer => MessageKind::Incoming,
            _ => MessageKind::Outgoing,
        };
        let message = self.store.message(kind, text, call.date);
        let tokens = comment.get("uploads").cloned().unwrap_or_default();
        self.attach(ticket, &tokens, message.number, call)?;
        ticket.log.push(LogEntry {
            number: message.number,
            kind: "comment",
            date: call.date,
            fields: object(json!({ "author_id": author.unwrap_or(AGENT) })),
        });
        ticket.messages.push(message);
        Ok(())
    }
}
