//! Multipart forms of texts and files (RFC 7578). Files are opened when the request is sent, and streamed, so that
//! large files need no memory.
//!
//! Not by reqwest, whose feature `multipart` brings five crates along, among them a table of all media types.

mod form;

use std::borrow::Cow;
use std::io;

use bytes::Bytes;
use ticket_core::model::{Attachment, AttachmentSource};
use ticket_core::{Error, Result};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

pub(crate) use form::Form;
use form::Opened;

/// Default maximum size of a file: 25 MiB.
const MAX_FILE_BYTES: u64 = 25 * 1024 * 1024;

/// A multipart form of texts and files, in the order in which they are added.
///
/// ```
/// use ticket_core::model::Attachment;
/// use ticket_http::Multipart;
///
/// let form = Multipart::new()
///     .text("subject", "Card refused")
///     .file("files", Attachment::from_path("screenshot.png").media_type("image/png"))
///     .max_file_bytes(5 * 1024 * 1024);
/// # let _ = form;
/// ```
#[derive(Debug)]
pub struct Multipart {
    parts: Vec<(Cow<'static, str>, Content)>,
    max_file_bytes: u64,
}

enum Content {
    Text(String),
    File(Attachment),
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(_) => f.write_str("[a text]"),
            Self::File(file) => file.fmt(f),
        }
    }
}

impl Default for Multipart {
    fn default() -> Self {
        Self {
            parts: Vec::new(),
            max_file_bytes: MAX_FILE_BYTES,
        }
    }
}

impl Multipart {
    /// An empty form.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    #[must_use]
    pub fn text(mut self, name: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        self.parts.push((name.into(), Content::Text(text.into())));
        self
    }

    /// Adds a file with its name and media type. Several files may share a part name.
    #[must_use]
    pub fn file(mut self, name: impl Into<Cow<'static, str>>, file: Attachment) -> Self {
        self.parts.push((name.into(), Content::File(file)));
        self
    }

    /// Sets the maximum size of each file in bytes. Default 25 MiB.
    #[must_use]
    pub fn max_file_bytes(mut self, bytes: u64) -> Self {
        self.max_file_bytes = bytes;
        self
    }

    /// Opens every file. Fails before anything is sent if one is missing or too large.
    pub(crate) async fn open(self) -> Result<Form> {
        let mut form = Form::new();
        for (name, content) in self.parts {
            match content {
                Content::Text(text) => {
                    form.begin_part(&name, "");
                    form.push(text.into());
                }
                Content::File(file) => {
                    let (details, opened) = open(file, self.max_file_bytes).await?;
                    form.begin_part(&name, &details);
                    match opened {
                        Opened::Bytes(bytes) => form.push(bytes),
                        Opened::File(file) => form.push_file(file),
                    }
                }
            }
            form.end_part();
        }
        form.end();
        Ok(form)
    }
}

/// Opens the file that is a whole body.
pub(crate) async fn body(file: Attachment, limit: u64) -> Result<Form> {
    let mut body = Form::new();
    match open(file, limit).await? {
        (_, Opened::Bytes(bytes)) => body.push(bytes),
        (_, Opened::File(file)) => body.push_file(file),
    }
    Ok(body)
}

/// Opens a file, and says what stands behind its part's name.
async fn open(file: Attachment, limit: u64) -> Result<(String, Opened)> {
    let Attachment {
        name,
        media_type,
        source,
        ..
    } = file;
    if name.is_empty() {
        return Err(Error::invalid_input("an attachment has no file name"));
    }
    // They could end the header line of the part.
    if name.contains(char::is_control) {
        return Err(Error::invalid_input(format!(
            "the attachment {name:?} has control characters in its name"
        )));
    }
    // Not `filename*`, which this kind of form must not have (RFC 7578, section 4.2).
    let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
    let mut details = format!("; filename=\"{quoted}\"");
    if let Some(media_type) = &media_type {
        if !is_media_type(media_type) {
            return Err(Error::invalid_input(format!(
                "{media_type:?} is not a media type such as image/png"
            )));
        }
        details.push_str("\r\nContent-Type: ");
        details.push_str(media_type);
    }
    let opened = match source {
        AttachmentSource::Bytes(bytes) => {
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            within(&name, length, limit)?;
            Opened::Bytes(Bytes::copy_from_slice(&bytes))
        }
        AttachmentSource::File(path) => {
            let unreadable = |error: io::Error| {
                Error::invalid_input(format!("the attachment {name:?} cannot be read: {error}"))
            };
            // Check first: opening a pipe would wait for its other end.
            let metadata = tokio::fs::metadata(&path).await.map_err(unreadable)?;
            if !metadata.is_file() {
                return Err(Error::invalid_input(format!(
                    "the attachment {name:?} is not a regular file"
                )));
            }
            within(&name, metadata.len(), limit)?;
            let file = File::open(&path).await.map_err(unreadable)?;
            // If the file grows in the meantime, only the announced length is sent.
            Opened::File(file.take(metadata.len()))
        }
        _ => {
            return Err(Error::invalid_input(format!(
                "the attachment {name:?} has no bytes"
            )));
        }
    };
    Ok((details, opened))
}

/// Whether the text is a media type, with or without parameters, and can be a header's value.
fn is_media_type(text: &str) -> bool {
    // The characters of a token (RFC 9110, section 5.6.2).
    let is_token = |text: &str| {
        let of_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        !text.is_empty() && text.chars().all(of_token)
    };
    let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
    let is_essence = essence
        .trim_end()
        .split_once('/')
        .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
    is_essence && parameters.chars().all(|c| matches!(c, ' '..='~'))
}

fn within(name: &str, length: u64, limit: u64) -> Result<()> {
    if length <= limit {
        return Ok(());
    }
    Err(Error::invalid_input(format!(
        "the attachment {name:?} has {length} bytes, at most {limit} are allowed"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_type_that_is_not_one_header_value_is_refused() {
        for right in [
            "image/png",
            "text/plain; charset=utf-8",
            "application/vnd.a+json ;q=\"1\"",
        ] {
            assert!(is_media_type(right), "{right}");
        }
        for wrong in [
            "",
            "png",
            "image/",
            "/png",
            "no type",
            "image/png\r\nX-Evil: 1",
            "image/png;\n",
            "a/b/c",
            "é/x",
        ] {
            assert!(!is_media_type(wrong), "{wrong}");
        }
    }
}
