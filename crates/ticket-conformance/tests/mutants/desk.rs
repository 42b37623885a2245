//! A vendor in memory: tickets, a journal, and what can go wrong on the way. Knows nothing of the provider.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use ticket_conformance::{Fault, FaultTarget, ReceivedRequest};

use crate::files::{file_at, files_of};
use crate::odd;

pub(crate) const KEY: &str = "canary/desk-key+4711=";
pub(crate) const PAGE: usize = 3;
/// The word that confirms a write.
pub(crate) const CONFIRMED: &str = "done";
pub(crate) const TOKEN_EXPIRED: &str = "the token has expired";

pub(crate) struct Request {
    pub(crate) method: &'static str,
    /// Path and query, encoded.
    pub(crate) path: String,
    pub(crate) body: String,
    pub(crate) key: String,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) retry_after: Option<String>,
    /// The coding of the body, which is then not text.
    pub(crate) coding: Option<&'static str>,
    pub(crate) never_ends: bool,
}

/// Why there is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    Refused,
    Lost,
}

#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) fields: Value,
    /// JSON to the letter, behind the other fields.
    pub(crate) extra: Option<String>,
    pub(crate) messages: Vec<String>,
    version: u64,
    pub(crate) is_retired: bool,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) tickets: BTreeMap<u64, Stored>,
    last: u64,
    pub(crate) journal: Vec<ReceivedRequest>,
    faults: VecDeque<(FaultTarget, Fault)>,
    pub(crate) unreachable: bool,
    pub(crate) modes: Modes,
    /// Which ticket leads to which other one.
    pub(crate) merged: BTreeMap<u64, u64>,
    /// Deleted tickets that the next read still shows.
    lagging: BTreeMap<u64, Stored>,
    /// How many requests are still answered that the token has expired.
    expired: u32,
    /// What came of accepted deletes, and how often that was asked for.
    jobs: Vec<(Value, u32)>,
    /// The tickets that were created with an idempotency key.
    created: BTreeMap<String, u64>,
}

/// How the desk differs from other vendors.
#[derive(Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "vendors differ in one or the other, independently"
)]
pub(crate) struct Modes {
    /// A new ticket has the highest id plus 1, even if a deleted one had it.
    pub(crate) reuses_ids: bool,
    /// The first read after a delete still shows the ticket.
    pub(crate) lags: bool,
    /// An id ends where its digits end.
    pub(crate) is_lenient: bool,
    /// A deleted ticket is hidden in lists only, and each write must name the version. A list ends with a page that is not
    /// full, and past the end its total is not true.
    pub(crate) retires: bool,
    /// How long the desk takes to answer.
    pub(crate) is_slow_by: Duration,
}

#[derive(Default)]
pub(crate) struct Desk(Mutex<State>);

impl Desk {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn add(&self, fields: Value) -> u64 {
        self.lock().add(fields)
    }

    pub(crate) fn inject(&self, fault: Fault, target: FaultTarget) {
        let mut state = self.lock();
        match fault {
            Fault::NoConnection => state.unreachable = true,
            // Once for the token in use, and twice for the next one.
            Fault::FreshTokenRefused => state.expired = 3,
            fault => state.faults.push_back((target, fault)),
        }
    }

    pub(crate) fn withdraw_faults(&self) {
        self.lock().faults.clear();
    }

    pub(crate) async fn serve(&self, request: Request) -> Result<Reply, Broken> {
        tokio::task::yield_now().await;
        let wait = self.lock().modes.is_slow_by;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let reply = self.lock().answer(&request);
        let reply = match reply {
            Some(reply) => reply,
            None => std::future::pending().await,
        };
        tokio::task::yield_now().await;
        reply
    }
}

impl State {
    fn add(&mut self, fields: Value) -> u64 {
        self.last += 1;
        let id = if self.modes.reuses_ids {
            self.tickets.keys().last().map_or(1001, |last| last + 1)
        } else {
            1000 + self.last
        };
        let stored = Stored {
            fields,
            extra: None,
            messages: Vec::new(),
            version: 1,
            is_retired: false,
        };
        self.tickets.insert(id, stored);
        id
    }

