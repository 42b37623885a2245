//! What differs between the vendor's accounts, and what all of its endpoints share.

use serde_json::{Map, Value, json};

use super::record::key;
use crate::reply::Reply;
use crate::vendors::call::Call;

/// Settings that differ between the vendor's accounts.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// The `Retry-After` header of 429 replies, in seconds. The vendor documents none.
    pub(crate) retry_after: Option<u64>,
    pub(crate) max_delete: usize,
    /// The required fields of a ticket, by schema name.
    pub(crate) required_fields: Vec<String>,
    /// The accepted status names; empty accepts any.
    pub(crate) statuses: Vec<String>,
}

/// The JSON object of a request; the vendor documents 400 for any other content type.
pub(super) fn json_body(call: &Call<'_>) -> Option<Map<String, Value>> {
    let is_json = call
        .content_type()?
        .eq_ignore_ascii_case("application/json");
    if is_json { call.json_object() } else { None }
}

/// A failure with status 200, in the format of the replies to create and update.
pub(super) fn failure(id: Option<&str>, reason: &str) -> Reply {
    Reply::json(
        200,
        &json!({
            "Status": "Failure", "ReasonForFailure": reason, "Id": id, "Message": null,
            "TicketId": null, "Key": id.map(key),
        }),
    )
}
