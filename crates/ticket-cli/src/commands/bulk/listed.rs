//! Rows of `tickets list`, `find` and `get` in ndjson, as a list of tickets: one JSON object per line.
//!
//! Only such rows: they have the ticket's reference, its id, its subject and its labels. Lines with outcomes are not
//! read, because what is done must not be done again, and neither are messages.

use serde::Deserialize;
use serde::de::IgnoredAny;
use tickets::TicketRef;
use tickets::model::Version;

use crate::failure::Failure;

/// Maximum length of a row in bytes: more than any vendor's reply.
pub(super) const LONGEST_ROW: u64 = 16 * 1024 * 1024;

/// The fields that tell a row from other JSON. Texts that customers wrote are skipped, not held.
#[derive(Deserialize)]
struct Row {
    ticket: String,
    id: String,
    #[serde(rename = "subject")]
    _subject: IgnoredAny,
    #[serde(rename = "tags")]
    _tags: IgnoredAny,
    #[serde(default)]
    version: Option<Version>,
    #[serde(default)]
    outcome: Option<IgnoredAny>,
}

/// Whether a line that is not read to its end may be a row.
pub(super) fn may_be_row(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"{")
}

/// The ticket of a row, and its version if the row shows it; `None` if the line is not one.
pub(super) fn ticket(line: &str) -> Option<Result<(TicketRef, Option<Version>), Failure>> {
    let row: Row = serde_json::from_str(line).ok()?;
    if row.outcome.is_some() {
        return None;
    }
    Some(match row.ticket.parse::<TicketRef>() {
        Ok(ticket) if ticket.id.as_str() == row.id => Ok((ticket, row.version)),
        Ok(_) => Err(not_a_row()),
        Err(error) => Err(error.into()),
    })
}

/// The error for another line among rows, such as one that was cut off.
pub(super) fn not_a_row() -> Failure {
    Failure::refused("this is not a row of `tickets list` or `tickets find`")
}
