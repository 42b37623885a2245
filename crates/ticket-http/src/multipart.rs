//! Multipart forms of texts and files. Files are opened when the request is sent, and streamed, so that large
//! files need no memory.

use std::borrow::Cow;

use reqwest::Body;
use reqwest::multipart::{Form, Part};
use ticket_core::model::{Attachment, AttachmentSource};
use ticket_core::{Error, Result};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

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
            let part = match content {
                Content::Text(text) => Part::text(text),
                Content::File(file) => open(file, self.max_file_bytes).await?,
            };
            form = form.part(name, part);
        }
        Ok(form)
    }
}

async fn open(file: Attachment, limit: u64) -> Result<Part> {
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
    let (body, length) = bytes(&name, source, limit).await?;
    let part = Part::stream_with_length(body, length);
    let part = match &media_type {
        Some(media_type) => part.mime_str(media_type).map_err(|_| {
            Error::invalid_input(format!(
                "{media_type:?} is not a media type such as image/png"
            ))
        })?,
        None => part,
    };
    Ok(part.file_name(name))
}

/// The bytes of a file called `name`, and how many there are.
pub(crate) async fn bytes(name: &str, source: AttachmentSource, limit: u64) -> Result<(Body, u64)> {
    match source {
        AttachmentSource::Bytes(bytes) => {
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            within(name, length, limit)?;
            Ok((bytes.to_vec().into(), length))
        }
        AttachmentSource::File(path) => {
            let unreadable = |error: std::io::Error| {
                Error::invalid_input(format!("the attachment {name:?} cannot be read: {error}"))
            };
            // Check first: opening a pipe would wait for its other end.
            let metadata = tokio::fs::metadata(&path).await.map_err(unreadable)?;
            if !metadata.is_file() {
                return Err(Error::invalid_input(format!(
                    "the attachment {name:?} is not a regular file"
                )));
            }
            within(name, metadata.len(), limit)?;
            let file = File::open(&path).await.map_err(unreadable)?;
            // If the file grows in the meantime, only the announced length is sent.
            let stream = ReaderStream::new(file.take(metadata.len()));
            Ok((Body::wrap_stream(stream), metadata.len()))
        }
        _ => Err(Error::invalid_input(format!(
            "the attachment {name:?} has no bytes"
        ))),
    }
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
    use std::io::Write as _;

    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// Whether a request is not as long yet as its head says.
    fn missing(read: &[u8]) -> bool {
        let text = String::from_utf8_lossy(read);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            return true;
        };
        let length = head.split_once("content-length: ").unwrap().1;
        let length = length.lines().next().unwrap();
        body.len() < length.parse().unwrap()
    }

    #[tokio::test]
    async fn a_file_that_grows_while_it_is_sent_is_sent_as_long_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.txt");
        std::fs::write(&path, "as it was").unwrap();
        let form = Multipart::new().file("files", Attachment::from_path(&path));
        let form = form.open().await.unwrap();
        let boundary = form.boundary().to_owned();
        let mut file = std::fs::File::options().append(true).open(&path).unwrap();
        file.write_all(b", and more").unwrap();

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            // As long as was announced, whatever it is.
            while missing(&read) && stream.read_buf(&mut read).await.unwrap() > 0 {}
            let reply = b"HTTP/1.1 204 No Content\r\n\r\n";
            stream.write_all(reply).await.unwrap();
            String::from_utf8(read).unwrap()
        });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let sent = client.post(url).multipart(form).send().await;
        let read = server.await.unwrap();
        assert!(sent.is_ok(), "{read}");
        let (head, body) = read.split_once("\r\n\r\n").unwrap();
        assert!(
            body.contains(&format!("\r\n\r\nas it was\r\n--{boundary}--")),
            "{body}"
        );
        assert!(head.starts_with("POST / HTTP/1.1"), "{head}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_cannot_be_read_on_is_told_as_such() {
        // A folder can be opened, and not be read.
        let folder = tempfile::tempdir().unwrap();
        let file = File::open(folder.path()).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let body = Body::wrap_stream(ReaderStream::new(file));
        let lost = client.post(url).body(body).send().await.unwrap_err();
        let limit = std::time::Duration::from_secs(1);
        let error = crate::failure::error(&lost, "desk:80", limit, false);
        assert_eq!(error.effect(), ticket_core::Effect::Unknown);
        let told = "a file could not be read to its end (Is a directory";
        assert!(error.message().contains(told), "{error}");
    }
}
