//! Connection settings of an application. The address and the credentials are in the provider's
//! configuration.

use std::fmt;
use std::time::Duration;

/// Time limits, size limits and the like. The defaults suit all vendors.
///
/// ```
/// use std::time::Duration;
/// use ticket_http::HttpConfig;
///
/// let config = HttpConfig::default()
///     .timeout(Duration::from_secs(20))
///     .user_agent("ticket-example/1.2.0");
/// # let _ = config;
/// ```
#[derive(Clone)]
pub struct HttpConfig {
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_body_bytes: usize,
    pub(crate) allow_plain_http: bool,
    pub(crate) product: Option<String>,
    pub(crate) client: Option<reqwest::Client>,
    #[cfg(feature = "transport")]
    pub(crate) transport: Option<std::sync::Arc<dyn crate::Transport>>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            max_body_bytes: 4 * 1024 * 1024,
            allow_plain_http: false,
            product: None,
            client: None,
            #[cfg(feature = "transport")]
            transport: None,
        }
    }
}

impl HttpConfig {
    /// Timeout for connecting, TLS included. Default 10 seconds, and at most three quarters of
    /// [`timeout`](Self::timeout), so that a failed connection is reported as such.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Total timeout of a request, from connecting to the last byte of the reply. Default 30 seconds.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Maximum size of a reply body in bytes. Default 4 MiB.
    #[must_use]
    pub fn max_body_bytes(mut self, limit: usize) -> Self {
        self.max_body_bytes = limit;
        self
    }

    /// Allows `http://` to other computers. Credentials and tickets are then readable for everyone on the
    /// network path. Loopback addresses and `localhost` are always allowed.
    #[must_use]
    pub fn allow_plain_http(mut self, allow: bool) -> Self {
        self.allow_plain_http = allow;
        self
    }

    /// Sets the first product of the `user-agent` header, as `name/version`. This crate's product follows.
    #[must_use]
    pub fn user_agent(mut self, product: impl Into<String>) -> Self {
        self.product = Some(product.into());
        self
    }

    /// Like [`user_agent`](Self::user_agent), but keeps a value that is already set. For provider crates.
    #[must_use]
    pub fn or_user_agent(mut self, product: &str) -> Self {
        self.product.get_or_insert_with(|| product.to_owned());
        self
    }

    /// Injects an HTTP client (reqwest 0.13), for example with the certificate of a private authority.
    ///
    /// You are then responsible for its redirect policy, retry policy, proxies, TLS settings, connect timeout
    /// and logging: a client that follows redirects forwards credentials, a client that retries creates
    /// tickets twice, a client with `connection_verbose` logs every byte. This crate still enforces the total
    /// timeout, the body limit and the path rules, and it returns an error for a redirect that arrives or was
    /// followed to another address. A failed connection is `Unavailable` with unknown effect, never
    /// `Connect`, because an earlier request of the client may have arrived.
    #[must_use]
    pub fn client(mut self, client: reqwest::Client) -> Self {
        self.client = Some(client);
        self
    }

    /// Injects what carries the requests in the network's place, for example a vendor in the same process. It takes
    /// precedence over an injected [`client`](Self::client).
    #[cfg(feature = "transport")]
    #[must_use]
    pub fn transport(mut self, transport: impl crate::Transport) -> Self {
        self.transport = Some(std::sync::Arc::new(transport));
        self
    }
}

// An injected client may have credentials in its default headers or proxies, and would print them.
impl fmt::Debug for HttpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("HttpConfig");
        #[cfg(feature = "transport")]
        shown.field("own_transport", &self.transport.is_some());
        shown
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("max_body_bytes", &self.max_body_bytes)
            .field("allow_plain_http", &self.allow_plain_http)
            .field("user_agent", &self.product)
            .field("own_client", &self.client.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_states_the_defaults() {
        let HttpConfig {
            connect_timeout,
            timeout,
            max_body_bytes,
            ..
        } = HttpConfig::default();
        let mib = 1024 * 1024;
        assert_eq!(max_body_bytes % mib, 0);
        let stated = format!(
            "{} seconds to connect, {} altogether, {} MiB of body",
            connect_timeout.as_secs_f64(),
            timeout.as_secs_f64(),
            max_body_bytes / mib
        );
        assert!(include_str!("../README.md").contains(&stated), "{stated}");
    }
}
