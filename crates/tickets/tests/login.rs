//! Accounts that are stored: what the files say afterwards, who can read them, and what is refused.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use ticket_sandbox::{Sandbox, Vendor, credentials};
use tickets::accounts::{Accounts, Login, forget};
use tickets::config_file::ConfigFile;
use tickets::{ErrorKind, Registry};

/// A folder of this user alone.
struct Case(TempDir);

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        mode(folder.path(), 0o700);
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.path("config.toml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.config()).unwrap()
    }

    /// The names of the files in the folder and its secrets.
    fn files(&self) -> Vec<String> {
        let list = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten();
        let all = list(self.path("")).chain(list(self.path("secrets")));
        let mut names: Vec<_> = all
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn login(provider: &str) -> Login {
    Login::new(Registry::new().get(provider).unwrap())
}

#[test]
fn secret_is_stored_only_together_with_its_account() {
    let case = Case::new();
    // A file with this setting could not be read again.
    let wrong = |secret: &str| {
        let eu = login("sweeppea").secret("api_key", secret);
        let eu = eu.setting("timeout_s", "soon");
        let error = eu.store(&case.config(), "eu").unwrap_err().error;
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("timeout_s"), "{error}");
    };
    wrong("s3cret");
    assert_eq!(case.files(), ["secrets"]);
    let eu = login("sweeppea").secret("api_key", "first");
    eu.store(&case.config(), "eu").unwrap();
    let (text, secret) = (case.text(), case.path("secrets/eu.api_key"));
    wrong("second");
    assert_eq!(fs::read_to_string(&secret).unwrap(), "first\n");
    assert_eq!(case.text(), text);
    assert_eq!(mode_of(&secret), 0o600);
}

#[tokio::test]
async fn account_that_was_stored_reaches_the_server_with_the_secret_of_its_file() {
    let case = Case::new();
    let sandbox = Sandbox::start().await.unwrap();
    let eu = login("sweeppea")
        .setting("base_url", sandbox.base_url(Vendor::Sweeppea))
        .secret("api_key", credentials::SWEEPPEA_API_KEY);
    assert!(!format!("{eu:?}").contains(credentials::SWEEPPEA_API_KEY));
    let files = eu.store(&case.config(), "eu").unwrap();
    let secret = case.path("secrets/eu.api_key");
    assert_eq!(files, [secret.clone(), case.config()]);
    assert_eq!(
        (mode_of(&secret), mode_of(&case.path("secrets"))),
        (0o600, 0o700)
    );
    assert_eq!(mode_of(&case.config()), 0o600);
    assert!(!case.text().contains(credentials::SWEEPPEA_API_KEY));
    assert_eq!(case.files(), ["config.toml", "eu.api_key", "secrets"]);
    let accounts = Accounts::load(Registry::new(), Some(&case.config())).unwrap();
    let account = accounts.account("eu").unwrap();
    account.tickets.get("2531581").await.unwrap();
    assert_eq!(sandbox.journal().len(), 1);
}

#[test]
fn comments_order_and_mode_of_the_file_are_kept_and_old_ways_of_a_secret_are_not() {
    let case = Case::new();
    let before = "# ours\napprovers = \"a\" # who\n\n[accounts.us] # first\n# theirs\nprovider = \"rt\" # 5.0\n# production\n\
                  base_url = \"https://rt.example.com\" # us\n# until May\npassword_env = \"PW\"\nuser = \"root\"\ntoken = \"old\"\nrate = \"1/2\"\n\n[accounts.eu]\nprovider = \"sweeppea\"\n";
    fs::write(case.config(), before).unwrap();
    mode(&case.config(), 0o640);
    let words = ["pass", "show", "it's mine"].map(str::to_owned);
    let rt = |address: &str| {
        let rt = login("rt")
            .setting("base_url", address)
            .setting("user", "root");
        let rt = rt.secret_command("token", words.clone());
        rt.store(&case.config(), "us").unwrap();
    };
    rt("https://rt.example.com");
    assert_eq!(
        case.text(),
        "# ours\napprovers = \"a\" # who\n\n[accounts.us] # first\n# theirs\nprovider = \"rt\" # 5.0\n# production\n\
         base_url = \"https://rt.example.com\" # us\nuser = \"root\"\nrate = \"1/2\"\n\
         token_command = [\"pass\", \"show\", \"it's mine\"]\n\n[accounts.eu]\nprovider = \"sweeppea\"\n"
    );
    let commented = case.text().replace("mine\"]\n", "mine\"] # ask us\n");
    fs::write(case.config(), &commented).unwrap();
    rt("https://rt2.example.com");
    assert_eq!(case.text(), commented.replace("//rt.", "//rt2."));
    assert_eq!(mode_of(&case.config()), 0o640);
    login("sweeppea")
        .secret("api_key", "k")
        .store(&case.config(), "a/b")
        .unwrap();
    let added =
        "\n[accounts.\"a/b\"]\nprovider = \"sweeppea\"\napi_key_file = \"secrets/a%2Fb.api_key\"\n";
    assert!(case.text().ends_with(added), "{}", case.text());
    assert_eq!(case.files(), ["a%2Fb.api_key", "config.toml", "secrets"]);
}

