//! A form as it is sent: a body of known length, whose files are read as it goes.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::header::HeaderValue;
use tokio::fs::File;
use tokio::io::{AsyncRead as _, ReadBuf, Take};

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

/// A form whose files are open, or a single file. As a body, it is read once.
pub(crate) struct Form {
    boundary: String,
    /// How much is left to be read.
    length: u64,
    pieces: VecDeque<Opened>,
    chunk: Box<[u8]>,
}

/// The content of a file.
pub(super) enum Opened {
    Bytes(Bytes),
    File(Take<File>),
}

impl Form {
    pub(super) fn new() -> Self {
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
    pub(super) fn begin_part(&mut self, name: &str, details: &str) {
        let name = match utf8_percent_encode(name, ENCODED).into() {
            Cow::Borrowed(name) => format!("name=\"{name}\""),
            Cow::Owned(encoded) => format!("name*=utf-8''{encoded}"),
        };
        let boundary = &self.boundary;
        let head =
            format!("--{boundary}\r\nContent-Disposition: form-data; {name}{details}\r\n\r\n");
        self.push(head.into());
    }

    pub(super) fn push(&mut self, bytes: Bytes) {
        self.length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.pieces.push_back(Opened::Bytes(bytes));
    }

    /// Ends a part.
    pub(super) fn end_part(&mut self) {
        self.push(Bytes::from_static(b"\r\n"));
    }

    /// Ends the form.
    pub(super) fn end(&mut self) {
        let end = format!("--{}--\r\n", self.boundary);
        self.push(end.into());
    }

    pub(super) fn push_file(&mut self, file: Take<File>) {
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use ticket_core::model::Attachment;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::Multipart;

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
}
