//! Finds an account by its name and connects it. Names are those of the configuration file and the ids of providers,
//! or only those that an application defines.

mod account;
mod check;
mod examine;
mod login;
mod private_file;
mod reach;
mod shape;
mod source;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use ticket_core::account_source::AccountFacts;
use ticket_core::provider::Setting;
use ticket_core::{AccountSource, Error, Result, Tickets};

use self::account::Origin;
use crate::account::AccountConfig;
use crate::config_file::ConfigFile;
use crate::diagnosis::{Diagnosis, Hint, nearest, one_line};
use crate::registry::Registry;

pub use self::account::Account;
pub use self::check::{Check, Level};
pub use self::examine::Examination;
pub use self::login::{Forgotten, Login, forget};
pub use self::source::SettingSource;
pub use crate::file_mode::FileMode;

/// The accounts that can be used by name. Neither loading nor connecting them sends anything.
///
/// ```
/// use tickets::accounts::Accounts;
/// use tickets::{AccountConfig, Registry};
///
/// // `Accounts::load(Registry::new(), None)` reads the user's configuration file.
/// let eu = AccountConfig::new("sweeppea").setting("api_key", "s3cret");
/// let accounts = Accounts::given(Registry::new(), [("eu".to_owned(), eu)]);
/// let eu = accounts.account("eu")?;
/// assert_eq!(eu.tickets.info().id, "sweeppea");
/// let unknown = accounts.account("us").unwrap_err();
/// assert_eq!(unknown.to_string(), "there is no account \"us\"; there are eu");
/// # Ok::<(), tickets::diagnosis::Diagnosis>(())
/// ```
pub struct Accounts {
    registry: Registry,
    source: Source,
    adjust: Option<Box<Adjust>>,
}

type Adjust = dyn Fn(&mut AccountConfig) + Send + Sync;

#[derive(Debug)]
enum Source {
    /// The accounts of a file, and each provider by its id with settings from environment variables.
    File(ConfigFile),
    Given(BTreeMap<String, AccountConfig>),
}

impl Accounts {
    /// Loads the accounts of a [`ConfigFile`]. In addition, each provider is an account named by its id, with settings
    /// from its environment variables.
    ///
    /// # Errors
    ///
    /// Those of [`ConfigFile::load`], and `Config` if an account has the id of a provider as its name but belongs to
    /// another provider.
    pub fn load(registry: Registry, file: Option<&Path>) -> Result<Self, Diagnosis> {
        let mut file = ConfigFile::load(file)?;
        file.refuse_disguised(|name| registry.get(name).is_some());
        match file.unreadable.values().next() {
            Some(first) => Err(first.diagnosis()),
            None => Ok(Self::of_file(registry, file)),
        }
    }

    /// The same for a face that tells all mistakes at once. Returns what is wrong outside of the accounts; an account that
    /// cannot be read has its name, and its mistake is the error of [`account`](Self::account).
    ///
    /// # Errors
    ///
    /// Those of [`ConfigFile::load_valid`].
    pub fn load_valid(
        registry: Registry,
        file: Option<&Path>,
    ) -> Result<(Self, Vec<Diagnosis>), Diagnosis> {
        let (mut file, wrong) = ConfigFile::load_valid(file)?;
        file.refuse_disguised(|name| registry.get(name).is_some());
        Ok((Self::of_file(registry, file), wrong))
    }

    fn of_file(registry: Registry, file: ConfigFile) -> Self {
        Self {
            registry,
            source: Source::File(file),
            adjust: None,
        }
    }

    /// Uses only these accounts. If two have the same name, the last one is used.
    pub fn given(
        registry: Registry,
        accounts: impl IntoIterator<Item = (String, AccountConfig)>,
    ) -> Self {
        Self {
            registry,
            source: Source::Given(accounts.into_iter().collect()),
            adjust: None,
        }
    }

    /// Sets a function that changes the configuration of each account before it is connected, for example its timeout.
    /// It replaces the previous one.
    #[must_use]
    pub fn adjust(mut self, adjust: impl Fn(&mut AccountConfig) + Send + Sync + 'static) -> Self {
        self.adjust = Some(Box::new(adjust));
        self
    }

