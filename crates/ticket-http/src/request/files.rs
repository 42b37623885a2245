//! Requests with files, and replies that are files.

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use ticket_core::Result;
use ticket_core::model::Attachment;
use ticket_core::provider::Download;
use tracing::Instrument as _;

use super::{HttpRequest, Parts, unbuildable};
use crate::exchange::Inner;
use crate::multipart::{self, Form, Multipart};
use crate::response::HttpResponse;
use crate::{download, span};

impl HttpRequest<'_> {
    /// Sets a body of texts and files (`multipart/form-data`). Files are opened when the request is sent, and
    /// streamed.
    pub fn multipart(mut self, form: Multipart) -> Self {
        self.parts.body = None;
        self.parts.file = None;
        self.parts.form = Some(form);
        self
    }

    /// Sets the bytes of a file as the body (`application/octet-stream`). The file is opened when the request is sent, and
    /// streamed; one with more than `max_bytes` is refused.
    pub fn file(mut self, file: Attachment, max_bytes: u64) -> Self {
        self.parts.body = None;
        self.parts.form = None;
        self.parts.file = Some((file, max_bytes));
        self
    }

    /// Sends the request once, and returns when the head of the reply is there. The bytes of a success follow in the
    /// [`Download`](ticket_core::provider::Download), as they are sent and without a bound; each part may take as long as
    /// a request. Any other reply has its body in the response, and nothing follows.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), but for the body of a success, whose errors are in the download.
    pub async fn download(self) -> Result<(HttpResponse, Download)> {
        let Self { client, parts } = self;
        let (request, sent) = parts.ready(&client.inner).await?;
        let span = span::begin(request.method(), &client.inner.base, request.url().path());
        let result = Box::pin(download::download(client, request, sent));
        let result = result.instrument(span.clone()).await;
        let (response, download) = result.map_or_else(
            |error| (Err(error), None),
            |(response, download)| (Ok(response), Some(download)),
        );
        span::end(&span, &response);
        let nothing = || download::nothing();
        Ok((response?, download.unwrap_or_else(nothing)))
    }
}

/// Opens the files. A separate function, so that requests without files have smaller futures.
pub(super) async fn with_form(
    inner: &Inner,
    parts: Parts,
    form: Multipart,
) -> Result<reqwest::Request> {
    let mut request = parts.build(inner)?;
    let form = form.open().await?;
    let content_type = form.content_type().ok_or_else(unbuildable)?;
    carry(&mut request, content_type, form);
    Ok(request)
}

/// Opens the file that is the body.
pub(super) async fn with_file(
    inner: &Inner,
    parts: Parts,
    file: Attachment,
    max_bytes: u64,
) -> Result<reqwest::Request> {
    let mut request = parts.build(inner)?;
    let file = multipart::body(file, max_bytes).await?;
    let content_type = HeaderValue::from_static("application/octet-stream");
    carry(&mut request, content_type, file);
    Ok(request)
}

fn carry(request: &mut reqwest::Request, content_type: HeaderValue, body: Form) {
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CONTENT_LENGTH, body.length().into());
    *request.body_mut() = Some(reqwest::Body::wrap(body));
}
