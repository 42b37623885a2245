//! The configuration of a OneCloud account.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use ticket_core::Result;
use ticket_core::provider::{IdForm, Setting, Settings};
use ticket_http::{HttpConfig, shown_url};

use crate::info::{DEFAULT_ID_FORM, ID};
use crate::token::TokenSource;

/// The settings of OneCloud, for configuration files and the environment: a token, or an e-mail address, a password
/// and a site to get tokens with, or both.
pub const SETTINGS: &[Setting] = &[
    Setting::required(
        "base_url",
        "ONECLOUD_BASE_URL",
        "the host of your deployment, such as https://onecloud.example.com; every vendor page leaves it open",
    ),
    Setting::secret("token", "ONECLOUD_TOKEN", "the bearer token, sent as given").or_others(),
    Setting::required("email", "ONECLOUD_EMAIL", "the login to get tokens with")
        .login()
        .or_others(),
    Setting::secret(
        "password",
        "ONECLOUD_PASSWORD",
        "the password that belongs to it",
    )
    .or_others(),
    Setting::required(
        "site_id",
        "ONECLOUD_SITE_ID",
        "the tenant (\"site\") to log in to",
    )
    .or_others(),
    Setting::optional(
        "time_zone",
        "ONECLOUD_TIMEZONE",
        "the zone of the vendor's times, which name none (the default is inferred)",
        DEFAULT_TIME_ZONE,
    ),
    Setting::optional(
        "id_form",
        "ONECLOUD_ID_FORM",
        "the form of ticket ids: number, alphanumeric or any (the default is inferred)",
        "number",
    ),
];

/// The vendor is in Jakarta; that its times are too is inferred.
const DEFAULT_TIME_ZONE: &str = "Asia/Jakarta";

/// How to connect to OneCloud.
///
/// ```
/// use ticket_onecloud::OneCloudConfig;
///
/// let config = OneCloudConfig::new("https://onecloud.example.com", "token").time_zone("Asia/Makassar");
/// assert!(!format!("{config:?}").contains("\"token\""));
/// // Tokens live 15 minutes (inferred); a login renews them.
/// let config = OneCloudConfig::with_login("https://onecloud.example.com", "user@example.com", "password", "123");
/// # let _ = config;
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OneCloudConfig {
    /// The host, and the path under which the deployment sits, if any. There is no safe default.
    pub base_url: String,
    /// The bearer token, opaque, sent as given. It lives 15 minutes (inferred).
    pub token: Option<SecretString>,
    /// The login to get tokens with.
    pub email: Option<String>,
    /// The password that belongs to it.
    pub password: Option<SecretString>,
    /// The tenant ("site") to log in to. One token is good for one site.
    pub site_id: Option<String>,
    /// Where tokens come from, in place of the login.
    #[serde(skip)]
    pub source: Option<Arc<dyn TokenSource>>,
    /// The zone of the vendor's times, by its IANA name.
    #[serde(default = "default_time_zone")]
    pub time_zone: String,
    /// The form of ticket ids. An id of another form is rejected before anything is sent. That they are numbers is
    /// inferred; this setting allows other ids.
    #[serde(default = "default_id_form")]
    pub id_form: IdForm,
    /// Timeouts and limits of the HTTP client.
    #[serde(skip)]
    pub http: HttpConfig,
}

fn default_time_zone() -> String {
    DEFAULT_TIME_ZONE.to_owned()
}

fn default_id_form() -> IdForm {
    DEFAULT_ID_FORM
}

impl fmt::Debug for OneCloudConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneCloudConfig")
            .field("base_url", &shown_url(&self.base_url))
            .field("token", &self.token)
            .field("email", &self.email.as_ref().map(|_| "[hidden]"))
            .field("password", &self.password)
            .field("site_id", &self.site_id)
            .field("own_source", &self.source.is_some())
            .field("time_zone", &self.time_zone)
            .field("id_form", &self.id_form)
            .field("http", &self.http)
            .finish()
    }
}

impl OneCloudConfig {
    /// The deployment at `base_url`, called with `token` until it expires.
    pub fn new(base_url: impl Into<String>, token: impl Into<SecretString>) -> Self {
        Self {
            token: Some(token.into()),
            ..Self::at(base_url)
        }
    }

    /// The deployment at `base_url`, called with tokens that this login gets.
    pub fn with_login(
        base_url: impl Into<String>,
        email: impl Into<String>,
        password: impl Into<SecretString>,
        site_id: impl Into<String>,
    ) -> Self {
        Self {
            email: Some(email.into()),
            password: Some(password.into()),
            site_id: Some(site_id.into()),
            ..Self::at(base_url)
        }
    }

    /// The deployment at `base_url`, called with tokens from `source`.
    pub fn with_source(base_url: impl Into<String>, source: impl TokenSource) -> Self {
        Self {
            source: Some(Arc::new(source)),
            ..Self::at(base_url)
        }
    }

    fn at(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            token: None,
            email: None,
            password: None,
            site_id: None,
            source: None,
            time_zone: default_time_zone(),
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

    /// Sets the zone of the vendor's times, by its IANA name.
    #[must_use]
    pub fn time_zone(mut self, time_zone: impl Into<String>) -> Self {
        self.time_zone = time_zone.into();
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
