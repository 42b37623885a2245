//! The configuration file: accounts by name, and the files of keys for approvals and signatures. A provider reads its own
//! settings when an account is connected.
//!
//! The file may hold secrets, so errors contain only names, lines and columns of it.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::Deserialize as _;
use ticket_core::Error;
use ticket_core::provider::Quota;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::account::AccountConfig;
use crate::account::secret::SecretCommand;
use crate::diagnosis::Diagnosis;

/// The settings of a file. `Debug` prints no secrets.
///
/// The file is TOML with one table per account, `[accounts.NAME]`, with the keys of an [`AccountConfig`]. A name must
/// not contain white space, control characters or any of `: , " { }`, and must not begin with `#` or `-`, so that its
/// tickets can be written as arguments and as lines of a list. Above the first account may stand [`approvers`](Self::approvers),
/// [`signing_key`](Self::signing_key) and [`default_account`](Self::default_account).
///
/// A secret need not be in the file. With a suffix, its name says where it is:
///
/// * `api_key_env = "SUPPORT_KEY"`: in this environment variable.
/// * `api_key_file = "secrets/support"`: in the first line of this file. A relative path begins at the folder of the
///   configuration file.
/// * `api_key_command = ["pass", "show", "support"]`: the first line that this command prints. It is run without a shell
///   and with an empty input, once per process, when the account is connected. It must end within a minute
///   and print at most 1 MiB behind that line. If other users can write the configuration file, it is not run.
///
/// ```
/// use std::path::Path;
///
/// use tickets::config_file::ConfigFile;
///
/// let text = r#"
///     approvers = "approvers"
///
///     [accounts.support-eu]
///     provider = "sweeppea"
///     api_key_env = "SUPPORT_EU_KEY"
/// "#;
/// let file = ConfigFile::parse(text, Path::new("/etc/tickets/config.toml"))?;
/// assert_eq!(file.accounts["support-eu"].provider, "sweeppea");
/// assert_eq!(file.approvers.as_deref(), Some(Path::new("/etc/tickets/approvers")));
/// # Ok::<(), tickets::diagnosis::Diagnosis>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ConfigFile {
    /// The path, if there is a file.
    pub path: Option<PathBuf>,
    /// The accounts by name.
    pub accounts: BTreeMap<String, AccountConfig>,
    /// The file of those who may approve plans: an allowed-signers file of OpenSSH. In the file, a path that is relative
    /// begins at the file's folder, and `~` is refused, since only a shell knows what it means.
    pub approvers: Option<PathBuf>,
    /// The key that signs approvals and reports: a private key of OpenSSH, or a public key whose private key an agent has.
    /// Its path is written like that of [`approvers`](Self::approvers).
    pub signing_key: Option<PathBuf>,
    /// The account that is meant where none is named.
    pub default_account: Option<String>,
    /// What is wrong with accounts that cannot be read, and where, by their names. Only [`load_valid`](Self::load_valid)
    /// leaves any.
    pub(crate) unreadable: BTreeMap<String, Unreadable>,
}

/// Where an account cannot be read, and why.
#[derive(Clone, Debug)]
pub(crate) struct Unreadable {
    place: String,
    message: String,
}

impl Unreadable {
    pub(crate) fn diagnosis(&self) -> Diagnosis {
        Diagnosis::from(Error::config(self.message.clone())).at(self.place.clone())
    }
}

impl ConfigFile {
    /// Where the user's file is, or would be: the given one or, if none is given, `tickets/config.toml` in the user's
    /// configuration folder.
    pub fn usual_path(asked: Option<&Path>) -> Option<PathBuf> {
        // An empty variable means none, as everywhere else.
        let asked = asked.filter(|path| !path.as_os_str().is_empty());
        asked.map(Path::to_owned).or_else(usual_path)
    }

    /// Reads the given file or, if none is given, `tickets/config.toml` in the user's configuration folder if it exists.
    /// An empty path means no file.
    ///
    /// # Errors
    ///
    /// `Config` if the given file does not exist or a file cannot be read, and the errors of [`parse`](Self::parse).
    pub fn load(asked: Option<&Path>) -> Result<Self, Diagnosis> {
        let (file, wrong) = Self::load_valid(asked)?;
        file.without_mistakes(wrong)
    }

