//! `tickets auth logout`: removes the stored secrets of an account.

use std::path::PathBuf;

use serde::Serialize;
use tickets::PROVIDERS;
use tickets::accounts::forget;
use tickets::config_file::ConfigFile;

use crate::args::Global;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::record::Record;
use crate::status::say;
use crate::text;

#[derive(Serialize)]
struct LoggedOut {
    account: String,
    /// The files that were removed.
    files: Vec<PathBuf>,
    /// The settings that were removed from the configuration file.
    settings: Vec<String>,
    /// The settings that lead to a secret which is kept elsewhere.
    left: Vec<String>,
}

impl Record for LoggedOut {
    const COLUMNS: &'static [&'static str] = &["account", "files", "settings", "left"];
    const TABLE_COLUMNS: &'static [&'static str] =
        &["account", "removed files", "removed settings", "left"];

    fn cells(&self) -> Vec<String> {
        let files = self.files.iter().map(|file| file.display().to_string());
        vec![
            self.account.clone(),
            files.collect::<Vec<_>>().join("\n"),
            self.settings.join(", "),
            self.left.join(", "),
        ]
    }
}

pub(super) fn run(name: &str, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let file = ConfigFile::load(global.config().as_deref())?;
    let account = file.accounts.get(name);
    let provider = account.and_then(|account| {
        let mut providers = PROVIDERS.iter();
        providers.find(|known| (known.info)().id == account.provider)
    });
    let variables = PROVIDERS.iter().find(|known| (known.info)().id == name);
    if let (None, Some(provider)) = (account, variables) {
        let secrets = provider.settings.iter().filter(|setting| setting.secret);
        let variables: Vec<_> = secrets.map(|setting| setting.env).collect();
        return Err(Failure::refused(format!(
            "the account {name} is not in a configuration file; its secrets are in the environment: unset {}",
            variables.join(" ")
        )));
    }
    let known = provider.map_or(&[][..], |provider| provider.settings);
    let forgotten = forget(&file, name, known)?;
    let shown = text::line(name);
    if forgotten.settings.is_empty() {
        say(&format!("{shown}: no stored secret"));
    }
    say(&format!(
        "{shown}: the account stays in the configuration file, and the vendor was not told: revoke the token there if nobody \
         shall use it any more"
    ));
    let record = LoggedOut {
        account: name.to_owned(),
        files: forgotten.files,
        settings: forgotten.settings,
        left: forgotten.left,
    };
    output
        .one(&record)
        .map_err(|error| Failure::output(&error))?;
    Ok(Exit::Done)
}
