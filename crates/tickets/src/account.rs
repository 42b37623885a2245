//! An account at a provider: which one, and what it must be told.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use ticket_core::{Error, Result, Setting, Settings};

/// An account at a provider. `Debug` prints the names of its settings, not their values.
///
/// It can be read by serde, for instance from TOML:
///
/// ```toml
/// provider = "sweeppea"
/// api_key_env = "SUPPORT_EU_KEY"   # read the setting `api_key` from this variable
/// timeout_s = 20
/// ```
///
/// A setting is given as it is, or with `_env` behind its name as the environment variable to read it
/// from, so that secrets need not stand in files.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct AccountConfig {
    /// The provider's id, such as `sweeppea`.
    pub provider: String,
    /// How long one attempt may take, in seconds; the standard stack's 30 where absent.
    #[serde(default, rename = "timeout_s", deserialize_with = "seconds")]
    pub timeout: Option<Duration>,
    /// What the provider must be told.
    #[serde(flatten)]
    pub settings: Settings,
    /// Whether what is absent is read from the provider's own environment variables. Not for accounts
    /// from files: one tenant must never be called with the credentials of another.
    #[serde(skip)]
    environment: bool,
}

impl AccountConfig {
    /// An account at this provider, without settings yet.
    pub fn new(provider: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            timeout: None,
            settings: Settings::new(),
            environment: false,
        }
    }

    /// An account at this provider whose settings are read from the provider's environment variables.
    pub fn from_env(provider: impl Into<String>) -> Self {
        Self {
            environment: true,
            ..Self::new(provider)
        }
    }

    /// Adds a setting. The value is held as a secret, whether it is one or not.
    #[must_use]
    pub fn setting(
        mut self,
        name: impl Into<String>,
        value: impl Into<secrecy::SecretString>,
    ) -> Self {
        self.settings = self.settings.with(name, value);
        self
    }

    /// Sets how long one attempt may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Reads the provider's own configuration from the settings. For [`ProviderDescriptor`]s.
    ///
    /// [`ProviderDescriptor`]: crate::ProviderDescriptor
    ///
    /// # Errors
    ///
    /// `Config` where a setting is missing, unknown or cannot be read.
    pub fn read<T: DeserializeOwned>(&self, provider: &str, known: &[Setting]) -> Result<T> {
        let settings = self.settings.clone().resolve_env(known)?;
        let settings = if self.environment {
            settings.or_env(known)
        } else {
            settings
        };
        settings.read(provider, known)
    }

    /// Applies the timeout, where there is one, by `set`.
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
                "timeout_s must be a number of seconds above 0 that is not beyond all measure",
            ))),
        })
        .transpose()
}
