//! Which account is meant, where its secret is, and who else could read that.
#![cfg(unix)]
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::common::{Run, command, execute, json, sandbox};
use tempfile::TempDir;
use ticket_sandbox::{Sandbox, Vendor, credentials};

/// Accounts of Sweeppea, each with a sandbox of its own.
struct Case {
    folder: TempDir,
    accounts: Vec<(&'static str, Sandbox)>,
}

impl Case {
    async fn new(names: &[&'static str]) -> Self {
        let mut accounts = Vec::new();
        for name in names {
            accounts.push((*name, sandbox().await));
        }
        Self {
            folder: tempfile::tempdir().unwrap(),
            accounts,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    /// Writes the file: what stands above the accounts, and the secret of each.
    fn write(&self, above: &str, secret: &str) {
        let accounts = self.accounts.iter().map(|(name, sandbox)| {
            let base_url = sandbox.base_url(Vendor::Sweeppea);
            format!(
                "[accounts.{name}]\nprovider = \"sweeppea\"\nbase_url = \"{base_url}\"\n{secret}\n"
            )
        });
        let text = above.to_owned() + "\n" + &accounts.collect::<String>();
        fs::write(self.path(), text).unwrap();
        self.mode(0o600);
    }

    fn mode(&self, mode: u32) {
        fs::set_permissions(self.path(), Permissions::from_mode(mode)).unwrap();
    }

    fn run(&self, arguments: &[&str], variable: Option<&str>) -> Run {
        let mut command = command(arguments);
        command.env("TICKETS_CONFIG", self.path());
        command.env("PATH", std::env::var_os("PATH").unwrap());
        if let Some(variable) = variable {
            command.env("TICKETS_ACCOUNT", variable);
        }
        execute(&mut command)
    }

    /// How many requests each has seen.
    fn seen(&self) -> Vec<usize> {
        let accounts = self.accounts.iter();
        accounts
            .map(|(_, sandbox)| sandbox.journal().len())
            .collect()
    }
}

fn key() -> String {
    format!("api_key = \"{}\"", credentials::SWEEPPEA_API_KEY)
}

const LIST: [&str; 3] = ["list", "--state", "open"];

#[tokio::test(flavor = "multi_thread")]
async fn account_that_is_meant_is_the_named_one_then_the_variables_then_the_files() {
    let case = Case::new(&["eu", "us", "uk"]).await;
    case.write("default_account = \"us\"", &key());
    for (named, variable, seen) in [
        (Some("eu"), Some("uk"), [1, 0, 0]),
        (None, Some("uk"), [1, 0, 1]),
        (None, Some(" "), [1, 1, 1]),
        (None, None, [1, 2, 1]),
    ] {
        let arguments = [&LIST, named.as_slice()].concat();
        let run = case.run(&arguments, variable);
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(case.seen(), seen, "{named:?} {variable:?}");
    }
    let run = case.run(&LIST, Some("ukk"));
    assert_eq!(run.code, 3, "{run:?}");
    assert!(
        run.stderr
            .contains("there is no account \"ukk\" (did you mean \"uk\"?)"),
        "{run:?}"
    );
    let create = [
        "create",
        "--subject",
        "S",
        "--priority",
        "high",
        "--description",
        "d",
    ];
    assert_eq!(case.run(&create, None).code, 0);
    assert_eq!(case.seen(), [1, 3, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_name_the_only_account_is_meant_and_several_are_listed() {
    let one = Case::new(&["eu"]).await;
    one.write("", &key());
    assert_eq!(one.run(&LIST, None).code, 0);
    assert_eq!(one.seen(), [1]);
    let two = Case::new(&["us", "eu"]).await;
    two.write("", &key());
    let run = two.run(&LIST, None);
    assert_eq!(run.code, 2, "{run:?}");
    assert_eq!(run.stderr, "error: name one of the accounts eu, us\n");
    assert_eq!(two.seen(), [0, 0]);
    let none = Case::new(&[]).await;
    none.write("", "");
    let run = none.run(&LIST, None);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains("no account is configured"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn file_with_a_secret_that_others_can_read_is_named_once_with_what_mends_it() {
    let case = Case::new(&["eu", "us"]).await;
    case.write("", &key());
    let get = [
        "find",
        "--all-accounts",
        "--state",
        "open",
        "--output",
        "ndjson",
    ];
    let mended = case.run(&get, None);
    assert_eq!(
        (mended.code, mended.stderr.contains("warning")),
        (0, false),
        "{mended:?}"
    );
    case.mode(0o644);
    let run = case.run(&get, None);
    let path = case.path().display().to_string();
    let warning = format!(
        "warning: other users can read or write {path}, which holds or names a secret; run: chmod 600 {path}"
    );
    let told = run
        .stderr
        .lines()
        .filter(|line| line.starts_with("warning"));
    assert_eq!(told.collect::<Vec<_>>(), [warning], "{run:?}");
    assert_eq!(run.code, 0);
    let delete = case.run(&["delete", "--yes", "eu:2531581", "us:2531581"], None);
    assert_eq!(delete.stderr.matches("warning: ").count(), 1, "{delete:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_of_a_command_is_sent_and_what_the_command_says_is_for_the_user() {
    let case = Case::new(&["eu"]).await;
    let key = credentials::SWEEPPEA_API_KEY;
    let command = |script: &str| format!("api_key_command = [\"sh\", \"-c\", \"{script}\"]");
    case.write(
        "",
        &command(&format!("echo touch the key >&2; echo {key}; cat")),
    );
    let run = case.run(&["get", "eu:2531581", "--output", "json"], None);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(json(&run.stdout)["ticket"], "eu:2531581");
    assert_eq!(run.stderr, "touch the key\n");
    case.write("", &command(&format!("echo {key}; exit 2")));
    let run = case.run(&["get", "eu:2531581"], None);
    assert_eq!(run.code, 3, "{run:?}");
    let why = "eu: `sh` of `api_key_command` failed with exit status 2";
    assert!(
        run.stderr.contains(why) && !run.stderr.contains(key),
        "{run:?}"
    );
    assert_eq!(case.seen(), [1]);
}
