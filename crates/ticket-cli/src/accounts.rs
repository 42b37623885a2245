//! The accounts of a run: configured accounts, or with `--sandbox` those of an in-process sandbox; and the
//! global options that apply to them.

use ticket_sandbox::{Sandbox, SandboxBuilder};
use tickets::accounts::{self, Account};
use tickets::{AccountConfig, PROVIDERS, Registry};

use crate::args::Global;
use crate::failure::Failure;
use crate::waits;

/// All accounts of this run.
#[derive(Debug)]
pub(crate) struct Accounts {
    accounts: accounts::Accounts,
    sandbox: Option<Sandbox>,
}

impl Accounts {
    /// Reads the configuration file, or starts the sandbox. Sends nothing.
    pub(crate) async fn open(global: &Global) -> Result<Self, Failure> {
        if global.sandbox {
            let sandbox = start_sandbox(Sandbox::builder()).await?;
            return Ok(Self::of_sandbox(sandbox, global));
        }
        let accounts = accounts::Accounts::load(Registry::new(), global.config().as_deref())?;
        Ok(Self {
            accounts: with_options(accounts, global),
            sandbox: None,
        })
    }

    /// The accounts of this sandbox, named after their providers' ids.
    pub(crate) fn of_sandbox(sandbox: Sandbox, global: &Global) -> Self {
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
        let accounts = accounts::Accounts::given(Registry::new(), accounts);
        Self {
            accounts: with_options(accounts, global),
            sandbox: Some(sandbox),
        }
    }

    /// The sandbox, if this run uses one.
    pub(crate) fn sandbox(&self) -> Option<&Sandbox> {
        self.sandbox.as_ref()
    }

    /// Connects an account. Sends nothing.
    pub(crate) fn connect(&self, name: &str) -> Result<Account, Failure> {
        let account = self.accounts.account(name)?;
        waits::watch(&account);
        Ok(account)
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
