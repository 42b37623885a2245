//! Secrets that are in files and commands: which one the server sees, and what is said where there is none.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use ticket_sandbox::{Sandbox, Vendor, credentials};
use tickets::accounts::Accounts;
use tickets::{AccountSource as _, ErrorKind, Registry};

/// A folder with a configuration file of one account, `eu`.
struct Case {
    folder: TempDir,
    sandbox: Sandbox,
}

impl Case {
    async fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            sandbox: Sandbox::start().await.unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file that its owner alone can read.
    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        mode(&path, 0o600);
        path
    }

    /// The accounts of a file in which `eu` has these settings.
    fn accounts(&self, settings: &str) -> Accounts {
        let base_url = self.sandbox.base_url(Vendor::Sweeppea);
        let account = format!(
            "[accounts.eu]\nprovider = \"sweeppea\"\nbase_url = \"{base_url}\"\n{settings}\n"
        );
        let path = self.file("config.toml", &account);
        Accounts::load(Registry::new(), Some(&path)).unwrap()
    }

    /// What is said of an account with these settings, which cannot be connected.
    fn refusal(&self, settings: &str) -> String {
        let wrong = self.accounts(settings).account("eu").unwrap_err();
        assert_eq!(wrong.error.kind(), ErrorKind::Config, "{wrong}");
        assert!(!format!("{wrong:?}").contains("s3cret"), "{wrong:?}");
        wrong.to_string()
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The words of a command that counts its runs in a file and prints the key.
fn counted(runs: &Path) -> String {
    let key = credentials::SWEEPPEA_API_KEY;
    let script = format!("echo run >> {}; echo {key}", runs.display());
    format!("api_key_command = [\"sh\", \"-c\", \"{script}\"]")
}

#[tokio::test]
async fn secret_of_a_file_beside_the_configuration_is_what_the_server_sees() {
    let case = Case::new().await;
    let key = credentials::SWEEPPEA_API_KEY;
    case.file("key", &format!("  {key} \r\nsomething else\n"));
    let accounts = case.accounts("api_key_file = \"key\"");
    let account = accounts.account("eu").unwrap();
    account.tickets.get("2531581").await.unwrap();
    case.file("key", "another\n");
    let renewed = accounts.account("eu").unwrap();
    let refused = renewed.tickets.get("2531581").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unauthenticated);
    assert_eq!(case.sandbox.journal().len(), 2);
    assert!(!format!("{accounts:?}{account:?}").contains(key));
}

#[tokio::test]
async fn command_of_a_secret_is_run_once_and_only_when_the_account_is_connected() {
    let case = Case::new().await;
    let runs = case.path("runs");
    let accounts = case.accounts(&counted(&runs));
    assert_eq!(accounts.facts("eu").unwrap().host, Some(case.host()));
    assert!(!runs.exists());
    for _ in 0..3 {
        let account = accounts.account("eu").unwrap();
        account.tickets.get("2531581").await.unwrap();
    }
    assert_eq!(fs::read_to_string(&runs).unwrap(), "run\n");
    assert_eq!(case.sandbox.journal().len(), 3);
    assert!(!format!("{accounts:?}").contains(credentials::SWEEPPEA_API_KEY));
}

impl Case {
    fn host(&self) -> String {
        let base_url = self.sandbox.base_url(Vendor::Sweeppea);
        let host = base_url.strip_prefix("http://").unwrap();
        host.split('/').next().unwrap().to_owned()
    }
}

#[tokio::test]
async fn command_of_a_file_that_others_can_write_is_not_run() {
    let case = Case::new().await;
    let runs = case.path("runs");
    let accounts = case.accounts(&counted(&runs));
    for others in [0o620, 0o602] {
        mode(&case.path("config.toml"), others);
        let refused = accounts.account("eu").unwrap_err().to_string();
        let remedy = format!("run: chmod go-w {}", case.path("config.toml").display());
        assert!(
            refused.contains("`api_key_command` is not run"),
            "{refused}"
        );
        assert!(refused.ends_with(&remedy), "{refused}");
        assert!(!runs.exists());
    }
    mode(&case.path("config.toml"), 0o644);
    // Who can write the folder can put another file in its place.
    mode(&case.path(""), 0o777);
    let refused = accounts.account("eu").unwrap_err().to_string();
    assert!(
        refused.contains("`api_key_command` is not run"),
        "{refused}"
    );
    assert!(!runs.exists());
    mode(&case.path(""), 0o755);
    assert!(accounts.account("eu").is_ok());
}

