//! The providers that are compiled in, and how each is connected.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use ticket_core::call::{Check, Pacer, Slots, Stack, StackOptions};
use ticket_core::provider::{Connect, Documented, Limit, Setting};
use ticket_core::{Error, ProviderInfo, Result, TicketProvider, Tickets};

use crate::account::AccountConfig;
use crate::account_key::AccountKey;

/// How much longer than one request an attempt may take.
const GRACE: Duration = Duration::from_secs(2);

/// Describes a provider and connects accounts to it.
///
/// An application adds its own with [`Registry::with`].
///
/// ```
/// use std::time::Duration;
///
/// use tickets::{
///     AccountConfig, CallContext, ProviderDescriptor, ProviderInfo, Registry, Result,
///     SecretString, TicketId, TicketProvider,
/// };
/// use tickets::provider::{Capabilities, Connect, Setting};
///
/// #[derive(Debug)]
/// struct Pear {
///     info: ProviderInfo,
///     token: SecretString,
/// }
///
/// #[derive(serde::Deserialize)]
/// struct PearConfig {
///     token: SecretString,
/// }
///
/// impl Connect for Pear {
///     type Config = PearConfig;
///     const SETTINGS: &'static [Setting] = &[Setting::secret("token", "PEAR_TOKEN", "the token of an agent")];
///
///     fn info() -> ProviderInfo {
///         ProviderInfo::new("pear", "Pear Desk", Capabilities::none().resolve())
///     }
///
///     fn with_timeout(config: PearConfig, _: Duration) -> PearConfig {
///         config // It is for the provider's HTTP client, which this one has not.
///     }
///
///     fn connect(PearConfig { token }: PearConfig) -> Result<Self> {
///         Ok(Self { info: <Self as Connect>::info(), token })
///     }
/// }
///
/// #[async_trait::async_trait]
/// impl TicketProvider for Pear {
///     fn info(&self) -> &ProviderInfo {
///         &self.info
///     }
///
///     async fn resolve(&self, _context: &CallContext, id: &TicketId) -> Result<()> {
///         Ok(()) // One request to the vendor.
///     }
/// }
///
/// let registry = Registry::new().with(ProviderDescriptor::of::<Pear>());
/// let tickets = registry.connect(&AccountConfig::new("pear").setting("token", "s3cret"))?;
/// assert_eq!(tickets.info().title, "Pear Desk");
/// # Ok::<(), tickets::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ProviderDescriptor {
    /// Its id, title and capabilities with default settings.
    pub info: fn() -> ProviderInfo,
    /// Its settings.
    pub settings: &'static [Setting],
    /// Examples of what the vendor replies to reads.
    pub documented: &'static [Documented],
    /// Connects an account without layers, except that a read-only account refuses writes. Sends nothing.
    pub connect: fn(&AccountConfig) -> Result<Arc<dyn TicketProvider>>,
}

impl ProviderDescriptor {
    /// The description of a provider that implements [`Connect`](crate::provider::Connect).
    pub const fn of<P: Connect>() -> Self {
        let mut this = Self::new(<P as Connect>::info, P::SETTINGS, connect_provider::<P>);
        this.documented = P::DOCUMENTED;
        this
    }

    /// The description of a provider that a function connects, for example one that is defined in a file.
    pub const fn new(
        info: fn() -> ProviderInfo,
        settings: &'static [Setting],
        connect: fn(&AccountConfig) -> Result<Arc<dyn TicketProvider>>,
    ) -> Self {
        Self {
            info,
            settings,
            documented: &[],
            connect,
        }
    }
}

/// Connects an account of this provider. One request may take as long as the account allows.
fn connect_provider<P: Connect>(account: &AccountConfig) -> Result<Arc<dyn TicketProvider>> {
    let config = account.read(&<P as Connect>::info().id, P::SETTINGS)?;
    let config = account.timed(config, P::with_timeout);
    let provider = Arc::new(P::connect(config)?);
    // A handle without layers refuses writes too.
    Ok(if account.read_only {
        Arc::new(Stack::new(Check::default().read_only(true), provider))
    } else {
        provider
    })
}

