//! The configuration of a LeadSquared Service CRM account.

use std::fmt;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use ticket_core::Result;
use ticket_core::provider::{Setting, Settings};
use ticket_http::{HttpConfig, shown_url};

use crate::info::{DEFAULT_DELETE_BATCH, DEFAULT_DELETE_BATCH_TEXT, ID};

/// The settings of LeadSquared, for configuration files and the environment.
pub const SETTINGS: &[Setting] = &[
    Setting::required(
        "base_url",
        "LEADSQUARED_BASE_URL",
        "the API host of your region, from the account manager",
    ),
    Setting::required(
        "org_id",
        "LEADSQUARED_ORG_ID",
        "the account number shown in My Profile",
    ),
    Setting::secret(
        "access_key",
        "LEADSQUARED_ACCESS_KEY",
        "the access key of an admin user",
    ),
    Setting::secret(
        "secret_key",
        "LEADSQUARED_SECRET_KEY",
        "the secret key that belongs to it",
    ),
    Setting::optional(
        "delete_batch",
        "LEADSQUARED_DELETE_BATCH",
        "how many tickets one delete call names (the default is inferred)",
        DEFAULT_DELETE_BATCH_TEXT,
    ),
    Setting::optional(
        "time_zone",
        "LEADSQUARED_TIMEZONE",
        "the zone of the vendor's times, which name none (the default is inferred)",
        DEFAULT_TIME_ZONE,
    ),
    Setting::optional(
        "resolved_status",
        "LEADSQUARED_RESOLVED_STATUS",
        "the account's name for a resolved ticket (the default is inferred)",
        DEFAULT_RESOLVED_STATUS,
    ),
    Setting::optional(
        "closed_status",
        "LEADSQUARED_CLOSED_STATUS",
        "the account's name for a closed ticket (the default is inferred)",
        DEFAULT_CLOSED_STATUS,
    ),
    Setting::optional(
        "max_attachment_bytes",
        "LEADSQUARED_MAX_ATTACHMENT_BYTES",
        "how large a file may be, in bytes (the default is inferred)",
        DEFAULT_MAX_ATTACHMENT_BYTES_TEXT,
    ),
];

/// The vendor's core API is said to use UTC; that this one does too is inferred.
const DEFAULT_TIME_ZONE: &str = "UTC";

/// Accounts name their statuses themselves. Both states exist (page `reopen-a-ticket` of the vendor's help),
/// that they are called so is inferred.
pub(crate) const DEFAULT_RESOLVED_STATUS: &str = "Resolved";
pub(crate) const DEFAULT_CLOSED_STATUS: &str = "Closed";

/// The vendor states no limit; 25 MiB, inferred.
const DEFAULT_MAX_ATTACHMENT_BYTES: u64 = 25 * 1024 * 1024;
const DEFAULT_MAX_ATTACHMENT_BYTES_TEXT: &str = "26214400";

/// How to connect to LeadSquared Service CRM.
///
/// ```
/// use ticket_leadsquared::LeadSquaredConfig;
///
/// let config = LeadSquaredConfig::new("https://apigw.example.com", "22824", "access", "secret").delete_batch(50);
/// assert_eq!(config.delete_batch, 50);
/// assert!(!format!("{config:?}").contains("\"secret\""));
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LeadSquaredConfig {
    /// The API host of the account's region. There is no safe default.
    pub base_url: String,
    /// The account number.
    pub org_id: String,
    /// The access key of an admin user: nobody else may delete.
    pub access_key: SecretString,
    /// The secret key that belongs to it.
    pub secret_key: SecretString,
    /// How many tickets one delete call names, at least 1.
    #[serde(default = "default_delete_batch", deserialize_with = "number_or_text")]
    pub delete_batch: usize,
    /// The zone of the vendor's times, by its IANA name.
    #[serde(default = "default_time_zone")]
    pub time_zone: String,
    /// What the account calls a resolved ticket: the status that [`resolve`](ticket_core::TicketProvider::resolve)
    /// sets.
    #[serde(default = "default_resolved_status")]
    pub resolved_status: String,
    /// What the account calls a closed ticket.
    #[serde(default = "default_closed_status")]
    pub closed_status: String,
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

fn default_delete_batch() -> usize {
    DEFAULT_DELETE_BATCH
}

fn default_time_zone() -> String {
    DEFAULT_TIME_ZONE.to_owned()
}

fn default_resolved_status() -> String {
    DEFAULT_RESOLVED_STATUS.to_owned()
}

fn default_closed_status() -> String {
    DEFAULT_CLOSED_STATUS.to_owned()
}

fn default_max_attachment_bytes() -> u64 {
    DEFAULT_MAX_ATTACHMENT_BYTES
}

/// Environment variables are texts, files have numbers.
fn number_or_text<'de, D, N>(deserializer: D) -> std::result::Result<N, D::Error>
where
    D: Deserializer<'de>,
    N: Deserialize<'de> + FromStr<Err: Display>,
{
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a number")]
    enum Any<N> {
        Number(N),
        Text(String),
    }

    match Any::deserialize(deserializer)? {
        Any::Number(number) => Ok(number),
        Any::Text(text) => text.trim().parse().map_err(serde::de::Error::custom),
    }
}

impl fmt::Debug for LeadSquaredConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeadSquaredConfig")
            .field("base_url", &shown_url(&self.base_url))
            .field("org_id", &self.org_id)
            .field("access_key", &self.access_key)
            .field("secret_key", &self.secret_key)
            .field("delete_batch", &self.delete_batch)
            .field("time_zone", &self.time_zone)
            .field("resolved_status", &self.resolved_status)
            .field("closed_status", &self.closed_status)
            .field("max_attachment_bytes", &self.max_attachment_bytes)
            .field("http", &self.http)
            .finish()
    }
}

