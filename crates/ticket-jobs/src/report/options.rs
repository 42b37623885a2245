//! How a report is made.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ticket_core::provider::Limit;

/// How a report is made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// When.
    pub at: Timestamp,
    /// By whom, as `user@host`.
    pub by: String,
    /// With which program, such as `tickets 0.1.0`.
    pub with: String,
    /// Whether a job that is not over may be reported.
    pub partial: bool,
    /// The limits of accounts, by their names, to tell how much of them was used.
    pub limits: BTreeMap<String, Vec<Limit>>,
    /// Whether the report will be [signed](super::sign), so that it says how the signature is checked.
    pub is_signed: bool,
}

impl Options {
    /// A report that is made at this time by `user@host`, with a program such as `tickets 0.1.0`.
    pub fn new(at: Timestamp, by: impl Into<String>, with: impl Into<String>) -> Self {
        Self {
            at,
            by: by.into(),
            with: with.into(),
            partial: false,
            limits: BTreeMap::new(),
            is_signed: false,
        }
    }

    /// Allows a job that is not over.
    #[must_use]
    pub const fn partial(mut self, partial: bool) -> Self {
        self.partial = partial;
        self
    }

    /// Adds the limits of an account.
    #[must_use]
    pub fn limits(mut self, account: impl Into<String>, limits: Vec<Limit>) -> Self {
        self.limits.insert(account.into(), limits);
        self
    }

    /// Says that the report will be signed.
    #[must_use]
    pub const fn signed(mut self, is_signed: bool) -> Self {
        self.is_signed = is_signed;
        self
    }
}
