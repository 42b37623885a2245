//! Errors that are made in several places, each with its own words.

use super::{Effect, Error, ErrorKind, bounded};
use crate::provider::operation::Operation;
use crate::provider::vendor_job::VendorJob;

impl Error {
    /// Creates an error for an argument that was rejected before anything was sent.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    /// Creates an error for an incomplete or wrong configuration.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// Creates an error for an operation that the provider does not support. Nothing was sent.
    pub fn unsupported(provider: &str, operation: Operation) -> Self {
        Self::new(
            ErrorKind::Unsupported,
            format!("the vendor documents no way to {}", operation.description()),
        )
        .in_operation(provider, operation)
    }

    /// The vendor accepted a change as this job, and has not confirmed it yet.
    ///
    /// A provider whose [`delete`](crate::TicketProvider::delete) is only accepted fails with this error;
    /// [`TicketProvider::job`](crate::TicketProvider::job) then tells what came of it.
    ///
    /// ```
    /// use ticket_core::provider::VendorJob;
    /// use ticket_core::{Effect, Error};
    ///
    /// let error = Error::accepted(VendorJob::new("V3-291e720c"));
    /// assert_eq!(error.effect(), Effect::Unknown);
    /// assert_eq!(error.job(), Some(&VendorJob::new("V3-291e720c")));
    /// ```
    pub fn accepted(job: VendorJob) -> Self {
        let message = format!(
            "the vendor accepted it as job {} and has not confirmed it yet",
            bounded(job.as_str(), 60)
        );
        Self::new(ErrorKind::Accepted, message).with_job(job)
    }

    /// The account's own settings forbid every change.
    pub(crate) fn read_only() -> Self {
        Self::config("`read_only` is set for this account: nothing is changed at it")
    }

    /// The vendor accepted an update, but a read afterwards shows that it did not change these fields: see
    /// [`TicketPatch::not_in`](crate::TicketPatch::not_in). `partly` says whether it changed others.
    pub fn not_applied(fields: &[String], partly: bool) -> Self {
        let fields = fields
            .iter()
            .map(|field| format!("`{}`", bounded(field, 60)));
        let fields = fields.collect::<Vec<_>>().join(", ");
        let rest = if partly {
            "; the other fields are changed"
        } else {
            ""
        };
        let message = format!("the vendor accepted the update but did not change {fields}{rest}");
        let effect = if partly {
            Effect::Unknown
        } else {
            Effect::None
        };
        Self::new(ErrorKind::Conflict, message).with_effect(effect)
    }
}
