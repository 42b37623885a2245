//! The configuration of a Sweeppea account.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use ticket_core::Result;
use ticket_core::provider::{IdForm, Setting, Settings};
use ticket_http::{HttpConfig, shown_url};

use crate::info::{DEFAULT_ID_FORM, ID};

/// The settings of Sweeppea, for configuration files and the environment.
pub const SETTINGS: &[Setting] = &[
    Setting::optional(
        "base_url",
        "SWEEPPEA_BASE_URL",
        "where the API is",
        DEFAULT_BASE_URL,
    ),
    Setting::secret(
        "api_key",
        "SWEEPPEA_API_KEY",
        "the API key, from the vendor's API dashboard",
    ),
    Setting::optional(
        "id_form",
        "SWEEPPEA_ID_FORM",
        "the form of ticket ids: alphanumeric, number or any (the default is inferred)",
        "alphanumeric",
    ),
];

const DEFAULT_BASE_URL: &str = "https://api-v3.sweeppea.com";

/// How to connect to Sweeppea.
///
/// ```
/// use ticket_sweeppea::SweeppeaConfig;
///
/// let config = SweeppeaConfig::new("key");
/// assert_eq!(config.base_url, "https://api-v3.sweeppea.com");
/// assert!(!format!("{config:?}").contains("\"key\""));
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SweeppeaConfig {
    /// Where the API is.
    #[serde(default = "default_base_url")]
    pub base_url: String,
    /// The API key. It is long-lived and identifies the user whose tickets are seen.
    pub api_key: SecretString,
    /// The form of ticket ids. An id of another form is rejected before anything is sent. That they consist of
    /// letters and digits is inferred; this setting allows other ids.
    #[serde(default = "default_id_form")]
    pub id_form: IdForm,
    /// Timeouts and limits of the HTTP client.
    #[serde(skip)]
    pub http: HttpConfig,
}

fn default_base_url() -> String {
    DEFAULT_BASE_URL.to_owned()
}

fn default_id_form() -> IdForm {
    DEFAULT_ID_FORM
}

impl fmt::Debug for SweeppeaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SweeppeaConfig")
            .field("base_url", &shown_url(&self.base_url))
            .field("api_key", &self.api_key)
            .field("id_form", &self.id_form)
            .field("http", &self.http)
            .finish()
    }
}

impl SweeppeaConfig {
    /// The public API, called with `api_key`.
    pub fn new(api_key: impl Into<SecretString>) -> Self {
        Self {
            base_url: default_base_url(),
            api_key: api_key.into(),
            id_form: DEFAULT_ID_FORM,
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

    /// Sets where the API is.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// Sets the form of ticket ids.
    #[must_use]
    pub fn id_form(mut self, form: IdForm) -> Self {
        self.id_form = form;
        self
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
