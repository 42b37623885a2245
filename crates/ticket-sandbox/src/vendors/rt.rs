//! Request Tracker 5.0.3: everything under `/REST/2.0/`.
//!
//! All of it is observed on a real server, apart from: a quota and its 429 (RT has none; a proxy in front of it may),
//! and paths and `Location` below a prefix. It differs from a real server in this: it sends no mail, so there are no
//! `EmailRecord` entries and no attachments of mails; headers of attachments have only the type and the length; links
//! between tickets are not kept, and a merge moves requesters but no history.

mod bulk;
mod create;
mod fields;
mod files;
mod list;
mod message;
mod paged;
mod query;
mod record;
mod replies;
mod steps;
mod update;
mod user;

use serde_json::{Map, Value, json};

use super::call::{Call, VendorServer};
use crate::calendar::Date;
use crate::quota::Counter;
use crate::reply::{ErrorFormat, Reply};
use crate::store::{List, LogEntry, Message, Store, Ticket};
use crate::ticket::{MessageKind, TicketRecord, TicketSeed};
use crate::vendor::Endpoint;
use fields::{is_inactive, queue};
use replies::{
    JSON_PLAIN, JSON_QUOTED, answered, base, crashed, json_body, location, refused, wrong_method,
};
use user::User;

#[derive(Debug)]
pub(crate) struct Rt {
    store: Store,
    counter: Option<Counter>,
    next_attachment: u64,
}

impl Rt {
    pub(crate) fn new(counter: Option<Counter>) -> Self {
        Self {
            store: Store::new(1, 33, place),
            counter,
            next_attachment: 1,
        }
    }

    pub(crate) fn seed(&mut self, date: Date) {
        for seed in [
            TicketSeed::new("Printer on fire")
                .description("Smoke and flames.")
                .attribute("Requestor", json!(["ann@example.com"]))
                .attribute("Priority", "50"),
            TicketSeed::new("Refund")
                .description("<p>Hello</p>")
                .attribute("Requestor", json!(["bob@example.com", "carl@example.com"]))
                .attribute("Cc", json!(["dora@example.com"]))
                .attribute("Queue", "Billing")
                .attribute("Due", "2026-12-24T18:00:00Z")
                .attribute(
                    "CustomFields",
                    json!({ "Order": ["A-1"], "Labels": ["vip", "late"] }),
                ),
            TicketSeed::new("Solved long ago").closed(),
            TicketSeed::new("Buy now").attribute("Status", "deleted"),
            TicketSeed::new("Not to be changed by this account").locked(),
            TicketSeed::new("Not to be seen by this account").owned_by_other(),
        ] {
            self.add(seed, date);
        }
    }

    fn attachment_number(&mut self) -> u64 {
        self.next_attachment += 1;
        self.next_attachment - 1
    }

    fn entry(
        &mut self,
        kind: &'static str,
        date: Date,
        by: &str,
        fields: Map<String, Value>,
    ) -> LogEntry {
        let mut fields = fields;
        if by != User::Root.name() {
            fields.insert("Creator".into(), by.into());
        }
        LogEntry {
            number: self.store.message_number(),
            kind,
            date,
            fields,
        }
    }

    /// The ticket of a path, or the reply if there is none or the user does not see it.
    fn visible(&self, call: &Call<'_>, user: User) -> Result<&Ticket, Reply> {
        let id = call.segments.get(3).copied().unwrap_or_default();
        match self.store.get(id) {
            None => Err(refused(404, "Not Found")),
            Some(ticket) if !user.sees(ticket) => Err(refused(403, "Forbidden")),
            Some(ticket) => Ok(ticket),
        }
    }

    fn get(&self, call: &Call<'_>, user: User) -> Reply {
        let ticket = match self.visible(call, user) {
            Ok(ticket) => ticket,
            Err(refused) => return refused,
        };
        let (etag, date) = (etag(ticket), fields::text(ticket, "LastUpdated"));
        let known = call.header("if-none-match");
        let reply = if known == Some(etag.as_str()) {
            Reply::empty(304)
        } else {
            answered(
                200,
                &Value::Object(record::printed(ticket, call, user, &base(call))),
            )
        };
        reply.header("etag", etag).header("last-modified", date)
    }

