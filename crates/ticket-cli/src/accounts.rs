//! From an account's name to its tickets: the configuration file first, then a provider's id with its
//! environment variables; with `--sandbox` an embedded sandbox instead of both.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ticket_sandbox::{Sandbox, SandboxBuilder};
use tickets::{AccountConfig, Change, Error, Limit, Quota, Registry, Setting, Tickets, WaitReason};

use tokio::time::Instant;

use crate::args::Global;
use crate::config::ConfigFile;
use crate::failure::Failure;
use crate::text;

/// All accounts that can be named in this run.
#[derive(Debug)]
pub(crate) struct Accounts {
    registry: Registry,
    source: Source,
    overrides: Overrides,
}

/// What holds for all accounts of a run, whatever their own settings say.
#[derive(Clone, Debug)]
struct Overrides {
    timeout: Option<Duration>,
    max_attempts: Option<NonZeroU32>,
    /// None of them says nothing.
    rates: Vec<Quota>,
}

impl Overrides {
    fn new(global: &Global) -> Self {
        Self {
            timeout: global.timeout,
            max_attempts: global.max_attempts,
            rates: global.rates.clone(),
        }
    }

    fn apply(&self, config: &mut AccountConfig) {
        config.timeout = self.timeout.or(config.timeout);
        config.max_attempts = self.max_attempts.or(config.max_attempts);
        if !self.rates.is_empty() {
            config.rates = Some(self.rates.clone());
        }
    }
}

#[derive(Debug)]
enum Source {
    Configured(ConfigFile),
    Sandbox(Sandbox),
}

/// A connected account.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) tickets: Tickets,
    settings: &'static [Setting],
    origin: Origin,
}

/// Where an account's settings come from.
#[derive(Debug)]
enum Origin {
    Environment,
    File(PathBuf),
    Sandbox,
}

impl Accounts {
    /// Reads the configuration file, or starts the sandbox. Nothing is sent.
    pub(crate) async fn open(global: &Global) -> Result<Self, Failure> {
        let source = if global.sandbox {
            Source::Sandbox(start_sandbox(Sandbox::builder()).await?)
        } else {
            Source::Configured(ConfigFile::load(global.config.as_deref())?)
        };
        let registry = Registry::new();
        if let Source::Configured(ConfigFile { path, accounts }) = &source {
            let mut accounts = accounts.iter();
            // Whoever writes that name means the provider, and must not reach another one.
            let disguised = accounts
                .find(|(name, account)| registry.get(name).is_some() && account.provider != **name);
            if let Some((name, _)) = disguised {
                let message = format!(
                    "the account `{name}` is named like a provider but has another one; give it \
                     another name"
                );
                let place = path.as_ref().map(|path| path.display().to_string());
                return Err(Failure::from(Error::config(message)).at(place.unwrap_or_default()));
            }
        }
        Ok(Self {
            registry,
            source,
            overrides: Overrides::new(global),
        })
    }

    /// Accounts of this sandbox, named by their providers' ids.
    pub(crate) fn of_sandbox(sandbox: Sandbox, global: &Global) -> Self {
        Self {
            registry: Registry::new(),
            source: Source::Sandbox(sandbox),
            overrides: Overrides::new(global),
        }
    }

    /// The sandbox, where this is one.
    pub(crate) fn sandbox(&self) -> Option<&Sandbox> {
        match &self.source {
            Source::Sandbox(sandbox) => Some(sandbox),
            Source::Configured(_) => None,
        }
    }

    /// Connects an account. Nothing is sent.
    pub(crate) fn connect(&self, name: &str) -> Result<Account, Failure> {
        let (mut config, origin) = self.find(name)?;
        self.overrides.apply(&mut config);
        let settings = self
            .registry
            .get(&config.provider)
            .map_or(&[][..], |descriptor| descriptor.settings);
        let tickets = self.registry.connect(&config).map_err(|error| {
            let named = error.message().starts_with(name);
            let failure = Failure::from(error).hinting(match &origin {
                Origin::Environment => Some(
                    "`tickets providers` lists the environment variables; --sandbox needs none"
                        .to_owned(),
                ),
                Origin::File(path) => Some(format!("see {}", path.display())),
                Origin::Sandbox => None,
            });
            if named { failure } else { failure.at(name) }
        })?;
        Ok(Account {
            name: name.to_owned(),
            tickets,
            settings,
            origin,
        })
    }