/// The providers that are compiled in, sorted by name. Each is a Cargo feature.
pub const PROVIDERS: &[ProviderDescriptor] = &[
    #[cfg(feature = "leadsquared")]
    ProviderDescriptor::of::<ticket_leadsquared::LeadSquared>(),
    #[cfg(feature = "onecloud")]
    ProviderDescriptor::of::<ticket_onecloud::OneCloud>(),
    #[cfg(feature = "redmine")]
    ProviderDescriptor::of::<ticket_redmine::Redmine>(),
    #[cfg(feature = "rt")]
    ProviderDescriptor::of::<ticket_rt::Rt>(),
    #[cfg(feature = "sweeppea")]
    ProviderDescriptor::of::<ticket_sweeppea::Sweeppea>(),
    #[cfg(feature = "zendesk")]
    ProviderDescriptor::of::<ticket_zendesk::Zendesk>(),
];

/// The providers that an application can use: [`PROVIDERS`], and its own.
///
/// Handles of one account (see [`AccountKey`]) share its quotas if the same registry, or a clone of it, connected them.
/// Handles from different registries share quotas only if both registries keep their [`slots`](Self::slots) in the same
/// store.
#[derive(Clone, Debug)]
pub struct Registry {
    descriptors: Vec<ProviderDescriptor>,
    pacers: Arc<Pacers>,
    seed: Option<u64>,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            descriptors: PROVIDERS.to_vec(),
            pacers: Arc::default(),
            seed: None,
        }
    }
}

/// Creates the slots of an account.
type SlotsFactory = dyn Fn(&AccountKey, &[Limit]) -> Option<Arc<dyn Slots>> + Send + Sync;

/// The pacers of the accounts that have handles.
#[derive(Default)]
struct Pacers {
    /// `None` keeps slots in the memory of this process.
    slots: Option<Box<SlotsFactory>>,
    by_account: Mutex<HashMap<AccountKey, Weak<Pacer>>>,
}

impl fmt::Debug for Pacers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pacers")
            .field("by_account", &self.by_account)
            .finish_non_exhaustive()
    }
}

impl Pacers {
    /// The account's pacer. Creates one with these limits if the account has no handle yet.
    fn of_account(&self, account: AccountKey, limits: Vec<Limit>) -> Result<Arc<Pacer>> {
        let pacers = self.by_account.lock();
        let mut pacers = pacers.unwrap_or_else(PoisonError::into_inner);
        if let Some(pacer) = pacers.get(&account).and_then(Weak::upgrade) {
            if pacer.limits() == limits {
                return Ok(pacer);
            }
            return Err(Error::config(format!(
                "another handle of the account {account} is connected with other limits; use one `rate` for it, \
                 or give each a `quota_key` of its own if these are separate accounts"
            )));
        }
        pacers.retain(|_, pacer| pacer.strong_count() > 0);
        let slots = self.slots.as_ref();
        let slots = slots.and_then(|slots| slots(&account, &limits));
        let pacer = Arc::new(match slots {
            Some(slots) => Pacer::with_slots(limits, slots),
            None => Pacer::new(limits),
        });
        pacers.insert(account, Arc::downgrade(&pacer));
        Ok(pacer)
    }
}

impl Registry {
    /// The providers that are compiled in.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a provider. Replaces one with the same id.
    #[must_use]
    pub fn with(mut self, descriptor: ProviderDescriptor) -> Self {
        let id = (descriptor.info)().id;
        self.descriptors.retain(|known| (known.info)().id != id);
        self.descriptors.push(descriptor);
        self
    }

    /// Sets where the slots of each account's quotas are kept, for example in a store that several processes share.
    /// Default, also where the function returns `None`: the memory of this process.
    ///
    /// The registry calls it when an account gets its first handle, and again if all handles of the account were
    /// dropped in between. Arguments: the account's key, and its limits (with the account's `rate`, or else as the
    /// provider documents them); see [`Pacer::with_slots`]. It runs under the registry's lock, so it must not block for long
    /// and must not connect an account with the same registry.
    ///
    /// Call this before the first account is connected: handles from before and after share nothing.
    ///
    /// There is an example at [`AccountKey`].
    #[must_use]
    pub fn slots(
        mut self,
        factory: impl Fn(&AccountKey, &[Limit]) -> Option<Arc<dyn Slots>> + Send + Sync + 'static,
    ) -> Self {
        self.pacers = Arc::new(Pacers {
            slots: Some(Box::new(factory)),
            by_account: Mutex::default(),
        });
        self
    }

