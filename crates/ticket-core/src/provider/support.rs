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
    /// Whether the vendor answers *not found* also for tickets that exist (closed, or another user's).
    ///
    /// If so, a repeated delete that finds nothing does not prove that the attempt before it worked:
    /// [`Tickets`](crate::Tickets) then reads the ticket, where it can be read.
    pub not_found_is_ambiguous: bool,
}

impl Default for Support {
    fn default() -> Self {
        Self {
            fields: Fields::default(),
            max_batch: 1,
            not_found_is_ambiguous: false,
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

    /// Says that the vendor answers *not found* also for tickets that exist. See
    /// [the field](Self#structfield.not_found_is_ambiguous).
    #[must_use]
    pub fn not_found_is_ambiguous(mut self) -> Self {
        self.not_found_is_ambiguous = true;
        self
    }
}
