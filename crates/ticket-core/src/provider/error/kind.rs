//! What an error is about, as far as a caller can act on it: its kind and its effect.

use serde::{Deserialize, Serialize};

use crate::model::names::names;

/// What went wrong, as far as a caller can act on it.
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
    /// The ticket's present state does not allow this: locked, closed, or refused without a reason.
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
    /// It was called off on this side, by a [`Stop`](crate::Stop).
    Cancelled,
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
});

impl ErrorKind {
    /// Whether it passes: the same call may succeed later, unchanged. Not whether repeating is safe, see
    /// [`RetryPolicy::repeats`](crate::RetryPolicy::repeats).
    pub const fn is_transient(self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::Unavailable | Self::Timeout | Self::Connect | Self::Server
        )
    }

    /// The effect that an error of this kind has unless more is known.
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
            | Self::Cancelled => Effect::None,
            Self::Unavailable | Self::Timeout | Self::Server | Self::BadResponse => Effect::Unknown,
        }
    }
}

/// Whether the vendor may have acted although the call failed.
///
/// This decides whether a write may be repeated: a create is repeated on [`Effect::None`] only. There is no third
/// answer, so it may be matched without a rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Refused or never sent: nothing has changed at the vendor.
    #[default]
    None,
    /// Nobody knows: the request may or may not have been carried out.
    Unknown,
}

names!(Effect {
    None => "none",
    Unknown => "unknown",
});
