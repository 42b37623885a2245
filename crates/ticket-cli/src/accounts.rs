//! The accounts of a run: configured accounts, or with `--sandbox` those of an in-process sandbox; and the
//! global options that apply to them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ticket_sandbox::{Sandbox, SandboxBuilder};
use tickets::account_source::AccountFacts;
use tickets::accounts::{self, Account, FileMode, SettingSource};
use tickets::{AccountConfig, AccountSource, PROVIDERS, Registry};

use crate::args::Global;
use crate::failure::Failure;
use crate::ledger::{self, Ledger, LedgerOnDemand, Purpose};
use crate::status::say;
use crate::status::waits;
use crate::text;

/// All accounts of this run.
#[derive(Debug)]
pub(crate) struct Accounts {
    known: Arc<accounts::Accounts>,
    /// Serves as long as the accounts are used.
    sandbox: Option<Sandbox>,
    /// What is wrong in the configuration file outside of the accounts, for commands that tell all of it.
    mistakes: Vec<Failure>,
}

/// What happens to mistakes in the configuration file, and to files that other users can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// A mistake ends the command. It warns of files.
    Strict,
    /// The command goes on with what is valid. It warns of files.
    Valid,
    /// The same for a command that tells of files itself.
    ValidQuietly,
}

impl Accounts {
    /// Reads the configuration file, or starts the sandbox. Sends nothing. Calls take their slots from the user's ledger,
    /// which is opened when it is needed.
    pub(crate) async fn open(global: &Global, purpose: Purpose) -> Result<Self, Failure> {
        let registry = if global.sandbox {
            Registry::new()
        } else {
            ledger::registry_on_demand(LedgerOnDemand::new(global), purpose)
        };
        Self::of_registry(registry, global, Reading::Strict).await
    }

    /// The same with slots in a ledger that is open.
    pub(crate) async fn with_ledger(ledger: &Ledger, global: &Global) -> Result<Self, Failure> {
        let registry = ledger::registry_with(ledger);
        Self::of_registry(registry, global, Reading::Strict).await
    }

    /// The same for reading, with what is valid in the configuration file and its [`mistakes`](Self::mistakes).
    pub(crate) async fn open_valid(global: &Global) -> Result<Self, Failure> {
        let ledger = LedgerOnDemand::new(global);
        let registry = ledger::registry_on_demand(ledger, Purpose::Read);
        Self::of_registry(registry, global, Reading::Valid).await
    }

    /// The same for a command that tells the modes of files itself, with slots in the ledger, if it can be used.
    pub(crate) async fn examined(
        ledger: Option<&Ledger>,
        global: &Global,
    ) -> Result<Self, Failure> {
        let registry = ledger.map_or_else(Registry::new, ledger::registry_with);
        Self::of_registry(registry, global, Reading::ValidQuietly).await
    }

    /// What is wrong in the configuration file outside of the accounts.
    pub(crate) fn mistakes(&self) -> &[Failure] {
        &self.mistakes
    }

    /// The files with secrets, and who else can read them.
    pub(crate) fn files(&self) -> Vec<FileMode> {
        self.known.files()
    }

    async fn of_registry(
        registry: Registry,
        global: &Global,
        reading: Reading,
    ) -> Result<Self, Failure> {
        if global.sandbox {
            let sandbox = start_sandbox(Sandbox::builder()).await?;
            return Ok(Self::of_sandbox(sandbox, registry, global));
        }
        let config = global.config();
        let (accounts, mistakes) = match reading {
            Reading::Strict => {
                let accounts = accounts::Accounts::load(registry, config.as_deref())?;
                (accounts, Vec::new())
            }
            Reading::Valid | Reading::ValidQuietly => {
                accounts::Accounts::load_valid(registry, config.as_deref())?
            }
        };
        if reading != Reading::ValidQuietly {
            accounts.files().iter().for_each(warn);
        }
        Ok(Self {
            known: Arc::new(with_options(accounts, global)),
            sandbox: None,
            mistakes: mistakes.into_iter().map(Failure::from).collect(),
        })
    }

    /// An account that is not stored, with slots in the user's ledger.
    pub(crate) fn given(name: &str, config: AccountConfig, global: &Global) -> Self {
        let registry = ledger::registry_on_demand(LedgerOnDemand::new(global), Purpose::Read);
        let accounts = accounts::Accounts::given(registry, [(name.to_owned(), config)]);
        Self {
            known: Arc::new(with_options(accounts, global)),
            sandbox: None,
            mistakes: Vec::new(),
        }
    }

