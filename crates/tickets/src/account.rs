//! The configuration of an account: its provider and its settings.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use ticket_core::provider::{Concurrency, Quota, Setting, Settings};
use ticket_core::{Error, Result};

use crate::account_key::AccountKey;
use crate::setting_names::SettingNames;

#[cfg(feature = "accounts-file")]
pub(crate) mod secret;

/// The configuration of an account at a provider. `Debug` prints the names of its settings, not their values.
///
/// It implements `Deserialize`, for example from TOML:
///
/// ```toml
/// provider = "sweeppea"
/// api_key_env = "SUPPORT_EU_KEY"   # read the setting `api_key` from this variable
/// timeout_s = 20
/// rate = "60/60"                   # the account's plan allows fewer calls than the documented 150 a minute
/// ```
///
/// A setting is either its value, or, with `_env` appended to its name, the environment variable that holds the value.
/// So no secret needs to be in a file.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct AccountConfig {
    /// The provider's id, such as `sweeppea`.
    pub provider: String,
    /// How long one request may take. Default: 30 seconds. In files: `timeout_s = 20`. If the provider does not end the
    /// request in time, the standard stack ends the attempt a little later.
    #[serde(default, rename = "timeout_s", deserialize_with = "seconds")]
    pub timeout: Option<Duration>,
    /// Total attempts of a call, including the first. Default: 4.
    #[serde(default)]
    pub max_attempts: Option<NonZeroU32>,
    /// How many calls are made at once, unless the [options](ticket_core::bulk::BulkOptions::concurrency) of a bulk change
    /// set another number. In files a number, or the default `"auto"`.
    #[serde(default)]
    pub concurrency: Concurrency,
    /// How many tickets `list_all` asks for per page, unless the query sets another number. Default: the largest page
    /// that the provider documents. If the vendor has no such parameter, lists fail with `InvalidInput`.
    #[serde(default)]
    pub page_size: Option<NonZeroU32>,
    /// The account's limits, instead of those that the provider documents. All of them apply; an empty list means no
    /// limit. In files, calls per seconds: `rate = "25/5"` or `rate = ["10/5", "10000/86400"]`.
    #[serde(default, rename = "rate", deserialize_with = "rates")]
    pub rates: Option<Vec<Quota>>,
    /// Whether every write of this account fails with `Config` before anything is sent. Default: no.
    #[serde(default)]
    pub read_only: bool,
    /// How many tickets of this account one job may delete at most, where jobs are used. Default: no limit.
    #[serde(default)]
    pub max_delete: Option<u64>,
    /// Names the quota that this account's calls count against; any text that is not blank. Default: provider, host
    /// and the settings that are neither secret nor a login, so accounts that differ only in who signs in share one quota. Give each a `quota_key`
    /// of its own if the vendor gives each a quota of its own. See [`AccountKey`](crate::AccountKey).
    #[serde(default)]
    pub quota_key: Option<String>,
    /// The provider's own settings.
    #[serde(flatten)]
    pub settings: Settings,
    /// Whether missing settings are read from the provider's environment variables. Not for accounts from files: one
    /// tenant must never be called with another tenant's credentials.
    #[serde(skip)]
    environment: bool,
    /// Where its secrets are, if a configuration file names that.
    #[cfg(feature = "accounts-file")]
    #[serde(skip)]
    pub(crate) secrets: secret::Secrets,
    /// Its name in spans.
    #[serde(skip)]
    pub(crate) name: Option<Arc<str>>,
}