    /// `None` where no reply ever comes.
    fn answer(&mut self, request: &Request) -> Option<Result<Reply, Broken>> {
        if self.unreachable {
            return Some(Err(Broken::Refused));
        }
        if self.expired > 0 {
            self.expired -= 1;
            return Some(Ok(error(401, TOKEN_EXPIRED)));
        }
        let is_write = request.method != "GET";
        let mut faults = self.faults.iter();
        let hit = faults.position(|(target, _)| target.is_hit_by(is_write));
        let fault = hit.and_then(|index| Some(self.faults.remove(index)?.1));
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let (reply, took_effect) = if fault.as_ref().is_some_and(|fault| !odd::acts(fault)) {
            (plain(200, String::new()), false)
        } else if request.key == KEY {
            self.act_about(request, path, query, fault.as_ref())
        } else {
            (error(401, "the key is unknown"), false)
        };
        let answer = odd::faulted(fault, reply);
        let seen = if is_write {
            ReceivedRequest::write()
        } else {
            ReceivedRequest::read()
        };
        let mut seen = seen
            .took_effect(took_effect)
            .path(&request.path)
            .text(&request.body);
        if let Some(Ok(reply)) = &answer {
            seen = seen.status(reply.status);
        }
        self.journal.push(seen);
        answer
    }

    /// Like `act`, but with `AboutAnother` the named ticket leads to the other one, for this request.
    fn act_about(
        &mut self,
        request: &Request,
        path: &str,
        query: &str,
        fault: Option<&Fault>,
    ) -> (Reply, bool) {
        let Some(Fault::AboutAnother { asked, other }) = fault else {
            return self.act(request, path, query);
        };
        let asked = self.number(asked.as_str()).unwrap();
        self.merged
            .insert(asked, self.number(other.as_str()).unwrap());
        let reply = self.act(request, path, query);
        self.merged.remove(&asked);
        reply
    }

    /// The number of a ticket that is meant by this id, through merges.
    fn meant(&self, id: &str) -> Option<u64> {
        let number = self.number(id)?;
        Some(*self.merged.get(&number).unwrap_or(&number))
    }

    /// Ids are decimal numbers, written in one way.
    fn number(&self, id: &str) -> Option<u64> {
        if self.modes.is_lenient {
            let end = id.find(|c: char| !c.is_ascii_digit());
            return id[..end.unwrap_or(id.len())].parse().ok();
        }
        id.parse()
            .ok()
            .filter(|number: &u64| number.to_string() == id)
    }

    /// A ticket is created once for each key.
    fn create(&mut self, mut fields: Value) -> (Reply, bool) {
        let once = fields.as_object_mut().and_then(|all| all.remove("once"));
        let once = once.as_ref().and_then(Value::as_str).unwrap_or_default();
        if let Some(id) = self.created.get(once) {
            return (done(json!({"id": id, "again": true})), false);
        }
        fields["status"] = json!("open");
        let id = self.add(fields);
        if !once.is_empty() {
            self.created.insert(once.to_owned(), id);
        }
        (done(json!({"id": id})), true)
    }

    fn remove(&mut self, body: &Value) -> (Reply, bool) {
        let (mut deleted, mut missing) = (Vec::new(), Vec::new());
        for id in body["ids"].as_array().into_iter().flatten() {
            let meant = self.meant(id.as_str().unwrap_or_default());
            let gone = meant
                .filter(|number| {
                    let ticket = self.tickets.get(number);
                    let is_open = ticket.is_some_and(|one| one.fields["status"] == "open");
                    is_open || body["open_only"] != true
                })
                .and_then(|number| self.tickets.remove_entry(&number));
            if let Some((number, gone)) = gone {
                if self.modes.lags {
                    self.lagging.insert(number, gone);
                }
                &mut deleted
            } else {
                &mut missing
            }
            .push(id.clone());
        }
        let effect = !deleted.is_empty();
        let reply = json!({"deleted": deleted, "missing": missing});
        (done(reply), effect)
    }

