//! The kind and the effect of an error: what a caller can act on.

use serde::{Deserialize, Serialize};

use crate::model::names::names;

/// The kind of an error: what a caller can act on.
///
/// ```
/// use ticket_core::ErrorKind;
///
/// assert_eq!(ErrorKind::RateLimited.as_str(), "rate_limited");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The arguments were refused, here or by the vendor. Change them.
    InvalidInput,
    /// The configuration is incomplete or wrong. Nothing was sent.
    Config,
    /// The credentials are missing, malformed or unknown to the vendor.
    Unauthenticated,
    /// The token was good and has run out. Get a new one.
    TokenExpired,
    /// The credentials are good, but do not allow this.
    Forbidden,
    /// There is no such ticket, or no such address; see the vendor's own words.
    NotFound,
    /// The ticket's present state does not allow this: locked, closed, changed since it was read, or refused without a
    /// reason.
    Conflict,
    /// Too many calls in a short time. Wait, see [`Error::retry_after`](crate::Error::retry_after).
    RateLimited,
    /// The quota of a day or a month is used up. Do not try again soon.
    QuotaExhausted,
    /// The vendor or a gateway before it is out of service, or broke the connection off.
    Unavailable,
    /// No answer within the time allowed.
    Timeout,
    /// No connection could be made. Nothing was sent.
    Connect,
    /// The vendor failed.
    Server,
    /// The reply is not what the vendor documents.
    BadResponse,
    /// The vendor has no such operation, or no documented way to do this.
    Unsupported,
    /// Cancelled by the caller with a [`Stop`](crate::Stop).
    Cancelled,
    /// A list was read to its end, but something may be missing from it: the vendor contradicts itself.
    Incomplete,
    /// The vendor accepted the change and carries it out later. Nothing confirms it yet: see
    /// [`Error::job`](crate::Error::job).
    Accepted,
}

names!(ErrorKind {
    InvalidInput => "invalid_input",
    Config => "config",
    Unauthenticated => "unauthenticated",
    TokenExpired => "token_expired",
    Forbidden => "forbidden",
    NotFound => "not_found",
    Conflict => "conflict",
    RateLimited => "rate_limited",
    QuotaExhausted => "quota_exhausted",
    Unavailable => "unavailable",
    Timeout => "timeout",
    Connect => "connect",
    Server => "server",
    BadResponse => "bad_response",
    Unsupported => "unsupported",
    Cancelled => "cancelled",
    Incomplete => "incomplete",
    Accepted => "accepted",
});

impl ErrorKind {
    /// Whether the failure is transient: the same call may succeed later, unchanged. Whether repeating is
    /// safe is decided by [`RetryPolicy::repeats`](crate::call::RetryPolicy::repeats).
    pub const fn is_transient(self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::Unavailable | Self::Timeout | Self::Connect | Self::Server
        )
    }

    /// The default effect of an error of this kind.
    pub(super) const fn usual_effect(self) -> Effect {
        match self {
            Self::InvalidInput
            | Self::Config
            | Self::Unauthenticated
            | Self::TokenExpired
            | Self::Forbidden
            | Self::NotFound
            | Self::Conflict
            | Self::RateLimited
            | Self::QuotaExhausted
            | Self::Connect
            | Self::Unsupported
            | Self::Cancelled
            | Self::Incomplete => Effect::None,
            Self::Unavailable
            | Self::Timeout
            | Self::Server
            | Self::BadResponse
            | Self::Accepted => Effect::Unknown,
        }
    }
}

/// Whether the vendor may have acted although the call failed.
///
/// It decides whether a write may be repeated: a create is repeated only after [`Effect::None`]. Exhaustive
/// on purpose: match it without a wildcard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Rejected or never sent: nothing has changed at the vendor.
    #[default]
    None,
    /// Unknown: the vendor may or may not have carried out the request.
    Unknown,
}

names!(Effect {
    None => "none",
    Unknown => "unknown",
});
