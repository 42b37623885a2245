//! How the vendor answers. To be done: as its pages say.

use serde_json::{Value, json};

use super::{Reply, Request, State};

/// What the vendor accepts.
pub(crate) const KEY: &str = "acme-conformance-key";

/// A ticket as it is when it is new.
pub(super) fn new_ticket(id: &str) -> Value {
    json!({ "id": id, "subject": "Card refused", "description": "The till says: declined.", "status": "open" })
}

/// The vendor's form of an error.
pub(super) fn error(status: u16, words: &str) -> Reply {
    Reply::json(status, &json!({ "message": words }))
}

/// One branch per endpoint.
pub(super) fn answer(state: &mut State, request: &Request) -> Reply {
    if request.header("authorization") != Some(&format!("Bearer {KEY}")) {
        return error(401, "unknown key");
    }
    let (path, _query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["tickets", id]) => match state.tickets.get(*id) {
            Some(ticket) => Reply::json(200, ticket),
            None => error(404, "no such ticket"),
        },
        ("DELETE", ["tickets", id]) => match state.tickets.remove(*id) {
            Some(_) => Reply::empty(204),
            None => error(404, "no such ticket"),
        },
        _ => Reply::empty(404),
    }
}
