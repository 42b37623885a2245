//! What an application may choose about a connection. Where it goes and with which credentials is a
//! provider's configuration, not this one's.

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
        }
    }
}

impl HttpConfig {
    /// How long a connection may take to be made, TLS included. 10 seconds, and no more than three quarters of
    /// [`timeout`](Self::timeout), so that a connection which is not made is told as one.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long a request may take altogether, from the connection to the last byte of the reply. 30 seconds.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// How many bytes of a reply's body are read. 4 MiB.
    #[must_use]
    pub fn max_body_bytes(mut self, limit: usize) -> Self {
        self.max_body_bytes = limit;
        self
    }

    /// Whether `http://` may be used with a host that is not this computer. Credentials and tickets then
    /// travel readable for everyone on the way. Loopback addresses and `localhost` are always allowed.
    #[must_use]
    pub fn allow_plain_http(mut self, allow: bool) -> Self {
        self.allow_plain_http = allow;
        self
    }

    /// What stands first in the `user-agent` header, as `name/version`. This crate's own name follows.
    #[must_use]
    pub fn user_agent(mut self, product: impl Into<String>) -> Self {
        self.product = Some(product.into());
        self
    }

    /// As [`user_agent`](Self::user_agent), unless one is given. For provider crates.
    #[must_use]
    pub fn or_user_agent(mut self, product: &str) -> Self {
        self.product.get_or_insert_with(|| product.to_owned());
        self
    }

    /// Uses an HTTP client of your own (of reqwest 0.13), for example with a certificate of a private authority.
    ///
    /// Its redirect policy, retry policy, proxies, TLS settings, connect timeout and logging are then your
    /// business: one that follows redirects takes credentials along, one that retries files tickets
    /// twice, one with `connection_verbose` logs every byte. What can still be enforced from here is: the total timeout, the bound on bodies, the path
    /// rules, and that a redirect which arrives, or was followed to another address, is an error. Since the
    /// failed connection need not be the first, it is `Unavailable` and of unknown effect, never `Connect`.
    #[must_use]
    pub fn client(mut self, client: reqwest::Client) -> Self {
        self.client = Some(client);
        self
    }
}

// A client of one's own may hold credentials in its default headers or proxies, and would print them.
impl fmt::Debug for HttpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpConfig")
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
