//! What the calls for one batch came to.

use crate::model::ticket::TicketId;
use crate::provider::error::{Error, ErrorKind, Result};
use crate::provider::outcome::Outcome;

/// The result of the calls for one batch.
pub(super) struct Called {
    /// The outcome of each ticket, in the order of the batch. An error is about the batch as a whole: it was rejected,
    /// or no outcome can be told apart.
    pub(super) result: Result<Vec<(TicketId, Outcome)>>,
    pub(super) contact: Contact,
    /// Whether the vendor answered a read before the change.
    pub(super) is_there: bool,
    /// Why the tickets without an outcome have none, if others have one.
    pub(super) open: Option<Error>,
}

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contact {
    /// The vendor, in its own form.
    Vendor,
    /// Somebody else: a gateway, a firewall, a sign-in page.
    Stranger,
    /// Nobody, or only with an apology.
    Nobody,
    /// It cannot be told.
    Unclear,
}

impl Contact {
    /// Who sent this error.
    pub(super) fn of(error: &Error) -> Self {
        match error.kind() {
            _ if error.is_not_attempted() => Self::Unclear,
            kind if kind.is_transient() => Self::Nobody,
            ErrorKind::BadResponse => Self::Stranger,
            // No success: a pause for the quota must not end with it.
            ErrorKind::QuotaExhausted => Self::Unclear,
            _ => Self::Vendor,
        }
    }
}

impl Default for Called {
    fn default() -> Self {
        Self {
            result: Ok(Vec::new()),
            contact: Contact::Unclear,
            is_there: false,
            open: None,
        }
    }
}

impl Called {
    /// The outcome of one ticket.
    pub(super) fn settled(id: &TicketId, outcome: Outcome, contact: Contact) -> Self {
        Self {
            result: Ok(vec![(id.clone(), outcome)]),
            contact,
            ..Self::default()
        }
    }

    /// A batch that failed as a whole.
    pub(super) fn failed(error: Error) -> Self {
        Self {
            contact: Contact::of(&error),
            result: Err(error),
            ..Self::default()
        }
    }
}
