//! Redmine 5: tickets, their journals and files, lists, and what a client looks up.
//!
//! Observed with Redmine 5.0.4 on `SQLite`: paths, replies, the words of refusals, what is dropped without a word, the
//! empty bodies of 401, 403, 404 and 406, ids that are given out again. Named differences: the digits of a token
//! (Redmine has the SHA-256 of the content), `filename` in `Content-Disposition` (Redmine transliterates it), the
//! numbers of journals (Redmine gives those of deleted ones out again), no logged time, no relations, no watchers, no
//! relative dates in filters, and that the priority of a ticket with subtasks is not computed from theirs. Inferred:
//! the reply of a quota, which Redmine does not have and a proxy in front of it may.

mod change;
mod fields;
mod files;
mod list;
mod lookup;
mod query;
mod record;
mod site;

use std::collections::{BTreeMap, HashSet};

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Value, json};

use super::call::{Call, VendorServer};
use crate::calendar::Date;
use crate::quota::Counter;
use crate::reply::{ErrorFormat, Reply};
use crate::store::{List, LogEntry, Store, Ticket};
use crate::ticket::{MessageKind, TicketRecord, TicketSeed};
use crate::vendor::Endpoint;
use files::File;
use record::{attributes, id_of};
use site::User;

#[derive(Debug)]
pub(crate) struct Redmine {
    store: Store,
    counter: Option<Counter>,
    /// The names of the statuses that the workflow leads to from no other.
    forbidden_statuses: Vec<String>,
    /// Whether the reporter edits tickets and adds no notes, in place of the opposite.
    reporter_edits: bool,
    /// All files that were sent and whose ticket is not deleted.
    files: BTreeMap<u64, File>,
    /// The ids of the tickets that have or had subtasks.
    parents: HashSet<String>,
}

impl Redmine {
    pub(crate) fn new(
        counter: Option<Counter>,
        forbidden_statuses: Vec<String>,
        reporter_edits: bool,
    ) -> Self {
        let mut store = Store::new(1, 1, place);
        store.reuses_ids = true;
        Self {
            store,
            counter,
            forbidden_statuses,
            reporter_edits,
            files: BTreeMap::new(),
            parents: HashSet::new(),
        }
    }

    pub(crate) fn seed(&mut self, date: Date) {
        let fields = json!([
            { "id": 1, "name": "Order", "value": "A-1" },
            { "id": 2, "name": "Labels", "multiple": true, "value": ["vip", "late"] },
        ]);
        for seed in [
            TicketSeed::new("Printer on fire")
                .description("Smoke *and* flames.")
                .attribute("tracker", site::named(3, "Support"))
                .attribute("priority", site::named(3, "High"))
                .attribute("category", site::named(1, "Billing"))
                .attribute("custom_fields", fields),
            TicketSeed::new("Paper jam").attribute("parent", json!({ "id": 1 })),
            TicketSeed::new("Old invoice").closed(),
            TicketSeed::new("Salaries").owned_by_other(),
        ] {
            self.add(seed, date);
        }
    }

    fn get(&self, call: &Call<'_>, user: Option<&User>) -> Reply {
        let found = item_id(call).and_then(|id| self.store.get(&id));
        let Some(ticket) = found else {
            return not_found();
        };
        if !may_see(ticket, user) {
            return denied(user);
        }
        if !is_json(call.last_segment()) {
            return page();
        }
        let include = call.parameter("include").unwrap_or_default();
        let issue = self.printed_with(ticket, &include, &host(call), user);
        json_reply(200, &json!({ "issue": issue }))
    }
}