    /// Sets the seed of the random waits between attempts, for reproducible runs. Default: a random seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The provider with this id.
    pub fn get(&self, id: &str) -> Option<&ProviderDescriptor> {
        self.iter().find(|known| (known.info)().id == id)
    }

    /// All providers.
    pub fn iter(&self) -> impl Iterator<Item = &ProviderDescriptor> {
        self.descriptors.iter()
    }

    /// Connects an account and adds the standard layers. Sends nothing.
    ///
    /// All handles of an account that this registry connects share its quotas.
    ///
    /// # Errors
    ///
    /// `Config` if the provider is unknown or not compiled in, if settings are missing or wrong, or if another handle
    /// of the account is connected with other limits.
    pub fn connect(&self, account: &AccountConfig) -> Result<Tickets> {
        let Some(descriptor) = self.get(&account.provider) else {
            let known: Vec<_> = self.iter().map(|known| (known.info)().id).collect();
            let known = match known.as_slice() {
                [] => "none".to_owned(),
                ids => ids.join(", "),
            };
            return Err(Error::config(format!(
                "there is no provider {:?} in this build, which has {known}; each provider is a Cargo feature of the crate `tickets`",
                account.provider
            )));
        };
        let provider = (descriptor.connect)(account)
            .map_err(|error| account.explained(error, descriptor.settings))?;
        let mut limits = provider.info().limits.clone();
        if let Some(rates) = &account.rates {
            // How many calls may run at once stays as it is documented.
            for limit in &mut limits {
                limit.windows.clear();
            }
            let mut allowed = Limit::new();
            allowed.windows.clone_from(rates);
            limits.push(allowed);
        }
        let key = account.key(descriptor.settings)?;
        let pacer = self.pacers.of_account(key, limits)?;
        let mut options = StackOptions::default().pacer(pacer);
        options.concurrency = account.concurrency;
        options.page_size = account.page_size;
        options.read_only = account.read_only;
        options.seed = self.seed;
        options.account.clone_from(&account.name);
        if let Some(attempts) = account.max_attempts {
            options.retry.max_attempts = attempts;
        }
        let options = account.timed(options, |options, timeout| {
            // The provider's own clock ends a request first: it knows better what has happened.
            options.timeout(timeout.saturating_add(GRACE))
        });
        let tickets = Tickets::with_options(provider, &options);
        Ok(match account.setting_names(descriptor.settings) {
            Some(names) => tickets.layer(names),
            None => tickets,
        })
    }
}

/// Connects an account of one of [`PROVIDERS`]. See [`Registry::connect`].
///
/// Each call creates its own registry. If several handles of one account must share its quotas, clone one handle or
/// connect them with one [`Registry`].
///
/// # Errors
///
/// `Config` if the provider is unknown or not compiled in, or if settings are missing or wrong.
///
/// ```
/// use tickets::{AccountConfig, ErrorKind};
///
/// let account = AccountConfig::new("no-such-vendor").setting("token", "s3cret");
/// assert_eq!(tickets::connect(&account).unwrap_err().kind(), ErrorKind::Config);
/// ```
pub fn connect(account: &AccountConfig) -> Result<Tickets> {
    Registry::new().connect(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_without_handles_is_forgotten() {
        let pacers = Pacers::default();
        let held = |provider| {
            let account = AccountConfig::new(provider).key(&[]).unwrap();
            pacers.of_account(account, Vec::new()).unwrap()
        };
        for provider in ["first", "second", "third"] {
            drop(held(provider));
        }
        let (_one, _other) = (held("fourth"), held("fifth"));
        assert_eq!(pacers.by_account.lock().unwrap().len(), 2);
    }

    #[test]
    fn unknown_provider_error_names_the_cargo_feature() {
        let registry = Registry {
            descriptors: Vec::new(),
            pacers: Arc::default(),
            seed: None,
        };
        let error = registry.connect(&AccountConfig::new("onecloud"));
        assert_eq!(
            error.unwrap_err().to_string(),
            "there is no provider \"onecloud\" in this build, which has none; each provider is a Cargo feature of the crate `tickets`"
        );
    }
}