    fn delete(&mut self, call: &Call<'_>, user: User) -> Reply {
        let ticket = match self.visible(call, user) {
            Ok(ticket) => ticket,
            Err(refused) => return refused,
        };
        if let Err(refused) = if_match(call, ticket) {
            return refused;
        }
        if ticket.deleted || !user.changes(ticket) {
            return refused(500, "Internal Server Error");
        }
        let id = ticket.id.clone();
        self.set_status(&id, "deleted", call.date, user);
        Reply::empty(204)
            .header("content-type", JSON_QUOTED)
            .changed_state()
    }
}

/// The tag of a ticket's present version: the number of the last entry of its log.
fn etag(ticket: &Ticket) -> String {
    let last = ticket.log.last().map_or(0, |entry| entry.number);
    format!("\"{last}\"")
}

fn if_match(call: &Call<'_>, ticket: &Ticket) -> Result<(), Reply> {
    match call.header("if-match") {
        Some(tag) if tag != etag(ticket) => Err(refused(412, "Precondition Failed")),
        _ => Ok(()),
    }
}

/// The calls by path, each with the methods that RT names in `Allow`.
fn route(segments: &[&str]) -> Option<&'static str> {
    let ["REST", "2.0", path @ ..] = segments else {
        return None;
    };
    let is_number = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    Some(match path {
        ["rt"] => "GET, HEAD",
        ["queues", "all"] | ["tickets"] => "GET, HEAD, POST",
        ["tickets", "bulk"] => "PUT, POST",
        ["ticket"] => "POST",
        ["ticket", id] if is_number(id) => "GET, HEAD, DELETE, PUT, POST",
        ["ticket", id, "history" | "attachments"] if is_number(id) => "GET, HEAD, POST",
        ["ticket", id, "comment" | "correspond"] if is_number(id) => "POST",
        ["attachment", id] if is_number(id) => "GET, HEAD",
        _ => return None,
    })
}

impl VendorServer for Rt {
    /// The bulk call is a delete, since that is what it is used for. A method that a path does not have belongs to
    /// the endpoint that the path has.
    fn endpoint(&self, method: &str, segments: &[&str]) -> Option<Endpoint> {
        route(segments)?;
        Some(match (segments.get(2..)?, method) {
            (["rt"] | ["queues", ..], _) => Endpoint::Lookup,
            (["tickets"], _) => Endpoint::List,
            (["tickets", "bulk"], "POST") | (["ticket"], _) => Endpoint::Create,
            (["tickets", "bulk"], _) | (["ticket", _], "DELETE") => Endpoint::Delete,
            (["ticket", _], "PUT" | "POST" | "PATCH") => Endpoint::Update,
            (["ticket", _], _) => Endpoint::Get,
            (["ticket", _, "history"], _) => Endpoint::Messages,
            (["ticket", _, "attachments"] | ["attachment", _], _) => Endpoint::Attachments,
            _ => Endpoint::Comment,
        })
    }

    fn knows(&self, call: &Call<'_>) -> bool {
        User::of(call).is_some()
    }