impl VendorServer for Redmine {
    fn endpoint(&self, method: &str, segments: &[&str]) -> Option<Endpoint> {
        let is_read = ["GET", "HEAD"].contains(&method);
        Some(match segments {
            ["issues.json" | "issues" | "search.json"] if is_read => Endpoint::List,
            ["issues.json"] if method == "POST" => Endpoint::Create,
            ["issues.json"] if method == "DELETE" => Endpoint::Delete,
            ["uploads.json"] if method == "POST" => Endpoint::Stage,
            // The part of the name after a dot is the format.
            ["issues", name] if is_read && !stem(name).contains('.') => Endpoint::Get,
            ["issues", name] if is_json(name) && !stem(name).contains('.') => match method {
                "PUT" | "PATCH" => Endpoint::Update,
                "DELETE" => Endpoint::Delete,
                _ => return None,
            },
            ["attachments", "download", _] | ["attachments", "download", _, _] if is_read => {
                Endpoint::Attachments
            }
            ["attachments", name] if is_read && is_json(name) => Endpoint::Attachments,
            [
                "issue_statuses.json"
                | "trackers.json"
                | "projects.json"
                | "custom_fields.json"
                | "users.json",
            ]
            | ["users", "current.json"]
            | ["enumerations", "issue_priorities.json"]
            | ["projects", _, "issue_categories.json"]
            | ["projects" | "roles", _]
                if is_read =>
            {
                Endpoint::Lookup
            }
            _ => return None,
        })
    }

    fn knows(&self, call: &Call<'_>) -> bool {
        user(call).is_some()
    }

    /// Everybody is admitted: somebody without a valid key is anonymous, and reads what is public.
    fn admit(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Result<(), Reply> {
        let counter = self.counter.as_mut();
        if counter.is_none_or(|counter| counter.admit(call.now)) {
            Ok(())
        } else {
            Err(self.error(Some(endpoint), 429))
        }
    }

    fn named_ids(&self, endpoint: Endpoint, call: &Call<'_>) -> Vec<String> {
        match endpoint {
            Endpoint::Get | Endpoint::Update | Endpoint::Delete => named_by(call),
            _ => Vec::new(),
        }
    }

    fn call(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Reply {
        let user = user(call);
        let reply = match endpoint {
            Endpoint::List if call.last_segment() == "issues" => page(),
            Endpoint::List if call.last_segment() == "search.json" => self.search(call, user),
            Endpoint::List => self.list(call, user),
            Endpoint::Get => self.get(call, user),
            Endpoint::Create => self.create(call, user),
            Endpoint::Update => self.update(call, user),
            Endpoint::Delete => self.delete(call, user),
            Endpoint::Attachments => self.attachment(call, user),
            Endpoint::Stage => self.stage(call, user),
            Endpoint::Lookup => self.lookup(call, user),
            Endpoint::Authenticate
            | Endpoint::Messages
            | Endpoint::Resolve
            | Endpoint::Comment
            | Endpoint::Job => self.no_endpoint(),
        };
        tagged(reply)
    }

    fn lists_newest_first(&self) -> bool {
        true
    }

    fn add(&mut self, seed: TicketSeed, date: Date) -> String {
        let mut ticket = self.store.ticket(seed, date);
        let id = ticket.id.clone();
        for (name, value) in &mut ticket.changes {
            if let Some(entry) = value.as_str().and_then(|text| site::by_name(name, text)) {
                *value = entry;
            }
        }
        let status = id_of(&ticket, "status");
        ticket.closed |= ticket.changes.contains_key("status") && status.is_some_and(query::closes);
        let parent = id_of(&ticket, "parent");
        self.parents.extend(parent.map(|parent| parent.to_string()));
        self.store.insert(ticket);
        id
    }

    fn add_message(
        &mut self,
        id: &str,
        kind: MessageKind,
        text: &str,
        date: Date,
    ) -> Option<String> {
        self.store.get(id)?;
        let number = self.store.message_number();
        let [admin, agent] = &site::USERS;
        let user = match kind {
            MessageKind::Incoming | MessageKind::PortalIncoming => agent,
            _ => admin,
        };
        self.store.change(id, |ticket| {
            let notes = (text, kind == MessageKind::Note);
            change::add_journal(ticket, number, user, notes, &[], date);
            if let Some(message) = ticket.messages.last_mut() {
                message.kind = kind;
            }
        })?;
        Some(number.to_string())
    }

    fn record(&self, ticket: &Ticket) -> TicketRecord {
        ticket.record(attributes(ticket))
    }

    fn store(&self) -> &Store {
        &self.store
    }

    fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }
}

/// Open and closed tickets are in separate lists, in order of id.
fn place(ticket: &Ticket) -> Option<(List, u64)> {
    let list = if ticket.closed {
        List::Closed
    } else {
        List::Open
    };
    Some((list, ticket.id.parse().ok()?))
}

impl ErrorFormat for Redmine {
    fn error(&self, endpoint: Option<Endpoint>, status: u16) -> Reply {
        let words = match status {
            400 => "Bad Request",
            500 => "Internal Server Error",
            401 => return unauthorized(),
            422 => return json_reply(422, &json!({ "errors": ["Issue is invalid"] })),
            _ if endpoint == Some(Endpoint::Attachments) => return Reply::text(status, ""),
            _ => return empty(status),
        };
        json_reply(status, &json!({ "status": status, "error": words }))
    }

