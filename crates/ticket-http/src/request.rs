//! A request, sent once. Errors while building are kept until `send` or `validate` returns them, so that
//! calls can be chained.

#[cfg(feature = "multipart")]
mod files;

use std::fmt;
use std::pin::Pin;

use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use ticket_core::{Error, Result};
use tracing::Instrument as _;

use crate::body::Body;
use crate::client::HttpClient;
#[cfg(feature = "transport")]
use crate::exchange;
use crate::exchange::{Carrier, Inner, Sent};
use crate::header::{plain_header, secret_header};
use crate::path::{encode, encode_pairs, encode_segment};
use crate::response::HttpResponse;
use crate::span;

/// Initial capacity of a path in bytes; most paths are shorter.
const USUAL_PATH: usize = 128;

/// A request that is not sent yet. `Debug` prints only its method, because path, query and body may hold
/// personal data or secrets.
#[must_use = "a request does nothing until it is sent"]
pub struct HttpRequest<'a> {
    client: &'a HttpClient,
    /// Boxed, because it is moved often before it is sent.
    parts: Box<Parts>,
}

struct Parts {
    method: Method,
    /// Encoded, including the path of the base URL.
    path: String,
    /// Encoded; empty if there is none.
    query: String,
    headers: HeaderMap,
    body: Option<Body>,
    #[cfg(feature = "multipart")]
    form: Option<crate::Multipart>,
    /// The file that is the body, and how many bytes it may have.
    #[cfg(feature = "multipart")]
    file: Option<(ticket_core::model::Attachment, u64)>,
    /// Secrets in the body, to remove them from vendor messages.
    secrets: Vec<SecretString>,
    /// The first error while building.
    problem: Option<Error>,
}

impl HttpClient {
    /// A `GET` request. Each element of `path` is one segment behind the base URL, encoded on its own.
    pub fn get(&self, path: &[&str]) -> HttpRequest<'_> {
        HttpRequest::new(self, Method::GET, path)
    }

    /// A `POST` request. Each element of `path` is one segment behind the base URL, encoded on its own.
    pub fn post(&self, path: &[&str]) -> HttpRequest<'_> {
        HttpRequest::new(self, Method::POST, path)
    }

    /// A `PUT` request. Each element of `path` is one segment behind the base URL, encoded on its own.
    pub fn put(&self, path: &[&str]) -> HttpRequest<'_> {
        HttpRequest::new(self, Method::PUT, path)
    }

    /// A `PATCH` request. Each element of `path` is one segment behind the base URL, encoded on its own.
    pub fn patch(&self, path: &[&str]) -> HttpRequest<'_> {
        HttpRequest::new(self, Method::PATCH, path)
    }

    /// A `DELETE` request. Each element of `path` is one segment behind the base URL, encoded on its own.
    pub fn delete(&self, path: &[&str]) -> HttpRequest<'_> {
        HttpRequest::new(self, Method::DELETE, path)
    }
}

impl<'a> HttpRequest<'a> {
    fn new(client: &'a HttpClient, method: Method, path: &[&str]) -> Self {
        let mut parts = Parts {
            method,
            path: String::with_capacity(USUAL_PATH),
            query: String::new(),
            headers: client.inner.headers.clone(),
            body: None,
            #[cfg(feature = "multipart")]
            form: None,
            #[cfg(feature = "multipart")]
            file: None,
            secrets: Vec::new(),
            problem: None,
        };
        parts.path.push_str(&client.inner.base.path);
        for segment in path {
            match encode_segment(segment) {
                Ok(segment) => {
                    parts.path.push('/');
                    parts.path.push_str(&segment);
                }
                Err(error) => {
                    parts.problem.get_or_insert(error);
                }
            }
        }
        if parts.path.is_empty() {
            parts.path.push('/');
        }
        Self {
            client,
            parts: Box::new(parts),
        }
    }

