//! What a Roundup answers, on loopback and real.

use serde_json::json;
use ticket_core::Operation::{self, Create, Delete, Get, List, Resolve, Restore, Update};
use ticket_testkit::{Reply, ReplyFormat};

pub(crate) const OPERATIONS: &[Operation] = &[Get, List, Create, Update, Resolve, Delete, Restore];
pub(crate) const WRITES_THAT_NAME_THEIR_TICKET: &[Operation] = &[Update, Resolve];
pub(crate) const WRITES_CONFIRMED_BY_A_WORD: &[Operation] = &[Delete];

pub(crate) fn error(status: u16, words: &str) -> Reply {
    match status {
        401 => Reply::new(401, format!("Invalid Login - Invalid login{words}"))
            .header("content-type", "text/plain"),
        _ => Reply::json(
            status,
            &json!({ "error": { "status": status, "msg": words } }),
        ),
    }
}

pub(crate) fn reply_format() -> ReplyFormat {
    ReplyFormat::default()
        .rows("/data/collection", "id")
        .subject("title")
        .date("creation")
        .total("/data/@total_size")
}

/// The reply to a delete with another word than `ok`.
pub(crate) fn other_word() -> Reply {
    Reply::json(200, &json!({ "data": { "status": "queued" } }))
}
