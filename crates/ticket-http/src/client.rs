//! The client, built once with all safety settings. Requests are in `request.rs`.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{redirect, retry};
use secrecy::SecretString;
use ticket_core::{Error, Result};

use crate::base::Base;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use crate::certificates;
use crate::config::HttpConfig;
use crate::exchange::{Carrier, Network};
use crate::failure;
use crate::header::secret_header;

/// How long an idle connection is kept: less than the five seconds after which common servers close it. A
/// request that races with such a close has an unknown effect.
pub(crate) const IDLE: Duration = Duration::from_secs(4);

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

pub(crate) struct Inner {
    pub(crate) carrier: Carrier,
    pub(crate) base: Base,
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Duration,
    pub(crate) max_body_bytes: usize,
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
        let mut headers = HeaderMap::new();
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

/// Builds a client with all unsafe features off, even if another crate of the program enables their Cargo
/// features.
pub(crate) fn build(
    connect_timeout: Duration,
    base: &Base,
    reuses_connections: bool,
) -> Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(connect_timeout)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        // This would log every byte, including credentials.
        .connection_verbose(false)
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .http1_only()
        .https_only(!base.plain)
        .pool_idle_timeout(IDLE);
    if !reuses_connections {
        builder = builder.pool_max_idle_per_host(0);
    }
    if base.loopback {
        // Credentials must not leave this computer: neither to a proxy nor to a foreign address of
        // `localhost`.
        builder = builder.no_proxy().resolve_to_addrs(
            "localhost",
            &[
                SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
                SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
            ],
        );
    }
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    {
        builder = builder.tls_version_min(reqwest::tls::Version::TLS_1_2);
        if base.plain {
            // Plain http must work on systems without certificates, and must not read them.
            builder = builder.tls_certs_only([]);
        } else {
            builder = certificates::trust(builder)?;
        }
    }
    #[cfg(feature = "rustls")]
    {
        builder = builder.tls_backend_rustls();
    }
    #[cfg(all(feature = "native-tls", not(feature = "rustls")))]
    {
        builder = builder.tls_backend_native();
    }
    builder.build().map_err(|error| {
        let causes = failure::causes(&error);
        let hint = if causes.contains("CA certificates") {
            "; install the system's certificates, or set SSL_CERT_FILE to a file of certificates"
        } else {
            ""
        };
        Error::config(format!("the HTTP client cannot be built: {causes}{hint}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);

    fn base(plain: bool) -> Base {
        Base {
            url: "https://desk.example.com".parse().unwrap(),
            path: String::new(),
            peer: "desk.example.com:443".to_owned(),
            host: "desk.example.com".to_owned(),
            port: Some(443),
            plain,
            loopback: false,
        }
    }

    #[tokio::test]
    async fn https_client_sends_no_plain_http() {
        // Neither has a port that can be reached, so that they differ in what they try.
        let sent = |client: reqwest::Client| client.get("http://127.0.0.1:0/").send();
        let client = build(TIMEOUT, &base(false), true).unwrap();
        assert!(sent(client).await.unwrap_err().is_builder());
        let client = build(TIMEOUT, &base(true), false).unwrap();
        assert!(!sent(client).await.unwrap_err().is_builder());
    }

    #[test]
    fn built_client_sends_no_referer_and_follows_no_redirect() {
        // reqwest tells in `Debug` what is on.
        let usual = format!("{:?}", reqwest::Client::new());
        assert!(usual.contains("referer: true") && !usual.contains("Policy(None)"));
        for plain in [false, true] {
            let client = build(TIMEOUT, &base(plain), true).unwrap();
            let shown = format!("{client:?}");
            assert!(!shown.contains("referer"), "{shown}");
            assert!(shown.contains("Policy(None)"), "{shown}");
        }
    }
}
