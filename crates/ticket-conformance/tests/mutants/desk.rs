//! A vendor in memory: tickets, a journal, and what can go wrong on the way. Knows nothing of the provider.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use serde_json::{Value, json};
use ticket_conformance::{Fault, Seen};

pub(crate) const KEY: &str = "canary/desk-key+4711=";
pub(crate) const PAGE: usize = 3;

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
    pub(crate) retry_after: Option<u64>,
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
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) tickets: BTreeMap<u64, Stored>,
    last: u64,
    pub(crate) journal: Vec<Seen>,
    faults: VecDeque<Fault>,
    pub(crate) unreachable: bool,
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

    pub(crate) fn inject(&self, fault: Fault) {
        let mut state = self.lock();
        match fault {
            Fault::NoConnection => state.unreachable = true,
            fault => state.faults.push_back(fault),
        }
    }

    pub(crate) async fn serve(&self, request: Request) -> Result<Reply, Broken> {
        tokio::task::yield_now().await;
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
        let id = 1000 + self.last;
        let stored = Stored {
            fields,
            extra: None,
            messages: Vec::new(),
        };
        self.tickets.insert(id, stored);
        id
    }

    /// `None` where no reply ever comes.
    fn answer(&mut self, request: &Request) -> Option<Result<Reply, Broken>> {
        if self.unreachable {
            return Some(Err(Broken::Refused));
        }
        let fault = self.faults.pop_front();
        let acts = match &fault {
            None => true,
            Some(fault) => matches!(
                fault,
                Fault::LostResponse
                    | Fault::StatusAfterEffect(_)
                    | Fault::Truncated
                    | Fault::Empty
                    | Fault::WrongTypes
                    | Fault::Oversized
                    | Fault::NeverAnswers
                    | Fault::NeverEnds
            ),
        };
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let (mut reply, took_effect) = if !acts {
            (plain(200, String::new()), false)
        } else if request.key == KEY {
            self.act(request, path, query)
        } else {
            (error(401, "the key is unknown"), false)
        };
        let is_write = request.method != "GET";
        self.journal.push(
            if is_write {
                Seen::write()
            } else {
                Seen::read()
            }
            .took_effect(took_effect)
            .path(&request.path)
            .text(&request.body),
        );
        Some(Ok(match fault {
            None => reply,
            Some(Fault::ConnectionReset | Fault::LostResponse) => return Some(Err(Broken::Lost)),
            Some(Fault::Status(status) | Fault::StatusAfterEffect(status)) => error(status, "no"),
            Some(Fault::RateLimited { retry_after }) => Reply {
                retry_after: retry_after.map(|wait| wait.as_secs()),
                ..error(429, "too many calls")
            },
            Some(Fault::Words { status, words }) => error(status, &words),
            Some(Fault::Malformed) => plain(200, "[\"what is this\"".to_owned()),
            Some(Fault::Truncated) => {
                reply.body.truncate(reply.body.len() / 2);
                reply
            }
            Some(Fault::Empty) => plain(200, String::new()),
            Some(Fault::WebPage { status }) => plain(status, "<html>Sign in</html>".to_owned()),
            Some(Fault::WrongTypes) => {
                if let Ok(mut json) = serde_json::from_str(&reply.body) {
                    swap(&mut json);
                    reply.body = json.to_string();
                }
                reply
            }
            Some(Fault::Oversized) => {
                reply.body.push_str(&" ".repeat(100_000));
                reply
            }
            Some(Fault::NamesNoTicket) => {
                plain(200, json!({"deleted": [], "missing": []}).to_string())
            }
            Some(Fault::NeverAnswers) => return None,
            Some(Fault::NeverEnds) => Reply {
                never_ends: true,
                ..reply
            },
            Some(Fault::Redirect { status }) => plain(status, "/elsewhere".to_owned()),
            Some(other) => panic!("the desk does not know {other:?}"),
        }))
    }

    fn act(&mut self, request: &Request, path: &str, query: &str) -> (Reply, bool) {
        let segments: Vec<String> = path.split('/').skip(1).map(decode).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        match (request.method, segments.as_slice()) {
            ("GET", ["tickets"]) => (self.list(query), false),
            ("POST", ["tickets"]) => {
                let mut fields = body;
                fields["status"] = json!("open");
                let id = self.add(fields);
                (plain(200, json!({"id": id}).to_string()), true)
            }
            ("DELETE", ["tickets"]) => {
                let (mut deleted, mut missing) = (Vec::new(), Vec::new());
                for id in body["ids"].as_array().into_iter().flatten() {
                    let gone = number(id.as_str().unwrap_or_default())
                        .filter(|number| {
                            let ticket = self.tickets.get(number);
                            let is_open = ticket.is_some_and(|one| one.fields["status"] == "open");
                            is_open || body["open_only"] != true
                        })
                        .and_then(|number| self.tickets.remove(&number));
                    if gone.is_some() {
                        &mut deleted
                    } else {
                        &mut missing
                    }
                    .push(id.clone());
                }
                let effect = !deleted.is_empty();
                let reply = json!({"deleted": deleted, "missing": missing});
                (plain(200, reply.to_string()), effect)
            }
            ("GET", ["messages"]) => {
                let all = self.tickets.values().flat_map(|ticket| &ticket.messages);
                (page_of_messages(all, query), false)
            }
            (method, ["tickets", id, rest @ ..]) => {
                let ticket = number(id).and_then(|id| Some((id, self.tickets.get_mut(&id)?)));
                let Some((id, ticket)) = ticket else {
                    return (error(404, "there is no such ticket"), false);
                };
                match (method, rest) {
                    ("GET", []) => (plain(200, printed(id, ticket)), false),
                    ("PATCH", []) => {
                        for (name, value) in body.as_object().into_iter().flatten() {
                            ticket.fields[name] = value.clone();
                        }
                        (plain(200, json!({"id": id}).to_string()), true)
                    }
                    ("POST", ["resolve"]) => {
                        ticket.fields["status"] = json!("resolved");
                        (plain(200, json!({"id": id}).to_string()), true)
                    }
                    ("POST", ["seen"]) => (plain(200, json!({"id": id}).to_string()), true),
                    ("GET", ["messages"]) => {
                        (page_of_messages(ticket.messages.iter(), query), false)
                    }
                    ("POST", ["comments"]) => {
                        let text = body["text"].as_str().unwrap_or_default();
                        ticket.messages.push(text.to_owned());
                        (plain(200, json!({"id": id}).to_string()), true)
                    }
                    _ => (error(404, "there is no such address"), false),
                }
            }
            _ => (error(404, "there is no such address"), false),
        }
    }

    fn list(&self, query: &str) -> Reply {
        let count = |name: &str| parameter(query, name).and_then(|text| text.parse().ok());
        let (from, limit) = (count("from").unwrap_or(0), count("limit").unwrap_or(PAGE));
        let search = parameter(query, "search").unwrap_or_default();
        let wanted = |ticket: &Stored| {
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
            .filter(|(_, ticket)| wanted(ticket))
            .collect();
        let rows: Vec<String> = all
            .iter()
            .skip(from)
            .take(limit)
            .map(|(id, ticket)| printed(**id, ticket))
            .collect();
        let end = from.saturating_add(rows.len());
        let next = if end < all.len() {
            json!(end)
        } else {
            Value::Null
        };
        plain(
            200,
            format!(
                r#"{{"tickets":[{}],"next":{next},"total":{}}}"#,
                rows.join(","),
                all.len()
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
    let mut text = fields.to_string();
    if let Some(extra) = &ticket.extra {
        text.pop();
        text = format!("{text},{extra}}}");
    }
    text
}

fn plain(status: u16, body: String) -> Reply {
    Reply {
        status,
        body,
        retry_after: None,
        never_ends: false,
    }
}

fn error(status: u16, words: &str) -> Reply {
    plain(status, json!({"error": words}).to_string())
}

/// Ids are decimal numbers, written in one way.
fn number(id: &str) -> Option<u64> {
    id.parse()
        .ok()
        .filter(|number: &u64| number.to_string() == id)
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

fn swap(value: &mut Value) {
    match value {
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::String(text) => *value = text.len().into(),
        Value::Array(items) => items.iter_mut().for_each(swap),
        Value::Object(fields) => fields.values_mut().for_each(swap),
        _ => {}
    }
}