    /// Sets a JSON body, which is serialised now, once. If the value cannot be serialised,
    /// [`send`](Self::send) fails.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        match Body::json(value) {
            Ok(body) => self.carry(body),
            Err(error) => self.refuse(error),
        }
        self
    }

    /// Sets a body of form fields (`application/x-www-form-urlencoded`).
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.carry(Body::form(fields));
        self
    }

    /// Adds a query parameter. Do not use it for secrets: servers and proxies log URLs.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        if !self.parts.query.is_empty() {
            self.parts.query.push('&');
        }
        self.parts.query.push_str(&encode_pairs([(name, value)]));
        self
    }

    /// Adds a header that is not secret to this request only, such as `if-match` or `accept-language`. It replaces
    /// the client's header of the same name. Vendor messages that contain its value are shown unchanged, so use
    /// [`secret_header`](Self::secret_header) for credentials. If the value cannot be sent,
    /// [`send`](Self::send) fails with `InvalidInput`.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        match plain_header(name, value) {
            Ok((name, value)) => {
                self.parts.headers.insert(name, value);
            }
            Err(error) => self.refuse(error),
        }
        self
    }

    /// Adds a secret header to this request only. It replaces the client's header of the same name. Use it
    /// for tokens that are renewed. If the value cannot be sent, [`send`](Self::send) fails.
    pub fn secret_header(mut self, name: &'static str, value: &SecretString) -> Self {
        match secret_header(name, value) {
            Ok((name, value)) => {
                self.parts.headers.insert(name, value);
            }
            Err(error) => self.refuse(error),
        }
        self
    }

    /// Declares a secret in the body, such as a password. If a vendor message repeats it, plain or
    /// percent-encoded, it is removed, like the values of secret headers.
    pub fn secret_in_body(mut self, secret: &SecretString) -> Self {
        let plain = secret.expose_secret();
        self.parts
            .secrets
            .extend([plain.to_owned(), encode(plain).into_owned()].map(SecretString::from));
        self
    }

    /// Returns the error of the request as built so far, for example before a token is fetched for it.
    ///
    /// # Errors
    ///
    /// The errors that [`send`](Self::send) returns without sending anything: an id that is not a path
    /// segment, a header or a body that cannot be encoded.
    pub fn validate(self) -> Result<Self> {
        match self.parts.problem {
            Some(problem) => Err(problem),
            None => Ok(self),
        }
    }

    /// Sends the request once and reads the reply.
    ///
    /// Every status except 3xx is a reply, not an error. The body of a non-2xx reply is truncated at the size
    /// limit or where the connection breaks, because its status says what happened.
    ///
    /// # Errors
    ///
    /// | Kind | Effect | When |
    /// |---|---|---|
    /// | `InvalidInput`, `Config` | none | the request was rejected before it was sent |
    /// | `Connect` | none | no connection could be made; never with [an injected client] |
    /// | `Timeout` | unknown | no complete reply within the time allowed |
    /// | `Unavailable` | unknown | the connection was lost after the request was sent; [an injected client] made no connection |
    /// | `BadResponse` | unknown | a 2xx reply with a body over the size limit or a compressed one; a reply that is not HTTP; a redirect that [an injected client] followed |
    /// | `BadResponse` | [by status](crate::meaning_of_status) | a redirect |
    /// | as [`HttpResponse::foreign`] | by status | a compressed reply that is not 2xx |
    ///
    /// [an injected client]: crate::HttpConfig::client
    pub async fn send(self) -> Result<HttpResponse> {
        let Self { client, parts } = self;
        let inner = &client.inner;
        // Before the span: a request that fails here is never sent.
        let (request, sent) = parts.ready(inner).await?;
        let span = span::begin(request.method(), &inner.base, request.url().path());
        // Boxed to keep the futures of all callers small.
        let result: Pin<Box<dyn Future<Output = _> + Send>> = match &inner.carrier {
            Carrier::Network(network) => Box::pin(network.exchange(inner, request, sent)),
            #[cfg(feature = "transport")]
            Carrier::Injected(transport) => {
                Box::pin(exchange::exchange(inner, &**transport, request, sent))
            }
        };
        let result = result.instrument(span.clone()).await;
        span::end(&span, &result);
        result
    }

    /// Sets the body. The last one wins.
    fn carry(&mut self, body: Body) {
        self.parts.body = Some(body);
        #[cfg(feature = "multipart")]
        {
            self.parts.form = None;
            self.parts.file = None;
        }
    }

    fn refuse(&mut self, error: Error) {
        self.parts.problem.get_or_insert(error);
    }
}