impl LeadSquaredConfig {
    /// The account `org_id` at `base_url`, called with these keys.
    pub fn new(
        base_url: impl Into<String>,
        org_id: impl Into<String>,
        access_key: impl Into<SecretString>,
        secret_key: impl Into<SecretString>,
    ) -> Self {
        Self {
            base_url: base_url.into(),
            org_id: org_id.into(),
            access_key: access_key.into(),
            secret_key: secret_key.into(),
            delete_batch: DEFAULT_DELETE_BATCH,
            time_zone: default_time_zone(),
            resolved_status: default_resolved_status(),
            closed_status: default_closed_status(),
            max_attachment_bytes: DEFAULT_MAX_ATTACHMENT_BYTES,
            http: HttpConfig::default(),
        }
    }

    /// Reads the environment variables of [`SETTINGS`].
    ///
    /// # Errors
    ///
    /// `Config`, naming the variables that are missing or cannot be read.
    pub fn from_env() -> Result<Self> {
        Settings::new().or_env(SETTINGS).read(ID, SETTINGS)
    }

    /// Sets how many tickets one delete call names.
    #[must_use]
    pub fn delete_batch(mut self, tickets: usize) -> Self {
        self.delete_batch = tickets;
        self
    }

    /// Sets the zone of the vendor's times, by its IANA name.
    #[must_use]
    pub fn time_zone(mut self, time_zone: impl Into<String>) -> Self {
        self.time_zone = time_zone.into();
        self
    }

    /// Sets what the account calls a resolved ticket.
    #[must_use]
    pub fn resolved_status(mut self, name: impl Into<String>) -> Self {
        self.resolved_status = name.into();
        self
    }

    /// Sets what the account calls a closed ticket.
    #[must_use]
    pub fn closed_status(mut self, name: impl Into<String>) -> Self {
        self.closed_status = name.into();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<LeadSquaredConfig> {
        Settings::new()
            .with("base_url", "https://x.example")
            .with("org_id", "1")
            .with("access_key", "a")
            .with("secret_key", "s")
            .with(name, value)
            .read(ID, SETTINGS)
    }

    #[test]
    fn numbers_are_read_from_text() {
        assert_eq!(read("delete_batch", "7").unwrap().delete_batch, 7);
        let config = read("max_attachment_bytes", " 5000000000 ").unwrap();
        assert_eq!(config.max_attachment_bytes, 5_000_000_000);
        for name in ["delete_batch", "max_attachment_bytes"] {
            for wrong in ["many", "-1", "1.5", "1 MiB"] {
                let error = read(name, wrong).unwrap_err().to_string();
                assert!(error.contains(&format!("`{name}`")), "{error}");
            }
        }
    }

    #[test]
    fn numbers_are_read_from_a_file() {
        let file = r#"{"base_url":"https://x.example","org_id":"1","access_key":"a","secret_key":"s",
            "delete_batch":7,"max_attachment_bytes":8}"#;
        let config: LeadSquaredConfig = serde_json::from_str(file).unwrap();
        assert_eq!((config.delete_batch, config.max_attachment_bytes), (7, 8));
    }

    #[test]
    fn the_defaults_of_the_settings_are_those_of_the_builder() {
        let read = read("delete_batch", "100").unwrap();
        let built = LeadSquaredConfig::new("https://x.example", "1", "a", "s");
        assert_eq!(format!("{read:?}"), format!("{built:?}"));
    }
}
