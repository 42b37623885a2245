//! What the calls for one batch came to.

use crate::model::ticket::TicketId;
use crate::provider::error::{Effect, Error, ErrorKind, Result};
use crate::provider::outcome::Outcome;

/// How many answers in a row may come from somebody else than the vendor.
pub(super) const MAX_STRANGERS: u32 = 5;

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

/// Whether the vendor rejected a batch as it is: one of its tickets may be the reason.
pub(super) fn is_refusal(error: &Error) -> bool {
    let is_about_tickets = matches!(
        error.kind(),
        ErrorKind::InvalidInput | ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Forbidden
    );
    is_about_tickets && error.effect() == Effect::None
}

/// Whether a batch was rejected in another form than the vendor's, which may be the vendor's all the same: some document
/// no form. If it is not, five answers in a row end the splitting.
pub(super) fn is_foreign_refusal(error: &Error) -> bool {
    let is_of_the_batch = error
        .status()
        .is_some_and(|status| (400..500).contains(&status) && ![401, 407, 429].contains(&status));
    error.kind() == ErrorKind::BadResponse && error.effect() == Effect::None && is_of_the_batch
}

/// Whether the vendor accepted a call without confirming that it is carried out. It has if it named a job, whatever became
/// of the question about that.
pub(super) fn is_accepted(error: &Error) -> bool {
    error.job().is_some()
        || error.kind() == ErrorKind::Accepted
        || error.status().is_some_and(|status| status < 300)
}