    fn act(&mut self, request: &Request, path: &str, query: &str) -> (Reply, bool) {
        let segments: Vec<_> = path.split('/').skip(1).map(decode).collect();
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        match (request.method, segments.as_slice()) {
            ("GET", ["tickets"]) => (self.list(query), false),
            ("POST", ["tickets"]) => self.create(body),
            ("DELETE", ["tickets"]) if self.modes.retires => self.retire(&body),
            ("DELETE", ["tickets"]) => self.remove(&body),
            ("POST", ["jobs"]) => self.begin_job(&body),
            ("GET", ["jobs", number]) => (self.job(number), false),
            // A file that no ticket has yet.
            ("POST", ["uploads"]) => (done(json!({})), false),
            ("GET", ["messages"]) => {
                let all = self.tickets.values().flat_map(|ticket| &ticket.messages);
                (page_of_messages(all, query), false)
            }
            (method, ["tickets", id, rest @ ..]) => {
                let retires = self.modes.retires;
                let meant = self.meant(id);
                let lagging = meant.and_then(|id| self.lagging.remove_entry(&id));
                if let (Some((id, ticket)), "GET") = (&lagging, method) {
                    return (plain(200, printed(*id, ticket)), false);
                }
                let ticket = meant.and_then(|id| Some((id, self.tickets.get_mut(&id)?)));
                let Some((id, ticket)) = ticket else {
                    return (error(404, "there is no such ticket"), false);
                };
                match (method, rest) {
                    ("GET", []) => (plain(200, printed(id, ticket)), false),
                    ("PATCH", []) if retires && body["version"] != ticket.version => {
                        (error(412, "the ticket has another version"), false)
                    }
                    ("PATCH", []) => {
                        ticket.version += 1;
                        let locked = ticket.fields["locked"].clone();
                        let given = body.as_object().into_iter().flatten();
                        for (name, value) in given.filter(|(name, _)| locked != **name) {
                            ticket.fields[name] = value.clone();
                        }
                        (done(json!({"id": id})), true)
                    }
                    ("POST", ["resolve"]) => {
                        ticket.fields["status"] = json!("resolved");
                        (done(json!({"id": id})), true)
                    }
                    ("GET", ["files"]) => (files_of(id, &ticket.fields), false),
                    ("GET", ["files", place]) => (file_at(&ticket.fields, place), false),
                    ("POST", ["restore"]) if retires => {
                        let effect = std::mem::replace(&mut ticket.is_retired, false);
                        (done(json!({"id": id})), effect)
                    }
                    ("POST", [way @ ("purge" | "erase")])
                        if retires && (ticket.is_retired || *way == "erase") =>
                    {
                        self.tickets.remove(&id);
                        (done(json!({"id": id})), true)
                    }
                    ("POST", ["purge"]) if retires => {
                        (error(404, "there is no such ticket"), false)
                    }
                    ("POST", ["move"]) if retires => {
                        ticket.is_retired = !ticket.is_retired;
                        (done(json!({"id": id})), true)
                    }
                    ("POST", ["seen"]) => (done(json!({"id": id})), true),
                    ("GET", ["messages"]) => {
                        (page_of_messages(ticket.messages.iter(), query), false)
                    }
                    ("POST", ["comments"]) => {
                        let text = body["text"].as_str().unwrap_or_default();
                        ticket.messages.push(text.to_owned());
                        (done(json!({"id": id})), true)
                    }
                    _ => (error(404, "there is no such address"), false),
                }
            }
            _ => (error(404, "there is no such address"), false),
        }
    }

    /// Deletes tickets at once, and tells it later.
    fn begin_job(&mut self, body: &Value) -> (Reply, bool) {
        let request = Request {
            method: "DELETE",
            path: "/tickets".to_owned(),
            body: json!({"ids": body["ids"]}).to_string(),
            key: String::new(),
        };
        let (reply, effect) = self.act(&request, "/tickets", "");
        let result = serde_json::from_str(&reply.body).unwrap_or_default();
        self.jobs.push((result, 0));
        (done(json!({"job": self.jobs.len()})), effect)
    }

    fn job(&mut self, number: &str) -> Reply {
        let place = number.parse().ok();
        let place = place.and_then(|number: usize| number.checked_sub(1));
        match place.and_then(|place| self.jobs.get_mut(place)) {
            None => error(404, "there is no such job"),
            Some((_, asked @ 0)) => {
                *asked += 1;
                plain(200, json!({"state": "working"}).to_string())
            }
            Some((result, _)) => plain(200, result.to_string()),
        }
    }

