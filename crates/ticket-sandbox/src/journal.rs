//! The journal: one entry per request, in order of arrival.
//!
//! The vendors' state is in `store.rs`.

use std::collections::VecDeque;
use std::fmt;
use std::mem::size_of;

use crate::fault::Fault;
use crate::vendor::{Endpoint, Vendor};

/// One request that the sandbox received completely, and its result.
///
/// `Debug` hides the values of credential headers and the bodies of token requests, so that a failing test does not
/// print a real key that was sent to the sandbox.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exchange {
    /// The position in order of arrival, starting at 1.
    pub sequence: u64,
    /// The vendor whose path prefix was used; `None` for any other path.
    pub vendor: Option<Vendor>,
    /// The endpoint that was called; `None` if the vendor has no such path or method.
    pub endpoint: Option<Endpoint>,
    /// The HTTP method as sent.
    pub method: String,
    /// Path and query exactly as on the request line, not decoded, with the vendor's prefix.
    pub path: String,
    /// Header names in lower case with their values, in the order they were sent.
    pub headers: Vec<(String, String)>,
    /// The body as sent. Empty if it was larger than the sandbox reads: 32 MiB, or 64 KiB without credentials.
    pub body: Vec<u8>,
    /// The HTTP status of the answer; `None` if the connection ended before an answer.
    pub status: Option<u16>,
    /// Whether the call is a write. For a path that is not an endpoint: whether the method is none of GET, HEAD and
    /// OPTIONS.
    pub is_write: bool,
    /// Whether the call changed the vendor's state. For a call that was accepted for later, false until it has.
    pub took_effect: bool,
    /// The ids of the tickets that the call deleted. At a vendor that merges tickets they can differ from those it
    /// named.
    pub deleted: Vec<String>,
    /// Whether a fault was applied to the request.
    pub faulted: bool,
    /// The fault that was applied to the request. An earlier one that lasts, such as an outage, is not repeated here.
    pub fault: Option<Fault>,
}

impl Exchange {
    /// The first value of a header. The name is case-insensitive.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether the vendor refused the call because it was above a quota, and not because a fault says so. A fault that only
    /// delays a call, or only changes its reply, hides nothing.
    pub fn is_above_quota(&self) -> bool {
        let is_asked_for = match &self.fault {
            Some(
                Fault::Status(status)
                | Fault::StatusAfterEffect(status)
                | Fault::HtmlPage { status }
                | Fault::Reply { status, .. },
            ) => *status == 429,
            Some(Fault::RateLimited { .. } | Fault::OddRetryAfter(_)) => true,
            _ => false,
        };
        self.status == Some(429) && !is_asked_for
    }

    /// About how many bytes of memory it takes.
    fn size(&self) -> usize {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| {
            size_of::<(String, String)>() + name.capacity() + value.capacity()
        });
        let deleted = self.deleted.iter();
        let deleted = deleted.map(|id| size_of::<String>() + id.capacity());
        size_of::<Self>()
            + self.method.capacity()
            + self.path.capacity()
            + self.body.capacity()
            + headers.sum::<usize>()
            + deleted.sum::<usize>()
    }

    /// The body as JSON; `None` if it is not JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| match name.as_str() {
                "authorization" | "x-lsq-access-key" | "x-lsq-secret-key" => (name.as_str(), "***"),
                _ => (name.as_str(), value.as_str()),
            })
            .collect();
        let body = match self.endpoint {
            Some(Endpoint::Authenticate) => "***".into(),
            _ => String::from_utf8_lossy(&self.body),
        };
        f.debug_struct("Exchange")
            .field("sequence", &self.sequence)
            .field("vendor", &self.vendor)
            .field("endpoint", &self.endpoint)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &headers)
            .field("body", &body)
            .field("status", &self.status)
            .field("is_write", &self.is_write)
            .field("took_effect", &self.took_effect)
            .field("deleted", &self.deleted)
            .field("faulted", &self.faulted)
            .field("fault", &self.fault)
            .finish()
    }
}

/// The newest exchanges, as many as fit into a number of bytes.
#[derive(Debug)]
pub(crate) struct Journal {
    /// Each with its size when it was added.
    entries: VecDeque<(usize, Exchange)>,
    size: usize,
    most: usize,
    dropped: u64,
}

impl Journal {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            size: 0,
            most,
            dropped: 0,
        }
    }

    /// The sequence number of the entry that is added next.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.dropped + self.entries.len() as u64 + 1
    }

    pub(crate) fn push(&mut self, exchange: Exchange) {
        let size = exchange.size();
        self.size += size;
        self.entries.push_back((size, exchange));
        while self.size > self.most && self.entries.len() > 1 {
            if let Some((size, _)) = self.entries.pop_front() {
                self.size -= size;
                self.dropped += 1;
            }
        }
    }

    /// How many entries were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Exchange> {
        self.entries.iter().map(|(_, exchange)| exchange)
    }

    /// The entries after this sequence number.
    pub(crate) fn after(&self, sequence: u64) -> impl Iterator<Item = &Exchange> {
        let skipped = sequence.saturating_sub(self.dropped);
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        self.iter().skip(skipped)
    }

    pub(crate) fn get_mut(&mut self, sequence: u64) -> Option<&mut Exchange> {
        let place = sequence.checked_sub(self.dropped + 1)?;
        let entry = self.entries.get_mut(usize::try_from(place).ok()?)?;
        Some(&mut entry.1)
    }
}
