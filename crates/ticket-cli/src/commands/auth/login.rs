//! `tickets auth login`: asks for an account's settings, tests them, and stores them.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;
use serde::Serialize;
use tickets::accounts::Login;
use tickets::config_file::ConfigFile;
use tickets::diagnosis::nearest;
use tickets::provider::Setting;
use tickets::{AccountConfig, Operation, PROVIDERS, ProviderDescriptor};

use super::answers::Answers;
use crate::accounts::Accounts;
use crate::args::{self, Global};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::record::Record;
use crate::status::say;
use crate::text;

/// What was stored.
#[derive(Serialize)]
struct Stored {
    account: String,
    provider: String,
    /// The read that the vendor answered; null if it was not asked.
    checked: Option<Operation>,
    /// The files that were written.
    files: Vec<PathBuf>,
}

impl Record for Stored {
    const COLUMNS: &'static [&'static str] = &["account", "provider", "checked", "files"];

    fn cells(&self) -> Vec<String> {
        let files = self.files.iter().map(|file| file.display().to_string());
        vec![
            self.account.clone(),
            self.provider.clone(),
            self.checked
                .map_or_else(String::new, |read| read.as_str().to_owned()),
            files.collect::<Vec<_>>().join("\n"),
        ]
    }
}

pub(super) async fn run(
    asked: args::Login,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let path = ConfigFile::usual_path(global.config().as_deref()).ok_or_else(|| {
        Failure::unconfigured("there is no folder for a configuration file")
            .hinting("--config FILE names one".to_owned())
    })?;
    let file = existing(&path)?;
    let mut answers = Answers::new(&asked)?;
    let old = asked.account.as_deref();
    let old = old.and_then(|name| Some((name, file.accounts.get(name)?)));
    let provider = provider(&asked, old.map(|(_, account)| account), &mut answers)?;
    let id = (provider.info)().id;
    let name = match asked.account {
        Some(name) => name,
        None => answers
            .text("Name of the account", Some(&id))?
            .unwrap_or_else(|| id.to_string()),
    };
    let old = file.accounts.get(&name);
    let (login, given) = settings(provider, old, &mut answers)?;
    let checked = if asked.no_check {
        refuse_impossible(provider, given, &name)?;
        None
    } else {
        check(&name, login.config(), global).await?
    };
    let files = login.store(&path, &name)?;
    if checked.is_some() {
        say(&format!(
            "{}: the vendor accepts the credentials",
            text::line(&name)
        ));
    }
    let stored = Stored {
        account: name,
        provider: id.into_owned(),
        checked,
        files,
    };
    output
        .one(&stored)
        .map_err(|error| Failure::output(&error))?;
    Ok(Exit::Done)
}

/// The configuration file; an empty one if it does not exist yet.
fn existing(path: &Path) -> Result<ConfigFile, Failure> {
    if path.exists() {
        Ok(ConfigFile::load(Some(path))?)
    } else {
        Ok(ConfigFile::default())
    }
}

/// The provider that is asked for, that of the account, or the one of this name.
fn provider(
    asked: &args::Login,
    old: Option<&AccountConfig>,
    answers: &mut Answers,
) -> Result<&'static ProviderDescriptor, Failure> {
    let find = |id: &str| PROVIDERS.iter().find(|known| (known.info)().id == id);
    let ids: Vec<_> = PROVIDERS.iter().map(|known| (known.info)().id).collect();
    let named = asked.account.as_deref().filter(|name| find(name).is_some());
    let given = asked
        .provider
        .as_deref()
        .or(old.map(|old| &*old.provider))
        .or(named);
    let id = if let Some(id) = given {
        id.to_owned()
    } else {
        let mut question = format!("Provider ({})", ids.join(", "));
        let name = asked.account.as_deref();
        let meant = name.and_then(|name| nearest(name, ids.iter().map(|id| &**id)));
        let option = match meant {
            Some(meant) => {
                question = format!("{question}; did you mean {meant}?");
                format!("--provider ID (did you mean `tickets auth login {meant}`?)")
            }
            None => "--provider ID".to_owned(),
        };
        answers.required(&question, &option)?
    };
    find(&id).ok_or_else(|| {
        let meant = nearest(&id, ids.iter().map(|id| &**id));
        let meant = meant.map(|meant| format!(" (did you mean {meant}?)"));
        Failure::refused(format!(
            "there is no provider \"{}\"{}; there are {}",
            text::line(&id),
            meant.unwrap_or_default(),
            ids.join(", ")
        ))
    })
}

/// The settings that the provider declares, as they are given, answered, or already stored; and the same with a text in the place
/// of each secret.
fn settings(
    provider: &ProviderDescriptor,
    old: Option<&AccountConfig>,
    answers: &mut Answers,
) -> Result<(Login, AccountConfig), Failure> {
    answers.expect(provider.settings)?;
    let mut login = Login::new(provider);
    // What is given, without the secrets, which may be those of a command.
    let mut given = AccountConfig::new((provider.info)().id);
    // What has a default is only set on demand, except the address.
    let is_asked = |setting: &Setting| setting.default.is_none() || setting.name == "base_url";
    for setting in provider.settings {
        // One of several ways to sign in is enough: the provider knows when.
        let is_alternative = !setting.required && setting.default.is_none();
        let is_enough = is_alternative && (provider.connect)(&given).is_ok();
        if setting.secret {
            if let Some(words) = answers.command(setting) {
                login = login.secret_command(setting.name, words);
            } else if let Some(secret) = answers.secret(setting, !is_enough)? {
                login = login.secret(setting.name, secret);
            } else {
                continue;
            }
            given = given.setting(setting.name, "given");
            continue;
        }
        let stored = old.and_then(|old| old.settings.get(setting.name));
        let stored = stored.map(|value| value.expose_secret().to_owned());
        let asks = is_asked(setting) && !is_enough;
        if let Some(value) = answers.setting(setting, stored.as_deref(), asks)? {
            given = given.setting(setting.name, value.clone());
            login = login.setting(setting.name, value);
        }
    }
    Ok((login, given))
}

/// Refuses what can never work, such as an address without a host, where the vendor is not asked. Sends nothing and runs no
/// command.
fn refuse_impossible(
    provider: &ProviderDescriptor,
    mut given: AccountConfig,
    name: &str,
) -> Result<(), Failure> {
    let secrets = provider.settings.iter().filter(|setting| setting.secret);
    for secret in secrets.filter(|secret| secret.required) {
        given = given.setting(secret.name, "given");
    }
    match (provider.connect)(&given) {
        Ok(_) => Ok(()),
        Err(error) => {
            let message = format!("{}; nothing was stored", error.message());
            Err(Failure::from(error.with_message(message)).at(name))
        }
    }
}

/// Asks the vendor with one read, paced by the ledger as every call.
async fn check(
    name: &str,
    config: AccountConfig,
    global: &Global,
) -> Result<Option<Operation>, Failure> {
    let account = Accounts::given(name, config, global).connect(name)?;
    account.check().await.map_err(|wrong| {
        Failure::from(wrong).hinting(
            "nothing was stored; try again, or store it without this test with --no-check"
                .to_owned(),
        )
    })
}
