//! Work that a vendor accepts and carries out later.

use std::fmt;

use ecow::EcoString;
use serde::{Deserialize, Serialize};

/// Work that a vendor accepted and carries out later: which, and the vendor's id for it. It can be written to storage and
/// read back, as one text, so that another process can [ask](crate::TicketProvider::job) what came of it.
///
/// ```
/// use ticket_core::provider::VendorJob;
///
/// let delete = VendorJob::new("V3-291e720c");
/// assert_eq!(delete.as_str(), "V3-291e720c");
/// let purge = VendorJob::purge("V3-291e720c");
/// assert_eq!(purge.as_str(), "purge:V3-291e720c");
/// assert_eq!((purge.id(), purge.is_purge()), ("V3-291e720c", true));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VendorJob(EcoString);

/// What the text of a purge begins with.
const PURGE: &str = "purge:";

impl VendorJob {
    /// The work with this text: the vendor's id of a delete, or what [`as_str`](Self::as_str) gave.
    pub fn new(id: impl AsRef<str>) -> Self {
        Self(id.as_ref().into())
    }

    /// The [purge](crate::TicketProvider::purge) with this id.
    pub fn purge(id: impl AsRef<str>) -> Self {
        Self([PURGE, id.as_ref()].concat().into())
    }

    /// Its text in storage and messages: the vendor's id, for a purge with `purge:` before it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The vendor's id.
    pub fn id(&self) -> &str {
        self.0.strip_prefix(PURGE).unwrap_or(&self.0)
    }

    /// Whether tickets in the trash are deleted for good. Otherwise it is a delete.
    pub fn is_purge(&self) -> bool {
        self.0.starts_with(PURGE)
    }
}

impl fmt::Display for VendorJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
