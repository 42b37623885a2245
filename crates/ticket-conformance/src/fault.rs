//! The faults that a fixture can inject. How it injects them is up to the fixture.

mod kinds;

use std::time::Duration;

use ticket_core::{Operation, TicketId};

pub use kinds::{Gateway, OddId, OddRow, WrongTotal};

/// Which request a [`Fault`] hits. A provider may read before it writes, so that the next request is not always the one
/// that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultTarget {
    /// The next request that changes nothing.
    NextRead,
    /// The next request that may change something.
    NextWrite,
}

impl Fault {
    /// Whether it leaves the status and damages the body.
    pub(crate) fn damages_the_body(&self) -> bool {
        matches!(
            self,
            Self::Truncated | Self::Empty | Self::Oversized | Self::NeverEnds
        )
    }
}

impl FaultTarget {
    /// The request that this operation is about: of an operation that writes, the write.
    pub const fn of(operation: Operation) -> Self {
        if operation.is_write() {
            Self::NextWrite
        } else {
            Self::NextRead
        }
    }

    /// Whether it is a request that writes, or one that does not.
    pub const fn is_hit_by(self, is_write: bool) -> bool {
        is_write == matches!(self, Self::NextWrite)
    }
}

/// A failure of one request, which a [`FaultTarget`] names.
///
/// "With effect" means that the vendor carries out the call as it does without a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Connections are refused until [`Fixture::restore_connections`](crate::Fixture::restore_connections).
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
    /// With effect. The reply is sent after this time.
    Slow(Duration),
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
    /// On a write. The reply is that of a success, except for this status. It does not matter whether the call was
    /// carried out.
    UnconfirmedStatus(u16),
    /// On a write. The reply is that of a success, except for the word that confirms it, which is one that the vendor
    /// does not document, such as `queued` in place of `ok`. It does not matter whether the call was carried out. For
    /// [writes that a word confirms](crate::Fixture::writes_confirmed_by_a_word).
    OtherWord,
    /// On a write, with effect. The status is that of a success, and the body is an error in the vendor's format. Not
    /// for vendors that document errors with this status.
    ErrorInSuccess,
    /// Without effect. Somebody else answers in place of the vendor.
    Gateway(Gateway),
    /// Without effect. The reply says that there are too many calls, with this `Retry-After` header.
    RetryAfter(String),
    /// With effect. The body is compressed with gzip, which the request did not ask for.
    Gzip,
    /// On a list. One row in the middle of the page is odd.
    OddRow(OddRow),
    /// On a list. The total is wrong. For vendors whose lists have a total.
    WrongTotal(WrongTotal),
    /// On a delete, with effect. One id among the deleted ones in the reply is odd. For vendors whose replies list
    /// the deleted tickets.
    OddId(OddId),
    /// On a request that names the ticket `asked`. The vendor handles it as if it named `other`, as after a merge.
    AboutAnother {
        /// The ticket that the request names.
        asked: TicketId,
        /// The ticket that the reply is about.
        other: TicketId,
    },
    /// The token in use has expired, and the next one is refused at first. For providers that get tokens themselves.
    FreshTokenRefused,
}
