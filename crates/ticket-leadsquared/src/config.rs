//! What must be known to call LeadSquared Service CRM.

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use ticket_core::{Result, Setting, Settings};
use ticket_http::HttpConfig;

use crate::provider::ID;

/// What LeadSquared can be told, for configuration files and the environment.
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
];

/// The vendor states no limit; inferred.
pub(crate) const DEFAULT_DELETE_BATCH: usize = 100;
const DEFAULT_DELETE_BATCH_TEXT: &str = "100";

/// The vendor's core API is said to use UTC; that this one does too is inferred.
const DEFAULT_TIME_ZONE: &str = "UTC";

/// How to reach LeadSquared Service CRM.
///
/// ```
/// use ticket_leadsquared::LeadSquaredConfig;
///
/// let config = LeadSquaredConfig::new("https://apigw.example.com", "22824", "access", "secret").delete_batch(50);
/// assert_eq!(config.delete_batch, 50);
/// assert!(!format!("{config:?}").contains("\"secret\""));
/// ```
#[derive(Clone, Debug, Deserialize)]
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

/// Environment variables are texts, files have numbers.
fn number_or_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<usize, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a number")]
    enum Any {
        Number(usize),
        Text(String),
    }

    match Any::deserialize(deserializer)? {
        Any::Number(number) => Ok(number),
        Any::Text(text) => text.trim().parse().map_err(serde::de::Error::custom),
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

    #[test]
    fn the_batch_size_is_read_from_text_and_number() {
        let read = |batch: &str| {
            Settings::new()
                .with("base_url", "https://x.example")
                .with("org_id", "1")
                .with("access_key", "a")
                .with("secret_key", "s")
                .with("delete_batch", batch)
                .read::<LeadSquaredConfig>(ID, SETTINGS)
        };
        assert_eq!(read("7").unwrap().delete_batch, 7);
        assert_eq!(read("").unwrap().delete_batch, DEFAULT_DELETE_BATCH);
        assert!(
            read("many")
                .unwrap_err()
                .to_string()
                .contains("`delete_batch`")
        );
        assert_eq!(DEFAULT_DELETE_BATCH_TEXT, DEFAULT_DELETE_BATCH.to_string());
    }
}
