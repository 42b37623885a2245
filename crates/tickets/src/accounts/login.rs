//! Stores accounts: what is no secret in the configuration file, and each secret in a file of its own.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use ticket_core::Error;
use ticket_core::provider::Setting;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

use super::private_file::Place;
use crate::account::AccountConfig;
use crate::account::secret::SecretCommand;
use crate::account_key::encoded;
use crate::config_file::{ConfigFile, NAME, is_name};
use crate::diagnosis::Diagnosis;
use crate::registry::{PROVIDERS, ProviderDescriptor};

/// An account that somebody enters, to be tested and stored.
///
/// ```
/// use tickets::accounts::{Accounts, Login};
/// use tickets::{PROVIDERS, Registry};
///
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("config.toml");
/// let registry = Registry::new();
/// let sweeppea = registry.get("sweeppea").ok_or("not compiled in")?;
/// let login = Login::new(sweeppea).secret("api_key", "s3cret");
/// login.store(&file, "eu")?;
/// let text = std::fs::read_to_string(&file)?;
/// assert!(text.contains("api_key_file = \"secrets/eu.api_key\"") && !text.contains("s3cret"));
/// let accounts = Accounts::load(registry, Some(&file))?;
/// assert_eq!(accounts.account("eu")?.tickets.info().id, "sweeppea");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Login {
    provider: String,
    known: &'static [Setting],
    settings: Vec<(String, String)>,
    secrets: Vec<(String, Secret)>,
}

enum Secret {
    Value(SecretString),
    Command(Vec<String>),
}

impl fmt::Debug for Secret {
    /// Of a command the program only: a word of it may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(secret) => f.debug_tuple("Value").field(secret).finish(),
            Self::Command(words) => f.debug_tuple("Command").field(&words.first()).finish(),
        }
    }
}

/// What [`forget`] removed, and what is left.
#[derive(Debug)]
#[non_exhaustive]
pub struct Forgotten {
    /// The files of secrets that were removed.
    pub files: Vec<PathBuf>,
    /// The settings that were removed from the configuration file because they were secrets or named such a file.
    pub settings: Vec<String>,
    /// The settings of the account that still lead to a secret which is stored elsewhere: in an environment variable, in a
    /// file that [`Login::store`] did not write, or in what a command asks.
    pub left: Vec<String>,
}

