//! One exchange: sends a request once, over the network or an injected transport, and reads the reply to its end.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONNECTION, HeaderMap, HeaderValue};
use secrecy::SecretString;
use ticket_core::{Error, ErrorKind, Result};

use crate::base::Base;
use crate::build::{IDLE, build};
use crate::failure;
use crate::foreign::GZIP;
use crate::response::HttpResponse;
use crate::reuse::Reuse;

/// Initial capacity of a body buffer, at most, in bytes.
const USUAL_BODY: usize = 64 * 1024;

/// How long an application's client keeps an idle connection, unless it is told otherwise (reqwest's default).
const OWN_IDLE: Duration = Duration::from_secs(90);

/// What a client has for all of its requests.
pub(crate) struct Inner {
    pub(crate) carrier: Carrier,
    pub(crate) base: Base,
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Duration,
    pub(crate) max_body_bytes: usize,
}

/// What carries the requests of a client.
pub(crate) enum Carrier {
    Network(Network),
    #[cfg(feature = "transport")]
    Injected(std::sync::Arc<dyn crate::Transport>),
}

/// reqwest, with and without reuse of connections.
pub(crate) struct Network {
    client: reqwest::Client,
    /// Whether the application injected the client. It may follow redirects and retry.
    own: bool,
    connect_timeout: Duration,
    reuse: Reuse,
    /// A client that reuses no connection, built when it is first needed.
    single: OnceLock<Option<reqwest::Client>>,
}

impl Network {
    /// The client of the application.
    pub(crate) fn injected(client: reqwest::Client) -> Self {
        Self::new(client, true, Duration::ZERO)
    }

    /// Our own client for this base URL.
    pub(crate) fn built(connect_timeout: Duration, base: &Base) -> Result<Self> {
        let client = build(connect_timeout, base, true)?;
        Ok(Self::new(client, false, connect_timeout))
    }

    fn new(client: reqwest::Client, own: bool, connect_timeout: Duration) -> Self {
        Self {
            client,
            own,
            connect_timeout,
            reuse: Reuse::default(),
            single: OnceLock::new(),
        }
    }

    /// The client that reuses no connection. An application's own one may still use those that it has.
    fn single(&self, base: &Base) -> &reqwest::Client {
        let build = || build(self.connect_timeout, base, false).ok();
        if self.own {
            return &self.client;
        }
        let single = self.single.get_or_init(build).as_ref();
        single.unwrap_or(&self.client)
    }

    /// Sends the request and reads the reply. Neither this nor `begin` is an `async fn`: each would move the request twice.
    pub(crate) fn exchange(
        &self,
        inner: &Inner,
        request: reqwest::Request,
        sent: Sent,
    ) -> impl Future<Output = Result<HttpResponse>> {
        let begun = self.begin(inner, request, sent);
        async move {
            let (mut reply, mut response, reuses) = begun.await?;
            let status = reply.status();
            response.body = match read(&mut reply, inner.max_body_bytes).await {
                Err(Cut::TooLarge(_)) if status.is_success() => {
                    return Err(too_large(inner, status));
                }
                Err(Cut::Lost(_, error)) if status.is_success() => {
                    return Err(self.lost(inner, &error).with_status(status.as_u16()));
                }
                Ok(body) | Err(Cut::TooLarge(body) | Cut::Lost(body, _)) => body,
            };
            if reuses {
                self.reuse.on_reply();
            }
            // Some servers compress without a word in the headers.
            if response.body.starts_with(GZIP) {
                response.expect_uncompressed()?;
            }
            Ok(response)
        }
    }

