//! How RT answers: links, content types, errors.

use serde_json::{Value, json};

use crate::reply::Reply;
use crate::vendor::Vendor;
use crate::vendors::call::Call;

/// The address that a reply's links begin with.
pub(super) fn base(call: &Call<'_>) -> String {
    let host = call.header("host").unwrap_or("localhost");
    format!("http://{host}/{}/REST/2.0", Vendor::Rt.prefix())
}

/// A path as RT names it in `Location`.
pub(super) fn location(path: &str) -> String {
    format!("/{}/REST/2.0/{path}", Vendor::Rt.prefix())
}

/// The content types of RT's replies: quoted in answers, unquoted in errors and of new tickets.
pub(super) const JSON_QUOTED: &str = "application/json; charset=\"utf-8\"";
pub(super) const JSON_PLAIN: &str = "application/json; charset=utf-8";

pub(super) fn answered(status: u16, body: &Value) -> Reply {
    Reply::empty(status)
        .header("content-type", JSON_QUOTED)
        .body(body.to_string())
}

pub(super) fn refused(status: u16, message: &str) -> Reply {
    Reply::empty(status)
        .header("content-type", JSON_PLAIN)
        .body(json!({ "message": message }).to_string())
}

/// What RT answers when it fails without a word.
pub(super) fn crashed() -> Reply {
    Reply::empty(500).header("content-type", JSON_QUOTED)
}

/// The JSON body of a call.
pub(super) fn json_body(call: &Call<'_>) -> Result<Value, Reply> {
    let is_json = call
        .content_type()
        .is_some_and(|given| given.eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(refused(415, "Unsupported Media Type"));
    }
    serde_json::from_slice(call.body.unwrap_or_default()).map_err(|error| {
        let offset = error.column();
        let message = format!(
            "JSON parse error: malformed JSON string, neither tag, array, object, number, string or \
             atom, at character offset {offset}\n"
        );
        refused(400, &message)
    })
}

/// The reply to a method that a path does not have.
pub(super) fn wrong_method(allowed: &str) -> Reply {
    refused(405, "Method Not Allowed").header("allow", allowed)
}