impl Login {
    /// An account at this provider, without settings.
    pub fn new(provider: &ProviderDescriptor) -> Self {
        Self {
            provider: (provider.info)().id.into_owned(),
            known: provider.settings,
            settings: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// Adds a setting that is no secret.
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Adds a secret, which is stored in a file of its own.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.secrets
            .push((name.into(), Secret::Value(value.into())));
        self
    }

    /// Adds a secret that a command prints, which is stored as its words.
    #[must_use]
    pub fn secret_command(
        mut self,
        name: impl Into<String>,
        words: impl IntoIterator<Item = String>,
    ) -> Self {
        let words = words.into_iter().collect();
        self.secrets.push((name.into(), Secret::Command(words)));
        self
    }

    /// The account, to test it before it is stored.
    pub fn config(&self) -> AccountConfig {
        let mut config = AccountConfig::new(&*self.provider);
        for (name, value) in &self.settings {
            config = config.setting(name, value.clone());
        }
        for (name, secret) in &self.secrets {
            match secret {
                Secret::Value(secret) => config = config.setting(name, secret.clone()),
                Secret::Command(words) => {
                    let command = SecretCommand::new(words.iter().cloned());
                    config.secrets.commands.insert(name.clone(), command);
                }
            }
        }
        config
    }

    /// Stores the account under this name in a configuration file, and returns the files that were written.
    ///
    /// Each secret is written to `secrets/NAME.SETTING` beside the configuration file, readable by its owner alone. What the
    /// configuration file already says, its comments and its order included, is kept, except the secrets of an
    /// account of that name. Each file is replaced as a whole.
    ///
    /// # Errors
    ///
    /// `Config` if the name cannot be that of an account or belongs to another provider, if other users can write to one of
    /// the folders, or if a file cannot be read or written.
    pub fn store(&self, file: &Path, name: &str) -> Result<Vec<PathBuf>, Diagnosis> {
        if !is_name(name) {
            return Err(Error::config(NAME).into());
        }
        let is_provider = PROVIDERS.iter().any(|known| (known.info)().id == name);
        if is_provider && self.provider != name {
            let why = format!(
                "an account named `{name}` can only be of the provider of that name; choose another name"
            );
            return Err(Error::config(why).into());
        }
        let place = Place::prepare(file)?;
        let text = place.read()?;
        let mut document = parse(&text, &place)?;
        let account = account(&mut document, name)?;
        let provider = account.get("provider").and_then(Item::as_str);
        if let Some(other) = provider.filter(|provider| *provider != self.provider) {
            return Err(Error::config(format!(
                "the account `{name}` has the provider {other}; choose another name, or remove [accounts.{name}] first"
            ))
            .into());
        }
        set(account, "provider", "", self.provider.as_str().into());
        for (name, text) in &self.settings {
            set(account, name, "", text.into());
        }
        let mut secrets = Vec::new();
        for (setting, secret) in &self.secrets {
            match secret {
                Secret::Command(words) => {
                    let words: Array = words.iter().map(String::as_str).collect();
                    set(account, setting, "_command", words.into());
                }
                Secret::Value(secret) => {
                    let relative = relative(name, setting);
                    set(account, setting, "_file", (&relative).into());
                    secrets.push((relative, secret));
                }
            }
        }
        // What is not given any more might be preferred.
        let is_given = |name: &str| self.secrets.iter().any(|(setting, _)| setting == name);
        for secret in self.known.iter().filter(|setting| setting.secret) {
            if !is_given(secret.name) {
                for way in WAYS {
                    account.remove(&format!("{}{way}", secret.name));
                }
            }
        }
        let mut written = Written::default();
        let mut write = || {
            for (relative, secret) in &secrets {
                written.write(&place, relative, secret)?;
            }
            save(&place, &text, &document)
        };
        let saved = match write() {
            Ok(saved) => saved,
            // No secret stays that no account names.
            Err(wrong) => return Err(written.undo(&place, wrong)),
        };
        let mut files = written.files();
        files.push(saved);
        // What was stored before and is not used any more.
        let is_value = |name: &str| {
            let mut secrets = self.secrets.iter();
            secrets.any(|(setting, secret)| setting == name && matches!(secret, Secret::Value(_)))
        };
        for secret in self.known.iter().filter(|setting| setting.secret) {
            if !is_value(secret.name) {
                place.remove(&relative(name, secret.name))?;
            }
        }
        Ok(files)
    }
}

/// The files of secrets that were written, with what they held before.
#[derive(Default)]
struct Written(Vec<(PathBuf, String, Option<SecretString>)>);

impl Written {
    fn write(
        &mut self,
        place: &Place,
        relative: &str,
        secret: &SecretString,
    ) -> Result<(), Diagnosis> {
        let before = place.read_secret(relative)?;
        let path = place.write_secret(relative, secret.expose_secret())?;
        self.0.push((path, relative.to_owned(), before));
        Ok(())
    }

    fn files(self) -> Vec<PathBuf> {
        self.0.into_iter().map(|(path, ..)| path).collect()
    }