    fn admit(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Result<(), Reply> {
        if User::of(call).is_none() {
            return Err(self.error(Some(endpoint), 401));
        }
        let mut counter = self.counter.as_mut();
        if counter
            .as_mut()
            .is_none_or(|counter| counter.admit(call.now))
        {
            Ok(())
        } else {
            Err(self.error(Some(endpoint), 429))
        }
    }

    fn named_ids(&self, endpoint: Endpoint, call: &Call<'_>) -> Vec<String> {
        match call.segments.get(2..) {
            Some(["ticket", id, ..]) => vec![(*id).to_owned()],
            Some(["tickets", "bulk"]) if endpoint == Endpoint::Delete => bulk::named_ids(call),
            _ => Vec::new(),
        }
    }

    fn call(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Reply {
        let (Some(user), Some(allowed)) = (User::of(call), route(call.segments)) else {
            return self.no_endpoint();
        };
        if call.method == "PATCH" {
            return refused(501, "Not Implemented");
        }
        match (call.segments, call.method) {
            (["REST", "2.0", "ticket"], "GET" | "HEAD") => return self.no_endpoint(),
            (["REST", "2.0", "ticket"], "PUT") => return self.update(call, user),
            _ => {}
        }
        if !allowed.split(", ").any(|method| method == call.method) {
            return wrong_method(allowed);
        }
        match (endpoint, call.segments.get(2..).unwrap_or_default()) {
            (Endpoint::Lookup, ["rt"]) => answered(
                200,
                &json!({ "Version": "5.0.3+dfsg-3~deb12u6", "Plugins": [] }),
            ),
            (Endpoint::Lookup, _) => list::queues(call),
            (Endpoint::List, _) => self.list(call, user),
            (Endpoint::Get, _) => self.get(call, user),
            (Endpoint::Create, ["ticket"]) => self.create(call, user),
            (Endpoint::Create, _) => self.create_many(call, user),
            (Endpoint::Update, _) => self.update(call, user),
            (Endpoint::Delete, ["tickets", _]) => self.update_many(call, user),
            (Endpoint::Delete, _) => self.delete(call, user),
            (Endpoint::Messages, _) => self.history(call, user),
            (Endpoint::Attachments, ["attachment", id]) => self.attachment(id, call, user),
            (Endpoint::Attachments, _) => self.attachments(call, user),
            (Endpoint::Comment, _) => self.comment(call, user),
            _ => self.no_endpoint(),
        }
    }

    fn add(&mut self, seed: TicketSeed, date: Date) -> String {
        let mut ticket = self.store.ticket(seed, date);
        if let Some(Value::String(status)) = ticket.changes.get("Status") {
            ticket.closed = is_inactive(status);
            ticket.deleted = status == "deleted";
        } else if ticket.closed {
            ticket.changes.insert("Status".into(), "resolved".into());
        }
        if ticket.closed {
            for name in ["Started", "Resolved"] {
                let dated = ticket.changes.entry(name);
                dated.or_insert_with(|| date.utc().into());
            }
        }
        let mut fields = Map::new();
        if !ticket.description.is_empty() {
            fields.insert("Text".into(), self.attachment_number().into());
        }
        let entry = self.entry("Create", date, User::Root.name(), fields);
        ticket.log.push(entry);
        let id = ticket.id.clone();
        self.store.insert(ticket);
        id
    }

    /// A message of a customer is a correspondence by the first requester.
    fn add_message(
        &mut self,
        id: &str,
        kind: MessageKind,
        text: &str,
        date: Date,
    ) -> Option<String> {
        let ticket = self.store.get(id)?;
        let by = match kind {
            MessageKind::Incoming | MessageKind::PortalIncoming => {
                let requesters = fields::list(ticket, "Requestor");
                requesters
                    .into_iter()
                    .next()
                    .unwrap_or_else(|| "customer@example.com".to_owned())
            }
            _ => User::Root.name().to_owned(),
        };
        let word = if kind == MessageKind::Note {
            "Comment"
        } else {
            "Correspond"
        };
        let fields = message::parts_of(self.attachment_number(), "text/plain");
        let entry = self.entry(word, date, &by, fields);
        let number = entry.number;
        let message = Message {
            number,
            kind,
            text: text.to_owned(),
            date,
        };
        self.store.change(id, |ticket| {
            ticket.messages.push(message);
            fields::touch(ticket, entry);
        })?;
        Some(number.to_string())
    }

    fn record(&self, ticket: &Ticket) -> TicketRecord {
        ticket.record(fields::all(ticket))
    }

    fn store(&self) -> &Store {
        &self.store
    }

    fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }
}

/// All tickets are in one list, in order of their ids.
#[expect(clippy::unnecessary_wraps, reason = "the signature is the store's")]
fn place(ticket: &Ticket) -> Option<(List, u64)> {
    Some((List::Open, ticket.id.parse().unwrap_or(u64::MAX)))
}

impl ErrorFormat for Rt {
    fn error(&self, _endpoint: Option<Endpoint>, status: u16) -> Reply {
        let reason = hyper::StatusCode::from_u16(status).ok();
        let reason = reason.and_then(|status| status.canonical_reason());
        refused(status, reason.unwrap_or("Error"))
    }

    fn error_inside_200(&self) -> Reply {
        refused(200, "Internal Server Error")
    }

    fn no_endpoint(&self) -> Reply {
        refused(404, "Not Found")
    }
}