    fn find(&self, name: &str) -> Result<(AccountConfig, Origin), Failure> {
        let is_provider = self.registry.get(name).is_some();
        match &self.source {
            Source::Sandbox(sandbox) if is_provider => {
                Ok((self.in_sandbox(name, sandbox), Origin::Sandbox))
            }
            Source::Configured(ConfigFile { path, accounts }) => match (accounts.get(name), path) {
                (Some(account), Some(path)) => Ok((account.clone(), Origin::File(path.clone()))),
                _ if is_provider => Ok((AccountConfig::from_env(name), Origin::Environment)),
                _ => Err(self.unknown(name, accounts.keys().map(String::as_str))),
            },
            Source::Sandbox(_) => Err(self.unknown(name, [])),
        }
    }

    fn in_sandbox(&self, provider: &str, sandbox: &Sandbox) -> AccountConfig {
        let environment = sandbox.environment();
        let settings = self
            .registry
            .get(provider)
            .map_or(&[][..], |descriptor| descriptor.settings);
        settings.iter().fold(
            AccountConfig::new(provider),
            |config, setting| match environment.iter().find(|(name, _)| *name == setting.env) {
                Some((_, value)) => config.setting(setting.name, value.clone()),
                None => config,
            },
        )
    }

    fn unknown<'a>(&'a self, name: &str, configured: impl IntoIterator<Item = &'a str>) -> Failure {
        let providers = self.registry.iter().map(|known| (known.info)().id);
        let known: BTreeSet<_> = configured.into_iter().chain(providers).collect();
        let known: Vec<_> = known.into_iter().map(text::line).collect();
        Failure::from(Error::config(format!(
            "there is no account \"{}\"; there are {}",
            text::line(name),
            known.join(", ")
        )))
        .hinting("accounts are named in the configuration file; see `tickets --help`".to_owned())
    }
}

impl Account {
    /// Where the settings of this kind are to be found, in words.
    pub(crate) fn place_of(&self, kind: impl Fn(&Setting) -> bool) -> String {
        let chosen = self.settings.iter().filter(|setting| kind(setting));
        let names: Vec<_> = chosen
            .map(|setting| match self.origin {
                Origin::Environment | Origin::Sandbox => setting.env,
                Origin::File(_) => setting.name,
            })
            .collect();
        match &self.origin {
            Origin::File(path) => format!(
                "{} of the account {} in {}",
                names.join(", "),
                self.name,
                path.display()
            ),
            Origin::Environment | Origin::Sandbox => names.join(", "),
        }
    }

    /// How many calls the account allows.
    pub(crate) fn limits(&self) -> &[Limit] {
        match self.tickets.pacer() {
            Some(pacer) => pacer.limits(),
            None => &self.tickets.info().limits,
        }
    }

    /// Lower bound on the time for so many calls of this change.
    pub(crate) fn least_time(&self, change: &Change, calls: u64) -> Duration {
        let limits = self.limits().iter();
        let covering = limits.filter(|limit| limit.covers(change.operation()));
        let times = covering.map(|limit| limit.least_time(calls));
        times.max().unwrap_or_default()
    }

    /// Whether it is the same account, by whatever name.
    pub(crate) fn shares_quotas(&self, other: &Self) -> bool {
        match (self.tickets.pacer(), other.tickets.pacer()) {
            (Some(own), Some(others)) => Arc::ptr_eq(own, others),
            _ => self.name == other.name,
        }
    }

    /// What its calls wait for at this moment, in words, and how long. Where other calls go on meanwhile that is no
    /// news.
    pub(crate) fn waiting(&self) -> Option<(String, Duration)> {
        let waiting = self.tickets.pacer()?.status().obstacle?;
        let reason = match waiting.reason {
            WaitReason::Quota => "waiting for the quota",
            WaitReason::Closed => "closed by the vendor",
            _ => return None,
        };
        let left = waiting.until?.duration_since(Instant::now());
        let seconds = text::seconds(left.as_secs() + u64::from(left.subsec_nanos() > 0));
        Some((format!("{reason}, {seconds}"), left))
    }

    /// The account for people: with its provider where the name does not tell.
    pub(crate) fn title(&self) -> String {
        let info = self.tickets.info();
        if self.name == info.id {
            self.name.clone()
        } else {
            format!("{} ({})", text::line(&self.name), info.title)
        }
    }
}

/// Starts a sandbox with these settings.
pub(crate) async fn start_sandbox(settings: SandboxBuilder) -> Result<Sandbox, Failure> {
    settings
        .start()
        .await
        .map_err(|error| Failure::local(format!("the sandbox cannot listen: {error}")))
}
