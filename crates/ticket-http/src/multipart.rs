//! Multipart forms of texts and files (RFC 7578). Files are opened when the request is sent, and streamed, so that
//! large files need no memory.
//!
//! Not by reqwest, whose feature `multipart` brings five crates along, among them a table of all media types.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::header::HeaderValue;
use ticket_core::model::{Attachment, AttachmentSource};
use ticket_core::{Error, Result};
use tokio::fs::File;
use tokio::io::{AsyncRead as _, AsyncReadExt as _, ReadBuf, Take};

/// Default maximum size of a file: 25 MiB.
const MAX_FILE_BYTES: u64 = 25 * 1024 * 1024;

/// How much of a file is read at a time.
const CHUNK: usize = 16 * 1024;

/// Characters of a part's name that are encoded.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

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
            form.push(Bytes::from_static(b"\r\n"));
        }
        let end = format!("--{}--\r\n", form.boundary);
        form.push(end.into());
        Ok(form)
    }
}

/// A form whose files are open. As a body, it is read once.
pub(crate) struct Form {
    boundary: String,
    /// How much is left to be read.
    length: u64,
    pieces: VecDeque<Opened>,
    chunk: Box<[u8]>,
}

/// The content of a file.
enum Opened {
    Bytes(Bytes),
    File(Take<File>),
}

impl Form {
    fn new() -> Self {
        // As long as reqwest's: no file has it by accident.
        let [a, b, c, d] = [(); 4].map(|()| fastrand::u64(..));
        Self {
            boundary: format!("{a:016x}-{b:016x}-{c:016x}-{d:016x}"),
            length: 0,
            pieces: VecDeque::new(),
            chunk: Box::default(),
        }
    }

    /// The value of `content-type`.
    pub(crate) fn content_type(&self) -> Option<HeaderValue> {
        format!("multipart/form-data; boundary={}", self.boundary)
            .parse()
            .ok()
    }

    /// How long the body is, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Writes the head of a part, with these details behind its name.
    fn begin_part(&mut self, name: &str, details: &str) {
        let name = match utf8_percent_encode(name, ENCODED).into() {
            Cow::Borrowed(name) => format!("name=\"{name}\""),
            Cow::Owned(encoded) => format!("name*=utf-8''{encoded}"),
        };
        let boundary = &self.boundary;
        let head =
            format!("--{boundary}\r\nContent-Disposition: form-data; {name}{details}\r\n\r\n");
        self.push(head.into());
    }

    fn push(&mut self, bytes: Bytes) {
        self.length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.pieces.push_back(Opened::Bytes(bytes));
    }

    fn push_file(&mut self, file: Take<File>) {
        self.length += file.limit();
        self.pieces.push_back(Opened::File(file));
    }
}

impl Body for Form {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let form = self.get_mut();
        let bytes = loop {
            match form.pieces.front_mut() {
                None => return Poll::Ready(None),
                Some(Opened::Bytes(bytes)) => {
                    let bytes = std::mem::take(bytes);
                    form.pieces.pop_front();
                    break bytes;
                }
                Some(Opened::File(file)) => {
                    if form.chunk.is_empty() {
                        form.chunk = vec![0; CHUNK].into();
                    }
                    let mut chunk = ReadBuf::new(&mut form.chunk);
                    ready!(pin!(&mut *file).poll_read(context, &mut chunk))?;
                    if !chunk.filled().is_empty() {
                        break Bytes::copy_from_slice(chunk.filled());
                    }
                    if file.limit() > 0 {
                        return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
                    }
                    form.pieces.pop_front();
                }
            }
        };
        let read = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        form.length = form.length.saturating_sub(read);
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
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
    async fn growing_file_is_sent_with_its_original_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.txt");
        std::fs::write(&path, "as it was").unwrap();
        let form = Multipart::new().file("files", Attachment::from_path(&path));
        let form = form.open().await.unwrap();
        let boundary = form.boundary.clone();
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
        let body = reqwest::Body::wrap(form);
        let sent = client.post(url).body(body).send().await;
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
    async fn unreadable_file_is_reported_as_the_cause() {
        // A folder can be opened, and not be read.
        let folder = tempfile::tempdir().unwrap();
        let file = File::open(folder.path()).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut form = Form::new();
        form.push_file(file.take(1));
        let body = reqwest::Body::wrap(form);
        let lost = client.post(url).body(body).send().await.unwrap_err();
        let limit = std::time::Duration::from_secs(1);
        let error = crate::failure::error(&lost, "desk:80", limit, false);
        assert_eq!(error.effect(), ticket_core::Effect::Unknown);
        let told = "a file could not be read to its end (Is a directory";
        assert!(error.message().contains(told), "{error}");
    }

    #[tokio::test]
    async fn name_and_file_name_with_quotes_stay_one_value() {
        let file =
            Attachment::new("a\"; name=\"b\\.txt", *b"x").media_type("text/plain; charset=utf-8");
        let form = Multipart::new().text("a\"é", "é").file("f", file);
        let form = form.open().await.unwrap();
        let (boundary, length) = (form.boundary.clone(), form.length());
        let body = http_body_util::BodyExt::collect(form).await.unwrap();
        let body = String::from_utf8(body.to_bytes().to_vec()).unwrap();
        assert_eq!(body.len() as u64, length);
        assert_eq!(
            body.replace(&boundary, "="),
            "--=\r\nContent-Disposition: form-data; name*=utf-8''a%22%C3%A9\r\n\r\né\r\n\
             --=\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\\\"; name=\\\"b\\\\.txt\"\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\nx\r\n--=--\r\n"
        );
    }

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
