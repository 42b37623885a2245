//! What a vendor on loopback implements.

use serde_json::json;

use crate::message::{Reply, Request};
use crate::reply_format::ReplyFormat;

/// How a vendor answers. Write it from the vendor's documentation, not from the client: otherwise the tests pass even
/// if the client misreads the documentation.
///
/// The implementation holds the vendor's state: tickets, for example in a [`TicketStore`](crate::TicketStore), and
/// anything else.
pub trait VendorApi: Send + 'static {
    /// Handles the request and returns the reply. Every vendor has this, except one that is [`upstream`](Self::upstream);
    /// by default the reply is the error 501.
    fn answer(&mut self, request: &Request) -> Reply {
        let _ = request;
        self.error(501, "no answer is left")
    }

    /// The base URL of the real server that handles the requests in place of [`answer`](Self::answer), as
    /// `http://127.0.0.1:8080`. Faults and the journal are those of this server, which is then a proxy; headers that
    /// carry secrets are hidden in the journal. By default there is none.
    fn upstream(&self) -> Option<&str> {
        None
    }

    /// The vendor's error format.
    fn error(&self, status: u16, words: &str) -> Reply {
        Reply::json(status, &json!({ "message": words }))
    }

    /// Where the replies have what some faults change: rows and totals of lists, ids of deleted tickets. By default
    /// nothing is known of it, and these faults cannot be injected.
    fn reply_format(&self) -> ReplyFormat {
        ReplyFormat::default()
    }

    /// Whether a request only reads. By default `GET` and `HEAD` do.
    fn is_read(&self, request: &Request) -> bool {
        ["GET", "HEAD"].contains(&request.method.as_str())
    }

    /// Whether a request changed something, by its reply. By default a write with a status below 300 did.
    fn took_effect(&self, request: &Request, reply: &Reply) -> bool {
        !self.is_read(request) && reply.status < 300
    }
}

/// A vendor that sends only the replies given to [`Loopback::answer_next`](crate::Loopback::answer_next), and 501 after those.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scripted;

impl VendorApi for Scripted {}
