//! What a provider declares of one operation.

use crate::provider::field::Fields;

/// How a provider supports an operation. See [`Capabilities::with`](crate::provider::Capabilities::with).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Support {
    /// Which fields it carries; none unless changed.
    pub fields: Fields,
    /// How many tickets one call may name. Default 1; at 0 the operation is unsupported.
    pub max_batch: usize,
    /// What the vendor's *not found* proves. Default: that there is no such ticket.
    pub not_found: NotFound,
    /// Whether the vendor changes the ticket only while it has the [version](crate::model::Version) that the
    /// call names. Default: no.
    pub is_conditional: bool,
}

/// What a vendor's *not found* proves.
///
/// After an attempt of unknown effect a delete counts as done only if a read proves that the ticket is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotFound {
    /// There is no such ticket: the vendor documents the form of this reply, and it has that form.
    #[default]
    Gone,
    /// Nothing: the vendor gives the same answer for tickets that exist (closed, or another user's).
    Ambiguous,
    /// Nothing by itself: the vendor documents no form, so a gateway's or a wrong address's *not found* looks the
    /// same. It counts only if the vendor answers another read under the same base URL afterwards.
    Undocumented,
}

impl Default for Support {
    fn default() -> Self {
        Self {
            fields: Fields::default(),
            max_batch: 1,
            not_found: NotFound::default(),
            is_conditional: false,
        }
    }
}

impl Support {
    /// Supported, for one ticket per call, without any fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets which fields it carries.
    #[must_use]
    pub fn fields(mut self, fields: Fields) -> Self {
        self.fields = fields;
        self
    }

    /// Sets how many tickets one call may name.
    #[must_use]
    pub fn max_batch(mut self, tickets: usize) -> Self {
        self.max_batch = tickets;
        self
    }

    /// Sets what the vendor's *not found* proves.
    #[must_use]
    pub fn not_found(mut self, proves: NotFound) -> Self {
        self.not_found = proves;
        self
    }

    /// Says that the vendor changes a ticket only while it has the version that the call names.
    #[must_use]
    pub fn conditional(mut self) -> Self {
        self.is_conditional = true;
        self
    }
}
