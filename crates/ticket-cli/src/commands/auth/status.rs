//! `tickets auth status`: where the settings of accounts come from, and whether the vendor accepts them.

use serde::Serialize;
use tickets::accounts::{FileMode, SettingSource};

use crate::accounts::Accounts;
use crate::args::Global;
use crate::failure::{ErrorWithHint, Exit, Failure};
use crate::output::Output;
use crate::record::Record;

#[derive(Serialize)]
struct Status {
    account: String,
    provider: Option<String>,
    /// Null if nobody knows: the vendor could not be asked, or the provider reads nothing.
    accepted: Option<bool>,
    /// Why not.
    error: Option<ErrorWithHint>,
    settings: Vec<SettingSource>,
    /// The files of its secrets.
    files: Vec<FileMode>,
    #[serde(skip)]
    why: String,
}

impl Status {
    async fn of(name: String, accounts: &Accounts) -> Self {
        let settings = accounts.sources(&name);
        let asked = match accounts.connect(&name) {
            Ok(account) => {
                let provider = account.tickets.info().id.to_string();
                let checked = account.check().await.map_err(Failure::from);
                (Some(provider), checked)
            }
            Err(failure) => (None, Err(failure)),
        };
        let (provider, checked) = asked;
        let accepted = match &checked {
            Ok(read) => read.map(|_| true),
            Err(failure) => failure.is_refusal_of_credentials().then_some(false),
        };
        let error = checked.err();
        Self {
            account: name,
            provider,
            accepted,
            why: error.as_ref().map_or_else(String::new, Failure::message),
            error: error.map(|failure| failure.to_json()),
            files: files(&settings),
            settings,
        }
    }
}

/// The files of these settings.
fn files(settings: &[SettingSource]) -> Vec<FileMode> {
    let files = settings.iter().filter(|setting| setting.from == "file");
    let paths = files.filter_map(|setting| setting.at.as_deref());
    paths.map(|path| FileMode::private(path.as_ref())).collect()
}

/// Where a setting comes from, in words.
fn words(setting: &SettingSource, files: &[FileMode]) -> String {
    let at = setting.at.as_deref().unwrap_or_default();
    let mode = files.iter().find(|file| file.path.as_os_str() == at);
    let mode = mode.and_then(|file| file.mode.as_deref());
    let place = match setting.from {
        "configuration" => "configuration file".to_owned(),
        "default" => format!("{at} (default)"),
        "file" => format!("file {at} (mode {})", mode.unwrap_or("unknown")),
        from => format!("{from} {at}"),
    };
    format!("{}: {}", setting.setting, place.trim_end())
}

impl Record for Status {
    const COLUMNS: &'static [&'static str] =
        &["account", "provider", "accepted", "why", "settings"];
    const TABLE_COLUMNS: &'static [&'static str] = &["account", "credentials", "settings"];

    fn cells(&self) -> Vec<String> {
        let accepted = self.accepted.map(|accepted| accepted.to_string());
        vec![
            self.account.clone(),
            self.provider.clone().unwrap_or_default(),
            accepted.unwrap_or_default(),
            self.why.clone(),
            self.settings().join("; "),
        ]
    }

    fn table_cells(&self) -> Vec<String> {
        let credentials = match (self.accepted, self.error.is_some()) {
            (Some(true), _) => "accepted".to_owned(),
            (Some(false), _) => format!("not accepted: {}", self.why),
            (None, true) => format!("not known: {}", self.why),
            (None, false) => "not known: the provider reads nothing".to_owned(),
        };
        vec![
            self.account.clone(),
            credentials,
            self.settings().join("\n"),
        ]
    }
}

impl Status {
    /// The settings that are given.
    fn settings(&self) -> Vec<String> {
        let given = self
            .settings
            .iter()
            .filter(|setting| setting.from != "absent");
        given.map(|setting| words(setting, &self.files)).collect()
    }
}

pub(super) async fn run(
    named: &[String],
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let accounts = Accounts::open_valid(global).await?;
    let mut writer = output.writer();
    let mut exit = Exit::Done;
    for mistake in accounts.mistakes() {
        mistake.print(output.format);
        exit = Exit::Failed;
    }
    for name in accounts.named_or_configured(named)? {
        let status = Status::of(name, &accounts).await;
        if status.error.is_some() {
            exit = Exit::Failed;
        }
        writer
            .push(status)
            .map_err(|error| Failure::output(&error))?;
    }
    writer.finish().map_err(|error| Failure::output(&error))?;
    Ok(exit)
}
