//! Work that a vendor accepts and carries out later.

use std::fmt;

use ecow::EcoString;
use serde::{Deserialize, Serialize};

/// Work that a vendor accepted and carries out later, by the vendor's id for it. It can be written to storage and read
/// back, so that another process can [ask](crate::TicketProvider::job) what came of it.
///
/// ```
/// use ticket_core::provider::VendorJob;
///
/// assert_eq!(VendorJob::new("V3-291e720c").as_str(), "V3-291e720c");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VendorJob(EcoString);

impl VendorJob {
    /// The work with this id.
    pub fn new(id: impl AsRef<str>) -> Self {
        Self(id.as_ref().into())
    }

    /// The vendor's id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VendorJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
