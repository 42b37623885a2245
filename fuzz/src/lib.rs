//! The bodies of `crates/tickets/tests/guards`, as functions of the fuzzer's bytes. Nothing is decided here.

#[path = "../../crates/tickets/tests/guards/bodies/mod.rs"]
#[allow(dead_code, reason = "each target uses a part of the bodies")]
mod bodies;

use bodies::{accounts, config_file, documented, replies, requests, sandbox, texts};

/// Any reply to any call.
pub fn replies(bytes: &[u8]) {
    replies::check(&replies::Case::from_bytes(bytes));
}

/// Any id, cursor and text of a call.
pub fn requests(bytes: &[u8]) {
    requests::check(&requests::Case::from_bytes(bytes));
}

/// Any text that a person writes.
pub fn texts(text: &str) {
    texts::check(text);
}

/// Any account file.
pub fn accounts(text: &str) {
    accounts::check(text);
}

/// Any configuration file.
pub fn config_file(text: &str) {
    config_file::check(text);
}

/// Any bytes on the sandbox's socket.
pub fn sandbox(bytes: &[u8]) {
    sandbox::check(&sandbox::Case::from_bytes(bytes));
}

/// Inputs of [`replies`] to begin from: what the vendors document.
pub fn documented_replies() -> impl Iterator<Item = Vec<u8>> {
    let at = |status: u16| {
        let place = replies::STATUSES.iter().position(|known| *known == status);
        place
            .and_then(|place| u8::try_from(place).ok())
            .unwrap_or_default()
    };
    documented::TEMPLATES
        .iter()
        .flat_map(move |(provider, operation, status, template)| {
            [
                "160",
                "\"1\"",
                "null",
                "true",
                "\"2026-01-26T12:32:29Z\"",
                "[]",
            ]
            .map(|value| {
                let mut bytes = vec![*provider, *operation, 0, at(*status)];
                bytes.extend_from_slice(b"5\n\napplication/json\n");
                bytes.extend_from_slice(template.replace('%', value).as_bytes());
                bytes
            })
        })
}
