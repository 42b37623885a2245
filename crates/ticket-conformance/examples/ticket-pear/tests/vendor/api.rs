//! How the vendor answers, as its page (`api.html`) says.

use serde_json::{Value, json};

use super::{Reply, Request, State};

/// What the vendor accepts.
pub(crate) const KEY: &str = "pear-conformance-key";

/// Whose key it is.
pub(crate) const EMAIL: &str = "ann@example.com";

/// The base64 of the address, a colon and the key.
pub(crate) const CREDENTIALS: &str = "YW5uQGV4YW1wbGUuY29tOnBlYXItY29uZm9ybWFuY2Uta2V5";

/// How many tickets a page of the list has.
pub(crate) const PAGE: usize = 20;

/// A ticket as it is when it is new.
pub(super) fn new_ticket(id: &str) -> Value {
    let id: u64 = id.parse().unwrap();
    json!({ "id": id, "subject": "Card refused", "description": "The till says: declined.", "status": "open" })
}

/// The vendor's form of an error.
pub(super) fn error(status: u16, words: &str) -> Reply {
    Reply::json(status, &json!({ "message": words }))
}

/// One branch per endpoint.
pub(super) fn answer(state: &mut State, request: &Request) -> Reply {
    if request.header("authorization") != Some(&format!("Basic {CREDENTIALS}")) {
        return error(401, "unknown key");
    }
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["tickets"]) => list(state, query),
        ("GET", ["tickets", id]) => match state.tickets.get(*id) {
            Some(ticket) => Reply::json(200, ticket),
            None => error(404, "no such ticket"),
        },
        ("DELETE", ["tickets", id]) => match state.tickets.remove(*id) {
            Some(_) => Reply::empty(202),
            None => error(404, "no such ticket"),
        },
        _ => Reply::empty(404),
    }
}

/// A page: the cursor is `c` and the number of tickets before it.
fn list(state: &State, query: &str) -> Reply {
    let before = match query.strip_prefix("cursor=") {
        None => Some(0),
        Some(cursor) => cursor
            .strip_prefix('c')
            .and_then(|c| c.parse::<usize>().ok()),
    };
    let Some(before) = before else {
        return error(422, "no such cursor");
    };
    let tickets: Vec<_> = state.tickets.values().skip(before).take(PAGE).collect();
    let end = before + tickets.len();
    let next = (end < state.tickets.len()).then(|| format!("c{end}"));
    Reply::json(200, &json!({ "tickets": tickets, "next": next }))
}