    /// Deletes one ticket, for who knows its version; a retired one again.
    fn retire(&mut self, body: &Value) -> (Reply, bool) {
        let id = body["ids"][0].as_str().unwrap_or_default();
        let meant = self.meant(id);
        let Some(ticket) = meant.and_then(|number| self.tickets.get_mut(&number)) else {
            return (error(404, "there is no such ticket"), false);
        };
        if body["version"] != ticket.version {
            return (error(412, "the ticket has another version"), false);
        }
        let effect = !ticket.is_retired;
        ticket.is_retired = true;
        (done(json!({"deleted": [id]})), effect)
    }

    fn list(&self, query: &str) -> Reply {
        let count = |name: &str| parameter(query, name).and_then(|text| text.parse().ok());
        let (from, limit) = (count("from").unwrap_or(0), count("limit").unwrap_or(PAGE));
        let search = parameter(query, "search").unwrap_or_default();
        let requester = parameter(query, "requester").map(|requester| decode(&requester));
        let only = parameter(query, "id").map(|id| self.meant(&decode(&id)));
        let shows_retired = parameter(query, "retired").is_some();
        let wanted = |id: u64, ticket: &Stored| {
            let is_hidden = ticket.is_retired && !shows_retired;
            if is_hidden || only.is_some_and(|only| only != Some(id)) {
                return false;
            }
            let email = ticket.fields["email"].as_str().unwrap_or_default();
            if requester
                .as_ref()
                .is_some_and(|of| !email.eq_ignore_ascii_case(of))
            {
                return false;
            }
            let found = ticket.fields["subject"].to_string().contains(&search);
            found
                && match parameter(query, "state").as_deref() {
                    Some("open") => ticket.fields["status"] == "open",
                    Some("closed") => ticket.fields["status"] != "open",
                    _ => true,
                }
        };
        let all: Vec<_> = self
            .tickets
            .iter()
            .filter(|(id, ticket)| wanted(**id, ticket))
            .collect();
        let rows: Vec<String> = all
            .iter()
            .skip(from)
            .take(limit)
            .map(|(id, ticket)| printed(**id, ticket))
            .collect();
        let end = from.saturating_add(rows.len());
        let is_full = self.modes.retires && rows.len() == limit;
        let next = if end < all.len() || is_full {
            json!(end)
        } else {
            Value::Null
        };
        let is_past_the_end = self.modes.retires && from > 0 && rows.is_empty();
        let total = if is_past_the_end { 294 } else { all.len() };
        plain(
            200,
            format!(
                r#"{{"tickets":[{}],"next":{next},"total":{total}}}"#,
                rows.join(","),
            ),
        )
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(known, _)| *known == name)?;
    Some(value.to_owned())
}

fn page_of_messages<'a>(texts: impl Iterator<Item = &'a String>, query: &str) -> Reply {
    let from = parameter(query, "from").and_then(|text| text.parse().ok());
    let from: usize = from.unwrap_or(0);
    let texts: Vec<_> = texts.map(|text| json!({"text": text})).collect();
    let (end, all) = (from.saturating_add(PAGE), texts.len());
    let next = (end < all).then_some(end);
    let page: Vec<_> = texts.into_iter().skip(from).take(PAGE).collect();
    plain(200, json!({"messages": page, "next": next}).to_string())
}

fn printed(id: u64, ticket: &Stored) -> String {
    let mut fields = ticket.fields.clone();
    fields["id"] = json!(id);
    fields["version"] = json!(ticket.version);
    let mut text = fields.to_string();
    if let Some(extra) = &ticket.extra {
        text.pop();
        text = format!("{text},{extra}}}");
    }
    text
}

pub(crate) fn plain(status: u16, body: String) -> Reply {
    Reply {
        status,
        body,
        retry_after: None,
        coding: None,
        never_ends: false,
    }
}

/// A success that confirms a write.
fn done(mut reply: Value) -> Reply {
    reply["result"] = json!(CONFIRMED);
    plain(200, reply.to_string())
}

pub(crate) fn error(status: u16, words: &str) -> Reply {
    plain(status, json!({"error": words}).to_string())
}

fn decode(segment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let pair = tail
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
