//! The client of an API. Requests are in `request.rs`.

use std::fmt;
use std::sync::Arc;

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use secrecy::SecretString;
use ticket_core::{Error, Result};

use crate::base::Base;
use crate::config::HttpConfig;
use crate::exchange::{Carrier, Inner, Network};
use crate::header::secret_header;

/// The most headers of a usual request, including those that reqwest and hyper add.
const USUAL_HEADERS: usize = 8;

/// A client of one vendor's API. Clones are cheap and share connections.
///
/// It does not follow redirects, does not retry, sends no cookies and no `Referer`, and asks for
/// `identity`, no compression. Requests to a loopback base URL never use a proxy; other requests use the proxy of the
/// environment (`HTTPS_PROXY`, `NO_PROXY`). After two losses on connections that may have been idle, it reuses none
/// for a minute or longer, since such a server closes them under us. `Debug` prints the base URL and the names of headers.
#[derive(Clone)]
pub struct HttpClient {
    pub(crate) inner: Arc<Inner>,
}

impl HttpClient {
    /// Creates a client for the API at `base_url`, which may have a path, with or without a trailing slash.
    /// Every request has the `secret_headers`.
    ///
    /// # Errors
    ///
    /// `Config`, and nothing is sent: if the URL cannot be parsed, is neither `https` nor `http`, or has a
    /// user name, a query or a fragment; for plain `http` to another computer, unless
    /// [allowed](HttpConfig::allow_plain_http); for `https` if this crate was built without TLS; if a header
    /// value is empty or cannot be sent (the message contains only the name of the header).
    pub fn new(
        base_url: &str,
        config: &HttpConfig,
        secret_headers: &[(&'static str, SecretString)],
    ) -> Result<Self> {
        let base = Base::parse(base_url, config.allow_plain_http)?;
        // With room for those that a request adds, so that its copies need not grow.
        let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
        headers.insert(USER_AGENT, user_agent(config.product.as_deref())?);
        // Without the header, a server may choose any coding (RFC 9110, section 12.5.3).
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        for (name, value) in secret_headers {
            let (name, value) = secret_header(name, value)?;
            headers.insert(name, value);
        }
        Ok(Self {
            inner: Arc::new(Inner {
                carrier: carrier(config, &base)?,
                base,
                headers,
                timeout: config.timeout,
                max_body_bytes: config.max_body_bytes,
            }),
        })
    }

    /// The base URL: scheme, host, port and path, without a slash at the end.
    ///
    /// ```
    /// use ticket_http::{HttpClient, HttpConfig};
    ///
    /// let client = HttpClient::new("http://127.0.0.1:8080/rt/", &HttpConfig::default(), &[])?;
    /// assert_eq!(client.base_url(), "http://127.0.0.1:8080/rt");
    /// # Ok::<(), ticket_core::Error>(())
    /// ```
    pub fn base_url(&self) -> String {
        self.inner.base.shown()
    }

    /// Checks that a value can be sent as a secret header, for secrets that are added to single requests.
    ///
    /// # Errors
    ///
    /// `Config`, if the value is empty, starts or ends with white space, or has a character that cannot be
    /// sent. The message contains only the name of the header.
    pub fn check_secret_header(name: &'static str, value: &SecretString) -> Result<()> {
        secret_header(name, value).map(drop)
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.inner.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("HttpClient")
            .field("base_url", &self.inner.base.shown())
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}

fn user_agent(product: Option<&str>) -> Result<HeaderValue> {
    const OWN: &str = concat!("ticket-http/", env!("CARGO_PKG_VERSION"));
    let text = match product {
        Some(product) => format!("{product} {OWN}"),
        None => OWN.to_owned(),
    };
    HeaderValue::from_str(&text)
        .map_err(|_| Error::config("the user agent contains a character that cannot be sent"))
}

fn carrier(config: &HttpConfig, base: &Base) -> Result<Carrier> {
    #[cfg(feature = "transport")]
    if let Some(transport) = &config.transport {
        return Ok(Carrier::Injected(Arc::clone(transport)));
    }
    let network = match &config.client {
        Some(client) => Network::injected(client.clone()),
        // The connect timeout must end before the total timeout. Otherwise it would be unknown whether something
        // was sent.
        None => Network::built(config.connect_timeout.min(config.timeout / 4 * 3), base)?,
    };
    Ok(Carrier::Network(network))
}