    /// Sends the request and returns the reply when its head is there. The body of a success is still to be read; that
    /// of any other reply is in the response.
    #[cfg(feature = "multipart")]
    pub(crate) async fn download(
        &self,
        inner: &Inner,
        mut request: reqwest::Request,
        sent: Sent,
    ) -> Result<(HttpResponse, Option<reqwest::Response>)> {
        // It would include the body.
        *request.timeout_mut() = None;
        let begun = tokio::time::timeout(inner.timeout, self.begin(inner, request, sent));
        let Ok(begun) = begun.await else {
            let message = failure::timed_out(&inner.base.peer, inner.timeout);
            return Err(Error::new(ErrorKind::Timeout, message));
        };
        let (mut reply, mut response, reuses) = begun?;
        if reuses {
            self.reuse.on_reply();
        }
        if reply.status().is_success() {
            return Ok((response, Some(reply)));
        }
        let body = read(&mut reply, inner.max_body_bytes);
        if let Ok(body) = tokio::time::timeout(inner.timeout, body).await {
            response.body = match body {
                Ok(body) | Err(Cut::TooLarge(body) | Cut::Lost(body, _)) => body,
            };
        }
        Ok((response, None))
    }

    pub(crate) fn lost(&self, inner: &Inner, error: &reqwest::Error) -> Error {
        failure::error(error, &inner.base.peer, inner.timeout, self.own)
    }

    /// Sends the request and reads the head of the reply.
    fn begin(
        &self,
        inner: &Inner,
        mut request: reqwest::Request,
        sent: Sent,
    ) -> impl Future<Output = Result<(reqwest::Response, HttpResponse, bool)>> {
        // Our own client follows no redirect.
        let to = self.own.then(|| request.url().clone());
        let reuses = self.reuse.is_allowed();
        let client = if reuses {
            &self.client
        } else {
            // The server learns that it may close the connection, and when.
            request
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
            self.single(&inner.base)
        };
        let reply = client.execute(request);
        async move {
            let mut reply = reply.await.map_err(|error| {
                if reuses && failure::is_loss(&error) {
                    self.reuse.on_loss(if self.own { OWN_IDLE } else { IDLE });
                }
                self.lost(inner, &error)
            })?;
            let status = reply.status();
            // An injected client may have followed a redirect: its reply says nothing about this request.
            if to.is_some_and(|to| *reply.url() != to) {
                return Err(Error::new(
                    ErrorKind::BadResponse,
                    "the server redirects; redirects are not followed; check the base URL",
                )
                .with_status(status.as_u16()));
            }
            let response = sent.reply(status, std::mem::take(reply.headers_mut()))?;
            Ok((reply, response, reuses))
        }
    }
}

/// What is needed of a request after it is sent.
pub(crate) struct Sent {
    sensitive: Vec<HeaderValue>,
    secrets: Vec<SecretString>,
}

impl Sent {
    pub(crate) fn new(headers: &HeaderMap, secrets: Vec<SecretString>) -> Self {
        let sensitive = headers.values().filter(|value| value.is_sensitive());
        Self {
            sensitive: sensitive.cloned().collect(),
            secrets,
        }
    }

    /// The reply without its body, unless its head says that it is no answer.
    fn reply(self, status: StatusCode, headers: HeaderMap) -> Result<HttpResponse> {
        let response = HttpResponse {
            status: status.as_u16(),
            headers,
            body: Vec::new(),
            sensitive: self.sensitive,
            secrets: self.secrets,
        };
        if status.is_redirection() {
            return Err(response.redirect());
        }
        response.expect_uncompressed()?;
        Ok(response)
    }
}

fn too_large(inner: &Inner, status: StatusCode) -> Error {
    let limit = inner.max_body_bytes;
    let message = format!("the reply is larger than the limit of {limit} bytes");
    Error::new(ErrorKind::BadResponse, message).with_status(status.as_u16())
}

/// Why a body was not read to its end, with the bytes read so far.
enum Cut {
    TooLarge(Vec<u8>),
    Lost(Vec<u8>, reqwest::Error),
}

