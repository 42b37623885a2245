//! The configuration of a Redmine account.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use ticket_core::Result;
use ticket_core::provider::{Setting, Settings};
use ticket_http::{HttpConfig, shown_url};

use crate::info::ID;

/// The settings of Redmine, for configuration files and the environment: an API key, or a login and a password.
pub const SETTINGS: &[Setting] = &[
    Setting::required(
        "base_url",
        "REDMINE_BASE_URL",
        "where Redmine is, such as https://redmine.example.com",
    ),
    Setting::secret(
        "api_key",
        "REDMINE_API_KEY",
        "the API access key, shown on the page of your account; the REST web service must be enabled",
    )
    .or_others(),
    Setting::required("login", "REDMINE_LOGIN", "the login, in place of a key")
        .login()
        .or_others(),
    Setting::secret(
        "password",
        "REDMINE_PASSWORD",
        "the password that belongs to it",
    )
    .or_others(),
    Setting::optional(
        "project",
        "REDMINE_PROJECT",
        "the id or the identifier of the project in which tickets are created",
        NO_PROJECT,
    ),
    Setting::optional(
        "resolved_status",
        "REDMINE_RESOLVED_STATUS",
        "the name or the id of the status that a resolved ticket gets",
        FIRST_CLOSING,
    ),
    Setting::optional(
        "max_attachment_bytes",
        "REDMINE_MAX_ATTACHMENT_BYTES",
        "how large a file may be, in bytes, as the site allows",
        DEFAULT_MAX_ATTACHMENT_BYTES_TEXT,
    ),
];

/// No project, and the status where none is named: settings with these values count as absent. No identifier of a
/// project has parentheses.
const NO_PROJECT: &str = "(none)";
const FIRST_CLOSING: &str = "(the first that closes a ticket)";

/// 5 MiB, Redmine's default (observed).
const DEFAULT_MAX_ATTACHMENT_BYTES: u64 = 5 * 1024 * 1024;
const DEFAULT_MAX_ATTACHMENT_BYTES_TEXT: &str = "5242880";

/// How to connect to Redmine.
///
/// ```
/// use ticket_redmine::RedmineConfig;
///
/// let config = RedmineConfig::new("https://redmine.example.com", "key").project("support");
/// assert!(!format!("{config:?}").contains("\"key\""));
/// let config = RedmineConfig::with_login("https://redmine.example.com", "agent", "password");
/// # let _ = config;
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RedmineConfig {
    /// Where Redmine is, with the path under which it sits, if any.
    pub base_url: String,
    /// The API access key.
    pub api_key: Option<SecretString>,
    /// The login, in place of a key.
    pub login: Option<String>,
    /// The password that belongs to it.
    pub password: Option<SecretString>,
    /// The id or the identifier of the project in which tickets are created.
    #[serde(default, deserialize_with = "unless_default")]
    pub project: Option<String>,
    /// The name or the id of the status that a resolved ticket gets. Absent: the first status that closes a ticket.
    #[serde(default, deserialize_with = "unless_default")]
    pub resolved_status: Option<String>,
    /// How large each file may be, in bytes. A larger one is refused before anything is sent.
    #[serde(
        default = "default_max_attachment_bytes",
        deserialize_with = "number_or_text"
    )]
    pub max_attachment_bytes: u64,
    /// Timeouts and limits of the HTTP client.
    #[serde(skip)]
    pub http: HttpConfig,
}

fn default_max_attachment_bytes() -> u64 {
    DEFAULT_MAX_ATTACHMENT_BYTES
}

/// The value, unless it is what stands for none.
fn unless_default<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let value = Option::<String>::deserialize(deserializer)?;
    Ok(value.filter(|value| ![NO_PROJECT, FIRST_CLOSING].contains(&value.as_str())))
}

/// Environment variables are texts, files have numbers.
fn number_or_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a number")]
    enum Any {
        Number(u64),
        Text(String),
    }

    match Any::deserialize(deserializer)? {
        Any::Number(number) => Ok(number),
        Any::Text(text) => text.trim().parse().map_err(serde::de::Error::custom),
    }
}

impl fmt::Debug for RedmineConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedmineConfig")
            .field("base_url", &shown_url(&self.base_url))
            .field("api_key", &self.api_key)
            .field("login", &self.login.as_ref().map(|_| "[hidden]"))
            .field("password", &self.password)
            .field("project", &self.project)
            .field("resolved_status", &self.resolved_status)
            .field("max_attachment_bytes", &self.max_attachment_bytes)
            .field("http", &self.http)
            .finish()
    }
}

impl RedmineConfig {
    /// The Redmine at `base_url`, called with an API access key.
    pub fn new(base_url: impl Into<String>, api_key: impl Into<SecretString>) -> Self {
        Self {
            api_key: Some(api_key.into()),
            ..Self::at(base_url)
        }
    }

    /// The Redmine at `base_url`, called with a login and a password.
    pub fn with_login(
        base_url: impl Into<String>,
        login: impl Into<String>,
        password: impl Into<SecretString>,
    ) -> Self {
        Self {
            login: Some(login.into()),
            password: Some(password.into()),
            ..Self::at(base_url)
        }
    }

    fn at(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            api_key: None,
            login: None,
            password: None,
            project: None,
            resolved_status: None,
            max_attachment_bytes: DEFAULT_MAX_ATTACHMENT_BYTES,
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

    /// Sets the project in which tickets are created, by its id or its identifier.
    #[must_use]
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// Sets the status that a resolved ticket gets, by its name or its id.
    #[must_use]
    pub fn resolved_status(mut self, status: impl Into<String>) -> Self {
        self.resolved_status = Some(status.into());
        self
    }

    /// Sets how large each file may be, in bytes.
    #[must_use]
    pub fn max_attachment_bytes(mut self, bytes: u64) -> Self {
        self.max_attachment_bytes = bytes;
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