    /// Brings the files back as they were, and returns why: also which of them could not be.
    fn undo(self, place: &Place, wrong: Diagnosis) -> Diagnosis {
        let left = self.0.into_iter().filter_map(|(path, relative, before)| {
            let undone = match before {
                Some(before) => place
                    .write_secret(&relative, before.expose_secret().trim_end())
                    .map(drop),
                None => place.remove(&relative).map(drop),
            };
            undone.err().map(|_| path.display().to_string())
        });
        let left: Vec<_> = left.collect();
        if left.is_empty() {
            return wrong;
        }
        let left = left.join(", ");
        let message = format!("{}; the new secret stays in {left}", wrong.error.message());
        Diagnosis {
            error: Error::config(message),
            ..wrong
        }
    }
}

/// Removes the stored secrets of an account: the files that [`Login::store`] wrote, and secrets in the configuration file
/// itself. The rest of the account stays. The vendor is not told: a token that it gave out stays valid.
///
/// # Errors
///
/// `Config` if the file has no such account, or if a file cannot be read or written.
pub fn forget(file: &ConfigFile, name: &str, known: &[Setting]) -> Result<Forgotten, Diagnosis> {
    let (Some(path), true) = (&file.path, file.accounts.contains_key(name)) else {
        let why = format!("no configuration file has an account `{name}`");
        return Err(Error::config(why).into());
    };
    let place = Place::prepare(path)?;
    let text = place.read()?;
    let mut document = parse(&text, &place)?;
    let account = account(&mut document, name)?;
    let mut forgotten = Forgotten {
        files: Vec::new(),
        settings: Vec::new(),
        left: Vec::new(),
    };
    for setting in known.iter().filter(|setting| setting.secret) {
        let [stored, variable, command] =
            ["file", "env", "command"].map(|suffix| format!("{}_{suffix}", setting.name));
        if account.remove(setting.name).is_some() {
            forgotten.settings.push(setting.name.to_owned());
        }
        let own = relative(name, setting.name);
        match account.get(&stored).and_then(Item::as_str) {
            Some(path) if path == own => {
                account.remove(&stored);
                forgotten.settings.push(stored);
            }
            Some(_) => forgotten.left.push(stored),
            None => {}
        }
        forgotten.files.extend(place.remove(&own)?);
        let others = [variable, command].into_iter();
        forgotten
            .left
            .extend(others.filter(|name| account.contains_key(name)));
    }
    if !forgotten.settings.is_empty() {
        save(&place, &text, &document)?;
    }
    Ok(forgotten)
}

/// Where a secret is stored, from the folder of the configuration file.
fn relative(account: &str, setting: &str) -> String {
    format!("secrets/{}.{setting}", encoded(account))
}

/// The ends of a setting's name, for each way in which it can be given.
const WAYS: [&str; 4] = ["", "_env", "_file", "_command"];

/// Gives a setting in one way, and in no other. A value that stood there in the same way leaves its place and its comments to
/// the new one.
fn set(account: &mut dyn TableLike, setting: &str, way: &str, mut value: Value) {
    for other in WAYS.into_iter().filter(|other| *other != way) {
        account.remove(&format!("{setting}{other}"));
    }
    let name = format!("{setting}{way}");
    match account.get_mut(&name).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            account.insert(&name, Item::Value(value));
        }
    }
}

fn parse(text: &str, place: &Place) -> Result<DocumentMut, Diagnosis> {
    // What cannot be read, or means nothing, is told with its line, and is not written over.
    ConfigFile::parse(text, place.path())?;
    text.parse::<DocumentMut>().map_err(|_| {
        let path = place.path().display().to_string();
        Diagnosis::from(Error::config("this is not TOML")).at(path)
    })
}

/// The table of an account, which is added if it does not exist.
fn account<'d>(
    document: &'d mut DocumentMut,
    name: &str,
) -> Result<&'d mut dyn TableLike, Diagnosis> {
    let mut all = Table::new();
    all.set_implicit(true);
    let mut new = Table::new();
    // What stands at the end of the file stays before what is added.
    let end = document.trailing().as_str().unwrap_or_default().to_owned();
    if !(document.is_empty() && end.is_empty()) {
        new.decor_mut().set_prefix(format!("{end}\n"));
    }
    let wrong = || Diagnosis::from(Error::config("`accounts` is no table"));
    let accounts = document.as_table_mut().entry("accounts");
    let accounts = accounts.or_insert(Item::Table(all));
    let accounts = accounts.as_table_like_mut().ok_or_else(wrong)?;
    if !accounts.contains_key(name) {
        accounts.insert(name, Item::Table(new));
        document.set_trailing("");
    }
    let account = document
        .get_mut("accounts")
        .and_then(|all| all.get_mut(name));
    let account = account.and_then(Item::as_table_like_mut);
    account.ok_or_else(wrong)
}

/// Writes the file, if it can be read and nobody else has changed it meanwhile.
fn save(place: &Place, old: &str, document: &DocumentMut) -> Result<PathBuf, Diagnosis> {
    let text = document.to_string();
    ConfigFile::parse(&text, place.path())?;
    if place.read()? != old {
        let why = "the file was changed by somebody else meanwhile; try again";
        let path = place.path().display().to_string();
        return Err(Diagnosis::from(Error::config(why)).at(path));
    }
    place.write(&text)
}