/// Reads a body of at most `limit` bytes.
async fn read(reply: &mut reqwest::Response, limit: usize) -> std::result::Result<Vec<u8>, Cut> {
    let announced = reply.content_length().unwrap_or(0);
    let announced = usize::try_from(announced).unwrap_or(usize::MAX);
    if reply.status().is_success() && announced > limit {
        return Err(Cut::TooLarge(Vec::new()));
    }
    let announced = announced.min(limit);
    // The announced length may be wrong, so it is only believed of a server that has sent that much already.
    let mut body = Vec::with_capacity(announced.min(USUAL_BODY));
    loop {
        match reply.chunk().await {
            Ok(None) => return Ok(body),
            Ok(Some(chunk)) => {
                let room = limit - body.len();
                if chunk.len() > room {
                    body.extend(chunk.into_iter().take(room));
                    return Err(Cut::TooLarge(body));
                }
                if body.len() + chunk.len() > body.capacity() {
                    // At once, not by doubling: while a buffer grows, both are in memory.
                    body.reserve_exact(announced.saturating_sub(body.len()));
                }
                body.extend_from_slice(&chunk);
            }
            Err(error) => return Err(Cut::Lost(body, error)),
        }
    }
}

#[cfg(feature = "transport")]
pub(crate) use injected::exchange;

#[cfg(feature = "transport")]
mod injected {
    use bytes::Bytes;
    use http_body_util::BodyExt as _;
    use reqwest::header::{CONTENT_LENGTH, HOST};

    use super::{Error, ErrorKind, HttpResponse, Inner, Result, Sent, failure, too_large};
    use crate::{Transport, TransportError};

    /// Sends the request through an injected transport.
    pub(crate) async fn exchange(
        inner: &Inner,
        transport: &dyn Transport,
        request: reqwest::Request,
        sent: Sent,
    ) -> Result<HttpResponse> {
        let request = whole(request).await?;
        let pending = transport.send(request);
        let reply = match tokio::time::timeout(inner.timeout, pending).await {
            Ok(reply) => reply,
            Err(_) => Err(TransportError::TimedOut),
        };
        let reply = reply.map_err(|error| lost(inner, &error))?;
        let (head, body) = reply.into_parts();
        let status = head.status;
        let mut response = sent.reply(status, head.headers)?;
        if body.len() > inner.max_body_bytes && status.is_success() {
            return Err(too_large(inner, status));
        }
        response.body = body.into();
        response.body.truncate(inner.max_body_bytes);
        response.expect_uncompressed()?;
        Ok(response)
    }

    /// The request with its whole body and the headers that the network would add.
    async fn whole(mut request: reqwest::Request) -> Result<http::Request<Bytes>> {
        let unbuildable =
            || Error::invalid_input("the request's address cannot be built; nothing was sent");
        let body = match request.body_mut().take() {
            Some(body) => {
                let collected = body.collect().await.map_err(|_| {
                    Error::invalid_input("a file could not be read to its end; nothing was sent")
                })?;
                collected.to_bytes()
            }
            None => Bytes::new(),
        };
        let mut whole = http::Request::new(body);
        *whole.uri_mut() = request.url().as_str().parse().map_err(|_| unbuildable())?;
        *whole.method_mut() = request.method().clone();
        *whole.headers_mut() = std::mem::take(request.headers_mut());
        let authority = whole.uri().authority().map(|host| host.as_str().parse());
        let host = authority
            .and_then(std::result::Result::ok)
            .ok_or_else(unbuildable)?;
        let length = whole.body().len();
        whole.headers_mut().insert(HOST, host);
        if length > 0 {
            whole.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
        Ok(whole)
    }

    fn lost(inner: &Inner, error: &TransportError) -> Error {
        let peer = &inner.base.peer;
        let (kind, message) = match error {
            TransportError::NotConnected(why) => {
                let why = failure::shown(why).unwrap_or_else(|| "no cause is known".to_owned());
                (ErrorKind::Connect, failure::not_connected(peer, &why))
            }
            TransportError::Lost => (ErrorKind::Unavailable, failure::lost(peer)),
            TransportError::TimedOut => {
                (ErrorKind::Timeout, failure::timed_out(peer, inner.timeout))
            }
            TransportError::NotHttp => (
                ErrorKind::BadResponse,
                format!("the reply from {peer} is not HTTP"),
            ),
        };
        Error::new(kind, message)
    }
}
