//! What must be known to call Acme.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use ticket_core::Result;
use ticket_core::provider::{Setting, Settings};
use ticket_http::{HttpConfig, shown_url};

use crate::info::ID;

/// What Acme can be told, for configuration files and the environment.
pub const SETTINGS: &[Setting] = &[
    Setting::required("base_url", "ACME_BASE_URL", "where the API is"),
    Setting::secret("api_key", "ACME_API_KEY", "the API key"),
];

/// How to reach Acme.
///
/// ```
/// use ticket_acme::AcmeConfig;
///
/// let config = AcmeConfig::new("https://desk.example.com", "k-1234");
/// assert!(!format!("{config:?}").contains("k-1234"));
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AcmeConfig {
    /// Where the API is.
    pub base_url: String,
    /// The API key.
    pub api_key: SecretString,
    /// Timeouts and limits of the HTTP client.
    #[serde(skip)]
    pub http: HttpConfig,
}

impl fmt::Debug for AcmeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcmeConfig")
            .field("base_url", &shown_url(&self.base_url))
            .field("api_key", &self.api_key)
            .field("http", &self.http)
            .finish()
    }
}

impl AcmeConfig {
    /// The API at `base_url`, called with `api_key`.
    pub fn new(base_url: impl Into<String>, api_key: impl Into<SecretString>) -> Self {
        Self {
            base_url: base_url.into(),
            api_key: api_key.into(),
            http: HttpConfig::default(),
        }
    }

    /// Reads the environment variables of [`SETTINGS`].
    ///
    /// # Errors
    ///
    /// `Config`, naming the variables that are missing.
    pub fn from_env() -> Result<Self> {
        Settings::new().or_env(SETTINGS).read(ID, SETTINGS)
    }

    /// Sets how long one request may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.http = self.http.timeout(timeout);
        self
    }

    /// Sets timeouts and limits of the HTTP client.
    #[must_use]
    pub fn http(mut self, http: HttpConfig) -> Self {
        self.http = http;
        self
    }
}
