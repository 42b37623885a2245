//! Files that are attached to tickets and comments.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::model::hidden::Hidden;

/// Refuses files where a patch or a comment is written to storage: what is read back must be what was written.
pub(crate) mod no_files {
    use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny};
    use serde::ser::{Error as _, Serializer};

    use super::Attachment;

    const REFUSED: &str = "files cannot be written to storage";

    pub(crate) fn serialize<S: Serializer>(_: &[Attachment], _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom(REFUSED))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Attachment>, D::Error> {
        let files = Vec::<IgnoredAny>::deserialize(deserializer)?;
        if files.is_empty() {
            return Ok(Vec::new());
        }
        Err(D::Error::custom(REFUSED))
    }
}

/// A file attached to a ticket or a comment. Cloning does not copy the bytes.
///
/// ```
/// use ticket_core::model::Attachment;
///
/// let file = Attachment::from_path("reports/screenshot.png").media_type("image/png");
/// assert_eq!(file.name, "screenshot.png");
/// let bytes = Attachment::new("note.txt", *b"hello");
/// # let _ = bytes;
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Attachment {
    /// The file's name, without folders.
    pub name: String,
    /// The media type, such as `image/png`.
    pub media_type: Option<String>,
    /// The source of the bytes.
    pub source: AttachmentSource,
}

/// The source of the bytes of an [`Attachment`].
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttachmentSource {
    /// In memory.
    Bytes(Arc<[u8]>),
    /// In a file. Each attempt opens and streams it again.
    File(PathBuf),
}

impl Attachment {
    /// Creates an attachment with this name and these bytes.
    pub fn new(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            name: name.into(),
            media_type: None,
            source: AttachmentSource::Bytes(bytes.into()),
        }
    }

    /// Creates an attachment from the file at `path`, with its file name. The file is opened when it is sent.
    pub fn from_path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Self {
            name,
            media_type: None,
            source: AttachmentSource::File(path),
        }
    }

    /// Sets the media type.
    #[must_use]
    pub fn media_type(mut self, media_type: impl Into<String>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("name", &Hidden(&self.name))
            .field("media_type", &self.media_type)
            .field("source", &self.source)
            .finish()
    }
}

impl fmt::Debug for AttachmentSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "[{} bytes]", bytes.len()),
            Self::File(_) => f.write_str("[a file]"),
        }
    }
}