    /// The accounts of this sandbox, named after their providers' ids.
    fn of_sandbox(sandbox: Sandbox, registry: Registry, global: &Global) -> Self {
        let environment = sandbox.environment();
        let value = |env| environment.iter().find(|(name, _)| *name == env);
        let accounts = PROVIDERS.iter().map(|provider| {
            let id = (provider.info)().id;
            let settings = provider.settings.iter();
            let known = settings.filter_map(|known| Some((known.name, &value(known.env)?.1)));
            let account = known.fold(AccountConfig::new(&*id), |account, (name, value)| {
                account.setting(name, value.clone())
            });
            (id.into_owned(), account)
        });
        let accounts = accounts::Accounts::given(registry, accounts);
        Self {
            known: Arc::new(with_options(accounts, global)),
            sandbox: Some(sandbox),
            mistakes: Vec::new(),
        }
    }

    /// The names of all accounts.
    pub(crate) fn names(&self) -> Vec<String> {
        self.known.names().map(Cow::into_owned).collect()
    }

    /// The names of the accounts that somebody has configured.
    pub(crate) fn configured(&self) -> Vec<String> {
        self.known.configured().map(Cow::into_owned).collect()
    }

    /// The accounts with these names or, if there are none, those that are configured.
    pub(crate) fn named_or_configured(&self, named: &[String]) -> Result<Vec<String>, Failure> {
        if !named.is_empty() {
            return Ok(named.to_vec());
        }
        match self.configured() {
            none if none.is_empty() => Err(Failure::unconfigured("no account is configured")
                .hinting("`tickets auth login` adds one".to_owned())),
            configured => Ok(configured),
        }
    }

    /// Where each setting of an account comes from; nothing if there is no such account.
    pub(crate) fn sources(&self, name: &str) -> Vec<SettingSource> {
        self.known.sources(name).unwrap_or_default()
    }

    /// The account that is meant: the one that is named or, if none is, that of the variable `TICKETS_ACCOUNT`, that of
    /// the configuration file, or the only one that is configured.
    pub(crate) fn meant(&self, named: Option<&str>) -> Result<String, Failure> {
        let variable = || {
            let variable = std::env::var("TICKETS_ACCOUNT").ok();
            // A sandbox ignores all configuration.
            variable.filter(|name| !name.trim().is_empty() && self.sandbox.is_none())
        };
        match named.map(str::to_owned).or_else(variable) {
            Some(name) => Ok(name),
            None => Ok(self.known.default_name()?.into_owned()),
        }
    }

    /// The same accounts, for a server.
    #[cfg(feature = "mcp")]
    pub(crate) fn shared(&self) -> Arc<accounts::Accounts> {
        Arc::clone(&self.known)
    }

    /// The same accounts, for the work on a job.
    pub(crate) fn source(&self) -> Arc<dyn AccountSource> {
        Arc::clone(&self.known) as _
    }

    /// What is known of an account without a call.
    pub(crate) fn facts(&self, name: &str) -> Result<AccountFacts, Failure> {
        Ok(self.known.facts(name)?)
    }

    /// Connects an account. Sends nothing.
    pub(crate) fn connect(&self, name: &str) -> Result<Account, Failure> {
        let account = self.known.account(name)?;
        waits::watch(&account);
        Ok(account)
    }
}

/// Says who else can read a file that holds a secret, and how that is mended. Once for each file.
fn warn(file: &FileMode) {
    static TOLD: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let Some(remedy) = &file.remedy else { return };
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.insert(file.path.clone()) {
        say(&text::line(&format!(
            "warning: other users can read or write {}, which holds or names a secret; run: {remedy}",
            file.path.display()
        )));
    }
}

/// Applies the global options, which override the settings of the accounts.
fn with_options(accounts: accounts::Accounts, global: &Global) -> accounts::Accounts {
    let (timeout, max_attempts) = (global.timeout, global.max_attempts);
    let rates = global.rates.clone();
    accounts.adjust(move |config| {
        config.timeout = timeout.or(config.timeout);
        config.max_attempts = max_attempts.or(config.max_attempts);
        if !rates.is_empty() {
            config.rates = Some(rates.clone());
        }
    })
}

/// Starts a sandbox with these settings.
pub(crate) async fn start_sandbox(settings: SandboxBuilder) -> Result<Sandbox, Failure> {
    settings
        .start()
        .await
        .map_err(|error| Failure::local(format!("the sandbox cannot listen: {error}")))
}
