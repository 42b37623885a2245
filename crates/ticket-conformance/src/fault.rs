//! The faults that a fixture can inject. How it injects them is up to the fixture.

use std::time::Duration;

/// A failure of the next request.
///
/// "With effect" means that the vendor carries out the call as it does without a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Connections are refused until [`Fixture::heal`](crate::Fixture::heal).
    NoConnection,
    /// Without effect. The connection is reset before any byte of the reply.
    ConnectionReset,
    /// With effect. The connection closes before any byte of the reply.
    LostResponse,
    /// Without effect. The reply has this status and the vendor's error format.
    Status(u16),
    /// With effect. The reply is an error with this status in the vendor's format, although the call was carried out.
    StatusAfterEffect(u16),
    /// Without effect. The reply says that there are too many calls.
    RateLimited {
        /// How long the reply asks to wait, in whole seconds; `None` if it does not say.
        retry_after: Option<Duration>,
    },
    /// Without effect. The reply has this status and this error message, in the vendor's format.
    Words {
        /// The status of the reply.
        status: u16,
        /// The vendor's message.
        words: String,
    },
    /// The status is a success, but the body is not as documented: no JSON, or JSON of another shape.
    Malformed,
    /// With effect. The body is truncated.
    Truncated,
    /// With effect. The body is empty.
    Empty,
    /// Without effect. The reply is a web page with this status, as sent by a gateway or a login page.
    WebPage {
        /// The status of the reply, which may be 200.
        status: u16,
    },
    /// With effect. Numbers become strings and strings become numbers.
    WrongTypes,
    /// With effect. The body is larger than the provider reads.
    Oversized,
    /// No reply is sent while the call waits.
    NeverAnswers,
    /// The reply starts, but its body does not end while the call waits.
    NeverEnds,
    /// Without effect. The reply is a redirect with this status to another path of the same vendor.
    Redirect {
        /// The status of the reply.
        status: u16,
    },
    /// A delete succeeds, but its reply names none of the tickets. For vendors whose replies name the deleted
    /// tickets.
    NamesNoTicket,
}