#[tokio::test]
async fn secret_that_cannot_be_had_is_told_without_what_was_read() {
    let case = Case::new().await;
    case.file("blank", "\ns3cret\n");
    case.file("binary", "");
    fs::write(case.path("binary"), b"s3cret\xff\n").unwrap();
    let command = |script: &str| format!("api_key_command = [\"sh\", \"-c\", \"{script}\"]");
    for (settings, why) in [
        (
            "api_key_file = \"none\"".to_owned(),
            "none, which does not exist",
        ),
        (
            "api_key_file = \"blank\"".to_owned(),
            "blank, whose first line is blank",
        ),
        (
            "api_key_file = \"binary\"".to_owned(),
            "binary, which cannot be read: ",
        ),
        (
            command("echo s3cret; exit 7"),
            "eu: `sh` of `api_key_command` failed with exit status 7",
        ),
        (
            "api_key_command = [\"no-such-program-s3cret\"]".replace("-s3cret", ""),
            "eu: `no-such-program` of `api_key_command` cannot be run: ",
        ),
        (
            "api_key_file = \"blank\"\napi_key = \"s3cret\"".to_owned(),
            "`api_key` and `api_key_file` are both given",
        ),
        (
            "api_key_file = \"blank\"\napi_key_env = \"S3CRET\"".to_owned(),
            "`api_key_env` and `api_key_file` are both given",
        ),
        (
            command("echo s3cret") + "\napi_key_file = \"binary\"",
            "`api_key_file` and `api_key_command` are both given",
        ),
        (
            "token_command = [\"echo\"]".to_owned(),
            "sweeppea has no setting `token_command`; it has base_url, api_key, id_form",
        ),
        // Only a secret is in a file.
        (
            "id_form_file = \"blank\"".to_owned(),
            "has no setting `id_form_file`",
        ),
    ] {
        let refusal = case.refusal(&settings);
        assert!(refusal.contains(why), "{settings}: {refusal}");
    }
    assert!(case.sandbox.journal().is_empty());
}

#[tokio::test]
async fn files_of_accounts_are_told_with_the_command_that_mends_their_modes() {
    let case = Case::new().await;
    let key = case.file("key", "s3cret\n");
    let config = case.path("config.toml");
    let remedies = |accounts: &Accounts| {
        let files = accounts.files().into_iter();
        let told = files.filter_map(|file| Some((file.path, file.remedy?)));
        told.collect::<Vec<_>>()
    };
    let chmod = |path: &Path| (path.to_owned(), format!("chmod 600 {}", path.display()));
    let accounts = case.accounts("api_key_file = \"key\"");
    assert_eq!(accounts.files().len(), 2);
    // The file names a secret, but holds none.
    mode(&config, 0o644);
    assert_eq!(remedies(&accounts), []);
    mode(&key, 0o640);
    assert_eq!(remedies(&accounts), [chmod(&key)]);
    let accounts = case.accounts("api_key = \"s3cret\"");
    assert_eq!(remedies(&accounts), []);
    mode(&config, 0o604);
    assert_eq!(remedies(&accounts), [chmod(&config)]);
}

#[test]
fn account_that_is_meant_is_the_default_one_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let meant = |text: &str| {
        fs::write(&path, text).unwrap();
        let accounts = Accounts::load(Registry::new(), Some(&path)).unwrap();
        let name = accounts.default_name().map(std::borrow::Cow::into_owned);
        name.map_err(|wrong| (wrong.error.kind(), wrong.to_string()))
    };
    let eu = "[accounts.eu]\nprovider = \"sweeppea\"\n";
    let us = "[accounts.us]\nprovider = \"sweeppea\"\n";
    let both = eu.to_owned() + us;
    assert_eq!(
        meant(&format!("default_account = \"us\"\n{both}")),
        Ok("us".to_owned())
    );
    let (kind, wrong) = meant(&format!("default_account = \"uss\"\n{both}")).unwrap_err();
    assert_eq!(kind, ErrorKind::Config);
    let told = "`default_account` in ";
    assert!(
        wrong.starts_with(told) && wrong.contains("(did you mean \"us\"?)"),
        "{wrong}"
    );
}
