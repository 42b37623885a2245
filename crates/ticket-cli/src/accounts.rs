//! The accounts of a run: those of the library, or with `--sandbox` those of a sandbox inside this process; and what the
//! options of every command say of them.

use ticket_sandbox::{Sandbox, SandboxBuilder};
use tickets::accounts::{self, Account};
use tickets::{AccountConfig, PROVIDERS, Registry};

use crate::args::Global;
use crate::failure::Failure;

/// All accounts that can be named in this run.
#[derive(Debug)]
pub(crate) struct Accounts {
    accounts: accounts::Accounts,
    sandbox: Option<Sandbox>,
}

impl Accounts {
    /// Reads the configuration file, or starts the sandbox. Nothing is sent.
    pub(crate) async fn open(global: &Global) -> Result<Self, Failure> {
        if global.sandbox {
            let sandbox = start_sandbox(Sandbox::builder()).await?;
            return Ok(Self::of_sandbox(sandbox, global));
        }
        let accounts = accounts::Accounts::load(Registry::new(), global.config.as_deref())?;
        Ok(Self {
            accounts: with_options(accounts, global),
            sandbox: None,
        })
    }

    /// Accounts of this sandbox, named by their providers' ids.
    pub(crate) fn of_sandbox(sandbox: Sandbox, global: &Global) -> Self {
        let environment = sandbox.environment();
        let value = |env| environment.iter().find(|(name, _)| *name == env);
        let accounts = PROVIDERS.iter().map(|provider| {
            let id = (provider.info)().id;
            let settings = provider.settings.iter();
            let known = settings.filter_map(|known| Some((known.name, &value(known.env)?.1)));
            let account = known.fold(AccountConfig::new(id), |account, (name, value)| {
                account.setting(name, value.clone())
            });
            (id.to_owned(), account)
        });
        let accounts = accounts::Accounts::given(Registry::new(), accounts);
        Self {
            accounts: with_options(accounts, global),
            sandbox: Some(sandbox),
        }
    }

    /// The sandbox, where this is one.
    pub(crate) fn sandbox(&self) -> Option<&Sandbox> {
        self.sandbox.as_ref()
    }

    /// Connects an account. Nothing is sent.
    pub(crate) fn connect(&self, name: &str) -> Result<Account, Failure> {
        Ok(self.accounts.account(name)?)
    }
}

/// What holds for all accounts of a run, whatever their own settings say.
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