    fn no_endpoint(&self) -> Reply {
        json_reply(404, &json!({ "status": 404, "error": "Not Found" }))
    }

    fn error_inside_200(&self) -> Reply {
        json_reply(200, &json!({ "errors": ["Internal error"] }))
    }
}

/// The owner of the key or the password of a request; `None` is anonymous.
fn user(call: &Call<'_>) -> Option<&'static User> {
    let key = call.header("x-redmine-api-key").map(str::to_owned);
    let user = if let Some(key) = key.or_else(|| call.parameter("key")) {
        User::by_key(&key)?
    } else {
        let (login, password) = call.basic()?;
        User::by_password(&login, &password).or_else(|| User::by_key(&login))?
    };
    match call.header("x-redmine-switch-user") {
        Some(login) if user.is_admin => User::by_login(login),
        _ => Some(user),
    }
}

fn may_see(ticket: &Ticket, user: Option<&User>) -> bool {
    let is_private = id_of(ticket, "project") == Some(site::PRIVATE_PROJECT);
    !is_private || user.is_some_and(|user| user.is_admin)
}

fn is_private(journal: &LogEntry) -> bool {
    journal.fields.get("private_notes") == Some(&Value::Bool(true))
}

fn is_json(name: &str) -> bool {
    name.strip_suffix(".json").is_some()
}

/// The name in a path without its format.
fn stem(name: &str) -> &str {
    name.strip_suffix(".json").unwrap_or(name)
}

/// The id of the ticket that the path names. Like Rails, it reads the digits that the name begins with.
fn item_id(call: &Call<'_>) -> Option<String> {
    number(stem(call.last_segment()))
}

fn number(text: &str) -> Option<String> {
    let text = text.trim_start();
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text.get(..end)?.parse().ok()?;
    Some(number.to_string())
}

/// The ids of the tickets that a request names: in its path, or in parameters.
fn named_by(call: &Call<'_>) -> Vec<String> {
    if call.last_segment() != "issues.json" {
        return Vec::from_iter(item_id(call));
    }
    let parameters = form_urlencoded::parse(call.query.as_bytes());
    let ids = parameters.filter(|(name, _)| name == "ids[]");
    ids.filter_map(|(_, id)| number(&id)).collect()
}

/// The page for browsers, which a path without `.json` gets.
fn page() -> Reply {
    Reply::empty(200)
        .header("content-type", "text/html; charset=utf-8")
        .body("<!DOCTYPE html>\n<html lang=\"en\"><head><title>Redmine</title></head><body></body></html>\n")
}

/// The URL of the server, as the request names it.
fn host(call: &Call<'_>) -> String {
    let host = call.header("host").unwrap_or("127.0.0.1");
    format!("http://{host}/redmine")
}

fn json_reply(status: u16, body: &Value) -> Reply {
    json_text(status, body.to_string())
}

fn json_text(status: u16, body: String) -> Reply {
    Reply::empty(status)
        .header("content-type", "application/json; charset=utf-8")
        .body(body)
}

/// A reply without a body, which nevertheless has a media type.
/// A reply with the weak tag that every body has.
fn tagged(reply: Reply) -> Reply {
    if !matches!(reply.status, 200 | 201) || reply.body.is_empty() {
        return reply;
    }
    let mut hasher = DefaultHasher::new();
    reply.body.hash(&mut hasher);
    let digest = hasher.finish();
    reply.header("etag", format!("W/\"{digest:032x}\""))
}

fn empty(status: u16) -> Reply {
    Reply::empty(status).header("content-type", "application/json")
}

fn not_found() -> Reply {
    empty(404)
}

fn unauthorized() -> Reply {
    empty(401).header("www-authenticate", "Basic realm=\"Redmine API\"")
}

/// The refusal of what the user may not see or do.
fn denied(user: Option<&User>) -> Reply {
    match user {
        Some(_) => empty(403),
        None => unauthorized(),
    }
}
