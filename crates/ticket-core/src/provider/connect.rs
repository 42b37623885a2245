//! From settings to a provider, the same way for every provider.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::provider::capability::ProviderInfo;
use crate::provider::documented::Documented;
use crate::provider::error::Result;
use crate::provider::setting::Setting;
use crate::provider::ticket_provider::TicketProvider;

/// A provider that is connected from [settings](crate::provider::Settings): what a registry of providers needs to know of it.
///
/// ```
/// use std::time::Duration;
///
/// use ticket_core::{ProviderInfo, Result, SecretString, TicketProvider};
/// use ticket_core::provider::{Capabilities, Connect, Setting, Settings};
///
/// #[derive(Debug)]
/// struct Pear {
///     info: ProviderInfo,
///     config: PearConfig,
/// }
///
/// #[derive(Debug, serde::Deserialize)]
/// struct PearConfig {
///     token: SecretString,
///     #[serde(skip)]
///     timeout: Option<Duration>,
/// }
///
/// impl TicketProvider for Pear {
///     fn info(&self) -> &ProviderInfo {
///         &self.info
///     }
/// }
///
/// impl Connect for Pear {
///     type Config = PearConfig;
///     const SETTINGS: &'static [Setting] = &[Setting::secret("token", "PEAR_TOKEN", "the token of an agent")];
///
///     fn info() -> ProviderInfo {
///         ProviderInfo::new("pear", "Pear Desk", Capabilities::none())
///     }
///
///     fn with_timeout(mut config: PearConfig, timeout: Duration) -> PearConfig {
///         config.timeout = Some(timeout);
///         config
///     }
///
///     fn connect(config: PearConfig) -> Result<Self> {
///         Ok(Self { info: <Self as Connect>::info(), config })
///     }
/// }
///
/// let config = Settings::new().with("token", "s3cret").read("pear", Pear::SETTINGS)?;
/// let pear = Pear::connect(Pear::with_timeout(config, Duration::from_secs(20)))?;
/// assert_eq!(pear.config.timeout, Some(Duration::from_secs(20)));
/// # Ok::<(), ticket_core::Error>(())
/// ```
pub trait Connect: TicketProvider + Sized {
    /// What it must be told. Its fields are named as the [`SETTINGS`](Self::SETTINGS) are; a number must be readable from
    /// a text, see [`Settings::read`](crate::provider::Settings::read).
    type Config: DeserializeOwned;

    /// The settings, for configuration files and the environment.
    const SETTINGS: &'static [Setting];

    /// Examples of what the vendor replies to reads, with which a diagnosis compares what it replies today. Default: none.
    const DOCUMENTED: &'static [Documented] = &[];

    /// Who it is and what it can do, as configured by default.
    fn info() -> ProviderInfo;

    /// Sets how long one request may take.
    fn with_timeout(config: Self::Config, timeout: Duration) -> Self::Config;

    /// Connects an account, without layers. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` where the configuration cannot be used.
    fn connect(config: Self::Config) -> Result<Self>;
}