    /// The names of all accounts, sorted, including ids of providers if those can be used as names.
    pub fn names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let (accounts, unreadable, providers) = match &self.source {
            Source::File(file) => (
                &file.accounts,
                Some(&file.unreadable),
                Some(self.registry.iter()),
            ),
            Source::Given(accounts) => (accounts, None, None),
        };
        let providers = providers.into_iter().flatten().map(|one| (one.info)().id);
        let unreadable = unreadable.into_iter().flat_map(BTreeMap::keys);
        let names: BTreeSet<_> = accounts
            .keys()
            .chain(unreadable)
            .map(|name| Cow::Borrowed(name.as_str()))
            .chain(providers)
            .collect();
        names.into_iter()
    }

    /// The names of the accounts that somebody has configured, sorted: those that were given or are in the file, and the
    /// providers of which the environment has at least one variable. An account may still lack a setting; connecting it
    /// tells which.
    pub fn configured(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let is_set = |setting: &Setting| {
            std::env::var_os(setting.env).is_some_and(|value| !value.is_empty())
        };
        self.names().filter(move |name| match &self.source {
            Source::Given(_) => true,
            Source::File(file) => {
                file.accounts.contains_key(&**name)
                    || file.unreadable.contains_key(&**name)
                    || self
                        .registry
                        .get(name)
                        .is_some_and(|provider| provider.settings.iter().any(is_set))
            }
        })
    }

    /// The name of the account that is meant where none is named: the file's `default_account`, or else the only one
    /// that is [configured](Self::configured).
    ///
    /// # Errors
    ///
    /// `Config` if `default_account` names no account, or if none is configured; `InvalidInput` if several are.
    pub fn default_name(&self) -> Result<Cow<'_, str>, Diagnosis> {
        if let Source::File(ConfigFile {
            path: Some(path),
            default_account: Some(name),
            ..
        }) = &self.source
        {
            return match self.find_as_given(name) {
                Ok(_) => Ok(Cow::Borrowed(name)),
                Err(wrong) => Err(wrong.at(format!("`default_account` in {}", path.display()))),
            };
        }
        let configured: Vec<_> = self.configured().collect();
        match configured.as_slice() {
            [] => {
                let none = Error::config("no account is configured");
                Err(Diagnosis::from(none).hinting(Some(Hint::Accounts)))
            }
            [only] => Ok(only.clone()),
            several => Err(Diagnosis::from(Error::invalid_input(format!(
                "name one of the accounts {}",
                listed(several)
            )))),
        }
    }

    /// The configuration file and the files of secrets, and whether other users can read or write what they must not.
    pub fn files(&self) -> Vec<FileMode> {
        let Source::File(file) = &self.source else {
            return Vec::new();
        };
        let (mut holds_secret, mut runs_command) = (false, false);
        let mut secrets = BTreeSet::new();
        for account in file.accounts.values() {
            let known = self.settings(account);
            let mut direct = known.iter().filter(|setting| setting.secret);
            holds_secret |= direct.any(|setting| account.settings.get(setting.name).is_some());
            runs_command |= !account.secrets.commands.is_empty();
            secrets.extend(account.secrets.files(&account.settings, known));
        }
        let config = file
            .path
            .as_deref()
            .map(|path| match (holds_secret, runs_command) {
                (true, _) => FileMode::private(path),
                (false, true) => FileMode::public(path),
                (false, false) => FileMode::any(path),
            });
        let secrets = secrets.iter().map(|path| FileMode::private(path));
        config.into_iter().chain(secrets).collect()
    }

    /// Where each setting of the account comes from, in the provider's order. Reads no secret.
    ///
    /// # Errors
    ///
    /// `Config` if there is no such account, or no such provider.
    pub fn sources(&self, name: &str) -> Result<Vec<SettingSource>, Diagnosis> {
        let (config, origin) = self.find(name)?;
        let Some(provider) = self.registry.get(&config.provider) else {
            // It says which providers there are.
            return Err(self
                .account(name)
                .err()
                .unwrap_or_else(|| Error::config("").into()));
        };
        let known = provider.settings.iter();
        Ok(known
            .map(|setting| source::of(setting, &config, &origin))
            .collect())
    }

    /// Connects the account with this name. Sends nothing. A secret is read from its file, or its command is run, which may
    /// take up to a minute.
    ///
    /// # Errors
    ///
    /// `Config` if there is no such account, and the errors of [`Registry::connect`].
    pub fn account(&self, name: &str) -> Result<Account, Diagnosis> {
        let (mut config, origin) = self.find(name)?;
        config.name = Some(name.into());
        let tickets = self.registry.connect(&config).map_err(|error| {
            let named = error.message().starts_with(name);
            let wrong = Diagnosis::from(error).hinting(match &origin {
                Origin::Environment => Some(Hint::Environment),
                Origin::File(path) => Some(Hint::Settings(path.display().to_string())),
                Origin::Given => None,
            });
            if named { wrong } else { wrong.at(name) }
        })?;
        let provider = self.registry.get(&config.provider);
        let base_url = config.base_url(self.settings(&config));
        Ok(Account {
            name: name.to_owned(),
            tickets,
            settings: self.settings(&config),
            origin,
            base_url: base_url.map_err(|error| Diagnosis::from(error).at(name))?,
            documented: provider.map_or(&[], |provider| provider.documented),
        })
    }

    /// The account's configuration, as it is connected.
    fn find(&self, name: &str) -> Result<(AccountConfig, Origin), Diagnosis> {
        let (mut config, origin) = self.find_as_given(name)?;
        if let Some(adjust) = &self.adjust {
            adjust(&mut config);
        }
        Ok((config, origin))
    }

    fn find_as_given(&self, name: &str) -> Result<(AccountConfig, Origin), Diagnosis> {
        match &self.source {
            // Not the provider of this name: whoever wrote it meant this account.
            Source::File(file) if file.unreadable.contains_key(name) => {
                if let Some(wrong) = file.unreadable.get(name) {
                    return Err(wrong.diagnosis());
                }
            }
            Source::File(file) => match (file.accounts.get(name), &file.path) {
                (Some(account), Some(path)) => {
                    return Ok((account.clone(), Origin::File(path.clone())));
                }
                _ if self.registry.get(name).is_some() => {
                    return Ok((AccountConfig::from_env(name), Origin::Environment));
                }
                _ => {}
            },
            Source::Given(accounts) => {
                if let Some(account) = accounts.get(name) {
                    return Ok((account.clone(), Origin::Given));
                }
            }
        }
        let configured: Vec<_> = self.configured().collect();
        let others = self.names().filter(|name| !configured.contains(name));
        let others: Vec<_> = others.collect();
        let names = configured.iter().chain(&others).map(|name| &**name);
        let nearest = nearest(name, names);
        let nearest = nearest.map_or_else(String::new, |name| {
            format!(" (did you mean \"{}\"?)", one_line(name))
        });
        let known = match (configured.as_slice(), others.as_slice()) {
            (configured, []) => format!("there are {}", listed(configured)),
            ([], others) => format!("none is configured; there could be {}", listed(others)),
            (configured, others) => format!(
                "there are {}; not configured: {}",
                listed(configured),
                listed(others)
            ),
        };
        let error = Error::config(format!(
            "there is no account \"{}\"{nearest}; {known}",
            one_line(name)
        ));
        Err(Diagnosis::from(error).hinting(Some(Hint::Accounts)))
    }

    fn settings(&self, config: &AccountConfig) -> &'static [Setting] {
        let descriptor = self.registry.get(&config.provider);
        descriptor.map_or(&[], |descriptor| descriptor.settings)
    }
}

/// Names on one line.
fn listed(names: &[Cow<'_, str>]) -> String {
    let names: Vec<_> = names.iter().map(|name| one_line(name)).collect();
    names.join(", ")
}

impl AccountSource for Accounts {
    fn connect(&self, account: &str) -> Result<Tickets> {
        match self.account(account) {
            Ok(account) => Ok(account.tickets),
            Err(wrong) => Err(wrong.error),
        }
    }

    fn facts(&self, account: &str) -> Result<AccountFacts> {
        let (config, _) = self.find(account).map_err(|wrong| wrong.error)?;
        config.facts(self.settings(&config))
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts")
            .field("registry", &self.registry)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
