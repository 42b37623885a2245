//! What is sent: the bodies of requests.

use serde::Serialize;
use serde_json::{Map, Value};
use ticket_http::debug_fields;

/// `{"ticket": {..}}`
#[derive(Serialize)]
pub(crate) struct Body<'a> {
    pub(crate) ticket: &'a ChangedTicket,
}

/// The fields of a new ticket, or those of a ticket to change. `Debug` prints no values.
#[derive(Clone, Default, Serialize)]
#[non_exhaustive]
pub struct ChangedTicket {
    /// The subject line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// A comment: of a new ticket, its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<NewComment>,
    /// Who asks, by name and address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester: Option<NewRequester>,
    /// Who asks, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester_id: Option<u64>,
    /// The status, such as `solved`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The priority, such as `normal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// Who works on it, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<u64>,
    /// Labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Custom fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<NewCustomField>,
    /// Other fields, by Zendesk's names.
    #[serde(flatten)]
    pub others: Map<String, Value>,
    /// Whether the ticket is changed only while it has the stamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safe_update: Option<bool>,
    /// The `updated_at` that the ticket must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_stamp: Option<String>,
}

debug_fields!(ChangedTicket {
    requester_id,
    assignee_id,
    custom_fields
});

/// A comment. `Debug` prints no text.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct NewComment {
    /// The text.
    pub body: String,
    /// Whether the requester can read it.
    pub public: bool,
    /// The tokens of uploaded files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uploads: Vec<String>,
}

debug_fields!(NewComment { public });

impl NewComment {
    /// A comment with this text.
    pub fn new(body: impl Into<String>, public: bool) -> Self {
        Self {
            body: body.into(),
            public,
            uploads: Vec::new(),
        }
    }
}

/// Who asks. `Debug` prints nothing.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct NewRequester {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address.
    pub email: String,
}

debug_fields!(NewRequester {});

impl NewRequester {
    /// Somebody with this address.
    pub fn new(name: Option<String>, email: impl Into<String>) -> Self {
        Self {
            name,
            email: email.into(),
        }
    }
}

/// The value of a custom field. `Debug` prints the id only.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct NewCustomField {
    /// The field's id.
    pub id: u64,
    /// A text, a number, a boolean, or a list of texts.
    pub value: Value,
}

debug_fields!(NewCustomField { id });

impl NewCustomField {
    /// The field `id` with this value.
    pub fn new(id: u64, value: impl Into<Value>) -> Self {
        Self {
            id,
            value: value.into(),
        }
    }
}
