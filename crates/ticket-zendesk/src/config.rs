//! The configuration of a Zendesk account.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use ticket_core::Result;
use ticket_core::provider::{Setting, Settings};
use ticket_http::{HttpConfig, shown_url};

use crate::info::ID;
use crate::plan::Plan;

/// The settings of Zendesk, for configuration files and the environment: an API token with the address of its owner, or an
/// OAuth token.
pub const SETTINGS: &[Setting] = &[
    Setting::required(
        "base_url",
        "ZENDESK_BASE_URL",
        "where Zendesk is, such as https://acme.zendesk.com",
    ),
    Setting::required(
        "email",
        "ZENDESK_EMAIL",
        "the address of the agent that the API token belongs to",
    )
    .login()
    .or_others(),
    Setting::secret("api_token", "ZENDESK_API_TOKEN", "the API token").or_others(),
    Setting::secret(
        "oauth_token",
        "ZENDESK_OAUTH_TOKEN",
        "an OAuth token, in place of an address and an API token",
    )
    .or_others(),
    Setting::optional(
        "plan",
        "ZENDESK_PLAN",
        "the plan, which decides how many calls a minute are made: team (200), growth or professional (400), enterprise (700), high_volume (2500)",
        "team",
    ),
    Setting::optional(
        "reuses_ids",
        "ZENDESK_REUSES_IDS",
        "whether the id of a deleted ticket may be given to another one; with true, a delete of unknown effect is looked up, and never repeated",
        "false",
    ),
    Setting::optional(
        "max_attachment_bytes",
        "ZENDESK_MAX_ATTACHMENT_BYTES",
        "how large a file may be, in bytes",
        DEFAULT_MAX_ATTACHMENT_BYTES_TEXT,
    ),
    Setting::optional(
        "content_hosts",
        "ZENDESK_CONTENT_HOSTS",
        "the domains besides that of the account that files are read from, with commas between them",
        DEFAULT_CONTENT_HOSTS,
    ),
];

/// 50 MB (inferred).
const DEFAULT_MAX_ATTACHMENT_BYTES: u64 = 50_000_000;
const DEFAULT_MAX_ATTACHMENT_BYTES_TEXT: &str = "50000000";

/// Where Zendesk keeps files (inferred).
const DEFAULT_CONTENT_HOSTS: &str = "zendesk.com,zdusercontent.com";

/// How to connect to Zendesk.
///
/// ```
/// use ticket_zendesk::{Plan, ZendeskConfig};
///
/// let config = ZendeskConfig::new("https://acme.zendesk.com", "ann@example.com", "t-1234")
///     .plan(Plan::Enterprise);
/// assert!(!format!("{config:?}").contains("t-1234"));
/// let config = ZendeskConfig::with_oauth("https://acme.zendesk.com", "o-1234");
/// # let _ = config;
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ZendeskConfig {
    /// Where Zendesk is, without `/api/v2`.
    pub base_url: String,
    /// The address of the agent that the API token belongs to.
    pub email: Option<String>,
    /// The API token.
    pub api_token: Option<SecretString>,
    /// An OAuth token, in place of the address and the API token.
    pub oauth_token: Option<SecretString>,
    /// The plan. Default: the smallest.
    #[serde(default)]
    pub plan: Plan,
    /// Whether the id of a deleted ticket may be given to another one. Default false, which is inferred: deleted tickets are
    /// scrubbed and not removed.
    #[serde(default, deserialize_with = "flag_or_text")]
    pub reuses_ids: bool,
    /// How large each file may be, in bytes. A larger one is refused before anything is sent. Default 50 MB.
    #[serde(
        default = "default_max_attachment_bytes",
        deserialize_with = "number_or_text"
    )]
    pub max_attachment_bytes: u64,
    /// The domains besides that of the account that files are read from, with commas between them. Credentials are sent to
    /// none of them.
    #[serde(default = "default_content_hosts")]
    pub content_hosts: String,
    /// Timeouts and limits of the HTTP client.
    #[serde(skip)]
    pub http: HttpConfig,
}

fn default_max_attachment_bytes() -> u64 {
    DEFAULT_MAX_ATTACHMENT_BYTES
}

fn default_content_hosts() -> String {
    DEFAULT_CONTENT_HOSTS.to_owned()
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

fn flag_or_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "true or false")]
    enum Any {
        Flag(bool),
        Text(String),
    }

    match Any::deserialize(deserializer)? {
        Any::Flag(flag) => Ok(flag),
        Any::Text(text) => text.trim().parse().map_err(serde::de::Error::custom),
    }
}

impl fmt::Debug for ZendeskConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZendeskConfig")
            .field("base_url", &shown_url(&self.base_url))
            .field("email", &self.email.as_ref().map(|_| "[hidden]"))
            .field("api_token", &self.api_token)
            .field("oauth_token", &self.oauth_token)
            .field("plan", &self.plan)
            .field("reuses_ids", &self.reuses_ids)
            .field("max_attachment_bytes", &self.max_attachment_bytes)
            .field("content_hosts", &self.content_hosts)
            .field("http", &self.http)
            .finish()
    }
}

impl ZendeskConfig {
    /// The Zendesk at `base_url`, called with the API token of the agent with this address.
    pub fn new(
        base_url: impl Into<String>,
        email: impl Into<String>,
        api_token: impl Into<SecretString>,
    ) -> Self {
        Self {
            email: Some(email.into()),
            api_token: Some(api_token.into()),
            ..Self::at(base_url)
        }
    }

    /// The Zendesk at `base_url`, called with an OAuth token.
    pub fn with_oauth(base_url: impl Into<String>, oauth_token: impl Into<SecretString>) -> Self {
        Self {
            oauth_token: Some(oauth_token.into()),
            ..Self::at(base_url)
        }
    }

    fn at(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            email: None,
            api_token: None,
            oauth_token: None,
            plan: Plan::default(),
            reuses_ids: false,
            max_attachment_bytes: DEFAULT_MAX_ATTACHMENT_BYTES,
            content_hosts: default_content_hosts(),
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

    /// Sets the plan, which decides how many calls a minute are made.
    #[must_use]
    pub fn plan(mut self, plan: Plan) -> Self {
        self.plan = plan;
        self
    }

    /// Says whether the id of a deleted ticket may be given to another one.
    #[must_use]
    pub fn reuses_ids(mut self, reuses_ids: bool) -> Self {
        self.reuses_ids = reuses_ids;
        self
    }

    /// Sets how large each file may be, in bytes.
    #[must_use]
    pub fn max_attachment_bytes(mut self, bytes: u64) -> Self {
        self.max_attachment_bytes = bytes;
        self
    }

    /// Sets the domains besides that of the account that files are read from, with commas between them.
    #[must_use]
    pub fn content_hosts(mut self, domains: impl Into<String>) -> Self {
        self.content_hosts = domains.into();
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
