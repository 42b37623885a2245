//! What is sent.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// The body of `POST /ticket` (observed). RT drops what it does not know, without a word (observed).
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct NewTicket {
    /// The queue's name or id.
    pub queue: String,
    /// The subject.
    pub subject: String,
    /// The requesters' e-mail addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requestor: Option<String>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The media type of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<&'static str>,
    /// The priority, a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// The owner's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// A text, or a list of texts, by the name of the custom field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_fields: BTreeMap<String, Value>,
}

/// The body of `PUT /ticket/{id}` (observed).
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TicketUpdate {
    /// The subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The priority, a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// The queue's name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The owner's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// A text, or a list of texts, by the name of the custom field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_fields: BTreeMap<String, Value>,
}

/// A ticket in the body of `PUT /tickets/bulk` (observed).
#[derive(Clone, Debug, Serialize)]
pub struct DeletedTicket {
    id: u64,
    #[serde(rename = "Status")]
    status: &'static str,
}

impl DeletedTicket {
    /// The ticket with this id, to delete.
    pub fn new(id: u64) -> Self {
        Self {
            id,
            status: "deleted",
        }
    }
}

/// The body of `POST /ticket/{id}/comment` and `/correspond` (observed).
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct NewMessage {
    /// The text.
    pub content: String,
    /// Its media type. Without it the call is refused (observed).
    pub content_type: &'static str,
}

/// The query of `GET /tickets` (observed).
#[derive(Clone, Debug, Default)]
pub struct TicketSearch {
    /// The query, in RT's language `TicketSQL`. RT finds nothing without one (observed).
    pub query: String,
    /// The page, from 1.
    pub page: u64,
    /// The tickets per page, at most 100 (observed).
    pub per_page: u32,
    /// The fields to sort by, each with `ASC` or `DESC`.
    pub order: Vec<(&'static str, &'static str)>,
}