impl Parts {
    /// The request as it is sent, with its files opened.
    #[cfg_attr(
        not(feature = "multipart"),
        expect(clippy::unused_async, reason = "without files, nothing is waited for")
    )]
    async fn ready(mut self: Box<Self>, inner: &Inner) -> Result<(reqwest::Request, Sent)> {
        let secrets = std::mem::take(&mut self.secrets);
        #[cfg(feature = "multipart")]
        let request = match (self.form.take(), self.file.take()) {
            (Some(form), _) => Box::pin(files::with_form(inner, *self, form)).await?,
            (None, Some((file, max_bytes))) => {
                Box::pin(files::with_file(inner, *self, file, max_bytes)).await?
            }
            (None, None) => self.build(inner)?,
        };
        #[cfg(not(feature = "multipart"))]
        let request = self.build(inner)?;
        let sent = Sent::new(request.headers(), secrets);
        Ok((request, sent))
    }

    fn build(self, inner: &Inner) -> Result<reqwest::Request> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let query = Some(self.query.as_str()).filter(|query| !query.is_empty());
        // Only path and query are parsed; the rest is already validated.
        let mut url = inner.base.url.clone();
        url.set_path(&self.path);
        url.set_query(query);
        // The parser must not have changed anything: the checked path is the path that is sent.
        if url.path() != self.path || url.query() != query {
            return Err(unbuildable());
        }
        let mut request = reqwest::Request::new(self.method, url);
        *request.headers_mut() = self.headers;
        *request.timeout_mut() = Some(inner.timeout);
        match self.body {
            Some(body) => {
                let content_type = HeaderValue::from_static(body.content_type);
                request.headers_mut().insert(CONTENT_TYPE, content_type);
                *request.body_mut() = Some(body.bytes.into());
            }
            // Some servers answer 411 without it.
            None if matches!(
                *request.method(),
                Method::POST | Method::PUT | Method::PATCH
            ) =>
            {
                request
                    .headers_mut()
                    .insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            None => {}
        }
        Ok(request)
    }
}

fn unbuildable() -> Error {
    Error::invalid_input("the request's address cannot be built; nothing was sent")
}

impl fmt::Debug for HttpRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.parts.method)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::HttpConfig;

    fn client() -> HttpClient {
        let key = [("x-api-key", SecretString::from("s3cret"))];
        HttpClient::new("http://127.0.0.1:9/desk", &HttpConfig::default(), &key).unwrap()
    }

    #[tokio::test]
    async fn secret_headers_are_marked_sensitive() {
        let client = client();
        let token = SecretString::from("Bearer s3cret");
        let request = client.get(&["t"]).secret_header("authorization", &token);
        let request = request.parts.build(&client.inner).unwrap();
        for (name, sensitive) in [
            ("x-api-key", true),
            ("authorization", true),
            ("user-agent", false),
        ] {
            assert_eq!(request.headers()[name].is_sensitive(), sensitive, "{name}");
        }
        let shown = format!("{request:?}");
        assert!(
            shown.contains("x-api-key") && !shown.contains("s3cret"),
            "{shown}"
        );
    }

    #[tokio::test]
    async fn address_changed_by_the_url_parser_is_not_sent() {
        let client = client();
        let good = client.get(&["t"]).parts.build(&client.inner).unwrap();
        assert_eq!(good.url().as_str(), "http://127.0.0.1:9/desk/t");
        for end in ["/../t", "/%2e%2e/t", "/./t", "/a b", "\\t", "/t\n", "/ä"] {
            let mut request = client.delete(&["t"]);
            request.parts.path.push_str(end);
            let error = request.parts.build(&client.inner).unwrap_err();
            assert_eq!(error.kind(), ticket_core::ErrorKind::InvalidInput, "{end}");
            assert_eq!(error.effect(), ticket_core::Effect::None);
            assert!(error.to_string().contains("nothing was sent"), "{error}");
        }
    }
}
