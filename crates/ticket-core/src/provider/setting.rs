//! What a provider must be told to be connected: names, environment variables, defaults; and the values.
//!
//! Every value is held as a secret from the moment it is read, whether it is one or not.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};

use crate::provider::error::{Error, Result};

/// One thing that a provider can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// Its name in a configuration file, in `snake_case`.
    pub name: &'static str,
    /// The environment variable that it is read from.
    pub env: &'static str,
    /// What it is, in one line.
    pub help: &'static str,
    /// The value where none is given.
    pub default: Option<&'static str>,
    /// Whether it must be given, where it has no default.
    pub required: bool,
    /// Whether it must never be shown.
    pub secret: bool,
    /// Whether it only says who signs in. All logins of an account share its quota.
    pub login: bool,
}

impl Setting {
    /// A setting that must be given.
    pub const fn required(name: &'static str, env: &'static str, help: &'static str) -> Self {
        Self {
            name,
            env,
            help,
            default: None,
            required: true,
            secret: false,
            login: false,
        }
    }

    /// A secret that must be given.
    pub const fn secret(name: &'static str, env: &'static str, help: &'static str) -> Self {
        Self {
            name,
            env,
            help,
            default: None,
            required: true,
            secret: true,
            login: false,
        }
    }

    /// A setting with a default.
    pub const fn optional(
        name: &'static str,
        env: &'static str,
        help: &'static str,
        default: &'static str,
    ) -> Self {
        Self {
            name,
            env,
            help,
            default: Some(default),
            required: false,
            secret: false,
            login: false,
        }
    }
}

impl Setting {
    /// Makes it a name to sign in with, which tells nothing about whose account it is.
    #[must_use]
    pub const fn login(mut self) -> Self {
        self.login = true;
        self
    }

    /// Makes it one of several ways: that enough of them are given is for the provider to see.
    #[must_use]
    pub const fn or_others(mut self) -> Self {
        self.required = false;
        self
    }
}

/// Values for [`Setting`]s, by name. `Debug` prints the names only.
///
/// ```
/// use ticket_core::SecretString;
/// use ticket_core::provider::{Setting, Settings};
///
/// #[derive(serde::Deserialize)]
/// struct Config { base_url: String, token: SecretString }
///
/// const KNOWN: &[Setting] = &[
///     Setting::optional("base_url", "EXAMPLE_BASE_URL", "where the API is", "https://api.example.com"),
///     Setting::secret("token", "EXAMPLE_TOKEN", "the token"),
/// ];
/// let settings = Settings::new().with("token", "s3cret");
/// assert!(!format!("{settings:?}").contains("s3cret"));
/// let config: Config = settings.read("example", KNOWN)?;
/// assert_eq!(config.base_url, "https://api.example.com");
/// # Ok::<(), ticket_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Settings {
    values: BTreeMap<String, SecretString>,
}

