//! `tickets doctor`: what it finds, its exit code, and that it only reads.
#![cfg(unix)]
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::common::{Run, command, execute, json, sandbox};
use serde_json::Value;
use tempfile::TempDir;
use ticket_sandbox::{Sandbox, Vendor, credentials};

struct Case {
    folder: TempDir,
    sandbox: Sandbox,
}

impl Case {
    /// Two accounts with this key.
    async fn new(key: &str) -> Self {
        let case = Self {
            folder: tempfile::tempdir().unwrap(),
            sandbox: sandbox().await,
        };
        let accounts = ["eu", "us"].map(|name| {
            let base_url = case.sandbox.base_url(Vendor::Sweeppea);
            format!("[accounts.{name}]\nprovider = \"sweeppea\"\nbase_url = \"{base_url}\"\napi_key = \"{key}\"\n")
        });
        fs::write(case.path("config.toml"), accounts.concat()).unwrap();
        case.mode("config.toml", 0o600);
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = command(&[&["doctor"], arguments].concat());
        command.env("TICKETS_CONFIG", self.path("config.toml"));
        command.env("TICKETS_LEDGER", self.path("jobs.db"));
        execute(&mut command)
    }
}

/// The rows of what is wrong: account, check, message.
fn wrong(run: &Run) -> Vec<(Value, String, String)> {
    let rows = run.lines();
    let wrong = rows.iter().filter(|row| row["level"] == "wrong");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    wrong
        .map(|row| {
            (
                row["account"].clone(),
                text(&row["check"]),
                text(&row["message"]),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_sections_are_told_and_the_good_accounts_are_examined() {
    let case = Case::new(credentials::SWEEPPEA_API_KEY).await;
    let good = fs::read_to_string(case.path("config.toml")).unwrap();
    let bad = "[accounts.rt]\nprovider = \"rt\"\nmax_attempts = \"many\"\n[accounts.onecloud]\nprovider = \"rt\"\n";
    fs::write(case.path("config.toml"), format!("color = 1\n{good}{bad}")).unwrap();
    let run = case.run(&["--output", "ndjson"]);
    assert_eq!(run.code, 1, "{run:?}");
    let wrong = wrong(&run);
    for (account, check, why) in [
        (Value::Null, "configuration", "`color` is not known here"),
        ("rt".into(), "settings", "`max_attempts` must be"),
        (
            "onecloud".into(),
            "settings",
            "named like a provider but has another one",
        ),
    ] {
        let is_told = wrong.iter().any(|(of, by, message)| {
            *of == account
                && by == check
                && message.contains(why)
                && message.contains("config.toml")
        });
        assert!(is_told, "{why}: {wrong:?}");
    }
    assert_eq!(wrong.len(), 3, "{wrong:?}");
    let accepted = |row: &Value| row["account"] == "eu" && row["check"] == "credentials";
    let rows = run.lines();
    let row = rows.iter().find(|row| accepted(row)).unwrap();
    assert_eq!(row["level"], "ok", "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn healthy_accounts_end_0_and_are_only_read() {
    let case = Case::new(credentials::SWEEPPEA_API_KEY).await;
    let run = case.run(&["--output", "ndjson"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(wrong(&run), []);
    for account in ["eu", "us"] {
        for check in [
            "settings",
            "reachability",
            "clock",
            "credentials",
            "drift",
            "rights",
            "quota",
        ] {
            let is_told = |row: &Value| row["account"] == account && row["check"] == check;
            assert!(
                run.lines().iter().any(is_told),
                "{account} {check}: {run:?}"
            );
        }
    }
    let journal = case.sandbox.journal();
    assert!(!journal.is_empty() && journal.iter().all(|exchange| !exchange.is_write));
    // The accounts share a quota, and of the other one the calls are those of both.
    let calls = journal.len() - 2;
    let quota = format!("{} of 150 calls in 60 s left", 150 - calls);
    let is_left = |row: &Value| row["account"] == "us" && row["message"] == quota;
    assert!(run.lines().iter().any(is_left), "{quota}: {run:?}");
    let table = case.run(&["eu"]);
    assert_eq!(table.code, 0, "{table:?}");
    assert!(
        table.stdout.contains("credentials") && !table.stdout.contains("us  "),
        "{table:?}"
    );
    let document = case.run(&["eu", "--output", "json"]);
    assert!(json(&document.stdout).as_array().unwrap().len() > 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_ends_1_and_the_other_accounts_are_examined() {
    let case = Case::new("wr0ng").await;
    let text = fs::read_to_string(case.path("config.toml")).unwrap();
    let text = text.replacen("wr0ng", credentials::SWEEPPEA_API_KEY, 1);
    fs::write(
        case.path("config.toml"),
        text + "[accounts.none]\nprovider = \"rt\"\n",
    )
    .unwrap();
    case.mode("config.toml", 0o644);
    let run = case.run(&["--output", "ndjson"]);
    assert_eq!(run.code, 1, "{run:?}");
    let wrong = wrong(&run);
    let [file, settings, credentials] = wrong.as_slice() else {
        panic!("{run:?}")
    };
    let remedy = format!("run: chmod 600 {}", case.path("config.toml").display());
    assert_eq!((&file.0, file.1.as_str()), (&Value::Null, "files"));
    assert!(file.2.ends_with(&remedy), "{file:?}");
    assert_eq!(
        (settings.0.as_str(), settings.1.as_str()),
        (Some("none"), "settings")
    );
    assert_eq!(
        (credentials.0.as_str(), credentials.1.as_str()),
        (Some("us"), "credentials")
    );
    assert!(
        !run.stdout.contains("wr0ng") && !run.stderr.contains("warning"),
        "{run:?}"
    );
    let healthy = run.lines().into_iter();
    let mut healthy = healthy.filter(|row| row["account"] == "eu" && row["check"] == "credentials");
    assert_eq!(healthy.next().unwrap()["level"], "ok");
}

#[test]
fn sandbox_is_examined_without_a_ledger() {
    let state = crate::common::state_folder();
    let mut command = command(&["doctor", "--sandbox", "onecloud", "--output", "ndjson"]);
    let run = execute(command.env("XDG_STATE_HOME", &state));
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.lines().iter().all(|row| row["account"] == "onecloud"),
        "{run:?}"
    );
    assert!(!state.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn ledger_that_cannot_be_used_is_told_and_the_rest_is_examined() {
    let case = Case::new(credentials::SWEEPPEA_API_KEY).await;
    fs::write(
        case.path("jobs.db"),
        "this is no ledger, whatever its name says",
    )
    .unwrap();
    let run = case.run(&["eu", "--output", "ndjson"]);
    assert_eq!(run.code, 1, "{run:?}");
    let wrong = wrong(&run);
    let checks: Vec<_> = wrong.iter().map(|(_, check, _)| check.as_str()).collect();
    assert_eq!(checks, ["ledger"], "{run:?}");
    let accepted = |row: &Value| row["check"] == "credentials" && row["level"] == "ok";
    assert!(run.lines().iter().any(accepted), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn record_is_a_new_file_of_its_owner_without_what_was_said() {
    let case = Case::new(credentials::SWEEPPEA_API_KEY).await;
    let path = case.path("record.json");
    let record = ["eu", "--record", path.to_str().unwrap()];
    let run = case.run(&record);
    assert_eq!(run.code, 0, "{run:?}");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(json(&text)[0]["provider"], "sweeppea");
    // Of the request without credentials: the names of headers, and no value that is not harmless.
    let headers = &json(&text)[0]["exchanges"][0]["headers"];
    assert_eq!(headers["content-type"], "application/json", "{headers}");
    let names: Vec<_> = headers.as_object().unwrap().keys().collect();
    assert_eq!(names, ["content-length", "content-type"]);
    assert!(headers["content-length"].is_null(), "{headers}");
    for said in [credentials::SWEEPPEA_API_KEY, "127.0.0.1", "Locked", "@"] {
        assert!(!text.contains(said), "{said}: {text}");
    }
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let calls = case.sandbox.journal().len();
    let again = case.run(&record);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(
        again.stderr.contains("record.json: it cannot be written"),
        "{again:?}"
    );
    assert_eq!(case.sandbox.journal().len(), calls);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}
