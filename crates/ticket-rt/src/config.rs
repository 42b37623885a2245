//! The configuration of a Request Tracker account.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use ticket_core::provider::{Setting, Settings};
use ticket_core::{Error, Result};
use ticket_http::{HttpConfig, basic_auth, shown_url};

use crate::info::ID;

/// The settings of Request Tracker, for configuration files and the environment: a token, or a user with a password.
pub const SETTINGS: &[Setting] = &[
    Setting::required(
        "base_url",
        "RT_BASE_URL",
        "where RT's web pages are, such as https://rt.example.com, without /REST/2.0",
    ),
    Setting::secret(
        "token",
        "RT_TOKEN",
        "an authentication token, from Settings > Auth Tokens in RT",
    )
    .or_others(),
    Setting::required("user", "RT_USER", "the user to sign in as without a token")
        .login()
        .or_others(),
    Setting::secret("password", "RT_PASSWORD", "the user's password").or_others(),
];

/// How to connect to Request Tracker.
///
/// ```
/// use ticket_rt::RtConfig;
///
/// let config = RtConfig::new("https://rt.example.com", "1-14-abc");
/// assert!(!format!("{config:?}").contains("1-14-abc"));
/// let config = RtConfig::with_login("https://rt.example.com", "root", "password");
/// # let _ = config;
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RtConfig {
    /// Where RT's web pages are, without `/REST/2.0`.
    pub base_url: String,
    /// An authentication token. It is used if there is one.
    #[serde(default)]
    pub token: Option<SecretString>,
    /// The user to sign in as without a token.
    #[serde(default)]
    pub user: Option<String>,
    /// The user's password.
    #[serde(default)]
    pub password: Option<SecretString>,
    /// Timeouts and limits of the HTTP client. A file is received whole, in base64: its limit is three quarters of
    /// [`HttpConfig::max_body_bytes`].
    #[serde(skip)]
    pub http: HttpConfig,
}

impl fmt::Debug for RtConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RtConfig")
            .field("base_url", &shown_url(&self.base_url))
            .field("token", &self.token)
            .field("user", &self.user)
            .field("password", &self.password)
            .field("http", &self.http)
            .finish()
    }
}

impl RtConfig {
    /// The RT at `base_url`, called with an authentication token.
    pub fn new(base_url: impl Into<String>, token: impl Into<SecretString>) -> Self {
        Self {
            base_url: base_url.into(),
            token: Some(token.into()),
            user: None,
            password: None,
            http: HttpConfig::default(),
        }
    }

    /// The RT at `base_url`, called with a user's name and password.
    pub fn with_login(
        base_url: impl Into<String>,
        user: impl Into<String>,
        password: impl Into<SecretString>,
    ) -> Self {
        Self {
            base_url: base_url.into(),
            token: None,
            user: Some(user.into()),
            password: Some(password.into()),
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

    /// The value of the header `authorization`.
    pub(crate) fn authorization(&self) -> Result<SecretString> {
        match (&self.token, &self.user, &self.password) {
            (Some(token), _, _) => Ok(format!("token {}", token.expose_secret()).into()),
            (None, Some(user), Some(password)) => basic_auth(user, password),
            _ => Err(Error::config(
                "Request Tracker needs a token (RT_TOKEN), or a user and a password (RT_USER, RT_PASSWORD)",
            )),
        }
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
