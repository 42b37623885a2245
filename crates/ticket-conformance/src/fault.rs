//! What a fixture can be asked to let go wrong. How it does so is the fixture's affair.

use std::time::Duration;

/// Something that goes wrong with the next request, once.
///
/// "With effect" means that the vendor does what it is asked, as if nothing were wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// No connection can be made, until [`Fixture::heal`](crate::Fixture::heal).
    NoConnection,
    /// Without effect; the connection breaks before a byte of the reply.
    ConnectionReset,
    /// With effect; the connection ends before a byte of the reply.
    LostResponse,
    /// Without effect; refused with this status, in the vendor's form of an error.
    Status(u16),
    /// With effect; answered with this status all the same, in the vendor's form of an error.
    StatusAfterEffect(u16),
    /// Without effect; refused as one call too many.
    RateLimited {
        /// How long the reply asks to wait, in whole seconds; it does not say where absent.
        retry_after: Option<Duration>,
    },
    /// Without effect; refused with this status and these words, where the vendor puts its words.
    Words {
        /// The status of the reply.
        status: u16,
        /// What the vendor says.
        words: String,
    },
    /// The status of a success, and a body that is not what the vendor documents: no JSON, or one of another kind.
    Malformed,
    /// With effect; the body ends in its middle.
    Truncated,
    /// With effect; the body is left out.
    Empty,
    /// Without effect; a web page with this status, as a gateway or a login wall gives it.
    WebPage {
        /// The status of the reply, 200 included.
        status: u16,
    },
    /// With effect; numbers become texts, texts become numbers.
    WrongTypes,
    /// With effect; the body is larger than the provider is willing to read.
    Oversized,
    /// No reply comes for as long as the call waits.
    NeverAnswers,
    /// The reply begins, and its body comes to no end for as long as the call waits.
    NeverEnds,
    /// Without effect; a redirect with this status, to another address of the same vendor.
    Redirect {
        /// The status of the reply.
        status: u16,
    },
    /// The success of a delete, in a reply that names none of the tickets. For vendors whose replies name them.
    NamesNoTicket,
}
