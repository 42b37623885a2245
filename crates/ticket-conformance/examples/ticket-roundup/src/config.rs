//! What must be known to call Roundup.

use secrecy::SecretString;
use serde::Deserialize;
use ticket_core::provider::Setting;
use ticket_http::{HttpConfig, debug_fields};

/// What Roundup can be told, for configuration files and the environment.
pub const SETTINGS: &[Setting] = &[
    Setting::required(
        "base_url",
        "ROUNDUP_BASE_URL",
        "the tracker's address, such as https://tracker.example.com/support",
    ),
    Setting::required("login", "ROUNDUP_LOGIN", "the user's login name"),
    Setting::secret(
        "password",
        "ROUNDUP_PASSWORD",
        "the password that belongs to it",
    ),
];

/// How to reach Roundup.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RoundupConfig {
    /// The tracker's address.
    pub base_url: String,
    /// The user's login name.
    pub login: String,
    /// The password.
    pub password: SecretString,
    /// Timeouts and limits of the HTTP client.
    #[serde(skip)]
    pub http: HttpConfig,
}

debug_fields!(RoundupConfig { login });

impl RoundupConfig {
    /// The tracker at `base_url`, called as the user `login` with the `password`.
    pub fn new(
        base_url: impl Into<String>,
        login: impl Into<String>,
        password: impl Into<SecretString>,
    ) -> Self {
        Self {
            base_url: base_url.into(),
            login: login.into(),
            password: password.into(),
            http: HttpConfig::default(),
        }
    }
}