    /// The same for a face that tells all mistakes at once: what is valid, and what is wrong outside of the accounts. An account
    /// that cannot be read has no entry in [`accounts`](Self::accounts); [`Accounts`](crate::accounts::Accounts) say what is
    /// wrong with it when it is asked for.
    ///
    /// # Errors
    ///
    /// `Config` if the given file does not exist or a file cannot be read.
    pub fn load_valid(asked: Option<&Path>) -> Result<(Self, Vec<Diagnosis>), Diagnosis> {
        let asked = asked.filter(|path| !path.as_os_str().is_empty());
        let Some(path) = Self::usual_path(asked) else {
            return Ok((Self::default(), Vec::new()));
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self::parse_valid(&text, &path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && asked.is_none() => {
                Ok((Self::default(), Vec::new()))
            }
            Err(error) => Err(Diagnosis::from(Error::config(format!(
                "the configuration file cannot be read: {error}"
            )))
            .at(path.display().to_string())),
        }
    }

    /// Parses the text of a file. The path is used in messages, and its folder for paths that are relative.
    ///
    /// # Errors
    ///
    /// `Config` with `PATH:LINE:COLUMN` of the mistake, without any value of the file. Unknown settings of a provider
    /// are reported when the account is connected.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Diagnosis> {
        let (file, wrong) = Self::parse_valid(text, path);
        file.without_mistakes(wrong)
    }

    fn without_mistakes(self, others: Vec<Diagnosis>) -> Result<Self, Diagnosis> {
        let mut accounts = self.unreadable.values().map(Unreadable::diagnosis);
        match others.into_iter().next().or_else(|| accounts.next()) {
            Some(first) => Err(first),
            None => Ok(self),
        }
    }

    fn parse_valid(text: &str, path: &Path) -> (Self, Vec<Diagnosis>) {
        let mut file = Self {
            path: Some(path.to_owned()),
            ..Self::default()
        };
        let mut others = Vec::new();
        for Mistake {
            offset,
            message,
            account,
        } in file.read(text)
        {
            let (line, column) = position(text, offset.unwrap_or(0));
            let place = format!("{}:{line}:{column}", path.display());
            let wrong = Unreadable { place, message };
            match account {
                Some(name) => drop(file.unreadable.insert(name, wrong)),
                None => others.push(wrong.diagnosis()),
            }
        }
        (file, others)
    }

    /// Takes accounts that are named like a provider but have another one for unreadable: whoever writes that name means
    /// the provider, and must not reach another one.
    pub(crate) fn refuse_disguised(&mut self, is_provider: impl Fn(&str) -> bool) {
        let place = self.path.as_ref().map(|path| path.display().to_string());
        let unreadable = &mut self.unreadable;
        self.accounts.retain(|name, account| {
            let is_disguised = is_provider(name) && account.provider != *name;
            if is_disguised {
                let message = format!(
                    "the account `{name}` is named like a provider but has another one; give it another name"
                );
                let place = place.clone().unwrap_or_default();
                unreadable.insert(name.clone(), Unreadable { place, message });
            }
            !is_disguised
        });
    }

