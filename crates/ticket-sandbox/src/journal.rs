//! What the sandbox saw: one entry per request, in order of arrival.
//!
//! Not for the vendors' state after it: see `store.rs`.

use std::fmt;

use crate::vendor::{Endpoint, Vendor};

/// One request that reached the sandbox whole, and what became of it.
///
/// `Debug` hides the values of credential headers and the body that asks for a token, so that a
/// failing test of somebody who pointed a real key at the sandbox does not print it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exchange {
    /// Counts from 1 in order of arrival.
    pub sequence: u64,
    /// Whose path prefix was used; `None` for a path outside all of them.
    pub vendor: Option<Vendor>,
    /// The call that was made; `None` where the vendor has no such path or method.
    pub endpoint: Option<Endpoint>,
    /// The HTTP method as sent.
    pub method: String,
    /// Path and query exactly as on the request line, not decoded, with the vendor's prefix.
    pub path: String,
    /// Header names in lower case with their values, in order of arrival.
    pub headers: Vec<(String, String)>,
    /// The body as sent. Empty where it was larger than the sandbox reads (32 MiB).
    pub body: Vec<u8>,
    /// The HTTP status answered; `None` where the connection was cut before any answer.
    pub status: Option<u16>,
    /// Whether the call was meant to change something; for a path that is no endpoint, whether
    /// the method was another than GET, HEAD or OPTIONS.
    pub is_write: bool,
    /// Whether the call did change the state of the vendor.
    pub took_effect: bool,
    /// Whether a fault was applied to it.
    pub faulted: bool,
}

impl Exchange {
    /// The value of a header, by its name in any case; the first one where it was sent twice.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `None` where it is none.
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
            .field("faulted", &self.faulted)
            .finish()
    }
}
