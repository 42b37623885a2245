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
/// assert_eq!(VendorJob::stored(purge.as_str()), purge);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VendorJob(EcoString);

/// What the text of a purge begins with.
const PURGE: &str = "purge:";

/// What the text of a delete begins with if the vendor's id alone would be read as something else.
const DELETE: &str = "delete:";

impl VendorJob {
    /// The delete with this id of the vendor's.
    pub fn new(id: impl AsRef<str>) -> Self {
        let id = id.as_ref();
        if [PURGE, DELETE].iter().any(|word| id.starts_with(word)) {
            return Self([DELETE, id].concat().into());
        }
        Self(id.into())
    }

    /// The [purge](crate::TicketProvider::purge) with this id.
    pub fn purge(id: impl AsRef<str>) -> Self {
        Self([PURGE, id.as_ref()].concat().into())
    }

    /// The work whose text [`as_str`](Self::as_str) gave.
    pub fn stored(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().into())
    }

    /// Its text in storage and messages: the vendor's id, for a purge with `purge:` before it. An id of a delete that begins
    /// with `purge:` or `delete:` has `delete:` before it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The vendor's id.
    pub fn id(&self) -> &str {
        let mut words = [PURGE, DELETE].into_iter();
        words
            .find_map(|word| self.0.strip_prefix(word))
            .unwrap_or(&self.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendor_id_of_any_form_is_stored_and_read_back_as_what_it_was() {
        for id in [
            "V3-1",
            "",
            "purge:V3-1",
            "delete:V3-1",
            "delete:purge:",
            "purge",
        ] {
            for (job, is_purge) in [(VendorJob::new(id), false), (VendorJob::purge(id), true)] {
                let read = VendorJob::stored(job.as_str());
                assert_eq!((read.id(), read.is_purge()), (id, is_purge));
                let json = serde_json::to_string(&job).unwrap();
                assert_eq!(serde_json::from_str::<VendorJob>(&json).unwrap(), read);
            }
        }
    }

    #[test]
    fn texts_of_earlier_rows_are_read_as_they_were_meant() {
        for (text, id, is_purge) in [("V3-1", "V3-1", false), ("purge:V3-1", "V3-1", true)] {
            let read = VendorJob::stored(text);
            assert_eq!((read.id(), read.is_purge()), (id, is_purge));
        }
    }
}