impl AccountConfig {
    /// Creates an account at this provider, without settings.
    pub fn new(provider: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            timeout: None,
            max_attempts: None,
            concurrency: Concurrency::Auto,
            page_size: None,
            rates: None,
            read_only: false,
            max_delete: None,
            quota_key: None,
            settings: Settings::new(),
            environment: false,
            #[cfg(feature = "accounts-file")]
            secrets: secret::Secrets::default(),
            name: None,
        }
    }

    /// Creates an account at this provider that reads its settings from the provider's environment variables.
    pub fn from_env(provider: impl Into<String>) -> Self {
        Self {
            environment: true,
            ..Self::new(provider)
        }
    }

    /// Adds a setting. Every value is treated as a secret.
    #[must_use]
    pub fn setting(
        mut self,
        name: impl Into<String>,
        value: impl Into<secrecy::SecretString>,
    ) -> Self {
        self.settings = self.settings.with(name, value);
        self
    }

    /// Sets how long one request may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the total attempts of a call, including the first.
    #[must_use]
    pub fn max_attempts(mut self, attempts: NonZeroU32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// Sets how many calls are made at once.
    #[must_use]
    pub fn concurrency(mut self, calls: impl Into<Concurrency>) -> Self {
        self.concurrency = calls.into();
        self
    }

    /// Sets how many tickets `list_all` asks for per page.
    #[must_use]
    pub fn page_size(mut self, tickets: NonZeroU32) -> Self {
        self.page_size = Some(tickets);
        self
    }

    /// Sets the account's limits, instead of those that the provider documents.
    #[must_use]
    pub fn rates(mut self, rates: impl IntoIterator<Item = Quota>) -> Self {
        self.rates = Some(rates.into_iter().collect());
        self
    }

    /// Sets whether every write fails before anything is sent.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Sets how many tickets of this account one job may delete at most.
    #[must_use]
    pub fn max_delete(mut self, tickets: u64) -> Self {
        self.max_delete = Some(tickets);
        self
    }

    /// Names the quota that this account's calls count against, instead of provider, host and settings.
    #[must_use]
    pub fn quota_key(mut self, key: impl Into<String>) -> Self {
        self.quota_key = Some(key.into());
        self
    }

    /// Reads the provider's configuration from the settings, for [`ProviderDescriptor`]s. All values are strings,
    /// numbers included: see [`Settings::read`].
    ///
    /// [`ProviderDescriptor`]: crate::ProviderDescriptor
    ///
    /// # Errors
    ///
    /// `Config` if a setting is missing, unknown or unreadable.
    pub fn read<T: DeserializeOwned>(&self, provider: &str, known: &[Setting]) -> Result<T> {
        let settings = self.settings.clone();
        #[cfg(feature = "accounts-file")]
        let settings = self
            .secrets
            .resolve(&settings, known, secret::Read::Secrets)?;
        self.with_environment(settings, known)?
            .read(provider, known)
    }

    /// The quota that its calls count against.
    pub(crate) fn key(&self, known: &[Setting]) -> Result<AccountKey> {
        let settings = self.resolved(known)?;
        AccountKey::new(&self.provider, self.quota_key.as_deref(), &settings, known)
    }

    /// What is known of it without a call.
    #[cfg(feature = "accounts-file")]
    pub(crate) fn facts(
        &self,
        known: &[Setting],
    ) -> Result<ticket_core::account_source::AccountFacts> {
        let mut facts =
            ticket_core::account_source::AccountFacts::new(self.key(known)?.to_string());
        facts.read_only = self.read_only;
        facts.max_delete = self.max_delete;
        facts.host = crate::account_key::host(&self.resolved(known)?, known);
        Ok(facts)
    }

    /// Where its API is, if that is a setting.
    #[cfg(feature = "accounts-file")]
    pub(crate) fn base_url(&self, known: &[Setting]) -> Result<Option<String>> {
        Ok(crate::account_key::base_url(&self.resolved(known)?, known))
    }

    /// All settings with their values, except secrets of files and commands: those are not read.
    pub(crate) fn resolved(&self, known: &[Setting]) -> Result<Settings> {
        let settings = self.settings.clone();
        #[cfg(feature = "accounts-file")]
        let settings = self
            .secrets
            .resolve(&settings, known, secret::Read::Nothing)?;
        self.with_environment(settings, known)
    }

    /// These settings with their values from the environment.
    fn with_environment(&self, settings: Settings, known: &[Setting]) -> Result<Settings> {
        let settings = settings.resolve_env(known)?;
        Ok(if self.environment {
            settings.or_env(known)
        } else {
            settings
        })
    }

    /// Adds to a provider's error what the provider cannot know: the keys that every account has, and that a variable
    /// is set but not read for this account.
    pub(crate) fn explained(&self, error: Error, known: &[Setting]) -> Error {
        fn plain(name: &str) -> &str {
            let suffix = ["_env", "_file", "_command"].into_iter();
            let mut plain = suffix.filter_map(|suffix| name.strip_suffix(suffix));
            plain.next().unwrap_or(name)
        }
        let is_known = |name: &str| {
            let is_name = |setting: &Setting| setting.name == name || setting.name == plain(name);
            known.iter().any(is_name)
        };
        if !self.settings.names().all(is_known) {
            return Error::config(format!(
                "{}; every account has also timeout_s, max_attempts, rate, concurrency, page_size, read_only and max_delete",
                error.message()
            ));
        }
        // What the account has already is not the matter for being absent.
        let is_given = |setting: &Setting| {
            let mut given = self.settings.names().map(plain);
            given.any(|name| name == setting.name)
        };
        let is_set = |setting: &&Setting| {
            error.message().contains(setting.env)
                && !is_given(setting)
                && std::env::var_os(setting.env).is_some_and(|value| !value.is_empty())
        };
        let unread = known.iter().find(is_set).filter(|_| !self.environment);
        match unread {
            Some(Setting { name, env, .. }) => Error::config(format!(
                "{}; {env} is set, but is read for this account only with `{name}_env` = {env:?}",
                error.message()
            )),
            None => error,
        }
    }

    /// What this account calls the settings that its provider calls by their variables; `None` if it reads those.
    pub(crate) fn setting_names(&self, known: &[Setting]) -> Option<SettingNames> {
        #[cfg(feature = "accounts-file")]
        let commands = self.secrets.commands.keys().map(String::as_str);
        #[cfg(not(feature = "accounts-file"))]
        let commands = std::iter::empty();
        (!self.environment).then(|| SettingNames::new(known, &self.settings, &commands))
    }

    /// Applies the timeout with `set`, if there is one.
    pub(crate) fn timed<T>(&self, target: T, set: impl FnOnce(T, Duration) -> T) -> T {
        match self.timeout {
            Some(timeout) => set(target, timeout),
            None => target,
        }
    }
}

fn seconds<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Duration>, D::Error> {
    let seconds = Option::<f64>::deserialize(deserializer)?;
    seconds
        .map(|seconds| match Duration::try_from_secs_f64(seconds) {
            Ok(timeout) if !timeout.is_zero() => Ok(timeout),
            _ => Err(serde::de::Error::custom(Error::config(
                "timeout_s must be a positive number of seconds",
            ))),
        })
        .transpose()
}

fn rates<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Vec<Quota>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "rate must be a text such as \"25/5\", or a list of them"
    )]
    enum Rates {
        One(String),
        Many(Vec<String>),
    }
    let texts = match Rates::deserialize(deserializer)? {
        Rates::One(text) => vec![text],
        Rates::Many(texts) => texts,
    };
    let parsed: Result<Vec<_>> = texts.iter().map(|text| text.parse()).collect();
    parsed.map(Some).map_err(serde::de::Error::custom)
}