    /// Reads what is valid, and returns what is not.
    fn read(&mut self, text: &str) -> Vec<Mistake> {
        // The messages of this parser name what it expects, never what it found.
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let message = format!("this is not TOML: {}", error.message());
                return vec![Mistake::at(error.span().map(|span| span.start), message)];
            }
        };
        let mut mistakes = Vec::new();
        for (key, value) in table.get_ref() {
            let at = Some(key.span().start);
            match (&**key.get_ref(), value.get_ref()) {
                ("accounts", DeValue::Table(named)) => mistakes.extend(self.read_accounts(named)),
                (name, value) => mistakes.extend(self.read_value(at, name, value).err()),
            }
        }
        mistakes
    }

    fn read_value(
        &mut self,
        at: Option<usize>,
        name: &str,
        value: &DeValue<'_>,
    ) -> Result<(), Mistake> {
        match (name, value) {
            ("approvers", value) => self.approvers = Some(self.file(at, "approvers", value)?),
            ("signing_key", value) => {
                self.signing_key = Some(self.file(at, "signing_key", value)?);
            }
            ("default_account", value) => {
                let name = value.as_str().filter(|name| !name.trim().is_empty());
                let message = "`default_account` must be the name of an account, in quotes";
                let name = name.ok_or_else(|| Mistake::at(at, message.to_owned()))?;
                self.default_account = Some(name.to_owned());
            }
            (name, value) => {
                let name = match value {
                    DeValue::Table(_) => format!("[{name}]"),
                    _ => format!("`{name}`"),
                };
                let message = format!(
                    "{name} is not known here; there are `approvers`, `default_account`, `signing_key` and [accounts.NAME]"
                );
                return Err(Mistake::at(at, message));
            }
        }
        Ok(())
    }

    /// The path of a file. One that is relative begins at the folder of the configuration file.
    fn file(&self, at: Option<usize>, name: &str, value: &DeValue<'_>) -> Result<PathBuf, Mistake> {
        let wrong = |expected| Mistake::at(at, format!("`{name}` must be {expected}"));
        match value.as_str() {
            Some(path) if path.starts_with('~') => Err(wrong(
                "a path without ~, which only a shell knows: write the whole path",
            )),
            Some(path) if !path.trim().is_empty() => {
                let folder = self.path.as_deref().and_then(Path::parent);
                Ok(folder.unwrap_or(Path::new("")).join(path))
            }
            _ => Err(wrong("the path of a file, in quotes")),
        }
    }

    /// Reads the accounts that are valid, and returns what is wrong with the others.
    fn read_accounts(&mut self, named: &DeTable<'_>) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for (key, account) in named {
            let at = Some(key.span().start);
            let name = key.get_ref().to_string();
            if !is_name(&name) {
                mistakes.push(Mistake::at(at, NAME.to_owned()));
                continue;
            }
            match self.read_account(at, &name, account) {
                Ok(account) => drop(self.accounts.insert(name, account)),
                Err(mistake) => mistakes.push(Mistake {
                    account: Some(name),
                    ..mistake
                }),
            }
        }
        mistakes
    }

    fn read_account(
        &self,
        at: Option<usize>,
        name: &str,
        account: &Spanned<DeValue<'_>>,
    ) -> Result<AccountConfig, Mistake> {
        let DeValue::Table(settings) = account.get_ref() else {
            return Err(Mistake::at(at, format!("write [accounts.{name}]")));
        };
        if let Some((offset, message)) = mistake(settings) {
            let message = format!("account `{name}`: {message}");
            return Err(Mistake::at(offset.or(at), message));
        }
        let others = settings
            .iter()
            .filter(|(name, _)| !name.get_ref().ends_with(COMMAND));
        let plain = others
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let plain = Spanned::new(account.span(), DeValue::Table(plain));
        let mut account = AccountConfig::deserialize(ValueDeserializer::from(plain))
            .map_err(|_| Mistake::at(at, format!("the account `{name}` cannot be read")))?;
        account.secrets.config.clone_from(&self.path);
        account.secrets.commands = commands(settings).collect();
        Ok(account)
    }
}

/// What is appended to the name of a secret setting for a command that prints it.
const COMMAND: &str = "_command";

/// What is said of a name that is not one.
pub(crate) const NAME: &str = "an account's name must not be empty, begin with # or -, or hold a blank, a control \
                               character or one of : , \" { }";

/// The commands of an account, by the settings that they are for.
fn commands(settings: &DeTable<'_>) -> impl Iterator<Item = (String, SecretCommand)> {
    settings.iter().filter_map(|(name, value)| {
        let setting = name.get_ref().strip_suffix(COMMAND)?;
        let words = words(value.get_ref())?.map(str::to_owned);
        Some((setting.to_owned(), SecretCommand::new(words)))
    })
}

/// The words of a command, if it is a list of such.
fn words<'a>(value: &'a DeValue<'a>) -> Option<impl Iterator<Item = &'a str>> {
    let words = value.as_array()?;
    let is_word = |word: &Spanned<DeValue<'_>>| word.get_ref().is_str();
    let first = words.first()?.get_ref().as_str()?;
    let is_command = !first.trim().is_empty() && words.iter().all(is_word);
    is_command.then(|| words.iter().filter_map(|word| word.get_ref().as_str()))
}

/// A mistake in the file, and its byte.
struct Mistake {
    offset: Option<usize>,
    message: String,
    /// The account that it is about.
    account: Option<String>,
}

