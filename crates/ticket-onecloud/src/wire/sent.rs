//! What is sent: the bodies and queries of requests.

use serde::Serialize;
use ticket_http::debug_fields;

/// The body of `POST /api/ticket/create` (page `tiketcreate`). `attachment` and `file` are missing: how
/// they are sent is not documented. `Debug` prints no values.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreateTicket {
    /// The customer's name.
    pub full_name: String,
    /// The customer's e-mail address.
    pub contact: String,
    /// What it is about.
    pub subject: String,
    /// The category's name, not its id.
    pub category: String,
    /// The text.
    pub content: String,
    /// Where, as `latitude,longitude`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coordinate: Option<String>,
}

impl CreateTicket {
    /// A ticket with the five fields that the vendor requires.
    pub fn new(
        full_name: impl Into<String>,
        contact: impl Into<String>,
        subject: impl Into<String>,
        category: impl Into<String>,
        content: impl Into<String>,
    ) -> Self {
        Self {
            full_name: full_name.into(),
            contact: contact.into(),
            subject: subject.into(),
            category: category.into(),
            content: content.into(),
            coordinate: None,
        }
    }

    /// Adds where, as `latitude,longitude`.
    #[must_use]
    pub fn coordinate(mut self, coordinate: impl Into<String>) -> Self {
        self.coordinate = Some(coordinate.into());
        self
    }
}

debug_fields!(CreateTicket {});

/// The query of `GET /api/ticketrz` (page `tiketfind`). What is absent is left to the vendor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FindTickets {
    /// Only tickets after this id. The page calls it "last date"; taken for an id (inferred).
    pub since_id: Option<u64>,
    /// How many rows; 20 where absent.
    pub limit: Option<u32>,
    /// How many rows to leave out first.
    pub offset: Option<u64>,
}

impl FindTickets {
    /// The first rows.
    pub const fn new() -> Self {
        Self {
            since_id: None,
            limit: None,
            offset: None,
        }
    }

    /// Only tickets after this id.
    #[must_use]
    pub const fn since_id(mut self, id: u64) -> Self {
        self.since_id = Some(id);
        self
    }

    /// So many rows.
    #[must_use]
    pub const fn limit(mut self, rows: u32) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Leaves out so many rows.
    #[must_use]
    pub const fn offset(mut self, rows: u64) -> Self {
        self.offset = Some(rows);
        self
    }
}
