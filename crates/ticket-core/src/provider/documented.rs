//! Replies as a vendor documents them, for a comparison with what it sends today.

use crate::provider::operation::Operation;

/// An example of what a vendor replies, from its documentation or from a real server.
///
/// ```
/// use ticket_core::Operation;
/// use ticket_core::provider::Documented;
///
/// const EXAMPLE: Documented = Documented::new(
///     Operation::List,
///     r#"{"response": {"body": {"tickets": [{"id": 17, "subject": "Printer"}]}}}"#,
///     "/response/body/tickets",
/// );
/// assert_eq!(EXAMPLE.operation, Operation::List);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Documented {
    /// The operation that gets the reply.
    pub operation: Operation,
    /// The exchange, as JSON.
    pub exchange: &'static str,
    /// Where in the exchange that stands which `raw` holds, or the list of such: a JSON pointer (RFC 6901).
    pub place: &'static str,
}

impl Documented {
    /// An example of what the operation reads.
    pub const fn new(operation: Operation, exchange: &'static str, place: &'static str) -> Self {
        Self {
            operation,
            exchange,
            place,
        }
    }
}