impl Mistake {
    const fn at(offset: Option<usize>, message: String) -> Self {
        Self {
            offset,
            message,
            account: None,
        }
    }
}

/// `tickets/config.toml` in the user's configuration folder.
fn usual_path() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    let path = folders.config_dir().join("tickets").join("config.toml");
    // With a relative HOME it would be a file of the current folder, whoever wrote that.
    path.is_absolute().then_some(path)
}

/// Whether it can be the account's part of a ticket reference in a list or an argument.
pub(crate) fn is_name(name: &str) -> bool {
    let wrong =
        |character: char| character == ':' || character.is_control() || is_foreign(character);
    !name.is_empty() && !name.starts_with(['#', '-']) && !name.contains(wrong)
}

/// Whether a character cannot be part of an account's name: white space and `{ } " ,`. Such a character shows that a
/// line is a row of a table, JSON or a sentence, not a ticket reference.
///
/// ```
/// use tickets::config_file::is_foreign;
///
/// assert!("onecloud:121,open".contains(is_foreign));
/// assert!(!"onecloud:121".contains(is_foreign));
/// ```
pub fn is_foreign(character: char) -> bool {
    character.is_whitespace() || matches!(character, '{' | '}' | '"' | ',')
}

/// The mistake in an account, and its position. Not by serde, whose messages quote values.
fn mistake(settings: &DeTable<'_>) -> Option<(Option<usize>, String)> {
    if settings.get("provider").is_none() {
        return Some((None, "`provider` is missing".to_owned()));
    }
    settings.iter().find_map(|(key, value)| {
        let name: &str = key.get_ref();
        let value = value.get_ref();
        let expected = match name {
            "provider" if !value.is_str() => "the id of a provider, in quotes",
            "timeout_s" if !is_positive(value) => "a number of seconds above 0",
            "concurrency" if !is_count(value) && value.as_str() != Some("auto") => {
                "a whole number above 0, or \"auto\""
            }
            "max_attempts" | "page_size" if !is_count(value) => "a whole number above 0",
            "read_only" if !matches!(value, DeValue::Boolean(_)) => "true or false",
            "max_delete" if !is_number(value) => "a whole number",
            "rate" if !is_rate(value) => "calls and seconds, such as \"25/5\", or a list of these",
            "quota_key" if value.as_str().is_none_or(|key| key.trim().is_empty()) => {
                "a text that is not blank"
            }
            name if name.ends_with(COMMAND) && words(value).is_none() => {
                "a list of words, the program first, such as [\"pass\", \"show\", \"support\"]"
            }
            name if name.ends_with(COMMAND) => return None,
            // TOML counts what stands below a table to it.
            "approvers" | "signing_key" | "default_account" => "above the first [accounts.NAME]",
            "provider" | "timeout_s" | "max_attempts" | "rate" | "quota_key" | "concurrency"
            | "page_size" | "read_only" | "max_delete" => return None,
            _ if value.is_array() || value.is_table() || value.is_datetime() => {
                "a text, a number, true or false"
            }
            _ => return None,
        };
        let at = Some(key.span().start);
        Some((at, format!("`{name}` must be {expected}")))
    })
}

fn is_positive(value: &DeValue<'_>) -> bool {
    let seconds = match value {
        DeValue::Integer(number) => number.as_str().parse::<f64>().ok(),
        DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
        _ => None,
    };
    seconds
        .and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok())
        .is_some_and(|timeout| !timeout.is_zero())
}

fn is_count(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::Integer(number) => number.as_str().parse::<NonZeroU32>().is_ok(),
        _ => false,
    }
}

fn is_number(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::Integer(number) => number.as_str().parse::<u64>().is_ok(),
        _ => false,
    }
}

fn is_rate(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::String(rate) => rate.parse::<Quota>().is_ok(),
        DeValue::Array(rates) => rates
            .iter()
            .all(|rate| rate.get_ref().is_str() && is_rate(rate.get_ref())),
        _ => false,
    }
}

/// Line and column, both from 1, of a byte of `text`.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.matches('\n').count() + 1;
    let column = before
        .get(line_start..)
        .map_or(0, |rest| rest.chars().count())
        + 1;
    (line, column)
}

#[cfg(test)]
mod tests;
