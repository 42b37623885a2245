//! A ticket as changes of many name it.

use crate::model::ticket::{TicketId, Version};
use crate::provider::vendor_job::VendorJob;

/// A ticket to delete.
///
/// ```
/// use ticket_core::DeleteTarget;
/// use ticket_core::model::Version;
///
/// let target = DeleteTarget::from("121");
/// assert!(target.version.is_none());
/// let unchanged = DeleteTarget::new("121").version(Version::new("W/\"7\""));
/// assert_ne!(target, unchanged);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeleteTarget {
    /// The ticket's id.
    pub id: TicketId,
    /// Delete it only while it has this version.
    pub version: Option<Version>,
    /// The job as which the vendor accepted an earlier delete of it: [`Tickets`](crate::Tickets) asks what came of that
    /// before it sends anything. A provider never sees it.
    pub accepted: Option<VendorJob>,
}

impl DeleteTarget {
    /// The ticket with this id, whatever its version.
    pub fn new(id: impl Into<TicketId>) -> Self {
        Self {
            id: id.into(),
            version: None,
            accepted: None,
        }
    }

    /// Deletes it only while it has this version.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// Says as which job the vendor accepted an earlier delete of it.
    #[must_use]
    pub fn accepted(mut self, job: VendorJob) -> Self {
        self.accepted = Some(job);
        self
    }
}

impl<I: Into<TicketId>> From<I> for DeleteTarget {
    fn from(id: I) -> Self {
        Self::new(id)
    }
}