#[test]
fn file_that_is_a_link_stays_one_and_is_changed_where_it_is() {
    let case = Case::new();
    let elsewhere = Case::new();
    fs::write(elsewhere.path("tickets.toml"), "# mine\n").unwrap();
    std::os::unix::fs::symlink(elsewhere.path("tickets.toml"), case.config()).unwrap();
    login("sweeppea")
        .secret("api_key", "k")
        .store(&case.config(), "eu")
        .unwrap();
    assert!(fs::symlink_metadata(case.config()).unwrap().is_symlink());
    assert!(case.text().starts_with("# mine\n") && case.text().contains("[accounts.eu]"));
    // Beside the name by which it is read, from which its paths begin.
    assert!(case.path("secrets/eu.api_key").exists());
    assert_eq!(elsewhere.files(), ["tickets.toml"]);
}

#[test]
fn nothing_is_stored_in_a_folder_that_others_can_write_or_for_another_provider() {
    let eu = || login("sweeppea").secret("api_key", "s3cret");
    for (folder, others) in [
        ("", 0o770),
        ("", 0o702),
        ("secrets", 0o720),
        ("secrets", 0o703),
    ] {
        let case = Case::new();
        fs::create_dir(case.path("secrets")).unwrap();
        mode(&case.path("secrets"), 0o700);
        mode(&case.path(folder), others);
        let refused = eu().store(&case.config(), "eu").unwrap_err();
        assert_eq!(refused.error.kind(), ErrorKind::Config);
        let message = refused.to_string();
        assert!(
            message.contains("other users can write to the folder"),
            "{message}"
        );
        assert!(message.contains("run: chmod go-w "), "{message}");
        assert_eq!(case.files(), ["secrets"], "{others:o}");
    }
    let case = Case::new();
    fs::write(case.config(), "[accounts.eu]\nprovider = \"rt\"\n").unwrap();
    for (name, why) in [
        ("eu", "the account `eu` has the provider rt"),
        ("e:u", "an account's name must not"),
        ("", "an account's name must not"),
    ] {
        let refused = eu().store(&case.config(), name).unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
    fs::write(case.config(), "[accounts.eu]\nprovider = s3cret\n").unwrap();
    let refused = eu().store(&case.config(), "us").unwrap_err().to_string();
    assert!(
        refused.contains("config.toml:2:12") && !refused.contains("s3cret"),
        "{refused}"
    );
    assert_eq!(case.files(), ["config.toml"]);
    assert_eq!(case.text(), "[accounts.eu]\nprovider = s3cret\n");
}

#[test]
fn what_is_forgotten_is_the_secret_that_was_stored_and_the_rest_is_told() {
    let case = Case::new();
    let registry = Registry::new();
    let known = registry.get("rt").unwrap().settings;
    let forgotten = |name: &str| {
        let file = ConfigFile::load(Some(&case.config())).unwrap();
        forget(&file, name, known)
    };
    let rt = login("rt").setting("base_url", "https://rt.example.com");
    rt.secret("token", "s3cret")
        .store(&case.config(), "eu")
        .unwrap();
    let gone = forgotten("eu").unwrap();
    assert_eq!(gone.files, [case.path("secrets/eu.token")]);
    assert_eq!((gone.settings.len(), gone.left.len()), (1, 0));
    assert_eq!(
        case.text(),
        "[accounts.eu]\nprovider = \"rt\"\nbase_url = \"https://rt.example.com\"\n"
    );
    assert_eq!(case.files(), ["config.toml", "secrets"]);
    let again = forgotten("eu").unwrap();
    assert_eq!((again.files.len(), again.settings.len()), (0, 0));
    let other = "[accounts.us]\nprovider = \"rt\"\ntoken_file = \"own\"\npassword = \"s3cret\"\n";
    fs::write(case.config(), other).unwrap();
    fs::write(case.path("own"), "s3cret").unwrap();
    let gone = forgotten("us").unwrap();
    assert_eq!(
        (gone.settings, gone.left),
        (vec!["password".to_owned()], vec!["token_file".to_owned()])
    );
    assert_eq!(
        case.text(),
        "[accounts.us]\nprovider = \"rt\"\ntoken_file = \"own\"\n"
    );
    assert!(case.path("own").exists());
    assert!(forgotten("uk").is_err());
}

#[test]
fn name_of_a_provider_is_not_stored_for_another_one() {
    let case = Case::new();
    let wrong = login("sweeppea").secret("api_key", "s3cret");
    let refused = wrong.store(&case.config(), "rt").unwrap_err();
    assert!(
        refused.to_string().contains("choose another name"),
        "{refused}"
    );
    assert_eq!(case.files(), [] as [String; 0]);
}

#[test]
fn secret_that_is_given_in_another_way_is_not_left_behind() {
    let case = Case::new();
    let url = "https://api-v3.sweeppea.com";
    let value = login("sweeppea")
        .setting("base_url", url)
        .secret("api_key", "s3cret");
    value.store(&case.config(), "eu").unwrap();
    assert_eq!(case.files(), ["config.toml", "eu.api_key", "secrets"]);
    let command = login("sweeppea")
        .setting("base_url", url)
        .secret_command("api_key", ["pass".to_owned(), "w0rd".to_owned()]);
    assert!(!format!("{command:?}").contains("w0rd"));
    command.store(&case.config(), "eu").unwrap();
    assert_eq!(case.files(), ["config.toml", "secrets"]);

    // One that somebody left there goes too.
    fs::write(case.path("secrets/eu.api_key"), "s3cret").unwrap();
    let file = ConfigFile::load(Some(&case.config())).unwrap();
    let known = Registry::new().get("sweeppea").unwrap().settings;
    let forgotten = forget(&file, "eu", known).unwrap();
    assert_eq!(forgotten.files, [case.path("secrets/eu.api_key")]);
    assert_eq!(case.files(), ["config.toml", "secrets"]);
}
