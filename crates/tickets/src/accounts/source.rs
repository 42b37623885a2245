//! Where the settings of an account come from.

use secrecy::ExposeSecret as _;
use serde::Serialize;
use ticket_core::provider::Setting;

use super::account::Origin;
use crate::account::AccountConfig;

/// Where a setting of an account comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SettingSource {
    /// Its name.
    pub setting: &'static str,
    /// `configuration`, `variable`, `file`, `command`, `default`, or `absent`.
    pub from: &'static str,
    /// The variable, the path of the file, the program, or the default value.
    pub at: Option<String>,
    /// Whether it is a secret.
    pub secret: bool,
}

/// Where this setting comes from.
pub(super) fn of(setting: &Setting, config: &AccountConfig, origin: &Origin) -> SettingSource {
    let given = |suffix: &str| {
        let value = config.settings.get(&format!("{}{suffix}", setting.name));
        value.map(|value| value.expose_secret().to_owned())
    };
    let command = config.secrets.commands.get(setting.name);
    let is_set = || std::env::var_os(setting.env).is_some_and(|value| !value.is_empty());
    let (from, at) = if config.settings.get(setting.name).is_some() {
        ("configuration", None)
    } else if let Some(variable) = given("_env") {
        ("variable", Some(variable))
    } else if let Some(path) = given("_file").filter(|_| setting.secret) {
        let path = config.secrets.path(&path);
        ("file", Some(path.display().to_string()))
    } else if let Some(command) = command.filter(|_| setting.secret) {
        ("command", Some(command.program().to_owned()))
    } else if matches!(origin, Origin::Environment) && is_set() {
        ("variable", Some(setting.env.to_owned()))
    } else if let Some(default) = setting.default {
        ("default", Some(default.to_owned()))
    } else {
        ("absent", None)
    };
    SettingSource {
        setting: setting.name,
        from,
        at,
        secret: setting.secret,
    }
}