impl Settings {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value, in place of one of the same name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }

    /// Adds what is absent from the environment, without surrounding white space. Empty variables count as
    /// absent.
    #[must_use]
    pub fn or_env(self, known: &[Setting]) -> Self {
        self.or_else(known, |name| std::env::var(name).ok())
    }

    /// Adds what is absent from `lookup`, which is asked for environment variables.
    fn or_else(mut self, known: &[Setting], lookup: impl Fn(&str) -> Option<String>) -> Self {
        let is_alternative = |setting: &Setting| !setting.required && setting.default.is_none();
        let is_given = |setting: &&Setting| self.values.contains_key(setting.name);
        let chosen = known.iter().filter(is_given).any(is_alternative);
        for setting in known {
            // One way that is given is not completed with another: it may be another account's.
            if self.values.contains_key(setting.name) || (chosen && is_alternative(setting)) {
                continue;
            }
            if let Some(value) = present(lookup(setting.env)) {
                self.values.insert(setting.name.to_owned(), value);
            }
        }
        self
    }

    /// Reads each setting that is given as `NAME_env` from the environment variable that it names.
    ///
    /// # Errors
    ///
    /// `Config` where such a variable is absent or empty, or the setting is given both ways.
    pub fn resolve_env(self, known: &[Setting]) -> Result<Self> {
        self.resolve(known, |name| std::env::var(name).ok())
    }

    fn resolve(
        mut self,
        known: &[Setting],
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        for setting in known {
            let indirect = format!("{}_env", setting.name);
            let Some(variable) = self.values.remove(&indirect) else {
                continue;
            };
            if self.values.contains_key(setting.name) {
                return Err(Error::config(format!(
                    "`{}` and `{indirect}` are both given",
                    setting.name
                )));
            }
            let variable = variable.expose_secret();
            let Some(value) = present(lookup(variable)) else {
                // Whoever puts the secret itself there must not read it in a log.
                let is_name = !variable.is_empty()
                    && variable
                        .chars()
                        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
                let message = if is_name {
                    format!(
                        "`{indirect}` names the environment variable {variable}, which is not set"
                    )
                } else {
                    format!(
                        "`{indirect}` must be the name of an environment variable, such as SUPPORT_KEY"
                    )
                };
                return Err(Error::config(message));
            };
            self.values.insert(setting.name.to_owned(), value);
        }
        Ok(self)
    }

    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&SecretString> {
        self.values.get(name)
    }

    /// The names for which there is a value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Reads a provider's configuration from the values, filling in defaults.
    ///
    /// # Errors
    ///
    /// `Config`, naming the setting and its environment variable, where a required one is absent, where one is
    /// blank, where a name is not among `known`, or where a value cannot be read. The value itself is never
    /// named. All values arrive as texts: a field that is a number must be read from one.
    pub fn read<T: DeserializeOwned>(&self, provider: &str, known: &[Setting]) -> Result<T> {
        if let Some(unknown) = self
            .names()
            .find(|name| !known.iter().any(|setting| setting.name == *name))
        {
            let names: Vec<_> = known.iter().map(|setting| setting.name).collect();
            return Err(Error::config(format!(
                "{provider} has no setting `{unknown}`; it has {}",
                names.join(", ")
            )));
        }
        let mut values = serde_json::Map::new();
        let (mut missing, mut other_ways) = (Vec::new(), Vec::new());
        for setting in known {
            let given = self
                .values
                .get(setting.name)
                .map(ExposeSecret::expose_secret);
            let named = || format!("`{}` (environment {})", setting.name, setting.env);
            if given.is_some_and(|value| value.trim().is_empty()) {
                return Err(Error::config(format!(
                    "{provider} is not configured: {} is blank",
                    named()
                )));
            }
            match given.or(setting.default) {
                Some(value) => {
                    values.insert(setting.name.to_owned(), value.into());
                }
                None if setting.required => missing.push(named()),
                None => other_ways.push(named()),
            }
        }
        if !missing.is_empty() {
            let mut message = format!(
                "{provider} is not configured: {} missing",
                missing.join(", ")
            );
            if !other_ways.is_empty() {
                message.push_str("; there are also ");
                message.push_str(&other_ways.join(", "));
            }
            return Err(Error::config(message));
        }
        // The deserialiser's own message may quote the value, so only the setting's name is kept.
        serde_path_to_error::deserialize(serde_json::Value::Object(values)).map_err(|error| {
            let name = error.path().to_string();
            let known = known.iter().find(|setting| setting.name == name);
            Error::config(match known {
                Some(Setting {
                    env, help, default, ..
                }) => format!(
                    "`{name}` (environment {env}) of {provider} cannot be read; it is {help}{}",
                    default.map_or_else(String::new, |default| format!(", by default {default}"))
                ),
                None => format!("the settings of {provider} cannot be read"),
            })
        })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Values;

        impl<'de> Visitor<'de> for Values {
            type Value = Settings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of settings")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Settings, A::Error> {
                let mut settings = Settings::new();
                while let Some((name, Scalar(value))) = map.next_entry::<String, Scalar>()? {
                    settings = settings.with(name, value);
                }
                Ok(settings)
            }
        }

        deserializer.deserialize_map(Values)
    }
}

/// A variable's value without surrounding white space; an empty one counts as absent.
fn present(value: Option<String>) -> Option<SecretString> {
    let value = value?.trim().to_owned();
    (!value.is_empty()).then(|| value.into())
}

/// A text, number or truth value, as text.
struct Scalar(SecretString);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a text, a number, true or false")]
        enum Any {
            Text(String),
            Integer(i64),
            Large(u64),
            Float(f64),
            Truth(bool),
        }

        Ok(Self(SecretString::from(
            match Any::deserialize(deserializer)? {
                Any::Text(text) => text,
                Any::Integer(number) => number.to_string(),
                Any::Large(number) => number.to_string(),
                Any::Float(number) => number.to_string(),
                Any::Truth(truth) => truth.to_string(),
            },
        )))
    }
}

#[cfg(test)]
mod tests;
