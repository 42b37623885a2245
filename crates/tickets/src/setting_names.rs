//! Providers name their environment variables in messages: they do not know how an account gives its settings. This layer
//! puts the account's own names in their place.

use ticket_core::call::{Call, Layer, Next, Reply};
use ticket_core::provider::{Setting, Settings};
use ticket_core::{Error, Result};

/// Each variable of the provider, and what the account calls its setting.
#[derive(Clone, Debug)]
pub(crate) struct SettingNames(Vec<(&'static str, String)>);

impl SettingNames {
    /// `commands`: the names of the secrets that commands print.
    pub(crate) fn new<'a>(
        known: &[Setting],
        given: &Settings,
        commands: &(impl Iterator<Item = &'a str> + Clone),
    ) -> Self {
        let own = |setting: &Setting| {
            let name = setting.name;
            let ways = ["", "_env", "_file"].map(|suffix| format!("{name}{suffix}"));
            let mut ways = ways.into_iter().filter(|way| given.get(way).is_some());
            let is_command = commands.clone().any(|command| command == name);
            let command = is_command.then(|| format!("{name}_command"));
            ways.next().or(command).unwrap_or_else(|| name.to_owned())
        };
        let names = known.iter();
        Self(names.map(|setting| (setting.env, own(setting))).collect())
    }

    /// The same error in the account's own names.
    pub(crate) fn rename(&self, error: Error) -> Error {
        let message = error.message();
        let is_named = self
            .0
            .iter()
            .any(|(variable, _)| message.contains(variable));
        if !is_named {
            return error;
        }
        let message = self.words(message);
        error.with_message(message)
    }

    fn words(&self, message: &str) -> String {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let mut renamed = String::with_capacity(message.len());
        let mut rest = message;
        while let Some(start) = rest.find(is_part) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|letter| !is_part(letter)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            renamed.push_str(before);
            match self.0.iter().find(|(variable, _)| *variable == word) {
                Some((_, own)) => renamed.extend(["`", own, "`"]),
                None => renamed.push_str(word),
            }
            rest = after;
        }
        renamed + rest
    }
}

impl Layer for SettingNames {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        next.call(call).await.map_err(|error| self.rename(error))
    }
}

#[cfg(test)]
mod tests {
    use ticket_core::ErrorKind;

    use super::*;

    #[test]
    fn variable_becomes_the_setting_as_the_account_gives_it_and_other_words_stay() {
        let known = [
            Setting::secret("key", "PEAR_KEY", "the key"),
            Setting::secret("password", "PEAR_PASSWORD", "the password"),
            Setting::required("user", "PEAR_USER", "the user"),
        ];
        let given = Settings::new().with("key_file", "secrets/key");
        let names = SettingNames::new(&known, &given, &["password"].into_iter());
        let error = Error::new(
            ErrorKind::Unauthenticated,
            "not accepted; see PEAR_KEY, PEAR_USER and PEAR_PASSWORD, not PEAR_KEYS",
        )
        .with_vendor_message("see PEAR_KEY");
        let renamed = names.rename(error);
        assert_eq!(
            renamed.message(),
            "not accepted; see `key_file`, `user` and `password_command`, not PEAR_KEYS"
        );
        assert_eq!(renamed.vendor_message(), Some("see PEAR_KEY"));
        assert_eq!(renamed.kind(), ErrorKind::Unauthenticated);
    }
}
