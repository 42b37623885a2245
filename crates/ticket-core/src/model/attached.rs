//! Files of a ticket as they are read. Files to send are in `draft.rs`.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::model::hidden::Hidden;
use crate::model::raw::RawJson;

/// A file that is attached to a ticket or to one of its messages, without its bytes.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct AttachedFile {
    /// The file's id in the vendor's system.
    pub id: String,
    /// The file's name, as the vendor returns it. It may hold anything: never use it as a path unchecked.
    pub name: Option<String>,
    /// The media type.
    pub media_type: Option<String>,
    /// The length in bytes, as the vendor returns it.
    pub size: Option<u64>,
    /// When it was attached.
    pub created_at: Option<Timestamp>,
    /// The vendor's JSON, unmodified.
    pub raw: RawJson,
}

impl AttachedFile {
    /// Creates a file with an id and the vendor's JSON only.
    pub fn new(id: impl Into<String>, raw: impl Into<RawJson>) -> Self {
        Self {
            id: id.into(),
            name: None,
            media_type: None,
            size: None,
            created_at: None,
            raw: raw.into(),
        }
    }
}

impl fmt::Debug for AttachedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachedFile")
            .field("id", &self.id)
            .field("name", &self.name.as_deref().map(Hidden))
            .field("media_type", &self.media_type)
            .field("size", &self.size)
            .field("created_at", &self.created_at)
            .field("raw", &self.raw)
            .finish()
    }
}
